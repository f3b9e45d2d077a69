"""Items moved minute by minute: a discrete-event simulation over arrays.

In each minute come first what arrives, vehicle by vehicle, then what is ready, then the departures. Whoever waits at a facility for a next place stands in one queue, in the order of being ready there. A
departure loads from its queue, first come first loaded, as many as it has room for; who stays waits for the next one to the same place. At facilities sorting is first in first out too: whoever is taken in takes the first
wave with room, or is sorted when the sorters have done what came before. As nobody overtakes there, an item's wave is known when it comes, and nothing has to be looked at again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.twin.rehearsal.onward import Onward, nowhere
from yilu.twin.rehearsal.stage import Departures, Sorting, Stage

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


class Moved(NamedTuple):
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


class _Lists(NamedTuple):
    """Items one after another: ``head``, ``tail`` of each list (-1: empty); ``_State.follows`` tells who comes next."""

    head: Ints
    tail: Ints


class _State(NamedTuple):
    """Where items are. All (n,): ``follows`` in its list, ``since`` when ready where it waits, ``missed`` departures there, ``leg`` of its way, ``came`` from and ``place`` where it is (facilities). Lists: ``queues``, the ``cargo`` of each
    departure, and who will be ready at each minute (``later``). Facilities (F,): ``slot`` that is filled next, ``natural`` one, when its sorters are ``free``; ``slot_left`` (S,)."""

    follows: Ints
    since: NDArray[np.int32]
    missed: NDArray[np.int32]
    leg: Ints
    came: NDArray[np.int32]
    place: NDArray[np.int32]
    queues: _Lists
    cargo: _Lists
    later: _Lists
    slot: Ints
    natural: Ints
    free: NDArray[np.float64]
    slot_left: Ints


class _Rules(NamedTuple):
    """What items move by: departures, sorting, the queues' ends, the prepared way on, manners."""

    departures: Departures
    sorting: Sorting
    source: Ints
    target: Ints
    best: NDArray[np.int32]
    other: NDArray[np.int32]
    manners: Manners


def moved(of: Stage, items: Moving, manners: Manners = _PLAIN, onward: Onward | None = None, trace: bool = False) -> Moved:  # fmt: skip
    """Move items. ``onward``: the prepared way on, which whoever loses patience asks. The same input gives the same output, on any number of cores."""
    n, c, s = len(items.start), len(of.departures.departs), len(of.sorting.slot_minute)
    table = onward if onward is not None else nowhere(of.timetable.facilities)
    rules = _Rules(of.departures, of.sorting, of.queue_source, of.queue_target, table.best, table.other, manners)

    def none(size: int, kind: type = np.int32) -> NDArray:
        return np.zeros(size, kind)

    told = Moved(
        np.full(n, NEVER, np.int32), np.full(n, NEVER, np.int32), none(n, np.int16), none(n), none(n), none(n, np.bool_), none(c), none(c), none(s), none(s), np.empty((0, 2), np.int32)
    )  # fmt: skip
    return told._replace(
        trace=_move(rules, items, _state(of, items), told, np.argsort(items.start, kind="stable"), trace)
    )


def _state(of: Stage, items: Moving) -> _State:
    """Before anything has happened."""
    n, first, never = len(items.start), of.sorting.first_slot[:-1], np.full(len(items.start), -1, np.int32)
    queues, cargo, later = (
        _Lists(np.full(size, -1, np.int64), np.full(size, -1, np.int64)) for size in (len(of.queue_target), len(of.departures.departs), of.minutes)
    )  # fmt: skip
    return _State(
        np.full(n, -1, np.int64), np.zeros(n, np.int32), np.zeros(n, np.int32), items.first[items.way], never, never.copy(), queues, cargo, later, first.copy(), first.copy(),
        np.zeros(len(first)), of.sorting.slot_room.copy(),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _append(lists, follows, at, item):
    """Let an item stand at the end of list ``at``."""
    follows[item] = -1
    if lists.tail[at] < 0:
        lists.head[at] = item
    else:
        follows[lists.tail[at]] = item
    lists.tail[at] = item


@njit(cache=True, nogil=True)
def _unlink(lists, follows, at, item, before):
    """Take an item, behind ``before`` (-1: the first), out of list ``at``."""
    after = follows[item]
    if before < 0:
        lists.head[at] = after
    else:
        follows[before] = after
    if after < 0:
        lists.tail[at] = before


@njit(cache=True, nogil=True)
def _handled(at, f, sorting, state, told):
    """The minute from which what comes to facility ``f`` at ``at`` can leave again: it takes its place in a wave, or with the sorters. What a closing facility hasn't done is begun again when it opens."""
    h, end = sorting.handling[f], sorting.first_slot[f + 1]
    while True:
        if at >= sorting.taken_in.shape[1]:
            return _NEVER
        taken = np.int64(sorting.taken_in[h, at])
        own = state.slot[f]
        begun = max(float(taken), state.free[f])
        if sorting.in_waves[h]:
            while own < end and (sorting.slot_minute[own] < taken or state.slot_left[own] <= 0):
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
    first = state.natural[f]
    if sorting.in_waves[h]:
        state.slot[f] = own
        state.slot_left[own] -= 1
        while sorting.slot_minute[first] < taken:
            first += 1
        state.natural[f] = first
    else:
        state.free[f] = begun + sorting.item_minutes[f]
        own = sorting.first_slot[f] + np.int64(begun) // _HOUR
        first = sorting.first_slot[f] + taken // _HOUR
    if own < end:
        told.slot_load[own] += 1
    for s in range(first, min(own, end)):
        told.slot_behind[s] += 1
    return ready


@njit(cache=True, nogil=True)
def _onward(i, now, but_queue, but_place, rules, items, state):
    """The queue of an item's prepared way on from where it is, neither the one that was tried nor back to where it came from; -1 where there is none."""
    f, end, hour = state.place[i], items.end[items.way[i]], now // _HOUR % 24
    for q in (rules.best[f, end, hour], rules.other[f, end, hour]):
        if q >= 0 and q != but_queue and rules.target[q] != but_place:
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
    # Connections are in the order of their minutes, so that of those of one minute the planned one comes first.
    return c >= planned or (early and own)


@njit(cache=True, nogil=True)
def _arrive(c, now, rules, items, state, told):
    """A vehicle arrives: each of its items is at its destination, or is handled and will be ready for what comes next."""
    to, i = rules.departures.target[c], state.cargo.head[c]
    f = to % len(state.free)
    while i >= 0:
        after = state.follows[i]
        there = _handled(now, f, rules.sorting, state, told)
        if there < _NEVER:
            told.handled[i] += there - now
        if to == items.destination[items.way[i]]:
            told.arrived[i], told.ready[i] = now, there
        else:
            if not told.strayed[i]:
                state.leg[i] += 1
            state.came[i], state.place[i] = rules.source[rules.departures.queue[c]], f
            if there < len(state.later.head):
                _append(state.later, state.follows, there, i)
        i = after


@njit(cache=True, nogil=True)
def _line_up(now, rules, items, state, told):
    """Whatever is ready stands in the queue of its next place: the planned one, or where its plan is over or left the one on the prepared way on."""
    i = state.later.head[now]
    while i >= 0:
        after = state.follows[i]
        state.since[i], state.missed[i] = now, 0
        q = np.int64(-1)
        if not told.strayed[i] and state.leg[i] < items.first[items.way[i] + 1]:
            q = rules.departures.queue[items.rides[state.leg[i]]]
        elif told.strayed[i] or rules.manners.patience > 0:
            told.strayed[i] = True
            q = _onward(i, now, np.int64(-1), np.int64(state.came[i]), rules, items, state)
            if q < 0:
                q = _onward(i, now, np.int64(-1), np.int64(-1), rules, items, state)
        if q >= 0:
            _append(state.queues, state.follows, q, i)
        i = after


@njit(cache=True, nogil=True)
def _depart(c, now, rules, items, state, told):
    """A departure loads from its queue what may ride it, in order, while there is room; what it leaves behind may lose patience and stand elsewhere."""
    departures, manners, q = rules.departures, rules.manners, rules.departures.queue[c]
    left = departures.room[c] if departures.runs[c] else np.int64(0)
    for turn in range(0 if manners.planned_first else 1, 2):
        before, i = np.int64(-1), state.queues.head[q]
        while i >= 0:
            after, planned = state.follows[i], np.int64(-1)
            if not told.strayed[i]:
                planned = np.int64(items.rides[state.leg[i]])
            may = turn == 1 or planned == c
            if not may or not _may_ride(c, planned, told.strayed[i], departures, manners.keeps_lane, manners.early):
                before = i
            elif left > 0:
                left -= 1
                _unlink(state.queues, state.follows, q, i, before)
                _append(state.cargo, state.follows, c, i)
                told.waited[i] += now - state.since[i]
                told.rode[i] += 1
                told.load[c] += 1
            elif turn == 0:
                break
            else:
                told.behind[c] += 1
                state.missed[i] += 1
                on = np.int64(-1)
                if manners.patience > 0 and state.missed[i] >= manners.patience:
                    on = _onward(i, now, q, np.int64(state.came[i]), rules, items, state)
                if on >= 0:
                    _unlink(state.queues, state.follows, q, i, before)
                    _append(state.queues, state.follows, on, i)
                    told.strayed[i], state.missed[i] = True, 0
                else:
                    before = i
            i = after


@njit(cache=True, nogil=True)
def _move(rules, items, state, told, born, traces):
    """Fill the columns of ``Moved``; gives the trace."""
    departures, n = rules.departures, len(items.start)
    connections, minutes = len(departures.departs), len(state.later.head)
    trace, rides = np.empty((4 * n if traces else 0, 2), np.int32), 0
    comes, goes, starts = 0, 0, np.searchsorted(items.start[born], 0)
    for now in range(minutes):
        while comes < connections and departures.arrives[departures.coming[comes]] <= now:
            _arrive(departures.coming[comes], now, rules, items, state, told)
            comes += 1
        while starts < n and items.start[born[starts]] <= now:
            i = born[starts]
            if state.leg[i] < items.first[items.way[i] + 1]:
                state.place[i] = rules.source[departures.queue[items.rides[state.leg[i]]]]
                _append(state.later, state.follows, now, i)
            starts += 1
        _line_up(now, rules, items, state, told)
        while goes < connections and departures.departs[goes] <= now:
            _depart(goes, now, rules, items, state, told)
            i = state.cargo.head[goes] if traces else np.int64(-1)
            while i >= 0:
                if rides == len(trace):
                    longer = np.empty((2 * rides + 1, 2), np.int32)
                    longer[:rides] = trace
                    trace = longer
                trace[rides, 0], trace[rides, 1] = i, goes
                rides += 1
                i = state.follows[i]
            goes += 1
    return trace[:rides].copy()
