"""``yilu plan evaluate``: verdicts on a plan's promises, why, and the report of it in Word and HTML."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_line, print_problems, print_table, say
from yilu.cli.papers import Format, Language, saved
from yilu.cli.plan_forecast import PlanFolder
from yilu.cli.plan_show import Section
from yilu.cli.status import ProvinceOption
from yilu.documents import Text
from yilu.errors import YiluError
from yilu.indicators import Period, Scope, values
from yilu.indicators.values import BASES
from yilu.network import Network, Problem
from yilu.plan import Plan, folder_of
from yilu.plan.decomposition import PARTS
from yilu.plan.evaluation import KINDS, VERDICTS, Evaluation, Observed, asking
from yilu.plan.evaluation.recording import record
from yilu.plan.evaluation.report import document
from yilu.plan.evaluation.report.words import measured, per_cent, target
from yilu.plan.figures import unit_name
from yilu.run.facts import Facts
from yilu.settings import load as settings

Kind = StrEnum("Kind", list(KINDS))  # type: ignore[misc]
"""Kinds of evaluation, as typer takes them."""
_FINAL = Kind("final")


def plan_evaluate(
    kind: Annotated[
        Kind, typer.Option(help="年度监测、中期评估或总结评估 · Yearly, mid-term or final evaluation.")
    ] = _FINAL,
    year: Annotated[
        int | None,
        typer.Option(
            min=1949,
            max=2100,
            help="截至该年年底,其后的数值一概不用;默认:总结为规划末年,中期为规划期之中,年度为最近有统计的年份"
            " · As of the end of this year, no later figure enters; by default the last year of the plan, its middle, or the latest year with statistics.",
        ),
    ] = None,
    section: Section = "",
    city: Annotated[
        str,
        typer.Option(help="城市代码:以其自己的规划文件夹评价 · Code of a city, held against its own targets (--plan)."),
    ] = "",
    province: ProvinceOption = None,
    plan: PlanFolder = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", help="事实库:由监测指标衡量的目标取其数值 · Store, for targets that indicators measure."
        ),
    ] = None,
    twin: Annotated[
        bool,
        typer.Option(
            "--twin", help="事实库是孪生合成的:只列出,不据以评价 · The store is the twin's: shown, not judged."
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="报告的文件夹 · Folder of the report.")] = Path("yilu-reports"),
    form: Annotated[Format, typer.Option("--format", help="格式 · Which files.")] = Format.both,
    language: Annotated[Language, typer.Option(help="报告的语言 · Languages of the report.")] = Language.both,
    as_json: Json = False,
) -> None:
    """评价规划并写出报告(Word 与 HTML;表格有问题退出码 1,其余照评) · Evaluate a plan and write the report (exit code 1 where tables have faults; the rest is judged)."""
    opened = None if store is None else facts(store, province)
    network = facts(province=province).network
    found, problems = evaluated(network, plan, kind.value, year, section, city, opened, twin)
    made = document(found, _area(network, found.known.area), problems)
    part = f"-{section}" if section else ""
    stem = f"{found.known.plan.name}-{kind.value}-{found.year}{part}"
    paths = saved(made, out, stem, form, language)
    if as_json:
        print_json(record(found) | {"problems": [p.record() for p in problems], "files": paths})
    else:
        show(found, settings().language == "zh")
        if problems:
            print_problems(problems)
        for path in paths:
            print_line(str(path))
    if problems:
        raise typer.Exit(1)


def evaluated(
    network: Network, plan: str | None, kind: str, year: int | None, section: str, city: str, opened: Facts | None, twin: bool
) -> tuple[Evaluation, list[Problem]]:  # fmt: skip
    """The evaluation, and every fault of the tables, whose rows were left out. Raises InputError where there is no plan, YiluError where a choice can't be."""
    area = _city(network, city, plan) if city else ""

    def looked(promised: Plan, at: int) -> dict[str, Observed]:
        return {} if opened is None else observed(opened, promised, at, area, twin)

    return asking.evaluated(
        network, folder_of(plan if plan is not None else network.folder), kind, year, section, area, looked
    )


def _city(network: Network, city: str, plan: str | None) -> str:
    areas = network.areas
    cities = [
        str(c)
        for c, level, inside in zip(areas.code, areas.level, areas.inside, strict=True)
        if level == "city" and inside
    ]
    if city not in cities:
        raise YiluError(
            f"--city {city}: not there", zh=f"--city {city}:没有此城市", next_step="one of " + ", ".join(cities)
        )
    if plan is None:
        raise YiluError(
            "--city needs --plan: a city is held against its own targets", zh="--city 须与 --plan 同用:城市以其自己的目标评价",
            next_step="Give the city's plan folder with --plan; docs/how-to/plan.md tells how to make one.", next_step_zh="用 --plan 给出该市的规划文件夹",
        )  # fmt: skip
    return city


def observed(opened: Facts, plan: Plan, year: int, city: str, twin: bool) -> dict[str, Observed]:
    """The indicators that measure targets, over a year of a store, and on how many of its days they stand."""
    wanted = sorted({t.measured_by.partition(":")[2] for t in plan.targets if t.measured_by.startswith("indicator:")})
    if not wanted:
        return {}
    snapshot, network = opened.read(), opened.network
    period = Period(date(year, 1, 1), date(year, 12, 31))
    scope = Scope((network.areas.index_of_code[city],) if city else ())
    days = sum(bool(r["value"]) for r in values(snapshot, network, ["accepted"], period, scope, ("day",)))
    of = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    out = {}
    for row in values(snapshot, network, wanted, period, scope):
        if row["value"] is not None and days:
            out[row["indicator"]] = Observed(row["indicator"], float(row["value"]), year, days, of, Text(*BASES[row["basis"] or "items"]), twin)  # fmt: skip
    return out


def _area(network: Network, code: str) -> Text:
    """An area's name."""
    areas = network.areas
    return next(
        Text(str(zh) or code, str(en) or code)
        for c, zh, en in zip(areas.code, areas.name_zh, areas.name_en, strict=True)
        if c == code
    )


def show(found: Evaluation, zh: bool) -> None:
    """Verdicts as a table, what can't be judged as a count by way of measuring, and what weighs most in revenues."""
    language = 0 if zh else 1
    plan = found.known.plan
    heading = f"{plan.zh if zh else plan.en} · {KINDS[found.kind][language]} · {found.year}"
    titles = (
        ("目标", "单位", "要求", "完成值", "年份", "完成率", "进度之比", "概率", "评价", "等级", "依据", "理由")
        if zh
        else ("target", "unit", "promised", "reached", "year", "of target", "of path", "chance", "verdict", "grade", "rows", "why")
    )  # fmt: skip
    rows = []
    for j in found.targets:
        if j.verdict == "unmeasurable" and j.actual is None:
            continue
        p, m = j.promise, j.actual
        chance = None if j.ahead is None or j.ahead.chance is None else f"{100 * j.ahead.chance:.0f} %"
        why = ("；" if zh else "; ").join(r.zh if zh else r.en for r in j.reasons)
        unit = unit_name(m.unit if m is not None and m.unit != p.unit else p.unit, zh)
        rows.append((
            p.name.zh if zh else p.name.en, unit, target(p).zh if zh else target(p).en, measured(m), "" if m is None else str(m.year), per_cent(j.completion), per_cent(j.path_ratio),
            chance, VERDICTS[j.verdict][language], "" if m is None else m.grade, " ".join(j.refs), why,
        ))  # fmt: skip
    print_table(heading, titles, rows)
    whole = found.sums[0]
    counts = ", ".join(f"{VERDICTS[v][language]} {n}" for v, n in whole.counts.items() if n)
    score = "–" if whole.score is None else f"{whole.score:.0f}"
    share = 100 * whole.measured / whole.weight if whole.weight else 0.0
    say(
        f"{counts};得分 {score}(可评权重 {share:.0f} %)"
        if zh
        else f"{counts}; score {score} (judged weight {share:.0f} %)"
    )
    for c in found.causes:
        parts = ", ".join(f"{PARTS[k][language]} {v:+,.1f}" for k, v in (c.shortfall or c.change).parts.items() if v)
        first, last = c.prices[0], c.prices[-1]
        name = c.revenue.name_zh if zh else c.revenue.name_en
        said = (
            f"{name}:{parts};每件收入 {first.value:.2f} 元({first.year})→ {last.value:.2f} 元({last.year})"
            if zh
            else f"{name}: {parts}; revenue per item {first.value:.2f} yuan ({first.year}) → {last.value:.2f} ({last.year})"
        )
        say(said)
