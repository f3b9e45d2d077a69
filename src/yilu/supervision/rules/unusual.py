"""Hours in which a facility is much quieter or busier than its own calendar says (异常波动): unusual, and nothing more than that.

A window of hours is held against the same hours of the days before it, each over what its day has of an ordinary one. It is unusual where it lies beyond a share
of what is expected, and where a negative binomial with the spread of those days gives it almost no chance. Only what lay before is looked at,
so that a later day says nothing else of an earlier one. Why this and not another: docs/decisions/0004-unusual-hours.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import betainc, betaincc

from yilu.network import Network
from yilu.network.local_time import LocalTime, local_time
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import EVIDENCE, Evidence, evidence, joined
from yilu.supervision.rules.of_series import runs

_HOUR = 3600
CARRIED_D = 3
"""Days for which a facility still handles what was accepted on a day (A): a day's work has the calendar of its day and of these before it."""
_AT_ONCE = 32
"""Facilities looked at together, so that memory stays bounded."""
_SPREAD = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""
_NONE: Evidence = np.empty(0, EVIDENCE)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Events of facilities by local hour. ``facility`` (n,); ``count`` (n, days · 24); ``day``: first local day; ``hours``: how many hours, from the first on, are complete."""

    facility: NDArray[np.int64]
    count: Floats
    day: int
    hours: int


@dataclass(frozen=True)
class Usual:
    """What is expected of windows (n, w), low to high as the calendar may be read, and its spread: standard deviation over expectation, chance of counting aside."""

    low: Floats
    high: Floats
    spread: Floats


def unusual(scans: pa.Table, network: Network, watermark: int, catalogue: Catalogue) -> Evidence:
    """Facilities of the province, and from when until when they were unusually quiet or busy.

    ``scans``: cells of the cube of that name; ``watermark``: UTC seconds up to which the latest feed is complete. Evidence names no item and no operator.
    It begins with the end of the first unusual window and ends with the first hour whose window is not unusual.
    """
    clock = local_time(network.time_zone)
    series = series_of(scans, network, clock, watermark)
    if series is None:
        return _NONE
    days = series.count.shape[1] // 24
    if days <= catalogue["unusual_days"]:
        return _NONE
    levels = levels_of(np.array([network.day_factor(date(1970, 1, 1) + timedelta(days=series.day + d)) for d in range(-CARRIED_D, days)]))  # fmt: skip
    found = [
        _said(Series(series.facility[a : a + _AT_ONCE], series.count[a : a + _AT_ONCE], series.day, series.hours), levels, clock, catalogue)
        for a in range(0, len(series.facility), _AT_ONCE)
    ]  # fmt: skip
    return joined(found)


def series_of(scans: pa.Table, network: Network, clock: LocalTime, watermark: int) -> Series | None:
    """The facilities of the province that have events before the watermark, from the first day of any of them on; None where there are none."""
    hour, facility, count = (np.asarray(scans.column(n).to_numpy(), np.int64) for n in ("hour", "facility", "count"))
    known = np.where(facility < len(network.facility_area), facility, 0)
    told = network.area_inside[network.facility_area[known]] & (known > 0) & ((hour + 1) * _HOUR <= watermark)
    hour, facility, count = hour[told], facility[told], count[told]
    if not len(hour):
        return None
    local = (hour * _HOUR + clock.offset(hour * _HOUR)) // _HOUR
    end = watermark // _HOUR * _HOUR
    complete = int(end + clock.offset(end)) // _HOUR
    day = int(local.min()) // 24
    days = -(-complete // 24) - day
    places, row = np.unique(facility, return_inverse=True)
    cells = np.bincount(row * days * 24 + local - day * 24, weights=count, minlength=len(places) * days * 24)
    return Series(places, cells.astype(np.float64).reshape(len(places), days * 24), day, complete - day * 24)


def levels_of(factors: Floats) -> tuple[Floats, Floats, Floats]:
    """(least, mean, greatest) level of the calendar behind a day's work, (days,), from the factors of ``CARRIED_D`` days before them on."""
    behind = sliding_window_view(factors, CARRIED_D + 1)
    return behind.min(axis=1), behind.mean(axis=1), behind.max(axis=1)


def usual_of(windows: Floats, levels: tuple[Floats, Floats, Floats], history: int) -> Usual:
    """What is expected of windows (n, days, 24) from day ``history`` on: the median of the days before, over their levels. Shapes (n, days - history, 24)."""
    least, mean, greatest = levels
    ordinary = windows / mean[:, None]
    before = sliding_window_view(ordinary[:, :-1], history, axis=1)  # (n, days - history, 24, history)
    middle = np.median(before, axis=-1)
    apart = _SPREAD * np.median(np.abs(before - middle[..., None]), axis=-1)
    spread = np.divide(apart, middle, out=np.zeros_like(apart), where=middle > 0)
    spread = np.maximum(
        spread, np.median(spread, axis=2, keepdims=True)
    )  # two weeks tell little of one hour's spread: a quiet one has its day's
    return Usual(middle * least[history:, None], middle * greatest[history:, None], spread)


def chance(count: Floats, expected: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Probability of so few, and of so many events, under a negative binomial of this mean and variance ``mean + (spread · mean)²``."""
    size = 1 / np.maximum(spread, 1e-3) ** 2
    p = size / (size + np.maximum(expected, 1e-9))
    return betainc(size, count + 1, p), np.where(count > 0, betaincc(size, np.maximum(count, 1), p), 1.0)


def _said(series: Series, levels: tuple[Floats, Floats, Floats], clock: LocalTime, catalogue: Catalogue) -> Evidence:
    history, width = catalogue["unusual_days"], catalogue["unusual_hours"]
    n, hours = series.count.shape
    days = hours // 24
    sums = np.cumsum(np.pad(series.count, ((0, 0), (width, 0))), axis=1)
    windows = (sums[:, width:] - sums[:, :-width]).reshape(n, days, 24)  # each named by its last hour
    usual = usual_of(windows, levels, history)
    now = windows[:, history:]
    first = (series.count > 0).argmax(axis=1) // 24
    known = np.arange(history, days)[None, :] >= first[:, None] + CARRIED_D + history
    judged = np.broadcast_to(known[:, :, None], now.shape).reshape(n, -1) & (
        np.arange(history * 24, hours) < series.hours
    )
    rarely = 10.0 ** -catalogue["unusual_rarity"]
    few, _ = chance(now, usual.low, usual.spread)
    _, many = chance(now, usual.high, usual.spread)
    enough = usual.low >= catalogue["unusual_least"]
    flags = {
        "unusual_low": enough & (100 * now < catalogue["unusual_low_percent"] * usual.low) & (few < rarely),
        "unusual_high": enough & (100 * now > catalogue["unusual_high_percent"] * usual.high) & (many < rarely),
    }
    begins = (series.day + history) * 24
    found = []
    for rule, flag in flags.items():
        kept = np.pad(flag.reshape(n, -1) & judged, ((0, 0), (0, 1)))  # a gap between facilities
        begin, over = runs(kept.reshape(-1))
        row, start = np.divmod(begin, kept.shape[1])
        end = over - row * kept.shape[1]
        at = clock.utc((begins + start + 1) * _HOUR)
        goes_on = end + history * 24 >= series.hours
        until = np.where(goes_on, 0, clock.utc((begins + end + 1) * _HOUR))
        found.append(
            evidence(catalogue.number(rule), np.zeros(len(at), np.uint64), 0, 0, series.facility[row], at, until)
        )
    return joined(found)
