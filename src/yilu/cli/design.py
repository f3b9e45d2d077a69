"""``yilu design``: what should change in a province's network."""

from __future__ import annotations

import typer

from yilu.cli import design_hubs

app = typer.Typer(help="设计 · What should change in the network.", no_args_is_help=True, rich_markup_mode="rich")
app.command("hubs")(design_hubs.hubs)


@app.callback()
def _design() -> None:
    """设计 · What should change in the network."""


def register(program: typer.Typer) -> None:
    """Add the group of commands to ``program``."""
    program.add_typer(app, name="design")
