"""Hub plans against brute force over every set of hubs and every allocation, on made-up small problems of every variant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.design.hub_cases import brute, made, timed
from yilu.design.hubs import Congestion, HubError, HubProblem, solve
from yilu.design.hubs.bound import Ascent, first
from yilu.design.hubs.certificate import cost_of
from yilu.design.hubs.problem import labels
from yilu.design.hubs.search import allocated, opened
from yilu.design.stop import after_iterations

_STOP = after_iterations(40_000)


def agrees(problem: HubProblem, seed: int) -> None:
    """The planner finds the brute force's value and proves it, or says that there is no plan where there is none."""
    value = brute(problem)
    if not np.isfinite(value):
        with pytest.raises(HubError):
            solve(problem, _STOP, seed)
        return
    plan = solve(problem, _STOP, seed)
    tier = dict(zip(plan.hubs.tolist(), plan.tiers.tolist(), strict=True))
    assert plan.bound <= value * (1 + 1e-9) + 1e-9
    assert plan.cost == pytest.approx(value, rel=1e-9, abs=1e-7)
    assert plan.is_proven
    assert cost_of(problem, plan.allocation, np.array([tier[k] for k in plan.allocation])) == pytest.approx(
        plan.cost, rel=1e-9, abs=1e-7
    )


def risen(problem: HubProblem) -> float:
    """The bound of the dual alone, before it leaves anything out: no plan that is found can hide that it is too high."""
    model = labels(problem)
    at, cost = allocated(model, opened(model, np.random.default_rng(0)))
    ascent = Ascent(model, first(model, at))
    for _ in range(120):
        ascent.step(cost)
    assert len(ascent.labels) == len(model.fixed)
    return ascent.bound


seeds = st.integers(0, 10_000)


@settings(max_examples=60, deadline=None)
@example(3277, 4, 3, True)  # where a hub more makes it dearer
@given(seeds, st.integers(3, 6), st.integers(1, 3), st.booleans())
def test_hubs_of_a_given_number_are_the_best_and_proven(seed: int, n: int, p: int, metric: bool) -> None:
    """USApHMP, with points in the plane and with costs that keep no triangle."""
    agrees(made(seed, n, min(p, n), metric), seed)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(3, 5), st.booleans())
def test_fixed_costs_say_how_many_hubs_pay(seed: int, n: int, metric: bool) -> None:
    """USAHLP."""
    agrees(made(seed, n, None, metric), seed)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(4, 6), st.sampled_from([None, 2, 3]), st.floats(0.25, 0.9))
def test_capacities_are_kept_and_what_cannot_be_is_said(seed: int, n: int, p: int | None, share: float) -> None:
    """CSAHLP and CSApHMP: no plan is over a capacity; where brute force finds none, neither does the planner."""
    problem = made(seed, min(n, 5) if p is None else n, p, True)
    rng = np.random.default_rng(seed + 1)
    room = rng.uniform(0.3, 1.0, (len(problem.flow), 1)) * problem.flow.sum() * share
    agrees(replace(problem, capacity=room), seed)


@settings(max_examples=80, deadline=None)
@given(seeds, st.integers(4, 6), st.integers(1, 3), st.sampled_from(["hard", "volume", "penalty"]), st.floats(0.6, 3.0))
def test_deadlines_are_kept_where_they_can_be(seed: int, n: int, p: int, mode: str, tight: float) -> None:
    """Hard deadlines, most volume kept, and a penalty on what is late."""
    agrees(timed(made(seed, n, p, True), seed, mode, tight), seed)


@settings(max_examples=50, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from([(1, 1), (1, 2), (2, 1), (1, 1, 1)]), st.booleans())
def test_tiers_share_the_sites_and_discount_by_pairs_of_tiers(
    seed: int, n: int, tiers: tuple[int, ...], limited: bool
) -> None:
    """A site opens at one tier; a node may be bound to a tier."""
    rng = np.random.default_rng(seed + 3)
    levels = len(tiers)
    discount = rng.uniform(0.2, 1.0, (levels, levels))
    problem = made(seed, n, 1, True)
    node_tiers = np.ones((n, levels), bool)
    if limited:
        node_tiers[0, 1:] = False
    agrees(replace(problem, tiers=tiers, discount=discount, node_tiers=node_tiers), seed)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from([None, 2]))
def test_congestion_spreads_the_load(seed: int, n: int, p: int | None) -> None:
    """A convex cost of the collected flow, by pieces."""
    problem = made(seed, n, p, True)
    whole = problem.flow.sum()
    agrees(replace(problem, congestion=Congestion(np.array([0.2, 0.5]) * whole, np.array([30.0, 90.0]))), seed)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(4, 6))
def test_required_hubs_open_and_forbidden_ones_do_not(seed: int, n: int) -> None:
    """Two hubs, one of them given, one site not allowed."""
    candidates, required = np.ones((n, 1), bool), np.zeros((n, 1), bool)
    required[seed % n] = True
    candidates[(seed + 1) % n] = False
    problem = replace(made(seed, n, 2, True), candidates=candidates, required=required)
    agrees(problem, seed)
    hubs = solve(problem, _STOP, seed).hubs
    assert seed % n in hubs and (seed + 1) % n not in hubs


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from([None, 2]), st.booleans())
def test_large_pairs_go_past_the_hubs(seed: int, n: int, p: int | None, late: bool) -> None:
    """A pair takes its direct lane where that is cheaper than the way over hubs, and is then in time."""
    rng = np.random.default_rng(seed + 4)
    problem = made(seed, n, p, True)
    direct = np.where(rng.random((n, n)) < 0.5, rng.uniform(0.3, 3.0, (n, n)) * problem.transfer, np.inf)
    problem = replace(problem, direct=direct)
    assert risen(problem) <= brute(problem) * (1 + 1e-9)
    agrees(timed(problem, seed, "penalty", 1.0) if late else problem, seed)


@settings(max_examples=40, deadline=None)
@example(5, 4, 2, 0.5)  # where one hub alone would have enough, and two don't
@given(seeds, st.integers(4, 5), st.sampled_from([None, 2]), st.floats(0.1, 0.5))
def test_a_hub_opens_only_with_its_least_volume(seed: int, n: int, p: int | None, share: float) -> None:
    """No open hub collects less than its least volume; where none can be, it is said."""
    problem = made(seed, n, p, True)
    agrees(replace(problem, least=np.full((n, 1), share * problem.flow.sum())), seed)
