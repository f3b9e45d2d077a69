"""Whether a parsed EPCIS 2.0 document is valid, written from the standard: structure first, then vocabularies.

``check`` walks the document and gathers every problem it finds (up to a bound). A document with any problem is refused
whole: half of a capture is worse than none, since its sender believes in all or nothing too. A problem names the path
(``eventList[1].bizStep``), what was expected there, and the value only where the field holds no item or person: a
business word, a time, an action, a unit. Sources: GS1 EPCIS 2.0 (data model, JSON/JSON-LD binding), GS1 CBV 2.0.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from yilu.items.intake import epcis_words as words
from yilu.items.intake.epcis_problems import Enough, EpcisRefused, Notes, Pair
from yilu.items.intake.epcis_words import Namespaces, is_context, is_uri

MAX_TEXT = 2048
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_LONG_NUMBER = re.compile(r"[0-9]{5,}")
_VERSION = re.compile(r"2(?:\.[0-9]+){0,2}")
_FIELD_NAME = re.compile(r"@?[A-Za-z_][A-Za-z0-9_.:-]{0,39}")
_OBJECT: Pair = ("对象", "an object")
_FILLED: Pair = ("至少有一项的列表", "a list with at least one entry")
_FIELD: Pair = ("EPCIS 2.0 的字段", "a field of EPCIS 2.0")
_FIELD_OR_EXTENSION: Pair = (
    f"{_FIELD[0]},或命名空间已在 @context 声明的扩展字段",
    f"{_FIELD[1]}, or an extension field with a namespace declared in @context",
)
_EVENT_TYPE: Pair = (
    f"{'、'.join(EVENT_TYPES)} 之一,或命名空间已声明的类型",
    f"one of {', '.join(EVENT_TYPES)}, or a type with a declared namespace",
)


def utc_seconds(text: str) -> int | None:
    """Seconds since 1970-01-01 UTC of an EPCIS time, fractions cut off; None if it is not a time with a zone."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    zone = match[7]
    offset = 0 if zone == "Z" else (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 60 + int(zone[4:6]))
    if minute > 59 or second > 59 or hour > 23 or abs(offset) > 14 * 60 or (zone != "Z" and int(zone[4:6]) > 59):
        return None
    try:
        days = datetime.date(year, month, day).toordinal() - 719_163  # ordinal of 1970-01-01
    except ValueError:
        return None
    return days * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60


# --- checks of single values: (notes, path, value, namespaces) --------------------------------------------------------
_Check = Callable[[Notes, str, object, Namespaces], None]


def _time(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if not isinstance(value, str) or utc_seconds(value) is None:
        notes.add(
            path,
            ("带时区的时间,如 2026-07-22T06:45:00+02:00", "a time with zone such as 2026-07-22T06:45:00+02:00"),
            value,
        )


def _offset(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if not isinstance(value, str) or _OFFSET.fullmatch(value) is None:
        notes.add(path, ("时区偏移,如 +08:00,不超过 14:00", "an offset such as +08:00, at most 14:00"), value)


def _uri(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if not is_uri(value):
        notes.add(path, ("URI", "a URI"))


def _text(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        notes.add(path, (f"不超过 {MAX_TEXT} 字的文本", f"text of at most {MAX_TEXT} characters"))


def _number(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        notes.add(path, ("数字", "a number"), value if isinstance(value, str) else type(value).__name__)


def _boolean(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if not isinstance(value, bool):
        notes.add(path, ("true 或 false", "true or false"))


def _matching(pattern: re.Pattern[str], expected: Pair) -> _Check:
    def check_(notes: Notes, path: str, value: object, _: Namespaces) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            notes.add(path, expected, value)

    return check_


def _one_of(allowed: frozenset[str], what: Pair, *, or_uri: bool) -> _Check:
    expected = (f"{what[0]},或其他词表的 URI", f"{what[1]}, or the URI of another vocabulary") if or_uri else what

    def check_(notes: Notes, path: str, value: object, _: Namespaces) -> None:
        if not isinstance(value, str) or (value not in allowed and not (or_uri and is_uri(value))):
            # A word is shown; a number that strayed here might be somebody's.
            notes.add(path, expected, _LONG_NUMBER.sub("…", value) if isinstance(value, str) else value)

    return check_


def _list_of(check_item: _Check, *, filled: bool = False) -> _Check:
    def check_(notes: Notes, path: str, value: object, names: Namespaces) -> None:
        if not isinstance(value, list) or (filled and not value):
            notes.add(path, _FILLED if filled else ("列表", "a list"))
            return
        for i, item in enumerate(value):
            check_item(notes, f"{path}[{i}]", item, names)

    return check_


def _object_of(known: dict[str, _Check], *required: str, extensible: bool = True) -> _Check:
    def check_(notes: Notes, path: str, value: object, names: Namespaces) -> None:
        if not isinstance(value, dict):
            notes.add(path, _OBJECT)
            return
        _fields(notes, path, value, names, known, required, extensible)

    return check_


def _fields(
    notes: Notes,
    path: str,
    value: dict[str, object],
    names: Namespaces,
    known: dict[str, _Check],
    required: tuple[str, ...],
    extensible: bool = True,
) -> None:
    """Check the fields of one object: those required, those known, and the namespace of any other."""
    dot = f"{path}." if path else ""
    for name in required:
        if name not in value:
            notes.add(dot + name, ("必填的字段", "this field (it is required)"))
    for name, part in value.items():
        check_field = known.get(name)
        if check_field is not None:
            check_field(notes, dot + name, part, names)
        elif not extensible or not names.knows(name):
            notes.add(dot + _shown(name), _FIELD_OR_EXTENSION if extensible else _FIELD)


def _shown(name: str) -> str:
    """A field name as it may stand in a message: one that could be a number or a text of somebody is masked."""
    plain = _FIELD_NAME.fullmatch(name) is not None and re.search(r"[0-9]{4}", name) is None
    return name if plain else "<field>"


def _context(notes: Notes, path: str, value: object, _: Namespaces) -> None:
    if not is_context(value):
        notes.add(
            path,
            ("URI 或声明命名空间的对象,至少一个", "a context: URIs and objects that declare namespaces, at least one"),
        )


def _ilmd(notes: Notes, path: str, value: object, names: Namespaces) -> None:
    _object_of({})(notes, path, value, names)


def _certification(notes: Notes, path: str, value: object, names: Namespaces) -> None:
    """One URI or a list of URIs; an object in place of a URI is refused, and its dates are looked at as well."""
    if not isinstance(value, list):
        _uri(notes, path, value, names)
        return
    for i, entry in enumerate(value):
        if not is_uri(entry):
            notes.add(f"{path}[{i}]", ("证书的 URI", "the URI of a certificate"))
        for inner, part in _leaves(entry):
            if inner.endswith("Date") and (not isinstance(part, str) or not _is_date(part)):
                notes.add(f"{path}[{i}]{inner}", ("日期,如 2023-12-20", "a date such as 2023-12-20"))


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _leaves(value: object) -> Iterator[tuple[str, object]]:
    for name, part in value.items() if isinstance(value, dict) else ():
        if isinstance(part, dict):
            for inner, leaf in _leaves(part):
                yield f".{_shown(name)}{inner}", leaf
        else:
            yield f".{_shown(name)}", part


_STEP = _one_of(words.BIZ_STEPS, ("CBV 2.0 的业务步骤", "a business step of CBV 2.0"), or_uri=True)
_STATE = _one_of(words.DISPOSITIONS, ("CBV 2.0 的处置状态", "a disposition of CBV 2.0"), or_uri=True)
_PARTY = _one_of(
    words.PARTIES,
    ("owning_party、possessing_party 或 location", "owning_party, possessing_party or location"),
    or_uri=True,
)
_PLACE = _object_of({"id": _uri}, "id")
_QUANTITY = _object_of(
    {
        "epcClass": _uri,
        "quantity": _number,
        "uom": _matching(_UNIT, ("两至三个字符的单位代码", "a unit code of two or three characters")),
    },
    "epcClass",
    extensible=False,
)
# Sensor values are not read here, so that only their form is judged; the words of their vocabulary are not.
_SENSOR_DEVICE: dict[str, _Check] = {
    "time": _time, "deviceID": _uri, "deviceMetadata": _uri, "rawData": _uri, "dataProcessingMethod": _uri, "bizRules": _uri,
}  # fmt: skip
_SENSOR_REPORT: dict[str, _Check] = {
    **_SENSOR_DEVICE,
    "type": _text, "component": _text,
    "exception": _one_of(words.SENSOR_ALERTS, ("ALARM_CONDITION 或 ERROR_CONDITION", "ALARM_CONDITION or ERROR_CONDITION"), or_uri=True),
    "microorganism": _uri, "chemicalSubstance": _uri, "coordinateReferenceSystem": _uri, "uriValue": _uri,
    "value": _number, "minValue": _number, "maxValue": _number, "meanValue": _number, "sDev": _number,
    "percRank": _number, "percValue": _number, "stringValue": _text, "booleanValue": _boolean, "uom": _text,
    "hexBinaryValue": _text,
}  # fmt: skip
_SENSOR = _object_of(
    {
        "sensorMetadata": _object_of({**_SENSOR_DEVICE, "startTime": _time, "endTime": _time}),
        "sensorReport": _list_of(_object_of(_SENSOR_REPORT), filled=True),
    },
    "sensorReport",
)
_URIS = _list_of(_uri)
_QUANTITIES = _list_of(_QUANTITY)

_COMMON: dict[str, _Check] = {
    "@context": _context,
    "type": _text,
    "eventTime": _time,
    "recordTime": _time,
    "eventTimeZoneOffset": _offset,
    "eventID": _uri,
    "certificationInfo": _certification,
    "errorDeclaration": _object_of(
        {
            "declarationTime": _time,
            "reason": _one_of(
                words.ERROR_REASONS, ("did_not_occur 或 incorrect_data", "did_not_occur or incorrect_data"), or_uri=True
            ),
            "correctiveEventIDs": _URIS,
        },
        "declarationTime",
    ),
}
_BUSINESS: dict[str, _Check] = {
    **_COMMON,
    "bizStep": _STEP,
    "disposition": _STATE,
    "persistentDisposition": _object_of({"set": _list_of(_STATE), "unset": _list_of(_STATE)}),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list_of(
        _object_of(
            {
                "type": _one_of(
                    words.TRANSACTIONS, ("CBV 2.0 的单据类型", "a transaction type of CBV 2.0"), or_uri=True
                ),
                "bizTransaction": _uri,
            },
            "bizTransaction",
            extensible=False,
        )
    ),
    "sourceList": _list_of(_object_of({"type": _PARTY, "source": _uri}, "type", "source", extensible=False)),
    "destinationList": _list_of(
        _object_of({"type": _PARTY, "destination": _uri}, "type", "destination", extensible=False)
    ),
    "sensorElementList": _list_of(_SENSOR),
}
_ACTION: dict[str, _Check] = {
    **_BUSINESS,
    "action": _one_of(words.ACTIONS, ("ADD、OBSERVE 或 DELETE", "ADD, OBSERVE or DELETE"), or_uri=False),
}
_LISTED: dict[str, _Check] = {**_ACTION, "epcList": _URIS, "quantityList": _QUANTITIES}
_NESTED: dict[str, _Check] = {**_ACTION, "parentID": _uri, "childEPCs": _URIS, "childQuantityList": _QUANTITIES}
_FIELDS: dict[str, dict[str, _Check]] = {
    "ObjectEvent": {**_LISTED, "ilmd": _ilmd},
    "AggregationEvent": _NESTED,
    "TransactionEvent": {**_LISTED, "parentID": _uri},
    "AssociationEvent": _NESTED,
    "TransformationEvent": {
        **_BUSINESS,
        "inputEPCList": _URIS, "inputQuantityList": _QUANTITIES, "outputEPCList": _URIS,
        "outputQuantityList": _QUANTITIES, "transformationID": _uri, "ilmd": _ilmd,
    },
}  # fmt: skip
_REQUIRED = ("eventTime", "eventTimeZoneOffset")


def check_event(notes: Notes, path: str, event: object, names: Namespaces) -> None:
    """Gather what is wrong with one event that stands at ``path`` under the namespaces ``names``."""
    dot = f"{path}." if path else ""
    if not isinstance(event, dict):
        notes.add(path or "event", ("事件对象", "an event object"))
        return
    if "@context" in event and is_context(event["@context"]):
        names = names.extended(event["@context"])
    kind = event.get("type")
    if kind in EVENT_TYPES:
        _fields(notes, path, event, names, _FIELDS[str(kind)], _REQUIRED + _required(event))
        _lists(notes, dot, event)
    elif isinstance(kind, str) and names.knows(kind):
        # An event type of another vocabulary: what every event has is checked, the rest belongs to its owner.
        _fields(notes, path, {k: v for k, v in event.items() if k in _COMMON}, names, _COMMON, _REQUIRED)
    else:
        notes.add(f"{dot}type", _EVENT_TYPE, kind)


def _required(event: dict[str, object]) -> tuple[str, ...]:
    match event["type"]:
        case "TransformationEvent":
            return ()
        case "TransactionEvent":
            return ("action", "bizTransactionList")
        case "AssociationEvent":
            return ("action", "parentID")
        case "AggregationEvent" if event.get("action") in ("ADD", "DELETE"):
            return ("action", "parentID")
    return ("action",)


def _lists(notes: Notes, dot: str, event: dict[str, object]) -> None:
    """What an event must say about items at the least, and what only some events may say."""
    kind, action = event["type"], event.get("action")
    if kind == "TransformationEvent":
        for side in ("input", "output"):
            if (
                not event.get(f"{side}EPCList")
                and not event.get(f"{side}QuantityList")
                and "transformationID" not in event
            ):
                lists = f"{side}EPCList", f"{side}QuantityList"
                zh, en = f"{lists[0]} 或 {lists[1]} 中的标识,或 transformationID", f"identifiers in {lists[0]} or {lists[1]}, or a transformationID"  # fmt: skip
                notes.add(f"{dot}{lists[0]}", (zh, en))
        return
    if kind == "TransactionEvent" and event.get("bizTransactionList") == []:
        notes.add(f"{dot}bizTransactionList", _FILLED)
    epcs, quantities = ("childEPCs", "childQuantityList") if kind in ("AggregationEvent", "AssociationEvent") else (
        "epcList", "quantityList",
    )  # fmt: skip
    named = event.get(epcs) or event.get(quantities)
    # Without a list, DELETE takes all away; an ObjectEvent without one may still report sensors of a place.
    spared = action == "DELETE" if kind != "ObjectEvent" else bool(event.get("sensorElementList"))
    if not named and not spared and not (kind == "TransactionEvent" and event.get("parentID")):
        notes.add(f"{dot}{epcs}", (f"{epcs} 或 {quantities} 中的标识", f"identifiers in {epcs} or {quantities}"))
    if kind == "ObjectEvent" and "ilmd" in event and action in ("OBSERVE", "DELETE"):
        notes.add(f"{dot}ilmd", ("空缺(仅 action 为 ADD 时可有此字段)", "no such field unless action is ADD"))


_HEAD: dict[str, _Check] = {
    "@context": _context,
    "id": _text,
    "type": _text,
    "schemaVersion": _matching(_VERSION, ("版本 2.0", "version 2.0")),
    "creationDate": _time,
    "instanceIdentifier": _text,
    "sender": _text,
    "receiver": _text,
    "epcisHeader": lambda notes, path, value, names: None if isinstance(value, dict) else notes.add(path, _OBJECT),
    "epcisBody": lambda notes, path, value, names: None if isinstance(value, dict) else notes.add(path, _OBJECT),
}


def check(document: object, max_events: int) -> list[dict[str, object]]:
    """The events of a valid document: an EPCISDocument, an EPCISQueryDocument, one bare event, or a list of bare events.

    Raises ``EpcisRefused`` with every problem found (at most ``MAX_PROBLEMS``), also for more than ``max_events`` events.
    """
    notes = Notes()
    events: list[object] = []
    with suppress(Enough):
        events = _document(notes, document, max_events)
    if notes.problems:
        raise EpcisRefused(tuple(notes.problems))
    return [event for event in events if isinstance(event, dict)]


def _document(notes: Notes, document: object, max_events: int) -> list[object]:
    names, prefix = Namespaces(), ""
    if isinstance(document, list):
        events = document
    elif isinstance(document, dict) and document.get("type") in ("EPCISDocument", "EPCISQueryDocument"):
        head = ("@context", "schemaVersion", "creationDate", "epcisBody")
        if is_context(document.get("@context")):
            names = names.extended(document["@context"])
        _fields(notes, "", document, names, _HEAD, head)
        found = _event_list(document)
        if found is None:
            notes.add("epcisBody.eventList", ("事件列表", "a list of events"))
            return []
        events, prefix = found, "eventList"
    elif isinstance(document, dict) and "type" in document:
        if "eventTime" not in document and "epcisBody" in document:
            notes.add("type", ("EPCISDocument", "EPCISDocument"), document["type"])
            return []
        check_event(notes, "", document, names)
        return [document]
    else:
        notes.add("type", ("EPCISDocument、一个事件或事件列表", "an EPCISDocument, an event, or a list of events"))
        return []
    if len(events) > max_events:
        notes.add(
            prefix or "events", (f"每份文档至多 {max_events} 个事件", f"at most {max_events} events in one document")
        )
        return []
    for i, event in enumerate(events):
        check_event(notes, f"{prefix}[{i}]", event, names)
    return events


def _event_list(document: dict[str, object]) -> list[object] | None:
    body: object = document.get("epcisBody")
    for step in ("queryResults", "resultsBody") if document["type"] == "EPCISQueryDocument" else ():
        body = body.get(step) if isinstance(body, dict) else None
    events = body.get("eventList") if isinstance(body, dict) else None
    return events if isinstance(events, list) else None
