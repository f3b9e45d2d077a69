"""EPCIS 2.0 documents (JSON, JSON-LD) as rows of yilu's canonical layout: one row per event, item and meaning.

``read_epcis`` reads one document and checks it whole (``epcis_check``); a document that is not valid raises
``EpcisRefused`` and gives nothing. Each event of a valid document is either *used*, giving one row or more, or
*quarantined* with a stated reason; events = used + quarantined, always.

How an event is read:

- ``bizStep`` and ``disposition`` are mapped by the tables ``epcis_bizstep`` and ``epcis_disposition``; both may say
  something (arriving, damaged: two rows per item). A step that is not mapped gives kind ``other`` with its code.
- ObjectEvent, TransactionEvent: a row for each EPC (and for a transaction's parent). A transaction taken off an item
  (DELETE) says nothing of its way: quarantined.
- AggregationEvent, AssociationEvent: ADD puts the children into the parent (``bag``), DELETE takes them out (``unbag``),
  OBSERVE is a scan of the parent and of the children it names. The step's own meaning stands beside that.
- TransformationEvent: things made of things; not a postal event, quarantined.
- Classes and quantities (``quantityList``) name no item and are passed over; sensor values are not read.
- ``errorDeclaration``: the event with this ``eventID`` was wrong; every item named gets a row ``void`` whose ``voids``
  is that id. An event without eventID is known by its content (EPCIS 2.0: the declaring event equals the wrong one in all
  else), so that a declaration without eventID voids it too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pyarrow as pa

from yilu.items.codes import table
from yilu.items.intake.epcis_check import EVENT_TYPES, check, utc_seconds
from yilu.items.intake.epcis_epc import Epc, identify, location
from yilu.items.intake.epcis_problems import EpcisRefused, Pair, Problem
from yilu.items.intake.epcis_words import cbv_word
from yilu.items.kinds import BY_CODE

ROWS: pa.Schema = pa.schema(
    [
        ("row", pa.int64()),
        ("operator", pa.string()),
        ("waybill", pa.string()),
        ("kind", pa.string()),
        ("code", pa.string()),
        ("facility", pa.string()),
        ("at", pa.timestamp("s", tz="UTC")),
        ("recorded_at", pa.timestamp("s", tz="UTC")),
        ("event_id", pa.string()),
        ("voids", pa.string()),
        ("container", pa.string()),
        ("item_class", pa.string()),
        ("outcome", pa.string()),
    ]
)
"""Columns of ``EpcisRows.rows``: the canonical layout, with the event's place in the document (``row``, from 0) and the
source code of an unmapped meaning (``code``, null if mapped)."""

QUARANTINE: pa.Schema = pa.schema(
    [("row", pa.int64()), ("column", pa.string()), ("value", pa.string()), ("reason", pa.string())]
)
"""Columns of ``EpcisRows.quarantine``; ``value`` is filled for white-listed columns only."""

CLASS_ONLY = "names classes and quantities only, no single item"
NO_ITEM = "names no item (a reading of a place)"
TRANSFORMATION = "a transformation is not a postal event"
ALL_CHILDREN = "takes all children out of the parent without naming them"
UNLINKED = "takes a business transaction off the items, which says nothing of their way"
FOREIGN_TYPE = "an event type of another vocabulary"
OUT_OF_RANGE = "its time lies outside 1970 to 2106"
REASONS: tuple[str, ...] = (CLASS_ONLY, NO_ITEM, TRANSFORMATION, ALL_CHILDREN, UNLINKED, FOREIGN_TYPE, OUT_OF_RANGE)
"""Every reason for which an event of a valid document is quarantined."""


@dataclass(frozen=True)
class EpcisSettings:
    """How one feed's documents are read.

    ``locations``: facility code by location identifier, as it stands in the document or in the form ``414/GLN``;
    ``vocabulary``: kind of kinds.csv by URI of the feed's own business steps;
    ``number_prefixes``: URI prefixes behind which the operator's waybill numbers stand;
    ``max_*``: bounds of one document; a document beyond them is refused whole.
    """

    operator: str = ""
    locations: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Mapping[str, str] = field(default_factory=dict)
    number_prefixes: tuple[str, ...] = ()
    max_document_bytes: int = 64 << 20
    max_depth: int = 64
    max_events: int = 200_000
    max_rows: int = 4_000_000

    def __post_init__(self) -> None:
        for kind in self.vocabulary.values():
            if kind not in BY_CODE:
                raise ValueError(f"vocabulary: {kind!r} is no kind; a code of kinds.csv is expected")


@dataclass(frozen=True)
class EpcisRows:
    """What one document gave: ``rows`` (schema ``ROWS``), ``quarantine`` (schema ``QUARANTINE``, one row per event), counts."""

    rows: pa.Table
    quarantine: pa.Table
    events: int
    used: int


class _Meaning(NamedTuple):
    """One thing an event says of its items; ``code`` is the source code where nothing is mapped, else empty."""

    kind: str
    outcome: str
    code: str


class _Item(NamedTuple):
    """An item of an event, the class it is known to have, and the container it is named with (empty: none)."""

    number: str
    item_class: str
    container: str


@dataclass
class _Columns:
    """Rows under construction, column by column, and the bound on their number."""

    max_rows: int
    cells: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in ROWS.names})

    def add(self, row: int, at: int, shared: Mapping[str, str | int | None], meaning: _Meaning, item: _Item) -> None:
        cells = self.cells
        if len(cells["row"]) >= self.max_rows:
            _refuse(
                "eventList",
                (
                    f"全部事件合计至多 {self.max_rows} 件",
                    f"at most {self.max_rows} items over all events of one document",
                ),
            )
        for name, value in shared.items():
            cells[name].append(value)
        cells["row"].append(row)
        cells["at"].append(at)
        cells["waybill"].append(item.number)
        cells["item_class"].append(item.item_class or None)
        cells["container"].append(item.container or None)
        cells["kind"].append(meaning.kind)
        cells["outcome"].append(meaning.outcome or None)
        cells["code"].append(meaning.code or None)


def read_epcis(document: bytes | Path, settings: EpcisSettings = EpcisSettings()) -> EpcisRows:
    """Rows and quarantine of one EPCIS document (its bytes, or the path of a file).

    Raises ``EpcisRefused`` if the document is not JSON in UTF-8, not valid EPCIS 2.0, or beyond a bound of ``settings``,
    and ``OSError`` if the file cannot be read.
    """
    events = check(_parse(_bytes(document, settings.max_document_bytes), settings), settings.max_events)
    columns = _Columns(settings.max_rows)
    held: list[tuple[int, str, str | None, str]] = []
    for row, event in enumerate(events):
        reason = _translate(columns, row, event, settings)
        if reason is not None:
            shown = {OUT_OF_RANGE: "eventTime"}.get(reason, "type")
            held.append((row, shown, str(event[shown])[:64] if event["type"] in EVENT_TYPES else None, reason))
    rows = pa.table({name: pa.array(columns.cells[name], ROWS.field(name).type) for name in ROWS.names}, schema=ROWS)
    lists = zip(*held, strict=True) if held else [[] for _ in QUARANTINE]
    quarantine = pa.table(
        [pa.array(list(c), f.type) for c, f in zip(lists, QUARANTINE, strict=True)], schema=QUARANTINE
    )
    return EpcisRows(rows, quarantine, len(events), len(events) - len(held))


# --- from bytes to JSON -----------------------------------------------------------------------------------------------
def _refuse(path: str, expected: Pair) -> NoReturn:
    raise EpcisRefused((Problem(path, expected),))


def _bytes(document: bytes | Path, limit: int) -> bytes:
    if isinstance(document, Path):
        with document.open("rb") as handle:
            document = handle.read(limit + 1)  # a larger or endless file is never read whole
    if len(document) > limit:
        _refuse("document", (f"不超过 {limit} 字节", f"at most {limit} bytes"))
    return document


def _parse(raw: bytes, settings: EpcisSettings) -> object:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start}", ("UTF-8", "UTF-8"))
    try:
        parsed = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(f"line {error.lineno} column {error.colno}", ("JSON", "JSON"))
    except EpcisRefused:  # a ValueError too: raised by the hooks below
        raise
    except RecursionError:
        _refuse("document", _levels(settings.max_depth))
    except ValueError:  # an integer of thousands of digits
        _refuse("document", ("长度正常的数字", "numbers of ordinary length"))
    _check_depth(parsed, settings.max_depth)
    return parsed


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        _refuse("document", ("一个对象中每个字段至多一次", "each field at most once in an object"))
    return made


def _no_constant(_: str) -> NoReturn:
    _refuse("document", ("有限的数字", "finite numbers"))


def _check_depth(parsed: object, limit: int) -> None:
    level: list[object] = [parsed]
    for _ in range(limit):
        level = [child for part in level for child in _children(part)]
        if not level:
            return
    _refuse("document", _levels(limit))


def _levels(most: int) -> Pair:
    return f"嵌套不超过 {most} 层", f"at most {most} levels of nesting"


def _children(part: object) -> list[object]:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [child for child in inner if isinstance(child, (dict, list))]


# --- from an event to rows --------------------------------------------------------------------------------------------
def _translate(columns: _Columns, row: int, event: dict[str, Any], settings: EpcisSettings) -> str | None:
    """Add the rows of one valid event to ``columns``, or give the reason why it has none."""
    if event["type"] not in EVENT_TYPES:
        return FOREIGN_TYPE
    event_id = event.get("eventID") or content_id(event)
    recorded = utc_seconds(event["recordTime"]) if "recordTime" in event else None
    shared: dict[str, str | int | None] = {
        "operator": settings.operator or None,
        "facility": _facility(event, settings),
        "recorded_at": recorded if recorded is not None and _storable(recorded) else None,
        "event_id": event_id,
        "voids": None,
    }
    parent, items, classes = _items(event, settings)
    if "errorDeclaration" in event:
        at = utc_seconds(event["errorDeclaration"]["declarationTime"])
        # The declaration carries the id of the event it declares wrong; as its own id it would void itself.
        shared |= {"event_id": None, "voids": event_id}
        said = [(_Meaning("void", "", ""), [item._replace(container="") for item in [*items, *parent]])]
    else:
        at = utc_seconds(event["eventTime"])
        if event["type"] == "TransformationEvent":
            return TRANSFORMATION
        if event["type"] == "TransactionEvent" and event["action"] == "DELETE":
            return UNLINKED
        said = _said(event, parent, items, settings)
    if not any(who for _, who in said):
        nested = event["type"] in ("AggregationEvent", "AssociationEvent")
        return CLASS_ONLY if classes else ALL_CHILDREN if nested and parent else NO_ITEM
    if at is None or not _storable(at):
        return OUT_OF_RANGE
    for meaning, who in said:
        for item in who:
            columns.add(row, at, shared, meaning, item)
    return None


def _storable(seconds: int) -> bool:
    return 0 < seconds < 1 << 32


def _items(event: dict[str, Any], settings: EpcisSettings) -> tuple[list[_Item], list[_Item], bool]:
    """The parent (none or one), the items named, and whether classes or quantities are named too."""
    parent_id = event.get("parentID")
    parent = (
        _item(identify(parent_id, settings.number_prefixes), "")._replace(item_class="container") if parent_id else None
    )
    lists = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
    epcs = [identify(uri, settings.number_prefixes) for name in lists for uri in event.get(name, ())]
    classes = any(not epc.instance for epc in epcs) or any(
        event.get(name) for name in event if name.endswith("uantityList")
    )
    inside = parent.number if parent and "childEPCs" in event else ""
    # An item named twice (a list should not, a transformation may) is one item.
    items = list(dict.fromkeys(_item(epc, inside) for epc in epcs if epc.instance))
    return [parent] if parent else [], items, classes


def _item(epc: Epc, container: str) -> _Item:
    # Returnable assets carry mail, other assets are vehicles and fixed gear: neither counts as volume.
    return _Item(epc.number, {"8003": "container", "8004": "vehicle"}.get(epc.key, ""), container)


def _said(
    event: dict[str, Any], parent: list[_Item], items: list[_Item], settings: EpcisSettings
) -> list[tuple[_Meaning, list[_Item]]]:
    """What the event says, and of whom."""
    bare = [item._replace(container="") for item in items]
    meanings = _meanings(event, settings)
    if event["type"] in ("ObjectEvent", "TransactionEvent"):
        return [(m, [*bare, *parent]) for m in meanings]
    action = event["action"]
    if action == "OBSERVE":
        return [(m, [*bare, *parent]) for m in meanings]
    member = _Meaning("bag" if action == "ADD" else "unbag", "", "")
    said = [(member, items)]
    for meaning in meanings:
        if meaning.kind in ("bag", "unbag"):
            continue  # packing and unpacking say what the action says
        # A step that is not mapped is counted once, on the parent; a mapped one is true of each child.
        said.append((meaning, parent if meaning.code else bare))
    return said if items else []


def _meanings(event: dict[str, Any], settings: EpcisSettings) -> list[_Meaning]:
    step, state = event.get("bizStep"), event.get("disposition")
    found: list[_Meaning] = []
    if step is not None:
        word = cbv_word(step, "BizStep")
        row = table("epcis_bizstep").find(word) if word else None
        kind = settings.vocabulary.get(step) or (row.kind if row else "")
        if word == "inspecting" and any(name.endswith(":xray") and _true(value) for name, value in event.items()):
            kind = "screen"
        found.append(_Meaning(kind, row.outcome if row else "", "") if kind else _Meaning("other", "", word or step))
    if state is not None:
        word = cbv_word(state, "Disp")
        row = table("epcis_disposition").find(word) if word else None
        if row is not None and row.kind and row.kind not in {m.kind for m in found}:
            found.append(_Meaning(row.kind, row.outcome, ""))
    if not found:
        found.append(_Meaning("other", "", f"disposition:{state}" if state is not None else "no bizStep"))
    return found


def _true(value: object) -> bool:
    """Whether an extension field is set; extension values are often written as text."""
    return str(value).lower() not in ("", "0", "false", "none", "[]", "{}")


def _facility(event: dict[str, Any], settings: EpcisSettings) -> str | None:
    """Where it happened: the read point, or else the business location; by the feed's list or as ``414/GLN``."""
    for name in ("readPoint", "bizLocation"):
        if name in event:
            uri = event[name]["id"]
            plain = location(uri)
            # A facility is known by its GLN also when the extension names a gate or a floor of it.
            for form in (uri, plain, plain.partition("/254/")[0]):
                if form in settings.locations:
                    return settings.locations[form]
            return plain
    return None


_NOT_CONTENT = frozenset({"@context", "eventID", "recordTime", "errorDeclaration"})


def content_id(event: dict[str, Any]) -> str:
    """An id made of what the event says, for events without eventID: equal content, equal id.

    Left out are ``eventID``, ``recordTime`` and ``errorDeclaration``; identifiers, times, words of CBV and the order of
    identifiers are brought into one form, so that a declaration of error may write them otherwise than the event did.
    """
    said = {name: _content(name, value) for name, value in event.items() if name not in _NOT_CONTENT}
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "content:" + hashlib.sha256(text.encode()).hexdigest()


def _content(name: str, value: Any) -> Any:
    match name:
        case "eventTime":
            fraction = value.partition(".")[2].rstrip("Z").partition("+")[0].partition("-")[0].rstrip("0")
            return [utc_seconds(value), fraction]
        case "epcList" | "childEPCs" | "inputEPCList" | "outputEPCList":
            return sorted({identify(uri).number for uri in value})
        case "parentID":
            return identify(value).number
        case "readPoint" | "bizLocation":
            return {**value, "id": location(value["id"])}
        case "bizStep":
            return cbv_word(value, "BizStep") or value
        case "disposition":
            return cbv_word(value, "Disp") or value
    return value
