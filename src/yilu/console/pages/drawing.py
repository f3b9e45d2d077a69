"""Charts made of the figures that their tables hold: the chart and its table come from one call, so neither says what the other doesn't.

An option is ECharts' own, as JSON. ``charts.js`` gives it colours and letters of the theme; it knows one key more, ``form``: how values are written on the axis (a form of ``writing.FORMS``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yilu.console.pages.page import Chart, Column, Table, Text
from yilu.console.pages.writing import FORMS, plain

DASHED, POINTS, BARS, LINE = "dashed", "points", "bars", "line"
"""How a series is drawn. Series of one chart are told apart by this and by their symbols, not by colour alone."""
_WHOLE = ("count", "short")
"""Forms of counts, whose axis has no lines between whole numbers."""
_ON_AXIS = {"time": "tick"}
"""Forms that are written otherwise on an axis than in the table below it."""
_FEW = 24
"""Bars that are at least as wide as half of their label."""
_SYMBOLS = ("circle", "diamond", "triangle", "rect", "roundRect", "pin", "arrow")


@dataclass(frozen=True)
class Drawn:
    """One series: its name in the table, title, and values, None where there is none."""

    name: str
    title: Text
    values: Sequence[float | None]
    how: str = LINE


def chart(
    name: str, title: Text, along: Column, at: Sequence[Any], series: Sequence[Drawn], form: str = "count", height: int = 220, empty: Text = "",
    most: float | None = None, stacked: bool = False,
) -> Chart:  # fmt: skip
    """A chart of series over ``at``, the values of the column ``along``, and its table with a row for each of them. ``most``: where the axis of values ends; ``stacked``: bars of one value stand on each other."""
    rows = [{along.name: x, **{s.name: s.values[i] for s in series}} for i, x in enumerate(at)]
    columns = (along, *(Column(s.name, s.title, form) for s in series))
    table = Table(name, title, columns, rows, empty)
    option: dict[str, Any] = {
        "form": form,
        "grid": {
            **_sides(series),
            "top": 30 if len(series) > 1 else 12,
            "bottom": 4,
            "containLabel": True,
        },
        "tooltip": {"trigger": "axis"},
        "legend": {"show": len(series) > 1, "top": 0, "left": 0, "itemWidth": 18, "itemHeight": 8},
        "xAxis": {
            "type": "category",
            "data": [FORMS[_ON_AXIS.get(along.form, along.form)](x) for x in at],
            "boundaryGap": any(s.how == BARS for s in series),
        },
        "yAxis": {
            "type": "value",
            "scale": not any(s.how == BARS for s in series),
            "splitNumber": 3,
            **({"minInterval": 1} if form in _WHOLE else {}),
            **({} if most is None else {"max": most}),
        },
        "series": [_series(s, i) | ({"stack": name} if stacked else {}) for i, s in enumerate(series)],
    }
    return Chart(name, title, option, table, height)


def _sides(series: Sequence[Drawn]) -> dict[str, int]:
    """Room beside the plot, in pixels, the axis of values apart: a line begins and ends at the middle of a label, and so nearly do many bars."""
    few = any(s.how == BARS for s in series) and len(series[0].values) <= _FEW
    return {"left": 4, "right": 12} if few else {"left": 24, "right": 36}


def _series(s: Drawn, number: int) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": s.title, "data": plain(list(s.values)), "type": "bar" if s.how == BARS else "line", "symbol": _SYMBOLS[number % len(_SYMBOLS)],
        "symbolSize": 7 if s.how == POINTS else 4, "connectNulls": s.how != BARS,
    }  # fmt: skip
    if s.how == DASHED:
        out["lineStyle"] = {"type": "dashed"}
    return out
