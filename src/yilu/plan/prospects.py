"""What is to be expected of each target: where it stands, where its series is going, how likely it is met, and what that rests on.

Targets, statistics and forecasts meet here. All of it is as of a year: no figure of a later one enters, of the nation's series neither. Figures are in the unit of the target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from yilu.documents.model import Text, joined
from yilu.indicators.declared import catalogue
from yilu.network import Network
from yilu.plan.forecast import Forecast, Judged, Problem, Standing, Trajectory, chance, met, reachable, solve, standing
from yilu.plan.forecast.of_statistics import cut, kind_of_figures, name_of, of_statistics, trajectory_of
from yilu.plan.model import Plan, Target
from yilu.plan.statistics import CLOSED, Statistic, Statistics
from yilu.plan.units import factor


@dataclass(frozen=True)
class Figure:
    """A published figure of a year in the unit of a target, with the digits that were published; ``row`` of ``statistics.csv``."""

    year: int
    value: Decimal
    status: str
    grade: str
    source: str
    row: int


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """One target. ``series``: code of the official series, empty where none measures it; ``factor``: units of the target in one of the series.

    ``path``: in the unit of the series, None where none can be drawn; ``figures``: known by then, the last one's ``standing``; ``forecast``: in the unit of the series; ``chance``: to be as the target wants it in its due year,
    0 to 1, None where the due year's figure is known or nothing can be said; ``met``: whether that figure is. ``why`` there is no forecast, and what would be ``needed``.
    """

    target: Target
    series: str = ""
    kind: str = ""
    factor: float = 1.0
    path: Trajectory | None = None
    figures: tuple[Figure, ...] = ()
    standing: Standing | None = None
    forecast: Forecast | None = None
    chance: float | None = None
    met: bool | None = None
    why: Text | None = None
    needed: Text | None = None

    @property
    def last(self) -> Figure | None:
        """The last figure that was known."""
        return self.figures[-1] if self.figures else None

    def at(self, array: str, year: int) -> float | None:
        """What the forecast's ``array`` (middle, low80 and so on) says of a year, in the unit of the target; None where it says nothing."""
        if self.forecast is None or not (found := np.flatnonzero(self.forecast.times == year)).size:
            return None
        values: NDArray[np.float64] = getattr(self.forecast, array)
        return float(values[found[0]]) * self.factor

    def expected(self, year: int) -> float | None:
        """The path in a year, in the unit of the target; None outside of it."""
        there = float("nan") if self.path is None else float(self.path.at(year)) * self.factor
        return None if np.isnan(there) else there

    def likely(self, year: int, value: float, comparator: str) -> float:
        """The chance that ``year`` meets ``value`` (in the unit of the target). ValueError: as `forecast.chance`, and without a forecast."""
        return chance(self._forecast, year, value / self.factor, comparator)

    def reached(self, year: int, probability: float, comparator: str) -> float:
        """What is met in ``year`` with a probability, in the unit of the target. ValueError: as `forecast.reachable`, and without a forecast."""
        return reachable(self._forecast, year, probability, comparator) * self.factor

    @property
    def _forecast(self) -> Forecast:
        if self.forecast is None:
            raise ValueError(f"{self.target.code}: no forecast")
        return self.forecast


@dataclass(frozen=True)
class Prospects:
    """All that were asked for, in the order of the plan; ``judged``: the back-tests that the forecasts rest on."""

    as_of: int
    to: int
    area: str
    each: tuple[Prospect, ...]
    judged: tuple[Judged, ...]


def areas_of(network: Network) -> tuple[str, str]:
    """Codes of the province and of the nation that it lies in, empty where its area names none."""
    found = np.flatnonzero(np.asarray(network.areas.code).astype(str) == network.code)
    return network.code, str(network.areas.parent[found[0]]) if found.size else ""


def years_known(held: Statistics, area: str) -> set[int]:
    """The years of which any level of an area is published."""
    return {
        s.period.first.year
        for s in held.rows
        if s.area == area and s.measure == "level" and s.period.kind == "year" and s.status in CLOSED
    }


def prospects(
    plan: Plan, held: Statistics, area: str, nation: str, as_of: int, to: int, targets: Iterable[Target] | None = None
) -> Prospects:
    """What is to be expected of ``targets`` (else all that count) of a plan, as known at the end of ``as_of``, up to ``to`` or the due year, whichever is later."""
    asked = tuple(t for t in plan.targets if t.counts) if targets is None else tuple(targets)
    begun = [_begun(t, plan, held, area, as_of) for t in asked]
    paths = {(p.series, area): p.path for p in reversed(begun) if p.path is not None}
    known = cut(of_statistics(held, nation, paths), as_of)
    result = solve(Problem(known, max([to, *(p.target.target_year for p in begun if p.series)])))
    each = []
    for p in begun:
        id = name_of(p.series, area)
        if p.series and id in result.forecasts:
            each.append(_ended(replace(p, forecast=result.forecasts[id])))
        elif p.series and p.why is None and id in result.left_out:
            each.append(_ended(replace(p, why=Text(*result.left_out[id]))))
        else:
            each.append(_ended(p))
    return Prospects(as_of, to, area, tuple(each), result.judged)


def printed(value: float, step: float, by: Decimal) -> Decimal:
    """A published figure with its digits, times ``by``; converted ones without zeros at their end."""
    places = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places))
    if by == 1:
        return exact
    shorter = (exact * by).normalize()
    return shorter if int(shorter.as_tuple().exponent) <= 0 else shorter.quantize(Decimal(1))


def _begun(target: Target, plan: Plan, held: Statistics, area: str, as_of: int) -> Prospect:
    """What is known of a target without a forecast: its series, path and figures, or why there are none."""
    way, _, code = target.measured_by.partition(":")
    told = [Text(target.needed_zh, target.needed_en or target.needed_zh)] if target.needed_zh else []
    if way != "statistic":
        return Prospect(target=target, why=_without(way, code), needed=joined([*_needed(way, code), *told], "；"))
    declared = held.series.get(code)
    why: Text | None
    if declared is None or not kind_of_figures(declared):
        why = Text(f"统计数据中没有可用的 {code}", f"statistics declare no such quantity: {code}")
        return Prospect(
            target=target,
            why=why,
            needed=Text("在 series.csv 中声明并录入各年数值", "declare it in series.csv and enter its years"),
        )
    by = factor(declared.unit, target.unit)
    if by is None:
        why = Text(
            f"单位“{declared.unit}”不能换算为“{target.unit}”", f"{declared.unit} can't be converted into {target.unit}"
        )
        return Prospect(
            target=target,
            why=why,
            needed=Text("更正目标或指标的单位", "correct the unit of the target or of the series"),
        )
    figures = tuple(_figure(s, target.unit) for s in _levels(held, code, area, as_of))
    try:
        path = trajectory_of(target, declared, plan.baseline_year)
    except ValueError:
        path = None
    lacking: Text | None = None
    if len(figures) < 2:
        lacking = (
            Text("没有数值", "no figure")
            if not figures
            else Text(f"只有 {figures[0].year} 年一个数值", f"one figure alone, of {figures[0].year}")
        )
        told = [
            Text(f"“{declared.name_zh}”各年数值,至少两年", f"{declared.name_en} by year, two years at least"),
            *told,
        ]
    return Prospect(
        target=target, series=code, kind=kind_of_figures(declared), factor=float(by), path=path, figures=figures, why=lacking, needed=joined(told, "；") if told else None,
    )  # fmt: skip


def _levels(held: Statistics, code: str, area: str, as_of: int) -> list[Statistic]:
    yearly = held.yearly(code, area)
    rows = {s.row: s for s in held.of(code, area)}
    return [rows[row] for year, row in zip(yearly.years.tolist(), yearly.rows, strict=True) if year <= as_of]


def _figure(s: Statistic, unit: str) -> Figure:
    by = factor(s.unit, unit) or Decimal(1)
    return Figure(s.period.first.year, printed(s.value, s.step, by), s.status, s.grade, s.source, s.row)


def _ended(p: Prospect) -> Prospect:
    """With where it stands, and how likely it is met or whether it is."""
    if p.path is None or not p.figures:
        return p
    due = p.path.due
    of_due = next((f for f in p.figures if f.year == due), None)
    if of_due is not None:
        value = float(of_due.value) / p.factor
        return replace(p, standing=_standing(p.path, due, value), met=met(p.path, value))
    last = p.figures[-1]
    if last.year > due:
        return p
    likely = None if p.forecast is None else chance(p.forecast, due, p.path.target, p.path.comparator)
    return replace(p, standing=_standing(p.path, last.year, float(last.value) / p.factor), chance=likely)


def _standing(path: Trajectory, year: int, value: float) -> Standing | None:
    try:
        return standing(path, year, value)
    except ValueError:
        return None


def _without(way: str, what: str) -> Text:
    """Why no official series speaks of a target, by how it is measured."""
    if way == "indicator":
        found = catalogue().get(what)
        zh, en = (what, what) if found is None else (found.zh, found.en)
        return Text(f"由运行数据测算(“{zh}”),没有各年数值", f"measured from events (“{en}”); no figures by year")
    if way == "register":
        return Text("依据名录或登记数,没有各年数值", "told by a register; no figures by year")
    return Text("尚不能测算", "not measurable yet")


def _needed(way: str, what: str) -> list[Text]:
    """What figures would be needed, of what has a source that could give them."""
    if way == "indicator":
        found = catalogue().get(what)
        zh, en = (what, what) if found is None else (found.zh, found.en)
        return [Text(f"“{zh}”各年数值(yilu indicators)", f"“{en}” by year (yilu indicators)")]
    if way == "register":
        return [Text("名录或登记的各年末数量", "how many its register has at the end of each year")]
    return []
