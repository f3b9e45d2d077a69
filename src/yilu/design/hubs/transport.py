"""The pair terms of the bound: one kernel for metric costs, one for any pair cost.

Metric: q_ij(a, b) = W_ij D_ab. The dual of a pair is one function F with |F_a − F_b| ≤ D_ab; ``f`` (n (n−1)/2, K) in units of D, ``g`` empty.
Any: the dual of a pair is f_a + g_b ≤ q_ij(a, b) over the labels that i and j may be allocated to; ``f`` and ``g`` (n (n−1)/2, K) in units of cost.
The row of (i, j), i < j, is i n − i (i + 1)/2 + j − i − 1.
"""

from __future__ import annotations

import numpy as np
from numba import config, njit, prange, set_num_threads

from yilu.design.hubs.model import Floats, Ints, Model, costs_to, pair_cost

_WORTH = 800_000
"""Nodes squared times labels from which a second thread pays."""
_SUPPORT = 0.01
"""Shares of z̄ below this do not move the dual: a step that leaves them out is still valid."""


@njit(cache=True, inline="always")
def _row(n, i, j):
    """Where the dual of nodes i < j stands."""
    return i * n - i * (i + 1) // 2 + j - i - 1


@njit(cache=True)
def _slopes_kept(between):
    k = len(between)
    for a in range(k):
        if between[a, a] != 0.0:
            return False
        for b in range(k):
            if abs(between[a, b] - between[b, a]) > 1e-12 * (1.0 + between[a, b]):
                return False
            for c in range(k):
                if between[a, b] > between[a, c] + between[c, b] + 1e-9 * (1.0 + between[a, b]):
                    return False
    return True


def is_metric(model: Model) -> bool:
    """Whether the pair costs are a metric times a flow."""
    pairs = model.pairs
    return not (pairs.is_timed or pairs.is_direct) and bool(_slopes_kept(pairs.between))


def threads(model: Model) -> None:
    """Let kernels use as many threads as their work is worth: waking one takes longer than a small problem's whole round."""
    n, k = model.linear.shape
    set_num_threads(config.NUMBA_NUM_THREADS if n * n * k > _WORTH else 1)


def first(model: Model, at: Ints, metric: bool) -> tuple[Floats, Floats]:
    """(f, g) to begin with, such that the plan ``at`` (n,) of labels costs the same in the linear problem."""
    i, j = np.triu_indices(len(at), 1)
    if metric:
        return (model.pairs.between[:, at[j]].T - model.pairs.between[:, at[i]].T) * 0.5, np.zeros(
            (0, len(model.fixed))
        )
    f, g = np.empty((len(i), len(model.fixed))), np.empty((len(i), len(model.fixed)))
    _first_any(model.pairs, model.allowed, at, f, g)
    return f, g


def thetas(model: Model, pair: Floats, f: Floats, g: Floats, out: Floats) -> None:
    """θ (n, K) into ``out``: linear costs with what the duals put on them."""
    if len(g):
        _thetas(model.linear, np.sign(pair), f, g, 1.0, out)
    else:
        _thetas(model.linear, pair, f, f, -1.0, out)


def step(model: Model, pair: Floats, share: Floats, f: Floats, g: Floats, length: float) -> None:
    """Move all pairs' duals by ``length`` along the averaged allocation ``share`` (n, K), in place and staying valid."""
    has = share > _SUPPORT
    sizes = has.sum(axis=1)
    support = np.ascontiguousarray(np.argsort(~has, axis=1, kind="stable")[:, : max(1, int(sizes.max(initial=1)))])
    if len(g):
        _step_any(model.pairs, model.allowed, f, g, share, support, sizes, pair, length)
    else:
        _step_metric(f, share, support, sizes, pair, model.pairs.between, length)


@njit(cache=True, parallel=True)
def _thetas(linear, weight, f, g, sign, out):
    """θ_ia = c_ia + Σ_{j>i} weight_ij f^ij_a + sign Σ_{j<i} weight_ji g^ji_a."""
    n, k = linear.shape
    for x in prange(n):
        i = np.int64(x)
        out[i] = linear[i]
        for j in range(i):
            w = sign * weight[j, i]
            if w != 0.0:
                row = _row(n, j, i)
                for a in range(k):
                    out[i, a] += w * g[row, a]
        for j in range(i + 1, n):
            w = weight[i, j]
            if w != 0.0:
                row = _row(n, i, j)
                for a in range(k):
                    out[i, a] += w * f[row, a]


@njit(cache=True)
def _move_metric(row, here, there, support, between, length, low, high, moved, value):
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
def _step_metric(f, share, support, sizes, pair, between, length):
    """``_move_metric`` for every pair of nodes that anything flows between."""
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
                    row = f[_row(n, i, j)]
                    _move_metric(row, share[i], share[j], both[:m], between, length, low, high, moved, value)


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
def _first_any(pairs, allowed, at, f, g):
    """f_a = (q(a, a_j) − q(a, a_i)) / 2, then g and f as large as the other lets them."""
    n, k = allowed.shape
    for x in prange(n):
        i = np.int64(x)
        cost = np.empty(k)
        for j in range(i + 1, n):
            row = _row(n, i, j)
            one, other = f[row], g[row]
            for a in range(k):
                one[a] = 0.5 * (
                    pair_cost(pairs, i, a, j, at[j])
                    - pair_cost(pairs, i, a, j, at[i])
                )  # fmt: skip
            for b in range(k):
                costs_to(pairs, j, b, i, cost)
                other[b] = _least(cost, one, allowed[i])
            for a in range(k):
                costs_to(pairs, i, a, j, cost)
                one[a] = _least(cost, other, allowed[j])


@njit(cache=True)
def _move_any(pairs, allowed, i, j, one, other, here, there, of_i, of_j, length, low, high, cost):  # fmt: skip
    """Raise f on i's support and cut g, raise g on j's support and cut f, and take the mean of both; then raise what may be on the supports."""
    k = len(one)
    may_i, may_j = allowed[i], allowed[j]
    low[:] = one
    high[:] = other
    for b in of_j:
        if may_j[b]:
            raised = other[b] + length * there[b]
            costs_to(pairs, j, b, i, cost)
            for a in range(k):
                low[a] = min(low[a], cost[a] - raised)
    for a in of_i:
        if may_i[a]:
            raised = one[a] + length * here[a]
            costs_to(pairs, i, a, j, cost)
            for b in range(k):
                high[b] = min(high[b], cost[b] - raised)
    for a in of_i:
        one[a] += length * here[a]
    for b in of_j:
        other[b] += length * there[b]
    for a in range(k):
        one[a] = 0.5 * (one[a] + low[a])
        other[a] = 0.5 * (other[a] + high[a])
    for a in of_i:
        costs_to(pairs, i, a, j, cost)
        one[a] = _least(cost, other, may_j)
    for b in of_j:
        costs_to(pairs, j, b, i, cost)
        other[b] = _least(cost, one, may_i)


@njit(cache=True)
def _least(cost, prices, may):
    """min (cost − price) over the labels that may be."""
    least = np.inf
    for a in range(len(cost)):
        if may[a]:
            least = min(least, cost[a] - prices[a])
    return least


@njit(cache=True, parallel=True)
def _step_any(pairs, allowed, f, g, share, support, sizes, pair, length):
    """``_move_any`` for every pair of nodes that anything flows between."""
    n, k = share.shape
    for x in prange((n + 1) // 2):
        low, high, cost = np.empty(k), np.empty(k), np.empty(k)
        for side in range(2):
            i = np.int64(x) if side == 0 else n - 1 - np.int64(x)
            if side == 1 and i == np.int64(x):
                break
            for j in range(i + 1, n):
                if pair[i, j] > 0.0:
                    row = _row(n, i, j)
                    _move_any(
                        pairs, allowed, i, j, f[row], g[row], share[i], share[j], support[i, : sizes[i]], support[j, : sizes[j]],
                        length * pair[i, j], low, high, cost,
                    )  # fmt: skip
