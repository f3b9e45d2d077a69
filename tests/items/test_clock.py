"""Local time and promises against the time zone database; logarithmic bins against their claimed error."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items.conftest import RULES, TRIED
from tests.items.small_network import BASE, DAY, HOUR, NET, Promise, rules
from yilu.items import clock, cubes, days
from yilu.items.rules import packed

ZONES = ("Europe/Berlin", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca")
NETS = {zone: replace(NET, zone=ZoneInfo(zone)) for zone in ZONES}
PACKED = {zone: packed(rules(net)) for zone, net in NETS.items()}
AROUND = st.integers(BASE - 180 * DAY, BASE + 590 * DAY)
CHANGES = st.builds(
    lambda zone, which, off: (zone, int(rules_of(zone)[which % len(rules_of(zone))]) + off),
    st.sampled_from(ZONES), st.integers(0, 9), st.integers(-2 * HOUR, 2 * HOUR),
)  # fmt: skip
MOMENTS = st.one_of(st.tuples(st.sampled_from(ZONES), AROUND), CHANGES.filter(lambda m: m[1] > BASE - 180 * DAY))


def rules_of(zone: str) -> np.ndarray:
    """The moments at which the zone's clock changes, and one day for a zone that has none."""
    changes = rules(NETS[zone]).transitions[1:]
    return changes if len(changes) else np.array([BASE])


def offset(zone: str, at: int) -> int:
    return int(datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset().total_seconds())


@TRIED
@given(MOMENTS)
def test_offsets_and_days(drawn):
    """Offset and local day of a moment are those of the time zone database, to the second of a change of the clock."""
    zone, at = drawn
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    assert clock.offset_at(np.int64(at), PACKED[zone]) == offset(zone, at)
    day = (local.date() - datetime(1970, 1, 1).date()).days
    assert int(clock.day_at(np.int64(at), PACKED[zone])) == day - cubes.DAY_0
    assert days.local_day(np.array([at]), rules(NETS[zone]))[0] == day


@TRIED
@given(MOMENTS)
def test_local_seconds_back_to_utc(drawn):
    """A local second becomes the UTC second that the time zone database gives; skipped and doubled ones take the offset before."""
    zone, at = drawn
    wall = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    expected = int(wall.replace(tzinfo=ZoneInfo(zone)).timestamp())
    assert clock.utc_of(np.int64(at), PACKED[zone]) == expected


@TRIED
@given(MOMENTS, st.integers(0, 7), st.integers(0, 7), st.integers(0, 3))
def test_promises(drawn, origin, destination, level):
    """The derived promise is that of calendar arithmetic on local wall time, over changes of the clock and of the rules."""
    zone, at = drawn
    net = NETS[zone]
    assert clock.promised(np.int64(at), origin, destination, level, PACKED[zone]) == net.promised(
        at, origin, destination, level
    )


def test_promise_of_a_night_that_is_an_hour_short():
    """Due at 02:30 of the night in which the clock skips it: read with the offset before, so 03:30 summer time, 01:30 UTC."""
    net = replace(NET, promises=(Promise(1, 0, True, 1, 150, 24 * 60),))
    accepted = int(datetime(2024, 3, 30, 12, tzinfo=UTC).timestamp())
    due = int(clock.promised(np.int64(accepted), 1, 1, 1, packed(rules(net))))
    assert datetime.fromtimestamp(due, UTC) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


@TRIED
@given(st.integers(60, 90 * DAY))
def test_bins_are_within_one_per_cent(seconds):
    """The middle of the bin into which a time from a minute to 90 days falls is within 1 % of it."""
    middle = cubes.bin_seconds(np.array([cubes.bin_of(seconds)], np.int64))[0]
    assert middle == pytest.approx(seconds, rel=0.01)


def test_bins_never_fall():
    """Longer times never lie in a lower bin, and every bin fits its bits."""
    bins = np.array([int(cubes.bin_of(s)) for s in np.unique(np.geomspace(1, 2**31, 4000).astype(np.int64))])
    assert (np.diff(bins) >= 0).all()
    assert bins.min() == 0 and bins.max() < 1024


@TRIED
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(-3, 3)), max_size=400))
def test_cells_add_up(pairs):
    """Cells added up in parts and in two tables are a dictionary's sums without the zeros, also when a table grows."""
    expected: dict[int, int] = {}
    for code, count in pairs:
        code = code * 0x9E3779B97F4A7C15 % 2**64
        expected[code] = expected.get(code, 0) + count
    sums, others = cubes.Sums(capacity=4), cubes.Sums(capacity=4)
    for lo in range(0, len(pairs), 7):
        part = pairs[lo : lo + 7]
        codes = np.array([code * 0x9E3779B97F4A7C15 % 2**64 for code, _ in part], np.uint64)
        (sums if lo % 2 else others).add(codes, np.array([n for _, n in part], np.int64))
    sums.include(others)
    codes, counts = sums.cells()
    assert dict(zip(codes.tolist(), counts.tolist(), strict=True)) == {c: n for c, n in expected.items() if n}
    assert (np.diff(codes.astype(np.float64)) > 0).all()


@TRIED
@given(st.data())
def test_cells_decode_to_what_they_were_made_of(data):
    """``decode`` gives back the dimensions that ``encode`` took, at their extremes too, and nothing of other cubes."""
    for number, cube in enumerate(cubes.CUBES):
        least = {cube.dimensions[0][0]: int(cube.id == 0)}  # a code of 0 is an empty place
        cell = {
            n: data.draw(st.sampled_from((least.get(n, 0), 2**bits - 1)) | st.integers(least.get(n, 0), 2**bits - 1), n)
            for n, bits in cube.dimensions
        }
        code = cubes.encode(cube, **{n: np.array([v]) for n, v in cell.items()})
        another = cubes.CUBES[number - 1]
        other = cubes.encode(another, **{n: np.array([1]) for n, _ in another.dimensions})
        told = cubes.added([(code, np.array([3])), (other, np.array([5]))])
        (row,) = cubes.decode(cube, *told).to_pylist()
        assert row == {n: v + (cubes.DAY_0 if n == "day" else 0) for n, v in cell.items()} | {"count": 3}


def test_rules_are_the_ones_under_test():
    """The session's zone has changes of the clock within the lives that tests make up."""
    assert ((RULES.transitions > BASE) & (RULES.transitions < BASE + 5 * DAY)).any()
