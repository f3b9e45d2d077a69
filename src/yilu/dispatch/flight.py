"""Items on their way, as arrays, and as groups that nothing tells apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_STEP = 15
"""Items that are ready within the same quarter of an hour, at its end, are one group."""


@dataclass(frozen=True)
class InFlight:
    """n items. ``place``: facility (id) where it is, or where its committed leg ends; ``ready``: minute from which it can leave there, opened and sorted; ``destination``: place (a courier side) where
    it ends; ``due``: minute by which it must have arrived there; ``kind``: what tells apart which lanes it may ride, goods' class and operator, 0 to K - 1."""

    place: NDArray[np.int32]
    ready: NDArray[np.int32]
    destination: NDArray[np.int32]
    due: NDArray[np.int32]
    kind: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True)
class Groups:
    """g groups: the same columns, ``ready`` rounded up to a quarter of an hour and ``due`` down, and ``items`` (g,) in each. ``group`` (n,): which one each item is of."""

    place: NDArray[np.int32]
    ready: NDArray[np.int32]
    destination: NDArray[np.int32]
    due: NDArray[np.int32]
    kind: NDArray[np.int32]
    items: Ints
    group: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.place)


def grouped(of: InFlight) -> Groups:
    """The groups of items, in the order of their first ones. Rounding makes an item at most a quarter of an hour later and due as much earlier: what a group keeps, each of its items keeps.

    Places and destinations are less than 2^18, kinds less than 2^8, minutes less than 15 * 2^10: ten days and a half.
    """
    first, items, group = _numbered(of.place, of.ready, of.destination, of.due, of.kind)
    ready, due = -(-of.ready[first] // _STEP) * _STEP, of.due[first] // _STEP * _STEP
    return Groups(of.place[first], ready, of.destination[first], due, of.kind[first], items, group)


@njit(cache=True, nogil=True)
def _numbered(place, ready, destination, due, kind):
    """(first item of each group, items in it, the group of each item), by a table of open addresses that holds the keys themselves and doubles when half full."""
    n, slots = len(place), 1 << 12
    keys, numbers = np.zeros(slots, np.uint64), np.full(slots, -1, np.int32)
    first, items, group = np.empty(1 << 11, np.int64), np.zeros(1 << 11, np.int64), np.empty(n, np.int32)
    count = 0
    for i in range(n):
        key = np.uint64((ready[i] + _STEP - 1) // _STEP) << np.uint64(54) | np.uint64(due[i] // _STEP) << np.uint64(44)
        key |= np.uint64(place[i]) << np.uint64(26) | np.uint64(destination[i]) << np.uint64(8) | np.uint64(kind[i])
        at = _slot(key, keys, numbers)
        number = numbers[at]
        if number < 0:
            if 2 * count >= slots:
                slots *= 2
                old_keys, old_numbers = keys, numbers
                keys, numbers = np.zeros(slots, np.uint64), np.full(slots, -1, np.int32)
                for j in range(len(old_keys)):
                    if old_numbers[j] >= 0:
                        to = _slot(old_keys[j], keys, numbers)
                        keys[to], numbers[to] = old_keys[j], old_numbers[j]
                more_first, more_items = np.empty(slots, np.int64), np.zeros(slots, np.int64)
                more_first[:count], more_items[:count] = first[:count], items[:count]
                first, items = more_first, more_items
                at = _slot(key, keys, numbers)
            number = count
            keys[at], numbers[at], first[count] = key, number, i
            count += 1
        items[number] += 1
        group[i] = number
    return first[:count].copy(), items[:count].copy(), group


@njit(cache=True, nogil=True)
def _slot(key, keys, numbers):
    """Where a key stands, or the free place where it would."""
    mask = np.uint64(len(keys) - 1)
    at = ((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while numbers[at] >= 0 and keys[at] != key:
        at = (at + np.uint64(1)) & mask
    return at
