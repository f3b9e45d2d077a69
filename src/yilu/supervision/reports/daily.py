"""The duty officer's daily report (值班日报) as figures: what the document says, worked out once from one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow.compute as pc

from yilu.indicators import Scope, values
from yilu.indicators.cells import region_of
from yilu.indicators.parts import SUMS
from yilu.items import cubes, feeds
from yilu.items.kinds import BY_CODE
from yilu.items.reading import Snapshot
from yilu.network import Network
from yilu.network.province import LEVELS
from yilu.supervision.alerts import RESOLVED, Alert, alerts_of, silences_of
from yilu.supervision.reports.shift import Shift, days_known
from yilu.supervision.rules import judging
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.watermarks import watermarks_of

HEADLINES: tuple[str, ...] = (
    "accepted", "delivered", "in_flight", "days_in_flight", "on_time_rate", "on_time_rate_received", "rate_72h", "transit_median",
    "inspection_rate", "identification_rate", "screening_rate", "not_delivered_rate",
)  # fmt: skip
BY_CITY: tuple[str, ...] = ("accepted", "delivered", "on_time_rate_received", "days_in_flight")
BY_OPERATOR: tuple[str, ...] = (*BY_CITY, "checks_rate")
"""Indicators of the report: for the province, by city and region, by operator."""
DAY_BEFORE, WEEK_BEFORE = 1, 7
HOURLY: tuple[str, ...] = ("accept", "deliver")
"""Kinds of events that are counted by hour."""


@dataclass(frozen=True)
class Figure:
    """An indicator's value on the day, the day before, and the same weekday of the week before; None where there is none."""

    value: float | None
    day_before: float | None = None
    week_before: float | None = None


@dataclass(frozen=True)
class Group:
    """Figures by indicator of one area or operator (``id``); ``region``: the region (area id) of a city, else 0."""

    id: int
    figures: dict[str, Figure]
    region: int = 0


@dataclass(frozen=True)
class Feed:
    """A feed of scan events: its latest event, up to when it is complete, when it was last received (UTC seconds, 0 unknown); whether it has fallen silent."""

    name: str
    latest: int
    complete_to: int
    received: int
    silent: bool = False


@dataclass(frozen=True)
class ZeroReport:
    """A protected period's report of the day: its name in both languages, and whether something is to be reported, with how many alerts."""

    name_zh: str
    name_en: str
    alerts: int


@dataclass(frozen=True)
class Daily:
    """All that a daily report says. ``complete_to``: up to when every feed that still tells is complete (``watermarks``); ``alerts``: as they stood at the end of the shift.

    ``hours``: for each kind of ``HOURLY`` its events by local hour of the day (24,). ``cities``, ``regions``, ``operators``: groups in the order in
    which they are listed. ``silent``: operators that tell of nothing at the end of the shift.
    """

    shift: Shift
    commit: int
    as_of: int
    complete_to: int
    first_day: date
    headlines: dict[str, Figure]
    regions: tuple[Group, ...]
    cities: tuple[Group, ...]
    operators: tuple[Group, ...]
    hours: dict[str, tuple[int, ...]]
    alerts: tuple[Alert, ...]
    feeds: tuple[Feed, ...]
    silent: tuple[Alert, ...]
    zero_reports: tuple[ZeroReport, ...] = ()

    @property
    def provisional(self) -> bool:
        """Whether what feeds may still tell can change the day's figures, silent ones aside."""
        return self.complete_to < self.shift.midnight

    @property
    def without(self) -> tuple[Feed, ...]:
        """Silent feeds whose data of the day are not whole: the figures lack what these would have told."""
        return tuple(f for f in self.feeds if f.silent and f.complete_to < self.shift.midnight)

    def new(self, alert: Alert) -> bool:
        """Whether an alert began in the shift."""
        return self.shift.since <= alert.first < self.shift.until

    def ended(self, alert: Alert) -> bool:
        """Whether it resolved in the shift."""
        return alert.life == RESOLVED and self.shift.since <= alert.until < self.shift.until


def daily(
    snapshot: Snapshot,
    network: Network,
    catalogue: Catalogue,
    shift: Shift,
    lateness_s: int,
    zero_reports: tuple[ZeroReport, ...] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Daily:
    """The figures of a shift's report. ``lateness_s``: allowed lateness of feeds; ``progress``: of judging, (buckets done, of how many)."""
    judge = judging.judge_of(snapshot, network, catalogue)
    found = as_at(judging.judged(snapshot, judge, lateness_s, progress), shift.until)
    silences = silences_of(feeds.load(snapshot, "silences"))
    marks = watermarks_of(snapshot, catalogue, lateness_s)
    silent = marks.silent_names(snapshot.at.names)
    alerts = tuple(alerts_of(found, network, catalogue, silences, shift.until, silent)[0])
    known = days_known(snapshot)
    first = known[0] if known else shift.yesterday
    inside = network.area_inside
    cities = tuple(int(i) for i in network.areas.id if inside[i] and network.area_level[i] == LEVELS["city"])
    regions = tuple(int(i) for i in network.areas.id if inside[i] and network.area_level[i] == LEVELS["region"])
    by_area = _groups(snapshot, network, BY_CITY, shift, first, "area")
    by_region = _groups(snapshot, network, BY_CITY, shift, first, "region")
    by_operator = _groups(snapshot, network, BY_OPERATOR, shift, first, "operator")
    whole = _groups(snapshot, network, HEADLINES, shift, first, None)
    region = region_of(network)
    elsewhere = sorted(set(by_area) - set(cities))
    return Daily(
        shift=shift,
        commit=snapshot.at.commit,
        as_of=snapshot.as_of,
        complete_to=marks.complete_to,
        first_day=first,
        headlines=whole[0],
        regions=tuple(Group(i, by_region.get(i, _nothing(BY_CITY))) for i in regions),
        cities=tuple(Group(i, by_area.get(i, _nothing(BY_CITY)), int(region[i])) for i in (*cities, *elsewhere)),
        operators=tuple(Group(i, by_operator[i]) for i in sorted(by_operator, key=lambda i: _most(by_operator[i], i))),
        hours=hours_of(snapshot, network, shift),
        alerts=alerts,
        feeds=feeds_of(snapshot, lateness_s, frozenset(silent.values())),
        silent=tuple(a for a in alerts if a.rule == "silent_feed" and a.life != RESOLVED),
        zero_reports=zero_reports,
    )


def as_at(found: Evidence, moment: int) -> Evidence:
    """Evidence as it stood at a moment: what began later is left out, what ended later has not ended."""
    held = found[found["at"] < moment].copy()
    held["until"][held["until"] >= moment] = 0
    return held


def feeds_of(snapshot: Snapshot, lateness_s: int, silent: frozenset[str]) -> tuple[Feed, ...]:
    """The feeds of scan events, by name; ``silent``: names of those that have fallen silent."""
    complete = snapshot.watermarks(lateness_s)
    return tuple(
        Feed(name, latest, complete[name], snapshot.at.received.get(name, 0), name in silent)
        for name, latest in sorted(snapshot.at.watermarks.items())
    )


def hours_of(snapshot: Snapshot, network: Network, shift: Shift) -> dict[str, tuple[int, ...]]:
    """Events at facilities of the province by local hour (24,) of the shift's day of figures, for each kind of ``HOURLY``."""
    scans = snapshot.cells(cubes.BY_NAME["scans"])
    first, end = (network.local_time.midnight(d) for d in (shift.yesterday.isoformat(), shift.day.isoformat()))
    held = scans.filter(
        pc.and_(pc.greater_equal(scans["hour"], first // 3600), pc.less(scans["hour"], -(-end // 3600)))
    )
    hour, place, kind, count = (np.asarray(held[n].to_numpy(), np.int64) for n in ("hour", "facility", "kind", "count"))
    known = np.where(place < len(network.facility_area), place, 0)
    here = network.area_inside[network.facility_area[known]]
    out = {}
    for name in HOURLY:
        own = here & (kind == BY_CODE[name].id)
        sums = np.bincount(network.local_hour(hour[own] * 3600), weights=count[own], minlength=24)
        out[name] = tuple(int(n) for n in sums)
    return out


def _groups(
    snapshot: Snapshot, network: Network, ids: tuple[str, ...], shift: Shift, first: date, by: str | None
) -> dict[int, dict[str, Figure]]:
    """Figures by group (0 where there is none asked) and indicator; days before the store's ``first`` have none."""
    found: list[tuple[bool, dict[tuple[int, str], float | None]]] = []
    for back in (0, DAY_BEFORE, WEEK_BEFORE):
        period = shift.period(back)
        known = period.first >= first
        rows = values(snapshot, network, list(ids), period, Scope(), (by,) if by else ()) if known else []
        found.append((known, {(row[by] if by else 0, row["indicator"]): row["value"] for row in rows}))
    groups = sorted({g for _, one in found for g, _ in one} | (set() if by else {0}))

    def value(group: int, name: str, day: int) -> float | None:
        known, one = found[day]
        return one.get((group, name), 0 if known and name in SUMS else None)

    return {g: {n: Figure(*(value(g, n, day) for day in range(3))) for n in ids} for g in groups}


def _nothing(ids: tuple[str, ...]) -> dict[str, Figure]:
    return {name: Figure(None) for name in ids}


def _most(figures: dict[str, Figure], i: int) -> tuple[float, float, int]:
    return -(figures["accepted"].value or 0), -(figures["delivered"].value or 0), i
