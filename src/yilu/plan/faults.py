"""What must hold between the rows of a plan folder, beyond what each cell's schema says. Faults of the folder, not of the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yilu.indicators.declared import catalogue
from yilu.network.reading import Problem, Row
from yilu.plan.tables import CLASSES, CODED, columns
from yilu.plan.units import convertible, factor, units

ARITY: dict[str, tuple[int, int]] = {
    "growth": (2, 2), "change": (2, 2), "increment": (2, 2), "share": (2, 2), "ratio": (2, 2), "gap": (4, 4), "sum": (2, 99), "count": (1, 1),
}  # fmt: skip
"""Fewest and most rows that a relation of each kind follows from."""

MEASURES = ("indicator", "statistic", "register")
_NO_FIGURE = ("all", "nearly_all", "change")


@dataclass(frozen=True)
class Held:
    """What could be read: the head (None: at fault), sound rows by table, codes of rows with a fault (None: unknown).

    ``series``: codes of the province's official series; None where it has none, or they can't be read.
    """

    head: dict[str, Any] | None
    tables: dict[str, list[Row]]
    unread: dict[str, set[str] | None]
    series: set[str] | None = None


def faults(held: Held) -> list[Problem]:
    """Every fault between rows."""
    return [
        *_uniqueness(held),
        *_references(held),
        *_sections(held),
        *_targets(held),
        *_ranges(held),
        *_measures(held),
        *_progress(held),
        *_named(held),
        *_outcomes(held),
    ]


def _text(row: Row, column: str) -> str:
    return str(row.values[column])


def _problem(table: str, row: Row, column: str, reason: str, expected: str) -> Problem:
    return Problem(f"{table}.csv", row.number, column, _text(row, column)[:60] or None, reason, expected)


def _uniqueness(held: Held) -> Iterator[Problem]:
    """Codes stand once; a task's quarter once; words of a section once in the list of coverage; a target's proposal of one ambition once, and what it rests on."""
    keys: dict[str, tuple[str, ...]] = {
        name: ("code",) for name in CLASSES if "code" in {a.name for a in columns(name)}
    }
    keys |= {
        "progress": ("task", "quarter"), "coverage": ("section", "quote"), "proposals": ("target", "ambition"), "bases": ("target",),
    }  # fmt: skip
    for name, key in keys.items():
        seen: dict[tuple[str, ...], int] = {}
        for row in held.tables[name]:
            given = tuple(_text(row, c) for c in key)
            if given in seen:
                yield _problem(name, row, key[-1], f"stands in row {seen[given]} already", "each once")
            seen.setdefault(given, row.number)


def _references(held: Held) -> Iterator[Problem]:
    """Units are known; codes that name a row of another table name one that is there."""
    codes = {"units.code": set(units())}
    for name in CODED:
        unread = held.unread[name]
        if unread is not None:
            codes[f"{name}.code"] = {_text(row, "code") for row in held.tables[name]} | unread
    for name in CLASSES:
        for a in columns(name):
            for row in held.tables[name] if a.references in codes else ():
                given = _text(row, a.name)
                if given and given not in codes[a.references]:
                    unit = a.references == "units.code"
                    expected = "one of " + ", ".join(units()) if unit else a.expected
                    yield _problem(name, row, a.name, "no such unit" if unit else "names no row", expected)


def _sections(held: Held) -> Iterator[Problem]:
    """Sections are those of plan.toml, where it lists any."""
    listed = [s["id"] for s in (held.head or {}).get("section", ())]
    for name in CLASSES if listed else ():
        for row in held.tables[name]:
            section = row.values.get("section")
            if section is not None and section not in listed and not (name == "coverage" and section == "*"):
                yield _problem(name, row, "section", "plan.toml lists no such section", "one of " + ", ".join(listed))


def _targets(held: Held) -> Iterator[Problem]:
    """A baseline has its year and lies before the target is due; a target has a figure, or says why it has none."""
    for row in held.tables["targets"]:
        year, due = int(str(row.values["baseline_year"])), int(str(row.values["target_year"]))
        if _text(row, "baseline") and not year:
            yield _problem("targets", row, "baseline_year", "a baseline without its year", "a year before target_year")
        if year and year >= due:
            yield _problem(
                "targets", row, "baseline_year", "the baseline is not before the target is due", f"a year before {due}"
            )
        comparator = _text(row, "comparator")
        if not _text(row, "target") and comparator not in _NO_FIGURE:
            yield _problem(
                "targets", row, "target", "no figure", f"a figure, or a comparator of {', '.join(_NO_FIGURE)}"
            )
        if comparator == "change" and not _text(row, "growth"):
            yield _problem("targets", row, "growth", "a change without its figure", "the change that is promised")
        if _text(row, "growth") and not _text(row, "growth_as"):
            yield _problem("targets", row, "growth_as", "a growth without its meaning", "per_year, increment or change")
        if _text(row, "same_as") == _text(row, "code"):
            yield _problem("targets", row, "same_as", "names itself", "another target")


def _ranges(held: Held) -> Iterator[Problem]:
    """A range runs upwards, and what is between has both ends."""
    for name, low, high in (
        ("targets", "target", "target_to"),
        ("current_state", "value", "value_to"),
        ("projects", "value", "value_to"),
    ):
        for row in held.tables[name]:
            least, most = _text(row, low), _text(row, high)
            if most and (not least or Decimal(most) <= Decimal(least)):
                yield _problem(name, row, high, "the range does not run upwards", f"more than {low}")
            if _text(row, "comparator") == "between" and not most:
                yield _problem(name, row, high, "a range without its upper end", f"more than {low}")
    for row in held.tables["projects"]:
        if _text(row, "value") and not _text(row, "unit"):
            yield _problem("projects", row, "unit", "a quantity without its unit", "one of " + ", ".join(units()))
        if _text(row, "comparator") == "each" and not _text(row, "places"):
            yield _problem("projects", row, "places", "each of no places", "the places that each have so many")
    for row in held.tables["current_state"]:
        if not _text(row, "value") and _text(row, "comparator") not in _NO_FIGURE:
            yield _problem("current_state", row, "value", "no figure", "a figure, or a comparator of all or nearly_all")
        year, since = int(str(row.values["year"])), int(str(row.values["from_year"]))
        if since and since > year:
            yield _problem("current_state", row, "from_year", "begins after it ends", f"{year} or before")


def _measures(held: Held) -> Iterator[Problem]:
    """How a promise is measured is one of the ways there are; what can't be measured says what would be needed."""
    for name in ("targets", "projects", "gaps"):
        for row in held.tables[name]:
            given = _text(row, "measured_by")
            way, _, what = given.partition(":")
            if given == "not_yet":
                if not _text(row, "needed_zh"):
                    yield _problem(name, row, "needed_zh", "not said", "what would be needed to measure it")
            elif way not in MEASURES or not what:
                expected = ", ".join(f"{m}:…" for m in MEASURES) + " or not_yet"
                yield _problem(name, row, "measured_by", "no way of measuring", expected)
            elif way == "indicator" and what not in catalogue():
                yield _problem(name, row, "measured_by", "no such indicator", "an id that `yilu indicators` has")
            elif way == "statistic" and held.series is not None and what not in held.series:
                yield _problem(name, row, "measured_by", "no such series", "a code of the province's series.csv")


def _progress(held: Held) -> Iterator[Problem]:
    """Progress is of a quarter; it and the chance of a proposal are from 0 to 100 per cent."""
    for row in held.tables["progress"]:
        if not re.fullmatch(r"\d{4}Q[1-4]", _text(row, "quarter")):
            yield _problem("progress", row, "quarter", "not what is expected", "a quarter such as 2021Q4")
    for name, column in (("progress", "share"), ("proposals", "chance")):
        for row in held.tables[name]:
            if not 0 <= Decimal(_text(row, column)) <= 100:
                yield _problem(name, row, column, "out of bounds", "per cent from 0 to 100")


def _named(held: Held) -> Iterator[Problem]:
    """Relations and the list of coverage name rows that are there, and as many as they need."""
    held_codes: dict[str, set[str] | None] = {}
    for name in CODED:
        unread = held.unread[name]
        held_codes[name] = None if unread is None else {_text(r, "code") for r in held.tables[name]} | unread
    tables = "TABLE:CODE, TABLE being one of " + ", ".join(CODED)

    def wrong(reference: str) -> bool:
        table, _, code = reference.partition(":")
        if table not in held_codes:
            return True
        known = held_codes[table]
        return known is not None and code.removesuffix("@baseline") not in known

    for row in held.tables["relations"]:
        parts = [p for p in _text(row, "of").split(";") if p]
        for column, given in (("result", [_text(row, "result")]), ("of", parts)):
            if bad := [g for g in given if wrong(g)]:
                yield _problem("relations", row, column, f"{bad[0]} names no row", tables)
        least, most = ARITY[_text(row, "kind")]
        if not least <= len(parts) <= most:
            wanted = str(least) if least == most else f"{least} or more"
            yield _problem("relations", row, "of", f"{len(parts)} rows", f"{wanted} for {_text(row, 'kind')}")
    for row in held.tables["coverage"]:
        parts = [p for p in _text(row, "rows").split(";") if p]
        if bad := [p for p in parts if wrong(p)]:
            yield _problem("coverage", row, "rows", f"{bad[0]} names no row", tables)
        if (_text(row, "holds") == "row") != bool(parts):
            yield _problem("coverage", row, "rows", "rows stand where a row holds the number, and only there", tables)


def _outcomes(held: Held) -> Iterator[Problem]:
    """An outcome is of a target or project that is there, in a unit that converts into its own, and each year's has one value."""
    of = {f"{name}:{_text(r, 'code')}": _text(r, "unit") for name in ("targets", "projects") for r in held.tables[name]}
    unread = {f"{name}:{code}" for name in ("targets", "projects") for code in held.unread[name] or ()}
    seen: dict[tuple[str, int], Row] = {}
    for row in held.tables["outcomes"]:
        what, year, unit = _text(row, "row"), int(str(row.values["year"])), _text(row, "unit")
        if what not in of:
            if what not in unread:
                yield _problem("outcomes", row, "row", "names no row", "targets:CODE or projects:CODE")
        elif of[what] and factor(unit, of[what]) is None:
            yield _problem("outcomes", row, "unit", f"can't be converted into {of[what]}", convertible(of[what]))
        first = seen.setdefault((what, year), row)
        if first is not row:
            same = Decimal(_text(first, "value")) == Decimal(_text(row, "value")) and _text(first, "unit") == unit
            said = "the same" if same else f"{_text(first, 'value')} {_text(first, 'unit')}"
            yield _problem("outcomes", row, "value", f"row {first.number} gives {said}", "one value a year")
            if not same:
                yield _problem("outcomes", first, "value", f"row {row.number} gives {_text(row, 'value')} {unit}", "one value a year")  # fmt: skip
