"""The timetable around a closure: from the days on whose items are on their way then, for as long as anything is asked of them."""

from __future__ import annotations

from datetime import timedelta

from yilu.dispatch.timetable import Timetable, timetable
from yilu.network import Network
from yilu.network.default_timetable import with_timetable

MOST_HOURS = 72
"""Hours that a closure lasts at most."""
DAYS_AHEAD = 3
"""Days from the moment at which facts end until a closure begins at most: what is on its way has come by then."""
_DAYS_BEFORE = 5
"""Days of acceptance before the closure whose items may still be on their way."""
_DAYS_AFTER = 6
_DAYS_OF_FACTS = 10


def near(network: Network, as_of: int, begins: int, ends: int) -> bool:
    """Whether a closure and the moment at which facts end (all UTC seconds) lie so near that items on their way then can meet it: it lasts beyond that moment, and begins within ``DAYS_AHEAD`` days of it."""
    ahead = (network.local_date(begins) - network.local_date(min(as_of, begins))).days
    return ends > as_of and ahead <= DAYS_AHEAD and begins >= as_of - 3600 * MOST_HOURS


def around_facts(network: Network, as_of: int, begins: int) -> Timetable:
    """From the day at which facts end, or the closure begins where that is earlier."""
    made = with_timetable(network, network.local_date(begins))
    return timetable(made, network.local_date(min(as_of, begins)), _DAYS_OF_FACTS)


def around_demand(network: Network, begins: int, ends: int) -> Timetable:
    """From the days of acceptance on of which something may still be on its way when the closure begins."""
    day = network.local_date(begins)
    first = day - timedelta(_DAYS_BEFORE)
    return timetable(with_timetable(network, day), first, (network.local_date(ends) - first).days + 1 + _DAYS_AFTER)
