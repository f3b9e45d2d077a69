"""``yilu plan``: the plan of a province."""

from __future__ import annotations

import typer

from yilu.cli import plan_check, plan_draft, plan_evaluate, plan_forecast, plan_returns, plan_show, plan_statistics

app = typer.Typer(help="规划 · The plan of a province.", no_args_is_help=True, rich_markup_mode="rich")
app.command("show")(plan_show.show)
app.command("check")(plan_check.check)
app.command("evaluate")(plan_evaluate.plan_evaluate)
app.command("forecast")(plan_forecast.forecast)
app.command("draft")(plan_draft.command)
app.add_typer(plan_returns.app, name="returns")
app.command()(plan_statistics.statistics)


@app.callback()
def _plan() -> None:
    """规划 · The plan of a province."""


def register(program: typer.Typer) -> None:
    """Add the group of commands to ``program``."""
    program.add_typer(app, name="plan")
