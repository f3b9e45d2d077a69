"""Local time as arrays, against the standard library's zones."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.network.local_time import LAST, local_time

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)


@given(st.sampled_from(ZONES), st.integers(0, LAST))
def test_day_and_hour(zone: str, at: int) -> None:
    """Local day and hour of any second up to 2106 are those of the standard library."""
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    found = local_time(zone)
    assert int(found.local_day(at)) == (local.date() - datetime(1970, 1, 1).date()).days
    assert int(found.local_hour(at)) == local.hour


@pytest.mark.parametrize("zone", ZONES)
def test_seconds_around_each_change(zone: str) -> None:
    """The second before and the second of every change have the offsets of the standard library."""
    found = local_time(zone)
    assert found.transitions[0] == 0 and np.all(np.diff(found.transitions) > 0)
    for at in found.transitions[1:]:
        for second in (int(at) - 1, int(at)):
            offset = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)).utcoffset()
            assert offset is not None and int(found.offset(second)) == offset.total_seconds()


@given(st.sampled_from(ZONES), st.integers(86400, LAST - 86400))
def test_utc_of_local(zone: str, local: int) -> None:
    """UTC of a wall time is what the standard library makes of it: in a gap or an overlap the offset before it holds."""
    check(zone, local)


def check(zone: str, local: int) -> None:
    """One wall time, given as if it were UTC, against the standard library."""
    wall = datetime.fromtimestamp(local, UTC).replace(tzinfo=ZoneInfo(zone))
    assert int(local_time(zone).utc(local)) == wall.timestamp()


@pytest.mark.parametrize("zone", ZONES)
def test_utc_of_local_around_each_change(zone: str) -> None:
    """Wall times half an hour apart on both sides of every change: the midnight that a zone skips or reaches twice is one of them."""
    found = local_time(zone)
    for at, offset in zip(found.transitions[1:], found.offsets[1:], strict=True):
        for half_hours in range(-8, 9):
            for second in (-1, 0):
                check(zone, int(at + offset) + 1800 * half_hours + second)
