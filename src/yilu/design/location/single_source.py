"""Every customer to one of the open sites, none too full: shifts and swaps with a price on what is too much, which rises while there is any.

Source: the oscillating penalty of Gendreau, Hertz, Laporte, Management Science 40 (1994), on the generalised assignment problem.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.design.location.plans import Ints
from yilu.design.location.problems import Floats

_ROUNDS = 30


@njit(cache=True, nogil=True)
def _over(load, room):
    return max(0.0, load - room)


@njit(cache=True, nogil=True)
def _shifted(cost, demand, room, price, at, load):
    """Move single customers while that pays; whether any moved."""
    moved = False
    for i in range(len(at)):
        a, q = at[i], demand[i]
        gone = price * (_over(load[a] - q, room[a]) - _over(load[a], room[a])) - q * cost[a, i]
        best, to = -1e-9, -1
        for b in range(len(load)):
            if b != a and cost[b, i] < np.inf:
                d = gone + q * cost[b, i] + price * (_over(load[b] + q, room[b]) - _over(load[b], room[b]))
                if d < best:
                    best, to = d, b
        if to >= 0:
            load[a] -= q
            load[to] += q
            at[i] = to
            moved = True
    return moved


@njit(cache=True, nogil=True)
def _swapped(cost, demand, room, price, at, load):
    """Exchange the sites of two customers while that pays; whether any did."""
    n, moved = len(at), False
    for i in range(n):
        for k in range(i + 1, n):
            a, b = at[i], at[k]
            if a == b or cost[b, i] == np.inf or cost[a, k] == np.inf:
                continue
            p, q = demand[i], demand[k]
            d = p * (cost[b, i] - cost[a, i]) + q * (cost[a, k] - cost[b, k])
            d += price * (_over(load[a] - p + q, room[a]) - _over(load[a], room[a]))
            d += price * (_over(load[b] - q + p, room[b]) - _over(load[b], room[b]))
            if d < -1e-9:
                at[i], at[k] = b, a
                load[a] += q - p
                load[b] += p - q
                moved = True
    return moved


@njit(cache=True, nogil=True)
def _assign(cost, demand, room, price, rounds, at, best_at):
    """Fill ``best_at``; the least cost, inf where no round ended with room for all."""
    k, n = cost.shape
    best = np.inf
    for _ in range(rounds):
        load = np.zeros(k)
        for i in range(n):
            load[at[i]] += demand[i]
        for _ in range(50):
            moved = _shifted(cost, demand, room, price, at, load)
            if not moved and not _swapped(cost, demand, room, price, at, load):
                break
        load[:] = 0.0
        total = 0.0
        for i in range(n):
            load[at[i]] += demand[i]
            total += demand[i] * cost[at[i], i]
        fits = True
        for a in range(k):
            fits = fits and load[a] <= room[a] * (1 + 1e-12)
        if fits and total < best:
            best = total
            best_at[:] = at
        price *= 0.6 if fits else 2.0
    return best


def assigned(cost: Floats, demand: Floats, room: Floats, start: Ints) -> tuple[float, Ints]:
    """The cost (inf: none found) and the site of each customer, (n,) rows of ``cost`` (k sites, n customers; of one unit). ``start`` (n,): where each begins, at finite cost."""
    at, best = start.astype(np.int64), start.astype(np.int64)
    finite = cost[np.isfinite(cost)]
    price = max(float(finite.mean()), 1e-9)
    return float(_assign(np.ascontiguousarray(cost), demand, room, price, _ROUNDS, at, best)), best
