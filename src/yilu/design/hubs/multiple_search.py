"""Good sets of hubs under multiple allocation: variable neighbourhood search with exact interchange.

Once hubs are open every pair takes its cheapest path, so a plan is a set of hubs. For a hub x that closes, the cheapest paths without x are found once,
v_ij; a site b that opens in its place then makes pair i → j cost

    min(v_ij,  min_{k≠x} (a_ik + t_kb) + e_bj,  a_ib + min_{m≠x} (t_bm + e_mj),  a_ib + e_bj),

so all sites for one x cost O(K n²), and each value is exact (interchange: Teitz and Bart 1968; shaking: Hansen and Mladenović 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.random import Generator

from yilu.design.hubs.model import Bools, Floats, Ints

_FAR = 1e300
"""Stands for "no path": finite, so that kernels may sum in any order."""


@dataclass(frozen=True)
class Sites:
    """A problem of multiple allocation over K sites that may be hubs.

    ``flow`` (n, n) w; ``collect`` (n, K) a; ``across`` (K, K) t, discounted, 0 from a site to itself; ``leave`` (n, K) e, node by site; ``fixed`` (K,) f;
    ``forced`` (K,) bool, sites that must open; ``count`` p, -1 where the number is free.
    """

    flow: Floats
    collect: Floats
    across: Floats
    leave: Floats
    fixed: Floats
    forced: Bools
    count: int

    @property
    def is_free(self) -> bool:
        return self.count < 0

    def only(self, kept: Ints) -> Sites:
        """Over some of the sites (indices)."""
        return Sites(
            self.flow, np.ascontiguousarray(self.collect[:, kept]), np.ascontiguousarray(self.across[np.ix_(kept, kept)]),
            np.ascontiguousarray(self.leave[:, kept]), self.fixed[kept], self.forced[kept], self.count,
        )  # fmt: skip


@njit(cache=True, parallel=True)
def _cheapest(flow, collect, across, leave, hubs, first, last, cost):
    """First and last hub (n, n), as sites, and the summed cost (n,) by origin of the cheapest paths over ``hubs`` (p,)."""
    n, p = len(flow), len(hubs)
    for i in prange(n):
        reach, by = np.full(p, np.inf), np.zeros(p, np.int64)
        for y in range(p):
            for x in range(p):
                value = collect[i, hubs[x]] + across[hubs[x], hubs[y]]
                if value < reach[y]:
                    reach[y], by[y] = value, x
        cost[i] = 0.0
        for j in range(n):
            best, at = np.inf, 0
            for y in range(p):
                value = reach[y] + leave[j, hubs[y]]
                if value < best:
                    best, at = value, y
            first[i, j], last[i, j] = hubs[by[at]], hubs[at]
            cost[i] += flow[i, j] * best


def paths(sites: Sites, hubs: Ints) -> tuple[Ints, Ints, float]:
    """(first hub (n, n), last hub (n, n), cost with fixed costs) of every pair's cheapest path over ``hubs`` (p,), all as sites."""
    n = len(sites.flow)
    first, last, cost = np.empty((n, n), np.int64), np.empty((n, n), np.int64), np.empty(n)
    _cheapest(sites.flow, sites.collect, sites.across, sites.leave, hubs, first, last, cost)
    return first, last, float(cost.sum() + sites.fixed[hubs].sum())


@njit(cache=True)
def _without(collect, across, leave, hubs, x):
    """Cheapest paths without the hub at position x (none left out where x < 0): (v (n, n), to each site (n, K), from each site to nodes (K, n))."""
    n, k = collect.shape
    to, off = np.full((n, k), _FAR), np.full((k, n), _FAR)
    v = np.full((n, n), _FAR)
    for y in range(len(hubs)):
        if y == x:
            continue
        h = hubs[y]
        for i in range(n):
            for b in range(k):
                to[i, b] = min(to[i, b], collect[i, h] + across[h, b])
        for b in range(k):
            for j in range(n):
                off[b, j] = min(off[b, j], across[b, h] + leave[j, h])
    for i in range(n):
        for y in range(len(hubs)):
            if y != x:
                h = hubs[y]
                for j in range(n):
                    v[i, j] = min(v[i, j], to[i, h] + leave[j, h])
    return v, to, off


@njit(cache=True, parallel=True, fastmath={"reassoc", "contract", "nsz"})
def _opening(flow, collect, leave, v, to, off, fixed, is_open, value):
    """What all pairs and the fixed cost of b come to, for every site b (K,) that opens beside the hubs that v, to and off stand for."""
    n, k = collect.shape
    for b in prange(k):
        value[b] = np.inf
        if is_open[b]:
            continue
        away = leave[:, b].copy()
        total = 0.0
        for i in range(n):
            near, own = to[i, b], collect[i, b]
            for j in range(n):
                best = near + away[j]
                other = own + min(off[b, j], away[j])
                best = best if best < other else other
                best = best if best < v[i, j] else v[i, j]
                total += flow[i, j] * best
        value[b] = total + fixed[b]


def improved(sites: Sites, hubs: Ints, cost: float, rng: Generator) -> tuple[Ints, float]:
    """Hubs closed, opened and interchanged, each hub's best interchange in turn, until none is better."""
    hubs = hubs.copy()
    value = np.empty(len(sites.fixed))
    while True:
        begun = cost
        turn = rng.permutation(hubs)
        for old in turn:
            if sites.forced[old] or old not in hubs:
                continue
            x = int(np.flatnonzero(hubs == old)[0])
            rest = np.delete(hubs, x)
            hubs, cost = _turned(sites, hubs, x, rest, cost, value)
        if sites.is_free:
            hubs, cost = _turned(sites, hubs, -1, hubs, cost, value)
        if cost >= begun - 1e-10 * abs(begun):
            return np.sort(hubs), cost


def _turned(sites: Sites, hubs: Ints, x: int, rest: Ints, cost: float, value: Floats) -> tuple[Ints, float]:
    """The best of: as it is, ``rest`` and one more site, and (where the number is free) ``rest`` alone."""
    is_open = np.zeros(len(sites.fixed), np.bool_)
    is_open[hubs] = True
    v, to, off = _without(sites.collect, sites.across, sites.leave, hubs, x)
    _opening(sites.flow, sites.collect, sites.leave, v, to, off, sites.fixed, is_open, value)
    others = float(sites.fixed[rest].sum())
    b = int(np.argmin(value))
    tried = np.append(rest, b) if np.isfinite(value[b]) else hubs
    if sites.is_free and x >= 0 and len(rest) and float((sites.flow * v).sum()) < value[b]:
        tried = rest
        value[b] = float((sites.flow * v).sum())
    if value[b] + others < cost - 1e-10 * abs(cost):
        exact = paths(sites, np.sort(tried))[2]
        if exact < cost:
            return tried, exact
    return hubs, cost


def drawn(sites: Sites, rng: Generator) -> Ints:
    """Sites to begin with: forced ones, and others at random, by the flow that is nearest to them."""
    k = len(sites.fixed)
    volume = sites.flow.sum(axis=1) + sites.flow.sum(axis=0)
    share = (
        np.bincount(np.argmin(sites.collect + sites.leave, axis=1), weights=volume, minlength=k)
        + 1e-9
        + volume.sum() / (10 * k)
    )
    share[sites.forced] = 0.0
    wanted = (max(1, k // 20) if sites.is_free else sites.count) - int(sites.forced.sum())
    out = np.flatnonzero(sites.forced)
    if wanted > 0 and wanted <= int((~sites.forced).sum()):
        out = np.append(out, rng.choice(k, size=wanted, replace=False, p=share / share.sum()))
    return np.sort(out)


def shaken(sites: Sites, hubs: Ints, strength: int, rng: Generator) -> Ints:
    """The hubs with ``strength`` of them changed at random for closed sites."""
    movable = hubs[~sites.forced[hubs]]
    closed = np.setdiff1d(np.arange(len(sites.fixed)), hubs)
    many = min(strength, len(movable), len(closed))
    left = np.setdiff1d(hubs, rng.choice(movable, size=many, replace=False)) if many else hubs
    return np.sort(np.append(left, rng.choice(closed, size=many, replace=False))) if many else hubs
