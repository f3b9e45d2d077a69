"""Periods of statistics: which text names which days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.plan.period import period


@pytest.mark.parametrize(
    ("text", "first", "last", "kind"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31), "year"),
        ("2021H2", date(2021, 7, 1), date(2021, 12, 31), "half"),
        ("2020Q1", date(2020, 1, 1), date(2020, 3, 31), "quarter"),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29), "month"),
        ("2022-01..2022-05", date(2022, 1, 1), date(2022, 5, 31), "months"),
        ("2021-01..2021-12", date(2021, 1, 1), date(2021, 12, 31), "year"),
        ("2023-04-29..2023-05-03", date(2023, 4, 29), date(2023, 5, 3), "days"),
        ("2021-11-11", date(2021, 11, 11), date(2021, 11, 11), "day"),
    ],
)
def test_what_a_text_names(text: str, first: date, last: date, kind: str) -> None:
    """First and last day, and the kind by what is spanned, however it is written."""
    found = period(text)
    assert (found.first, found.last, found.kind) == (first, last, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21",
        "2021Q5",
        "2021H3",
        "2021-13",
        "2021-02-30",
        "2021..2022",
        "2022-05..2022-01",
        "2022-01..2022",
        "2021 年",
        "２０２１",
        "2021-1",
    ],
)
def test_what_names_none(text: str) -> None:
    """A text that names no period, or names it the wrong way round, is refused."""
    with pytest.raises(ValueError):
        period(text)


@given(st.integers(1950, 2100), st.integers(1, 12))
def test_a_year_before(year: int, month: int) -> None:
    """The same month a year earlier is a month again, February of any length too, and the text names it."""
    before = period(f"{year}-{month:02}").year_before
    assert before.text == f"{year - 1}-{month:02}"
    assert (before.first, before.last) == (period(before.text).first, period(before.text).last)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2022", "2021"),
        ("2022H1", "2021H1"),
        ("2022-01..2022-05", "2021-01..2021-05"),
        ("2023-04-29..2023-05-03", "2022-04-29..2022-05-03"),
    ],
)
def test_a_year_before_of_every_form(text: str, before: str) -> None:
    """The text of the period a year earlier names its days."""
    found = period(text).year_before
    assert found.text == before and (found.first, found.last) == (period(before).first, period(before).last)
