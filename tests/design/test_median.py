"""The p-median planner: equal to an exact solver on small cases, proven on graphs, clear about what can't be."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.location import graph
from tests.design.location_cases import median_case, optimum
from yilu.design.location import Infeasible, certificate, median_problem, solve
from yilu.design.location.interchange import interchanged
from yilu.design.stop import after_iterations, at_gap


@pytest.mark.parametrize("block", range(6))
def test_equals_the_exact_optimum(block: int) -> None:
    """On 300 small cases with every feature the plan costs what HiGHS says is least, its bound closes, its certificate is clean; where HiGHS finds no plan, neither is one claimed."""
    solved = 0
    for seed in range(50 * block, 50 * block + 50):
        problem = median_case(seed)
        best = optimum(problem)
        if not np.isfinite(best):
            with pytest.raises(Infeasible):
                solve(problem)
            continue
        plan = solve(problem, seed=seed)
        near = 1e-6 * max(1.0, best)
        assert plan.cost == pytest.approx(best, abs=near) and plan.bound == pytest.approx(best, abs=near), seed
        assert certificate(problem, plan).faults == (), seed
        solved += 1
    assert solved > 30


@given(st.integers(1000, 10**6), st.integers(0, 240))
@settings(max_examples=60, deadline=None)
def test_bound_is_never_above_the_optimum(seed: int, iterations: int) -> None:
    """Wherever the search is stopped, the bound holds, and it is what the certificate recomputes."""
    problem = median_case(seed)
    best = optimum(problem)
    if not np.isfinite(best):
        return
    plan = solve(problem, stop=after_iterations(iterations))
    checked = certificate(problem, plan)
    assert plan.bound <= best + 1e-6 * max(1.0, best) <= plan.cost + 2e-6 * max(1.0, best)
    assert checked.faults == () and checked.bound <= best + 1e-6 * max(1.0, best)


@pytest.mark.parametrize(("nodes", "p"), [(100, 5), (100, 33), (200, 10), (300, 30)])
def test_graphs_are_proven(nodes: int, p: int) -> None:
    """Graphs like those of the literature are closed to 0.3 % within a set number of steps, and the certificate says so."""
    problem = median_problem(graph(nodes, nodes + p), p=p)
    plan = solve(problem, stop=after_iterations(6000))
    checked = certificate(problem, plan)
    assert checked.faults == () and (plan.cost - checked.bound) / plan.cost <= 0.003


def test_interchange_ends_where_no_exchange_pays() -> None:
    """What local search returns is a local optimum: no exchange of two sites, priced from scratch, is cheaper."""
    cost = np.random.default_rng(3).uniform(0, 1, (40, 12))
    start = np.arange(12) < 4
    out = interchanged(np.ascontiguousarray(cost.T), np.zeros(12), start, np.ones(12, np.bool_), False, 0)
    found = cost[:, out].min(axis=1).sum()
    for j, r in ((j, r) for j in np.flatnonzero(~out) for r in np.flatnonzero(out)):
        other = out.copy()
        other[[j, r]] = True, False
        assert cost[:, other].min(axis=1).sum() >= found - 1e-9
    assert out.sum() == 4


def test_enumeration_agrees() -> None:
    """Two of seven sites, all 21 pairs tried by hand."""
    cost = np.random.default_rng(5).uniform(0, 9, (20, 7))
    by_hand = min(cost[:, list(pair)].min(axis=1).sum() for pair in combinations(range(7), 2))
    assert solve(median_problem(cost, p=2)).cost == pytest.approx(by_hand)


def test_disconnected_parts_each_get_a_site() -> None:
    """Three islands and p = 3: every island has its own best site; with p = 2 the error says that three are needed."""
    cost = np.full((9, 9), np.inf)
    for island in range(3):
        part = slice(3 * island, 3 * island + 3)
        cost[part, part] = np.abs(np.subtract.outer(np.arange(3.0), np.arange(3.0)))
    plan = solve(median_problem(cost, p=3))
    assert plan.open.tolist() == [1, 4, 7] and plan.cost == plan.bound == 6
    with pytest.raises(Infeasible, match="3 at least are needed") as error:
        solve(median_problem(cost, p=2))
    assert error.value.shortage == 1 and error.value.next_step and error.value.zh


def test_customer_of_weight_zero_is_reached() -> None:
    """A customer without weight costs nothing, but a plan that doesn't reach it is none."""
    cost = np.array([[1.0, 5.0], [np.inf, 3.0]])
    plan = solve(median_problem(cost, np.array([1.0, 0.0]), p=1))
    assert plan.open.tolist() == [1] and plan.cost == plan.bound == 5 and plan.gap == 0


def test_all_weights_zero() -> None:
    """Nothing to pay: the gap is 0, not 0 divided by 0."""
    plan = solve(median_problem(np.ones((4, 3)), np.zeros(4), p=2))
    assert plan.cost == plan.bound == plan.gap == 0 and len(plan.open) == 2


def test_duplicates_change_nothing_but_the_sum() -> None:
    """Every customer twice and every site twice: twice the cost of the single problem."""
    cost = np.floor(np.random.default_rng(8).uniform(0, 99, (15, 8)))
    once = solve(median_problem(cost, p=3))
    twice = solve(median_problem(np.tile(cost, (2, 2)), p=3))
    assert twice.cost == twice.bound == 2 * once.cost


def test_same_seed_same_plan() -> None:
    """What is drawn by lot is drawn by the seed."""
    problem = median_problem(graph(100, 1), p=7)
    one, two = (solve(problem, seed=4, stop=after_iterations(300)) for _ in range(2))
    assert one.trace == two.trace and one.open.tolist() == two.open.tolist()


def test_stops_at_the_gap_asked_for() -> None:
    """A plan that is good enough ends the search before the bound closes; the trace never gets worse."""
    problem = median_problem(graph(200, 2), p=5)
    plan = solve(problem, stop=at_gap(0.05))
    assert plan.gap <= 0.05 and plan.trace[-1].iterations < solve(problem).trace[-1].iterations
    assert all(b.cost <= a.cost and b.bound >= a.bound - 1e-9 for a, b in zip(plan.trace, plan.trace[1:], strict=False))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"p": 5}, "only 3 of 4"),
        ({"p": 1, "required": np.array([True, True, False, False])}, "2 are required"),
        ({"required": np.array([False, False, False, True])}, "site 3 is required and not allowed"),
        ({"cost": np.array([[1, 1, 1, 1], [np.inf, np.inf, np.inf, 2.0]])}, "reaches customer 1"),
    ],
)
def test_what_cannot_be_says_why(change: dict[str, object], said: str) -> None:
    """Too many sites, too few, one both required and not allowed, a customer out of reach: each is named, with what to do."""
    given: dict[str, object] = {"cost": np.ones((2, 4)), "p": 2, "allowed": np.array([True, True, True, False])}
    with pytest.raises(Infeasible, match=said) as error:
        median_problem(**(given | change))  # type: ignore[arg-type]
    assert error.value.next_step and error.value.zh and error.value.next_step_zh and error.value.exit_code == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cost": np.array([[1.0, -1.0]])}, "customer 0 at site 1"),
        ({"cost": np.array([[np.nan, 1.0]])}, "customer 0 at site 0"),
        ({"cost": np.zeros((0, 2))}, "at least one of each"),
        ({"weight": np.array([np.inf])}, "weight 0"),
        ({"weight": np.ones(2)}, "each of 1 customers"),
        ({"p": 0}, "at least one site"),
        ({"fixed": np.array([0.0, -2.0])}, "fixed 1"),
    ],
)
def test_wrong_values_are_named(change: dict[str, object], said: str) -> None:
    """A value that can't be is refused with its place."""
    given: dict[str, object] = {"cost": np.ones((1, 2)), "p": 1}
    with pytest.raises(ValueError, match=said):
        median_problem(**(given | change))  # type: ignore[arg-type]


def test_integer_programmes_print_nothing() -> None:
    """What HiGHS greets a process with would stand in the middle of a JSON answer."""
    code = (
        "import numpy as np; from yilu.design.location import median_problem, solve;"
        "assert solve(median_problem(np.where(np.eye(3) > 0, 1.0, np.inf), p=3)).cost == 3"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == ""
