"""Small EPCIS documents for the tests, valid unless a field is changed."""

from __future__ import annotations

from typing import Any

CONTEXT = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"ext": "https://ns.carrier.example/epcis/"}]


def event(kind: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
    """A valid event of its type, with ``fields`` put in; a field of value None is taken out."""
    made: dict[str, Any] = {
        "type": kind,
        "eventTime": "2026-03-01T08:00:00.5+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "arriving",
        "readPoint": {"id": "urn:epc:id:sgln:0614141.12345.400"},
    }
    if kind in ("ObjectEvent", "TransactionEvent"):
        made["epcList"] = ["urn:epc:id:sscc:0614141.1234567890"]
    if kind == "TransactionEvent":
        made["bizTransactionList"] = [{"type": "po", "bizTransaction": "https://carrier.example/po/1"}]
    if kind in ("AggregationEvent", "AssociationEvent"):
        made["parentID"] = "urn:epc:id:grai:0614141.12345.400"
        made["childEPCs"] = ["https://id.gs1.org/00/106141412345678908", "urn:epc:id:sgtin:0614141.812345.6789"]
    if kind == "TransformationEvent":
        del made["action"]
        made |= {"inputEPCList": ["urn:epc:id:sscc:0614141.1234567890"], "outputEPCList": ["urn:epc:id:giai:0614141.1"]}
    made.update(fields)
    return {name: value for name, value in made.items() if value is not None}


def document(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A valid EPCISDocument of ``events``, with ``fields`` put in; a field of value None is taken out."""
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T09:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    made.update(fields)
    return {name: value for name, value in made.items() if value is not None}
