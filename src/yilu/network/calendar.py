"""How many items a day has against an ordinary one: weekday × season, or a day's own figure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from yilu.network.tables import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
