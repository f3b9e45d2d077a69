"""Events in the order in which they are folded: by item key, then by time, kind and place.

A batch sorted by key visits buckets, index and log runs from front to back; within a key, the word
``time 32 | kind 8 | place 24`` is the order of the item's life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.schema import IDENTITY, PAYLOAD, Events, take_of_two

_INSERT = 64
_MOST_BITS = 12
CANONICAL: tuple[str, ...] = ("key", "at", "kind", "place", "piece", "voids", "via", *PAYLOAD, "recorded_at")
"""Columns by which events are told apart and ordered: of copies of one event the least payload holds, and of equal ones the first recorded."""


def words(events: Events) -> NDArray[np.uint64]:
    """Each event as ``time 32 | kind 8 | place 24``, shape (n,)."""
    return _word(events.at, events.kind, events.place)


def _word(at: NDArray[np.uint32], kind: NDArray[np.uint8], place: NDArray[np.uint32]) -> NDArray[np.uint64]:
    word = at.astype(np.uint64)
    word <<= np.uint64(8)
    word |= kind
    word <<= np.uint64(24)
    word |= place
    return word


@njit(cache=True, nogil=True)
def _deal(key, shift, bits, ends, rows):
    """Stable counting sort of row numbers by the ``bits`` of the key below the leading ``shift``."""
    up, down = np.uint64(shift), np.uint64(64 - bits)
    for i in range(len(key)):
        ends[np.int64((key[i] << up) >> down) + 1] += 1
    for g in range(len(ends) - 1):
        ends[g + 1] += ends[g]
    free = ends[:-1].copy()
    for i in range(len(key)):
        g = np.int64((key[i] << up) >> down)
        rows[free[g]] = i
        free[g] += 1


@njit(cache=True, nogil=True)
def _count(key, bits, sizes):
    for i in range(len(key)):
        sizes[np.int64(key[i] >> np.uint64(64 - bits))] += 1


@njit(cache=True, nogil=True)
def _places(key, bits, free, out):
    for i in range(len(key)):
        g = np.int64(key[i] >> np.uint64(64 - bits))
        out[i] = free[g]
        free[g] += 1


def deal(parts: Sequence[NDArray[np.uint64]], buckets: int) -> tuple[list[NDArray[np.uint32]], NDArray[np.int64]]:
    """(for the keys of each part where they stand once all are laid bucket by bucket, in order of arrival; where each bucket begins,
    (buckets + 1,))."""
    ends = np.zeros(buckets + 1, np.int64)
    if buckets == 1:
        begun = np.cumsum([0, *map(len, parts)])
        ends[1] = begun[-1]
        return [np.arange(a, a + len(p), dtype=np.uint32) for a, p in zip(begun[:-1], parts, strict=True)], ends
    bits = buckets.bit_length() - 1
    for key in parts:
        _count(key, bits, ends[1:])
    np.cumsum(ends, out=ends)
    free, places = ends[:-1].copy(), []
    for key in parts:
        places.append(np.empty(len(key), np.uint32))
        _places(key, bits, free, places[-1])
    return places, ends


@njit(cache=True, nogil=True)
def _sort_group(key, word, rows):
    """Sort a handful in place: by insertion, or where it is no handful by merging."""
    n = len(key)
    if n > _INSERT:
        by = np.argsort(word, kind="mergesort")
        by = by[np.argsort(key[by], kind="mergesort")]
        key[:], word[:], rows[:] = key[by], word[by], rows[by]
        return
    for i in range(1, n):
        k, w, r = key[i], word[i], rows[i]
        j = i - 1
        while j >= 0 and (key[j] > k or (key[j] == k and word[j] > w)):
            key[j + 1], word[j + 1], rows[j + 1] = key[j], word[j], rows[j]
            j -= 1
        key[j + 1], word[j + 1], rows[j + 1] = k, w, r


@njit(cache=True, nogil=True)
def _sort(key, word, rows, shift):
    """Sort (key, word, rows) in place, stably: split by the bits below the leading ``shift`` until a group is a handful."""
    n = len(key)
    if n <= _INSERT:
        _sort_group(key, word, rows)
        return
    bits = min(_MOST_BITS, max(1, _bit_length(n) - 3), 64 - shift)
    ends = np.zeros((1 << bits) + 1, np.int64)
    dealt = np.empty(n, np.uint32)
    _deal(key, shift, bits, ends, dealt)
    own_key, own_word, own_rows = key[dealt], word[dealt], rows[dealt]
    for g in range(1 << bits):
        lo, hi = ends[g], ends[g + 1]
        if hi - lo < n and bits == _MOST_BITS and hi - lo > _INSERT and shift + bits < 64:
            _sort(own_key[lo:hi], own_word[lo:hi], own_rows[lo:hi], shift + bits)
        elif hi - lo > 1:
            _sort_group(own_key[lo:hi], own_word[lo:hi], own_rows[lo:hi])
    key[:], word[:], rows[:] = own_key, own_word, own_rows


@njit(cache=True, nogil=True, inline="always")
def _bit_length(n):
    bits = 0
    while n:
        n >>= 1
        bits += 1
    return bits


@njit(cache=True, nogil=True)
def _shared(key):
    """How many leading bits all keys share."""
    differ = np.uint64(0)
    for i in range(1, len(key)):
        differ |= key[i] ^ key[0]
    shared = 0
    while shared < 63 and not (differ >> np.uint64(63 - shared)) & np.uint64(1):
        shared += 1
    return shared


def sort(
    key: NDArray[np.uint64], word: NDArray[np.uint64], rows: NDArray[np.uint32]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32]]:
    """Sort in place and stably by (key, word); gives the three back. Keys are hashes: below what they share they split evenly."""
    if len(key) > 1:
        _sort(key, word, rows, _shared(key))
    return key, word, rows


@njit(cache=True, nogil=True)
def _among(wanted, keys, out):
    n, w = 0, 0
    for i in range(len(keys)):
        while w < len(wanted) and wanted[w] < keys[i]:
            w += 1
        if w == len(wanted):
            break
        if wanted[w] == keys[i]:
            out[n] = i
            n += 1
    return n


def rows_among(wanted: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows of ``keys`` (n,) whose key is among ``wanted`` (m,), both sorted."""
    out = np.empty(len(keys), np.int64)
    return out[: _among(wanted, keys, out)]


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

    rows: NDArray[np.uint32]
    key: NDArray[np.uint64]
    word: NDArray[np.uint64]
    repeated: int
    conflicting: int


@njit(cache=True, nogil=True)
def _merge(key, word, rows, more_key, more_word, more_rows, end, out_key, out_word, out_rows):
    i, j = 0, 0
    for n in range(len(out_key)):
        if j == len(more_key) or (
            i < len(key) and (key[i] < more_key[j] or (key[i] == more_key[j] and word[i] <= more_word[j]))
        ):
            out_key[n], out_word[n], out_rows[n] = key[i], word[i], rows[i]
            i += 1
        else:
            out_key[n], out_word[n], out_rows[n] = more_key[j], more_word[j], more_rows[j] + end
            j += 1


def merged(events: Events, own: Lined, others: Events, more: Lined) -> Ordered:
    """The ``own`` of ``events`` and the ``more`` of ``others`` together, each column moved once; counts are those of ``own``.

    No identity of one may be among those of the other.
    """
    if not len(more.rows):
        return Ordered(events.take(own.rows), own.word, own.repeated, own.conflicting)
    if not len(own.rows):
        return Ordered(others.take(more.rows), more.word, own.repeated, own.conflicting)
    n = len(own.rows) + len(more.rows)
    key, word, rows = np.empty(n, np.uint64), np.empty(n, np.uint64), np.empty(n, np.uint32)
    _merge(own.key, own.word, own.rows, more.key, more.word, more.rows, len(events), key, word, rows)
    both = partial(take_of_two, events, others)
    lined = _settled(both, rows, key, word)
    return Ordered(both(lined.rows), lined.word, own.repeated, own.conflicting)


def arrange(events: Events) -> Ordered:
    """Sort ``events`` and keep of each identity the event with the least payload.

    The least payload is the least by the payload columns in declared order, so that the order of arrival changes nothing.
    """
    lined = line_up(events)
    return Ordered(events.take(lined.rows), lined.word, lined.repeated, lined.conflicting)


def line_up(events: Events) -> Lined:
    """What ``arrange`` would do, before any column but key and word is moved."""
    return line_up_rows(events, np.arange(len(events), dtype=np.uint32))


def line_up_rows(events: Events, rows: NDArray[np.uint32]) -> Lined:
    """``line_up`` of the events at ``rows``, which are put in order in place."""
    word = _word(np.take(events.at, rows), np.take(events.kind, rows), np.take(events.place, rows))
    key, word, rows = sort(np.take(events.key, rows), word, rows)
    return _settled(events.take, rows, key, word)


def _settled(
    take: Callable[[NDArray[np.uint32]], Events],
    rows: NDArray[np.uint32],
    key: NDArray[np.uint64],
    word: NDArray[np.uint64],
) -> Lined:
    """Put runs of equal key and word into canonical order and keep each identity once."""
    same = np.flatnonzero((key[1:] == key[:-1]) & (word[1:] == word[:-1]))
    if len(same) == 0:
        return Lined(rows, key, word, 0, 0)
    twins = np.union1d(same, same + 1)
    among = take(rows[twins])
    inner = _canonical(among)
    first, payload = first_of_identity(among.take(inner))
    rows = rows.copy()
    rows[twins] = rows[twins][inner]
    keep = np.ones(len(rows), np.bool_)
    keep[twins[~first]] = False
    repeated = int(np.count_nonzero(~first & ~payload))
    return Lined(rows[keep], key[keep], word[keep], repeated, int(np.count_nonzero(~first)) - repeated)


def _canonical(events: Events) -> NDArray[np.int64]:
    return np.lexsort([getattr(events, name) for name in reversed(CANONICAL)])


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
