"""``yilu verify``: alerts held against the truth of a synthetic province."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from yilu.cli.alerts import watched
from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.run.facts import Facts
from yilu.run.found import Found
from yilu.supervision.against import Against, against, read_truth

FOUND = 1
"""Exit code where what was said is not what is true."""


def verify(
    truth: Annotated[
        Path, typer.Argument(help="真值文件 · Truth file, as OUT/truth/truth.parquet of yilu simulate --scenario.")
    ],
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """预警与模拟真值逐件核对 · Hold the alerts' evidence against what a scenario made true, item by item."""
    opened = facts(store, province)
    rows = compared(opened, watched(opened, shown=not as_json), truth)
    if as_json:
        print_json({"equal": equal(rows), "rules": [asdict(r) for r in rows]})
    else:
        show(opened, rows)
    if not equal(rows):
        raise typer.Exit(FOUND)


def compared(opened: Facts, found: Found, truth: Path) -> list[Against]:
    """Both sides, rule by rule."""
    return against(read_truth(truth, opened.network, found.catalogue, opened.key), found.evidence, found.catalogue)


def equal(rows: list[Against]) -> bool:
    """Whether nothing was missed and nothing said falsely."""
    return not any(r.missed or r.false for r in rows)


def show(opened: Facts, rows: list[Against]) -> None:
    """Print what was compared."""
    zh = opened.settings.language == "zh"
    heads = ("规则", "真值", "判定", "漏报", "误报") if zh else ("rule", "true", "said", "missed", "false")
    print_table("预警与真值" if zh else "Alerts and truth", heads, [tuple(asdict(r).values()) for r in rows])
    true, wrong = sum(r.true for r in rows), sum(r.missed + r.false for r in rows)
    if zh:
        say(f"{true:,} 条证据全部一致" if not wrong else f"{true:,} 条证据中有 {wrong:,} 条不一致")
    else:
        say(
            f"all {true:,} pieces of evidence agree"
            if not wrong
            else f"{wrong:,} of {true:,} pieces of evidence differ"
        )


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(verify)
