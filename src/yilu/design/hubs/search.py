"""Good plans: variable neighbourhood search over hubs and allocation, with costs kept up by differences.

Allocation: the cost of every node at every open label is a table; a node that moves changes it in O(n p). Interchange: all pairs (label out,
label in) are ranked by what the table says, the best few are carried out and allocated anew, the first that is better is kept. Shaking: some hubs
are changed at random, more of them the longer nothing better was found (Hansen and Mladenović 2001; allocation as in Ilić et al. 2010).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.random import Generator
from scipy.optimize import linear_sum_assignment

from yilu.design.hubs import latest
from yilu.design.hubs.model import Floats, Ints, Model, cost_of, load_cost, moving_costs, pair_cost

_TRIED = 10
"""Interchanges carried out of those ranked."""


@njit(cache=True)
def settle(
    pairs, linear, allowed, node, weight, slope, knee, is_loaded, hubs, start, rounds,
):  # fmt: skip
    """Allocation from ``start`` (n,) (positions in ``hubs``) by best moves of single nodes, until none is better.

    ``hubs`` (p,) open labels; a hub's own node stays with it. Returns positions (n,).
    """
    n, p = len(start), len(hubs)
    at = start.copy()
    table = np.empty((n, p))
    load = np.zeros(p)
    is_own = np.zeros(n, np.bool_)
    for x in range(p):
        is_own[node[hubs[x]]] = True
        at[node[hubs[x]]] = x
    for i in range(n):
        load[at[i]] += weight[i]
    for i in range(n):
        for x in range(p):
            if not allowed[i, hubs[x]]:
                table[i, x] = np.inf
                continue
            cost = linear[i, hubs[x]]
            for j in range(n):
                if j != i:
                    cost += pair_cost(pairs, i, hubs[x], j, hubs[at[j]])
            table[i, x] = cost
    for _ in range(rounds):
        best, mover, to = -1e-9, -1, -1
        for i in range(n):
            if is_own[i]:
                continue
            here = at[i]
            for x in range(p):
                if x == here:
                    continue
                more = table[i, x] - table[i, here]
                if is_loaded and more < np.inf:
                    more += (
                        load_cost(slope, knee, hubs[x], load[x] + weight[i]) - load_cost(slope, knee, hubs[x], load[x])
                        + load_cost(slope, knee, hubs[here], load[here] - weight[i]) - load_cost(slope, knee, hubs[here], load[here])
                    )  # fmt: skip
                if more < best:
                    best, mover, to = more, i, x
        if mover < 0:
            break
        here = at[mover]
        _follow(pairs, table, hubs, mover, here, to)
        load[here] -= weight[mover]
        load[to] += weight[mover]
        at[mover] = to
    if is_loaded:
        _exchange(
            pairs,
            allowed,
            weight,
            slope,
            knee,
            hubs,
            at,
            table,
            load,
            is_own,
        )
    return at


@njit(cache=True)
def _follow(pairs, table, hubs, mover, here, to):
    """Bring the costs (n, p) of all others up to date when a node moves from one position to another."""
    n, p = table.shape
    for i in range(n):
        if i != mover:
            for x in range(p):
                table[i, x] += (
                    pair_cost(pairs, i, hubs[x], mover, hubs[to])
                    - pair_cost(pairs, i, hubs[x], mover, hubs[here])
                )  # fmt: skip


@njit(cache=True)
def _exchange(pairs, allowed, weight, slope, knee, hubs, at, table, load, is_own):  # fmt: skip
    """Two nodes change places, as long as that is better: where loads are tight single nodes can't move."""
    n = len(table)
    better = True
    while better:
        better = False
        for i in range(n):
            if is_own[i]:
                continue
            for j in range(i):
                a, b = at[i], at[j]
                if is_own[j] or a == b or table[i, b] == np.inf or table[j, a] == np.inf:
                    continue
                shift = weight[i] - weight[j]
                more = (
                    table[i, b] - table[i, a] + table[j, a] - table[j, b]
                    - pair_cost(pairs, i, hubs[b], j, hubs[b])
                    - pair_cost(pairs, i, hubs[a], j, hubs[a])
                    + pair_cost(pairs, i, hubs[a], j, hubs[b])
                    + pair_cost(pairs, i, hubs[b], j, hubs[a])
                    + load_cost(slope, knee, hubs[a], load[a] - shift) - load_cost(slope, knee, hubs[a], load[a])
                    + load_cost(slope, knee, hubs[b], load[b] + shift) - load_cost(slope, knee, hubs[b], load[b])
                )  # fmt: skip
                if more < -1e-9:
                    for mover, here, to in ((i, a, b), (j, b, a)):
                        _follow(pairs, table, hubs, mover, here, to)
                        at[mover] = to
                    load[a] -= shift
                    load[b] += shift
                    better = True


@njit(cache=True)
def _ranked(table, at, hubs, linked, fixed, node, tier, allowed, forced, is_open, is_free, most):
    """The ``most`` best pairs (position of the hub that closes, label that opens), by what single nodes would gain; -1: none closes or opens.

    ``table`` (n, K) from moving_costs; ``linked`` (n, K): what of it node i pays to its own hub's other nodes; they come along when the hub closes.
    """
    n, k = table.shape
    p = len(hubs)
    second = np.full(n, np.inf)
    for i in range(n):
        for x in range(p):
            if x != at[i] and allowed[i, hubs[x]] and table[i, hubs[x]] < second[i]:
                second[i] = table[i, hubs[x]]
    score = np.full(most, np.inf)
    out, into = np.full(most, -1), np.full(most, -1)
    gain = np.zeros(p)
    if is_free and p > 1:
        for i in range(n):
            gain[at[i]] += second[i] - table[i, hubs[at[i]]]
        for x in range(p):
            if not forced[hubs[x]]:
                _insert(score, out, into, gain[x] - fixed[hubs[x]], x, -1)
    for b in range(k):
        if is_open[b] or not allowed[node[b], b]:
            continue
        gain[:] = 0.0
        joint = 0.0
        blocked = False
        for x in range(p):
            blocked |= node[hubs[x]] == node[b]
        for i in range(n):
            here = table[i, hubs[at[i]]]
            there = table[i, b] if allowed[i, b] else np.inf
            stay = min(0.0, there - here)
            if i == node[b]:
                stay = there - here
            joint += stay
            gain[at[i]] += min(there - linked[i, b], second[i]) - here - stay
        if is_free and not blocked:
            _insert(score, out, into, joint + fixed[b], -1, b)
        for x in range(p):
            if forced[hubs[x]] or tier[hubs[x]] != tier[b] or (blocked and node[hubs[x]] != node[b]):
                continue
            _insert(score, out, into, joint + gain[x] + fixed[b] - fixed[hubs[x]], x, b)
    return out, into


@njit(cache=True)
def _insert(score, out, into, value, x, b):
    """Put a pair into its place among the best."""
    y = len(score) - 1
    if value >= score[y]:
        return
    while y > 0 and score[y - 1] > value:
        score[y], out[y], into[y] = score[y - 1], out[y - 1], into[y - 1]
        y -= 1
    score[y], out[y], into[y] = value, x, b


def allocated(model: Model, hubs: Ints, start: Ints | None = None) -> tuple[Ints, float]:
    """(labels (n,), cost) of the best allocation found to ``hubs`` (p,) open labels, inf where a node may go to none of them, from ``start`` (n,) labels or each node's nearest."""
    if start is None:
        start = _nearest(model, hubs)
    position = np.full(len(model.fixed), -1)
    position[hubs] = np.arange(len(hubs))
    begin = position[start]
    # a hub's own node is its own: else nobody would be, and a hub fewer open
    begin[model.node[hubs]] = np.arange(len(hubs))
    lost = begin < 0
    if lost.any():
        begin[lost] = position[_nearest(model, hubs)[lost]]
    at = settle(
        model.pairs, model.linear, model.allowed, model.node, model.weight, model.slope, model.knee, model.is_loaded, hubs, begin, 20 * len(start),
    )  # fmt: skip
    labels = latest.improved(model, hubs, hubs[at]) if model.waits else hubs[at]
    may = model.allowed[np.arange(len(at)), labels].all()
    return labels, cost_of(model, labels) if may else np.inf


def _nearest(model: Model, hubs: Ints) -> Ints:
    cost = np.where(model.allowed[:, hubs], model.linear[:, hubs], np.inf)
    out: Ints = hubs[np.argmin(cost, axis=1)]
    return out


def _linked(model: Model, at: Ints) -> Floats:
    """(n, K): what node i would pay to the nodes now at its own hub a, if it alone went to b: Σ_j w_ij D_ba + w_ji D_ab."""
    together = at[:, None] == at[None, :]
    to, back = (model.pairs.flow * together).sum(axis=1), (model.pairs.flow.T * together).sum(axis=1)
    paid: Floats = to[:, None] * model.pairs.between[:, at].T + back[:, None] * model.pairs.between[at]
    return paid


def improved(
    model: Model, at: Ints, cost: float, is_over: Callable[[], bool] = lambda: False, tried: int = _TRIED
) -> tuple[Ints, float]:  # fmt: skip
    """Interchanges from the plan ``at`` (n,) of labels until none of the ``tried`` best ranked is better, or ``is_over``, asked before each."""
    while True:
        hubs = np.unique(at)
        for x, b in interchanges(model, at, tried):
            some, start = np.delete(hubs, x) if x >= 0 else hubs, at.copy()
            if b >= 0:
                some = np.append(some, b)
                if x >= 0:
                    start[at == hubs[x]] = b
            if is_over():
                return at, cost
            found, value = allocated(model, np.sort(some), start)
            if np.isinf(cost) > np.isinf(value) or value < cost - 1e-9 * abs(cost):
                at, cost = found, value
                break
        else:
            return at, cost


def interchanges(model: Model, at: Ints, most: int) -> list[tuple[int, int]]:
    """The ``most`` best ranked pairs (position of the hub that closes among the sorted hubs of ``at``, label that opens); -1: none closes or opens."""
    hubs = np.unique(at)
    is_open = np.zeros(len(model.fixed), np.bool_)
    is_open[hubs] = True
    out, into = _ranked(
        moving_costs(model.pairs, model.linear, at), np.searchsorted(hubs, at), hubs, _linked(model, at), model.fixed, model.node, model.tier,
        model.allowed, model.forced, is_open, model.is_free, most,
    )  # fmt: skip
    return [(x, b) for x, b in zip(out.tolist(), into.tolist(), strict=True) if x >= 0 or b >= 0]


def opened(model: Model, rng: Generator) -> Ints:
    """Labels to begin with: forced ones, and others at random by the flow of their nodes, as many of each tier as there must be."""
    n_tiers = len(model.count)
    volume = model.pairs.flow.sum(axis=0) + model.pairs.flow.sum(axis=1) + 1e-9
    hubs: list[int] = np.flatnonzero(model.forced).tolist()
    taken = {int(model.node[a]) for a in hubs}
    for tier in range(n_tiers):
        wanted = int(model.count[tier]) if not model.is_free else max(1, len(volume) // 20)
        wanted -= sum(int(model.tier[a]) == tier for a in hubs)
        of_tier = [a for a in np.flatnonzero(model.tier == tier) if model.allowed[model.node[a], a]]
        for _ in range(wanted):
            left = [a for a in of_tier if int(model.node[a]) not in taken]
            if not left and not model.is_free:  # tiers share sites, and an earlier one took the last of this one's
                return _matched(model, volume, rng)
            if not left:
                break
            share = volume[model.node[left]]
            a = int(rng.choice(left, p=share / share.sum()))
            hubs.append(a)
            taken.add(int(model.node[a]))
    return np.array(sorted(hubs))


def _matched(model: Model, volume: Floats, rng: Generator) -> Ints:
    """As many labels of each tier as there must be, each on a site of its own, forced ones among them: an assignment with prices at random.

    None where the sites don't suffice, as may be in one of several linked problems.
    """
    forced = np.zeros(len(volume), np.int64) - 1
    forced[model.node[model.forced]] = np.flatnonzero(model.forced)
    tiers = np.repeat(np.arange(len(model.count)), model.count)
    label, dear = np.full((len(model.count), len(volume)), -1), 1e6
    label[model.tier, model.node] = np.arange(len(model.node))
    label[:, forced >= 0] = np.where(label[:, forced >= 0] == forced[forced >= 0], label[:, forced >= 0], -1)
    own = model.allowed[model.node, np.arange(len(model.node))]
    may = label >= 0
    may[may] = own[label[may]]
    price = rng.gumbel(size=len(volume)) - np.log(volume) - dear * (forced >= 0)
    slot, site = linear_sum_assignment(np.where(may, price, 2 * dear * len(tiers))[tiers])
    if len(slot) < len(tiers) or not may[tiers[slot], site].all():
        return np.zeros(0, np.int64)
    return np.sort(label[tiers[slot], site])


def shaken(model: Model, at: Ints, strength: int, rng: Generator) -> tuple[Ints, float]:
    """The plan with ``strength`` hubs changed at random for labels of their tier, allocated anew; where their number is free, one more or less."""
    hubs = np.unique(at)
    start = at.copy()
    for old in rng.permutation(hubs)[:strength].tolist():
        if model.forced[old]:
            continue
        taken = np.isin(model.node, np.setdiff1d(model.node[hubs], model.node[[old]]))
        taken[old] = True
        own = model.allowed[model.node, np.arange(len(taken))]
        free = np.flatnonzero((model.tier == model.tier[old]) & ~taken & own)
        if not len(free):
            continue
        new = int(rng.choice(free))
        kept = hubs[hubs != old]
        act = rng.integers(4) if model.is_free else 0
        if act == 2 and len(kept):  # close it
            hubs = kept
        elif act == 3 and model.node[new] != model.node[old]:  # open another beside it
            hubs = np.append(hubs, new)
        else:
            hubs = np.append(kept, new)
            start[start == old] = new
    return allocated(model, np.sort(hubs), start)
