"""A day assigned: prices by ascent, a plan from what spreads at them, a bound for each aim; small problems closed by columns, so that nothing is left between plan and bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from yilu.dispatch.assignment.ascent import Budget, ascended, bound
from yilu.dispatch.assignment.columns import closed
from yilu.dispatch.assignment.loading import loaded, nothing
from yilu.dispatch.assignment.plan import AssignmentPlan, Bounds
from yilu.dispatch.assignment.pricing import Prices, Sorted, by_sweep
from yilu.dispatch.assignment.problem import AssignmentProblem
from yilu.dispatch.assignment.smoothing import parts

SPILL_YUAN, LATE_YUAN, LATE_BESIDE, COST_BESIDE = 500.0, 200.0, 5.0, 0.2
"""What a spilled and, as the aim, a late item are taken to cost while plans are looked for; what a late item counts beside spilled ones, and a yuan beside either: enough to tell ways apart. No bound rests on these, but each is
the weaker the more the aims that come after it count: two yuan an item of all that is carried are worth many items spilled."""
_SMALL = 3_000
"""So many commodities are closed by columns."""
_LOW_SPILL, _LOW_LATE = 40.0, 8.0
_GIVEN_UP, _GIVEN_UP_OF_LEAST = 0.007, 0.1
"""An aim gives up to the next 10 % of what can't be helped, 0.7 % of all items at most: the last items not spilled would cost more than all else."""
_NEAR = 0.008
"""Plans whose items spilled, or late, differ by less than this share of all are judged by the next aim."""


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


Looks = tuple[tuple[float, int], ...]
Stop = Callable[[Progress], bool]
"""Looked at after every step; true ends the run with what is found so far. A plan and its bounds are made all the same."""


@dataclass(frozen=True)
class Effort:
    """How long it is looked: (temperature in yuan, looks at the dual) one after another, for least spilled, then least late, then least cost."""

    spilled: Looks = ((4.0, 120), (2.0, 200), (1.0, 200), (0.3, 200))
    late: Looks = ((1.0, 100), (0.3, 100), (0.1, 150))
    cost: Looks = ((2.0, 80), (0.5, 120), (0.1, 200), (0.03, 350), (0.01, 450), (0.003, 1000))


def _never(_: Progress) -> bool:
    return False


def solve(of: AssignmentProblem, stop: Stop = _never, seed: int = 0, effort: Effort | None = None) -> AssignmentPlan:
    """Assign the items of a day: least spilled, then least late, then least cost (``AssignmentProblem``).

    The same ``seed`` gives the same plan, however many cores there are, unless ``stop`` ends it by a clock. Raises InputError for a problem with a journey of too many events.
    """
    run = _Run(of, by_sweep(of), stop, seed, effort or Effort())
    return run.by_columns() if len(of.commodities) <= _SMALL else run.by_prices()


class _Run:
    """One run: what it has found so far, and whether it is to stop."""

    def __init__(self, of: AssignmentProblem, order: Sorted, stop: Stop, seed: int, effort: Effort) -> None:
        self._of, self._order, self._stop, self._seed, self._effort = of, order, stop, seed, effort
        steps = sum(n for part in (effort.spilled, effort.late, effort.cost) for _, n in part)
        self._known, self._stopped = Progress("spilled", 0, steps), False

    def _tell(self, step: str) -> bool:
        self._known = replace(self._known, step=step, done=min(self._known.done + 1, self._known.of))
        self._stopped = self._stopped or self._stop(self._known)
        return self._stopped

    def by_columns(self) -> AssignmentPlan:
        """Plan and bounds that meet, by columns from nothing on."""
        self._known = replace(self._known, step="columns", of=0)
        found = closed(self._of, nothing(), lambda: not self._tell("columns"))
        return AssignmentPlan(self._of, found.flows, Bounds(found.spilled, found.late, found.cost), found.prices)

    def by_prices(self) -> AssignmentPlan:
        """A plan for each aim, with what the ones before came to as budgets; of these the best, and the bounds for its values."""
        effort, zero = self._effort, Prices(np.zeros(len(self._of.capacity)), SPILL_YUAN, LATE_BESIDE, COST_BESIDE)
        for_spilled = self._ascended("spilled", zero, Budget(), effort.spilled)
        plan = self._loaded(for_spilled[-1], effort.spilled, 0.0, None, for_spilled)
        most = self._given_up(plan.spilled, plan.bounds.spilled)
        begun = replace(for_spilled[-1], late=LATE_YUAN)
        for_late = self._ascended("late", begun, Budget(spilled=most), effort.late)
        plan = self._loaded(for_late[-1], effort.late, most, plan, for_spilled + for_late)
        # With room in the budgets prices are far lower: those of the aims before would only stand in the way.
        low = Prices(np.minimum(for_late[-1].rows, _LOW_SPILL), _LOW_SPILL, _LOW_LATE, 1.0)
        spare = max(most, plan.spilled)
        budget = Budget(spare, self._given_up(plan.late, plan.late))
        for_cost = self._ascended("cost", low, budget, effort.cost)
        plan = self._loaded(for_cost[-1], effort.cost, spare, plan, for_spilled + for_late + for_cost)
        self._stop(self._known)
        return plan

    def _given_up(self, found: float, least: float) -> float:
        """The budget for the aims that follow: what was found, or a little more than what can't be helped, if that is more."""
        return max(found, least + min(_GIVEN_UP * self._of.items, _GIVEN_UP_OF_LEAST * least))

    def _ascended(self, step: str, prices: Prices, budget: Budget, looks: Looks) -> list[Prices]:
        """The prices that the ascent comes to at each temperature; those it begins with where it is stopped."""
        found = [prices]
        for temperature, most in looks:
            if not self._stopped:
                found.append(ascended(self._of, self._order, found[-1], budget, temperature, most, lambda _: self._tell(step)))  # fmt: skip
        return found

    def _loaded(self, prices: Prices, looks: Looks, spare: float, other: AssignmentPlan | None, proving: list[Prices]) -> AssignmentPlan:  # fmt: skip
        """The plan that prices lead to, with ``spare`` items that may be spilled, or the other where that is better; with the best bounds that any of the prices so far prove for it."""
        of, order = self._of, self._order
        planned = parts(of, order, prices, looks[-1][0])
        plan = AssignmentPlan(
            of, loaded(of, order, planned, prices, self._seed, spare=spare), Bounds(0.0, 0.0, 0.0), prices
        )
        if other is not None and _better(other, plan):
            plan = replace(plan, flows=other.flows)
        spilled = max(bound(of, order, aimed(p, 0), Budget()) for p in proving)
        late = max(bound(of, order, aimed(p, 1), Budget(plan.spilled)) for p in proving)
        of_cost = [bound(of, order, aimed(p, 2), Budget(plan.spilled, plan.late)) for p in proving]
        bounds = Bounds(max(spilled, 0.0), max(late, 0.0), max(*of_cost, 0.0))
        plan = replace(plan, bounds=bounds, prices=proving[int(np.argmax(of_cost))])
        self._known = replace(self._known, spilled=plan.spilled, late=plan.late, cost=plan.cost, bounds=bounds)
        return plan


def aimed(prices: Prices, aim: int) -> Prices:
    """Prices in the units of an aim, with nothing else priced but what stands before it: 0 spilled, 1 late, 2 cost."""
    # In units of next to nothing prices would be so large that rounding lifts a bound above what it bounds.
    least = 1e-6 * max(float(prices.rows.max(initial=0.0)), prices.spill, 1e-6)
    if aim == 0:
        return Prices(prices.rows / max(prices.spill, least), 1.0, 0.0, 0.0)
    if aim == 1:
        unit = max(prices.late, least)
        return Prices(prices.rows / unit, prices.spill / unit, 1.0, 0.0)
    return replace(prices, cost=1.0)


def _better(one: AssignmentPlan, other: AssignmentPlan) -> bool:
    """Whether a plan is better than another by more than so little that the next aim should decide."""
    near = _NEAR * one.problem.items
    for a, b in ((one.spilled, other.spilled), (one.late, other.late)):
        if abs(a - b) > near:
            return a < b
    return one.cost < other.cost
