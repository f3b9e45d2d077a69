"""The fewest sites that reach every customer, by an integer programme: whether p sites can be enough."""

from __future__ import annotations

import highspy
import numpy as np

from yilu.design.location.problems import Bools, Infeasible, MedianProblem
from yilu.highs import QuietHighs


def covering(problem: MedianProblem) -> Bools:
    """Sites (m,), the required among them, of which every customer is reached: as few as can be.

        min Σ_j y_j  s.t.  Σ_{j reaches i} y_j ≥ 1 for each i;  y_j = 1 where required

    Source: Toregas, Swain, ReVelle, Bergman, Operations Research 19 (1971). Infeasible: more than p are needed.
    """
    columns = np.flatnonzero(problem.allowed)
    reached = np.unique(np.isfinite(problem.cost[:, columns]), axis=0)
    row, column = np.nonzero(reached)
    model = QuietHighs()
    model.addVars(len(columns), problem.required[columns].astype(np.float64), np.ones(len(columns)))
    model.changeColsCost(len(columns), np.arange(len(columns), dtype=np.int32), np.ones(len(columns)))
    model.changeColsIntegrality(
        len(columns), np.arange(len(columns), dtype=np.int32), np.full(len(columns), highspy.HighsVarType.kInteger)
    )
    begins = np.searchsorted(row, np.arange(len(reached))).astype(np.int32)
    ones = np.ones(len(reached))
    model.addRows(len(reached), ones, ones * highspy.kHighsInf, len(row), begins, column.astype(np.int32), np.ones(len(row)))  # fmt: skip
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"HiGHS ended with {model.getModelStatus()} on a covering problem that has an optimum")
    out = np.zeros(problem.sites, np.bool_)
    out[columns[np.array(model.getSolution().col_value) > 0.5]] = True
    needed = int(out.sum())
    if problem.p is not None and needed > problem.p:
        raise Infeasible(
            f"p = {problem.p} sites can't reach every customer: {needed} at least are needed", f"{problem.p} 处站点无法覆盖全部客户,至少需要 {needed} 处",
            f"Ask for {needed} or more, or give finite costs where sites do reach.", f"请开设至少 {needed} 处,或补充可达站点的费用。",
            sites=tuple(int(j) for j in np.flatnonzero(out)), shortage=needed - problem.p,
        )  # fmt: skip
    return out
