"""Rules that look at counts over time, without items: feeds that fall silent, outlets that slowly stop. Their evidence names no item (key 0)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items import days
from yilu.items.kinds import BY_CODE
from yilu.network import Network
from yilu.network.local_time import local_time
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import EVIDENCE, Evidence, evidence, joined

_HOUR = 3600
LATELY_D, BEFORE_D = 3, 14
"""Days of an outlet that are compared, and the days before them that they are compared with."""
_NONE: Evidence = np.empty(0, EVIDENCE)


def runs(flags: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first, end) of each run of true flags (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return edges[::2], edges[1::2]


def silent_feed(scans: pa.Table, watermark: int, catalogue: Catalogue) -> Evidence:
    """Operators that tell of nothing for hours of the day in which, the day before, they told of much.

    ``scans``: cells of the cube of that name; ``watermark``: UTC seconds up to which the latest feed is complete. A silence counts from the end of
    the last hour with an event; of one that is longer than the threshold the first hours are compared.
    """
    hour, operator, count = (_column(scans, n) for n in ("hour", "operator", "count"))
    end = watermark // _HOUR
    told = (hour < end) & (operator > 0) & (count > 0)
    hour, operator, count = hour[told], operator[told], count[told]
    if not len(hour):
        return _NONE
    found = []
    for who in np.unique(operator).tolist():
        own = operator == who
        first = int(hour[own].min())
        series = np.bincount(hour[own] - first, weights=count[own], minlength=end - first)
        before = np.concatenate(([0], np.cumsum(series)))
        begin, over = runs(series == 0)
        hours = catalogue["silent_hours"]
        since = begin - 24 * -(-hours // 24)
        usual = before[np.clip(since + hours, 0, None)] - before[np.clip(since, 0, None)]
        long = (over - begin >= hours) & (24 * usual >= catalogue["silent_least"] * hours)
        at = (first + begin[long] + hours) * _HOUR
        until = np.where(over[long] == len(series), 0, (first + over[long]) * _HOUR)
        found.append(evidence(catalogue.number("silent_feed"), np.zeros(len(at), np.uint64), 0, who, 0, at, until))
    return joined(found)


def outlet_fading(scans: pa.Table, network: Network, watermark: int, catalogue: Catalogue) -> Evidence:
    """Outlets whose acceptances of three days, each over its day's factor of the calendar, average less than a share of the two weeks before.

    Days are whole local days before that of ``watermark``. The operator is who accepted most there in those weeks. ``scans`` as above.
    """
    here = scans.filter(pc.equal(scans["kind"], BY_CODE["accept"].id))
    hour, facility, operator, count = (_column(here, n) for n in ("hour", "facility", "operator", "count"))
    inside = np.zeros(int(facility.max(initial=0)) + 1, np.bool_)
    known = min(len(inside), len(network.facility_area))
    inside[:known] = network.area_inside[network.facility_area[:known]]
    day, end = network.local_day(hour * _HOUR), int(network.local_day(np.array([watermark]))[0])
    told = inside[facility] & (day < end)
    day, facility, operator, count = day[told], facility[told], operator[told], count[told]
    if not len(day) or end - day.min() < LATELY_D + BEFORE_D:
        return _NONE
    first = int(day.min())
    factor = np.array([network.day_factor(date(1970, 1, 1) + timedelta(days=first + d)) for d in range(end - first)])
    clock = local_time(network.time_zone)
    starts = [clock.midnight(days.iso(first + d)) for d in range(end - first + 1)]
    found = []
    for place in np.unique(facility).tolist():
        own = facility == place
        series = np.bincount(day[own] - first, weights=count[own], minlength=end - first) / factor
        sums = np.concatenate(([0.0], np.cumsum(series)))
        last = np.arange(LATELY_D + BEFORE_D - 1, end - first)
        middle = last + 1 - LATELY_D
        lately, before = (sums[last + 1] - sums[middle]) / LATELY_D, (sums[middle] - sums[middle - BEFORE_D]) / BEFORE_D
        fading = (before >= catalogue["fading_least"]) & (100 * lately < catalogue["fading_percent"] * before)
        begin, over = runs(fading)
        for a, b in zip(last[begin], last[over - 1] + 1, strict=True):
            weeks = own & (day - first >= a + 1 - LATELY_D - BEFORE_D) & (day - first < a + 1 - LATELY_D)
            who = int(np.bincount(operator[weeks], weights=count[weeks]).argmax())
            until = 0 if b == end - first else starts[b + 1]
            found.append(
                evidence(catalogue.number("outlet_fading"), np.zeros(1, np.uint64), 0, who, place, starts[a + 1], until)
            )
    return joined(found)


def _column(table: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(table.column(name).to_numpy(), np.int64)
