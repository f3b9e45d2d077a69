"""Whose an event is, among all that reached an item: its own, its container's, an old number's, a piece's, or nobody's it goes by.

Links only ever get more; whether one holds is seen here, where all events of an item are together: a relabelling or a piece that was voided,
or told otherwise by an event that holds in its place, carries nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit

OWN, CARRIED, MARK, END, GOES_ON, NOTHING = 0, 1, 2, 3, 4, 5
"""Of the item or a number before it; a scan of its container; tells of a piece; ends a piece; tells of the number after it; does not count."""

_PIECE, _RELABEL, _VOID = 24, 28, 200
_MOST_NUMBERS = 16
"""Numbers before an item's that are followed."""


@njit(cache=True, nogil=True, inline="always")
def kind_of(word):
    """The kind in an event's word."""
    return np.int64((word >> np.uint64(24)) & np.uint64(0xFF))


@njit(cache=True, nogil=True)
def _stands(e, first, last, word, via, event_id, voids):
    """Whether no voiding of the same number names the event."""
    if event_id[e] == 0:
        return True
    for v in range(first, last):
        if kind_of(word[v]) == _VOID and via[v] == via[e] and voids[v] == event_id[e]:
            return False
    return True


@njit(cache=True, nogil=True)
def _numbers_before(first, last, key, word, via, parent, event_id, voids, numbers):
    """Fill ``numbers`` with those that the item goes on for. Returns how many."""
    known = 0
    grown = True
    while grown and known < len(numbers):
        grown = False
        for e in range(first, last):
            if kind_of(word[e]) != _RELABEL or parent[e] == 0 or parent[e] == key[e] or known == len(numbers):
                continue
            if (via[e] == 0 or via[e] in numbers[:known]) and parent[e] not in numbers[:known]:
                if _stands(e, first, last, word, via, event_id, voids):
                    numbers[known] = parent[e]
                    known += 1
                    grown = True
    return known


@njit(cache=True, nogil=True)
def tell(key, word, attr, container, via, parent, event_id, voids, role, whose):
    """Fill ``role`` (n,) and ``whose`` (n,): 0 the item's own or that of a number before it, else the key it came by. Events by (key, word)."""
    numbers = np.zeros(_MOST_NUMBERS, np.uint64)
    n = len(key)
    i = 0
    while i < n:
        j = i
        linked = False
        while j < n and key[j] == key[i]:
            whose[j] = via[j]
            role[j] = OWN if via[j] == 0 else CARRIED if container[j] == via[j] else NOTHING
            linked |= role[j] == NOTHING
            j += 1
        known = _numbers_before(i, j, key, word, via, parent, event_id, voids, numbers) if linked else 0
        for e in range(i, j):
            if role[e] != NOTHING:
                continue
            kind = kind_of(word[e])
            ours = parent[e] == key[e] or parent[e] in numbers[:known]
            if kind == _RELABEL:
                role[e] = GOES_ON if parent[e] == key[e] else NOTHING
            elif attr[e] >> np.uint64(52) != 0:
                role[e] = END if kind != _PIECE else MARK if ours else NOTHING
            elif via[e] in numbers[:known]:
                role[e], whose[e] = OWN, 0
        i = j
