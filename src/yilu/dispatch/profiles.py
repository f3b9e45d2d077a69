"""Earliest arrivals for every minute of leaving at once: profiles, by a scan backwards over all connections.

Source: the profile scan of Dibbelt et al. (2018), see ``scan``. A profile is a staircase: of the departures worth taking, none leaves later and arrives earlier than
another. A place's staircase grows by its earlier end, so that a look-up is a search in an array that is in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from yilu.dispatch.connections import NEVER, Connections, Ints


@dataclass(frozen=True)
class Profile:
    """To one place from all places. ``departs``, ``arrives`` (n,): steps, by place from ``first[p]`` to ``first[p + 1]`` (places + 1,), latest departure first."""

    place: int
    first: NDArray[np.int64]
    departs: Ints
    arrives: Ints

    def arrivals(self, place: int, minutes: ArrayLike) -> NDArray[np.int32]:
        """Earliest arrivals (n,) of items that are ready at ``place`` at ``minutes`` (n,); NEVER where there is none."""
        at = np.asarray(minutes, np.int64)
        if place == self.place:
            return np.minimum(at, NEVER).astype(np.int32)
        span = slice(int(self.first[place]), int(self.first[place + 1]))
        departs, arrives = self.departs[span][::-1], np.append(self.arrives[span][::-1], NEVER)
        return np.asarray(arrives[np.searchsorted(departs, at)])


def profile(of: Connections, place: int) -> Profile:
    """The profile to one place."""
    return profiles(of, np.array([place]))[0]


def profiles(of: Connections, places: NDArray[np.integer]) -> list[Profile]:
    """Profiles to several places, on all cores."""
    first = rooms(of)
    departs, arrives = np.empty((len(places), len(of)), np.int32), np.empty((len(places), len(of)), np.int32)
    count = np.zeros((len(places), of.places), np.int64)
    _all_steps(of.source, of.target, of.departs, of.arrives, of.ready, np.asarray(places, np.int64), first, departs, arrives, count)  # fmt: skip
    return [_closed(int(p), first, departs[i], arrives[i], count[i]) for i, p in enumerate(places)]


def rooms(of: Connections) -> NDArray[np.int64]:
    """Where each place's steps begin (places + 1,): it has as many at most as connections depart from it."""
    return np.concatenate([[0], np.cumsum(np.bincount(of.source, minlength=of.places))]).astype(np.int64)


def _closed(place: int, first: NDArray[np.int64], departs: Ints, arrives: Ints, count: NDArray[np.int64]) -> Profile:
    """The steps close together."""
    rows = np.repeat(first[:-1] - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
    return Profile(place, np.concatenate([[0], np.cumsum(count)]).astype(np.int64), departs[rows], arrives[rows])


@njit(cache=True, nogil=True)
def step_at(departs, first, count, minute):
    """The last step of a staircase that departs at ``minute`` or later, -1 where there is none: departures fall along it."""
    low, high = first, first + count
    while low < high:
        middle = (low + high) // 2
        if departs[middle] >= minute:
            low = middle + 1
        else:
            high = middle
    return low - 1 if low > first else -1


@njit(cache=True, nogil=True)
def _steps(source, target, departs, arrives, ready, place, first, out_departs, out_arrives, count):
    """Fill the staircases of all places to ``place``."""
    for c in range(len(source) - 1, -1, -1):
        s, t = source[c], target[c]
        if s == place:
            continue
        if t == place:
            there = arrives[c]
        else:
            step = step_at(out_departs, first[t], count[t], ready[c])
            if step < 0:
                continue
            there = out_arrives[step]
        last = first[s] + count[s] - 1
        if count[s] > 0 and out_arrives[last] <= there:
            continue
        if count[s] > 0 and out_departs[last] == departs[c]:
            out_arrives[last] = there
        else:
            out_departs[last + 1] = departs[c]
            out_arrives[last + 1] = there
            count[s] += 1


@njit(cache=True, nogil=True, parallel=True)
def _all_steps(source, target, departs, arrives, ready, places, first, out_departs, out_arrives, count):
    for i in prange(len(places)):
        _steps(source, target, departs, arrives, ready, places[i], first, out_departs[i], out_arrives[i], count[i])
