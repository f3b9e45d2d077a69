"""``yilu simulate``: synthetic days as files of scan events."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from datetime import date as Date
from pathlib import Path
from typing import Annotated

import typer

from yilu import network as networks
from yilu.cli.facts import progress_bar
from yilu.cli.output import Json, errors, print_json, print_table
from yilu.errors import YiluError
from yilu.settings import Settings, load
from yilu.supervision.rules.declared import declared, for_province
from yilu.twin.day import ready
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.scenario import read
from yilu.twin.truth import Witness
from yilu.twin.truth_file import FOLDER, Standard, truth_table, witness_of, write_truth
from yilu.twin.write import FORMATS, Written, disk_need, write_day

FIRST_DAY = "2025-06-03"
"""An ordinary Tuesday of the plan's last year."""


def simulate(
    out: Annotated[Path, typer.Argument(help="输出文件夹 · Folder for the files.")],
    date: Annotated[str, typer.Option(help="首日(当地) · First local day, as 2025-06-03.")] = FIRST_DAY,
    scale: Annotated[
        float, typer.Option(help="规模,1 = 每日 1.37 亿件 · Scale; 1 is 137 million items a day.")
    ] = 0.001,
    days: Annotated[int, typer.Option(help="收寄天数 · Days of acceptance.")] = 1,
    seed: Annotated[int, typer.Option(help="随机种子 · Seed; the same seed gives the same days.")] = 1,
    format: Annotated[str, typer.Option(help="格式 · Format: parquet, csv or jsonl.")] = "parquet",
    scenario: Annotated[
        Path | None,
        typer.Option(help="故障场景文件(TOML) · Scenario file of planted faults; their truth is written to OUT/truth."),
    ] = None,
    missing_checks: Annotated[float, typer.Option(help="检查缺失率 · Share of owed checks left out.")] = 0.0,
    province: Annotated[str | None, typer.Option(help="省份 · Province, instead of the setting.")] = None,
    as_json: Json = False,
) -> None:
    """生成模拟扫描事件 · Make synthetic days of scan events."""
    settings = load(province=province)
    plan = planned(networks.load(settings.province), date, scale, days, seed, missing_checks)
    if scenario is not None:
        plan = replace(plan, scenario=read(scenario, plan.network))
    if format not in FORMATS:
        raise YiluError(f"--format {format}: one of {', '.join(FORMATS)} is expected", next_step="choose one of these")
    zh = settings.language == "zh"
    items, need = plan.total, disk_need(plan, format)
    if not as_json:
        text = "{:,} 件,磁盘最多需 {:,.0f} MB" if zh else "{:,} items; at most {:,.0f} MB of disk are needed"
        errors().print(text.format(items, need / 1e6))
    witness = witness_of(plan, standard_of(plan, settings))
    done = run(plan, out, format, shown=not as_json, zh=zh, witness=witness)
    true = witnessed(plan, out, settings, witness) if scenario is not None else {}
    if as_json:
        print_json(
            {"folder": out, "items": items, "disk_need": need, **asdict(done), **({"truth": true} if true else {})}
        )
        return
    title = f"{date} · {plan.network.name}"
    heads = (
        ("件", "事件", "每件事件", "文件", "MB", "秒")
        if zh
        else ("items", "events", "events an item", "files", "MB", "seconds")
    )
    row = (
        items,
        done.events,
        round(done.events / items, 2),
        done.files,
        round(done.bytes / 1e6, 1),
        round(done.seconds, 1),
    )
    print_table(title, heads, [row])
    if true:
        names = declared().rules
        heading = f"植入的故障 → {out}/{FOLDER}" if zh else f"What the planted faults make true → {out}/{FOLDER}"
        rows = [(names[rule].zh if zh else names[rule].en, n) for rule, n in true.items()]
        print_table(heading, ("规则", "证据条数") if zh else ("rule", "evidence"), rows)


def planned(
    network: networks.Network, date: str, scale: float, days: int, seed: int, missing_checks: float = 0.0
) -> DayPlan:
    """The plan that the options ask for. Raises YiluError where an option cannot be."""
    try:
        first = Date.fromisoformat(date)
    except ValueError as error:
        raise YiluError(
            f"--date {date}: a day such as {FIRST_DAY} is expected", next_step="correct the date"
        ) from error
    try:
        plan = DayPlan(network, first, max(1, round(FULL_DAY * scale)), seed, days)
        return plan if missing_checks == 0 else plan.with_rates(missing_check=missing_checks)
    except ValueError as error:
        raise YiluError(str(error), next_step="correct the options") from error


def witnessed(plan: DayPlan, out: Path, settings: Settings, witness: Witness) -> dict[str, int]:
    """Write what the plan's scenario makes true beside its events, for rules set as in ``settings``; pieces of evidence by rule."""
    table = truth_table(plan, ready(plan), witness, standard_of(plan, settings))
    write_truth(plan, table, out)
    return dict(Counter(table["rule"].to_pylist()))


def standard_of(plan: DayPlan, settings: Settings) -> Standard:
    """What rules are set to in the plan's province and in ``settings``."""
    thresholds = {name: t.value for name, t in for_province(plan.network.folder).thresholds.items()}
    lateness_s, ahead_s = 60 * settings.allowed_lateness_minutes, 60 * settings.clock_ahead_minutes
    return Standard(thresholds, settings.impossible_km, settings.impossible_m_s, lateness_s, ahead_s)


def run(plan: DayPlan, out: Path, format: str, shown: bool, zh: bool, witness: Witness | None = None) -> Written:
    """Write ``plan`` with a progress bar where one is looked at."""
    with progress_bar(shown) as bar:
        task = bar.add_task("模拟" if zh else "items", total=plan.total)
        return write_day(plan, out, format, lambda items, _: bar.update(task, completed=items), witness)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(simulate)
