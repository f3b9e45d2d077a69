"""The derived promise against plain Python on the zone's own calendar."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from province_folders import LEVELS, write_province

from yilu.network import Network, load

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe")
RULES = (
    {
        "service_level": "L1",
        "valid_from": "2017-01-01",
        "clock": "calendar",
        "amount": 0,
        "due_time": "23:00",
        "cut_off": "11:30",
    },
    {"service_level": "L1", "valid_from": "2018-11-04", "clock": "elapsed", "amount": 12, "cut_off": "18:00"},
    {
        "service_level": "L2",
        "valid_from": "2018-03-25",
        "clock": "calendar",
        "amount": 1,
        "due_time": "02:30",
        "cut_off": "20:00",
    },
    {"service_level": "L2", "valid_from": "2019-02-17", "clock": "calendar", "amount": 2, "due_time": "24:00"},
    {"service_level": "L3", "valid_from": "2016-02-29", "clock": "elapsed", "amount": 48},
    {"service_level": "L3", "valid_from": "2018-10-28", "clock": "elapsed", "amount": 36, "cut_off": "00:00"},
)
PAIR_LEVELS = {
    ("C1", "C1"): 1, ("C1a", "C1"): 1, ("C1", "C2"): 2, ("C2", "C1a"): 2, ("C1", "C3"): 3, ("C3", "C3"): 1, ("C1", "O"): 3, ("C1a", "O"): 3,
    ("C2", "O"): 4, ("O", "C3"): 4, ("C1", "F"): 0, ("F", "C2"): 0,
}  # fmt: skip
"""Level ids by codes, read off the scopes by hand."""


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Network]:
    """A small province in each of the zones."""
    home = tmp_path_factory.mktemp("provinces")
    return {
        zone: load(write_province(home / zone.replace("/", "-"), zone, service_levels=LEVELS, promise_rules=RULES))
        for zone in ZONES
    }


def minutes(text: str) -> int:
    """Minutes of the day."""
    hours, rest = text.split(":")
    return 60 * int(hours) + int(rest)


def promised(zone: str, accepted: int, level: int) -> int:
    """What a person with a calendar would say, 0 for no promise; skipped and doubled times are read with the offset before."""
    local = datetime.fromtimestamp(accepted, ZoneInfo(zone))
    known = [
        r
        for r in RULES
        if r["service_level"] == f"L{level}" and datetime.fromisoformat(str(r["valid_from"])).date() <= local.date()
    ]
    if not known:
        return 0
    rule = max(known, key=lambda r: str(r["valid_from"]))
    day = datetime.combine(local.date(), datetime.min.time())
    late = 60 * local.hour + local.minute >= minutes(str(rule.get("cut_off", "24:00")))

    def utc(wall: datetime) -> int:
        return int(wall.replace(tzinfo=ZoneInfo(zone)).timestamp())

    if rule["clock"] == "calendar":
        day += timedelta(days=int(str(rule["amount"])) + late)
        return utc(day + timedelta(minutes=minutes(str(rule["due_time"]))))
    return (utc(day + timedelta(days=1)) if late else accepted) + 3600 * int(str(rule["amount"]))


SPAN = (int(datetime(2015, 12, 1).timestamp()), int(datetime(2020, 1, 1).timestamp()))
EDGES = [
    int(datetime.fromisoformat(f"{r['valid_from']}T{hour}:00:00+00:00").timestamp()) for r in RULES for hour in ("00", "03", "06", "15", "23")
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@given(
    moments=st.lists(
        st.one_of(st.integers(*SPAN), st.builds(int.__add__, st.sampled_from(EDGES), st.integers(-90000, 90000))),
        min_size=1,
        max_size=20,
    )
)
def test_promise_is_what_a_calendar_says(zone: str, moments: list[int], networks: dict[str, Network]) -> None:
    """Every level at every moment: cut-offs, the settings in force on the local day of acceptance, and days of 23 and 25 hours."""
    for level in range(1, 5):
        ours = networks[zone].promise(np.array(moments, np.uint32), 2, 3, level)
        assert ours.dtype == np.uint32
        assert ours.tolist() == [promised(zone, at, level) for at in moments]


def test_scopes_give_the_level_of_a_pair(networks: dict[str, Network]) -> None:
    """The narrowest scope that holds a pair gives its level, a county counting as its city; no scope, no level and no promise."""
    network = networks["Asia/Shanghai"]
    ids = network.areas.index_of_code
    for (origin, destination), level in PAIR_LEVELS.items():
        for a, b in ((origin, destination), (destination, origin)):
            assert network.level_of_pair[ids[a], ids[b]] == level, (a, b)
    at = np.uint32(SPAN[1])
    assert network.promise(at, ids["C1"], ids["C2"]) == promised("Asia/Shanghai", int(at), 2)
    assert network.promise(at, ids["C1"], ids["F"]) == 0


def test_unknown_ends_and_levels_promise_nothing(networks: dict[str, Network]) -> None:
    """An item with an unknown end, or a level that has no rule yet, has no promise."""
    network = networks["Europe/Berlin"]
    at = SPAN[1]
    ends = np.array(list(itertools.product((0, 2), (0, 2)))).T
    assert (network.promise(at, ends[0], ends[1], 1) > 0).tolist() == [False, False, False, True]
    assert network.promise(at, 2, 2, 15) == 0
    assert network.promise(np.uint32(SPAN[0]), 2, 2, 1) == 0


def test_a_province_without_service_levels_promises_nothing(tmp_path: Path) -> None:
    """The least folder loads; it has no levels, no promises and nobody owes a check."""
    network = load(write_province(tmp_path / "least", "America/Sao_Paulo"))
    assert not network.level_of_pair.any()
    assert network.promise(np.array([SPAN[1]] * 3), 2, 3).tolist() == [0, 0, 0]
    assert len(network.obligation_rules.check) == 0 and len(network.demand.share) == 0
