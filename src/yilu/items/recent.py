"""Logged events that are held in memory as well, so that an item's earlier ones are found in microseconds.

A store that commits every second can't look into a long log for each item of which something comes late or which a rule wants to see whole:
one look into a Parquet file decodes a row group. So the newest commits' events also lie here, in a few sorted runs. It is a cache of
the log; nothing is true because it is here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from yilu.items import log, order
from yilu.items.disk import Disk
from yilu.items.manifest import Manifest, Part
from yilu.items.reach import pairs_of, ranges_of
from yilu.items.schema import Events, concat, events

_RUNS_OF_A_SIZE = 4


class Recent:
    """Events of all commits from ``since`` on, in runs by key. One thread adds and asks; another joins runs meanwhile."""

    def __init__(self, since: int, runs: Sequence[Events] = ()) -> None:
        self.since = since
        self._runs: tuple[Events, ...] = tuple(r for r in runs if len(r))
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "recent")
        self._joining: Future[None] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def earlier(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Those log files of whose events some are not here."""
        return tuple(p for p in parts if p.first < self.since)

    def add(self, batch: Events) -> None:
        """Take the events of one more commit, by key."""
        if not len(batch):
            return
        with self._lock:
            self._runs = (*self._runs, batch)
        if self._joining is None or self._joining.done():
            if self._joining is not None:
                self._joining.result()  # what went wrong there is told here
            self._joining = self._pool.submit(self._join)

    def of(self, keys: NDArray[np.uint64]) -> Events:
        """All events here of ``keys`` (sorted), in no order."""
        found = []
        for run in self._runs:
            _, rows = pairs_of(*ranges_of(run.key, keys))
            if len(rows):
                found.append(run.take(rows))
        return concat(found) if found else events(0)

    def close(self) -> None:
        """End the thread that joins runs."""
        self._pool.shutdown(cancel_futures=True)

    def _join(self) -> None:
        while (span := _due([len(r) for r in self._runs])) is not None:
            first, end = span
            made = joined(self._runs[first:end])
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


def remembered(disk: Disk, at: Manifest, most_rows: int) -> Recent:
    """The newest commits of a store, as many as ``most_rows`` events allow; files that hold the same commits together or not at all."""
    since, left, runs = at.commit + 1, list(at.log), []
    held = 0
    while left:
        newest = max(p.last for p in left)
        parts = [p for p in left if p.last == newest]
        held += sum(p.rows for p in parts)
        if held > most_rows:
            break
        by_bucket = (log.read(disk, parts, b, at.buckets) for b in range(at.buckets))
        runs.append(joined([events(0), *by_bucket]))
        since, left = min(p.first for p in parts), [p for p in left if p.last < newest]
    return Recent(since, runs[::-1])
