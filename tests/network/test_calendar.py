"""The calendar: a day's volume against an ordinary day's."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from province_folders import write_province

from yilu.network import Network, check, load

FOLDER = Path(__file__).parents[2] / "src" / "yilu" / "provinces" / "guangdong"
HEAD = {"code": "", "valid_from": "2020-01-01", "valid_to": "", "weekdays": "", "factor": "1", "alone": ""}


@pytest.fixture(scope="module")
def guangdong() -> Network:
    """The first province."""
    return load("guangdong")


def by_hand(day: date) -> float:
    """The factor as a reader of the file would find it, row by row."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    week, season, alone = 1.0, 1.0, False
    for row in csv.DictReader((FOLDER / "calendar.csv").open(encoding="utf-8")):
        if date.fromisoformat(row["valid_from"]) <= day and (
            not row["valid_to"] or day < date.fromisoformat(row["valid_to"])
        ):
            if names[day.weekday()] in row["weekdays"].split(";"):
                week = float(row["factor"])
            elif not row["weekdays"]:
                season, alone = float(row["factor"]), row["alone"] == "yes"
    return season if alone else week * season


def test_every_day_of_three_years_is_what_the_file_says(guangdong: Network) -> None:
    """Weekday times season, a day with its own figure alone: read again by another reader."""
    days = [date(2023, 1, 1) + timedelta(days=d) for d in range(4 * 365)]
    assert [guangdong.day_factor(d) for d in days] == [by_hand(d) for d in days]
    assert len({round(guangdong.day_factor(d), 6) for d in days}) > 30


def test_seasons_have_the_official_means(guangdong: Network) -> None:
    """Weekdays aside, the days of a season have the mean that the notice states: 1.4, 1.25, 1.178; a week has 7 days' worth."""

    def season(first: date, days: int) -> float:
        total = 0.0
        for day in (first + timedelta(days=d) for d in range(days)):
            alone = day in (date(2023, 11, 11), date(2024, 10, 22), date(2024, 11, 11), date(2025, 11, 11))
            total += guangdong.day_factor(day) / (1.0 if alone else guangdong.day_factor(ordinary(day)))
        return total / days

    def ordinary(day: date) -> date:
        return date(2025, 6, 2) + timedelta(days=day.weekday())

    assert np.isclose(season(date(2023, 11, 1), 11), 1.4, atol=1e-3)
    assert np.isclose(season(date(2024, 10, 21), 22), 1.25, atol=1e-3)
    assert np.isclose(season(date(2025, 10, 21), 22), 1.178, atol=1e-3)
    assert np.isclose(sum(guangdong.day_factor(date(2025, 6, 2) + timedelta(days=d)) for d in range(7)), 7)


def test_a_province_without_a_calendar_has_like_days(tmp_path: Path) -> None:
    """The table may be missing: every day is an ordinary one."""
    write_province(tmp_path / "p")
    assert load(tmp_path / "p").day_factor(date(2025, 11, 11)) == 1.0


def test_the_last_row_that_holds_decides(tmp_path: Path) -> None:
    """Later rows override earlier ones of their sort; the day a row ends is not in it; one row may name several weekdays."""
    rows = [
        {**HEAD, "code": "a", "weekdays": "sat;sun", "factor": "0.5"},
        {**HEAD, "code": "b", "weekdays": "sun", "factor": "0.25"},
        {**HEAD, "code": "c", "valid_from": "2025-06-01", "valid_to": "2025-06-08", "factor": "2"},
        {**HEAD, "code": "d", "valid_from": "2025-06-07", "valid_to": "2025-06-09", "factor": "3", "alone": "yes"},
    ]
    write_province(tmp_path / "p", calendar=rows)
    n = load(tmp_path / "p")
    week = [n.day_factor(date(2025, 6, d)) for d in (1, 2, 6, 7, 8, 9, 14, 15)]
    assert week == [0.5, 2.0, 2.0, 3.0, 3.0, 1.0, 0.5, 0.25]


@pytest.mark.parametrize(
    ("column", "value"),
    [("factor", "0"), ("factor", "21"), ("weekdays", "monday"), ("valid_to", "2019-01-01"), ("alone", "perhaps")],
)
def test_faulty_rows_are_named(tmp_path: Path, column: str, value: str) -> None:
    """A factor of nothing, a weekday that isn't one, a season that ends before it begins: file, row, column, value."""
    write_province(tmp_path / "p", calendar=[{**HEAD, "code": "a"}, {**HEAD, "code": "b", column: value}])
    problems = [(p.file, p.row, p.column, p.value) for p in check(tmp_path / "p")]
    assert problems == [("calendar.csv", 2, column, value)]
