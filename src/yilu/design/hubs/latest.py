"""Hubs that wait for their last feeder: the latest arrival of Kara and Tansel (2001), "The latest arrival hub location problem" (Management Science 47).

With z of ``model``, D_k = max {t_hk + s_k : z_hk = 1, h sends anything} is when hub k departs, and a pair i → j over hubs k and m is late where

    D_k + τ_km + s_m + t'_mj > T_ij.

D_k depends on all of the hub's nodes, so the fine is no sum over pairs of nodes, and the dual of ``bound`` cannot carry it. What is done instead is sound:

*Bound.* i is one of its hub's nodes, so D_k ≥ t_ik + s_k: waiting only makes times longer, and late pairs more. The same problem without waiting costs no
plan more, hence its bound, what reduced costs rule out by it, and every node of its tree hold for this one.
*Tree.* A node of the tree that holds one plan only is looked at with its true cost. Where the tree ends, the plan is therefore best for the true cost; until
then the gap holds what waiting itself costs.
*Search.* Hubs are ranked by costs without waiting. Each allocation is then improved under the true cost, node by node (below), and compared by it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.design.hubs.model import Ints, Model, waiting_fines, whole_cost


@njit(cache=True)
def _improve(pairs, linear, fixed, allowed, node, weight, slope, knee, hubs, at, rounds):
    """Move single nodes among ``hubs`` (p,) to where the true cost is least, in turn, until none is better; ``at`` (n,) labels in place."""
    last = np.empty(len(fixed))
    cost = whole_cost(pairs, linear, fixed, weight, slope, knee, at) + waiting_fines(pairs, weight, at, last)
    for _ in range(rounds):
        begun = cost
        for i in range(len(at)):
            here = at[i]
            if node[here] == i:
                continue
            best = here
            for a in hubs:
                if a == best or not allowed[i, a]:
                    continue
                at[i] = a
                value = whole_cost(pairs, linear, fixed, weight, slope, knee, at) + waiting_fines(
                    pairs, weight, at, last
                )
                if value < cost - 1e-9 * abs(cost):
                    cost, best = value, a
            at[i] = best
        if cost >= begun:
            break


def improved(model: Model, hubs: Ints, at: Ints) -> Ints:
    """The plan ``at`` (n,) of labels with single nodes moved among the open labels ``hubs`` (p,) as long as that is better under the true cost."""
    out = at.copy()
    _improve(
        model.pairs, model.linear, model.fixed, model.allowed, model.node, model.weight, model.slope, model.knee, hubs, out, 4
    )  # fmt: skip
    return out
