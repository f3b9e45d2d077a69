"""``./do bench location``: where stations should stand, with proofs, beside HiGHS alone and spopt in the same run, one thread.

p-median: graphs made by lot by the recipe of Beasley's 40 instances (Networks 1985; OR-Library pmed1 to pmed40): n nodes, n²/50 edges of length 1 to 100, all shortest distances, the same n and p. Every certificate is
recomputed by plain numpy. Capacitated location: points in a square, fixed costs that grow with the root of capacity. Peers get the same problem; what they don't prove within their time counts with that time, and the gap they end with is told.
"""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from benchmarks.machine import run, say
from yilu.design.location import LocationProblem, MedianProblem, certificate, location_problem, median_problem, solve
from yilu.design.stop import after
from yilu.highs import QuietHighs

_SIZES = {100: 5, 200: 5, 300: 5, 400: 5, 500: 5, 600: 5, 700: 4, 800: 3, 900: 3}
_MEDIAN_S, _LOCATION_S = 8.0, 10.0
_PEER_S = 60.0
_PEER, _PEER_SEED = (200, 10), 7


def graph(nodes: int, seed: int) -> NDArray[np.float64]:
    """Shortest distances in a connected random graph of nodes²/50 edges of length 1 to 100: the recipe of Beasley's p-median instances."""
    draw = np.random.default_rng(seed)
    tour, more = draw.permutation(nodes), nodes * nodes // 50 - nodes + 1
    a = np.concatenate([tour[:-1], draw.integers(0, nodes, more)])
    b = np.concatenate([tour[1:], draw.integers(0, nodes, more)])
    lengths = np.zeros((nodes, nodes))
    lengths[a, b] = draw.integers(1, 101, len(a))
    return np.asarray(dijkstra(lengths, directed=False))


def medians(most: int) -> list[tuple[int, int]]:
    """(n, p) of the 40 instances, up to ``most`` nodes."""
    return [(n, p) for n, kinds in _SIZES.items() for p in (5, 10, n // 10, n // 5, n // 3)[:kinds] if n <= most]


def located(customers: int, sites: int, single_source: bool) -> LocationProblem:
    """Points in a square, fixed costs that grow with the root of capacity, four times as much capacity as demand."""
    draw = np.random.default_rng(customers + sites)
    here, there = draw.random((customers, 2)), draw.random((sites, 2))
    demand, capacity = np.floor(draw.uniform(5, 36, customers)), draw.uniform(10, 160, sites)
    capacity = np.floor(capacity * 4 * demand.sum() / capacity.sum()) + 1
    fixed = np.floor(draw.uniform(0, 90, sites) + 105 * np.sqrt(capacity))
    cost = 10 * np.hypot(*(here[:, None] - there).transpose(2, 0, 1))
    return location_problem(cost, demand, capacity, fixed, single_source=single_source)


def by_highs(problem: MedianProblem | LocationProblem, seconds: float) -> tuple[float, float]:
    """Seconds and gap of HiGHS on the whole strong programme of a p-median problem or one of split capacities."""
    n, m = problem.cost.shape
    median = isinstance(problem, MedianProblem)
    amount = problem.weight if isinstance(problem, MedianProblem) else problem.demand
    pairs = n * m
    row, column = np.divmod(np.arange(pairs), m)
    h = QuietHighs()
    h.setOptionValue("time_limit", seconds)
    h.setOptionValue("mip_rel_gap", 0.0)
    h.addVars(m + pairs, np.zeros(m + pairs), np.ones(m + pairs))
    index = np.arange(m + pairs, dtype=np.int32)
    h.changeColsCost(m + pairs, index, np.concatenate([problem.fixed, (amount[:, None] * problem.cost).ravel()]))
    h.changeColsIntegrality(m, index[:m], np.full(m, highspy.HighsVarType.kInteger))
    ones, pair = np.ones(pairs), m + np.arange(pairs)
    rows = [row, n + np.arange(pairs), n + np.arange(pairs)]
    columns, values = [pair, pair, column], [ones, ones, -ones]
    last = n + pairs
    low, high = [np.ones(n), np.full(pairs, -highspy.kHighsInf)], [np.ones(n), np.zeros(pairs)]
    if isinstance(problem, MedianProblem):
        rows, columns, values = [*rows, np.full(m, last)], [*columns, np.arange(m)], [*values, np.ones(m)]
        low, high = [*low, np.array([problem.p or 0])], [*high, np.array([problem.p or m])]
    else:
        rows, columns = [*rows, last + column, last + np.arange(m)], [*columns, pair, np.arange(m)]
        values = [*values, amount[row], -problem.capacity]
        low, high = [*low, np.full(m, -highspy.kHighsInf)], [*high, np.zeros(m)]
    r, c, v = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
    order = np.argsort(r, kind="stable")
    count = last + (1 if median else m)
    begins = np.searchsorted(r[order], np.arange(count)).astype(np.int32)
    h.addRows(count, np.concatenate(low).astype(np.float64), np.concatenate(high).astype(np.float64), len(r), begins, c[order].astype(np.int32), v[order])  # fmt: skip
    begun = time.perf_counter()
    h.run()
    return time.perf_counter() - begun, float(h.getInfo().mip_gap)


def by_spopt(problem: MedianProblem, seconds: float) -> tuple[float, float]:
    """Seconds and cost of spopt's p-median with the solver that comes with PuLP."""
    import pulp
    from spopt.locate import PMedian

    begun = time.perf_counter()
    model = PMedian.from_cost_matrix(problem.cost, problem.weight, p_facilities=problem.p)
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds))
    return time.perf_counter() - begun, float(pulp.value(model.problem.objective))


def measure(quick: bool) -> dict[str, Any]:
    """The figures."""
    warm = graph(60, 1)
    solve(median_problem(warm, p=5))
    for single_source in (False, True):
        solve(located(12, 5, single_source), stop=after(2))
    return of_medians(quick) | of_peers(quick) | of_capacities(quick)


def of_medians(quick: bool) -> dict[str, Any]:
    """Gaps and seconds over the instances, certificates recomputed."""
    gaps, took, checked_s = [], [], 0.0
    for seed, (n, p) in enumerate(medians(300 if quick else 900), 1):
        problem = median_problem(graph(n, seed), p=p)
        begun = time.perf_counter()
        plan = solve(problem, stop=after(1.0 if quick else _MEDIAN_S))
        took.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        checked = certificate(problem, plan)
        checked_s += time.perf_counter() - begun
        assert not checked.faults, checked.faults
        gaps.append((checked.cost - checked.bound) / checked.cost)
        say(f"p-median {n} nodes, p = {p}: {checked.cost:.0f}, certified gap {100 * gaps[-1]:.3f} %, {took[-1]:.2f} s")
    return {
        "median_instances": len(gaps), "median_proven": sum(g < 1e-9 for g in gaps), "median_gap_mean": float(np.mean(gaps)), "median_gap_max": max(gaps),
        "median_mean_s": float(np.mean(took)), "median_max_s": max(took), "median_certificates_s": checked_s,
    }  # fmt: skip


def of_peers(quick: bool) -> dict[str, Any]:
    """One instance by all: the time to a proof, or to the limit."""
    n, p = (100, 10) if quick else _PEER
    limit = 15.0 if quick else _PEER_S
    problem = median_problem(graph(n, _PEER_SEED), p=p)
    begun = time.perf_counter()
    plan = solve(problem, stop=after(limit))
    ours = time.perf_counter() - begun
    highs_s, highs_gap = by_highs(problem, limit)
    spopt_s, spopt_cost = by_spopt(problem, limit)
    say(f"{n} nodes, p = {p}: yilu {ours:.3f} s, HiGHS {highs_s:.1f} s, spopt {spopt_s:.1f} s")
    return {
        "peer_nodes": n, "peer_p": p, "yilu_s": ours, "yilu_gap": plan.gap, "highs_s": highs_s, "highs_gap": highs_gap,
        "spopt_s": spopt_s, "spopt_above_yilu": spopt_cost / plan.cost - 1, "ratio_best_peer": min(highs_s, spopt_s) / ours,
    }  # fmt: skip


def of_capacities(quick: bool) -> dict[str, Any]:
    """Gaps with split demand and with one source, and HiGHS on the first split case."""
    sizes = [(50, 16), (100, 20)] if quick else [(50, 16), (100, 20), (200, 30), (100, 100), (300, 60), (1000, 100)]
    figures: dict[str, Any] = {}
    for kind, single_source in (("split", False), ("single", True)):
        gaps, certified, took = [], [], []
        for n, m in sizes:
            problem = located(n, m, single_source)
            begun = time.perf_counter()
            plan = solve(problem, stop=after(2.5 if quick else _LOCATION_S))
            took.append(time.perf_counter() - begun)
            checked = certificate(problem, plan)
            assert not checked.faults, checked.faults
            gaps.append(plan.gap)
            certified.append((checked.cost - checked.bound) / checked.cost)
            say(
                f"{kind} {n} customers, {m} sites: gap {100 * plan.gap:.3f} % (by multipliers {100 * certified[-1]:.3f} %), {took[-1]:.2f} s"
            )
        figures |= {
            f"{kind}_instances": len(gaps), f"{kind}_gap_mean": float(np.mean(gaps)), f"{kind}_gap_max": max(gaps),
            f"{kind}_certified_gap_mean": float(np.mean(certified)), f"{kind}_mean_s": float(np.mean(took)),
        }  # fmt: skip
    n, m = sizes[-1] if quick else sizes[2]
    problem = located(n, m, False)
    limit = 8.0 if quick else _PEER_S
    begun = time.perf_counter()
    plan = solve(problem, stop=after(limit))
    figures |= {"split_peer_yilu_s": time.perf_counter() - begun, "split_peer_yilu_gap": plan.gap}
    figures["split_peer_highs_s"], figures["split_peer_highs_gap"] = by_highs(problem, limit)
    return figures


if __name__ == "__main__":
    run(measure, "Where stations should stand, with proofs, beside HiGHS alone and spopt.")
