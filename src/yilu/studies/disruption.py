"""A disruption: what a closure does to items on their way, what new ways save, where more room would save more, and what to tell whom.

Two plans are compared. *Waiting*: nobody does anything; whoever misses a ride takes the next one of the same lane. *New ways*: whoever is touched takes a new way within the room that the others leave.
Legs that have begun stay as they are in both, and who isn't touched keeps its way and its room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.closures import Closure, closed_places
from yilu.dispatch.connections import NEVER, Connections
from yilu.dispatch.flight import Groups
from yilu.dispatch.reroute import reroute
from yilu.dispatch.timetable import Timetable
from yilu.errors import InputError
from yilu.studies.courses import (
    MOVES,
    NO_WAY,
    WAITS,
    Courses,
    Left,
    Stand,
    Touched,
    courses,
    fates,
    left_by,
    planned,
    stand,
    touch,
    waited,
)
from yilu.studies.in_flight import FULL, Underway, unjudged

Ints = NDArray[np.int64]
MOST_LANES = 8
"""Lanes that are tried with more room."""


@dataclass(frozen=True)
class MoreRoom:
    """More room on one lane (row) alone: ``saved`` items that then keep their promise; ``items`` that ride beyond the room there is, on ``departures`` departures, ``at`` the first of them (minute)."""

    lane: int
    saved: int
    items: int
    departures: int
    at: int


@dataclass(frozen=True)
class Study:
    """What was found. ``plan``: ways where nothing is disturbed; ``affected``: rows of it that are touched, p in number; ``kept`` (p,): whether their promise is kept where nothing is disturbed.

    ``waiting``, ``moved``: the two plans, their ``of`` from 0 to p - 1; ``unbounded``: new ways if every departure had room; ``fate`` (of ``moved``): ``WAITS``, ``MOVES``, ``NO_WAY``.
    ``on_the_way``: items that are at the moment between their first facility and their destination, and have a way; ``no_plan``: items at their first facility then without a way within the timetable's
    days and room even where nothing is disturbed; ``coming`` (p,): whether couriers bring a part only after the moment.
    """

    timetable: Timetable
    closures: tuple[Closure, ...]
    underway: Underway
    moment: int
    plan: Courses
    affected: Ints
    place: Ints
    begun: Ints
    due: Ints
    kind: Ints
    kept: NDArray[np.bool_]
    waiting: Courses
    moved: Courses
    unbounded: Courses
    fate: Ints
    coming: NDArray[np.bool_]
    on_the_way: int
    no_plan: int
    more_room: tuple[MoreRoom, ...]

    def late(self, plan: Courses) -> Ints:
        """Items (of a plan's parts) whose promise is kept where nothing is disturbed and broken under ``plan``."""
        return np.where(self.kept[plan.of] & (plan.arrives > self.due[plan.of]), plan.items, 0)

    def broken(self, plan: Courses) -> int:
        """Promises that break under a plan."""
        return int(self.late(plan).sum())

    @property
    def items(self) -> int:
        """Items affected."""
        return int(self.plan.items[self.affected].sum())

    @property
    def best(self) -> Courses:
        """New ways, unless waiting breaks fewer promises."""
        return self.moved if self.advised else self.waiting

    def by_fate(self, fate: int) -> int:
        """Affected items of a fate under new ways."""
        return int(self.moved.items[self.fate == fate].sum())

    @property
    def advised(self) -> bool:
        """Whether new ways break no more promises than waiting does."""
        return self.broken(self.moved) <= self.broken(self.waiting)


def figures(found: Study) -> dict[str, int]:
    """The figures of a study by name, in items."""
    items = found.plan.items[found.affected]
    return {
        "on_the_way": found.on_the_way, "no_plan": found.no_plan, "affected": found.items, "coming": int(items[found.coming].sum()), "kept_undisturbed": int(items[found.kept].sum()),
        "broken_waiting": found.broken(found.waiting), "broken_new_ways": found.broken(found.moved), "broken_all_room": found.broken(found.unbounded),
        "other_way": found.by_fate(MOVES), "own_lanes": found.by_fate(WAITS), "no_way": found.by_fate(NO_WAY),
    }  # fmt: skip


@dataclass(frozen=True)
class Undisturbed:
    """What is on its way at a ``moment`` (minute) where nothing is disturbed: worked out once, however many closures are then studied.

    ``plan``: ways, m parts; ``at``: where parts stand at the moment; ``here`` (m,): whether couriers have brought them by then; ``loads`` (C,): items on each connection. ``riders``, ``first`` (C + 1,): rows of
    the plan that ride connection c, from ``first[c]`` to ``first[c + 1]``.
    """

    timetable: Timetable
    underway: Underway
    moment: int
    ridable: list[NDArray[np.bool_]]
    plan: Courses
    at: Stand
    here: NDArray[np.bool_]
    loads: Ints
    riders: Ints
    first: Ints

    @property
    def room(self) -> Ints:
        """Items (C,) that each connection takes."""
        return np.minimum(self.timetable.room[self.timetable.connections.row], FULL)


def undisturbed(timetable: Timetable, underway: Underway, moment: int) -> Undisturbed:
    """Plan the ways of all that is on its way. Raises InputError for a timetable on which nothing runs."""
    if not len(timetable.connections):
        raise InputError("timetable", "a departure in the days studied", value=timetable.first.isoformat(), next_step="study another day, or correct lanes.csv")  # fmt: skip
    groups, ridable = underway.groups, underway.ridable(timetable)
    plan = planned(timetable, groups, ridable)
    here = (groups.ready[plan.of] <= moment) | (not underway.expected)
    part, leg = np.nonzero(plan.rides >= 0)
    on = plan.rides[part, leg]
    count = np.bincount(on, minlength=len(timetable.connections))
    return Undisturbed(
        timetable, underway, moment, ridable, plan, stand(timetable.connections, groups, plan, moment), here, plan.loads(len(timetable.connections)),
        part[np.argsort(on, kind="stable")], np.concatenate([[0], np.cumsum(count)]),
    )  # fmt: skip


def study(
    timetable: Timetable, underway: Underway, closures: tuple[Closure, ...], as_of: int = 0, most_lanes: int = MOST_LANES,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Study:  # fmt: skip
    """Study closures. The moment of decision is when the first of them begins, or ``as_of`` (UTC seconds) where that is later. Raises InputError for a code that isn't there.

    Programme: for the touched parts g, max Σ items that arrive by due_g over ways p, subject to Σ load on c ≤ room_c - load of the others; solved greedily (``dispatch.reroute``): exact in capacities, no bound proven.
    """
    steps = 4 + most_lanes
    moment = int(timetable.minute(max(as_of, min(c.begins for c in closures))))
    usual = undisturbed(timetable, underway, moment)
    progress(1, steps)
    return disturb(usual, closures, most_lanes, lambda done, of: progress(1 + done, 1 + of))


def disturb(
    usual: Undisturbed, closures: tuple[Closure, ...], most_lanes: int = MOST_LANES, progress: Callable[[int, int], None] = lambda done, of: None,
) -> Study:  # fmt: skip
    """Study closures of which none begins before the moment of ``usual``, as ``study`` does. Only what they can touch is looked at, so that many can be studied of one ``usual``."""
    steps = 3 + most_lanes
    timetable, underway, groups, moment = usual.timetable, usual.underway, usual.underway.groups, usual.moment
    left, ridable = left_by(timetable, closures), usual.ridable
    some = _within_reach(usual, left, closures)
    plan, at = usual.plan.only(some), usual.at.only(some)
    touched = touch(timetable, left, closures, groups, plan, at, moment)
    hit = touched.affected
    rows, part = some[hit], plan.only(hit)
    touched, at = touched.only(hit), at.only(hit)
    room = usual.room - usual.loads + part.loads(len(usual.loads))
    waiting = waited(timetable, left, room, part, at, touched, moment)
    progress(1, steps)
    due = groups.due[part.of].astype(np.int64)
    kept = (part.arrives <= due) & (due < unjudged(timetable))
    stranded = _standing(groups, part, at, touched)
    c, open_room = left.timetable.connections, np.where(left.shut, 0, room)
    unbounded = _new_ways(c, stranded, np.where(left.shut, 0, FULL), ridable, moment)
    progress(2, steps)
    # Who can't be in time even with room for all, or whose promise isn't at stake, goes after those who can.
    soonest = np.full(len(rows), NEVER, np.int64)
    np.minimum.at(soonest, unbounded.of, unbounded.arrives)
    at_stake = kept & (soonest <= due)
    wanted = replace(stranded, due=np.where(at_stake, due, 2 * unjudged(timetable)).astype(np.int32))
    moved = _new_ways(c, wanted, open_room, ridable, moment)
    progress(3, steps)
    found = Study(
        timetable, closures, underway, moment, usual.plan, rows, at.place, at.begun, due, groups.kind[part.of].astype(np.int64), kept, waiting, moved, unbounded,
        fates(timetable, part, at, moved), ~usual.here[rows], *_on_the_way(usual), (),
    )  # fmt: skip
    more, extra = list[MoreRoom](), _lacking(found, open_room) if most_lanes else np.zeros(len(c), np.int64)
    for n, lane in enumerate(_by_lack(found, extra)[:most_lanes]):
        added = np.where(timetable.lane[c.row] == lane, extra, 0)
        tried = _new_ways(c, wanted, open_room + added, ridable, moment)
        beyond = np.maximum(tried.loads(len(c)) - open_room, 0)
        over, saved = np.flatnonzero(beyond), found.broken(moved) - found.broken(tried)
        if len(over) and saved > 0:
            more.append(MoreRoom(lane, saved, int(beyond.sum()), len(over), int(c.departs[over[0]])))
        progress(4 + n, steps)
    progress(steps, steps)
    return replace(found, more_room=tuple(sorted(more, key=lambda m: (-m.saved, m.items, m.lane))))


def _within_reach(usual: Undisturbed, left: Left, closures: tuple[Closure, ...]) -> Ints:
    """Rows of the plan, in order, that closures can touch: who rides what is shut, comes later or ends at a place that closes, and who begins at such a place."""
    c, now = usual.timetable.connections, left.timetable.connections
    shut = closed_places(usual.timetable, closures)
    changed = (
        left.shut | (now.arrives != c.arrives) | (now.ready != c.ready) | shut[c.target % usual.timetable.facilities]
    )
    within = np.zeros(len(usual.plan), np.bool_)
    on = np.flatnonzero(changed)
    count = usual.first[on + 1] - usual.first[on]
    within[usual.riders[np.repeat(usual.first[on] - np.cumsum(count) + count, count) + np.arange(count.sum())]] = True
    groups = usual.underway.groups
    return np.flatnonzero(within | (shut[groups.place % usual.timetable.facilities])[usual.plan.of])


def _new_ways(of: Connections, groups: Groups, room: Ints, ridable: list[NDArray[np.bool_]], moment: int) -> Courses:
    """New ways over what departs from ``moment`` on: what has gone takes nobody, and isn't looked at."""
    first = of.first_from(moment)
    later = of.only(np.arange(len(of)) >= first)
    found = courses(reroute(later, groups, room[first:], [on[first:] for on in ridable]))
    return replace(found, rides=np.where(found.rides >= 0, found.rides + first, -1).astype(np.int32))


def _standing(groups: Groups, part: Courses, at: Stand, touched: Touched) -> Groups:
    """The touched parts as groups where they stand, one each."""
    of = part.of
    return Groups(
        at.place.astype(np.int32), touched.ready.astype(np.int32), groups.destination[of], groups.due[of], groups.kind[of], part.items, np.arange(len(of), dtype=np.int32),
    )  # fmt: skip


def _on_the_way(usual: Undisturbed) -> tuple[int, int]:
    """(items that are at the moment between their first facility and their destination and have a way, items there without one)."""
    plan, at = usual.plan, usual.at
    there = (at.place == usual.underway.groups.destination[plan.of]) & (at.arrived <= usual.moment)
    some, way = usual.here & ~there, plan.arrives < NEVER
    return int(plan.items[some & way].sum()), int(plan.items[some & ~way].sum())


def _lacking(found: Study, room: Ints) -> Ints:
    """Items (C,) for which departures lack room: those that are late under new ways and would be in time with room for all, on full departures of the ways that they would take then."""
    of_row = np.bincount(found.moved.of, found.late(found.moved), minlength=len(found.affected))
    left, free = room - found.moved.loads(len(room)), found.unbounded
    wanted = np.where(free.arrives <= found.due[free.of], of_row[free.of], 0.0)
    total = np.zeros(len(room))
    for ride in free.rides.T:
        total += np.bincount(np.maximum(ride, 0), np.where(ride >= 0, wanted, 0.0), minlength=len(room))
    return np.where(total > left, np.rint(total) - np.maximum(left, 0), 0).astype(np.int64)


def _by_lack(found: Study, extra: Ints) -> list[int]:
    """Lanes (rows) that lack room, those that lack most first."""
    lanes = len(found.timetable.network.lanes.code)
    total = np.bincount(found.timetable.lane[found.timetable.connections.row], extra, minlength=lanes)
    return [int(k) for k in np.lexsort((np.arange(lanes), -total)) if total[k] > 0]
