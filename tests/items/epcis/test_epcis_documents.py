"""The shared EPCIS documents: valid ones read, events used or held with a reason, errors voided, invalid ones refused."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from yilu.items.intake.epcis import (
    CLASS_ONLY,
    NO_ITEM,
    REASONS,
    ROWS,
    TRANSFORMATION,
    EpcisSettings,
    content_id,
    read_epcis,
)
from yilu.items.intake.epcis_problems import EpcisRefused
from yilu.items.kinds import BY_CODE

ADD_OBSERVE_DELETE = "ADD, OBSERVE or DELETE"
STEP = "a business step of CBV 2.0"
STATE = "a disposition of CBV 2.0"
TIME = "a time with zone"
NAMESPACE = "a namespace declared in @context"
REQUIRED = "required"

# Why each document is invalid: every path that must be named, a part of what is expected there, and the value shown.
INVALID: dict[str, list[tuple[str, str, str]]] = {
    "Combination_of_events_with_missing_mandatory_fields": [
        ("eventList[0].action", REQUIRED, ""),
        ("eventList[1].action", REQUIRED, ""),
        ("eventList[1].eventTimeZoneOffset", REQUIRED, ""),
    ],
    "Combination_of_multiple_invalid_fields": [
        ("eventList[0].bizStep", STEP, "transforming"),
        ("eventList[1].disposition", STATE, "in_transport"),
        ("eventList[2].sourceList[0].type", "owning_party, possessing_party or location", "place"),
        ("eventList[3].ilmd.materialType", NAMESPACE, ""),
        ("eventList[4].eventTime", TIME, "22-07-2026"),
        ("eventList[4].action", ADD_OBSERVE_DELETE, "CREATE"),
    ],
    "Combination_of_non_standard_bizStep_and_disposition": [
        ("eventList[0].bizStep", STEP, "transforming"),
        ("eventList[1].disposition", STATE, "in_transport"),
    ],
    "EPCISDocument_without_context": [("@context", REQUIRED, "")],
    "ObjectEvent_with_ilmd_field_without_namespace": [("eventList[0].ilmd.materialType", NAMESPACE, "")],
    "ObjectEvent_with_invalid_action": [("eventList[0].action", ADD_OBSERVE_DELETE, "CREATE")],
    "ObjectEvent_with_invalid_certificationInfo": [
        ("eventList[0].certificationInfo[0]", "the URI of a certificate", ""),
        ("eventList[0].certificationInfo[1]", "the URI of a certificate", ""),
        ("eventList[0].certificationInfo[1].gs1:CertificationDetails.gs1:certificationAuditDate", "a date", ""),
    ],
    "ObjectEvent_with_invalid_eventTime_format": [("eventList[0].eventTime", TIME, "22-07-2026")],
    "ObjectEvent_with_non_standard_bizStep": [("eventList[0].bizStep", STEP, "transforming")],
    "ObjectEvent_with_non_standard_bizStep_in_second_event": [("eventList[1].bizStep", STEP, "transforming")],
    "ObjectEvent_with_non_standard_disposition": [("eventList[0].disposition", STATE, "in_transport")],
    "ObjectEvent_with_quantity_as_text": [("eventList[0].quantityList[0].quantity", "a number", "twenty")],
    "ObjectEvent_with_unknown_field_in_quantityList": [
        ("eventList[0].quantityList[0].weight", "a field of EPCIS 2.0", "")
    ],
    "ObjectEvent_without_action_and_eventTime": [
        ("eventList[0].action", REQUIRED, ""),
        ("eventList[0].eventTime", REQUIRED, ""),
        ("eventList[0].eventTimeZoneOffset", REQUIRED, ""),
    ],
    "ObjectEvent_without_identifier_list": [("eventList[0].epcList", "identifiers in epcList or quantityList", "")],
}

# Events of valid documents that give no row, by place in the document; every other event is used.
HELD: dict[str, dict[int, str]] = {
    "AggregationEvent_with_sensorData": {0: CLASS_ONLY},
    "Combination_of_different_event": {3: TRANSFORMATION},
    "ObjectEvent_with_digitalLink": {0: CLASS_ONLY},
    "ObjectEvent_with_userExtensions": {1: CLASS_ONLY},
    "SensorData_with_combined_events": {2: NO_ITEM, 3: CLASS_ONLY, 5: NO_ITEM, 7: CLASS_ONLY},
    "TransformationEvent": {0: TRANSFORMATION},
    "TransformationEvent_with_digitalLink": {0: TRANSFORMATION},
    "TransformationEvent_with_error_declaration": {1: TRANSFORMATION},
}

SETTINGS = EpcisSettings(operator="carrier")


def valid(folder: Path) -> list[Path]:
    return [*sorted((folder / "Documents").glob("*.json")), *sorted((folder / "Events").glob("*.json"))]


def events_of(path: Path) -> list[dict[str, Any]]:
    parsed = json.loads(path.read_bytes())
    return parsed["epcisBody"]["eventList"] if "epcisBody" in parsed else [parsed]


def test_all_valid_documents_are_read_and_every_event_accounted_for(epcis_documents: Path) -> None:
    """38 documents and 5 bare events are accepted; each event is used or held with exactly the reason written here."""
    paths = valid(epcis_documents)
    assert len(paths) == 43
    events = used = rows = 0
    reasons: Counter[str] = Counter()
    for path in paths:
        got = read_epcis(path, SETTINGS)
        assert got.events == len(events_of(path))
        assert got.rows.schema == ROWS
        held = {r["row"]: r["reason"] for r in got.quarantine.to_pylist()}
        bare = path.parent.name == "Events"
        assert held == ({} if bare else HELD.get(path.stem, {})), path.name
        assert set(got.rows["row"].to_pylist()) == set(range(got.events)) - set(held)
        assert got.events == got.used + got.quarantine.num_rows
        assert set(got.rows["kind"].to_pylist()) <= set(BY_CODE)
        events, used, rows = events + got.events, used + got.used, rows + got.rows.num_rows
        reasons.update(held.values())
    assert (events, used, rows) == (73, 62, 157)
    assert set(reasons) <= set(REASONS)
    assert reasons == {CLASS_ONLY: 5, TRANSFORMATION: 4, NO_ITEM: 2}


def test_the_eleven_error_declarations_void_what_they_declare(epcis_documents: Path) -> None:
    """Each of the 11 declaring events gives a void for each of its items, of the id that the wrong event has or would have."""
    declarations = 0
    for path in valid(epcis_documents):
        got = read_epcis(path, SETTINGS).rows.to_pylist()
        for row, event in enumerate(events_of(path)):
            mine = [r for r in got if r["row"] == row]
            if "errorDeclaration" not in event:
                assert not any(r["kind"] == "void" or r["voids"] for r in mine)
                continue
            declarations += 1
            assert mine
            assert {r["kind"] for r in mine} == {"void"}
            assert {r["event_id"] for r in mine} == {None}
            assert {r["at"].isoformat() for r in mine} == {_utc(event["errorDeclaration"]["declarationTime"])}
            # The wrong event itself, as it was sent at first: its id is what is declared void, for the same items.
            wrong = {k: v for k, v in event.items() if k != "errorDeclaration"}
            assert {r["voids"] for r in mine} == {event.get("eventID") or content_id(wrong)}
            named = set()
            for field in ("parentID", "epcList", "childEPCs", "inputEPCList", "outputEPCList"):
                value = event.get(field, [])
                named |= {value} if isinstance(value, str) else set(value)
            assert len(mine) == len(named)
            if event["type"] != "TransformationEvent" and (event.get("childEPCs") or event.get("epcList")):
                context = json.loads(path.read_bytes())["@context"]
                first = read_epcis(json.dumps({"@context": context, **wrong}).encode(), SETTINGS).rows.to_pylist()
                assert {r["event_id"] for r in first} == {r["voids"] for r in mine}
                assert {r["waybill"] for r in first} <= {r["waybill"] for r in mine}
    assert declarations == 11


def _utc(text: str) -> str:
    from datetime import UTC, datetime

    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0).isoformat()


def test_times_agree_with_the_standard_library(epcis_documents: Path) -> None:
    """Event and record times of all documents are those that datetime reads, fractions cut off."""
    for path in valid(epcis_documents):
        for r in read_epcis(path, SETTINGS).rows.to_pylist():
            event = events_of(path)[r["row"]]
            if r["kind"] != "void":
                assert r["at"].isoformat() == _utc(event["eventTime"])
            recorded = r["recorded_at"]
            assert (recorded.isoformat() if recorded else None) == (
                _utc(event["recordTime"]) if "recordTime" in event else None
            )


@pytest.mark.parametrize("name", sorted(INVALID))
def test_each_invalid_document_is_refused_whole_for_the_right_reason(epcis_documents: Path, name: str) -> None:
    """The problems found are exactly those of the document: path, expectation and, for white-listed fields, value; each in both languages."""
    with pytest.raises(EpcisRefused) as refused:
        read_epcis(epcis_documents / "Invalid" / f"{name}.json", SETTINGS)
    problems = {p.path: p for p in refused.value.problems}
    assert set(problems) == {path for path, _, _ in INVALID[name]}
    for path, expected, value in INVALID[name]:
        assert expected in problems[path].expected[1] or expected in str(problems[path])
        assert problems[path].value == value
        for said in (str(problems[path]), problems[path].zh):
            assert path in said and "urn:epc" not in said and "id.gs1.org" not in said


def test_the_table_of_invalid_documents_is_complete(epcis_documents: Path) -> None:
    """All 15 invalid documents have a stated reason here."""
    assert {p.stem for p in (epcis_documents / "Invalid").glob("*.json")} == set(INVALID)
    assert len(INVALID) == 15


def test_a_word_outside_cbv_is_invalid_and_a_uri_is_valid_and_unmapped(epcis_documents: Path) -> None:
    """The custom step given as a URI is read, kept as kind other with the URI as its source code."""
    got = read_epcis(epcis_documents / "Documents" / "ObjectEvent_with_custom_bizStep_uri.json", SETTINGS)
    assert got.rows["kind"].to_pylist() == ["other"]
    assert got.rows["code"].to_pylist() == ["https://example.com/bizStep/inspecting"]


def test_both_forms_of_one_sscc_are_one_item(epcis_documents: Path) -> None:
    """The document with all GS1 keys names 14 identifiers, an SSCC in two forms: 13 items."""
    got = read_epcis(epcis_documents / "Documents" / "epcisDocWithAllGS1Keys.json", SETTINGS)
    assert got.rows.num_rows == 13
    assert got.rows["waybill"].to_pylist().count("040123450000003338") == 1
