"""The way on, prepared: from each facility to each end, by the hour of the day, the next place of the earliest way, and of the earliest way over another next place.

What was left behind too often asks it. It is made from one day's profiles, looks at no room, and holds for every day: a rule of the floor, not a plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.profiles import rooms, step_at
from yilu.twin.rehearsal.stage import Stage

_HOURS, _HOUR, _DAY = 24, 60, 1440
_NEVER = int(NEVER)


@dataclass(frozen=True)
class Onward:
    """Queues (rows of a stage's) to stand in: ``best``, ``other`` (F, N, 24), -1 where there is none."""

    best: NDArray[np.int32]
    other: NDArray[np.int32]


def nowhere(facilities: int) -> Onward:
    """No way on from anywhere."""
    none = np.full((facilities, 1, _HOURS), -1, np.int32)
    return Onward(none, none)


def onward(of: Stage, ends: Ends, day: int, days: int) -> Onward:
    """The way on as of a ``day`` of the stage, of ways that arrive within so many ``days``; over departures that run."""
    c, f = of.timetable.connections, of.timetable.facilities
    first, last = c.first_from(day * _DAY), c.first_from((day + days) * _DAY)
    number = np.arange(len(c))
    some = of.departures.runs & (first <= number) & (number < last)
    left = c.only(some)
    best, other = (np.full((len(ends), _HOURS, f), -1, np.int32) for _ in range(2))
    _ways_on(
        left.source, left.target, left.departs, left.arrives, left.ready, of.departures.queue[some], f + ends.facility, rooms(left), day * _DAY, f, best, other,
    )  # fmt: skip
    return Onward(np.ascontiguousarray(best.transpose(2, 0, 1)), np.ascontiguousarray(other.transpose(2, 0, 1)))


@njit(cache=True, nogil=True, parallel=True)
def _ways_on(source, target, departs, arrives, ready, queue, places, first, begins, facilities, best, other):
    for j in prange(len(places)):
        _to_one(source, target, departs, arrives, ready, queue, places[j], first, begins, facilities, best[j], other[j])


@njit(cache=True, nogil=True)
def _to_one(source, target, departs, arrives, ready, queue, place, first, begins, facilities, best, other):
    """Fill ``best`` and ``other`` (24, F) to one place: the scan backwards of ``profiles``, which keeps beside each facility's staircase its two earliest ways over different next places."""
    step_departs, step_arrives = np.empty(len(source), np.int32), np.empty(len(source), np.int32)
    count = np.zeros(len(first) - 1, np.int64)
    there = np.full((2, facilities), _NEVER, np.int64)
    by = np.full((2, facilities), -1, np.int32)
    hour = _HOURS - 1
    for c in range(len(source) - 1, -1, -1):
        while hour >= 0 and departs[c] < begins + hour * _HOUR:
            best[hour], other[hour] = by[0], by[1]
            hour -= 1
        s, t = source[c], target[c]
        if s == place:
            continue
        if t == place:
            at = np.int64(arrives[c])
        else:
            step = step_at(step_departs, first[t], count[t], ready[c])
            if step < 0:
                continue
            at = np.int64(step_arrives[step])
        f, q = s % facilities, np.int32(queue[c])
        if q == by[0, f]:
            there[0, f] = min(there[0, f], at)
        elif at <= there[0, f]:
            there[1, f], by[1, f] = there[0, f], by[0, f]
            there[0, f], by[0, f] = at, q
        elif at <= there[1, f]:
            there[1, f], by[1, f] = at, q
        last = first[s] + count[s] - 1
        if count[s] > 0 and step_arrives[last] <= at:
            continue
        if count[s] == 0 or step_departs[last] != departs[c]:
            count[s] += 1
            last += 1
        step_departs[last], step_arrives[last] = departs[c], at
    while hour >= 0:
        best[hour], other[hour] = by[0], by[1]
        hour -= 1
