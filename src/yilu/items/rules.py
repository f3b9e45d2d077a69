"""The network's settings as the fold's kernels take them: tables, and all tables as one array.

A kernel that hands two dozen arrays from function to function spends its time on handing them. So the kernels get ``packed``: one
uint32 array whose head says where each table begins; ``value(rules, TABLE, i)`` reads from it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.fields import program, words_of_cells


class Rules(NamedTuple):
    """Everything the fold must know beside the events. F facilities, A areas, P promise rules, O obligation rules, by id.

    Times in UTC seconds (int64). ``level_first`` (17,): promise rules of level l are ``level_first[l]:level_first[l + 1]``,
    oldest first; ``amount`` in hours (elapsed clock) or days (calendar clock). ``owed_origin``, ``owed_destination`` (O, A):
    whether the rule covers the area. Longitude and latitude in degrees. ``limits``: re-use of numbers in seconds; fastest travel in m/s; least distance in km
    from which travel is judged; how long after bagging a container's scan reaches the item; from when on an item has waited for a scan, and stayed at a site, all in seconds.
    """

    facility_area: NDArray[np.uint16]
    processing: NDArray[np.bool_]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    area_city: NDArray[np.uint16]
    inside: NDArray[np.bool_]
    level_of_pair: NDArray[np.uint8]
    level_first: NDArray[np.int64]
    level_from: NDArray[np.int64]
    calendar: NDArray[np.bool_]
    amount: NDArray[np.int64]
    due_minute: NDArray[np.int64]
    cut_off_minute: NDArray[np.int64]
    owed_check: NDArray[np.int64]
    owed_from: NDArray[np.int64]
    owed_until: NDArray[np.int64]
    owed_class: NDArray[np.int64]
    owed_sender: NDArray[np.int64]
    owed_origin: NDArray[np.bool_]
    owed_destination: NDArray[np.bool_]
    owed: NDArray[np.bool_]
    owed_processing: NDArray[np.bool_]
    transitions: NDArray[np.int64]
    offsets: NDArray[np.int64]
    limits: NDArray[np.int64]


TABLES: tuple[str, ...] = (
    *Rules._fields,
    "first",
    "slot",
    "greatest",
    "bits",
    "of_clock",
    "of_checks",
    "of_ended",
    "facility_city",
)
"""Tables of ``packed`` in order: those of ``Rules`` and the programme of the state (``fields.program``)."""

(
    FACILITY_AREA, PROCESSING, LONGITUDE, LATITUDE, AREA_CITY, INSIDE, LEVEL_OF_PAIR, LEVEL_FIRST, LEVEL_FROM, CALENDAR, AMOUNT,
    DUE_MINUTE, CUT_OFF_MINUTE, OWED_CHECK, OWED_FROM, OWED_UNTIL, OWED_CLASS, OWED_SENDER, OWED_ORIGIN, OWED_DESTINATION, OWED,
    OWED_PROCESSING, TRANSITIONS, OFFSETS, LIMITS, FIRST, SLOT, GREATEST, BITS, OF_CLOCK,
    OF_CHECKS, OF_ENDED, FACILITY_CITY,
) = range(len(TABLES))  # fmt: skip

_DEGREE = 1e7
_BIAS_S = 86400


def packed(rules: Rules) -> NDArray[np.uint32]:
    """All tables in one array: its head holds where each begins, then their values, two-dimensional ones row by row.

    Longitudes and latitudes stand as 1e-7 degrees from -180 and -90, offsets of the time zone as seconds from -1 day, times beyond
    2106 as the last second there is.
    """
    steps = program()
    shaped = {
        **rules._asdict(), "first": steps.first, "slot": steps.slot, "greatest": steps.greatest, "bits": steps.bits,
        "of_clock": words_of_cells("clock"), "of_checks": words_of_cells("checks"),
        "of_ended": words_of_cells("ended"), "facility_city": rules.area_city[rules.facility_area],
        "longitude": np.round((rules.longitude + 180) * _DEGREE), "latitude": np.round((rules.latitude + 90) * _DEGREE),
        "offsets": rules.offsets + _BIAS_S,
    }  # fmt: skip
    flat = [np.clip(np.asarray(shaped[name]).reshape(-1).astype(np.int64), 0, 0xFFFFFFFF) for name in TABLES]
    begins = len(TABLES) + 1 + np.cumsum([0, *map(len, flat)])
    return np.concatenate([begins, *flat]).astype(np.uint32)


@njit(cache=True, nogil=True, inline="always")
def value(rules, table, i):
    """Entry ``i`` of a table."""
    return np.int64(rules[np.int64(rules[table]) + np.int64(i)])


@njit(cache=True, nogil=True, inline="always")
def size(rules, table):
    """Entries of a table."""
    return np.int64(rules[table + 1]) - np.int64(rules[table])


@njit(cache=True, nogil=True, inline="always")
def degrees(rules, table, i):
    """A longitude or latitude in degrees, less its bias."""
    return value(rules, table, i) / _DEGREE


@njit(cache=True, nogil=True, inline="always")
def zone_offset(rules, i):
    """Seconds to add to UTC from transition ``i`` of the zone on."""
    return value(rules, OFFSETS, i) - _BIAS_S
