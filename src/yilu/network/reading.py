"""Reads the files of a province folder: rows as their schema says, and every fault that a single row or file can have."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.network.schema import REQUIRED, TABLES, Attribute, Value, attributes, value

MOST_ROWS = 2_000_000
MOST_BYTES = 256 << 20
_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One fault of a folder: file, row (counted from 1 without the header; None: the whole file), column, value, why, what is expected."""

    file: str
    row: int | None
    column: str | None
    value: str | None
    reason: str
    expected: str

    def record(self) -> dict[str, Any]:
        """The fault as a machine reads it."""
        return {
            "file": self.file, "row": self.row, "column": self.column, "value": self.value, "reason": self.reason,
            "expected": self.expected,
        }  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of a table: its number in the file and its values by column."""

    number: int
    values: dict[str, Value]


@dataclass(frozen=True)
class Province:
    """``province.toml``: name, names in two languages, area code, IANA time zone, circuity of roads."""

    name: str
    name_zh: str
    name_en: str
    code: str
    time_zone: str
    circuity: float


@dataclass(frozen=True)
class Folder:
    """What a folder holds, as far as it could be read. ``province`` is None where ``province.toml`` is at fault."""

    province: Province | None
    tables: dict[str, list[Row]]


def read(folder: Path) -> tuple[Folder, list[Problem]]:
    """The folder's contents and the faults within its files; faults across rows are found in ``checking``."""
    province, problems = _province(folder)
    tables: dict[str, list[Row]] = {}
    for name in TABLES:
        tables[name], found = _table(folder, name)
        problems += found
    known = {f"{name}.csv" for name in TABLES}
    for path in sorted(folder.glob("*.csv")):
        if path.name not in known:
            problems.append(
                Problem(path.name, None, None, None, "no table has this name", "one of " + ", ".join(sorted(known)))
            )
    return Folder(province, tables), problems


def _province(folder: Path) -> tuple[Province | None, list[Problem]]:
    file = "province.toml"
    try:
        given = tomllib.loads((folder / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, [
            Problem(file, None, None, None, "the file is missing", "province.toml with name, code and time_zone")
        ]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [Problem(file, None, None, None, f"not TOML in UTF-8: {str(error)[:_SHOWN]}", "TOML in UTF-8")]
    problems = []

    def fault(key: str, reason: str, expected: str) -> None:
        problems.append(Problem(file, None, key, str(given.get(key, ""))[:_SHOWN] or None, reason, expected))

    for key in sorted(set(given) - {"name", "name_zh", "name_en", "code", "time_zone", "circuity"}):
        fault(key, "unknown key", "name, name_zh, name_en, code, time_zone, circuity")
    for key in ("name", "code", "time_zone"):
        if not isinstance(given.get(key), str) or not given[key]:
            fault(key, "missing", "text that is not empty")
    for key in ("name_zh", "name_en"):
        if not isinstance(given.get(key, ""), str):
            fault(key, "not text", "text")
    zone = given.get("time_zone")
    if isinstance(zone, str) and zone:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            fault("time_zone", "no such time zone", "an IANA time zone such as Asia/Shanghai")
    circuity = given.get("circuity", 1.2)
    if isinstance(circuity, bool) or not isinstance(circuity, int | float) or not 1 <= circuity <= 3:
        fault("circuity", "out of bounds", "a number from 1 to 3")
    if problems:
        return None, problems
    name_zh = str(given.get("name_zh") or given["name"])
    return Province(
        given["name"], name_zh, str(given.get("name_en") or given["name"]), given["code"], given["time_zone"], float(circuity)
    ), []  # fmt: skip


def _table(folder: Path, name: str) -> tuple[list[Row], list[Problem]]:
    file = f"{name}.csv"
    path = folder / file
    if not path.is_file():
        if name in REQUIRED:
            return [], [Problem(file, None, None, None, "the file is missing", "a table that every province has")]
        return [], []
    if path.stat().st_size > MOST_BYTES:
        return [], [Problem(file, None, None, None, "the file is too large", f"{MOST_BYTES >> 20} MB at most")]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Problem(file, None, None, None, f"not UTF-8 at byte {error.start}", "UTF-8")]
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return [], [Problem(file, None, None, None, f"not CSV: {str(error)[:_SHOWN]}", "CSV as RFC 4180 has it")]
    if not lines:
        return [], [Problem(file, None, None, None, "the file is empty", "a header and rows")]
    if len(lines) > MOST_ROWS:
        return [], [Problem(file, None, None, None, "too many rows", f"{MOST_ROWS} at most")]
    head, problems = _head(file, name, lines[0])
    if problems:
        return [], problems
    rows = []
    for number, cells in enumerate(lines[1:], 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(lines[0]):
            problems.append(
                Problem(file, number, None, None, f"{len(cells)} cells", f"{len(lines[0])} cells as in the header")
            )
            continue
        row, found = _row(file, number, {column: cells[i] for column, i in head.items()}, attributes(name))
        problems += found
        if not found:
            rows.append(row)
    if not rows and not problems and name in REQUIRED:
        problems.append(Problem(file, None, None, None, "the table has no row", "one row at least"))
    return rows, problems


def _head(file: str, name: str, cells: list[str]) -> tuple[dict[str, int], list[Problem]]:
    """Columns by place, and the faults of a header."""
    problems = []
    head: dict[str, int] = {}
    known = {a.name for a in attributes(name)}
    for i, cell in enumerate(cells):
        column = cell.strip()
        if column not in known:
            problems.append(
                Problem(file, None, column[:_SHOWN], None, "unknown column", "one of " + ", ".join(sorted(known)))
            )
        elif column in head:
            problems.append(Problem(file, None, column, None, "the column stands twice", "each column once"))
        head[column] = i
    for a in attributes(name):
        if a.required and a.name not in head:
            problems.append(Problem(file, None, a.name, None, "the column is missing", a.expected))
    return head, problems


def _row(file: str, number: int, cells: dict[str, str], columns: tuple[Attribute, ...]) -> tuple[Row, list[Problem]]:
    values: dict[str, Value] = {}
    problems = []
    for a in columns:
        text = cells.get(a.name, "")
        try:
            found = value(a, text)
            if a.references == "facility_kinds.code" and found not in FACILITY_KINDS:
                raise ValueError(text)
            values[a.name] = found
        except ValueError:
            expected = "one of " + ", ".join(FACILITY_KINDS) if a.references == "facility_kinds.code" else a.expected
            reason = "empty" if not text.strip() else "not what is expected"
            problems.append(Problem(file, number, a.name, text[:_SHOWN] or None, reason, expected))
    return Row(number, values), problems
