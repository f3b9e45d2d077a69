"""Bags (集包): which bag an item falls into and when the bag moves, both pure functions of lane, window and number.

A lane (operator, site, site) fills bags over windows of whole hours; a window of a lane has as many bags as its expected items
need. So an item knows its bag and a bag knows its times without either being kept.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from yilu.twin.draws import step, stream, unit
from yilu.twin.ground import (
    BAG_FIRST,
    BAGS,
    DAY_START,
    LANE_FIRST,
    LANE_OPERATOR,
    LANE_SOURCE,
    LANE_TARGET,
    LANE_WINDOW_S,
    LANES,
    OPERATOR_HABIT,
    OPERATOR_ID,
    OPERATOR_PACE,
    OPERATOR_TICK_S,
    SITE_FACILITY,
    WAY_TRAVEL_S,
    seed_of,
    share,
    value,
    way,
)
from yilu.twin.scans import MARK_BAG, recorded, write

ITEMS_A_BAG = 32.0
_SEAL, _LOAD, _DEPART, _UNLOAD, _ARRIVE, _UNSEAL = np.array([36, 40, 44, 48, 52, 56], np.int64)
_LOADS = 64
_BAGS = np.uint64(0xBA65)


@njit(cache=True, nogil=True)
def bag_of(lane, at, u, ground):
    """The bag for an item that is put into one at ``at`` on ``lane``: (serial number, end of its window)."""
    hours = value(ground, LANE_WINDOW_S, lane)
    since = at - value(ground, DAY_START, 0)
    day, window = since // 86400, since % 86400 // hours
    slot = value(ground, LANE_FIRST, lane) + window
    many = value(ground, BAG_FIRST, slot + 1) - value(ground, BAG_FIRST, slot)
    serial = day * value(ground, BAGS, 0) + value(ground, BAG_FIRST, slot) + int(u * many)
    return serial, value(ground, DAY_START, 0) + day * 86400 + (window + 1) * hours


@njit(cache=True, nogil=True)
def bag_times(serial, closes, lane, ground):
    """(sealed, departed, arrived, unsealed) of a bag whose window ends at ``closes``, UTC seconds."""
    s = stream(seed_of(ground) ^ _BAGS, np.uint64(serial))
    sealed = closes + 60 + int(240.0 * unit(s))
    s = step(s)
    departed = sealed + 300 + int(1200.0 * unit(s))
    s = step(s)
    travel = way(ground, WAY_TRAVEL_S, value(ground, LANE_SOURCE, lane), value(ground, LANE_TARGET, lane))
    arrived = (
        departed
        + 300
        + int(travel * (0.92 + 0.2 * unit(s)) * share(ground, OPERATOR_PACE, value(ground, LANE_OPERATOR, lane)))
    )
    s = step(s)
    return sealed, departed, arrived, arrived + 240 + int(600.0 * unit(s))


@njit(cache=True, nogil=True)
def bag_scans(out, after, until, used, ground):
    """Write the scans of all bags in use (``used``, by serial number) whose windows end in (after, until]. Returns the rows.

    ``out`` must hold 6 rows for each bag that these windows may have.
    """
    n = 0
    for lane in range(value(ground, LANES, 0)):
        hours = value(ground, LANE_WINDOW_S, lane)
        operator = value(ground, LANE_OPERATOR, lane)
        tick = value(ground, OPERATOR_TICK_S, operator)
        who = np.int64(value(ground, OPERATOR_ID, operator))
        origin = np.int64(value(ground, SITE_FACILITY, value(ground, LANE_SOURCE, lane)))
        target = np.int64(value(ground, SITE_FACILITY, value(ground, LANE_TARGET, lane)))
        closes = value(ground, DAY_START, 0) + ((after - value(ground, DAY_START, 0)) // hours + 1) * hours
        while closes <= until:
            serial, _ = bag_of(lane, closes - 1, 0.0, ground)
            end, _ = bag_of(lane, closes - 1, 0.9999999999, ground)
            while serial <= end and serial < len(used):
                if not used[serial]:
                    serial += 1
                    continue
                sealed, departed, arrived, unsealed = bag_times(serial, closes, lane, ground)
                write(out, n, serial, sealed, recorded(sealed, tick, 0), origin, who, _SEAL, 0, 0, MARK_BAG, 0)
                write(
                    out, n + 1, serial, departed, recorded(departed, tick, 0), origin, who, _DEPART, 0, 0, MARK_BAG, 0
                )
                write(out, n + 2, serial, arrived, recorded(arrived, tick, 0), target, who, _ARRIVE, 0, 0, MARK_BAG, 0)
                write(
                    out, n + 3, serial, unsealed, recorded(unsealed, tick, 0), target, who, _UNSEAL, 0, 0, MARK_BAG, 0
                )
                n += 4
                if value(ground, OPERATOR_HABIT, operator) & _LOADS:
                    loaded, unloaded = (sealed + departed) // 2, (arrived + unsealed) // 2
                    write(out, n, serial, loaded, recorded(loaded, tick, 0), origin, who, _LOAD, 0, 0, MARK_BAG, 0)
                    write(
                        out,
                        n + 1,
                        serial,
                        unloaded,
                        recorded(unloaded, tick, 0),
                        target,
                        who,
                        _UNLOAD,
                        0,
                        0,
                        MARK_BAG,
                        0,
                    )
                    n += 2
                serial += 1
            closes += hours
    return n
