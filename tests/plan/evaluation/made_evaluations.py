"""Evaluations made for a test: of Guangdong as it is shipped, and of small plans without a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.plan.made_statistics import NATION, PROVINCE, plan_of, series_of, statistics_of, target_of
from yilu.network import load as load_network
from yilu.plan import Plan, folder_of, load
from yilu.plan import statistics as official
from yilu.plan.evaluation import Evaluation, Judged, Observed, Rules, Sources, evaluate, row_numbers, rules_of
from yilu.plan.prospects import areas_of
from yilu.plan.statistics import Statistics

RULES = rules_of()


def guangdong() -> Sources:
    """Guangdong's plan and statistics."""
    network, folder = load_network("guangdong"), folder_of("guangdong")
    area, nation = areas_of(network)
    return Sources(load("guangdong"), official.load("guangdong"), area, nation, row_numbers(folder), rules_of(folder), {})  # fmt: skip


def sources(
    plan: Plan, held: Statistics, observed: Mapping[str, Observed] | None = None, rules: Rules = RULES
) -> Sources:
    """A small province: rows of its plan folder counted in their order."""
    numbers = {f"targets:{t.code}": n for n, t in enumerate(plan.targets, 1)}
    numbers |= {f"references:{r.code}": n for n, r in enumerate(plan.references, 1)}
    numbers |= {f"outcomes:{o.row}@{o.year}": n for n, o in enumerate(plan.outcomes, 1)}
    return Sources(plan, held, PROVINCE, NATION, numbers, rules, observed or {})


def one(
    figures: Mapping[int, str], kind: str = "final", year: int = 2025, unit: str = "亿件", of: str = "flow", rules: Rules = RULES, **target: Any,
) -> Judged:  # fmt: skip
    """The verdict on one target that is measured by a series with these figures."""
    series = series_of("s", unit, of)
    made = sources(plan_of(target_of("s", unit, "statistic:s", **target)), statistics_of({series: figures}), rules=rules)  # fmt: skip
    return evaluate(made, kind, year).targets[0]


def cut_after(held: Statistics, year: int, by: float) -> Statistics:
    """The statistics with every figure that reaches beyond a year multiplied."""
    return replace(held, rows=tuple(replace(s, value=s.value * by) if s.period.last.year > year else s for s in held.rows))  # fmt: skip


def by_code(e: Evaluation) -> dict[str, Judged]:
    """Verdicts by the code of the target."""
    return {j.promise.row.removeprefix("targets:"): j for j in e.targets}
