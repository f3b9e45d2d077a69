"""Statistics by area: whoever puts all questions that there are can't work out a withheld cell from the answers.

Every figure that is given is a sum over atoms (operator, city, level, day). What all answers together tell is the space that these sums span; a withheld
cell is given away where its own sum lies in it. That is asked of numpy, not of the code that withholds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, combinations, product
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.console.access.withholding import months, published
from yilu.indicators import Period, Purpose
from yilu.indicators.values import Scope as Cells
from yilu.indicators.withholding import withheld
from yilu.network import LEVELS, Network

CITIES, OPERATORS, LEVEL_IDS = (1, 2, 3, 4), (1, 2, 3, 4), (1, 2)
FIRST = date(2025, 10, 30)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(5))
"""Two days of October, three of November."""
PROVINCE = cast(
    Network,
    SimpleNamespace(area_level=np.array([0, *[LEVELS["city"]] * 4]), area_inside=np.array([False, *[True] * 4])),
)
ATOMS = list(product(OPERATORS, CITIES, LEVEL_IDS, range(len(DAYS))))
STATISTICS = Purpose("statistics", 3)

Table = np.ndarray
Row = dict[str, Any]


def rows_of(counts: Table, period: Period, cells: Cells, by: tuple[str, ...]) -> list[Row]:
    """What indicators tell for statistics, with the atoms that each row adds up."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for i, (operator, city, level, day) in enumerate(ATOMS):
        in_scope = (not cells.areas or city in cells.areas) and (not cells.operators or operator in cells.operators)
        if in_scope and (not cells.levels or level in cells.levels) and period.first <= DAYS[day] <= period.last:
            at = {"operator": operator, "area": city, "level": level, "day": DAYS[day].isoformat()}
            groups.setdefault(tuple(at[g] for g in by), []).append(i)
    rows = []
    for key, atoms in sorted(groups.items()):
        amount = int(counts[atoms].sum())
        firms = len({ATOMS[i][0] for i in atoms if counts[i]})
        row = {"indicator": "accepted", **dict(zip(by, key, strict=True)), "value": amount, "numerator": amount, "denominator": None, "basis": "items", "error": 0.0, "left_out": 0, "firms": firms, "atoms": tuple(atoms)}  # fmt: skip
        if amount:
            rows.append(row)
    return withheld(rows, STATISTICS, by, bool(cells.areas))


def questions() -> Iterator[tuple[Period, Cells, tuple[str, ...]]]:
    """All of them: any days, any cities, one operator or all, one level or all, told apart by anything."""
    some = list(chain.from_iterable(combinations(CITIES, n) for n in range(len(CITIES) + 1)))
    spans = [(a, b) for a in range(len(DAYS)) for b in range(a, len(DAYS))]
    bys = [(), ("area",), ("operator",), ("level",), ("day",), ("area", "day"), ("area", "operator"), ("area", "level")]
    for (a, b), areas, operators, levels, by in product(spans, some, ((), (1,)), ((), (1,)), bys):
        yield Period(DAYS[a], DAYS[b]), Cells(areas, operators, levels), by


def told(counts: Table) -> tuple[np.ndarray, set[tuple[int, ...]]]:
    """The sums that are given, as vectors over the atoms (n, atoms), and the atoms of the cells by city and month that are withheld."""
    given_sums: set[tuple[int, ...]] = set()
    hidden: set[tuple[int, ...]] = set()
    for period, cells, by in questions():
        rows = published(lambda p, c, b: rows_of(counts, p, c, b), PROVINCE, period, cells, by)
        for row in rows:
            shown = [row[n] for n in ("value", "numerator", "firms") if row[n] is not None]
            assert bool(shown) != row["withheld"]
            if shown:
                given_sums.add(row["atoms"])
            elif by == ("area",) and not (cells.operators or cells.levels):
                hidden.add(row["atoms"])
    return np.array([np.isin(np.arange(len(ATOMS)), atoms) for atoms in given_sums], np.float64), hidden


counts_of = st.lists(st.sampled_from([0, 0, 0, 1, 5]), min_size=len(ATOMS), max_size=len(ATOMS)).map(np.array)


def thin(counts: Table) -> Table:
    """With a city in which two firms alone work in November."""
    return np.array([0 if city == 2 and day > 1 and operator > 2 else n for n, (operator, city, _, day) in zip(counts, ATOMS, strict=True)])  # fmt: skip


@settings(max_examples=6)
@given(counts_of.map(thin))
def test_no_answers_give_a_withheld_cell_away(counts: Table) -> None:
    """Totals, other days, single cities and levels, put together in any way, don't tell what a city's withheld month holds."""
    sums, hidden = told(counts)
    rank = np.linalg.matrix_rank(sums) if len(sums) else 0
    known = {atoms for atoms in hidden if any(counts[list(atoms)])}
    for atoms in known:
        if sum(1 for other in known if _month(other) == _month(atoms)) < 2:
            continue  # no other city has anything in that month: there is nothing to hide it behind
        cell = np.isin(np.arange(len(ATOMS)), atoms).astype(np.float64)
        assert np.linalg.matrix_rank(np.vstack([sums, cell])) > rank


def _month(atoms: tuple[int, ...]) -> int:
    return DAYS[ATOMS[atoms[0]][3]].month


def test_the_search_finds_what_is_given_away() -> None:
    """Were days published as they are asked for, the search would find the cell: it can fail."""
    counts = thin(np.full(len(ATOMS), 5))
    whole = np.ones(len(ATOMS))
    others = [np.array([city != 2 for _, city, _, _ in ATOMS], np.float64)]
    cell = np.array([city == 2 for _, city, _, _ in ATOMS], np.float64)
    sums = np.vstack([whole, *others])
    assert np.linalg.matrix_rank(np.vstack([sums, cell])) == np.linalg.matrix_rank(sums) and counts.any()


def test_a_city_that_another_is_hidden_behind_is_withheld_when_asked_for_alone() -> None:
    """What is withheld in the table of all cities is withheld on the page of that city too, by whatever way one comes to it."""
    counts = thin(np.full(len(ATOMS), 5))
    november = Period(date(2025, 11, 1), date(2025, 11, 30))
    ask = lambda p, c, b: rows_of(counts, p, c, b)  # noqa: E731
    table = {r["area"]: r["withheld"] for r in published(ask, PROVINCE, november, Cells(), ("area",))}
    assert table[2] and sum(table.values()) == 2
    for city, hidden in table.items():
        [alone] = published(ask, PROVINCE, Period(DAYS[3], DAYS[3]), Cells((city,)), ())
        assert alone["withheld"] == hidden


def test_months_are_whole() -> None:
    """Days that are asked for become the months that they lie in."""
    assert months(Period(date(2024, 2, 10), date(2024, 2, 11))) == Period(date(2024, 2, 1), date(2024, 2, 29))
