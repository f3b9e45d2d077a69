"""Reads the files of a province folder: rows as their schema says, and every fault that a single row or file can have."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yilu.network import map_shapes
from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.network.map_shapes import NO_SHAPES, MapShapes
from yilu.network.schema import OF_OTHERS, REQUIRED, TABLES, Attribute, Value, attributes, value

MOST_ROWS = 2_000_000
MOST_BYTES = 256 << 20
MOST_PROBLEMS = 1000
"""Faults of one file that are named; what lies after them is not read."""
DATUMS = ("WGS-84", "GCJ-02", "CGCS2000", "mixed")
_SHOWN = 60
_KEYS = ("name", "name_zh", "name_en", "code", "time_zone", "circuity", "bbox", "datum", "map")


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


def text_of(row: Row, column: str) -> str:
    """A cell of a row, as text."""
    return str(row.values[column])


def problem_of(table: str, row: Row, column: str, reason: str, expected: str) -> Problem:
    """The fault of one cell of ``table``."""
    return Problem(f"{table}.csv", row.number, column, text_of(row, column)[:_SHOWN] or None, reason, expected)


@dataclass(frozen=True)
class Province:
    """``province.toml``: name, names in two languages, area code, IANA time zone, circuity of roads, datum of its coordinates, and the box
    (west, south, east, north in degrees) that all of the province lies in, or None; where outlines of its areas come from."""

    name: str
    name_zh: str
    name_en: str
    code: str
    time_zone: str
    circuity: float
    datum: str
    bbox: tuple[float, float, float, float] | None
    shapes: MapShapes = NO_SHAPES


@dataclass(frozen=True)
class Folder:
    """What a folder holds, as far as it could be read. ``province`` is None where ``province.toml`` is at fault.

    ``tables``: rows without a fault. ``unread``: codes that stand in rows with one, by table, so that who names them isn't faulted
    for it; None where the file could not be read whole, and nobody can tell what codes it has.
    """

    province: Province | None
    tables: dict[str, list[Row]]
    unread: dict[str, set[str] | None]


def read(folder: Path) -> tuple[Folder, list[Problem]]:
    """The folder's contents and the faults within its files; faults across rows are found in ``checking``."""
    province, problems = _province(folder)
    tables: dict[str, list[Row]] = {}
    unread: dict[str, set[str] | None] = {}
    for name in TABLES:
        tables[name], unread[name], found = read_table(folder, name, attributes(name), name in REQUIRED)
        problems += found
    known = {f"{name}.csv" for name in (*TABLES, *OF_OTHERS)}
    for path in sorted(folder.glob("*.csv")):
        if path.name not in known:
            problems.append(
                Problem(path.name, None, None, None, "no table has this name", "one of " + ", ".join(sorted(known)))
            )
    return Folder(province, tables, unread), problems


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

    for key in sorted(set(given) - set(_KEYS)):
        fault(key, "unknown key", "one of " + ", ".join(_KEYS))
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
    datum = given.get("datum", "mixed")
    if datum not in DATUMS:
        fault("datum", "not what is expected", "one of " + ", ".join(DATUMS))
    bbox = given.get("bbox")
    if bbox is not None and not _is_box(bbox):
        fault("bbox", "not what is expected", "[west, south, east, north] in degrees")
    shapes, wrong = map_shapes.read(given.get("map"))
    problems += [Problem(file, None, key, None, reason, expected) for key, reason, expected in wrong]
    if problems:
        return None, problems
    name_zh, name_en = (str(given.get(key) or given["name"]) for key in ("name_zh", "name_en"))
    box = None if bbox is None else (float(bbox[0]), float(bbox[1]), float(bbox[2]), float(bbox[3]))
    return Province(
        given["name"], name_zh, name_en, given["code"], given["time_zone"], float(circuity), datum, box, shapes
    ), []  # fmt: skip


def _is_box(given: object) -> bool:
    """Whether it is four numbers: west and east from -180 to 180, south and north from -90 to 90, in order."""
    if not isinstance(given, list) or len(given) != 4:
        return False
    if any(isinstance(x, bool) or not isinstance(x, int | float) for x in given):
        return False
    west, south, east, north = given
    return bool(-180 <= west < east <= 180 and -90 <= south < north <= 90)


def read_table(
    folder: Path, name: str, columns: tuple[Attribute, ...], required: bool
) -> tuple[list[Row], set[str] | None, list[Problem]]:
    """The sound rows of a table with these columns, the codes of the others (None: unknown), and all faults."""
    file = f"{name}.csv"
    if not (folder / file).is_file():
        missing = Problem(file, None, None, None, "the file is missing", "a table that every province has")
        return ([], None, [missing]) if required else ([], set(), [])
    lines, fault = _lines(folder / file)
    if fault:
        return [], None, [fault]
    head, problems = _head(file, columns, lines[0])
    if problems:
        return [], None, problems
    rows: list[Row] = []
    unread: set[str] = set()
    for number, cells in enumerate(lines[1:], 1):
        if len(problems) >= MOST_PROBLEMS - 1:
            problems.append(
                Problem(
                    file, number, None, None, "too many faults: not read from here on", "the faults above corrected"
                )
            )
            return rows, None, problems
        if not any(cell.strip() for cell in cells):
            continue
        by_column = {column: cells[i] for column, i in head.items() if i < len(cells)}
        row, found = _row(file, number, by_column, columns)
        if len(cells) != len(lines[0]):
            expected = f"{len(lines[0])} cells as in the header"
            found = [Problem(file, number, None, None, f"{len(cells)} cells", expected)]
        problems += found
        if not found:
            rows.append(row)
        else:
            unread.add(by_column.get("code", "").strip())
    if not rows and not problems and required:
        problems.append(Problem(file, None, None, None, "the table has no row", "one row at least"))
    return rows, unread, problems


def _lines(path: Path) -> tuple[list[list[str]], Problem | None]:
    """The cells of a CSV file by line, or the fault that keeps it from being read."""

    def fault(reason: str, expected: str) -> tuple[list[list[str]], Problem]:
        return [], Problem(path.name, None, None, None, reason, expected)

    if path.stat().st_size > MOST_BYTES:
        return fault("the file is too large", f"{MOST_BYTES >> 20} MB at most")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return fault(f"not UTF-8 at byte {error.start}", "UTF-8")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return fault(f"not CSV: {str(error)[:_SHOWN]}", "CSV as RFC 4180 has it")
    if not lines:
        return fault("the file is empty", "a header and rows")
    if len(lines) > MOST_ROWS:
        return fault("too many rows", f"{MOST_ROWS} at most")
    return lines, None


def _head(file: str, columns: tuple[Attribute, ...], cells: list[str]) -> tuple[dict[str, int], list[Problem]]:
    """Columns by place, and the faults of a header."""
    problems = []
    head: dict[str, int] = {}
    known = {a.name for a in columns}
    for i, cell in enumerate(cells):
        column = cell.strip()
        if column not in known:
            problems.append(
                Problem(file, None, column[:_SHOWN], None, "unknown column", "one of " + ", ".join(sorted(known)))
            )
        elif column in head:
            problems.append(Problem(file, None, column, None, "the column stands twice", "each column once"))
        head[column] = i
    for a in columns:
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
            if a.references == "facility_kinds.code" and found and found not in FACILITY_KINDS:
                raise ValueError(text)
            values[a.name] = found
        except ValueError:
            expected = "one of " + ", ".join(FACILITY_KINDS) if a.references == "facility_kinds.code" else a.expected
            reason = "empty" if not text.strip() else "not what is expected"
            problems.append(Problem(file, number, a.name, text[:_SHOWN] or None, reason, expected))
    return Row(number, values), problems
