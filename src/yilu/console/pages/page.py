"""A page as a value: what it shows, before anybody says how. Its tables are its CSV, all of it is its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.utils.functional import Promise

from yilu.console.access.scope import Scope
from yilu.console.pages.asking import Filter
from yilu.console.pages.walls import Wall
from yilu.console.seen import Seen

Text: TypeAlias = "str | Promise | tuple[str, str]"
"""A text in Chinese that is translated, or a pair in both languages, as data gives it."""


@dataclass(frozen=True)
class Column:
    """A column: ``name`` in JSON and CSV, ``title`` on the screen, ``form`` how a value is written there (``writing.FORMS``). ``link``: the key of each row's address."""

    name: str
    title: Text
    form: str = "text"
    link: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under columns. ``empty``: what is said, and what to do next, where there is none. ``more``: rows beyond those held (0: none); ``most``: so many of the rows stand on the screen (0: all), while
    CSV and JSON hold all."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    empty: Text = ""
    more: int = 0
    most: int = 0

    @property
    def shown(self) -> Sequence[Mapping[str, Any]]:
        """The rows on the screen."""
        return self.rows[: self.most] if self.most else self.rows

    @property
    def only_in_files(self) -> int:
        """Rows that CSV and JSON hold beside those on the screen."""
        return len(self.rows) - len(self.shown)


@dataclass(frozen=True)
class Chart:
    """What ECharts draws, beside the table that says the same. ``option``: its settings as JSON, without functions (``drawing`` makes them); ``height``: pixels."""

    name: str
    title: Text
    option: Mapping[str, Any]
    table: Table
    height: int = 260


@dataclass(frozen=True)
class Page:
    """What a page shows. ``more``: what its template needs beside, which JSON shows too, except names that begin with ``_``."""

    template: str
    title: Text
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Ask:
    """Who asks for what. ``given``: parameters of the address's path; ``form``: what a deed was sent; ``address``: where from; ``wall``: how it is shown on a wall, without frame and deeds, None where it isn't."""

    scope: Scope
    seen: Seen
    filter: Filter
    zh: bool
    given: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    wall: Wall | None = None

    @property
    def here(self) -> Seen:
        """What of it lies in the area that the region switch names."""
        return self.seen.within(self.filter.area)
