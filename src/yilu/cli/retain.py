"""``yilu retain`` and ``yilu rebuild``: upkeep of the store."""

from __future__ import annotations

from typing import Annotated

import typer

from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_table
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import title
from yilu.items import feeds, upkeep


def retain(
    as_of: Annotated[
        int,
        typer.Option(
            help="以此为现在(UTC 秒);默认取最近事件 · The moment that counts as now (UTC seconds); the latest event, if not given."
        ),
    ] = 0,
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """封存已结束寄件,整理日志,清除过期数据 · Close finished items, compact the log, drop what is past its period."""
    opened = facts(store, province)
    zh = opened.settings.language == "zh"
    with opened.write() as writer, progress_bar(not as_json) as bar:
        task = bar.add_task("整理" if zh else "upkeep", total=None)
        now = as_of or max(writer.at.watermarks.values(), default=0)
        waiting = sum(1 for e in writer.at.erased if not e.applied)
        done = upkeep.retain(
            writer, now, opened.periods, lambda what, n, of: bar.update(task, description=what, completed=n, total=of)
        )
        done["erased"] = waiting - sum(1 for e in writer.at.erased if not e.applied)
        done |= feeds.retain(writer, now, opened.feed_periods)
    if as_json:
        print_json(done)
    else:
        print_table(
            "整理结果" if zh else "Upkeep",
            ("项目" if zh else "what", "数量" if zh else "count"),
            [(title("upkeep", name, zh), n) for name, n in done.items()],
        )


def rebuild(store: StoreOption = None, province: ProvinceOption = None, as_json: Json = False) -> None:
    """由日志重建状态与汇总 · Make states and cubes again from the log."""
    opened = facts(store, province)
    zh = opened.settings.language == "zh"
    with opened.write(afresh=True) as writer, progress_bar(not as_json) as bar:
        task = bar.add_task("重建" if zh else "rebuilding", total=writer.at.buckets)
        items = upkeep.rebuild(writer, lambda _, n, of: bar.update(task, completed=n, total=of))
    if as_json:
        print_json({"items": items})
    else:
        print_table(
            "重建结果" if zh else "Rebuilt",
            ("项目" if zh else "what", "数量" if zh else "count"),
            [("寄件" if zh else "items", items)],
        )


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(retain)
    app.command()(rebuild)
