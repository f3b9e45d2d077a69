"""Figures of an operator's feed, worked out of the cube of data quality and of its receipts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yilu.console.feeds.models import Receipt
from yilu.console.pages.page import Ask
from yilu.console.seen import Seen
from yilu.indicators import Period, catalogue
from yilu.indicators.periods import period_of
from yilu.indicators.quality import SCORE, WEIGHTS
from yilu.indicators.values import Scope as Cells
from yilu.items.cubes import QUALITY

GRADES: tuple[tuple[float, str, Promise], ...] = (
    (0.95, "A", _("优")), (0.85, "B", _("良")), (0.70, "C", _("中")), (0.0, "D", _("差")),
)  # fmt: skip
"""From which score on which grade (A: assumed)."""
MONTHS = 6
_LAGS: tuple[tuple[int, Promise], ...] = (
    (1, _("1 小时内")), (2, _("1–2 小时")), (6, _("2–6 小时")), (24, _("6–24 小时")), (1 << 30, _("24 小时以上")),
)  # fmt: skip
"""Classes of the time from happening to recording, by the hour they end before."""


@dataclass(frozen=True)
class Told:
    """What an operator told on the days of a period: distinct events, those that came in all, unmapped ones, shares, and the mean lag in hours."""

    events: int = 0
    received: int = 0
    unmapped: int = 0
    unknown_place: int = 0
    clock_ahead: int = 0
    refused: int = 0
    lag_h: float | None = None


def grade(score: float | None) -> tuple[str, Promise] | None:
    """The grade of a score."""
    return None if score is None else next((letter, name) for least, letter, name in GRADES if score >= least)


def told_by_operator(seen: Seen, period: Period) -> dict[int, Told]:
    """What each operator in scope told, by its id."""
    table = seen.told()
    if table is None:
        return {}
    first, last = period.days
    day, operator, measure, hours, count = (table.column(n).to_numpy().astype(np.int64) for n in ("day", "operator", "measure", "hours", "count"))  # fmt: skip
    inside = (day >= first) & (day <= last)
    found = {}
    for one in np.unique(operator[inside]).tolist():
        mine = inside & (operator == one)
        sums = {name: int(count[mine & (measure == number)].sum()) for name, (number, *_) in QUALITY.items()}
        events = mine & (measure == QUALITY["events"][0])
        n = sums["events"]
        lag = float((hours[events] * count[events]).sum() / n) if n else None
        found[one] = Told(n, sums["received"], sums["unmapped"], sums["unknown_place"], sums["clock_ahead"], sums["refused"], lag)  # fmt: skip
    return found


def lags(seen: Seen, operator: int, period: Period) -> list[tuple[Promise, int]]:
    """Events of an operator by how long after they happened they were recorded."""
    table = seen.told()
    counts = [0] * len(_LAGS)
    if table is not None:
        first, last = period.days
        columns = (table.column(n).to_numpy().astype(np.int64) for n in ("day", "operator", "measure", "hours", "count"))  # fmt: skip
        day, of, measure, hours, count = columns
        mine = (day >= first) & (day <= last) & (of == operator) & (measure == QUALITY["events"][0])
        number = np.searchsorted([h for h, _ in _LAGS], hours[mine], side="right")
        counts = np.bincount(number, count[mine], len(_LAGS)).astype(int).tolist()
    return [(name, n) for (_, name), n in zip(_LAGS, counts, strict=True)]


def by_hour(seen: Seen, operator: int, hours: int = 48) -> list[tuple[int, int]]:
    """(UTC second at which an hour begins, events of items in it) of the last hours of an operator."""
    table = seen.scans(("hour", "operator"))
    last = seen.as_of // 3600
    if table is None or not last:
        return []
    of, hour, count = (table.column(n).to_numpy().astype(np.int64) for n in ("operator", "hour", "events"))
    mine = (of == operator) & (hour > last - hours) & (hour <= last)
    sums = np.bincount(hour[mine] - (last - hours + 1), count[mine], hours).astype(int)
    return [(3600 * int(last - hours + 1 + i), int(n)) for i, n in enumerate(sums)]


def months_until(day: date, months: int = MONTHS) -> list[Period]:
    """The months up to the one of a day, which is last."""
    found = [period_of("month", day)]
    for _i in range(months - 1):
        found.append(period_of("month", found[-1].first - timedelta(days=1)))
    return found[::-1]


def scores(ask: Ask, period: Period) -> dict[int, float]:
    """The score of each operator's feed in scope in a period, by its id."""
    rows = ask.seen.indicators([SCORE], period, Cells(), ("operator",))
    return {int(r["operator"]): r["value"] for r in rows if r["value"] is not None}


def compliance(ask: Ask, operator: int) -> list[dict[str, Any]]:
    """The monthly score of an operator, with each of the indicators it is made of."""
    found = []
    for month in months_until(ask.seen.latest_day):
        rows = ask.seen.indicators([*WEIGHTS, SCORE], month, Cells(operators=(operator,)), ("operator",))
        values = {r["indicator"]: r["value"] for r in rows}
        if any(v is not None for v in values.values()):
            mark = grade(values.get(SCORE))
            found.append({"month": month.first.isoformat()[:7], **{n: values.get(n) for n in (*WEIGHTS, SCORE)}, "grade": mark[1] if mark else None})  # fmt: skip
    return found


def names() -> dict[str, tuple[str, str]]:
    """Names of the indicators of data quality."""
    known = catalogue()
    return {n: (known[n].zh, known[n].en) for n in (*WEIGHTS, SCORE)}


def unmapped(seen: Seen, operator: str, receipts: int = 500) -> dict[str, int]:
    """Source codes of an operator that nobody has mapped, of its latest receipts, the most frequent first."""
    found: Counter[str] = Counter()
    for codes in seen.records(Receipt).filter(operator=operator).values_list("unmapped", flat=True)[:receipts]:
        found.update(codes)
    return dict(found.most_common())


def refused_rows(seen: Seen, operator: str, receipts: int = 500) -> dict[str, int]:
    """Quarantined rows of an operator by reason, of its latest receipts."""
    found: Counter[str] = Counter()
    for by_reason in seen.records(Receipt).filter(operator=operator).values_list("reasons", flat=True)[:receipts]:
        found.update(by_reason)
    return dict(found.most_common())
