"""New ways at once for everything that is on its way, within the room that departures have left.

What can wait least goes first. In each round every destination's earliest ways over the departures that still have room are found by one scan backwards; then the groups take them in the order of
their slack, each as much of it as there is room for on its whole way, and what found a departure full waits for the next round. A group may be split. This is a
greedy way: it keeps capacities exactly, and promises as far as that order can; it proves no bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER, Connections
from yilu.dispatch.flight import Groups
from yilu.dispatch.profiles import rooms, step_at

_MOST_ROUNDS = 200
_MOST_RIDES = 12
"""Rides of one way: more are taken for no way at all."""


@dataclass(frozen=True)
class Rerouted:
    """m parts of groups with a way: ``group``, ``items``, ``first`` (connection taken first, -1 where it is there already), ``arrives`` (minute), all (m,). ``stranded`` (g,): items of each group without a way.

    ``loads`` (C,): items on each connection. ``rides`` (m, R): connections of each part's way, -1 after its end; R = 12.
    """

    group: NDArray[np.int64]
    items: NDArray[np.int64]
    arrives: NDArray[np.int32]
    rides: NDArray[np.int32]
    stranded: NDArray[np.int64]
    loads: NDArray[np.int64]

    def late(self, groups: Groups) -> int:
        """Items that come after they are due, and those without a way."""
        after = self.arrives > groups.due[self.group]
        return int(self.items[after].sum() + self.stranded.sum())


def reroute(of: Connections, groups: Groups, room: NDArray[np.int64], ridable: Sequence[NDArray[np.bool_]]) -> Rerouted:
    """Ways of ``groups`` over connections ``of`` with ``room`` (C,) items left on each. ``ridable`` (K): for each kind the connections (C,) that it may ride.

    Programme: over ways p of group g, max lexicographically the items that arrive in time, by least slack first, subject to Σ load on c ≤ room_c; solved greedily, see above.
    """
    left, room = groups.items.copy(), np.minimum(room, np.iinfo(np.int64).max // 4).copy()
    start = room.copy()
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]] = []
    # Kinds that may ride the same share their staircases.
    numbers = dict[bytes, int]()
    alike = np.array([numbers.setdefault(on.tobytes(), len(numbers)) for on in ridable], np.int64)
    some = [int(np.argmax(alike == n)) for n in range(len(numbers))]
    lanes_of = np.array([ridable[k] for k in some], np.bool_).reshape(len(some), len(of))  # of nobody, where none is
    codes, target_of = np.unique(alike[groups.kind].astype(np.int64) << 32 | groups.destination, return_inverse=True)
    kind_of, place_of = codes >> 32, codes & 0xFFFFFFFF
    order: NDArray[np.int64] | None = None
    stranded = np.zeros(len(groups), np.bool_)
    for _ in range(_MOST_ROUNDS):
        wanted = np.flatnonzero(np.bincount(target_of[(left > 0) & ~stranded], minlength=len(codes)))
        if not len(wanted):
            break
        row = np.full(len(codes), -1, np.int64)
        row[wanted] = np.arange(len(wanted))
        kinds, kind_row = np.unique(kind_of[wanted], return_inverse=True)
        open_ = lanes_of[kinds] & (room > 0)
        steps = _stairs(of, place_of[wanted], open_, kind_row)
        if order is None:
            arrival = _arrivals(groups.place, groups.ready, groups.destination, row[target_of], *steps)
            order = np.argsort(groups.due - arrival.astype(np.int64), kind="stable")
        order = order[(left[order] > 0) & ~stranded[order]]
        made = _load(
            order,
            groups.place,
            groups.ready,
            groups.destination,
            row[target_of],
            left,
            stranded,
            room,
            *steps,
            of.arrives,
        )
        parts.append(made)
    joined = [np.concatenate([made[k] for made in parts]) if parts else np.empty(0, np.int64) for k in range(3)]
    return Rerouted(
        joined[0], joined[1], joined[2].astype(np.int32), np.concatenate([made[3] for made in parts]) if parts else np.empty((0, _MOST_RIDES), np.int32), left, start - room,
    )  # fmt: skip


Stairs = tuple[
    NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]
]


def _stairs(of: Connections, places: NDArray[np.int64], open_: NDArray[np.bool_], kind: NDArray[np.int64]) -> Stairs:
    """For each of ``places`` (P,) the staircases of all places to it over what is open for its kind: where each begins (places + 1,), departures, arrivals and connections of steps (P, C), how many (P,
    places), and the connection that follows each connection (P, C)."""
    first = rooms(of)
    shape = (len(places), len(of))
    departs, arrives, by, follows = (np.empty(shape, np.int32) for _ in range(4))
    count = np.zeros((len(places), of.places), np.int64)
    _all_stairs(
        of.source,
        of.target,
        of.departs,
        of.arrives,
        of.ready,
        places,
        open_,
        kind,
        first,
        departs,
        arrives,
        by,
        follows,
        count,
    )
    return first, departs, arrives, by, count, follows


@njit(cache=True, nogil=True, parallel=True)
def _all_stairs(
    source, target, departs, arrives, ready, places, open_, kind, first, out_departs, out_arrives, by, follows, count
):
    for i in prange(len(places)):
        usable, place = open_[kind[i]], places[i]
        for c in range(len(source) - 1, -1, -1):
            s, t = source[c], target[c]
            if not usable[c] or s == place:
                continue
            after = -1
            if t == place:
                there = arrives[c]
            else:
                step = step_at(out_departs[i], first[t], count[i, t], ready[c])
                if step < 0:
                    continue
                there, after = out_arrives[i, step], by[i, step]
            last = first[s] + count[i, s] - 1
            if count[i, s] > 0 and out_arrives[i, last] <= there:
                continue
            if count[i, s] == 0 or out_departs[i, last] != departs[c]:
                count[i, s] += 1
                last += 1
            out_departs[i, last] = departs[c]
            out_arrives[i, last] = there
            by[i, last] = c
            follows[i, c] = after


@njit(cache=True, nogil=True)
def _arrivals(place, ready, destination, row, first, departs, arrives, by, count, follows):
    """Earliest arrival of each group, NEVER where there is none."""
    out = np.full(len(place), NEVER, np.int32)
    for g in range(len(place)):
        if place[g] == destination[g]:
            out[g] = ready[g]
        elif row[g] >= 0:
            step = step_at(departs[row[g]], first[place[g]], count[row[g], place[g]], ready[g])
            if step >= 0:
                out[g] = arrives[row[g], step]
    return out


@njit(cache=True, nogil=True)
def _load(
    order,
    place,
    ready,
    destination,
    row,
    left,
    stranded,
    room,
    first,
    departs,
    arrives,
    by,
    count,
    follows,
    lands,
):
    """Let groups take their ways in ``order``. Returns (group, items, arrival, rides) of what was placed; ``left``, ``stranded`` and ``room`` are brought up to date."""
    group, items = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    when, rides = np.empty(len(order), np.int32), np.full((len(order), _MOST_RIDES), -1, np.int32)
    made = 0
    for g in order:
        n, fits, at = 0, left[g], -1
        if place[g] != destination[g]:
            step = step_at(departs[row[g]], first[place[g]], count[row[g], place[g]], ready[g])
            if step < 0:
                stranded[g] = True
                continue
            at = by[row[g], step]
            while at >= 0 and n < _MOST_RIDES:
                rides[made, n] = at
                fits = min(fits, room[at])
                n += 1
                at = follows[row[g], at]
            if fits <= 0 or at >= 0:
                rides[made, :n] = -1
                stranded[g] = at >= 0
                continue
        for i in range(n):
            room[rides[made, i]] -= fits
        left[g] -= fits
        group[made], items[made] = g, fits
        when[made] = lands[rides[made, n - 1]] if n else ready[g]
        made += 1
    return group[:made].copy(), items[:made].copy(), when[:made].copy(), rides[:made].copy()
