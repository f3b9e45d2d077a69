"""What events of each type become: rows of the canonical layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from epcis_examples import document, event

from yilu.items.intake import epcis
from yilu.items.intake.epcis import EpcisSettings, read_epcis
from yilu.items.intake.epcis_problems import EpcisRefused

SSCC = "106141412345678908"
SGTIN = "01/80614141123458/21/6789"
CAGE = "8003/00614141123452400"


def rows(*events: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    raw = json.dumps(document(*events)).encode()
    return read_epcis(raw, EpcisSettings(operator="carrier", **settings)).rows.to_pylist()


def said(*events: dict[str, Any], **settings: Any) -> list[tuple[str, str, str | None]]:
    return [(r["waybill"], r["kind"], r["container"]) for r in rows(*events, **settings)]


def reason(one: dict[str, Any]) -> str:
    got = read_epcis(json.dumps(document(one)).encode())
    assert (got.used, got.rows.num_rows, got.quarantine.num_rows) == (0, 0, 1)
    return got.quarantine["reason"][0].as_py()


def test_an_object_event_gives_a_row_per_item() -> None:
    """Operator, place, both times and the event's id stand in every row; the fraction of a second is cut off."""
    e = event(eventID="urn:uuid:1", recordTime="2026-03-01T08:01:00+08:00", epcList=["urn:epc:id:sscc:0614141.1234567890", "https://x.example/00/040123450000003338"])  # fmt: skip
    got = rows(e)
    assert [r["waybill"] for r in got] == [SSCC, "040123450000003338"]
    assert {(r["operator"], r["kind"], r["facility"], r["event_id"], r["voids"], r["code"]) for r in got} == {
        ("carrier", "arrive", "414/0614141123452/254/400", "urn:uuid:1", None, None)
    }
    assert {r["at"].timestamp() for r in got} == {1772323200}
    assert {r["recorded_at"].timestamp() for r in got} == {1772323260}


@pytest.mark.parametrize(
    ("action", "step", "want"),
    [
        ("ADD", "packing", [(SSCC, "bag", CAGE), (SGTIN, "bag", CAGE)]),
        ("ADD", "loading", [(SSCC, "bag", CAGE), (SGTIN, "bag", CAGE), (SSCC, "load", None), (SGTIN, "load", None)]),
        ("DELETE", "unpacking", [(SSCC, "unbag", CAGE), (SGTIN, "unbag", CAGE)]),
        (
            "DELETE",
            "unloading",
            [(SSCC, "unbag", CAGE), (SGTIN, "unbag", CAGE), (SSCC, "unload", None), (SGTIN, "unload", None)],
        ),
        ("OBSERVE", "departing", [(SSCC, "depart", None), (SGTIN, "depart", None), (CAGE, "depart", None)]),
        ("ADD", "assembling", [(SSCC, "bag", CAGE), (SGTIN, "bag", CAGE), (CAGE, "other", None)]),
    ],
)
@pytest.mark.parametrize("kind", ["AggregationEvent", "AssociationEvent"])
def test_containers(kind: str, action: str, step: str, want: list[tuple[str, str, str | None]]) -> None:
    """ADD bags, DELETE unbags, OBSERVE scans parent and children; the step's own meaning stands beside it."""
    assert said(event(kind, action=action, bizStep=step)) == want


def test_the_parent_is_a_container_and_counts_no_volume() -> None:
    """Parent and returnable assets are of class container, other assets of class vehicle, items of no stated class."""
    got = rows(event("AggregationEvent", childEPCs=["urn:epc:id:giai:0614141.7", "urn:epc:id:sscc:0614141.1234567890"]))
    assert [r["item_class"] for r in got] == ["vehicle", None, "container"]


def test_a_containers_scan_without_children_is_the_containers() -> None:
    """OBSERVE with quantities only is a scan of the parent."""
    e = event("AggregationEvent", childEPCs=None, childQuantityList=[{"epcClass": "urn:epc:class:lgtin:1.2.3"}])
    assert said(e) == [(CAGE, "arrive", None)]


@pytest.mark.parametrize(
    ("e", "why"),
    [
        (event(epcList=None, quantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.1"}]), epcis.CLASS_ONLY),
        (event(epcList=["https://id.gs1.org/01/09521141012345/10/LOT"]), epcis.CLASS_ONLY),
        (event(epcList=[], sensorElementList=[{"sensorReport": [{"type": "Temperature"}]}]), epcis.NO_ITEM),
        (event("TransformationEvent"), epcis.TRANSFORMATION),
        (event("AggregationEvent", action="DELETE", childEPCs=None), epcis.ALL_CHILDREN),
        (event("TransactionEvent", action="DELETE"), epcis.UNLINKED),
        (event(type="ext:Washing"), epcis.FOREIGN_TYPE),
        (event(eventTime="2199-01-01T00:00:00Z"), epcis.OUT_OF_RANGE),
        (event(eventTime="1969-12-31T23:59:59Z"), epcis.OUT_OF_RANGE),
    ],
)
def test_events_without_rows_have_a_reason(e: dict[str, Any], why: str) -> None:
    """Every reason for which a valid event gives no row."""
    assert why in epcis.REASONS
    assert reason(e) == why


def test_a_disposition_adds_its_own_meaning() -> None:
    """Arrived and found damaged: two rows; in transit says nothing of its own."""
    assert said(event(disposition="damaged")) == [(SSCC, "arrive", None), (SSCC, "damage", None)]
    assert said(event(disposition="in_transit")) == [(SSCC, "arrive", None)]
    assert said(event(bizStep="destroying", disposition="destroyed")) == [(SSCC, "destroy", None)]
    assert said(event(bizStep=None, disposition="returned")) == [(SSCC, "return", None)]


def test_unmapped_steps_keep_their_code() -> None:
    """A CBV step without postal meaning, a foreign URI and no step at all are kind other with a code."""
    codes = [
        (r["kind"], r["code"]) for step in ("picking", "https://c.example/s", None) for r in rows(event(bizStep=step))
    ]
    assert codes == [("other", "picking"), ("other", "https://c.example/s"), ("other", "no bizStep")]
    assert [r["code"] for r in rows(event(bizStep=None, disposition="active"))] == ["disposition:active"]


@pytest.mark.parametrize(
    "step", ["void_shipping", "cbv:BizStep-void_shipping", "urn:epcglobal:cbv:bizstep:void_shipping"]
)
def test_void_shipping_voids_the_departure(step: str) -> None:
    """In each of CBV's forms; it voids no event id."""
    got = rows(event(bizStep=step))
    assert [(r["kind"], r["voids"]) for r in got] == [("void_depart", None)]


def test_an_inspection_with_the_xray_field_is_screening() -> None:
    """inspecting is 验视 unless the extension field xray is set."""
    assert said(event(bizStep="inspecting"))[0][1] == "inspect"
    assert said(event(bizStep="inspecting", **{"ext:xray": True}))[0][1] == "screen"
    assert said(event(bizStep="inspecting", **{"ext:xray": "false"}))[0][1] == "inspect"


def test_own_vocabulary_own_numbers_own_places() -> None:
    """A feed's steps, number prefix and locations are mapped by its settings; an extension of a known GLN is that site."""
    e = event(bizStep="ext:sorted", epcList=["https://c.example/w/SF1"])
    got = rows(
        e,
        vocabulary={"ext:sorted": "sort"},
        number_prefixes=("https://c.example/w/",),
        locations={"414/0614141123452": "GZ01"},
    )
    assert [(r["waybill"], r["kind"], r["facility"], r["code"]) for r in got] == [("SF1", "sort", "GZ01", None)]
    with pytest.raises(ValueError, match="is no kind"):
        EpcisSettings(vocabulary={"ext:sorted": "sorting"})


def test_an_error_declaration_voids_every_item_by_id() -> None:
    """Children and parent get a void at the time of declaration, without an event id that would void itself."""
    wrong = event("AggregationEvent", action="ADD", eventID="urn:uuid:1")
    declared = {
        **wrong,
        "errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z", "correctiveEventIDs": ["urn:uuid:2"]},
    }
    got = rows(wrong, declared)
    assert {r["event_id"] for r in got if r["row"] == 0} == {"urn:uuid:1"}
    voids = [r for r in got if r["row"] == 1]
    assert {r["waybill"] for r in voids} == {SSCC, SGTIN, CAGE}
    assert {(r["kind"], r["voids"], r["event_id"], r["container"]) for r in voids} == {
        ("void", "urn:uuid:1", None, None)
    }
    assert {r["at"].isoformat() for r in voids} == {"2026-03-02T00:00:00+00:00"}


def test_an_error_declaration_without_id_voids_the_event_of_equal_content() -> None:
    """Written with another form of times, identifiers and words, it is still the same event; another event is not."""
    wrong = event()
    same = event(
        eventTime="2026-03-01T00:00:00.500Z",
        epcList=["https://id.gs1.org/00/106141412345678908"],
        bizStep="cbv:BizStep-arriving",
        readPoint={"id": "https://id.gs1.org/414/0614141123452/254/400"},
        recordTime="2026-03-05T00:00:00Z",
        errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z"},
    )
    other = event(bizStep="departing")
    got = rows(wrong, same, other)
    assert got[0]["event_id"] == got[1]["voids"] != got[2]["event_id"]
    assert got[0]["event_id"].startswith("content:")


def test_a_transformation_declared_wrong_is_void_for_inputs_and_outputs() -> None:
    """Its items get voids although the transformation itself gives no row."""
    e = event("TransformationEvent", errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z"})
    assert [(w, k) for w, k, _ in said(e)] == [(SSCC, "void"), ("8004/06141411", "void")]


def test_a_list_that_names_an_item_twice_gives_one_row() -> None:
    """URN and Digital Link of one SSCC in one list are one scan."""
    assert (
        len(rows(event(epcList=["urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908"])))
        == 1
    )


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "JSON"),
        (b'{"type": "EPCISDocument"', "JSON"),
        (b'{"type": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "levels of nesting"),
        (b'{"a": ' * 90 + b"1" + b"}" * 90, "levels of nesting"),
        (b'{"type": NaN}', "finite"),
        (b'{"type": 1, "type": 2}', "at most once"),
        (b"[" + b"1" * 5000 + b"]", "ordinary length"),
    ],
)
def test_bytes_that_are_no_document_are_refused(raw: bytes, what: str) -> None:
    """Broken JSON, another encoding, deep nesting, repeated fields: a clear refusal each."""
    with pytest.raises(EpcisRefused, match=what):
        read_epcis(raw)


def test_bounds_of_a_document(tmp_path: Path) -> None:
    """Bytes and rows beyond the bound are refused whole; a file is read no further than the bound."""
    raw = json.dumps(document(event(epcList=[f"urn:epc:id:sscc:0614141.{i:010d}" for i in range(20)]))).encode()
    path = tmp_path / "events.json"
    path.write_bytes(raw)
    assert read_epcis(path).rows.num_rows == 20
    assert read_epcis(b"\xef\xbb\xbf" + raw).rows.num_rows == 20
    for source in (raw, path):
        with pytest.raises(EpcisRefused, match="bytes"):
            read_epcis(source, EpcisSettings(max_document_bytes=len(raw) - 1))
    with pytest.raises(EpcisRefused, match="at most 19 items"):
        read_epcis(raw, EpcisSettings(max_rows=19))
    with pytest.raises(EpcisRefused, match="at most 0 events"):
        read_epcis(raw, EpcisSettings(max_events=0))
