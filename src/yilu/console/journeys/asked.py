"""What an address asks of the timetable: a day, an hour or a time of acceptance, whose items, and a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, PLANNER, STAFF
from yilu.console.pages.asking import AddressError
from yilu.console.pages.naming import names_of
from yilu.console.pages.page import Ask, Page, Text
from yilu.console.pages.showing import BEING_MADE, address_of
from yilu.network.timetable_rules import timetable_rules

SEES = STAFF | {PLANNER, CARRIER}
"""Officers and planners of the administration, and carriers: a timetable is no statistic."""
_MOST_DAYS = 366
"""Days from the latest event's to the one asked for."""


@dataclass(frozen=True)
class Asked:
    """The local ``day`` of acceptance; ``operator``: code of whose items, "" for those of any; ``hour`` among ``hours``, those that the rules try, None for all of them."""

    day: date
    operator: str
    hours: tuple[int, ...]
    hour: int | None

    @property
    def at(self) -> int | None:
        """Place of the hour among the hours."""
        return None if self.hour is None else self.hours.index(self.hour)


def asked_of(ask: Ask) -> Asked:
    """What the address asks. Raises AddressError for a day too far off, and an hour at which acceptance isn't tried."""
    hours = tuple(int(h) for h in timetable_rules(ask.seen.network.folder)["promise"]["hours"])
    hour = ask.filter.hour
    if hour and hour not in map(str, hours):
        raise AddressError("hour", hour, f"one of {', '.join(map(str, hours))}", f"{'、'.join(map(str, hours))} 之一")
    operator = "" if ask.scope.operator else ask.filter.operator
    return Asked(_day(ask), operator, hours, int(hour) if hour else None)


def _day(ask: Ask) -> date:
    latest, text = ask.seen.latest_day, ask.filter.day
    if not text:
        return latest
    first, last = latest - timedelta(days=_MOST_DAYS), latest + timedelta(days=_MOST_DAYS)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not first <= day <= last:
        raise AddressError("day", text, f"a day from {first} to {last}", f"{first} 至 {last} 的日期")
    return day


def minute_of(key: str, text: str) -> int:
    """The minute of the day of a local time as 10:30. Raises AddressError, which names the key, for what isn't one."""
    hours, colon, minutes = text.partition(":")
    digits = all(part.isascii() and part.isdigit() and len(part) <= 2 for part in (hours, minutes))
    if not (colon and digits and int(hours) < 24 and int(minutes) < 60):
        raise AddressError(key, text, "a local time as 10:30", "当地时刻,如 10:30")
    return 60 * int(hours) + int(minutes)


def written(minute: int) -> str:
    """A minute of the day as 10:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def shared(ask: Ask, asked: Asked, page: str) -> dict[str, Any]:
    """What the forms of all pages of the timetable offer, and what they stand at."""
    names = names_of(ask.seen.network)
    operators = [] if ask.scope.operator_ids else [(c, names.of("operator", i)) for i, c in names.codes["operator"].items() if c]  # fmt: skip
    levels = [(c, names.of("level", i)) for i, c in names.codes["level"].items() if c]
    return {
        "day": asked.day, "operator": asked.operator, "hour": asked.hour, "_page": page, "_operators": operators, "_levels": levels,
        "_hours": [(h, f"{h:02d}:00") for h in asked.hours], "_in_flight": in_flight_address(ask),
    }  # fmt: skip


def in_flight_address(ask: Ask) -> str:
    """Where the same disruption is looked at for the items that are on their way now, from now on; "" where the role of who asks doesn't open it."""
    at, query = address_of("journeys.in_flight", ask.scope), ask.filter.query(day="", begins="", page=1)
    return f"{at}?{query}" if at and query else at


def made(ask: Ask, key: tuple[Any, ...], make: Callable[[], Any]) -> Any | None:
    """What is worked out for a page behind, None while it is."""
    return ask.seen.made(key, make)


_SAYS = _("正在计算,完成后自动显示。首次计算需编译程序,约一分钟;此后数秒。")


def pending(title: Text, more: dict[str, Any], says: Text = _SAYS) -> Page:
    """What is shown meanwhile: it looks again by itself."""
    return Page("journeys/pending", title, more={**more, "calculating": True, "says": says}, status=BEING_MADE)
