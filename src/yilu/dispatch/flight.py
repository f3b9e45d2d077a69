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
    """The groups of items, in no order. Rounding makes an item at most a quarter of an hour later and due as much earlier: what a group keeps, each of its items keeps."""
    ready = -(-of.ready.astype(np.int64) // _STEP)
    due = of.due.astype(np.int64) // _STEP
    key = (
        (((of.place.astype(np.int64) << 12 | ready.clip(0, 4095)) << 20 | of.destination) << 12 | due.clip(0, 4095))
        << 6
    ) | of.kind
    first, group = _numbered(key.view(np.uint64), _slots(len(of)))
    return Groups(
        of.place[first], (_STEP * ready[first]).astype(np.int32), of.destination[first], (_STEP * due[first]).astype(np.int32), of.kind[first],
        np.bincount(group, minlength=len(first)).astype(np.int64), group,
    )  # fmt: skip


def _slots(n: int) -> int:
    return 1 << max(10, int(2 * n).bit_length())


@njit(cache=True, nogil=True)
def _numbered(key, slots):
    """(first row of each different key, the number of each row's key), by a table of open addresses."""
    table = np.full(slots, -1, np.int32)
    first, group = np.empty(len(key), np.int64), np.empty(len(key), np.int32)
    mask, count = np.uint64(slots - 1), 0
    for i in range(len(key)):
        at = (key[i] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20) & mask
        while True:
            n = table[at]
            if n < 0:
                table[at] = count
                first[count] = i
                group[i] = count
                count += 1
                break
            if key[first[n]] == key[i]:
                group[i] = n
                break
            at = (at + np.uint64(1)) & mask
    return first[:count].copy(), group
