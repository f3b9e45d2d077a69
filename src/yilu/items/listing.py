"""The items behind a figure: which states stand in a sum of the cubes, bucket by bucket and a page at a time.

A province holds tens of millions of items, so nothing is read that a page doesn't need: a listing ends when it has enough rows or took long enough, and says where
it goes on. What it finds, read to its end, is as many items as the sum counts (erased items apart, whose sums stay).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items import clock
from yilu.items.cubes import CHECKS, HOW, STATUSES
from yilu.items.fields import FLAGS, ROW
from yilu.items.reading import Snapshot, table_of_items
from yilu.items.rules import Rules, packed

ENDS: tuple[str, ...] = tuple(HOW)
"""How items end, as measures of a listing."""
OF_CHECKS: tuple[str, ...] = tuple(f"{check}.{status}" for check in CHECKS for status in STATUSES)
"""Checks by status, as measures of a listing: inspect.missing and so on."""
STOCKS: tuple[str, ...] = ("in_flight", "overdue")
"""Measures as of a moment."""
MEASURES: dict[str, str] = {
    "accepted": "origin", "due": "origin", "on_time": "origin", "late": "origin", "delivered": "destination", "in_flight": "origin", "overdue": "destination",
    **{how: "destination" if number <= HOW["station"][0] else "origin" for how, (number, _, _) in HOW.items()}, **dict.fromkeys(OF_CHECKS, "origin"),
}  # fmt: skip
"""Measures that can be listed, with the end of the item that the area is: as the indicators of the same names count."""

_NO_END = 0xFFFFFFFFFFFFFFFF
"""A start that no item has: the place behind all of a bucket."""
_NOT_COUNTED = np.uint16(FLAGS["continued"][0] | FLAGS["part"][0])
_CONTAINER_CLASS = 4


@dataclass(frozen=True)
class Place:
    """Where a listing goes on: behind the state of this key that began with this word (``fields``: start)."""

    key: int = 0
    start: int = -1


@dataclass(frozen=True)
class Wanted:
    """Which items. Ids as ``answers.Narrow`` has them, empty for all; ``origins``, ``destinations``: cities, and the end that the measure counts by lies in the province.

    ``first``, ``last``: local days since 1970 of what the measure counts (acceptance, promise, end); of ``STOCKS`` and ignored there: ``until``, a UTC second.
    """

    measure: str
    origins: tuple[int, ...] = ()
    destinations: tuple[int, ...] = ()
    operators: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    first: int = 0
    last: int = 1 << 30
    until: int = 0


@dataclass(frozen=True)
class Listed:
    """A page of items as ``reading.table_of_items`` tells them, by key. ``next``: where it goes on, None at the end; ``searched`` of ``buckets``: how far it has come."""

    items: pa.Table
    next: Place | None
    searched: int
    buckets: int


@dataclass
class _Page:
    most: int
    rows: list[NDArray[np.void]] = field(default_factory=list)

    @property
    def room(self) -> int:
        return self.most - sum(map(len, self.rows))


def listed(
    snapshot: Snapshot, wanted: Wanted, after: Place | None = None, most_rows: int = 50, most_s: float = 2.0
) -> Listed:
    """The next items behind a figure, ``most_rows`` at most; ends after the bucket during which ``most_s`` have gone. Raises KeyError for a measure that isn't one of ``MEASURES``."""
    MEASURES[wanted.measure]
    begun, buckets, page = time.monotonic(), snapshot.at.buckets, _Page(most_rows)
    at = after or Place()
    for bucket in range(snapshot.bucket_of(at.key) + (at.start == _NO_END), buckets):
        rows = _behind(snapshot.rows(bucket), at)
        found = _by_key(rows[chosen(rows, snapshot.rules, wanted)])
        page.rows.append(found[: page.room])
        if len(found) > len(page.rows[-1]):
            last = page.rows[-1][-1] if len(page.rows[-1]) else page.rows[-2][-1]
            return Listed(_told(page, snapshot.rules), Place(int(last["key"]), int(last["start"])), bucket + 1, buckets)
        at = Place((bucket + 1) * ((1 << 64) // buckets) - 1, _NO_END)
        if bucket + 1 < buckets and time.monotonic() - begun >= most_s:
            return Listed(_told(page, snapshot.rules), at, bucket + 1, buckets)
    return Listed(_told(page, snapshot.rules), None, buckets, buckets)


def _told(page: _Page, rules: Rules) -> pa.Table:
    return table_of_items(np.concatenate([np.empty(0, ROW), *page.rows]), rules)


def _by_key(rows: NDArray[np.void]) -> NDArray[np.void]:
    ordered: NDArray[np.void] = rows[np.lexsort((rows["start"], rows["key"]))]
    return ordered


def _behind(rows: NDArray[np.void], at: Place) -> NDArray[np.void]:
    """States behind a place alone, in the order of key and start."""
    if at.start < 0:
        return rows
    key, start = np.uint64(at.key), np.uint64(at.start)
    behind: NDArray[np.void] = rows[(rows["key"] > key) | ((rows["key"] == key) & (rows["start"] > start))]
    return behind


def chosen(rows: NDArray[np.void], rules: Rules, wanted: Wanted) -> NDArray[np.bool_]:
    """Which states (n,) stand in the sum of what is wanted."""
    n = len(rows)
    origin, destination = np.empty(n, np.uint16), np.empty(n, np.uint16)
    promise, ended = np.empty(n, np.int64), np.empty(n, np.int64)
    outcome, status = np.empty(n, np.uint8), np.empty((3, n), np.uint8)
    clock.work_out(rows, packed(rules), origin, destination, promise, outcome, ended, status)
    from_city, to_city = rules.area_city[origin], rules.area_city[destination]
    end = from_city if MEASURES[wanted.measure] == "origin" else to_city
    level = np.where(rows["service_level"] == 0, rules.level_of_pair[origin, destination], rows["service_level"])
    keep = (rows["last"] != 0) & ((rows["flags"] & _NOT_COUNTED) == 0)
    keep &= ((rows["classes"] & np.uint8(15)) < _CONTAINER_CLASS) & rules.inside[end]
    for column, ids in (
        (from_city, wanted.origins), (to_city, wanted.destinations), (rows["operator"], wanted.operators), (level, wanted.levels),
    ):  # fmt: skip
        if ids:
            keep &= np.isin(column, ids)
    start = ((rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    delivered = outcome == clock.DELIVERED
    measure = wanted.measure
    if measure in STOCKS:
        there = (outcome == clock.OPEN) | (ended >= wanted.until)
        since = start if measure == "in_flight" else np.where(promise == 0, wanted.until, promise)
        return np.asarray(keep & there & (since < wanted.until))
    if measure in OF_CHECKS:
        check, _, name = measure.partition(".")
        there, when = status[CHECKS.index(check)] == STATUSES[name][0], start
    elif measure in ENDS:
        there, when = _ended(outcome, rows["flags"]) == HOW[measure][0], ended
    else:
        kept = delivered & (promise != 0) & (ended <= promise)
        there, when = {
            "accepted": (start > 0, start), "due": (promise != 0, promise), "on_time": (kept, promise), "delivered": (delivered, ended),
            "late": (delivered & (promise != 0) & (ended > promise), ended),
        }[measure]  # fmt: skip
    day = local_days(np.where(there, when, 0), rules)
    return np.asarray(keep & there & (day >= wanted.first) & (day <= wanted.last))


def _ended(outcome: NDArray[np.uint8], flags: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """How each item (n,) ended, as numbers of ``HOW``, 0 not: in the order of facts.md."""
    ways = [
        (outcome == clock.DELIVERED) & ((flags & FLAGS["locker"][0]) != 0), (outcome == clock.DELIVERED) & ((flags & FLAGS["station"][0]) != 0),
        (outcome == clock.DELIVERED) & ((flags & FLAGS["proxy"][0]) != 0), outcome == clock.DELIVERED, outcome == clock.RETURNED, outcome == clock.LOST,
        (outcome == clock.STOPPED) & ((flags & FLAGS["destroyed"][0]) != 0), outcome == clock.STOPPED,
    ]  # fmt: skip
    names = ("locker", "station", "proxy", "addressee", "returned", "lost", "destroyed", "cancelled")
    return np.select(ways, [np.uint8(HOW[n][0]) for n in names], np.uint8(0))


def local_days(at: NDArray[np.int64], rules: Rules) -> NDArray[np.int64]:
    """Local days since 1970 of UTC seconds (n,)."""
    row = np.maximum(np.searchsorted(rules.transitions, at, "right") - 1, 0)
    return np.asarray((at + rules.offsets[row]) // 86400)
