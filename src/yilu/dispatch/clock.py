"""Times of the day on a province's clock: the next one, the last one, and when something stands open."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.network.local_time import DAY_S, LocalTime

Seconds = NDArray[np.int64]


def next_of(zone: LocalTime, times: ArrayLike, at: ArrayLike) -> Seconds:
    """The first moment at or after ``at`` (UTC seconds, any shape) that is one of the ``times`` (minutes of the local day, (k,), in order, k > 0)."""
    of_day, now = 60 * np.asarray(times, np.int64), np.asarray(at, np.int64)
    local = now + zone.offset(now)
    row = np.searchsorted(of_day, local % DAY_S)
    tomorrow = row == len(of_day)
    wall = local - local % DAY_S + DAY_S * tomorrow + of_day[np.where(tomorrow, 0, row)]
    return np.maximum(zone.utc(wall), now)


def last_of(zone: LocalTime, times: ArrayLike, at: ArrayLike) -> Seconds:
    """The last moment at or before ``at`` (UTC seconds, any shape) that is one of the ``times`` (minutes of the local day, (k,), in order, k > 0)."""
    of_day, now = 60 * np.asarray(times, np.int64), np.asarray(at, np.int64)
    local = now + zone.offset(now)
    row = np.searchsorted(of_day, local % DAY_S, "right") - 1
    wall = local - local % DAY_S - DAY_S * (row < 0) + of_day[row]
    return np.minimum(zone.utc(wall), now)


def open_from(zone: LocalTime, opens: int, closes: int, at: ArrayLike) -> Seconds:
    """The first moment at or after ``at`` (UTC seconds, any shape) within ``opens`` to ``closes`` (minutes of the local day; closing before opening: of the next)."""
    now = np.asarray(at, np.int64)
    minute = (now + zone.offset(now)) % DAY_S // 60
    is_open = (opens <= minute) & (minute < closes) if opens < closes else (opens <= minute) | (minute < closes)
    return np.where(is_open, now, next_of(zone, [opens], now))
