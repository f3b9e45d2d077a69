"""What is found: which way the items go, what is proven of it, and how full everything runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yilu.dispatch.assignment.loading import Flows
from yilu.dispatch.assignment.pricing import Prices
from yilu.dispatch.assignment.problem import AssignmentProblem, Floats


@dataclass(frozen=True)
class Bounds:
    """What no plan comes below: items ``spilled``; items ``late``, if no more are spilled than in the plan found; yuan of ``cost``, if no more are spilled or late."""

    spilled: float
    late: float
    cost: float


@dataclass(frozen=True)
class AssignmentPlan:
    """Flows of a problem that keep every capacity, with a bound for each aim. ``prices``: of the bound on the cost: what one item more of room in a row saves, in yuan."""

    problem: AssignmentProblem
    flows: Flows
    bounds: Bounds
    prices: Prices

    @property
    def spill(self) -> Floats:
        """Items of each commodity that find no way (K,)."""
        return np.maximum(self.problem.commodities.items - self.flows.carried(self.problem), 0.0)

    @property
    def spilled(self) -> float:
        """Items that find no way."""
        return float(self.spill.sum())

    @property
    def late(self) -> float:
        """Items that come late."""
        return float(self.flows.items[self.flows.late].sum())

    @property
    def cost(self) -> float:
        """Yuan of all that is carried, waiting included."""
        return float(self.flows.items @ self.flows.cost)

    @property
    def load(self) -> Floats:
        """Items on each row of capacity (R,)."""
        return self.flows.loads(self.problem)

    @property
    def gap_items(self) -> float:
        """The larger of the distances of items spilled and items late from their bounds, as a share of all items."""
        whole = max(self.problem.items, 1e-12)
        return max(self.spilled - self.bounds.spilled, self.late - self.bounds.late, 0.0) / whole

    @property
    def gap_cost(self) -> float:
        """The distance of the cost from its bound, as a share of the cost."""
        return max(self.cost - self.bounds.cost, 0.0) / self.cost if self.cost > 0 else 0.0
