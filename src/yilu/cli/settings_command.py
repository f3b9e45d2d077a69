"""``yilu settings``: every setting, its value, and where it is from."""

from __future__ import annotations

import typer

from yilu.cli.output import Json, print_json, print_table
from yilu.settings import SETTINGS, load


def settings(as_json: Json = False) -> None:
    """列出全部设置、取值与来源 · Show every setting, its value and where it is from."""
    now = load()
    if as_json:
        print_json(
            {
                s.name: {"value": now.shown(s.name), "source": now.sources[s.name], "unit": s.unit, "env": s.env}
                for s in SETTINGS
            }
        )
        return
    rows = [
        (s.name, str(now.shown(s.name)), s.unit, now.sources[s.name], s.zh if now.language == "zh" else s.en)
        for s in SETTINGS
    ]
    titles = {"zh": ["设置", "值", "单位", "来源", "说明"], "en": ["setting", "value", "unit", "source", "what for"]}
    print_table("", titles[now.language], rows)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(settings)
