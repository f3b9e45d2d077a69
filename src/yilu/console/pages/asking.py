"""The filter of a page: it lives in the address, is read in one place, and holds on every page one goes to from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from yilu.errors import YiluError
from yilu.indicators import Period, catalogue
from yilu.network import Network

_MOST_DAYS = 3660
MOST_CHARACTERS = {"closed": 1000}
"""Of texts that may be longer than the others."""
_MOST_OTHERS = 100


class AddressError(YiluError):
    """An address asks for what can't be: ``key`` of its query, ``value``, ``expected``."""

    exit_code = 3

    def __init__(self, key: str, value: str, expected: str, expected_zh: str) -> None:
        super().__init__(
            f"{key}={value[:100]}: expected {expected}", zh=f"{key}={value[:100]}:应为{expected_zh}",
            next_step="correct the address, or leave it out", next_step_zh="改正地址,或去掉该项",
        )  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """Codes and days as the address holds them; empty: all. ``since``, ``until``: local days. ``side``: which end of an item the area is. ``by``: by what figures are told apart; ``measure``: which figure's
    items; ``to``: the other end's area; ``after``: behind which row a list goes on; ``section``, ``kind``, ``year``: of the plan and its evaluation. ``q``: searched text; ``page``: from 1. Of the timetable: ``day`` and ``hour`` or local time ``at`` of acceptance, ``place``: code of an area or
    a facility, ``mode``; ``closed``: what stops, ``scope:code`` parted by commas, ``add``: one more of these, for ``lasts`` hours from the local time ``begins`` on, or ``later`` by so many minutes instead. Of hub designs: which hubs (``system``), for which ``demand``,
    ``within`` how many hours, what being ``late`` means, the same of the design beside it (``other_…``), and ``seconds`` for each search."""

    area: str = ""
    operator: str = ""
    level: str = ""
    since: str = ""
    until: str = ""
    side: str = "origin"
    indicator: str = ""
    rule: str = ""
    severity: str = ""
    life: str = ""
    state: str = ""
    by: str = ""
    measure: str = ""
    to: str = ""
    after: str = ""
    section: str = ""
    kind: str = ""
    year: str = ""
    user: str = ""
    what: str = ""
    day: str = ""
    hour: str = ""
    at: str = ""
    place: str = ""
    mode: str = ""
    closed: str = ""
    add: str = ""
    begins: str = ""
    lasts: str = ""
    later: str = ""
    system: str = ""
    demand: str = ""
    within: str = ""
    late: str = ""
    other_system: str = ""
    other_demand: str = ""
    other_within: str = ""
    other_late: str = ""
    seconds: str = ""
    q: str = ""
    page: int = 1

    def query(self, **other: Any) -> str:
        """The part of an address behind ``?`` that holds this filter, with something else in it."""
        changed = replace(self, **other)
        told = {f.name: getattr(changed, f.name) for f in fields(Filter)}
        standing = {f.name: f.default for f in fields(Filter)}
        return urlencode({k: v for k, v in told.items() if v != standing[k]})

    def period(self, latest: date, days: int = 7) -> Period:
        """The days asked for; where none are, the ``days`` that end with ``latest``."""
        last = date.fromisoformat(self.until) if self.until else latest
        first = date.fromisoformat(self.since) if self.since else last - timedelta(days=days - 1)
        return Period(min(first, last), last)


def is_whole(text: str, least: int, most: int, digits: int = 4) -> bool:
    """Whether a text of an address is a whole number between two, of so many digits at most."""
    return text.isascii() and text.isdigit() and len(text) <= digits and least <= int(text) <= most


def read(query: Mapping[str, str], network: Network) -> Filter:
    """The filter in an address. Raises AddressError for what can't be asked."""
    _known(query, "area", network.areas.index_of_code)
    _known(query, "to", network.areas.index_of_code)
    _known(query, "operator", network.operators.index_of_code)
    _known(query, "level", network.service_levels.index_of_code)
    _known(query, "side", {"origin": 1, "destination": 2})
    _known(query, "indicator", catalogue())
    days = []
    for name in ("since", "until"):
        if text := query.get(name, ""):
            try:
                days.append(date.fromisoformat(text))
            except ValueError:
                raise AddressError(name, text, "a day as 2025-11-11", "日期,如 2025-11-11") from None
    if len(days) == 2 and not timedelta(0) <= days[1] - days[0] <= timedelta(days=_MOST_DAYS):
        raise AddressError(
            "until",
            query["until"],
            f"a day from {days[0]} on, at most {_MOST_DAYS} days later",
            f"{days[0]} 起 {_MOST_DAYS} 天内的日期",
        )
    page = query.get("page", "1") or "1"
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= 100_000):
        raise AddressError("page", page, "a whole number from 1 to 100000", "1 至 100000 的整数")
    texts = {
        f.name: (query.get(f.name) or str(f.default))[: most_characters(f.name)]
        for f in fields(Filter)
        if f.name != "page"
    }
    return Filter(**texts, page=int(page))  # type: ignore[arg-type]


def most_characters(name: str) -> int:
    """How long a text of the filter may be."""
    return MOST_CHARACTERS.get(name, _MOST_OTHERS)


def _known(query: Mapping[str, str], name: str, codes: Mapping[str, Any]) -> None:
    value = query.get(name, "")
    if value and value not in codes:
        raise AddressError(name, value, f"a code of {name}", f"{name} 的代码")
