"""Statistics by area: published by whole months for single cities, so that no difference of two published figures tells what is withheld.

``indicators.withholding`` withholds the cells of one table that stand on too few firms, and one more where a subtraction would tell. A page lets its reader ask for many
tables: of other days, of one service level, of one city alone. Whoever may have all of these can subtract one from another. So by area there is one table a month: all
cities, all levels, all operators, decided on the whole province; what is asked of a part of it is taken out of that table, and nothing finer is given.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from yilu.indicators import Period
from yilu.indicators.values import Scope as Cells
from yilu.network import LEVELS, Network

Row = dict[str, Any]
Values = Callable[[Period, Cells, tuple[str, ...]], list[Row]]
"""``indicators.values`` of chosen indicators for statistics, by what is left to choose."""

_FIGURES = ("value", "numerator", "denominator", "basis", "error", "left_out", "firms")


def months(period: Period) -> Period:
    """The whole months that a period touches."""
    first, last = period.first, period.last
    return Period(first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1]))


def _each(period: Period) -> list[Period]:
    """The months that a period touches, one by one."""
    found, at, last = [], months(period).first, months(period).last
    while at <= last:
        found.append(months(Period(at, at)))
        at = found[-1].last + timedelta(days=1)
    return found


def by_area(network: Network, cells: Cells, by: Sequence[str]) -> bool:
    """Whether figures are asked for that tell of a part of the province."""
    return bool({"area", "region"} & set(by)) or not _whole(network, cells)


def published(asked: Values, network: Network, period: Period, cells: Cells, by: tuple[str, ...]) -> list[Row]:
    """The rows that statistics give: as asked for the whole province; by area, of cities over the whole months alone, and blank (``withheld``) for anything finer."""
    if not by_area(network, cells, by):
        return asked(period, replace(cells, areas=()), by)
    if cells.operators or cells.levels or by not in ((), ("area",)):
        return [_blank(row) for row in asked(period, cells, by)]
    rows = asked(months(period), Cells(), ("area",))
    # a city is withheld in a sum of months where it is in one of them: the others would be subtracted
    each = (
        [rows]
        if months(period) == months(Period(period.first, period.first))
        else [asked(m, Cells(), ("area",)) for m in _each(period)]
    )
    hidden = {row["area"] for table in (rows, *each) for row in table if row["withheld"]}
    rows = [_blank(row) if row["area"] in hidden else row for row in rows]
    if not _whole(network, cells):
        rows = [row for row in rows if row["area"] in set(cells.areas)]
    if by:
        return rows
    several = len(_cities(network, cells)) > 1
    alone = [{k: v for k, v in row.items() if k != "area"} for row in rows]
    return [_blank(row) for row in asked(period, cells, ())] if several else alone


def _blank(row: Row) -> Row:
    return {**row, **dict.fromkeys(_FIGURES), "withheld": True}


def _cities(network: Network, cells: Cells) -> set[int]:
    inside = np.flatnonzero((network.area_level == LEVELS["city"]) & network.area_inside)
    return {int(i) for i in inside} & set(cells.areas)


def _whole(network: Network, cells: Cells) -> bool:
    """Whether all cities of the province are asked for."""
    inside = (network.area_level == LEVELS["city"]) & network.area_inside
    return not cells.areas or len(_cities(network, cells)) == int(inside.sum())
