"""``yilu simulate``: synthetic days as files of scan events."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date as Date
from pathlib import Path
from typing import Annotated

import typer

from yilu import network as networks
from yilu.cli.facts import progress_bar
from yilu.cli.output import Json, errors, print_json, print_table
from yilu.errors import YiluError
from yilu.settings import load
from yilu.twin.plan import FULL_DAY, DayPlan
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
    missing_checks: Annotated[float, typer.Option(help="检查缺失率 · Share of owed checks left out.")] = 0.0,
    province: Annotated[str | None, typer.Option(help="省份 · Province, instead of the setting.")] = None,
    as_json: Json = False,
) -> None:
    """生成模拟扫描事件 · Make synthetic days of scan events."""
    settings = load(province=province)
    plan = planned(networks.load(settings.province), date, scale, days, seed, missing_checks)
    if format not in FORMATS:
        raise YiluError(f"--format {format}: one of {', '.join(FORMATS)} is expected", next_step="choose one of these")
    zh = settings.language == "zh"
    items, need = plan.total, disk_need(plan, format)
    if not as_json:
        text = "{:,} 件,磁盘最多需 {:,.0f} MB" if zh else "{:,} items; at most {:,.0f} MB of disk are needed"
        errors().print(text.format(items, need / 1e6))
    done = run(plan, out, format, shown=not as_json, zh=zh)
    if as_json:
        print_json({"folder": out, "items": items, "disk_need": need, **asdict(done)})
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


def run(plan: DayPlan, out: Path, format: str, shown: bool, zh: bool) -> Written:
    """Write ``plan`` with a progress bar where one is looked at."""
    with progress_bar(shown) as bar:
        task = bar.add_task("模拟" if zh else "items", total=plan.total)
        return write_day(plan, out, format, lambda items, _: bar.update(task, completed=items))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(simulate)
