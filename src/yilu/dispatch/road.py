"""Time on the road by the time of day, so that nobody who departs later arrives earlier."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yilu.network.tables import RoadTimes

_DAY = 1440


def on_the_road(road: RoadTimes, minutes: NDArray[np.int64], departs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Minutes from departure to arrival (n,), rounded up.

    ``minutes`` (n,): the way without congestion, ``departs`` (n,): minute of the local day. ``road`` gives how many minutes of driving one minute of that way takes at a
    time of day, on a straight line between its rows and across midnight. A vehicle drives through the day: at each minute t it does 1/factor(t) of a minute of its way, and
    arrives when it has done all of it. So first in is first out whatever the table says, as no way that begins later overtakes (Ichoua, Gendreau and Potvin 2003); a factor that held
    for the whole way by its departure would not be so, and would slow the night of a long haul by the rush hour it began in.
    """
    if not len(road.at):
        return minutes.copy()
    order = np.argsort(road.at, kind="stable")
    factor = np.interp(np.arange(_DAY) + 0.5, road.at[order], road.factor[order], period=_DAY)
    done = np.concatenate([[0.0], np.cumsum(1 / factor)])  # of the way since midnight, by minute
    at = departs % _DAY
    whole, left = np.divmod(done[at] + minutes, done[-1])
    return np.asarray(np.ceil(np.round(_DAY * whole + np.interp(left, done, np.arange(_DAY + 1)) - at, 6)), np.int64)
