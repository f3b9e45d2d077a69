"""Times of day on a zone's clock, and driving through the day's congestion, against plain loops."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.dispatch.clock import last_of, next_of, open_from
from yilu.dispatch.road import on_the_road
from yilu.network.local_time import local_time
from yilu.network.tables import RoadTimes

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York")
minutes = st.lists(st.integers(0, 1439), min_size=1, max_size=6, unique=True).map(sorted)
moments = st.integers(1_760_000_000 // 60, 1_775_000_000 // 60).map(
    lambda m: 60 * m
)  # both changes of the clocks lie within


def _is_one_of(zone: ZoneInfo, times: list[int], at: int) -> bool:
    local = datetime.fromtimestamp(at, zone)
    return local.fold == 0 and 60 * local.hour + local.minute in times


@given(st.sampled_from(ZONES), minutes, moments)
def test_the_next_and_the_last_time_of_day_are_those_a_walk_by_minutes_meets(
    name: str, times: list[int], at: int
) -> None:
    """Minute by minute on the zone's own calendar; where clocks change a time may be skipped, and nothing is then found earlier than it asked or later than a day on."""
    zone, here = local_time(name), ZoneInfo(name)
    ahead, back = int(next_of(zone, times, at)), int(last_of(zone, times, at))
    assert back <= at <= ahead
    day = {datetime.fromtimestamp(at + d * 86400, here).utcoffset() for d in (-2, -1, 0, 1, 2)}
    if len(day) == 1:
        walk = next(t for t in range(at, at + 2 * 86400, 60) if _is_one_of(here, times, t))
        assert ahead == walk
        assert back == next(t for t in range(at, at - 2 * 86400, -60) if _is_one_of(here, times, t))


@given(st.integers(0, 1439), st.integers(0, 1440), moments)
def test_a_place_is_open_from_opening_to_closing_also_across_midnight(opens: int, closes: int, at: int) -> None:
    """The first open minute at or after a moment, by a walk."""
    if opens == closes:
        return
    zone, here = local_time("Asia/Shanghai"), ZoneInfo("Asia/Shanghai")

    def is_open(moment: int) -> bool:
        minute = datetime.fromtimestamp(moment, here).hour * 60 + datetime.fromtimestamp(moment, here).minute
        return opens <= minute < closes if opens < closes else minute >= opens or minute < closes

    assert int(open_from(zone, opens, closes, at)) == next(t for t in range(at, at + 2 * 86400, 60) if is_open(t))


def _roads(rows: list[tuple[int, float]]) -> RoadTimes:
    at, factor = np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows])
    none = np.array([""] * len(rows))
    return RoadTimes(at=at, factor=factor, grade=none, source=none)


roads = st.lists(
    st.tuples(st.integers(0, 1439), st.floats(0.2, 5)), min_size=1, max_size=6, unique_by=lambda r: r[0]
).map(_roads)


@given(roads, st.integers(1, 4000))
def test_who_departs_later_never_arrives_earlier(road: RoadTimes, way: int) -> None:
    """First in, first out over a whole day and its night, whatever the table says."""
    departs = np.arange(0, 2 * 1440)
    arrives = departs + on_the_road(road, np.full(len(departs), way), departs)
    assert (np.diff(arrives) >= 0).all()


@given(roads, st.integers(1, 900), st.integers(0, 1439))
def test_driving_is_what_a_walk_in_steps_of_a_second_comes_to(road: RoadTimes, way: int, departs: int) -> None:
    """Second by second, each doing 1/factor of itself, the factor of its minute's middle."""
    order = np.argsort(road.at)
    factor = np.interp(np.arange(1440) + 0.5, road.at[order], road.factor[order], period=1440)
    step = 1 / 60 / np.repeat(np.tile(factor, 12), 60)[departs * 60 :]
    walk = (np.searchsorted(np.cumsum(step), way - 1e-9) + 1) / 60
    assert on_the_road(road, np.array([way]), np.array([departs]))[0] == pytest.approx(walk, abs=1.02)


def test_a_steady_factor_multiplies_and_no_table_changes_nothing() -> None:
    """Closed forms: a way of 90 minutes at factor 1.5 takes 135, and without a table what it takes."""
    assert on_the_road(_roads([(0, 1.5)]), np.array([90, 3000]), np.array([600, 7])).tolist() == [135, 4500]
    assert on_the_road(_roads([]), np.array([90]), np.array([600])).tolist() == [90]


def test_a_night_s_haul_is_not_slowed_by_the_rush_hour_it_begins_in() -> None:
    """Twenty hours from 18:00, when roads take twice as long for an hour: it loses about half an hour of the way, not twenty hours."""
    road = _roads([(1079, 1.0), (1080, 2.0), (1139, 2.0), (1140, 1.0)])
    assert on_the_road(road, np.array([1200]), np.array([1080]))[0] == pytest.approx(1200 + 30, abs=2)
