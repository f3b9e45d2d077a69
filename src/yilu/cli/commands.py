"""Commands of yilu by name. The module of a command is loaded when the command is asked for: none waits for what only others need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

# In the order of the help page.
MODULES = {
    "demo": "demo", "simulate": "simulate", "ingest": "ingest", "run": "run", "feed": "feed", "status": "status", "indicators": "indicators",
    "alerts": "alerts", "verify": "verify", "ask": "answers", "item": "item", "route": "journeys", "promise": "journeys", "legs": "likelihood",
    "disrupt": "disrupt", "resilience": "resilience", "assign": "assign", "rehearse": "rehearse", "erase": "erase", "erased": "erase", "retain": "retain",
    "rebuild": "retain", "serve": "serve", "migrate": "audit", "backup": "backup", "restore": "backup", "settings": "settings_command",
    "report": "report", "network": "network", "plan": "plan", "design": "design", "audit": "audit", "user": "user",
}  # fmt: skip
"""Modules of yilu.cli that register each command, or each group of commands."""


@cache
def of_module(module: str) -> dict[str, Any]:
    """Commands that a module registers, by name."""
    alone = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    import_module(f"yilu.cli.{module}").register(alone)
    return dict(typer.main.get_group(alone).commands)


class Commands(Mapping[str, Any]):
    """All commands by name; whoever takes one out loads its module."""

    def __getitem__(self, name: str) -> Any:
        return of_module(MODULES[name])[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class LoadedWhenAsked(TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = Commands()  # type: ignore[assignment]  # nothing is added to it
