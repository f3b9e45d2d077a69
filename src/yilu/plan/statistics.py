"""Official statistics of a province, its cities and the nation (统计数据), as figures with basis, grade and source.

``series.csv`` and ``statistics.csv`` of the province folder (``schema/``). A year without a figure is a gap and stays one: nothing here fills it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yilu.errors import InputError
from yilu.network import Problem, folder_of
from yilu.network import load as load_province
from yilu.network.reading import Row, read_table
from yilu.network.schema import declared
from yilu.plan.growth import Growth, explained
from yilu.plan.period import EXPECTED, Period, period
from yilu.plan.units import converted, convertible, factor

SERIES, FILE = "series", "statistics"
CLOSED = ("reported", "estimated")
"""How final a figure of the past is, the better first; what was only expected is never a figure of the past."""
_PER_CENT = ("growth_published", "average_growth_published", "share")


@dataclass(frozen=True)
class Series:
    """What a series is (schema/series.csv). ``unit``: what its figures are converted into."""

    code: str
    name_zh: str
    name_en: str
    unit: str
    kind: str
    better: str
    purpose: str
    parts: tuple[str, ...]
    numerator: str
    denominator: str
    basis_zh: str
    basis_en: str


@dataclass(frozen=True)
class Statistic:
    """One published figure (schema/statistics.csv). ``row``: counted from 1 in ``statistics.csv``; ``value`` in ``unit``, as it was printed.

    ``step``: last printed place in the same unit, so that the figure itself lies within half of it.
    """

    row: int
    series: str
    area: str
    period: Period
    measure: str
    value: float
    unit: str
    step: float
    status: str
    basis: str
    purpose: str
    grade: str
    source: str
    note: str


@dataclass(frozen=True)
class Yearly:
    """Levels of whole years, in order, gaps left out: ``years`` (n,), ``values`` (n,) in ``unit``.

    ``steps`` (n,): last printed place, in ``unit``; ``rows``: rows of ``statistics.csv``; ``statuses``: how final each is. ``basis``: of the series, with
    what single years have of their own in ``bases``, empty where they have none.
    """

    series: str
    area: str
    years: NDArray[np.int64]
    values: NDArray[np.float64]
    unit: str
    basis: str
    grades: tuple[str, ...]
    sources: tuple[str, ...]
    steps: NDArray[np.float64]
    statuses: tuple[str, ...]
    bases: tuple[str, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """Years of a series and area between the first and last asked for that have no level."""

    series: str
    area: str
    years: tuple[int, ...]


@dataclass(frozen=True)
class Statistics:
    """All figures of one province folder, in the file's order."""

    folder: Path
    series: dict[str, Series]
    rows: tuple[Statistic, ...]

    def of(self, series: str, area: str, measure: str = "level", text: str | None = None) -> tuple[Statistic, ...]:
        """Figures of a series and an area; ``text``: of this period alone. What is only expected stands among them."""
        return tuple(
            s for s in self.rows
            if s.series == series and s.area == area and s.measure == measure and text in (None, s.period.text)
        )  # fmt: skip

    def best(self, series: str, area: str, text: str, measure: str = "level") -> Statistic | None:
        """The most final figure of a period, None where there is none: reported before estimated, never what was expected."""
        found = self.of(series, area, measure, text)
        return min((s for s in found if s.status in CLOSED), key=lambda s: CLOSED.index(s.status), default=None)

    def yearly(self, series: str, area: str) -> Yearly:
        """Levels of whole years, each the most final, in the unit of the series. Raises InputError for a series that isn't declared."""
        declared_as = self._declared(series)
        years = sorted({s.period.first.year for s in self.of(series, area) if s.period.kind == "year"})
        found = [s for y in years if (s := self.best(series, area, str(y)))]
        levels = [_in(s, declared_as.unit) for s in found]
        return Yearly(
            series, area, _fixed([s.period.first.year for s in found], np.int64),
            _fixed([value for value, _ in levels], np.float64), declared_as.unit, declared_as.basis_zh,
            tuple(s.grade for s in found), tuple(s.source for s in found),
            _fixed([step for _, step in levels], np.float64),
            tuple(s.status for s in found), tuple(s.basis for s in found), tuple(s.row for s in found),
        )  # fmt: skip

    def growth(self, series: str, area: str, text: str, revised_percent: float = 2.0) -> Growth | None:
        """Growth of a period on the same one a year before: as published and as computed from levels; None where there is neither.

        ``revised_percent``: by how much a base may have been revised since it was printed (an assumption of who asks).
        """
        declared_as, of = self._declared(series), period(text)
        ends = [self.best(series, area, of.year_before.text), self.best(series, area, text)]
        levels = [None if s is None else (*_in(s, declared_as.unit), s) for s in ends]
        return explained(levels[0], levels[1], self.best(series, area, text, "growth_published"), revised_percent)

    def growths(self, revised_percent: float = 2.0) -> tuple[Growth, ...]:
        """Every growth that was published, beside what levels say."""
        keys = dict.fromkeys((s.series, s.area, s.period.text) for s in self.rows if s.measure == "growth_published")
        return tuple(g for key in keys if (g := self.growth(*key, revised_percent=revised_percent)))

    def gaps(self, first: int = 2015, last: int = 2025) -> tuple[Gap, ...]:
        """For every series and area with a level of any year: the years from ``first`` to ``last`` without one."""
        keys = dict.fromkeys(
            (s.series, s.area)
            for s in self.rows
            if s.measure == "level" and s.period.kind == "year" and s.status in CLOSED
        )
        found = []
        for series, area in keys:
            held = set(self.yearly(series, area).years.tolist())
            found.append(Gap(series, area, tuple(y for y in range(first, last + 1) if y not in held)))
        return tuple(gap for gap in found if gap.years)

    def _declared(self, series: str) -> Series:
        if series not in self.series:
            raise InputError(
                "series.csv", "one of " + ", ".join(self.series), column="code", value=series, next_step="Declare the series there, or name another.",
            )  # fmt: skip
        return self.series[series]


def load(province: str) -> Statistics:
    """The statistics of a province, a name that yilu ships or a folder; empty where it has none. Raises InputError for the first fault."""
    held, problems = read(folder_of(province), areas=load_province(province).areas.index_of_code)
    if problems:
        p = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InputError(
            p.file,
            p.expected,
            row=p.row,
            column=p.column,
            value=p.value,
            next_step=f"{p.reason}{more}: correct {p.file}.",
        )
    return held


def read(folder: Path, areas: Iterable[str]) -> tuple[Statistics, list[Problem]]:
    """The sound figures of a folder, and every fault, each row at fault left out. ``areas``: codes of areas that may be named."""
    of_series, _, problems = read_table(folder, SERIES, declared("yilu.plan", SERIES), False)
    rows, _, more = read_table(folder, FILE, declared("yilu.plan", FILE), False)
    series: dict[str, Series] = {}
    found: list[tuple[Row, Problem]] = list(_of_series(of_series, series))
    sound, of_rows = _sound(rows, series, set(areas))
    return Statistics(folder, series, sound), problems + [p for _, p in found] + more + of_rows


def _of_series(rows: list[Row], into: dict[str, Series]) -> Iterator[tuple[Row, Problem]]:
    """Series by code into ``into``; gives what is wrong with them."""
    seen: dict[str, int] = {}
    for row in rows:
        v = {name: str(value) for name, value in row.values.items()}
        if v["code"] in seen:
            yield (
                row,
                Problem(
                    "series.csv", row.number, "code", v["code"], f"stands in row {seen[v['code']]} already", "each once"
                ),
            )
            continue
        seen[v["code"]] = row.number
        if factor(v["unit"], v["unit"]) is None:
            yield row, Problem("series.csv", row.number, "unit", v["unit"], "no such unit", convertible(v["unit"]))
            continue
        into[v["code"]] = Series(**{**v, "parts": tuple(filter(None, v["parts"].split(";")))})  # type: ignore[arg-type]
    for row in rows:
        for column in ("parts", "numerator", "denominator"):
            for code in filter(None, str(row.values[column]).split(";")):
                if code not in seen:
                    yield row, Problem("series.csv", row.number, column, code, "names no row", "a code of series")


def _sound(rows: list[Row], series: dict[str, Series], areas: set[str]) -> tuple[tuple[Statistic, ...], list[Problem]]:
    """Figures without a fault, and the faults of the others. Two that contradict each other are both left out: nobody can tell which holds."""
    problems: list[Problem] = []
    kept: dict[tuple[str, ...], Statistic] = {}
    doubted: set[tuple[str, ...]] = set()
    for row in rows:
        made = _statistic(row, series, areas)
        if isinstance(made, Problem):
            problems.append(made)
            continue
        key = (
            made.series,
            made.area,
            made.period.first.isoformat(),
            made.period.last.isoformat(),
            made.measure,
            made.status,
            made.basis,
        )
        if key not in kept:
            kept[key] = made
            continue
        first = kept[key]
        here, there = _in(made, first.unit)[0], first.value
        if abs(here - there) > 1e-9 * max(abs(here), abs(there)):
            doubted.add(key)
            reason = f"row {first.row} gives {first.value:g} {first.unit} for the same figure"
            problems.append(_problem(row, "value", reason, "one value, or a status or basis that tells the two apart"))
        else:
            problems.append(_problem(row, "value", f"row {first.row} gives the same figure", "each figure once"))
    return tuple(s for key, s in kept.items() if key not in doubted), problems


def _statistic(row: Row, series: dict[str, Series], areas: set[str]) -> Statistic | Problem:
    v = row.values
    of = series.get(str(v["series"]))
    if of is None:
        return _problem(row, "series", "names no row", "a code of series")
    if v["area"] not in areas:
        return _problem(row, "area", "names no row", "a code of areas")
    try:
        when = period(str(v["period"]))
    except ValueError:
        return _problem(row, "period", "not what is expected", EXPECTED)
    unit = "%" if v["measure"] in _PER_CENT else of.unit
    if factor(str(v["unit"]), unit) is None:
        return _problem(row, "unit", f"can't be converted into {unit}", convertible(unit))
    if str(v["step"]) and float(str(v["step"])) <= 0:
        return _problem(row, "step", "not what is expected", "more than 0")
    value = Decimal(str(v["value"]))
    return Statistic(
        row.number, of.code, str(v["area"]), when, str(v["measure"]), float(value), str(v["unit"]), float(str(v["step"]) or last_place(value)),
        str(v["status"]), str(v["basis"]), str(v["purpose"]) or of.purpose, str(v["grade"]), str(v["source"]), str(v["note"]),
    )  # fmt: skip


def last_place(value: Decimal) -> Decimal:
    """The last place of a number as it is written: 0.1 of 244.0, 1 of 206."""
    return Decimal(1).scaleb(int(value.as_tuple().exponent))


def _in(s: Statistic, unit: str) -> tuple[float, float]:
    """Value and step in another unit of the same dimension."""
    return converted(s.value, s.unit, unit), converted(s.step, s.unit, unit)


def _problem(row: Row, column: str, reason: str, expected: str) -> Problem:
    return Problem(f"{FILE}.csv", row.number, column, str(row.values[column])[:60] or None, reason, expected)


def _fixed(values: list[float] | list[int], kind: type) -> NDArray:
    out: NDArray = np.array(values, kind)
    out.flags.writeable = False
    return out
