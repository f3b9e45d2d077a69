"""How full a rehearsal's departures and waves are and what they leave behind, by the time of the day, over the days that are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.twin.rehearsal.days import Rehearsal
from yilu.twin.rehearsal.stage import UNBOUNDED

_DAY = 1440


@dataclass(frozen=True)
class Load:
    """A departure (``lane`` row, ``facility`` it leaves) or a wave or hour of sorting (``lane`` -1) at a ``minute`` of the day: real items a day that it ``takes`` at most (infinite: without limit), ``load`` and left ``behind``."""

    facility: int
    lane: int
    minute: int
    takes: float
    load: float
    behind: float


def departures(of: Rehearsal) -> list[Load]:
    """All departures, those that leave most behind first."""
    d, timetable = of.stage.departures, of.days.timetable
    some = _counted(of, d.departs)
    room = np.where(timetable.room < np.iinfo(np.int64).max, timetable.room, np.inf)[timetable.connections.row[some]]
    source = of.stage.queue_source[d.queue[some]]
    return _by_time(of, source, d.lane[some], d.departs[some], room, of.moved.load[some], of.moved.behind[some])


def sorting(of: Rehearsal) -> list[Load]:
    """All waves, and hours of facilities that sort as things come, those that leave most behind first."""
    s = of.stage.sorting
    some = _counted(of, s.slot_minute)
    facility = of.stage.slot_facility[some]
    with np.errstate(divide="ignore"):
        an_hour = np.where(s.item_minutes > 0, 60 / s.item_minutes, np.inf)[facility]
    in_waves = s.in_waves[s.handling[facility]]
    in_wave = np.where(s.slot_room[some] < UNBOUNDED, s.slot_room[some], np.inf)
    takes = of.stage.stands_for * np.where(in_waves, in_wave, an_hour)
    lane = np.full(len(some), -1, np.int64)
    return _by_time(
        of, facility, lane, s.slot_minute[some], takes, of.moved.slot_load[some], of.moved.slot_behind[some]
    )


def _counted(of: Rehearsal, minute: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of what happens on days that are counted."""
    days = of.days.counted
    return np.flatnonzero((minute >= days.start * _DAY) & (minute < days.stop * _DAY))


def _by_time(of: Rehearsal, facility: NDArray, lane: NDArray, minute: NDArray, takes: NDArray, load: NDArray, behind: NDArray) -> list[Load]:  # fmt: skip
    """Means over the days."""
    key = np.stack([facility, lane, minute % _DAY], axis=1).astype(np.int64)
    rows, number = np.unique(key, axis=0, return_inverse=True)
    days, each = len(of.days.counted), of.stage.stands_for
    room, on, left = (np.bincount(number.ravel(), column, len(rows)) / days for column in (takes, load, behind))
    order = np.lexsort((np.arange(len(rows)), -left))
    return [
        Load(int(rows[r, 0]), int(rows[r, 1]), int(rows[r, 2]), float(room[r]), each * float(on[r]), each * float(left[r])) for r in order
    ]  # fmt: skip
