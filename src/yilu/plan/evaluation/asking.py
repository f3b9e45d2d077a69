"""An evaluation asked for by plan folder, kind, year and section: what is read for it, and which year is meant where none is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from yilu.errors import InputError, YiluError
from yilu.network import Network, Problem
from yilu.plan import folder as folders
from yilu.plan import statistics as official
from yilu.plan.evaluation.evaluating import Evaluation, evaluate
from yilu.plan.evaluation.evidence import Observed, Sources
from yilu.plan.evaluation.promises import row_numbers
from yilu.plan.evaluation.rules import rules_of
from yilu.plan.model import Plan, known_section
from yilu.plan.prospects import areas_of, years_known
from yilu.plan.statistics import Statistics


def unobserved(plan: Plan, year: int) -> Mapping[str, Observed]:
    """No store is looked at."""
    return {}


def evaluated(
    network: Network, folder: Path, kind: str, year: int | None = None, section: str = "", city: str = "",
    observed: Callable[[Plan, int], Mapping[str, Observed]] = unobserved,
) -> tuple[Evaluation, list[Problem]]:  # fmt: skip
    """The evaluation, and every fault of the tables, whose rows were left out. ``city``: code of the area that the plan is of, where it isn't the province.

    Raises InputError where there is no plan, YiluError where a choice can't be.
    """
    area, nation = areas_of(network)
    area = city or area
    plan, problems = folders.read(folder)
    if plan is None:
        p = problems[0]
        raise InputError(p.file, p.expected, row=p.row, column=p.column, value=p.value, next_step=f"{p.reason}: `yilu plan check {folder}` names every fault.")  # fmt: skip
    held, of_statistics = official.read(network.folder, network.areas.index_of_code)
    at = year if year is not None else year_of(plan, held, area, kind)
    if not plan.from_year <= at <= plan.to_year:
        raise YiluError(
            f"--year {at}: the plan runs from {plan.from_year} to {plan.to_year}", zh=f"--year {at}:规划期为 {plan.from_year} 至 {plan.to_year} 年",
            next_step="Give a year of the plan.", next_step_zh="给规划期内的年份",
        )  # fmt: skip
    known_section(plan, section)
    sources = Sources(plan, held, area, nation, row_numbers(folder), rules_of(folder), observed(plan, at))
    return evaluate(sources, kind, at, section), [*problems, *of_statistics]


def year_of(plan: Plan, held: Statistics, area: str, kind: str) -> int:
    """The year that is meant where none is given."""
    if kind == "final":
        return plan.to_year
    if kind == "mid_term":
        return (plan.baseline_year + plan.to_year) // 2
    return max((y for y in years_known(held, area) if plan.from_year <= y <= plan.to_year), default=plan.to_year)
