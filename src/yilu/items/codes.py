"""Mapping tables: from a source's status code to yilu's kind of event and outcome.

One CSV per source lies in ``codes/``, its version and origin in ``codes/codes.toml``. A mapping is data: a code that is
not in the table, or that is listed with an empty kind, stays *unmapped*: the event is kept as kind ``other`` with its
source code, counted and shown, and can be mapped later. A coarse summary ("in transit") or a status that somebody
computed ("overdue") is no scan and is deliberately left without a kind.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items.kinds import BY_CODE, OTHER
from yilu.items.schema import OUTCOMES

COLUMNS: tuple[str, ...] = ("code", "kind", "outcome", "note_zh", "note_en", "source", "grade")


class CodeTableError(ValueError):
    """A mapping table is asked for that does not exist, or its file is wrong (file, row, column, expected)."""


@dataclass(frozen=True)
class Code:
    """One row of a table: ``kind`` and ``outcome`` are codes of kinds.csv and ``OUTCOMES``, empty if there is none."""

    code: str
    kind: str
    outcome: str
    note_zh: str
    note_en: str
    source: str
    grade: str


class Mapped(NamedTuple):
    """What n codes mean: kind u8 (n,), outcome u8 (n,), unmapped bool (n,); an unmapped code has kind ``other``."""

    kind: NDArray[np.uint8]
    outcome: NDArray[np.uint8]
    unmapped: NDArray[np.bool_]


@dataclass(frozen=True)
class CodeTable:
    """One versioned mapping table; ``upper`` says that letter case does not matter in its codes."""

    id: str
    version: str
    title_zh: str
    title_en: str
    source: str
    upper: bool
    rows: tuple[Code, ...]

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """Row of each code, in the table's letter case."""
        return {self.normal(row.code): row for row in self.rows}

    def normal(self, code: str) -> str:
        """``code`` as the table compares it: blanks around it dropped, upper case where case does not matter."""
        return code.strip().upper() if self.upper else code.strip()

    def find(self, code: str) -> Code | None:
        """The row of ``code``, or None if the table does not know it."""
        return self.by_code.get(self.normal(code))

    def to_kind(self, strings: pa.Array | pa.ChunkedArray | NDArray[np.object_] | NDArray[np.str_]) -> Mapped:
        """Kinds and outcomes of n codes (strings of any Arrow or numpy kind, integers too, null = no code).

        Each distinct value is looked up once, then spread by index: cost per row is one gather.
        """
        encoded = _dictionary(strings)
        values = encoded.dictionary.to_pylist()
        kind = np.full(len(values) + 1, OTHER, np.uint8)
        outcome = np.zeros(len(values) + 1, np.uint8)
        unmapped = np.ones(len(values) + 1, np.bool_)
        for i, value in enumerate(values):
            row = self.find(str(value)) if value is not None else None
            if row is None:
                continue
            outcome[i] = OUTCOMES.get(row.outcome, 0)
            if row.kind:
                kind[i] = BY_CODE[row.kind].id
                unmapped[i] = False
        # A null points behind the last value: kind "other", no outcome, unmapped.
        index = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
        return Mapped(kind[index], outcome[index], unmapped[index])


def _dictionary(strings: pa.Array | pa.ChunkedArray | NDArray[np.object_] | NDArray[np.str_]) -> pa.DictionaryArray:
    column = strings if isinstance(strings, (pa.Array, pa.ChunkedArray)) else pa.array(strings)
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # no chunk at all
            column = pa.array([], column.type)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    indices = column.indices.cast(pa.int64())
    return pa.DictionaryArray.from_arrays(indices, column.dictionary)


@cache
def _manifest() -> dict[str, dict[str, str]]:
    text = (files("yilu.items") / "codes" / "codes.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(text)["tables"]
    return tables


@cache
def grades() -> dict[str, str]:
    """What the grades of sources mean (Chinese / English), by letter."""
    text = (files("yilu.items") / "codes" / "codes.toml").read_text(encoding="utf-8")
    meanings: dict[str, str] = tomllib.loads(text)["grades"]
    return meanings


@cache
def table(name: str) -> CodeTable:
    """The mapping table ``name``; raises ``CodeTableError`` naming those there are, or the row that is wrong."""
    head = _manifest().get(name)
    if head is None:
        raise CodeTableError(f"no mapping table {name!r}; there are: {', '.join(sorted(_manifest()))}")
    lines = (files("yilu.items") / "codes" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    rows = tuple(_row(name, line, raw) for line, raw in enumerate(csv.DictReader(lines), start=2))
    made = CodeTable(
        name, head["version"], head["title_zh"], head["title_en"], head["source"], head["fold"] == "upper", rows
    )
    if len(made.by_code) != len(rows):
        raise CodeTableError(f"codes/{name}.csv: a code is listed twice")
    return made


def _row(name: str, line: int, raw: dict[str, str]) -> Code:
    if tuple(raw) != COLUMNS:
        raise CodeTableError(f"codes/{name}.csv row {line}: columns {', '.join(COLUMNS)} are expected")
    row = Code(**raw)
    if row.kind and row.kind not in BY_CODE:
        raise CodeTableError(f"codes/{name}.csv row {line}, column kind: {row.kind!r} is no kind of kinds.csv")
    if row.outcome and row.outcome not in OUTCOMES:
        raise CodeTableError(f"codes/{name}.csv row {line}, column outcome: {row.outcome!r} is no outcome")
    return row


def tables() -> list[CodeTable]:
    """All mapping tables, in the order of ``codes.toml``."""
    return [table(name) for name in _manifest()]
