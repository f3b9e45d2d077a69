"""What the loss of a crossing, a bridge, a tunnel or a ferry, does to lanes: a longer way round, or none."""

from __future__ import annotations

import numpy as np

from yilu.dispatch.closures import Closure
from yilu.dispatch.timetable import Timetable
from yilu.errors import InputError
from yilu.network.distance import open_crossings, ways

_BY_LAND = ("road", "ferry")


def crossing_closures(timetable: Timetable, code: str, begins: int, ends: int) -> tuple[Closure, ...]:
    """A closure of each lane whose road leads over a crossing on the local day of ``begins``: it comes later where another crossing leads round, and doesn't run where none does.

    Later by its own minutes times how much longer the way is, and by the hours at the other crossing. ``begins``, ``ends``: UTC seconds. Raises InputError for a code that isn't open on that day.
    """
    network, lanes = timetable.network, timetable.network.lanes
    day = network.local_date(begins)
    found = np.flatnonzero(network.crossings.code == code)
    if not len(found) or found[0] not in open_crossings(network, day):
        raise InputError("crossing", "a crossing that is open on the day", value=code, next_step="`yilu network show crossings` lists them")  # fmt: skip
    row, ids = int(found[0]), network.facilities.index_of_code
    some = np.flatnonzero(np.isin(lanes.mode, _BY_LAND))
    a, b = (
        np.array([ids[str(c)] for c in column[some]], np.int64)
        for column in (lanes.source_facility, lanes.target_facility)
    )
    lon, lat, area = network.facility_lon, network.facility_lat, network.facility_area
    points = (lon[a], lat[a]), (lon[b], lat[b]), (area[a], area[b])
    usual = ways(network, *points, day)
    over = np.flatnonzero(usual.crossing == row)
    if not len(over):
        return ()
    points = (lon[a[over]], lat[a[over]]), (lon[b[over]], lat[b[over]]), (area[a[over]], area[b[over]])
    round_ = ways(network, *points, day, (row,))
    there = np.isfinite(round_.km)
    longer = np.where(there, round_.km, usual.km[over]) / usual.km[over] - 1
    hours = np.where(there, round_.extra_h - usual.extra_h[over], 0.0)
    later = np.ceil(lanes.minutes[some[over]] * longer + 60 * hours).astype(np.int64)
    return tuple(
        Closure("lane", str(lanes.code[lane]), begins, ends, later=int(max(1, minutes)) if known else 0)
        for lane, minutes, known in zip(some[over], later, there, strict=True)
    )
