"""Logged events that are held in memory as well, so that an item's earlier ones are found in microseconds.

A store that commits every second can't look into a long log for each item of which something comes late or which a rule wants to see whole:
one look into a Parquet file decodes a row group. So the newest commits' events also lie here, in a few sorted runs. It is a cache of
the log; nothing is true because it is here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items import log, order
from yilu.items.disk import Disk
from yilu.items.manifest import Manifest, Part
from yilu.items.reach import pairs_of, ranges_of
from yilu.items.schema import Events, concat, events

_RUNS_OF_A_SIZE = 4


Counts = NDArray[np.int64]
"""Items in the table of each bucket (buckets,)."""


@dataclass(frozen=True)
class _Run:
    """Events by key, of the commits from ``first`` on; ``before``: items that the tables held before that."""

    first: int
    before: Counts
    events: Events


class Recent:
    """Events of all commits from ``since`` on, about ``most`` of them, in runs by key. One thread adds and asks; another joins runs meanwhile.

    ``old`` (buckets,): rows that the tables held before ``since``, ``now``: and hold now. Of items in later rows, since nothing came before, all logged events are here.
    """

    def __init__(self, since: int, most: int, old: Counts, now: Counts, runs: Sequence[_Run] = ()) -> None:
        self.since, self.most, self.old = since, most, old
        self._counted = now
        self._runs: tuple[_Run, ...] = tuple(runs)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "recent")
        self._joining: Future[None] | None = None

    def __len__(self) -> int:
        return sum(len(r.events) for r in self._runs)

    def earlier(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Those log files of whose events some are not here."""
        return tuple(p for p in parts if p.first < self.since)

    def add(self, batch: Events, commit: int, counts: Callable[[], Counts]) -> None:
        """Take the events of one more commit, by key. ``counts``: of the tables after it. Where there are too many the oldest go."""
        if not len(batch):
            return
        with self._lock:
            self._runs = (*self._runs, _Run(commit, self._counted, batch))
        self._counted = counts()
        if self._joining is None or self._joining.done():
            if self._joining is not None:
                self._joining.result()  # what went wrong there is told here
            while len(self._runs) > 1 and len(self) > self.most:
                self._runs = self._runs[1:]
                self.since, self.old = self._runs[0].first, self._runs[0].before
            self._joining = self._pool.submit(self._join)

    def of(self, keys: NDArray[np.uint64]) -> Events:
        """All events here of ``keys`` (sorted), in no order."""
        found = []
        for run in self._runs:
            _, rows = pairs_of(*ranges_of(run.events.key, keys))
            if len(rows):
                found.append(run.events.take(rows))
        return concat(found) if found else events(0)

    def close(self) -> None:
        """End the thread that joins runs."""
        self._pool.shutdown(cancel_futures=True)

    def _join(self) -> None:
        while (span := _due([len(r.events) for r in self._runs])) is not None:
            first, end = span
            some = self._runs[first:end]
            made = _Run(some[0].first, some[0].before, joined([r.events for r in some]))
            with self._lock:
                self._runs = (*self._runs[:first], made, *self._runs[end:])


def joined(runs: Sequence[Events]) -> Events:
    """Runs as one, by key."""
    batch = concat(list(runs))
    rows = np.arange(len(batch), dtype=np.uint32)
    _, _, rows = order.sort(np.array(batch.key), order.words(batch), rows)
    return batch.take(rows)


def _due(sizes: Sequence[int]) -> tuple[int, int] | None:
    """The first ``_RUNS_OF_A_SIZE`` neighbours of one order of size, None where there are none: so each event is moved a few times in all."""
    classes = [n.bit_length() // 2 for n in sizes]
    for first in range(len(sizes) - _RUNS_OF_A_SIZE + 1):
        end = first + _RUNS_OF_A_SIZE
        if len(set(classes[first:end])) == 1:
            return first, end
    return None


def remembered(disk: Disk, at: Manifest, most_rows: int, counts: Callable[[], Counts]) -> Recent:
    """The newest commits of a store, as many as ``most_rows`` events allow; files that hold the same commits together or not at all.

    ``counts``: of the tables now. Unless all commits are here, nobody knows which items came first in those that are, and all count as old.
    """
    since, left, runs = at.commit + 1, list(at.log), []
    held, now = 0, counts()
    while left:
        newest = max(p.last for p in left)
        parts = [p for p in left if p.last == newest]
        held += sum(p.rows for p in parts)
        if held > most_rows:
            break
        by_bucket = (log.read(disk, parts, b, at.buckets) for b in range(at.buckets))
        runs.append((min(p.first for p in parts), joined([events(0), *by_bucket])))
        since, left = runs[-1][0], [p for p in left if p.last < newest]
    old = now if left else np.zeros_like(now)
    return Recent(since, most_rows, old, now, [_Run(first, now, run) for first, run in runs[::-1]])
