"""What a plan costs and which pairs are late, in plain numpy from the definitions: nothing here shares code with search, dual or branching."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yilu.design.hubs.problem import HubProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def cost_parts(problem: HubProblem, allocation: Ints, tiers: Ints) -> dict[str, float]:
    """What a plan costs, by part: direct lanes, collection, transfer, distribution, fixed, congestion; and ``late_volume``, the flow that misses its deadline.

    ``allocation`` (n,) each node's hub; ``tiers`` (n,) the tier of each node's hub.
    """
    n = len(problem.flow)
    nodes = np.arange(n)
    flow, hub = problem.flow, allocation
    over, past = ways(problem, allocation, tiers)
    direct_cost = 0.0 if problem.direct is None else float((flow[past] * problem.direct[past]).sum())
    flow = np.where(past, 0.0, flow)
    access = 1.0 if problem.access is None else problem.access[tiers]
    parts = {
        "direct": direct_cost,
        "collection": float((flow.sum(axis=1) * problem.collection[nodes, hub] * access).sum()),
        "transfer": float((flow * over).sum()),
        "distribution": float((flow.sum(axis=0) * problem.distribution[hub, nodes] * access).sum()),
        "fixed": 0.0, "congestion": 0.0, "late_volume": 0.0,
    }  # fmt: skip
    opened = np.unique(hub)
    tier_of = np.zeros(n, np.int64)
    tier_of[hub] = tiers
    if problem.fixed is not None:
        parts["fixed"] = float(sum(problem.fixed[k, tier_of[k]] for k in opened))
    if problem.congestion is not None:
        load = np.bincount(hub, weights=problem.flow.sum(axis=1), minlength=n)[opened]
        knees = np.append(problem.congestion.knees, np.inf)
        for low, high, slope in zip(knees[:-1], knees[1:], problem.congestion.slopes, strict=True):
            parts["congestion"] += float((slope * np.clip(np.minimum(load, high) - low, 0, None)).sum())
    parts["late_volume"] = float((flow * late_pairs(problem, allocation, tiers)).sum())
    return parts


def ways(problem: HubProblem, allocation: Ints, tiers: Ints) -> tuple[Floats, Bools]:
    """(n, n) cost a unit between the hubs of i and j, after the discount; (n, n) bool: pairs that take their direct lane, which is cheaper than the way over hubs (none in mode ``volume``)."""
    n, hub = len(problem.flow), allocation
    nodes = np.arange(n)
    discount = problem.discount[tiers[:, None], tiers[None, :]]
    over = discount * problem.transfer[hub[:, None], hub[None, :]] * (hub[:, None] != hub[None, :])
    access = 1.0 if problem.access is None else problem.access[tiers]
    by_hub = (problem.collection[nodes, hub] * access)[:, None] + over + problem.distribution[hub, nodes] * access
    direct = np.full((n, n), np.inf) if problem.direct is None or not counts_money(problem) else problem.direct
    return over, (direct < by_hub) & ~np.eye(n, dtype=np.bool_)


def late_pairs(problem: HubProblem, allocation: Ints, tiers: Ints) -> Bools:
    """(n, n): pairs over hubs that miss their deadline, whether anything flows or not; none where there are no deadlines."""
    late, n, hub = problem.deadlines, len(problem.flow), allocation
    if late is None:
        return np.zeros((n, n), np.bool_)
    nodes = np.arange(n)
    ready = late.collect[nodes, hub] + late.handling[hub]
    if late.waits:
        last = np.full(n, -np.inf)
        sends = problem.flow.sum(axis=1) > 0
        np.maximum.at(last, hub[sends], ready[sends])
        ready = np.maximum(ready, last[hub])
    across = late.transfer[hub[:, None], hub[None, :]]
    if late.handled_once:
        across = across - late.handling[hub][:, None] * (hub[:, None] == hub[None, :])
    time = ready[:, None] + across + (late.handling[hub] + late.distribute[hub, nodes])[None, :]
    return np.asarray((time > late.due) & ~np.eye(n, dtype=np.bool_) & ~ways(problem, allocation, tiers)[1])


def cost_of(problem: HubProblem, allocation: Ints, tiers: Ints) -> float:
    """The plan's value as the planner counts it: the parts; in mode ``volume`` the late volume and fixed costs; in ``penalty`` what is late besides."""
    parts = cost_parts(problem, allocation, tiers)
    late = parts.pop("late_volume")
    mode = "" if problem.deadlines is None else problem.deadlines.mode
    if mode == "volume":
        return late + parts["fixed"] + parts["congestion"]
    whole = sum(parts.values())
    return whole + late * problem.deadlines.penalty if mode == "penalty" and problem.deadlines is not None else whole


def counts_money(problem: HubProblem) -> bool:
    """Whether cost is looked at, and not the late volume alone."""
    return problem.deadlines is None or problem.deadlines.mode != "volume"
