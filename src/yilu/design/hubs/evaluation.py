"""What a given plan costs and what it breaks: the planner's own hubs and allocation, before or without any search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from yilu.design.hubs.model import Ints, Model
from yilu.design.hubs.problem import HubError, HubProblem, checked
from yilu.design.hubs.recomputed import cost_of, cost_parts, late_pairs


class Plan(Protocol):
    """Hubs and allocation, however they were found: ``hubs`` (p,) nodes, ``tiers`` (p,) their tiers from 0, ``allocation`` (n,) each node's hub."""

    @property
    def hubs(self) -> Ints: ...

    @property
    def tiers(self) -> Ints: ...

    @property
    def allocation(self) -> Ints: ...


@dataclass(frozen=True)
class Evaluated:
    """A given plan with its cost.

    ``hubs``, ``tiers``, ``allocation``: as in ``Plan``. ``parts``: cost by part and ``late_volume``, as ``recomputed.cost_parts`` has them; ``cost``: the value that
    ``solve`` would give the plan, which counts only where ``breaks`` is empty; ``breaks``: a sentence for each kind of limit that the plan does not keep.
    """

    hubs: Ints
    tiers: Ints
    allocation: Ints
    parts: dict[str, float]
    cost: float
    breaks: tuple[str, ...]


def evaluated(problem: HubProblem, hubs: Ints, tiers: Ints, allocation: Ints) -> Evaluated:
    """What the plan of ``hubs`` (p,) nodes, ``tiers`` (p,) from 0 and ``allocation`` (n,) each node's hub costs under ``problem``, and what it breaks.

    Every number is worked out in plain numpy (``recomputed``). Raises HubError for arrays that are no plan (a hub or tier that isn't there, a hub named twice,
    a node at no hub, a hub whose own node is elsewhere) and for a problem whose arrays don't fit; what is only against the problem's limits stands in ``breaks``, also
    where no plan could keep them.
    """
    checked(problem)
    hubs, tiers, allocation = (np.asarray(x, np.int64) for x in (hubs, tiers, allocation))
    of_node = _tier_of_nodes(problem, hubs, tiers, allocation)
    return Evaluated(
        hubs, tiers, allocation, cost_parts(problem, allocation, of_node), cost_of(problem, allocation, of_node),
        tuple(structure_broken(problem, hubs, tiers, allocation)) + tuple(limits_broken(problem, allocation, of_node)),
    )  # fmt: skip


def start_of(problem: HubProblem, model: Model, plan: Plan) -> Ints:
    """Labels (n,) of a given plan, for a search to go on from. Raises HubError where it is no plan or none of this problem: hubs that may not open, another number."""
    of_node = _tier_of_nodes(problem, plan.hubs, plan.tiers, plan.allocation)
    broken = list(structure_broken(problem, plan.hubs, plan.tiers, plan.allocation))
    if broken:
        raise HubError(
            f"the plan to start from is none of this problem: {broken[0]}",
            next_step="Change the plan, or what the problem allows.",
        )
    of = np.full(_shape(problem), -1)
    of[model.node, model.tier] = np.arange(len(model.node))
    return np.asarray(of[plan.allocation, of_node])


def _shape(problem: HubProblem) -> tuple[int, int]:
    """(nodes, tiers)."""
    return len(problem.flow), len(problem.discount)


def _tier_of_nodes(problem: HubProblem, hubs: Ints, tiers: Ints, allocation: Ints) -> Ints:
    """(n,): the tier of each node's hub, or HubError."""
    n, levels = _shape(problem)
    if hubs.shape != tiers.shape or hubs.ndim != 1 or not len(hubs) or allocation.shape != (n,):
        raise HubError(
            f"hubs, tiers and allocation have shapes {hubs.shape}, {tiers.shape}, {allocation.shape}: expected (p,), (p,) and {(n,)}"
        )
    for name, array, most in (("hubs", hubs, n), ("tiers", tiers, levels)):
        bad = np.flatnonzero((array < 0) | (array >= most))
        if len(bad):
            raise HubError(f"{name}[{bad[0]}] is {array[bad[0]]}: expected 0 to {most - 1}")
    if len(np.unique(hubs)) < len(hubs):
        raise HubError(f"node {hubs[np.argmax(np.bincount(hubs)[hubs] > 1)]} is a hub twice")
    lost = np.flatnonzero(~np.isin(allocation, hubs))
    if len(lost):
        raise HubError(f"node {lost[0]} is allocated to {allocation[lost[0]]}, which is no hub")
    away = hubs[allocation[hubs] != hubs]
    if len(away):
        raise HubError(f"hub {away[0]} is allocated to {allocation[away[0]]}: expected itself")
    of = np.zeros(n, np.int64)
    of[hubs] = tiers
    return of[allocation]


def structure_broken(problem: HubProblem, hubs: Ints, tiers: Ints, allocation: Ints) -> Iterator[str]:
    """Which hubs should not or should be there, and which nodes are at a tier they may not be at."""
    _, levels = _shape(problem)
    if problem.tiers is not None:
        for tier, (has, wanted) in enumerate(zip(np.bincount(tiers, minlength=levels), problem.tiers, strict=True)):
            if has != wanted:
                yield f"{has} hubs of tier {tier + 1} are open, and {wanted} are asked for"
    if problem.candidates is not None:
        may = problem.candidates if problem.required is None else problem.candidates | problem.required
        for k, t in zip(hubs.tolist(), tiers.tolist(), strict=True):
            if not may[k, t]:
                yield f"node {k} may not be a hub of tier {t + 1}"
    if problem.required is not None:
        is_open = np.zeros(problem.required.shape, np.bool_)
        is_open[hubs, tiers] = True
        for k, t in np.argwhere(problem.required & ~is_open).tolist():
            yield f"node {k} must be a hub of tier {t + 1}"
    if problem.node_tiers is not None:
        of = np.zeros(len(problem.flow), np.int64)
        of[hubs] = tiers
        nodes = np.arange(len(allocation))
        wrong = np.flatnonzero(~problem.node_tiers[nodes, of[allocation]] & (allocation != nodes))
        if len(wrong):
            i = int(wrong[0])
            yield f"{len(wrong)} nodes are at hubs of a tier they may not be at, among them {i} at {allocation[i]}"


def limits_broken(problem: HubProblem, allocation: Ints, tiers: Ints) -> Iterator[str]:
    """Capacities, least loads and hard deadlines that a plan does not keep; ``tiers`` (n,) of each node's hub."""
    n = len(allocation)
    opened, first = np.unique(allocation, return_index=True)
    load = np.bincount(allocation, weights=problem.flow.sum(axis=1), minlength=n)[opened]
    if problem.capacity is not None:
        room = problem.capacity[opened, tiers[first]]
        over = np.flatnonzero(load > room * (1 + 1e-9))
        if len(over):
            a = int(over[0])
            yield f"hub {opened[a]} would collect {load[a]:,.1f} and holds {room[a]:,.1f}"
    if problem.least is not None:
        least = problem.least[opened, tiers[first]]
        under = np.flatnonzero(load < least * (1 - 1e-9))
        if len(under):
            a = int(under[0])
            yield f"hub {opened[a]} would collect {load[a]:,.1f} of at least {least[a]:,.1f}"
    if problem.deadlines is not None and problem.deadlines.mode == "hard":
        missed = late_pairs(problem, allocation, tiers)
        late = np.argwhere(missed & (problem.flow > 0))
        if len(late):
            named = ", ".join(f"{i} → {j}" for i, j in late[:5].tolist())
            yield f"{len(late)} pairs would be late, among them {named}"
