"""Earliest arrival and latest departure by a connection scan: all connections once, in the order of time.

Source: Dibbelt, Pajor, Strasser, Wagner, "Connection Scan Algorithm", ACM J. Experimental Algorithmics 23 (2018). As each connection is ready only after it
departs, whatever can be boarded at a departure is known when its turn comes, so that one pass is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from yilu.dispatch.connections import NEVER, Connections, Ints


@dataclass(frozen=True)
class Tree:
    """From one start to all places, (places,): minute of arrival and from which an item can leave again (NEVER: not reached), the connection by which either is so (-1: none)."""

    connections: Connections
    arrives: Ints
    ready: Ints
    by_arrival: Ints
    by_ready: Ints

    def journey(self, place: int) -> list[int]:
        """The connections, in order, of the earliest arrival at a place; empty where it isn't reached, and at the start."""
        at, found = int(self.by_arrival[place]), list[int]()
        while at >= 0:
            found.append(at)
            at = int(self.by_ready[self.connections.source[at]])
        return found[::-1]


@dataclass(frozen=True)
class Latest:
    """To one place by one minute from all places, (places,): the last minute at which an item must be ready there (-1: it can't come), and the connection it then takes."""

    connections: Connections
    ready: Ints
    by: Ints


def earliest(of: Connections, place: int, minute: int, until: int = -1) -> Tree:
    """Earliest arrivals of an item that is ready at ``place`` from ``minute`` on. ``until``: a place after whose arrival nothing more is looked for (-1: all places)."""
    arrives, ready = np.full(of.places, NEVER, np.int32), np.full(of.places, NEVER, np.int32)
    by_arrival, by_ready = np.full(of.places, -1, np.int32), np.full(of.places, -1, np.int32)
    arrives[place] = ready[place] = minute
    first = of.first_from(minute)
    _scan(of.source, of.target, of.departs, of.arrives, of.ready, first, until, arrives, ready, by_arrival, by_ready)
    return Tree(of, arrives, ready, by_arrival, by_ready)


@njit(cache=True, nogil=True)
def _scan(source, target, departs, arrives, ready, first, until, best, leaves, by_arrival, by_ready):
    """Fill ``best`` and ``leaves`` (places,) from connection ``first`` on."""
    for c in range(first, len(source)):
        if leaves[source[c]] <= departs[c]:
            if until >= 0 and best[until] <= departs[c]:
                return
            t = target[c]
            if arrives[c] < best[t]:
                best[t] = arrives[c]
                by_arrival[t] = c
            if ready[c] < leaves[t]:
                leaves[t] = ready[c]
                by_ready[t] = c


def latest(of: Connections, place: int, minute: int) -> Latest:
    """Latest departures of an item that must have arrived at ``place`` by ``minute``: the scan backwards."""
    ready, by = np.full(of.places, -1, np.int32), np.full(of.places, -1, np.int32)
    ready[place] = minute
    _scan_back(of.source, of.target, of.departs, of.arrives, of.ready, place, minute, ready, by)
    return Latest(of, ready, by)


@njit(cache=True, nogil=True)
def _scan_back(source, target, departs, arrives, ready, place, minute, last, by):
    for c in range(len(source) - 1, -1, -1):
        s, t = source[c], target[c]
        if departs[c] <= last[s] or s == place:
            continue
        if arrives[c] <= minute if t == place else ready[c] <= last[t]:
            last[s] = departs[c]
            by[s] = c
