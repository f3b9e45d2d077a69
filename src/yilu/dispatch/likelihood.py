"""With what probability a promise is kept, when rides take their time: connections that are missed among it.

An item keeps to the lanes of its earliest journey. On each it takes the first departure that runs once it is ready: what is late for one waits for the next, what is early may catch the one before.
Rides are independent; opening, sort waves, customs and rounds are as in the timetable. With T the time of arriving and b(c) the last minute of arriving that makes departure c,

    P(takes c' next | rode c) = F((b(c') - departs(c)) / planned(c)) - F((b(c'-1) - departs(c)) / planned(c)),

F the distribution of actual over planned minutes (``spread``), and c' - 1 the departure of the same lane before c'. So no minute is drawn and no grid laid: the sums are exact but for chances below
1e-12. A journey of which nothing is uncertain has probability 0 or 1, as ``promise`` says.

Source of the model: arrival-time distributions over a timetable with waiting for the next departure, as in Berger, Gebhardt, Müller-Hannemann and Ostrowski, "Stochastic Delay Prediction in Large Train
Networks" (2011), reduced to one item.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.promise import Promises
from yilu.dispatch.scan import earliest
from yilu.dispatch.spread import Spread
from yilu.dispatch.timetable import Timetable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_RIDES = 24
"""Rides of one journey: a promise that needs more counts as not kept."""
_DAY_MINUTES = 1440
_LEAST = 1e-12


@dataclass(frozen=True)
class Laid:
    """A timetable as chances need it. ``by`` (C,): last minute of arriving at a connection's source that makes it, -1 none; ``lane`` (C,); ``runs`` (C,), ``first`` (L + 1,): a lane's connections, in
    order, from ``first[l]`` to ``first[l + 1]``."""

    timetable: Timetable
    spread: Spread
    by: Ints
    lane: Ints
    runs: Ints
    first: Ints


def laid(timetable: Timetable, known: Spread) -> Laid:
    """Prepare a timetable, each of whose lanes leads from one facility."""
    c, minutes = timetable.connections, np.arange(timetable.days * _DAY_MINUTES)
    by = np.full(len(c), -1, np.int64)
    place = c.source.astype(np.int64) % timetable.facilities
    for row in np.unique(timetable.handled[place]):
        some = np.flatnonzero(timetable.handled[place] == row)
        ready = timetable.ready(np.full(len(minutes), place[some[0]]), minutes)
        by[some] = np.searchsorted(ready, c.departs[some], "right") - 1
    lane = timetable.lane[c.row].astype(np.int64)
    count = np.bincount(lane, minlength=len(timetable.network.lanes.code))
    return Laid(timetable, known, by, lane, np.argsort(lane, kind="stable"), np.concatenate([[0], np.cumsum(count)]))


@dataclass(frozen=True)
class Chances:
    """Of N ends' pairs over H hours: ``kept`` (N, N, H) the probability that the promise is kept, 0 where nothing is promised or it never arrives; ``weakest`` (N, N, H): the connection (row) of the journey
    that is caught with the least probability, -1 none; ``caught`` (N, N, H): that probability, by the planned departure, given that the ride before ran as planned; 1 where there is no transfer."""

    of: Promises
    kept: Floats
    weakest: Ints
    caught: Floats

    def attained(self, probability: float, chosen: NDArray[np.bool_] | None = None) -> Likely:
        """How far promises of the pairs ``chosen`` (N, N) are kept with a ``probability`` (0 to 1)."""
        promised = self.of.promised if chosen is None else self.of.promised & chosen[..., None]
        pairs, sure = promised.any(axis=2), self.kept >= probability
        whole = (~promised | sure).all(axis=2) & pairs
        weight, count = self.of.weight[..., None] * promised, int(pairs.sum())
        total = float(weight.sum())
        none = float("nan")
        return Likely(
            count, float(whole.sum()) / count if count else none, float((weight * sure).sum()) / total if total else none, float((weight * self.kept).sum()) / total if total else none,
        )  # fmt: skip


@dataclass(frozen=True)
class Likely:
    """``pairs`` with a promise; shares, 0 to 1: of pairs that keep it with the probability at all hours, of items that do, and of items whose promise is kept on average; NaN where there is none."""

    pairs: int
    pairs_kept: float
    volume_kept: float
    volume_expected: float


def chances(of: Laid, ends: Ends, promises: Promises, progress: Callable[[int, int], None] = lambda done, whole: None) -> Chances:  # fmt: skip
    """The probability of every promise of ``promises``, which were made over the same timetable and ends."""
    timetable, c, n = of.timetable, of.timetable.connections, len(ends)
    shape = promises.due.shape
    kept, weakest, caught = np.zeros(shape), np.full(shape, -1, np.int64), np.ones(shape)
    minutes = timetable.at(np.arange(timetable.days * _DAY_MINUTES))
    until = np.full(shape, -1, np.int64)
    for j in range(n):
        until[:, j] = np.searchsorted(ends.delivered(j, timetable, minutes), promises.due[:, j], "right") - 1
    until[~promises.promised] = -1
    accepted = timetable.begins + 3600 * np.asarray(promises.hours, np.int64)
    at = timetable.facilities + ends.facility
    for i in range(n):
        leaves, of_hour = np.unique(timetable.minute(ends.leaves(i, accepted)), return_inverse=True)
        for k, minute in enumerate(leaves):
            tree = earliest(c, int(ends.facility[i]), int(minute))
            hours = np.flatnonzero(of_hour == k)
            _to_all(*_columns(of), tree.by_arrival, tree.by_ready, at, hours, until[i], kept[i], weakest[i], caught[i])
        progress(i + 1, n)
    return Chances(promises, kept, weakest, caught)


def arrival(of: Laid, rides: list[int], probability: float) -> int:
    """The minute by which an item on a journey over ``rides`` (connections, in order, one at least) has arrived with a ``probability``; NEVER where it isn't within the timetable."""
    path = np.array(rides, np.int64)
    low, high = int(of.timetable.connections.departs[path[0]]), of.timetable.days * _DAY_MINUTES
    if _one(*_columns(of), path, high) < probability:
        return int(NEVER)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _one(*_columns(of), path, middle) >= probability else (middle + 1, high)
    return low


def _columns(of: Laid) -> tuple[NDArray[np.int32] | Ints | Floats, ...]:
    c = of.timetable.connections
    return c.source, c.departs, c.arrives, of.by, of.lane, of.runs, of.first, of.spread.ratio, of.spread.sigma


@njit(cache=True, nogil=True)
def _within(minutes, planned, ratio, sigma):
    """The probability that a ride of ``planned`` minutes, whose actual ones are rounded up, takes ``minutes`` at most."""
    if minutes <= 0:
        return 1.0 if minutes == 0 and planned == 0 else 0.0
    if planned <= 0:
        return 1.0
    if sigma <= 0:
        return 1.0 if minutes >= planned * ratio - 1e-9 else 0.0
    return 0.5 * math.erfc(-math.log(minutes / (planned * ratio)) / (sigma * math.sqrt(2.0)))


@njit(cache=True, nogil=True)
def _first_by(runs, begin, end, by, minute):
    """The first of a lane's connections that whoever arrives at ``minute`` makes."""
    while begin < end:
        middle = (begin + end) // 2
        if by[runs[middle]] >= minute:
            end = middle
        else:
            begin = middle + 1
    return begin


@njit(cache=True, nogil=True)
def _masses(departs, arrives, by, lane, runs, first, ratio, sigma, path, rows, mass, next_mass):
    """Fill ``rows`` and ``mass`` with the connections of the last lane of ``path`` and the chance of riding each; gives how many there are."""
    rows[0], mass[0], held = path[0], 1.0, 1
    for k in range(1, len(path)):
        begin, end = first[lane[path[k]]], first[lane[path[k]] + 1]
        next_mass[: end - begin] = 0.0
        for m in range(held):
            c = rows[m]
            planned, of = arrives[c] - departs[c], lane[c]
            at, before = _first_by(runs, begin, end, by, departs[c]), 0.0
            while at < end and before < 1.0 - _LEAST:
                upto = _within(by[runs[at]] - departs[c], planned, ratio[of], sigma[of])
                next_mass[at - begin] += mass[m] * (upto - before)
                before = upto
                at += 1
        held = 0
        for n in range(end - begin):
            if next_mass[n] > _LEAST:
                rows[held], mass[held] = runs[begin + n], next_mass[n]
                held += 1
    return held


@njit(cache=True, nogil=True)
def _by_minute(departs, arrives, lane, ratio, sigma, rows, mass, held, minute):
    """The chance of having arrived by a minute."""
    total = 0.0
    for m in range(held):
        c = rows[m]
        total += mass[m] * _within(minute - departs[c], arrives[c] - departs[c], ratio[lane[c]], sigma[lane[c]])
    return min(total, 1.0)


@njit(cache=True, nogil=True)
def _rooms(lane, first, path):
    """The most departures that a lane of a path has."""
    most = 1
    for c in path:
        most = max(most, first[lane[c] + 1] - first[lane[c]])
    return most


@njit(cache=True, nogil=True)
def _one(source, departs, arrives, by, lane, runs, first, ratio, sigma, path, minute):
    """The chance that an item on a path has arrived by a minute."""
    size = _rooms(lane, first, path)
    rows, mass, next_mass = np.empty(size, np.int64), np.empty(size), np.empty(size)
    held = _masses(departs, arrives, by, lane, runs, first, ratio, sigma, path, rows, mass, next_mass)
    return _by_minute(departs, arrives, lane, ratio, sigma, rows, mass, held, minute)


@njit(cache=True, nogil=True)
def _to_all(
    source,
    departs,
    arrives,
    by,
    lane,
    runs,
    first,
    ratio,
    sigma,
    by_arrival,
    by_ready,
    places,
    hours,
    until,
    kept,
    weakest,
    caught,
):
    """Fill one origin's chances to all destinations at ``hours`` that leave at one minute."""
    size = 1
    for own in range(len(first) - 1):
        size = max(size, first[own + 1] - first[own])
    rows, mass, next_mass = np.empty(size, np.int64), np.empty(size), np.empty(size)
    back = np.empty(MOST_RIDES, np.int64)
    for j in range(len(places)):
        wanted = False
        for h in hours:
            wanted = wanted or until[j, h] >= 0
        count, at = 0, np.int64(by_arrival[places[j]])
        while at >= 0 and count < MOST_RIDES:
            back[count] = at
            count += 1
            at = np.int64(by_ready[source[at]])
        if not wanted or count == 0 or at >= 0:
            continue
        path = back[:count][::-1].copy()
        held = _masses(departs, arrives, by, lane, runs, first, ratio, sigma, path, rows, mass, next_mass)
        worst, least = np.int64(-1), 1.0
        for k in range(1, count):
            c = path[k - 1]
            makes = _within(by[path[k]] - departs[c], arrives[c] - departs[c], ratio[lane[c]], sigma[lane[c]])
            if worst < 0 or makes < least:
                worst, least = path[k], makes
        for h in hours:
            if until[j, h] >= 0:
                kept[j, h] = _by_minute(departs, arrives, lane, ratio, sigma, rows, mass, held, until[j, h])
                weakest[j, h], caught[j, h] = worst, least
