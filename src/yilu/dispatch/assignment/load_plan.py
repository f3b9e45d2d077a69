"""What hands on the floor follow: for each facility and wave one departure per destination and kind, a named overflow, and which bags are made; and what following it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.ascent import Budget, bound
from yilu.dispatch.assignment.day import Places
from yilu.dispatch.assignment.loading import loaded
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.assignment.pricing import by_sweep
from yilu.dispatch.assignment.problem import AssignmentProblem, Floats, Ints, summed
from yilu.dispatch.assignment.smoothing import parts

_TEMPERATURE = 0.01


@dataclass(frozen=True)
class LoadPlan:
    """Rows (n,): ``wave`` event, ``end`` facility of the destination, ``kind``; the ``primary`` departure event and the ``overflow`` one (-1: none), with the ``items`` of all and those ``by_primary``, ``by_overflow``."""

    wave: Ints
    end: Ints
    kind: Ints
    primary: Ints
    overflow: Ints
    items: Floats
    by_primary: Floats
    by_overflow: Floats

    def __len__(self) -> int:
        return len(self.wave)


@dataclass(frozen=True)
class Bags:
    """Rows (n,): from a ``wave`` event by a ``departure`` event, to be opened at its target: ``items``, of how many ``destinations``."""

    wave: Ints
    departure: Ints
    items: Floats
    destinations: Ints


def load_plan(plan: AssignmentPlan, places: Places) -> LoadPlan:
    """Of what a plan does after each wave, the departure that takes most to each destination and kind, and the one that takes most of the rest."""
    wave, departure, sweep, items = _after_waves(plan, places)
    s = plan.problem.sweeps
    key = np.stack([wave, s.end[sweep], s.kind[sweep], departure], axis=1).astype(np.int64)
    ways, number = np.unique(key, axis=0, return_inverse=True)
    of_way = summed(number.ravel(), items, len(ways))
    order = np.lexsort((ways[:, 3], -of_way, ways[:, 2], ways[:, 1], ways[:, 0]))
    ways, of_way = ways[order], of_way[order]
    new = np.append(True, (ways[1:, :3] != ways[:-1, :3]).any(axis=1)) if len(ways) else np.empty(0, np.bool_)
    first = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    second = np.append(first + 1, 0)[: len(first)]
    has = (second < len(ways)) & (group[np.minimum(second, len(ways) - 1)] == np.arange(len(first)))
    second = np.where(has, second, 0)
    w, e, k, d = (ways[first, i].astype(np.int32) for i in range(4))
    spare = np.where(has, ways[second, 3], -1).astype(np.int32) if len(ways) else d
    by_spare = np.where(has, of_way[second], 0.0) if len(ways) else of_way
    return LoadPlan(w, e, k, d, spare, summed(group, of_way, len(first)), of_way[first], by_spare)


def bagging(plan: AssignmentPlan, places: Places) -> Bags:
    """The bags of each wave: one for each departure that something goes by. As every facility opens and sorts what comes, a bag goes to the next facility."""
    wave, departure, sweep, items = _after_waves(plan, places)
    key = np.stack([wave, departure], axis=1).astype(np.int64)
    bags, number = np.unique(key, axis=0, return_inverse=True)
    different = np.unique(np.stack([number.ravel(), plan.problem.sweeps.end[sweep]], axis=1), axis=0)
    ends = np.bincount(different[:, 0], minlength=len(bags)).astype(np.int32)
    w, d = (bags[:, i].astype(np.int32) for i in range(2))
    return Bags(w, d, summed(number.ravel(), items, len(bags)), ends)


def _after_waves(plan: AssignmentPlan, places: Places) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats]:  # fmt: skip
    """(wave event, departure event, sweep, items) of every departure that follows a wave on a path."""
    f = plan.flows
    path, event = f.path_of_use, f.events.astype(np.int64)
    follows = np.flatnonzero((path[1:] == path[:-1]) & (places.lane[event[:-1]] < 0)) if len(event) else np.empty(0, np.int64)  # fmt: skip
    of_path = path[follows]
    sweep = plan.problem.commodities.sweep[f.commodity[of_path]].astype(np.int64)
    return event[follows], event[follows + 1], sweep, f.items[of_path]


def followed(plan: AssignmentPlan, rows: LoadPlan, places: Places, seed: int = 0) -> AssignmentPlan:
    """What becomes of the day where, to each destination, only departures are used that the load plan names, beside those that leave the ends where items are accepted.

    Its bounds are those of plans without that rule: so its gaps are what the rule costs, and what wasn't proven before.
    """
    of = plan.problem
    restricted = _restricted(of, rows, places)
    order, prices = by_sweep(restricted), plan.prices
    planned = parts(restricted, order, prices, _TEMPERATURE)
    kept = replace(plan, flows=loaded(restricted, order, planned, prices, seed, spare=plan.spilled))
    cost = bound(of, order, replace(prices, cost=1.0), Budget(kept.spilled, kept.late))
    return replace(kept, bounds=replace(plan.bounds, cost=max(cost, 0.0)))


def _restricted(of: AssignmentProblem, rows: LoadPlan, places: Places) -> AssignmentProblem:
    """Each sweep a kind of its own, which may use what its rows name."""
    s, g = of.sweeps, len(of.sweeps)
    sorts = np.isin(places.facility, places.facility[places.lane < 0])
    usable = of.usable[s.kind] & ~((places.lane >= 0) & sorts)[None, :]
    for event in (rows.primary, rows.overflow):
        by_end = np.zeros((g, len(of.events)), np.bool_)
        named = np.flatnonzero(event >= 0)
        key = {(int(e), int(k)): list[int]() for e, k in zip(s.end, s.kind, strict=True)}
        for i, (e, k) in enumerate(zip(s.end, s.kind, strict=True)):
            key[int(e), int(k)].append(i)
        for n in named:
            by_end[key[int(rows.end[n]), int(rows.kind[n])], event[n]] = True
        usable |= by_end & of.usable[s.kind]
    return replace(of, usable=usable, sweeps=replace(s, kind=np.arange(g, dtype=np.int32)))
