"""Scans in the order in which they are recorded, in bounded memory.

Items are made in blocks in the order of acceptance. Their scans are dealt into slices of recording time; those of later slices
wait, in memory while that suffices, then in one file a slice. A slice is complete when every item accepted before its end has been made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.twin.bags import bag_scans
from yilu.twin.feed_faults import told
from yilu.twin.ground import Ground, packed
from yilu.twin.life import lives
from yilu.twin.plan import DayPlan, as_record
from yilu.twin.scans import MOST_SCANS, WORDS
from yilu.twin.traits import accepted, day_of
from yilu.twin.truth import Witness

_DAYS_AFTER = 20
"""Days after the last acceptance by which every life without faults has ended."""


@njit(cache=True, nogil=True)
def _deal(rows, start, slice_s, most, dealt, ends):
    """Stable counting sort of ``rows`` by slice into ``dealt``; ``ends`` (most + 1,) are the slices' bounds."""
    ends[:] = 0
    for r in range(len(rows)):
        ends[(np.int64(rows[r, 2]) - start) // slice_s + 1] += 1
    for i in range(most):
        ends[i + 1] += ends[i]
    free = ends[:most].copy()
    for r in range(len(rows)):
        i = (np.int64(rows[r, 2]) - start) // slice_s
        to = free[i]
        for w in range(WORDS):
            dealt[to, w] = rows[r, w]
        free[i] = to + 1


@njit(cache=True, nogil=True)
def _order(rows, start, slice_s, ordered):
    """Stable counting sort of a slice's rows by the second of recording."""
    free = np.zeros(slice_s + 1, np.int64)
    for r in range(len(rows)):
        free[np.int64(rows[r, 2]) - start + 1] += 1
    for i in range(slice_s):
        free[i + 1] += free[i]
    for r in range(len(rows)):
        i = np.int64(rows[r, 2]) - start
        to = free[i]
        for w in range(WORDS):
            ordered[to, w] = rows[r, w]
        free[i] = to + 1


@dataclass
class Waiting:
    """Rows that wait for their slice: in memory, and beyond ``most_bytes`` in files under ``folder``."""

    folder: Path
    most_bytes: int
    parts: dict[int, list[NDArray[np.uint32]]] = field(default_factory=dict)
    bytes: int = 0
    spilled: int = 0

    def add(self, slice_: int, rows: NDArray[np.uint32]) -> None:
        self.parts.setdefault(slice_, []).append(rows)
        self.bytes += rows.nbytes

    def relieve(self, current: int) -> None:
        """Write everything beyond slice ``current`` to files when too much waits in memory."""
        if self.bytes <= self.most_bytes:
            return
        for slice_ in [s for s in self.parts if s > current]:
            with (self.folder / str(slice_)).open("ab") as out:
                for rows in self.parts.pop(slice_):
                    out.write(rows.data)
                    self.bytes -= rows.nbytes
                    self.spilled += rows.nbytes

    def take(self, slice_: int) -> list[NDArray[np.uint32]]:
        """All rows of ``slice_``, in the order in which they were added."""
        path = self.folder / str(slice_)
        taken = []
        if path.exists():
            taken.append(np.fromfile(path, np.uint32).reshape(-1, WORDS))
            path.unlink()
        for rows in self.parts.pop(slice_, []):
            taken.append(rows)
            self.bytes -= rows.nbytes
        return taken

    def empty(self) -> bool:
        return not self.parts and not any(self.folder.iterdir())


def _bag_rows(after: int, until: int, used: NDArray[np.uint8], ground: Ground) -> NDArray[np.uint32]:
    hours = (until - after) // 3600
    room = np.empty((6 * int(ground.bag_first[-1]) * hours + 6, WORDS), np.uint32)
    return room[: bag_scans(room, after, until, used, packed(ground))].copy()


def slices(
    plan: DayPlan, ground: Ground, spill: Path | None = None, witness: Witness | None = None
) -> Iterator[tuple[int, int, NDArray[np.uint32]]]:
    """Yield (slice number, items made so far, scans (n, WORDS) by recording time), empty slices left out.

    Slice i holds what is recorded in ``[i, i + 1) · slice_minutes`` after the first local midnight. ``spill``: folder for waiting scans
    (the system's temporary folder, if not given); it is left empty. ``witness`` sees all lives.
    """
    with tempfile.TemporaryDirectory(prefix="yilu-twin-", dir=spill) as folder:
        yield from _slices(plan, ground, Path(folder), witness)


def _slices(
    plan: DayPlan, ground: Ground, folder: Path, witness: Witness | None
) -> Iterator[tuple[int, int, NDArray[np.uint32]]]:
    book = packed(ground)
    start, slice_s = int(ground.days["start"][0]), 60 * plan.minutes
    days = plan.days + _DAYS_AFTER + plan.scenario.most_days
    most = (days * 86400) // slice_s
    last_hour = start + days * 86400
    faults = plan.scenario.compiled(plan.network, plan.date)
    cuts = plan.scenario.cuts(plan.network, plan.date)
    rates = as_record(plan.rates)
    used = np.zeros(days * int(ground.bag_first[-1]), np.uint8)
    waiting = Waiting(folder, plan.memory_mb << 20)
    bags = Waiting(folder, 1 << 62)
    room = np.empty((plan.block * 12 + MOST_SCANS, WORDS), np.uint32)
    ends = np.zeros(most + 1, np.int64)
    marked = np.empty((plan.block if len(faults) else 0, 4), np.int64)
    item, total, slice_, bag_hour = 0, int(ground.days["first"][-1]), 0, start

    def enter(into: Waiting, rows: NDArray[np.uint32]) -> None:
        dealt = np.empty_like(rows)
        _deal(rows, start, slice_s, most, dealt, ends)
        for i in np.flatnonzero(ends[1:] > ends[:-1]):
            # A copy, so that the parts that have gone don't keep the whole block in memory.
            into.add(int(i), dealt[ends[i] : ends[i + 1]].copy())

    while slice_ < most:
        done = last_hour
        if item < total:
            n, item, noted = lives(room, item, min(item + plan.block, total), used, book, rates, faults, cuts, marked)
            if witness is not None:
                witness.saw(room[:n], marked[:noted])
            enter(waiting, room[:n])
            waiting.relieve(slice_)
            if item < total:
                done = int(accepted(item, day_of(item, book), 0.0, book)[0])
        while bag_hour + 3600 <= done:
            moved = told(_bag_rows(bag_hour, bag_hour + 3600, used, ground), faults)
            if witness is not None:
                witness.saw_bags(moved)
            enter(bags, moved)
            bag_hour += 3600
        while slice_ < most and start + (slice_ + 1) * slice_s <= done:
            rows = waiting.take(slice_) + bags.take(slice_)
            if rows:
                together = np.concatenate(rows)
                del rows
                ordered = np.empty_like(together)
                _order(together, start + slice_ * slice_s, slice_s, ordered)
                del together
                yield slice_, item, ordered
            slice_ += 1
