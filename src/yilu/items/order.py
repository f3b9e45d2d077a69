"""Events in the order in which they are folded: by item key, then by time, kind and place.

A batch sorted by key visits buckets, index and log runs from front to back; within a key, the word
``time 32 | kind 8 | place 24`` is the order of the item's life.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.schema import IDENTITY, PAYLOAD, Events

_INSERT = 128


def words(events: Events) -> NDArray[np.uint64]:
    """Each event as ``time 32 | kind 8 | place 24``, shape (n,)."""
    at, kind, place = (column.astype(np.uint64) for column in (events.at, events.kind, events.place))
    return np.asarray((at << np.uint64(32)) | (kind << np.uint64(24)) | place, np.uint64)


@njit(cache=True, nogil=True)
def _sort(key, word, bits, order):
    n = len(key)
    groups = 1 << bits
    shift = np.uint64(64 - bits)
    ends = np.zeros(groups + 1, np.int64)
    for i in range(n):
        ends[np.int64(key[i] >> shift) + 1] += 1
    for g in range(groups):
        ends[g + 1] += ends[g]
    free = ends[:groups].copy()
    for i in range(n):
        g = np.int64(key[i] >> shift)
        order[free[g]] = i
        free[g] += 1
    for g in range(groups):
        lo, hi = ends[g], ends[g + 1]
        if hi - lo > _INSERT:
            part = order[lo:hi].copy()
            part = part[np.argsort(word[part], kind="mergesort")]
            order[lo:hi] = part[np.argsort(key[part], kind="mergesort")]
            continue
        for i in range(lo + 1, hi):
            moved = order[i]
            k, w = key[moved], word[moved]
            j = i - 1
            while j >= lo and (key[order[j]] > k or (key[order[j]] == k and word[order[j]] > w)):
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = moved


def order_of(key: NDArray[np.uint64], word: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The stable order of events by (key, word), shape (n,). Keys are hashes: their leading bits split them evenly."""
    order = np.empty(len(key), np.uint32)
    _sort(key, word, max(1, min(18, len(key).bit_length() - 4)), order)
    return order


@dataclass(frozen=True)
class Ordered:
    """Events by (key, word, piece, voids, via), each identity once, and what became of the rest.

    ``word`` (n,); ``repeated`` events were equal to one that stays; ``conflicting`` had its identity and another payload.
    """

    events: Events
    word: NDArray[np.uint64]
    repeated: int
    conflicting: int


@dataclass(frozen=True)
class Lined:
    """The order of events without the events: ``rows`` (n,) of what stays, with their ``key`` and ``word``; counts as in ``Ordered``."""

    rows: NDArray[np.integer]
    key: NDArray[np.uint64]
    word: NDArray[np.uint64]
    repeated: int
    conflicting: int


def arrange(events: Events) -> Ordered:
    """Sort ``events`` and keep of each identity the event with the least payload.

    The least payload is the least by the payload columns in declared order, so that the order of arrival changes nothing.
    """
    lined = line_up(events)
    return Ordered(events.take(lined.rows), lined.word, lined.repeated, lined.conflicting)


def line_up(events: Events) -> Lined:
    """What ``arrange`` would do, before any column but key and word is moved."""
    word, key = words(events), np.ascontiguousarray(events.key)
    rows = order_of(key, word)
    return _settled(events, rows, key[rows], word[rows])


def _settled(events: Events, rows: NDArray[np.integer], key: NDArray[np.uint64], word: NDArray[np.uint64]) -> Lined:
    """Put runs of equal key and word into canonical order and keep each identity once."""
    same = np.flatnonzero((key[1:] == key[:-1]) & (word[1:] == word[:-1]))
    if len(same) == 0:
        return Lined(rows, key, word, 0, 0)
    twins = np.union1d(same, same + 1)
    among = events.take(rows[twins])
    inner = _canonical(among)
    first, payload = first_of_identity(among.take(inner))
    rows = rows.copy()
    rows[twins] = rows[twins][inner]
    keep = np.ones(len(rows), np.bool_)
    keep[twins[~first]] = False
    repeated = int(np.count_nonzero(~first & ~payload))
    return Lined(rows[keep], key[keep], word[keep], repeated, int(np.count_nonzero(~first)) - repeated)


def _canonical(events: Events) -> NDArray[np.int64]:
    columns = ["key", "at", "kind", "place", "piece", "voids", "via", *PAYLOAD]
    return np.lexsort([getattr(events, name) for name in reversed(columns)])


def first_of_identity(events: Events) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For events in canonical order: (is the first of its identity, differs in payload from the one before), each (n,)."""
    first = np.ones(len(events), np.bool_)
    if len(events):
        first[1:] = _differs(events, (*IDENTITY, "via"))
    payload = first.copy()
    if len(events):
        payload[1:] |= _differs(events, PAYLOAD)
    return first, payload & ~first


def _differs(events: Events, columns: tuple[str, ...]) -> NDArray[np.bool_]:
    out = np.zeros(len(events) - 1, np.bool_)
    for name in columns:
        column = getattr(events, name)
        out |= column[1:] != column[:-1]
    return out
