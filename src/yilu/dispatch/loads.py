"""What would ride a timetable if every item took its earliest way: demand laid on the first day's departures, all or nothing.

Source of the assignment: all-or-nothing by earliest arrival, as in the schedule-based assignment of Sheffi, "Urban Transportation Networks" (1985), chapter 5. Room is not looked at,
so that a departure may be given more than it takes: that is what the load factor is to show. It is no carrier's load.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.promise import weights
from yilu.dispatch.scan import earliest
from yilu.dispatch.timetable import Timetable
from yilu.network.timetable_rules import timetable_rules


def loads(timetable: Timetable, ends: Ends, items_a_day: float = 0.0, hours: tuple[int, ...] = ()) -> NDArray[np.float64]:  # fmt: skip
    """Items (C,) that ride each connection, of those accepted on the timetable's first day at the beginning of each of ``hours`` (local; none: those of the rules), as many at each.

    ``items_a_day``: of all pairs together (0: that of the rules); their shares are ``promise.weights``. What never arrives rides nothing.
    """
    rules: dict[str, Any] = timetable_rules(ends.network.folder)
    hours = hours or tuple(rules["promise"]["hours"])
    volume = weights(ends.network, ends) * (items_a_day or float(rules["items_a_day"])) / len(hours)
    out = np.zeros(len(timetable.connections))
    at = timetable.facilities + ends.facility
    for i in range(len(ends)):
        leaves = timetable.minute(ends.leaves(i, timetable.begins + 3600 * np.asarray(hours, np.int64)))
        for minute, times in zip(*np.unique(leaves, return_counts=True), strict=True):
            tree = earliest(timetable.connections, int(ends.facility[i]), int(minute))
            there = np.flatnonzero(tree.arrives[at] < NEVER)
            _lay(timetable.connections.source, tree.by_arrival, tree.by_ready, at[there], times * volume[i, there], out)
    return out


@njit(cache=True, nogil=True)
def _lay(source, by_arrival, by_ready, places, items, out):
    """Add items (n,) to the connections of the earliest journeys to places (n,)."""
    for k in range(len(places)):
        c = by_arrival[places[k]]
        while c >= 0:
            out[c] += items[k]
            c = by_ready[source[c]]
