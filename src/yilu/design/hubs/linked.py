"""Several hub problems over the same nodes whose hubs belong together: scenarios with the same hubs (``robust``), stages with hubs that stay (``stages``).

    min  Σ_s π_s cost_s(y_s, z_s)   s.t.  (y_s, z_s) a plan of problem s,   y_s = y_(s+1)  or  y_s ≤ y_(s+1)   for all labels

Search stands in ``linked_search``, bound and tree in ``linked_bound``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from yilu.design.hubs.branch import closes
from yilu.design.hubs.evaluation import limits_broken
from yilu.design.hubs.linked_bound import Risen, begun, branches, rise
from yilu.design.hubs.linked_search import Linked, LinkedPlan, improved, is_plan, placed, shaken, valued
from yilu.design.hubs.linked_search import begun as plans_begun
from yilu.design.hubs.model import Bools, Floats, Ints, Model
from yilu.design.hubs.problem import BEYOND, HubError, HubProblem, labels
from yilu.design.stop import Progress, Stop

_SHAKES, _TURNS = 4, 3


@dataclass(frozen=True)
class Solved:
    """The best ``plan``, its ``linked`` models, the ``bound`` no plan is below, ``trace`` of (rounds, cost, bound) and the ``nodes`` of the tree."""

    linked: Linked
    plan: LinkedPlan
    bound: float
    trace: tuple[tuple[int, float, float], ...]
    nodes: int


def joined(problems: Sequence[HubProblem], weight: Floats, stays: bool) -> Linked:
    """The problems over the same labels: every site that may be a hub in any of them; where it may not, no node may be allocated to it.

    Raises HubError for a problem that cannot be or has no plan by itself, problems of different size, and numbers of hubs that fit no later or other problem.
    """
    first = problems[0]
    for s, problem in enumerate(problems):
        if problem.flow.shape != first.flow.shape or problem.discount.shape != first.discount.shape:
            raise HubError(f"problem {s + 1} has another number of nodes or tiers than the first")
        if (problem.tiers is None) != (first.tiers is None):
            raise HubError(f"the number of hubs is free in one of the problems 1 and {s + 1}, and given in the other")
        labels(problem)
    for s, (one, other) in enumerate(itertools.pairwise(problems)):
        for tier, (a, b) in enumerate(zip(one.tiers or (), other.tiers or (), strict=True)):
            if a > b if stays else a != b:
                raise HubError(
                    f"{a} hubs of tier {tier + 1} in problem {s + 1} and {b} in problem {s + 2}: expected "
                    + ("no fewer" if stays else "the same number")
                )
    may, must = _carried(problems, stays)
    every: Bools = np.asarray(may.any(axis=0))
    models = [
        _with_shut(labels(replace(problem, candidates=every, required=forced), BEYOND / float(share)), own)
        for problem, share, own, forced in zip(problems, weight / weight.sum(), may, must, strict=True)
    ]
    return Linked(tuple(_dear(models, weight, problems)), weight, stays)


def _carried(problems: Sequence[HubProblem], stays: bool) -> tuple[Bools, Bools]:
    """(S, n, L): sites that may be hubs in each problem, and that must, with what follows from the other problems; HubError where a site must and may not."""
    shape = (len(problems[0].flow), len(problems[0].discount))
    must = np.array([np.zeros(shape, np.bool_) if p.required is None else p.required for p in problems])
    may = must | np.array([np.ones(shape, np.bool_) if p.candidates is None else p.candidates for p in problems])
    if stays:
        must, may = np.logical_or.accumulate(must, axis=0), np.logical_and.accumulate(may[::-1], axis=0)[::-1]
    else:
        must, may = np.tile(must.any(axis=0), (len(must), 1, 1)), np.tile(may.all(axis=0), (len(may), 1, 1))
    wrong = np.argwhere(must & ~may)
    if len(wrong):
        s, k, tier = wrong[0].tolist()
        raise HubError(
            f"node {k} must be a hub of tier {tier + 1} in problem {s + 1}, and may not in this or a problem it is tied to"
        )
    return may, must


def _with_shut(model: Model, may: Bools) -> Model:
    """The model in which no node may be allocated to a site that is none in this problem."""
    return replace(model, allowed=np.ascontiguousarray(model.allowed & may[model.node, model.tier]))


def _dear(models: list[Model], weight: Floats, problems: Sequence[HubProblem]) -> list[Model]:
    """With hard deadlines one late pair must cost more than any plan of all parts together, not of its own part alone."""
    most = float(sum(w * m.pairs.fine.max() for w, m, p in zip(weight, models, problems, strict=True) if _is_hard(p)))
    return [
        replace(m, pairs=m.pairs._replace(fine=np.where(m.pairs.fine > 0, most / w + m.pairs.fine.max(), 0.0))) if _is_hard(p) else m
        for w, m, p in zip(weight.tolist(), models, problems, strict=True)
    ]  # fmt: skip


def _is_hard(problem: HubProblem) -> bool:
    return problem.deadlines is not None and problem.deadlines.mode == "hard"


@dataclass
class _Search:
    """The best plan so far, and how far the proof is."""

    linked: Linked
    stop: Stop
    rng: Generator
    report: Callable[[Progress], None]
    plan: LinkedPlan | None = None
    bound: float = -np.inf
    rounds: int = 0
    strength: int = 1
    trace: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def best(self) -> LinkedPlan:
        """The best plan; HubError where none was found."""
        if self.plan is None or np.isinf(self.plan.cost):
            raise HubError(
                "no plan was found in which every node may go to a hub", next_step="Allow more sites and tiers."
            )
        return self.plan

    @property
    def over(self) -> bool:
        """Whether to stop, without counting a round."""
        cost = np.inf if self.plan is None else self.plan.cost
        return closes(self.bound, cost) or self.stop(Progress(cost, self.bound, self.rounds))

    def asked(self) -> bool:
        """Count a round, and ask whether to stop."""
        self.rounds += 1
        return self.over

    def tell(self) -> None:
        self.trace.append((self.rounds, self.best.cost, self.bound))
        self.report(Progress(self.best.cost, self.bound, self.rounds))

    def see(self, plan: LinkedPlan) -> None:
        """Take the plan if it is the best."""
        if self.plan is None or plan.cost < self.plan.cost - 1e-10 * abs(self.plan.cost):
            self.plan, self.strength = plan, 1
            if np.isfinite(plan.cost):
                self.tell()

    def see_labels(self, at: Ints) -> None:
        """Look at allocations (S, n) of labels."""
        plan = valued(self.linked, at)
        if is_plan(self.linked, plan.since):
            self.see(plan)

    def raised(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = min(bound, self.best.cost)
            self.tell()

    def shake(self) -> None:
        """One round of search from the best plan."""
        plan = shaken(self.linked, self.best, self.strength, self.rng)
        self.strength = self.strength % 4 + 1
        self.see(improved(self.linked, plan, lambda: self.over))


def solve_linked(linked: Linked, stop: Stop, seed: int, report: Callable[[Progress], None]) -> Solved:
    """The best plan found until ``stop`` says so or none can be better, with a proven bound. Raises HubError where none was found."""
    search = _Search(linked, stop, np.random.default_rng(seed), report)
    for plan in plans_begun(linked, search.rng):
        search.see(improved(linked, plan, lambda: search.over))
    for _ in range(_SHAKES):
        if search.plan is None or search.asked():
            break
        search.shake()
    root = begun(linked, search.best, search.asked)
    search.raised(root.bound)
    while not search.asked():
        turn = rise(linked, root.node, search.best, search.asked, _TURNS, 0.5 if root.bound > -np.inf else 1.0)
        gain = turn.bound - root.bound
        root = Risen(max(turn.bound, root.bound), turn.node)
        search.raised(root.bound)
        if gain <= 1e-4 * abs(search.best.cost):
            break
        search.shake()
        _rounded(search, root)
    nodes = 0
    if not search.over and root.bound > -np.inf:
        for bound, nodes in branches(linked, root, lambda: search.best, search.see_labels, search.asked):
            search.raised(bound)
            if nodes % 8 == 7:
                search.shake()
    return Solved(linked, search.best, search.bound, tuple(search.trace), nodes)


def _rounded(search: _Search, root: Risen) -> None:
    """The plan that the averaged hubs of all parts point to: those of most use overall, opened where each is used first."""
    linked = search.linked
    use = np.zeros((linked.never, root.node.price.shape[1]))
    for s, part in enumerate(root.node.parts):
        use[s, part.labels] = part.share[part.model.node, np.arange(len(part.labels))]
    since = np.full(use.shape[1], linked.never)
    model = linked.models[0]
    if model.is_free:
        level = use if linked.stays else np.repeat(use.mean(axis=0)[None], len(use), axis=0)
        for s in reversed(range(linked.never)):
            since[level[s] > 0.5] = s
    else:
        for s in reversed(range(linked.never)):
            of = use[: s + 1].sum(axis=0) if linked.stays else use.sum(axis=0)
            for tier, wanted in enumerate(linked.models[s].count.tolist()):
                own = np.flatnonzero((model.tier == tier) & (since == s + 1))
                since[own[np.argsort(-of[own], kind="stable")[:wanted]]] = s
    if is_plan(linked, since):
        search.see(improved(linked, placed(linked, since), lambda: search.over))


def kept_limits(problems: Sequence[HubProblem], solved: Solved, what: str) -> None:
    """Raise HubError where the best plan breaks a limit in one of the problems; ``what`` they are called."""
    for s, (problem, model) in enumerate(zip(problems, solved.linked.models, strict=True)):
        at = solved.plan.at[s]
        broken = next(limits_broken(problem, model.node[at], model.tier[at]), "")
        if broken:
            raise HubError(
                f"No plan that keeps all limits was found: in the best one, in {what} {s + 1}, {broken}",
                next_step="Relax these limits, or use the deadlines' mode volume or penalty to see what can be kept.",
            )
