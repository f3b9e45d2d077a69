"""What is known of a promise, year by year, and on what it stands: official statistics, registers, figures that follow from others, a store's own facts.

Nothing later than the year of the evaluation is seen here or after: ``known_by`` cuts the statistics, and all else is cut with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from yilu.documents.model import Text, both, joined
from yilu.indicators.declared import catalogue
from yilu.plan.evaluation.promises import Promise, reference, worst
from yilu.plan.evaluation.rules import Rules
from yilu.plan.model import Plan, statistic_of
from yilu.plan.statistics import Statistics
from yilu.plan.units import converted, factor, units

_TWIN = Text("孪生合成的数据不据以评价", "no verdict stands on what the twin made up")
_UNIT_OF_INDICATOR = {"items": "件", "share": "%", "hours": "小时", "days": "日", "items_per_head": "件/人"}
"""Units of the catalogue of indicators as units of figures; others can't be compared with a target."""


@dataclass(frozen=True)
class Observed:
    """An indicator's value in a store: ``days`` of the year that it stands on, ``of`` days that the year has; ``twin``: the events are made up."""

    indicator: str
    value: float
    year: int
    days: int
    of: int
    basis: Text
    twin: bool


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure of a year, in the unit of its promise. ``refs``: the rows that it is from; ``grade``: the least of theirs; ``status``: how final.

    ``judged``: whether a verdict may stand on it; ``step``: last printed place, 0 where it is computed.
    """

    year: int
    value: float
    unit: str
    grade: str
    basis: Text
    refs: tuple[str, ...]
    status: str = "reported"
    step: float = 0.0
    official: bool = True
    judged: bool = True
    note: Text | None = None


@dataclass(frozen=True)
class Sources:
    """All that an evaluation looks at. ``area``: whose figures; ``nation``: the area whose growth forecasts go along with; ``observed``: by indicator; ``numbers``: rows of the plan folder."""

    plan: Plan
    statistics: Statistics
    area: str
    nation: str
    numbers: Mapping[str, int]
    rules: Rules
    observed: Mapping[str, Observed]

    @cached_property
    def of_results(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Relations by which a target follows from other rows: kind and rows, by the result."""
        return {r.result: (r.kind, r.of) for r in self.plan.relations if r.kind in ("ratio", "share")}


def known_by(sources: Sources, year: int) -> Sources:
    """What was known of the time up to the end of a year. Corrections of earlier figures that came later are not undone: the file has the last word on each alone."""
    held = sources.statistics
    rows = tuple(s for s in held.rows if s.period.last.year <= year)
    outcomes = tuple(o for o in sources.plan.outcomes if o.year <= year)
    tasks = tuple(
        replace(t, progress=tuple(p for p in t.progress if int(p.quarter[:4]) <= year)) for t in sources.plan.tasks
    )
    return replace(
        sources, statistics=replace(held, rows=rows), plan=replace(sources.plan, outcomes=outcomes, tasks=tasks),
        observed={k: o for k, o in sources.observed.items() if o.year <= year},
    )  # fmt: skip


def evidence(p: Promise, known: Sources) -> tuple[tuple[Measured, ...], Text | None]:
    """Figures by year, each year once; and what hinders measuring it the way the plan says, None where nothing does."""
    way, _, code = p.way.partition(":")
    found: list[Measured] = []
    hindrance: Text | None = None
    if way == "statistic":
        found, hindrance = _of_statistic(p, code, known)
    elif way == "indicator":
        found, hindrance = _of_indicator(p, code, known)
    found += _of_outcomes(p, known)
    found += _of_relation(p, known)
    by_year: dict[int, Measured] = {}
    for one in found:
        held = by_year.get(one.year)
        if held is None or (one.judged and not held.judged):
            by_year[one.year] = one
    return tuple(by_year[y] for y in sorted(by_year)), hindrance


def _of_statistic(p: Promise, code: str, known: Sources) -> tuple[list[Measured], Text | None]:
    declared = known.statistics.series.get(code)
    if declared is None:
        return [], both("统计表没有序列 {c}", "the statistics declare no series {c}", c=code)
    if factor(declared.unit, p.unit) is None:
        return [], both(
            "{c} 的单位“{a}”不能换算为“{b}”", "the unit of {c}, {a}, can't be converted into {b}", c=code, a=declared.unit, b=p.unit,
        )  # fmt: skip
    y = known.statistics.yearly(code, known.area)
    out = []
    for i, year in enumerate(y.years.tolist()):
        value, step = (converted(float(x[i]), declared.unit, p.unit) for x in (y.values, y.steps))
        own = y.bases[i]
        out.append(Measured(
            year=year, value=value, unit=p.unit, grade=y.grades[i], basis=Text(own or declared.basis_zh, own or declared.basis_en), refs=(reference("statistics", y.rows[i]),),
            status=y.statuses[i], step=step,
        ))  # fmt: skip
    return out, None


def _of_indicator(p: Promise, code: str, known: Sources) -> tuple[list[Measured], Text | None]:
    one, seen = catalogue().get(code), known.observed.get(code)
    if one is None:
        return [], both("指标目录没有 {c}", "the catalogue has no indicator {c}", c=code)
    if seen is None:
        return [], both("没有给出存储,或存储中没有“{n}”的数据", "no store was given, or it tells nothing of: {n}", n=Text(one.zh, one.en))  # fmt: skip
    hindrance: Text | None
    unit, name = _UNIT_OF_INDICATOR.get(one.unit, ""), Text(one.zh, one.en)
    value = 100 * seen.value if one.unit == "share" else seen.value
    origin = Text("孪生合成数据,不是真实数据", "made up by the twin, not real") if seen.twin else Text("监测口径,不是官方统计", "monitoring basis, not official statistics")  # fmt: skip
    basis = both("{o};{n},{b},{d}天", "{o}; {n}, {b}, {d} days", o=origin, n=name, b=seen.basis, d=str(seen.days))
    if factor(unit, p.unit) is None:
        own, hindrance = unit or "件/十万件", both(
            "监测得到的“{n}”不能与以“{u}”表示的目标比较", "what is monitored ({n}) can't be held against a target in {u}", n=name, u=p.unit,
        )  # fmt: skip
        if seen.twin:
            hindrance = joined((_TWIN, hindrance))
        return [_observed(seen, value, own, basis, False, known)], hindrance
    least = known.rules.reading["least_days"]
    whole = seen.days >= least * seen.of
    hindrance = None
    if seen.twin:
        hindrance = _TWIN
    elif not whole:
        hindrance = Text(f"存储只有 {seen.days} 天的数据,全年 {seen.of} 天", f"the store tells of {seen.days} of the year's {seen.of} days")  # fmt: skip
    value = converted(value, unit, p.unit)
    return [_observed(seen, value, p.unit, basis, whole and not seen.twin, known)], hindrance


def _observed(seen: Observed, value: float, unit: str, basis: Text, judged: bool, known: Sources) -> Measured:
    number = 1 + sorted(known.observed).index(seen.indicator)
    grade = "S" if seen.twin else "X"
    return Measured(
        year=seen.year, value=value, unit=unit, grade=grade, basis=basis, refs=(reference("store", number),), status="monitored", official=False, judged=judged,
    )  # fmt: skip


def _of_outcomes(p: Promise, known: Sources) -> list[Measured]:
    return [
        Measured(
            year=o.year, value=converted(float(o.value), o.unit, p.unit), unit=p.unit, grade=o.grade, basis=Text(o.basis_zh or "责任单位登记", o.basis_en or o.basis_zh or "entered by the office"),
            refs=(reference("outcomes", known.numbers.get(f"outcomes:{o.row}@{o.year}", 0)),), official=o.grade == "A",
        )
        for o in known.plan.outcomes
        if o.row == p.row and factor(o.unit, p.unit) is not None
    ]  # fmt: skip


def _of_relation(p: Promise, known: Sources) -> list[Measured]:
    """Figures that follow from another target's and a reference, as ``relations.csv`` declares: a ratio or a share."""
    _, rows = known.of_results.get(p.row, ("", ()))
    if len(rows) != 2:
        return []
    top, bottom = rows
    below = next((r for r in known.plan.references if f"references:{r.code}" == bottom), None)
    above = next((t for t in known.plan.targets if f"targets:{t.code}" == top), None)
    if below is None or above is None:
        return []
    code = statistic_of(above.measured_by)
    declared = known.statistics.series.get(code)
    if declared is None:
        return []
    by = float(units()[declared.unit].factor / (below.value * units()[below.unit].factor) / units()[p.unit].factor)
    y = known.statistics.yearly(code, known.area)
    basis = both(
        "{n} ÷ {y}年{r}", "{n} over {r} of {y}", n=Text(declared.name_zh, declared.name_en), r=Text(below.zh, below.en), y=str(below.year),
    )  # fmt: skip
    refs = (reference("references", known.numbers.get(bottom, 0)),)
    return [
        Measured(
            year=year, value=float(y.values[i]) * by, unit=p.unit, grade=worst(y.grades[i], below.grade, "X"), basis=basis, refs=(reference("statistics", y.rows[i]), *refs), status=y.statuses[i], official=False,
        )
        for i, year in enumerate(y.years.tolist())
    ]  # fmt: skip


STATUSES: dict[str, Text] = {
    "reported": Text("公布数", "reported"),
    "estimated": Text("预计数", "estimated"),
    "monitored": Text("监测数", "monitored"),
}
"""How final a figure is, in words."""
