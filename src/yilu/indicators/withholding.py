"""What statistics withhold: cells by area that stand on so few firms that they would tell of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Purpose:
    """What values are for: daily counts given for this purpose count. ``least_firms``: in statistics by area, what stands on fewer firms is withheld."""

    name: str = "supervision"
    least_firms: int = 3


_SIZE = ("value", "numerator", "denominator", "basis", "error", "left_out")


def withheld(rows: list[dict[str, Any]], purpose: Purpose, by: tuple[str, ...], of_areas: bool) -> list[dict[str, Any]]:
    """The rows of one indicator with ``withheld``; what is withheld has no figures.

    A cell by city or region, or of chosen cities, is withheld where 1 to ``least_firms`` - 1 firms stand behind it. Where that leaves one cell alone withheld
    among those that add up to a whole, the smallest other one is withheld too, since a subtraction would tell it.
    """
    spatial = of_areas or "area" in by or "region" in by
    if purpose.name != "statistics" or not spatial:
        return [{**row, "withheld": False} for row in rows]
    hidden = {i for i, row in enumerate(rows) if 0 < row["firms"] < purpose.least_firms}
    for together in _families(rows, by).values():
        mine = [i for i in together if i in hidden]
        others = [i for i in together if i not in hidden and rows[i]["firms"]]
        if len(mine) == 1 and others:
            hidden.add(min(others, key=lambda i: (rows[i]["denominator"] or rows[i]["numerator"] or 0, i)))
    blank = dict.fromkeys(_SIZE)
    return [{**row, **(blank if i in hidden else {}), "withheld": i in hidden} for i, row in enumerate(rows)]


def _families(rows: list[dict[str, Any]], by: tuple[str, ...]) -> dict[tuple[Any, ...], list[int]]:
    """Rows that differ in their city or region alone."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for i, row in enumerate(rows):
        found.setdefault(tuple(row[g] for g in by if g not in ("area", "region")), []).append(i)
    return found
