"""Whatever is done to a document, reading gives rows that add up or a clean refusal, never another failure."""

from __future__ import annotations

import copy
import json
from typing import Any

from epcis_examples import document, event
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.items.intake.epcis import REASONS, ROWS, read_epcis
from yilu.items.intake.epcis_problems import EpcisRefused
from yilu.items.kinds import BY_CODE

FULL = document(
    event(
        eventID="urn:uuid:1",
        recordTime="2026-03-01T08:01:00Z",
        disposition="damaged",
        persistentDisposition={"set": ["completeness_verified"]},
        bizLocation={"id": "https://id.gs1.org/414/0614141123452"},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:1"}],
        sourceList=[{"type": "location", "source": "urn:epc:id:sgln:0614141.12345.0"}],
        quantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.1", "quantity": 1.5, "uom": "KGM"}],
        sensorElementList=[
            {"sensorMetadata": {"time": "2026-03-01T08:00:00Z"}, "sensorReport": [{"type": "Temperature", "value": 3}]}
        ],
        certificationInfo=["https://c.example/cert"],
        **{"ext:x": {"y": [1]}},
    ),
    event("AggregationEvent", action="ADD", bizStep="packing"),
    event("AssociationEvent", action="DELETE"),
    event("TransactionEvent", parentID="urn:epc:id:sscc:0614141.1234567890"),
    event(
        "TransformationEvent", errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z", "reason": "incorrect_data"}
    ),
)
TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["ADD", "DELETE", "OBSERVE", "shipping", "unknown", "urn:x:y", "https://id.gs1.org/01/09521141012345/21/1", "\ud800",
         "ObjectEvent", "TransformationEvent", "AggregationEvent", "ext:Foreign", "2026-03-01T08:00:00Z", "+08:00", "a:b"]
    ),
)  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=8,
)


def places(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path of a JSON value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [way, *(p for key, child in inner for p in places(child, (*way, key)))]


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """The full document with one to three values replaced, taken out, renamed or doubled."""
    made = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(places(made)))
        if not way:
            continue
        holder = made
        for key in way[:-1]:
            holder = holder[key]
        what = draw(st.sampled_from(["replace", "drop", "rename", "double"]))
        value = holder[way[-1]]
        if what == "replace":
            holder[way[-1]] = draw(JSON)
        elif what == "drop":
            del holder[way[-1]]
        elif isinstance(holder, dict):
            holder[draw(TEXT)] = value if what == "double" else holder.pop(way[-1])
        else:
            holder.insert(way[-1], value)
    return made


def check_reading(raw: bytes) -> bool:
    """Read and check what must hold of it; whether the document was accepted."""
    try:
        got = read_epcis(raw)
    except EpcisRefused as refused:
        assert refused.problems
        assert all(p.path and all(p.expected) for p in refused.problems)
        assert "\n" not in str(refused) and "\n" not in refused.zh and refused.zh.isprintable()
        str(refused).encode()
        return False
    assert got.events == got.used + got.quarantine.num_rows
    assert got.rows.schema == ROWS
    assert set(got.quarantine["reason"].to_pylist()) <= set(REASONS)
    assert set(got.rows["row"].to_pylist()) | set(got.quarantine["row"].to_pylist()) == set(range(got.events))
    assert not set(got.rows["row"].to_pylist()) & set(got.quarantine["row"].to_pylist())
    assert set(got.rows["kind"].to_pylist()) <= set(BY_CODE)
    for name in ("waybill", "kind", "at", "row"):
        assert got.rows[name].null_count == 0
    got.rows.validate(full=True)
    return True


def test_the_full_document_is_valid() -> None:
    """The seed of the mutations is itself read: otherwise every mutation would merely be refused."""
    assert read_epcis(json.dumps(FULL).encode()).used == 5


def test_every_value_replaced_by_every_kind_of_value() -> None:
    """Each place of the document in turn holds each kind of JSON value, and each field is taken out once."""
    odd = [
        None,
        True,
        0,
        -1,
        1e300,
        10**30,
        "",
        "x",
        "urn:x:y",
        "\ud800",
        [],
        [[]],
        {},
        {"a": 1},
        [{}],
        ["urn:x:y"],
        "ADD",
    ]
    read = 0
    for way in places(FULL)[1:]:
        for value in [*odd, "drop"]:
            made = copy.deepcopy(FULL)
            holder: Any = made
            for key in way[:-1]:
                holder = holder[key]
            if value == "drop":
                del holder[way[-1]]
            else:
                holder[way[-1]] = value
            read += check_reading(json.dumps(made).encode())
    assert read > 100, "some changes must leave the document valid, or nothing but refusal is tested"


@settings(max_examples=400, deadline=None)
@given(broken())
def test_mutations_of_a_valid_document(parsed: Any) -> None:
    """One to three changes anywhere in a valid document."""
    check_reading(json.dumps(parsed).encode())


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_json(parsed: Any) -> None:
    """JSON of any shape."""
    check_reading(json.dumps(parsed).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 3000), st.integers(0, 60))
def test_cut_and_overwritten_bytes(noise: bytes, start: int, length: int) -> None:
    """A stretch of the document's bytes replaced by noise, or the document cut off."""
    raw = json.dumps(FULL).encode()
    check_reading(raw[:start] + noise + raw[start + length :])
    check_reading(raw[:start])
