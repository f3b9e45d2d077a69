"""What HiGHS is asked: whether all demand can be brought to the allowed sites, and the integer programme of one source that branch and bound over sites leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import highspy
import numpy as np

from yilu.design.location.plans import Ints, Status
from yilu.design.location.problems import Infeasible, LocationProblem
from yilu.design.location.transport import transport
from yilu.design.stop import Progress, Stop
from yilu.highs import QuietHighs

MOST_CLOSED = 60_000
"""Pairs of customer and site up to which HiGHS is asked to close what is left."""


@dataclass(frozen=True)
class Closed:
    """``at`` (n,): the site of each customer, None where no plan was found; ``bound``: no plan of these sites is cheaper."""

    at: Ints | None
    cost: float
    bound: float


def reachable(problem: LocationProblem) -> None:
    """Raise Infeasible where the allowed sites together can't hold what only they can serve, naming both and the shortage."""
    sites = np.flatnonzero(problem.allowed)
    cost = np.ascontiguousarray(problem.cost[:, sites].T)
    fits, _, full = transport(cost, problem.demand, problem.capacity[sites])
    if fits:
        return
    bound_to = np.flatnonzero(
        ~np.isfinite(cost[full == 0]).any(axis=0) if (full == 0).any() else np.ones(problem.customers, np.bool_)
    )
    there, asked = float(problem.capacity[sites[full == 1]].sum()), float(problem.demand[bound_to].sum())
    named = sites[full == 1]
    raise Infeasible(
        f"{len(bound_to)} customers (the first: {int(bound_to[0])}) ask for {asked:g}, and the {len(named)} sites that reach them (the first: {int(named[0])}) hold {there:g}: {asked - there:g} short",
        f"{len(bound_to)} 个客户(首个:{int(bound_to[0])})需求合计 {asked:g},可达的 {len(named)} 个站点(首个:{int(named[0])})容量合计 {there:g},缺口 {asked - there:g}",
        "Add capacity there, or give finite costs to sites elsewhere.", "请在该处增加容量,或补充其他可达站点的费用。",
        customers=tuple(int(i) for i in bound_to), sites=tuple(int(j) for j in named), shortage=asked - there,
    )  # fmt: skip


def closed_by_highs(problem: LocationProblem, status: Status, at: Ints | None, cost: float, stop: Stop) -> Closed:
    """Solve the programme of `LocationProblem` with one source over the sites that are not shut, from a plan ``at`` of that ``cost`` on (None: none is known).

    Infeasible: HiGHS shows that there is no plan. Past `MOST_CLOSED` pairs, and with a plan at hand, nothing is done.
    """
    sites = np.flatnonzero(status >= 0)
    row, column = np.nonzero(np.isfinite(problem.cost[:, sites]))
    if at is not None and len(row) > MOST_CLOSED:
        return Closed(None, math.inf, -math.inf)
    model = _model(problem, sites, status, row, column)
    if at is not None and np.isin(at, sites).all():
        values = np.zeros(len(sites) + len(row))
        used = np.searchsorted(sites, at)
        values[used] = 1.0
        values[: len(sites)][status[sites] == 1] = 1.0
        values[len(sites) :] = column == used[row]
        solution = highspy.HighsSolution()
        solution.col_value = values.tolist()
        model.setSolution(solution)

    def asked(event: highspy.highs.HighsCallbackEvent) -> None:
        out = event.data_out
        if stop(Progress(out.mip_primal_bound, out.mip_dual_bound, int(out.mip_node_count))):
            event.interrupt()

    model.cbMipInterrupt.subscribe(asked)
    if model.run() == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refused the programme")
    if model.getModelStatus() == highspy.HighsModelStatus.kInfeasible and at is None:
        raise Infeasible(
            "no allocation gives every customer one site that has room, though the capacity is enough in sum",
            "容量总量足够,但无法为每个客户指定单一站点而不超容量",
            "Add capacity, or let demand be split.", "请增加容量,或允许需求拆分。",
        )  # fmt: skip
    info = model.getInfo()
    bound = float(info.mip_dual_bound)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        # Sites were shut only where they can't be in a cheaper plan: none at all means that the known one is best.
        proven = at is not None and model.getModelStatus() == highspy.HighsModelStatus.kInfeasible
        return Closed(None, math.inf, cost if proven else bound)
    chosen = np.array(model.getSolution().col_value)[len(sites) :] > 0.5
    found = np.empty(problem.customers, np.int64)
    found[row[chosen]] = sites[column[chosen]]
    open_ = problem.required.copy()
    open_[found] = True
    total = float(
        (problem.demand * problem.cost[np.arange(problem.customers), found]).sum() + problem.fixed[open_].sum()
    )
    return Closed(found, total, bound)


def _model(problem: LocationProblem, sites: Ints, status: Status, row: Ints, column: Ints) -> QuietHighs:
    """Columns: a site each, then a pair each; rows: customers, capacities, pairs against their site."""
    n, m, pairs = problem.customers, len(sites), len(row)
    demand = problem.demand[row]
    pair = m + np.arange(pairs)
    cost = np.concatenate([problem.fixed[sites], demand * problem.cost[row, sites[column]]])
    rows = np.concatenate([row, n + column, n + np.arange(m), n + m + np.arange(pairs), n + m + np.arange(pairs)])
    columns = np.concatenate([pair, pair, np.arange(m), pair, column])
    values = np.concatenate([np.ones(pairs), demand, -problem.capacity[sites], np.ones(pairs), -np.ones(pairs)])
    order = np.argsort(rows, kind="stable")
    count = n + m + pairs
    low = np.concatenate([np.ones(n), np.full(m + pairs, -highspy.kHighsInf)])
    high = np.concatenate([np.ones(n), np.zeros(m + pairs)])
    model = QuietHighs()
    for name, value in (("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-9)):
        model.setOptionValue(name, value)
    total = m + pairs
    index = np.arange(total, dtype=np.int32)
    lower = np.concatenate([(status[sites] == 1).astype(np.float64), np.zeros(pairs)])
    model.addVars(total, lower, np.ones(total))
    model.changeColsCost(total, index, cost)
    model.changeColsIntegrality(total, index, np.full(total, highspy.HighsVarType.kInteger))
    begins = np.searchsorted(rows[order], np.arange(count)).astype(np.int32)
    model.addRows(count, low, high, len(rows), begins, columns[order].astype(np.int32), values[order])
    return model
