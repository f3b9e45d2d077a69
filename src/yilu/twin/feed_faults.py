"""Faults of feeds, planted into lives: what was done is right, and what the feed tells of it is not.

Copies, late and shaken recording, and one sender's token spare what happened; any life takes the first three. What loses or blurs scans (clocks ahead,
unknown places, unmapped codes) takes plain lives, and no acceptance. A feed that is silent tells of nothing at all: plain lives lose the scans of
those hours; lives that are not plain, or were accepted then, are told of nowhere.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.twin.draws import mixed, unit
from yilu.twin.scans import MARK_UNKNOWN_PLACE, MARK_UNMAPPED, MOST_SCANS, WORDS

SENDER, TWICE, LATE, SHAKEN, AHEAD, NOWHERE, UNMAP, SILENT = 11, 12, 13, 14, 15, 16, 17, 18
"""Numbers go on from those of ``faults``. One sender's token on all acceptances; scans sent again; recorded later; recorded up to so much later; happening after their recording; at an
unknown place; under an unmapped code; the feed is silent."""
_ACTION, _OPERATOR, _FACILITY, _FROM, _UNTIL, _SECONDS = 0, 2, 3, 4, 5, 7
_ACCEPT, _ARRIVE, _UNBAG, _SORT, _OUT, _OTHER = 8, 52, 60, 64, 100, 240
_UNMARKED = np.uint32(0xFFFFFF00)


@njit(cache=True, nogil=True)
def there(row, fault):
    """Whether a scan is at the place, operator and time of the fault."""
    return (
        (fault[_OPERATOR] == 0 or np.int64(row[3] >> 20) == fault[_OPERATOR])
        and (fault[_FACILITY] == 0 or np.int64(row[3] & 0xFFFFF) == fault[_FACILITY])
        and fault[_FROM] <= np.int64(row[1]) < fault[_UNTIL]
    )


@njit(cache=True, nogil=True)
def spares(action):
    """Whether any life takes a fault: nothing that happened is lost by it."""
    return action == TWICE or action == LATE or action == SHAKEN


@njit(cache=True, nogil=True)
def spoil(out, first, end, fault, number, s):
    """Do what the fault does to rows ``first:end`` of a life; ``number``: of the fault, from 1; ``s``: its draw. Returns (whether it did, new end)."""
    action, done, last = fault[_ACTION], False, end
    for r in range(first, last):
        if not there(out[r], fault):
            continue
        kind = np.int64(out[r, 4] & 255)
        if action == SENDER:
            if kind == _ACCEPT:
                out[r, 5] = np.uint32(number)
                done = True
        elif action == TWICE:
            if end - first < MOST_SCANS - 8:
                for w in range(WORDS):
                    out[end, w] = out[r, w]
                out[end, 2] += np.uint32(fault[_SECONDS])
                end += 1
                done = True
        elif action == LATE:
            out[r, 2] += np.uint32(fault[_SECONDS])
            done = True
        elif action == SHAKEN:
            out[r, 2] += np.uint32(unit(mixed(s + np.uint64(r - first))) * fault[_SECONDS])
            done = True
        elif action == AHEAD:
            if kind != _ACCEPT:
                out[r, 1] = out[r, 2] + np.uint32(fault[_SECONDS])
                done = True
        elif action == NOWHERE:
            if kind == _SORT or kind == _OUT or kind == _UNBAG:
                out[r, 4] |= np.uint32(MARK_UNKNOWN_PLACE << 24)
                done = True
        elif action == UNMAP and (kind == _SORT or kind == _ARRIVE):
            out[r, 4] = (out[r, 4] & _UNMARKED) | np.uint32(_OTHER | (MARK_UNMAPPED << 24))
            done = True
    return done, end


@njit(cache=True, nogil=True)
def hush(out, first, end, fault, plain):
    """Take from rows ``first:end`` what a silent feed doesn't tell. Returns (whether the life lies in those hours, new end)."""
    begins, ends, accepted = np.int64(1) << 62, np.int64(0), False
    for r in range(first, end):
        at = np.int64(out[r, 1])
        begins, ends = min(begins, at), max(ends, at)
        accepted = accepted or (np.int64(out[r, 4] & 255) == _ACCEPT and fault[_FROM] <= at < fault[_UNTIL])
    if (
        end == first
        or np.int64(out[first, 3] >> 20) != fault[_OPERATOR]
        or begins >= fault[_UNTIL]
        or ends < fault[_FROM]
    ):
        return False, end
    if not plain or accepted:
        return True, first
    to = first
    for r in range(first, end):
        if fault[_FROM] <= np.int64(out[r, 1]) < fault[_UNTIL]:
            continue
        for w in range(WORDS):
            out[to, w] = out[r, w]
        to += 1
    return True, to


def told(rows: NDArray[np.uint32], faults: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Scans of bags (n, WORDS) that feeds are not silent of."""
    for fault in faults[faults[:, _ACTION] == SILENT]:
        at = rows[:, 1].astype(np.int64)
        rows = rows[((rows[:, 3] >> 20) != fault[_OPERATOR]) | (at < fault[_FROM]) | (at >= fault[_UNTIL])]
    return rows
