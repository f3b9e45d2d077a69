"""Recompute a plan's cost and its root bound with plain numpy: nothing here shares code with search, dual or branching.

A user who doubts a figure needs to trust this file alone: ``cost_parts`` adds up a plan, ``bound_of`` turns the prices that the plan carries into
a number that no plan can be below, whatever they are and however they were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    direct = np.full((n, n), np.inf) if problem.direct is None else problem.direct
    direct_cost = float((problem.flow[past] * direct[past]).sum())
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
    if problem.fixed is not None:
        parts["fixed"] = float(sum(problem.fixed[k, tiers[k]] for k in opened))
    if problem.congestion is not None:
        load = np.bincount(hub, weights=problem.flow.sum(axis=1), minlength=n)[opened]
        knees = np.append(problem.congestion.knees, np.inf)
        for low, high, slope in zip(knees[:-1], knees[1:], problem.congestion.slopes, strict=True):
            parts["congestion"] += float((slope * np.clip(np.minimum(load, high) - low, 0, None)).sum())
    parts["late_volume"] = float((flow * late_pairs(problem, allocation, tiers)).sum())
    return parts


def ways(problem: HubProblem, allocation: Ints, tiers: Ints) -> tuple[Floats, Bools]:
    """(n, n) cost a unit between the hubs of i and j, after the discount; (n, n) bool: pairs that take their direct lane, which is cheaper than the way over hubs."""
    n, hub = len(problem.flow), allocation
    nodes = np.arange(n)
    discount = problem.discount[tiers[:, None], tiers[None, :]]
    over = discount * problem.transfer[hub[:, None], hub[None, :]] * (hub[:, None] != hub[None, :])
    access = 1.0 if problem.access is None else problem.access[tiers]
    by_hub = (problem.collection[nodes, hub] * access)[:, None] + over + problem.distribution[hub, nodes] * access
    direct = np.full((n, n), np.inf) if problem.direct is None else problem.direct
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


def bound_of(problem: HubProblem, f: Floats, u: Floats) -> float:
    """A bound from one function a pair, ``f`` (n (n−1)/2, n), and ``u`` (n,), for one tier and no deadlines.

    min Σ_i Σ_k θ_ik z_ik + Σ_k f_k y_k with Σ_k z_ik = 1 priced at u, and W_ij F^ij put between nodes' costs; where F is steeper than
    the cost between two hubs, the most by which it is so is taken off for the pair. Capacities and congestion are left out: they only add cost.
    """
    if len(problem.discount) != 1 or problem.deadlines is not None:
        raise ValueError("bound_of knows one tier and no deadlines")
    n = len(problem.flow)
    pair = problem.flow + problem.flow.T
    between = float(problem.discount[0, 0]) * problem.transfer
    access = 1.0 if problem.access is None else float(problem.access[0])
    theta = access * (
        problem.collection * problem.flow.sum(axis=1)[:, None]
        + problem.distribution.T * problem.flow.sum(axis=0)[:, None]
    )
    off, row = 0.0, 0
    for i in range(n):
        for j in range(i + 1, n):
            if pair[i, j] > 0:
                one = f[row]
                theta[i] += pair[i, j] * one
                theta[j] -= pair[i, j] * one
                low = np.minimum(between, between.T)
                off += pair[i, j] * max(0.0, float((one[None, :] - one[:, None] - low).max()))
            row += 1
    fixed = np.zeros(n) if problem.fixed is None else problem.fixed[:, 0]
    own = theta[np.arange(n), np.arange(n)] - u
    rho = fixed + own + np.minimum(0.0, theta - u[:, None]).sum(axis=0) - np.minimum(0.0, own)
    if problem.candidates is not None:
        may = problem.candidates if problem.required is None else problem.candidates | problem.required
        rho = np.where(may[:, 0], rho, np.inf)
    if problem.tiers is not None:
        return float(u.sum() + np.sort(rho)[: problem.tiers[0]].sum() - off)
    paying = rho[rho < 0]
    return float(u.sum() + (paying.sum() if len(paying) else rho.min()) - off)


def linked_bound_of(
    problems: Sequence[HubProblem], weight: Floats, duals: Sequence[tuple[Floats, Floats]], price: Floats, stays: bool
) -> float:
    """A bound for problems that share their hubs, or whose hubs stay, from each one's ``f`` and ``u`` (see ``bound_of``) and ``price`` (S − 1, n) between them.

    For plans whose hubs are the same Σ_s price_s (y_s − y_(s+1)) is 0, and where hubs stay it is never above 0 for prices from 0 on; so it is added to the cost, as
    fixed costs of the one and the other problem, and each is bounded by itself.
    """
    between = np.maximum(price, 0.0) if stays else price
    out = 0.0
    for s, (problem, (f, u)) in enumerate(zip(problems, duals, strict=True)):
        fixed = np.zeros((len(problem.flow), 1)) if problem.fixed is None else problem.fixed.copy()
        if s < len(between):
            fixed[:, 0] += between[s] / weight[s]
        if s > 0:
            fixed[:, 0] -= between[s - 1] / weight[s]
        out += float(weight[s]) * bound_of(replace(problem, fixed=fixed), f, u)
    return out
