"""``yilu ingest``: files of any carrier become facts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.facts import Facts, facts, progress_bar
from yilu.cli.output import Json, print_json, print_table
from yilu.items.intake import Limits, Mapping, open_source
from yilu.items.upkeep import compact
from yilu.run.ingest import Summary, done_rows
from yilu.run.ingest import ingest as run_ingest
from yilu.settings import Settings

_MOST_LOOSE_FILES = 8


def ingest(
    source: Annotated[str, typer.Argument(help="文件、文件夹或 - (标准输入) · File, folder, or - for standard input.")],
    mapping: Annotated[
        str, typer.Option(help="映射 TOML 或内置名称 · Mapping: a TOML file or a built-in name.")
    ] = "yilu",
    feed: Annotated[str, typer.Option(help="数据源名称 · Name of the feed; the mapping's, if not given.")] = "",
    store: Annotated[Path | None, typer.Option(help="事实库 · Store, instead of the setting.")] = None,
    province: Annotated[str | None, typer.Option(help="省份 · Province, instead of the setting.")] = None,
    as_json: Json = False,
) -> None:
    """读入扫描事件并形成事实 · Read scan events and make facts of them."""
    opened = facts(store, province)
    summary = ingest_into(opened, source, mapping, feed, shown=not as_json)
    if as_json:
        print_json(asdict(summary))
        return
    zh = opened.settings.language == "zh"
    names = _NAMES_ZH if zh else {name: name for name in _NAMES_ZH}
    rows: list[tuple[str, object]] = [(names[k], v) for k, v in asdict(summary.counts).items()]
    rows += [(names["files"], summary.files), (names["skipped"], summary.skipped)]
    print_table("读入结果" if zh else "Taken in", ("项目" if zh else "what", "数量" if zh else "count"), rows)
    if summary.unmapped:
        titles = ("原始代码", "事件数") if zh else ("source code", "events")
        print_table(
            "未映射代码" if zh else "Unmapped codes",
            titles,
            sorted(summary.unmapped.items(), key=lambda kv: -kv[1])[:20],
        )


_NAMES_ZH: dict[str, str] = {
    "rows": "行", "used": "采用行", "quarantined": "隔离行", "made": "事件", "accepted": "接受事件", "repeated": "重复事件",
    "conflicting": "冲突事件", "refused": "拒收事件", "unmapped": "未映射", "unknown_place": "未知地点", "derived": "容器与关联传达",
    "files": "文件", "skipped": "已读行(跳过)",
}  # fmt: skip


def ingest_into(opened: Facts, source: str, mapping: str, feed: str, shown: bool) -> Summary:
    """Take ``source`` into the store; loose log files are compacted when they have become many."""
    s = opened.settings
    read = Mapping.read(mapping if not mapping.endswith(".toml") else Path(mapping))
    with opened.write() as store, progress_bar(shown) as bar:
        chunks = open_source(
            source,
            read,
            opened.network,
            opened.key,
            done=done_rows(store),
            chunk_rows=s.chunk_rows,
            limits=intake_limits(s),
        )
        task = bar.add_task("读入" if s.language == "zh" else "rows", total=None)
        summary = run_ingest(store, chunks, feed or read.name, s.commit_rows, lambda _, rows: bar.advance(task, rows))
        if sum(1 for p in store.at.log if not p.day) > _MOST_LOOSE_FILES:
            packing = bar.add_task("整理" if s.language == "zh" else "compacting", total=store.at.buckets)
            compact(store, lambda _, done, total: bar.update(packing, completed=done, total=total))
    return summary


def intake_limits(s: Settings) -> Limits:
    """Bounds of intake as the settings say."""
    return Limits(clock_ahead_s=60 * s.clock_ahead_minutes, max_line_bytes=s.max_line_bytes, threads=s.threads)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(ingest)
