"""An evaluation: a plan, what was known by the end of a year, and the rules in; verdicts with all they stand on out. No file, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yilu.plan.evaluation.causes import Cause, causes
from yilu.plan.evaluation.evidence import Sources, evidence, known_by
from yilu.plan.evaluation.judging import Judged, judge
from yilu.plan.evaluation.promises import Promise, promises_of
from yilu.plan.evaluation.proposing import Proposed, proposals
from yilu.plan.evaluation.summing import Ledger, Sum, Work, ledgers, summed, works
from yilu.plan.forecast import Forecast, solve
from yilu.plan.forecast import Problem as ToForecast
from yilu.plan.forecast.of_statistics import name_of, of_statistics
from yilu.plan.growth import Growth
from yilu.plan.model import statistic_of, within
from yilu.plan.units import factor


@dataclass(frozen=True)
class Evaluation:
    """``kind`` of KINDS as of the end of ``year``; ``section``: what was asked for, empty for all. ``known``: all that it knew.

    ``growths``: of the series that measure targets, year by year, as published beside as computed; ``without_forecast``: why a series can't be forecast, by its code, in Chinese and English.
    """

    kind: str
    year: int
    section: str
    known: Sources
    targets: tuple[Judged, ...]
    sums: tuple[Sum, ...]
    tasks: tuple[Ledger, ...]
    works: tuple[Work, ...]
    causes: tuple[Cause, ...]
    growths: tuple[Growth, ...]
    proposals: tuple[Proposed, ...]
    without_forecast: Mapping[str, tuple[str, str]]

    @property
    def main(self) -> dict[str, str]:
        """What weighs most in the place of a promise, by its row."""
        return {c.row: c.main for c in self.causes}


def evaluate(sources: Sources, kind: str, year: int, section: str = "") -> Evaluation:
    """The evaluation of a plan or of a section with all below it."""
    known = known_by(sources, year)
    targets, projects = promises_of(known.plan, known.numbers, known.rules)
    within = _sections(known, section)
    forecasts, silent = _forecasts(known, targets, kind, year)
    every = tuple(_judged(p, known, kind, year, forecasts) for p in targets)
    judged = tuple(j for j in every if j.promise.section in within)
    quantities = tuple(_judged(p, known, kind, year, {}) for p in projects if p.section in within)
    rows = {j.promise.row for j in judged}
    why = tuple(c for c in causes(every, known) if c.row in rows)
    tasks = ledgers(known.plan, within)
    main = {c.row: c.main for c in why}
    return Evaluation(
        kind, year, section, known, judged, summed(judged, known.rules), tasks, works(known.plan, quantities, within, year, known.rules), why,
        _growths(known, judged), proposals(judged, main, tasks, known.rules), silent,
    )  # fmt: skip


def _sections(known: Sources, section: str) -> set[str]:
    plan = known.plan
    tables: tuple[tuple[Any, ...], ...] = (plan.targets, plan.programmes, plan.projects, plan.tasks)
    held: set[str] = {row.section for rows in tables for row in rows}
    return {s for s in held if within(s, section)}


def _judged(p: Promise, known: Sources, kind: str, year: int, forecasts: Mapping[str, Forecast]) -> Judged:
    found, hindrance = evidence(p, known)
    code = statistic_of(p.way)
    declared = known.statistics.series.get(code)
    by = None if declared is None else factor(declared.unit, p.unit)
    f = None if by is None else forecasts.get(code)
    return judge(p, found, hindrance, kind, year, f, float(by or 1), known.rules)


def _forecasts(
    known: Sources, targets: tuple[Promise, ...], kind: str, year: int
) -> tuple[dict[str, Forecast], dict[str, tuple[str, str]]]:
    """Forecasts of the series that measure targets, by their code, from what all series tell; none where nothing lies ahead."""
    until = max((p.due for p in targets), default=year)
    codes = {code for p in targets if (code := statistic_of(p.way))}
    if kind == "final" or until <= year:
        return {}, {}
    result = solve(ToForecast(of_statistics(known.statistics, known.nation), until))
    names = {name_of(code, known.area): code for code in codes}
    return (
        {names[id]: f for id, f in result.forecasts.items() if id in names},
        {names[id]: why for id, why in result.left_out.items() if id in names},
    )


def _growths(known: Sources, judged: tuple[Judged, ...]) -> tuple[Growth, ...]:
    """Growth on the year before, of each year of the plan, for the series that measure a target."""
    codes = dict.fromkeys(statistic_of(j.promise.way) for j in judged)
    held, revised = known.statistics, known.rules.reading["revised_percent"]
    years = range(known.plan.baseline_year + 1, known.plan.to_year + 1)
    found = (held.growth(c, known.area, str(y), revised) for c in codes if c in held.series for y in years)
    return tuple(g for g in found if g is not None)
