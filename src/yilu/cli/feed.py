"""``yilu feed``: daily counts, device status and registers into the store."""

from __future__ import annotations

import time
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.items import feeds

KindName = Enum("KindName", {name: name for name in feeds.KINDS}, type=str)  # type: ignore[misc]

_ROWS_SHOWN = 20
_NAMES_ZH: dict[str, str] = {
    "rows": "行", "used": "采用行", "quarantined": "隔离行", "new": "新增", "same": "相同", "corrected": "更正",
}  # fmt: skip


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
    found = feeds.read(kind.value, file, opened.network.operators, opened.network.facilities, opened.key)
    with opened.write() as writer:
        counts = found.counts | feeds.store_rows(writer, kind.value, found, received_at=int(time.time()))
    wrong = found.quarantine.to_pylist()
    if as_json:
        print_json({"kind": kind.value, "counts": counts, "quarantine": wrong})
        return
    names = _NAMES_ZH if zh else {name: name for name in _NAMES_ZH}
    of_kind = feeds.KINDS[kind.value]
    title = of_kind.zh if zh else of_kind.name
    print_table(title, ("项目", "数量") if zh else ("what", "count"), [(names[k], v) for k, v in counts.items()])
    if wrong:
        columns = ("文件", "行", "列", "值", "应为") if zh else ("file", "row", "column", "value", "expected")
        print_table("隔离行" if zh else "Quarantined", columns, [list(w.values()) for w in wrong[:_ROWS_SHOWN]])


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(feed)
