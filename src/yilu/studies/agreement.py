"""Prediction against rehearsal: does what the router, the assignment and the study of a disruption say hold on synthetic days on which items move themselves?

Each figure stands beside its standard error: that of independent draws, which is at least that of the items drawn (``twin.rehearsal.ways.drawn``). What room does is no error but what the prediction leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.day import AssignmentDay
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.closures import Closure, opened
from yilu.dispatch.connections import NEVER
from yilu.dispatch.likelihood import chances, laid
from yilu.dispatch.promise import Promises, promises
from yilu.dispatch.spread import Spread
from yilu.dispatch.timetable import Timetable, timetable
from yilu.studies.disruption import Study
from yilu.studies.in_flight import unjudged
from yilu.twin.draws import units
from yilu.twin.rehearsal.assigned import following
from yilu.twin.rehearsal.days import Days, Rehearsal
from yilu.twin.rehearsal.moving import Manners, Moving, moved
from yilu.twin.rehearsal.stage import stage
from yilu.twin.rehearsal.ways import drawn

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_OF_SPLIT = 1 << 42
"""Subjects of draws that say to which part of what was split an item belongs."""


def standard_error(share: float, items: int) -> float:
    """Of a share among so many items drawn; 0 for none."""
    return sqrt(max(share * (1 - share), 0.0) / items) if items else 0.0


@dataclass(frozen=True)
class Kept:
    """Of a service level (id; 0: all) the share of items whose promise is kept: as ``predicted``, and as ``rehearsed`` by ``items`` with a promise; ``error``: standard error of the latter, if the prediction holds."""

    level: int
    items: int
    predicted: float
    rehearsed: float
    error: float

    @property
    def agrees(self) -> bool:
        """Whether prediction and rehearsal differ by no more than three standard errors, or by an item."""
        return abs(self.rehearsed - self.predicted) <= 3 * self.error + 1 / max(self.items, 1)


@dataclass(frozen=True)
class OfPromises:
    """All items, then level by level, where everything takes everything (``unbounded``) and within the room there is (``bounded``). ``different``: items with a promise that without bounds are delivered at another minute than the
    router says."""

    unbounded: list[Kept]
    bounded: list[Kept]
    different: int


def of_promises(unbounded: Rehearsal, bounded: Rehearsal) -> OfPromises:
    """Promises of the same days as ``dispatch.promise`` predicts them and as they are rehearsed."""
    days = [_Day.of(unbounded.days, day) for day in unbounded.days.counted]
    different = sum(day.different(unbounded) for day in days)
    without, in_room = (_rows([day.counted(run) for day in days]) for run in (unbounded, bounded))
    return OfPromises(without, in_room, different)


def of_chances(drawn_rides: Rehearsal, known: Spread) -> list[Kept]:
    """Promises when rides vary: the probabilities of ``dispatch.likelihood``, and days on which rides were drawn from the same spread, everything takes everything, and items keep to their lanes.

    Items of one vehicle are late together, so that the error is the one between days, where that is larger than that of drawing items.
    """
    days = [_Day.of(drawn_rides.days, day) for day in drawn_rides.days.counted]
    return _rows([day.counted(drawn_rides, chances(laid(day.timetable, known), day.found.ends, day.found).kept) for day in days], between_days=True)  # fmt: skip


@dataclass(frozen=True)
class _Day:
    """A day as predicted (``found``), with the items that are accepted on it (``some``, (n,)): when each is ``due`` (0: no promise), its ``level``, and when it is predicted to be ``delivered``. ``timetable``: of that day on."""

    timetable: Timetable
    found: Promises
    some: Ints
    due: Ints
    level: Ints
    delivered: Ints

    @staticmethod
    def of(days: Days, day: int) -> _Day:
        """A day of a rehearsal."""
        a = days.accepted
        of = timetable(days.timetable.network, days.timetable.first + timedelta(day), days.horizon)
        found, some = promises(of, days.ends, hours=a.hours), np.flatnonzero(a.day == day)
        cell = a.origin[some], a.destination[some], a.hour[some]
        return _Day(of, found, some, found.due[cell], found.level[cell[0], cell[1]], found.delivered[cell])

    def different(self, run: Rehearsal) -> int:
        """Items with a promise that aren't delivered when predicted."""
        return int(((self.due > 0) & (run.delivered[self.some] != self.delivered)).sum())

    def counted(self, run: Rehearsal, chance: Floats | None = None) -> Floats:
        """(4, levels): items with a promise, those that kept it; weight of what has a promise, and of what keeps it as predicted, or with the ``chance`` (N, N, H) that it does."""
        found, came = self.found, run.delivered[self.some]
        levels = int(found.level.max(initial=0)) + 1
        kept = (self.due > 0) & (came > 0) & (came <= self.due)
        predicted = found.kept if chance is None else chance * found.promised
        weights = ((found.weight * told.sum(axis=2)).ravel() for told in (found.promised, predicted))
        items = [_by_level(self.level, told, levels) for told in (self.due > 0, kept)]
        return np.stack([*items, *(_by_level(found.level.ravel(), weight, levels) for weight in weights)])


def _by_level(level: Ints, items: NDArray, levels: int) -> Floats:
    """Items (levels,) of each level; none of what nothing is promised for."""
    out = np.bincount(level, items, levels)
    out[0] = 0
    return np.asarray(out, np.float64)


def _rows(days: list[Floats], between_days: bool = False) -> list[Kept]:
    """All, then each level with a promise, of ``_Day.counted`` of each day."""
    told = np.stack(days)
    groups = np.concatenate([np.ones((1, told.shape[2])), np.eye(told.shape[2])[1:]])
    rows = list[Kept]()
    for level, some in enumerate(groups):
        of_day = told @ some  # (days, 4)
        items, kept, weight, kept_weight = of_day.sum(axis=0)
        if not items or not weight:
            continue
        predicted = float(kept_weight / weight)
        error = standard_error(predicted, int(items))
        if between_days and len(days) > 1:
            shares = of_day[:, 1] / np.maximum(of_day[:, 0], 1)
            error = max(error, float(shares.std(ddof=1)) / sqrt(len(days)))
        rows.append(Kept(level, int(items), predicted, float(kept / items), error))
    return rows


@dataclass(frozen=True)
class Broken:
    """Promises that are broken, in real items: as ``predicted``, and ``rehearsed`` with its standard ``error``."""

    predicted: float
    rehearsed: float
    error: float


@dataclass(frozen=True)
class OfDisruption:
    """``items`` were moved, each stands for ``stands_for``. As the study has it, with whoever planned on a departure before those who missed one, and sorting without limit: promises broken where nobody does anything (``waiting``) and
    where the study's new ways are taken (``new_ways``). Then what the study leaves out: the same two where waves and sorters have their limits (``sorted_waiting``, ``sorted_new_ways``), and nobody doing anything where whoever waits longest
    goes first, planned or not (``first_come``).

    Each beyond what breaks under the same rules although nothing is closed, because room is rounded and waves are full: ``undisturbed`` as the study has it, ``sorted_undisturbed`` with limits on sorting.
    """

    items: int
    stands_for: float
    waiting: Broken
    new_ways: Broken
    sorted_waiting: Broken
    sorted_new_ways: Broken
    first_come: Broken
    undisturbed: float
    sorted_undisturbed: float


def of_disruption(found: Study, items: int, seed: int = 0) -> OfDisruption:
    """Promises broken as ``studies.disruption`` predicts, and as they break when ``items`` move along its ways, each keeping to its lanes."""
    part = drawn(found.plan.items, items, seed)
    own, new = _moving(found, part), _moving(found, _rerouted(found, part, seed))
    stands_for = float(found.plan.items.sum()) / items
    due = found.underway.groups.due[found.plan.of[part]].astype(np.int64)
    keeps = (found.plan.arrives[part] <= due) & (due < unjudged(found.timetable))

    def late(moving: Moving, closures: tuple[Closure, ...], sorting: bool, planned_first: bool = True) -> NDArray[np.bool_]:  # fmt: skip
        on = stage(found.timetable, stands_for, sorting=sorting, closures=closures, seed=seed)
        came = moved(on, moving, Manners(keeps_lane=True, planned_first=planned_first)).arrived
        # What has come to a closed destination is there when it opens, as the study has it.
        return keeps & (opened(found.timetable, closures, moving.destination[moving.way], came) > due)

    def broken(predicted: int, shut: NDArray[np.bool_], calm: NDArray[np.bool_]) -> Broken:
        more, healed = int((shut & ~calm).sum()), int((calm & ~shut).sum())
        return Broken(predicted, stands_for * (more - healed), stands_for * sqrt(more + healed))

    waits, goes, closures = found.broken(found.waiting), found.broken(found.moved), found.closures
    calm, in_order = (late(own, (), sorting) for sorting in (False, True))
    return OfDisruption(
        items, stands_for,
        broken(waits, late(own, closures, False), calm), broken(goes, late(new, closures, False), calm),
        broken(waits, late(own, closures, True), in_order), broken(goes, late(new, closures, True), in_order),
        broken(waits, late(own, closures, True, False), late(own, (), True, False)),
        stands_for * float(calm.sum()), stands_for * float(in_order.sum()),
    )  # fmt: skip


def _rerouted(found: Study, part: Ints, seed: int) -> Ints:
    """Where items of parts (rows of the plan, (n,)) belong under new ways: the part itself, or, len(plan) on, a row of ``found.moved``, drawn where a part was split."""
    if not len(found.affected):
        return part
    order = np.argsort(found.moved.of, kind="stable")
    reached = np.cumsum(found.moved.items[order])
    until = np.searchsorted(found.moved.of[order], np.arange(len(found.affected)), "right")
    before = np.append(0, reached)[np.append(0, until[:-1])]
    touched = np.full(len(found.plan), -1, np.int64)
    touched[found.affected] = np.arange(len(found.affected))
    own = touched[part]
    # Parts are in order: of the k-th of n items of one the (k + u)/n-th share of it is ridden.
    count = np.bincount(part, minlength=len(found.plan))
    rank = np.arange(len(part)) - (np.cumsum(count) - count)[part]
    share = (rank + units(seed, _OF_SPLIT + np.arange(len(part)))) / count[part]
    point = before[own] + share * (np.append(0, reached)[until] - before)[own]
    row = order[np.minimum(np.searchsorted(reached, point, "right"), len(order) - 1)]
    return np.where(own < 0, part, len(found.plan) + row)


def _moving(found: Study, key: Ints) -> Moving:
    """Items (n,) of rows of the plan, or, from len(plan) on, of rows of ``found.moved``, which keep the legs that had begun."""
    plan, new, whole = found.plan, found.moved, len(found.plan)
    some, way = np.unique(key, return_inverse=True)
    touched = some >= whole
    part = new.of[some[touched] - whole]
    row = some.copy()
    row[touched] = found.affected[part]
    rides = np.pad(plan.rides[row], ((0, 0), (0, new.rides.shape[1])), constant_values=-1)
    rides[plan.arrives[row] == NEVER] = -1
    leg = np.arange(rides.shape[1]) - found.begun[part][:, None]
    then = np.take_along_axis(new.rides[some[touched] - whole], np.clip(leg, 0, new.rides.shape[1] - 1), axis=1)
    rides[touched] = np.where(leg < 0, rides[touched], np.where(leg < new.rides.shape[1], then, -1))
    of, groups = plan.of[row], found.underway.groups
    first = np.concatenate([[0], np.cumsum((rides >= 0).sum(axis=1))]).astype(np.int64)
    return Moving(
        groups.ready[of][way].astype(np.int64), way.ravel().astype(np.int64), first, rides[rides >= 0], groups.destination[of].astype(np.int64), np.zeros(len(some), np.int64),
    )  # fmt: skip


@dataclass(frozen=True)
class OfAssignment:
    """A plan of assignment followed on ``days`` days that are counted, by ``items`` a day that stand for ``stands_for`` each. ``kept``: promises, all, then level by level, of what is carried.

    Departures of the day that repeats (C,): real items on each as ``planned`` and as ``rehearsed``, the mean of the days, and ``behind``: left behind by it. ``late``: items a day that come after what is due, or not within the days.
    """

    days: int
    items: int
    stands_for: float
    kept: list[Kept]
    late: Broken
    planned: Floats
    rehearsed: Floats
    behind: Floats

    @property
    def apart(self) -> float:
        """By how much loads differ, as a share of all that rides."""
        return float(np.abs(self.rehearsed - self.planned).sum() / self.planned.sum())

    @property
    def apart_by_drawing(self) -> float:
        """By how much loads of so many independent draws would differ if every item took its planned departures, as a share of all that rides: the mean deviation of a normal error."""
        return float(np.sqrt(2 / np.pi * self.planned * self.stands_for / self.days).sum() / self.planned.sum())


def of_assignment(day: AssignmentDay, plan: AssignmentPlan, items: int, counted: int = 2, seed: int = 0, room: bool = True) -> OfAssignment:  # fmt: skip
    """Loads and late items of a plan of assignment as the plan has them, and as they come when ``items`` a day follow it, each keeping to its lanes; with or without ``room`` to be kept."""
    of, f = following(day, plan, items, counted, seed), plan.flows
    found = moved(stage(of.timetable, of.stands_for, room=room, seed=seed), of.moving, Manners(keeps_lane=True))
    is_departure = day.places.lane >= 0
    planned = np.asarray(np.bincount(f.events, f.items[f.path_of_use], len(is_departure))[is_departure], np.float64)
    of_day = slice(of.counted.start * of.departures, of.counted.stop * of.departures)
    rehearsed, behind = (
        of.stands_for / counted * column[of_day].reshape(counted, -1).sum(axis=0)
        for column in (found.load, found.behind)
    )
    counts = (of.day >= of.counted.start) & (of.day < of.counted.stop)
    in_time, level = found.arrived[counts] <= of.due[counts], _levels(day, plan)
    of_item, levels = level[of.path[counts]], int(level.max()) + 1
    count, kept = (_by_level(of_item, told, levels) for told in (np.ones(len(of_item)), in_time))
    weight, kept_weight = (_by_level(level, told, levels) for told in (f.items, f.items * ~f.late))
    share = 1 - float(in_time.mean())
    error = standard_error(share, items * counted)
    late = Broken(plan.late, of.stands_for * items * share, of.stands_for * items * error)
    return OfAssignment(counted, items, of.stands_for, _rows([np.stack([count, kept, weight, kept_weight])]), late, planned, rehearsed, behind)  # fmt: skip


def _levels(day: AssignmentDay, plan: AssignmentPlan) -> Ints:
    """Service level (id, 0 none) of the promise of each path's commodity."""
    c, network = plan.problem.commodities, day.timetable.network
    k = plan.flows.commodity
    to = network.facility_area[plan.problem.sweeps.end[c.sweep[k]]]
    return np.asarray(network.level_of_pair[day.ends.area[c.origin[k]], to], np.int64)
