"""Periods of local days: day, week, month, quarter, year; the one before, and the same one of the year before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
SORTS: dict[str, tuple[str, str]] = {
    "day": ("日", "day"), "week": ("周", "week"), "month": ("月", "month"), "quarter": ("季", "quarter"), "year": ("年", "year"),
}  # fmt: skip
"""Sorts of periods; a week begins on Monday (GB/T 7408, ISO 8601)."""


@dataclass(frozen=True)
class Period:
    """Local days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period ends on {self.last} before it begins on {self.first}")

    @property
    def days(self) -> tuple[int, int]:
        """First and last day, counted from 1970-01-01."""
        return (self.first - EPOCH).days, (self.last - EPOCH).days

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


def period_of(sort: str, day: date) -> Period:
    """The period of that sort in which a day lies."""
    first = _first(sort, day)
    return Period(first, _next(sort, first) - timedelta(days=1))


def before(sort: str, period: Period) -> Period:
    """The period before (环比); of days that make no whole period, as many days before them."""
    if period == period_of(sort, period.first):
        return period_of(sort, period.first - timedelta(days=1))
    return Period(period.first - timedelta(days=period.length), period.first - timedelta(days=1))


def year_before(period: Period) -> Period:
    """The same days of the year before (同比); 29 February becomes the 28th, a month's last day stays its last."""
    return Period(_year_earlier(period.first), _year_earlier(period.last))


def _year_earlier(day: date) -> date:
    ends = (day + timedelta(days=1)).month != day.month
    if ends:
        return date(day.year - 1 + (day.month == 12), day.month % 12 + 1, 1) - timedelta(days=1)
    return date(day.year - 1, day.month, day.day)


def _first(sort: str, day: date) -> date:
    if sort == "week":
        return day - timedelta(days=day.weekday())
    if sort == "month":
        return day.replace(day=1)
    if sort == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return date(day.year, 1, 1) if sort == "year" else day


def _next(sort: str, first: date) -> date:
    if sort == "day":
        return first + timedelta(days=1)
    if sort == "week":
        return first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[sort]
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)
