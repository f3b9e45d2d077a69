"""The network as the arrays that the twin's kernels walk on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

ORIGIN_INSIDE, DESTINATION_INSIDE, CUSTOMS = 1, 2, 4
"""Bits of a pair's ``shape``."""

HABIT_OUTLET_DEPARTS = 1
HABIT_ORIGIN_ARRIVES = 2
HABIT_SORTS = 4
HABIT_DEPOT_ARRIVES = 8
HABIT_PROMISES = 16
HABIT_SIGNS_AT_DROP = 32
HABIT_LOADS = 64
HABIT_EVENT_IDS = 128
HABIT_DESTINATION_DEPARTS = 256


PAIR_ROW = np.dtype(
    [
        ("threshold", "f8"),
        ("other", "i4"),
        ("origin", "u2"),
        ("destination", "u2"),
        ("market", "u1"),
        ("shape", "u1"),
    ],
    align=True,
)
OUTLET_ROW = np.dtype(
    [("share", "f8"), ("facility", "u4"), ("site", "i4"), ("local_s", "i4"), ("area", "u2")], align=True
)
SITE_ROW = np.dtype([("facility", "u4"), ("exchange", "i4")])
WAY_ROW = np.dtype([("travel_s", "i4"), ("hub", "i4")])
OPERATOR_ROW = np.dtype(
    [
        ("express", "f8"),
        ("cross", "f8"),
        ("mail", "f8"),
        ("pace", "f8"),
        ("habit", "i8"),
        ("tick_s", "i8"),
        ("id", "i8"),
        ("postal", "i8"),
    ]
)
DAY_ROW = np.dtype([("start", "i8"), ("first", "i8"), ("owed", "i8")])
ZONE_ROW = np.dtype([("since", "i8"), ("offset_s", "i8")])
LANE_ROW = np.dtype(
    [("window_s", "i8"), ("first", "i8"), ("operator", "i4"), ("source", "i4"), ("target", "i4"), ("spare", "i4")]
)


class Ground(NamedTuple):
    """P demand pairs, A areas, D outlets, Q processing sites, K operators, L bag lanes, N days. Times in seconds (UTC).

    ``pairs`` (P,): alias table, areas, market, shape. ``outlet_first`` (A + 1,): the outlets of area a are the rows
    ``outlet_first[a]:outlet_first[a + 1]`` of ``outlets`` (D,): cumulative share within the area, facility id, row of the processing
    site that serves it, travel between the two, area. ``sites`` (Q,): facility id, row of the office of exchange that a site's cross-border
    items pass. ``ways`` (Q, Q): travel, and a site on the way or -1. ``operators`` (K,): cumulative shares of domestic express, cross-border
    items and mail; pace of travel (1 = as given); habits; upload tick; id. ``profile`` (25,) cumulative share of acceptances by local hour.
    ``weight_g`` (4, 4096) quantiles by item class. ``days`` (N + 1,): local midnight, first item, row of ``owed``. ``zone``: offsets of local time.
    ``lane`` (K, Q, Q) row of ``lanes`` or -1; ``lanes`` (L,): length of windows, first window in ``bag_first``. ``bag_first`` (B + 1,): first
    bag of each window within a day. ``bag_share``: share of a lane's items that is bagged. ``level_of_pair`` (A, A).
    ``owed`` (tables, A, A, 3, 3): the checks owed (``owed.owed_table``).
    """

    pairs: NDArray[np.void]
    outlet_first: NDArray[np.int32]
    outlets: NDArray[np.void]
    sites: NDArray[np.void]
    ways: NDArray[np.void]
    operators: NDArray[np.void]
    profile: NDArray[np.float64]
    weight_g: NDArray[np.uint32]
    days: NDArray[np.void]
    zone: NDArray[np.void]
    lane: NDArray[np.int32]
    lanes: NDArray[np.void]
    bag_first: NDArray[np.int64]
    level_of_pair: NDArray[np.uint8]
    owed: NDArray[np.uint8]
    bag_share: float
    seed: np.uint64


def record(dtype: np.dtype[np.void], **columns: NDArray[Any]) -> NDArray[np.void]:
    """A structured array of ``dtype`` from its columns, all of one shape; fields not given are 0."""
    shape = np.shape(next(iter(columns.values())))
    table = np.zeros(shape, dtype)
    for name, column in columns.items():
        table[name] = column
    return table


# A kernel that hands a dozen arrays from function to function spends its time on handing them. So kernels get one int64 array: its
# head says where each table begins, and a column is a number: table 8 bits | width of a row 4 bits | place in the row 4 bits.
_PAIRS, _OUTLETS, _SITES, _WAYS, _OPERATORS, _DAYS, _ZONE, _LANES = 0, 1, 2, 3, 4, 5, 6, 7
_OUTLET_FIRST, _PROFILE, _WEIGHT, _LANE, _BAG_FIRST, _LEVEL, _SINGLE = 8, 9, 10, 11, 12, 13, 14
_OWED, _TABLES = 15, 16
FRACTION = 1 << 32


def _columns(table: int, width: int) -> NDArray[np.int64]:
    """Columns as typed numbers: a kernel that is called with plain ones is compiled again for each of them."""
    return np.array([table << 8 | width << 4 | place for place in range(width)], np.int64)


PAIR_THRESHOLD, PAIR_OTHER, PAIR_ORIGIN, PAIR_DESTINATION, PAIR_MARKET, PAIR_SHAPE = _columns(_PAIRS, 6)
OUTLET_SHARE, OUTLET_FACILITY, OUTLET_SITE, OUTLET_LOCAL_S, OUTLET_AREA = _columns(_OUTLETS, 5)
SITE_FACILITY, SITE_EXCHANGE = _columns(_SITES, 2)
WAY_TRAVEL_S, WAY_HUB = _columns(_WAYS, 2)
(
    OPERATOR_EXPRESS,
    OPERATOR_CROSS,
    OPERATOR_MAIL,
    OPERATOR_PACE,
    OPERATOR_HABIT,
    OPERATOR_TICK_S,
    OPERATOR_ID,
    OPERATOR_POSTAL,
) = _columns(_OPERATORS, 8)
DAY_START, DAY_FIRST, DAY_OWED = _columns(_DAYS, 3)
ZONE_SINCE, ZONE_OFFSET_S = _columns(_ZONE, 2)
LANE_WINDOW_S, LANE_FIRST, LANE_OPERATOR, LANE_SOURCE, LANE_TARGET = _columns(_LANES, 5)
(OUTLET_FIRST,), (PROFILE,), (WEIGHT,) = _columns(_OUTLET_FIRST, 1), _columns(_PROFILE, 1), _columns(_WEIGHT, 1)
(LANE,), (BAG_FIRST,), (LEVEL,), (OWED,) = (
    _columns(_LANE, 1),
    _columns(_BAG_FIRST, 1),
    _columns(_LEVEL, 1),
    _columns(_OWED, 1),
)
SEED, BAG_SHARE, BAGS, SITES, AREAS, PAIRS, OPERATORS, ZONES, LANES = _columns(_SINGLE, 9)


def packed(ground: Ground) -> NDArray[np.int64]:
    """``ground`` as one int64 array for kernels. Shares and paces stand as 32-bit fractions (1 = ``FRACTION``)."""

    def flat(table: NDArray[np.void], fractions: tuple[str, ...] = ()) -> NDArray[np.int64]:
        names = [n for n in table.dtype.names or () if n != "spare"]
        columns = [np.rint(table[n] * FRACTION) if n in fractions else table[n] for n in names]
        return np.stack([c.reshape(-1).astype(np.int64) for c in columns], axis=1).reshape(-1)

    single = (
        int(np.uint64(ground.seed).astype(np.int64)), int(ground.bag_share * FRACTION), int(ground.bag_first[-1]), len(ground.sites),
        len(ground.level_of_pair), len(ground.pairs), len(ground.operators), len(ground.zone), len(ground.lanes),
    )  # fmt: skip
    tables: list[NDArray[Any]] = [
        flat(ground.pairs, ("threshold",)), flat(ground.outlets, ("share",)), flat(ground.sites), flat(ground.ways),
        flat(ground.operators, ("express", "cross", "mail", "pace")), flat(ground.days), flat(ground.zone), flat(ground.lanes),
        ground.outlet_first, np.rint(ground.profile * FRACTION), ground.weight_g.reshape(-1), ground.lane.reshape(-1),
        ground.bag_first, ground.level_of_pair.reshape(-1), np.array(single, np.int64), ground.owed.reshape(-1),
    ]  # fmt: skip
    begins = _TABLES + np.cumsum([0, *(len(t) for t in tables)])[:-1]
    return np.concatenate([begins, *tables]).astype(np.int64)


@njit(cache=True, nogil=True)
def value(ground, column, row):
    """The entry of ``column`` in ``row`` of its table (``packed``)."""
    return ground[ground[column >> 8] + row * ((column >> 4) & 15) + (column & 15)]


@njit(cache=True, nogil=True)
def share(ground, column, row):
    """A fraction as a number."""
    return value(ground, column, row) / 4294967296.0


@njit(cache=True, nogil=True)
def way(ground, column, source, target):
    """A column of the way from site to site."""
    return value(ground, column, source * value(ground, SITES, 0) + target)


@njit(cache=True, nogil=True)
def lane_of(ground, operator, source, target):
    """The bag lane of an operator from site to site, or -1."""
    return value(ground, LANE, (operator * value(ground, SITES, 0) + source) * value(ground, SITES, 0) + target)


@njit(cache=True, nogil=True)
def seed_of(ground):
    """The plan's seed."""
    return np.uint64(value(ground, SEED, 0))
