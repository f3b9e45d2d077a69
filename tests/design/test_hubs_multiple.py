"""Multiple allocation: plans against an exact solver and published values, costs made anew, bounds that no plan is below, refusals."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from yilu.design.hubs import Congestion, Deadlines, HubError, HubProblem, MultiplePlan, classical, solve_multiple
from yilu.design.stop import after, after_iterations, at_gap, either

Floats = NDArray[np.float64]

AP = {
    (10, 2): 163603.94, (10, 5): 86028.88, (20, 3): 148048.3, (25, 5): 120581.99, (40, 2): 173415.96, (40, 6): 122171.26,
    (50, 3): 156014.73, (50, 5): 129412.6,
}  # fmt: skip
"""Optima of UMApHMP on the AP data, χ 3, α 0.75, δ 2, by (n, p): OR-Library and Stanimirović 2008."""


def random_problem(seed: int) -> HubProblem:
    """Small, with costs and flows that are neither symmetric nor metric, zero flows, and in turn p, fixed costs, candidates, required hubs."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 8))
    flow = rng.integers(0, 9, (n, n)) * (rng.random((n, n)) < 0.7).astype(float)
    points = rng.random((n, 2))
    distance = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    collection, transfer, distribution = (
        distance * rng.uniform(0.3, 2.0, (n, n)) + 0.1 * rng.random((n, n)) * (seed % 2) for _ in range(3)
    )
    is_free = seed % 3 == 0
    candidates = rng.random((n, 1)) < 0.7
    candidates[:2] = True
    required = np.zeros((n, 1), bool)
    required[rng.integers(n)] = seed % 4 == 1
    return HubProblem(
        flow, collection, transfer, distribution, tiers=None if is_free else (int(rng.integers(1, 3)),), discount=np.array([[rng.uniform(0.2, 1.0)]]),
        fixed=rng.uniform(0.0, 6.0, (n, 1)) if is_free or seed % 5 == 0 else None,
        candidates=candidates if seed % 2 else None, required=required if seed % 4 == 1 else None,
    )  # fmt: skip


def path_costs(problem: HubProblem) -> Floats:
    """(n, n, n, n): cost a unit of i → k → m → j."""
    across = problem.discount[0, 0] * problem.transfer * ~np.eye(len(problem.flow), dtype=bool)
    return problem.collection[:, None, :, None] + across[None, None] + problem.distribution.T[None, :, None, :]


def optimum(problem: HubProblem) -> float:
    """The optimum by HiGHS, on the path formulation with x_ijkm ≤ y_k and x_ijkm ≤ y_m."""
    n = len(problem.flow)
    paths = n**4
    cost = np.append(
        (problem.flow[:, :, None, None] * path_costs(problem)).ravel(),
        np.zeros(n) if problem.fixed is None else problem.fixed[:, 0],
    )
    pair, k, m = (
        np.repeat(np.arange(n * n), n * n),
        np.tile(np.repeat(np.arange(n), n), n * n),
        np.tile(np.arange(n), n**3),
    )
    x, one = np.arange(paths), np.ones(paths)
    rows = [LinearConstraint(coo_array((one, (pair, x)), shape=(n * n, paths + n)), 1, 1)]
    for hub in (k, m):
        link = coo_array((np.append(one, -one), (np.append(x, x), np.append(x, paths + hub))), shape=(paths, paths + n))
        rows.append(LinearConstraint(link, -np.inf, 0))
    if problem.tiers is not None:
        rows.append(LinearConstraint(np.append(np.zeros(paths), np.ones(n))[None], problem.tiers[0], problem.tiers[0]))
    must = np.zeros(n) if problem.required is None else problem.required[:, 0].astype(float)
    may = np.ones(n) if problem.candidates is None else np.maximum(problem.candidates[:, 0], must)
    found = milp(
        cost, constraints=rows, integrality=np.append(np.zeros(paths), np.ones(n)), options={"mip_rel_gap": 0.0},
        bounds=Bounds(np.append(np.zeros(paths), must), np.append(np.ones(paths), may)),
    )  # fmt: skip
    assert found.status == 0
    return float(found.fun)


def cost_of(problem: HubProblem, plan: MultiplePlan) -> float:
    """The cost of a plan's paths, in plain numpy."""
    i, j = np.indices(problem.flow.shape)
    pairs = path_costs(problem)[i, j, plan.first, plan.last]
    return float((problem.flow * pairs).sum() + (0.0 if problem.fixed is None else problem.fixed[plan.hubs, 0].sum()))


@pytest.mark.parametrize("seed", range(36))
def test_plans_are_those_of_an_exact_solver(seed: int) -> None:
    """Cost and bound meet at the optimum of HiGHS, and the paths given cost what the plan says, over hubs that may open."""
    problem = random_problem(seed)
    plan = solve_multiple(problem, after_iterations(20000), seed)
    best = optimum(problem)
    assert plan.cost == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert plan.bound == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert cost_of(problem, plan) == pytest.approx(plan.cost, rel=1e-12)
    assert set(np.unique([plan.first, plan.last]).tolist()) <= set(plan.hubs.tolist())
    assert problem.tiers is None or len(plan.hubs) == problem.tiers[0]
    if problem.required is not None:
        assert set(np.flatnonzero(problem.required[:, 0]).tolist()) <= set(plan.hubs.tolist())


@pytest.mark.parametrize("seed", range(12))
def test_no_bound_on_the_way_is_above_the_optimum(seed: int) -> None:
    """Every bound reported, from the first on, is at most the least cost over all sets of hubs, counted one by one."""
    rng = np.random.default_rng(seed)
    n, p = 10, 3
    problem = replace(classical(rng.random((n, n)), rng.random((n, n)), p, 1.0, 0.6, 1.0), fixed=rng.random((n, 1)))
    heard: list[float] = []
    plan = solve_multiple(problem, after_iterations(3000), seed, lambda progress: heard.append(progress.bound))
    costs = path_costs(problem)
    least = min(
        float((problem.flow * costs[:, :, list(h)][..., list(h)].min(axis=(2, 3))).sum() + problem.fixed[list(h)].sum())  # type: ignore[index]
        for h in itertools.combinations(range(n), p)
    )
    assert plan.cost == pytest.approx(least, rel=1e-9)
    assert np.isfinite(heard[-1]) and max(heard) <= least
    assert plan.gap <= 1e-6
    assert seed != 2 or plan.nodes > 0, "seed 2 no longer needs the tree: choose one that does"


def test_a_stop_that_counts_rounds_gives_the_same_plan() -> None:
    """Two runs with one seed agree in every array and in the trace."""
    rng = np.random.default_rng(5)
    problem = classical(rng.random((25, 25)), rng.random((25, 25)), 4, 3.0, 0.75, 2.0)
    one, two = (solve_multiple(problem, after_iterations(120), 7) for _ in range(2))
    assert one.trace == two.trace and np.array_equal(one.first, two.first) and np.array_equal(one.last, two.last)


def test_a_bound_of_half_a_run_is_valid_and_not_proven() -> None:
    """A run stopped early has a bound below its cost and says that it's not proven."""
    rng = np.random.default_rng(6)
    plan = solve_multiple(
        classical(rng.random((30, 30)), rng.random((30, 30)), 5, 3.0, 0.75, 2.0), after_iterations(30), 1
    )
    assert plan.bound < plan.cost and not plan.is_proven


def test_what_only_single_allocation_knows_is_refused() -> None:
    """Deadlines, capacity, congestion, direct lanes, least loads, tiers and node_tiers raise an error that names them; more hubs than sites too."""
    one, n = np.ones((4, 4)), 4
    plain = classical(one, one, 2)
    late = Deadlines(one, one, one, np.ones(n), one)
    for name, problem in (
        ("deadlines", replace(plain, deadlines=late)),
        ("capacity", replace(plain, capacity=np.ones((n, 1)))),
        ("congestion", replace(plain, congestion=Congestion(np.array([1.0]), np.array([1.0])))),
        ("direct", replace(plain, direct=one)),
        ("least", replace(plain, least=np.ones((n, 1)))),
        ("access", replace(plain, access=np.ones(1))),
        ("2 tiers", replace(plain, tiers=(1, 1), discount=np.ones((2, 2)))),
        ("node_tiers", replace(plain, node_tiers=np.zeros((n, 1), bool))),
        ("5 hubs", replace(plain, tiers=(5,))),
        ("flow", replace(plain, flow=-one)),
        ("1e\\+35", replace(plain, collection=1e35 * one)),
    ):
        with pytest.raises(HubError, match=name):
            solve_multiple(problem, after_iterations(1))


def test_nothing_to_carry_and_a_single_node() -> None:
    """Without flow the cheapest site opens; one node alone is its own hub; both proven."""
    fixed = np.array([3.0, 1.0, 2.0])
    idle = solve_multiple(classical(np.zeros((3, 3)), np.ones((3, 3)), None, fixed=fixed), after_iterations(500))
    assert idle.hubs.tolist() == [1] and idle.cost == 1.0 and idle.is_proven and idle.bound <= 1.0
    alone = solve_multiple(classical(np.ones((1, 1)), np.zeros((1, 1)), 1), after_iterations(500))
    assert alone.hubs.tolist() == [0] and alone.cost == 0.0 and alone.is_proven


def test_too_many_pairs_times_sites_are_refused() -> None:
    """Arrays that would not fit into memory are refused before they are made."""
    n = 450
    many = np.broadcast_to(np.ones(1), (n, n))
    with pytest.raises(HubError, match="pairs times sites"):
        solve_multiple(classical(many, many, 2), after_iterations(1))


@pytest.mark.parametrize(("n", "p"), sorted(AP))
def test_published_optima(n: int, p: int, shared_data: Path) -> None:
    """The optima of the AP data are met, and proven to half a per cent."""
    file = shared_data / "bench" / "hub" / "ap" / (f"{n}.2" if n == 10 else f"{n}.3")
    if not file.exists():
        pytest.skip("the AP data (../shared/data/bench/hub/ap) are not there")
    values = np.array(file.read_text().split(), float)[1:]
    points, flow = values[: 2 * n].reshape(n, 2), values[2 * n : 2 * n + n * n].reshape(n, n)
    distance = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) / 1000
    plan = solve_multiple(classical(flow, distance, p, 3.0, 0.75, 2.0), either(after(60), at_gap(0.004)), 0)
    assert plan.cost == pytest.approx(AP[n, p], abs=0.01)
    assert plan.bound <= plan.cost and plan.gap <= 0.005
