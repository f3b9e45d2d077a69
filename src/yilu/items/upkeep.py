"""Upkeep of a store: closing, compaction, retention, rebuilding. Each is a commit of its own; no answer changes by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yilu.items import bucket, closing, cubes, days, erasing, log, order, quality, tokens
from yilu.items.fields import FLAGS, ROW
from yilu.items.manifest import Part
from yilu.items.schema import concat
from yilu.items.store import Store
from yilu.items.table import table_of, without

_SHARD_ROWS = 2_000_000
_MOST_CUBE_PARTS = 16
_REOPENED = np.uint16(FLAGS["reopened"][0])

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and out of how much."""


def _quiet(what: str, done: int, total: int) -> None:
    """No progress shown."""


@dataclass(frozen=True)
class Periods:
    """Settings of upkeep, seconds and days. ``tokens_days``: how long after a day is complete senders' tokens of it are kept; ``tokens_most``: items of
    one token, place and day beyond which they stay as evidence; ``lateness_s``: allowed lateness of feeds."""

    closing_s: int = 3 * 86400
    stale_s: int = 30 * 86400
    correction_s: int = 30 * 86400
    log_days: int = 90
    closed_days: int = 365
    quarantine_days: int = 90
    tokens_days: int = 3
    tokens_most: int = 30
    lateness_s: int = 780 * 60


def close_items(store: Store, now: int, periods: Periods, progress: Progress = _quiet) -> int:
    """Close what is finished at ``now`` (UTC seconds). Returns how many items. Events before ``now`` − correction are too late then."""
    store.settle()
    number = store.at.commit + 1
    day = store.day()
    total = 0

    def closed() -> Iterator[NDArray[np.void]]:
        nonlocal total
        for b in range(store.at.buckets):
            progress("closing", b, store.at.buckets)
            table = store.table(b)
            done = closing.finished(table.used, now, periods.closing_s, periods.stale_s)
            rows = table.used[done]
            rows["flags"] &= ~_REOPENED
            total += len(rows)
            if len(rows):
                store.set_table(b, without(table, done))
            yield rows

    part = closing.write(store.disk, f"closed/{number:010d}.parquet", closed(), number, day)
    floor = max(store.at.floor, now - periods.correction_s)
    if total:
        store.flush(closed=(*store.at.closed, part), floor=floor)
    else:
        store.disk.remove(part.file)
        if floor != store.at.floor:
            store.flush(floor=floor)
    return total


def compact(store: Store, progress: Progress = _quiet) -> int:
    """Turn the log files of single commits into one file per day and run of buckets. Returns how many files went in."""
    store.settle()
    erasing.apply(store)
    for b in range(store.at.buckets):
        store.table(b)  # a file of many commits can't say what of it a bucket has folded: all must have folded all
    store.flush()
    loose = [p for p in store.at.log if not p.day]
    if not loose:
        return 0
    number = store.at.commit + 1
    first, last = min(p.first for p in loose), max(p.last for p in loose)
    made: list[Part] = []
    for lo, hi in _shards(loose, store.at.buckets):
        progress("compacting", lo, store.at.buckets)
        rows = concat([log.read(store.disk, loose, b, store.at.buckets) for b in range(lo, hi)])
        held = order.arrange(rows).events
        day = days.local_day(held.at, store.rules)
        for d in np.unique(day):
            iso = days.iso(int(d))
            name = f"log/dt={iso}/bucket={lo:04d}/{number:010d}.parquet"
            made.append(
                log.write(store.disk, name, held.take(np.flatnonzero(day == d)), store.at.buckets, first, last, iso)
            )
    kept = tuple(p for p in store.at.log if p.day)
    store.flush(log=(*kept, *made), garbage=tuple((number, p.file) for p in loose), **_cubes(store, number))
    return len(loose)


def _shards(parts: list[Part], buckets: int) -> list[tuple[int, int]]:
    """Runs of buckets with about ``_SHARD_ROWS`` rows each."""
    count = max(1, min(buckets, sum(p.rows for p in parts) // _SHARD_ROWS))
    edges = np.linspace(0, buckets, count + 1).astype(int).tolist()
    return list(pairwise(edges))


def _cubes(store: Store, number: int) -> dict[str, Any]:
    """The cube files as one, where they have become many."""
    parts = store.at.cubes
    if len(parts) <= _MOST_CUBE_PARTS:
        return {}
    return {"cubes": (store.put_cells(number, cubes.added(cubes.read(store.disk.path(p.file)) for p in parts)),)}


def retain(store: Store, now: int, periods: Periods, progress: Progress = _quiet) -> dict[str, int]:
    """Close, compact, and drop what is past its period at ``now`` (UTC seconds). Returns what was done, by name."""
    closed = close_items(store, now, periods, progress)
    compacted = compact(store, progress)
    today = int(days.local_day(np.array([now]), store.rules)[0])
    oldest = _oldest_open(store)

    def past(part: Part, period: int) -> bool:
        return bool(part.day) and days.of_iso(part.day) < today - period

    log_gone = [p for p in store.at.log if past(p, periods.log_days) and days.of_iso(p.day) < oldest]
    closed_gone = [p for p in store.at.closed if past(p, periods.closed_days)]
    quarantine_gone = [p for p in store.at.quarantine if past(p, periods.quarantine_days)]
    complete_to = min(now, max(store.at.watermarks.values(), default=0)) - periods.lateness_s
    forgotten = tokens.drop(store, complete_to, periods.tokens_days, periods.tokens_most)
    crowds_gone = [p for p in store.at.crowds if past(p, periods.closed_days)]
    drop = {p.file for p in (*log_gone, *closed_gone, *quarantine_gone, *crowds_gone)}
    number = store.at.commit + 1
    if drop:
        log_from = max((p.day for p in log_gone), default=store.at.log_from)
        store.flush(
            log_from=log_from,
            sealed=days.end_of(days.of_iso(log_from), store.rules) if log_from else 0,
            garbage=tuple((number, name) for name in sorted(drop)),
            **{
                name: tuple(p for p in getattr(store.at, name) if p.file not in drop)
                for name in ("log", "closed", "quarantine", "crowds")
            },
        )
    store.trim_links(now)
    return {
        "closed": closed, "compacted": compacted, "log_files": len(log_gone), "closed_files": len(closed_gone),
        "quarantine_files": len(quarantine_gone), "tokens": forgotten,
    }  # fmt: skip


def _oldest_open(store: Store) -> int:
    """The local day of the oldest event that an open item may have."""
    oldest = store.at.floor or max(store.at.watermarks.values(), default=0)
    for b in range(store.at.buckets):
        starts = (store.table(b).used["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)
        if len(starts):
            oldest = min(oldest, int(starts.min()))
    return int(days.local_day(np.array([oldest]), store.rules)[0])


def rebuild(store: Store, progress: Progress = _quiet) -> int:
    """Make states and cubes again from the retained log. Returns how many items.

    Where days of the log were dropped, the cubes and closed rows of those days stay as they are (``sealing``), and items are made again from
    the days that are left. Cubes stay as well where items were erased: they count what the log no longer holds.
    """
    store.settle()
    number = store.at.commit + 1
    complete = not store.at.log_from and not any(e.applied for e in store.at.erased)
    sums = cubes.Sums()
    earlier, keys, since = [], [], []
    for b in range(store.at.buckets):
        progress("rebuilding", b, store.at.buckets)
        told = store.sealed(b)
        held = told.left(order.arrange(log.read(store.disk, store.at.log, b, store.at.buckets)).events)
        table = table_of(np.empty(0, ROW), store.at.buckets.bit_length() - 1)
        rows = bucket.whole_items(held, store.packed, +1, sums if complete else None)
        if complete:
            quality.tell(held, store.packed, +1, sums)
        earlier.append(bucket.put(table, rows, np.empty(0, np.uint64)))
        keys.append(table.used["key"])
        since.append(told.of(keys[-1]))
        table.changed = True
        store.set_table(b, table)
    part = closing.write(store.disk, f"closed/{number:010d}.parquet", earlier, number, store.day())
    if complete:
        for part_of_old in store.at.cubes:
            sums.add(*quality.of_door(cubes.read(store.disk.path(part_of_old.file))))
        cube = store.put_cells(number, sums.cells())
        old = (*store.at.cubes, *store.at.closed, *store.at.gone)
        store.flush(cubes=(cube,), closed=(part,), gone=(), garbage=tuple((number, p.file) for p in old))
    else:
        name, both = f"closed/{number:010d}.gone.parquet", (np.concatenate(keys), np.concatenate(since))
        gone = closing.write_gone(store.disk, name, *both, number, store.day())
        store.flush(closed=(*store.at.closed, part), gone=(*store.at.gone, gone))
    return sum(map(len, keys)) + sum(map(len, earlier))
