"""Prices by ascent of the smoothed dual, colder step by step: limited-memory quasi-Newton steps within prices of 0 or more (Byrd, Lu, Nocedal and Zhu 1995, L-BFGS-B).

The Lagrangean dual of the programme with budgets S of items spilled and L of items late: D(π, σ, λ) = Σ_k q_k min(σ, least price of a journey) - Σ_r K_r π_r - σ S - λ L, where a late journey costs λ
more. For whatever π, σ, λ ≥ 0 it is a lower bound on the cost of every plan that spills S items at most and brings L at most late. With σ = 1 and nothing else priced it bounds the items spilled, with
λ = 1 and a budget S those that are late. So each of the three aims has a bound of its own, from prices that are right for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from yilu.dispatch.assignment.pricing import Prices, Sorted, values
from yilu.dispatch.assignment.problem import AssignmentProblem
from yilu.dispatch.assignment.smoothing import spread

Told = Callable[[Prices], bool]
"""Called after each step with its prices; true to stop."""


_CONVERGED = 4
"""A run that looks no oftener has nothing left to climb."""


class _Stopped(Exception):
    """The ascent is asked to stop at some prices."""

    def __init__(self, prices: Prices) -> None:
        super().__init__()
        self.prices = prices


@dataclass(frozen=True)
class Budget:
    """Items that may be spilled and late at most, whose prices σ and λ are then found too; None: ``Prices`` hold the price, and no budget."""

    spilled: float | None = None
    late: float | None = None


def bound(of: AssignmentProblem, order: Sorted, prices: Prices, budget: Budget) -> float:
    """D: what every plan within the budget costs at least, in the units of the prices."""
    whole = float(of.commodities.items @ values(of, order, prices)) - float(of.capacity @ prices.rows)
    return whole - prices.spill * (budget.spilled or 0.0) - prices.late * (budget.late or 0.0)


def ascended(of: AssignmentProblem, order: Sorted, prices: Prices, budget: Budget, temperature: float, most: int, told: Told) -> Prices:  # fmt: skip
    """Prices at which the dual, smoothed at a ``temperature``, is about greatest; ``most`` looks at it. Prices of spilling and lateness move where they have a budget."""
    r, whole = len(of.capacity), max(of.items, 1e-12)
    moving = [x is not None for x in (budget.spilled, budget.late)]
    rooms = np.concatenate([of.capacity, [max(b or 0.0, 1e-3 * whole) for b in (budget.spilled, budget.late)]])
    scale = np.sqrt(np.maximum(rooms, 1e-9))
    scale /= scale.mean()
    upper = np.where(np.arange(r + 2) < r, np.inf, np.where([True] * r + moving, np.inf, 0.0))

    def at(y: np.ndarray) -> Prices:
        x = y / scale
        return replace(prices, rows=x[:r], spill=float(x[r]) if moving[0] else prices.spill, late=float(x[r + 1]) if moving[1] else prices.late)  # fmt: skip

    def falling(y: np.ndarray) -> tuple[float, np.ndarray]:
        p = at(y)
        found = spread(of, order, p, temperature)
        budgets = np.array([budget.spilled or 0.0, budget.late or 0.0])
        value = found.value - float(of.capacity @ p.rows) - float(budgets @ np.where(moving, [p.spill, p.late], 0.0))
        gap = np.concatenate([of.capacity - found.loads, np.where(moving, budgets - [found.spilled, found.late], 0.0)])
        return -value / whole, gap / scale / whole

    def step(intermediate_result: OptimizeResult) -> None:
        here = at(np.maximum(intermediate_result.x, 0.0))
        if told(here):
            raise _Stopped(here)

    x = np.concatenate([prices.rows, np.where(moving, [prices.spill, prices.late], 0.0)]) * scale
    bounds, left = list(zip(np.zeros(r + 2), upper, strict=True)), most
    # A line search that fails ends the method long before the top: begun anew, without what it remembers of the curvature, it goes on.
    while left > 0:
        options = {"maxfun": left, "maxiter": left, "maxcor": 20, "ftol": 1e-10, "gtol": 1e-12}
        try:
            found = minimize(falling, x, jac=True, method="L-BFGS-B", bounds=bounds, callback=step, options=options)
        except _Stopped as stopped:
            return stopped.prices
        x, left = found.x, left - max(found.nfev, 1)
        if found.nfev <= _CONVERGED:
            break
    return at(np.maximum(x, 0.0))
