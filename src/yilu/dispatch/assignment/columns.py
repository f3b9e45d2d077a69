"""Closed by columns: the linear programme over journeys in HiGHS, which asks the sweeps for cheaper ones until there are none (Dantzig and Wolfe 1960; Ford and Fulkerson 1958).

The three aims one after another, each with the others' values as budgets. All of a small problem, or those commodities of a large one whose journeys touch full rows, within the room that the others leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.ascent import Budget, bound
from yilu.dispatch.assignment.loading import Flows, flows, nothing
from yilu.dispatch.assignment.pricing import Prices, by_sweep, journeys
from yilu.dispatch.assignment.problem import MOST_STEPS, AssignmentProblem, Floats, Ints
from yilu.highs import QuietHighs

_NEAR = 1e-9
_ROUNDS = 400
_INF = float(highspy.kHighsInf)


@dataclass(frozen=True)
class Closed:
    """Flows, and what was proven of each aim (items spilled, items late given those, cost given both), with the prices that prove it."""

    flows: Flows
    spilled: float
    late: float
    cost: float
    prices: Prices


def closed(of: AssignmentProblem, begun: Flows, goes_on: Callable[[], bool]) -> Closed:
    """The best flows that split, from ``begun`` flows on; proven optimal where ``goes_on`` lets it end by itself."""
    order, master = by_sweep(of), _Master(of)
    length = np.diff(begun.first).astype(np.int32)
    steps = np.zeros((len(begun), MOST_STEPS), np.int32)
    steps[np.arange(MOST_STEPS) < length[:, None]] = begun.events
    master.add(begun.commodity, begun.late, begun.cost, steps, length)
    budget, bounds = Budget(), list[float]()
    prices = Prices(np.zeros(len(of.capacity)), 1.0, 0.0, 0.0)
    for aim in range(3):
        best = -np.inf
        for _ in range(_ROUNDS):
            prices, dear = master.solved(aim, budget)
            best = max(best, bound(of, order, prices, budget))
            if not goes_on():
                break
            found = journeys(of, order, prices)
            short = 1e-7 * max(1.0, prices.spill)
            new = np.flatnonzero(~found.spilled & (found.value < dear - short))
            if not master.add(new.astype(np.int32), found.late[new], found.cost[new], found.steps[new], found.length[new]):  # fmt: skip
                break
        bounds.append(max(best, 0.0))
        if aim == 0:
            budget = Budget(spilled=master.value(0))
        elif aim == 1:
            budget = Budget(budget.spilled, master.value(1))
    spilled, late, cost = bounds
    return Closed(master.flows(), spilled, late, cost, prices)


class _Master:
    """The linear programme over the journeys known so far. Columns: spilling of each commodity, then journeys; rows: capacities, commodities, the two budgets."""

    def __init__(self, of: AssignmentProblem) -> None:
        self._of, self._k, self._r = of, len(of.commodities), len(of.capacity)
        self._known = set[tuple[int, bytes]]()
        self._commodity, self._late, self._cost = list[Ints](), list[NDArray[np.bool_]](), list[Floats]()
        self._steps, self._length = list[Ints](), list[Ints]()
        self._highs: Any = QuietHighs()
        items = of.commodities.items
        lower = np.concatenate([np.full(self._r, -_INF), items, [-_INF, -_INF]])
        upper = np.concatenate([of.capacity, items, [_INF, _INF]])
        none, empty = np.empty(0), np.empty(0, np.int32)
        self._highs.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), np.int32), empty, none)
        each = np.arange(self._k, dtype=np.int32)
        index = np.stack([self._r + each, np.full(self._k, self._r + self._k)], axis=1).ravel().astype(np.int32)
        self._highs.addCols(self._k, np.ones(self._k), np.zeros(self._k), np.full(self._k, _INF), 2 * self._k, 2 * each, index, np.ones(2 * self._k))  # fmt: skip

    def add(self, commodity: Ints, late: NDArray[np.bool_], cost: Floats, steps: Ints, length: Ints) -> int:
        """Add journeys (P,) that aren't known yet; how many."""
        keys = [(int(k), steps[i, : length[i]].tobytes()) for i, k in enumerate(commodity)]
        new = np.array([i for i, key in enumerate(keys) if key not in self._known], np.int64)
        self._known.update(keys)
        if not len(new):
            return 0
        steps = np.pad(steps, ((0, 0), (0, MOST_STEPS - steps.shape[1])))
        for held, column in zip((self._commodity, self._late, self._cost, self._steps, self._length), (commodity, late, cost, steps, length), strict=True):  # fmt: skip
            held.append(column[new])  # type: ignore[attr-defined,index]
        inside = np.arange(MOST_STEPS) < length[new, None]
        row = np.where(inside, self._of.events.row[np.where(inside, steps[new], 0)], -1)
        start, index, value = [0], list[int](), list[float]()
        for i, own in enumerate(new):
            rows, times = np.unique(row[i][row[i] >= 0], return_counts=True)
            index += [*rows.tolist(), self._r + int(commodity[own])]
            value += [*times.astype(float).tolist(), 1.0]
            if late[own]:
                index.append(self._r + self._k + 1)
                value.append(1.0)
            start.append(len(index))
        n = len(new)
        self._highs.addCols(n, np.zeros(n), np.zeros(n), np.full(n, _INF), len(index), np.array(start[:-1], np.int32), np.array(index, np.int32), np.array(value))  # fmt: skip
        return n

    def solved(self, aim: int, budget: Budget) -> tuple[Prices, Floats]:
        """Solve for an aim (0 spilled, 1 late, 2 cost) within a budget: the prices, and what each commodity's best known journey costs at them (K,)."""
        late = np.concatenate([np.empty(0, np.bool_), *self._late])
        cost = np.concatenate([np.empty(0), *self._cost])
        spill = np.full(self._k, float(aim == 0))
        costs = np.concatenate([spill, (np.zeros(len(cost)), late.astype(float), cost)[aim]])
        self._highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
        room = _NEAR * max(self._of.items, 1.0)
        for row, most in ((self._r + self._k, budget.spilled), (self._r + self._k + 1, budget.late)):
            self._highs.changeRowBounds(row, -_INF, _INF if most is None else most + room)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"HiGHS: {self._highs.getModelStatus()}")
        dual = -np.array(self._highs.getSolution().row_dual)
        rows, dear = np.maximum(dual[: self._r], 0.0), -dual[self._r : self._r + self._k]
        sigma, lam = np.maximum(dual[-2:], 0.0)
        spill_price, late_price = (1.0 if aim == 0 else sigma), (0.0, 1.0, lam)[aim]
        return Prices(rows, float(spill_price), float(late_price), float(aim == 2)), dear

    def _items(self) -> Floats:
        return np.asarray(np.maximum(np.array(self._highs.getSolution().col_value), 0.0), np.float64)

    def value(self, aim: int) -> float:
        """Items spilled (0) or late (1) of the last solution."""
        x = self._items()
        return float(x[: self._k].sum() if aim == 0 else x[self._k :] @ np.concatenate(self._late).astype(float) if self._late else 0.0)  # fmt: skip

    def flows(self) -> Flows:
        """The last solution."""
        if not self._late:
            return nothing()
        commodity, steps, length = (np.concatenate(x) for x in (self._commodity, self._steps, self._length))
        late, cost = np.concatenate(self._late), np.concatenate(self._cost)
        return flows(commodity, self._items()[self._k :], late, cost, steps, length)
