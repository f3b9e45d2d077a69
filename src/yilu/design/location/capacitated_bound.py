"""The Lagrangean relaxation of capacitated location: the demand constraints priced by u_i, the rest solved by filling knapsacks.

    L(u) = Σ_i u_i + min { Σ_j ρ_j y_j : Σ_j capacity_j y_j ≥ Σ_i demand_i, 0 ≤ y_j ≤ 1 }
    ρ_j  = fixed_j - max { Σ_i (u_i - demand_i cost_ij) x_i : Σ_i demand_i x_i ≤ capacity_j, 0 ≤ x_i ≤ 1 }

For any u this is at most the cost of any plan, of one source or split. Source: Cornuéjols, Sridharan, Thizy, European Journal of Operational Research 50 (1991): the relaxation with the constraint of total capacity kept.
"""

from __future__ import annotations

import numpy as np
from numba import njit


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
def choose(rho, capacity, needed, status, y):
    """Fill ``y`` (m,), shares of sites to open at the least sum of ``rho``; give the sum, inf where the capacity is short."""
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
    for a in np.argsort(rho[others] / capacity[others]):
        j = others[a]
        y[j] = min(1.0, left / capacity[j])
        total += y[j] * rho[j]
        left -= y[j] * capacity[j]
        if left <= 1e-9 * needed:
            return total
    return np.inf


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
