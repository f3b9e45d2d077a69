"""Items moved minute by minute: a discrete-event simulation over arrays.

In each minute come first what arrives, vehicle by vehicle, then what is ready, then the departures. Whoever waits at a facility for a next place stands in one queue, in the order of being ready there. A
departure loads from its queue, first come first loaded, as many as it has room for; who stays waits for the next one to the same place. At facilities sorting is first in first out too: whoever is taken in takes the first
wave with room, or is sorted when the sorters have done what came before. As nobody overtakes there, an item's wave is known when it comes, and nothing has to be looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.twin.rehearsal.onward import Onward, nowhere
from yilu.twin.rehearsal.stage import Stage

Ints = NDArray[np.int64]
_NEVER = int(NEVER)
_HOUR = 60


class Moving(NamedTuple):
    """n items on W ways. ``start`` (n,): minute from which each can leave its first facility; ``way`` (n,). Way w rides connections ``rides[first[w]:first[w + 1]]``, to the place ``destination[w]``; what has
    none isn't moved, and whose way ends before it asks the way on or stays. ``end`` (W,): row of the ends where it leads, for whoever asks the way on."""

    start: Ints
    way: Ints
    first: Ints
    rides: NDArray[np.int32]
    destination: Ints
    end: Ints


class Manners(NamedTuple):
    """How items go. ``patience``: left behind so often at one place, an item asks for another way on (0: never). ``keeps_lane``: it rides its planned lanes only, else whatever goes to the planned next place. ``early``: it may take
    a departure of its planned lane before the planned one. ``planned_first``: whose plan is to ride just this departure goes before those who wait since one that they missed."""

    patience: int = 0
    keeps_lane: bool = False
    early: bool = False
    planned_first: bool = False


_PLAIN = Manners()


@dataclass(frozen=True)
class Moved:
    """What became of n items. All (n,): ``arrived`` minute at the destination, ``ready`` minute from which it can be delivered (NEVER: not within the days), ``rode`` departures, ``waited`` minutes for departures, ``handled`` minutes
    at facilities, ``strayed``: whether it asked for another way.

    ``load``, ``behind`` (C,): items on each departure, and left behind by it; ``slot_load``, ``slot_behind`` (S,): the same of waves and hours. ``trace`` (m, 2): item and connection of every ride, in their order; empty where it
    wasn't asked for.
    """

    arrived: NDArray[np.int32]
    ready: NDArray[np.int32]
    rode: NDArray[np.int16]
    waited: NDArray[np.int32]
    handled: NDArray[np.int32]
    strayed: NDArray[np.bool_]
    load: NDArray[np.int32]
    behind: NDArray[np.int32]
    slot_load: NDArray[np.int32]
    slot_behind: NDArray[np.int32]
    trace: NDArray[np.int32]


def moved(of: Stage, items: Moving, manners: Manners = _PLAIN, onward: Onward | None = None, trace: bool = False) -> Moved:  # fmt: skip
    """Move items. ``onward``: the prepared way on, which whoever loses patience asks. The same input gives the same output, on any number of cores."""
    n, c, s = len(items.start), len(of.departures.departs), len(of.sorting.slot_minute)
    out = Moved(
        np.full(n, NEVER, np.int32), np.full(n, NEVER, np.int32), np.zeros(n, np.int16), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.bool_),
        np.zeros(c, np.int32), np.zeros(c, np.int32), np.zeros(s, np.int32), np.zeros(s, np.int32), np.empty((0, 2), np.int32),
    )  # fmt: skip
    born = np.argsort(items.start, kind="stable")
    table = onward if onward is not None else nowhere(of.timetable.facilities)
    path = _move(
        of.minutes, of.timetable.facilities, of.departures, of.sorting, of.queue_source, of.queue_target, items, born, manners, table.best, table.other, trace,
        out.arrived, out.ready, out.rode, out.waited, out.handled, out.strayed, out.load, out.behind, out.slot_load, out.slot_behind,
    )  # fmt: skip
    return replace(out, trace=path)


@njit(cache=True, nogil=True)
def _append(head, tail, follows, at, item):
    """Let an item stand at the end of list ``at``."""
    follows[item] = -1
    if tail[at] < 0:
        head[at] = item
    else:
        follows[tail[at]] = item
    tail[at] = item


@njit(cache=True, nogil=True)
def _unlink(head, tail, follows, at, item, before):
    """Take an item, behind ``before`` (-1: the first), out of list ``at``."""
    after = follows[item]
    if before < 0:
        head[at] = after
    else:
        follows[before] = after
    if after < 0:
        tail[at] = before


@njit(cache=True, nogil=True)
def _handled(at, f, sorting, slot_left, slot, natural, free, load, behind):
    """The minute from which what comes to facility ``f`` at ``at`` can leave again: it takes its place in a wave, or with the sorters. What a closing facility hasn't done is begun again when it opens."""
    h, end = sorting.handling[f], sorting.first_slot[f + 1]
    while True:
        if at >= sorting.taken_in.shape[1]:
            return _NEVER
        taken = np.int64(sorting.taken_in[h, at])
        own = slot[f]
        begun = max(float(taken), free[f])
        if sorting.in_waves[h]:
            while own < end and (sorting.slot_minute[own] < taken or slot_left[own] <= 0):
                own += 1
            if own == end:
                return _NEVER
            ready = max(sorting.slot_minute[own] + sorting.takes[h], at + 1)
        else:
            ready = max(np.int64(begun) + sorting.takes[h], at + 1)
        again = np.int64(-1)
        for k in range(sorting.first_shut[f], sorting.first_shut[f + 1]):
            if at < sorting.shut_ends[k] and ready > sorting.shut_begins[k]:
                again = sorting.shut_ends[k]
                break
        if again < 0:
            break
        at = again
    first = natural[f]
    if sorting.in_waves[h]:
        slot[f] = own
        slot_left[own] -= 1
        while sorting.slot_minute[first] < taken:
            first += 1
        natural[f] = first
    else:
        free[f] = begun + sorting.item_minutes[f]
        own = sorting.first_slot[f] + np.int64(begun) // _HOUR
        first = sorting.first_slot[f] + taken // _HOUR
    if own < end:
        load[own] += 1
    for s in range(first, min(own, end)):
        behind[s] += 1
    return ready


@njit(cache=True, nogil=True)
def _onward(best, other, target, f, end, minute, but_queue, but_place):
    """The queue of the prepared way on from ``f``, neither the one that was tried nor back to where it came from; -1 where there is none."""
    hour = minute // _HOUR % 24
    for q in (best[f, end, hour], other[f, end, hour]):
        if q >= 0 and q != but_queue and target[q] != but_place:
            return np.int64(q)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _may_ride(c, planned, strays, departures, keeps_lane, early):
    """Whether an item whose plan is to ride ``planned`` next may ride connection ``c`` of the same queue."""
    if strays:
        return True
    own = departures.lane[c] == departures.lane[planned]
    if keeps_lane and not own:
        return False
    return departures.departs[c] >= departures.departs[planned] or (early and own)


@njit(cache=True, nogil=True)
def _move(minutes, facilities, departures, sorting, source, target, items, born, manners, best, other, traces, arrived, ready, rode, waited, handled, strayed, load, behind, slot_load, slot_behind):  # fmt: skip
    """Fill the columns of ``Moved``; gives the trace."""
    n, connections, queues = len(items.start), len(departures.departs), len(target)
    follows, since, missed = np.full(n, -1, np.int64), np.zeros(n, np.int32), np.zeros(n, np.int32)
    leg, came = np.empty(n, np.int64), np.full(n, -1, np.int32)
    place = np.empty(n, np.int32)
    for i in range(n):
        leg[i] = items.first[items.way[i]]
    queue_head, queue_tail = np.full(queues, -1, np.int64), np.full(queues, -1, np.int64)
    cargo_head, cargo_tail = np.full(connections, -1, np.int64), np.full(connections, -1, np.int64)
    ready_head, ready_tail = np.full(minutes, -1, np.int64), np.full(minutes, -1, np.int64)
    slot_left, free = sorting.slot_room.copy(), np.zeros(facilities)
    slot, natural = sorting.first_slot[:-1].copy(), sorting.first_slot[:-1].copy()
    trace, rides = np.empty((4 * n if traces else 0, 2), np.int32), 0
    comes, goes, starts = 0, 0, 0
    while starts < n and items.start[born[starts]] < 0:
        starts += 1
    for now in range(minutes):
        while comes < connections and departures.arrives[departures.coming[comes]] <= now:
            c = departures.coming[comes]
            to, i = departures.target[c], cargo_head[c]
            while i >= 0:
                after = follows[i]
                there = _handled(now, to % facilities, sorting, slot_left, slot, natural, free, slot_load, slot_behind)
                if there < _NEVER:
                    handled[i] += there - now
                if to == items.destination[items.way[i]]:
                    arrived[i], ready[i] = now, there
                else:
                    if not strayed[i]:
                        leg[i] += 1
                    came[i], place[i] = source[departures.queue[c]], to % facilities
                    if there < minutes:
                        _append(ready_head, ready_tail, follows, there, i)
                i = after
            comes += 1
        while starts < n and items.start[born[starts]] <= now:
            i = born[starts]
            if leg[i] < items.first[items.way[i] + 1]:
                place[i] = source[departures.queue[items.rides[leg[i]]]]
                _append(ready_head, ready_tail, follows, now, i)
            starts += 1
        i = ready_head[now]
        while i >= 0:
            after = follows[i]
            since[i], missed[i] = now, 0
            if not strayed[i] and leg[i] >= items.first[items.way[i] + 1]:
                if manners.patience == 0:
                    i = after
                    continue
                strayed[i] = True
            if strayed[i]:
                q = _onward(best, other, target, place[i], items.end[items.way[i]], now, -1, came[i])
                if q < 0:
                    q = _onward(best, other, target, place[i], items.end[items.way[i]], now, -1, -1)
            else:
                q = departures.queue[items.rides[leg[i]]]
            if q >= 0:
                _append(queue_head, queue_tail, follows, q, i)
            i = after
        while goes < connections and departures.departs[goes] <= now:
            c, q = goes, departures.queue[goes]
            left = departures.room[c] if departures.runs[c] else np.int64(0)
            for turn in range(0 if manners.planned_first else 1, 2):
                before, i = np.int64(-1), queue_head[q]
                while i >= 0:
                    after, planned = follows[i], np.int64(-1)
                    if not strayed[i]:
                        planned = np.int64(items.rides[leg[i]])
                    may = turn == 1 or planned == c
                    if not may or not _may_ride(c, planned, strayed[i], departures, manners.keeps_lane, manners.early):
                        before = i
                    elif left > 0:
                        left -= 1
                        _unlink(queue_head, queue_tail, follows, q, i, before)
                        _append(cargo_head, cargo_tail, follows, c, i)
                        waited[i] += now - since[i]
                        rode[i] += 1
                        load[c] += 1
                        if traces:
                            if rides == len(trace):
                                longer = np.empty((2 * rides, 2), np.int32)
                                longer[:rides] = trace
                                trace = longer
                            trace[rides, 0], trace[rides, 1] = i, c
                            rides += 1
                    elif turn == 0:
                        break
                    else:
                        behind[c] += 1
                        missed[i] += 1
                        on = np.int64(-1)
                        if manners.patience > 0 and missed[i] >= manners.patience:
                            on = _onward(best, other, target, place[i], items.end[items.way[i]], now, q, came[i])
                        if on >= 0:
                            _unlink(queue_head, queue_tail, follows, q, i, before)
                            _append(queue_head, queue_tail, follows, on, i)
                            strayed[i], missed[i] = True, 0
                        else:
                            before = i
                    i = after
            goes += 1
    return trace[:rides].copy()
