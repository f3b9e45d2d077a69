"""Capacitated location as branch and bound sees it, and how it is solved."""

from __future__ import annotations

import math

import numpy as np

from yilu.design.location.assigning import closed_by_highs, reachable
from yilu.design.location.branching import Found, Search, Tightened
from yilu.design.location.capacitated_bound import ascend, flips, reduced
from yilu.design.location.plans import Ints, LocationPlan, Status
from yilu.design.location.problems import Bools, Floats, Infeasible, LocationProblem
from yilu.design.location.single_source import assigned
from yilu.design.location.transport import transport
from yilu.design.stop import Progress, Stop, gap, never

_MOST_TRIED, _MOST_ADDED = 60, 4
_FEWEST_PRICED, _MOST_PRICED, _PAIRS_PRICED = 20, 300, 3_000_000
"""Open sets that one local search may price: fewer where pairs of customer and site are many, so that a stopping rule is asked often."""
_PROVEN = 1e-9


def solve_location(problem: LocationProblem, *, stop: Stop = never, seed: int = 0) -> LocationPlan:
    """The cheapest plan that is found before ``stop`` says so, with a proven bound; without a rule, until it is proven best to one part in 10⁹ or the proof has grown too large.

    Plans come from exchanging open sites, each set priced by an exact transportation problem and, for one source, by shifts and swaps from there; the bound from a Lagrangean relaxation with branch and bound over the sites.
    With one source, HiGHS closes what is left on the sites that remain, where that is small enough.
    ``seed``: of what is drawn by lot. Infeasible: demand that no allocation can bring to the allowed sites.
    """
    relaxation = LocationRelaxation(problem)
    status = np.where(problem.required, 1, np.where(problem.allowed, 0, -1)).astype(np.int8)
    reachable(problem)
    cost, open_ = relaxation.improved(problem.required, status, math.inf)
    if not math.isfinite(cost):
        relaxation.seat(closed_by_highs(problem, status, None, math.inf, lambda p: math.isfinite(p.cost)).at)
        cost, open_ = relaxation.best_cost, relaxation.best_open
    found = Search(relaxation, open_, cost, status, stop, seed).run()
    return _plan(problem, relaxation, found, stop)


def _plan(problem: LocationProblem, relaxation: LocationRelaxation, found: Found, stop: Stop) -> LocationPlan:
    cost, bound, by, trace = found.cost, found.bound, "multipliers", found.trace
    open_, at = found.open, relaxation.best_at
    if problem.single_source and not found.stopped and gap(cost, bound) > _PROVEN:
        done = closed_by_highs(problem, found.status, at, cost, lambda p: stop(Progress(min(cost, p.cost), max(bound, p.bound), p.iterations + trace[-1].iterations)))  # fmt: skip
        if done.at is not None and done.cost < cost * (1 - 1e-12):
            cost, at = done.cost, done.at
            open_ = relaxation.opened(at)
        if min(done.bound, cost) > bound:
            bound, by = min(done.bound, cost), "highs"
        trace = (*trace, Progress(cost, bound, trace[-1].iterations))
    sites = np.flatnonzero(open_)
    if problem.single_source:
        share = (at[:, None] == sites).astype(np.float64)
    else:
        share = relaxation.shares(sites)
    return LocationPlan(sites, share, problem.demand @ share, cost, bound, by, found.proof, trace)


class LocationRelaxation:
    """See `capacitated_bound`. ``best_at`` (n,), with one source: the site of each customer in the cheapest plan met so far."""

    def __init__(self, problem: LocationProblem) -> None:
        self.problem, self.sites = problem, problem.sites
        self.by_site = np.ascontiguousarray(problem.cost.T)
        self.finite = np.isfinite(self.by_site)
        self.rho = problem.fixed / np.maximum(problem.capacity, 1e-12)
        self.most_priced = int(np.clip(_PAIRS_PRICED // problem.cost.size, _FEWEST_PRICED, _MOST_PRICED))
        p = problem
        whole = [p.fixed, np.where(self.finite, self.by_site, 0.0)]
        whole += [p.demand] if p.single_source else [p.demand, p.capacity]
        self.whole = all(bool((a == np.floor(a)).all()) for a in whole)
        self.best_at: Ints = np.zeros(problem.customers, np.int64)
        self.best_cost, self.best_open = math.inf, np.zeros(problem.sites, np.bool_)

    def shrink(self, status: Status) -> None:
        """Shut sites are passed over anyway."""

    def start(self, open_: Bools) -> Floats:
        """The multipliers that are exact for a plan's own sites."""
        return self.exact(open_, 0.0)[1]

    def tighten(self, multipliers: Floats, step: float, status: Status, target: float, rounds: int) -> Tightened:
        """See `capacitated_bound`."""
        p, m = self.problem, self.sites
        u, rho, y = np.empty_like(multipliers), np.empty(m), np.zeros(m)
        share = np.where(status == 1, 1.0, 0.0)
        lost = ~(self.finite[status >= 0]).any(axis=0)
        if lost.any():
            multipliers = np.where(lost, max(target, 0.0), 0.0)
        bound, step = ascend(
            self.by_site, p.demand, p.capacity, p.fixed, status, multipliers, step, target, rounds, u, rho, y, share
        )
        if_shut, if_open = np.full(m, -np.inf), np.full(m, -np.inf)
        flips(rho, p.capacity, p.demand.sum(), status, u.sum(), if_shut, if_open)
        self.rho = rho
        return Tightened(bound, u, step, if_shut, if_open, share, y > 0)

    def last(self, status: Status) -> Bools | None:
        """See `branching.Relaxation`."""
        return np.asarray(status == 1) if (status != 0).all() else None

    def exact(self, open_: Bools, enough: float) -> tuple[float, Floats]:
        """By the transportation problem's own prices; with one source this is what it costs if demand may be split."""
        p, sites = self.problem, np.flatnonzero(open_)
        lost = ~self.finite[sites].any(axis=0)
        if lost.any():
            return math.inf, np.where(lost, enough, 0.0)
        cost = self.by_site[sites]
        fits, amount, price = transport(cost, p.demand, p.capacity[sites])
        if fits:
            total = float((np.where(amount > 0, cost, 0.0) * amount).sum() + p.fixed[sites].sum())
            return total, p.demand * (cost + price[:, None]).min(axis=0)
        steep = 1.0
        while True:
            u = p.demand * (cost + steep * price[:, None]).min(axis=0)
            if self._bound_of(u, open_) >= enough or steep > 1e100:
                return math.inf, u
            steep *= 4

    def _bound_of(self, u: Floats, open_: Bools) -> float:
        p, status = self.problem, np.where(open_, 1, -1).astype(np.int8)
        out = [np.empty_like(u), np.empty(self.sites), np.empty(self.sites), np.zeros(self.sites)]
        return float(ascend(self.by_site, p.demand, p.capacity, p.fixed, status, u, 1.0, 0.0, 1, *out)[0])

    def improved(self, open_: Bools, status: Status, cost: float) -> tuple[float, Bools]:
        """Exchange, add and drop sites as long as that pays."""
        best = self._roomy(open_ & (status >= 0), status)
        best_cost, u = self.exact(best, 0.0)
        if not math.isfinite(best_cost):
            best = np.asarray(status >= 0)
            best_cost, u = self.exact(best, 0.0)
        better, left = math.isfinite(best_cost), self.most_priced
        while better and left > 0:
            better = False
            for candidate in self._near(best, status, u):
                left -= 1
                found, prices = self.exact(candidate, 0.0)
                if found < best_cost * (1 - 1e-12):
                    best, best_cost, u, better = candidate, found, prices, True
                    break
        if not self.problem.single_source or best_cost >= cost:
            return best_cost, best
        return self._seated(best, status)

    def _near(self, open_: Bools, status: Status, u: Floats) -> list[Bools]:
        """Open sets one move away, with room for all demand, the most promising first.

        At the multipliers that are exact for the set that is open, the bound says what a newcomer can save at most and what a leaver costs at least; where the one isn't more than the other, the move can't pay.
        """
        p = self.problem
        rho = np.append(reduced(self.by_site, p.demand, p.capacity, p.fixed, u), 0.0)
        come = np.append(np.flatnonzero(~open_ & (status == 0)), p.sites)
        leave = np.append(np.flatnonzero(open_ & (status == 0)), p.sites)
        room = np.append(p.capacity, 0.0)
        left = float(p.capacity[open_].sum() - p.demand.sum() * (1 - 1e-12))
        pays = rho[come][:, None] - rho[leave]
        fits = left + room[come][:, None] - room[leave] >= 0
        rows, columns = np.nonzero((pays < -1e-9) & fits)
        order = np.argsort(pays[rows, columns], kind="stable")[:_MOST_TRIED]
        near = []
        for j, r in zip(come[rows[order]], leave[columns[order]], strict=True):
            candidate = np.append(open_, False)
            candidate[r], candidate[j] = False, True
            if candidate[:-1].any():
                near.append(candidate[:-1])
        return near

    def _holds(self, open_: Bools) -> bool:
        p = self.problem
        return bool(open_.any()) and float(p.capacity[open_].sum()) >= float(p.demand.sum()) * (1 - 1e-12)

    def _roomy(self, open_: Bools, status: Status) -> Bools:
        """Open more, the likeliest first, until there is room for all demand."""
        out = open_ | (status == 1)
        for j in np.argsort(self.rho, kind="stable"):
            if self._holds(out):
                break
            if status[j] == 0:
                out[j] = True
        return np.asarray(out)

    def _seated(self, open_: Bools, status: Status) -> tuple[float, Bools]:
        """One site for each customer, out of these; where that fails, the next likely site is opened too, a few times."""
        p, open_ = self.problem, open_.copy()
        for _ in range(_MOST_ADDED):
            sites = np.flatnonzero(open_)
            cost = self.by_site[sites]
            amount = transport(cost, p.demand, p.capacity[sites])[1]
            served = np.where(p.demand > 0, np.argmax(amount, axis=0), np.argmin(cost, axis=0))
            total, at = assigned(cost, p.demand, p.capacity[sites], served)
            if math.isfinite(total):
                used = self.opened(sites[at]) | (status == 1)
                self.seat(sites[at], used)
                return total + float(p.fixed[used].sum()), used
            others = np.flatnonzero(~open_ & (status == 0))
            if not others.size:
                break
            open_[others[np.argmin(self.rho[others])]] = True
        return math.inf, open_

    def seat(self, at: Ints | None, open_: Bools | None = None) -> None:
        """Take a plan of one source, if it is the cheapest so far."""
        if at is None:
            raise Infeasible(
                "no way was found to give every customer one site that has room", "未找到为每个客户指定单一站点且不超容量的方案",
                "Add capacity, or let demand be split.", "请增加容量,或允许需求拆分。",
            )  # fmt: skip
        p = self.problem
        which = self.opened(at) if open_ is None else open_
        cost = float((p.demand * p.cost[np.arange(p.customers), at]).sum() + p.fixed[which].sum())
        if cost < self.best_cost:
            self.best_cost, self.best_at, self.best_open = cost, at, which

    def opened(self, at: Ints) -> Bools:
        """The sites that serve somebody, and the required."""
        out = self.problem.required.copy()
        out[at] = True
        return out

    def shares(self, sites: Ints) -> Floats:
        """Of each customer's demand to each of the sites, (n, k); a customer without demand goes to the cheapest whole."""
        p, cost = self.problem, self.by_site[sites]
        amount = transport(cost, p.demand, p.capacity[sites])[1]
        nothing = np.zeros(cost.shape)
        nothing[np.argmin(cost, axis=0), np.arange(p.customers)] = 1.0
        return np.where(p.demand > 0, amount / np.where(p.demand > 0, p.demand, 1.0), nothing).T
