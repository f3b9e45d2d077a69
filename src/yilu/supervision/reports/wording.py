"""How a report says things: names of places and operators, local times, and change in official phrasing (比上日增长…,提高…个百分点)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from yilu.documents.figures import NONE, amount, count, growth, points, share
from yilu.documents.model import Text, Words, both
from yilu.indicators.declared import UNITS, Indicator
from yilu.network import Network
from yilu.supervision.reports.daily import Figure

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = Text("一二三四五六日", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday")


class Names:
    """Names of the areas, facilities and operators of a province in both languages, and its local time; the year stands only where it is not ``year``."""

    def __init__(self, network: Network, year: int) -> None:
        self.province = Text(network.name_zh, network.name_en)
        self.area = _by_id(network.areas)
        self.facility = _by_id(network.facilities)
        self.operator = _by_id(network.operators)
        self._zone, self._year = ZoneInfo(network.time_zone), year

    def time(self, when: int) -> Text:
        """Local date and time of UTC seconds; a dash for 0."""
        if not when:
            return Text(NONE, NONE)
        at = datetime.fromtimestamp(when, self._zone)
        zh, en = (f"{at.year}年", f" {at.year}") if at.year != self._year else ("", "")
        return Text(f"{zh}{at.month}月{at.day}日 {at:%H:%M}", f"{at.day} {_MONTHS[at.month - 1][:3]}{en} {at:%H:%M}")

    def stamp(self, when: int) -> Text:
        """The same as it stands in a table: month and day in figures (GB/T 7408)."""
        if not when:
            return Text(NONE, NONE)
        at = datetime.fromtimestamp(when, self._zone)
        return Text(f"{at:%m-%d %H:%M}" if at.year == self._year else f"{at:%Y-%m-%d %H:%M}", self.time(when).en)


def _by_id(table: Any) -> dict[int, Text]:
    return {
        int(i): Text(str(zh) or str(code), str(en) or str(code))
        for i, zh, en, code in zip(table.id, table.name_zh, table.name_en, table.code, strict=True)
    }


def day(when: date) -> Text:
    """A day in words, with its weekday."""
    en = _WEEKDAYS.en.split()[when.weekday()]
    return Text(
        f"{when.year}年{when.month}月{when.day}日(星期{_WEEKDAYS.zh[when.weekday()]})",
        f"{en} {when.day} {_MONTHS[when.month - 1]} {when.year}",
    )


def short_day(when: date) -> Text:
    """A day of this year in words."""
    return Text(f"{when.month}月{when.day}日", f"{when.day} {_MONTHS[when.month - 1]}")


def shown(indicator: Indicator, value: float | None) -> str:
    """A value as its unit is shown."""
    of_unit: dict[str, Callable[[float | None], str]] = {"items": count, "share": share}
    return of_unit.get(indicator.unit, amount)(value)


def bare(indicator: Indicator, value: float | None) -> str:
    """A value beside which its unit stands."""
    return shown(indicator, value).removesuffix("%")


def with_unit(indicator: Indicator, value: float | None) -> Words:
    """A value with its unit, as it stands in a sentence."""
    text = shown(indicator, value)
    if value is None or indicator.unit == "share":
        return text
    zh, en = UNITS[indicator.unit]
    return Text(f"{text}{zh}", text if indicator.unit == "items" else f"{text} {en}")


def change(indicator: Indicator, now: float | None, then: float | None) -> Words:
    """Change as a cell of a table: of a share in percentage points, of all else in per cent."""
    return points(now, then) if indicator.unit == "share" else growth(now, then)


def bare_change(indicator: Indicator, now: float | None, then: float | None) -> str:
    """Change beside which its unit (%, 个百分点) stands."""
    told = change(indicator, now, then)
    return (told if isinstance(told, str) else told.zh).removesuffix("%").removesuffix("个百分点")


def change_in_words(indicator: Indicator, now: float | None, then: float | None) -> Text | None:
    """Change in official phrasing, None where it can't be said."""
    told = change(indicator, now, then)
    if told == NONE:
        return None
    zh, en = (told, told) if isinstance(told, str) else (told.zh, told.en)
    if indicator.unit == "share":
        return _moved(zh, en, ("提高", "up"), ("下降", "down"), ("持平", "unchanged"))
    return _moved(zh, en, ("增长", "up"), ("下降", "down"), ("持平", "unchanged"))


def _moved(zh: str, en: str, up: tuple[str, str], down: tuple[str, str], same: tuple[str, str]) -> Text:
    if zh[0] not in "+−":
        return Text(*same)
    way = up if zh[0] == "+" else down
    return Text(way[0] + zh[1:], f"{way[1]} {en[1:]}")


def capital(text: Text) -> Text:
    """A text that begins a sentence."""
    return Text(text.zh, text.en[:1].upper() + text.en[1:])


def sentence(indicator: Indicator, figure: Figure, zh: str, en: str) -> Text:
    """What an indicator came to and how it changed: ``zh``, ``en`` are what it is called in the sentence."""
    said = both("{zh}{value}", "{en} {value}", zh=zh, en=en, value=with_unit(indicator, figure.value))
    on_day = change_in_words(indicator, figure.value, figure.day_before)
    on_week = change_in_words(indicator, figure.value, figure.week_before)
    if on_day:
        said = both("{a},比上日{b}", "{a}, {b} on the day before", a=said, b=on_day)
    if on_week:
        said = both("{a},比上周同日{b}", "{a}, {b} on the same day of last week" if not on_day else "{a} and {b} on the same day of last week", a=said, b=on_week)  # fmt: skip
    return said


def zh_and_en(words: tuple[str, str]) -> Text:
    """A pair of names as words."""
    return Text(*words)
