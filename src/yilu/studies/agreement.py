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
from yilu.dispatch.promise import Promises, promises
from yilu.dispatch.timetable import timetable
from yilu.studies.courses import Courses
from yilu.studies.disruption import Study
from yilu.studies.in_flight import unjudged
from yilu.twin.rehearsal.assigned import following
from yilu.twin.rehearsal.days import Rehearsal
from yilu.twin.rehearsal.moving import Manners, Moving, moved
from yilu.twin.rehearsal.stage import stage
from yilu.twin.rehearsal.ways import drawn

Ints = NDArray[np.int64]


def standard_error(share: float, items: int) -> float:
    """Of a share among so many items drawn; 0 for none."""
    return sqrt(max(share * (1 - share), 0.0) / items) if items else 0.0


@dataclass(frozen=True)
class Kept:
    """Of a service level (id; 0: all) the share of items whose promise is kept: as ``predicted``; rehearsed when everything takes everything (``unbounded``) and within the room there is (``rehearsed``), of ``items`` with a promise."""

    level: int
    items: int
    predicted: float
    unbounded: float
    rehearsed: float

    @property
    def error(self) -> float:
        """Standard error of a rehearsed share."""
        return standard_error(self.predicted, self.items)

    @property
    def agrees(self) -> bool:
        """Whether prediction and rehearsal without bounds differ by no more than three standard errors, or by an item."""
        return abs(self.unbounded - self.predicted) <= 3 * self.error + 1 / max(self.items, 1)


@dataclass(frozen=True)
class OfPromises:
    """``rows``: all items, then level by level. ``different``: items with a promise that without bounds are delivered at another minute than the router says. ``days`` that were counted."""

    rows: list[Kept]
    different: int
    days: range


def of_promises(unbounded: Rehearsal, bounded: Rehearsal) -> OfPromises:
    """Promises of the same days as ``dispatch.promise`` predicts them and as they are rehearsed."""
    of, accepted = bounded.days, bounded.days.accepted
    counted = range(max(unbounded.lead, bounded.lead), bounded.counted_days.stop)
    items, shares = list[NDArray[np.float64]](), list[NDArray[np.float64]]()
    different = 0
    for day in counted:
        laid = timetable(of.timetable.network, of.timetable.first + timedelta(day), of.horizon)
        found = promises(laid, of.ends, hours=accepted.hours)
        some = np.flatnonzero(accepted.day == day)
        cell = accepted.origin[some], accepted.destination[some], accepted.hour[some]
        due, level = found.due[cell], found.level[cell[0], cell[1]]
        promised = due > 0
        different += int((promised & (unbounded.delivered[some] != found.delivered[cell])).sum())
        kept = [(r.delivered[some] > 0) & (r.delivered[some] <= due) & promised for r in (unbounded, bounded)]
        levels = int(found.level.max()) + 1
        items.append(np.stack([np.bincount(level, of_, levels) for of_ in (promised, *kept)]))
        shares.append(_predicted(found, levels))
    whole, weight = np.sum(items, axis=0), np.sum(shares, axis=0)
    rows = [
        _kept(level, whole[:, some].sum(axis=1), weight[:, some].sum(axis=1)) for level, some in _groups(whole.shape[1])
    ]
    return OfPromises([r for r in rows if r.items], different, counted)


def _groups(levels: int) -> list[tuple[int, list[int]]]:
    """(level, levels that belong to it): 0 is all of them."""
    return [(0, list(range(levels))), *((level, [level]) for level in range(1, levels))]


def _predicted(of: Promises, levels: int) -> NDArray[np.float64]:
    """(2, levels): items with a promise, and those that keep it."""
    return np.stack([np.bincount(of.level.ravel(), (of.weight * told.sum(axis=2)).ravel(), levels) for told in (of.promised, of.kept)])  # fmt: skip


def _kept(level: int, items: NDArray[np.float64], weight: NDArray[np.float64]) -> Kept:
    count = int(items[0])
    shares = items[1:] / count if count else np.zeros(2)
    return Kept(level, count, float(weight[1] / weight[0]) if weight[0] else 0.0, float(shares[0]), float(shares[1]))


@dataclass(frozen=True)
class Broken:
    """Promises that are broken, in real items: as ``predicted``, and ``rehearsed`` with its standard ``error``."""

    predicted: float
    rehearsed: float
    error: float


@dataclass(frozen=True)
class OfDisruption:
    """``items`` were moved, each stands for ``stands_for``. ``undisturbed``: promises that the plan keeps and the rehearsal breaks although nothing is closed, which is what rounded room and the order of queues do; broken beyond
    these: ``waiting``, where nobody does anything, and ``new_ways``, where the study's are taken."""

    items: int
    stands_for: float
    undisturbed: Broken
    waiting: Broken
    new_ways: Broken


def of_disruption(found: Study, items: int, seed: int = 0) -> OfDisruption:
    """Promises broken as ``studies.disruption`` predicts, and as they break when ``items`` move along its ways, each keeping to its lanes."""
    plan, due = found.plan, found.underway.groups.due[found.plan.of].astype(np.int64)
    keeps = (plan.arrives <= due) & (due < unjudged(found.timetable))
    stands_for = float(plan.items.sum()) / items
    other, row = _with_new_ways(found)
    own = np.arange(len(plan))
    usual = _late(found, (), plan, own, keeps, due, items, seed)
    waiting = _late(found, found.closures, plan, own, keeps, due, items, seed)
    moving = _late(found, found.closures, other, row, keeps, due, items, seed)

    def broken(predicted: float, late: int, but: int) -> Broken:
        return Broken(predicted, stands_for * (late - but), stands_for * items * standard_error(late / items, items))

    return OfDisruption(
        items, stands_for, broken(0, usual, 0), broken(found.broken(found.waiting), waiting, usual), broken(found.broken(found.moved), moving, usual),
    )  # fmt: skip


def _with_new_ways(found: Study) -> tuple[Courses, Ints]:
    """(all parts, those that are touched on their new ways; the row of the plan of each)."""
    plan, new, touched = found.plan, found.moved, found.affected
    rows = np.setdiff1d(np.arange(len(plan)), touched)
    most = plan.rides.shape[1] + new.rides.shape[1]
    rides = np.full((len(new), most), -1, np.int32)
    begun, old = found.begun[new.of], plan.rides[touched[new.of]]
    leg = np.arange(most)
    before = leg < begun[:, None]
    rides[before] = np.pad(old, ((0, 0), (0, most - old.shape[1])))[before]
    after = (leg >= begun[:, None]) & (leg < begun[:, None] + new.rides.shape[1])
    rides[after] = new.rides.ravel()
    kept = np.pad(plan.rides[rows], ((0, 0), (0, most - plan.rides.shape[1])), constant_values=-1)
    row = np.concatenate([rows, touched[new.of]])
    order = np.argsort(row, kind="stable")
    joined = Courses(
        row, np.concatenate([plan.items[rows], new.items]), np.concatenate([plan.arrives[rows], new.arrives]), np.concatenate([kept, rides]),
    )  # fmt: skip
    return joined.only(order), row[order]


def _late(found: Study, closures: tuple[Closure, ...], parts: Courses, row: Ints, keeps: NDArray[np.bool_], due: Ints, items: int, seed: int) -> int:  # fmt: skip
    """Of ``items`` drawn from parts (rows of the plan: ``row``) those whose promise the plan keeps and that are rehearsed late."""
    groups, part = found.underway.groups, drawn(parts.items, items, seed)
    some, way = np.unique(part, return_inverse=True)
    of, rides = found.plan.of[row[some]], np.where((parts.arrives[some] < NEVER)[:, None], parts.rides[some], -1)
    first = np.concatenate([[0], np.cumsum((rides >= 0).sum(axis=1))]).astype(np.int64)
    moving = Moving(
        groups.ready[of][way].astype(np.int64), way.ravel().astype(np.int64), first, rides[rides >= 0], groups.destination[of].astype(np.int64), np.zeros(len(some), np.int64),
    )  # fmt: skip
    on = stage(found.timetable, float(found.plan.items.sum()) / items, closures=closures, seed=seed)
    came = moved(on, moving, Manners(keeps_lane=True)).arrived
    # What has come to a closed destination is there when it opens, as the study has it.
    arrived = opened(found.timetable, closures, moving.destination[way.ravel()], came)
    return int((keeps[row[part]] & (arrived > due[row[part]])).sum())


@dataclass(frozen=True)
class OfAssignment:
    """A plan of assignment followed on ``days`` days that are counted, by ``items`` a day that stand for ``stands_for`` each. Departures of the day that repeats (C,): real items on each as ``planned`` and as ``rehearsed``, the mean of the days, and
    ``behind``: left behind by it. ``late``: items that come late or not within the days."""

    days: int
    items: int
    stands_for: float
    planned: NDArray[np.float64]
    rehearsed: NDArray[np.float64]
    behind: NDArray[np.float64]
    late: Broken

    @property
    def apart(self) -> float:
        """By how much loads differ, as a share of all that rides."""
        return float(np.abs(self.rehearsed - self.planned).sum() / self.planned.sum())

    @property
    def apart_by_drawing(self) -> float:
        """By how much loads of so many independent draws would differ if every item took its planned departures, as a share of all that rides: the mean deviation of a normal error."""
        return float(np.sqrt(2 / np.pi * self.planned * self.stands_for / self.days).sum() / self.planned.sum())


def of_assignment(day: AssignmentDay, plan: AssignmentPlan, items: int, counted: int = 2, seed: int = 0) -> OfAssignment:  # fmt: skip
    """Loads and late items of a plan of assignment as the plan has them, and as they come when ``items`` a day follow it, each keeping to its lanes."""
    of, f = following(day, plan, items, counted, seed), plan.flows
    found = moved(stage(of.timetable, of.stands_for, seed=seed), of.moving, Manners(keeps_lane=True))
    is_departure = day.places.lane >= 0
    planned = np.bincount(f.events, f.items[f.path_of_use], len(is_departure))[is_departure]
    of_day = slice(of.counted.start * of.departures, of.counted.stop * of.departures)
    rehearsed, behind = (
        of.stands_for / counted * column[of_day].reshape(counted, -1).sum(axis=0)
        for column in (found.load, found.behind)
    )
    late = int(((found.arrived > of.due) & (of.day >= of.counted.start) & (of.day < of.counted.stop)).sum())
    return OfAssignment(
        counted, items, of.stands_for, planned, rehearsed, behind,
        Broken(plan.late, of.stands_for * late / counted, of.stands_for * items * standard_error(late / items / counted, items * counted)),
    )  # fmt: skip
