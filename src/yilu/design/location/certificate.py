"""A plan recomputed by other means: plain numpy on the problem as it was given, nothing of what made the plan. Anyone can run it on any plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yilu.design.location.plans import LocationPlan, MedianPlan, Proof
from yilu.design.location.problems import Floats, LocationProblem, MedianProblem

_SLACK = 1e-7
_STEPS = 1000

Signs = np.ndarray
Bound = Callable[[Floats, Signs], Callable[[Signs], float]]
"""Multipliers → status (m,), 1 open, -1 shut, 0 undecided → bound. What depends on the multipliers alone is computed once."""


@dataclass(frozen=True)
class Certificate:
    """``cost`` and ``bound`` as recomputed; ``faults``: what of the plan isn't so, empty for a sound one."""

    cost: float
    bound: float
    faults: tuple[str, ...]


def certificate(problem: MedianProblem | LocationProblem, plan: MedianPlan | LocationPlan) -> Certificate:
    """Recompute the cost from the sites and the allocation, and the bound from the proof. TypeError: a plan of another kind of problem."""
    if isinstance(problem, MedianProblem) and isinstance(plan, MedianPlan):
        cost, faults = _cost_of_median(problem, plan)
        whole = _whole(problem.fixed, _finite(problem.cost) * problem.weight[:, None])
        relaxed = _median_bound(problem)
    elif isinstance(problem, LocationProblem) and isinstance(plan, LocationPlan):
        cost, faults = _cost_of_location(problem, plan)
        integral = [problem.fixed, _finite(problem.cost), problem.demand]
        whole = _whole(*integral, *([] if problem.single_source else [problem.capacity]))
        relaxed = _location_bound(problem)
    else:
        raise TypeError(f"a plan of the problem expected, got {type(plan).__name__} for {type(problem).__name__}")
    start = np.where(problem.required, 1, np.where(problem.allowed, 0, -1))
    bound, broken = _bound_of(plan.proof, relaxed, start)
    if whole and math.isfinite(bound):
        bound = float(np.ceil(bound - 1e-6))
    bound = min(bound, cost)
    faults += broken
    near = _SLACK * max(1.0, abs(cost))
    if abs(plan.cost - cost) > near:
        faults.append(f"the plan says it costs {plan.cost!r}, it costs {cost!r}")
    by_proof = isinstance(plan, MedianPlan) or plan.proven_by == "multipliers"
    if by_proof and plan.bound > bound + near:
        faults.append(f"the plan says its bound is {plan.bound!r}, its proof gives {bound!r}")
    return Certificate(cost, bound, tuple(faults))


def _finite(cost: Floats) -> Floats:
    return np.where(np.isfinite(cost), cost, 0.0)


def _whole(*given: Floats) -> bool:
    return all(bool((a == np.round(a)).all()) for a in given)


def _bound_of(proof: Proof, relaxed: Bound, start: Signs) -> tuple[float, list[str]]:
    """The least over all parts that the proof splits the plans into; parents stand before their children."""
    status: list[Signs | None] = [start] + [None] * (len(proof) - 1)
    for k, node in enumerate(proof):
        mine = status[k]
        if mine is None:
            return -math.inf, [f"node {k} of the proof belongs to no other"]
        left = mine.copy()
        for sites, value in ((node.shut, -1), (node.opened, 1)):
            if (mine[sites] != 0).any():
                return -math.inf, [f"node {k} of the proof fixes a site that is decided"]
            left[sites] = value
        if any(t <= k or t >= len(proof) or status[t] is not None for t in node.then) or len(node.then) > 2:
            return -math.inf, [f"node {k} of the proof has children that can't be its own"]
        if len(node.then) == 2 and (node.site < 0 or left[node.site] != 0):
            return -math.inf, [f"node {k} of the proof branches on a site that is decided"]
        for t, value in zip(node.then, (-1, 1), strict=False):
            child = left.copy()
            if len(node.then) == 2:
                child[node.site] = value
            status[t] = child
    value_of = np.full(len(proof), np.inf)
    for k in range(len(proof) - 1, -1, -1):
        node, mine = proof[k], status[k]
        assert mine is not None
        bound_at = relaxed(node.multipliers, mine)
        lowest = min((value_of[t] for t in node.then), default=-math.inf)
        for sites, other in ((node.shut, 1), (node.opened, -1)):
            for j in sites:
                flipped = mine.copy()
                flipped[j] = other
                lowest = min(lowest, bound_at(flipped)) if node.then else lowest
        value_of[k] = max(bound_at(mine), lowest)
    return float(value_of[0]), []


def _median_bound(problem: MedianProblem) -> Bound:
    cost = np.where(np.isfinite(problem.cost), _finite(problem.cost) * problem.weight[:, None], np.inf)

    def relaxed(u: Floats, of: Signs) -> Callable[[Signs], float]:
        rho = problem.fixed + np.minimum(0.0, cost - u[:, None]).sum(axis=0)

        def bound(status: Signs) -> float:
            inside, free = rho[status == 1], np.sort(rho[status == 0])
            if problem.p is None:
                taken = free[free < 0] if inside.size or (free < 0).any() else free[:1]
            else:
                wanted = problem.p - inside.size
                if not 0 <= wanted <= free.size:
                    return math.inf
                taken = free[:wanted]
            return float(u.sum() + inside.sum() + taken.sum())

        return bound

    return relaxed


def _location_bound(problem: LocationProblem) -> Bound:
    needed, room = float(problem.demand.sum()), problem.capacity

    def relaxed(u: Floats, of: Signs) -> Callable[[Signs], float]:
        rho = np.array(
            [problem.fixed[j] - _earned(problem, j, u) if of[j] >= 0 else np.inf for j in range(problem.sites)]
        )

        def bound(status: Signs) -> float:
            taken = (status == 1) | ((status == 0) & (rho < 0))
            others = np.flatnonzero((status == 0) & ~taken & (room > 0))
            left = needed - float(room[taken].sum())
            return float(u.sum() + rho[taken].sum()) + _least(rho[others], room[others], left, needed)

        return bound

    return relaxed


def _earned(problem: LocationProblem, j: int, u: Floats) -> float:
    """The linear knapsack of one site, best paying demand first."""
    reached = np.isfinite(problem.cost[:, j])
    earned = np.where(reached, u - problem.demand * _finite(problem.cost)[:, j], 0.0)
    nothing = (problem.demand == 0) & (earned > 0)
    paying = np.flatnonzero((problem.demand > 0) & (earned > 0))
    order = paying[np.argsort(-earned[paying] / problem.demand[paying], kind="stable")]
    before = np.cumsum(problem.demand[order]) - problem.demand[order]
    part = np.clip((problem.capacity[j] - before) / problem.demand[order], 0.0, 1.0)
    return float(earned[nothing].sum() + (part * earned[order]).sum())


def _least(rho: Floats, room: Floats, left: float, needed: float) -> float:
    """What the capacity still needed costs at least: the larger of the knapsack in part and the whole one in steps, capacities rounded up."""
    if left <= 1e-9 * needed:
        return 0.0
    if room.sum() < left * (1 - 1e-9):
        return math.inf
    order = np.argsort(rho / room, kind="stable")
    before = np.cumsum(room[order]) - room[order]
    in_part = float((np.clip((left - before) / room[order], 0.0, 1.0) * rho[order]).sum())
    least = np.full(_STEPS + 1, np.inf)
    least[0] = 0.0
    for value, steps in zip(rho, np.ceil(room / left * _STEPS - 1e-9).astype(int), strict=True):
        s = min(int(steps), _STEPS)
        with_it = np.concatenate([np.full(s, least[0]), least[: _STEPS + 1 - s]]) + value
        least = np.minimum(least, with_it)
    return max(in_part, float(least[_STEPS]))


def _cost_of_median(problem: MedianProblem, plan: MedianPlan) -> tuple[float, list[str]]:
    faults = _faulty_sites(problem, plan)
    if problem.p is not None and len(plan.open) != problem.p:
        faults.append(f"{len(plan.open)} sites are open, not {problem.p}")
    if not np.isin(plan.allocation, plan.open).all():
        faults.append("a customer is allocated to a site that isn't open")
    each = problem.cost[np.arange(problem.customers), plan.allocation]
    if not np.isfinite(each).all():
        faults.append("a customer is allocated to a site that doesn't reach it")
    return float((problem.weight * _finite(each)).sum() + problem.fixed[plan.open].sum()), faults


def _cost_of_location(problem: LocationProblem, plan: LocationPlan) -> tuple[float, list[str]]:
    faults = _faulty_sites(problem, plan)
    cost, share = problem.cost[:, plan.open], plan.share
    if (share < -_SLACK).any() or (np.abs(share.sum(axis=1) - 1) > _SLACK).any():
        faults.append("the shares of a customer don't add up to 1")
    if (~np.isfinite(cost) & (share > 0)).any():
        faults.append("a customer is served by a site that doesn't reach it")
    if problem.single_source and not np.isin(share, (0.0, 1.0)).all():
        faults.append("a customer has more than one source")
    load = problem.demand @ share
    over = load - problem.capacity[plan.open]
    if (over > _SLACK * max(1.0, float(problem.demand.sum()))).any():
        faults.append(f"site {int(plan.open[np.argmax(over)])} takes {over.max():g} more than it holds")
    if not np.allclose(load, plan.load, rtol=1e-9, atol=1e-9):
        faults.append("the loads aren't those of the shares")
    return float((problem.demand[:, None] * _finite(cost) * share).sum() + problem.fixed[plan.open].sum()), faults


def _faulty_sites(problem: MedianProblem | LocationProblem, plan: MedianPlan | LocationPlan) -> list[str]:
    faults = []
    if not problem.allowed[plan.open].all():
        faults.append("a site is open that isn't allowed")
    if not np.isin(np.flatnonzero(problem.required), plan.open).all():
        faults.append("a required site isn't open")
    if len(np.unique(plan.open)) != len(plan.open) or not len(plan.open):
        faults.append("the open sites aren't each named once, one at least")
    return faults
