"""What follows from one item's state: its outcome, its promise and its checks.

Everything here is a function of the state row and of the rules in force (``Rules``); nothing reads a clock.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.items.cubes import DAY_0
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

_LOST_FLAG = 32


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
    return statuses_of(row, found, processing)


@njit(cache=True, nogil=True)
def statuses_of(row, found, processing):
    """``check_statuses`` where it is known what is owed (``owed``)."""
    if found == 0:
        return 0, 0, 0
    left = min(row["left"], row["delivered"])
    left_processing = min(row["left_processing"], row["delivered"])
    return (
        _status(row["inspected"], left_processing if processing & 1 else left) if found & 1 else 0,
        _status(row["identified"], left_processing if processing & 2 else left) if found & 2 else 0,
        _status(row["screened"], left_processing if processing & 4 else left) if found & 4 else 0,
    )


@njit(cache=True, nogil=True)
def work_out(rows, rules, origin, destination, promise, outcome, ended, status):
    """For each state (n,): ends, promise (0 none), outcome and its second, status of the three checks (3, n)."""
    for i in range(len(rows)):
        origin[i], destination[i] = ends_of(rows[i], rules)
        promise[i] = promise_of(rows[i], rules) if rows[i]["last"] != 0 else 0
        outcome[i], ended[i] = outcome_of(rows[i])
        status[0, i], status[1, i], status[2, i] = check_statuses(rows[i], rules) if rows[i]["last"] != 0 else (0, 0, 0)


@njit(cache=True, nogil=True)
def latest_places(rows, rules, processing):
    """For each state (n,) and check: whether the latest place of the check, where it is owed, is the processing site; fills (3, n)."""
    for i in range(len(rows)):
        bits = owed(rows[i], rules)[1] if rows[i]["last"] != 0 else 0
        for check in range(3):
            processing[check, i] = bits >> check & 1
