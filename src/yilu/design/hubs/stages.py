"""Hubs that open in stages, say years: none closes again, and what each stage costs counts with its weight.

    min  Σ_s π_s cost_s(y_s, z_s)   s.t.  (y_s, z_s) a plan of stage s,   y_s ≤ y_(s+1)   for all labels

Each stage is a hub problem of its own: its flow, its number of hubs p_1 ≤ p_2 ≤ …, and in ``fixed`` what an open site costs in that stage's time, land and automation
by the year. A site that already stands is ``required`` from the first stage on, with fixed cost 0 where all of it is sunk. A hub keeps its tier. Weights π_s
are, say, years times the discount of money.

*Bound.* The sum of the stages' own bounds, each planned for itself, is one, since nested plans are plans of each stage; prices on y_s ≤ y_(s+1) raise it (``linked_bound``).
*Search.* Forward, each stage best with what already stands; backward from the last stage, each stage's hubs among those of the next; then interchanges that give a hub's
date to another site, or exchange the dates of two.

Sources: multi-period hub location of Gelareh, Neamatian Monemi and Nickel (2015, Transportation Research E 75) and Alumur, Nickel, Saldanha-da-Gama and
Seçerdin (2016, Annals of Operations Research 246).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yilu.design.hubs.linked import joined, kept_limits, solve_linked
from yilu.design.hubs.model import Floats, Ints
from yilu.design.hubs.problem import HubError, HubProblem
from yilu.design.stop import Progress, Stop, gap

_MOST = 60
"""Stages at most: each holds a dual of its own."""


@dataclass(frozen=True)
class StagedProblem:
    """``stages`` in order, over the same nodes and tiers, and ``weight`` (S,) of each one's cost, above 0; S ≤ 60."""

    stages: tuple[HubProblem, ...]
    weight: Floats


@dataclass(frozen=True)
class StagedPlan:
    """``hubs`` (p,) nodes of the last stage, ``tiers`` (p,) from 0 and ``opens`` (p,) the stage from which each is open, from 0; ``allocation`` (S, n) each node's hub by
    stage; ``stage_costs`` (S,); ``cost``, weighted; ``bound`` that no plan is below; ``trace``: (rounds, cost, bound) as they became better; ``nodes`` of the tree."""

    hubs: Ints
    tiers: Ints
    opens: Ints
    allocation: Ints
    stage_costs: Floats
    cost: float
    bound: float
    trace: tuple[tuple[int, float, float], ...]
    nodes: int

    @property
    def gap(self) -> float:
        """(cost − bound) / |cost|."""
        return gap(self.cost, self.bound)


def solve_stages(
    staged: StagedProblem, stop: Stop, seed: int = 0, report: Callable[[Progress], None] = lambda progress: None
) -> StagedPlan:
    """The best order of opening found until ``stop`` says so or none can be better, with a proven bound.

    ``report`` hears of every better plan and bound. The same seed and a stop that counts rounds give the same plan. Raises HubError for stages that cannot be, numbers
    of hubs that fall, where there is no plan, or none was found that keeps capacities and deadlines in every stage.
    """
    weight = np.asarray(staged.weight, np.float64)
    if not 0 < len(staged.stages) <= _MOST or weight.shape != (len(staged.stages),):
        raise HubError(
            f"{len(staged.stages)} stages and weights of shape {weight.shape}: expected as many, from 1 to {_MOST}"
        )
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        raise HubError(f"weight is {weight.tolist()}: expected numbers above 0")
    solved = solve_linked(joined(staged.stages, weight, stays=True), stop, seed, report)
    kept_limits(staged.stages, solved, "stage")
    model, plan = solved.linked.models[0], solved.plan
    hubs = np.flatnonzero(plan.since < solved.linked.never)
    return StagedPlan(
        model.node[hubs], model.tier[hubs], plan.since[hubs], model.node[plan.at], plan.costs, plan.cost, solved.bound, solved.trace, solved.nodes
    )  # fmt: skip
