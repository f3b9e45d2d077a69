"""The certificate finds what is wrong with a plan: each planted fault is named, and no tampered proof carries a bound that is too high."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.design.location_cases import location_case, median_case
from yilu.design.location import Node, certificate, location_problem, median_problem, solve
from yilu.design.location.plans import MedianPlan
from yilu.design.location.problems import MedianProblem
from yilu.design.stop import after_iterations

NONE = np.zeros(0, np.int64)


@pytest.fixture
def solved() -> tuple[MedianProblem, MedianPlan]:
    """A problem whose bound does not come for free."""
    problem = median_problem(np.random.default_rng(2).uniform(0, 9, (30, 10)), p=3)
    return problem, solve(problem)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cost": 1.0}, "it costs"),
        ({"bound": 1e9}, "its proof gives"),
        ({"open": np.array([0, 1])}, "2 sites are open, not 3"),
        ({"open": np.array([0, 1, 1])}, "named once"),
        ({"allocation": np.full(30, 99 % 10)}, "isn't open"),
    ],
)
def test_planted_faults_of_a_median_plan(
    solved: tuple[MedianProblem, MedianPlan], change: dict[str, object], said: str
) -> None:
    """A wrong cost, bound, number of sites, repeated site or allocation is each named."""
    problem, plan = solved
    assert certificate(problem, plan).faults == ()
    if "allocation" in change:
        shut = int(np.setdiff1d(np.arange(10), plan.open)[0])
        change = {"allocation": np.full(30, shut)}
    assert any(said in fault for fault in certificate(problem, replace(plan, **change)).faults)  # type: ignore[arg-type]


def test_planted_faults_of_a_location_plan() -> None:
    """Too full a site, shares that don't add up, a split where one source is asked for: each is named."""
    problem = location_problem(np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([2.0, 2.0]), np.array([2.0, 2.0]), single_source=True)  # fmt: skip
    plan = solve(problem)
    assert certificate(problem, plan).faults == ()
    for share, said in (
        (np.array([[1.0, 0.0], [1.0, 0.0]]), "more than it holds"),
        (np.array([[1.0, 0.0], [0.0, 0.0]]), "add up"),
        (np.array([[0.5, 0.5], [0.5, 0.5]]), "one source"),
    ):
        faults = certificate(problem, replace(plan, share=share)).faults
        assert any(said in fault for fault in faults), said


def test_any_multipliers_give_a_bound_that_holds() -> None:
    """Whatever prices stand in a proof, the recomputed bound is no more than the cost of the best plan."""
    draw = np.random.default_rng(0)
    for seed in range(40):
        for problem in (median_case(seed), location_case(seed, False)):
            try:
                plan = solve(problem, stop=after_iterations(60))  # type: ignore[call-overload]
                best = solve(problem).cost  # type: ignore[call-overload]
            except Exception as error:
                assert type(error).__name__ == "Infeasible"
                continue
            prices = draw.uniform(0, 60, problem.customers)
            changed = replace(plan, proof=(Node(prices, NONE, NONE, -1, ()),), bound=-1e9)
            assert certificate(problem, changed).bound <= best * (1 + 1e-7) + 1e-7


def test_fixings_without_reason_carry_nothing(solved: tuple[MedianProblem, MedianPlan]) -> None:
    """A proof that shuts a site of the best plan without showing that it may gives a bound no better than without."""
    problem, plan = solved
    start = plan.proof[0].multipliers
    best = np.array([plan.open[0]])
    honest = certificate(problem, replace(plan, proof=(Node(start, NONE, NONE, -1, ()),), bound=0.0)).bound
    child = Node(np.full(30, 9.0), NONE, NONE, -1, ())
    forged = (Node(start, best, NONE, -1, (1,)), child)
    assert certificate(problem, replace(plan, proof=forged, bound=0.0)).bound <= plan.cost + 1e-9
    assert honest <= plan.cost + 1e-9
    torn = (Node(start, NONE, NONE, 0, (1, 1)), child)
    assert certificate(problem, replace(plan, proof=torn)).faults != ()
    orphan = (Node(start, NONE, NONE, -1, ()), child)
    assert any("belongs to no other" in f for f in certificate(problem, replace(plan, proof=orphan)).faults)


def test_a_plan_of_another_problem_is_refused(solved: tuple[MedianProblem, MedianPlan]) -> None:
    """Kinds that don't belong together are an error, not a clean certificate."""
    problem = location_problem(np.ones((2, 2)), np.ones(2), np.full(2, 9.0))
    with pytest.raises(TypeError, match="MedianPlan for LocationProblem"):
        certificate(problem, solved[1])
