"""How values are written on screens: digits, grades, moments and days, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tests.browser.crawl import kind_of
from yilu.console.items.pages import every_day
from yilu.console.pages.drawing import BARS, Drawn, chart
from yilu.console.pages.page import Column, Table
from yilu.console.pages.writing import FORMS, rows_of


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"), (0, "0"), (-0.001, "0"), (3.14, "3.14"), (5.3, "5.3"), (100, "100"), (468, "468"), (2401.5, "2,401.5"),
        (4500.0, "4,500"), (27523.62, "27,524"), (-1144.27, "-1,144.3"),
    ],
)  # fmt: skip
def test_figures_have_the_digits_that_mean_something(value: float | None, said: str) -> None:
    """A count of outlets has no hundredths, and a whole figure no zeros after the point."""
    assert FORMS["digits"](value) == said


def test_a_grade_says_what_it_means() -> None:
    """A letter alone would have to be looked up."""
    with translation.override("zh-hans"):
        assert (FORMS["grade"]("S"), FORMS["grade"]("")) == ("S 假设", "–")
    with translation.override("en"):
        assert FORMS["grade"]("S") == "S assumption"


def test_a_moment_of_another_year_says_so() -> None:
    """Who reads "27 Nov" on a 27th of November takes it for today: every moment has its year where that isn't this one."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    before = now.replace(year=now.year - 1, month=11, day=27, hour=21, minute=23)
    today = now.replace(month=11, day=27, hour=21, minute=23)
    with translation.override("zh-hans"):
        assert (FORMS["time"](before), FORMS["time"](today)) == (f"{now.year - 1}-11-27 21:23", "11-27 21:23")
    with translation.override("en"):
        assert (FORMS["time"](before), FORMS["time"](today)) == (f"27 Nov {now.year - 1} 21:23", "27 Nov 21:23")


def test_an_axis_of_hours_has_no_years_and_its_table_has() -> None:
    """Labels of an axis would lie on each other; the table below it is read as any other."""
    moment = 1_762_819_200  # 2025-11-11 08:00 in the province
    made = chart("c", "c", Column("at", "at", "time"), [moment], [Drawn("n", "n", [1], BARS)])
    with translation.override("zh-hans"):
        assert made.option["xAxis"]["data"] == ["11-11 08:00"]
        assert f'<td class="time">{FORMS["time"](moment)}</td>' in rows_of(made.table)


def test_the_first_label_of_many_bars_has_room() -> None:
    """48 bars are narrower than the hour below each: the first label began outside of the picture and was cut off."""
    few, many = (chart("c", "c", Column("at", "at"), list(range(n)), [Drawn("n", "n", [1] * n, BARS)]) for n in (4, 48))
    assert many.option["grid"]["left"] > few.option["grid"]["left"]


def test_short_cells_stay_on_one_line() -> None:
    """A word of four characters beside a long reason was torn after the third; what is long may wrap."""
    table = Table("t", "t", (Column("a", "a"),), [{"a": w} for w in ("无法评价", "3.1-01", "≥500 亿件", "not measurable", "centre_to_hub:SC-440100")])  # fmt: skip
    assert [" brief" in cell for cell in rows_of(table).split("</tr>")[:-1]] == [True, True, True, False, False]


def test_a_text_that_is_empty_in_both_languages_is_a_dash() -> None:
    """An empty cell looks as if something went missing."""
    assert (FORMS["text"](("", "")), FORMS["text"](""), FORMS["text"](("甲", "a"))) == ("–", "–", "甲")


def test_yes_and_no_are_words() -> None:
    """A mark of a record is no program's True."""
    with translation.override("zh-hans"):
        assert (FORMS["yes"](True), FORMS["yes"](False), FORMS["yes"](None)) == ("是", "否", "–")
    with translation.override("en"):
        assert {FORMS["yes"](True), FORMS["yes"](False)}.isdisjoint({"True", "False", "是", "否"})


def test_days_of_an_axis_are_in_order_and_complete() -> None:
    """Days come in any order and with gaps; the axis has each once, so that a step is a day."""
    assert every_day(["2025-11-30", "2025-11-28", "2025-12-02"]) == ["2025-11-28", "2025-11-29", "2025-11-30", "2025-12-01", "2025-12-02"]  # fmt: skip
    assert every_day([]) == []


@pytest.mark.parametrize(("form", "whole"), [("count", True), ("short", True), ("hours", False)])
def test_an_axis_of_counts_has_no_lines_between_whole_numbers(form: str, whole: bool) -> None:
    """One event an hour doesn't stand on lines of 0.3."""
    made = chart("c", "c", Column("at", "at"), ["a"], [Drawn("n", "n", [1], BARS)], form)
    assert (made.option["yAxis"].get("minInterval") == 1) is whole


def test_targets_of_the_plan_are_pages_of_one_kind() -> None:
    """The crawl would else spend its pages on forty targets and not come to the rest."""
    assert kind_of("/plan/targets/lockers/") == kind_of("/plan/targets/accident_rate/") != kind_of("/plan/tasks/")
