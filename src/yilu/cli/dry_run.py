"""``yilu ingest --dry-run``: what a source would become, row by row, with nothing kept and no store needed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from yilu.cli.output import print_json, print_table, say
from yilu.cli.titles import percent, title
from yilu.errors import YiluError
from yilu.items.intake import Limits, Mapping, Report, dry_run, reasons
from yilu.items.kinds import BY_CODE
from yilu.items.names import Names
from yilu.network import Network

_ROWS_SHOWN = 20
_CODES_SHOWN = 20
_SAID = ("column", "kind", "time", "place", "weight")
"""What is said of a row beside where and why: the column at fault, and the texts that may be shown."""
CSV_COLUMNS: tuple[str, ...] = (
    "file",
    "row",
    "reason",
    "column",
    "kind",
    "time",
    "place",
    "weight",
    "zh",
    "en",
    "next_step_zh",
    "next_step",
)
"""Columns of the file of rows: where, why, the column at fault, the texts that may be shown, and the reason in words."""


def try_out(
    source: str, mapping: Mapping, network: Network, limits: Limits, rows_to: Path | None, zh: bool, as_json: bool
) -> int:
    """Read all of ``source``, keep nothing, and report; the rows that could not be used go to ``rows_to``. Returns the exit code."""
    with _rows_file(rows_to) as write:
        report = dry_run(source, mapping, network, limits=limits, each=write)
    if as_json:
        print_json(report.as_json())
    else:
        show(report, Names(network, zh))
        if rows_to is not None:
            say(f"{report.quarantined:,} 行已写入 {rows_to}" if zh else f"{report.quarantined:,} rows are in {rows_to}")
    return exit_code(report)


def exit_code(report: Report) -> int:
    """3: a source could not be read to its end; 1: rows, codes or places that someone must look at; 0: all would be used."""
    if report.errors:
        return 3
    return 1 if report.quarantined or report.unmapped or report.unknown else 0


@contextmanager
def _rows_file(path: Path | None) -> Iterator[Callable[[pa.Table], None] | None]:
    """A way to write quarantined rows as CSV into ``path``: UTF-8 with a mark, so that spreadsheets show Chinese."""
    if path is None:
        yield None
        return
    if path.is_dir():
        raise YiluError(
            f"--report {path}: a file is expected, this is a folder",
            zh=f"--report {path}:应为文件,不是文件夹",
            next_step="Name a file, such as rows.csv.",
            next_step_zh="给出文件名,如 rows.csv",
        )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CSV_COLUMNS)

        def write(table: pa.Table) -> None:
            writer.writerows([_told(row) for row in table.to_pylist()])

        yield write


def _told(row: dict[str, Any]) -> list[object]:
    reason = reasons.BY_CODE[row["reason"]]
    words = {"zh": reason.zh, "en": reason.en, "next_step": reason.next_step, "next_step_zh": reason.next_step_zh}
    return [{**row, **words}[name] for name in CSV_COLUMNS]


def show(report: Report, names: Names) -> None:
    """Print a report for people."""
    zh = names.zh
    account: list[tuple[str, object]] = [(title("count", "files", zh), report.sources)]
    account += [(title("count", name, zh), getattr(report, name)) for name in ("rows", "used", "quarantined")]
    account += [(title("count", "made", zh), report.events)]
    heading = "试读结果(未保存任何内容)" if zh else "Dry run (nothing was kept)"
    print_table(heading, ("项目", "数量") if zh else ("what", "count"), account)
    if report.events:
        _show_events(report, names)
    if report.by_reason:
        rows = [(code, _reason(code, zh), n, _step(code, zh)) for code, n in report.by_reason.items()]
        columns = ("代码", "原因", "行", "下一步") if zh else ("code", "reason", "rows", "next step")
        print_table("隔离原因" if zh else "Why rows are quarantined", columns, rows)
        first = report.problems.slice(0, _ROWS_SHOWN).to_pylist()
        cells = [
            (p["file"], str(p["row"]), _reason(p["reason"], zh), *(p[name] for name in _SAID)) for p in first
        ]  # fmt: skip
        heads = (
            ("文件", "行", "原因", "出错的列", "环节", "时间", "地点", "重量")
            if zh
            else ("file", "row", "reason", "column at fault", "kind", "time", "place", "weight")
        )
        shown = (
            f"隔离行(前 {len(cells)} 行,共 {report.quarantined:,} 行)"
            if zh
            else f"Quarantined rows (first {len(cells)} of {report.quarantined:,})"
        )
        print_table(shown, heads, cells)
    show_codes(report.unmapped, report.unknown, zh)
    for error in report.errors:
        say(f"✗ {error}")
    _say_next(report, zh)


def _reason(code: str, zh: bool) -> str:
    return reasons.BY_CODE[code].zh if zh else reasons.BY_CODE[code].en


def _step(code: str, zh: bool) -> str:
    return reasons.BY_CODE[code].next_step_zh if zh else reasons.BY_CODE[code].next_step


def _show_events(report: Report, names: Names) -> None:
    zh = names.zh
    late = "–" if report.recorded_late_s < 0 else f"{report.recorded_late_s / 60:,.1f} {'分钟' if zh else 'minutes'}"
    rows = [
        ("最早事件" if zh else "first event", names.time(report.first_at)),
        ("最晚事件" if zh else "last event", names.time(report.last_at)),
        ("按时间先后排列的比例" if zh else "in order of time", percent(report.in_order)),
        ("事件到记录的中位时间" if zh else "median from event to recording", late),
        ("重复事件的比例(估计)" if zh else "repeated events (estimate)", percent(report.repeats)),
    ]
    print_table("事件" if zh else "Events", ("", ""), rows)
    kinds = [(BY_CODE[code].zh if zh else BY_CODE[code].en, n) for code, n in report.by_kind.items()]
    print_table("环节" if zh else "Kinds of event", ("环节", "事件") if zh else ("kind", "events"), kinds)


def show_codes(unmapped: dict[str, int], unknown: dict[str, dict[str, int]], zh: bool) -> None:
    """Print source codes that no kind is mapped to, and codes that the province folder doesn't have, the most frequent first."""
    if unmapped:
        most = sorted(unmapped.items(), key=lambda kv: -kv[1])[:_CODES_SHOWN]
        print_table(
            "未映射代码" if zh else "Unmapped codes", ("原始代码", "事件数") if zh else ("source code", "events"), most
        )
    codes = [
        (title("unknown", column, zh), text or ("(空)" if zh else "(empty)"), n)
        for column, texts in unknown.items()
        for text, n in sorted(texts.items(), key=lambda kv: -kv[1])[:_CODES_SHOWN]
    ]
    if codes:
        heading = "省份文件夹中没有的代码" if zh else "Codes that the province folder doesn't have"
        print_table(heading, ("列", "代码", "事件数") if zh else ("column", "code", "events"), codes)


def _say_next(report: Report, zh: bool) -> None:
    """What to do with what was found."""
    if report.errors:
        say("→ 更正上列文件后再试" if zh else "→ Put the sources above right and try again")
    elif exit_code(report):
        say(
            "→ 更正映射、省份文件夹或来源后再试;直接读入时,隔离行不采用,其余照常"
            if zh
            else "→ Put mapping, province folder or source right and try again; taken in as it is, all but the quarantined rows is used"
        )
    else:
        say("→ 全部可用:去掉 --dry-run 即可读入" if zh else "→ All would be used: give the command without --dry-run")
