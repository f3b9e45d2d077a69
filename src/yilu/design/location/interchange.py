"""Local search for medians: add, drop and exchange sites while that pays.

Source: Whitaker, INFOR 21 (1983), as implemented by Hansen and Mladenović, Location Science 5 (1997): what a newcomer gains and what each leaver then loses are summed in one pass over the customers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.design.location.problems import Bools, Floats


@njit(cache=True, nogil=True)
def nearest(by_site, chosen, first, second, at, next_at):
    """Fill, for every customer, the cost at the nearest and second nearest chosen site (inf: none) and which they are (-1: none)."""
    for i in range(by_site.shape[1]):
        first[i] = second[i] = np.inf
        at[i] = next_at[i] = -1
    for j in chosen:
        row = by_site[j]
        for i in range(len(row)):
            c = row[i]
            if c < first[i]:
                second[i], next_at[i] = first[i], at[i]
                first[i], at[i] = c, j
            elif c < second[i]:
                second[i], next_at[i] = c, j


@njit(cache=True, nogil=True)
def _interchange(by_site, fixed, open_, movable, free, order):
    """Improve ``open_`` in place until no add or drop (only if ``free``: their number isn't given) and no exchange pays. ``order``: the sites in the order they are tried."""
    m, n = by_site.shape
    first, second = np.empty(n), np.empty(n)
    at, next_at = np.empty(n, np.int64), np.empty(n, np.int64)
    nearest(by_site, np.flatnonzero(open_), first, second, at, next_at)
    loss = np.empty(m)
    quiet, k = 0, 0
    while quiet < len(order):
        j = order[k]
        k = (k + 1) % len(order)
        quiet += 1
        if open_[j] or not movable[j]:
            continue
        loss[:] = 0.0
        gain = -fixed[j]
        row = by_site[j]
        for i in range(n):
            c = row[i]
            if c < first[i]:
                gain += first[i] - c
            else:
                loss[at[i]] += min(c, second[i]) - first[i]
        best, leaver = 0.0, -1
        for r in range(m):
            if open_[r] and movable[r]:
                v = fixed[r] - loss[r]
                if leaver < 0 or v > best:
                    best, leaver = v, r
        scale = 1e-12 * (1.0 + abs(gain))
        if leaver >= 0 and gain + best > scale and (not free or best > 0):
            open_[j], open_[leaver] = True, False
        elif free and gain > scale:
            open_[j] = True
        else:
            if not free or not _dropped(n, m, fixed, open_, movable, first, second, at, loss):
                continue
        quiet = 0
        nearest(by_site, np.flatnonzero(open_), first, second, at, next_at)


@njit(cache=True, nogil=True)
def _dropped(n, m, fixed, open_, movable, first, second, at, loss):
    """Whether a site was shut that costs more than its customers would lose."""
    if open_.sum() < 2:
        return False
    loss[:] = 0.0
    for i in range(n):
        loss[at[i]] += second[i] - first[i]
    for r in range(m):
        if open_[r] and movable[r] and fixed[r] - loss[r] > 1e-12 * (1.0 + fixed[r]):
            open_[r] = False
            return True
    return False


def interchanged(by_site: Floats, fixed: Floats, open_: Bools, movable: Bools, free: bool, first_at: int) -> Bools:
    """Sites (m,) that no single move of ``movable`` sites makes cheaper. ``by_site`` (m, n): finite costs. ``first_at``: the site to try first."""
    out = open_.copy()
    order = np.roll(np.arange(len(fixed)), -first_at)
    _interchange(by_site, fixed, out, movable, free, order[movable[order]] if movable.any() else order)
    return out
