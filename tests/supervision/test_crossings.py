"""Closed crossings and unfiled outlets, in cases anyone can work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.items.lives import Event
from tests.items.small_network import BASE, HOUR
from tests.supervision.test_judging import compare, scan
from yilu.network import Network, load
from yilu.supervision.rules.of_crossings import Closure, parted

CASES: dict[str, tuple[list[Event], set[tuple[str, float, int, float]]]] = {
    "a wait that no other rule has cause to look at, over by now": (
        [scan("accept", 30, 1), scan("screen", 30, 1), scan("inspect", 30, 1), scan("identify", 30, 1), scan("arrive", 31, 3), scan("deliver", 35, 4)],
        {("crossing_closed", 34, 3, 35), ("unfiled_outlet", 31, 3, 0)},
    ),
    "one that goes on, and an outlet whose filing comes a day later": (
        [scan("accept", 1, 1, item_class=1, destination=3), scan("sort", 7, 2, destination=3), scan("accept", 26, 4, 2, item_class=1, destination=2)],
        {("unfiled_outlet", 1, 1, 0), ("crossing_closed", 13, 2, 0)},
    ),
    "returned: its way leads back, and is open": (
        [scan("accept", 30, 1), scan("screen", 30, 1), scan("inspect", 30, 1), scan("identify", 30, 1), scan("return", 31, 2), scan("arrive", 40, 1), scan("deliver", 41, 1)],
        set(),
    ),
    "a wait that ends as the crossing opens": (
        [scan("accept", 45, 1, item_class=1, destination=5), scan("sort", 70.5, 2, destination=5), scan("deliver", 80, 5, destination=5)],
        {("crossing_closed", 48, 1, 70.5)},
    ),
    "a wait before the acceptance, which comes as the crossing is about to open": (
        [scan("sort", 40, 5, item_class=0), scan("accept", 70, 0, item_class=0)],
        {("crossing_closed", 43, 5, 70)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cases_by_hand(name: str) -> None:
    """Who waits where the closure (hours 10 to 72) parts the place from the goal; who scans at an outlet without a filing that day."""
    world, expected = CASES[name]
    told = compare(world, [world], None, registers=True)
    rules = {"crossing_closed", "unfiled_outlet"}
    found = {
        (r, (at - BASE) / HOUR, p, (until - BASE) / HOUR if until else 0)
        for r, _, _, p, at, until in told
        if r in rules
    }
    assert found == expected


@pytest.fixture(scope="module")
def guangdong() -> Network:
    """The first province."""
    return load("guangdong")


def codes(network: Network, chosen: np.ndarray, of: str) -> set[str]:
    """Codes of members by id."""
    table = network.facilities if of == "facilities" else network.areas
    return {table.code_of_id[int(i)] for i in np.flatnonzero(chosen)}


def test_the_strait_parts_hainan_from_all_others_but_from_nobody_abroad(guangdong: Network) -> None:
    """Without the ferry every place in the country is parted from Hainan, and Hainan's gateway from every area; air and sea go on."""
    row = list(guangdong.crossings.code).index("QIONGZHOU")
    found = parted(guangdong, Closure(row, 1_748_908_800, 1_749_000_000))
    hainan = guangdong.areas.index_of_code["460000"]
    gateway = guangdong.facilities.index_of_code["GW-460000"]
    assert codes(guangdong, found.places, "facilities") == {"GW-460000"}
    assert codes(guangdong, found.areas, "areas") == {"460000"}
    abroad = guangdong.area_level == 6
    assert not found.cut[:, abroad].any() and not found.cut[abroad[guangdong.facility_area]].any()
    near = (guangdong.facility_area > 0) & ~abroad[guangdong.facility_area]
    near[gateway] = False
    assert found.cut[near, hainan].all() and not found.cut[gateway, hainan]


def test_a_bridge_that_can_be_gone_around_parts_nobody(guangdong: Network) -> None:
    """The estuary has other bridges, and land north of it."""
    row = list(guangdong.crossings.code).index("SZZS")
    assert not parted(guangdong, Closure(row, 1_748_908_800, 1_749_000_000)).cut.any()
