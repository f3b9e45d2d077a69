"""The Lagrangean relaxation of the p-median problem: the demand constraints priced by u_i, the rest solved by sorting.

    L(u) = Σ_i u_i + min { Σ_j ρ_j y_j : Σ_j y_j = p },   ρ_j = fixed_j + Σ_i min(0, d_ij - u_i)

For any u this is at most the cost of any plan. u is driven by a subgradient whose direction is an average of past ones.
Sources: Cornuéjols, Fisher, Nemhauser, Management Science 23 (1977); deflection: Camerini, Fratta, Maffioli, Mathematical Programming Study 3 (1975).
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def choose(rho, status, p, chosen):
    """Fill ``chosen`` with the sites the relaxation opens, and give their sum; p < 0: as many as pay, one at least."""
    m = len(rho)
    total, inside = 0.0, 0
    for j in range(m):
        chosen[j] = status[j] == 1
        if chosen[j]:
            total += rho[j]
            inside += 1
    if p < 0:
        best = -1
        for j in range(m):
            if status[j] == 0:
                if rho[j] < 0:
                    chosen[j] = True
                    total += rho[j]
                    inside += 1
                elif best < 0 or rho[j] < rho[best]:
                    best = j
        if inside == 0 and best >= 0:
            chosen[best] = True
            total += rho[best]
        return total
    free = np.flatnonzero(status == 0)
    wanted = p - inside
    if wanted > 0:
        for k in free[np.argsort(rho[free], kind="mergesort")[:wanted]]:
            chosen[k] = True
            total += rho[k]
    return total


@njit(cache=True, nogil=True)
def ascend(cost, site, fixed, status, p, start, step, upper, target, rounds, best_u, best_rho, best_chosen, share):
    """Drive the multipliers from ``start`` and give the best bound and the step to go on with.

    ``cost``, ``site`` (n, k): for each customer the sites that reach it, nearest first (inf from where there are no more). ``upper``: the bound aimed at.
    """
    n, k = cost.shape
    m = len(fixed)
    u, direction = start.copy(), np.zeros(n)
    rho, chosen = np.empty(m), np.zeros(m, np.bool_)
    best, stalled = -np.inf, 0
    for _ in range(rounds):
        rho[:] = fixed
        value = 0.0
        for i in range(n):
            price = u[i]
            value += price
            for a in range(k):
                c = cost[i, a]
                if c >= price:
                    break
                rho[site[i, a]] += c - price
        value += choose(rho, status, p, chosen)
        for j in range(m):
            share[j] = 0.9 * share[j] + (0.1 if chosen[j] else 0.0)
        if value > best:
            if value > best + 1e-4 * (upper - best):
                stalled = 0
            best = value
            best_u[:] = u
            best_rho[:] = rho
            best_chosen[:] = chosen
        if best >= target:
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
        norm = 0.0
        for i in range(n):
            price, served = u[i], 0
            for a in range(k):
                if cost[i, a] >= price:
                    break
                if chosen[site[i, a]]:
                    served += 1
            direction[i] = 0.7 * direction[i] + 0.3 * (1.0 - served)
            norm += direction[i] * direction[i]
        if norm < 1e-18:
            break
        length = step * max(1.05 * upper - value - 0.05 * best, 1e-9) / norm
        for i in range(n):
            u[i] = max(0.0, u[i] + length * direction[i])
    return best, step
