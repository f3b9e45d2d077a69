"""The arrays that search and bound work on: a hub problem written over labels.

A *label* is a site at one tier: site k may open as (k, 1), (k, 2), …, at exactly one of them. Over labels every variant is the same quadratic
problem

    min  Σ_a f_a y_a + Σ_i Σ_a c_ia z_ia + Σ_a g_a(Σ_i o_i z_ia) + Σ_{i<j} Σ_a Σ_b q_ij(a, b) z_ia z_jb
    s.t. Σ_a z_ia = 1,   z_ia ≤ y_a,   z_ka = y_a for the label's own node k,   Σ_ℓ y_(k,ℓ) ≤ 1,   Σ_k y_(k,ℓ) = p_ℓ,   y, z ∈ {0, 1}

with q_ij(a, b) = w_ij D_ab + late_ij(a, b) + w_ji D_ba + late_ji(b, a); ``late_ij`` is the pair's fine where
t_ia + s_a + τ_ab + s_b + t'_bj > T_ij, else 0. g is convex and piecewise linear: congestion, and beyond the capacity a price that no plan pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Pairs(NamedTuple):
    """What the pair terms are made of, as kernels take it.

    ``flow`` (n, n) w; ``between`` (K, K) D, and ``back`` its transpose, so that either way is read in a row. Where ``is_timed``: ``fine`` (n, n) for a pair too late, ``reach`` (n, K) t + s,
    ``across`` (K, K) τ and ``across_back`` its transpose, ``leave`` (n, K) s + t', ``due`` (n, n) T. Where ``is_direct``: ``direct`` (n, n) cost a unit of a lane past all hubs,
    ``collect`` (n, K) and ``distribute`` (n, K) cost a unit, which the linear costs hold and a direct lane saves.
    """

    flow: Floats
    between: Floats
    back: Floats
    is_timed: bool
    fine: Floats
    reach: Floats
    across: Floats
    across_back: Floats
    leave: Floats
    due: Floats
    is_direct: bool
    direct: Floats
    collect: Floats
    distribute: Floats


@dataclass(frozen=True)
class Model:
    """A hub problem over K labels and n nodes.

    ``pairs``: see there; ``linear`` (n, K) c; ``fixed`` (K,) f; ``node`` (K,) each label's own node; ``tier`` (K,); ``allowed`` (n, K) bool;
    ``count`` (L,) p_ℓ, all -1 where the number is free; ``forced`` (K,) bool, labels that must open. Load of a label: ``weight`` (n,) o;
    ``slope`` (K, S) g's slope between ``knee`` (K, S + 1), knee[:, 0] = 0 and knee[:, S] = inf; ``room`` (K,) the load that it holds, inf where nothing limits it. ``waits``: hubs wait
    for their last feeder, which no pair term can say: ``latest`` adds what that costs to a plan, and bounds leave it out.
    """

    pairs: Pairs
    linear: Floats
    fixed: Floats
    node: Ints
    tier: Ints
    allowed: Bools
    count: Ints
    forced: Bools
    weight: Floats
    slope: Floats
    knee: Floats
    room: Floats
    waits: bool = False

    @property
    def is_loaded(self) -> bool:
        """Whether a label's cost depends on its load."""
        return bool(self.slope.any())

    @property
    def is_free(self) -> bool:
        """Whether fixed costs, not a number, say how many hubs there are."""
        return bool(self.count[0] < 0)


@njit(cache=True, inline="always")
def _way_cost(pairs, i, a, j, b):
    """What goes from i to j costs beside the linear terms."""
    between = pairs.between[a, b]
    if pairs.is_direct:
        direct = pairs.direct[i, j] - pairs.collect[i, a] - pairs.distribute[j, b]
        if direct < between:  # and it is in time: it waits for nobody
            return pairs.flow[i, j] * direct
    out = pairs.flow[i, j] * between
    if pairs.is_timed:
        if pairs.fine[i, j] > 0.0 and pairs.reach[i, a] + pairs.across[a, b] + pairs.leave[j, b] > pairs.due[i, j]:
            out += pairs.fine[i, j]
    return out


@njit(cache=True, inline="always")
def pair_cost(pairs, i, a, j, b):
    """q_ij(a, b), both directions."""
    if pairs.is_timed or pairs.is_direct:
        return _way_cost(pairs, i, a, j, b) + _way_cost(pairs, j, b, i, a)
    return pairs.flow[i, j] * pairs.between[a, b] + pairs.flow[j, i] * pairs.between[b, a]


@njit(cache=True)
def costs_to(pairs, i, a, j, out):
    """q_ij(a, b) for every label b of j, into ``out`` (K,); with (j, b) and i in the others' places, for every label a of i.

    To the last bit what ``pair_cost`` says, everything read in rows.
    """
    there, here = pairs.flow[i, j], pairs.flow[j, i]
    to, fro = pairs.between[a], pairs.back[a]
    if not (pairs.is_timed or pairs.is_direct):
        for b in range(len(out)):
            out[b] = there * to[b] + here * fro[b]
        return
    fine, fine_back = max(pairs.fine[i, j], 0.0), max(pairs.fine[j, i], 0.0)
    reach, leave, due, due_back = pairs.reach[i, a], pairs.leave[i, a], pairs.due[i, j], pairs.due[j, i]
    on, off, across, across_back = pairs.reach[j], pairs.leave[j], pairs.across[a], pairs.across_back[a]
    is_direct, lane, lane_back = pairs.is_direct, pairs.direct[i, j] - pairs.collect[i, a], pairs.direct[j, i]
    first, last, saved = pairs.collect[j], pairs.distribute[j], pairs.distribute[i, a]
    for b in range(len(out)):
        one = there * to[b] + (fine if reach + across[b] + off[b] > due else 0.0)
        other = here * fro[b] + (fine_back if on[b] + across_back[b] + leave > due_back else 0.0)
        if is_direct:
            direct, direct_back = lane - last[b], lane_back - first[b] - saved
            one = there * direct if direct < to[b] else one
            other = here * direct_back if direct_back < fro[b] else other
        out[b] = one + other


@njit(cache=True, inline="always")
def load_cost(slope, knee, a, load):
    """g_a(load)."""
    out = 0.0
    for s in range(slope.shape[1]):
        if load <= knee[a, s]:
            break
        out += slope[a, s] * (min(load, knee[a, s + 1]) - knee[a, s])
    return out


@njit(cache=True, parallel=True)
def moving_costs(pairs, linear, at):
    """(n, K): what node i alone would cost at each label, all others staying where they are (``at``, (n,) labels)."""
    n, k = linear.shape
    out = np.empty((n, k))
    for i in prange(n):
        for a in range(k):
            cost = linear[i, a]
            for j in range(n):
                if j != i:
                    cost += pair_cost(pairs, i, a, j, at[j])
            out[i, a] = cost
    return out


@njit(cache=True)
def whole_cost(pairs, linear, fixed, weight, slope, knee, at):
    """Cost of an allocation ``at`` (n,) of labels: fixed, linear, load and pair terms."""
    n, k = len(at), len(fixed)
    is_open, load = np.zeros(k, np.bool_), np.zeros(k)
    cost = 0.0
    for i in range(n):
        is_open[at[i]] = True
        load[at[i]] += weight[i]
        cost += linear[i, at[i]]
        for j in range(i):
            cost += pair_cost(pairs, j, at[j], i, at[i])
    for a in range(k):
        if is_open[a]:
            cost += fixed[a] + load_cost(slope, knee, a, load[a])
    return cost


@njit(cache=True)
def waiting_fines(pairs, weight, at, last):
    """What the plan ``at`` (n,) pays for pairs that are late only because hubs wait for their last feeder; ``last`` (K,) is written: when hubs depart."""
    n = len(at)
    last[:] = -np.inf
    for i in range(n):
        if weight[i] > 0.0:
            last[at[i]] = max(last[at[i]], pairs.reach[i, at[i]])
    out = 0.0
    for i in range(n):
        a = at[i]
        waits = max(last[a], pairs.reach[i, a])
        if waits == pairs.reach[i, a]:
            continue
        for j in range(n):
            if j == i or pairs.fine[i, j] <= 0.0:
                continue
            b = at[j]
            on = pairs.across[a, b]
            if (
                waits + on + pairs.leave[j, b] <= pairs.due[i, j]
                or pairs.reach[i, a] + on + pairs.leave[j, b] > pairs.due[i, j]
            ):
                continue
            if (
                pairs.is_direct
                and pairs.direct[i, j] - pairs.collect[i, a] - pairs.distribute[j, b] < pairs.between[a, b]
            ):
                continue
            out += pairs.fine[i, j]
    return out


def cost_of(model: Model, at: Ints) -> float:
    """Cost of an allocation (n,) of labels."""
    cost = float(whole_cost(model.pairs, model.linear, model.fixed, model.weight, model.slope, model.knee, at))
    if model.waits:
        cost += float(waiting_fines(model.pairs, model.weight, at, np.empty(len(model.fixed))))
    return cost


def only(model: Model, kept: Ints) -> Model:
    """The model over some of its labels (indices)."""
    own, square, pairs = np.ascontiguousarray, np.ix_(kept, kept), model.pairs
    fewer = pairs._replace(
        between=own(pairs.between[square]), back=own(pairs.back[square]), reach=own(pairs.reach[:, kept]), across=own(pairs.across[square]),
        across_back=own(pairs.across_back[square]), leave=own(pairs.leave[:, kept]), collect=own(pairs.collect[:, kept]), distribute=own(pairs.distribute[:, kept]),
    )  # fmt: skip
    return Model(
        fewer, own(model.linear[:, kept]), model.fixed[kept], model.node[kept], model.tier[kept], own(model.allowed[:, kept]), model.count,
        model.forced[kept], model.weight, own(model.slope[kept]), own(model.knee[kept]), model.room[kept], model.waits,
    )  # fmt: skip
