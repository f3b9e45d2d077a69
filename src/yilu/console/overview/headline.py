"""The figures that stand first: what flows, what is on its way, whether it is in time and checked, what alerts there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from yilu.console.pages.page import Column, Table, Text
from yilu.console.pages.writing import day_in_both, time_in_both
from yilu.console.seen import Seen
from yilu.indicators import Period, catalogue
from yilu.indicators.values import Scope as Cells
from yilu.items.answers import EVERYTHING
from yilu.supervision.rules.declared import SEVERITIES

Ints = NDArray[np.int64]

DAYS = 7
"""Days, up to the latest event's, over which rates are told."""
HOURS = 48
RATES_S = 5.0
WAIT_S = 0.5
"""A page waits so long for alerts; it comes without them rather than late, and the stream brings them."""
INDICATORS: tuple[str, ...] = ("accepted", "in_flight", "on_time_rate", "checks_rate")
FORM_OF_UNIT: dict[str, str] = {"items": "short", "share": "percent", "hours": "hours"}
"""How values of an indicator's unit are written; others as numbers."""


@dataclass(frozen=True)
class Figure:
    """One figure. ``form``: how it is written; ``note``: what it stands on; ``page``: of what stands behind it."""

    name: str
    title: Text
    value: float | None
    form: str
    note: Text = ""


def form_of(indicator: str) -> str:
    """How values of an indicator are written."""
    return FORM_OF_UNIT.get(catalogue()[indicator].unit, "number")


def latest(seen: Seen) -> date:
    """The latest local day on which anything was accepted in scope, none after the latest event's; today where nothing is known. Some items' last scans come weeks later."""
    told = seen.daily("origin", EVERYTHING, ("day",))
    if told is None or not len(told):
        return date.today()
    days = told.column("day").to_numpy(zero_copy_only=False)[told.column("accepted").to_numpy(zero_copy_only=False) > 0]
    last = min(int(days.max(initial=0)), int(seen.network.local_day(seen.as_of)))
    day: date = np.datetime64(last, "D").astype(date)
    return day if last else date.today()


def day_of(seen: Seen) -> date:
    """The local day of the latest event."""
    day: date = np.datetime64(int(seen.network.local_day(seen.as_of)), "D").astype(date)
    return day


def figures(seen: Seen) -> list[Figure]:
    """All of them; the value of what can't be told is None. Rates are told anew every few seconds at the most, alerts at once."""
    scope = seen.scope
    rates: list[Figure] = seen.of.of(
        ("headline", scope.role.id, scope.areas, scope.operator), lambda: _rates(seen), RATES_S
    )
    if not scope.role.supervision:
        return rates
    return [
        *rates,
        *(Figure(f"severity_{n}", SEVERITIES[n], count, "count", _("预警")) for n, count in severities(seen).items()),
    ]


def _rates(seen: Seen) -> list[Figure]:
    last = latest(seen)
    values = {
        r["indicator"]: r for r in seen.indicators(INDICATORS, Period(last - timedelta(days=DAYS - 1), last), Cells())
    }
    hours = throughput(seen)
    per_hour = hours[-2][1] if len(hours) > 1 else None
    hour, days, now = notes(seen, last, hours[-2][0] if len(hours) > 1 else 0)
    out = [Figure("per_minute", _("每分钟操作量"), None if per_hour is None else per_hour / 60, "short", hour)]
    for name in INDICATORS:
        one, row = catalogue()[name], values.get(name, {})
        note = now if name == "in_flight" else days
        out.append(Figure(name, (one.zh, one.en), row.get("value"), form_of(name), note))
    return out


def notes(seen: Seen, last: date, hour: int) -> tuple[Text, Text, Text]:
    """What figures stand on: of the last whole ``hour`` (UTC seconds), of ``DAYS`` days, and of their end. Where the last day is not that of the latest event, it is named."""
    if not hour or last == day_of(seen):
        return _("最近一个整小时"), _("近七日"), _("当前")
    (zh, en), (hour_zh, hour_en) = day_in_both(last), time_in_both(hour)
    return (f"{hour_zh} 起一小时", f"the hour from {hour_en}"), (f"至 {zh} 的七日", f"seven days to {en}"), (f"{zh} 日终", f"end of {en}")  # fmt: skip


def severities(seen: Seen) -> dict[int, int | None]:
    """Alerts that people are told of and that are not resolved, by severity, the gravest first; None where nothing is known yet."""
    found = seen.alerts(WAIT_S)
    counts: dict[int, int | None] = {n: None if found is None else 0 for n in sorted(SEVERITIES, reverse=True) if n}
    for a in found.alerts if found else ():
        if a.told and a.life != "resolved" and a.severity in counts:
            counts[a.severity] = (counts[a.severity] or 0) + 1
    return counts


def throughput(seen: Seen) -> list[tuple[int, int]]:
    """(hour as UTC seconds, events) of ``HOURS`` hours, hours without an event among them, up to the latest event or the end of the latest day, whichever is earlier; empty where
    there is nothing."""
    told = scans(seen)
    if told is None:
        return []
    _places, hour, events = told
    end = min(
        seen.as_of // 3600 + 1,
        -(-seen.network.local_time.midnight((latest(seen) + timedelta(days=1)).isoformat()) // 3600),
    )
    place = hour - (end - HOURS)
    recent = (place >= 0) & (place < HOURS)
    sums = np.bincount(place[recent], events[recent], HOURS)
    return [(3600 * (end - HOURS + i), int(n)) for i, n in enumerate(sums)]


def scans(seen: Seen) -> tuple[Ints, Ints, Ints] | None:
    """(facilities, hours since 1970 UTC, events) (n,) in scope; None where there are none."""
    by = ("hour", "facility", "operator") if seen.scope.operator_ids else ("hour", "facility")
    told = seen.scans(by)
    if told is None or not len(told):
        return None
    places, hours, events = (
        told.column(c).to_numpy(zero_copy_only=False).astype(np.int64) for c in ("facility", "hour", "events")
    )
    return places, hours, events


def table(told: list[Figure]) -> Table:
    """The figures as a table."""
    rows: list[dict[str, Any]] = [{"figure": f.title, "value": f.value, "note": f.note} for f in told]
    return Table(
        "headline",
        _("主要数字"),
        (Column("figure", _("指标")), Column("value", _("数值"), "number"), Column("note", _("说明"))),
        rows,
    )
