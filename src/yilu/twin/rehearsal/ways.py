"""Which way items go: the router's earliest, from each end at each moment of leaving; and items drawn from demand, or from the parts of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.scan import earliest
from yilu.dispatch.timetable import Timetable
from yilu.twin.draws import stream, unit

Ints = NDArray[np.int64]
MOST_RIDES = 24
"""Rides of one way: what needs more has none."""
_DAY = 1440


@dataclass(frozen=True)
class Ways:
    """W ways. Those of w are the connections ``rides[first[w]:first[w + 1]]``, in order, none where there is no way; ``arrives`` (W,): minute at which it arrives, NEVER where there is none."""

    first: Ints
    rides: NDArray[np.int32]
    arrives: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.arrives)


def earliest_ways(
    of: Timetable, ends: Ends, origin: Ints, leaves: Ints, days: int, progress: Callable[[int, int], None] = lambda done, of: None,
) -> Ways:  # fmt: skip
    """The earliest ways from ``origin`` (rows of ends, (k,)) at minutes ``leaves`` (k,) to every end: way k * N + j. Looked for over so many ``days`` from the day of leaving."""
    c, places = of.connections, of.facilities + ends.facility
    day, parts = leaves // _DAY, list[tuple[Ints, NDArray[np.int32], NDArray[np.int32]]]()
    order = np.argsort(day, kind="stable")
    for d in np.unique(day):
        begins, ends_at = c.first_from(int(d) * _DAY), c.first_from((int(d) + days) * _DAY)
        window = c.only((np.arange(len(c)) >= begins) & (np.arange(len(c)) < ends_at))
        for k in order[day[order] == d]:
            tree = earliest(window, int(ends.facility[origin[k]]), int(leaves[k]))
            rides = np.empty((len(places), MOST_RIDES), np.int32)
            count = np.zeros(len(places), np.int64)
            _traced(window.source, tree.by_arrival, tree.by_ready, places, rides, count)
            parts.append((count, rides[np.arange(MOST_RIDES) < count[:, None]] + np.int32(begins), np.where(count > 0, tree.arrives[places], NEVER).astype(np.int32)))  # fmt: skip
        progress(len(parts), len(order))
    back = np.argsort(order, kind="stable")
    parts = [parts[k] for k in back]
    count = np.concatenate([p[0] for p in parts]) if parts else np.empty(0, np.int64)
    return Ways(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64), np.concatenate([p[1] for p in parts] or [np.empty(0, np.int32)]),
        np.concatenate([p[2] for p in parts] or [np.empty(0, np.int32)]),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _traced(source, by_arrival, by_ready, places, rides, count):
    """Fill ``rides`` (N, R) and ``count`` (N,) with the earliest journeys to places (N,)."""
    most = rides.shape[1]
    for j in range(len(places)):
        n, at = 0, by_arrival[places[j]]
        while at >= 0 and n < most:
            n += 1
            at = by_ready[source[at]]
        if at >= 0:
            continue
        count[j] = n
        at = by_arrival[places[j]]
        for k in range(n - 1, -1, -1):
            rides[j, k] = at
            at = by_ready[source[at]]


def drawn(weights: NDArray, n: int, seed: int, first_number: int = 0) -> Ints:
    """Which of ``weights`` (m,) each of n items is of, in order: item i lies where they reach (i + u)/n of their sum, u its own draw.

    One item is drawn from each n-th part of the whole, so that shares among the items vary less than those of independent draws, never more (Cochran, "Sampling Techniques" (1977), theorem 5.8): the standard error of
    independent draws is an upper bound of theirs.
    """
    return np.asarray(_drawn(np.cumsum(np.asarray(weights, np.float64)), n, seed, first_number))


@njit(cache=True, nogil=True)
def _drawn(reached, n, seed, first_number):
    out, at, whole = np.empty(n, np.int64), 0, reached[-1]
    for i in range(n):
        point = (i + unit(stream(np.uint64(seed), np.uint64(first_number + i)))) / n * whole
        while at < len(reached) - 1 and reached[at] <= point:
            at += 1
        out[i] = at
    return out
