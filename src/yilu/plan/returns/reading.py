"""A file of returns, row by row, and every fault that keeps a row from being taken (schema/returns.csv)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from yilu.documents.model import Text
from yilu.errors import InputError
from yilu.network.reading import Problem, Row, read_table
from yilu.network.schema import declared
from yilu.plan.period import EXPECTED, Period, period
from yilu.plan.returns.findings import Finding
from yilu.plan.returns.forms import EVERY, Forms
from yilu.plan.statistics import Series, last_place
from yilu.plan.units import convertible, factor, units

Key = tuple[str, str, str]
"""Enterprise, series, period: what a reported figure is known by."""


@dataclass(frozen=True)
class Cell:
    """One reported figure. ``text`` and ``unit`` as they stand in the file; ``value``, and ``step``, its last place, in the unit of the series."""

    enterprise: str
    series: str
    period: Period
    text: str
    unit: str
    value: float
    step: float
    file: str
    row: int

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.enterprise, self.series, self.period.text


def read(
    file: Path, forms: Forms, series: dict[str, Series], enterprises: Collection[str]
) -> tuple[list[Cell], list[Finding]]:
    """The sound figures of a file, and what is wrong with the others. Raises InputError where there is no such CSV file."""
    if file.suffix != ".csv" or not file.is_file():
        raise InputError(
            str(file),
            "a CSV file whose name ends in .csv",
            next_step="Check the name, or save the table as CSV in UTF-8.",
        )
    rows, _, problems = read_table(file.parent, file.stem, declared("yilu.plan", "returns"), True)
    findings = [_of_table(p) for p in problems]
    cells: dict[Key, Cell] = {}
    for row in rows:
        made = _cell(row, file.name, forms, series, enterprises)
        if isinstance(made, Finding):
            findings.append(made)
        elif made.key in cells:
            findings.append(_twice(made, cells[made.key]))
        else:
            cells[made.key] = made
    contradicted = {(f.enterprise, f.series, f.period) for f in findings if f.code == "contradictory"}
    return [c for key, c in cells.items() if key not in contradicted], sorted(findings, key=lambda f: f.row or 0)


def _of_table(p: Problem) -> Finding:
    return Finding(
        "table", "", "", "", p.file, p.row, p.column, p.value, Text(p.expected, p.expected), Text(p.reason, p.reason)
    )


def _cell(row: Row, file: str, forms: Forms, series: dict[str, Series], enterprises: Collection[str]) -> Cell | Finding:
    v = {name: str(value) for name, value in row.values.items()}
    whose = v["enterprise"] if v["enterprise"] in enterprises else ""

    def wrong(column: str, code: str, zh: str, en: str) -> Finding:
        return Finding(code, whose, v["series"], v["period"], file, row.number, column, v[column], Text(zh, en))

    if not whose:
        return wrong("enterprise", "enterprise", "operators.csv 中的代码", "a code of operators")
    try:
        when = period(v["period"])
    except ValueError:
        return wrong("period", "period", "2025-07 或 2025Q3 形式的报告期", EXPECTED)
    form = forms.of(when)
    if form is None:
        return wrong("period", "period", "月或季,以所设报表为准", "the period of a return: " + " or ".join(EVERY))
    if v["series"] not in form.series:
        return wrong("series", "series", "以下之一:" + "、".join(form.series), "one of " + ", ".join(form.series))
    of = series[v["series"]]
    by = factor(v["unit"], of.unit)
    if by is None:
        expected = convertible(of.unit)
        return wrong("unit", "unit", expected.replace("one of ", "以下之一:"), expected)
    value = Decimal(v["value"])
    if value < 0:
        return wrong("value", "value", "不小于 0 的数", "0 or more")
    plain = value * units()[v["unit"]].factor
    if units()[of.unit].dimension == "items" and plain != int(plain):
        return wrong("value", "value", "整数件", "a whole number of items")
    return Cell(
        whose, of.code, when, v["value"], v["unit"], float(value * by), float(last_place(value) * by), file, row.number
    )


def _twice(second: Cell, first: Cell) -> Finding:
    same = second.value == first.value
    expected = Text(
        f"第 {first.row} 行已报 {first.text}{first.unit}", f"row {first.row} gives {first.text} {first.unit}"
    )
    return Finding(
        "repeated" if same else "contradictory", second.enterprise, second.series, second.period.text, second.file, second.row, "value",
        second.text, expected,
    )  # fmt: skip
