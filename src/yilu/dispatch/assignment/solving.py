"""A day assigned: prices by ascent, a plan from what spreads at them, a bound for each aim; small problems closed by columns, so that nothing is left between plan and bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from yilu.dispatch.assignment.ascent import Budget, ascended, bound
from yilu.dispatch.assignment.columns import closed
from yilu.dispatch.assignment.loading import Flows, loaded
from yilu.dispatch.assignment.plan import AssignmentPlan, Bounds
from yilu.dispatch.assignment.pricing import Prices, Sorted, by_sweep
from yilu.dispatch.assignment.problem import AssignmentProblem
from yilu.dispatch.assignment.smoothing import parts

SPILL_YUAN, LATE_YUAN = 200.0, 20.0
"""What a spilled and a late item are taken to cost while plans are looked for; no bound rests on it."""
_SMALL = 3_000
"""So many commodities are closed by columns."""
_PARTS = 400_000


_UNKNOWN = Bounds(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Progress:
    """How far a run is: its ``step``, how many there are, and what is known: the plan's ``spilled``, ``late``, ``cost`` and the bounds of these (NaN: not yet)."""

    step: str
    done: int
    of: int
    spilled: float = float("nan")
    late: float = float("nan")
    cost: float = float("nan")
    bounds: Bounds = _UNKNOWN


Stop = Callable[[Progress], bool]
"""Looked at after every step; true ends the run with what is found so far. A plan and its bounds are made all the same."""


@dataclass(frozen=True)
class Effort:
    """How long it is looked: (temperature in yuan, looks at the dual) one after another for the plan, and for the bounds of spilled, late and cost."""

    plan: tuple[tuple[float, int], ...] = ((2.0, 60), (0.5, 80), (0.1, 120), (0.03, 120))
    spilled: tuple[tuple[float, int], ...] = ((1.0, 80), (0.3, 60))
    late: tuple[tuple[float, int], ...] = ((0.5, 80), (0.1, 60))
    cost: tuple[tuple[float, int], ...] = ((0.03, 120), (0.01, 150), (0.004, 150))


def _never(_: Progress) -> bool:
    return False


def solve(of: AssignmentProblem, stop: Stop = _never, seed: int = 0, effort: Effort | None = None) -> AssignmentPlan:
    """Assign the items of a day: least spilled, then least late, then least cost (``AssignmentProblem``).

    The same ``seed`` gives the same plan, however many cores there are, unless ``stop`` ends it by a clock. Raises InputError for a problem whose journeys have no end.
    """
    run = _Run(of, by_sweep(of), stop, seed, effort or Effort())
    first = run.first()
    if len(of.commodities) <= _SMALL:
        return run.closed(first)
    return run.bounded(first)


class _Run:
    """One run: what it has found so far, and whether it is to stop."""

    def __init__(self, of: AssignmentProblem, order: Sorted, stop: Stop, seed: int, effort: Effort) -> None:
        self._of, self._order, self._stop, self._seed, self._effort = of, order, stop, seed, effort
        self._steps = sum(n for part in (effort.plan, effort.spilled, effort.late, effort.cost) for _, n in part)
        self._done, self._stopped = 0, False
        self._known = Progress("plan", 0, self._steps)

    def _tell(self, step: str) -> bool:
        self._done += 1
        self._known = replace(self._known, step=step, done=min(self._done, self._steps))
        self._stopped = self._stopped or self._stop(self._known)
        return self._stopped

    def _ascend(self, step: str, prices: Prices, budget: Budget, looks: tuple[tuple[float, int], ...]) -> Prices:
        for temperature, most in looks:
            if self._stopped:
                break
            prices = ascended(self._of, self._order, prices, budget, temperature, most, lambda _: self._tell(step))
        return prices

    def _loaded(self, prices: Prices, temperature: float) -> Flows:
        chunk = self._of.items / _PARTS
        return loaded(self._of, self._order, parts(self._of, self._order, prices, temperature, chunk), prices, self._seed)  # fmt: skip

    def first(self) -> AssignmentPlan:
        """A plan, with the bounds that its prices give."""
        zero = Prices(np.zeros(len(self._of.capacity)), SPILL_YUAN, LATE_YUAN, 1.0)
        looks = self._effort.plan
        prices = self._ascend("plan", zero, Budget(), looks)
        plan = self._with_bounds(self._loaded(prices, looks[-1][0]), prices, Bounds(0.0, 0.0, 0.0))
        return plan

    def _with_bounds(self, found: Flows, prices: Prices, known: Bounds) -> AssignmentPlan:
        """A plan with the best of known bounds and those that prices give for its values. ``known``: a bound on late and cost must be for budgets no smaller than the plan's."""
        plan = AssignmentPlan(self._of, found, known, prices)
        pure = (
            replace(prices, rows=prices.rows / prices.spill, spill=1.0, late=0.0, cost=0.0) if prices.spill else prices
        )
        spilled = max(known.spilled, bound(self._of, self._order, pure, Budget()))
        late, cost = self._late_bound(plan, prices), self._cost_bound(plan, prices)
        bounds = Bounds(spilled, max(known.late, late), max(known.cost, cost))
        self._known = replace(self._known, spilled=plan.spilled, late=plan.late, cost=plan.cost, bounds=bounds)
        return replace(plan, bounds=bounds)

    def _late_bound(self, plan: AssignmentPlan, prices: Prices) -> float:
        if not prices.late:
            return 0.0
        unit = Prices(prices.rows / prices.late, prices.spill / prices.late, 1.0, 0.0)
        return bound(self._of, self._order, unit, Budget(spilled=plan.spilled))

    def _cost_bound(self, plan: AssignmentPlan, prices: Prices) -> float:
        return bound(self._of, self._order, replace(prices, cost=1.0), Budget(plan.spilled, plan.late))

    def closed(self, plan: AssignmentPlan) -> AssignmentPlan:
        """The plan brought to its bounds by columns."""
        found = closed(self._of, plan.flows, lambda: not self._tell("columns"))
        return AssignmentPlan(self._of, found.flows, Bounds(found.spilled, found.late, found.cost), found.prices)

    def bounded(self, plan: AssignmentPlan) -> AssignmentPlan:
        """The plan with bounds from prices that are right for each aim, and a cheaper plan from those of the cost."""
        effort, prices, bounds = self._effort, plan.prices, plan.bounds
        if plan.spilled > 0:
            dear = replace(prices, rows=prices.rows * 10, spill=prices.spill * 10, late=prices.late)
            found = self._ascend("spilled", dear, Budget(), effort.spilled)
            pure = Prices(found.rows / found.spill, 1.0, 0.0, 0.0)
            bounds = replace(bounds, spilled=max(bounds.spilled, bound(self._of, self._order, pure, Budget())))
        budget = Budget(plan.spilled, plan.late)
        found = self._ascend("cost", prices, budget, effort.cost)
        cheaper = self._with_bounds(self._loaded(found, effort.cost[-1][0]), found, replace(bounds, late=0.0, cost=0.0))
        if plan.spilled + plan.late < cheaper.spilled + cheaper.late - 0.002 * self._of.items:
            cheaper = self._with_bounds(plan.flows, found, replace(bounds, late=0.0, cost=0.0))
        plan = cheaper
        if plan.late > 0:
            late = self._ascend("late", replace(found, late=LATE_YUAN * 10), Budget(spilled=plan.spilled), effort.late)
            plan = replace(plan, bounds=replace(plan.bounds, late=max(plan.bounds.late, self._late_bound(plan, late))))
        self._known = replace(self._known, spilled=plan.spilled, late=plan.late, cost=plan.cost, bounds=plan.bounds)
        self._stop(self._known)
        return plan
