"""Cubes: sums over items and events that change by −f(old) + f(new).

A cell is one 64-bit code (3 bits cube, then its dimensions) with a count. Codes travel through the fold as (code, delta)
pairs, are added up per bucket, and become one Parquet file per commit; readers add the files up. Nothing in a cube depends on
now: what is due, overdue or in flight at an hour follows from hours that are dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numba import njit
from numpy.typing import NDArray

DAY_0 = 10957
"""Days are counted from 2000-01-01 in the province's time zone; hours from 1970-01-01 00:00 UTC."""

MEASURES: dict[str, tuple[int, str, str]] = {
    "accepted": (1, "收寄", "Items by the hour of their acceptance, or of their first event where none is known."),
    "unaccepted": (2, "无收寄记录", "Those of the above without an acceptance, by the hour of their first event."),
    "due": (3, "到期", "Items with a promise, by the promised hour."),
    "on_time": (4, "准时", "Items delivered by their promise, by the promised hour."),
    "delivered": (5, "投递", "Items delivered to the addressee, by the hour of delivery."),
    "late": (6, "逾期投递", "Items delivered to the addressee after their promise, by the hour of delivery."),
    "ended": (7, "其他结束", "Items returned, lost, destroyed or cancelled, by the hour it was declared."),
    "gone_late": (8, "逾期结束", "Items that ended otherwise after their promise, by that hour."),
    "gone": (9, "期内结束", "Items that ended otherwise by their promise, by the promised hour."),
}
"""Measures of the cubes ``clock`` and ``flow``: number, Chinese term, meaning."""

BASES: dict[str, tuple[int, str, str]] = {
    "stated": (1, "企业承诺", "Promised by the carrier."),
    "derived": (2, "时限规则", "Derived from the service level, since the carrier promised nothing."),
}
"""What the promise of the measures ``due``, ``on_time`` and ``late`` of ``flow`` stands on; 0 with the other measures."""

HOW: dict[str, tuple[int, str, str]] = {
    "addressee": (1, "本人签收", "Delivered in none of the following ways."),
    "proxy": (2, "代签", "Delivered, and signed by a proxy."),
    "locker": (3, "箱", "Delivered after it was put into a parcel locker (智能快件箱)."),
    "station": (4, "站", "Delivered after it was handed to a parcel station (快递服务站), and put into no locker."),
    "returned": (5, "退回", "Went back to the sender."),
    "lost": (6, "丢失", "Declared lost."),
    "destroyed": (7, "销毁", "Destroyed or confiscated."),
    "cancelled": (8, "撤单", "Cancelled."),
}
"""How items end (cube ``ends``)."""
MOST_ATTEMPTS, MOST_HOPS = 3, 15
"""Failed attempts and changes of facility in a cell of ``ends``; more count as so many."""

STAGES: dict[str, tuple[int, str, str]] = {
    "origin": (1, "寄出地处理", "From acceptance until it leaves a processing site for the first time."),
    "transport": (2, "运输", "Until its first scan in the destination's city."),
    "destination": (4, "寄达地处理", "Until it is first out for delivery."),
    "delivery": (8, "投递", "Until it is delivered."),
}
"""Stages of transit (全程时限分环节) as bits: a time that no scan divides is counted under the sum of its stages."""

CHECKS: tuple[str, ...] = ("inspect", "identify", "screen")
STATUSES: dict[str, tuple[int, str, str]] = {
    "done": (1, "已做", "The check is owed and was made before the item left the latest place for it."),
    "pending": (2, "未到期", "The check is owed and that place has not been left yet."),
    "missing": (3, "缺失", "The check is owed, that place was left, and no check is recorded."),
    "after": (4, "补录", "The check is owed and recorded only after that place was left."),
}


QUALITY: dict[str, tuple[int, str, str]] = {
    "received": (1, "到达", "Events that the door let in, repeats included."),
    "events": (2, "事件", "Distinct events, by whole hours from happening to recording (``hours``)."),
    "unknown_place": (3, "地点不明", "Distinct events at no known place."),
    "unmapped": (4, "代码未映射", "Distinct events of kind `other`: their source code is mapped to no kind."),
    "voids": (5, "撤销", "Distinct voiding events."),
    "clock_ahead": (6, "时钟超前", "Events quarantined for a clock ahead, by the day of recording."),
    "refused": (7, "逾期拒收", "Events too late to be told."),
}
"""Measures of the cube ``quality``: number, Chinese term, meaning. Received less distinct events: told again, as repeats or otherwise."""


@dataclass(frozen=True)
class Cube:
    """One cube: its dimensions as (name, bits), most significant first.

    ``head``: leading bits that hold the id. Eight cubes would take all codes with three; two share what the id 0 of three bits leaves. A code of 0
    is an empty place, so the first dimension of the cube with id 0 is never 0.
    """

    id: int
    name: str
    dimensions: tuple[tuple[str, int], ...]
    zh: str
    description: str
    head: int = 3

    @property
    def codes(self) -> tuple[int, int]:
        """Its first code, and the first one beyond it."""
        return self.id << (64 - self.head), (self.id + 1) << (64 - self.head)


CUBES: tuple[Cube, ...] = (
    Cube(0, "ends", (("how", 4), ("day", 14), ("operator", 12), ("origin", 10), ("destination", 10), ("level", 4), ("attempts", 2), ("hops", 4)), "结局",
         "Items that ended by how, local day of the end, operator, pair of cities, service level and, of delivered ones, failed attempts and changes of facility.", 4),
    Cube(1, "clock", (("measure", 4), ("side", 2), ("hour", 20), ("operator", 12), ("area", 10), ("level", 4)), "时钟",
         "Items by measure, side (1 origin, 2 destination), hour, operator, area and service level."),
    Cube(2, "flow", (("measure", 4), ("day", 15), ("operator", 12), ("origin", 10), ("destination", 10), ("level", 4), ("item_class", 4), ("basis", 2)), "流量",
         "Items by measure, local day, operator, pair of cities, service level, item class and, with a promise, its basis."),
    Cube(3, "transit", (("day", 15), ("operator", 12), ("origin", 10), ("destination", 10), ("level", 4), ("bin", 10)), "全程时限",
         "Delivered items by local day of delivery and logarithmic bin of the time from acceptance."),
    Cube(4, "checks", (("check", 2), ("status", 3), ("day", 15), ("operator", 12), ("area", 10), ("item_class", 4), ("sender_kind", 4)), "三项制度",
         "Owed checks by their status, local day and area of acceptance."),
    Cube(5, "scans", (("hour", 20), ("facility", 20), ("kind", 8), ("operator", 12)), "操作量",
         "Events of items by hour, facility and kind."),
    Cube(6, "dwell", (("day", 15), ("facility", 20), ("operator", 12), ("bin", 10)), "停留时间",
         "Departures by local day and logarithmic bin of the time since arrival."),
    Cube(7, "stages", (("day", 15), ("operator", 12), ("origin", 10), ("destination", 10), ("stages", 4), ("bin", 10)), "分环节时限",
         "Stages of delivered items by local day of delivery, operator, pair of cities, stages and logarithmic bin of their time; items whose transit no scan divides stand in `transit` alone."),
    Cube(1, "quality", (("measure", 4), ("day", 15), ("operator", 12), ("hours", 8)), "数据质量",
         "Events as feeds told them, containers' among them and voided ones too, by measure, local day and operator.", 4),
)  # fmt: skip
BY_NAME: dict[str, Cube] = {cube.name: cube for cube in CUBES}

BIN_RATIO = 1.02
BIN_0_S = 60.0
MOST_BIN = 1023
_PER_BIN = 1 / np.log(BIN_RATIO)


def bin_seconds(number: NDArray[np.integer]) -> NDArray[np.float64]:
    """The geometric middle of each bin in seconds (n,): within 1 % of every time that falls into it (bin 0: 30 s)."""
    middle = BIN_0_S * BIN_RATIO ** (np.asarray(number, np.float64) - 0.5)
    return np.where(np.asarray(number) == 0, BIN_0_S / 2, middle)


@njit(cache=True, nogil=True, inline="always")
def bin_of(seconds):
    """The logarithmic bin of a time in seconds."""
    if seconds < BIN_0_S:
        return np.uint64(0)
    return np.uint64(min(MOST_BIN, 1 + np.int64(np.log(seconds / BIN_0_S) * _PER_BIN)))


Cells = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Codes of cells and their counts."""


@njit(cache=True, nogil=True)
def _add(table, used, codes, counts, first):
    """Add pairs from ``first`` on to ``table`` (capacity, 2); stops where it is 60 % full. Returns (used, next pair)."""
    mask = np.uint64(len(table) - 1)
    for i in range(first, len(codes)):
        code = codes[i]
        at = ((code * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
        while table[at, 0] != 0 and table[at, 0] != code:
            at = (at + np.uint64(1)) & mask
        if table[at, 0] == 0:
            if used * 10 >= len(table) * 6:
                return used, i
            table[at, 0] = code
            used += 1
        table[at, 1] += np.uint64(counts[i])
    return used, len(codes)


class Sums:
    """Cells added up: an open-addressing table of codes beside their counts that grows as cells come."""

    def __init__(self, capacity: int = 1 << 12) -> None:
        self._table = np.zeros((capacity, 2), np.uint64)
        self._used = 0

    def add(self, codes: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        """Add pairs (n,)."""
        first = 0
        while True:
            self._used, first = _add(self._table, self._used, codes, counts, first)
            if first == len(codes):
                return
            old = self._table[self._table[:, 0] != 0]
            self._table = np.zeros((4 * len(self._table), 2), np.uint64)
            self._used, _ = _add(self._table, 0, old[:, 0], old[:, 1], 0)

    def include(self, other: Sums) -> None:
        """Add all that was added to ``other``."""
        kept = other._table[other._table[:, 0] != 0]
        self.add(kept[:, 0], kept[:, 1].view(np.int64))

    def cells(self) -> Cells:
        """Codes in order and their counts, cells of count 0 left out."""
        kept = self._table[(self._table[:, 0] != 0) & (self._table[:, 1] != 0)]
        kept = kept[np.argsort(kept[:, 0])]
        return np.ascontiguousarray(kept[:, 0]), np.ascontiguousarray(kept[:, 1]).view(np.int64)


def added(parts: Iterable[Cells]) -> Cells:
    """The cells of several parts, added up."""
    parts = list(parts)
    sums = Sums(room(max((len(codes) for codes, _ in parts), default=0)))
    for codes, counts in parts:
        sums.add(codes, counts)
    return sums.cells()


def together(sums: Sequence[Sums]) -> Cells:
    """The cells of several sums, added up in the first."""
    for more in sums[1:]:
        sums[0].include(more)
    return sums[0].cells()


def room(cells: int) -> int:
    """A capacity that so many cells and some more fit into."""
    return 1 << max(12, (2 * cells).bit_length())


def encode(cube: Cube, **dimensions: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Codes of cells given by their dimensions (n,); days counted from ``DAY_0``."""
    code: NDArray[np.uint64] = np.asarray(cube.id, np.uint64)
    for name, bits in cube.dimensions:
        code = (code << np.uint64(bits)) | np.asarray(dimensions[name]).astype(np.uint64)
    spare = 64 - cube.head - sum(bits for _, bits in cube.dimensions)
    return np.asarray(code << np.uint64(spare))


WRITTEN: dict[str, Any] = {
    "compression": "none", "use_dictionary": ["count"], "column_encoding": {"code": "DELTA_BINARY_PACKED"}, "row_group_size": 1 << 16,
}  # fmt: skip
"""How a cube file is written: codes in order by their differences, which is as small as pressing them and three times as fast; in groups,
so that a question to one cube passes over the others."""


def to_arrow(codes: NDArray[np.uint64], counts: NDArray[np.int64]) -> pa.Table:
    """Cells as they stand in a file."""
    return pa.table({"code": codes, "count": counts})


def read(file: Path, cube: Cube | None = None) -> Cells:
    """The cells of a cube file, by code; of one cube only, if given."""
    with pq.ParquetFile(file) as opened:
        groups: Sequence[int] = range(opened.num_row_groups)
        if cube:
            bounds = (opened.metadata.row_group(g).column(0).statistics for g in groups)
            first, end = cube.codes
            groups = [g for g, b in zip(groups, bounds, strict=True) if b.min < end and b.max >= first]
        table = opened.read_row_groups(groups, use_threads=False)
    codes, counts = table.column("code").to_numpy(), table.column("count").to_numpy()
    return of_cube(cube, codes, counts) if cube else (codes, counts)


def of_cube(cube: Cube, codes: NDArray[np.uint64], counts: NDArray[np.int64]) -> Cells:
    """The cells of ``cube`` among ``codes`` (in order)."""
    # the first code beyond the last cube is none of 64 bits
    first, end = (int(np.searchsorted(codes, np.uint64(c))) if c < 1 << 64 else len(codes) for c in cube.codes)
    return codes[first:end], counts[first:end]


def decode(cube: Cube, codes: NDArray[np.uint64], counts: NDArray[np.int64]) -> pa.Table:
    """The cells of ``cube`` among ``codes`` (in order) as a table: its dimensions (int32) and ``count`` (int64)."""
    codes, counts = of_cube(cube, codes, counts)
    columns: dict[str, pa.Array] = {}
    at = 64 - cube.head
    for name, bits in cube.dimensions:
        at -= bits
        values = (codes >> np.uint64(at)) & np.uint64((1 << bits) - 1)
        columns[name] = pa.array((values.astype(np.int64) + (DAY_0 if name == "day" else 0)).astype(np.int32))
    columns["count"] = pa.array(counts)
    return pa.table(columns)
