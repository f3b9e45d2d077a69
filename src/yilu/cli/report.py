"""``yilu report``: what a person on duty hands over, as Word and HTML files."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.days import day_of
from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_line
from yilu.cli.papers import Format, Language, saved
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.run.facts import Facts
from yilu.supervision.reports.daily import Daily
from yilu.supervision.reports.daily import daily as daily_figures
from yilu.supervision.reports.daily_document import document
from yilu.supervision.reports.shift import chosen
from yilu.supervision.rules import declared

app = typer.Typer(help="值班报告 · Reports of the duty officer.", no_args_is_help=True)


@app.callback()
def _reports() -> None:
    """值班报告 · Reports of the duty officer."""


@app.command()
def daily(
    day: Annotated[
        str,
        typer.Option(
            "--date",
            help="报告日:截至该日 8:30 的值班时段;空为最近完整日的次日 · Morning of the report, as 2025-11-12; empty: the one after the latest whole day.",
        ),
    ] = "",
    out: Annotated[Path, typer.Option(help="输出文件夹 · Folder for the files.")] = Path("yilu-reports"),
    form: Annotated[Format, typer.Option("--format", help="格式 · Which files.")] = Format.both,
    language: Annotated[Language, typer.Option(help="语言 · Which languages.")] = Language.both,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """值班日报(Word 与 HTML) · The duty officer's daily report, in Word and HTML."""
    opened = facts(store, province)
    told = figures(opened, day_of("--date", day), shown=not as_json)
    paths = written(opened, told, out, form, language)
    if as_json:
        print_json({"files": paths, "report": record(opened, told)})
        return
    for path in paths:
        print_line(str(path))


def figures(opened: Facts, day: date | None, shown: bool = False) -> Daily:
    """The figures of the report of a morning; None: the one after the latest whole day."""
    snapshot, network = opened.read(), opened.network
    shift = chosen(snapshot, network, day)
    with progress_bar(shown) as bar:
        task = bar.add_task("判定" if opened.settings.language == "zh" else "judging")
        return daily_figures(
            snapshot, network, declared.for_province(network.folder), shift, 60 * opened.settings.allowed_lateness_minutes,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )  # fmt: skip


def written(
    opened: Facts, told: Daily, out: Path, form: Format = Format.both, language: Language = Language.both
) -> list[Path]:
    """Write the report's files; their paths. Raises YiluError where the folder can't be written."""
    made = document(told, opened.network, declared.for_province(opened.network.folder))
    return saved(made, out, f"daily-{told.shift.day}", form, language)


def record(opened: Facts, told: Daily) -> dict[str, Any]:
    """The figures as a machine reads them: codes in the place of ids, times in UTC seconds."""
    network, out = opened.network, asdict(told)
    areas, operators, facilities = (t.code_of_id for t in (network.areas, network.operators, network.facilities))
    out["provisional"], out["shift"]["yesterday"] = told.provisional, told.shift.yesterday
    for name, codes in (("cities", areas), ("regions", areas), ("operators", operators)):
        out[name] = [{"code": codes.get(g["id"], ""), "region": areas.get(g["region"], ""), **g["figures"]} for g in out[name]]  # fmt: skip
    for name in ("alerts", "silent"):
        out[name] = [{**a, "operator": operators.get(a["operator"], ""), "place": facilities.get(a["place"], "")} for a in out[name]]  # fmt: skip
    return out


def register(program: typer.Typer) -> None:
    """Add the group of commands to ``program``."""
    program.add_typer(app, name="report")
