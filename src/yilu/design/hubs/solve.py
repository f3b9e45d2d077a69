"""``solve``: a hub plan and its proof, from search, dual and branching in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from yilu.design.hubs.bound import PRIMED, Ascent, first
from yilu.design.hubs.branch import Waiting, branches, closes
from yilu.design.hubs.evaluation import Plan, limits_broken, start_of
from yilu.design.hubs.model import Ints, Model, cost_of
from yilu.design.hubs.problem import HubError, HubProblem, labels
from yilu.design.hubs.proof import Ledger, Proof
from yilu.design.hubs.search import allocated, improved, opened, shaken
from yilu.design.stop import Progress, Stop, gap

_DESCENTS, _CLOSED, _NEAR = 2, 1e-9, 0.01
_PATIENCE = 20
"""Turns of search in a row that find nothing better before the dual begins: the dual is the dearer of the two, and steps better towards a good cost."""
_RESCUES = 80
"""Turns of search before the dual at most while the best plan is over a capacity or late: a bound climbs badly against such a plan."""
_CHUNK = 30
"""Rounds of the dual before search has its first turn again; the next turns come later and later."""


@dataclass(frozen=True)
class HubPlan:
    """Hubs and allocation, with the value of the plan and what is proven of it.

    ``hubs`` (p,) nodes and ``tiers`` (p,) their tiers from 0; ``allocation`` (n,) each node's hub; ``cost``; ``bound`` that no plan is below;
    ``trace``: (rounds, cost, bound) as they became better; ``near``: other sets of hubs within 1 % of the cost, cheapest first;
    ``nodes`` of the tree that were bounded; ``proof``: what the bound rests on where it was asked for, for ``certificate``.
    """

    hubs: Ints
    tiers: Ints
    allocation: Ints
    cost: float
    bound: float
    trace: tuple[tuple[int, float, float], ...]
    near: tuple[tuple[float, tuple[int, ...]], ...]
    nodes: int
    proof: Proof = ()

    @property
    def gap(self) -> float:
        """(cost − bound) / |cost|."""
        return gap(self.cost, self.bound)

    @property
    def is_proven(self) -> bool:
        """Whether no plan is better, to a relative 1e-9."""
        return self.gap <= 2 * _CLOSED


@dataclass
class _Search:
    """The best plan so far, in labels of the whole model, and what was seen on the way."""

    model: Model
    stop: Stop
    rng: Generator
    report: Callable[[Progress], None]
    ledger: Ledger
    at: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    cost: float = np.inf
    bound: float = 0.0
    rounds: int = 0
    strength: int = 1
    trace: list[tuple[int, float, float]] = field(default_factory=list)
    near: dict[tuple[int, ...], float] = field(default_factory=dict)

    def asked(self) -> bool:
        """Count a round, and ask whether to stop."""
        self.rounds += 1
        return self.over

    @property
    def over(self) -> bool:
        """Whether to stop, without counting a round."""
        return self.stop(Progress(self.cost, self.bound, self.rounds)) or self.closed or self.ledger.is_full

    @property
    def closed(self) -> bool:
        return closes(self.bound, self.cost)

    def tell(self) -> None:
        self.trace.append((self.rounds, self.cost, self.bound))
        self.report(Progress(self.cost, self.bound, self.rounds))

    def see(self, at: Ints, cost: float) -> bool:
        """Take note of a plan; whether it is the best."""
        hubs = tuple(np.unique(at).tolist())
        if cost <= (1 + _NEAR) * self.cost:
            self.near[hubs] = min(cost, self.near.get(hubs, np.inf))
        if not len(self.at) or np.isinf(self.cost) > np.isinf(cost) or cost < self.cost - 1e-10 * abs(self.cost):
            self.at, self.cost, self.strength = at, cost, 1
            self.tell()
            return True
        return False

    def raised(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = min(bound, self.cost)
            self.tell()

    def shake(self, model: Model, kept: Ints) -> bool:
        """One round of search among the labels ``kept``, from the best plan; whether it became better."""
        local = np.searchsorted(kept, self.at)
        if (local >= len(kept)).any() or (kept[np.minimum(local, len(kept) - 1)] != self.at).any():
            return False
        at, cost = shaken(model, local, self.strength, self.rng)
        at, cost = improved(model, at, cost, lambda: self.over)
        self.strength = self.strength % max(1, min(6, len(np.unique(self.at)))) + 1
        return self.see(kept[at], cost)


def solve(
    problem: HubProblem, stop: Stop, seed: int = 0, report: Callable[[Progress], None] = lambda progress: None, proof: bool = False, start: Plan | None = None,
) -> HubPlan:  # fmt: skip
    """The best plan found until ``stop`` says so or none can be better, with a proven bound.

    The programme stands in ``yilu.design.hubs.model``, the bound in ``bound``. ``report`` hears of every better plan and bound. The same seed and a
    stop that counts rounds give the same plan. ``proof``: keep what the bound rests on, so that ``certificate`` can recompute all of it; the search ends where
    that would take more than 320 MB, or in the dual alone where one set of prices is larger. ``start``: a plan to go on from (``Evaluated`` or a plan found before),
    never to be left for a dearer one; it may break capacities and deadlines. Raises HubError where there is no plan, or none was found that keeps capacities and deadlines, and
    for a ``start`` that is no plan of this problem.
    """
    model = labels(problem)
    search = _Search(model, stop, np.random.default_rng(seed), report, Ledger(proof))
    if start is not None:
        at = start_of(problem, model, start)
        search.see(at, cost_of(model, at))
        search.see(*improved(model, *allocated(model, np.unique(at), at), lambda: search.over))
    everything = np.arange(len(model.fixed))
    for _ in range(_DESCENTS):
        at, cost = allocated(model, opened(model, search.rng))
        search.see(*improved(model, at, cost, lambda: search.over))
        if search.asked():
            break
    turn = vain = 0
    while vain < _PATIENCE or (turn < _RESCUES and not _keeps_all(problem, search)):
        if search.asked():
            break
        vain = 0 if search.shake(model, everything) else vain + 1
        turn += 1
    if np.isinf(search.cost):
        raise HubError(
            "no plan was found in which every node may go to a hub", next_step="Allow more nodes to more tiers."
        )
    nodes = _tree(search, *_root(search))
    return _plan(search, problem, nodes)


def proven(model: Model, stop: Stop, rng: Generator) -> _Search:
    """Search, dual and tree on a model whose hubs are all forced, so that only nodes move."""
    search = _Search(model, stop, rng, lambda progress: None, Ledger(False))
    search.see(*allocated(model, np.flatnonzero(model.forced)))
    root, number = _root(search)
    if not search.over:
        _tree(search, root, number)
    return search


def _root(search: _Search) -> tuple[Waiting, int]:
    """Dual and search in turn, until steps are short; what is left, and its place in the proof.

    The dual's first rounds take next to no time and give most of the bound: they are made even where the time is up.
    """
    search.ledger.enter(None, np.arange(len(search.model.fixed)))
    ascent = Ascent(search.model, first(search.model, search.at), note=search.ledger.note)
    turn, told = 100 + _CHUNK, -np.inf
    while (not search.asked() or (ascent.rounds < PRIMED and not search.closed)) and not ascent.is_over:
        ascent.step(search.cost)
        if ascent.bound > told + 1e-4 * abs(search.cost):
            told = ascent.bound
            search.raised(told)
        if ascent.rounds >= turn:
            turn = ascent.rounds + max(_CHUNK, ascent.rounds // 4)
            search.raised(ascent.bound)
            search.shake(ascent.model, ascent.labels)
            _rounded(search, ascent)
    search.raised(ascent.bound)
    root = Waiting(ascent.model, ascent.labels, ascent.dual, ascent.share)
    return root, search.ledger.end(ascent.labels, ascent.dual)


def _rounded(search: _Search, at: Ascent | Waiting) -> None:
    """The plan that the averaged allocation points to."""
    model, share, kept = at.model, at.share, at.labels
    of_label = np.where(model.forced, np.inf, share[model.node, np.arange(len(kept))])
    if model.is_free:
        most = np.argsort(-of_label, kind="stable")
        held = np.append(0.0, np.cumsum(model.room[most])[:-1])  # by those before it
        hubs = most[(of_label[most] > 0.5) | (held < model.weight.sum())]
    else:
        hubs = np.concatenate([
            np.flatnonzero(model.tier == t)[np.argsort(-of_label[model.tier == t], kind="stable")[:count]]
            for t, count in enumerate(model.count.tolist())
        ])  # fmt: skip
    enough = len(hubs) > 0 if model.is_free else len(hubs) == model.count.sum()
    if enough and len(np.unique(model.node[hubs])) == len(hubs):
        hubs = np.sort(hubs)
        near = np.where(model.allowed[:, hubs], share[:, hubs], -1.0)
        search.see(
            *_whole(kept, improved(model, *allocated(model, hubs, hubs[np.argmax(near, axis=1)]), lambda: search.over))
        )


def _whole(kept: Ints, plan: tuple[Ints, float]) -> tuple[Ints, float]:
    return kept[plan[0]], plan[1]


def _tree(search: _Search, root: Waiting, number: int) -> int:
    """Branch until the bound meets the cost or there is no more time. Returns the nodes bounded."""
    nodes = 0
    if search.over:
        return nodes

    def see(at: Ints) -> None:
        search.see(at, cost_of(search.model, at))

    for branch in branches(root, search.bound, lambda: search.cost, see, search.asked, search.ledger, number):
        nodes = branch.done
        search.raised(branch.bound)
        if nodes % 8 == 7:
            search.shake(root.model, root.labels)
        if nodes % 8 == 3:
            _rounded(search, branch.node)
    return nodes


def _plan(search: _Search, problem: HubProblem, nodes: int) -> HubPlan:
    model = search.model
    hubs = np.unique(search.at)
    near = sorted(
        (cost, tuple(model.node[list(h)].tolist()))
        for h, cost in search.near.items()
        if cost <= (1 + _NEAR) * search.cost
    )
    if broken := _breaks(problem, model, search.at):
        how = "There is no plan that keeps all limits" if search.closed else "No plan that keeps all limits was found"
        raise HubError(
            f"{how}: in the best one {broken}",
            next_step="Relax these limits, or use the deadlines' mode volume or penalty to see what can be kept.",
        )
    return HubPlan(
        model.node[hubs], model.tier[hubs], model.node[search.at], search.cost, search.bound, tuple(search.trace), tuple(near[1:21]), nodes, search.ledger.proof,
    )  # fmt: skip


def _keeps_all(problem: HubProblem, search: _Search) -> bool:
    """Whether the best plan is one that keeps every limit."""
    return bool(np.isfinite(search.cost)) and not _breaks(problem, search.model, search.at)


def _breaks(problem: HubProblem, model: Model, at: Ints) -> str:
    """What a plan breaks, capacity, least load or hard deadline, as a sentence; empty where it breaks nothing."""
    return next(limits_broken(problem, model.node[at], model.tier[at]), "")
