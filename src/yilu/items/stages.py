"""How an item ended, and the stages of its transit (全程时限分环节): exact meaning in docs/explain/facts.md.

``note`` keeps, as events are walked, when an item reached the city of its destination and when it was first out for delivery.
``ended_cells`` makes of a state its cells of the cubes ``ends`` and ``stages``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.items.clock import DELIVERED, LOST, RETURNED, accepted_at, day_at, ends_of, level_of, outcome_of
from yilu.items.cubes import MOST_ATTEMPTS, MOST_HOPS, bin_of
from yilu.items.fields import NEVER
from yilu.items.rules import AREA_CITY, FACILITY_CITY, value

_OUT, _ATTEMPT, _LOCKER, _STATION = 100, 104, 112, 116
"""Kinds that tell that delivery has begun."""
_PROXY_FLAG, _LOCKER_FLAG, _STATION_FLAG, _DESTROYED = 64, 2, 4, 32768
_MOST_MINUTES = 0xFFFF


@njit(cache=True, nogil=True, inline="always")
def note(rows, i, at, kind, known, before, rules):
    """Take the next event, of facility ``known``, into the stages of row ``i``; ``before``: its destination before this event.

    Nothing is noted before the acceptance. A destination in another city begins anew, and so do tours with the arrival there.
    """
    told, destination = np.int64(rows[i]["stages"]), rows[i]["destination"]
    begins = told & 0xFFFF == 0 and (kind == _OUT or kind == _ATTEMPT or kind == _LOCKER or kind == _STATION)
    if (told >> 16 != 0 and not begins and destination == before) or rows[i]["start"] >> np.uint64(63):
        return
    goal = value(rules, AREA_CITY, destination)
    if destination != before and goal != value(rules, AREA_CITY, before):
        told = np.int64(0)
    arrives = told >> 16 == 0 and goal != 0 and known != 0 and value(rules, FACILITY_CITY, known) == goal
    if not arrives and not begins and told == rows[i]["stages"]:
        return
    minutes = min(np.int64(_MOST_MINUTES), (at - accepted_at(rows[i])) // 60 + 1)
    if arrives:
        told = minutes << 16
    if told & 0xFFFF == 0 and (kind == _OUT or kind == _ATTEMPT or kind == _LOCKER or kind == _STATION):
        told |= minutes
    rows[i]["stages"] = np.uint32(told)


@njit(cache=True, nogil=True, inline="always")
def _how(row, outcome):
    """How an item ended (cubes.HOW)."""
    if outcome == DELIVERED:
        if row["flags"] & np.uint16(_LOCKER_FLAG):
            return 3
        if row["flags"] & np.uint16(_STATION_FLAG):
            return 4
        return 2 if row["flags"] & np.uint16(_PROXY_FLAG) else 1
    if outcome == RETURNED:
        return 5
    if outcome == LOST:
        return 6
    return 7 if row["flags"] & np.uint16(_DESTROYED) else 8


@njit(cache=True, nogil=True)
def _bounds(row, start, delivered, same_city):
    """(end of origin's handling, arrival, first tour) in UTC seconds, each whole minutes from acceptance, 0 where not told; never falling."""
    out = np.int64(row["stages"]) & 0xFFFF
    out = start + 60 * (out - 1) if out != 0 else np.int64(0)
    if out > delivered:
        out = np.int64(0)
    reached = np.int64(row["stages"]) >> 16
    reached = start + 60 * (reached - 1) if reached != 0 and not same_city else np.int64(0)
    if reached > delivered:
        reached = np.int64(0)
    left = np.int64(row["left_processing"])
    if left == NEVER or left < start:
        return np.int64(0), reached, out
    left = start + (left - start) // 60 * 60
    until = reached if reached != 0 else out if out != 0 else delivered
    return (left if left <= until else np.int64(0)), reached, out


@njit(cache=True, nogil=True)
def ended_cells(row, rules, when):
    """Fill ``when`` from 10 on with the codes (as int64, 0 none) of a state's cell of ``ends`` and of those of ``stages``, by their first stage.

    ``when[9]``: the end of transit, 0 where it has none.
    """
    when[10:15] = 0
    outcome, ended = outcome_of(row)
    if outcome == 0:
        return
    origin, destination = ends_of(row, rules)
    level = np.uint64(row["service_level"])
    if level == 0:
        level = np.uint64(level_of(origin, destination, rules))
    from_city, to_city = value(rules, AREA_CITY, origin), value(rules, AREA_CITY, destination)
    day, operator = day_at(ended, rules), np.uint64(row["operator"])
    pair = (np.uint64(from_city) << np.uint64(10)) | np.uint64(to_city)
    attempts, hops = np.uint64(0), np.uint64(0)
    if outcome == DELIVERED:
        attempts = np.uint64(min(MOST_ATTEMPTS, np.int64(row["attempts"])))
        hops = np.uint64(min(MOST_HOPS, np.int64(row["hops"])))
    when[10] = np.int64(
        (np.uint64(_how(row, outcome)) << np.uint64(57)) | (day << np.uint64(42)) | (operator << np.uint64(30))
        | (pair << np.uint64(10)) | (level << np.uint64(6)) | (attempts << np.uint64(4)) | hops
    )  # fmt: skip
    if when[9] == 0:
        return
    cell = (
        (np.uint64(7) << np.uint64(61)) | (day << np.uint64(46)) | (operator << np.uint64(34)) | (pair << np.uint64(14))
    )
    start, same_city = accepted_at(row), from_city == to_city and from_city != 0
    left, reached, out = _bounds(row, start, ended, same_city)
    if left == 0 and reached == 0 and out == 0:
        return  # nothing divides it: all of it stands in transit
    since, stages, first = start, 0, 0
    for stage in range(4):
        if stage == 1 and same_city:
            continue
        first = stage if stages == 0 else first
        stages |= 1 << stage
        until = left if stage == 0 else reached if stage == 1 else out if stage == 2 else ended
        if until != 0:
            when[11 + first] = np.int64(cell | (np.uint64(stages) << np.uint64(10)) | bin_of(until - since))
            since, stages = until, 0
