"""Periods that statistics are told of, as text and as days.

``2021`` a year, ``2021H1`` a half, ``2021Q3`` a quarter, ``2021-07`` a month, ``2021-11-11`` a day; ``2022-01..2022-05`` from the first month to the end of
the last (1—5月累计), ``2023-04-29..2023-05-03`` days. A figure of a period is of the whole of it: what accumulates from January is written as a span.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

EXPECTED = "a period such as 2021, 2021H1, 2021Q3, 2021-07, 2022-01..2022-05 or 2021-11-11"
_FORM = re.compile(r"(?P<y>\d{4})(?:(?P<part>[HQ])(?P<n>[1-4])|-(?P<m>\d{2})(?:-(?P<d>\d{2}))?)?", re.ASCII)
_MONTHS = {"H": 6, "Q": 3}
_KINDS = {1: "month", 3: "quarter", 6: "half", 12: "year"}


@dataclass(frozen=True, order=True)
class Period:
    """``first`` and ``last`` day, both within; ``text`` as it was written."""

    first: date
    last: date
    text: str

    @property
    def kind(self) -> str:
        """year, half, quarter, month, months, day or days, by what it spans, however it was written."""
        if self.first == self.last:
            return "day"
        if self.first.day != 1 or self.last != _end(self.last.year, self.last.month):
            return "days"
        n, m = self.months, self.first.month
        return _KINDS[n] if n in _KINDS and (m - 1) % n == 0 else "months"

    @property
    def months(self) -> int:
        """Months that it touches."""
        return 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1

    @property
    def year_before(self) -> Period:
        """The same period one year earlier; 29 February becomes the 28th, or the last of a month stays so."""
        first, last = (_earlier(day, self.kind in ("day", "days")) for day in (self.first, self.last))
        return Period(first, last, re.sub(r"\d{4}(?=$|[HQ-]|\.)", lambda y: str(int(y[0]) - 1), self.text))


def period(text: str) -> Period:
    """The period that a text names. Raises ValueError where it names none."""
    begin, between, end = text.partition("..")
    one = _one(begin)
    other = _one(end) if between else one
    if between and (other[0] < one[0] or (len(begin) != len(end)) or len(begin) < 7):
        raise ValueError(text)
    return Period(one[0], other[1], text)


def _one(text: str) -> tuple[date, date]:
    found = _FORM.fullmatch(text)
    if found is None or not 1949 <= int(found["y"]) <= 2105:
        raise ValueError(text)
    year = int(found["y"])
    if found["part"]:
        span, n = _MONTHS[found["part"]], int(found["n"])
        if n * span > 12:
            raise ValueError(text)
        return date(year, (n - 1) * span + 1, 1), _end(year, n * span)
    if found["d"]:
        day = date(year, int(found["m"]), int(found["d"]))
        return day, day
    if found["m"]:
        return date(year, int(found["m"]), 1), _end(year, int(found["m"]))
    return date(year, 1, 1), date(year, 12, 31)


def _end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _earlier(day: date, of_days: bool) -> date:
    year, last = day.year - 1, day == _end(day.year, day.month)
    if last and not of_days:
        return _end(year, day.month)
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
