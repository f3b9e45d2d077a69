"""Every commodity whole, on one journey or spilled: exactly where all journeys can be written out, otherwise the largest first within what room is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.ascent import Budget, bound
from yilu.dispatch.assignment.loading import Flows, flows, loaded
from yilu.dispatch.assignment.plan import AssignmentPlan, Bounds
from yilu.dispatch.assignment.pricing import by_sweep
from yilu.dispatch.assignment.problem import DAY, MOST_STEPS, AssignmentProblem, Floats, Ints
from yilu.dispatch.assignment.smoothing import Parts
from yilu.highs import QuietHighs

MOST_JOURNEYS = 20_000
"""So many journeys of all commodities are written out; with more the plan isn't proven."""


@dataclass(frozen=True)
class Unsplit:
    """A plan in which no commodity is split. ``proven``: it is the best such plan; else its bounds are those of plans that split."""

    plan: AssignmentPlan
    proven: bool


def unsplit(split: AssignmentPlan, seed: int = 0) -> Unsplit:
    """The plan of a problem whose commodities go whole, beside one that splits them.

    The programme of ``AssignmentProblem`` with x_p = q_k z_p, z_p 0 or 1, Σ_{p of k} z_p + z_k = 1.
    """
    of = split.problem
    written = written_out(of, MOST_JOURNEYS)
    if written is not None:
        found = _exact(of, written)
        plan = replace(split, flows=found, bounds=Bounds(0.0, 0.0, 0.0))
        return Unsplit(replace(plan, bounds=Bounds(plan.spilled, plan.late, plan.cost)), True)
    order, prices = by_sweep(of), split.prices
    wide = np.empty((0, MOST_STEPS), np.int32)
    none = Parts(wide[:, 0], np.empty(0), wide, wide[:, 0], np.empty(0), np.empty(0))
    plan = replace(split, flows=loaded(of, order, none, prices, seed, whole=True))
    cost = bound(of, order, replace(prices, cost=1.0), Budget(plan.spilled, plan.late))
    return Unsplit(replace(plan, bounds=Bounds(split.bounds.spilled, 0.0, max(cost, 0.0))), False)


def written_out(of: AssignmentProblem, most: int) -> Parts | None:
    """Every journey of every commodity, each with all its items; None where they are more than ``most`` or one is longer than MOST_STEPS."""
    found = list[tuple[int, list[int], bool, float]]()
    for k in range(len(of.commodities)):
        if not _journeys(of, k, most, found):
            return None
    steps = np.zeros((len(found), MOST_STEPS), np.int32)
    for i, (_, events, _, _) in enumerate(found):
        steps[i, : len(events)] = events
    commodity = np.array([f[0] for f in found], np.int32)
    length = np.array([len(f[1]) for f in found], np.int32)
    late, cost = np.array([float(f[2]) for f in found]), np.array([f[3] for f in found])
    return Parts(commodity, of.commodities.items[commodity], steps, length, late, cost)


def _journeys(of: AssignmentProblem, k: int, most: int, found: list[tuple[int, list[int], bool, float]]) -> bool:
    """Add the journeys of commodity ``k``; false where that makes too many."""
    e, c, s = of.events, of.commodities, of.sweeps
    g = int(c.sweep[k])
    due = int(c.days[k]) * DAY + int(s.due[g])
    last = int(c.days[k]) + of.late_days
    ahead = [(int(c.start_days[k]), int(c.start[k]), list[int](), 0.0)]
    looked = 0
    while ahead:
        n, at, used, cost = ahead.pop()
        looked += 1
        if len(found) > most or looked > 20 * most or len(used) >= MOST_STEPS:
            return False
        if at < 0 or n > last:
            continue
        if e.wait[at] >= 0:
            ahead.append((n + int(e.wait_days[at]), int(e.wait[at]), used, cost + of.holding * int(e.wait_minutes[at])))
        if not of.usable[s.kind[g], at]:
            continue
        more = cost + float(e.cost[at])
        if e.end[at] < 0:
            ahead.append((n + int(e.then_days[at]), int(e.then[at]), [*used, at], more))
        elif e.end[at] == s.end[g]:
            there = n * DAY + int(e.arrives[at])
            if there <= due + of.late_days * DAY:
                found.append((k, [*used, at], there > due, more))
    return True


def _exact(of: AssignmentProblem, all_: Parts) -> Flows:
    """The integer programme, one aim after another."""
    k, r, p = len(of.commodities), len(of.capacity), len(all_)
    items = of.commodities.items
    row = np.where(np.arange(MOST_STEPS) < all_.length[:, None], of.events.row[all_.steps], -1)
    start, index, value = [0], list[int](), list[float]()
    for j in range(k):
        index.append(r + j)
        value.append(1.0)
        start.append(len(index))
    for i in range(p):
        rows, times = np.unique(row[i][row[i] >= 0], return_counts=True)
        index += [*rows.tolist(), r + int(all_.commodity[i])]
        value += [*(times * all_.items[i]).tolist(), 1.0]
        start.append(len(index))
    n, inf = k + p, float(highspy.kHighsInf)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, r + k
    lp.col_lower_, lp.col_upper_ = np.zeros(n), np.ones(n)
    lp.row_lower_ = np.concatenate([np.full(r, -inf), np.ones(k)])
    lp.row_upper_ = np.concatenate([of.capacity, np.ones(k)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = start, index, value
    lp.integrality_ = [highspy.HighsVarType.kInteger] * n
    aims = [np.concatenate([items, np.zeros(p)]), np.concatenate([np.zeros(k), all_.items * all_.late]), np.concatenate([np.zeros(k), all_.items * all_.cost])]  # fmt: skip
    lp.col_cost_ = aims[0]
    highs: Any = QuietHighs()
    for option, of_option in (("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-9)):
        highs.setOptionValue(option, of_option)
    highs.passModel(lp)
    taken: Floats = np.zeros(n)
    for aim in aims:
        highs.changeColsCost(n, np.arange(n, dtype=np.int32), aim)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"HiGHS: {highs.getModelStatus()}")
        taken = np.round(np.array(highs.getSolution().col_value))
        some: NDArray[np.int64] = np.flatnonzero(aim)
        most = float(aim @ taken) + 1e-7 * max(1.0, of.items)
        highs.addRow(-inf, most, len(some), some.astype(np.int32), aim[some])
    chosen = taken[k:] * all_.items
    length: Ints = all_.length
    return flows(all_.commodity, chosen, all_.late > 0, all_.cost, all_.steps, length)
