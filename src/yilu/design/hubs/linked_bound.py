"""A certified lower bound for hub problems that share their hubs, by Lagrangean duality, and the tree that closes it.

Price what ties the parts together, μ_sa on y_sa − y_(s+1)a, free where hubs are the same and ≥ 0 where they stay (y_s ≤ y_(s+1)); the parts then fall apart,

    L(μ) = Σ_s π_s · min over plans of part s of {cost_s + Σ_a (μ_sa − μ_(s−1)a) / π_s · y_sa},

each with its fixed costs shifted, and each bounded as in ``bound``. With μ = 0 this is the sum of what each part by itself costs at least (for scenarios:
wait and see). Every μ gives a valid bound (nonanticipativity: Rockafellar and Wets 1976; scenario decomposition with branching: Carøe and Schultz 1999).
μ moves along the averaged y_s − y_(s+1), in turn with the parts' own duals.

With every other part at its bound b_t, a plan better than ``best`` costs part s at most (best − Σ_{t≠s} π_t b_t) / π_s: what part s costs more with a label
open is out for all parts it binds. Branching halves one part, and what it decides is carried to the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from yilu.design.hubs.bound import Ascent, Pace, first
from yilu.design.hubs.branch import Waiting, children, closes
from yilu.design.hubs.linked_search import Linked, LinkedPlan
from yilu.design.hubs.model import Bools, Floats, Ints

_TURN = 25
"""Rounds of the parts' duals between two steps of the prices between parts; at the last of them labels are fixed."""
_BEGUN = 130
"""Rounds of each part by itself at the start."""
_SHORT = 0.03


@dataclass(frozen=True)
class Node:
    """A node of the tree: each part with its dual over the labels left to it, and ``price`` (S − 1, K) μ over all labels."""

    parts: tuple[Waiting, ...]
    price: Floats


@dataclass(frozen=True)
class Risen:
    """The best ``bound`` of a run, inf where no better plan is left, the ``node`` then, and the prices (μ, duals) as they gave the bound."""

    bound: float
    node: Node


def begun(linked: Linked, plan: LinkedPlan, stop: Callable[[], bool]) -> Risen:
    """Every part's own dual after some rounds, without prices between parts, and the sum of their bounds; nothing is fixed yet."""
    parts, bounds = [], np.zeros(linked.never)
    for s, (model, at, cost) in enumerate(zip(linked.models, plan.at, plan.costs.tolist(), strict=True)):
        ascent = Ascent(model, first(model, at))
        ascent.step(cost, np.inf)
        while ascent.rounds < _BEGUN and not stop():
            ascent.step(cost, np.inf)
        parts.append(Waiting(ascent.model, ascent.labels, ascent.dual, ascent.share))
        bounds[s] = ascent.bound
    return Risen(float(linked.weight @ bounds), Node(tuple(parts), np.zeros((linked.never - 1, len(plan.since)))))


def shifts(linked: Linked, price: Floats) -> Floats:
    """(S, K): what opening a label costs more in each part under the prices μ."""
    none = np.zeros((1, price.shape[1]))
    return np.asarray((np.vstack([price, none]) - np.vstack([none, price])) / linked.weight[:, None])


def rise(linked: Linked, node: Node, plan: LinkedPlan, stop: Callable[[], bool], turns: int, length: float) -> Risen:
    """Raise the bound for ``turns`` turns, until it meets the cost of ``plan``, the best known, ``stop`` says so, or steps have become short."""
    top, held = -np.inf, node
    for _ in range(turns):
        bounds, node = _turn(linked, node, plan, length, stop)
        total = float(linked.weight @ bounds)
        if total > top:
            length = length if total > top + 1e-5 * abs(plan.cost) else 0.8 * length
            top, held = total, node
        else:
            length *= 0.8
        if closes(top, plan.cost) or length < _SHORT or stop():
            break
        left = agreed(linked, node)
        if left is None:
            return Risen(np.inf, held)
        node = _moved(linked, left, plan.cost - total, length)
    return Risen(top, held)


def _turn(
    linked: Linked, node: Node, plan: LinkedPlan, length: float, stop: Callable[[], bool]
) -> tuple[Floats, Node]:  # fmt: skip
    """(bounds (S,) of the parts under the node's prices, the node after some rounds of every part)."""
    shift = shifts(linked, node.price)
    aims = plan.costs + np.where(plan.since[None, :] <= np.arange(linked.never)[:, None], shift, 0.0).sum(axis=1)
    ascents = [
        Ascent(replace(p.model, fixed=p.model.fixed + shift[s, p.labels]), p.dual, p.share, Pace(length, 10**9, 0.0))
        for s, p in enumerate(node.parts)
    ]
    for ascent, aim in zip(ascents, aims.tolist(), strict=True):
        ascent.step(aim, np.inf)
    bounds = np.array([ascent.bound for ascent in ascents])
    for _ in range(_TURN - 1):
        if np.isinf(bounds).any() or stop():
            break
        for s, ascent in enumerate(ascents):
            room = max(plan.cost - float(linked.weight @ bounds), 0.0) / float(linked.weight[s])
            ascent.step(float(bounds[s]) + room / len(ascents), float(bounds[s]) + room)
            bounds[s] = ascent.bound
            if np.isinf(bounds[s]):
                break
    parts = [
        Waiting(replace(a.model, fixed=p.model.fixed[a.labels]), p.labels[a.labels], a.dual, a.share)
        for p, a in zip(node.parts, ascents, strict=True)
    ]
    return bounds, Node(tuple(parts), node.price)


def _moved(linked: Linked, node: Node, gap: float, length: float) -> Node:
    """μ moved along the averaged y_s − y_(s+1), at most as far as would close the ``gap``."""
    share = np.zeros((linked.never, node.price.shape[1]))
    for s, part in enumerate(node.parts):
        share[s, part.labels] = part.share[part.model.node, np.arange(len(part.labels))]
    along = share[:-1] - share[1:]
    if linked.stays:
        along = np.where((along < 0.0) & (node.price <= 0.0), 0.0, along)
    norm = float((along**2).sum())
    if norm < 1e-12:
        return node
    price = node.price + 0.5 * length * max(gap, 0.0) / norm * along
    return Node(node.parts, np.maximum(price, 0.0) if linked.stays else price)


def agreed(linked: Linked, node: Node) -> Node | None:
    """The node with what one part has ruled out, or must open, carried to the parts it binds; None where that leaves no plan."""
    has, must = (np.zeros((linked.never, node.price.shape[1]), np.bool_) for _ in range(2))
    for s, part in enumerate(node.parts):
        has[s, part.labels], must[s, part.labels] = True, part.model.forced
    while True:
        before = int(has.sum()) + int((~must).sum())
        has, must = _carried(linked, has, must)
        if (must & ~has).any() or not has.any(axis=1).all():
            return None
        if int(has.sum()) + int((~must).sum()) == before:
            break
    parts = []
    for s, part in enumerate(node.parts):
        model, forced = part.model, must[s, part.labels]
        fresh = np.flatnonzero(forced & ~model.forced)
        allowed = model.allowed.copy()
        allowed[model.node[fresh]] = False
        allowed[model.node[fresh], fresh] = True
        left = part.only(replace(model, forced=forced, allowed=allowed), np.flatnonzero(has[s, part.labels]))
        if not left.model.allowed.any(axis=1).all():
            return None
        parts.append(left)
    return Node(tuple(parts), node.price)


def _carried(linked: Linked, has: Bools, must: Bools) -> tuple[Bools, Bools]:
    """One round of carrying over: (S, K) labels that may open, and that must; a ``must`` outside ``has`` says that there is no plan."""
    if linked.stays:
        must = np.logical_or.accumulate(must, axis=0)
        has = np.logical_and.accumulate(has[::-1], axis=0)[::-1].copy()
    else:
        must, has = np.tile(must.any(axis=0), (len(must), 1)), np.tile(has.all(axis=0), (len(has), 1))
    for s, model in enumerate(linked.models):
        times = np.bincount(model.node[must[s]], minlength=int(model.node.max()) + 1)
        has[s] &= (times[model.node] == 0) | (must[s] & (times[model.node] == 1))
        if model.is_free:
            continue
        for tier, wanted in enumerate(model.count.tolist()):
            own = model.tier == tier
            opened, left = int((must[s] & own).sum()), int((has[s] & own).sum())
            if opened > wanted or left < wanted:
                has[s] = False
            elif opened == wanted:
                has[s] &= ~own | must[s]
            elif left == wanted:
                must[s] |= has[s] & own
    return has, must


def branches(
    linked: Linked, root: Risen, best: Callable[[], LinkedPlan], see: Callable[[Ints], None], stop: Callable[[], bool], turns: int = 4
) -> Iterator[tuple[float, int]]:  # fmt: skip
    """(bound of the whole, nodes bounded) after every node, from ``root`` until no open node is below ``best()``; ``see`` is told allocations (S, n) of labels
    of nodes that leave no other."""
    number, done = count(), 0
    heap: list[tuple[float, int, Node]] = []

    def part(node: Node, floor: float) -> None:
        halves = _halves(linked, node)
        if halves is None:
            see(np.array([p.labels[np.argmax(p.model.allowed, axis=1)] for p in node.parts]))
        for half in halves or ():
            heapq.heappush(heap, (floor, next(number), half))

    whole = agreed(linked, root.node)
    if whole is not None and not closes(root.bound, best().cost):
        part(whole, root.bound)
    while heap and not closes(heap[0][0], best().cost):
        floor, _, node = heapq.heappop(heap)
        risen = rise(linked, node, best(), stop, turns, 0.5)
        if stop():
            return
        done += 1
        own = max(floor, risen.bound)
        left = None if closes(own, best().cost) else agreed(linked, risen.node)
        if left is not None:
            part(left, own)
        yield min(heap[0][0] if heap else np.inf, best().cost), done
    yield best().cost, done


def _halves(linked: Linked, node: Node) -> list[Node] | None:
    """Both halves of the part in most doubt, those that leave a plan; None where every part has but one plan."""
    for s in np.argsort([-_doubt(part) for part in node.parts], kind="stable").tolist():
        _, halves = children(node.parts[s])
        if halves:
            nodes = [Node(node.parts[:s] + (half,) + node.parts[s + 1 :], node.price) for half in halves]
            return [left for left in (agreed(linked, half) for half in nodes) if left is not None]
    return None


def _doubt(part: Waiting) -> float:
    """How undecided the hubs of a part are, -1 where they are decided."""
    own = part.share[part.model.node, np.arange(len(part.labels))]
    return float(np.max(np.where(part.model.forced, -1.0, np.minimum(own, 1.0 - own)), initial=-1.0))
