"""The Lagrangean relaxation of capacitated location: the demand constraints priced by u_i, the rest solved by filling knapsacks.

    L(u) = Σ_i u_i + min { Σ_j ρ_j y_j : Σ_j capacity_j y_j ≥ Σ_i demand_i, y_j ∈ {0, 1} }
    ρ_j  = fixed_j - max { Σ_i (u_i - demand_i cost_ij) x_i : Σ_i demand_i x_i ≤ capacity_j, 0 ≤ x_i ≤ 1 }

For any u this is at most the cost of any plan, of one source or split. Source: Cornuéjols, Sridharan, Thizy, European Journal of Operational Research 50 (1991): the relaxation with the constraint of total capacity kept.

The choice of sites is itself a knapsack. Two things below it are computed, and the larger taken: its linear relaxation, by sorting; and the whole choice by dynamic programming over `GRID` steps of capacity, in which
a site's capacity is rounded up and the demand isn't, so that nothing possible is lost.
"""

from __future__ import annotations

import numpy as np
from numba import njit

GRID = 1000
"""Steps into which what is still needed of capacity is cut."""


@njit(cache=True, nogil=True)
def _fill(cost, demand, room, u, part):
    """The most that a site earns, and in ``part`` (n,) of whom it serves how much."""
    n = len(demand)
    part[:] = 0.0
    ratio = np.empty(n)
    who = np.empty(n, np.int64)
    k, earned = 0, 0.0
    for i in range(n):
        if cost[i] == np.inf:
            continue
        q = demand[i]
        if q == 0.0:
            if u[i] > 0:
                part[i] = 1.0
                earned += u[i]
        elif u[i] > q * cost[i]:
            ratio[k] = cost[i] - u[i] / q
            who[k] = i
            k += 1
    left = room
    for a in np.argsort(ratio[:k]):
        if left <= 0:
            break
        i = who[a]
        x = min(1.0, left / demand[i])
        part[i] = x
        earned += x * (u[i] - demand[i] * cost[i])
        left -= x * demand[i]
    return earned


@njit(cache=True, nogil=True)
def reduced(cost, demand, capacity, fixed, u):
    """What each site (m,) costs beyond what it earns: ρ."""
    part = np.empty(len(demand))
    rho = np.empty(len(fixed))
    for j in range(len(fixed)):
        rho[j] = fixed[j] - _fill(cost[j], demand, capacity[j], u, part)
    return rho


@njit(cache=True, nogil=True)
def _linear(rho, capacity, left, others):
    """The least sum of ``rho`` that brings ``left`` of capacity where sites may be opened in part; inf where it is short."""
    total = 0.0
    for a in np.argsort(rho[others] / capacity[others]):
        j = others[a]
        y = min(1.0, left / capacity[j])
        total += y * rho[j]
        left -= y * capacity[j]
        if left <= 1e-9 * capacity[j]:
            return total
    return np.inf


@njit(cache=True, nogil=True)
def _stepwise(rho, capacity, left, others, y):
    """The same with whole sites, over steps of ``left`` / `GRID`; ``y`` gets the sites."""
    least = np.full(GRID + 1, np.inf)
    least[0] = 0.0
    taken = np.zeros((len(others), GRID + 1), np.bool_)
    steps = np.empty(len(others), np.int64)
    for a in range(len(others)):
        j = others[a]
        s = min(GRID, int(np.ceil(capacity[j] / left * GRID - 1e-9)))
        steps[a] = s
        for g in range(GRID, 0, -1):
            d = least[max(0, g - s)] + rho[j]
            if d < least[g]:
                least[g] = d
                taken[a, g] = True
    g = GRID
    for a in range(len(others) - 1, -1, -1):
        if taken[a, g]:
            y[others[a]] = 1.0
            g = max(0, g - steps[a])
    return least[GRID]


@njit(cache=True, nogil=True)
def choose(rho, capacity, needed, status, y):
    """Fill ``y`` (m,), sites to open at the least sum of ``rho``; give the sum, inf where the capacity is short."""
    total, left = 0.0, needed
    m = len(rho)
    for j in range(m):
        y[j] = 1.0 if status[j] == 1 or (status[j] == 0 and rho[j] < 0) else 0.0
        if y[j] > 0:
            total += rho[j]
            left -= capacity[j]
    if left <= 1e-9 * needed:
        return total
    others = np.array([j for j in range(m) if status[j] == 0 and y[j] == 0 and capacity[j] > 0])
    if len(others) == 0:
        return np.inf
    least = _linear(rho, capacity, left, others)
    if least == np.inf:
        return np.inf
    return total + max(least, _stepwise(rho, capacity, left, others, y))


@njit(cache=True, nogil=True)
def flips(rho, capacity, needed, status, base, if_shut, if_open):
    """Fill the bounds (m,) if each undecided site were shut, or opened. ``base``: the sum of all multipliers."""
    y, changed = np.empty(len(rho)), status.copy()
    for j in range(len(rho)):
        if status[j] == 0:
            changed[j] = -1
            if_shut[j] = base + choose(rho, capacity, needed, changed, y)
            changed[j] = 1
            if_open[j] = base + choose(rho, capacity, needed, changed, y)
            changed[j] = 0


@njit(cache=True, nogil=True)
def ascend(cost, demand, capacity, fixed, status, start, step, upper, rounds, best_u, best_rho, best_y, share):
    """Drive the multipliers from ``start`` and give the best bound and the step to go on with. ``cost`` (m, n), of one unit; ``upper``: the bound at which it is enough."""
    m, n = cost.shape
    u, direction, served = start.copy(), np.zeros(n), np.empty(n)
    rho, y = np.full(m, np.inf), np.zeros(m)
    part = np.zeros((m, n))
    needed = demand.sum()
    best, stalled = -np.inf, 0
    for _ in range(rounds):
        for j in range(m):
            if status[j] >= 0:
                rho[j] = fixed[j] - _fill(cost[j], demand, capacity[j], u, part[j])
        value = u.sum() + choose(rho, capacity, needed, status, y)
        share[:] = 0.9 * share + 0.1 * y
        if value > best:
            if value > best + 1e-4 * (upper - best):
                stalled = 0
            best = value
            best_u[:] = u
            best_rho[:] = rho
            best_y[:] = y
        if best >= upper:
            break
        stalled += 1
        if stalled > 12:
            step *= 0.7
            stalled = 0
            u[:] = best_u
            direction[:] = 0.0
            if step < 1e-4:
                break
            continue
        served[:] = 0.0
        for j in range(m):
            if y[j] > 0:
                for i in range(n):
                    served[i] += y[j] * part[j, i]
        direction = 0.7 * direction + 0.3 * (1.0 - served)
        norm = (direction * direction).sum()
        if norm < 1e-18:
            break
        length = step * max(1.05 * upper - value - 0.05 * best, 1e-9) / norm
        for i in range(n):
            u[i] = max(0.0, u[i] + length * direction[i])
    return best, step
