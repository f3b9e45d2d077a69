"""A certified lower bound for multiple allocation, by Lagrangean duality, and branch and bound on hubs.

The path formulation in its strong form (Hamacher, Labbé, Nickel and Sonneborn 2004; Cánovas, García and Marín 2007) lets a path use site k only if k is
open: Σ_{paths of ij over k} x ≤ y_k, once for k as first, last or only hub. With a price w_ij π_ijk ≥ 0 on it what is left falls apart,

    L(π) = Σ_ij w_ij min_{k,m} (a_ik + t_km + e_mj + π_ijk + [m≠k] π_ijm) + min_y Σ_k ρ_k y_k,   ρ_k = f_k − Σ_ij w_ij π_ijk,

the cheapest path of each pair, and the p least (or all negative) ρ. Every π ≥ 0 gives a valid bound. π moves along a deflected subgradient, the averaged
use x̄_ijk less the averaged ȳ_k, with steps after Polyak (1969) and Camerini, Fratta and Maffioli (1975). The value is lowered by what rounding in float64
can come to.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from yilu.design.hubs.branch import closes
from yilu.design.hubs.model import Bools, Floats, Ints
from yilu.design.hubs.multiple_search import Sites, paths

_KEEP = 0.7
_EPSILON = float(np.finfo(np.float64).eps)
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Prices:
    """Where the dual stands: ``price`` (n, n, K) π, single precision (its value is exact all the same), ``use`` (n, n, K) x̄ and ``share`` (K,) ȳ."""

    price: Singles
    use: Singles
    share: Floats

    def copy(self) -> Prices:
        return Prices(self.price.copy(), self.use.copy(), self.share.copy())

    def take(self, other: Prices) -> None:
        """Become as ``other``, in place."""
        self.price[:], self.use[:], self.share[:] = other.price, other.use, other.share

    def only(self, kept: Ints) -> Prices:
        """Over some of the sites."""
        return Prices(
            np.ascontiguousarray(self.price[:, :, kept]), np.ascontiguousarray(self.use[:, :, kept]), self.share[kept]
        )


@dataclass(frozen=True)
class Bounded:
    """What a run found: ``bound``, the ``prices`` that give it, the ``sites`` left by reduced cost, and which (``kept``) of those it began with."""

    bound: float
    prices: Prices
    sites: Sites
    kept: Ints
    length: float


@dataclass(frozen=True)
class Pace:
    """How the steps shorten: the factor to begin with, after how many rounds without gain it is cut, and where it ends."""

    first: float = 0.25
    stalls: int = 15
    last: float = 0.01


@njit(cache=True, parallel=True)
def _move(flow, collect, across, leave, after, before, price, use, share, step, first, last, total, spent):
    """Move π by ``step`` along x̄ − ȳ, then find each pair's cheapest path: hubs into ``first`` and ``last`` (n, n), which hold the paths before; sums by
    origin into ``total`` (n,) and Σ_j w_ij π_ijk into ``spent`` (n, K).

    ``after`` (n, K): the least of t + e behind a first hub, by destination; ``before`` (n, K): the least of a + t up to a last hub, by origin.
    """
    n, k = collect.shape
    for i in prange(n):
        start, end = np.empty(k), np.empty(k)
        firsts, lasts = np.empty(k, np.int64), np.empty(k, np.int64)
        total[i] = 0.0
        spent[i] = 0.0
        for j in range(n):
            w = flow[i, j]
            if w == 0.0:
                continue
            pi = price[i, j]
            if step > 0.0:
                for a in range(k):
                    pi[a] = max(np.float32(0.0), pi[a] + np.float32(step * (use[i, j, a] - share[a])))
            at, to = first[i, j], last[i, j]
            best = collect[i, at] + leave[j, to] + pi[at]
            if at != to:
                best += across[at, to] + pi[to]
            for a in range(k):
                spent[i, a] += w * pi[a]
                start[a] = collect[i, a] + pi[a]
                end[a] = leave[j, a] + pi[a]
                if start[a] + leave[j, a] < best:
                    best, at, to = start[a] + leave[j, a], a, a
            c, d = 0, 0
            for a in range(k):
                firsts[c] = a
                c += start[a] + after[j, a] < best
                lasts[d] = a
                d += end[a] + before[i, a] < best
            for x in range(c):
                a = firsts[x]
                room = best - start[a]
                for y in range(d):
                    b = lasts[y]
                    if end[b] + across[a, b] < room and a != b:
                        room = end[b] + across[a, b]
                        best, at, to = start[a] + room, a, b
            first[i, j], last[i, j] = at, to
            total[i] += w * best


@njit(cache=True, parallel=True)
def _average(flow, price, use, share, first, last, keep, norm):
    """x̄ with the new paths in it, and by origin Σ w (x̄ − ȳ)² over what may move (n,)."""
    n, _, k = price.shape
    for i in prange(n):
        norm[i] = 0.0
        for j in range(n):
            if flow[i, j] == 0.0:
                continue
            mean, pi = use[i, j], price[i, j]
            for a in range(k):
                mean[a] *= np.float32(keep)
            mean[first[i, j]] += np.float32(1.0 - keep)
            if last[i, j] != first[i, j]:
                mean[last[i, j]] += np.float32(1.0 - keep)
            square = 0.0
            for a in range(k):
                gradient = mean[a] - share[a]
                if gradient > 0.0 or pi[a] > 0.0:
                    square += gradient * gradient
            norm[i] += flow[i, j] * square


@njit(cache=True, parallel=True)
def _first_prices(collect, across, leave, after, before, hubs, level, price):
    """π to begin with: what pair i → j saves by a site, against ``level`` (n, n), with the best partner among ``hubs``."""
    n, k = collect.shape
    for i in prange(n):
        for j in range(n):
            for a in range(k):
                best = collect[i, a] + leave[j, a]
                for h in hubs:
                    best = min(
                        best, collect[i, a] + across[a, h] + leave[j, h], collect[i, h] + across[h, a] + leave[j, a]
                    )
                price[i, j, a] = max(0.0, level[i, j] - best)


def _ways(sites: Sites) -> tuple[Floats, Floats]:
    """``after`` and ``before`` of ``_move``, both (n, K)."""
    after, before = sites.leave.copy(), sites.collect.copy()
    for b in range(len(sites.fixed)):
        np.minimum(after, sites.across[:, b] + sites.leave[:, b, None], out=after)
        np.minimum(before, sites.collect[:, b, None] + sites.across[b], out=before)
    return after, before


def begun(sites: Sites, hubs: Ints) -> Prices:
    """Prices to begin with, from a plan's hubs (p,) as sites: what each pair would save by a site, and nothing else."""
    n, k = sites.collect.shape
    at, to, _ = paths(sites, hubs)
    rows = np.arange(n)
    level = sites.collect[rows[:, None], at] + sites.across[at, to] + sites.leave[rows[None, :], to]
    price = np.zeros((n, n, k), np.float32)
    _first_prices(sites.collect, sites.across, sites.leave, *_ways(sites), hubs, level, price)
    share = np.zeros(k)
    share[hubs] = 1.0
    return Prices(price, np.zeros((n, n, k), np.float32), share)


def chosen(sites: Sites, rho: Floats) -> Ints:
    """The sites of least ρ: p of them, or all negative ones (one at least), forced ones among them; none where there are too few."""
    own, free = np.flatnonzero(sites.forced), np.flatnonzero(~sites.forced)
    if sites.is_free:
        out = np.append(own, free[rho[free] < 0.0])
        return out if len(out) or not len(rho) else np.array([int(np.argmin(rho))])
    wanted = sites.count - len(own)
    if wanted < 0 or wanted > len(free):
        return np.zeros(0, np.int64)
    return np.append(own, free[np.argsort(rho[free], kind="stable")[:wanted]])


def rise(
    sites: Sites, prices: Prices, best: float, stop: Callable[[float, int], bool], pace: Pace = Pace(), fresh: bool = False,
) -> Bounded:  # fmt: skip
    """Raise the bound until ``stop(bound, rounds)``, it meets ``best``, the value of the best plan known, or steps have become short.

    ``fresh``: nothing has been averaged yet. The bound is inf where the sites allow no plan.
    """
    n, kept = len(sites.flow), np.arange(len(sites.fixed))
    if not len(chosen(sites, sites.fixed)):
        return Bounded(np.inf, prices, sites, kept, 0.0)
    now, held = prices.copy(), prices.copy()
    first, last = np.zeros((n, n), np.int64), np.zeros((n, n), np.int64)
    ways = _ways(sites)
    total, norm = np.empty(n), np.empty(n)
    bound, length, stalls, rounds, step = -np.inf, pace.first, 0, 0, 0.0
    while True:
        spent = np.empty((n, len(kept)))
        _move(
            sites.flow,
            sites.collect,
            sites.across,
            sites.leave,
            *ways,
            now.price,
            now.use,
            now.share,
            step,
            first,
            last,
            total,
            spent,
        )
        rho = sites.fixed - spent.sum(axis=0)
        opened = chosen(sites, rho)
        if not len(opened):  # what is left after narrowing is no plan
            return Bounded(np.inf, held, sites, kept, length)
        value = _lowered(
            float(total.sum() + rho[opened].sum()),
            n,
            float(total.sum() + (np.abs(sites.fixed) + spent.sum(axis=0))[opened].sum()),
        )
        stalls = 0 if value > bound + 1e-5 * abs(best) else stalls + 1
        if value > bound:
            bound = value
            held.take(now)
        if stalls >= pace.stalls:
            length, stalls = 0.7 * length, 0
        rounds += 1
        if closes(bound, best) or length < pace.last or stop(bound, rounds):
            return Bounded(bound, held, sites, kept, length)
        if rounds % 10 == 0:
            left, must = narrowed(sites, rho, opened, value, best)
            sites = replace(sites, forced=must)
            if len(left) < len(kept):
                sites, now, held, kept = sites.only(left), now.only(left), held.only(left), kept[left]
                ways = _ways(sites)
                place = np.zeros(len(rho), np.int64)
                place[left] = np.arange(len(left))
                first, last, opened = place[first], place[last], place[np.intersect1d(opened, left)]
        keep = 0.0 if fresh and rounds == 1 else _KEEP
        now.share[:] *= keep
        now.share[opened] += 1.0 - keep
        _average(sites.flow, now.price, now.use, now.share, first, last, keep, norm)
        square = float(norm.sum())
        step = length * (best - bound) / square if square > 0.0 else 0.0


def _lowered(value: float, n: int, size: float) -> float:
    """The value less what summing n² terms of this whole ``size`` in float64 can have added."""
    return value - (n * n + 16) * _EPSILON * size


def narrowed(sites: Sites, rho: Floats, opened: Ints, value: float, best: float) -> tuple[Ints, Bools]:
    """(sites a better plan may open, (K,) sites it must open): opening another, or closing one, would lift the bound past ``best``."""
    room = best - value + 1e-9 * abs(best)
    is_open = np.zeros(len(rho), np.bool_)
    is_open[opened] = True
    opening, closing = np.zeros(len(rho)), np.zeros(len(rho))
    inside, outside = is_open & ~sites.forced, ~is_open
    if sites.is_free:
        idle = max(0.0, float(rho.min()))  # where no site pays, one opens all the same
        opening, closing = np.maximum(rho - idle, 0.0), np.maximum(-rho, 0.0)
    elif inside.any():
        opening[outside] = rho[outside] - rho[inside].max()
        closing[inside] = (rho[outside].min() if outside.any() else np.inf) - rho[inside]
    else:
        opening[outside] = np.inf
    opening[is_open] = 0.0
    must = sites.forced | (inside & (closing > room))
    return np.flatnonzero((opening <= room) | must), must


@dataclass(frozen=True)
class Branch:
    """One step of the tree: ``floor``, the least bound of all open nodes (inf where there are none), how many nodes are ``done``, and the ``hubs`` of a node
    that leaves one plan only, which is then to be looked at."""

    floor: float
    done: int
    hubs: Ints | None


_BRISK = Pace(0.15, 6, 0.02)


def branches(
    root: Bounded, best: Callable[[], float], stop: Callable[[float], bool], rounds: int = 60
) -> Iterator[Branch]:
    """Branch from ``root`` on sites that open or not, the least bound first, until no open node is below ``best()``, which may fall meanwhile."""
    heap: list[tuple[float, int, Bounded, Ints]] = []
    number = 0

    def put(bound: float, node: Bounded, sites: Ints) -> None:
        nonlocal number
        for child, kept in [(node, np.arange(len(sites)))] if decided(node.sites) is not None else _children(node):
            number += 1
            heapq.heappush(heap, (bound, number, child, sites[kept]))

    put(root.bound, root, root.kept)
    done = 0
    while heap:
        floor, _, waiting, sites = heapq.heappop(heap)
        if closes(floor, best()) or stop(floor):
            return
        done += 1
        hubs = decided(waiting.sites)
        if hubs is None:
            found = rise(waiting.sites, waiting.prices, best(), partial(_ended, stop, floor, rounds), _BRISK)
            sites = sites[found.kept]
            if not closes(max(floor, found.bound), best()):
                put(max(floor, found.bound), found, sites)
            hubs = decided(found.sites)
        yield Branch(min((b for b, *_ in heap), default=np.inf), done, None if hubs is None else sites[hubs])


def _ended(stop: Callable[[float], bool], floor: float, most: int, _: float, rounds: int) -> bool:
    return rounds >= most or stop(floor)


def decided(sites: Sites) -> Ints | None:
    """The hubs (indices) where only one plan is left, else None."""
    if sites.forced.all() or (not sites.is_free and int(sites.forced.sum()) == sites.count):
        return np.flatnonzero(sites.forced)
    return np.arange(len(sites.fixed)) if len(sites.fixed) == sites.count else None


def _children(node: Bounded) -> list[tuple[Bounded, Ints]]:
    """The two halves of a node, with the sites left in each: the site in most doubt is shut, or open."""
    sites, share = node.sites, node.prices.share
    a = int(np.argmax(np.where(sites.forced, -1.0, np.minimum(share, 1.0 - share) + 1e-6 * share)))
    shut = np.delete(np.arange(len(share)), a)
    forced = sites.forced.copy()
    forced[a] = True
    return [
        (replace(node, sites=sites.only(shut), prices=node.prices.only(shut)), shut),
        (replace(node, sites=replace(sites, forced=forced)), np.arange(len(share))),
    ]
