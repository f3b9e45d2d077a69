"""``yilu plan``: the plan of a province."""

from __future__ import annotations

import typer

from yilu.cli import plan_returns, plan_statistics

app = typer.Typer(help="规划 · The plan of a province.", no_args_is_help=True, rich_markup_mode="rich")
app.add_typer(plan_returns.app, name="returns")
app.command()(plan_statistics.statistics)


@app.callback()
def _plan() -> None:
    """规划 · The plan of a province."""
