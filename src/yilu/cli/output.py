"""What a command prints: a table for people, one JSON document for machines, and errors for both.

Standard output carries the answer and nothing else; progress and errors go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from yilu.errors import EXIT_CODES, YiluError

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 · Print JSON instead of a table.")]
"""The option that every command has."""


def errors() -> Console:
    """The console on standard error, made anew so that a redirected stream is seen."""
    return Console(stderr=True, highlight=False)


def print_json(document: object) -> None:
    """Print ``document`` as one JSON document, Chinese as it is, paths and dates as text."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=_text) + "\n")


def _text(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    plain = getattr(value, "tolist", None)
    return plain() if plain else str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print ``rows`` under ``columns``; numbers to the right, with thousands apart."""
    table = Table(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    held = [list(row) for row in rows]
    for i, column in enumerate(columns):
        numbers = any(isinstance(r[i], int | float) for r in held)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in held:
        table.add_row(*(_cell(value) for value in row))
    Console(highlight=False).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_error(error: YiluError, as_json: bool, language: str = "zh") -> None:
    """Say on standard error what is wrong and what to do next: in English, under a line in Chinese where that is the language."""
    if as_json:
        sys.stderr.write(json.dumps(error.record(), ensure_ascii=False, default=_text) + "\n")
        return
    console = errors()
    if language == "zh":
        kind = EXIT_CODES[error.exit_code][1]
        console.print(f"[bold red]✗[/] {kind}{_plain(f':{error.zh}' if error.zh else '')}", soft_wrap=True)
        console.print(f"  {_plain(error.message)}", soft_wrap=True)
    else:
        console.print(f"[bold red]✗[/] {_plain(error.message)}", soft_wrap=True)
    if error.next_step:
        console.print(f"  → {_plain(error.next_step)}", soft_wrap=True)


def _plain(text: str) -> str:
    """``text`` with rich's markup made harmless."""
    return text.replace("[", "\\[")
