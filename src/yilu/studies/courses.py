"""What becomes of parts of groups on planned ways when something stops: where they stand at a moment, whom it touches, and what comes of them if they wait for their own lanes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.closures import Closure, closed, held, opened, slowed
from yilu.dispatch.connections import NEVER, Connections
from yilu.dispatch.flight import Groups
from yilu.dispatch.reroute import Rerouted, reroute
from yilu.dispatch.timetable import Timetable

Ints = NDArray[np.int64]
WAITS, MOVES, NO_WAY = 0, 1, 2
"""What becomes of a part under new ways: it takes a departure of its own lanes 原线路等候, another way 改走, or finds none within the timetable's days and room 无路可走."""


@dataclass(frozen=True)
class Courses:
    """m parts with what becomes of each: ``of`` the row of what they are parts of, ``items``, ``arrives`` (minute, NEVER where they don't within the timetable), all (m,); ``rides`` (m, R) connections, -1 after the last."""

    of: Ints
    items: Ints
    arrives: Ints
    rides: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.of)

    def loads(self, connections: int) -> Ints:
        """Items on each connection (C,)."""
        out = np.zeros(connections, np.int64)
        for ride in self.rides.T:
            some = ride >= 0
            out += np.rint(np.bincount(ride[some], self.items[some], minlength=connections)).astype(np.int64)
        return out

    def only(self, some: NDArray[np.bool_] | Ints) -> Courses:
        """Some of the parts."""
        return Courses(self.of[some], self.items[some], self.arrives[some], self.rides[some])


def courses(done: Rerouted) -> Courses:
    """All parts, those without a way among them."""
    none = np.flatnonzero(done.stranded)
    return Courses(
        np.concatenate([done.group, none]), np.concatenate([done.items, done.stranded[none]]),
        np.concatenate([done.arrives.astype(np.int64), np.full(len(none), NEVER, np.int64)]),
        np.concatenate([done.rides, np.full((len(none), done.rides.shape[1]), -1, np.int32)]),
    )  # fmt: skip


def planned(timetable: Timetable, groups: Groups, ridable: list[NDArray[np.bool_]]) -> Courses:
    """The ways that groups take where nothing is disturbed, within the room of departures."""
    return courses(reroute(timetable.connections, groups, timetable.room[timetable.connections.row], ridable))


@dataclass(frozen=True)
class Stand:
    """Where parts of a plan stand at a moment (m,): ``begun`` legs, ``place`` where the last of them ends (or where the group is), ``arrived`` minute there, ``ready`` minute from which they can leave."""

    begun: Ints
    place: Ints
    arrived: Ints
    ready: Ints

    def only(self, some: NDArray[np.bool_] | Ints) -> Stand:
        """Of some of the parts."""
        return Stand(self.begun[some], self.place[some], self.arrived[some], self.ready[some])


def stand(of: Connections, groups: Groups, plan: Courses, moment: int) -> Stand:
    """Where parts stand at ``moment`` (minute): legs that departed before it stay as they are."""
    leg = np.maximum(plan.rides, 0)
    begun = ((plan.rides >= 0) & (of.departs[leg] < moment)).sum(axis=1).astype(np.int64)
    last = leg[np.arange(len(plan)), np.maximum(begun - 1, 0)]
    moved = begun > 0
    start, ready = groups.place[plan.of].astype(np.int64), groups.ready[plan.of].astype(np.int64)
    return Stand(
        begun,
        np.where(moved, of.target[last], start),
        np.where(moved, of.arrives[last], ready),
        np.where(moved, of.ready[last], ready),
    )


@dataclass(frozen=True)
class Left:
    """What closures leave: the timetable with later arrivals, all its connections kept, and which of them don't run (C,)."""

    timetable: Timetable
    shut: NDArray[np.bool_]


def left_by(timetable: Timetable, closures: tuple[Closure, ...]) -> Left:
    """What is left of a timetable."""
    slow = slowed(timetable, closures)
    return Left(slow, closed(slow, closures))


@dataclass(frozen=True)
class Touched:
    """What closures do to a plan (m,): ``affected`` parts miss a ride or come later than planned; ``ready`` when each can leave where it stands; ``destined`` whether it stands at its destination."""

    affected: NDArray[np.bool_]
    ready: Ints
    destined: NDArray[np.bool_]

    def only(self, some: NDArray[np.bool_] | Ints) -> Touched:
        """Of some of the parts."""
        return Touched(self.affected[some], self.ready[some], self.destined[some])


def touch(
    timetable: Timetable,
    left: Left,
    closures: tuple[Closure, ...],
    groups: Groups,
    plan: Courses,
    at: Stand,
    moment: int,
) -> Touched:
    """Whom closures touch: walked leg by leg from where each part stands at ``moment``, all parts at once."""
    c, now = timetable.connections, left.timetable.connections
    destined = at.place == groups.destination[plan.of]
    # Whoever stands at a place that closes is held there; what is on the way to a closed destination is there when it opens.
    came = opened(timetable, closures, at.place, at.arrived)
    ready = np.maximum(held(timetable, closures, at.place, at.arrived, at.ready), moment)
    ready = np.where(destined, came, ready)
    missed, here = np.zeros(len(plan), np.bool_), ready.copy()
    arrives = np.where(destined, ready, plan.arrives)
    for k in range(plan.rides.shape[1]):
        ride = plan.rides[:, k]
        leg = np.maximum(ride, 0)
        on = (ride >= 0) & (k >= at.begun) & ~missed
        missed |= on & (left.shut[leg] | (c.departs[leg] < here))
        here = np.where(on, now.ready[leg], here)
        arrives = np.where(on, now.arrives[leg], arrives)
    has_way = plan.arrives < NEVER
    return Touched(has_way & (missed | (arrives > plan.arrives)), ready, destined)


def waited(
    timetable: Timetable, left: Left, room: Ints, part: Courses, at: Stand, touched: Touched, moment: int
) -> Courses:
    """What becomes of affected parts if nobody does anything: each keeps to its own lanes, never earlier than planned, and takes the next departure that runs and has ``room`` (C,).

    Who is in a lane's queue first rides first; a part is split where there isn't room for all of it. ``of`` of the result: rows of ``part``.
    """
    c, now = timetable.connections, left.timetable.connections
    lane = timetable.lane[c.row].astype(np.int64)
    open_room = np.where(left.shut, 0, room)
    made = _queues(
        c.departs, now.arrives, now.ready, lane, int(lane.max(initial=0)) + 1, open_room, c.first_from(moment), part.items, part.rides, at.begun, touched.ready,
        touched.destined,
    )  # fmt: skip
    return Courses(*made)


def fates(timetable: Timetable, part: Courses, at: Stand, moved: Courses) -> Ints:
    """What becomes of each part under new ways: whether it keeps to the lanes that were left of its way. ``of`` of ``moved``: rows of ``part``."""
    lane = np.append(timetable.lane[timetable.connections.row].astype(np.int64), -1)  # the last for no ride
    most = moved.rides.shape[1]
    column = np.arange(most)[None, :] + at.begun[:, None]
    rest = np.pad(part.rides, ((0, 0), (0, most)), constant_values=-1)[np.arange(len(part))[:, None], column]
    same = (lane[rest][moved.of] == lane[moved.rides]).all(axis=1)
    return np.where(moved.arrives == NEVER, NO_WAY, np.where(same, WAITS, MOVES)).astype(np.int64)


def fates_of(waiting: Courses) -> Ints:
    """What becomes of parts that keep to their lanes: they wait, or never come."""
    return np.where(waiting.arrives == NEVER, NO_WAY, WAITS).astype(np.int64)


@njit(cache=True, nogil=True)
def _queues(departs, arrives, ready, lane, lanes, room, first, items, rides, begun, start, destined):
    """(part, items, arrival, rides) of everything; an entry of a queue is a part, or what was split off it."""
    most = rides.shape[1]
    size = max(2 * len(items), 16)
    part, count, leg = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    since, there = np.empty(size, np.int64), np.full(size, NEVER, np.int64)
    taken, follows = np.full((size, most), -1, np.int32), np.full(size, -1, np.int64)
    head, tail = np.full(lanes, -1, np.int64), np.full(lanes, -1, np.int64)
    made = 0
    for i in np.argsort(start):
        part[made], count[made], leg[made], since[made] = i, items[i], begun[i], start[i]
        for k in range(begun[i]):
            taken[made, k] = rides[i, k]
        if destined[i]:
            there[made] = start[i]
        else:
            own = lane[rides[i, begun[i]]]
            if tail[own] < 0:
                head[own] = made
            else:
                follows[tail[own]] = made
            tail[own] = made
        made += 1
    for c in range(first, len(departs)):
        own, before = lane[c], np.int64(-1)
        at = head[own]
        while at >= 0 and room[c] > 0:
            after = follows[at]
            i = part[at]
            if since[at] > departs[c] or departs[rides[i, leg[at]]] > departs[c]:
                before, at = at, after
                continue
            goes, fits = at, min(count[at], room[c])
            room[c] -= fits
            if fits < count[at]:
                if made == size:
                    size *= 2
                    part, count, leg = _longer(part, size), _longer(count, size), _longer(leg, size)
                    since, there, follows = _longer(since, size), _longer(there, size), _longer(follows, size)
                    more = np.full((size, most), -1, np.int32)
                    more[:made] = taken
                    taken = more
                goes = made
                made += 1
                part[goes], count[goes], leg[goes], there[goes] = i, fits, leg[at], NEVER
                taken[goes] = taken[at]
                count[at] -= fits
                before = at
            elif before < 0:
                head[own] = after
                if after < 0:
                    tail[own] = -1
            else:
                follows[before] = after
                if after < 0:
                    tail[own] = before
            follows[goes] = -1
            taken[goes, leg[goes]] = c
            leg[goes] += 1
            if leg[goes] == most or rides[i, leg[goes]] < 0:
                there[goes] = arrives[c]
            else:
                since[goes] = ready[c]
                on = lane[rides[i, leg[goes]]]
                if tail[on] < 0:
                    head[on] = goes
                else:
                    follows[tail[on]] = goes
                tail[on] = goes
            at = after
    return part[:made].copy(), count[:made].copy(), there[:made].copy(), taken[:made].copy()


@njit(cache=True, nogil=True)
def _longer(column, size):
    out = np.empty(size, column.dtype)
    out[: len(column)] = column
    return out
