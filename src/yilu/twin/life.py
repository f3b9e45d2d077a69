"""An item's life, scan by scan, from acceptance to its end. Times are UTC seconds; every waiting time is an assumption (A).

Kernels pass ``n`` (next free row of ``out``), ``s`` (stream of draws) and ``at`` (now) along. Within a life true times never fall.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.network.demand import SAME_CITY
from yilu.twin.bags import bag_of, bag_times
from yilu.twin.draws import step, unit
from yilu.twin.faults import plant
from yilu.twin.ground import (
    AREAS,
    BAG_SHARE,
    CUSTOMS,
    DAY_OWED,
    DESTINATION_INSIDE,
    HABIT_DEPOT_ARRIVES,
    HABIT_DESTINATION_DEPARTS,
    HABIT_EVENT_IDS,
    HABIT_ORIGIN_ARRIVES,
    HABIT_OUTLET_DEPARTS,
    HABIT_SIGNS_AT_DROP,
    HABIT_SORTS,
    OPERATOR_HABIT,
    OPERATOR_ID,
    OPERATOR_PACE,
    OPERATOR_TICK_S,
    ORIGIN_INSIDE,
    OUTLET_AREA,
    OUTLET_FACILITY,
    OUTLET_LOCAL_S,
    OUTLET_SITE,
    OWED,
    PAIR_DESTINATION,
    PAIR_MARKET,
    PAIR_SHAPE,
    SITE_EXCHANGE,
    SITE_FACILITY,
    WAY_HUB,
    WAY_TRAVEL_S,
    ZONE_OFFSET_S,
    ZONE_SINCE,
    ZONES,
    lane_of,
    share,
    value,
    way,
)
from yilu.twin.owed import IDENTIFY, INSPECT, SCREEN, SCREEN_EARLY
from yilu.twin.scans import MARK_EVENT_ID, MARK_NEW_NUMBER, MARK_UNMAPPED, MARK_VOIDS, MARK_WRONG, MOST_SCANS, put
from yilu.twin.traits import LETTER, day_of, pick_outlet, traits

# Typed: what is handed a plain number is compiled once more for each of them.
_ACCEPT, _IDENTIFY, _INSPECT, _SCREEN, _PIECE, _RELABEL, _BAG, _DEPART, _ARRIVE = np.array(
    [8, 12, 16, 20, 24, 28, 32, 44, 52], np.int64
)
_UNBAG, _SORT, _HOLD, _EXPORT, _EXPORTED, _IMPORT, _CUSTOMS_HOLD, _IMPORTED = np.array(
    [60, 64, 68, 72, 76, 80, 84, 88], np.int64
)
_HAND_OVER, _DAMAGE, _OUT, _ATTEMPT, _REDIRECT, _LOCKER, _STATION, _DELIVER = np.array(
    [92, 96, 100, 104, 108, 112, 116, 120], np.int64
)
_RETURN, _LOST, _DESTROY, _CANCEL, _VOID, _VOID_DEPART, _OTHER = np.array([124, 128, 132, 136, 200, 204, 240], np.int64)
_ADDRESSEE, _PROXY, _AT_LOCKER, _AT_STATION, _REFUSED, _ABSENT, _ADDRESS, _DAMAGED, _HELD = np.array(
    [1, 2, 3, 4, 5, 6, 7, 8, 9], np.int64
)
_HOUR = 3600


@njit(cache=True, nogil=True)
def local(at, ground):
    """``at`` as seconds of local time."""
    z = 0
    while z + 1 < value(ground, ZONES, 0) and value(ground, ZONE_SINCE, z + 1) <= at:
        z += 1
    return at + value(ground, ZONE_OFFSET_S, z)


@njit(cache=True, nogil=True)
def next_tour(at, evening, ground):
    """Start of the next delivery tour: 08:00 and 14:00 local, and 17:00 within a city (A)."""
    now = local(at, ground)
    clock = now % 86400
    if clock <= 8 * _HOUR:
        return at + 8 * _HOUR - clock
    if clock <= 14 * _HOUR:
        return at + 14 * _HOUR - clock
    if evening and clock <= 17 * _HOUR:
        return at + 17 * _HOUR - clock
    return at + 32 * _HOUR - clock


@njit(cache=True, nogil=True)
def delayed(s, before, rates):
    """Seconds that a missed connection costs: mostly 0, and 0 where ``before`` the item has lost time by one already."""
    u = unit(s)
    return 12 * _HOUR + int(12.0 * _HOUR * u / rates.delay) if u < rates.delay and before == 0 else 0


@njit(cache=True, nogil=True)
def leg(out, n, s, who, at, source, target, marks, pace, ground, rates):
    """Depart from site ``source`` and arrive at site ``target`` (rows of ``ground.sites``)."""
    s = step(s)
    at += 600 + int(3000.0 * unit(s))
    place = np.int64(value(ground, SITE_FACILITY, source))
    s = step(s)
    if unit(s) < rates.wrong_departure:
        n, s = put(out, n, s, who, at, place, _DEPART, 0, marks >> 8, marks & 255, 0, rates)
        n, s = put(out, n, s, who, at + 300, place, _VOID_DEPART, 0, marks >> 8, marks & 255, 0, rates)
        at += 2400
    n, s = put(out, n, s, who, at, place, _DEPART, 0, marks >> 8, marks & 255, 0, rates)
    s = step(s)
    at += 300 + int(way(ground, WAY_TRAVEL_S, source, target) * (0.92 + 0.2 * unit(s)) * pace)
    n, s = put(
        out,
        n,
        s,
        who,
        at,
        np.int64(value(ground, SITE_FACILITY, target)),
        _ARRIVE,
        0,
        marks >> 8,
        marks & 255,
        0,
        rates,
    )
    return n, s, at


@njit(cache=True, nogil=True)
def customs(out, n, s, who, at, site, marks, presented, released, ground, rates):
    """Through customs at ``site``. Returns (n, s, at, whether the item goes on)."""
    place = np.int64(value(ground, SITE_FACILITY, site))
    s = step(s)
    at += 1800 + int(7200.0 * unit(s))
    n, s = put(out, n, s, who, at, place, presented, 0, marks >> 8, marks & 255, 0, rates)
    s = step(s)
    if unit(s) < rates.customs_hold:
        at += 5400
        n, s = put(out, n, s, who, at, place, _CUSTOMS_HOLD, _HELD, marks >> 8, marks & 255, 0, rates)
        s = step(s)
        at += 20 * _HOUR + int(60.0 * _HOUR * unit(s))
        s = step(s)
        if unit(s) < rates.destroy:
            n, s = put(out, n, s, who, at, place, _DESTROY, 0, marks >> 8, marks & 255, 0, rates)
            return n, s, at, False
    s = step(s)
    at += 1800 + int(5.0 * _HOUR * unit(s))
    n, s = put(out, n, s, who, at, place, released, 0, marks >> 8, marks & 255, 0, rates)
    return n, s, at, True


@njit(cache=True, nogil=True)
def haul(out, n, s, who, at, source, target, operator, marks, missed, used, ground, rates):
    """From processing site to processing site: in a bag, through a hub, or straight. Returns (n, s, at, time lost by missed connections)."""
    piece, low = marks >> 8, marks & 255
    s = step(s)
    waits = delayed(s, missed, rates)
    at += waits
    missed += waits
    lane = lane_of(ground, operator, source, target)
    s = step(s)
    if lane >= 0 and unit(s) < share(ground, BAG_SHARE, 0):
        s = step(s)
        at += 60 + int(300.0 * unit(s))
        s = step(s)
        bag, closes = bag_of(lane, at, unit(s), ground)
        if bag < len(used):
            used[bag] = 1
            n, s = put(
                out, n, s, who, at, np.int64(value(ground, SITE_FACILITY, source)), _BAG, 0, piece, low, bag, rates
            )
            _, _, _, unsealed = bag_times(bag, closes, lane, ground)
            s = step(s)
            at = unsealed + 60 + int(1500.0 * unit(s))
            n, s = put(
                out, n, s, who, at, np.int64(value(ground, SITE_FACILITY, target)), _UNBAG, 0, piece, low, bag, rates
            )
            return n, s, at, missed
    pace = share(ground, OPERATOR_PACE, operator)
    hub = way(ground, WAY_HUB, source, target)
    s = step(s)
    if hub >= 0 and unit(s) < rates.hub:
        n, s, at = leg(out, n, s, who, at, source, hub, marks, pace, ground, rates)
        s = step(s)
        at += 1500 + int(4500.0 * unit(s))
        if value(ground, OPERATOR_HABIT, operator) & HABIT_SORTS:
            n, s = put(out, n, s, who, at, np.int64(value(ground, SITE_FACILITY, hub)), _SORT, 0, piece, low, 0, rates)
        source = hub
    n, s, at = leg(out, n, s, who, at, source, target, marks, pace, ground, rates)
    return n, s, at, missed


@njit(cache=True, nogil=True)
def owed_of(item, item_traits, ground):
    """The checks that an item owes (bits of ``owed``)."""
    _, _, _, source, target, _, item_class, sender, _, _ = item_traits
    table = value(ground, DAY_OWED, day_of(item, ground))
    areas = value(ground, AREAS, 0)
    pair = value(ground, OUTLET_AREA, source) * areas + value(ground, OUTLET_AREA, target)
    return value(ground, OWED, (((table * areas * areas) + pair) * 3 + item_class - 1) * 3 + sender - 1)


@njit(cache=True, nogil=True)
def taken_in(out, n, s, who, at, place, owed, alone, marks, rates):
    """Acceptance with its checks. Returns (n, s, at, whether the item goes on)."""
    piece, low = marks >> 8, marks & 255
    if piece > 0:
        n, s = put(out, n, s, who, at, place, _PIECE, 0, piece, low, 0, rates)
    else:
        n, s = put(out, n, s, who, at, place, _ACCEPT, 0, 0, low, 0, rates)
        s = step(s)
        if owed & IDENTIFY and unit(s) >= rates.missing_check:
            n, s = put(out, n, s, who, at + 5 + int(40.0 * unit(s)), place, _IDENTIFY, 0, 0, low, 0, rates)
        s = step(s)
        if owed & INSPECT and unit(s) >= rates.missing_check:
            n, s = put(out, n, s, who, at + 50 + int(60.0 * unit(s)), place, _INSPECT, 0, 0, low, 0, rates)
    s = step(s)
    if owed & SCREEN_EARLY and unit(s) >= rates.missing_check:
        n, s = put(out, n, s, who, at + 115, place, _SCREEN, 0, piece, low, 0, rates)
    s = step(s)
    u = unit(s)
    if alone and u < rates.cancel:
        n, s = put(out, n, s, who, at + 600 + int(5400.0 * u / rates.cancel), place, _CANCEL, 0, 0, low, 0, rates)
        return n, s, at, False
    return n, s, at + 120, True


@njit(cache=True, nogil=True)
def at_origin_site(out, n, s, who, at, site, habit, owed, marks, ground, rates):
    """Arrival at the first processing site, screening where it is owed, sorting and what may befall an item there. Returns (n, s, at, time for which it was held)."""
    piece, low = marks >> 8, marks & 255
    place = value(ground, SITE_FACILITY, site)
    if habit & HABIT_ORIGIN_ARRIVES:
        n, s = put(out, n, s, who, at, place, _ARRIVE, 0, piece, low, 0, rates)
    s = step(s)
    at += 300 + int(2400.0 * unit(s))
    s = step(s)
    if owed & SCREEN and not owed & SCREEN_EARLY and unit(s) >= rates.missing_check:
        n, s = put(out, n, s, who, at, place, _SCREEN, 0, piece, low, 0, rates)
    s = step(s)
    if unit(s) < rates.unmapped:
        at += 30
        n, s = put(out, n, s, who, at, place, _OTHER, 0, piece, low | MARK_UNMAPPED, 0, rates)
    s = step(s)
    if unit(s) < rates.damage:
        at += 300
        n, s = put(out, n, s, who, at, place, _DAMAGE, _DAMAGED, piece, low, 0, rates)
    s = step(s)
    at += 120 + int(900.0 * unit(s))
    if habit & HABIT_SORTS:
        n, s = put(out, n, s, who, at, place, _SORT, 0, piece, low, 0, rates)
    s = step(s)
    held = 0
    if unit(s) < rates.hold:
        at += 600
        n, s = put(out, n, s, who, at, place, _HOLD, _HELD, piece, low, 0, rates)
        s = step(s)
        held = 5 * _HOUR + int(14.0 * _HOUR * unit(s))
    return n, s, at + held, held


@njit(cache=True, nogil=True)
def handed_out(out, n, s, who, at, place, habit, marks, item_class, ground, rates):
    """From "out for delivery" on: locker, station or door. Everything ends with the delivery."""
    piece, low = marks >> 8, marks & 255
    s = step(s)
    u = unit(s)
    way = _AT_LOCKER if u < rates.locker else (_AT_STATION if u < rates.locker + rates.station else 0)
    if item_class == LETTER:
        way = 0
    if way == 0:
        s = step(s)
        who_signs = _PROXY if unit(s) < rates.proxy else _ADDRESSEE
        return put(out, n, s, who, at, place, _DELIVER, who_signs, piece, low, 0, rates)
    n, s = put(out, n, s, who, at, place, _LOCKER if way == _AT_LOCKER else _STATION, 0, piece, low, 0, rates)
    if habit & HABIT_SIGNS_AT_DROP:
        at += 30
    else:
        # Collected the same day until 22:00 where there is time, or else the next morning.
        s = step(s)
        left = 22 * _HOUR - local(at, ground) % 86400
        wait = 600 + int(max(left - 900, 600) * unit(s))
        s = step(s)
        if left < 1800 or unit(s) < 0.08:
            wait = left + 9 * _HOUR + int(12.0 * _HOUR * unit(s))
        at += wait
    return put(out, n, s, who, at, place, _DELIVER, way, piece, low, 0, rates)


@njit(cache=True, nogil=True)
def sent_back(out, n, s, who, at, place, source, target, operator, marks, ground, rates):
    """A return to the sender: back over both processing sites, delivered at the first outlet."""
    piece, low = marks >> 8, marks & 255
    s = step(s)
    at += 2 * _HOUR + int(20.0 * _HOUR * unit(s))
    n, s = put(out, n, s, who, at, place, _RETURN, _REFUSED, piece, low, 0, rates)
    at += 2 * _HOUR + int(value(ground, OUTLET_LOCAL_S, target))
    a, b = value(ground, OUTLET_SITE, target), value(ground, OUTLET_SITE, source)
    if a != b:
        n, s, at = leg(out, n, s, who, at, a, b, marks, share(ground, OPERATOR_PACE, operator), ground, rates)
    at = next_tour(at + _HOUR + int(value(ground, OUTLET_LOCAL_S, source)), False, ground)
    s = step(s)
    at += 1800 + int(3.0 * _HOUR * unit(s))
    return put(
        out, n, s, who, at, np.int64(value(ground, OUTLET_FACILITY, source)), _DELIVER, _ADDRESSEE, piece, low, 0, rates
    )


@njit(cache=True, nogil=True)
def brought(
    out, n, s, who, at, source, target, destination, operator, item_class, evening, marks, missed, ground, rates
):
    """The last mile inside the province, from the destination's processing site to the end."""
    piece, low = marks >> 8, marks & 255
    habit = value(ground, OPERATOR_HABIT, operator)
    s = step(s)
    at += delayed(s, missed, rates)
    site = np.int64(value(ground, SITE_FACILITY, value(ground, OUTLET_SITE, target)))
    s = step(s)
    at += 900 + int(3600.0 * unit(s))
    place = np.int64(value(ground, OUTLET_FACILITY, target))
    if place != site:
        if habit & HABIT_DESTINATION_DEPARTS:
            n, s = put(out, n, s, who, at, site, _DEPART, 0, piece, low, 0, rates)
        s = step(s)
        at += 300 + int(value(ground, OUTLET_LOCAL_S, target) * (0.9 + 0.3 * unit(s)))
        if habit & HABIT_DEPOT_ARRIVES:
            n, s = put(out, n, s, who, at, place, _ARRIVE, 0, piece, low, 0, rates)
    s = step(s)
    if piece == 0 and unit(s) < rates.redirect:
        s = step(s)
        other = pick_outlet(unit(s), destination, ground)
        moved = np.int64(value(ground, OUTLET_FACILITY, other))
        at += 1800
        n, s = put(out, n, s, who, at, place, _REDIRECT, 0, 0, low, np.int64(value(ground, OUTLET_AREA, other)), rates)
        if moved != place:
            at += 1800
            n, s = put(out, n, s, who, at, place, _DEPART, 0, 0, low, 0, rates)
            at += 3600 + int(value(ground, OUTLET_LOCAL_S, target)) + int(value(ground, OUTLET_LOCAL_S, other))
            n, s = put(out, n, s, who, at, moved, _ARRIVE, 0, 0, low, 0, rates)
            place, target = moved, other
    s = step(s)
    if unit(s) < rates.hand_over:
        at += 900
        n, s = put(out, n, s, who, at, place, _HAND_OVER, 0, piece, low, 0, rates)
    tours = 0
    while True:
        s = step(s)
        start = next_tour(at, evening, ground)
        late_tour = local(start, ground) % 86400 >= 16 * _HOUR
        start += int((2700.0 if late_tour else 5400.0) * unit(s))
        n, s = put(out, n, s, who, start, place, _OUT, 0, piece, low, 0, rates)
        s = step(s)
        u = unit(s)
        at = start + 1200 + int((2.0 if late_tour else 3.5) * _HOUR * u * u)
        tours += 1
        s = step(s)
        v = unit(s)
        if v >= rates.attempt:
            break
        s = step(s)
        refused = tours == 3 or unit(s) < rates.refused
        reason = _REFUSED if refused else (_ABSENT if v < 0.7 * rates.attempt else _ADDRESS)
        n, s = put(out, n, s, who, at, place, _ATTEMPT, reason, piece, low, 0, rates)
        if refused:
            return sent_back(out, n, s, who, at, place, source, target, operator, marks, ground, rates)
        at += 600
    s = step(s)
    if unit(s) < rates.wrong_delivery:
        n, s = put(
            out, n, s, who, start + 600, place, _DELIVER, _ADDRESSEE, piece, low | MARK_WRONG | MARK_EVENT_ID, 0, rates
        )
        n, s = put(out, n, s, who, start + 900, place, _VOID, 0, piece, low | MARK_VOIDS, 0, rates)
    return handed_out(out, n, s, who, at, place, habit, marks, item_class, ground, rates)


@njit(cache=True, nogil=True)
def journey(out, n, s, who, item_traits, piece, alone, used, ground, rates):
    """The life of one item (``piece`` 0) or of one further piece of it. Returns (n, s). ``alone``: it has no further pieces."""
    _, at, pair, source, target, operator, item_class, _, _, _ = item_traits
    owed = owed_of(who[0], item_traits, ground)
    shape = value(ground, PAIR_SHAPE, pair)
    habit = value(ground, OPERATOR_HABIT, operator)
    low = MARK_EVENT_ID if habit & HABIT_EVENT_IDS else 0
    marks = (piece << 8) | low
    place = np.int64(value(ground, OUTLET_FACILITY, source))
    n, s, at, on = taken_in(out, n, s, who, at, place, owed, alone, marks, rates)
    if not on:
        return n, s
    site = value(ground, OUTLET_SITE, source)
    if shape & ORIGIN_INSIDE:
        s = step(s)
        at += 1500 + int(5400.0 * unit(s))
        if place != np.int64(value(ground, SITE_FACILITY, site)):
            if habit & HABIT_OUTLET_DEPARTS:
                n, s = put(out, n, s, who, at, place, _DEPART, 0, piece, low, 0, rates)
            s = step(s)
            at += 300 + int(value(ground, OUTLET_LOCAL_S, source) * (0.9 + 0.3 * unit(s)))
    else:
        habit &= ~HABIT_ORIGIN_ARRIVES
        s = step(s)
        at += 8 * _HOUR + int(34.0 * _HOUR * unit(s))
    n, s, at, missed = at_origin_site(out, n, s, who, at, site, habit, owed, marks, ground, rates)
    goal = value(ground, OUTLET_SITE, target)
    s = step(s)
    if alone and unit(s) < rates.relabel:
        at += 240
        marks |= MARK_NEW_NUMBER
        low |= MARK_NEW_NUMBER
        n, s = put(out, n, s, who, at, np.int64(value(ground, SITE_FACILITY, site)), _RELABEL, 0, 0, low, 0, rates)
    if shape & CUSTOMS:
        office = value(ground, SITE_EXCHANGE, site) if shape & ORIGIN_INSIDE else value(ground, SITE_EXCHANGE, goal)
        if office != site:
            n, s, at, missed = haul(out, n, s, who, at, site, office, operator, marks, missed, used, ground, rates)
        leaves, left = (_EXPORT, _EXPORTED) if shape & ORIGIN_INSIDE else (_IMPORT, _IMPORTED)
        n, s, at, on = customs(out, n, s, who, at, office, marks, leaves, left, ground, rates)
        if not on:
            return n, s
        site = office
    if site != goal:
        n, s, at, missed = haul(out, n, s, who, at, site, goal, operator, marks, missed, used, ground, rates)
    s = step(s)
    if unit(s) < rates.lost:
        at += 48 * _HOUR
        return put(out, n, s, who, at, np.int64(value(ground, SITE_FACILITY, goal)), _LOST, 0, piece, low, 0, rates)
    if shape & DESTINATION_INSIDE:
        destination = value(ground, PAIR_DESTINATION, pair)
        evening = value(ground, PAIR_MARKET, pair) == SAME_CITY
        return brought(
            out, n, s, who, at, source, target, destination, operator, item_class, evening, marks, missed, ground, rates
        )
    s = step(s)
    # Sorting and the way within the other province or region, which the network shows as one gateway.
    at = next_tour(at + 8 * _HOUR + int(46.0 * _HOUR * unit(s) ** 1.3), False, ground)
    s = step(s)
    at += 1200 + int(3.5 * _HOUR * unit(s) ** 2)
    return put(
        out, n, s, who, at, np.int64(value(ground, OUTLET_FACILITY, target)), _DELIVER, _ADDRESSEE, piece, low, 0, rates
    )


@njit(cache=True, nogil=True)
def stated(item, ground, rates):
    """(checks owed, area of origin, area of destination, service level) of an item."""
    t = traits(item, ground, rates)
    return owed_of(item, t, ground), value(ground, OUTLET_AREA, t[3]), value(ground, OUTLET_AREA, t[4]), t[9]


@njit(cache=True, nogil=True)
def lives(out, first, end, used, ground, rates, faults, cuts, marked):
    """Write the lives of items ``first:end`` to ``out`` (rows, WORDS), mark their bags in ``used``, and plant ``faults`` (f, ``faults.COLUMNS``; ``cuts`` (f, F, F)).

    ``marked`` (items, 4) takes, of each item with a fault: item, bits of its faults, first row and end. Returns (rows, next item, marked rows).
    Stops early where ``out`` might not hold the next item.
    """
    n = np.int64(0)
    item = first
    noted = 0
    while item < end and n + MOST_SCANS <= len(out):
        t = traits(item, ground, rates)
        s = t[0]
        operator = t[5]
        who = (item, np.int64(value(ground, OPERATOR_ID, operator)), value(ground, OPERATOR_TICK_S, operator))
        s = step(s)
        u = unit(s)
        more = 0
        if t[6] != LETTER and u < rates.pieces:
            more = 1 + int(3.0 * u / rates.pieces)
        begin = n
        for piece in range(more + 1):
            n, s = journey(out, n, s, who, t, piece, more == 0, used, ground, rates)
        if len(faults):
            planted, n = plant(out, begin, n, item, faults, cuts, ground)
            if planted:
                marked[noted, 0], marked[noted, 1], marked[noted, 2], marked[noted, 3] = item, planted, begin, n
                noted += 1
        item += 1
    return n, item, noted
