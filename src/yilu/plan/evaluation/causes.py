"""Why a revenue is where it is: its change and its shortfall as the exact sum of items, mix and revenue per item, wherever the statistics declare such a ratio."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from yilu.plan.decomposition import Explained, explain
from yilu.plan.evaluation.evidence import Measured, Sources
from yilu.plan.evaluation.judging import Judged, path_at
from yilu.plan.evaluation.promises import Promise, reference
from yilu.plan.statistics import Series, Yearly
from yilu.plan.units import converted, units

_SUM = 0.005
"""As a share, how far the classes may be from the whole before they are not taken for all of it (A)."""


@dataclass(frozen=True)
class Price:
    """Revenue per item of a year, in ``unit`` of its series."""

    year: int
    value: float
    refs: tuple[str, ...]


@dataclass(frozen=True)
class Cause:
    """Why ``row`` (a promise measured by ``revenue``) is where it is: ``change`` since the baseline, ``shortfall`` against where the plan wanted both in that year (None: it doesn't say so of both), in the unit of revenue.

    ``main``: what weighs most: volume, mix or price; ``steps``: the change year by year; ``prices``: revenue per item by year; ``promised_price``: what the plan implies for that year; ``price``, ``volume``: codes of the series.
    """

    row: str
    revenue: Series
    volume: Series
    price: Series
    change: Explained
    steps: tuple[Explained, ...]
    shortfall: Explained | None
    prices: tuple[Price, ...]
    promised_price: float | None
    main: str
    refs: tuple[str, ...]


def causes(judged: tuple[Judged, ...], known: Sources) -> tuple[Cause, ...]:
    """Causes of the targets whose series is the numerator of a ratio that the statistics declare, as far as figures of both are there."""
    return tuple(c for j in judged if j.actual is not None and (c := _cause(j, j.actual, judged, known)) is not None)


def _cause(j: Judged, at: Measured, judged: tuple[Judged, ...], known: Sources) -> Cause | None:
    way, _, code = j.promise.way.partition(":")
    held = known.statistics
    ratio = next((s for s in held.series.values() if way == "statistic" and s.numerator == code and s.denominator), None)  # fmt: skip
    if ratio is None or ratio.denominator not in held.series or units()[ratio.unit].dimension != "money per item":
        return None
    top, bottom = held.yearly(code, known.area), held.yearly(ratio.denominator, known.area)
    since = j.promise.baseline_year if j.promise.baseline_year is not None else known.plan.baseline_year
    years = [y for y in top.years.tolist() if since <= y <= at.year and y in bottom.years.tolist()]
    if len(years) < 2 or years[0] != since or years[-1] != at.year:
        return None
    revenue, items = ({y: float(s.values[s.years.tolist().index(y)]) for y in years} for s in (top, bottom))
    change = _by_class(ratio, (years[0], years[-1]), known) or _explained((years[0], years[-1]), items, revenue)
    of_items = next((o.promise for o in judged if o.promise.way == f"statistic:{ratio.denominator}"), None)
    goal = _goal(j.promise, of_items, at.year, held.series[code], held.series[ratio.denominator])
    short = promised = None
    if goal is not None:
        short = explain((at.year, at.year), ("all",), ([goal[0]], [items[at.year]]), ([goal[1]], [revenue[at.year]]))
        promised = _price(goal[1], goal[0], top, bottom, ratio)
    parts = (short or change).parts
    falling = (short or change).change < 0
    main = min(("volume", "mix", "price"), key=lambda name: parts[name] if falling else -parts[name])
    prices = tuple(
        Price(y, _price(revenue[y], items[y], top, bottom, ratio), (_ref(top, y), _ref(bottom, y))) for y in years
    )
    refs = tuple(dict.fromkeys(r for p in prices for r in p.refs))
    steps = tuple(_explained(pair, items, revenue) for pair in pairwise(years))
    return Cause(j.promise.row, held.series[code], held.series[ratio.denominator], ratio, change, steps, short, prices, promised, main, refs)  # fmt: skip


def _explained(years: tuple[int, int], items: dict[int, float], revenue: dict[int, float]) -> Explained:
    a, b = years
    return explain(years, ("all",), ([items[a]], [items[b]]), ([revenue[a]], [revenue[b]]))


def _by_class(ratio: Series, years: tuple[int, int], known: Sources) -> Explained | None:
    """The change by class (same-city, intercity, international), where items and revenue of every class are known at both ends and add up."""
    held = known.statistics
    whole = (held.series[ratio.denominator], held.series[ratio.numerator])
    pairs = [(s.denominator, s.numerator) for s in held.series.values() if s.denominator in whole[0].parts and s.numerator in whole[1].parts]  # fmt: skip
    if len(pairs) < 2 or {d for d, _ in pairs} != set(whole[0].parts):
        return None
    figures = np.full((2, 2, len(pairs)), np.nan)
    total = np.full((2, 2), np.nan)
    for k, of in enumerate(zip(*pairs, strict=True)):
        for t, year in enumerate(years):
            for i, code in enumerate(of):
                figures[k, t, i] = _level(held.yearly(code, known.area), year)
            total[k, t] = _level(held.yearly(whole[k].code, known.area), year)
    if np.isnan(figures).any() or (np.abs(figures[0].sum(axis=1) / total[0] - 1) > _SUM).any():
        return None
    other = total[1] - figures[1].sum(axis=1)
    names = tuple(d for d, _ in pairs)
    return explain(years, names, (figures[0, 0], figures[0, 1]), (figures[1, 0], figures[1, 1]), (float(other[0]), float(other[1])))  # fmt: skip


def _level(y: Yearly, year: int) -> float:
    return float(y.values[y.years.tolist().index(year)]) if year in y.years.tolist() else float("nan")


def _goal(
    revenue: Promise, items: Promise | None, year: int, of_revenue: Series, of_items: Series
) -> tuple[float, float] | None:
    """Items and revenue where the plan wanted them in a year, in the units of their series; None where it says so of one alone."""
    wanted = [None if p is None else path_at(p, year) for p in (items, revenue)]
    if items is None or wanted[0] is None or wanted[1] is None:
        return None
    return converted(wanted[0], items.unit, of_items.unit), converted(wanted[1], revenue.unit, of_revenue.unit)


def _price(revenue: float, items: float, top: Yearly, bottom: Yearly, ratio: Series) -> float:
    known = units()
    return float(revenue * float(known[top.unit].factor) / (items * float(known[bottom.unit].factor)) / float(known[ratio.unit].factor))  # fmt: skip


def _ref(y: Yearly, year: int) -> str:
    return reference("statistics", y.rows[y.years.tolist().index(year)])
