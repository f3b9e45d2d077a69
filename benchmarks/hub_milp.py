"""Single-allocation hub location as an integer programme for HiGHS: the flow formulation of Ernst and Krishnamoorthy (1996), n³ variables.

min Σ_ik c_ik z_ik + Σ_i Σ_km α d_km x^i_km + Σ_k f_k z_kk
s.t. Σ_k z_ik = 1, z_ik ≤ z_kk, Σ_k z_kk = p,  Σ_m x^i_km − Σ_m x^i_mk = O_i z_ik − Σ_j w_ij z_jk,  x ≥ 0, z ∈ {0, 1}
"""

from __future__ import annotations

import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint
from scipy.optimize import milp as solve_milp
from scipy.sparse import lil_array

from yilu.design.hubs import HubProblem


def milp(problem: HubProblem, seconds: float) -> tuple[float, float, float]:
    """(cost, bound, seconds taken) of a problem of one tier without deadlines."""
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
    begun = time.perf_counter()
    found = solve_milp(
        cost, constraints=LinearConstraint(matrix.tocsr(), low, high), bounds=Bounds(0, upper), integrality=integral,
        options={"time_limit": seconds, "mip_rel_gap": 1e-9},
    )  # fmt: skip
    value = np.inf if found.fun is None else float(found.fun)
    return (
        value,
        float(found.mip_dual_bound if found.mip_dual_bound is not None else -np.inf),
        time.perf_counter() - begun,
    )
