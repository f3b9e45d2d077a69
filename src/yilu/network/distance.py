"""How far by road: great circle × circuity, and over water only where a bridge, a tunnel or a ferry leads across.

A *barrier* is a line in water that no road crosses: the mouth of the Pearl River, the strait between Leizhou and Hainan. A way whose straight
line cuts a barrier goes by the shortest crossing that was open on the day; where none was open, there is no way (infinite).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from yilu.network.province import Network

EARTH_KM = 6371.0088
"""Mean radius (IUGG)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ways:
    """Ways by road, arrays of one shape: length in km (infinite where none), hours at crossings beside driving, crossing (row of
    ``Network.crossings``) or -1."""

    km: Floats
    extra_h: Floats
    crossing: NDArray[np.int64]


def great_circle_km(lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike) -> Floats:
    """Great-circle distance in km between points in degrees, broadcast (haversine formula on the mean sphere)."""
    x, y, u, v = (np.radians(np.asarray(d, np.float64)) for d in (lon_a, lat_a, lon_b, lat_b))
    h = np.sin((v - y) / 2) ** 2 + np.cos(y) * np.cos(v) * np.sin((u - x) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


def cuts(line: Floats, lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike) -> NDArray[np.bool_]:
    """Whether the straight line between each pair of points (degrees, broadcast) cuts a barrier, points (n, 2).

    Across a province a straight line in degrees stays within a few kilometres of the great circle.
    """
    a_x, a_y, b_x, b_y = (np.asarray(d, np.float64) for d in np.broadcast_arrays(lon_a, lat_a, lon_b, lat_b))
    found = np.zeros(a_x.shape, np.bool_)
    for (px, py), (qx, qy) in pairwise(line):
        side_a = (qx - px) * (a_y - py) - (qy - py) * (a_x - px)
        side_b = (qx - px) * (b_y - py) - (qy - py) * (b_x - px)
        side_p = (b_x - a_x) * (py - a_y) - (b_y - a_y) * (px - a_x)
        side_q = (b_x - a_x) * (qy - a_y) - (b_y - a_y) * (qx - a_x)
        found |= (side_a * side_b < 0) & (side_p * side_q < 0)
    return found


def barrier_lines(network: Network) -> dict[str, Floats]:
    """The barriers of a province: points (n, 2) in degrees, in order, by name."""
    lines = network.barriers
    out = {}
    for name in dict.fromkeys(str(n) for n in lines.barrier):
        rows = np.flatnonzero(lines.barrier == name)
        rows = rows[np.argsort(lines.position[rows], kind="stable")]
        out[name] = np.stack([lines.lon[rows], lines.lat[rows]], axis=1)
    return out


def open_crossings(network: Network, day: date) -> NDArray[np.int64]:
    """Rows of the crossings that are open on a local day."""
    at, c = day.isoformat(), network.crossings
    return np.flatnonzero((c.valid_from <= at) & ((c.valid_to == "") | (at < c.valid_to)))


def _allowed(network: Network, crossing: int, area_a: NDArray, area_b: NDArray) -> NDArray[np.bool_]:
    """Whether pairs of areas may use a crossing: all of them, or those with an end in the areas it is for."""
    codes = [c for c in str(network.crossings.only_areas[crossing]).split(";") if c]
    if not codes:
        return np.ones(np.shape(area_a), np.bool_)
    members = np.logical_or.reduce([network.under(c) for c in codes])
    return np.asarray(members[area_a] | members[area_b])


def ways(
    network: Network,
    a: tuple[ArrayLike, ArrayLike],
    b: tuple[ArrayLike, ArrayLike],
    areas: tuple[ArrayLike, ArrayLike],
    day: date,
    closed: tuple[int, ...] = (),
) -> Ways:
    """Ways between points ``a`` and ``b`` (longitudes, latitudes in degrees) that lie in ``areas`` (ids), all broadcast, on a local day,
    without the crossings ``closed`` (rows).

    Length = circuity × great circle, for each part of a way that a crossing bends; plus the crossing's own length. Where two barriers part a
    pair, each adds what it lengthens the straight way by.
    """
    x, y, u, v, area_a, area_b = np.broadcast_arrays(a[0], a[1], b[0], b[1], areas[0], areas[1])
    straight = network.circuity * great_circle_km(x, y, u, v)
    km, extra, used = straight.copy(), np.zeros(straight.shape), np.full(straight.shape, -1, np.int64)
    c, usable = network.crossings, np.setdiff1d(open_crossings(network, day), closed)
    for name, line in barrier_lines(network).items():
        parted = cuts(line, x, y, u, v)
        if not parted.any():
            continue
        best, row = np.full(straight.shape, np.inf), np.full(straight.shape, -1, np.int64)
        for i in usable[c.barrier[usable] == name]:
            ends = (c.lon_a[i], c.lat_a[i]), (c.lon_b[i], c.lat_b[i])
            for near, off in (ends, ends[::-1]):
                approach = great_circle_km(x, y, *near) + great_circle_km(*off, u, v)
                bent = network.circuity * approach + c.length_km[i]
                # An end of the crossing is on a point's own side, or else the way to it would cut the barrier itself.
                better = (bent < best) & _allowed(network, int(i), area_a, area_b)
                better &= ~cuts(line, x, y, *near) & ~cuts(line, *off, u, v)
                best, row = np.where(better, bent, best), np.where(better, i, row)
        km = np.where(parted, km + (best - straight), km)
        extra = np.where(parted & (row >= 0), extra + c.extra_hours[row], extra)
        used = np.where(parted, row, used)
    return Ways(np.asarray(km), np.asarray(extra), np.asarray(used))


def facility_ways(network: Network, a: ArrayLike, b: ArrayLike, day: date) -> Ways:
    """Ways between facilities by id (broadcast) on a local day."""
    i, j = np.asarray(a), np.asarray(b)
    lon, lat, area = network.facility_lon, network.facility_lat, network.facility_area
    return ways(network, (lon[i], lat[i]), (lon[j], lat[j]), (area[i], area[j]), day)


def area_ways(network: Network, a: ArrayLike, b: ArrayLike, day: date) -> Ways:
    """Ways between the centres of areas by id (broadcast) on a local day."""
    i, j = np.asarray(a), np.asarray(b)
    lon, lat = network.area_lon, network.area_lat
    return ways(network, (lon[i], lat[i]), (lon[j], lat[j]), (i, j), day)
