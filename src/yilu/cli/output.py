"""What a command prints: a table for people, one JSON document for machines, and errors for both.

Standard output carries the answer and nothing else; progress and errors go to standard error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from yilu.errors import EXIT_CODES, YiluError
from yilu.network import Problem

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出 · Print JSON instead of a table.")]
"""The option that every command has."""


_NUMBER = re.compile(r"–|[✓✗]|[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?: %)?")
_WIDEST = 1000
_GAP, _LEAST_TEXT = 1, 8
"""Blanks at each side of a cell; signs to which a text may be folded."""


def errors() -> Console:
    """The console on standard error, made anew so that a redirected stream is seen."""
    return Console(stderr=True, highlight=False, emoji=False)


def print_json(document: object) -> None:
    """Print ``document`` as one JSON document, Chinese as it is, paths and dates as text."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=_text) + "\n")


def print_json_line(record: object) -> None:
    """Print one record of a stream of them, at once."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, default=_text) + "\n")
    sys.stdout.flush()


def _text(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    plain = getattr(value, "tolist", None)
    return plain() if plain else str(value)


def print_problems(problems: Sequence[Problem], name: str = "") -> None:
    """Print faults of a folder's tables; ``name``: of the folder."""
    titles = ["文件 file", "行 row", "列 column", "值 value", "问题 reason", "应为 expected"]
    rows = [(p.file, p.row, p.column, p.value, p.reason, p.expected) for p in problems]
    print_table(
        f"{name}: {len(problems)} 个问题 · faults" if name else f"{len(problems)} 个问题 · faults", titles, rows
    )


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print ``rows`` under ``columns`` to standard output, as ``draw`` does."""
    draw(Console(highlight=False, emoji=False), title, columns, rows)


def draw(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Draw a table: numbers to the right, with thousands apart; no heading where all columns are nameless.

    On a terminal it is as wide as that, texts fold and no number is ever broken; where it can't be so, each row stands as lines of its own. In a
    file or a pipe it is as wide as it needs, and no line ends in blanks.
    """
    if title:
        console.print(f"[bold]{_plain(title)}[/]", soft_wrap=True)
    if not columns:
        return
    cells = [[_cell(value) for value in row] for row in rows]
    numbers = [bool(cells) and all(_NUMBER.fullmatch(row[i]) for row in cells) for i in range(len(columns))]
    if console.is_terminal:
        for gap in (_GAP, 0):
            if widths := _widths(columns, cells, numbers, console.width - _between(gap) * (len(columns) - 1)):
                console.print(_table(columns, cells, numbers, gap, widths))
                break
        else:
            _print_rows(console, columns, cells)
    else:
        wide = Console(width=_WIDEST, highlight=False, emoji=False)
        with wide.capture() as written:
            wide.print(_table(columns, cells, numbers, _GAP, _widths(columns, cells, numbers, _WIDEST)))
        console.file.write("".join(line.rstrip() + "\n" for line in written.get().splitlines()))
    console.print()


def _between(gap: int) -> int:
    """Blanks between two columns: the box has one of its own."""
    return 2 * gap + 1


def _table(columns: Sequence[str], cells: list[list[str]], numbers: list[bool], gap: int, widths: list[int]) -> Table:
    table = Table(
        header_style="bold", box=SIMPLE_HEAD, show_header=any(columns), show_edge=False, pad_edge=False, padding=(0, gap)
    )  # fmt: skip
    for column, number, wide in zip(columns, numbers, widths, strict=True):
        table.add_column(_plain(column), justify="right" if number else "left", overflow="fold", width=wide)
    for row in cells:
        table.add_row(*map(_plain, row))
    return table


def _widths(columns: Sequence[str], cells: list[list[str]], numbers: list[bool], room: int) -> list[int]:
    """The width of each column so that numbers stand whole and all fit into ``room``; nothing where they can't.

    Titles and texts fold as far as they must; what room is left is shared out sign by sign.
    """
    held = [max((cell_len(row[i]) for row in cells), default=0) for i in range(len(columns))]
    wanted = [max(wide, cell_len(title), 1) for wide, title in zip(held, columns, strict=True)]
    given = [
        max(held[i], min(wanted[i], 2)) if numbers[i] else min(wanted[i], _LEAST_TEXT) for i in range(len(columns))
    ]  # fmt: skip
    left = room - sum(given)
    if left < 0:
        return []
    while left > 0 and given != wanted:
        for i in range(len(columns)):
            more = min(2, wanted[i] - given[i], left)
            given[i], left = given[i] + more, left - more
    return given


def _print_rows(console: Console, columns: Sequence[str], cells: list[list[str]]) -> None:
    """Each row as lines of a title and a value."""
    for row in cells:
        for title, value in zip(columns, row, strict=True):
            console.print(f"[bold]{_plain(title)}[/] {_plain(value)}", soft_wrap=True)
        console.print()


def print_line(text: str) -> None:
    """Print one line of an answer, whole whatever the width."""
    Console(highlight=False, emoji=False).print(_plain(text), soft_wrap=True)


def say(*lines: str) -> None:
    """Say on standard error what else a person should know, each line whole whatever the width."""
    for line in lines:
        errors().print(_plain(line), soft_wrap=True)


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
    steps = [error.next_step_zh, error.next_step] if language == "zh" else [error.next_step]
    for step in filter(None, steps):
        console.print(f"  → {_plain(step)}", soft_wrap=True)


def _plain(text: str) -> str:
    """``text`` with rich's markup made harmless."""
    return text.replace("[", "\\[")
