"""The catalogue of indicators, and periods."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.both_languages import assert_both, assert_same_numbers
from yilu.errors import InputError
from yilu.indicators.declared import catalogue, parsed
from yilu.indicators.periods import SORTS, Period, before, period_of, year_before

GOOD = '[[indicator]]\n' + "".join(
    f'{k} = "{v}"\n'
    for k, v in {
        "id": "a", "zh": "甲", "en": "A", "unit": "items", "better": "up", "definition_zh": "甲", "definition_en": "A", "numerator": "甲",
        "denominator": "", "basis_zh": "甲", "basis_en": "A", "source": "s", "purpose": "both",
    }.items()
)  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('unit = "items"', 'unit = "pounds"', "indicator a, unit"),
        ('better = "up"', 'better = "sideways"', "indicator a, better"),
        ('purpose = "both"', 'purpose = "fun"', "indicator a, purpose"),
        ('zh = "甲"', 'zh = ""', "indicator a, zh"),
        ('en = "A"\n', "", "indicator a, en"),
        ('source = "s"', "source = 3", "indicator a, source"),
        ('source = "s"', 'source = "s"\nmore = "m"', "indicator a, more"),
        ("[[indicator]]", "other = 1\n[[indicator]]", "other"),
        ("[[indicator]]", "[[indicator", None),
    ],
)
def test_a_faulty_catalogue_is_named_with_its_key(old: str, new: str, key: str | None) -> None:
    """File, key, value and reason for all that can be wrong; the catalogue without the fault is read."""
    assert parsed(GOOD, "c.toml")["a"].unit == "items"
    assert old in GOOD
    with pytest.raises(InputError) as raised:
        parsed(GOOD.replace(old, new, 1), "c.toml")
    assert (raised.value.file, raised.value.column) == ("c.toml", key)


def test_two_indicators_of_one_id_are_refused() -> None:
    """An id names one indicator."""
    with pytest.raises(InputError, match="no other indicator"):
        parsed(GOOD + GOOD, "c.toml")


def test_every_indicator_is_told_in_both_languages() -> None:
    """Name, definition, basis and source of each indicator stand in Chinese and in English; sources with the same numbers of articles."""
    for one in catalogue().values():
        for pair in (
            (one.zh, one.en),
            (one.definition_zh, one.definition_en),
            (one.basis_zh, one.basis_en),
            one.source,
        ):
            assert_both(pair)
        assert_same_numbers(one.source)


def test_purposes_stay_apart() -> None:
    """What is for statistics alone serves no supervision, and the other way round."""
    only = parsed(GOOD.replace('"both"', '"statistics"'), "c.toml")["a"]
    assert only.serves("statistics") and not only.serves("supervision")
    assert all(i.serves("statistics") or i.serves("supervision") for i in catalogue().values())


days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@given(st.sampled_from(list(SORTS)), days)
def test_periods_follow_each_other(sort: str, day: date) -> None:
    """The day lies in its period, the day before its first lies in the period before, and nothing lies between."""
    period = period_of(sort, day)
    assert period.first <= day <= period.last
    assert before(sort, period).last == period.first - timedelta(days=1)
    assert period_of(sort, period.last) == period


@given(days, st.integers(0, 100))
def test_the_year_before_has_the_same_days(first: date, more: int) -> None:
    """Same month and day a year earlier; ends of months stay ends of months."""
    found = year_before(Period(first, first + timedelta(days=more)))
    assert found.first.year == first.year - 1 and found.first.month == first.month
    assert found.first.day == first.day or (first + timedelta(days=1)).day == 1 or (first.month, first.day) == (2, 29)


def test_a_month_against_the_same_month_of_the_year_before() -> None:
    """February of a leap year is held against the whole February before it."""
    assert year_before(period_of("month", date(2024, 2, 7))) == Period(date(2023, 2, 1), date(2023, 2, 28))
    assert year_before(period_of("month", date(2025, 2, 7))) == Period(date(2024, 2, 1), date(2024, 2, 29))
    with pytest.raises(ValueError, match="before it begins"):
        Period(date(2025, 1, 2), date(2025, 1, 1))
