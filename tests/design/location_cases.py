"""Small made-up location problems, and what HiGHS says of them by a programme of its own."""

from __future__ import annotations

import highspy
import numpy as np

from yilu.design.location import LocationProblem, MedianProblem, location_problem, median_problem
from yilu.highs import QuietHighs


def median_case(seed: int) -> MedianProblem:
    """Up to 14 customers and 9 sites: whole or broken costs, pairs out of reach, weights of 0, duplicates, sites shut or required, fixed costs, with p or without."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(1, 15)), int(draw.integers(1, 10))
    cost = draw.uniform(0, 50, (n, m))
    if draw.random() < 0.5:
        cost = np.floor(cost)
    if draw.random() < 0.3:
        cost[draw.integers(0, n, n // 2)] = cost[0]
    if draw.random() < 0.3:
        cost[:, draw.integers(0, m, m // 2)] = cost[:, :1]
    if draw.random() < 0.5:
        cost[draw.random((n, m)) < 0.4] = np.inf
    weight = draw.integers(0, 4, n).astype(np.float64) if draw.random() < 0.5 else draw.uniform(0, 2, n)
    allowed = draw.random(m) < 0.85
    allowed[draw.integers(0, m)] = True
    required = allowed & (draw.random(m) < 0.15)
    fixed = np.floor(draw.uniform(0, 40, m)) if draw.random() < 0.6 else np.zeros(m)
    p = None if draw.random() < 0.4 else int(draw.integers(max(1, required.sum()), allowed.sum() + 1))
    lost = ~np.isfinite(cost[:, allowed]).any(axis=1)
    cost[np.ix_(lost, allowed)] = 9.0
    return median_problem(cost, weight, p, allowed=allowed, required=required, fixed=fixed)


def location_case(seed: int, single_source: bool) -> LocationProblem:
    """Up to 10 customers and 7 sites, like `median_case`, with the capacity of all allowed sites 1.0 to 3 times the demand."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(1, 11)), int(draw.integers(1, 8))
    cost = draw.uniform(0, 20, (n, m))
    demand = draw.integers(0, 9, n).astype(np.float64) if draw.random() < 0.6 else draw.uniform(0, 5, n)
    if draw.random() < 0.5:
        cost = np.floor(cost)
    if draw.random() < 0.3:
        cost[draw.random((n, m)) < 0.3] = np.inf
    allowed = draw.random(m) < 0.85
    allowed[draw.integers(0, m)] = True
    lost = ~np.isfinite(cost[:, allowed]).any(axis=1)
    cost[np.ix_(lost, allowed)] = 9.0
    capacity = draw.uniform(0.2, 1, m)
    capacity *= demand.sum() * draw.uniform(1.0, 3.0) / capacity[allowed].sum()
    if draw.random() < 0.5:
        capacity = np.ceil(capacity)
    if single_source:
        capacity = np.maximum(capacity, demand.max())
    required = allowed & (draw.random(m) < 0.15)
    return location_problem(
        cost, demand, capacity * (1 + 1e-9), np.floor(draw.uniform(0, 60, m)),
        single_source=single_source, allowed=allowed, required=required,
    )  # fmt: skip


def optimum(problem: MedianProblem | LocationProblem) -> float:
    """The least cost, inf where there is no plan: all pairs as columns, HiGHS from scratch."""
    n, m = problem.cost.shape
    h = QuietHighs()
    h.setOptionValue("mip_rel_gap", 0.0)
    h.setOptionValue("mip_abs_gap", 1e-9)
    median = isinstance(problem, MedianProblem)
    amount = problem.weight if isinstance(problem, MedianProblem) else problem.demand
    y = [
        h.addVariable(float(problem.required[j]), float(problem.allowed[j]), float(problem.fixed[j]), highspy.HighsVarType.kInteger)
        for j in range(m)
    ]  # fmt: skip
    kind = highspy.HighsVarType.kContinuous if median or not problem.single_source else highspy.HighsVarType.kInteger
    x = {
        (i, j): h.addVariable(0.0, 1.0, float(amount[i] * problem.cost[i, j]), kind)
        for i in range(n)
        for j in range(m)
        if np.isfinite(problem.cost[i, j])
    }
    for i in range(n):
        h.addConstr(sum(x[i, j] for j in range(m) if (i, j) in x) == 1)
    for (_, j), v in x.items():
        h.addConstr(v <= y[j])
    if isinstance(problem, MedianProblem):
        if problem.p is not None:
            h.addConstr(sum(y) == problem.p)
    else:
        for j in range(m):
            served = [float(amount[i]) * x[i, j] for i in range(n) if (i, j) in x]
            if served:
                h.addConstr(sum(served) <= float(problem.capacity[j]) * y[j])
    h.run()
    if h.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return float("inf")
    assert h.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(h.getInfo().objective_function_value)
