"""One scan as six 32-bit words, and how a scan comes to be written: late, twice, or with another payload."""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.twin.draws import mixed, step, unit

WORDS = 6
"""item or bag | at | recorded_at | place 20, operator 12 | kind 8, outcome 8, piece 8, marks 8 | bag, or area of redirection."""

MARK_NEW_NUMBER = 1
MARK_EVENT_ID = 2
MARK_WRONG = 4
MARK_CONFLICT = 8
MARK_UNMAPPED = 16
MARK_UNKNOWN_PLACE = 32
MARK_BAG = 64
MARK_VOIDS = 128

MOST_SCANS = 400
"""More than any item can get, its pieces and repeats included."""

_ACCEPT, _UNBAG, _SORT, _OUT = 8, 60, 64, 100


@njit(cache=True, nogil=True)
def write(out, n, item, at, recorded, place, operator, kind, outcome, piece, marks, extra):
    """Write one scan to row ``n`` of ``out`` (rows, WORDS)."""
    out[n, 0] = np.uint32(item)
    out[n, 1] = np.uint32(at)
    out[n, 2] = np.uint32(recorded)
    out[n, 3] = np.uint32(place | (operator << 20))
    out[n, 4] = np.uint32(kind | (outcome << 8) | (piece << 16) | (marks << 24))
    out[n, 5] = np.uint32(extra)


@njit(cache=True, nogil=True, inline="always")
def recorded(at, tick, delay):
    """When a source that uploads every ``tick`` seconds records what happened at ``at``, ``delay`` seconds late."""
    return ((at + delay) // tick + 1) * tick


@njit(cache=True, nogil=True)
def put(out, n, s, who, at, place, kind, outcome, piece, marks, extra, rates):
    """Write a scan of an item, as late and as often as ``rates`` say; ``who``: (item, operator id, upload tick in s).

    Returns (next free row, stream).
    """
    s = step(s)
    u = unit(s)
    delay = 0
    if u < rates.late_record:
        # From 10 minutes to 12 hours, short delays more often: the draw's own remainder says how long.
        w = u / rates.late_record
        delay = 600 + int(42600.0 * w * w * w)
    elif u > 1.0 - rates.unknown_place and (kind in (_SORT, _OUT, _UNBAG)):
        marks |= MARK_UNKNOWN_PLACE
    item, operator, tick = who
    seen = recorded(at, tick, delay)
    write(out, n, item, at, seen, place, operator, kind, outcome, piece, marks, extra)
    n += 1
    v = float(mixed(s ^ np.uint64(0x5851F42D4C957F2D)) >> np.uint64(11)) / 9007199254740992.0
    if v < rates.repeat:
        write(
            out,
            n,
            item,
            at,
            seen + tick * (1 + int(60.0 * v / rates.repeat)),
            place,
            operator,
            kind,
            outcome,
            piece,
            marks,
            extra,
        )
        n += 1
    elif kind == _ACCEPT and v > 1.0 - rates.conflict:
        write(out, n, item, at, seen + 2 * tick, place, operator, kind, outcome, piece, marks | MARK_CONFLICT, extra)
        n += 1
    return n, s
