"""What a rehearsal moves items on: departures with their room, opening hours, customs, sort waves and sorters, closures; as arrays by minute.

Hours, waves, customs and riding minutes are the timetable's own. What is added is room, which the router doesn't look at: a departure takes ``capacity_items``, a wave what its facility sorts
(``items_an_hour``) since the cut-off before it, and a facility without waves sorts as things come, one item after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.clock import last_of, next_of
from yilu.dispatch.closures import Closure, closed_places, slowed, touched
from yilu.dispatch.connections import NEVER
from yilu.dispatch.spread import Spread
from yilu.dispatch.timetable import Timetable
from yilu.network.schema import minutes_of
from yilu.twin.draws import step, stream, unit, units

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
UNBOUNDED = 1 << 50
"""Room without a limit."""
_DAY, _HOUR = 1440, 60
_OF_ROOM, _OF_RIDES = 1 << 40, 1 << 41
"""Subjects of draws begin here: those of rounding room, those of rides."""


class Departures(NamedTuple):
    """C departures in the order of their minutes. All (C,): ``target`` place; ``departs``, ``arrives`` minutes; ``lane``; ``queue``: which pair of a facility and its next place it serves; ``room`` items that
    it takes here; ``runs``; ``coming``: departures in the order of their arrivals."""

    target: Ints
    departs: Ints
    arrives: Ints
    lane: Ints
    queue: Ints
    room: Ints
    runs: NDArray[np.bool_]
    coming: Ints


class Sorting(NamedTuple):
    """How F facilities handle what comes, over T minutes. ``handling`` (F,): row of the tables (H rows); ``taken_in`` (H, T): minute at which what comes is taken in; ``takes`` (H,): minutes of a wave, or of sorting;
    ``in_waves`` (H,). Slots of facility f, waves or hours, are ``first_slot[f]`` to ``first_slot[f + 1]`` of ``slot_minute``, ``slot_room`` (S,). ``item_minutes`` (F,): what sorting an item takes where there are no
    waves, 0 without limit. Closures of facility f are ``first_shut[f]`` to ``first_shut[f + 1]`` of ``shut_begins``, ``shut_ends``, by their beginnings."""

    handling: Ints
    taken_in: NDArray[np.int32]
    takes: Ints
    in_waves: NDArray[np.bool_]
    first_slot: Ints
    slot_minute: Ints
    slot_room: Ints
    item_minutes: Floats
    first_shut: Ints
    shut_begins: Ints
    shut_ends: Ints


@dataclass(frozen=True)
class Stage:
    """A timetable laid out for items that stand for ``stands_for`` real ones each. Queues (Q,): ``queue_source`` facility, ``queue_target`` place."""

    timetable: Timetable
    stands_for: float
    departures: Departures
    sorting: Sorting
    queue_source: Ints
    queue_target: Ints

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return self.timetable.days * _DAY

    @property
    def slot_facility(self) -> Ints:
        """Facility of each wave or hour (S,)."""
        first = self.sorting.first_slot
        return np.repeat(np.arange(len(first) - 1), np.diff(first))


def stage(
    timetable: Timetable, stands_for: float = 1.0, *, room: bool = True, sorting: bool = True, closures: tuple[Closure, ...] = (), rides: Spread | None = None, seed: int = 0,
) -> Stage:  # fmt: skip
    """Lay a timetable out. Without ``room`` everything takes everything, without ``sorting`` waves and sorters do. Closures hold what has not departed when they begin; ``rides``: each ride takes a drawn time instead of the timetable's.

    Room of fewer real items than one stands for is carried on to the lane's next departure, to the facility's next wave: rounded, but the same in sum.
    """
    c, f = timetable.connections, timetable.facilities
    lane = timetable.lane[c.row].astype(np.int64)
    pairs, queue = np.unique(c.source.astype(np.int64) << 32 | c.target, return_inverse=True)
    arrives, runs = _under(timetable, closures)
    if rides is not None:
        arrives = _ridden(c.departs, arrives, lane, rides, seed)
    space = timetable.room[c.row]
    limited = room & (space < np.iinfo(np.int64).max)
    taken = np.where(limited, in_lumps(np.where(limited, space, 0), lane, stands_for, seed), UNBOUNDED)
    departures = Departures(
        c.target.astype(np.int64), c.departs.astype(np.int64), arrives, lane, queue.ravel().astype(np.int64), taken, runs, np.argsort(arrives, kind="stable"),
    )  # fmt: skip
    return Stage(
        timetable, stands_for, departures, _sorting(timetable, stands_for if room and sorting else 0.0, closures, seed), (pairs >> 32) % f, pairs & 0xFFFFFFFF,
    )  # fmt: skip


def _under(timetable: Timetable, closures: tuple[Closure, ...]) -> tuple[Ints, NDArray[np.bool_]]:
    """(arrivals (C,), whether each departure runs (C,)) under closures: what has departed when one begins arrives as it would."""
    c = timetable.connections
    late, runs = slowed(timetable, closures).connections.arrives, np.ones(len(c), np.bool_)
    begun = np.ones(len(c), np.bool_)
    for closure in closures:
        after = c.departs >= timetable.minute(closure.begins)
        begun &= ~after
        if closure.closes:
            runs &= ~(touched(timetable, closure) & after)
    return np.where(begun, c.arrives, late).astype(np.int64), runs


def _ridden(departs: NDArray[np.int32], arrives: Ints, lane: Ints, rides: Spread, seed: int) -> Ints:
    """Arrivals (C,) of rides that take their planned minutes times a drawn number."""
    factor = rides.ratio[lane] * np.exp(rides.sigma[lane] * _normals(seed, len(lane)))
    return np.asarray(departs + np.maximum(np.ceil((arrives - departs) * factor - 1e-9), 1), np.int64)


def in_lumps(room: NDArray, group: Ints, stands_for: float, seed: int) -> Ints:
    """Items (n,) that fit where ``room`` (n,) real ones do, if each stands for so many: what a group's room holds more than whole ones is carried on within the group, beginning with a drawn part of one."""
    order = np.argsort(group, kind="stable")
    given, own = room[order] / stands_for, group[order]
    whole = np.cumsum(given)
    before = whole - given
    first = np.append(True, own[1:] != own[:-1]) if len(own) else np.empty(0, np.bool_)
    since = before[first][np.cumsum(first) - 1]
    part = units(seed, _OF_ROOM + own)
    out = np.empty(len(room), np.int64)
    out[order] = np.floor(whole - since + part) - np.floor(before - since + part)
    return out


def _sorting(timetable: Timetable, stands_for: float, closures: tuple[Closure, ...], seed: int) -> Sorting:
    """How facilities sort; ``stands_for`` 0: without limit."""
    f, of, minutes = timetable.facilities, timetable.network.handling, np.arange(timetable.days * _DAY)
    rows, handling = np.unique(timetable.handled, return_inverse=True)
    example = np.array([int(np.argmax(timetable.handled == row)) for row in rows])
    taken_in = np.stack([timetable.taken_in(np.full(len(minutes), e), minutes) for e in example])
    cuts = [_cuts(timetable, minutes_of(str(of.waves[row])) if row >= 0 else ()) for row in rows]
    in_waves = np.array([len(minute) > 0 for minute, _ in cuts])
    takes = [0 if row < 0 else int(of.wave_minutes[row] if waves else of.sort_minutes[row]) for row, waves in zip(rows, in_waves, strict=True)]  # fmt: skip
    comes = np.unique(timetable.connections.target % f)
    hours = np.arange(0, timetable.days * _DAY, _HOUR)
    slots = [np.empty(0, np.int64)] * f
    room = [np.empty(0)] * f
    item_minutes = np.zeros(f)
    for k in comes:
        h = int(handling[k])
        an_hour = float(of.items_an_hour[rows[h]]) if rows[h] >= 0 else 0.0
        bounded = bool(an_hour and stands_for)
        slots[k] = cuts[h][0] if in_waves[h] else hours
        since = cuts[h][1] if in_waves[h] else np.full(len(hours), _HOUR)
        room[k] = an_hour * since / _HOUR if bounded and in_waves[h] else np.full(len(since), np.inf)
        item_minutes[k] = stands_for * _HOUR / an_hour if bounded and not in_waves[h] else 0.0
    first = np.concatenate([[0], np.cumsum([len(s) for s in slots])]).astype(np.int64)
    space, owner = np.concatenate(room), np.repeat(np.arange(f), np.diff(first))
    bounded_slots = np.isfinite(space)
    lumps = in_lumps(np.where(bounded_slots, space, 0.0), owner, stands_for or 1.0, seed)
    return Sorting(
        handling.ravel().astype(np.int64), np.minimum(taken_in, NEVER).astype(np.int32), np.array(takes, np.int64), in_waves, first,
        np.concatenate(slots).astype(np.int64), np.where(bounded_slots, lumps, UNBOUNDED), item_minutes, *_shut(timetable, closures),
    )  # fmt: skip


def _cuts(timetable: Timetable, waves: tuple[int, ...]) -> tuple[Ints, Ints]:
    """(minutes of the cut-offs of the days, minutes of each since the one before)."""
    if not waves:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    zone, minutes = timetable.network.local_time, np.arange(timetable.days * _DAY)
    cuts = np.unique(timetable.minute(next_of(zone, waves, timetable.at(minutes))))
    before = int(timetable.minute(last_of(zone, waves, timetable.at(cuts[0] - 1))))
    return cuts, np.diff(cuts, prepend=before)


def _shut(timetable: Timetable, closures: tuple[Closure, ...]) -> tuple[Ints, Ints, Ints]:
    """(first (F + 1,), beginnings, ends) of the closures of each facility, in the order of their beginnings."""
    f = timetable.facilities
    rows = [
        (int(k), int(timetable.minute(closure.begins)), int(timetable.minute(closure.ends)))
        for closure in closures
        for k in np.flatnonzero(closed_places(timetable, (closure,)))
    ]
    of, begins, ends = np.array(sorted(rows), np.int64).reshape(-1, 3).T
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=f))]).astype(np.int64), begins.copy(), ends.copy()


@njit(cache=True, nogil=True)
def _normals(seed, n):
    """n independent draws from the standard normal distribution (Box and Muller 1958)."""
    out = np.empty(n)
    for i in range(n):
        s = stream(np.uint64(seed), np.uint64(_OF_RIDES + i))
        out[i] = np.sqrt(-2.0 * np.log(1.0 - unit(s))) * np.cos(2.0 * np.pi * unit(step(s)))
    return out
