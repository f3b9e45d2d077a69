"""The p-median problem as branch and bound sees it, and how it is solved."""

from __future__ import annotations

import math

import numpy as np

from yilu.design.location.branching import Search, Tightened
from yilu.design.location.covering import covering
from yilu.design.location.interchange import interchanged
from yilu.design.location.median_bound import ascend
from yilu.design.location.plans import MedianPlan, Status
from yilu.design.location.problems import Bools, Floats, MedianProblem
from yilu.design.stop import Stop, never

_STARTS = 3


def solve_median(problem: MedianProblem, *, stop: Stop = never, seed: int = 0) -> MedianPlan:
    """The cheapest plan that is found before ``stop`` says so, with a proven bound; without a rule, until the plan is proven best to one part in 10⁹ or the proof has grown too large.

    Interchange from some starts and variable neighbourhood search give plans, a Lagrangean relaxation the bound, reduced costs shut and open sites, branch and bound closes what is left.
    ``seed``: of what is drawn by lot; the same seed and number of steps give the same plan. Infeasible: p sites can't reach every customer.
    """
    relaxation = MedianRelaxation(problem)
    status = np.where(problem.required, 1, np.where(problem.allowed, 0, -1)).astype(np.int8)
    open_, cost = _first_plan(problem, relaxation, status, np.random.default_rng(seed))
    found = Search(relaxation, open_, cost, status, stop, seed).run()
    sites = np.flatnonzero(found.open)
    allocation = sites[np.argmin(problem.cost[:, sites], axis=1)]
    return MedianPlan(sites, allocation, found.cost, found.bound, found.proof, found.trace)


def _first_plan(
    problem: MedianProblem, relaxation: MedianRelaxation, status: Status, draw: np.random.Generator
) -> tuple[Bools, float]:
    """The best of some starts: where some pairs can't be, the first begins with sites that reach everybody."""
    starts = []
    if not np.isfinite(problem.cost[:, problem.allowed]).all():
        starts.append(_filled(problem, covering(problem), draw))
    starts += [_filled(problem, problem.required, draw) for _ in range(_STARTS)]
    best, best_cost = starts[0], math.inf
    for start in starts:
        cost, better = relaxation.improved(start, status, math.inf)
        if cost < best_cost:
            best, best_cost = better, cost
    return best, best_cost


def _filled(problem: MedianProblem, open_: Bools, draw: np.random.Generator) -> Bools:
    """Sites opened by lot until there are p; without p, a tenth of them all."""
    wanted = problem.p if problem.p is not None else max(1, problem.sites // 10)
    others = np.flatnonzero(problem.allowed & ~open_)
    more = min(max(0, wanted - int(open_.sum())), len(others))
    out = open_.copy()
    out[draw.choice(others, more, replace=False)] = True
    return out


class MedianRelaxation:
    """Weighted costs of the problem, by site and by customer, nearest first; see `median_bound` for the relaxation."""

    def __init__(self, problem: MedianProblem) -> None:
        self.problem = problem
        self.sites, self.p = problem.sites, -1 if problem.p is None else problem.p
        reached = np.isfinite(problem.cost)
        weighted = np.where(reached, np.where(reached, problem.cost, 0.0) * problem.weight[:, None], np.inf)
        self.by_customer = weighted
        finite = np.where(reached, weighted, 0.0)
        self.whole = bool((finite == np.floor(finite)).all() and (problem.fixed == np.floor(problem.fixed)).all())
        # One customer out of reach costs more than any plan that reaches all.
        self.penalty = float(finite.max(axis=1).sum() + problem.fixed.sum() + 1.0)
        self.by_site = np.ascontiguousarray(np.where(reached, weighted, self.penalty).T)
        self.kept = np.ones(self.sites, np.bool_)
        self.turn = 0
        self._sort(problem.allowed)

    def _sort(self, kept: Bools) -> None:
        columns = np.flatnonzero(kept)
        costs = self.by_customer[:, columns]
        order = np.argsort(costs, axis=1, kind="stable")
        self.kept = kept
        self.cost = np.ascontiguousarray(np.take_along_axis(costs, order, axis=1))
        self.site = columns[order].astype(np.int32)

    def shrink(self, status: Status) -> None:
        """Leave shut sites out of the sorted lists, once they are many."""
        kept = self.kept & (status >= 0)
        if kept.sum() < 0.8 * self.kept.sum():
            self._sort(kept)

    def start(self, open_: Bools) -> Floats:
        """Half way between the nearest and the second nearest open site: where the multipliers of a good plan lie."""
        costs = self.by_customer[:, open_]
        if costs.shape[1] == 1:
            return np.ascontiguousarray(costs[:, 0])
        two = np.partition(costs, 1, axis=1)[:, :2]
        return np.where(np.isfinite(two[:, 1]), two.mean(axis=1), two[:, 0])

    def tighten(self, multipliers: Floats, step: float, status: Status, target: float, rounds: int) -> Tightened:
        """See `median_bound`."""
        u, rho, chosen = np.empty_like(multipliers), np.empty(self.sites), np.zeros(self.sites, np.bool_)
        share = np.where(status == 1, 1.0, 0.0)
        lost = ~np.isfinite(self.by_customer[:, status >= 0]).any(axis=1)
        if lost.any():
            # Nothing that may be open reaches this customer: its price may rise without end.
            multipliers = multipliers + np.where(lost, self.penalty, 0.0) * (1 + lost.sum())
        bound, step = ascend(
            self.cost, self.site, self.problem.fixed, status, self.p, multipliers, step, target, target, rounds, u, rho, chosen, share
        )  # fmt: skip
        if_shut, if_open = _flips(bound, rho, status, chosen, self.p)
        return Tightened(bound, u, step, if_shut, if_open, share, chosen)

    def last(self, status: Status) -> Bools | None:
        """See `branching.Relaxation`."""
        inside, possible = status == 1, status >= 0
        if (status != 0).all() or int(inside.sum()) == self.p:
            return np.asarray(inside)
        return np.asarray(possible) if int(possible.sum()) == self.p else None

    def exact(self, open_: Bools, enough: float) -> tuple[float, Floats]:
        """The nearest open site's cost is both: what the customer costs, and its multiplier. One out of reach may be priced at whatever is enough."""
        n = len(self.by_customer)
        costs = self.by_customer[:, open_].min(axis=1) if open_.any() else np.full(n, np.inf)
        reached = np.isfinite(costs)
        multipliers = np.where(reached, costs, enough)
        return float(costs.sum() + self.problem.fixed[open_].sum()), multipliers

    def improved(self, open_: Bools, status: Status, cost: float) -> tuple[float, Bools]:
        """By `interchange`; sites held open stay."""
        self.turn = (self.turn + 17) % self.sites
        out = interchanged(self.by_site, self.problem.fixed, open_, status == 0, self.p < 0, self.turn)
        found = self.by_customer[:, out].min(axis=1).sum() + self.problem.fixed[out].sum()
        return float(found), out


def _flips(bound: float, rho: Floats, status: Status, chosen: Bools, p: int) -> tuple[Floats, Floats]:
    """Bounds (m,) if a chosen site were shut, and if one not chosen were opened: what the relaxation would choose instead."""
    if_shut, if_open = np.full(len(rho), -np.inf), np.full(len(rho), -np.inf)
    free = status == 0
    taken, left = free & chosen, free & ~chosen
    if p >= 0:
        if_open[left] = bound + rho[left] - rho[taken].max() if taken.any() else np.inf
        if_shut[taken] = bound - rho[taken] + rho[left].min() if left.any() else np.inf
        return if_shut, if_open
    alone = int(chosen.sum()) == 1 and bool(taken.any())
    instead = (float(rho[left].min()) if left.any() else np.inf) if alone else 0.0
    if_shut[taken] = bound - rho[taken] + instead
    forced = max(0.0, float(rho[taken].max())) if alone else 0.0
    if_open[left] = bound + rho[left] - forced
    return if_shut, if_open
