"""What an item is from the start: times, ends, operator, class, sender, weight — a pure function of its number."""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.network.demand import ABROAD
from yilu.twin.draws import step, stream, unit
from yilu.twin.ground import (
    AREAS,
    DAY_FIRST,
    DAY_START,
    LEVEL,
    OPERATOR_CROSS,
    OPERATOR_EXPRESS,
    OPERATOR_MAIL,
    OPERATORS,
    OUTLET_AREA,
    OUTLET_FIRST,
    OUTLET_SHARE,
    PAIR_DESTINATION,
    PAIR_MARKET,
    PAIR_ORIGIN,
    PAIR_OTHER,
    PAIR_THRESHOLD,
    PAIRS,
    PROFILE,
    WEIGHT,
    seed_of,
    share,
    value,
)

LETTER, PARCEL, EXPRESS = 1, 2, 3
CASUAL, CONTRACT, UNFILED = 1, 2, 3


@njit(cache=True, nogil=True)
def day_of(item, ground):
    """The day of an item by its number."""
    d = 0
    while item >= value(ground, DAY_FIRST, d + 1):
        d += 1
    return d


@njit(cache=True, nogil=True)
def pick_outlet(u, area, ground):
    """An outlet of ``area`` (row of ``ground.outlets``) by one u in [0, 1)."""
    i = value(ground, OUTLET_FIRST, area)
    while i < value(ground, OUTLET_FIRST, area + 1) - 1 and share(ground, OUTLET_SHARE, i) <= u:
        i += 1
    return i


@njit(cache=True, nogil=True)
def pick_operator(u, table, ground):
    """An operator (row) by one u in [0, 1); ``table``: ``OPERATOR_EXPRESS``, ``OPERATOR_CROSS`` or ``OPERATOR_MAIL``."""
    last = value(ground, OPERATORS, 0) - 1
    i = 0
    while i < last and share(ground, table, i) <= u:
        i += 1
    return i


@njit(cache=True, nogil=True)
def accepted(item, day, u, ground):
    """When the item is accepted (UTC seconds): items of a day are spread evenly over its profile, in the order of their numbers."""
    many = value(ground, DAY_FIRST, day + 1) - value(ground, DAY_FIRST, day)
    q = (item - value(ground, DAY_FIRST, day) + u) / many
    hour = 0
    while hour < 23 and share(ground, PROFILE, hour + 1) <= q:
        hour += 1
    width = share(ground, PROFILE, hour + 1) - share(ground, PROFILE, hour)
    inside = (q - share(ground, PROFILE, hour)) / width if width > 0 else 0.0
    length = value(ground, DAY_START, day + 1) - value(ground, DAY_START, day)
    return value(ground, DAY_START, day) + int((hour + min(inside, 0.999999)) / 24.0 * length), hour


@njit(cache=True, nogil=True)
def traits(item, ground, rates):
    """(stream, at, pair, outlet from, outlet to, operator row, class, sender kind, weight in g, level) of an item."""
    s = stream(seed_of(ground), np.uint64(item))
    day = day_of(item, ground)
    at, hour = accepted(item, day, unit(s), ground)
    s = step(s)
    scaled = unit(s) * value(ground, PAIRS, 0)
    pair = int(scaled)
    if scaled - pair >= share(ground, PAIR_THRESHOLD, pair):
        pair = value(ground, PAIR_OTHER, pair)
    s = step(s)
    source = pick_outlet(unit(s), value(ground, PAIR_ORIGIN, pair), ground)
    s = step(s)
    target = pick_outlet(unit(s), value(ground, PAIR_DESTINATION, pair), ground)
    s = step(s)
    u = unit(s)
    item_class = LETTER if u < rates.letter else (PARCEL if u < rates.letter + rates.parcel else EXPRESS)
    table = OPERATOR_EXPRESS
    if item_class != EXPRESS:
        table = OPERATOR_MAIL
    elif value(ground, PAIR_MARKET, pair) == ABROAD:
        table = OPERATOR_CROSS
    s = step(s)
    operator = pick_operator(unit(s), table, ground)
    s = step(s)
    v = unit(s)
    casual = rates.casual_day if 8 <= hour < 18 else rates.casual_night
    sender = CONTRACT
    if v < casual:
        sender = CASUAL
    elif v > 1.0 - rates.unfiled:
        sender = UNFILED
    s = step(s)
    weight = value(ground, WEIGHT, 4096 * item_class + int(unit(s) * 4096.0))
    level = value(
        ground, LEVEL, value(ground, OUTLET_AREA, source) * value(ground, AREAS, 0) + value(ground, OUTLET_AREA, target)
    )
    return s, at, pair, source, target, operator, item_class, sender, weight, level
