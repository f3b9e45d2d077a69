"""Hubs for a demand that is not known: the least expected cost over scenarios.

With scenarios s of probability π_s and flow w^s there are two questions.

*Hubs and allocation are decided before the demand is known.* One plan (y, z) serves all scenarios:

    min_{y,z}  Σ_s π_s cost(y, z; w^s).

For a fixed plan every term of ``model`` but g is a sum over pairs of flow times something that the plan alone decides: collection, transfer and distribution;
a direct lane, which is taken where a unit is cheaper, whatever the volume; late volume and its penalty; and a hard deadline binds where Σ_s π_s w^s_ij > 0, that is
where anything flows in any scenario. Hence Σ_s π_s cost(y, z; w^s) = cost(y, z; Σ_s π_s w^s): the plan that is best for the mean flow is best for the
expectation, and its bound holds for it (``with_mean_flow``). Only g is not linear: capacities, least loads and congestion look at each scenario's load, so they are
refused there. (With ``waits`` a node that sends in any scenario holds up its hub in all of them, as one timetable for all scenarios does.)

*Hubs are decided before, the allocation after.* Two stages:

    min_y  Σ_s π_s min_z cost(y, z; w^s)

over the hubs y that all scenarios share; every limit holds in each scenario. ``solve_robust``; the method stands in ``linked_bound``.

Sources: Contreras, Cordeau and Laporte (2011), "Stochastic uncapacitated hub location" (EJOR 212), who show the first for multiple allocation; Alumur, Nickel and
Saldanha-da-Gama (2012), "Hub location under uncertainty" (Transportation Research B 46).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from yilu.design.hubs.linked import joined, kept_limits, solve_linked
from yilu.design.hubs.model import Floats, Ints
from yilu.design.hubs.problem import HubError, HubProblem
from yilu.design.stop import Progress, Stop, gap

_MOST = 200
"""Scenarios at most: each holds a dual of its own."""


@dataclass(frozen=True)
class RobustProblem:
    """``problem`` as it is but for its flow; ``flows`` (S, n, n) units a day by scenario, ``probability`` (S,), above 0 and 1 together; S ≤ 200."""

    problem: HubProblem
    flows: Floats
    probability: Floats

    @property
    def scenarios(self) -> tuple[HubProblem, ...]:
        """The problem of each scenario."""
        return tuple(replace(self.problem, flow=np.asarray(flow, np.float64)) for flow in self.flows)


@dataclass(frozen=True)
class RobustPlan:
    """``hubs`` (p,) nodes and ``tiers`` (p,) from 0, for all scenarios; ``allocation`` (S, n) each node's hub by scenario; ``scenario_costs`` (S,); ``cost``, expected;
    ``bound`` that no plan is below; ``trace``: (rounds, cost, bound) as they became better; ``nodes`` of the tree that were bounded."""

    hubs: Ints
    tiers: Ints
    allocation: Ints
    scenario_costs: Floats
    cost: float
    bound: float
    trace: tuple[tuple[int, float, float], ...]
    nodes: int

    @property
    def gap(self) -> float:
        """(cost − bound) / |cost|."""
        return gap(self.cost, self.bound)


def with_mean_flow(robust: RobustProblem) -> HubProblem:
    """The problem that ``solve`` answers for one plan, hubs and allocation, in all scenarios: cost and bound are those of the expectation.

    Raises HubError for scenarios that cannot be, and where capacities, least loads or congestion make cost depend on each scenario's loads.
    """
    _check(robust)
    for name in ("capacity", "least", "congestion"):
        if getattr(robust.problem, name) is not None:
            raise HubError(
                f"{name} is given: its expectation is not its value under the mean flow",
                next_step="Leave it out, or let nodes be allocated by scenario (solve_robust).",
            )
    return replace(robust.problem, flow=np.asarray(np.tensordot(robust.probability, robust.flows, axes=1)))


def solve_robust(
    robust: RobustProblem, stop: Stop, seed: int = 0, report: Callable[[Progress], None] = lambda progress: None
) -> RobustPlan:
    """The best hubs found for all scenarios, with an allocation for each, until ``stop`` says so or none can be better, with a proven bound.

    ``report`` hears of every better plan and bound. The same seed and a stop that counts rounds give the same plan. Raises HubError for scenarios that cannot be,
    where there is no plan, or none was found that keeps capacities and deadlines in every scenario.
    """
    _check(robust)
    weight = np.asarray(robust.probability, np.float64)
    solved = solve_linked(joined(robust.scenarios, weight, stays=False), stop, seed, report)
    kept_limits(robust.scenarios, solved, "scenario")
    model, plan = solved.linked.models[0], solved.plan
    hubs = np.flatnonzero(plan.since < solved.linked.never)
    return RobustPlan(
        model.node[hubs], model.tier[hubs], model.node[plan.at], plan.costs, plan.cost, solved.bound, solved.trace, solved.nodes
    )  # fmt: skip


def _check(robust: RobustProblem) -> None:
    n, flows, probability = len(robust.problem.flow), robust.flows, robust.probability
    if (
        flows.ndim != 3
        or flows.shape[1:] != (n, n)
        or probability.shape != (len(flows),)
        or not 0 < len(flows) <= _MOST
    ):
        raise HubError(
            f"flows has shape {flows.shape} and probability {probability.shape}: expected (S, {n}, {n}) and (S,), S from 1 to {_MOST}"
        )
    if not (np.isfinite(probability).all() and (probability > 0).all() and abs(probability.sum() - 1.0) <= 1e-9):
        raise HubError(f"probability is {probability.tolist()}: expected numbers above 0 that are 1 together")
    bad = np.argwhere(~np.isfinite(flows) | (flows < 0))
    if len(bad):
        s, i, j = bad[0].tolist()
        raise HubError(f"flows[{s}, {i}, {j}] is {flows[s, i, j]}: expected a finite number, 0 or more")
