"""How values are written on screens, in the reader's language; and how they stand in JSON and CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

import numpy as np
from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yilu.console.facts import newest
from yilu.console.languages import EN
from yilu.console.pages.naming import grades

register = template.Library()


def in_zh() -> bool:
    """Whether the reader reads Chinese."""
    return get_language() != EN


@register.filter
def said(pair: Any) -> str:
    """One of a (Chinese, English) pair, or a text as it is."""
    if isinstance(pair, tuple) and len(pair) >= 2:
        return str(pair[0 if in_zh() else 1])
    return str(pair)


@lru_cache(maxsize=1)
def _zone() -> ZoneInfo:
    return ZoneInfo(newest().facts.network.time_zone)


def local(seconds: int) -> datetime:
    """The province's local time of a second, UTC."""
    return datetime.fromtimestamp(seconds, _zone())


def _at(value: Any) -> datetime:
    """A moment, as such or in seconds, UTC, in the province's local time."""
    return value.astimezone(_zone()) if isinstance(value, datetime) else local(int(value))


def day_in_both(day: date) -> tuple[str, str]:
    """A day in both languages, with its year where that isn't this one."""
    zh, en = _day_of_year(day)
    return (zh, en) if day.year == datetime.now(_zone()).year else (f"{day.year}-{zh}", f"{en} {day.year}")


def _day_of_year(day: date) -> tuple[str, str]:
    return day.strftime("%m-%d"), f"{day.day} {day:%b}"


def time_in_both(value: Any) -> tuple[str, str]:
    """A moment of seconds, UTC, in both languages: the province's local time."""
    at = _at(value)
    zh, en = day_in_both(at)
    return f"{zh} {at:%H:%M}", f"{en} {at:%H:%M}"


def _time(value: Any) -> str:
    return said(time_in_both(value)) if value else "–"


def _tick(value: Any) -> str:
    """A moment on an axis, where hours lie too close together for a year beside each."""
    at = _at(value)
    return f"{said(_day_of_year(at))} {at:%H:%M}"


def _day(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return np.datetime64(int(value), "D").astype(str) if isinstance(value, int | np.integer) else str(value)


def _count(value: Any) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _short(value: Any) -> str:
    """A large number in units that people say: 万 and 亿, or thousand, M and bn."""
    if value is None:
        return "–"
    for size, zh, en in ((1e8, "亿", None), (1e9, None, "bn"), (1e6, None, "M"), (1e4, "万", None)):
        unit = zh if in_zh() else en
        if unit and abs(value) >= size:
            return f"{value / size:,.2f} {unit}"
    return f"{value:,.0f}"


def _digits(value: Any) -> str:
    """A figure of whatever size, with the digits that mean something: of thousands one after the point at most, of ten thousands none, else two."""
    if value is None:
        return "–"
    places = 2 if abs(value) < 1000 else 1 if abs(value) < 10_000 else 0
    text = f"{value:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if places else text
    return "0" if text == "-0" else text


def _second(value: Any) -> str:
    """A moment with its year and second."""
    if not value:
        return "–"
    at = _at(value)
    return at.strftime("%Y-%m-%d %H:%M:%S")


FORMS: dict[str, Callable[[Any], str]] = {
    "text": lambda v: "–" if v is None else said(v) or "–",
    "count": _count,
    "short": _short,
    "percent": lambda v: "–" if v is None else f"{100 * v:.1f} %",
    "share": lambda v: "–" if v is None else f"{100 * (min(v, 0.999) if v < 1 else v):.1f} %",
    "gap": lambda v: "–" if v is None else f"{100 * v:.2f} %",
    "fine": lambda v: "–" if v is None else f"{v:,.3f}",
    "digits": _digits,
    "number": lambda v: "–" if v is None else f"{v:,.2f}",
    "hours": lambda v: "–" if v is None else f"{v:,.1f}",
    "grade": lambda v: said(grades(v)) or "–",
    "yes": lambda v: "–" if v is None else _("是") if v else _("否"),
    "time": _time,
    "tick": _tick,
    "second": _second,
    "told": lambda v: _second(v) if isinstance(v, datetime) else "–" if v is None or v == "" else said(v),
    "day": _day,
}
"""Forms of a column; of a ``share`` 100 % stands only where nothing is lacking."""


@register.filter
def formed(value: Any, form: str) -> str:
    """A value in a form of ``FORMS``."""
    return FORMS[form](value)


@register.filter
def get(row: Any, name: str) -> Any:
    """An entry of a row."""
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)


@register.filter
def typed_time(at: datetime | None) -> str:
    """A local moment as a field of a form takes it; "" for none."""
    return at.strftime("%Y-%m-%dT%H:%M") if at else ""


@register.filter
def items_of(rows: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """Entries by name: templates read ``rows.items`` as the entry of that name."""
    return list(rows.items())


@register.filter
def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


@register.filter
def rows_of(table: Any) -> SafeString:
    """The rows of a table as HTML: a page may hold a thousand cells, for which the language of templates takes too long."""
    out = []
    for row in table.shown:
        cells = []
        for c in table.columns:
            text = escape(formed(get(row, c.name), c.form))
            address = get(row, c.link) if c.link else None
            of = f"{c.form} brief" if _is_brief(text) else c.form
            cells.append(
                f'<td class="{of}">' + (f'<a href="{escape(address)}">{text}</a>' if address else text) + "</td>"
            )
        out.append(f"<tr>{''.join(cells)}</tr>")
    return mark_safe("".join(out))


_BRIEF, _BRIEF_WITH_BLANKS = 16, 11
"""Cells up to so wide, in Latin letters, are kept on one line: a word of four Chinese characters, or a figure and its unit, isn't torn because a long text stands beside it."""


def _is_brief(text: str) -> bool:
    """Whether a cell is one word, a few Chinese characters, or a figure with its unit."""
    width = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
    return width <= (_BRIEF_WITH_BLANKS if " " in text else _BRIEF)


@register.simple_tag(takes_context=True)
def filter_with(context: template.Context, **other: Any) -> str:
    """The page's filter as an address holds it, with something else in it."""
    query: str = context["ask"].filter.query(**other)
    return query


@register.inclusion_tag("console/table.html", takes_context=True)
def shown_table(context: template.Context, table: Any) -> dict[str, Any]:
    """A table with its CSV beside it."""
    screen, ask = context.get("screen"), context.get("ask")
    at = reverse(f"{screen.name}.csv", kwargs=dict(ask.given)) if screen else ""
    return {"table": table, "csv_at": at, "screen": screen, "query": context.get("query", "")}


@register.inclusion_tag("console/chart.html", takes_context=True)
def shown_chart(context: template.Context, chart: Any) -> dict[str, Any]:
    """A chart, with its table below it. A page that has one loads ``charts.js``."""
    screen, ask = context.get("screen"), context.get("ask")
    at = reverse(f"{screen.name}.csv", kwargs=dict(ask.given)) if screen else ""
    return {
        "chart": chart, "option": chart.option, "option_id": f"option-{chart.name}", "csv_at": at, "screen": screen, "query": context.get("query", ""),
    }  # fmt: skip


@register.filter
def script(value: Any, name: str) -> SafeString:
    """A value as JSON in the page, for its scripts to read."""
    return json_script(plain(value), name)


def plain(value: Any) -> Any:
    """A value as JSON and CSV hold it."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, str) for v in value):
        return said(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
