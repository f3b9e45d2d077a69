"""Validity of EPCIS documents, rule by rule, on small documents written here."""

from __future__ import annotations

from typing import Any

import pytest
from epcis_examples import CONTEXT, document, event

from yilu.items.intake.epcis_check import check, utc_seconds
from yilu.items.intake.epcis_problems import MAX_PROBLEMS, EpcisRefused

KINDS = ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]
URI = "https://carrier.example/x"


def paths(parsed: Any) -> list[str]:
    """Paths of the problems of a document; empty if it is valid."""
    try:
        check(parsed, 100)
    except EpcisRefused as refused:
        return [p.path for p in refused.problems]
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_event_is_valid_in_each_form(kind: str) -> None:
    """A document, a query document, a bare event and a list of bare events hold each type."""
    e = event(kind)
    assert len(check(document(e, e), 100)) == 2
    body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [e]}}}
    assert len(check(document(type="EPCISQueryDocument", epcisBody=body), 100)) == 1
    assert len(check(e, 100)) == 1
    assert len(check([e, e, e], 100)) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "field", ["eventTime", "eventTimeZoneOffset", "action", "parentID", "bizTransactionList", "type"]
)
def test_required_fields_of_each_type(kind: str, field: str) -> None:
    """Taking a required field out is refused at that field; a field that is not required may be missing."""
    required = {"eventTime", "eventTimeZoneOffset", "type"} | ({"action"} if kind != "TransformationEvent" else set())
    required |= {"bizTransactionList"} if kind == "TransactionEvent" else set()
    required |= {"parentID"} if kind == "AssociationEvent" else set()
    got = paths(document(event(kind, **{field: None})))
    assert got == ([f"eventList[0].{field}"] if field in required else [])


@pytest.mark.parametrize("action", ["ADD", "DELETE"])
def test_an_aggregation_needs_its_parent_unless_it_observes(action: str) -> None:
    """Whom children are put into or taken from must be said; a mere sighting may leave it out."""
    assert paths(document(event("AggregationEvent", action=action, parentID=None))) == ["eventList[0].parentID"]


@pytest.mark.parametrize("field", ["@context", "schemaVersion", "creationDate", "epcisBody", "type"])
def test_required_fields_of_a_document(field: str) -> None:
    """A document without one of its fields is refused."""
    assert paths(document(event(), **{field: None})) != []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"eventTime": "2026-03-01T08:00:00"}, "eventTime"),
        ({"eventTime": "2026-02-30T08:00:00Z"}, "eventTime"),
        ({"eventTime": "2026-03-01T08:60:00Z"}, "eventTime"),
        ({"eventTime": "2026-03-01T08:00:00+15:00"}, "eventTime"),
        ({"eventTime": 1}, "eventTime"),
        ({"recordTime": "yesterday"}, "recordTime"),
        ({"eventTimeZoneOffset": "8"}, "eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "+14:30"}, "eventTimeZoneOffset"),
        ({"action": "add"}, "action"),
        ({"bizStep": "Arriving"}, "bizStep"),
        ({"bizStep": ["arriving"]}, "bizStep"),
        ({"bizStep": "has blank:x y"}, "bizStep"),
        ({"disposition": "lost"}, "disposition"),
        ({"persistentDisposition": {"set": ["lost"]}}, "persistentDisposition.set[0]"),
        ({"epcList": "urn:x:y"}, "epcList"),
        ({"epcList": ["not a uri"]}, "epcList[0]"),
        ({"epcList": [None]}, "epcList[0]"),
        ({"epcList": []}, "epcList"),
        ({"eventID": "17"}, "eventID"),
        ({"readPoint": "urn:x:y"}, "readPoint"),
        ({"readPoint": {}}, "readPoint.id"),
        ({"bizLocation": {"id": 5}}, "bizLocation.id"),
        ({"quantityList": [{"quantity": 3}]}, "quantityList[0].epcClass"),
        ({"quantityList": [{"epcClass": URI, "quantity": True}]}, "quantityList[0].quantity"),
        ({"quantityList": [{"epcClass": URI, "uom": "kilogram"}]}, "quantityList[0].uom"),
        ({"bizTransactionList": [{"type": "po"}]}, "bizTransactionList[0].bizTransaction"),
        ({"bizTransactionList": [{"type": "waybill", "bizTransaction": URI}]}, "bizTransactionList[0].type"),
        ({"sourceList": [{"type": "place", "source": URI}]}, "sourceList[0].type"),
        ({"destinationList": [{"type": "location"}]}, "destinationList[0].destination"),
        ({"errorDeclaration": {}}, "errorDeclaration.declarationTime"),
        (
            {"errorDeclaration": {"declarationTime": "2026-03-01T08:00:00Z", "reason": "typo"}},
            "errorDeclaration.reason",
        ),
        ({"certificationInfo": "none"}, "certificationInfo"),
        ({"certificationInfo": [URI, 7]}, "certificationInfo[1]"),
        ({"sensorElementList": [{}]}, "sensorElementList[0].sensorReport"),
        ({"sensorElementList": [{"sensorReport": []}]}, "sensorElementList[0].sensorReport"),
        ({"sensorElementList": [{"sensorReport": [{"value": "7"}]}]}, "sensorElementList[0].sensorReport[0].value"),
        ({"ilmd": {"ext:lot": "1"}}, "ilmd"),
        ({"childEPCs": [URI]}, "childEPCs"),
        ({"myField": 1}, "myField"),
        ({"other:myField": 1}, "other:myField"),
        ({"@context": [{}]}, "@context"),
    ],
)
def test_one_wrong_field_is_refused_at_its_path(fields: dict[str, Any], path: str) -> None:
    """Each rule of a field, broken alone, is the only problem and names the field's path."""
    assert paths(document(event(), event(**fields))) == [f"eventList[1].{path}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"},
        {"bizStep": "ext:sorting"},
        {"bizStep": None, "disposition": "https://carrier.example/state/odd"},
        {"sourceList": [{"type": "cbv:my_own_party", "source": URI}]},
        {"ext:anything": {"unprefixed": [1, {"deep": None}]}},
        {"https://ns.carrier.example/full": 1},
        {"cbvmda:note": "x"},
        {"@context": {"mine": "https://mine.example/"}, "mine:field": 1},
        {"action": "ADD", "ilmd": {"ext:lot": "1"}},
        {"eventTime": "2026-03-01T08:00:00.123456789-14:00", "eventTimeZoneOffset": "-13:59"},
        {"quantityList": [{"epcClass": URI}, {"epcClass": URI, "quantity": 1.5, "uom": "KGM"}]},
        {"epcList": [], "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 3}]}]},
        {"errorDeclaration": {"declarationTime": "2026-03-01T08:00:00Z", "reason": "did_not_occur", "ext:by": "x"}},
        {"type": "ext:Washing", "action": None},
    ],
)
def test_what_the_standard_allows_is_accepted(fields: dict[str, Any]) -> None:
    """Other vocabularies by URI, extension fields with a namespace, and optional parts are valid."""
    assert paths(document(event(**fields))) == []


def test_a_namespace_holds_only_in_its_event() -> None:
    """A prefix declared in one event's own @context is unknown in the next event."""
    first = event(**{"@context": [{"mine": "https://mine.example/"}], "mine:field": 1})
    assert paths(document(first, event(**{"mine:field": 1}))) == ["eventList[1].mine:field"]


def test_a_foreign_context_may_declare_any_prefix_but_no_bare_field() -> None:
    """Contexts are never fetched: a prefix that may come from a foreign one passes, a bare field never does."""
    wide = [*CONTEXT, "https://carrier.example/context.jsonld"]
    assert paths(document(event(**{"unseen:field": 1}), **{"@context": wide})) == []
    assert paths(document(event(field=1), **{"@context": wide})) == ["eventList[0].field"]


@pytest.mark.parametrize(
    ("kind", "fields", "path"),
    [
        ("TransformationEvent", {"inputEPCList": []}, "inputEPCList"),
        ("TransformationEvent", {"outputEPCList": None}, "outputEPCList"),
        ("TransformationEvent", {"action": "ADD"}, "action"),
        ("AggregationEvent", {"childEPCs": []}, "childEPCs"),
        ("AssociationEvent", {"childEPCs": None, "action": "ADD"}, "childEPCs"),
        ("TransactionEvent", {"bizTransactionList": []}, "bizTransactionList"),
        ("TransactionEvent", {"epcList": None}, "epcList"),
    ],
)
def test_events_must_name_what_they_are_about(kind: str, fields: dict[str, Any], path: str) -> None:
    """Identifier lists and transactions that a type cannot do without."""
    assert paths(document(event(kind, **fields))) == [f"eventList[0].{path}"]


@pytest.mark.parametrize("kind", ["AggregationEvent", "AssociationEvent"])
def test_delete_without_children_takes_all_out(kind: str) -> None:
    """DELETE with no list means all children, and is valid."""
    assert paths(document(event(kind, childEPCs=None, action="DELETE"))) == []


@pytest.mark.parametrize("wrong", [None, 1, "text", {}, [1], [[event()]], {"type": "EPCISDocument"}, {"type": "Thing"}])
def test_things_that_are_no_document(wrong: Any) -> None:
    """JSON of another shape is refused with a reason."""
    assert paths(wrong) != []


def test_the_number_of_events_and_of_problems_is_bounded() -> None:
    """Too many events are refused at once; a document full of errors lists a bounded number."""
    with pytest.raises(EpcisRefused, match="at most 2 events"):
        check(document(event(), event(), event()), 2)
    assert len(paths(document(*[event(bizStep="wrong") for _ in range(90)]))) == MAX_PROBLEMS


def test_a_message_shows_words_but_no_numbers_and_no_strange_field_names() -> None:
    """A long number in a white-listed field is masked, an identifier is never shown, nor a field name that is a number."""
    with pytest.raises(EpcisRefused) as refused:
        check(document(event(bizStep="13800138000", epcList=["SF1234567890123"], LX050606084NL=1, 张三=2)), 9)
    text = " ".join(str(p) for p in refused.value.problems) + str(refused.value)
    assert all(secret not in text for secret in ("13800138000", "SF1234567890123", "LX050606084NL", "张三"))
    assert "eventList[0].<field>" in text


def test_seconds_of_a_time_cut_the_fraction_off() -> None:
    """Known instants; the fraction never rounds up; what is no time is None."""
    assert utc_seconds("1970-01-01T00:00:00Z") == 0
    assert utc_seconds("2026-03-01T08:00:00.999+08:00") == 1772323200
    assert utc_seconds("2026-02-28T19:00:00-05:00") == 1772323200
    assert utc_seconds("2026-03-01 08:00:00Z") is None
    assert utc_seconds("２０２６-03-01T08:00:00Z") is None
