"""A month as weeks of days, and which lines of protected periods hold on each."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

MEASURES: dict[str, tuple[tuple[str, str], str, str]] = {
    "inspect": (("验", "I"), "加做收寄验视", "extra inspection of contents"),
    "identify": (("实", "ID"), "加做实名收寄", "extra identification of senders"),
    "screen": (("检", "X"), "加做过机安检", "extra X-ray screening"),
    "closed": (("停", "–"), "停止收寄", "no acceptance"),
    "zero_report": (("零", "0"), "每日零报告", "daily zero report"),
    "tightened": (("严", "!"), "预警加严", "rules tightened"),
}
"""Measures: a sign for the calendar in both languages, Chinese and English name. The last is the province's own (rules.toml)."""


@dataclass(frozen=True)
class Held:
    """A line of a period as the calendar shows it: local days it touches, inclusive; area code and class of item ("" any), operator code ("" all)."""

    line: str
    period: str
    zh: str
    en: str
    first: date
    last: date
    measure: str
    side: str
    area: str
    item_class: str
    sender_kind: str
    operator: str
    latest_place: str
    since: int
    until: int
    commit: int


@dataclass(frozen=True)
class Day:
    """A day of the calendar: whether it lies in the month, and what holds on it."""

    day: date
    inside: bool
    held: tuple[Held, ...]


def weeks(year: int, month: int, lines: Iterable[Held]) -> list[list[Day]]:
    """The month's weeks from Monday to Sunday."""
    known = list(lines)
    return [
        [Day(d, d.month == month, tuple(h for h in known if h.first <= d <= h.last)) for d in week]
        for week in calendar.Calendar().monthdatescalendar(year, month)
    ]


def beside(day: date) -> tuple[date, date]:
    """The first days of the months before and after that of ``day``."""
    first = day.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(day=1)
