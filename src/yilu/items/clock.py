"""What follows from one item's state: its outcome, its promise, its checks, and the cells it stands in.

Everything here is a function of the state row and of the rules in force (``Rules``); nothing reads a clock.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.items.cubes import DAY_0, bin_of
from yilu.items.fields import NEVER
from yilu.items.rules import (
    AMOUNT,
    AREA_CITY,
    CALENDAR,
    CUT_OFF_MINUTE,
    DUE_MINUTE,
    FACILITY_AREA,
    INSIDE,
    LEVEL_FIRST,
    LEVEL_FROM,
    LEVEL_OF_PAIR,
    OWED,
    OWED_CHECK,
    OWED_CLASS,
    OWED_DESTINATION,
    OWED_FROM,
    OWED_ORIGIN,
    OWED_PROCESSING,
    OWED_SENDER,
    OWED_UNTIL,
    TRANSITIONS,
    size,
    value,
    zone_offset,
)  # fmt: skip

OPEN, DELIVERED, RETURNED, LOST, STOPPED = 0, 1, 2, 3, 4
OUTCOME_NAMES: dict[int, tuple[str, str, str]] = {
    OPEN: ("open", "在途", "On its way."),
    DELIVERED: ("delivered", "已签收", "Delivered to the addressee."),
    RETURNED: ("returned", "退回", "Returned; a delivery after it is the sender's."),
    LOST: ("lost", "丢失", "Declared lost and not delivered since."),
    STOPPED: ("stopped", "终止", "Destroyed, confiscated or cancelled."),
}

SLOTS, CHECK_SLOT = 28, 25
"""Cells of one item at most: clock 2 x 9, flow 6, transit 1; from ``CHECK_SLOT`` on checks 3 (see ``cells``)."""

_LOST_FLAG = 32
_NOT_COUNTED = 512 | 1024
"""Flags ``continued`` and ``part``: counted under another number."""
_CONTAINER_CLASS = 4


@njit(cache=True, nogil=True)
def offset_at(at, rules):
    """Seconds to add to UTC for local time at ``at``."""
    lo, hi = np.int64(0), size(rules, TRANSITIONS)
    if at >= value(rules, TRANSITIONS, hi - 1):
        return zone_offset(rules, hi - 1)
    while lo < hi:
        middle = (lo + hi) // 2
        if value(rules, TRANSITIONS, middle) <= at:
            lo = middle + 1
        else:
            hi = middle
    return zone_offset(rules, max(lo - 1, 0))


@njit(cache=True, nogil=True)
def day_at(at, rules):
    """The local day of ``at``, counted from ``DAY_0``, 0 at least."""
    return np.uint64(max(0, (np.int64(at) + offset_at(np.int64(at), rules)) // 86400 - DAY_0))


@njit(cache=True, nogil=True)
def utc_of(local, rules):
    """UTC of a local second; in a gap or an overlap of the zone the offset before it holds."""
    before, after = offset_at(local - 86400, rules), offset_at(local + 86400, rules)
    return (
        local - after
        if offset_at(local - before, rules) != before and offset_at(local - after, rules) == after
        else local - before
    )


@njit(cache=True, nogil=True, inline="always")
def level_of(origin, destination, rules):
    """The service level that a pair of areas has where the item states none."""
    return value(rules, LEVEL_OF_PAIR, origin * size(rules, AREA_CITY) + destination)


@njit(cache=True, nogil=True)
def promised(accepted, origin, destination, level, rules):
    """The derived promise in UTC seconds, 0 where none: the rule of the level in force at acceptance.

    Elapsed clock: hours from acceptance, or from the next local midnight when accepted at or after the cut-off. Calendar clock:
    a local hour of the n-th day after acceptance, one day later when accepted at or after the cut-off.
    """
    if level == 0:
        level = level_of(origin, destination, rules)
    row = -1
    for r in range(value(rules, LEVEL_FIRST, level), value(rules, LEVEL_FIRST, level + 1)):
        if value(rules, LEVEL_FROM, r) <= accepted:
            row = r
    if row < 0:
        return np.int64(0)
    local = accepted + offset_at(accepted, rules)
    midnight = local - local % 86400
    late = local - midnight >= 60 * value(rules, CUT_OFF_MINUTE, row)
    if value(rules, CALENDAR, row):
        days = value(rules, AMOUNT, row) + (1 if late else 0)
        return utc_of(midnight + 86400 * days + 60 * value(rules, DUE_MINUTE, row), rules)
    start = utc_of(midnight + 86400, rules) if late else accepted
    return start + 3600 * value(rules, AMOUNT, row)


@njit(cache=True, nogil=True, inline="always")
def accepted_at(row):
    """Acceptance in UTC seconds, or the first event's where none is known."""
    return np.int64((row["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF))


@njit(cache=True, nogil=True)
def outcome_of(row):
    """(outcome, when) of a state; a delivery after a return is the sender's."""
    if row["delivered"] != NEVER and row["delivered"] <= row["returned"]:
        return DELIVERED, np.int64(row["delivered"])
    if row["returned"] != NEVER:
        return RETURNED, np.int64(row["returned"])
    if row["ended"] != NEVER:
        return (LOST if row["flags"] & _LOST_FLAG else STOPPED), np.int64(row["ended"])
    return OPEN, np.int64(0)


@njit(cache=True, nogil=True)
def ends_of(row, rules):
    """(origin, destination) areas; an origin nobody stated is that of the place of acceptance."""
    origin = np.int64(row["origin"])
    if origin == 0:
        place = np.int64(row["start"] & np.uint64(0x7FFFFF))
        if place < size(rules, FACILITY_AREA):
            origin = value(rules, FACILITY_AREA, place)
    return origin, np.int64(row["destination"])


@njit(cache=True, nogil=True)
def promise_of(row, rules):
    """The promise of an item in UTC seconds, 0 where none: what the carrier stated, or else the derived one."""
    if row["promise"] != 0:
        return np.int64(row["promise"])
    if row["start"] >> np.uint64(63):
        return np.int64(0)
    origin, destination = ends_of(row, rules)
    if origin == 0 or destination == 0:
        return np.int64(0)
    return promised(accepted_at(row), origin, destination, np.int64(row["service_level"]), rules)


@njit(cache=True, nogil=True)
def owed(row, rules):
    """(checks owed, checks whose latest place is the processing site) as bits 1 << check; the last obligation rule that fits decides."""
    if row["start"] >> np.uint64(63):
        return 0, 0
    origin, destination = ends_of(row, rules)
    if not value(rules, INSIDE, origin):
        return 0, 0
    at = accepted_at(row)
    item_class = np.int64(row["classes"] & np.uint8(15))
    sender = np.int64(row["classes"] >> np.uint8(4))
    areas = size(rules, AREA_CITY)
    found, processing = 0, 0
    for r in range(size(rules, OWED)):
        if (
            value(rules, OWED_FROM, r) <= at < value(rules, OWED_UNTIL, r)
            and (value(rules, OWED_CLASS, r) == 0 or value(rules, OWED_CLASS, r) == item_class)
            and (value(rules, OWED_SENDER, r) == 0 or value(rules, OWED_SENDER, r) == sender)
            and value(rules, OWED_ORIGIN, r * areas + origin)
            and value(rules, OWED_DESTINATION, r * areas + destination)
        ):
            bit = 1 << value(rules, OWED_CHECK, r)
            found = found | bit if value(rules, OWED, r) else found & ~bit
            processing = processing | bit if value(rules, OWED_PROCESSING, r) else processing & ~bit
    return found, processing


@njit(cache=True, nogil=True, inline="always")
def _status(made, left):
    """Status of an owed check (cubes.STATUSES) made and its place left at these seconds."""
    if made != NEVER and made <= left:
        return 1
    if left == NEVER:
        return 2
    return 3 if made == NEVER else 4


@njit(cache=True, nogil=True)
def check_statuses(row, rules):
    """Statuses (cubes.STATUSES; 0 not owed) of inspection, identification and screening."""
    found, processing = owed(row, rules)
    if found == 0:
        return 0, 0, 0
    left = min(row["left"], row["delivered"])
    left_processing = min(row["left_processing"], row["delivered"])
    return (
        _status(row["inspected"], left_processing if processing & 1 else left) if found & 1 else 0,
        _status(row["identified"], left_processing if processing & 2 else left) if found & 2 else 0,
        _status(row["screened"], left_processing if processing & 4 else left) if found & 4 else 0,
    )


@njit(cache=True, nogil=True, inline="always")
def is_counted(row):
    """Whether an item stands in any cell: containers, pieces and numbers that go on under another one don't."""
    return row["last"] != 0 and not row["flags"] & _NOT_COUNTED and row["classes"] & np.uint8(15) < _CONTAINER_CLASS


@njit(cache=True, nogil=True)
def cells(row, rules, out):
    """The cells an item stands in, as codes into ``out`` (SLOTS,); 0 = none. Equal slots of two states cancel."""
    clock_cells(row, rules, out[:CHECK_SLOT])
    check_cells(row, rules, out[CHECK_SLOT:])


@njit(cache=True, nogil=True)
def clock_cells(row, rules, out):
    """The cells of the cubes ``clock``, ``flow`` and ``transit`` into ``out`` (CHECK_SLOT,)."""
    out[:] = 0
    if not is_counted(row):
        return
    origin, destination = ends_of(row, rules)
    operator = np.uint64(row["operator"])
    level = np.uint64(row["service_level"])
    if level == 0:
        level = np.uint64(level_of(origin, destination, rules))
    start = accepted_at(row)
    promise = promise_of(row, rules)
    outcome, ended = outcome_of(row)
    whens = (
        start,
        start if row["start"] >> np.uint64(63) else np.int64(0),
        promise,
        promise if outcome == DELIVERED and ended <= promise else np.int64(0),
        ended if outcome == DELIVERED else np.int64(0),
        ended if outcome == DELIVERED and promise != 0 and ended > promise else np.int64(0),
        ended if outcome > DELIVERED else np.int64(0),
        ended if outcome > DELIVERED and promise != 0 and ended > promise else np.int64(0),
        promise if outcome > DELIVERED and ended <= promise else np.int64(0),
    )
    tail = (operator << np.uint64(23)) | (level << np.uint64(9))
    pair = (
        (operator << np.uint64(30)) | (np.uint64(value(rules, AREA_CITY, origin)) << np.uint64(20))
        | (np.uint64(value(rules, AREA_CITY, destination)) << np.uint64(10)) | (level << np.uint64(6))
    )  # fmt: skip
    for m in range(9):
        when = whens[m]
        if when == 0:
            continue
        measure = np.uint64(m + 1) << np.uint64(57)
        cell = (np.uint64(1) << np.uint64(61)) | measure | (np.uint64(when // 3600) << np.uint64(35)) | tail
        out[2 * m] = cell | (np.uint64(1) << np.uint64(55)) | (np.uint64(origin) << np.uint64(13))
        out[2 * m + 1] = cell | (np.uint64(2) << np.uint64(55)) | (np.uint64(destination) << np.uint64(13))
        if m != 1 and m < 7:
            slot = 18 + (m if m == 0 else m - 1)
            out[slot] = (np.uint64(2) << np.uint64(61)) | measure | (day_at(when, rules) << np.uint64(42)) | pair
    if outcome == DELIVERED and not (row["start"] >> np.uint64(63)) and ended >= start:
        out[24] = (
            (np.uint64(3) << np.uint64(61)) | (day_at(ended, rules) << np.uint64(46)) | (operator << np.uint64(34))
            | (np.uint64(value(rules, AREA_CITY, origin)) << np.uint64(24)) | (np.uint64(value(rules, AREA_CITY, destination)) << np.uint64(14))
            | (level << np.uint64(10)) | bin_of(ended - start)
        )  # fmt: skip


@njit(cache=True, nogil=True)
def check_cells(row, rules, out):
    """The cells of the cube ``checks`` into ``out`` (3,)."""
    out[:] = 0
    if not is_counted(row):
        return
    origin, _ = ends_of(row, rules)
    statuses = check_statuses(row, rules)
    for check in range(3):
        status = statuses[check]
        if status:
            out[check] = (
                (np.uint64(4) << np.uint64(61)) | (np.uint64(check) << np.uint64(59)) | (np.uint64(status) << np.uint64(56))
                | (day_at(accepted_at(row), rules) << np.uint64(41)) | (np.uint64(row["operator"]) << np.uint64(29))
                | (np.uint64(origin) << np.uint64(19)) | (np.uint64(row["classes"] & np.uint8(15)) << np.uint64(15)) | (np.uint64(row["classes"] >> np.uint8(4)) << np.uint64(11))
            )  # fmt: skip


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


@njit(cache=True, nogil=True)
def work_out(rows, rules, origin, destination, promise, outcome, ended, status):
    """For each state (n,): ends, promise (0 none), outcome and its second, status of the three checks (3, n)."""
    for i in range(len(rows)):
        origin[i], destination[i] = ends_of(rows[i], rules)
        promise[i] = promise_of(rows[i], rules) if rows[i]["last"] != 0 else 0
        outcome[i], ended[i] = outcome_of(rows[i])
        status[0, i], status[1, i], status[2, i] = check_statuses(rows[i], rules) if rows[i]["last"] != 0 else (0, 0, 0)
