"""The cells that an item and its events stand in, as (code, delta) pairs (codes: ``cubes``).

On a change of state an item leaves the cells it stood in and enters others. Most are the same ones, so both states are worked out to
times and statuses first, and only what differs becomes pairs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.items.clock import (
    DELIVERED,
    accepted_at,
    day_at,
    ends_of,
    level_of,
    outcome_of,
    owed,
    promise_of,
    statuses_of,
)
from yilu.items.cubes import bin_of
from yilu.items.rules import AREA_CITY, value
from yilu.items.stages import ended_cells

MOST_PAIRS = 2 * (9 * 3 + 1 + 3 + 5)
"""Pairs of one change at most: nine measures in two ``clock`` cells and a ``flow`` cell, ``transit``, three checks, ``ends``, four stages; left and entered."""

ROOM = 15
"""Of a state: nine times, the end of transit, and the codes of its five cells of ``ends`` and ``stages``."""

ADDED, TAKEN = np.int64(1), np.int64(-1)
"""Signs of pairs. Typed, as what is handed a plain number is compiled once more for each of them."""

_MEASURES = 9
_NOT_COUNTED = 512 | 1024
"""Flags ``continued`` and ``part``: counted under another number."""
_CONTAINER_CLASS = 4
_NO_CHECKS = (np.int64(0), np.int64(0), np.int64(0))


@njit(cache=True, nogil=True, inline="always")
def _is_counted(row):
    """Whether an item stands in any cell: containers, pieces and numbers that go on under another one don't."""
    return row["last"] != 0 and not row["flags"] & _NOT_COUNTED and row["classes"] & np.uint8(15) < _CONTAINER_CLASS


@njit(cache=True, nogil=True, inline="always")
def _same_stated(a, b):
    """Whether two states of an item agree in all that its promise and its obligations depend on."""
    return (
        a["start"] == b["start"] and a["promise"] == b["promise"] and a["origin"] == b["origin"]
        and a["destination"] == b["destination"] and a["operator"] == b["operator"]
        and a["service_level"] == b["service_level"] and a["classes"] == b["classes"]
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _measured(row, promise, when):
    """Fill the first ten of ``when``: per measure (``cubes.MEASURES``) its second, 0 none; then the end of transit."""
    start = accepted_at(row)
    unaccepted = row["start"] >> np.uint64(63)
    outcome, ended = outcome_of(row)
    delivered = outcome == DELIVERED
    stopped = outcome > DELIVERED
    by_promise = ended <= promise
    when[0] = start
    when[1] = start if unaccepted else 0
    when[2] = promise
    when[3] = promise if delivered and by_promise else 0
    when[4] = ended if delivered else 0
    when[5] = ended if delivered and promise != 0 and not by_promise else 0
    when[6] = ended if stopped else 0
    when[7] = ended if stopped and promise != 0 and not by_promise else 0
    when[8] = promise if stopped and by_promise else 0
    when[9] = ended if delivered and not unaccepted and ended >= start else 0


@njit(cache=True, nogil=True)
def _clock_pairs(row, left, entered, rules, codes, deltas, n):
    """The pairs of an item that leaves the cells of the measured times ``left`` and enters those of ``entered``; equal ones cancel."""
    origin, destination = ends_of(row, rules)
    operator = np.uint64(row["operator"])
    level = np.uint64(row["service_level"])
    if level == 0:
        level = np.uint64(level_of(origin, destination, rules))
    from_city, to_city = np.uint64(value(rules, AREA_CITY, origin)), np.uint64(value(rules, AREA_CITY, destination))
    pair = (
        (operator << np.uint64(30))
        | (from_city << np.uint64(20))
        | (to_city << np.uint64(10))
        | (level << np.uint64(6))
        | (np.uint64(row["classes"] & np.uint8(15)) << np.uint64(2))
    )
    tail = (operator << np.uint64(23)) | (level << np.uint64(9))
    for m in range(_MEASURES):
        if left[m] == entered[m]:
            continue
        measure = np.uint64(m + 1) << np.uint64(57)
        for sign in (-1, 1):
            at = entered[m] if sign > 0 else left[m]
            if at == 0:
                continue
            cell = (np.uint64(1) << np.uint64(61)) | measure | (np.uint64(at // 3600) << np.uint64(35)) | tail
            codes[n] = cell | (np.uint64(1) << np.uint64(55)) | (np.uint64(origin) << np.uint64(13))
            codes[n + 1] = cell | (np.uint64(2) << np.uint64(55)) | (np.uint64(destination) << np.uint64(13))
            deltas[n], deltas[n + 1] = sign, sign
            n += 2
            if m != 1 and m < 7:
                codes[n] = (np.uint64(2) << np.uint64(61)) | measure | (day_at(at, rules) << np.uint64(42)) | pair
                if m == 2 or m == 3 or m == 5:
                    codes[n] |= np.uint64(1) if row["promise"] != 0 else np.uint64(2)
                deltas[n] = sign
                n += 1
    if left[_MEASURES] == entered[_MEASURES] and left[0] == entered[0]:
        return n
    for sign in (-1, 1):
        when = entered if sign > 0 else left
        ended = when[_MEASURES]
        if ended != 0:
            codes[n] = (
                (np.uint64(3) << np.uint64(61)) | (day_at(ended, rules) << np.uint64(46)) | (operator << np.uint64(34))
                | (from_city << np.uint64(24)) | (to_city << np.uint64(14)) | (level << np.uint64(10)) | bin_of(ended - when[0])
            )  # fmt: skip
            deltas[n] = sign
            n += 1
    return n


@njit(cache=True, nogil=True)
def _ended_pairs(left, entered, codes, deltas, n):
    """The pairs of an item that leaves some cells of ``ends`` and ``stages`` and enters others; equal ones cancel."""
    for slot in range(_MEASURES + 1, ROOM):
        if left[slot] == entered[slot]:
            continue
        for sign in (-1, 1):
            code = entered[slot] if sign > 0 else left[slot]
            if code != 0:
                codes[n], deltas[n] = np.uint64(code), sign
                n += 1
    return n


@njit(cache=True, nogil=True)
def _check_pairs(row, left, entered, rules, codes, deltas, n):
    """The pairs of an item whose statuses of checks were ``left`` and are ``entered``."""
    origin, _ = ends_of(row, rules)
    cell = (
        (np.uint64(4) << np.uint64(61)) | (day_at(accepted_at(row), rules) << np.uint64(41)) | (np.uint64(row["operator"]) << np.uint64(29))
        | (np.uint64(origin) << np.uint64(19)) | (np.uint64(row["classes"] & np.uint8(15)) << np.uint64(15))
        | (np.uint64(row["classes"] >> np.uint8(4)) << np.uint64(11))
    )  # fmt: skip
    for check in range(3):
        if left[check] == entered[check]:
            continue
        for sign in (-1, 1):
            status = entered[check] if sign > 0 else left[check]
            if status != 0:
                codes[n] = cell | (np.uint64(check) << np.uint64(59)) | (np.uint64(status) << np.uint64(56))
                deltas[n] = sign
                n += 1
    return n


@njit(cache=True, nogil=True)
def item_pairs(row, rules, sign, whens, codes, deltas, n):
    """All cells of a state, ``sign`` +1 or -1. ``whens`` (2, ROOM): room. Returns how many pairs there are now."""
    if not _is_counted(row):
        return n
    whens[:] = 0
    found, processing = owed(row, rules)
    statuses = statuses_of(row, found, processing)
    if sign > 0:
        _measured(row, promise_of(row, rules), whens[1])
        ended_cells(row, rules, whens[1])
        n = _check_pairs(row, _NO_CHECKS, statuses, rules, codes, deltas, n)
    else:
        _measured(row, promise_of(row, rules), whens[0])
        ended_cells(row, rules, whens[0])
        n = _check_pairs(row, statuses, _NO_CHECKS, rules, codes, deltas, n)
    n = _ended_pairs(whens[0], whens[1], codes, deltas, n)
    return _clock_pairs(row, whens[0], whens[1], rules, codes, deltas, n)


@njit(cache=True, nogil=True)
def changed_pairs(old, new, clock, checks, rules, whens, codes, deltas, n):
    """What a change from ``old`` to ``new`` does to the cells of the ``clock`` cubes, ``ends`` and ``stages``, and of ``checks``, each only if it says so."""
    if not (_is_counted(old) and _is_counted(new) and _same_stated(old, new)):
        n = item_pairs(old, rules, TAKEN, whens, codes, deltas, n)
        return item_pairs(new, rules, ADDED, whens, codes, deltas, n)
    if clock:
        promise = promise_of(new, rules)
        _measured(old, promise, whens[0])
        _measured(new, promise, whens[1])
        ended_cells(old, rules, whens[0])
        ended_cells(new, rules, whens[1])
        n = _ended_pairs(whens[0], whens[1], codes, deltas, n)
        n = _clock_pairs(new, whens[0], whens[1], rules, codes, deltas, n)
    if checks:
        found, processing = owed(new, rules)
        left, entered = statuses_of(old, found, processing), statuses_of(new, found, processing)
        if left != entered:
            n = _check_pairs(new, left, entered, rules, codes, deltas, n)
    return n


@njit(cache=True, nogil=True)
def scan_cell(word, operator, place):
    """The cell of cube ``scans`` for one event."""
    hour = (word >> np.uint64(32)) // np.uint64(3600)
    kind = (word >> np.uint64(24)) & np.uint64(0xFF)
    return (
        (np.uint64(5) << np.uint64(61)) | (hour << np.uint64(41)) | (place << np.uint64(21)) | (kind << np.uint64(13))
        | (operator << np.uint64(1))
    )  # fmt: skip


@njit(cache=True, nogil=True)
def dwell_cell(day, place, operator, seconds):
    """The cell of cube ``dwell`` for one departure."""
    return (
        (np.uint64(6) << np.uint64(61)) | (day << np.uint64(46)) | (place << np.uint64(26)) | (operator << np.uint64(14))
        | (bin_of(seconds) << np.uint64(4))
    )  # fmt: skip
