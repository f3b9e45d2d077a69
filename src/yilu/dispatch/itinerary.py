"""One journey from door to door, told step by step: waiting, riding, sorting, and what each took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.pareto import choices
from yilu.dispatch.scan import earliest
from yilu.dispatch.timetable import Timetable

ROUND, RIDE, SORT, WAIT, DELIVERY = "round", "ride", "sort", "wait", "delivery"
"""Kinds of steps: waiting for and riding with couriers to the facility, a ride between facilities, opening, sorting and customs until it can leave, waiting for the departure,
waiting for couriers and delivery."""


@dataclass(frozen=True)
class Step:
    """One step: kind, facility (id) where it happens or that a ride leaves, lane (row) of a ride or -1, UTC seconds of beginning and end."""

    kind: str
    facility: int
    lane: int
    begins: int
    ends: int

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return (self.ends - self.begins) // 60


def itinerary(timetable: Timetable, ends: Ends, origin: int, destination: int, accepted: int) -> list[Step]:
    """The steps of the earliest delivery of what is accepted at ``accepted`` (UTC seconds); empty where it never arrives. Ends are rows of ``ends``."""
    of = timetable.connections
    start, leaves = int(ends.facility[origin]), int(ends.leaves(origin, accepted))
    place = timetable.facilities + int(ends.facility[destination])
    tree = earliest(of, start, int(timetable.minute(leaves)), place)
    if tree.arrives[place] >= NEVER:
        return []
    return told(timetable, ends, origin, destination, accepted, tree.journey(place))


def told(
    timetable: Timetable,
    ends: Ends,
    origin: int,
    destination: int,
    accepted: int,
    rides: Sequence[int],
) -> list[Step]:
    """The steps of a journey over connections ``rides`` (rows of the timetable's, in order, one at least)."""
    of, f, start = timetable.connections, timetable.facilities, int(ends.facility[origin])
    leaves = int(ends.leaves(origin, accepted))
    steps, here, now = [Step(ROUND, start, -1, accepted, leaves)], start, leaves
    for c in rides:
        departs, arrives, ready = (int(timetable.at(column[c])) for column in (of.departs, of.arrives, of.ready))
        steps += [Step(WAIT, here, -1, now, departs)] if departs > now else []
        steps.append(Step(RIDE, here, int(timetable.lane[of.row[c]]), departs, arrives))
        here, now = int(of.target[c]), ready
        if here < f:
            steps.append(Step(SORT, here, -1, arrives, ready))
        else:
            delivered = int(ends.delivered(destination, timetable, np.array([arrives]))[0])
            steps.append(Step(DELIVERY, here - f, -1, arrives, delivered))
    return steps


@dataclass(frozen=True)
class Way:
    """One choice from door to door: delivered (UTC seconds), yuan and grams CO2e of an item, the connections it rides, in order."""

    delivered: int
    yuan: float
    carbon_g: int
    rides: tuple[int, ...]


def ways(timetable: Timetable, ends: Ends, origin: int, destination: int, accepted: int) -> list[Way]:
    """All ways of which none is beaten in delivery, cost and carbon at once, by delivery; of equal ones the first."""
    of = timetable.connections
    place = timetable.facilities + int(ends.facility[destination])
    found = choices(of, int(ends.facility[origin]), int(timetable.minute(ends.leaves(origin, accepted))))
    labels = found.at(place)
    values = found.values(place).astype(np.int64)
    delivered = ends.delivered(destination, timetable, timetable.at(values[:, 0]))
    kept: list[Way] = []
    for n in np.lexsort((values[:, 2], values[:, 1], delivered)):
        way = Way(
            int(delivered[n]), int(values[n, 1]) / 10, 10 * int(values[n, 2]), tuple(found.journey(int(labels[n])))
        )
        if not any(k.yuan <= way.yuan and k.carbon_g <= way.carbon_g for k in kept):
            kept.append(way)
    return kept
