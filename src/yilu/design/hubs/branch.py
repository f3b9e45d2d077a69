"""From a bound to a proof: branch and bound on labels that open, then on allocations, each node with the dual of its parent.

The open node of the least bound comes next, so that the least of all open nodes is a valid bound for the whole at any time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from yilu.design.hubs.bound import Bounded, Pace, rise
from yilu.design.hubs.model import Ints, Model, only

_BRISK = Pace(0.5, 12, 0.02)
"""A node begins where its parent stood: its first steps are short, and it is left early for one of its children."""


@dataclass(frozen=True)
class Branch:
    """One step of the tree: the global ``bound`` then, how many nodes were ``done`` and are ``open``, and the node that was just bounded
    (``found``) with its ``labels`` in the whole model."""

    bound: float
    done: int
    open: int
    found: Bounded
    labels: Ints


def branches(root: Bounded, best: Callable[[], float], stop: Callable[[float, int], bool], rounds: int = 120) -> Iterator[Branch]:
    """Branch from ``root`` until no open node is below ``best()``, giving every node as it is bounded; ``best`` may fall meanwhile."""
    heap: list[tuple[float, int, Bounded, Ints]] = []
    number = 0

    def put(bound: float, found: Bounded, labels: Ints) -> None:
        nonlocal number
        number += 1
        heapq.heappush(heap, (bound, number, found, labels))

    for child in children(root):
        put(root.bound, child, root.labels[child.labels])
    done = 0
    while heap:
        floor, _, waiting, labels = heapq.heappop(heap)
        value = best()
        if floor >= value - 1e-9 * abs(value):
            return
        if stop(floor, done):
            return
        found = rise(
            waiting.model, waiting.dual, value, lambda bound, n: n >= rounds or stop(floor, done), waiting.share, _BRISK
        )
        done += 1
        own = labels[found.labels]
        bound = max(floor, found.bound)
        if bound < value - 1e-9 * abs(value):
            for child in children(found):
                put(bound, child, own[child.labels])
        least = min(min((b for b, *_ in heap), default=value), value)
        yield Branch(least, done, len(heap), found, own)


def children(node: Bounded) -> list[Bounded]:
    """The two halves of a node: a label opens or not; where all are decided, one node is allocated to a label or not."""
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
        return [_part(node, model, shut), _part(node, replace(model, forced=forced, allowed=allowed), kept)]
    free = model.allowed.sum(axis=1) > 1
    free[model.node[model.forced]] = False
    split = np.where(model.allowed & free[:, None], np.minimum(share, 1 - share) + 1e-6 * share, -1.0)
    if split.max() < 0:
        return []
    i, a = (int(x) for x in np.unravel_index(np.argmax(split), split.shape))
    with_it, without = model.allowed.copy(), model.allowed.copy()
    with_it[i] = False
    with_it[i, a] = True
    without[i, a] = False
    return [_part(node, replace(model, allowed=of), labels) for of in (with_it, without)]


def _all_decided(model: Model) -> bool:
    return not model.is_free and int(model.forced.sum()) == int(model.count.sum())


def _part(node: Bounded, model: Model, kept: Ints) -> Bounded:
    if len(kept) == len(model.fixed):
        return replace(node, model=model, labels=kept)
    return replace(node, model=only(model, kept), dual=node.dual.only(kept), share=np.ascontiguousarray(node.share[:, kept]), labels=kept)
