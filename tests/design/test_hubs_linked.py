"""Hubs for scenarios and in stages, against enumeration of all plans, HiGHS and a plain recomputation of the bound."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import block_diag, csr_array, lil_array, vstack

from benchmarks.hub_milp import Programme, programme, solved
from tests.design.hub_cases import brute, made, timed
from yilu.design.hubs import (
    Congestion,
    HubError,
    HubProblem,
    RobustProblem,
    StagedProblem,
    solve,
    solve_robust,
    solve_stages,
    with_mean_flow,
)
from yilu.design.hubs.linked import joined
from yilu.design.hubs.linked_bound import begun, rise
from yilu.design.hubs.linked_certificate import linked_bound_of
from yilu.design.hubs.linked_search import begun as plans_begun
from yilu.design.hubs.recomputed import cost_of
from yilu.design.stop import after_iterations

_STOP = after_iterations(100_000)
_SOON = after_iterations(2_000)
"""Enough for the best plan of few nodes, without its proof."""
seeds = st.integers(0, 10_000)


def scenarios(problem: HubProblem, count: int, seed: int) -> RobustProblem:
    """The problem under some flows that have little in common."""
    rng = np.random.default_rng(seed + 11)
    n = len(problem.flow)
    flows = np.stack([problem.flow * rng.integers(0, 4, (n, 1)) * rng.integers(0, 4, (1, n)) + rng.integers(0, 2, (n, n)) for _ in range(count)])  # fmt: skip
    return RobustProblem(problem, flows.astype(float), rng.dirichlet(np.full(count, 3.0)))


def at_hubs(problem: HubProblem, hubs: tuple[int, ...]) -> float:
    """The least value with exactly these hubs, by trying every allocation."""
    only = np.zeros((len(problem.flow), 1), bool)
    only[list(hubs)] = True
    return brute(replace(problem, candidates=only, required=only, tiers=(len(hubs),)))


def sets(problem: HubProblem) -> list[tuple[int, ...]]:
    """All sets of hubs the problem allows."""
    n = len(problem.flow)
    sizes = range(1, n + 1) if problem.tiers is None else problem.tiers
    may = np.ones(n, bool) if problem.candidates is None else problem.candidates[:, 0]
    must = set() if problem.required is None else set(np.flatnonzero(problem.required[:, 0]).tolist())
    return [h for size in sizes for h in combinations(range(n), size) if may[list(h)].all() and must <= set(h)]


def robust_optimum(robust: RobustProblem) -> float:
    """Two stages, by enumeration."""
    return min(
        sum(q * at_hubs(one, h) for q, one in zip(robust.probability, robust.scenarios, strict=True))
        for h in sets(robust.problem)
    )


def staged_optimum(staged: StagedProblem) -> float:
    """Every chain of hub sets, by enumeration."""
    values = [{h: at_hubs(problem, h) for h in sets(problem)} for problem in staged.stages]
    return min(
        sum(w * values[s][h] for s, (w, h) in enumerate(zip(staged.weight, chain, strict=True)))
        for chain in product(*values)
        if all(set(a) <= set(b) for a, b in pairwise(chain))
    )


def robust_agrees(robust: RobustProblem, seed: int) -> None:
    """The optimum, proven, made of costs that plain numpy finds too; or an error where no hubs serve all scenarios."""
    value = robust_optimum(robust)
    if not np.isfinite(value):
        with pytest.raises(HubError):
            solve_robust(robust, _STOP, seed)
        return
    plan = solve_robust(robust, _STOP, seed)
    assert plan.bound <= value * (1 + 1e-9) + 1e-9
    assert plan.cost == pytest.approx(value, rel=1e-9, abs=1e-7)
    assert plan.gap <= 1e-6
    none = np.zeros(len(robust.problem.flow), np.int64)
    costs = [cost_of(one, at, none) for one, at in zip(robust.scenarios, plan.allocation, strict=True)]
    assert costs == pytest.approx(plan.scenario_costs.tolist(), rel=1e-9, abs=1e-7)
    assert all(set(at.tolist()) == set(plan.hubs.tolist()) for at in plan.allocation)


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from([None, 1, 2, 3]), st.integers(1, 3), st.booleans())
def test_hubs_shared_by_scenarios_are_the_best_and_proven(
    seed: int, n: int, p: int | None, count: int, metric: bool
) -> None:
    """Two-stage hubs, given in number or as many as pay, are those of enumeration, with costs in and out of the triangle."""
    robust_agrees(scenarios(made(seed, n, p, metric), count, seed), seed)


@settings(max_examples=60, deadline=None)
@given(seeds, st.sampled_from(["hard", "volume", "penalty", "capacity", "congestion"]), st.floats(0.5, 2.5))
def test_every_scenario_keeps_its_limits(seed: int, what: str, tight: float) -> None:
    """Deadlines of each mode, capacities and congestion count in each scenario."""
    robust = scenarios(made(seed, 4, 2, True), 2, seed)
    whole = robust.flows.sum(axis=(1, 2)).max()
    problem = robust.problem
    if what == "capacity":
        room = np.random.default_rng(seed).uniform(0.3, 1.0, (4, 1)) * whole * min(tight, 1.2)
        problem = replace(problem, capacity=room)
    elif what == "congestion":
        problem = replace(problem, congestion=Congestion(np.array([0.2, 0.5]) * whole, np.array([30.0, 90.0])))
    else:
        problem = timed(problem, seed, what, 2 * tight)
    robust_agrees(replace(robust, problem=problem), seed)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from(["", "hard", "volume", "penalty", "direct"]))
def test_the_mean_flow_stands_for_the_expectation(seed: int, n: int, what: str) -> None:
    """Hubs and allocation the same in all scenarios: the expected cost of any plan, and so of the best, is its cost under the mean flow."""
    robust = scenarios(made(seed, n, 2, True), 3, seed)
    rng = np.random.default_rng(seed)
    if what == "direct":
        direct = rng.uniform(0.3, 3.0, (n, n)) * robust.problem.transfer
        robust = replace(robust, problem=replace(robust.problem, direct=direct))
    elif what:
        robust = replace(robust, problem=timed(robust.problem, seed, what, 2.0))
    mean = with_mean_flow(robust)
    none = np.zeros(n, np.int64)
    for hubs in combinations(range(n), 2):
        at = np.array([i if i in hubs else hubs[int(rng.integers(2))] for i in range(n)])
        expected = sum(q * cost_of(one, at, none) for q, one in zip(robust.probability, robust.scenarios, strict=True))
        assert cost_of(mean, at, none) == pytest.approx(expected, rel=1e-9)
    value = brute(mean)
    if np.isfinite(value):
        assert solve(mean, _STOP, seed).cost == pytest.approx(value, rel=1e-9, abs=1e-7)
        assert robust_optimum(robust) <= value * (1 + 1e-9)


def stages_of(seed: int, n: int, counts: tuple[int, ...], with_fixed: bool) -> StagedProblem:
    """Stages with growing, shifting flow; one site stands already where ``with_fixed``."""
    base = made(seed, n, counts[0], seed % 2 == 0)
    rng = np.random.default_rng(seed + 12)
    stages = []
    for s, count in enumerate(counts):
        flow = base.flow * rng.integers(0, 4, (n, 1)) * (1 + s) + rng.integers(0, 2, (n, n))
        stage = replace(base, flow=flow.astype(float), tiers=(count,))
        if with_fixed:
            fixed = rng.integers(0, 3000, (n, 1)).astype(float)
            required = np.zeros((n, 1), bool)
            required[seed % n], fixed[seed % n] = True, 0.0
            stage = replace(stage, fixed=fixed, required=required)
        stages.append(stage)
    return StagedProblem(tuple(stages), rng.uniform(0.2, 3.0, len(counts)))


def staged_agrees(staged: StagedProblem, seed: int) -> None:
    """The optimum, proven, in nested hubs, made of costs that plain numpy finds too."""
    value = staged_optimum(staged)
    plan = solve_stages(staged, _STOP, seed)
    assert plan.bound <= value * (1 + 1e-9) + 1e-9
    assert plan.cost == pytest.approx(value, rel=1e-9, abs=1e-7)
    assert plan.gap <= 1e-6
    none = np.zeros(len(staged.stages[0].flow), np.int64)
    costs = [cost_of(one, at, none) for one, at in zip(staged.stages, plan.allocation, strict=True)]
    assert costs == pytest.approx(plan.stage_costs.tolist(), rel=1e-9, abs=1e-7)
    for s, at in enumerate(plan.allocation):
        assert set(at.tolist()) == set(plan.hubs[plan.opens <= s].tolist())


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from([(1, 2), (1, 1), (2, 3), (1, 2, 3), (1, 3, 3)]), st.booleans())
def test_staged_hubs_are_the_best_and_proven(seed: int, n: int, counts: tuple[int, ...], with_fixed: bool) -> None:
    """Hubs that open in stages and stay are those of enumeration; a standing site is there from the first stage."""
    staged_agrees(stages_of(seed, n, counts, with_fixed), seed)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(2, 3))
def test_stages_in_which_fixed_costs_say_how_many(seed: int, count: int) -> None:
    """Where numbers are free, hubs still stay once they are open."""
    staged = stages_of(seed, 4, (1,) * count, True)
    staged_agrees(replace(staged, stages=tuple(replace(one, tiers=None) for one in staged.stages)), seed)


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from([(1, 2), (2, 3), (1, 2, 3)]))
def test_sites_that_come_later_and_ones_that_are_required(seed: int, counts: tuple[int, ...]) -> None:
    """Sites that each stage allows or requires: what is open stays allowed, required and open; where no chain of hubs does, it is said."""
    staged = stages_of(seed, 4, counts, False)
    rng = np.random.default_rng(seed)
    stages = []
    for s, one in enumerate(staged.stages):
        candidates, required = rng.random((4, 1)) < 0.8, np.zeros((4, 1), bool)
        required[seed % 4] = s == seed % 2
        stages.append(replace(one, candidates=candidates | required, required=required))
    changed = replace(staged, stages=tuple(stages))
    try:
        possible = np.isfinite(staged_optimum(changed))
    except ValueError:  # no chain at all
        possible = False
    if possible:
        staged_agrees(changed, seed)
    else:
        with pytest.raises(HubError):
            solve_stages(changed, _STOP, seed)


def linked_programme(problems: tuple[HubProblem, ...], weight: np.ndarray, stays: bool) -> Programme:
    """All flow formulations side by side, and rows y_s − y_(s+1) ≤ 0 or = 0."""
    parts = [programme(problem) for problem in problems]
    n = len(problems[0].flow)
    begin = np.cumsum([0] + [len(part.cost) for part in parts])
    ties = lil_array(((len(parts) - 1) * n, begin[-1]))
    for s in range(len(parts) - 1):
        for k in range(n):
            ties[s * n + k, begin[s] + k * n + k] = 1
            ties[s * n + k, begin[s + 1] + k * n + k] = -1
    low = np.full(ties.shape[0], -np.inf if stays else 0.0)
    return Programme(
        np.concatenate([w * part.cost for w, part in zip(weight, parts, strict=True)]),
        csr_array(vstack([block_diag([part.matrix for part in parts]), ties])), np.concatenate([*(part.low for part in parts), low]),
        np.concatenate([*(part.high for part in parts), np.zeros(len(low))]), np.concatenate([part.integral for part in parts]),
        np.concatenate([part.upper for part in parts]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_second_solver_agrees(seed: int) -> None:
    """HiGHS, on the flow formulations side by side, finds the same values for scenarios and stages."""
    robust = scenarios(made(seed, 7, 2, True), 2, seed)
    cost = solved(linked_programme(robust.scenarios, robust.probability, False), 60)[0]
    plan = solve_robust(robust, _STOP, seed)
    assert plan.cost == pytest.approx(cost, rel=1e-6) and plan.bound <= cost * (1 + 1e-6) and plan.gap <= 1e-6
    staged = stages_of(2 * seed, 6, (1, 2), False)
    cost = solved(linked_programme(staged.stages, staged.weight, True), 60)[0]
    later = solve_stages(staged, _STOP, seed)
    assert later.cost == pytest.approx(cost, rel=1e-6) and later.bound <= cost * (1 + 1e-6) and later.gap <= 1e-6


@pytest.mark.parametrize(("seed", "stays"), [(seed, stays) for seed in range(4) for stays in (True, False)])
def test_the_bound_is_what_plain_numpy_makes_of_the_prices(seed: int, stays: bool) -> None:
    """Before anything is left out the bound equals its recomputation; spoiled prices give none above the optimum."""
    if stays:
        staged = stages_of(2 * seed, 7, (1, 2, 3), False)
        problems, weight = staged.stages, staged.weight
        best = solve_stages(staged, _SOON, seed).cost
    else:
        robust = scenarios(made(seed, 7, 2, True), 3, seed)
        problems, weight = robust.scenarios, robust.probability
        best = solve_robust(robust, _SOON, seed).cost
    linked = joined(problems, weight, stays)
    plan = min(plans_begun(linked, np.random.default_rng(0)), key=lambda found: found.cost)
    dear = replace(plan, cost=3 * plan.cost)
    start = begun(linked, plan, lambda: False)
    assert start.bound <= best * (1 + 1e-9)
    risen = rise(linked, start.node, dear, lambda: False, 30, 0.2)
    assert all(len(part.labels) == 7 for part in risen.node.parts)
    duals = [(part.dual.f, part.dual.u) for part in risen.node.parts]
    again = linked_bound_of(problems, weight, duals, risen.node.price, stays)
    assert again == pytest.approx(risen.bound, rel=1e-9)
    assert risen.bound <= best * (1 + 1e-9)
    rng = np.random.default_rng(seed)
    for _ in range(10):
        spoiled = [(f + rng.normal(0, 5, f.shape), u * rng.uniform(0.5, 2.0)) for f, u in duals]
        price = risen.node.price + rng.normal(0, 500, risen.node.price.shape)
        assert linked_bound_of(problems, weight, spoiled, price, stays) <= best * (1 + 1e-9)


def test_the_same_seed_gives_the_same_plan() -> None:
    """With a stop that counts, plan, bound and trace are reproducible, and the bound of half a run is valid."""
    robust = scenarios(made(4, 10, 3, True), 3, 4)
    one, other = (solve_robust(robust, after_iterations(60), 7) for _ in range(2))
    assert (one.cost, one.bound, one.trace) == (other.cost, other.bound, other.trace)
    assert one.bound <= solve_robust(robust, _STOP, 7).cost <= one.cost * (1 + 1e-9)


def test_what_cannot_be_planned_says_why() -> None:
    """Probabilities, shapes, numbers of hubs that fall, and what the mean flow cannot stand for are named."""
    robust = scenarios(made(1, 4, 2, True), 2, 1)
    one = robust.problem
    for change, said in (
        ({"probability": np.array([0.5, 0.6])}, "1 together"),
        ({"flows": robust.flows[:, :3]}, "expected \\(S, 4, 4\\)"),
        ({"flows": -robust.flows - 1}, "flows\\[0, 0, 0\\]"),
    ):
        with pytest.raises(HubError, match=said):
            solve_robust(replace(robust, **change), _STOP)  # type: ignore[arg-type]
    with pytest.raises(HubError, match="capacity is given"):
        with_mean_flow(replace(robust, problem=replace(one, capacity=np.full((4, 1), 1e9))))
    with pytest.raises(HubError, match="expected no fewer"):
        solve_stages(StagedProblem((one, replace(one, tiers=(1,))), np.ones(2)), _STOP)
    with pytest.raises(HubError, match="numbers above 0"):
        solve_stages(StagedProblem((one, one), np.array([1.0, 0.0])), _STOP)
    with pytest.raises(HubError, match="another number of nodes"):
        solve_stages(StagedProblem((one, made(1, 5, 2, True)), np.ones(2)), _STOP)
