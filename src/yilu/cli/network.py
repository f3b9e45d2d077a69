"""``yilu network``: check a province folder, and show what is in one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.cells import cell_len
from rich.console import Console

from yilu.cli.days import day_of, local_today
from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_problems, print_table, say
from yilu.cli.status import ProvinceOption
from yilu.errors import InputError, YiluError
from yilu.network import check as check_folder
from yilu.network import folder_of
from yilu.network.default_timetable import with_timetable
from yilu.network.gtfs import Imported, imported, mapping
from yilu.network.province import Network
from yilu.network.reading import Problem
from yilu.network.schema import TABLES, Attribute, attributes
from yilu.network.timetable_rules import timetable_rules
from yilu.settings import load as settings
from yilu.supervision.rules.declared import for_province

app = typer.Typer(
    no_args_is_help=True,
    help="省级数据:检查与查看 · A province's facts: check them, show them.",
    rich_markup_mode="rich",
)

_MEMBER = {"promise_rules": "promises"}
_LONGEST, _GAP = 28, 3
_TIMETABLE = ("lanes", "handling", "rounds", "road_times")
"""Tables that are generated where a province has none."""
_CELL = 12
"""Characters that a column needs to be read."""


@app.command()
def check(
    folder: Annotated[
        str | None, typer.Argument(help="省份文件夹或随附省份名 · A province folder, or the name of a shipped one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """检查省份文件夹,逐项列出问题 · Name every fault of a province folder: file, row, column, value, reason."""
    path = folder_of(folder if folder is not None else str(settings().province))
    if not path.is_dir():
        raise YiluError(
            f"no such folder: {path}",
            next_step="Give a province folder, or the name of one that yilu ships.",
            exit_code=3,
        )
    problems = [*check_folder(path), *_of_rules(path)]
    if as_json:
        print_json({"folder": path.name, "problems": [p.record() for p in problems]})
    elif problems:
        print_problems(problems, path.name)
    else:
        typer.echo(f"{path.name}: 没有问题 · no faults")
    if problems:
        raise typer.Exit(1)


def _of_rules(folder: Path) -> Iterator[Problem]:
    """The first fault of each file in which a province sets rules of its own: those of the generated timetable, and of supervision."""
    for read in (timetable_rules, for_province):
        try:
            read(folder)
        except InputError as error:
            value = None if error.value is None else str(error.value)
            yield Problem(error.file, error.row, error.column, value, "can't stand here", error.expected)


@app.command()
def show(
    table: Annotated[str | None, typer.Argument(help="表名,如 areas · Name of a table, such as areas.")] = None,
    province: ProvinceOption = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="至多行数 · Rows at most.")] = None,
    as_json: Json = False,
) -> None:
    """查看省份的各表 · Show the tables of a province, or the rows of one."""
    network = facts(province=province).network
    if table in (None, "summary"):
        _summary(network, as_json)
        return
    if table not in TABLES:
        raise YiluError(f"no table {table!r}", next_step="Tables are: " + ", ".join(TABLES), exit_code=2)
    if table in _TIMETABLE:
        network = with_timetable(network, local_today(network))
    rows = rows_of(network, table)[:limit]
    if as_json:
        print_json(rows)
        return
    columns = _columns(table, rows, settings().language, Console().width)
    places = {a.name for a in attributes(table) if a.unit == "degrees"}
    cells = [
        [f"{row[c]:.4f}" if c in places else _short(row[c]) if n else row[c] for n, c in enumerate(columns)]
        for row in rows
    ]
    columns = columns[: _fitting(columns, cells, Console().width)]
    print_table(f"{network.name} {table}: {len(rows)}", columns, [row[: len(columns)] for row in cells])
    typer.echo("全部各列 · all columns: --json", err=True)


@app.command()
def timetable(
    folder: Annotated[Path, typer.Argument(help="写入的文件夹 · Folder to write into; made where it isn't there.")],
    day: Annotated[
        str, typer.Option("--day", help="按哪一日开通的通道,缺省今日 · Whose open crossings count; today by default.")
    ] = "",
    feed: Annotated[
        Path | None,
        typer.Option(
            "--gtfs",
            help="GTFS 文件夹:其班次加入 lanes.csv · Folder of a GTFS feed, whose departures are added to lanes.csv.",
        ),
    ] = None,
    stops: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            help="站点与运输方式对照(TOML),与 --gtfs 同用 · Stops and modes of the feed (TOML), with --gtfs.",
        ),
    ] = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """写出省份的时刻表(没有者按规则生成),可加入 GTFS 班次 · Write the timetable of a province, generated where it has none of its own, as tables of a province folder; with the departures of a GTFS feed."""
    plain = facts(province=province).network
    if (feed is None) != (stops is None):
        raise YiluError(
            "--gtfs and --mapping belong together", zh="--gtfs 与 --mapping 须同时给出", next_step="give both, or neither", next_step_zh="两者都给,或都不给",
        )  # fmt: skip
    added = imported(feed, mapping(stops, plain)) if feed and stops else Imported([], 0, 0, 0)
    network = with_timetable(plain, day_of("--day", day) or local_today(plain))
    folder.mkdir(parents=True, exist_ok=True)
    if taken := [f"{name}.csv" for name in _TIMETABLE if (folder / f"{name}.csv").exists()]:
        raise YiluError(
            f"{folder.name} has {', '.join(taken)} already", zh=f"{folder.name} 中已有 {'、'.join(taken)}", next_step="give another folder, or move the files away",
            next_step_zh="换一个文件夹,或移走这些文件",
        )  # fmt: skip
    rows = {name: rows_of(network, name) for name in _TIMETABLE}
    rows["lanes"] += [{a.name: row.get(a.name, a.default) for a in attributes("lanes")} for row in added.lanes]
    for name, held in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [a.name for a in attributes(name)], lineterminator="\n")
            writer.writeheader()
            writer.writerows({a.name: _as_written(a, row[a.name]) for a in attributes(name)} for row in held)
    if as_json:
        counts = {"lanes": len(added.lanes), "trips": added.trips, "passed": added.passed, "never": added.never}
        print_json(
            {
                "folder": str(folder),
                "rows": {name: len(held) for name, held in rows.items()},
                "gtfs": counts if feed else None,
            }
        )
    else:
        print_table(str(folder), ["表 table", "行数 rows"], [(name, len(held)) for name, held in rows.items()])
    if feed and not as_json:
        say(
            f"GTFS:{len(added.lanes):,} 条线路,来自 {added.trips:,} 个车次;{added.passed:,} 个车次所经对照站点不足两个,{added.never:,} 个车次无运行日",
            f"GTFS: {len(added.lanes):,} lanes of {added.trips:,} trips; {added.passed:,} trips call at fewer than two mapped stops, {added.never:,} run on no day",
        )  # fmt: skip


def _as_written(column: Attribute, value: object) -> object:
    """A cell as the schema reads it: a figure that is not there, where none is 0, as nothing."""
    return "" if value == 0 and column.least and float(column.least) > 0 else value


def _columns(table: str, rows: list[dict[str, Any]], language: str, width: int) -> list[str]:
    """As many columns as can be read at a width, in the schema's order: without those that are empty and the other language's names."""
    ordered = dict.fromkeys([a.name for a in attributes(table)] + (list(rows[0]) if rows else []))
    held = [c for c in ordered if any(row.get(c) not in (None, "", 0, False) for row in rows)]
    other = "name_en" if language == "zh" and "name_zh" in held else "name_zh" if "name_en" in held else ""
    return [c for c in held if c not in (other, "source")][: max(4, width // _CELL)]


def _short(value: object) -> object:
    """A cell of which so much is shown that the row can be told: all of it stands in the JSON."""
    return f"{value[: _LONGEST - 1]}…" if isinstance(value, str) and len(value) > _LONGEST else value


def _fitting(columns: list[str], cells: list[list[object]], width: int) -> int:
    """How many columns stand beside each other within a width, two at least."""
    widths = [max([cell_len(c), *(cell_len(str(row[n])) for row in cells)]) + _GAP for n, c in enumerate(columns)]
    return max(2, int(np.searchsorted(np.cumsum(widths), width + _GAP, "right")))


def rows_of(network: Network, table: str) -> list[dict[str, Any]]:
    """The rows of a table of ``TABLES`` as plain values by column, times as in the file; demand with codes of areas."""
    held = getattr(network, _MEMBER.get(table, table))
    columns = {
        f.name: getattr(held, f.name).tolist()
        for f in fields(held)
        if f.init and hasattr(getattr(held, f.name), "tolist")
    }
    for a in attributes(table):
        if a.type == "time":
            columns[a.name] = [f"{minute // 60:02}:{minute % 60:02}" for minute in columns[a.name]]
    if table == "demand":
        code = {i: c for c, i in network.areas.index_of_code.items()}
        for end in ("origin", "destination"):
            columns[end] = [code[i] for i in columns[end]]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _summary(network: Network, as_json: bool) -> None:
    counts = {name: len(rows_of(network, name)) for name in TABLES}
    if as_json:
        print_json({
            "name": network.name, "name_zh": network.name_zh, "name_en": network.name_en, "code": network.code,
            "time_zone": network.time_zone, "circuity": network.circuity, "rows": counts,
        })  # fmt: skip
        return
    title = f"{network.name_zh} {network.name_en} ({network.name}), {network.time_zone}"
    print_table(title, ["表 table", "行数 rows"], list(counts.items()))


def register(program: typer.Typer) -> None:
    """Add the group of commands to ``program``."""
    program.add_typer(app, name="network")
