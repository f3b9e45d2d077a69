"""The walk: an item's events in order, for everything that a minimum, a maximum or an OR can't say.

``step`` takes one event, the next in order, into a state row: the merged fields (``fold.merge``), what was stated first or last,
attempts, changes of facility, dwell, travel that nothing can make, and whether a container's scan reaches the item.
``append`` walks events that all lie after what an item already has; ``refold`` walks whole items from their rows: those with
late or repeated events, voids, re-used numbers, new numbers, pieces. Both leave cube changes as (code, delta) pairs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.items.cells import ADDED, MOST_PAIRS, ROOM, changed_pairs, dwell_cell, item_pairs, scan_cell
from yilu.items.clock import accepted_at, day_at
from yilu.items.fields import NEVER
from yilu.items.fold import merge
from yilu.items.rules import (
    FACILITY_AREA,
    INSIDE,
    LATITUDE,
    LIMITS,
    LONGITUDE,
    OF_CHECKS,
    OF_CLOCK,
    OF_ENDED,
    PROCESSING,
    degrees,
    size,
    value,
)
from yilu.items.stages import note
from yilu.items.table import entry_of, home, seek
from yilu.items.whose import CARRIED, END, GOES_ON, MARK, OWN, kind_of

_ACCEPT, _PIECE, _RELABEL, _BAG, _DEPART, _UNBAG, _ATTEMPT, _DELIVER, _RETURN = 8, 24, 28, 32, 44, 60, 104, 120, 124
_LOST, _DESTROY, _VOID, _VOID_DEPART = 128, 132, 200, 204
_LOST_FLAG = 32
_WHOLE, _PROXY, _IMPOSSIBLE, _AFTER, _CONTINUED, _PART, _SHIPMENT, _WAITED = 1, 64, 128, 256, 512, 1024, 2048, 16384
_LOCKER, _STATION = 2, 4
_DESTROYED = 32768
_BY_PROXY, _AT_LOCKER, _AT_STATION = 2, 3, 4
"""Outcomes of deliveries (schema.OUTCOMES)."""
_CONTAINER_CLASS = 4
_EARTH_KM = 6371.0088
_AT_ONCE = 32
"""Items looked up together."""


@njit(cache=True, nogil=True)
def _too_far(a, b, seconds, rules):
    """Whether facilities lie farther apart, on a great circle, than what counts as a journey and than anything travels in ``seconds``."""
    reach_km = max(value(rules, LIMITS, 2), value(rules, LIMITS, 1) * seconds / 1000.0)
    # along a meridian and a parallel it is never shorter: nearly all scans are settled without a sine
    north = degrees(rules, LATITUDE, b) - degrees(rules, LATITUDE, a)
    east = degrees(rules, LONGITUDE, b) - degrees(rules, LONGITUDE, a)
    if np.radians(abs(north) + abs(east)) * _EARTH_KM <= reach_km:
        return False
    from_lat, to_lat = np.radians(degrees(rules, LATITUDE, a) - 90), np.radians(degrees(rules, LATITUDE, b) - 90)
    half = np.sin((to_lat - from_lat) / 2) ** 2 + np.cos(from_lat) * np.cos(to_lat) * np.sin(np.radians(east) / 2) ** 2
    return 2 * _EARTH_KM * np.arcsin(min(1.0, np.sqrt(half))) > reach_km


@njit(cache=True, nogil=True)
def _state(rows, i, attr, promise):
    """Take what an event states: the first statement stays, the destination is the last one."""
    if rows[i]["operator"] == 0:
        rows[i]["operator"] = np.uint16(attr & np.uint64(0xFFF))
    origin = np.uint16((attr >> np.uint64(12)) & np.uint64(0x3FF))
    if rows[i]["origin"] == 0:
        rows[i]["origin"] = origin
    destination = np.uint16((attr >> np.uint64(22)) & np.uint64(0x3FF))
    if destination != 0:
        rows[i]["destination"] = destination
    if rows[i]["service_level"] == 0:
        rows[i]["service_level"] = np.uint8((attr >> np.uint64(32)) & np.uint64(0xF))
    if rows[i]["classes"] & np.uint8(15) == 0:
        rows[i]["classes"] |= np.uint8((attr >> np.uint64(36)) & np.uint64(0xF))
    if rows[i]["classes"] >> np.uint8(4) == 0:
        rows[i]["classes"] |= np.uint8(((attr >> np.uint64(40)) & np.uint64(0xF)) << np.uint64(4))
    if rows[i]["promise"] == 0:
        rows[i]["promise"] = promise


@njit(cache=True, nogil=True, inline="always")
def _waits(arrived, last, at, place, kind, rules):
    """Whether the item had long no scan before ``at``, or leaves a processing site of the province in which it stayed long."""
    since = np.int64(last >> np.uint64(32))
    if at - since > value(rules, LIMITS, 4):
        return True
    site = np.int64(last & np.uint64(0xFFFFFF))
    if (kind != _DEPART and place == site) or at - np.int64(arrived) <= value(rules, LIMITS, 5) or arrived == 0:
        return False
    known = site if site < size(rules, PROCESSING) else 0
    return value(rules, PROCESSING, known) != 0 and value(rules, INSIDE, value(rules, FACILITY_AREA, known)) != 0


@njit(cache=True, nogil=True, inline="always")
def _signed(outcome):
    """The flags that a delivery of this outcome sets."""
    if outcome == _BY_PROXY:
        return np.uint16(_PROXY)
    if outcome == _AT_LOCKER:
        return np.uint16(_LOCKER)
    return np.uint16(_STATION) if outcome == _AT_STATION else np.uint16(0)


@njit(cache=True, nogil=True)
def step(rows, grid, i, word, attr, promise, container, via, rules, sign, codes, deltas, n):
    """Take the next event in order into row ``i``. Returns how many (code, delta) pairs there are now.

    ``sign``: +1, or -1 to take back the pairs of an earlier walk.
    """
    if via != 0 and container == via and np.uint32(via & np.uint64(0xFFFFFFFF)) != rows[i]["container"]:
        return n
    last = rows[i]["last"]
    if word == last:
        return n
    kind = np.int64((word >> np.uint64(24)) & np.uint64(0xFF))
    place = np.int64(word & np.uint64(0xFFFFFF))
    before = np.int64(last & np.uint64(0xFFFFFF))
    at = np.int64(word >> np.uint64(32))
    if rows[i]["delivered"] != NEVER and rows[i]["returned"] == NEVER and at > rows[i]["delivered"] and kind != _RETURN:
        rows[i]["flags"] |= np.uint16(_AFTER)
    known = place if place < size(rules, PROCESSING) else 0
    merge(rows, grid, i, word, value(rules, PROCESSING, known), rules)
    destination = rows[i]["destination"]
    if via == 0 or container != via:
        # what a container states is not stated of its items
        _state(rows, i, attr, promise)
    if kind == _DELIVER:
        rows[i]["flags"] |= _signed(np.int64((attr >> np.uint64(44)) & np.uint64(0xFF)))
    elif kind == _ATTEMPT:
        rows[i]["attempts"] = min(255, rows[i]["attempts"] + 1)
    elif kind == _BAG:
        rows[i]["container"] = np.uint32(container & np.uint64(0xFFFFFFFF))
    elif kind == _UNBAG:
        rows[i]["container"] = np.uint32(0)
    if rows[i]["delivered"] == NEVER:
        note(rows, i, at, kind, known, destination, rules)
    if np.uint64(attr >> np.uint64(52)) != 0 and via == 0:
        rows[i]["flags"] |= np.uint16(_PART)
    operator = attr & np.uint64(0xFFF)
    item = rows[i]["classes"] & np.uint8(15) < _CONTAINER_CLASS
    if item:
        codes[n] = scan_cell(word, operator, np.uint64(known))
        deltas[n] = sign
        n += 1
    if last != 0 and _waits(rows[i]["arrived"], last, at, place, kind, rules):
        rows[i]["flags"] |= np.uint16(_WAITED)
    if place != before:
        if before != 0 and place != 0:
            rows[i]["hops"] = min(255, rows[i]["hops"] + 1)
            both_known = before < size(rules, PROCESSING) and place < size(rules, PROCESSING)
            if both_known and _too_far(before, place, at - np.int64(last >> np.uint64(32)), rules):
                rows[i]["flags"] |= np.uint16(_IMPOSSIBLE)
        rows[i]["arrived"] = np.uint32(at) if place != 0 and kind != _DEPART else np.uint32(0)
    if kind == _DEPART and rows[i]["arrived"] != 0:
        if item:
            codes[n] = dwell_cell(day_at(at, rules), np.uint64(known), operator, at - np.int64(rows[i]["arrived"]))
            deltas[n] = sign
            n += 1
        rows[i]["arrived"] = np.uint32(0)
    return n


@njit(cache=True, nogil=True)
def _moved(before, grid, row, rules):
    """Whether any field has changed on which (clock cells, check cells) depend."""
    clock, checks = np.uint32(0), np.uint32(0)
    for w in range(grid.shape[1]):
        changed = before[0, w] ^ grid[row, w]
        clock |= changed & np.uint32(value(rules, OF_CLOCK, w))
        checks |= changed & np.uint32(value(rules, OF_CHECKS, w))
    return clock != 0, checks != 0


@njit(cache=True, nogil=True)
def _ended_otherwise(before, grid, row, rules):
    """Whether any field has changed on which the cells of how an item ended depend."""
    ended = np.uint32(0)
    for w in range(grid.shape[1]):
        ended |= (before[0, w] ^ grid[row, w]) & np.uint32(value(rules, OF_ENDED, w))
    return ended != 0


@njit(cache=True, nogil=True)
def _look_up(rows, index, shift, key, groups, first, last, at_row):
    """Fill ``at_row`` for the items ``first:last``. The index is touched for all before it is followed: memory answers many at once."""
    touched = np.uint32(0)
    for g in range(first, last):
        touched ^= index[home(key[groups[g]], len(index), shift)]
    at_row[first] = touched
    for g in range(first, last):
        at_row[g] = seek(rows, index, key[groups[g]], shift)[0]


@njit(cache=True, nogil=True)
def triage(rows, index, shift, key, word, attr, kinds_whole, forced, groups, at_row, whole, reuse_s):
    """Split a bucket's events, by (key, word), into items; say which must be folded whole.

    Fills per item ``groups`` (first event), ``at_row`` (row of its state, -1 none), ``whole``. Returns how many items.
    """
    items = 0
    n = len(key)
    for i in range(n):
        if i == 0 or key[i] != key[i - 1]:
            groups[items] = i
            items += 1
    groups[items] = n
    for g in range(items):
        if g % _AT_ONCE == 0:
            _look_up(rows, index, shift, key, groups, g, min(items, g + _AT_ONCE), at_row)
        i, j, row = groups[g], groups[g + 1], at_row[g]
        must = False
        first = NEVER
        for e in range(i, j):
            kind = np.int64((word[e] >> np.uint64(24)) & np.uint64(0xFF))
            if kinds_whole[kind] or forced[e]:
                must = True
            if kind == _ACCEPT:
                at = np.int64(word[e] >> np.uint64(32))
                first = min(first, at)
                if at - first > reuse_s:
                    must = True
        if row >= 0:
            if word[i] <= rows[row]["last"] or rows[row]["flags"] & _WHOLE:
                must = True
            if first != NEVER and not rows[row]["start"] >> np.uint64(63) and first - accepted_at(rows[row]) > reuse_s:
                must = True
        whole[g] = must
    return items


@njit(cache=True, nogil=True, inline="always")
def _touch(grid, at_row, first, last):
    """Let memory bring the rows of the items ``first:last``, all at once."""
    touched = np.uint32(0)
    for g in range(first, last):
        if at_row[g] >= 0:
            touched ^= grid[at_row[g], 0] ^ grid[at_row[g], grid.shape[1] // 2] ^ grid[at_row[g], grid.shape[1] - 1]
    return touched


@njit(cache=True, nogil=True)
def append(
    rows, grid, index, count, shift, empty, spare, before, key, word, attr, promise, container, via, groups, at_row, first, items,
    whole, rules, codes, deltas,
):  # fmt: skip
    """Walk new events onto the states of items ``first:items``, those marked ``whole`` left out, until ``codes`` might not suffice.

    ``at_row``: an item's row, -1 where it has none yet. ``spare`` is room for one row, ``before`` the same as 32-bit words.
    Returns (count, pairs, next item).
    """
    n = np.int64(0)
    whens = np.zeros((2, ROOM), np.int64)
    for g in range(first, items):
        if (g - first) % _AT_ONCE == 0:
            before[0, 0] = _touch(grid, at_row, g, min(items, g + _AT_ONCE))
        if whole[g]:
            continue
        i, j = groups[g], groups[g + 1]
        if n + 2 * (j - i) + MOST_PAIRS > len(codes):
            return count, n, g
        row = at_row[g]
        if row < 0:
            row = count
            count += 1
            rows[row] = empty
            rows[row]["key"] = key[i]
            index[seek(rows, index, key[i], shift)[1]] = entry_of(key[i], row)
        spare[0] = rows[row]
        for e in range(i, j):
            n = step(rows, grid, row, word[e], attr[e], promise[e], container[e], via[e], rules, ADDED, codes, deltas, n)  # fmt: skip
        clock, checks = _moved(before, grid, row, rules)
        # until it is delivered, an item stands in no cell that depends on how it got there
        clock = clock or (rows[row]["delivered"] != NEVER and _ended_otherwise(before, grid, row, rules))
        if clock or checks:
            n = changed_pairs(spare[0], rows[row], clock, checks, rules, whens, codes, deltas, n)
    return count, n, items


@njit(cache=True, nogil=True)
def effective(key, word, event_id, voids, container, role, whose, rules, out):
    """Mark in ``out`` the events that hold: not voided by id, and no departure that a later voiding took back.

    ``role``, ``whose``: of ``whose.tell``. A container's or another number's voiding speaks of its own events only.
    """
    out[:] = True
    n = len(key)
    i = 0
    while i < n:
        j = i + 1
        while j < n and key[j] == key[i]:
            j += 1
        taking_back = False
        for v in range(i, j):
            kind = kind_of(word[v])
            taking_back |= kind == _VOID_DEPART
            if kind == _VOID and voids[v] != 0:
                for e in range(i, j):
                    voiding = kind_of(word[e]) in (_VOID, _VOID_DEPART)
                    if event_id[e] == voids[v] and not voiding and (whose[v] == 0 or whose[v] == whose[e]):
                        out[e] = False
        if taking_back:
            _take_back(i, j, word, container, role, whose, rules, out)
        i = j


@njit(cache=True, nogil=True)
def _take_back(first, last, word, container, role, whose, rules, out):
    """Let each ``void_depart`` of an item's events ``first:last`` take back the latest departure before it; only what reached the item."""
    reached = np.zeros(last - first, np.bool_)
    inside, bagged = np.uint64(0), np.int64(0)
    accepted = np.int64(-1)
    for e in range(first, last):
        if not out[e]:
            continue
        kind, at = kind_of(word[e]), np.int64(word[e] >> np.uint64(32))
        if role[e] == OWN and kind == _ACCEPT:
            if accepted >= 0 and at - accepted > value(rules, LIMITS, 0):
                inside = np.uint64(0)
            accepted = at
        elif role[e] == OWN and kind == _BAG:
            inside, bagged = container[e], at
        elif role[e] == OWN and kind == _UNBAG:
            inside = np.uint64(0)
        in_time = whose[e] == inside and at - bagged <= value(rules, LIMITS, 3)
        reached[e - first] = role[e] == OWN or (role[e] == CARRIED and in_time)
        if kind != _VOID_DEPART:
            continue
        for d in range(e - 1, first - 1, -1):
            departs = kind_of(word[d]) == _DEPART
            if not departs or not out[d] or (word[d] & np.uint64(0xFFFFFF)) != (word[e] & np.uint64(0xFFFFFF)):
                continue
            if whose[d] == whose[e] or (whose[e] == 0 and reached[d - first]):
                out[d] = False
                break


@njit(cache=True, nogil=True)
def _end_of_piece(mark, first, last, word, via, role, holds):
    """(delivered, returned, ended otherwise, flags of how) of the piece that event ``mark`` tells of: one second of the first three, NEVER else."""
    delivered, returned, ended, how = np.int64(NEVER), np.int64(NEVER), np.int64(NEVER), 0
    for e in range(first, last):
        if not holds[e] or role[e] != END or via[e] != via[mark]:
            continue
        kind, at = kind_of(word[e]), np.int64(word[e] >> np.uint64(32))
        if kind == _DELIVER:
            delivered = min(delivered, at)
        elif kind == _RETURN:
            returned = min(returned, at)
        elif kind != _VOID:
            ended = min(ended, at)
            how |= _LOST_FLAG if kind == _LOST else _DESTROYED if kind == _DESTROY else 0
    never = np.int64(NEVER)
    if delivered != never and delivered <= returned:
        return delivered, never, never, 0
    if returned != never:
        return never, returned, never, 0
    return never, never, ended, how


@njit(cache=True, nogil=True)
def _settle_pieces(rows, i, first, last, word, via, role, holds):
    """A shipment is delivered with its last piece; where all have ended and not all were delivered it is lost, stopped or else returned."""
    never = np.int64(NEVER)
    pieces, delivered, ended, opened = 0, 0, 0, 0
    latest, how = np.int64(0), 0
    for e in range(first, last):
        if not holds[e] or role[e] != MARK:
            continue
        seen = False
        for p in range(first, e):
            seen |= holds[p] and role[p] == MARK and via[p] == via[e]
        if seen:
            continue
        pieces += 1
        d, r, n, gone = _end_of_piece(e, first, last, word, via, role, holds)
        delivered += d != never
        ended += n != never
        opened += d == never and r == never and n == never
        how |= gone
        latest = max(latest, min(d, r, n) if min(d, r, n) != never else 0)
    if pieces == 0:
        return
    rows[i]["flags"] |= np.uint16(_SHIPMENT)
    if delivered == pieces:
        own = np.int64(rows[i]["delivered"])
        rows[i]["delivered"] = np.uint32(latest if own == never else max(latest, own))
        rows[i]["delivered_last"] = max(rows[i]["delivered_last"], np.uint32(latest))
        return
    rows[i]["delivered"], rows[i]["delivered_last"] = np.uint32(NEVER), np.uint32(0)
    if opened == 0:
        if ended > 0 and rows[i]["ended"] == NEVER:
            rows[i]["ended"] = np.uint32(latest)
        elif ended == 0 and rows[i]["returned"] == NEVER:
            rows[i]["returned"] = np.uint32(latest)
        rows[i]["flags"] |= np.uint16(how)


@njit(cache=True, nogil=True)
def _goes_on(first, key, word, role, holds, reuse_s):
    """Whether the journey that begins with event ``first`` goes on under another number."""
    accepted = np.int64(-1)
    e = first
    while e < len(key) and key[e] == key[first]:
        at = np.int64(word[e] >> np.uint64(32))
        if holds[e] and role[e] == OWN and kind_of(word[e]) == _ACCEPT:
            if accepted >= 0 and at - accepted > reuse_s:
                return False
            accepted = at
        if holds[e] and role[e] == GOES_ON:
            return True
        e += 1
    return False


@njit(cache=True, nogil=True)
def _has_own(first, key, word, role, holds):
    """Whether the item has events of its own that hold, and not only pieces that tell of it."""
    e = first
    while e < len(key) and key[e] == key[first]:
        if holds[e] and role[e] == OWN and kind_of(word[e]) not in (_VOID, _VOID_DEPART):
            return True
        e += 1
    return False


@njit(cache=True, nogil=True)
def refold(key, word, attr, promise, container, via, role, holds, empty, rules, sign, rows, grid, codes, deltas, told):
    """Walk whole items, events by (key, word), each into one row per journey of ``rows``. Returns (rows used, pairs).

    A journey starts at the first event and at every acceptance more than the re-use time after the acceptance before it.
    ``role``: of ``whose.tell``; ``holds``: events that count (``effective``). Pairs bear ``sign``; ``rows`` holds one row per event at most.
    Fills ``told`` (n,): the row that an event spoke to, -1 where it didn't count.
    """
    n = np.int64(0)
    used = np.int64(0)
    told[:] = -1
    whens = np.zeros((2, ROOM), np.int64)
    i = np.int64(0)
    while i < len(key):
        j = i
        row = np.int64(-1)
        accepted = np.int64(-1)
        begun = i
        silent = False
        has_own = _has_own(i, key, word, role, holds)
        inside, bagged = np.uint64(0), np.int64(0)
        while j < len(key) and key[j] == key[i]:
            if not holds[j]:
                j += 1
                continue
            kind = kind_of(word[j])
            at = np.int64(word[j] >> np.uint64(32))
            fresh = False
            if kind == _ACCEPT and role[j] == OWN:
                fresh = accepted >= 0 and at - accepted > value(rules, LIMITS, 0)
                accepted = at
            if row < 0 or fresh:
                if row >= 0:
                    _settle_pieces(rows, row, begun, j, word, via, role, holds)
                row = used
                used += 1
                begun = j
                silent = _goes_on(j, key, word, role, holds, value(rules, LIMITS, 0))
                inside = np.uint64(0)
                rows[row] = empty
                rows[row]["key"] = key[j]
            counts = role[j] == OWN or (role[j] == MARK and not has_own)
            if role[j] == CARRIED:
                counts = via[j] == inside and at - bagged <= value(rules, LIMITS, 3)
            if kind == _VOID or kind == _VOID_DEPART:
                rows[row]["flags"] |= np.uint16(_WHOLE)
                j += 1
                continue
            if role[j] == OWN and kind == _BAG:
                inside, bagged = container[j], at
            elif role[j] == OWN and kind == _UNBAG:
                inside = np.uint64(0)
            if role[j] == OWN and kind == _PIECE:
                rows[row]["flags"] |= np.uint16(_PART)
            if role[j] == GOES_ON:
                rows[row]["flags"] |= np.uint16(_CONTINUED)
            if counts:
                told[j] = row
                pairs = step(
                    rows, grid, row, word[j], attr[j], promise[j], container[j], via[j], rules, sign, codes, deltas, n
                )
                # what goes on under another number is counted there, what only pieces tell is counted with them
                n = n if silent or role[j] == MARK else pairs
            rows[row]["flags"] |= np.uint16(_WHOLE) if via[j] != 0 and container[j] != via[j] else np.uint16(0)
            j += 1
        if row >= 0:
            _settle_pieces(rows, row, begun, j, word, via, role, holds)
        i = j
    for r in range(used):
        n = item_pairs(rows[r], rules, sign, whens, codes, deltas, n)
    return used, n
