"""What an address asks of items, as periods and ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from yilu.console.pages.asking import AddressError, Filter
from yilu.console.pages.page import Ask
from yilu.indicators import Period
from yilu.indicators.values import Scope as Cells
from yilu.items.answers import Narrow
from yilu.items.listing import MEASURES, STOCKS, Wanted
from yilu.network import Network

GROUPS: tuple[str, ...] = ("area", "operator", "level", "day")
"""By what figures of items are told apart."""
EPOCH = date(1970, 1, 1)
DAYS = 30
"""Days that are shown where the address names none: the latest."""
_WHOLE_DAYS = ("due", "on_time")
"""Measures that count days before the latest event's alone, since what was promised for that day may still come."""


@dataclass(frozen=True)
class Asked:
    """The items that an address asks of. Areas are cities."""

    filter: Filter
    network: Network
    latest: int
    period: Period

    @cached_property
    def cells(self) -> Cells:
        """As indicators narrow their cells."""
        f = self.filter
        return Cells(
            area_ids(self.network, f.area), _id(self.network.operators.index_of_code, f.operator), _id(self.network.service_levels.index_of_code, f.level)
        )  # fmt: skip

    @property
    def narrow(self) -> Narrow:
        """As questions to cubes narrow them: the province's own areas, where none is named."""
        first, last = self.period.days
        areas = self.cells.areas or tuple(int(i) for i in np.flatnonzero(self.network.area_inside))
        return Narrow(areas, self.cells.operators, self.cells.levels, first, last)

    @property
    def hours(self) -> tuple[int, int]:
        """Hours since 1970 of its days: the first, and the one after the last."""
        first, last = (
            self.network.local_time.midnight(d.isoformat())
            for d in (self.period.first, self.period.last + timedelta(days=1))
        )
        return first // 3600, last // 3600

    def wanted(self, measure: str) -> Wanted:
        """The items behind a measure."""
        first, last = self.period.days
        if measure in _WHOLE_DAYS:
            last = min(last, self.latest - 1)
        mine, other = self.cells.areas, area_ids(self.network, self.filter.to)
        ends = (mine, other) if MEASURES[measure] == "origin" else (other, mine)
        until = self.network.local_time.midnight(str(np.datetime64(last + 1, "D"))) if measure in STOCKS else 0
        levels = () if "." in measure else self.cells.levels
        return Wanted(measure, *ends, self.cells.operators, levels, first, last, until)


def asked_of(ask: Ask) -> Asked:
    """What is asked. Raises AddressError for a group or measure that there is none of."""
    f = ask.filter
    if f.by and f.by not in GROUPS:
        raise AddressError("by", f.by, f"one of {', '.join(GROUPS)}", f"{'、'.join(GROUPS)} 之一")
    if f.measure and f.measure not in MEASURES:
        raise AddressError("measure", f.measure, f"one of {', '.join(MEASURES)}", f"{'、'.join(MEASURES)} 之一")
    latest = ask.seen.latest_day
    return Asked(f, ask.seen.network, (latest - EPOCH).days, f.period(latest, DAYS))


def area_ids(network: Network, code: str) -> tuple[int, ...]:
    """Ids of an area with all below it; empty for all."""
    return tuple(int(i) for i in np.flatnonzero(network.under(code))) if code else ()


def _id(ids: dict[str, int], code: str) -> tuple[int, ...]:
    return (ids[code],) if code else ()
