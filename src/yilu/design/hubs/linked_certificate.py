"""Recompute the bound of problems that are tied by their hubs (``linked``) with plain numpy, from each one's prices and those between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from yilu.design.hubs.problem import HubProblem
from yilu.design.hubs.recomputed import Floats


def linked_bound_of(
    problems: Sequence[HubProblem], weight: Floats, duals: Sequence[tuple[Floats, Floats]], price: Floats, stays: bool
) -> float:
    """A bound for problems that share their hubs, or whose hubs stay, from each one's ``f`` and ``u`` (see ``_alone``) and ``price`` (S − 1, n) between them.

    For plans whose hubs are the same Σ_s price_s (y_s − y_(s+1)) is 0, and where hubs stay it is never above 0 for prices from 0 on; so it is added to the cost, as
    fixed costs of the one and the other problem, and each is bounded by itself.
    """
    between = np.maximum(price, 0.0) if stays else price
    out = 0.0
    for s, (problem, (f, u)) in enumerate(zip(problems, duals, strict=True)):
        fixed = np.zeros((len(problem.flow), 1)) if problem.fixed is None else problem.fixed.copy()
        if s < len(between):
            fixed[:, 0] += between[s] / weight[s]
        if s > 0:
            fixed[:, 0] -= between[s - 1] / weight[s]
        out += float(weight[s]) * _alone(replace(problem, fixed=fixed), f, u)
    return out


def _alone(problem: HubProblem, f: Floats, u: Floats) -> float:
    """A bound from one function a pair, ``f`` (n (n−1)/2, n), and ``u`` (n,), for one tier and no deadlines.

    min Σ_i Σ_k θ_ik z_ik + Σ_k f_k y_k with Σ_k z_ik = 1 priced at u, and W_ij F^ij put between nodes' costs; where F is steeper than
    the cost between two hubs, the most by which it is so is taken off for the pair. Capacities and congestion are left out: they only add cost.
    """
    if len(problem.discount) != 1 or problem.deadlines is not None:
        raise ValueError("the bound of linked problems knows one tier and no deadlines")
    n = len(problem.flow)
    pair = problem.flow + problem.flow.T
    between = float(problem.discount[0, 0]) * problem.transfer
    access = 1.0 if problem.access is None else float(problem.access[0])
    theta = access * (
        problem.collection * problem.flow.sum(axis=1)[:, None]
        + problem.distribution.T * problem.flow.sum(axis=0)[:, None]
    )
    off, row = 0.0, 0
    for i in range(n):
        for j in range(i + 1, n):
            if pair[i, j] > 0:
                one = f[row]
                theta[i] += pair[i, j] * one
                theta[j] -= pair[i, j] * one
                low = np.minimum(between, between.T)
                off += pair[i, j] * max(0.0, float((one[None, :] - one[:, None] - low).max()))
            row += 1
    fixed = np.zeros(n) if problem.fixed is None else problem.fixed[:, 0]
    own = theta[np.arange(n), np.arange(n)] - u
    rho = fixed + own + np.minimum(0.0, theta - u[:, None]).sum(axis=0) - np.minimum(0.0, own)
    if problem.candidates is not None:
        may = problem.candidates if problem.required is None else problem.candidates | problem.required
        rho = np.where(may[:, 0], rho, np.inf)
    if problem.tiers is not None:
        return float(u.sum() + np.sort(rho)[: problem.tiers[0]].sum() - off)
    paying = rho[rho < 0]
    return float(u.sum() + (paying.sum() if len(paying) else rho.min()) - off)
