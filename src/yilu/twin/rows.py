"""Scans to a table in yilu's own canonical layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from yilu.items.kinds import KINDS
from yilu.items.schema import ITEM_CLASSES, OUTCOMES, SENDER_KINDS
from yilu.network import Network
from yilu.twin import numbers
from yilu.twin.ground import HABIT_PROMISES, OUTLET_AREA, Ground, value
from yilu.twin.scans import MARK_BAG, MARK_CONFLICT, MARK_EVENT_ID, MARK_UNKNOWN_PLACE, MARK_UNMAPPED, MARK_VOIDS
from yilu.twin.traits import traits

UNKNOWN_PLACE = "ZZ-0000"
"""A facility code that no network has."""
UNMAPPED = "weighed"
"""A code for a scan (称重) that yilu's kinds don't have."""

_ACCEPT, _PIECE, _BAG, _UNBAG, _REDIRECT = 8, 24, 32, 60, 108
_CODE = pa.dictionary(pa.int32(), pa.string())

SCHEMA: pa.Schema = pa.schema(
    [
        ("operator", _CODE), ("waybill", pa.string()), ("kind", pa.dictionary(pa.int8(), pa.string())), ("facility", _CODE),
        ("at", pa.timestamp("ms", "UTC")), ("recorded_at", pa.timestamp("ms", "UTC")), ("event_id", pa.string()),
        ("voids", pa.string()), ("piece", pa.uint16()), ("parent", pa.string()), ("container", _CODE),
        ("item_class", pa.dictionary(pa.int8(), pa.string())), ("sender_kind", pa.dictionary(pa.int8(), pa.string())),
        ("service_level", pa.dictionary(pa.int8(), pa.string())), ("origin", _CODE), ("destination", _CODE),
        ("promise", pa.timestamp("ms", "UTC")), ("weight_g", pa.uint32()), ("outcome", pa.dictionary(pa.int8(), pa.string())),
        ("sender_token", pa.string()),
    ]
)  # fmt: skip
"""Columns of the canonical layout with the types in which the twin gives them."""


@dataclass(frozen=True)
class Words:
    """What turns ids into codes: dictionaries by id, and the operators' habits and number forms (by operator id)."""

    operators: pa.Array
    facilities: pa.Array
    areas: pa.Array
    levels: pa.Array
    classes: pa.Array
    senders: pa.Array
    outcomes: pa.Array
    lead: NDArray[np.uint8]
    mail: NDArray[np.bool_]
    promises: NDArray[np.bool_]
    customers: int
    date_tag: int


def _by_id(ids: NDArray[np.integer], codes: list[str]) -> pa.Array:
    """Codes where their ids point to, empty text where none does."""
    words = [""] * (int(max(ids, default=0)) + 1)
    for i, code in zip(ids, codes, strict=True):
        words[int(i)] = str(code)
    return pa.array(words, pa.string())


def _by_number(names: dict[str, int]) -> pa.Array:
    """Names where their numbers point to."""
    return _by_id(np.array(list(names.values())), list(names))


KIND_CODES = pa.array([kind.code for kind in KINDS] + [UNMAPPED])
KIND_ROW: NDArray[np.int8] = np.full(256, len(KINDS), np.int8)
"""Place of each kind id among ``KIND_CODES``; that of ``UNMAPPED`` for a number that is no kind's."""
KIND_ROW[[kind.id for kind in KINDS]] = np.arange(len(KINDS))


def codes_of(network: Network) -> dict[str, pa.Array]:
    """What stands in the coded columns of ``SCHEMA``, by id or number: operators, facilities, areas, service levels, classes, kinds of sender, outcomes."""
    areas = _by_id(network.areas.id, list(network.areas.code))
    return {
        "operator": _by_id(network.operators.id, list(network.operators.code)),
        "facility": _by_id(network.facilities.id, list(network.facilities.code)),
        "service_level": _by_id(network.service_levels.id, list(network.service_levels.code)),
        "origin": areas, "destination": areas,
        "item_class": _by_number(ITEM_CLASSES), "sender_kind": _by_number(SENDER_KINDS), "outcome": _by_number(OUTCOMES),
    }  # fmt: skip


def words_of(network: Network, ground: Ground, items: int, date_tag: int) -> Words:
    """The dictionaries of ``network``; ``items`` a day say how many people send, ``date_tag`` is the day part of numbers."""
    codes = codes_of(network)
    most = int(max(int(i) for i in network.operators.id)) + 1
    mail, promises = np.zeros(most, np.bool_), np.zeros(most, np.bool_)
    mail[ground.operators["id"]] = ground.operators["postal"] != 0
    promises[ground.operators["id"]] = (ground.operators["habit"] & HABIT_PROMISES) != 0
    return Words(
        operators=codes["operator"],
        facilities=pa.concat_arrays([codes["facility"], pa.array([UNKNOWN_PLACE])]),
        areas=codes["origin"],
        levels=codes["service_level"],
        classes=codes["item_class"],
        senders=codes["sender_kind"],
        outcomes=codes["outcome"],
        lead=numbers.leads(most),
        mail=mail,
        promises=promises,
        customers=max(1000, items // 20),
        date_tag=date_tag,
    )


@njit(cache=True, nogil=True)
def _columns(rows, ground, rates, kind_row, unknown, at, seen, kind, place, operator, outcome, piece, stated):
    """Fill the fixed columns; ``stated`` (7, n): class, sender, level, origin, destination, weight, stated at all."""
    for r in range(len(rows)):
        code = rows[r, 4] & 255
        marks = rows[r, 4] >> 24
        at[r] = np.int64(rows[r, 1]) * 1000
        seen[r] = np.int64(rows[r, 2]) * 1000
        kind[r] = kind_row[0] if marks & MARK_UNMAPPED else kind_row[code]
        place[r] = unknown if marks & MARK_UNKNOWN_PLACE else np.int32(rows[r, 3] & 0xFFFFF)
        operator[r] = np.int32(rows[r, 3] >> 20)
        outcome[r] = np.int8((rows[r, 4] >> 8) & 255)
        piece[r] = np.uint16((rows[r, 4] >> 16) & 255)
        if marks & MARK_BAG:
            stated[0, r] = 4
        elif code in (_ACCEPT, _PIECE):
            t = traits(np.int64(rows[r, 0]), ground, rates)
            stated[0, r] = t[6]
            stated[1, r] = t[7]
            stated[2, r] = t[9]
            stated[3, r] = value(ground, OUTLET_AREA, t[3])
            stated[4, r] = value(ground, OUTLET_AREA, t[4])
            stated[5, r] = np.int64(t[8]) + (37 if marks & MARK_CONFLICT else 0)
            stated[6, r] = 1
        elif code == _REDIRECT:
            stated[4, r] = rows[r, 5]


def coded(index: NDArray[Any], words: pa.Array, type_: pa.DataType, nulls: bool = True) -> pa.Array:
    """A dictionary column of ``words`` at ``index`` (n,); with ``nulls`` 0 is none."""
    values = index.astype(type_.index_type.to_pandas_dtype(), copy=False)
    mask = values == 0 if nulls else None
    return pa.DictionaryArray.from_arrays(pa.array(values, mask=mask), words)


def _strings(offsets: NDArray[np.int32], buffer: NDArray[np.uint8], end: int, nulls: bool) -> pa.Array:
    n = len(offsets) - 1
    text = pa.py_buffer(buffer[:end])
    if not nulls:
        return pa.Array.from_buffers(pa.string(), n, [None, pa.py_buffer(offsets), text])
    there = offsets[1:] > offsets[:-1]
    bits = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), n, [bits, pa.py_buffer(offsets), text])


def _bags(rows: NDArray[np.uint32], kinds: NDArray[Any], words: Words) -> pa.Array:
    holds = np.flatnonzero((kinds == _BAG) | (kinds == _UNBAG))
    serials, inverse = np.unique(rows[holds, 5], return_inverse=True)
    buffer = np.empty(max(1, len(serials)) * numbers.LONGEST, np.uint8)
    offsets = np.zeros(len(serials) + 1, np.int32)
    end = _bag_numbers(serials, offsets, buffer, words.date_tag)
    index = np.zeros(len(rows), np.int32)
    index[holds] = inverse
    mask = np.ones(len(rows), np.bool_)
    mask[holds] = False
    return pa.DictionaryArray.from_arrays(pa.array(index, mask=mask), _strings(offsets, buffer, end, False))


@njit(cache=True, nogil=True)
def _bag_numbers(serials, offsets, buffer, date_tag):
    at = np.int64(0)
    for i in range(len(serials)):
        at = numbers.bag_number(buffer, at, np.int64(serials[i]), date_tag)
        offsets[i + 1] = at
    return at


def _promise(
    network: Network, words: Words, operator: NDArray[np.int32], at: NDArray[np.int64], stated: NDArray[np.int32]
) -> pa.Array:
    """What operators with the habit promise: the service level's own promise, stated at acceptance."""
    promise = np.zeros(len(at), np.int64)
    says = np.flatnonzero((stated[6] == 1) & words.promises[operator])
    if len(says):
        promise[says] = np.asarray(
            network.promise(
                (at[says] // 1000).astype(np.uint32),
                stated[3, says].astype(np.uint16),
                stated[4, says].astype(np.uint16),
                stated[2, says].astype(np.uint8),
            )
        ).astype(np.int64)
    return pa.array(promise * 1000, pa.int64(), mask=promise == 0).cast(pa.timestamp("ms", "UTC"))


def table_of(
    rows: NDArray[np.uint32], network: Network, ground: NDArray[np.int64], seed: np.uint64, rates: np.void, words: Words
) -> pa.Table:
    """The canonical table (``SCHEMA``) of scans ``rows`` (n, WORDS), in their order; ``ground`` packed."""
    n = len(rows)
    at, seen = np.empty(n, np.int64), np.empty(n, np.int64)
    kind, place, operator = np.empty(n, np.int8), np.empty(n, np.int32), np.empty(n, np.int32)
    outcome, piece, stated = np.empty(n, np.int8), np.empty(n, np.uint16), np.zeros((7, n), np.int32)
    unknown = len(words.facilities) - 1
    _columns(rows, ground, rates, KIND_ROW, unknown, at, seen, kind, place, operator, outcome, piece, stated)
    kinds = rows[:, 4] & 255
    form = (ground, rates, words.lead, words.mail, words.date_tag)

    def text(make: Any, *arguments: Any, nulls: bool = True, bytes_: int = 0) -> pa.Array:
        offsets, buffer = np.zeros(n + 1, np.int32), np.empty(max(64, bytes_), np.uint8)
        return _strings(offsets, buffer, make(rows, *arguments, offsets, buffer), nulls)

    def linked(make: Any, bytes_: int, nulls: bool) -> pa.Array:
        offsets, buffer = np.zeros(n + 1, np.int32), np.empty(max(64, bytes_), np.uint8)
        return _strings(offsets, buffer, make(rows, offsets, buffer, *form), nulls)

    marks = rows[:, 4] >> 24
    hexed = 16 * int(np.count_nonzero(marks & MARK_EVENT_ID))
    voided = 16 * int(np.count_nonzero(marks & MARK_VOIDS))
    links = numbers.LONGEST * int(np.count_nonzero((kinds == _PIECE) | (kinds == 28)))
    offsets, buffer = np.zeros(n + 1, np.int32), np.empty(16 * n + 64, np.uint8)
    token = _strings(offsets, buffer, numbers.tokens(rows, stated[1], offsets, buffer, seed, words.customers), True)
    types = {f.name: f.type for f in SCHEMA}
    columns = {
        "operator": coded(operator, words.operators, _CODE),
        "waybill": linked(numbers.waybills, n * numbers.LONGEST, False),
        "kind": coded(kind, KIND_CODES, types["kind"], nulls=False),
        "facility": coded(place, words.facilities, _CODE),
        "at": pa.array(at).cast(types["at"]),
        "recorded_at": pa.array(seen).cast(types["recorded_at"]),
        "event_id": text(_ids, seed, bytes_=hexed),
        "voids": text(_voids, seed, bytes_=voided),
        "piece": pa.array(piece, mask=piece == 0),
        "parent": linked(numbers.parents, links, True),
        "container": _bags(rows, kinds, words),
        "item_class": coded(stated[0], words.classes, types["item_class"]),
        "sender_kind": coded(stated[1], words.senders, types["sender_kind"]),
        "service_level": coded(stated[2], words.levels, types["service_level"]),
        "origin": coded(stated[3], words.areas, _CODE),
        "destination": coded(stated[4], words.areas, _CODE),
        "promise": _promise(network, words, operator, at, stated),
        "weight_g": pa.array(stated[5].astype(np.uint32), mask=stated[6] == 0),
        "outcome": coded(outcome, words.outcomes, types["outcome"]),
        "sender_token": token,
    }
    return pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _ids(rows: NDArray[np.uint32], seed: np.uint64, offsets: NDArray[np.int32], buffer: NDArray[np.uint8]) -> int:
    return int(numbers.event_ids(rows, False, offsets, buffer, seed))


def _voids(rows: NDArray[np.uint32], seed: np.uint64, offsets: NDArray[np.int32], buffer: NDArray[np.uint8]) -> int:
    return int(numbers.event_ids(rows, True, offsets, buffer, seed))
