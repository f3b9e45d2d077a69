"""Recompute a plan, its cost and all of its bound with plain numpy: nothing here shares code with search, dual or branching.

A user who doubts a figure needs to trust this file and ``recomputed`` alone, which adds up a plan. ``certificate`` walks through the proof that the plan carries
(``solve(..., proof=True)``): a tree of parts of all plans, each with prices. What is decided in a part follows from the tree, never from what a node
says; what a node leaves out is bounded by its prices like everything else; capacities, least loads and hard deadlines are held as they stand, without the
fines by which the search knows them. Whatever prices, labels or decisions stand in the proof, no plan is below what comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.design.hubs.problem import HubProblem
from yilu.design.hubs.proof import UNSEEN, Node, Proof
from yilu.design.hubs.recomputed import cost_of, cost_parts, counts_money
from yilu.design.hubs.solve import HubPlan
from yilu.design.location.certificate import Certificate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_SLACK = 1e-7
_LISTED = 500_000
"""Choices held at once of what fits into a room."""
_HELD = 1e-9
"""How far, of itself, a load may be beyond its limit: as the planner has it."""


def certificate(problem: HubProblem, plan: HubPlan) -> Certificate:
    """Cost and bound recomputed, and what of the plan isn't so: a hub that may not be, an allocation, a limit, the cost, the bound."""
    faults = _faults_of_shape(problem, plan)
    if faults:
        return Certificate(math.nan, -math.inf, tuple(faults))
    of_hub = dict(zip(plan.hubs.tolist(), plan.tiers.tolist(), strict=True))
    tiers = np.array([of_hub[k] for k in plan.allocation.tolist()])
    faults = _faults_of_plan(problem, plan.allocation, tiers)
    cost = cost_of(problem, plan.allocation, tiers)
    near = _SLACK * max(1.0, abs(cost))
    if abs(plan.cost - cost) > near:
        faults.append(f"the plan says it costs {plan.cost!r}, it costs {cost!r}")
    bound, broken = bound_of(problem, plan.proof)
    bound = min(max(bound, 0.0), cost)  # no part of a cost is below 0
    faults += broken
    if plan.bound > bound + near:
        said = f"its proof gives {bound!r}" if plan.proof else "it carries no proof: ask solve for one with proof=True"
        faults.append(f"the plan says its bound is {plan.bound!r}, {said}")
    return Certificate(cost, bound, tuple(faults))


def _faults_of_shape(problem: HubProblem, plan: HubPlan) -> list[str]:
    n, levels = len(problem.flow), len(problem.discount)
    if plan.allocation.shape != (n,) or plan.hubs.shape != plan.tiers.shape or plan.hubs.ndim != 1:
        return ["allocation, hubs and tiers aren't (n,), (p,) and (p,)"]
    if len(np.unique(plan.hubs)) != len(plan.hubs) or not len(plan.hubs):
        return ["the hubs aren't each named once, one at least"]
    if not ((plan.hubs >= 0) & (plan.hubs < n) & (plan.tiers >= 0) & (plan.tiers < levels)).all():
        return ["a hub is no node, or its tier is none"]
    idle = plan.hubs[~np.isin(plan.hubs, plan.allocation)]
    if len(idle):
        return [f"hub {idle[0]} serves nobody, not even itself"]
    lost = np.flatnonzero(~np.isin(plan.allocation, plan.hubs))
    return [f"node {lost[0]} is allocated to {plan.allocation[lost[0]]}, which is no hub"] if len(lost) else []


def _faults_of_plan(problem: HubProblem, allocation: Ints, tiers: Ints) -> list[str]:
    """What keeps an allocation (n,) to hubs, with the ``tiers`` (n,) of each node's hub, from being a plan."""
    n, levels, faults = len(problem.flow), len(problem.discount), []
    hubs, first = np.unique(allocation, return_index=True)
    of_hub = tiers[first]
    if (allocation[hubs] != hubs).any():
        faults.append(f"hub {hubs[allocation[hubs] != hubs][0]} isn't its own")
    if (tiers != of_hub[np.searchsorted(hubs, allocation)]).any():
        faults.append("a hub has two tiers")
    if problem.tiers is not None and tuple(np.bincount(of_hub, minlength=levels).tolist()) != tuple(problem.tiers):
        faults.append(f"{np.bincount(of_hub, minlength=levels).tolist()} hubs of each tier, not {list(problem.tiers)}")
    opened = np.zeros((n, levels), np.bool_)
    opened[hubs, of_hub] = True
    if (opened & ~_may_open(problem)).any():
        faults.append("a hub is open that isn't allowed")
    if problem.required is not None and (problem.required & ~opened).any():
        faults.append("a required hub isn't open")
    if problem.node_tiers is not None and (~problem.node_tiers[np.arange(n), tiers] & (allocation != np.arange(n))).any():  # fmt: skip
        faults.append("a node is allocated to a tier that it may not be")
    load = np.bincount(allocation, weights=problem.flow.sum(axis=1), minlength=n)[hubs]
    if problem.capacity is not None and (load > problem.capacity[hubs, of_hub] * (1 + _HELD)).any():
        faults.append("a hub collects more than it holds")
    if problem.least is not None and (load < problem.least[hubs, of_hub] * (1 - _HELD)).any():
        faults.append("a hub collects less than its least")
    is_hard = problem.deadlines is not None and problem.deadlines.mode == "hard"
    if is_hard and cost_parts(problem, allocation, tiers)["late_volume"] > 0:
        faults.append("a pair is late")
    return faults


def _may_open(problem: HubProblem) -> Bools:
    """(n, L)."""
    if problem.candidates is None:
        return np.ones((len(problem.flow), len(problem.discount)), np.bool_)
    return problem.candidates if problem.required is None else problem.candidates | problem.required


@dataclass(frozen=True)
class _OverLabels:
    """The problem over its K labels, by node, then tier: ``linear`` (n, K), ``between`` (K, K), ``fixed``, ``room``, ``least`` (K,), ``weight`` (n,)."""

    problem: HubProblem
    node: Ints
    tier: Ints
    linear: Floats
    between: Floats
    fixed: Floats
    room: Floats
    least: Floats
    weight: Floats

    @property
    def is_loaded(self) -> bool:
        p = self.problem
        return not (p.capacity is None and p.least is None and p.congestion is None)


def _over_labels(problem: HubProblem) -> _OverLabels:
    node, tier = np.nonzero(_may_open(problem))
    sent, received = problem.flow.sum(axis=1), problem.flow.sum(axis=0)
    linear = problem.collection[:, node] * sent[:, None] + problem.distribution[node].T * received[:, None]
    linear = linear * _access(problem, tier)
    between = problem.discount[np.ix_(tier, tier)] * problem.transfer[np.ix_(node, node)]
    between = between * (node[:, None] != node[None, :])
    counts, none = float(counts_money(problem)), np.zeros(len(node))
    return _OverLabels(
        problem, node, tier, counts * linear, counts * between,
        fixed=none if problem.fixed is None else problem.fixed[node, tier],
        room=none + np.inf if problem.capacity is None else problem.capacity[node, tier] * (1 + _HELD),
        least=none if problem.least is None else problem.least[node, tier] * (1 - _HELD),
        weight=sent,
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """A part of all plans: ``sign`` (K,) of a label 1 open, -1 shut, 0 undecided; ``may`` (n, K) the allocations left."""

    sign: Ints
    may: Bools


def _everything(of: _OverLabels) -> tuple[Ints, Bools]:
    p, labels = of.problem, np.arange(len(of.node))
    may = np.ones((len(p.flow), len(labels)), np.bool_) if p.node_tiers is None else p.node_tiers[:, of.tier].copy()
    may[of.node, labels] = True
    required = np.zeros(len(labels), np.bool_) if p.required is None else p.required[of.node, of.tier]
    return required.astype(np.int64), may


def _settled(of: _OverLabels, sign: Ints, may: Bools) -> _Part | None:
    """The part with what follows from the constraints: z_ka = y_a, one tier a site, p hubs a tier, every node somewhere. None where no plan is left."""
    sign, may, labels = sign.copy(), may.copy(), np.arange(len(sign))
    while True:
        before = int((sign == 0).sum()), int(may.sum())
        alone = ~may[of.node, labels]
        if (sign[alone] == 1).any():
            return None
        sign[alone] = -1
        opened = np.flatnonzero(sign == 1)
        if len(np.unique(of.node[opened])) < len(opened):
            return None
        sign[np.isin(of.node, of.node[opened]) & (sign == 0)] = -1
        for tier, count in enumerate(of.problem.tiers or ()):
            own = of.tier == tier
            inside, free = int((sign[own] == 1).sum()), own & (sign == 0)
            if not inside <= count <= inside + int(free.sum()):
                return None
            if inside == count:
                sign[free] = -1
        may[:, sign == -1] = False
        may[of.node[opened]] = False
        may[of.node[opened], opened] = True
        if not may.any(axis=1).all():
            return None
        if before == (int((sign == 0).sum()), int(may.sum())):
            return _Part(sign, may)


def _pair_cost(of: _OverLabels, i: int, j: int, a: Ints, b: Ints) -> Floats:
    """q_ij (A, B) where i is allocated to one of the labels ``a`` and j to one of ``b``, both directions; inf where a hard deadline is missed.

    Hubs that wait for their last feeder make times longer, never shorter: they are left out, and seen where a part leaves one plan alone.
    """
    return _way_cost(of, i, j, a, b) + _way_cost(of, j, i, b, a).T


def _access(problem: HubProblem, tier: Ints) -> Floats:
    """Factor on collection and distribution at hubs of these tiers."""
    return np.ones(len(tier)) if problem.access is None else problem.access[tier]


def _way_cost(of: _OverLabels, i: int, j: int, a: Ints, b: Ints) -> Floats:
    p, flow = of.problem, of.problem.flow[i, j]
    if flow == 0:
        return np.zeros((len(a), len(b)))
    k, m = of.node[a], of.node[b]
    over = of.between[np.ix_(a, b)]
    cost = flow * over
    if p.deadlines is not None:
        d = p.deadlines
        reach, leave = d.collect[i, k] + d.handling[k], d.handling[m] + d.distribute[m, j]
        across = d.transfer[np.ix_(k, m)] - d.handled_once * d.handling[k][:, None] * (k[:, None] == m[None, :])
        late = reach[:, None] + across + leave[None, :] > d.due[i, j]
        cost[late] += {"hard": math.inf, "volume": flow, "penalty": flow * d.penalty}[d.mode]
    if p.direct is not None and counts_money(p):
        collect, distribute = p.collection[i, k] * _access(p, of.tier[a]), p.distribution[m, j] * _access(p, of.tier[b])
        past = p.direct[i, j] - collect[:, None] - distribute[None, :]
        cost = np.where(past < over, flow * past, cost)
    return np.asarray(cost)


class _Priced:
    """A part by the prices of a node: ``value`` that no plan in it is below, and what it would be with a label or an allocation decided otherwise.

    With f_a + g_b ≤ q_ij(a, b) (where that fails, the most by which it does is taken off) every pair's cost becomes one of its nodes' own, θ_ia; Σ_a z_ia = 1 is
    priced at u_i; what a label then brings if it is open is ρ_a, and the least ρ that a plan may have is added up.
    """

    def __init__(self, of: _OverLabels, part: _Part, node: Node) -> None:
        self.of, self.part = of, part
        self.labels = np.flatnonzero(part.sign >= 0)
        self.at = np.full(len(part.sign), -1)
        self.at[self.labels] = np.arange(len(self.labels))
        self.room = of.room[self.labels]
        may = part.may[:, self.labels]
        theta, off = _with_pairs(of, may, self.labels, node)
        self.gain = np.where(may, theta - node.dual.u[:, None], np.inf)
        self.base = float(node.dual.u.sum()) - off
        self.rho = np.array([self.brought(a) for a in range(len(self.labels))])
        self.value = self.least(self.rho, part.sign[self.labels])

    def brought(self, a: int, with_node: int = -1) -> float:
        """ρ of the label at place ``a``; the hub's own node is in it, and ``with_node``."""
        label, gain = int(self.labels[a]), self.gain[:, a]
        held = np.isin(np.arange(len(gain)), [self.of.node[label], with_node])
        if not self.of.is_loaded:
            return float(self.of.fixed[label] + gain[held].sum() + np.minimum(gain[~held], 0.0).sum())
        return float(self.of.fixed[label] + gain[held].sum() + _loaded(self.of, label, gain, held))

    def least(self, rho: Floats, sign: Ints) -> float:
        """The least that hubs with these ``sign`` can bring, with all prices."""
        tiers, total = self.of.problem.tiers, self.base
        if np.isnan(total) or np.isnan(rho).any():
            return -math.inf
        if tiers is None and np.isfinite(self.room).all() and self.of.weight.sum() > 0:
            return total + self._holding_all(rho, sign)
        if tiers is None:
            free = np.sort(rho[sign == 0])
            paying = free[free < 0] if (sign == 1).any() or (free < 0).any() else free[:1]
            return float(total + rho[sign == 1].sum() + paying.sum()) if (sign >= 0).any() else math.inf
        for tier, count in enumerate(tiers):
            own = self.of.tier[self.labels] == tier
            wanted, free = count - int((sign[own] == 1).sum()), np.sort(rho[own & (sign == 0)])
            if not 0 <= wanted <= len(free):
                return math.inf
            total += float(rho[own & (sign == 1)].sum() + free[:wanted].sum())
        return total

    def _holding_all(self, rho: Floats, sign: Ints) -> float:
        """The least that labels bring which together have room for all load: all that pay, and of the others those that aren't worth leaving out."""
        pays, dear = (sign == 1) | ((sign == 0) & (rho < 0)), (sign == 0) & (rho >= 0) & np.isfinite(rho)
        spare = float(self.room[pays | dear].sum() - self.of.weight.sum())
        return math.inf if spare < 0 else float(rho[pays | dear].sum()) + packed(-rho[dear], self.room[dear], spare)

    def otherwise(self, label: int, sign: int, rho: float | None = None) -> float:
        """The bound with a label open (1) or shut (-1), and ``rho`` in place of its own; inf where that is none of this part's plans."""
        a, signs, values = int(self.at[label]), self.part.sign[self.labels].copy(), self.rho
        if a < 0:
            return math.inf if sign > 0 else self.value
        if rho is not None:
            values = values.copy()
            values[a] = rho
        if signs[a] == -sign:
            return math.inf
        signs[a] = sign
        return self.least(values, signs)

    def allocated(self, node: int, label: int) -> float:
        """The bound with a node allocated to a label; inf where that is none of this part's plans."""
        a = int(self.at[label])
        if a < 0 or not self.part.may[node, label]:
            return math.inf
        return self.otherwise(label, 1, self.brought(a, node))


def _with_pairs(of: _OverLabels, may: Bools, labels: Ints, node: Node) -> tuple[Floats, float]:
    """(θ (n, A) over ``labels``, what is taken off where two prices are above a pair's cost)."""
    n, flow, theta, off, row = len(may), of.problem.flow, of.linear[:, labels].copy(), 0.0, -1
    place = np.searchsorted(node.labels, labels)
    for i in range(n):
        for j in range(i + 1, n):
            row += 1
            both = flow[i, j] + flow[j, i]
            if both == 0:
                continue
            if len(node.dual.g):
                one, other = node.dual.f[row, place], node.dual.g[row, place]
            else:  # one function for both, in units of the way between two hubs
                one = both * node.dual.f[row, place]
                other = -one
            one, other = one[may[i]], other[may[j]]
            if not (np.isfinite(one).all() and np.isfinite(other).all()):
                return theta, math.inf
            theta[i, may[i]] += one
            theta[j, may[j]] += other
            above = one[:, None] + other[None, :] - _pair_cost(of, i, j, labels[may[i]], labels[may[j]])
            off += max(0.0, float(above.max()))
    return theta, off


def _loaded(of: _OverLabels, label: int, gain: Floats, held: Bools) -> float:
    """What nodes bring a hub beside those it holds, with what its load costs: whole ones where it has but a room, else in part, and then convex in the load, so least where a node or a knee ends."""
    weight, load = of.weight, float(of.weight[held].sum())
    others, room = ~held & np.isfinite(gain), float(of.room[label])
    if of.problem.congestion is None and of.least[label] == 0 and np.isfinite(room):
        return math.inf if load > room * (1 + 1e-12) else packed(gain[others], weight[others], room - load)
    idle = float(np.minimum(gain[others & (weight == 0)], 0.0).sum())
    some = np.flatnonzero(others & (weight > 0))
    order = some[np.argsort(gain[some] / weight[some], kind="stable")]
    loads = np.append(load, load + np.cumsum(weight[order]))
    sums = np.append(0.0, np.cumsum(gain[order]))
    low, high = max(load, float(of.least[label])), min(room, float(loads[-1]))
    if low > high * (1 + 1e-12):
        return math.inf
    congestion = of.problem.congestion
    knees = np.zeros(0) if congestion is None else congestion.knees
    points = np.clip(np.concatenate([loads, knees, [low, high]]), low, high)
    cost = np.interp(points, loads, sums)
    if congestion is not None:
        ends = np.append(knees[1:], np.inf)
        for start, end, slope in zip(knees, ends, congestion.slopes, strict=True):
            cost = cost + slope * np.clip(np.minimum(points, end) - start, 0.0, None)
    return float(cost.min()) + idle


def packed(gain: Floats, weight: Floats, room: float) -> float:
    """The least sum of ``gain`` (m,) of any of these that fit into ``room``, each whole: by lists of what no other choice beats (Nemhauser and Ullmann 1969).

    Where the lists grow beyond what can be held, a part of one may be split, which is no more.
    """
    idle = float(gain[(gain < 0) & (weight == 0)].sum())
    some = np.flatnonzero((gain < 0) & (weight > 0) & (weight <= room))
    order = some[np.argsort(gain[some] / weight[some], kind="stable")]
    gain, weight = gain[order], weight[order]
    rates = np.append(gain / weight, 0.0)
    loads, sums, best = np.zeros(1), np.zeros(1), 0.0
    for k in range(len(gain)):
        fits = loads + weight[k] <= room
        loads, sums = np.append(loads, loads[fits] + weight[k]), np.append(sums, sums[fits] + gain[k])
        by = np.argsort(loads, kind="stable")
        loads, sums = loads[by], sums[by]
        best = min(best, float(sums.min()))
        least = np.minimum.accumulate(sums)
        hopes = sums + (room - loads) * rates[k + 1]
        if len(loads) > _LISTED:
            return idle + min(best, float(hopes.min()))
        keep = (sums < np.append(np.inf, least[:-1])) & (hopes < best)
        loads, sums = loads[keep], sums[keep]
    return idle + best


def bound_of(problem: HubProblem, proof: Proof) -> tuple[float, list[str]]:
    """(What no plan is below by a proof alone, inf where it leaves none; what keeps it from being one): the least over all parts that it splits the plans into.

    Parents stand before their children. Without a proof 0: no part of a cost is below that.
    """
    of = _over_labels(problem)
    if not proof:
        return 0.0, []
    parts: list[_Part | None] = [None] * len(proof)
    here, apart = np.full(len(proof), math.inf), np.full(len(proof), math.inf)
    parts[0], reached = _settled(of, *_everything(of)), {0}
    for k, node in enumerate(proof):
        if k not in reached:
            return -math.inf, [f"node {k} of the proof belongs to no other"]
        then = [t for t in node.then if t != UNSEEN]
        if any(not k < t < len(proof) or t in reached for t in then) or len(set(then)) < len(then):
            return -math.inf, [f"node {k} of the proof has children that can't be its own"]
        if broken := _unreadable(of, node):
            return -math.inf, [f"node {k} of the proof {broken}"]
        reached |= set(then)
        part, parts[k] = parts[k], None
        if part is None:  # no plan is left, and none in what it falls into
            continue
        if (part.may.sum(axis=1) == 1).all():
            here[k] = _only_plan(of, part)
        elif not np.isin(np.flatnonzero(part.sign >= 0), node.labels).all():
            return -math.inf, [f"node {k} of the proof has no prices for a label that may open"]
        else:
            priced = _Priced(of, part, node)
            here[k] = priced.value
            if node.then:
                apart[k] = min(
                    [priced.otherwise(a, 1) for a in node.shut.tolist()] + [priced.otherwise(a, -1) for a in node.opened.tolist()]
                    + [priced.allocated(i, a) for i, a in node.barred.tolist()], default=math.inf,
                )  # fmt: skip
        for t, child in zip(node.then, _children(of, part, node), strict=True):
            if t != UNSEEN:
                parts[t] = child
    for k in range(len(proof) - 1, -1, -1):
        below = [-math.inf if t == UNSEEN else float(here[t]) for t in proof[k].then]
        here[k] = max(here[k], min([*below, apart[k]]) if below else -math.inf)
    return float(here[0]), []


def _unreadable(of: _OverLabels, node: Node) -> str:
    """What keeps a node from being read at all; empty where nothing does."""
    n, k, prices = len(of.weight), len(of.node), (len(of.weight) * (len(of.weight) - 1) // 2, len(node.labels))
    dual, inside = node.dual, [node.labels, node.shut, node.opened, node.barred[:, 1]]
    if dual.f.shape != prices or dual.u.shape != (n,) or (len(dual.g) and dual.g.shape != prices):
        return "has prices of the wrong shape"
    if not np.isfinite(dual.u).all():
        return "has a price that is no number"
    if any(((x < 0) | (x >= k)).any() for x in inside) or ((node.barred[:, 0] < 0) | (node.barred[:, 0] >= n)).any():
        return "names a label or a node that isn't there"
    if (np.diff(node.labels) <= 0).any():
        return "has labels out of order"
    if len(node.then) != (2 if node.decision is not None else min(len(node.then), 1)):
        return "falls into parts that don't make it up"
    if node.decision is not None and not (0 <= node.decision[0] < k and -1 <= node.decision[1] < n):
        return "decides on a label or a node that isn't there"
    return ""


def _children(of: _OverLabels, part: _Part, node: Node) -> list[_Part | None]:
    """The parts that what a node doesn't leave out falls into."""
    sign, may = part.sign.copy(), part.may.copy()
    if (sign[node.shut] == 1).any() or (sign[node.opened] == -1).any() or np.isin(node.shut, node.opened).any():
        return [None] * len(node.then)
    sign[node.shut], sign[node.opened] = -1, 1
    may[node.barred[:, 0], node.barred[:, 1]] = False
    if node.decision is None:
        return [_settled(of, sign, may)] * len(node.then)
    label, of_node = node.decision
    out: list[_Part | None] = []
    for is_first in (True, False):
        signs, allowed = sign.copy(), may.copy()
        if of_node < 0:
            wanted = -1 if is_first else 1
            if signs[label] == -wanted:
                out.append(None)
                continue
            signs[label] = wanted
        elif is_first:
            allowed[of_node] = False
            allowed[of_node, label] = may[of_node, label]
        else:
            allowed[of_node, label] = False
        out.append(_settled(of, signs, allowed))
    return out


def _only_plan(of: _OverLabels, part: _Part) -> float:
    """The cost of the one allocation that a part leaves; inf where it is no plan."""
    label = np.argmax(part.may, axis=1)
    hubs, tiers = of.node[label], of.tier[label]
    return math.inf if _faults_of_plan(of.problem, hubs, tiers) else cost_of(of.problem, hubs, tiers)
