"""Capacitated location: equal to an exact solver on small cases, with demand split and with one source, clear about what can't be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from benchmarks.location import located
from tests.design.location_cases import location_case, optimum
from yilu.design.location import Infeasible, certificate, location_problem, solve
from yilu.design.location.transport import transport
from yilu.design.stop import after_iterations


@pytest.mark.parametrize("single_source", [False, True])
@pytest.mark.parametrize("block", range(5))
def test_equals_the_exact_optimum(block: int, single_source: bool) -> None:
    """On 150 small cases of each kind the plan costs what HiGHS says is least and its bound closes; where HiGHS finds no plan, neither is one claimed."""
    solved = 0
    for seed in range(30 * block, 30 * block + 30):
        problem = location_case(seed, single_source)
        best = optimum(problem)
        if not np.isfinite(best):
            with pytest.raises(Infeasible):
                solve(problem)
            continue
        plan = solve(problem, seed=seed)
        near = 1e-6 * max(1.0, best)
        assert plan.cost == pytest.approx(best, abs=near) and plan.bound == pytest.approx(best, abs=near), seed
        checked = certificate(problem, plan)
        assert checked.faults == () and checked.bound <= best + near, seed
        assert single_source or checked.bound == pytest.approx(best, abs=near)
        solved += 1
    assert solved > 20


@given(st.integers(1000, 10**6), st.booleans(), st.integers(0, 240))
@settings(max_examples=40, deadline=None)
def test_bound_is_never_above_the_optimum(seed: int, single_source: bool, iterations: int) -> None:
    """Wherever the search is stopped, the bound holds, and no part of the proof is more than the certificate recomputes."""
    problem = location_case(seed, single_source)
    best = optimum(problem)
    if not np.isfinite(best):
        return
    near = 1e-6 * max(1.0, best)
    plan = solve(problem, stop=after_iterations(iterations))
    checked = certificate(problem, plan)
    assert plan.bound <= best + near and plan.cost >= best - near
    assert checked.faults == () and checked.bound <= best + near


@pytest.mark.parametrize("seed", range(40))
def test_transport_equals_the_linear_programme(seed: int) -> None:
    """Amounts cost what a linear programme says is least, and the prices of capacity prove it; where it says no, so does the planner, with a set of sites that is too small."""
    draw = np.random.default_rng(seed)
    k, n = int(draw.integers(1, 7)), int(draw.integers(1, 16))
    cost = np.floor(draw.uniform(0, 9, (k, n))) if seed % 2 else draw.uniform(0, 9, (k, n))
    cost[draw.random((k, n)) < 0.2] = np.inf
    cost[0, ~np.isfinite(cost).any(axis=0)] = 1.0
    demand, capacity = draw.uniform(0, 3, n), draw.uniform(0, 1, k)
    capacity *= demand.sum() * draw.uniform(1.0, 1.6) / capacity.sum()
    fits, amount, price = transport(cost, demand, capacity)
    finite = np.isfinite(cost)
    solved = linprog(
        np.where(finite, cost, 0.0).ravel(),
        A_ub=np.kron(np.eye(k), np.ones(n)), b_ub=capacity, A_eq=np.kron(np.ones(k), np.eye(n)), b_eq=demand,
        bounds=[(0, None if f else 0) for f in finite.ravel()],
    )  # fmt: skip
    assert fits == (solved.status == 0)
    if not fits:
        only_there = ~finite[price == 0].any(axis=0)
        assert demand[only_there].sum() > capacity[price == 1].sum()
        return
    assert np.allclose(amount.sum(axis=0), demand) and (amount.sum(axis=1) <= capacity + 1e-9).all()
    assert (np.where(amount > 0, cost, 0.0) * amount).sum() == pytest.approx(solved.fun)
    dual = (demand * (cost + price[:, None]).min(axis=0)).sum() - (price * capacity).sum()
    assert dual == pytest.approx(solved.fun) and (price >= 0).all()


@pytest.mark.parametrize("single_source", [False, True])
def test_a_middling_case_is_certified(single_source: bool) -> None:
    """80 customers and 20 sites are closed to 1 % in a set number of steps, and the certificate says so by multipliers alone."""
    problem = located(80, 20, single_source)
    plan = solve(problem, stop=after_iterations(3000))
    checked = certificate(problem, plan)
    assert checked.faults == () and (plan.cost - checked.bound) / plan.cost <= 0.01


def test_splitting_never_costs_more() -> None:
    """The same problem with one source costs at least as much as with split demand."""
    split, whole = (solve(located(12, 6, single_source)) for single_source in (False, True))
    assert split.cost <= whole.cost * (1 + 1e-9) and split.gap < 1e-6 and whole.gap < 1e-6


def test_customer_without_demand_is_reached() -> None:
    """No demand, no room taken, but a site that reaches it must be open."""
    cost = np.array([[1.0, 4.0], [np.inf, 1.0]])
    plan = solve(location_problem(cost, np.array([2.0, 0.0]), np.array([5.0, 5.0]), np.array([1.0, 3.0])))
    assert plan.open.tolist() == [0, 1] and plan.cost == pytest.approx(6) and plan.share[1].tolist() == [0, 1]


def test_short_in_sum_says_by_how_much() -> None:
    """Capacity that is less than the demand is refused with the shortage."""
    with pytest.raises(Infeasible, match=r"demand is 10, .* 7: 3 short") as error:
        location_problem(np.ones((2, 2)), np.array([6.0, 4.0]), np.array([3.0, 4.0]))
    assert error.value.shortage == 3 and error.value.next_step


def test_short_in_one_part_names_the_part() -> None:
    """Enough in sum, but two customers reach one small site only: both and the shortage are named."""
    cost = np.array([[1.0, np.inf], [1.0, np.inf], [1.0, 1.0]])
    problem = location_problem(cost, np.array([3.0, 3.0, 1.0]), np.array([5.0, 9.0]))
    with pytest.raises(Infeasible, match="1 short") as error:
        solve(problem)
    assert error.value.customers == (0, 1) and error.value.sites == (0,) and error.value.shortage == pytest.approx(1)


def test_one_source_too_large_for_any_site() -> None:
    """With one source, a customer larger than every site is named; split, it is served."""
    given = (np.ones((1, 2)), np.array([6.0]), np.array([4.0, 4.0]))
    with pytest.raises(Infeasible, match="customer 0 has a demand of 6"):
        location_problem(*given, single_source=True)
    assert solve(location_problem(*given)).cost == pytest.approx(6)


def test_one_source_that_cannot_be_packed() -> None:
    """Three customers of 2 and two sites of 3: enough in sum, but not whole; the error says so."""
    with pytest.raises(Infeasible, match="one site that has room"):
        solve(location_problem(np.ones((3, 2)), np.full(3, 2.0), np.full(2, 3.0), single_source=True))


def test_duplicates_change_nothing_but_the_sum() -> None:
    """Two customers and sites of the same kind: the demand of both is served at the same unit costs."""
    cost, demand = np.array([[1.0, 3.0], [2.0, 1.0]]), np.array([2.0, 3.0])
    one = solve(location_problem(cost, demand, np.array([5.0, 5.0])))
    two = solve(location_problem(np.tile(cost, (2, 2)), np.tile(demand, 2), np.full(4, 5.0)))
    assert two.cost == pytest.approx(2 * one.cost) and two.gap < 1e-9


def test_negative_demand_is_named() -> None:
    """A value that can't be is refused with its place."""
    with pytest.raises(ValueError, match="demand 1"):
        location_problem(np.ones((2, 1)), np.array([1.0, -1.0]), np.array([9.0]))
