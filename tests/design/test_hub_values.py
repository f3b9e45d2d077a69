"""Hub plans against published values, HiGHS and an independent recomputation of the bound; what cannot be planned says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.hub_instances import ap, cab, made, read_ap
from benchmarks.hub_milp import milp
from yilu.design.hubs import Congestion, Deadlines, HubError, HubProblem, classical, solve
from yilu.design.hubs.bound import Ascent, Dual, first
from yilu.design.hubs.certificate import bound_of
from yilu.design.hubs.problem import labels
from yilu.design.hubs.proof import Node
from yilu.design.hubs.recomputed import cost_of
from yilu.design.hubs.search import allocated, opened
from yilu.design.stop import after_iterations
from yilu.errors import InputError


@pytest.mark.parametrize(("n", "p"), [(10, 2), (10, 3), (20, 3), (20, 5), (25, 3), (25, 5)])
def test_published_values_are_reached_and_proven(shared_data: Path, n: int, p: int) -> None:
    """Australia Post instances of up to 25 nodes: the value published, and a proof that none is better."""
    instance = ap(n, p)
    plan = solve(instance.problem, after_iterations(60_000))
    assert instance.published is not None
    assert plan.cost == pytest.approx(instance.published, rel=1e-6)
    assert plan.is_proven


@pytest.mark.parametrize(("letters", "value"), [("ll", 224250.05), ("lt", 250992.26), ("tt", 263399.94)])
def test_published_values_with_fixed_costs_and_capacities_are_reached(
    shared_data: Path, letters: str, value: float
) -> None:
    """Ten nodes, costs and capacities loose and tight: the instance is put together of its files as its authors meant it."""
    instance = ap(10, None, letters, "CSAHLP")
    plan = solve(instance.problem, after_iterations(60_000))
    assert instance.published == value == pytest.approx(plan.cost, rel=1e-6)
    assert plan.is_proven


def test_the_civil_aeronautics_boards_cities_are_served_as_published(shared_data: Path) -> None:
    """CAB25 (O'Kelly 1987) with three hubs: the value, to its three decimals, and a proof."""
    instance = cab(3, 0.6)
    plan = solve(instance.problem, after_iterations(60_000))
    assert round(plan.cost, 3) == instance.published == 1033.565
    assert plan.is_proven


def test_a_second_solver_agrees() -> None:
    """HiGHS, on the flow formulation, finds the same value."""
    problem = made(8, 3, 5).problem
    cost, bound, _ = milp(problem, 60)
    plan = solve(problem, after_iterations(60_000))
    assert plan.cost == pytest.approx(cost, rel=1e-7)
    assert bound == pytest.approx(cost, rel=1e-6)


def test_the_bound_is_what_plain_numpy_makes_of_the_prices() -> None:
    """After some steps, before anything is fixed, the dual's bound equals its recomputation, and prices that are wrong give no bound above the plan."""
    problem = made(15, 3, 2).problem
    model = labels(problem)
    at, cost = allocated(model, opened(model, np.random.default_rng(0)))
    ascent = Ascent(model, first(model, at))
    for _ in range(120):
        ascent.step(cost)
    assert len(ascent.labels) == 15
    none = np.zeros(0, np.int64)
    node = Node(ascent.labels, ascent.dual, none, none, np.zeros((0, 2), np.int64), None, ())
    assert bound_of(problem, (node,))[0] == pytest.approx(ascent.bound, rel=1e-9)
    best = solve(problem, after_iterations(60_000)).cost
    rng = np.random.default_rng(1)
    for _ in range(20):
        spoiled = ascent.dual.f + rng.normal(0, 5, ascent.dual.f.shape)
        dual = Dual(spoiled, ascent.dual.g, ascent.dual.u * rng.uniform(0.5, 2.0))
        assert bound_of(problem, (replace(node, dual=dual),))[0] <= best


def test_the_same_seed_gives_the_same_plan() -> None:
    """With a stop that counts, a plan and its bound are reproducible to the last bit."""
    problem = made(20, 4, 3).problem
    one, other = (solve(problem, after_iterations(400), 7) for _ in range(2))
    assert (one.cost, one.bound, one.trace) == (other.cost, other.bound, other.trace)


def test_the_bound_only_rises_and_the_cost_only_falls() -> None:
    """What is told on the way is never taken back, and a plan stopped early still has a valid bound."""
    problem = made(20, 4, 3).problem
    plan = solve(problem, after_iterations(60_000))
    costs, bounds = [c for _, c, _ in plan.trace], [b for _, _, b in plan.trace]
    assert costs == sorted(costs, reverse=True) and bounds == sorted(bounds)
    early = solve(problem, after_iterations(130))
    assert early.bound <= plan.cost <= early.cost
    assert cost_of(problem, early.allocation, np.zeros(20, np.int64)) == pytest.approx(early.cost)


def square(n: int = 4) -> HubProblem:
    """Four nodes in a square, everything flows."""
    xy = np.array([[0, 0], [0, 10], [10, 0], [10, 10]], float)[:n]
    return classical(np.ones((n, n)), np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), 2, 1, 0.5, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tiers": (5,)}, "5 hubs of tier 1 are asked for, and 4 sites may be one"),
        ({"capacity": np.full((4, 1), 3.0)}, "the largest hubs that may open hold 6.0 of 16.0 units: 10.0 short"),
        ({"flow": -np.ones((4, 4))}, r"flow\[0, 0\] is -1.0"),
        ({"collection": np.ones((3, 3))}, r"collection has shape \(3, 3\)"),
        ({"transfer": np.full((4, 4), np.nan)}, r"transfer\[0, 0\] is nan"),
        ({"node_tiers": np.zeros((4, 1), bool), "candidates": np.array([[1], [1], [0], [0]], bool)}, "node 2 may be allocated to no hub"),
        ({"required": np.ones((4, 1), bool)}, "4 sites must be hubs of tier 1, and only 2 may open"),
        ({"congestion": Congestion(np.array([1.0, 2.0]), np.array([3.0, 1.0]))}, "the cost must be convex"),
        ({"direct": np.full((4, 4), -1.0)}, "direct: expected"),
        ({"fixed": np.array([[1.0], [-2.0], [0.0], [0.0]])}, r"fixed\[1, 0\] is -2.0"),
        ({"least": np.full((4, 1), np.inf)}, r"least\[0, 0\] is inf"),
        ({"tiers": (2, 1), "discount": np.ones((2, 2)), "candidates": np.array([[1, 1], [1, 0], [0, 0], [0, 0]], bool)}, "3 hubs are asked for, and 2 of them can have a site at once"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_says_why(change: dict[str, object], said: str) -> None:
    """The message names the array and place, or counts what is short."""
    with pytest.raises(HubError, match=said):
        solve(replace(square(), **change), after_iterations(100))  # type: ignore[arg-type]


def test_tiers_that_share_their_sites_find_them() -> None:
    """Where one tier's only site is another's too, the other goes elsewhere, whatever is drawn first."""
    may = np.array([[1, 1, 1], [1, 0, 1], [1, 0, 0], [0, 0, 0]], bool)
    shared = replace(square(), tiers=(1, 1, 1), discount=np.ones((3, 3)), candidates=may)
    for seed in range(10):
        plan = solve(shared, after_iterations(300), seed)
        assert dict(zip(plan.hubs.tolist(), plan.tiers.tolist(), strict=True)) == {0: 1, 1: 2, 2: 0}


def test_deadlines_that_no_hubs_keep_are_named() -> None:
    """The pairs, and by how much they are late at best."""
    time = square().transfer
    due = np.full((4, 4), 100.0)
    due[0, 3] = 1.0
    late = Deadlines(time, time, time, np.zeros(4), due)
    with pytest.raises(HubError, match=r"1 pairs can't be in time over any hubs: 0 → 3 \(13\.1 late\)"):
        solve(replace(square(), deadlines=late), after_iterations(100))


@pytest.mark.parametrize("p", [1, 4])
def test_one_hub_and_a_hub_everywhere(p: int) -> None:
    """With one hub everything passes there; with a hub at each node only the transfer is paid."""
    problem = replace(square(), tiers=(p,))
    plan = solve(problem, after_iterations(20_000))
    distance = problem.transfer
    expected = 0.5 * distance.sum() if p == 4 else min((4 * distance[:, k] * 2).sum() for k in range(4))
    assert plan.cost == pytest.approx(expected)
    assert plan.is_proven


def test_nothing_flows() -> None:
    """A problem without flow costs nothing and is proven."""
    plan = solve(replace(square(), flow=np.zeros((4, 4))), after_iterations(1000))
    assert plan.cost == plan.bound == 0.0


def test_a_file_that_is_no_instance_is_refused(tmp_path: Path) -> None:
    """Name of the file, and what was expected."""
    for text in ("", "hub", "3 1 2", "nan"):
        (tmp_path / "x.3").write_text(text)
        with pytest.raises(InputError, match=r"x\.3: .*expected the AP format"):
            read_ap(tmp_path / "x.3", 2)
