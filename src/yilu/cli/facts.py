"""What a command on facts opens, and how it shows that it is at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from yilu.cli.output import errors
from yilu.run.facts import Facts
from yilu.settings import load


def facts(store: Path | None = None, province: str | None = None) -> Facts:
    """The facts of the settings, with what a command's options say instead."""
    return Facts(load(store=store, province=province))


@contextmanager
def progress_bar(shown: bool = True) -> Iterator[Progress]:
    """A progress bar on standard error; nothing where nobody looks."""
    console = errors()
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, disable=not (shown and console.is_terminal),
    ) as progress:  # fmt: skip
        yield progress
