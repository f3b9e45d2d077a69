"""Questions about a plan that is there: what it costs, what it breaks, what the loss of a hub costs, where a search goes on from it; and hubs that wait."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, hstack, lil_array, vstack

from benchmarks.hub_milp import Programme, programme, solved
from tests.design.hub_cases import brute, made, timed
from tests.design.test_hubs import agrees, risen
from yilu.design.hubs import HubError, HubProblem, evaluated, losses, solve
from yilu.design.hubs.recomputed import cost_of, late_pairs
from yilu.design.stop import after_iterations

_STOP = after_iterations(40_000)
seeds = st.integers(0, 10_000)


def waiting(problem: HubProblem, seed: int, mode: str, tight: float, once: bool = False) -> HubProblem:
    """Deadlines with hubs that wait for their last feeder."""
    of = timed(problem, seed, mode, tight)
    assert of.deadlines is not None
    return replace(of, deadlines=replace(of.deadlines, waits=True, handled_once=once))


@settings(max_examples=120, deadline=None)
@given(seeds, st.integers(4, 5), st.integers(1, 3), st.sampled_from(["hard", "volume", "penalty"]), st.floats(0.8, 3.5), st.booleans())  # fmt: skip
def test_hubs_that_wait_are_planned_exactly(seed: int, n: int, p: int, mode: str, tight: float, once: bool) -> None:
    """Latest arrival: the least value over all plans, proven, in all modes; and the dual alone is never above it."""
    problem = waiting(made(seed, n, p, True), seed, mode, tight, once)
    value = brute(problem)
    try:
        assert risen(problem) <= value * (1 + 1e-9) + 1e-9
    except HubError:
        assert np.isinf(value)
    agrees(problem, seed)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(4, 5), st.sampled_from(["hard", "penalty"]), st.floats(0.8, 3.0))
def test_what_stays_at_one_hub_is_handled_once(seed: int, n: int, mode: str, tight: float) -> None:
    """``handled_once`` without waiting: the value of enumeration."""
    problem = timed(made(seed, n, 2, True), seed, mode, tight)
    assert problem.deadlines is not None
    agrees(replace(problem, deadlines=replace(problem.deadlines, handled_once=True)), seed)


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from([(1, 1), (1, 2)]), st.booleans())
def test_access_costs_by_tier(seed: int, tiers: tuple[int, int], direct: bool) -> None:
    """Collection and distribution with a factor by the hub's tier, with and without direct lanes."""
    rng = np.random.default_rng(seed)
    problem = made(seed, 4, 1, True)
    lanes = rng.uniform(0.3, 3.0, (4, 4)) * problem.transfer if direct else None
    agrees(replace(problem, tiers=tiers, discount=rng.uniform(0.2, 1.0, (2, 2)), access=rng.uniform(0.3, 2.0, 2), direct=lanes), seed)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(3, 6), st.booleans(), st.booleans())
def test_late_pairs_are_those_of_the_definition(seed: int, n: int, waits: bool, once: bool) -> None:
    """The certificate's late pairs equal those of a plain loop over the definition, node by node."""
    problem = waiting(made(seed, n, 2, True), seed, "volume", 1.5, once)
    late = problem.deadlines
    assert late is not None
    late = replace(late, waits=waits)
    problem = replace(problem, deadlines=late)
    rng = np.random.default_rng(seed)
    hubs = rng.choice(n, 2, replace=False)
    at = [i if i in hubs else int(rng.choice(hubs)) for i in range(n)]
    found = late_pairs(problem, np.array(at), np.zeros(n, np.int64))
    for i in range(n):
        for j in range(n):
            k, m = at[i], at[j]
            ready = late.collect[i, k] + late.handling[k]
            for h in range(n) if waits else ():
                if at[h] == k and problem.flow[h].sum() > 0:
                    ready = max(ready, late.collect[h, k] + late.handling[k])
            second = 0.0 if once and k == m else late.handling[m]
            time = ready + late.transfer[k, m] + second + late.distribute[m, j]
            if i != j and abs(time - late.due[i, j]) > 1e-9:
                assert found[i, j] == (time > late.due[i, j])


def latest_arrival(problem: HubProblem) -> Programme:
    """Kara and Tansel's rows on the flow formulation: D_k ≥ (t_ik + s_k) z_ik, and D_k + τ_km + s_m + t'_mj ≤ T_ij where i is at k and j at m."""
    base, late, n = programme(problem), problem.deadlines, len(problem.flow)
    assert late is not None
    many = len(base.cost)
    big = float(late.collect.max() + late.transfer.max() + late.distribute.max() + 2 * late.handling.max())
    rows, high = [], []
    for i, k in product(range(n), repeat=2):
        if problem.flow[i].sum() > 0:
            rows.append({i * n + k: late.collect[i, k] + late.handling[k], many + k: -1.0})
            high.append(0.0)
    for i, j, k, m in product(range(n), repeat=4):
        if i != j and problem.flow[i, j] > 0 and (k == m or i != m):
            due = late.due[i, j] - late.transfer[k, m] - late.handling[m] - late.distribute[m, j]
            row = {many + k: 1.0}
            for column in (i * n + k, j * n + m):
                row[column] = row.get(column, 0.0) + 2 * big
            rows.append(row)
            high.append(due + 4 * big)
    matrix = lil_array((len(rows), many + n))
    for number, row in enumerate(rows):
        for column, value in row.items():
            matrix[number, column] = value
    wide = hstack([base.matrix, csr_array((base.matrix.shape[0], n))])
    return Programme(
        np.append(base.cost, np.zeros(n)), csr_array(vstack([wide, matrix])), np.append(base.low, np.full(len(rows), -np.inf)),
        np.append(base.high, high), np.append(base.integral, np.zeros(n)), np.append(base.upper, np.full(n, np.inf)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_a_second_solver_agrees_on_latest_arrival(seed: int) -> None:
    """HiGHS on the programme with departure times: the same cost, or none where there is none."""
    problem = waiting(made(seed, 6, 2, True), seed, "hard", 1.5 + seed / 15)
    cost = solved(latest_arrival(problem), 60)[0]
    if np.isinf(cost):
        with pytest.raises(HubError):
            solve(problem, _STOP, seed)
    else:
        assert solve(problem, _STOP, seed).cost == pytest.approx(cost, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(4, 6), st.integers(1, 3), st.sampled_from(["", "capacity", "penalty", "waits"]))
def test_the_loss_of_each_hub_is_reallocated_at_best(seed: int, n: int, p: int, what: str) -> None:
    """Each loss costs what the best of all reallocations of that hub's nodes costs; the expectation is made of them."""
    problem = made(seed, n, p, seed % 2 == 0)
    if what == "penalty":
        problem = timed(problem, seed, "penalty", 1.5)
    if what == "waits":
        problem = waiting(problem, seed, "penalty", 1.5)
    plan = solve(problem, after_iterations(200), seed)
    if what == "capacity":
        problem = replace(problem, capacity=np.full((n, 1), problem.flow.sum()))
    chance = np.full(len(plan.hubs), 0.1)
    lost = losses(problem, plan, chance, _STOP)
    none = np.zeros(n, np.int64)
    expected = (1 - chance.sum()) * plan.cost
    for h, hub in enumerate(plan.hubs.tolist()):
        left = [k for k in plan.hubs.tolist() if k != hub]
        choices = [left if k == hub else [k] for k in plan.allocation.tolist()]
        values = [cost_of(problem, np.array(at), none) for at in product(*choices)]
        fixed = 0.0 if problem.fixed is None else problem.fixed[hub, 0]
        best = min(values, default=np.inf) + fixed
        assert lost.cost[h] == pytest.approx(best, rel=1e-9)
        assert lost.bound[h] == pytest.approx(best, rel=1e-6)
        assert lost.breaks[h] == ""
        expected += 0.1 * best
    assert lost.expected == pytest.approx(expected, rel=1e-9)


def test_a_loss_that_no_room_takes_says_so() -> None:
    """Where the hubs that are left are too small, the sentence names hub, load and room; probabilities that cannot be are refused."""
    problem = made(3, 6, 2, True)
    plan = solve(problem, _STOP, 3)
    tight = replace(problem, capacity=np.full((6, 1), 0.9 * problem.flow.sum()))
    assert all("would collect" in said for said in losses(tight, plan, np.zeros(2), _STOP).breaks)
    for wrong in (np.zeros(3), np.array([0.6, 0.6]), np.array([-0.1, 0.1])):
        with pytest.raises(HubError, match="probability"):
            losses(problem, plan, wrong, _STOP)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(4, 6), st.integers(2, 3))
def test_a_given_plan_costs_what_it_costs_and_is_gone_on_from(seed: int, n: int, p: int) -> None:
    """The parts add up to the cost, the search from a given plan begins with it and is never dearer, and from the best one it has nothing to do."""
    problem = made(seed, n, p, True)
    rng = np.random.default_rng(seed)
    hubs = rng.choice(n, p, replace=False)
    at = np.array([i if i in hubs else rng.choice(hubs) for i in range(n)])
    given_plan = evaluated(problem, hubs, np.zeros(p, np.int64), at)
    assert given_plan.breaks == ()
    assert sum(given_plan.parts.values()) == pytest.approx(given_plan.cost)
    early = solve(problem, after_iterations(0), seed, start=given_plan)
    assert early.trace[0][1] == pytest.approx(given_plan.cost)
    assert early.cost <= given_plan.cost * (1 + 1e-12)
    plan = solve(problem, _STOP, seed, start=given_plan)
    assert plan.cost == pytest.approx(brute(problem), rel=1e-9)
    assert solve(problem, after_iterations(0), seed, start=plan).cost == pytest.approx(plan.cost)


def test_what_a_given_plan_breaks_is_said() -> None:
    """Each kind of limit has its sentence, and arrays that are no plan are refused by name."""
    problem = made(3, 6, 2, True)
    hubs, tiers, at = np.array([0, 1]), np.zeros(2, np.int64), np.array([0, 1, 0, 0, 1, 1])
    whole = problem.flow.sum()
    only = np.zeros((6, 1), bool)
    only[[0, 2, 3]] = True
    for change, said in (
        (
            {"capacity": np.full((6, 1), 0.5 * whole + 1e-9) * (np.arange(6)[:, None] > 1) + 0.3 * whole},
            "would collect",
        ),
        ({"least": np.full((6, 1), 0.8 * whole)}, "of at least"),
        ({"candidates": only}, "node 1 may not be a hub of tier 1"),
        ({"required": only & (np.arange(6)[:, None] == 2)}, "node 2 must be a hub of tier 1"),
        ({"tiers": (3,)}, "2 hubs of tier 1 are open, and 3 are asked for"),
    ):
        found = evaluated(replace(problem, **change), hubs, tiers, at)  # type: ignore[arg-type]
        assert any(said in broken for broken in found.breaks), (said, found.breaks)
        assert found.cost == pytest.approx(cost_of(problem, at, np.zeros(6, np.int64)))
    hopeless = timed(problem, 3, "hard", 0.01)
    assert "pairs would be late" in evaluated(hopeless, hubs, tiers, at).breaks[0]
    with pytest.raises(HubError, match="none of this problem: node 1 may not be"):
        solve(replace(problem, candidates=only), _STOP, start=evaluated(problem, hubs, tiers, at))
    for wrong, said in (
        ((np.array([0, 0]), tiers, at), "node 0 is a hub twice"),
        ((np.array([0, 6]), tiers, at), r"hubs\[1\] is 6"),
        ((hubs, tiers + 1, at), r"tiers\[0\] is 1"),
        ((hubs, tiers, at + 1), "which is no hub"),
        ((hubs, tiers, np.array([1, 0, 0, 0, 0, 0])), "hub 0 is allocated to 1: expected itself"),
        ((hubs, tiers, at[:5]), "have shapes"),
    ):
        with pytest.raises(HubError, match=said):
            evaluated(problem, *wrong)


def test_hard_deadlines_that_waiting_breaks_are_named() -> None:
    """A pair that is in time by itself and late behind a slow feeder is named; without waiting nothing is broken."""
    time = np.full((4, 4), 10.0)
    np.fill_diagonal(time, 0.0)
    time[2, 0] = 50.0
    problem = timed(replace(made(1, 4, 1, True), flow=np.ones((4, 4)) - np.eye(4)), 1, "hard", 1.0)
    assert problem.deadlines is not None
    late = replace(problem.deadlines, collect=time, transfer=time, distribute=time, handling=np.zeros(4), due=np.full((4, 4), 30.0) + 40.0 * (np.arange(4)[:, None] == 2))  # fmt: skip
    hubs, none, at = np.array([0]), np.zeros(1, np.int64), np.zeros(4, np.int64)
    assert evaluated(replace(problem, deadlines=late), hubs, none, at).breaks == ()
    said = evaluated(replace(problem, deadlines=replace(late, waits=True)), hubs, none, at).breaks
    assert said and "1 → 2" in said[0]
