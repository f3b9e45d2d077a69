"""Rules of protected periods (重要时点、重大活动安保): extra checks, areas closed to acceptance, and the daily zero report.

A line of the register ``protected_periods`` is an obligation beside those of the province: it goes through the same tables, so that whom it binds and
when a place was left means here what it means there. The cubes of checks go on to say what the law owes anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from yilu.items.clock import owed, statuses_of
from yilu.items.rules import Rules, packed
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network
from yilu.network.local_time import local_time
from yilu.network.rules import CHECKS
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import EVIDENCE, Evidence, evidence, joined
from yilu.supervision.rules.lives import CONTAINER_CLASS, NOT_JUDGED, Lives
from yilu.supervision.rules.of_items import leaving

MEASURES: tuple[str, ...] = (*CHECKS, "closed")
"""What a line asks of items, by number: the checks as the obligations number them, and that none be accepted."""
_CLOSED = MEASURES.index("closed")
_MISSING = 3
_HOUR = 3600
_NONE: Evidence = np.empty(0, EVIDENCE)


@dataclass(frozen=True)
class Regime:
    """What lines ask of the items of one operator (0: of all): the rules of the fold with these lines in place of the province's obligations."""

    operator: int
    rules: Rules
    packed: NDArray[np.uint32]


@dataclass(frozen=True)
class Reporting:
    """Zero reports are owed from ``since`` until ``until`` (UTC seconds), by one operator or by all (0)."""

    period: str
    since: int
    until: int
    operator: int = 0


@dataclass(frozen=True)
class Protection:
    """The protected periods of a province. ``received``: when the first report of (period, operator, local day since 1970) came, UTC seconds."""

    regimes: tuple[Regime, ...] = ()
    reporting: tuple[Reporting, ...] = ()
    received: dict[tuple[str, int, int], int] = field(default_factory=dict)


def protection_of(network: Network, rules: Rules, periods: pa.Table, reports: pa.Table) -> Protection:
    """The registers ``protected_periods`` and ``zero_reports`` (``feeds.load``) as rules take them; lines of areas that the province doesn't have ask nothing."""
    lines = [r for r in periods.to_pylist() if r["status"] == "declared"]
    known = network.areas.index_of_code
    asked = [r for r in lines if r["measure"] in MEASURES and (not r["area"] or r["area"] in known)]
    operators = sorted({r["operator"] or 0 for r in asked})
    regimes = tuple(_regime(network, rules, o, [r for r in asked if (r["operator"] or 0) == o]) for o in operators)
    reporting = tuple(
        Reporting(r["period"], r["protected_from"], r["protected_to"], r["operator"] or 0)
        for r in lines
        if r["measure"] == "zero_report"
    )
    received: dict[tuple[str, int, int], int] = {}
    for r in reports.to_pylist():
        if r["status"] == "received":
            received[r["period"], r["operator"], (r["day"] - date(1970, 1, 1)).days] = r["reported_at"]
    return Protection(regimes, reporting, received)


def _regime(network: Network, rules: Rules, operator: int, lines: list[dict]) -> Regime:
    """The lines as obligations. Where two name one check, the stricter place decides: obligations are asked in order, and the last that fits holds."""
    ordered = sorted(lines, key=lambda r: (r["latest_place"] != "processing", r["line"]))
    everywhere = np.ones(len(network.area_inside), np.bool_)
    within = [network.under(r["area"]) if r["area"] else everywhere for r in ordered]
    at_origin = [r["side"] == "accepted" for r in ordered]
    changed = rules._replace(
        owed_check=np.array([MEASURES.index(r["measure"]) for r in ordered], np.int64),
        owed_from=np.array([r["protected_from"] for r in ordered], np.int64),
        owed_until=np.array([r["protected_to"] for r in ordered], np.int64),
        owed_class=np.array([ITEM_CLASSES[r["item_class"]] if r["item_class"] else 0 for r in ordered], np.int64),
        owed_sender=np.array([SENDER_KINDS[r["sender_kind"]] if r["sender_kind"] else 0 for r in ordered], np.int64),
        owed_origin=np.array([w if o else everywhere for w, o in zip(within, at_origin, strict=True)], np.bool_),
        owed_destination=np.array([everywhere if o else w for w, o in zip(within, at_origin, strict=True)], np.bool_),
        owed=np.ones(len(ordered), np.bool_),
        owed_processing=np.array([r["latest_place"] == "processing" for r in ordered], np.bool_),
    )
    return Regime(operator, changed, packed(changed))


@njit(cache=True, nogil=True)
def _asked(rows, rules, operator, closed, status, processing):
    """For each state (n,): whether it was accepted while closed; status and latest place of the checks that lines ask for, (3, n)."""
    for i in range(len(rows)):
        row = rows[i]
        found, at_site = 0, 0
        if row["last"] != 0 and (operator == 0 or row["operator"] == operator):
            found, at_site = owed(row, rules)
        closed[i] = bool(found >> _CLOSED & 1)
        status[0, i], status[1, i], status[2, i] = statuses_of(row, found, at_site)
        for check in range(3):
            processing[check, i] = bool(at_site >> check & 1)


def asked(rows: NDArray[np.void], regime: Regime) -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.bool_]]:
    """(accepted while closed (n,), statuses of the checks asked for (3, n), whether their latest place is the processing site (3, n))."""
    n = len(rows)
    closed, status, processing = np.empty(n, np.bool_), np.empty((3, n), np.uint8), np.empty((3, n), np.bool_)
    _asked(rows, regime.packed, regime.operator, closed, status, processing)
    return closed, status, processing


def candidates(rows: NDArray[np.void], protection: Protection) -> NDArray[np.bool_]:
    """Which states (n,) a rule of protected periods may speak of."""
    found = np.zeros(len(rows), np.bool_)
    for regime in protection.regimes:
        closed, status, _ = asked(rows, regime)
        found |= closed | (status >= _MISSING).any(axis=0)
    found &= (rows["flags"] & NOT_JUDGED) == 0
    return np.asarray(found & ((rows["classes"] & 15) < CONTAINER_CLASS))


def of_items(lives: Lives, protection: Protection, catalogue: Catalogue) -> Evidence:
    """Extra checks that had not been made when their latest place was left, and items accepted while that was forbidden.

    A check that the province's obligations say missing, or made after leaving, is theirs to tell of. An item has one piece of evidence
    for each place and second at which it left checks behind.
    """
    found = [_NONE]
    rows = lives.told.rows
    for regime in protection.regimes:
        closed, status, processing = asked(rows, regime)
        under = replace(lives, processing=processing)
        for number in range(len(CHECKS)):
            extra = lives.judged & (status[number] >= _MISSING) & (lives.status[number] < _MISSING)
            items = np.flatnonzero(extra)
            when, where = leaving(under, regime.rules, number)
            found.append(lives.of_items(catalogue.number("protected_check_missing"), items, where[items], when[items]))
        items = np.flatnonzero(lives.judged & closed)
        start = rows["start"][items]
        accepted = ((start >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
        place = (start & np.uint64(0x7FFFFF)).astype(np.int64)
        found.append(lives.of_items(catalogue.number("protected_acceptance"), items, place, accepted))
    return joined(found)


def zero_reports(scans: pa.Table, network: Network, protection: Protection, now: int, catalogue: Catalogue) -> Evidence:
    """Operators whose report of a day had not come at its hour; ended by one that came later. ``now``: the latest second that the store tells of; ``scans``: cells of the cube of that name."""
    found = [_NONE]
    for day in owed_days(scans, network, protection, now, catalogue["zero_report_hour"]):
        late = (day.came == 0) | (day.came > day.by)
        found.append(evidence(catalogue.number("zero_report_missing"), np.zeros(int(late.sum()), np.uint64), 0, day.operators[late], 0, day.by, day.came[late]))  # fmt: skip
    return joined(found)


@dataclass(frozen=True)
class OwedDay:
    """Zero reports that are owed of one local ``day`` (since 1970) of a period, ``by`` when (UTC seconds): operators (k,), and when each one's report came (k,), 0 not yet."""

    period: str
    day: int
    by: int
    operators: NDArray[np.int64]
    came: NDArray[np.int64]


def owed_days(scans: pa.Table, network: Network, protection: Protection, now: int, hour_of_day: int) -> list[OwedDay]:
    """Days on which zero reports are owed.

    A day is reported on where its hour lies in the period and before ``now``. Where no operator is named, those owe a report of
    whose items anything was scanned in the province before that hour.
    """
    if not protection.reporting:
        return []
    clock = local_time(network.time_zone)
    hour, facility, operator = (
        np.asarray(scans.column(n).to_numpy(), np.int64) for n in ("hour", "facility", "operator")
    )
    known = np.where(facility < len(network.facility_area), facility, 0)
    inside = network.area_inside[network.facility_area[known]] & (operator > 0)
    operators, row = np.unique(operator[inside], return_inverse=True)
    since = np.full(len(operators), np.iinfo(np.int64).max)
    np.minimum.at(since, row, hour[inside] * _HOUR)
    found = []
    for owes in protection.reporting:
        first, last = network.local_day(np.array([owes.since, min(owes.until, now)]))
        for day in range(int(first), int(last) + 1):
            by = int(clock.utc(day * 24 * _HOUR + hour_of_day * _HOUR))
            if not owes.since <= by < owes.until or by > now:
                continue
            who = np.array([owes.operator]) if owes.operator else operators[since < by]
            came = np.array([protection.received.get((owes.period, int(o), day), 0) for o in who], np.int64)
            found.append(OwedDay(owes.period, day, by, who, came))
    return found
