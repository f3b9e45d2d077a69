"""The certificate of a hub plan: it finds every claim so that is so, and no tampered proof carries a bound that is too high."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module

import numpy as np
import pytest

from tests.design.hub_cases import any_case, brute, made, timed
from yilu.design.hubs import Congestion, HubError, HubPlan, HubProblem, certificate, solve
from yilu.design.hubs.bound import Dual
from yilu.design.hubs.certificate import bound_of
from yilu.design.hubs.proof import UNSEEN, Ledger, Node, Proof
from yilu.design.stop import after_iterations

_ROUNDS = after_iterations(900)
_NONE, _NO_PAIRS = np.zeros(0, np.int64), np.zeros((0, 2), np.int64)


def _solved(problem: HubProblem, seed: int) -> HubPlan | None:
    try:
        return solve(problem, _ROUNDS, seed, proof=True)
    except HubError:
        return None


@pytest.mark.parametrize("seeds", [range(k, 300, 6) for k in range(6)])
def test_every_claim_is_found_so(seeds: range) -> None:
    """Three hundred problems, variants on top of each other: cost and the whole of the bound, tiers, limits, tree and what was fixed, are recomputed."""
    kinds = np.zeros(5, np.int64)
    for seed in seeds:
        problem = any_case(seed, 4 + seed % 4)
        plan = _solved(problem, seed)
        if plan is None:
            continue
        found = certificate(problem, plan)
        assert found.faults == (), seed
        assert plan.bound <= found.bound + 1e-7 * max(1.0, plan.cost) and found.bound <= found.cost
        kinds += [
            len(problem.discount) > 1, plan.nodes > 0, any(len(n.barred) for n in plan.proof),
            any(len(n.shut) or len(n.opened) for n in plan.proof), plan.is_proven,
        ]  # fmt: skip
    assert (kinds > 3).all(), "the cases no longer have tiers, trees, allocations and hubs fixed, and proofs that close"


@pytest.mark.parametrize("seed", range(12))
def test_a_larger_tree(seed: int) -> None:
    """Ten nodes, costs that keep no triangle or deadlines: proofs of many nodes, decided on allocations too."""
    problem = made(seed, 10, 3, False) if seed % 2 else timed(made(seed, 10, 3, True), seed, "penalty", 1.2)
    plan = solve(problem, after_iterations(3000), seed, proof=True)
    assert certificate(problem, plan).faults == ()


def test_the_proof_changes_neither_plan_nor_claim() -> None:
    """Asked for or not, plan and bound are valid and close; without it none is carried, and the certificate says how to get one."""
    problem = made(3, 7, 2, False)
    bare, kept = (solve(problem, after_iterations(20_000), 3, proof=p) for p in (False, True))
    assert bare.cost == kept.cost and bare.is_proven and kept.is_proven
    assert bare.proof == () and "proof=True" in certificate(problem, bare).faults[0]
    assert certificate(problem, kept).faults == ()


def test_a_search_stopped_at_once_has_a_bound() -> None:
    """The dual's first rounds are made even where the time is up, and what they prove is proven."""
    problem = made(3, 7, 2, False)
    plan = solve(problem, after_iterations(1), 3, proof=True)
    assert 0.5 * plan.cost < plan.bound and certificate(problem, plan).faults == ()
    unproven = replace(plan, bound=0.0, proof=())
    assert certificate(problem, unproven).faults == (), "that no cost is below 0 needs no proof"


def test_a_proof_is_no_larger_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory is short the search ends with the bound that it has, and that is proven."""
    problem = timed(made(4, 12, 3, True), 4, "penalty", 1.0)
    whole = solve(problem, after_iterations(4000), 4, proof=True)
    most = 4 * whole.proof[0].dual.f.size
    monkeypatch.setattr(import_module("yilu.design.hubs.solve"), "Ledger", partial(Ledger, most=most))
    short = solve(problem, after_iterations(4000), 4, proof=True)
    held = [n.dual.f.size + n.dual.g.size + n.dual.u.size for n in short.proof]
    assert sum(held[:-1]) < most and len(short.proof) < len(whole.proof) and not short.is_proven
    assert 0 < short.bound <= whole.cost and certificate(problem, short).faults == ()


@pytest.fixture(scope="module")
def proven() -> tuple[HubProblem, HubPlan]:
    """A problem with a tree of several nodes, closed."""
    for seed in range(100):
        problem = made(seed, 8, 3, False)
        plan = solve(problem, after_iterations(20_000), seed, proof=True)
        if plan.nodes > 2 and plan.is_proven:
            return problem, plan
    raise AssertionError("no such problem among these")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cost": 1.0}, "it costs"),
        ({"bound": 1e9}, "its proof gives"),
        ({"proof": ()}, "carries no proof"),
        ({"hubs": np.array([0, 1, 1])}, "named once"),
        ({"tiers": np.array([0, 0, 1])}, "tier is none"),
        ({"allocation": np.full(8, -1)}, "serves nobody"),
        (
            {"hubs": np.array([0]), "tiers": np.array([0]), "allocation": np.array([0, 0, 0, 0, 0, 0, 0, 9])},
            "which is no hub",
        ),
        ({"allocation": np.zeros(3, np.int64)}, "aren't (n,)"),
    ],
)
def test_planted_faults_are_named(proven: tuple[HubProblem, HubPlan], change: dict[str, object], said: str) -> None:
    """A wrong cost, bound, hub, tier or allocation, and a lost proof."""
    problem, plan = proven
    assert certificate(problem, plan).faults == ()
    assert any(said in fault for fault in certificate(problem, replace(plan, **change)).faults)  # type: ignore[arg-type]


def test_limits_that_a_plan_breaks_are_named(proven: tuple[HubProblem, HubPlan]) -> None:
    """The same plan in a problem with other limits: number, sites, capacity, least load, deadlines."""
    problem, plan = proven
    n = len(problem.flow)
    shut, needed = np.ones((n, 1), bool), np.zeros((n, 1), bool)
    shut[plan.hubs[0]] = False
    needed[np.setdiff1d(np.arange(n), plan.hubs)[0]] = True
    late = timed(problem, 0, "hard", 0.01).deadlines
    for other, said in (
        (replace(problem, tiers=(2,)), "not [2]"),
        (replace(problem, candidates=shut), "isn't allowed"),
        (replace(problem, required=needed), "isn't open"),
        (replace(problem, capacity=np.full((n, 1), 0.1)), "more than it holds"),
        (replace(problem, least=np.full((n, 1), 1e6)), "less than its least"),
        (replace(problem, deadlines=late), "a pair is late"),
    ):
        assert any(said in fault for fault in certificate(other, plan).faults), said
    at = plan.allocation.copy()
    at[plan.hubs[0]] = plan.hubs[1]
    assert any("isn't its own" in fault for fault in certificate(problem, replace(plan, allocation=at)).faults)


def test_a_torn_tree_is_refused(proven: tuple[HubProblem, HubPlan]) -> None:
    """Nodes of no parent, children twice or before their parents, halves that don't cover, labels without prices, prices that are none."""
    problem, plan = proven
    number = next(k for k, node in enumerate(plan.proof) if node.decision is not None)
    node = plan.proof[number]
    first = plan.proof[0]
    nan = Dual(first.dual.f, first.dual.g, np.full(8, np.nan))
    for at, changed, said in (
        (number, replace(node, then=(UNSEEN, UNSEEN)), "belongs to no other"),
        (number, replace(node, then=(number, number + 1)), "children"),
        (number, replace(node, then=(number + 1, number + 1)), "children"),
        (number, replace(node, then=node.then[:1]), "don't make it up"),
        (number, replace(node, decision=None), "don't make it up"),
        (number, replace(node, decision=(99, -1)), "decides on"),
        (0, replace(first, labels=first.labels[:-1]), "wrong shape"),
        (0, replace(first, labels=first.labels[::-1]), "out of order"),
        (0, replace(first, shut=np.array([-1])), "isn't there"),
        (0, replace(first, dual=nan), "no number"),
    ):
        found = certificate(problem, replace(plan, proof=_with(plan.proof, at, changed)))
        assert any(said in fault for fault in found.faults), said
        assert found.bound == 0.0
    fewer = np.arange(len(first.labels) - 1)
    blind = replace(first, labels=first.labels[:-1], dual=first.dual.only(fewer), decision=None, then=())
    assert any("no prices for a label" in f for f in certificate(problem, replace(plan, proof=(blind,))).faults)


def _with(proof: Proof, at: int, node: Node) -> Proof:
    return (*proof[:at], node, *proof[at + 1 :])


def test_a_lost_branch_carries_nothing(proven: tuple[HubProblem, HubPlan]) -> None:
    """Without the nodes below its root the proof's bound falls below the claim, and that is said."""
    problem, plan = proven
    number = next(k for k, node in enumerate(plan.proof) if node.decision is not None)
    stump = (*plan.proof[:number], replace(plan.proof[number], then=(UNSEEN, UNSEEN)))
    found = certificate(problem, replace(plan, proof=stump))
    assert found.bound < plan.bound and any("its proof gives" in fault for fault in found.faults)


@pytest.mark.parametrize("what", ["shut", "opened", "barred"])
def test_what_is_left_out_without_reason_counts(proven: tuple[HubProblem, HubPlan], what: str) -> None:
    """A node that rules out so much that no plan is left lifts no bound above the best plan: each hub and allocation is bounded by the node's own prices."""
    problem, plan = proven
    every = np.arange(8)
    pairs = np.column_stack([np.repeat(every, 8), np.tile(every, 8)])
    ruled = {"shut": _NONE, "opened": _NONE, "barred": _NO_PAIRS} | {what: pairs if what == "barred" else every}
    first = replace(plan.proof[0], decision=None, then=(1,), **ruled)
    bound, faults = bound_of(problem, (first, replace(first, then=(), shut=_NONE, opened=_NONE, barred=_NO_PAIRS)))
    assert faults == [] and 0 < bound < plan.cost * (1 + 1e-7)


def test_prices_above_the_pairs_cost_carry_nothing(proven: tuple[HubProblem, HubPlan]) -> None:
    """The same prices with as much on every pair more, and taken out again at the nodes, give the same bound: what is too much is taken off."""
    problem, plan = proven
    node = replace(plan.proof[0], shut=_NONE, opened=_NONE, barred=_NO_PAIRS, decision=None, then=())
    honest = bound_of(problem, (node,))[0]
    i, j = np.triu_indices(8, 1)
    both = (problem.flow + problem.flow.T)[i, j][:, None]
    f, g = (node.dual.f, node.dual.g) if len(node.dual.g) else (both * node.dual.f, -both * node.dual.f)
    more = np.bincount(np.append(i, j), weights=np.tile(100.0 * (both[:, 0] > 0), 2), minlength=8)
    bound, _ = bound_of(problem, (replace(node, dual=Dual(f + 100.0, g + 100.0, node.dual.u + more)),))
    assert bound <= honest * (1 + 1e-9)
    for bad in (np.inf, np.nan):
        wild = f.copy()
        wild[0] = bad
        assert bound_of(problem, (replace(node, dual=Dual(wild, g, node.dual.u)),))[0] == -np.inf
        wild = g.copy()
        wild[:, 0] = bad
        assert bound_of(problem, (replace(node, dual=Dual(f, wild, node.dual.u)),))[0] == -np.inf


def test_limits_are_held_as_they_stand() -> None:
    """Without a way between hubs and with one price for all, the bound of a hub is its knapsack: at most its room, whole nodes alone; at least its least load, in parts."""
    n = 4
    flow = np.ones((n, n))
    problem = HubProblem(flow, np.ones((n, n)) - np.eye(n), np.zeros((n, n)), np.zeros((n, n)), tiers=(1,))
    i = len(np.triu_indices(n, 1)[0])
    zero = Dual(np.zeros((i, n)), np.zeros((i, n)), np.full(n, 5.0))
    node = Node(np.arange(n), zero, _NONE, _NONE, _NO_PAIRS, None, ())
    room, least = np.full((n, 1), 10.0), np.full((n, 1), 10.0)
    # own: 0 - 5; each other: 4 - 5, a load of 4 each
    assert bound_of(problem, (node,))[0] == pytest.approx(20 - 5 - 3)
    assert bound_of(replace(problem, capacity=room), (node,))[0] == pytest.approx(20 - 5 - 1)
    assert bound_of(replace(problem, capacity=room / 5), (node,))[0] == np.inf
    dear = replace(node, dual=Dual(zero.f, zero.g, np.full(n, 1.0)))
    assert bound_of(problem, (dear,))[0] == pytest.approx(4 - 1)
    assert bound_of(replace(problem, least=least), (dear,))[0] == pytest.approx(4 - 1 + 1.5 * 3)
    assert bound_of(replace(problem, least=2 * least), (dear,))[0] == np.inf


@pytest.mark.parametrize("seeds", [range(k, 120, 4) for k in range(4)])
def test_no_tampered_proof_is_above_the_best_plan(seeds: range) -> None:
    """Prices moved, decisions changed, hubs and allocations left out at random: what comes out is at most what trying every plan finds."""
    lower = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        problem = any_case(seed, 4)
        plan = _solved(problem, seed)
        if plan is None or not plan.proof:
            continue
        least = brute(problem)
        assert plan.bound <= least * (1 + 1e-7) <= plan.cost * (1 + 2e-7)
        for _ in range(4):
            bound, _ = bound_of(problem, tuple(_tampered(node, rng) for node in plan.proof))
            assert bound <= least * (1 + 1e-7) + 1e-7, seed
            lower += bound < plan.bound * (1 - 1e-6)
    assert lower > 10


@pytest.mark.parametrize("mode", ["penalty", "volume", "direct", "congestion"])
def test_a_dearer_problems_proof_proves_no_more_here(mode: str) -> None:
    """Prices of a problem with a higher fine, twice the flow, no direct lanes or a steeper load are too high for the cheaper one: what comes out is not."""
    higher = 0
    for seed in range(8):
        problem = made(seed, 5, 2, True)
        dearer = replace(problem, congestion=Congestion(np.array([10.0]), np.array([500.0])))
        if mode == "congestion":
            problem = replace(problem, congestion=Congestion(np.array([10.0]), np.array([5.0])))
        elif mode == "direct":
            problem, dearer = replace(problem, direct=0.2 * problem.transfer), problem
        else:
            problem = timed(problem, seed, mode, 0.8)
            assert problem.deadlines is not None
            fine = replace(problem.deadlines, penalty=4000.0)
            dearer = replace(problem, deadlines=fine, flow=problem.flow * (2.0 if mode == "volume" else 1.0))
        plan, least = solve(dearer, after_iterations(1500), seed, proof=True), brute(problem)
        assert bound_of(problem, plan.proof)[0] <= least * (1 + 1e-7) + 1e-7
        higher += bound_of(dearer, plan.proof)[0] > least * 1.01
    assert higher > 2


def _tampered(node: Node, rng: np.random.Generator) -> Node:
    labels = len(node.labels)
    what = rng.integers(6)
    if what == 0:
        scale = rng.choice([0.1, 10.0, 1e4])
        f, g, u = (x + rng.normal(0, scale, x.shape) for x in (node.dual.f, node.dual.g, node.dual.u))
        return replace(node, dual=Dual(f, g, u))
    if what == 1:
        return replace(node, shut=rng.choice(node.labels, 1)) if labels else node
    if what == 2:
        return replace(node, opened=rng.choice(node.labels, 1)) if labels else node
    if what == 3 and labels:
        return replace(node, barred=np.column_stack([rng.integers(0, 4, 3), rng.choice(node.labels, 3)]))
    if what == 4 and node.decision is not None and labels:
        return replace(node, decision=(int(rng.choice(node.labels)), int(rng.integers(-1, 4))))
    return node
