"""What a bound rests on, kept as it is found: a tree of parts of all plans, which ``certificate`` recomputes by other means.

As in ``yilu.design.location`` a part is left out because prices show that no plan in it is cheaper than the best one, or falls into two that cover it. There
a part is a choice of sites; here allocations are decided besides, and the prices belong to pairs of nodes, so that a node of the proof is large.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from yilu.design.hubs.bound import Dual
from yilu.design.hubs.model import Ints, Model

_MOST_NUMBERS = 40_000_000
"""Prices that all nodes of a proof may hold together (320 MB); past that the search ends with the bound it has."""
_OF_ROOT = 0.5
"""The part of these that may be spent before there is a tree."""
_WORTH = 0.95
"""Allocations are left out only where this share or less remains, or a label goes or must open: each time costs a copy of the prices."""
UNSEEN = -1


@dataclass(frozen=True)
class Node:
    """One node of a proof: a part of all plans, with prices whose bound holds for it.

    ``labels`` (K',): the labels priced, indices into all (site, tier) that may open, by node, then tier; ``dual`` over them. By these prices no plan is
    cheaper than the best one that opens a label of ``shut``, that doesn't open one of ``opened``, or that has an allocation of ``barred`` (m, 2), node and
    label. ``then``: what is left falls into no other (a leaf), one, or two nodes, places in the proof or ``UNSEEN``; two as ``decision`` (label, node) says: with
    node -1 the label is shut, then open; else the node is allocated to the label, then not.
    """

    labels: Ints
    dual: Dual
    shut: Ints
    opened: Ints
    barred: Ints
    decision: tuple[int, int] | None
    then: tuple[int, ...]


Proof = tuple[Node, ...]
"""A tree of parts; the first node is the whole."""

Place = tuple[int, int]
"""Whose child a node is, and which of its two."""


class Ledger:
    """Keeps the proof while the search goes on, where ``kept``; else it takes note of nothing and forbids nothing.

    Nodes are bounded one after another: ``enter`` says where the next one belongs, ``note`` what it leaves out, ``end`` what its prices were, ``split``
    into what it falls.
    """

    def __init__(self, kept: bool, most: int = _MOST_NUMBERS) -> None:
        self.kept, self.most = kept, most
        self.nodes: list[Node] = []
        self._numbers = 0
        self._place: Place | None = None
        self._labels = np.zeros(0, np.int64)
        self._may_hold = _OF_ROOT * most

    @property
    def is_full(self) -> bool:
        """Whether no more can be kept: a search that needs a proof ends here."""
        return self.kept and self._numbers >= self.most

    @property
    def proof(self) -> Proof:
        """What was kept."""
        return tuple(self.nodes)

    def enter(self, place: Place | None, labels: Ints) -> None:
        """What comes next is about the child at ``place``, or the whole; ``labels`` (K',) in it, of the whole."""
        self._place, self._labels = place, labels
        if place is not None:
            self._may_hold = self.most

    def note(self, labels: Ints, dual: Dual, before: Model, left: Ints, after: Model) -> bool:
        """Keep why a model, ``before`` over ``labels`` (of those entered), shrinks to ``after`` over ``left`` of them; False where it must not."""
        if not self.kept:
            return True
        opened = after.forced & ~before.forced[left]
        barred = before.allowed[:, left] & ~after.allowed
        barred[after.node[opened]] = False  # an open hub's own node has no choice
        narrows = len(left) < len(labels) or opened.any()
        if not narrows and after.allowed.sum() > _WORTH * before.allowed.sum():
            return False
        if self._numbers + _size(dual) > self._may_hold:
            return False
        whole = self._labels[labels]
        node, label = np.nonzero(barred)
        self._keep(
            Node(
                whole, dual.only(np.arange(len(labels))), np.delete(whole, left), whole[left][opened],
                np.column_stack([node, whole[left][label]]), None, (),
            )
        )  # fmt: skip
        return True

    def end(self, labels: Ints, dual: Dual) -> int:
        """Keep the best prices of the node, over ``labels`` of those entered; its place in the proof."""
        if not self.kept:
            return UNSEEN
        none = np.zeros(0, np.int64)
        self._keep(Node(self._labels[labels], dual, none, none, np.zeros((0, 2), np.int64), None, ()))
        return len(self.nodes) - 1

    def split(self, number: int, decision: tuple[int, int]) -> None:
        """The node at ``number`` falls into two."""
        if self.kept:
            self.nodes[number] = replace(self.nodes[number], decision=decision, then=(UNSEEN, UNSEEN))

    def _keep(self, node: Node) -> None:
        here = len(self.nodes)
        if self._place is not None:
            parent, side = self._place
            of = list(self.nodes[parent].then) or [UNSEEN]
            of[side] = here
            self.nodes[parent] = replace(self.nodes[parent], then=tuple(of))
        self.nodes.append(node)
        self._place = (here, 0)
        self._numbers += _size(node.dual)


def _size(dual: Dual) -> int:
    return dual.f.size + dual.g.size + dual.u.size
