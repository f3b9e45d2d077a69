"""Rules over counts, held against plain Python on generated counts, and on planted silences and outlets that stop."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.supervision.rules.declared import declared
from yilu.supervision.rules.of_series import outlet_fading, silent_feed

ACCEPT, SORT, HOUR = 8, 64, 3600
DAY = (date(2025, 6, 2) - date(1970, 1, 1)).days
ZONE = 8 * HOUR
H0 = (DAY * 86400 - ZONE) // HOUR
"""The hour that begins with local midnight of ``DAY``."""
C = declared()
Cells = dict[tuple[int, int, int, int], int]


def table(cells: Cells) -> pa.Table:
    """Cells of the cube of scans from {(hour, facility, kind, operator): count}."""
    columns = list(zip(*cells, strict=True)) or [(), (), (), ()]
    names = ("hour", "facility", "kind", "operator")
    return pa.table({n: pa.array(c, pa.int32()) for n, c in zip(names, columns, strict=True)} | {"count": pa.array(list(cells.values()), pa.int64())})  # fmt: skip


def province(factor: dict[int, float]) -> Any:
    """Facilities 1 to 3 inside, 4 outside; days differ by ``factor``."""
    return SimpleNamespace(
        area_inside=np.array([False, True, False]), facility_area=np.array([0, 1, 1, 1, 2]), time_zone="Asia/Shanghai",
        local_day=lambda at: (np.asarray(at) + ZONE) // 86400, day_factor=lambda d: factor.get((d - date(1970, 1, 1)).days - DAY, 1.0),
    )  # fmt: skip


def told(rows: np.ndarray) -> set[tuple[int, int, int, int]]:
    """Evidence as (operator, place, at, until)."""
    assert not rows["key"].any()
    return {(int(r["operator"]), int(r["place"]), int(r["at"]), int(r["until"])) for r in rows}


def silences(cells: Cells, watermark: int) -> set[tuple[int, int, int, int]]:
    """The rule once more, hour by hour."""
    end, found = watermark // HOUR, set()
    for who in {o for _, _, _, o in cells if o}:
        of_hour: Counter[int] = Counter()
        for (h, _, _, o), n in cells.items():
            if o == who and h < end and n > 0:
                of_hour[h] += n
        if not of_hour:
            continue
        hours = sorted(of_hour)
        for last, following in zip(hours, [*hours[1:], end], strict=True):
            gap, length = following - last - 1, C["silent_hours"]
            usual = sum(of_hour[h] for h in range(last + 1 - 24, last + 1 - 24 + length))
            if gap >= length and 24 * usual >= C["silent_least"] * length:
                found.add((who, 0, (last + 1 + C["silent_hours"]) * HOUR, 0 if following == end else following * HOUR))
    return found


counts = st.dictionaries(
    st.tuples(st.integers(H0, H0 + 90), st.integers(0, 4), st.sampled_from([ACCEPT, SORT]), st.integers(0, 3)), st.integers(0, 900), max_size=60
)  # fmt: skip


@given(counts, st.integers(0, 130))
@settings(max_examples=200, deadline=None)
def test_silences_are_those_of_plain_python(cells: Cells, hours: int) -> None:
    """Any counts, any watermark: begin, end and operator of every silence."""
    watermark = (H0 + hours) * HOUR + 1234
    assert told(silent_feed(table(cells), watermark, C)) == silences(cells, watermark)


def test_a_feed_that_stops_is_found_and_one_that_comes_back_is_over() -> None:
    """Operator 1 stops for good, operator 2 for nine hours, operator 3 tells of too little to be watched."""
    cells: Cells = {}
    for h in range(240):
        cells[H0 + h, 1, SORT, 1] = 20 if h < 200 else 0
        cells[H0 + h, 1, SORT, 2] = 0 if 100 <= h < 109 else 20
        cells[H0 + h, 1, SORT, 3] = 5 if h < 100 else 0
    assert told(silent_feed(table(cells), (H0 + 240) * HOUR, C)) == {
        (1, 0, (H0 + 208) * HOUR, 0), (2, 0, (H0 + 108) * HOUR, (H0 + 109) * HOUR)
    }  # fmt: skip


def fadings(cells: Cells, factor: dict[int, float], watermark: int) -> set[tuple[int, int, int, int]]:
    """The rule once more, day by day."""
    end, found = (watermark + ZONE) // 86400 - DAY, set()
    accepted: Counter[tuple[int, int, int]] = Counter()
    for (h, place, kind, o), n in cells.items():
        day = (h * HOUR + ZONE) // 86400 - DAY
        if kind == ACCEPT and place < 4 and day < end:
            accepted[place, o, day] += n
    begin = min((d for _, _, d in accepted), default=0)
    for place in {p for p, _, _ in accepted}:
        of_day = lambda d: sum(n for (p, _, e), n in accepted.items() if (p, e) == (place, d)) / factor.get(d, 1.0)  # noqa: B023, E731
        holds = {}
        for d in range(begin + 16, end):
            lately, before = (
                sum(of_day(e) for e in range(d - 2, d + 1)) / 3,
                sum(of_day(e) for e in range(d - 16, d - 2)) / 14,
            )
            holds[d] = before >= C["fading_least"] and 100 * lately < C["fading_percent"] * before
        for d in holds:
            if holds[d] and not holds.get(d - 1):
                over = next((e for e in range(d, end) if not holds[e]), None)
                by: Counter[int] = Counter()
                for (p, o, e), n in accepted.items():
                    if p == place and d - 16 <= e < d - 2:
                        by[o] += n
                who = min(o for o in by if by[o] == max(by.values()))
                at = lambda e: (DAY + e + 1) * 86400 - ZONE  # noqa: E731
                found.add((who, place, at(d), 0 if over is None else at(over)))
    return found


levels = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(10, 60), st.integers(14, 24), st.integers(0, 20), st.integers(0, 6)), min_size=1, max_size=6
)  # fmt: skip
"""(outlet, operator, acceptances a day, from which day on otherwise, how many then, for how many days; 0: for good)."""


@given(levels, st.dictionaries(st.integers(0, 24), st.sampled_from([0.5, 1.5, 2.0])), st.integers(15, 30))
@settings(max_examples=200, deadline=None)
def test_fading_outlets_are_those_of_plain_python(
    rows: list[tuple[int, ...]], factor: dict[int, float], days: int
) -> None:
    """Any counts, any calendar, any watermark; outlets outside the province are not judged."""
    cells: Cells = {}
    for place, o, before, turn, after, long in rows:
        for d in range(28):
            changed = d >= turn and (not long or d < turn + long)
            cells[H0 + 24 * d + 10, place, ACCEPT, o] = after if changed else before
    watermark = (DAY + days) * 86400 + 5000 - ZONE
    assert told(outlet_fading(table(cells), province(factor), watermark, C)) == fadings(cells, factor, watermark)


def test_an_outlet_that_stops_slowly_is_found_but_no_holiday() -> None:
    """Outlet 1 falls by a tenth a day; outlet 2 falls no further than the calendar says that everybody does."""
    cells: Cells = {}
    factor = dict.fromkeys(range(18, 24), 0.2)
    for d in range(30):
        cells[H0 + 24 * d + 9, 1, ACCEPT, 2] = round(
            100 * factor.get(d, 1.0) * (1 if d < 18 else max(0.0, 1 - 0.1 * (d - 17)))
        )
        cells[H0 + 24 * d + 9, 2, ACCEPT, 3] = round(100 * factor.get(d, 1.0))
    [(who, place, at, until)] = told(outlet_fading(table(cells), province(factor), (DAY + 30) * 86400 - ZONE, C))
    assert (who, place, until) == (2, 1, 0)
    assert datetime.fromtimestamp(at, UTC) + timedelta(hours=8) > datetime(2025, 6, 2, tzinfo=UTC) + timedelta(days=20)
