"""The transportation problem: bring all demand to open sites of limited capacity at the least cost, exactly.

Every customer starts at its cheapest site; what is too much at a site is then moved, piece by piece, along the cheapest chain of sites to one with room. Few sites and many customers make chains of sites cheap to
search. At the end the lengths of these chains are the prices of capacity.
Source: successive shortest paths, Ahuja, Magnanti, Orlin, "Network Flows" (1993), chapter 9, with customers folded into arcs between sites.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.design.location.problems import Floats


@njit(cache=True, nogil=True)
def _arcs(cost, amount, j, arc, mover):
    """What moving one unit from site j to each other costs at least, and whose it is (-1: nobody can)."""
    k, n = cost.shape
    arc[j, :] = np.inf
    mover[j, :] = -1
    for i in range(n):
        if amount[j, i] > 0:
            here = cost[j, i]
            for b in range(k):
                d = cost[b, i] - here
                if d < arc[j, b]:
                    arc[j, b] = d
                    mover[j, b] = i
    arc[j, j] = np.inf


@njit(cache=True, nogil=True)
def _lengths(arc, source, length, before):
    """Shortest chains from a site to all, by Bellman and Ford; a chain must be shorter by more than rounding to replace another, which keeps cycles of no cost out."""
    k = len(arc)
    length[:] = np.inf
    before[:] = -1
    length[source] = 0.0
    for _ in range(k):
        changed = False
        for a in range(k):
            if length[a] == np.inf:
                continue
            for b in range(k):
                d = length[a] + arc[a, b]
                if d < length[b] - 1e-12 * (1.0 + abs(d)) and b != source:
                    length[b] = d
                    before[b] = a
                    changed = True
        if not changed:
            return


@njit(cache=True, nogil=True)
def _transport(cost, demand, capacity, amount, price):
    """Fill ``amount`` (k, n) and ``price`` (k,) of capacity; False where it can't be: then price is 1 for sites that are too full together and 0 for others."""
    k, n = cost.shape
    load = np.zeros(k)
    small = 1e-12 * (1.0 + demand.sum())
    amount[:] = 0.0
    for i in range(n):
        if demand[i] > 0:
            j = np.argmin(cost[:, i])
            amount[j, i] = demand[i]
            load[j] += demand[i]
    arc, mover = np.empty((k, k)), np.empty((k, k), np.int64)
    for j in range(k):
        _arcs(cost, amount, j, arc, mover)
    length, before = np.empty(k), np.empty(k, np.int64)
    for j in range(k):
        while load[j] > capacity[j] + small:
            _lengths(arc, j, length, before)
            to = -1
            for b in range(k):
                if load[b] < capacity[b] - small and length[b] < np.inf and (to < 0 or length[b] < length[to]):
                    to = b
            if to < 0:
                for b in range(k):
                    price[b] = 1.0 if length[b] < np.inf else 0.0
                return False
            moved = min(load[j] - capacity[j], capacity[to] - load[to])
            b = to
            while b != j:
                moved = min(moved, amount[before[b], mover[before[b], b]])
                b = before[b]
            b = to
            while b != j:
                a = before[b]
                i = mover[a, b]
                amount[a, i] -= moved
                if amount[a, i] <= small * 1e-3:
                    amount[a, i] = 0.0
                amount[b, i] += moved
                b = a
            load[j] -= moved
            load[to] += moved
            b = to
            while True:
                _arcs(cost, amount, b, arc, mover)
                if b == j:
                    break
                b = before[b]
    _prices(arc, load, capacity, small, price)
    return True


@njit(cache=True, nogil=True)
def _prices(arc, load, capacity, small, price):
    """The cheapest chain from each site to one with room; where there is none, whatever is above all chains."""
    k = len(arc)
    top = 1.0
    for a in range(k):
        for b in range(k):
            if arc[a, b] < np.inf:
                top += abs(arc[a, b])
    for a in range(k):
        price[a] = 0.0 if load[a] < capacity[a] - small else top
    for _ in range(k):
        changed = False
        for a in range(k):
            if price[a] == 0.0:
                continue
            for b in range(k):
                d = arc[a, b] + price[b]
                if d < price[a] - 1e-12 * (1.0 + abs(d)):
                    price[a] = max(0.0, d)
                    changed = True
        if not changed:
            return


def transport(cost: Floats, demand: Floats, capacity: Floats) -> tuple[bool, Floats, Floats]:
    """Whether it can be, amounts (k, n) and prices of capacity (k,). ``cost`` (k sites, n customers), of one unit; every customer must have a finite one.

    Where it can't be, amounts mean nothing, and prices are 1 for a set of sites that can't hold what only they can serve, 0 for the others.
    """
    amount, price = np.empty(cost.shape), np.empty(len(cost))
    return bool(_transport(np.ascontiguousarray(cost), demand, capacity, amount, price)), amount, price
