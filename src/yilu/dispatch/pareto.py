"""Every journey that is not beaten in time, cost and carbon at once: the connection scan with bags of labels.

A *label* is one way of being at a place: arrival, the minute from which it can leave, cost, carbon. One label beats another where it is nowhere worse. Each place
keeps the labels that none beats, and a connection takes on all that are ready when it departs. Labels of one connection share their minutes, so that from then on only cost and
carbon tell them apart; bags stay small, and the scan stays one pass (Dibbelt et al. 2018, section 5, with sums in place of the number of changes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.connections import Connections, Ints

_ROOM = 1 << 14
_ARRIVES, _READY, _COST, _CARBON, _BY, _BEFORE, _NEXT = range(7)


@dataclass(frozen=True)
class Choices:
    """Labels from one start. ``labels`` (n, 7) int32: arrival, ready (minutes), cost (tenths of a yuan), carbon (tens of grams), connection (-1: the start), label before it, next of the same place.

    ``head`` (places,): a place's first label, -1 for none.
    """

    connections: Connections
    labels: NDArray[np.int32]
    head: Ints

    def at(self, place: int) -> NDArray[np.int64]:
        """Labels at a place of which none beats another in arrival, cost and carbon, by arrival; equal ones once."""
        found, at = list[int](), int(self.head[place])
        while at >= 0:
            found.append(at)
            at = int(self.labels[at, _NEXT])
        rows = np.array(sorted(found), np.int64)
        order = np.lexsort((self.labels[rows, _CARBON], self.labels[rows, _COST], self.labels[rows, _ARRIVES]))
        return np.asarray(_unbeaten(self.labels, rows[order]))

    def values(self, place: int) -> NDArray[np.int32]:
        """(n, 3): arrival, cost, carbon of the labels ``at`` a place."""
        return np.asarray(self.labels[self.at(place)][:, [_ARRIVES, _COST, _CARBON]])

    def fronts(self, places: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """``values`` of several different places at once: where each place's begin (P + 1,), and all of them (n, 3)."""
        return _fronts(self.labels, self.head, np.asarray(places, np.int64))  # type: ignore[no-any-return]

    def journey(self, label: int) -> list[int]:
        """The connections, in order, that a label stands for."""
        found = list[int]()
        while label >= 0 and self.labels[label, _BY] >= 0:
            found.append(int(self.labels[label, _BY]))
            label = int(self.labels[label, _BEFORE])
        return found[::-1]


def choices(of: Connections, place: int, minute: int) -> Choices:
    """All choices of an item that is ready at ``place`` from ``minute`` on, to all places."""
    first, room = of.first_from(minute), _ROOM
    while True:
        labels, head = np.empty((room, 7), np.int32), np.full(of.places, -1, np.int32)
        labels[0] = (minute, minute, 0, 0, -1, -1, -1)
        head[place] = 0
        used = _bags(of.source, of.target, of.departs, of.arrives, of.ready, of.cost, of.carbon, first, labels, head)
        if used >= 0:
            return Choices(of, labels[:used].copy(), head)
        room *= 4


@njit(cache=True, nogil=True)
def _bags(source, target, departs, arrives, ready, cost, carbon, first, labels, head):
    """Fill bags from connection ``first`` on. Returns how many labels were made, -1 where they are more than there is room for."""
    used = 1
    for c in range(first, len(source)):
        at = head[source[c]]
        while at >= 0:
            follows = labels[at, _NEXT]
            if labels[at, _READY] <= departs[c]:
                if used == len(labels):
                    return -1
                labels[used, _ARRIVES] = arrives[c]
                labels[used, _READY] = ready[c]
                labels[used, _COST] = labels[at, _COST] + cost[c]
                labels[used, _CARBON] = labels[at, _CARBON] + carbon[c]
                labels[used, _BY] = c
                labels[used, _BEFORE] = at
                if _put(labels, head, target[c], used):
                    used += 1
            at = follows
    return used


@njit(cache=True, nogil=True)
def _unbeaten(labels, rows):
    """Those of a place's labels, in order of arrival, cost and carbon, that none before them beats: what can be ready sooner is no gain where the journey ends."""
    kept = np.empty(len(rows), np.int64)
    count = 0
    for row in rows:
        beaten = False
        for i in range(count):
            if labels[kept[i], _COST] <= labels[row, _COST] and labels[kept[i], _CARBON] <= labels[row, _CARBON]:
                beaten = True
                break
        if not beaten:
            kept[count] = row
            count += 1
    return kept[:count]


@njit(cache=True, nogil=True)
def _before(labels, a, b):
    """Whether a label comes before another in the order of arrival, cost and carbon."""
    for column in (_ARRIVES, _COST, _CARBON):
        if labels[a, column] != labels[b, column]:
            return labels[a, column] < labels[b, column]
    return a < b


@njit(cache=True, nogil=True)
def _fronts(labels, head, places):
    first, values = np.zeros(len(places) + 1, np.int64), np.empty((len(labels), 3), np.int32)
    bag, count = np.empty(len(labels), np.int64), 0
    for i in range(len(places)):
        held, at = 0, head[places[i]]
        while at >= 0:
            j = held
            while j > 0 and _before(labels, at, bag[j - 1]):
                bag[j] = bag[j - 1]
                j -= 1
            bag[j] = at
            held += 1
            at = labels[at, _NEXT]
        for label in _unbeaten(labels, bag[:held]):
            values[count, 0] = labels[label, _ARRIVES]
            values[count, 1] = labels[label, _COST]
            values[count, 2] = labels[label, _CARBON]
            count += 1
        first[i + 1] = count
    return first, values[:count].copy()


@njit(cache=True, nogil=True)
def _beats(labels, a, b):
    return (
        labels[a, _ARRIVES] <= labels[b, _ARRIVES]
        and labels[a, _READY] <= labels[b, _READY]
        and labels[a, _COST] <= labels[b, _COST]
        and labels[a, _CARBON] <= labels[b, _CARBON]
    )


@njit(cache=True, nogil=True)
def _put(labels, head, place, new):
    """Put a label into a place's bag, and what it beats out. Returns False where it is beaten itself; labels put out stay where they are, for journeys that go on from them."""
    at, before = head[place], -1
    while at >= 0:
        if _beats(labels, at, new):
            return False
        at = labels[at, _NEXT]
    at = head[place]
    while at >= 0:
        follows = labels[at, _NEXT]
        if _beats(labels, new, at):
            if before < 0:
                head[place] = follows
            else:
                labels[before, _NEXT] = follows
        else:
            before = at
        at = follows
    labels[new, _NEXT] = head[place]
    head[place] = new
    return True
