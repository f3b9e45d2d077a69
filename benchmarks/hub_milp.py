"""Single-allocation hub location as an integer programme for HiGHS: the flow formulation of Ernst and Krishnamoorthy (1996), n³ variables.

min Σ_ik c_ik z_ik + Σ_i Σ_km α d_km x^i_km + Σ_k f_k z_kk
s.t. Σ_k z_ik = 1, z_ik ≤ z_kk, Σ_k z_kk = p,  Σ_m x^i_km − Σ_m x^i_mk = O_i z_ik − Σ_j w_ij z_jk,  x ≥ 0, z ∈ {0, 1}
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint
from scipy.optimize import milp as solve_milp
from scipy.sparse import csr_array, lil_array

from yilu.design.hubs import HubProblem


@dataclass(frozen=True)
class Programme:
    """min cost x with low ≤ matrix x ≤ high, 0 ≤ x ≤ upper; the first n² of x are z_ik, row by row, and integral."""

    cost: NDArray[np.float64]
    matrix: csr_array
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    integral: NDArray[np.float64]
    upper: NDArray[np.float64]


def milp(problem: HubProblem, seconds: float) -> tuple[float, float, float]:
    """(cost, bound, seconds taken) of a problem of one tier without deadlines."""
    return solved(programme(problem), seconds)


def solved(programme: Programme, seconds: float) -> tuple[float, float, float]:
    """(cost, bound, seconds taken); cost inf where there is no plan."""
    begun = time.perf_counter()
    found = solve_milp(
        programme.cost, constraints=LinearConstraint(programme.matrix, programme.low, programme.high), bounds=Bounds(0, programme.upper),
        integrality=programme.integral, options={"time_limit": seconds, "mip_rel_gap": 1e-9},
    )  # fmt: skip
    value = np.inf if found.fun is None else float(found.fun)
    bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)
    return value, bound, time.perf_counter() - begun


def programme(problem: HubProblem) -> Programme:
    """The programme of a problem of one tier without deadlines."""
    n = len(problem.flow)
    flow, sent, received = problem.flow, problem.flow.sum(axis=1), problem.flow.sum(axis=0)
    alpha = float(problem.discount[0, 0])
    z = lambda i, k: i * n + k  # noqa: E731
    x = lambda i, k, m: n * n + (i * n + k) * n + m  # noqa: E731
    cost = np.zeros(n * n + n**3)
    cost[: n * n] = (problem.collection * sent[:, None] + problem.distribution.T * received[:, None]).ravel()
    if problem.fixed is not None:
        cost[[z(k, k) for k in range(n)]] += problem.fixed[:, 0]
    cost[n * n :] = np.tile(alpha * problem.transfer.ravel(), n)
    rows = n + n * n + 1 + n * n
    matrix, low, high = lil_array((rows, len(cost))), np.zeros(rows), np.zeros(rows)
    for i in range(n):
        matrix[i, [z(i, k) for k in range(n)]] = 1
        for k in range(n):
            row = n + z(i, k)
            if i != k:
                matrix[row, z(i, k)], matrix[row, z(k, k)] = 1, -1
            low[row] = -np.inf
            row = n + n * n + 1 + z(i, k)
            for m in range(n):
                if m != k:
                    matrix[row, x(i, k, m)] += 1
                    matrix[row, x(i, m, k)] -= 1
            matrix[row, z(i, k)] -= sent[i]
            for j in range(n):
                matrix[row, z(j, k)] += flow[i, j]
    low[:n] = high[:n] = 1
    last = n + n * n
    matrix[last, [z(k, k) for k in range(n)]] = 1
    low[last], high[last] = (1, n) if problem.tiers is None else (problem.tiers[0], problem.tiers[0])
    integral = np.zeros(len(cost))
    integral[: n * n] = 1
    upper = np.full(len(cost), np.inf)
    upper[: n * n] = 1
    return Programme(cost, matrix.tocsr(), low, high, integral, upper)
