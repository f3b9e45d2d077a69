"""The one schema of a scan event, as it stands in the log and in memory.

``EVENT_COLUMNS`` declares every column once: its type, its unit, and whether it belongs to an event's *identity*
(two events equal in all identity columns are the same event) or to its *payload* (same identity, another payload: a
conflict) or merely tells how the event came here (*origin*). Absent values are 0: member 0 of every table is "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """One column of an event."""

    name: str
    type: str
    role: str
    zh: str
    description: str


EVENT_COLUMNS: tuple[Column, ...] = (
    Column(
        "key",
        "uint64",
        "identity",
        "寄件假名",
        "Item key: first half of the keyed hash of operator namespace and number.",
    ),
    Column("at", "uint32", "identity", "发生时间", "When it happened, seconds since 1970-01-01 UTC."),
    Column("kind", "uint8", "identity", "环节", "Kind of event (kinds.csv)."),
    Column("place", "uint32", "identity", "地点", "Facility id; 0 unknown."),
    Column("piece", "uint16", "identity", "子件序号", "Piece of a multi-piece shipment; 0 the shipment itself."),
    Column("voids", "uint64", "identity", "被撤销事件", "Event id (hashed) that this event declares void; 0 none."),
    Column("operator", "uint16", "payload", "企业", "Operator id."),
    Column("outcome", "uint8", "payload", "结果代码", "Outcome code (outcomes.csv); 0 not stated."),
    Column("item_class", "uint8", "payload", "寄件类别", "Item class; 0 not stated."),
    Column("sender_kind", "uint8", "payload", "寄件人类别", "Kind of sender; 0 not stated."),
    Column("service_level", "uint8", "payload", "时限产品", "Service level id; 0 not stated."),
    Column("origin", "uint16", "payload", "寄出地", "Area id of origin; 0 not stated."),
    Column("destination", "uint16", "payload", "寄达地", "Area id of destination; 0 not stated."),
    Column(
        "promise",
        "uint32",
        "payload",
        "承诺时间",
        "Delivery promised by the carrier, seconds since 1970 UTC; 0 not stated.",
    ),
    Column("weight_g", "uint32", "payload", "重量", "Weight in grams; 0 not stated."),
    Column("container", "uint64", "payload", "容器假名", "Key of the container concerned; 0 none."),
    Column("parent", "uint64", "payload", "关联件假名", "Key of the item this one is linked to; 0 none."),
    Column("event_id", "uint64", "payload", "事件编号", "Hash of the source's event id; 0 none."),
    Column(
        "key2", "uint64", "origin", "寄件假名后半", "Second half of the 128-bit key, for rows that may accuse someone."
    ),
    Column(
        "recorded_at",
        "uint32",
        "origin",
        "记录时间",
        "When the source recorded it, or else when it was received, seconds since 1970 UTC.",
    ),
    Column("source", "uint16", "origin", "来源", "Feed it came from (sources of the store)."),
    Column("code", "uint16", "origin", "原始代码", "Source code of an unmapped event (codes of the store); 0 mapped."),
    Column(
        "via",
        "uint64",
        "origin",
        "经由",
        "Key of the container or linked item whose scan reached this item; 0 its own scan.",
    ),
)

DTYPES: dict[str, np.dtype] = {c.name: np.dtype(c.type) for c in EVENT_COLUMNS}
IDENTITY: tuple[str, ...] = tuple(c.name for c in EVENT_COLUMNS if c.role == "identity")
PAYLOAD: tuple[str, ...] = tuple(c.name for c in EVENT_COLUMNS if c.role == "payload")
ARROW: pa.Schema = pa.schema(
    [pa.field(c.name, pa.from_numpy_dtype(np.dtype(c.type)), nullable=False) for c in EVENT_COLUMNS]
)

TOKENS: pa.Schema = pa.schema(
    [
        ("operator", pa.uint16()), ("place", pa.uint32()), ("day", pa.int32()), ("token", pa.uint64()), ("key", pa.uint64()), ("key2", pa.uint64()),
        ("at", pa.uint32()),
    ]
)  # fmt: skip
"""Acceptances by senders' tokens, beside the events: operator, place, local day (since 1970), keyed hash of the token and that day, item key in
two halves, UTC second. No event bears a token."""

QUARANTINE: pa.Schema = pa.schema(
    [
        ("file", pa.string()), ("row", pa.int64()), ("reason", pa.string()), ("column", pa.string()), ("kind", pa.string()), ("time", pa.string()),
        ("place", pa.string()), ("weight", pa.string()), ("key", pa.uint64()),
    ]
)  # fmt: skip
"""A quarantined row: base name of its file, row from 1 (blank lines and the header are no rows), code of the reason, the source's name of the
column that is at fault (null where no single one is), texts of white-listed columns (masked where they don't look like what the column is for), and
the item key where the row can be replayed. ``time`` is the text of the time that is at fault, or else of the event's."""

ITEM_CLASSES: dict[str, int] = {"letter": 1, "parcel": 2, "express": 3, "container": 4, "vehicle": 5}
"""信件, 包裹(邮件), 快件, 容器, 车辆. Containers and vehicles have a state but no volume."""
SENDER_KINDS: dict[str, int] = {"casual": 1, "contract": 2, "contract_unfiled": 3}
"""散件, 协议客户(已备案), 协议客户(未备案)."""
OUTCOMES: dict[str, int] = {
    "addressee": 1,
    "proxy": 2,
    "locker": 3,
    "station": 4,
    "refused": 5,
    "absent": 6,
    "address": 7,
    "damaged": 8,
    "held": 9,
    "other": 10,
}
"""Outcome codes of delivery and attempt: 本人签收 代签 箱 站 拒收 无人 地址 破损 滞留 其他."""


_MANY = 1 << 19
_POOL = ThreadPoolExecutor(2, "columns")
"""Columns are moved side by side: numpy lets other threads run meanwhile."""


@dataclass(frozen=True)
class Events:
    """Columns of n events, each of shape (n,) with the type declared in ``EVENT_COLUMNS``.

    A column that holds one value for all events may be a stride-0 array (``np.broadcast_to``); build with ``events()``.
    """

    key: NDArray[np.uint64]
    at: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    place: NDArray[np.uint32]
    piece: NDArray[np.uint16]
    voids: NDArray[np.uint64]
    operator: NDArray[np.uint16]
    outcome: NDArray[np.uint8]
    item_class: NDArray[np.uint8]
    sender_kind: NDArray[np.uint8]
    service_level: NDArray[np.uint8]
    origin: NDArray[np.uint16]
    destination: NDArray[np.uint16]
    promise: NDArray[np.uint32]
    weight_g: NDArray[np.uint32]
    container: NDArray[np.uint64]
    parent: NDArray[np.uint64]
    event_id: NDArray[np.uint64]
    key2: NDArray[np.uint64]
    recorded_at: NDArray[np.uint32]
    source: NDArray[np.uint16]
    code: NDArray[np.uint16]
    via: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Self:
        """The events at ``rows`` (indices or mask); constant columns stay constant."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return type(self)(**_moved(self.__dataclass_fields__, lambda name: _take(getattr(self, name), rows), len(rows)))

    def only(self, *names: str) -> Events:
        """The events with the columns ``names``; all others are 0."""
        return events(len(self), **{name: getattr(self, name) for name in names})

    def to_arrow(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays(
            [pa.array(np.ascontiguousarray(getattr(self, n))) for n in ARROW.names], schema=ARROW
        )


def _take(column: NDArray, rows: NDArray) -> NDArray:
    return _repeated(column, len(rows)) if is_constant(column) else column.take(rows)


def _repeated(constant: NDArray, n: int) -> NDArray:
    """The value of a constant column, ``n`` times; a part of the column where it is long enough, which takes a tenth of the time."""
    return constant[:n] if n <= len(constant) else np.broadcast_to(constant[0], (n,))


@njit(cache=True, nogil=True)
def _lay(column, places, out):
    """Put a column, or its one value, to its places."""
    step = min(1, len(column) - 1)
    for i in range(len(places)):
        out[places[i]] = column[i * step]


def laid(parts: Sequence[Events], places: Sequence[NDArray[np.uint32]], pool: Executor) -> Events:
    """One ``Events`` in which each event of ``parts`` stands where ``places``, all different, say."""
    n = sum(map(len, places))
    filled = [(part, to) for part, to in zip(parts, places, strict=True) if len(part)]

    def one(name: str) -> NDArray:
        columns = [getattr(part, name) for part, _ in filled]
        if all(is_constant(c) for c in columns) and len({c[0].item() for c in columns}) == 1:
            return np.broadcast_to(columns[0][0], (n,))
        out = np.empty(n, DTYPES[name])
        for column, (_, to) in zip(columns, filled, strict=True):
            _lay(np.ascontiguousarray(column[:1] if is_constant(column) else column), to, out)
        return out

    return Events(**dict(zip(DTYPES, pool.map(one, DTYPES), strict=True))) if n else events(0)


@njit(cache=True, nogil=True)
def _gather(left, right, end, rows, out):
    """Take ``rows`` of a column that goes on in another one from row ``end``; a column of one value stands for that value throughout."""
    step, more = min(1, len(left) - 1), min(1, len(right) - 1)
    for i in range(len(rows)):
        row = np.int64(rows[i])
        out[i] = left[row * step] if row < end else right[(row - end) * more]


def take_of_two(left: Events, right: Events, rows: NDArray[np.uint32]) -> Events:
    """The events at ``rows`` of ``left`` and, counted on from its end, of ``right``; neither may be empty."""

    def one(name: str) -> NDArray:
        first, second = getattr(left, name), getattr(right, name)
        fixed, also = is_constant(first), is_constant(second)
        if fixed and also and first[0] == second[0]:
            return _repeated(first, len(rows))
        out = np.empty(len(rows), first.dtype)
        _gather(
            np.ascontiguousarray(first[:1] if fixed else first),
            np.ascontiguousarray(second[:1] if also else second),
            len(left),
            rows,
            out,
        )
        return out

    return Events(**{name: one(name) for name in DTYPES})


def is_constant(column: NDArray) -> bool:
    """Whether ``column`` is one value repeated (stride 0, as ``events`` makes of scalars)."""
    return len(column) > 0 and column.strides == (0,)


def events(n: int, **columns: NDArray | int) -> Events:
    """Build ``Events`` of ``n`` rows; a missing column is 0 throughout, a scalar is repeated, an array is cast."""
    unknown = set(columns) - set(DTYPES)
    if unknown:
        raise TypeError(f"no such event column: {', '.join(sorted(unknown))}")
    built = {}
    for name, dtype in DTYPES.items():
        value = columns.get(name, 0)
        if np.ndim(value) == 0:
            built[name] = np.broadcast_to(np.asarray(value, dtype), (n,))
            continue
        array = np.asarray(value).astype(dtype, copy=False)
        if array.shape != (n,):
            raise ValueError(f"event column {name} has shape {array.shape}, expected ({n},)")
        built[name] = array
    return Events(**built)


def from_arrow(batch: pa.RecordBatch | pa.Table) -> Events:
    """Events from Arrow columns named as in ``EVENT_COLUMNS``; missing ones are 0, nulls are 0."""
    got = {}
    for name in batch.schema.names:
        if name in DTYPES:
            column = batch.column(name)
            if isinstance(column, pa.ChunkedArray):
                column = column.combine_chunks()
            if column.null_count:
                column = column.fill_null(0)
            got[name] = column.to_numpy(zero_copy_only=False)
    return events(batch.num_rows, **got)


def concat(parts: list[Events]) -> Events:
    """One ``Events`` of all ``parts`` in turn."""
    filled = [p for p in parts if len(p)] or parts[:1]
    if len(filled) == 1:
        return filled[0]
    return Events(**_moved(DTYPES, partial(_join, filled), sum(map(len, filled))))


def _moved(names: Iterable[str], make: Callable[[str], NDArray], n: int) -> dict[str, NDArray]:
    """The columns of ``n`` events, each made from its name, side by side where they are many."""
    names = list(names)
    return dict(zip(names, (_POOL.map if n >= _MANY else map)(make, names), strict=True))


def _join(parts: list[Events], name: str) -> NDArray:
    columns = [getattr(p, name) for p in parts]
    if all(is_constant(c) for c in columns) and len({c[0].item() for c in columns}) == 1:
        return np.broadcast_to(columns[0][0], (sum(map(len, columns)),))
    return np.concatenate(columns)
