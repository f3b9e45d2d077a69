"""From a bound to a proof: branch and bound on labels that open, then on allocations, each node with the dual of its parent.

The open node of the least bound comes next, so that the least of all open nodes is a valid bound for the whole at any time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from yilu.design.hubs.bound import Ascent, Dual, Pace
from yilu.design.hubs.model import Floats, Ints, Model, only
from yilu.design.hubs.proof import Ledger, Place

_BRISK = Pace(0.5, 12, 0.02)
"""A node begins where its parent stood: its first steps are short, and it is left early for one of its children."""


@dataclass(frozen=True)
class Waiting:
    """A node of the tree before it is bounded: its ``model`` over ``labels`` (of the whole), with the dual and averaged allocation of its parent."""

    model: Model
    labels: Ints
    dual: Dual
    share: Floats

    def only(self, model: Model, kept: Ints) -> Waiting:
        """The node under ``model``, over some of its labels."""
        if len(kept) == len(self.labels):
            return Waiting(model, self.labels, self.dual, self.share)
        return Waiting(
            only(model, kept), self.labels[kept], self.dual.only(kept), np.ascontiguousarray(self.share[:, kept])
        )


@dataclass(frozen=True)
class Branch:
    """One step of the tree: the global ``bound`` then, how many nodes were ``done`` and are ``open``, and the ``node`` as its ascent left it."""

    bound: float
    done: int
    open: int
    node: Waiting


def branches(
    root: Waiting, bound: float, best: Callable[[], float], see: Callable[[Ints], None], stop: Callable[[], bool], ledger: Ledger, number: int,
    rounds: int = 120,
) -> Iterator[Branch]:  # fmt: skip
    """Branch from ``root``, whose bound is ``bound``, until no open node is below ``best()``, giving every node as it is bounded.

    ``best`` may fall meanwhile; ``see`` is told the plan, (n,) labels of the whole, of a node that holds but one; ``stop`` is asked every round of
    every node. ``ledger`` keeps what the bounds rest on, the root's at ``number``.
    """
    turn = count()
    heap: list[tuple[float, int, Waiting, Place]] = []

    def part(node: Waiting, floor: float, number: int) -> None:
        decision, halves = children(node)
        if halves:
            ledger.split(number, decision)
        for side, child in enumerate(halves):
            heapq.heappush(heap, (floor, next(turn), child, (number, side)))
        if not halves and node.model.allowed.any(axis=1).all() and (node.model.is_free or _all_decided(node.model)):
            see(node.labels[np.argmax(node.model.allowed, axis=1)])

    part(root, bound, number)
    done = 0
    while heap and not closes(heap[0][0], best()):
        floor, _, node, place = heapq.heappop(heap)
        ledger.enter(place, node.labels)
        ascent = Ascent(node.model, node.dual, node.share, _BRISK, ledger.note)
        while ascent.rounds < rounds and not ascent.is_over and not closes(ascent.bound, best()):
            if stop():
                return
            ascent.step(best())
        done += 1
        left = Waiting(ascent.model, node.labels[ascent.labels], ascent.dual, ascent.share)
        own, number = max(floor, ascent.bound), ledger.end(ascent.labels, ascent.dual)
        if not closes(own, best()):
            part(left, own, number)
        yield Branch(min(heap[0][0] if heap else np.inf, best()), done, len(heap), left)
    yield Branch(best(), done, 0, root)


def closes(bound: float, cost: float) -> bool:
    """Whether nothing better than ``cost`` can be above ``bound``, to a relative 1e-9."""
    return bound >= cost - 1e-9 * abs(cost)


def children(node: Waiting) -> tuple[tuple[int, int], list[Waiting]]:
    """((label, node), the two halves): with node -1 the label is shut or opens; where all are decided, the node is allocated to the label or not.

    There are no halves where nothing is left to decide.
    """
    model, share = node.model, node.share
    labels = np.arange(len(model.fixed))
    of_label = share[model.node, labels]
    doubt = np.where(model.forced, 0.0, np.minimum(of_label, 1 - of_label))
    undecided = ~model.forced
    if undecided.any() and (doubt.max() > 0.01 or not _all_decided(model)):
        a = int(np.argmax(np.where(undecided, doubt + 1e-6 * of_label, -1.0)))
        shut = np.delete(labels, a)
        forced = model.forced.copy()
        forced[a] = True
        allowed = model.allowed.copy()
        allowed[model.node[a]] = False
        allowed[model.node[a], a] = True
        others = np.flatnonzero((model.node == model.node[a]) & (labels != a))  # the site's other tiers
        kept = np.setdiff1d(labels, others)
        halves = [node.only(model, shut), node.only(replace(model, forced=forced, allowed=allowed), kept)]
        return (int(node.labels[a]), -1), halves
    free = model.allowed.sum(axis=1) > 1
    free[model.node[model.forced]] = False
    split = np.where(model.allowed & free[:, None], np.minimum(share, 1 - share) + 1e-6 * share, -1.0)
    if split.max() < 0:
        return (-1, -1), []
    i, a = (int(x) for x in np.unravel_index(np.argmax(split), split.shape))
    with_it, without = model.allowed.copy(), model.allowed.copy()
    with_it[i] = False
    with_it[i, a] = True
    without[i, a] = False
    return (int(node.labels[a]), i), [node.only(replace(model, allowed=of), labels) for of in (with_it, without)]


def _all_decided(model: Model) -> bool:
    return not model.is_free and int(model.forced.sum()) == int(model.count.sum())
