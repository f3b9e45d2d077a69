"""``solve_multiple``: hubs where every pair takes the cheapest path over them, with a proven bound (multiple allocation).

    min  Σ_k f_k y_k + Σ_ij w_ij Σ_{k,m} (a_ik + α d_km + e_mj) x_ijkm
    s.t. Σ_{k,m} x_ijkm = 1,   Σ_m x_ijkm + Σ_{m≠k} x_ijmk ≤ y_k,   Σ_k y_k = p,   x ≥ 0,   y ∈ {0, 1}

UMApHMP with p given (Campbell 1994), UMAHLP with fixed costs f. Unlike single allocation a node may use one hub for one destination and another for the
next. Search stands in ``multiple_search``, bound and tree in ``multiple_bound``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from yilu.design.hubs.branch import closes
from yilu.design.hubs.model import Floats, Ints
from yilu.design.hubs.multiple_bound import Bounded, Pace, begun, branches, rise
from yilu.design.hubs.multiple_search import Sites, drawn, improved, paths, shaken
from yilu.design.hubs.problem import HubError, HubProblem, labels
from yilu.design.stop import Progress, Stop, gap

_DESCENTS, _CHUNK, _CLOSED, _MOST = 6, 30, 1e-9, 80_000_000

_DEAREST = 1e30
"""Prices are held in single precision, which ends at 3e38."""


@dataclass(frozen=True)
class MultiplePlan:
    """Hubs and every pair's path.

    ``hubs`` (p,) nodes; ``first`` and ``last`` (n, n) the hubs, as nodes, that pair i → j meets first and last (the same where it meets one); ``cost``;
    ``bound`` that no plan is below; ``trace``: (rounds, cost, bound) as they became better; ``nodes`` of the tree that were bounded.
    """

    hubs: Ints
    first: Ints
    last: Ints
    cost: float
    bound: float
    trace: tuple[tuple[int, float, float], ...]
    nodes: int

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
    """The best hubs so far, as sites, and how far the proof is."""

    sites: Sites
    stop: Stop
    rng: Generator
    report: Callable[[Progress], None]
    hubs: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    cost: float = np.inf
    bound: float = -np.inf
    rounds: int = 0
    strength: int = 1
    trace: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return closes(self.bound, self.cost)

    def asked(self) -> bool:
        """Count a round, and ask whether to stop."""
        self.rounds += 1
        return self.closed or self.stop(Progress(self.cost, self.bound, self.rounds))

    def tell(self) -> None:
        self.trace.append((self.rounds, self.cost, self.bound))
        self.report(Progress(self.cost, self.bound, self.rounds))

    def see(self, hubs: Ints, cost: float) -> None:
        """Take the plan if it is the best."""
        if not len(self.hubs) or cost < self.cost - 1e-10 * abs(self.cost):
            self.hubs, self.cost, self.strength = hubs, cost, 1
            self.tell()

    def raised(self, bound: float) -> None:
        """Take a better bound; where nothing is left open (inf) no plan is better by more than what counts as closed."""
        if bound > self.bound and not self.closed:
            self.bound = min(bound, self.cost - (_CLOSED * abs(self.cost) if bound == np.inf else 0.0))
            self.tell()

    def descend(self, hubs: Ints) -> None:
        self.see(*improved(self.sites, hubs, paths(self.sites, hubs)[2], self.rng))

    def shake(self) -> None:
        """One round of search from the best plan."""
        strength, self.strength = self.strength, self.strength % max(1, min(6, len(self.hubs))) + 1
        self.descend(shaken(self.sites, self.hubs, strength, self.rng))


def solve_multiple(
    problem: HubProblem, stop: Stop, seed: int = 0, report: Callable[[Progress], None] = lambda progress: None
) -> MultiplePlan:
    """The best hubs found until ``stop`` says so or none can be better, every pair on its cheapest path over them, with a proven bound.

    One tier: p hubs, or as many as pay where ``tiers`` is None. ``report`` hears of every better plan and bound. The same seed and a stop that counts
    rounds give the same plan. Raises HubError for what only single allocation knows (tiers, access, capacities, least loads, deadlines,
    congestion, direct lanes), for bad arrays, where there is no plan, where pairs times sites are more than 80 million, and for costs above 1e30.
    """
    sites, node = _sites(problem)
    search = _Search(sites, stop, np.random.default_rng(seed), report)
    search.descend(drawn(sites, search.rng))
    for number in range(2 * _DESCENTS):
        if search.asked():
            break
        if number < _DESCENTS:
            search.descend(drawn(sites, search.rng))
        else:
            search.shake()
    nodes = 0
    if not search.asked():
        root = _root(search)
        if not search.asked():
            nodes = _tree(search, root)
    first, last, cost = paths(sites, search.hubs)
    return MultiplePlan(
        node[search.hubs], node[first], node[last], cost, min(search.bound, cost), tuple(search.trace), nodes
    )


def _sites(problem: HubProblem) -> tuple[Sites, Ints]:
    """(the problem over sites, their nodes), or HubError."""
    known = {
        "deadlines": problem.deadlines,
        "capacity": problem.capacity,
        "congestion": problem.congestion,
        "direct": problem.direct,
        "least": problem.least,
        "access": problem.access,
    }
    for name, given in known.items():
        if given is not None:
            raise HubError(
                f"{name} is given: multiple allocation knows none",
                next_step="Leave it out, or use single allocation (solve).",
            )
    if len(problem.discount) != 1 or (problem.tiers is not None and len(problem.tiers) != 1):
        tiers = max(len(problem.discount), len(problem.tiers or ()))
        raise HubError(
            f"{tiers} tiers of hubs are given: multiple allocation has one", next_step="Use single allocation (solve)."
        )
    if problem.node_tiers is not None and not np.all(problem.node_tiers):
        raise HubError("node_tiers keeps a node from hubs: under multiple allocation every node may use every hub")
    model = labels(problem)
    n, k = model.linear.shape
    if n * n * k > _MOST:
        raise HubError(
            f"{n} nodes and {k} sites make {n * n * k:,} pairs times sites: at most {_MOST:,} are held in memory",
            next_step="Allow fewer candidates.",
        )
    sites = Sites(
        model.pairs.flow, np.ascontiguousarray(problem.collection[:, model.node]), model.pairs.between, np.ascontiguousarray(problem.distribution[model.node].T),
        model.fixed, model.forced, int(model.count[0]),
    )  # fmt: skip
    dearest = max(float(array.max(initial=0.0)) for array in (sites.collect, sites.across, sites.leave))
    if dearest > _DEAREST:
        raise HubError(
            f"a unit costs up to {dearest:g}: at most {_DEAREST:g} can be counted with",
            next_step="Use a larger unit of money.",
        )
    return sites, model.node


def _root(search: _Search) -> Bounded:
    """Dual and search in turn, until steps are short; ``kept`` of what comes back are sites of the whole."""
    prices = begun(search.sites, search.hubs)
    found = Bounded(-np.inf, prices, search.sites, np.arange(len(search.sites.fixed)), Pace().first)
    kept, is_fresh = found.kept, True
    while True:
        found = rise(
            found.sites,
            found.prices,
            search.cost,
            lambda bound, n: n >= _CHUNK or search.asked(),
            Pace(found.length),
            is_fresh,
        )
        is_fresh, kept = False, kept[found.kept]
        search.raised(found.bound)
        if found.length < Pace().last or search.asked():
            break
        search.shake()
        _rounded(search, found, kept)
    return Bounded(max(found.bound, search.bound), found.prices, found.sites, kept, found.length)


def _rounded(search: _Search, found: Bounded, kept: Ints) -> None:
    """The plan that the averaged hubs point to."""
    share: Floats = np.where(found.sites.forced, 2.0, found.prices.share)
    hubs = (
        np.flatnonzero(share > 0.5) if search.sites.is_free else np.argsort(-share, kind="stable")[: search.sites.count]
    )
    whole = np.sort(kept[hubs])
    if (
        len(whole)
        and (search.sites.is_free or len(whole) == search.sites.count)
        and not np.array_equal(whole, search.hubs)
    ):
        search.descend(whole)


def _tree(search: _Search, root: Bounded) -> int:
    """Branch until the proof is whole or ``stop`` says so; the nodes bounded."""
    nodes = 0
    for branch in branches(root, lambda: search.cost, lambda bound: search.asked()):
        nodes = branch.done
        if branch.hubs is not None:
            search.see(np.sort(branch.hubs), paths(search.sites, np.sort(branch.hubs))[2])
        search.raised(branch.floor)
        if nodes % 8 == 0:
            search.shake()
    return nodes
