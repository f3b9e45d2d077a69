"""How long rides take, learnt from items: minutes between leaving a facility and reaching the next one, against the timetable's minutes at that hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.spread import LEAST_RATIO, MOST_RATIO, Leg
from yilu.dispatch.timetable import Timetable, riding_minutes
from yilu.items.kinds import BY_CODE
from yilu.items.reading import Snapshot
from yilu.items.retold import retell
from yilu.items.rules import packed

Ints = NDArray[np.int64]
_DEPART = BY_CODE["depart"].id
_REACHED = np.zeros(256, np.bool_)
_REACHED[[BY_CODE[kind].id for kind in ("unload", "arrive", "unseal", "unbag", "sort")]] = True
_BINS = 600
"""Ratios are told apart by one per cent, from ``LEAST_RATIO`` to ``MOST_RATIO``; what lies beyond counts at the end."""
_WIDTH = np.log(MOST_RATIO / LEAST_RATIO) / _BINS
_KEYS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Learnt:
    """``legs``: per pair of facilities with a lane, and per mode. ``rides`` seen; of these ``no_lane`` between facilities without one, ``several_modes`` between some with lanes of more than one mode."""

    legs: list[Leg]
    rides: int
    no_lane: int
    several_modes: int


@dataclass(frozen=True)
class Rides:
    """n rides: facilities (ids), UTC seconds of leaving and of reaching, (n,)."""

    source: Ints
    target: Ints
    left: Ints
    reached: Ints


def rides(
    key: NDArray[np.uint64], at: NDArray[np.integer], kind: NDArray[np.uint8], place: NDArray[np.integer]
) -> Rides:
    """Rides of events (n,) in the order of items and times: from the last departure from a facility to the first scan of arrival at another one, with no other place between."""
    return Rides(*_rides(key, at.astype(np.int64), kind, place.astype(np.int64), _DEPART, _REACHED))


@njit(cache=True, nogil=True)
def _rides(key, at, kind, place, depart, reached):
    n = len(key)
    source, target, left, came = (
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
    )
    made, since, where = 0, np.int64(0), np.int64(0)
    for i in range(n):
        if i == 0 or key[i] != key[i - 1]:
            where = np.int64(0)
        if place[i] == 0:
            continue
        if kind[i] == depart:
            where, since = place[i], at[i]
        elif where > 0 and place[i] != where:
            if reached[kind[i]] and at[i] > since:
                source[made], target[made], left[made], came[made] = where, place[i], since, at[i]
                made += 1
            where = np.int64(0)
    return source[:made].copy(), target[:made].copy(), left[:made].copy(), came[:made].copy()


def learn(
    snapshot: Snapshot, timetable: Timetable, progress: Callable[[int, int], None] = lambda done, of: None
) -> Learnt:
    """Legs of all items of a commit, bucket by bucket."""
    sums = Tally(timetable)
    flat, buckets = packed(snapshot.rules), snapshot.at.buckets
    for bucket in range(buckets):
        keys = np.unique(snapshot.rows(bucket)["key"])
        for begin in range(0, len(keys), _KEYS_AT_ONCE):
            told = retell(snapshot.events(keys[begin : begin + _KEYS_AT_ONCE]), flat).events
            sums.add(rides(*(np.ascontiguousarray(getattr(told, name)) for name in ("key", "at", "kind", "place"))))
        progress(bucket + 1, buckets)
    return sums.learnt()


class Tally:
    """Rides by pair of facilities and by ratio of actual to planned minutes."""

    def __init__(self, timetable: Timetable) -> None:
        network, ids = timetable.network, timetable.network.facilities.index_of_code
        lanes = network.lanes
        ends = np.array(
            [[ids[str(a)], ids[str(b)]] for a, b in zip(lanes.source_facility, lanes.target_facility, strict=True)],
            np.int64,
        )
        self._timetable, self._places = timetable, timetable.facilities
        self._pairs, of = np.unique(ends[:, 0] * self._places + ends[:, 1], return_inverse=True)
        mode = timetable.lane_mode.astype(np.int64)
        least, most = np.full(len(self._pairs), 127), np.full(len(self._pairs), -1)
        np.minimum.at(least, of, mode)
        np.maximum.at(most, of, mode)
        self._alone = least == most
        self._lane = np.full(len(self._pairs), -1, np.int64)
        self._lane[of[::-1]] = np.arange(len(of))[::-1]
        self._counts = np.zeros((len(self._pairs), _BINS), np.int64)
        self._rides = self._no_lane = self._several = 0

    def add(self, of: Rides) -> None:
        """Count rides."""
        self._rides += len(of.source)
        known = (of.source < self._places) & (of.target < self._places)
        code = np.where(known, of.source * self._places + of.target, -1)
        row = np.minimum(np.searchsorted(self._pairs, code), len(self._pairs) - 1)
        there = self._pairs[row] == code
        self._no_lane += int((~there).sum())
        self._several += int((there & ~self._alone[row]).sum())
        some = np.flatnonzero(there & self._alone[row])
        planned = riding_minutes(self._timetable.network, self._lane[row[some]], of.left[some])
        ratio = (of.reached[some] - of.left[some]) / 60 / planned
        at = np.floor(np.log(np.clip(ratio, LEAST_RATIO, MOST_RATIO) / LEAST_RATIO) / _WIDTH).astype(np.int64)
        np.add.at(self._counts, (row[some], np.minimum(at, _BINS - 1)), 1)

    def learnt(self) -> Learnt:
        """Median and 95th percentile by pair of facilities, and by mode: the middle of the bin that holds it."""
        network, codes = self._timetable.network, self._timetable.network.facilities.code_of_id
        modes = network.lanes.mode[self._lane].astype(str)
        found = [
            self._leg(codes[int(pair // self._places)], codes[int(pair % self._places)], str(modes[k]), self._counts[k])
            for k, pair in enumerate(self._pairs) if self._counts[k].any()
        ]  # fmt: skip
        for mode in sorted(set(modes)):
            total = self._counts[modes == mode].sum(axis=0)
            found += [self._leg("", "", mode, total)] if total.any() else []
        return Learnt(found, self._rides, self._no_lane, self._several)

    @staticmethod
    def _leg(source: str, target: str, mode: str, counts: Ints) -> Leg:
        upto, items = np.cumsum(counts), int(counts.sum())
        p50, p95 = (
            LEAST_RATIO * float(np.exp((np.searchsorted(upto, share * items) + 0.5) * _WIDTH)) for share in (0.5, 0.95)
        )
        return Leg(source, target, mode, items, p50, p95)
