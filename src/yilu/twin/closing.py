"""Crossings that a scenario closes: between which facilities there is no other way by road, and what becomes of items on their way over them."""

from __future__ import annotations

from datetime import date as Date

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.network import Network
from yilu.network.distance import ways
from yilu.twin.draws import step, unit

_DEPART, _ARRIVE = 44, 52
_QUEUE_S = 6 * 3600.0
"""What waited before a crossing has gone over it so long after it opens again, evenly (A)."""


def cut_off(network: Network, crossing: int, day: Date) -> NDArray[np.bool_]:
    """Pairs of facilities (F, F) by id that have a way by road on a local day, and none without the crossing (row of ``Network.crossings``).

    Places abroad are reached by air and sea: no crossing cuts them off.
    """
    each = np.arange(len(network.facility_area))
    a, b = np.meshgrid(each, each, indexing="ij")
    lon, lat, area = network.facility_lon, network.facility_lat, network.facility_area
    ends = (lon[a], lat[a]), (lon[b], lat[b]), (area[a], area[b])
    usual, left = (np.isfinite(ways(network, *ends, day, closed).km) for closed in ((), (crossing,)))
    near = (area > 0) & (network.area_level[area] != 6)
    return np.asarray(usual & ~left & near[:, None] & near[None, :])


@njit(cache=True, nogil=True)
def hold(out, first, end, since, until, cut, s):
    """Let whatever would depart over the crossing while it is closed wait until it is open again, and all that follows be later.

    ``cut`` (F, F): pairs of facilities that it parts. Pieces go each its own way. Returns whether the life in rows ``first:end`` leads over the crossing.
    """
    over = False
    for r in range(first, end):
        if np.int64(out[r, 4] & 255) != _ARRIVE:
            continue
        piece, leaves = (out[r, 4] >> 16) & 255, -1
        for b in range(r - 1, first - 1, -1):
            if np.int64(out[b, 4] & 255) == _DEPART and (out[b, 4] >> 16) & 255 == piece:
                leaves = b
                break
        if leaves < 0 or not cut[np.int64(out[leaves, 3] & 0xFFFFF), np.int64(out[r, 3] & 0xFFFFF)]:
            continue
        over = True
        departs = np.int64(out[leaves, 1])
        s = step(s)
        if since <= departs < until:
            later = np.uint32(until - departs + int(_QUEUE_S * unit(s)))
            for b in range(first, end):
                if (out[b, 4] >> 16) & 255 == piece and np.int64(out[b, 1]) >= departs:
                    out[b, 1] += later
                    out[b, 2] += later
    return over
