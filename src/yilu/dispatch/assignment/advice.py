"""What the prices of a day say about its timetable: where room is short, which departures to cancel, add or enlarge, and what comes back empty.

A row's price is what one item more of room there saves (yuan a day), at the margin: what a whole departure more saves is at most its price times its room, as prices only fall with room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.day import AssignmentDay
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.assignment.problem import Floats, Ints, summed

ENLARGE, ADD, CANCEL = "enlarge", "add", "cancel"
_FULL, _EMPTY = 0.999, 0.15
_PRICED = 1e-3


@dataclass(frozen=True)
class Rows:
    """Every departure and wave with a limit (R,): ``load`` items, ``capacity``, ``factor`` of one in the other, ``price`` yuan an item of room, ``shadow`` price times load: what its shortage costs."""

    load: Floats
    capacity: Floats
    factor: Floats
    price: Floats
    shadow: Floats


@dataclass(frozen=True)
class Advice:
    """Changes (n,), the most worth first: ``what`` (enlarge, add, cancel), capacity ``row``, ``items`` that it concerns and ``yuan`` a day that it saves at most, costs of the departure taken off."""

    what: NDArray[np.str_]
    row: NDArray[np.int64]
    items: Floats
    yuan: Floats


@dataclass(frozen=True)
class Returns:
    """Pairs of facilities between which vehicles go both ways or one (n,): ``a``, ``b`` ids, mode, items of room and load there and back, and ``empty``: items of room that a to b sends and b to a can't fill, or the other way, the larger."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    mode: NDArray[np.str_]
    room_there: Floats
    room_back: Floats
    load_there: Floats
    load_back: Floats
    empty: Floats


def rows(plan: AssignmentPlan) -> Rows:
    """How full every departure and wave with a limit is, and what its room is worth."""
    load, capacity = plan.load, plan.problem.capacity
    factor = np.divide(load, capacity, out=np.zeros_like(load), where=capacity > 0)
    return Rows(load, capacity, factor, plan.prices.rows, plan.prices.rows * load)


def bottlenecks(of: Rows, most: int) -> NDArray[np.int64]:
    """Rows that are full and whose shortage costs most."""
    full = np.flatnonzero((of.factor >= _FULL) & (of.price > _PRICED))
    return full[np.argsort(-of.shadow[full], kind="stable")][:most]


def advice(day: AssignmentDay, plan: AssignmentPlan) -> Advice:
    """Changes worth a look, by what they save a day at most.

    add: a departure like a full one beside it, where its price times its room is above its fixed cost. enlarge: a full one or a full wave whose price isn't enough for that, or that has no
    fixed cost. cancel: one that is nearly empty and worth nothing, for its fixed cost.
    """
    of, lane = rows(plan), day.places.row_lane
    fixed = np.where(lane >= 0, day.timetable.network.lanes.fixed_cost[np.maximum(lane, 0)], 0.0)
    worth = of.price * of.capacity
    full = (of.factor >= _FULL) & (of.price > _PRICED)
    add = full & (lane >= 0) & (worth > fixed)
    enlarge = full & ~add
    cancel = (lane >= 0) & (of.factor <= _EMPTY) & (of.price <= _PRICED) & (fixed > 0)
    found = [
        (ADD, add, of.capacity, worth - fixed),
        (ENLARGE, enlarge, of.load, worth),
        (CANCEL, cancel, of.load, fixed),
    ]
    what = np.concatenate([np.full(int(some.sum()), name) for name, some, _, _ in found])
    row = np.concatenate([np.flatnonzero(some) for _, some, _, _ in found])
    items = np.concatenate([x[some] for _, some, x, _ in found])
    yuan = np.concatenate([x[some] for _, some, _, x in found])
    order = np.argsort(-yuan, kind="stable")
    return Advice(what[order], row[order], items[order], yuan[order])


def returns(day: AssignmentDay, plan: AssignmentPlan) -> Returns:
    """Room there and back between each pair of facilities by each mode, and what of it comes back empty, the most first."""
    p, network = day.places, day.timetable.network
    of = rows(plan)
    rides = np.flatnonzero(p.row_lane >= 0)
    lanes = network.lanes
    ids = network.facilities.index_of_code
    lane = p.row_lane[rides]
    source = p.row_facility[rides].astype(np.int64)
    target = np.array([ids[str(c)] for c in lanes.target_facility], np.int64)[lane]
    mode = lanes.mode[lane]
    there = source < target
    modes, mode_number = np.unique(mode, return_inverse=True)
    key = np.stack([np.minimum(source, target), np.maximum(source, target), mode_number], axis=1)
    pairs, number = np.unique(key, axis=0, return_inverse=True)

    def between(values: Floats, some: NDArray[np.bool_]) -> Floats:
        return summed(number.ravel()[some], values[rides][some], len(pairs))

    room_there, room_back = between(of.capacity, there), between(of.capacity, ~there)
    load_there, load_back = between(of.load, there), between(of.load, ~there)
    empty = np.maximum(room_there - load_back, room_back - load_there)
    order = np.argsort(-empty, kind="stable")
    columns = (room_there, room_back, load_there, load_back, empty)
    a, b, m = pairs[order].T
    return Returns(a, b, modes[m], *(c[order] for c in columns))


def spilled_by_end(plan: AssignmentPlan) -> tuple[Ints, Ints, Floats]:
    """(origin end, destination facility, items) of pairs with spilled items, the most first."""
    c, s = plan.problem.commodities, plan.problem.sweeps
    spill = plan.spill
    some = np.flatnonzero(spill > 1e-6 * max(plan.problem.items, 1e-12) / max(len(c), 1))
    key = np.stack([c.origin[some], s.end[c.sweep[some]]], axis=1)
    pairs, number = np.unique(key, axis=0, return_inverse=True)
    items = summed(number.ravel(), spill[some], len(pairs))
    order = np.argsort(-items, kind="stable")
    return pairs[order, 0], pairs[order, 1], items[order]
