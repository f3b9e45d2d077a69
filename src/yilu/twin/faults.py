"""Faults planted into lives: each changes the scans of an item that has just been made, and nothing of anybody else.

A fault takes an item whose *anchor*, the scan at which it begins, lies at its place, operator and time, with the probability of its share.
Checks can be spoilt in any life. Whatever moves or adds scans takes plain lives only (no further pieces, new number, redirection, return, voids,
unknown places), so that what follows from it can be said exactly.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.twin.closing import hold
from yilu.twin.draws import mixed, stream, unit
from yilu.twin.feed_faults import AHEAD, SENDER, SILENT, hush, spares, spoil, there
from yilu.twin.ground import seed_of
from yilu.twin.scans import MARK_EVENT_ID, MARK_UNKNOWN_PLACE, MARK_UNMAPPED, MARK_VOIDS, MARK_WRONG, WORDS

OMIT, RECORD_LATE, CHECK_LATE, WAIT, INVENT, SIGN, TOUCH, UNFILED, CLOSE, FADE = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""A check leaves no event; it is recorded long after; it is made after the item has left; the item waits; a scan far away is invented; a
delivery is invented; a scan follows the delivery; nothing is changed, but the outlet that scans has no filing; a crossing is closed; an outlet accepts less from day to day."""
ACTION, CHECK, OPERATOR, FACILITY, FROM, UNTIL, SHARE, SECONDS, ELSEWHERE = range(9)
"""Columns of a fault, int64: what is done; kind of the check; operator and facility of the anchor by id (0: any); first and last UTC second of
the anchor; share of 2^32; how long; another facility."""
COLUMNS = 9
CHECKS: tuple[tuple[str, str], ...] = (
    ("inspect", "inspection"),
    ("identify", "identification"),
    ("screen", "screening"),
)
"""Kinds of check, and what faults of theirs are called."""
MOST_FAULTS = 62

_ACCEPT, _BAG, _DEPART, _ARRIVE, _UNBAG, _SORT, _OUT, _DELIVER = np.array([8, 32, 44, 52, 60, 64, 100, 120], np.int64)
_PIECE, _RELABEL, _REDIRECT, _RETURN = np.array([24, 28, 108, 124], np.int64)
_FAULTS = np.uint64(0xFA017)
_APART_S = 3660
"""A later scan of delivery this long after an invented one tells against it."""


@njit(cache=True, nogil=True)
def _plain(out, first, end):
    """Whether rows ``first:end`` are a life that says the same about one number from beginning to end."""
    odd = MARK_WRONG | MARK_UNMAPPED | MARK_UNKNOWN_PLACE | MARK_VOIDS
    for r in range(first, end):
        kind = out[r, 4] & 255
        if kind in (_PIECE, _RELABEL, _REDIRECT, _RETURN) or kind >= 200 or (out[r, 4] >> 24) & odd:
            return False
    return True


@njit(cache=True, nogil=True)
def _first(out, first, end, fault, kinds):
    """The first row of these kinds that is there, or -1."""
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) in kinds and there(out[r], fault):
            return r
    return -1


@njit(cache=True, nogil=True)
def _delay(out, first, end, after, seconds):
    """Let everything later than ``after`` happen, and be recorded, ``seconds`` later."""
    for r in range(first, end):
        if np.int64(out[r, 1]) > after:
            out[r, 1] += np.uint32(seconds)
            out[r, 2] += np.uint32(seconds)


@njit(cache=True, nogil=True)
def _add(out, end, like, seconds, place, kind, outcome):
    """One more scan, ``seconds`` after row ``like``."""
    for w in range(WORDS):
        out[end, w] = out[like, w]
    out[end, 1] += np.uint32(seconds)
    out[end, 2] += np.uint32(seconds)
    out[end, 3] = (out[like, 3] & np.uint32(0xFFF00000)) | np.uint32(place)
    marks = (out[like, 4] >> 24) & MARK_EVENT_ID
    out[end, 4] = np.uint32(kind | (outcome << 8) | (marks << 24))
    out[end, 5] = 0
    return end + 1


@njit(cache=True, nogil=True)
def _omit(out, first, end, fault):
    """Leave out the checks that are there. Returns (whether any was, the new end)."""
    to = first
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) == fault[CHECK] and there(out[r], fault):
            continue
        if to != r:
            for w in range(WORDS):
                out[to, w] = out[r, w]
        to += 1
    return to < end, to


@njit(cache=True, nogil=True)
def _recorded_late(out, first, end, fault):
    found = False
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) == fault[CHECK] and there(out[r], fault):
            out[r, 2] += np.uint32(fault[SECONDS])
            found = True
    return found


@njit(cache=True, nogil=True)
def _checked_late(out, first, end, fault):
    """Make the check a minute after the item has left the place where it is made, where a scan of its own says so."""
    at = _first(out, first, end, fault, (fault[CHECK],))
    if at < 0:
        return False
    place, left = out[at, 3], np.int64(0)
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) == _DEPART and out[r, 3] == place and left == 0:
            left = np.int64(out[r, 1])
    if left == 0:
        return False
    by = np.uint32(left + 60 - np.int64(out[at, 1]))
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) == fault[CHECK] and out[r, 3] == place:
            out[r, 1] += by
            out[r, 2] += by
    return True


@njit(cache=True, nogil=True)
def _waits(out, first, end, fault):
    """Let an item that has arrived at the place wait there: it leaves later, and all that follows is later. Not before it travels in a bag."""
    at = _first(out, first, end, fault, (_ARRIVE, _UNBAG, _SORT))
    if at < 0:
        return False
    since, later = np.int64(out[at, 1]), False
    for r in range(first, end):
        if np.int64(out[r, 1]) > since:
            later = True
            if np.int64(out[r, 4] & 255) == _BAG:
                return False
    if later:
        _delay(out, first, end, since, fault[SECONDS])
    return later


@njit(cache=True, nogil=True)
def _signs(out, first, end, fault):
    """Where a row of a tour is that a delivery can be invented behind, or -1: the true one comes an hour and more later."""
    at = _first(out, first, end, fault, (_OUT,))
    if at < 0:
        return -1
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) == _DELIVER and np.int64(out[r, 1]) > np.int64(out[at, 1]) + 60 + _APART_S:
            return at
    return -1


@njit(cache=True, nogil=True)
def _not_taken(out, first, end, fault, u):
    """Whether an item that would be accepted at an outlet that fades is not accepted there or anywhere, by one u in [0, 1)."""
    at = _first(out, first, end, fault, (_ACCEPT,))
    if at < 0:
        return False
    days = (np.int64(out[at, 1]) - fault[FROM]) // 86400 + 1
    return u >= (1.0 - fault[SHARE] / 4294967296.0) ** days


@njit(cache=True, nogil=True)
def plant(out, first, end, item, faults, cuts, ground):
    """Plant what falls to the life in rows ``first:end`` of ``out``. Returns (bits of the faults planted, new end).

    ``cuts`` (faults, F, F): pairs of facilities that a closed crossing parts.
    """
    planted = np.int64(0)
    plain = _plain(out, first, end)
    moved = False
    for f in range(
        len(faults)
    ):  # outlets and crossings first: who is not taken, and who waits for all, falls to no other that moves it
        fault = faults[f]
        s = mixed(stream(seed_of(ground) ^ _FAULTS, np.uint64(item)) + np.uint64(f))
        if fault[ACTION] == FADE and _not_taken(out, first, end, fault, unit(s)):
            return np.int64(0), first
        if fault[ACTION] == CLOSE and hold(out, first, end, fault[FROM], fault[UNTIL], cuts[f], s):
            planted |= np.int64(1) << f
            moved = True
    for f in range(len(faults)):
        fault = faults[f]
        if fault[ACTION] == FADE or fault[ACTION] == CLOSE:
            continue
        s = mixed(stream(seed_of(ground) ^ _FAULTS, np.uint64(item)) + np.uint64(f))
        if unit(s) * 4294967296.0 >= fault[SHARE]:
            continue
        action, done = fault[ACTION], False
        if action == SILENT:
            continue
        if action >= SENDER:
            if spares(action) or (plain and not moved):
                done, end = spoil(out, first, end, fault, f + 1, s)
        elif action == OMIT:
            done, end = _omit(out, first, end, fault)
        elif action == RECORD_LATE:
            done = _recorded_late(out, first, end, fault)
        elif action == UNFILED:
            for r in range(first, end):
                done = done or there(out[r], fault)
        elif not plain or moved:
            continue  # one that moves or adds scans is enough for one life
        elif action == CHECK_LATE:
            done = _checked_late(out, first, end, fault)
        elif action == WAIT:
            done = _waits(out, first, end, fault)
        elif action == INVENT:
            at = _first(out, first, end, fault, (_ARRIVE,))
            if at >= 0:
                end = _add(out, end, at, fault[SECONDS], fault[ELSEWHERE], _SORT, 0)
                done = True
        elif action == SIGN:
            at = _signs(out, first, end, fault)
            if at >= 0:
                end = _add(out, end, at, 60, np.int64(out[at, 3] & 0xFFFFF), _DELIVER, 1)
                done = True
        elif action == TOUCH:
            at = _first(out, first, end, fault, (_DELIVER,))
            if at >= 0:
                end = _add(out, end, at, fault[SECONDS], np.int64(out[at, 3] & 0xFFFFF), _SORT, 0)
                done = True
        if done:
            planted |= np.int64(1) << f
            moved = moved or CHECK_LATE <= action <= TOUCH or action >= AHEAD
    for f in range(len(faults)):
        if faults[f][ACTION] == SILENT:
            done, end = hush(out, first, end, faults[f], plain)
            planted |= np.int64(done) << f
    return planted if end > first else np.int64(0), end
