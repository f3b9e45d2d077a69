"""Unusual hours: what is planted is found, a clean calendar says nothing, and the same comes out of plain Python."""

from __future__ import annotations

from datetime import date
from statistics import median
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from yilu.supervision.rules.declared import declared
from yilu.supervision.rules.unusual import CARRIED_D, chance, unusual

HOUR, ZONE = 3600, 8
DAY = (date(2025, 6, 2) - date(1970, 1, 1)).days
H0 = DAY * 24 - ZONE
"""The hour that begins with local midnight of ``DAY``."""
C = declared()
SHAPE = np.array([5, 5, 5, 5, 10, 20, 40, 60, 90, 80, 70, 60, 50, 60, 90, 80, 70, 80, 90, 70, 50, 30, 20, 10])


def province(factor: dict[int, float] | None = None) -> Any:
    """Facilities 1 to 8 inside, 9 outside; days differ by ``factor``."""
    return SimpleNamespace(
        area_inside=np.array([False, True, False]), facility_area=np.array([0] + [1] * 8 + [2]), time_zone="Asia/Shanghai",
        day_factor=lambda d: (factor or {}).get((d - date(1970, 1, 1)).days - DAY, 1.0),
    )  # fmt: skip


def counts(days: int, seed: int, factor: dict[int, float] | None = None, busy: float = 4.0) -> np.ndarray:
    """(9 facilities, hours) of counts, noisier than chance as facilities are: bags come in dozens."""
    random = np.random.default_rng(seed)
    level = np.repeat([(factor or {}).get(d, 1.0) for d in range(days)], 24) * np.tile(SHAPE, days) * busy
    return random.poisson(random.gamma(30, level / 30, (9, days * 24)))


def cells(table: np.ndarray, order: int = 0) -> pa.Table:
    """Cells of the cube of scans, in any order."""
    place, hour = np.nonzero(table)
    rows = np.random.default_rng(order).permutation(len(place))
    return pa.table({"hour": H0 + hour[rows], "facility": place[rows] + 1, "count": table[place, hour][rows]})


def told(table: np.ndarray, factor: dict[int, float] | None = None, days: int | None = None) -> list[tuple]:
    """(rule, facility, first hour of the province's days, hour in which it ended or 0)."""
    end = H0 + (days * 24 if days else table.shape[1])
    names = {r.number: r.id for r in C.rules.values()}
    rows = unusual(cells(table), province(factor), end * HOUR, C)
    assert not rows["key"].any() and not rows["operator"].any() and not rows["provisional"].any()
    return [(names[int(r["rule"])], int(r["place"]), int(r["at"]) // HOUR - H0, int(r["until"]) // HOUR - H0 if r["until"] else 0) for r in rows]  # fmt: skip


def test_nothing_is_said_of_a_clean_calendar() -> None:
    """Six weeks of nine facilities, ten of them a peak season and a holiday: less than one in a thousand facility-days, here none."""
    factor = dict.fromkeys(range(25, 30), 1.5) | dict.fromkeys(range(33, 38), 0.5)
    assert [told(counts(42, seed, factor), factor) for seed in range(5)] == [[]] * 5


@pytest.mark.parametrize(
    ("by", "hours", "rule"),
    [(0.0, 4, "unusual_low"), (0.25, 5, "unusual_low"), (3.0, 4, "unusual_high"), (5.0, 3, "unusual_high")],
)
def test_planted_collapses_and_surges_are_found(by: float, hours: int, rule: str) -> None:
    """From ten o'clock of one day on, a facility has a share or a multiple of its events: found there within these hours, once, and nowhere else."""
    for place in range(4):
        table = counts(30, place)
        begin = (20 + place) * 24 + 10
        table[place, begin : begin + hours] = np.round(table[place, begin : begin + hours] * by)
        [(found, where, at, until)] = told(table)
        assert (found, where) == (rule, place + 1)
        assert begin < at <= begin + hours < until <= begin + hours + C["unusual_hours"] + 1


def test_the_first_weeks_and_places_outside_are_not_judged() -> None:
    """Before so many days are known nothing is said, nor of a facility that opened later, nor of one outside, nor of one with too few events."""
    known = C["unusual_days"] + CARRIED_D
    for day, place, seen in ((known - 1, 0, False), (known, 0, True), (known, 8, False)):
        table = counts(24, 1)
        table[place, day * 24 + 8 : day * 24 + 16] = 0
        assert bool(told(table)) == seen
    young = counts(24, 1)
    young[0, : 5 * 24] = 0
    young[0, known * 24 + 8 : known * 24 + 16] = 0
    assert told(young) == []
    small = counts(24, 1, busy=0.1)
    small[0, known * 24 : known * 24 + 16] = 0
    assert told(small) == []


def test_a_collapse_goes_on_until_the_watermark_and_no_later_hour_is_looked_at() -> None:
    """Up to the watermark it has no end; a later day changes nothing of what was said of an earlier one."""
    table = counts(30, 3)
    table[2, 22 * 24 + 9 : 22 * 24 + 15] = 0
    at_noon = told(table[:, : 22 * 24 + 13])
    [(rule, place, at, until)] = told(table)
    assert at_noon == [(rule, place, at, 0)] and until > at
    assert told(table, days=24) == [(rule, place, at, until)]


def plainly(table: np.ndarray, factor: dict[int, float]) -> set[tuple[str, int, int]]:
    """(rule, facility, hour) of unusual windows, hour by hour in plain Python."""
    found = set()
    level = lambda d: [factor.get(e, 1.0) for e in range(d - CARRIED_D, d + 1)]  # noqa: E731
    mean = lambda d: sum(level(d)) / len(level(d))  # noqa: E731
    days, width = C["unusual_days"], C["unusual_hours"]
    for place in range(8):
        row = table[place].tolist()
        begun = next((h for h, n in enumerate(row) if n), len(row)) // 24
        window = lambda h: sum(row[max(0, h - width + 1) : h + 1])  # noqa: B023, E731
        for d in range(days, len(row) // 24):
            past = {h: [window(e * 24 + h) / mean(e) for e in range(d - days, d)] for h in range(24)}
            middle = {h: median(v) for h, v in past.items()}
            spread = {
                h: 1.4826 * median(abs(x - middle[h]) for x in v) / middle[h] if middle[h] else 0.0
                for h, v in past.items()
            }
            for h in range(24):
                low, high, now = middle[h] * min(level(d)), middle[h] * max(level(d)), window(d * 24 + h)
                size = 1 / max(spread[h], median(spread.values()), 1e-3) ** 2
                if d < begun + CARRIED_D + days or low < C["unusual_least"]:
                    continue
                rare = 10.0 ** -C["unusual_rarity"]
                if 100 * now < C["unusual_low_percent"] * low and nbinom.cdf(now, size, size / (size + low)) < rare:
                    found.add(("unusual_low", place + 1, d * 24 + h))
                if (
                    100 * now > C["unusual_high_percent"] * high
                    and nbinom.sf(now - 1, size, size / (size + high)) < rare
                ):
                    found.add(("unusual_high", place + 1, d * 24 + h))
    return found


@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 8), st.integers(14, 19), st.integers(0, 23), st.integers(1, 9), st.sampled_from([0.0, 0.3, 0.5, 2.0, 4.0])), max_size=5),
    st.dictionaries(st.integers(0, 19), st.sampled_from([0.5, 1.5, 2.0]), max_size=4),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_what_is_said_is_what_plain_python_says(seed: int, planted: list[tuple], factor: dict[int, float]) -> None:
    """Any counts, any planted factors, any calendar: begin and end of every unusual stretch."""
    table = counts(20, seed)
    for place, day, hour, long, by in planted:
        table[place, day * 24 + hour : day * 24 + hour + long] = (
            table[place, day * 24 + hour : day * 24 + hour + long] * by
        )
    hours = plainly(table, factor)
    expected = set()
    for rule, place, h in hours:
        if (rule, place, h - 1) not in hours:
            over = next(e for e in range(h, 20 * 24 + 1) if (rule, place, e) not in hours)
            expected.add((rule, place, h + 1, 0 if over == 20 * 24 else over + 1))
    assert set(told(table, factor)) == expected


def test_chances_are_those_of_the_negative_binomial() -> None:
    """Against scipy's own distribution, over counts, expectations and spreads that occur."""
    count, expected, spread = (
        a.ravel() for a in np.meshgrid([0.0, 1, 7, 60, 400, 3000], [1.0, 60, 500, 4000], [0.001, 0.05, 0.3])
    )
    few, many = chance(count, expected, spread)
    size = 1 / spread**2
    np.testing.assert_allclose(few, nbinom.cdf(count, size, size / (size + expected)), rtol=1e-6, atol=1e-300)
    np.testing.assert_allclose(many, nbinom.sf(count - 1, size, size / (size + expected)), rtol=1e-6, atol=1e-300)


def test_two_hundred_facilities_and_eight_weeks_take_seconds() -> None:
    """Bounded: less than ten seconds of processor time for a quarter of a million facility-hours."""
    import time

    table = np.random.default_rng(1).poisson(np.tile(SHAPE, 56), (200, 56 * 24))
    network = province()
    network.facility_area = np.array([0] + [1] * 200)
    place, hour = np.nonzero(table)
    scans = pa.table({"hour": H0 + hour, "facility": place + 1, "count": table[place, hour]})
    begun = time.process_time()
    assert len(unusual(scans, network, (H0 + 56 * 24) * HOUR, C)) == 0
    assert time.process_time() - begun < 10
