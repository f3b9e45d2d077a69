"""``yilu feed``: daily counts, device status and registers into the store."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import title
from yilu.items import feeds
from yilu.items.feeds.reasons import BY_CODE
from yilu.run.registers import take as take

KindName = Enum("KindName", {name: name for name in feeds.KINDS}, type=str)  # type: ignore[misc]

_ROWS_SHOWN = 20


def feed(
    kind: Annotated[KindName, typer.Argument(help="数据种类 · Kind of feed.")],
    file: Annotated[Path, typer.Argument(help="CSV、JSON Lines 或 Parquet 文件 · A CSV, JSON Lines or Parquet file.")],
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """读入日报、设备状态、备案与许可 · Read daily counts, device status or a register into the store."""
    opened = facts(store, province)
    zh = opened.settings.language == "zh"
    counts, wrong = take(opened, kind.value, file)
    if as_json:
        print_json({"kind": kind.value, "counts": counts, "quarantine": wrong})
        return
    of_kind = feeds.KINDS[kind.value]
    account = [(title("count", name, zh), n) for name, n in counts.items()]
    print_table(of_kind.zh if zh else of_kind.name, ("项目", "数量") if zh else ("what", "count"), account)
    if wrong:
        columns = (
            ("文件", "行", "原因", "列", "值", "应为")
            if zh
            else ("file", "row", "reason", "column", "value", "expected")
        )
        shown = [_cells(w, zh) for w in wrong[:_ROWS_SHOWN]]
        heading = (
            f"隔离行(前 {len(shown)} 行,共 {len(wrong)} 行)"
            if zh
            else f"Quarantined (first {len(shown)} of {len(wrong)})"
        )
        print_table(heading, columns, shown)
        for code in dict.fromkeys(w["reason"] for w in wrong):
            reason = BY_CODE[code]
            say(f"→ {reason.zh}:{reason.next_step_zh}" if zh else f"→ {code}: {reason.next_step}")


def _cells(row: dict[str, Any], zh: bool) -> list[Any]:
    """A quarantined row as a person reads it."""
    reason = BY_CODE[row["reason"]].zh if zh else row["reason"]
    expected = (zh and row["expected_zh"]) or row["expected"]
    return [row["file"], row["row"], reason, row["column"], row["value"], expected]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(feed)
