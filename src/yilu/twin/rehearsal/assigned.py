"""Items that follow a plan of assignment, day after day: the day that repeats, its departures one after another, and parts of the plan as ways on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.day import AssignmentDay
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.assignment.problem import DAY
from yilu.dispatch.connections import Connections
from yilu.dispatch.timetable import MOST_DAYS, Timetable
from yilu.errors import InputError
from yilu.twin.rehearsal.days import LEAD
from yilu.twin.rehearsal.moving import Moving
from yilu.twin.rehearsal.ways import drawn

Ints = NDArray[np.int64]
TAIL = 8
"""Days after those that are counted, so that their items arrive."""


@dataclass(frozen=True)
class Followed:
    """A plan's day ``counted`` + LEAD + TAIL times: ``moving`` items that stand for ``stands_for`` each, ``day`` and ``path`` (n,) of each, ``due`` (n,): the last minute of arriving in time. ``departures``: how many run a day."""

    timetable: Timetable
    moving: Moving
    day: Ints
    path: Ints
    due: Ints
    counted: range
    departures: int
    stands_for: float


def following(day: AssignmentDay, plan: AssignmentPlan, items: int, counted: int = 2, seed: int = 0) -> Followed:
    """``items`` a day drawn from what a plan carries, on its journeys. Raises InputError for more days than are bounded, and for a plan that carries nothing."""
    f, c, days = plan.flows, plan.problem.commodities, LEAD + counted + TAIL
    if days > MOST_DAYS or not len(f) or items < 1:
        raise InputError("days", f"1 to {MOST_DAYS - LEAD - TAIL}, of a plan that carries something", value=str(counted), next_step="count fewer days")  # fmt: skip
    of = repeated(day.timetable, days)
    departures = len(of.connections) // days
    first, rides = _rides(day, plan, departures)
    path = np.concatenate([drawn(f.items, items, seed, n * items) for n in range(days)])
    of_day, length = np.repeat(np.arange(days), items), np.diff(first)[path]
    of_item = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    use = np.repeat(first[path] - of_item[:-1], length) + np.arange(of_item[-1])
    ridden = rides[use] + np.repeat(of_day, length) * departures
    k = f.commodity[path].astype(np.int64)
    end = plan.problem.sweeps.end[c.sweep[k]].astype(np.int64)
    within = np.repeat(np.maximum.reduceat(np.append(ridden, 0), of_item[:-1]) < len(of.connections), length)
    kept = np.concatenate([[0], np.cumsum(within)])[of_item]
    moving = Moving(
        DAY * of_day + c.slot[k], np.arange(len(path)), kept.astype(np.int64), ridden[within].astype(np.int32), of.facilities + end, np.zeros(len(path), np.int64),
    )  # fmt: skip
    due = DAY * (of_day + c.days[k]) + plan.problem.sweeps.due[c.sweep[k]]
    return Followed(of, moving, of_day, path, due.astype(np.int64), range(LEAD, LEAD + counted), departures, float(f.items.sum()) / items)  # fmt: skip


def repeated(of: Timetable, days: int) -> Timetable:
    """The departures of a timetable's first day, on each of so many days: connection ``departures * day + number``."""
    c = of.connections
    n = c.first_from(DAY)
    later = np.repeat(np.arange(days, dtype=np.int32) * DAY, n)
    rows = np.tile(c.row[:n], days)

    def tiled(column: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.tile(column[:n], days)

    made = Connections(
        c.places, tiled(c.source), tiled(c.target), tiled(c.departs) + later, tiled(c.arrives) + later, tiled(c.ready) + later, tiled(c.cost), tiled(c.carbon),
        np.arange(n * days, dtype=np.int32),
    )  # fmt: skip
    return replace(of, days=days, connections=made, lane=of.lane[rows], room=of.room[rows])


def _rides(day: AssignmentDay, plan: AssignmentPlan, departures: int) -> tuple[Ints, Ints]:
    """(first (P + 1,), rides (U,)): connections of each path as if its items were accepted on the first day.

    An event is used the first time that it comes after what went before: on the same day, or on the next where it comes earlier in the day.
    """
    f, e, c = plan.flows, plan.problem.events, plan.problem.commodities
    path, event = f.path_of_use, f.events.astype(np.int64)
    begins = np.append(True, path[1:] != path[:-1]) if len(path) else np.empty(0, np.bool_)
    before = np.append(0, event[:-1])
    own = f.commodity[path]
    base = np.where(begins, c.start[own], e.then[before])
    days = np.cumsum(np.where(begins, c.start_days[own], e.then_days[before]) + (event < base))
    at_beginning = np.where(begins, days - c.start_days[own] - (event < base), 0)
    days = days - np.maximum.accumulate(at_beginning)
    is_departure = day.places.lane >= 0
    number = np.cumsum(is_departure) - 1
    some = is_departure[event]
    first = np.concatenate([[0], np.cumsum(np.bincount(path[some], minlength=len(f)))]).astype(np.int64)
    return first, (days * departures + number[event])[some].astype(np.int64)
