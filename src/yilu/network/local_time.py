"""A province's local time as arrays: when its offset from UTC changes, and to what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

LAST = 0xFFFFFFFF
"""The last second there is in the store (7 February 2106)."""
DAY_S = 86400
_STEP_S = 7 * DAY_S


@dataclass(frozen=True)
class LocalTime:
    """From ``transitions[i]`` on (UTC seconds, int64 (k,), the first 0) local time is UTC + ``offsets[i]`` seconds (int64 (k,))."""

    transitions: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def offset(self, at: ArrayLike) -> NDArray[np.int64]:
        """Seconds to add to UTC, shape of ``at``."""
        rows = np.searchsorted(self.transitions, np.asarray(at, np.int64), "right") - 1
        return np.asarray(self.offsets[np.maximum(rows, 0)], np.int64)

    def local_day(self, at: ArrayLike) -> NDArray[np.int64]:
        """Local days since 1970-01-01, shape of ``at`` (UTC seconds)."""
        return np.asarray((np.asarray(at, np.int64) + self.offset(at)) // DAY_S, np.int64)

    def local_hour(self, at: ArrayLike) -> NDArray[np.int64]:
        """Local hours of the day, 0 to 23, shape of ``at`` (UTC seconds)."""
        return np.asarray((np.asarray(at, np.int64) + self.offset(at)) % DAY_S // 3600, np.int64)

    def utc(self, local: ArrayLike) -> NDArray[np.int64]:
        """UTC of local seconds; in a gap or an overlap of the zone the offset before it holds, as in PEP 495 with fold 0."""
        wall = np.asarray(local, np.int64)
        before, after = self.offset(wall - DAY_S), self.offset(wall + DAY_S)
        first, second = wall - before, wall - after
        # Between the change and its wall time the new offset alone fits; in a gap neither does.
        newer = (self.offset(first) != before) & (self.offset(second) == after)
        return np.asarray(np.where(newer, second, first), np.int64)

    def midnight(self, day: str) -> int:
        """UTC seconds at which a local day (ISO text) begins, 0 at least."""
        return max(0, int(self.utc((date.fromisoformat(day) - date(1970, 1, 1)).days * DAY_S)))


@lru_cache(maxsize=32)
def local_time(zone_name: str) -> LocalTime:
    """The zone of that IANA name from 1970 to 2106. Raises ZoneInfoNotFoundError."""
    zone = ZoneInfo(zone_name)

    def offset(at: int) -> int:
        found = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
        return int(found.total_seconds()) if found else 0

    transitions, offsets = [0], [offset(0)]
    # No zone has two changes within a week that cancel out but for a few hours of 1970s history, so weekly points see each change.
    for low in range(0, LAST, _STEP_S):
        high = min(low + _STEP_S, LAST)
        if offset(high) != offsets[-1]:
            at = _change(offset, low, high)
            transitions.append(at)
            offsets.append(offset(at))
    return LocalTime(np.array(transitions, np.int64), np.array(offsets, np.int64))


def _change(offset: Callable[[int], int], low: int, high: int) -> int:
    """The first second after ``low`` with another offset, by halving."""
    before = offset(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    return high
