"""How many items a day has against an ordinary one: weekday × season, or a day's own figure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from yilu.network.tables import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def runs_on(day: date, valid_from: str, valid_to: str, weekdays: str, skips: str) -> bool:
    """Whether something runs on a local ``day``: within its period (ISO texts, the end excluded and empty for none), on one of its weekdays (empty: all), and not on a day that it skips."""
    at = day.isoformat()
    within = valid_from <= at and (not valid_to or at < valid_to)
    return within and (not weekdays or WEEKDAYS[day.weekday()] in weekdays.split(";")) and at not in skips.split(";")


def day_factor(calendar: Calendar, day: date) -> float:
    """Items of a local ``day`` over those of an ordinary day; 1 where no row holds.

    Of the rows with weekdays that hold the last one decides, of those without too; the two are multiplied, unless the latter is ``alone``.
    """
    at = day.isoformat()
    weekday, season, alone = 1.0, 1.0, False
    for row in np.flatnonzero((calendar.valid_from <= at) & ((calendar.valid_to == "") | (at < calendar.valid_to))):
        named = str(calendar.weekdays[row])
        if not named:
            season, alone = float(calendar.factor[row]), bool(calendar.alone[row])
        elif WEEKDAYS[day.weekday()] in named.split(";"):
            weekday = float(calendar.factor[row])
    return season if alone else weekday * season
