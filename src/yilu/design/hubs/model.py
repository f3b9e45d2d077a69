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

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Model:
    """A hub problem over K labels and n nodes.

    ``flow`` (n, n) w; ``linear`` (n, K) c; ``fixed`` (K,) f; ``between`` (K, K) D; ``node`` (K,) each label's own node; ``tier`` (K,);
    ``allowed`` (n, K) bool; ``count`` (L,) p_ℓ, all -1 where the number is free; ``forced`` (K,) bool, labels that must open.
    Load of a label: ``weight`` (n,) o; ``slope`` (K, S) g's slope between ``knee`` (K, S + 1), knee[:, 0] = 0 and knee[:, S] = inf.
    ``late`` (see the module) is ``fine`` (n, n) for a pair too late, and off where not ``timed``: ``reach`` (n, K) t + s, ``across`` (K, K) τ, ``leave`` (K, n) s + t', ``due`` (n, n) T.
    """

    flow: Floats
    linear: Floats
    fixed: Floats
    between: Floats
    node: Ints
    tier: Ints
    allowed: Bools
    count: Ints
    forced: Bools
    weight: Floats
    slope: Floats
    knee: Floats
    timed: bool
    fine: Floats
    reach: Floats
    across: Floats
    leave: Floats
    due: Floats

    @property
    def is_loaded(self) -> bool:
        """Whether a label's cost depends on its load."""
        return bool(self.slope.any())

    @property
    def is_free(self) -> bool:
        """Whether fixed costs, not a number, say how many hubs there are."""
        return bool(self.count[0] < 0)


@njit(cache=True, inline="always")
def pair_cost(flow, between, timed, fine, reach, across, leave, due, i, a, j, b):
    """q_ij(a, b), both directions."""
    out = flow[i, j] * between[a, b] + flow[j, i] * between[b, a]
    if timed:
        if fine[i, j] > 0.0 and reach[i, a] + across[a, b] + leave[b, j] > due[i, j]:
            out += fine[i, j]
        if fine[j, i] > 0.0 and reach[j, b] + across[b, a] + leave[a, i] > due[j, i]:
            out += fine[j, i]
    return out


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
def moving_costs(flow, linear, between, timed, fine, reach, across, leave, due, labels, at):
    """(n, len(labels)): what node i alone would cost at each of ``labels``, all others staying where they are (``at``, (n,) labels)."""
    n, m = len(at), len(labels)
    out = np.empty((n, m))
    for i in prange(n):
        for x in range(m):
            a = labels[x]
            cost = linear[i, a]
            if timed:
                for j in range(n):
                    if j != i:
                        cost += pair_cost(flow, between, timed, fine, reach, across, leave, due, i, a, j, at[j])
            else:
                for j in range(n):
                    cost += flow[i, j] * between[a, at[j]] + flow[j, i] * between[at[j], a]
            out[i, x] = cost
    return out


@njit(cache=True)
def whole_cost(flow, linear, fixed, between, timed, fine, reach, across, leave, due, weight, slope, knee, at):
    """Cost of an allocation ``at`` (n,) of labels: fixed, linear, load and pair terms."""
    n, k = len(at), len(fixed)
    is_open, load = np.zeros(k, np.bool_), np.zeros(k)
    cost = 0.0
    for i in range(n):
        is_open[at[i]] = True
        load[at[i]] += weight[i]
        cost += linear[i, at[i]]
        for j in range(i):
            cost += pair_cost(flow, between, timed, fine, reach, across, leave, due, j, at[j], i, at[i])
    for a in range(k):
        if is_open[a]:
            cost += fixed[a] + load_cost(slope, knee, a, load[a])
    return cost


def terms(model: Model) -> tuple[Floats, Floats, bool, Floats, Floats, Floats, Floats, Floats]:
    """What the kernels take of the pair terms, in their order."""
    return model.flow, model.between, model.timed, model.fine, model.reach, model.across, model.leave, model.due


def cost_of(model: Model, at: Ints) -> float:
    """Cost of an allocation (n,) of labels."""
    flow, *rest = terms(model)
    return float(whole_cost(flow, model.linear, model.fixed, *rest, model.weight, model.slope, model.knee, at))


def only(model: Model, kept: Ints) -> Model:
    """The model over some of its labels (indices)."""
    square = np.ix_(kept, kept)
    return Model(
        model.flow, np.ascontiguousarray(model.linear[:, kept]), model.fixed[kept], np.ascontiguousarray(model.between[square]),
        model.node[kept], model.tier[kept], np.ascontiguousarray(model.allowed[:, kept]), model.count, model.forced[kept], model.weight,
        np.ascontiguousarray(model.slope[kept]), np.ascontiguousarray(model.knee[kept]), model.timed, model.fine, np.ascontiguousarray(model.reach[:, kept]),
        np.ascontiguousarray(model.across[square]), np.ascontiguousarray(model.leave[kept]), model.due,
    )  # fmt: skip
