"""A certified lower bound for single allocation, by Lagrangean duality.

The pair term of the model is bounded by transport: q_ij(z_i, z_j) = W_ij · max {Σ_a F_a (z_ia − z_ja) : |F_a − F_b| ≤ D_ab} where D is a metric
and W_ij = w_ij + w_ji. With one such function F^ij per pair the pair terms are linear, and what is left,

    θ_ia = c_ia + Σ_{j>i} W_ij F^ij_a − Σ_{j<i} W_ji F^ji_a,    min Σ_i Σ_a θ_ia z_ia + Σ_a f_a y_a   over assignments to p open labels,

is a p-median problem, bounded again with a price u_i on Σ_a z_ia = 1:

    L(F, u) = Σ_i u_i + (the p least of, or all negative) ρ_a,    ρ_a = f_a + (θ_aa − u_a) + Σ_{i≠a} min(0, θ_ia − u_i).

A load term makes ρ_a a knapsack. Every F that keeps |F_a − F_b| ≤ D_ab gives a valid bound. L grows by a deflected subgradient: the averaged
allocation z̄ moves F^ij by s (z̄_i − z̄_j) and u_i by s W_i (1 − Σ_a z̄_ia); F is brought back between the envelopes of McShane (1934).
The projection of the path formulation is that of Adams and Johnson's first level (RLT-1); Camerini, Fratta and Maffioli (1975) on deflection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit, prange

from yilu.design.hubs.model import Bools, Floats, Ints, Model, only

_SUPPORT = 0.004
"""Shares of z̄ below this do not move F: a step that leaves them out is still valid."""
_KEEP, _LATER = 0.92, 60


@dataclass
class Dual:
    """Where the dual stands: ``f`` (n (n−1)/2, K) in units of D, row of (i, j), i < j: i n − i (i + 1)/2 + j − i − 1; ``u`` (n,)."""

    f: Floats
    u: Floats


@dataclass(frozen=True)
class Bounded:
    """What a run of the bound found: ``bound``, the ``dual`` that gives it, ``share`` (n, K) the averaged allocation, and the ``model`` it stands
    over, with labels and allocations fixed by reduced cost left out; ``labels`` (K,) are that model's labels in the one it began with."""

    bound: float
    dual: Dual
    share: Floats
    model: Model
    labels: Ints
    rounds: int


@njit(cache=True, parallel=True)
def _thetas(linear, pair, f, out):
    n, k = linear.shape
    for x in prange(n):
        i = np.int64(x)
        out[i] = linear[i]
        for j in range(i):
            w = pair[j, i]
            if w > 0.0:
                row = j * n - j * (j + 1) // 2 + i - j - 1
                for a in range(k):
                    out[i, a] -= w * f[row, a]
        for j in range(i + 1, n):
            w = pair[i, j]
            if w > 0.0:
                row = i * n - i * (i + 1) // 2 + j - i - 1
                for a in range(k):
                    out[i, a] += w * f[row, a]


@njit(cache=True)
def _move(row, here, there, support, between, length, low, high, moved, value):
    """F += length (z̄_i − z̄_j) on ``support``, then the mean of the greatest function below and the least above that keep the slope."""
    k = len(row)
    for a in support:
        value[a] = row[a] + length * (here[a] - there[a])
        moved[a] = True
    low[:] = row
    high[:] = row
    for a in support:  # where a value moved, its envelope knows nothing of the old one
        least, most = value[a], value[a]
        if value[a] > row[a]:
            for b in range(k):
                if not moved[b] and row[b] + between[a, b] < least:
                    least = row[b] + between[a, b]
        else:
            for b in range(k):
                if not moved[b] and row[b] - between[a, b] > most:
                    most = row[b] - between[a, b]
        low[a], high[a] = least, most
    for a in support:
        v = value[a]
        for b in range(k):
            d = between[a, b]
            if v + d < low[b]:
                low[b] = v + d
            if v - d > high[b]:
                high[b] = v - d
    for b in range(k):
        row[b] = 0.5 * (low[b] + high[b])
    for a in support:
        moved[a] = False


@njit(cache=True, parallel=True)
def _step(f, share, support, sizes, pair, between, length):
    """``_move`` for every pair of nodes that anything flows between."""
    n, k = share.shape
    for x in prange((n + 1) // 2):  # rows of i and n - 1 - i are n - 1 together: each thread has as much to do
        low, high, value = np.empty(k), np.empty(k), np.empty(k)
        moved = np.zeros(k, np.bool_)
        both = np.empty(k, np.int64)
        for side in range(2):
            i = np.int64(x) if side == 0 else n - 1 - np.int64(x)
            if side == 1 and i == np.int64(x):
                break
            for j in range(i + 1, n):
                if pair[i, j] > 0.0:
                    m = _union(support[i, : sizes[i]], support[j, : sizes[j]], moved, both)
                    row = f[i * n - i * (i + 1) // 2 + j - i - 1]
                    _move(row, share[i], share[j], both[:m], between, length, low, high, moved, value)


@njit(cache=True)
def _union(one, other, mark, out):
    """Write the labels in either into ``out``, in order of first sight; returns how many."""
    m = 0
    for a in one:
        mark[a] = True
        out[m] = a
        m += 1
    for a in other:
        if not mark[a]:
            out[m] = a
            m += 1
    for a in one:
        mark[a] = False
    return m


@njit(cache=True, parallel=True)
def _prices(theta, u, fixed, node, allowed, weight, slope, knee, is_loaded, rho, taken):
    """ρ (K,) and the allocation (n, K) each label would take were it open."""
    n, k = theta.shape
    for a in prange(k):
        own = node[a]
        value = fixed[a] + theta[own, a] - u[own]
        for i in range(n):
            taken[i, a] = i == own or (allowed[i, a] and theta[i, a] < u[i])
        if not is_loaded:
            for i in range(n):
                if i != own and taken[i, a]:
                    value += theta[i, a] - u[i]
        else:
            value += _knapsack(theta[:, a], u, weight, slope[a], knee[a], own, taken[:, a])
        rho[a] = value


@njit(cache=True)
def _knapsack(theta, u, weight, slope, knee, own, taken):
    """The load term and the nodes worth taking, in parts: most profit by weight first, until a unit more costs more than it brings."""
    n = len(theta)
    ratio = np.empty(n)
    for i in range(n):
        ratio[i] = np.inf if i == own or not taken[i] else (theta[i] - u[i]) / max(weight[i], 1e-12)
        taken[i] = i == own
    load, value = 0.0, 0.0
    piece, pieces = 0, len(slope)
    left = weight[own]
    while left > 0.0:  # the hub's own node comes whole
        some = min(left, knee[piece + 1] - load)
        value += slope[piece] * some
        load += some
        left -= some
        if left > 0.0:
            piece += 1
    for i in np.argsort(ratio):
        if ratio[i] == np.inf:
            break
        left = weight[i]
        if left <= 0.0:
            value += theta[i] - u[i]
            taken[i] = True
            continue
        while left > 0.0:
            if load >= knee[piece + 1] and piece + 1 < pieces:
                piece += 1
            if ratio[i] + slope[piece] >= 0.0:
                return value
            some = min(left, knee[piece + 1] - load)
            value += (ratio[i] + slope[piece]) * some
            load += some
            left -= some
        taken[i] = True
    return value


def chosen(model: Model, rho: Floats, forced: Bools) -> Ints:
    """The labels of least ρ: as many of each tier as there must be, or all that are negative (one at least); those ``forced`` among them."""
    out = list(np.flatnonzero(forced))
    if model.is_free:
        out += np.flatnonzero((rho < 0) & ~forced).tolist()
        return np.array(out or [int(np.argmin(rho))])
    for tier, count in enumerate(model.count.tolist()):
        own = np.flatnonzero((model.tier == tier) & ~forced)
        wanted = count - int((model.tier[forced] == tier).sum())
        if wanted > 0:
            out += own[np.argsort(rho[own], kind="stable")[:wanted]].tolist()
    return np.array(out)


def first(model: Model, at: Ints) -> Dual:
    """The dual to begin with, from a plan ``at`` (n,) of labels: F = (D(·, a_j) − D(·, a_i)) / 2 gives the plan its own cost under θ."""
    n = len(at)
    i, j = np.triu_indices(n, 1)
    f = (model.between[:, at[i]].T - model.between[:, at[j]].T) * -0.5
    pair = model.flow + model.flow.T
    theta = np.empty_like(model.linear)
    _thetas(model.linear, pair, f, theta)
    return Dual(f, theta[np.arange(n), at].copy())


def rise(
    model: Model, dual: Dual, best: float, stop: Callable[[float, int], bool], share: Floats | None = None, forced: Bools | None = None,
    fixing_every: int = 25, patience: float = 1e-3,
) -> Bounded:  # fmt: skip
    """Raise the bound until ``stop(bound, rounds)``, it meets ``best``, the value of the best plan known, or steps have become short."""
    n = len(model.flow)
    labels = np.arange(len(model.fixed))
    forced = model.forced.copy() if forced is None else forced.copy()
    pair = model.flow + model.flow.T
    of_node = np.maximum(pair.sum(axis=1), 1e-9)
    f, u = dual.f.copy(), dual.u.copy()
    z = np.zeros_like(model.linear) if share is None else share.copy()
    started = share is not None
    bound, kept_f, kept_u, kept_z = -np.inf, f.copy(), u.copy(), z.copy()
    pace, stalls, rounds = 1.0, 0, 0
    theta = np.empty_like(model.linear)
    while True:
        rho, taken = np.empty(len(labels)), np.empty((n, len(labels)), np.bool_)
        _thetas(model.linear, pair, f, theta)
        _prices(theta, u, model.fixed, model.node, model.allowed, model.weight, model.slope, model.knee, model.is_loaded, rho, taken)
        opened = chosen(model, rho, forced)
        value = float(u.sum() + rho[opened].sum())
        if value > bound + 1e-7 * abs(best):
            stalls = 0
        else:
            stalls += 1
        if value > bound:
            bound = value
            kept_f[:], kept_u[:], kept_z[:] = f, u, z
        elif value < bound - 0.5 * max(best - bound, 1e-6 * abs(best)) and rounds > 10:
            f[:], u[:] = kept_f, kept_u
            pace *= 0.7
        if stalls >= _LATER:
            pace, stalls = pace * 0.8, 0
        rounds += 1
        if bound >= best - 1e-9 * abs(best) or pace < patience or stop(bound, rounds):
            return Bounded(bound, Dual(kept_f, kept_u), kept_z, model, labels, rounds)
        now = np.zeros_like(z)
        now[:, opened] = taken[:, opened]
        z = _KEEP * z + (1 - _KEEP) * now if started else now
        started = True
        if rounds % fixing_every == 0 and value > bound - 0.2 * (best - bound):
            keep, allowed, forced = _fixed(model, theta, u, rho, opened, value, best, forced)
            if len(keep) < len(labels):
                labels, model, forced = labels[keep], only(replace(model, allowed=allowed), keep), forced[keep]
                f, kept_f = np.ascontiguousarray(f[:, keep]), np.ascontiguousarray(kept_f[:, keep])
                z, kept_z = np.ascontiguousarray(z[:, keep]), np.ascontiguousarray(kept_z[:, keep])
                theta = np.empty_like(z)
            else:
                model = replace(model, allowed=allowed)
        missing = 1.0 - z.sum(axis=1)
        support, sizes = _supported(z)
        norm = _norm(z, pair) + float((of_node * missing**2).sum())
        length = pace * 1.5 * (best - bound) / max(norm, 1e-12)
        _step(f, z, support, sizes, pair, model.between, length)
        u += length * of_node * missing


def _norm(z: Floats, pair: Floats) -> float:
    """Σ_{i<j} W_ij ‖z̄_i − z̄_j‖²."""
    square = (z**2).sum(axis=1)
    return float((pair.sum(axis=1) * square).sum() - (pair * (z @ z.T)).sum())


def _supported(z: Floats) -> tuple[Ints, Ints]:
    """(support (n, S), sizes (n,)): the labels of which a node has a share."""
    has = z > _SUPPORT
    sizes = has.sum(axis=1)
    order = np.argsort(~has, axis=1, kind="stable")[:, : max(1, int(sizes.max(initial=1)))]
    return np.ascontiguousarray(order), sizes


def _fixed(
    model: Model, theta: Floats, u: Floats, rho: Floats, opened: Ints, value: float, best: float, forced: Bools
) -> tuple[Ints, Bools, Bools]:
    """(labels that some better plan may open, allocations it may have (n, K), labels it must open): the others would lift the bound past ``best``."""
    room = best - value + 1e-9 * abs(best)
    is_open = np.zeros(len(rho), np.bool_)
    is_open[opened] = True
    opening, closing = np.zeros(len(rho)), np.zeros(len(rho))
    if model.is_free:
        opening, closing = np.maximum(rho, 0.0), np.maximum(-rho, 0.0)
    else:
        for tier in range(len(model.count)):
            own = model.tier == tier
            inside, outside = own & is_open & ~forced, own & ~is_open
            if inside.any():
                opening[outside] = rho[outside] - rho[inside].max()
            else:
                opening[outside] = np.inf if model.count[tier] <= (own & forced).sum() else 0.0
            closing[inside] = (rho[outside].min() if outside.any() else np.inf) - rho[inside]
    opening[is_open] = 0.0
    keep = (opening <= room) | forced
    allowed = model.allowed & (opening[None, :] + np.maximum(theta - u[:, None], 0.0) <= room)
    allowed[model.node, np.arange(len(rho))] = model.allowed[model.node, np.arange(len(rho))]
    must = forced | (is_open & (closing > room))
    return np.flatnonzero(keep), allowed, must
