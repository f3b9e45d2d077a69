"""A hub problem as a planner states it, with every variant; ``labels`` writes it over labels for search and bound."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from yilu.design.hubs.model import Bools, Floats, Ints, Model, Pairs
from yilu.errors import YiluError

BEYOND = 1e4
"""What a mean node's load beyond a capacity costs, in units of the dearest allocation: no plan within all limits is dearer for that."""


class HubError(YiluError):
    """A hub problem that cannot be, or has no plan; the message says which nodes, pairs or capacities are in the way."""


@dataclass(frozen=True)
class Deadlines:
    """Time from acceptance to delivery over hubs k and m: t_ik + s_k + τ_km + s_m + t'_mj, against T_ij where anything flows.

    ``collect`` (n, n) t and ``distribute`` (n, n) t' (hub, node), ``transfer`` (n, n) τ, ``handling`` (n,) s, ``due`` (n, n) T; one unit, say minutes.
    ``mode``: ``hard`` (every pair in time), ``volume`` (least late volume and nothing else: max Σ w_ij · 1[kept]), ``penalty`` (cost + ``penalty`` a
    late unit of flow).

    ``waits``: a hub departs with its last feeder, the latest arrival of Kara and Tansel (2001): t_ik + s_k becomes max (t_hk + s_k) over the nodes h of hub k
    that send anything; see ``yilu.design.hubs.latest``. ``handled_once``: what stays at one hub is handled there once, s_k, and not twice.
    """

    collect: Floats
    transfer: Floats
    distribute: Floats
    handling: Floats
    due: Floats
    mode: str = "hard"
    penalty: float = 0.0
    waits: bool = False
    handled_once: bool = False


@dataclass(frozen=True)
class Congestion:
    """Convex piecewise linear cost of a hub's collected flow: from ``knees`` (S,), rising from 0, a unit costs ``slopes`` (S,) more, rising; S ≤ 8."""

    knees: Floats
    slopes: Floats


@dataclass(frozen=True)
class HubProblem:
    """Where hubs are, and which nodes each serves.

    ``flow`` (n, n) w_ij, units a day from i to j; ``collection`` (n, n) cost a unit from node i to hub k; ``transfer`` (n, n) d_km between hubs before
    the discount; ``distribution`` (n, n) cost a unit from hub k to node j. A unit costs collection_ik + α d_km + distribution_mj; every node is
    allocated to one hub, a hub to itself (USApHMP: O'Kelly 1987, Skorin-Kapov et al. 1996, Ernst and Krishnamoorthy 1996; with fixed costs
    USAHLP, with capacities CSAHLP: Ernst and Krishnamoorthy 1999).

    ``tiers`` (L,): how many hubs of each tier, one tier of p for the classical problem; None: as many as pay, ``fixed`` then says what one costs.
    ``discount`` (L, L) α between tiers. ``fixed`` (n, L) cost of opening. ``capacity`` (n, L) of collected flow Σ_i O_i z_ik, inf where there is none.
    ``candidates`` (n, L) bool, sites that may open; ``required`` (n, L) bool, that must. ``node_tiers`` (n, L) bool: tiers of hub that a node may be
    allocated to. ``deadlines``, ``congestion``: see there. ``direct`` (n, n) cost a unit of a lane from node to node past all hubs, inf
    where there is none: each pair takes it where it is cheaper, and is then in time (in mode ``volume``, which counts no money, none is taken). ``least`` (n, L): collected flow below which a site does not open.
    ``access`` (L,): factor on collection and distribution of a node at a hub of each tier, say for larger vehicles to it; None: 1.

    Errors: ``HubError`` from ``labels`` for arrays of wrong shape, negative flows, and for problems without a plan, saying what is in the way.
    """

    flow: Floats
    collection: Floats
    transfer: Floats
    distribution: Floats
    tiers: tuple[int, ...] | None = (1,)
    discount: Floats = field(default_factory=lambda: np.array([[1.0]]))
    fixed: Floats | None = None
    capacity: Floats | None = None
    candidates: Bools | None = None
    required: Bools | None = None
    node_tiers: Bools | None = None
    deadlines: Deadlines | None = None
    congestion: Congestion | None = None
    direct: Floats | None = None
    least: Floats | None = None
    access: Floats | None = None


def classical(
    flow: Floats, distance: Floats, p: int | None, collection: float = 1.0, transfer: float = 1.0, distribution: float = 1.0,
    fixed: Floats | None = None, capacity: Floats | None = None,
) -> HubProblem:  # fmt: skip
    """The problem of the literature: one ``distance`` (n, n) with the factors χ (``collection``), α (``transfer``) and δ (``distribution``)."""
    distance = np.asarray(distance, float)
    return HubProblem(
        np.asarray(flow, float), collection * distance, distance, distribution * distance,
        tiers=None if p is None else (p,), discount=np.array([[transfer]]),
        fixed=None if fixed is None else np.asarray(fixed, float)[:, None],
        capacity=None if capacity is None else np.asarray(capacity, float)[:, None],
    )  # fmt: skip


def labels(problem: HubProblem, beyond: float = BEYOND) -> Model:
    """The problem over labels (site, tier), candidates only. ``beyond``: what a mean node's load past a capacity costs, in units of the dearest allocation.

    Raises HubError for what cannot be, naming the array and place, and for what has no plan, naming pairs, nodes or capacities.
    """
    n, tiers = checked(problem)
    may = np.ones((n, tiers), np.bool_) if problem.candidates is None else problem.candidates.copy()
    node_tiers = np.ones((n, tiers), np.bool_) if problem.node_tiers is None else problem.node_tiers
    if problem.required is not None:
        may |= problem.required
    node, tier = (x.astype(np.int64) for x in np.nonzero(may))
    sent, received = problem.flow.sum(axis=1), problem.flow.sum(axis=0)
    counts_money = problem.deadlines is None or problem.deadlines.mode != "volume"
    collect, distribute = problem.collection[:, node], problem.distribution[node]
    if problem.access is not None:
        collect, distribute = collect * problem.access[tier], distribute * problem.access[tier][:, None]
    linear = collect * sent[:, None] + distribute.T * received[:, None]
    between = problem.discount[tier[:, None], tier[None, :]] * problem.transfer[node[:, None], node[None, :]]
    between[node[:, None] == node[None, :]] = 0.0
    allowed = node_tiers[:, tier].copy()
    allowed[node, np.arange(len(node))] = True
    fixed = np.zeros(len(node)) if problem.fixed is None else problem.fixed[node, tier]
    room = np.full(len(node), np.inf) if problem.capacity is None else problem.capacity[node, tier]
    slope, knee, short = _load_terms(
        problem, node, tier, room, beyond * float(np.max(linear, initial=0.0) + np.max(between, initial=0.0))
    )
    late = problem.deadlines
    none = np.zeros((n, len(node)))
    across = np.zeros_like(between) if late is None else _across(late, node)
    pairs = Pairs(
        flow=problem.flow, between=between if counts_money else np.zeros_like(between),
        back=between.T if counts_money else np.zeros_like(between),
        is_timed=late is not None, fine=_fines(problem, linear, between),
        reach=none if late is None else late.collect[:, node] + late.handling[node],
        across=across, across_back=across.T,
        leave=none if late is None else (late.handling[node][:, None] + late.distribute[node]).T,
        due=np.zeros((n, n)) if late is None else late.due,
        is_direct=problem.direct is not None and counts_money, direct=np.zeros((n, n)) if problem.direct is None else problem.direct,
        collect=none if problem.direct is None else collect,
        distribute=none if problem.direct is None else distribute.T,
    )  # fmt: skip
    model = Model(
        pairs=Pairs._make(np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x for x in pairs),
        linear=np.ascontiguousarray(linear) if counts_money else none, fixed=fixed + short,
        node=node, tier=tier, allowed=allowed,
        count=np.full(tiers, -1) if problem.tiers is None else np.array(problem.tiers),
        forced=np.zeros(len(node), np.bool_) if problem.required is None else problem.required[node, tier],
        weight=sent, slope=slope, knee=knee, room=room, waits=late is not None and late.waits,
    )  # fmt: skip
    _has_plan(problem, model)
    return model


def _across(late: Deadlines, node: Ints) -> Floats:
    """(K, K): time between labels; where what stays at one hub is handled once, the second handling that ``leave`` holds is taken off."""
    time: Floats = late.transfer[node[:, None], node[None, :]]
    if late.handled_once:
        time = time - late.handling[node][:, None] * (node[:, None] == node[None, :])
    return time


def _fines(problem: HubProblem, linear: Floats, between: Floats) -> Floats:
    """(n, n): what a pair costs that is too late."""
    late, flow = problem.deadlines, problem.flow
    if late is None:
        return np.zeros_like(flow)
    if late.mode == "hard":  # one late pair costs more than any plan
        most = linear.max(axis=1).sum() + flow.sum() * between.max(initial=0.0)
        if problem.fixed is not None:
            most += np.max(problem.fixed, axis=1).sum()
        return np.where(flow > 0, 2.0 * most + 1.0, 0.0)
    return flow * (1.0 if late.mode == "volume" else late.penalty)


def _load_terms(
    problem: HubProblem, node: Ints, tier: Ints, room: Floats, price: float
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """(slope (K, S), knee (K, S + 1)) of g, and what is added to fixed costs: what a label pays that has less than its least load."""
    k = len(node)
    none, sent = np.full(k, np.inf), problem.flow.sum(axis=1)
    least = np.zeros(k) if problem.least is None else problem.least[node, tier]
    knees, slopes = np.zeros(1), np.zeros(1)
    if problem.congestion is not None:
        knees, slopes = np.append(0.0, problem.congestion.knees), np.append(0.0, problem.congestion.slopes)
    over = max(price / max(float(sent.mean()), 1e-12), 1.0)
    columns = [np.tile(knees, (k, 1))]
    columns += [room[:, None]] if problem.capacity is not None else []
    columns += [least[:, None]] if problem.least is not None else []
    starts = np.sort(np.column_stack(columns), axis=1)
    slope = slopes[np.searchsorted(knees, starts, side="right") - 1]
    slope = slope + over * (starts >= room[:, None]) - over * (starts < least[:, None])
    return slope, np.column_stack([starts, none]), over * least


def checked(problem: HubProblem) -> tuple[int, int]:
    """(nodes, tiers) of a problem whose arrays fit together, or HubError naming the array and place."""
    flow = problem.flow
    if flow.ndim != 2 or flow.shape[0] != flow.shape[1] or not len(flow):
        raise HubError(f"flow has shape {flow.shape}: expected (n, n)")
    n, tiers = len(flow), len(problem.discount)
    square = {"collection": problem.collection, "transfer": problem.transfer, "distribution": problem.distribution}
    for name, array in (("flow", flow), *square.items()):
        if array.shape != (n, n):
            raise HubError(f"{name} has shape {array.shape}: expected {(n, n)}")
        bad = np.argwhere(~np.isfinite(array) | (array < 0))
        if len(bad):
            i, j = bad[0].tolist()
            raise HubError(f"{name}[{i}, {j}] is {array[i, j]}: expected a finite number, 0 or more")
    if problem.discount.shape != (tiers, tiers) or (problem.tiers is not None and len(problem.tiers) != tiers):
        raise HubError(f"discount has shape {problem.discount.shape}: expected (L, L) for the L entries of tiers")
    for name, each in (
        ("fixed", problem.fixed), ("capacity", problem.capacity), ("least", problem.least), ("candidates", problem.candidates), ("required", problem.required),
        ("node_tiers", problem.node_tiers),
    ):  # fmt: skip
        if each is not None and each.shape != (n, tiers):
            raise HubError(f"{name} has shape {each.shape}: expected {(n, tiers)}, nodes and tiers")
    for name, each in (("fixed", problem.fixed), ("least", problem.least), ("capacity", problem.capacity)):
        if each is not None:
            bad = np.argwhere(~((each >= 0) & (np.isfinite(each) | (name == "capacity"))))
            if len(bad):
                k, tier = bad[0].tolist()
                raise HubError(f"{name}[{k}, {tier}] is {each[k, tier]}: expected a number, 0 or more")
    if problem.direct is not None and (problem.direct.shape != (n, n) or not (problem.direct >= 0).all()):
        raise HubError(f"direct: expected {(n, n)} costs a unit, 0 or more, inf where there is no lane")
    access = problem.access
    if access is not None and (access.shape != (tiers,) or not (np.isfinite(access) & (access >= 0)).all()):
        raise HubError(f"access is {access.tolist()}: expected {tiers} finite numbers, 0 or more, one a tier")
    if problem.congestion is not None:
        knees, slopes = problem.congestion.knees, problem.congestion.slopes
        if (
            len(knees) != len(slopes)
            or len(knees) > 8
            or (np.diff(knees) <= 0).any()
            or (np.diff(slopes) < 0).any()
            or min(*knees, *slopes) < 0
        ):
            raise HubError(
                "congestion: expected at most 8 knees, rising, with slopes that rise: the cost must be convex"
            )
    return n, tiers


def _has_plan(problem: HubProblem, model: Model) -> None:
    n = len(problem.flow)
    for tier, count in enumerate(problem.tiers or ()):
        sites = int((model.tier == tier).sum())
        if not 0 <= count <= sites:
            raise HubError(
                f"{count} hubs of tier {tier + 1} are asked for, and {sites} sites may be one",
                next_step="Allow more sites, or ask for fewer hubs.",
            )
        must = int((model.forced & (model.tier == tier)).sum())
        if must > count:
            raise HubError(f"{must} sites must be hubs of tier {tier + 1}, and only {count} may open")
    if problem.tiers is not None and not 0 < sum(problem.tiers) <= n:
        raise HubError(f"{sum(problem.tiers)} hubs are asked for among {n} nodes")
    twice = np.flatnonzero(np.bincount(model.node[model.forced], minlength=n) > 1)
    if len(twice):
        raise HubError(f"node {twice[0]} must be a hub of two tiers at once")
    _has_sites(problem, model)
    alone = np.flatnonzero(~model.allowed.any(axis=1))
    if len(alone):
        raise HubError(f"node {alone[0]} may be allocated to no hub of any candidate site")
    _has_room(problem, model)
    _in_time(problem, model)


def _has_sites(problem: HubProblem, model: Model) -> None:
    """A site opens at one tier: hubs of all tiers need sites of their own at once, required ones theirs."""
    if problem.tiers is None or len(problem.tiers) == 1:
        return
    may = np.zeros((len(problem.tiers), len(problem.flow)), np.bool_)
    may[model.tier, model.node] = True
    may[:, model.node[model.forced]] = False
    may[model.tier[model.forced], model.node[model.forced]] = True
    asked = np.repeat(np.arange(len(problem.tiers)), problem.tiers)
    hub, site = linear_sum_assignment(may[asked], maximize=True)
    held = int(may[asked][hub, site].sum())
    if held < len(asked):
        raise HubError(
            f"{len(asked)} hubs are asked for, and {held} of them can have a site at once: a site opens at one tier",
            next_step="Allow more sites, or ask for fewer hubs.",
        )


def _has_room(problem: HubProblem, model: Model) -> None:
    if problem.capacity is None:
        return
    most = model.room.sum() if problem.tiers is None else sum(
        np.sort(model.room[model.tier == tier])[::-1][:count].sum() for tier, count in enumerate(problem.tiers)
    )  # fmt: skip
    need = model.weight.sum()
    if most < need:
        raise HubError(
            f"the largest hubs that may open hold {most:,.1f} of {need:,.1f} units: {need - most:,.1f} short"
        )


def _in_time(problem: HubProblem, model: Model) -> None:
    """Pairs that no two labels bring in time, where deadlines are hard."""
    if problem.deadlines is None or problem.deadlines.mode != "hard":
        return
    late = impossible(model)
    if len(late):
        named = ", ".join(f"{i} → {j} ({late_by:,.1f} late)" for i, j, late_by in late[:5])
        raise HubError(
            f"{len(late)} pairs can't be in time over any hubs: {named}",
            next_step="Relax these deadlines, or use mode volume or penalty.",
        )


def impossible(model: Model) -> list[tuple[int, int, float]]:
    """(i, j, how late at best) of the pairs with flow whose deadline no two labels keep, and that have no direct lane, which is in time."""
    out: list[tuple[int, int, float]] = []
    reach = np.where(model.allowed, model.pairs.reach, np.inf)
    leave = np.where(model.allowed, model.pairs.leave, np.inf)
    lane = np.isfinite(model.pairs.direct) & model.pairs.is_direct
    for i in range(len(model.pairs.flow)):
        best = np.min(np.min(reach[i][:, None] + model.pairs.across, axis=0)[None, :] + leave, axis=1)
        late = (model.pairs.flow[i] > 0) & (best > model.pairs.due[i]) & ~lane[i] & (np.arange(len(best)) != i)
        out += [(i, int(j), float(best[j] - model.pairs.due[i, j])) for j in np.flatnonzero(late)]
    return out
