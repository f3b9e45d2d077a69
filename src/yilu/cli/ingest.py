"""``yilu ingest``: files of any carrier become facts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.dry_run import show_codes, try_out
from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.titles import title
from yilu.errors import YiluError
from yilu.items.intake import Mapping, open_source
from yilu.items.intake.sources import files_of
from yilu.items.upkeep import compact
from yilu.run.facts import Facts
from yilu.run.handing import hand_over, is_running
from yilu.run.ingest import Summary, done_rows
from yilu.run.ingest import ingest as run_ingest
from yilu.run.receiving import intake_limits

_MOST_LOOSE_FILES = 64


def ingest(
    source: Annotated[str, typer.Argument(help="文件、文件夹或 - (标准输入) · File, folder, or - for standard input.")],
    mapping: Annotated[
        str, typer.Option(help="映射 TOML 或内置名称 · Mapping: a TOML file or a built-in name.")
    ] = "yilu",
    feed: Annotated[str, typer.Option(help="数据源名称 · Name of the feed; the mapping's, if not given.")] = "",
    store: Annotated[Path | None, typer.Option(help="事实库 · Store, instead of the setting.")] = None,
    province: Annotated[str | None, typer.Option(help="省份 · Province, instead of the setting.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="试读:逐行报告,不保存,不需要事实库 · Report row by row, keep nothing; needs no store."
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="试读时隔离行写入此 CSV · With --dry-run: all quarantined rows as CSV.")
    ] = None,
    as_json: Json = False,
) -> None:
    """读入扫描事件并形成事实 · Read scan events and make facts of them."""
    opened = facts(store, province)
    if report is not None and not dry_run:
        raise YiluError(
            "--report goes with --dry-run",
            zh="--report 须与 --dry-run 同用",
            next_step="Add --dry-run; what was taken in shows its quarantine in `yilu status`.",
            next_step_zh="加上 --dry-run;已读入数据的隔离情况见 yilu status",
        )
    if dry_run:
        s = opened.settings
        read = mapping_of(mapping)
        code = try_out(source, read, opened.network, intake_limits(s), report, s.language == "zh", as_json)
        raise typer.Exit(code)
    if is_running(opened.root) and source != "-":
        read = mapping_of(mapping)
        names = hand_over(files_of(Path(source), read), opened.root, feed or read.name, read.digest)
        if as_json:
            print_json({"handed_over": names})
        else:
            zh = opened.settings.language == "zh"
            say(
                f"已交由运行中的写入进程提交:{len(names)} 个文件"
                if zh
                else f"taken in by the running writer: {len(names)} files"
            )
        return
    summary = ingest_into(opened, source, mapping, feed, shown=not as_json)
    if as_json:
        print_json(asdict(summary))
        return
    zh = opened.settings.language == "zh"
    rows: list[tuple[str, object]] = [(title("count", k, zh), v) for k, v in asdict(summary.counts).items()]
    rows += [(title("count", "files", zh), summary.files), (title("count", "skipped", zh), summary.skipped)]
    print_table("读入结果" if zh else "Taken in", ("项目" if zh else "what", "数量" if zh else "count"), rows)
    show_codes(summary.unmapped, summary.unknown, zh)
    if summary.counts.quarantined:
        say(
            "→ 有隔离行:加 --dry-run --report 行.csv 逐行查看原因"
            if zh
            else "→ Rows were quarantined: --dry-run --report rows.csv shows each with its reason"
        )


def mapping_of(name: str) -> Mapping:
    """The mapping that is called ``name``: a TOML file, or one that yilu brings."""
    return Mapping.read(name if not name.endswith(".toml") else Path(name))


def ingest_into(opened: Facts, source: str, mapping: str, feed: str, shown: bool) -> Summary:
    """Take ``source`` into the store; loose log files are compacted when they have become many."""
    s = opened.settings
    read = mapping_of(mapping)
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


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(ingest)
