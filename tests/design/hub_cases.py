"""Small made-up hub problems of every variant, and what trying every plan says of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np

from yilu.design.hubs import Congestion, Deadlines, HubProblem, classical
from yilu.design.hubs.recomputed import cost_of, cost_parts


def brute(problem: HubProblem) -> float:
    """The least value over all plans, by trying all of them; inf where none keeps capacities and hard deadlines."""
    n, tiers = len(problem.flow), len(problem.discount)
    may = np.ones((n, tiers), bool) if problem.candidates is None else problem.candidates | (
        problem.required if problem.required is not None else False
    )  # fmt: skip
    best = np.inf
    sites = [(k, t) for k in range(n) for t in range(tiers) if may[k, t]]
    sizes = range(1, len(sites) + 1) if problem.tiers is None else [sum(problem.tiers)]
    for size in sizes:
        for some in combinations(sites, size):
            if len({k for k, _ in some}) < size or not _fits(problem, some):
                continue
            at = dict(some)
            choices = [
                [i] if i in at else [k for k, t in some if problem.node_tiers is None or problem.node_tiers[i, t]]
                for i in range(n)
            ]
            for hubs in product(*choices):
                tier = np.array([at[k] for k in hubs])
                best = min(best, _value(problem, np.array(hubs), tier))
    return best


def _fits(problem: HubProblem, opened: tuple[tuple[int, int], ...]) -> bool:
    if problem.tiers is not None:
        counts = np.bincount([t for _, t in opened], minlength=len(problem.tiers))
        if tuple(counts) != tuple(problem.tiers):
            return False
    return problem.required is None or all((k, t) in opened for k, t in np.argwhere(problem.required).tolist())


def _value(problem: HubProblem, hubs: np.ndarray, tier: np.ndarray) -> float:
    if problem.capacity is not None:
        load = np.bincount(hubs, weights=problem.flow.sum(axis=1), minlength=len(hubs))
        room = np.array(
            [problem.capacity[k, tier[list(hubs).index(k)]] if k in hubs else np.inf for k in range(len(hubs))]
        )
        if (load > room + 1e-9).any():
            return np.inf
    if problem.least is not None:
        load = np.bincount(hubs, weights=problem.flow.sum(axis=1), minlength=len(hubs))
        if any(load[k] < problem.least[k, tier[list(hubs).index(k)]] - 1e-9 for k in set(hubs.tolist())):
            return np.inf
    if (
        problem.deadlines is not None
        and problem.deadlines.mode == "hard"
        and cost_parts(problem, hubs, tier)["late_volume"] > 0
    ):
        return np.inf
    return cost_of(problem, hubs, tier)


def made(seed: int, n: int, p: int | None, metric: bool) -> HubProblem:
    """A random problem: points in a square, or any costs at all."""
    rng = np.random.default_rng(seed)
    flow = rng.integers(0, 9, (n, n)).astype(float) * (rng.random((n, n)) < 0.8)
    xy = rng.integers(0, 100, (n, 2)).astype(float)
    distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    if not metric:
        distance = rng.integers(1, 100, (n, n)) * (1.0 - np.eye(n))
    factors = rng.uniform(0.2, 3.0, 3)
    problem = classical(flow, distance, p, *(float(x) for x in factors))
    if p is None:
        problem = replace(problem, fixed=rng.integers(0, 2000, (n, 1)).astype(float))
    return problem


def timed(problem: HubProblem, seed: int, mode: str, tight: float) -> HubProblem:
    """With deadlines of one mode, the looser the larger ``tight``."""
    rng = np.random.default_rng(seed + 2)
    n = len(problem.flow)
    time = problem.transfer
    due = rng.uniform(0.5, 2.0, (n, n)) * tight * time.max()
    return replace(problem, deadlines=Deadlines(time, time, time, rng.uniform(0, 5, n), due, mode, 40.0))


def any_case(seed: int, n: int) -> HubProblem:
    """Variants on top of each other by chance: number or fixed costs, tiers, deadlines, direct lanes, capacity, least load, congestion, given and forbidden sites."""
    rng = np.random.default_rng(seed)
    levels = int(rng.choice([1, 1, 1, 2, 3]))
    is_free = rng.random() < 0.3
    problem = made(seed, n, None if is_free else 1, bool(rng.random() < 0.7))
    if levels > 1 or not is_free:
        counts = rng.integers(0 if levels > 1 else 1, 3, levels)
        counts[0] = max(1, counts[0])
        problem = replace(problem, tiers=None if is_free else tuple(int(c) for c in counts), discount=rng.uniform(0.2, 1.0, (levels, levels)))  # fmt: skip
    if problem.fixed is not None or rng.random() < 0.2:
        problem = replace(problem, fixed=rng.integers(0, 1500, (n, levels)).astype(float))
    if rng.random() < 0.4:
        problem = timed(problem, seed, str(rng.choice(["hard", "volume", "penalty"])), float(rng.uniform(1.0, 3.0)))
    whole = problem.flow.sum()
    if rng.random() < 0.3:
        direct = np.where(rng.random((n, n)) < 0.5, rng.uniform(0.3, 3.0, (n, n)) * problem.transfer, np.inf)
        problem = replace(problem, direct=direct)
    if rng.random() < 0.25:
        problem = replace(problem, capacity=rng.uniform(0.3, 1.0, (n, levels)) * whole)
    if rng.random() < 0.2:
        problem = replace(problem, least=np.full((n, levels), rng.uniform(0.05, 0.3) * whole))
    if rng.random() < 0.25:
        problem = replace(problem, congestion=Congestion(np.array([0.2, 0.5]) * whole, np.array([30.0, 90.0])))
    if rng.random() < 0.3:
        candidates = rng.random((n, levels)) < 0.8
        candidates[: 4 % n] = True
        problem = replace(problem, candidates=candidates)
    if rng.random() < 0.2:
        required = np.zeros((n, levels), bool)
        required[rng.integers(n), 0] = True
        problem = replace(problem, required=required)
    if levels > 1 and rng.random() < 0.3:
        node_tiers = np.ones((n, levels), bool)
        node_tiers[0, 1:] = False
        problem = replace(problem, node_tiers=node_tiers)
    return problem
