"""From a province to a hub problem: entries worked out again by hand, and rates that can't be."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.both_languages import assert_both
from yilu.design.hub_rates import FILE, TIERS, hub_rates
from yilu.design.matrices import HubMatrices, matrices, problem, within
from yilu.errors import InputError
from yilu.network import Network, load

DAY = date(2025, 12, 31)
MEDIUM, ARTICULATED = 4.5 / (5000 * 0.7), 6.5 / (12000 * 0.8)


@pytest.fixture(scope="module")
def guangdong() -> Network:
    """The province that yilu ships."""
    return load("guangdong")


@pytest.fixture(scope="module")
def m(guangdong: Network) -> HubMatrices:
    """Its matrices, with 100 million items a day."""
    return matrices(guangdong, DAY, 1e8)


def row(m: HubMatrices, code: str) -> int:
    """The row of a county unit."""
    return int(np.flatnonzero(m.unit == m.network.areas.index_of_code[code])[0])


def km(m: HubMatrices, i: int, j: int) -> float:
    """Great circle by the law of cosines times circuity: for pairs that no water parts."""
    lon, lat = np.radians(m.network.area_lon[m.unit]), np.radians(m.network.area_lat[m.unit])
    cosine = math.sin(lat[i]) * math.sin(lat[j]) + math.cos(lat[i]) * math.cos(lat[j]) * math.cos(lon[i] - lon[j])
    return 1.17 * 6371.0088 * math.acos(cosine)


def test_a_way_costs_what_its_kilometres_and_sortings_cost(m: HubMatrices) -> None:
    """Cost, time and carbon of a pair on one side of all water agree with the formula, worked out from the tables' coordinates and rates."""
    i, k = row(m, "445281"), row(m, "440507")  # 普宁 to 龙湖, both in the east
    d = km(m, i, k)
    assert 30 < d < 120 and m.km[i, k] == pytest.approx(d, rel=1e-6)
    assert m.collection[i, k] == pytest.approx(MEDIUM * d + 0.10)
    assert m.transfer[i, k] == pytest.approx(ARTICULATED * d + 0.10)
    assert m.distribution[k, i] == pytest.approx(4.5 / (5000 * 0.6) * d)
    assert m.collect[i, k] == pytest.approx(60 * d / 50 + 90)
    assert m.across[i, k] == pytest.approx(60 * d / 72 + 90)
    assert m.carbon_in[i, k] == pytest.approx(456e-6 * d) and m.carbon_across[i, k] == pytest.approx(95e-6 * d)
    assert m.collection[i, i] == pytest.approx(MEDIUM * 5 + 0.10) and m.transfer[i, i] == 0 and m.across[i, i] == 0


def test_flows_add_up_to_the_demand_between_cities(m: HubMatrices, guangdong: Network) -> None:
    """County units together send what the demand has between their cities, nothing within a city, and what goes outside goes on from hubs."""
    d = guangdong.demand
    inside = guangdong.area_inside
    a, b = d.origin, d.destination
    between = d.share[inside[a] & inside[b] & (a != b)].sum()
    assert m.flow.sum() == pytest.approx(1e8 * between)
    assert not m.flow[m.city[:, None] == m.city[None, :]].any()
    assert m.sent_on.sum() == pytest.approx(1e8 * d.share[inside[a] & ~inside[b]].sum())
    assert m.got_on.sum() == pytest.approx(1e8 * d.share[~inside[a] & inside[b]].sum())
    i, j = row(m, "445281"), row(m, "440507")
    areas = guangdong.areas
    parts = []
    for code in ("445281", "440507"):
        own = areas.villages + areas.communities
        here = areas.code == code
        parts.append(own[here].sum() / own[(areas.parent == areas.parent[here][0]) & (areas.level == "county")].sum())
    pair = d.share[(a == areas.index_of_code["445200"]) & (b == areas.index_of_code["440500"])].sum()
    assert m.flow[i, j] == pytest.approx(1e8 * pair * parts[0] * parts[1])


def test_what_goes_outside_costs_the_way_from_the_hub(m: HubMatrices, guangdong: Network) -> None:
    """A hub nearer to where things go saves its difference in kilometres; the problem's cost of an allocation has it all in it."""
    i, near, far = row(m, "445281"), row(m, "440507"), row(m, "440882")
    assert m.onward_item_km[i, near] != m.onward_item_km[i, far]
    by_hand = (
        m.sent_on[i] * m.collection[i, near]
        + m.got_on[i] * (m.distribution[near, i] + 0.10)
        + ARTICULATED * m.onward_item_km[i, near]
    )
    assert m.onward[i, near] == pytest.approx(by_hand)
    asked = problem(m, (1,))
    sent, got = m.flow[i].sum(), m.flow[:, i].sum()
    whole = asked.collection[i, near] * sent + asked.distribution[near, i] * got
    assert whole == pytest.approx(m.collection[i, near] * sent + m.distribution[near, i] * got + by_hand)
    alone = matrices(guangdong, DAY, 1e8, with_outside=False)
    assert alone.onward_item_km.sum() == 0 and alone.flow.sum() == pytest.approx(m.flow.sum())


def test_tiers_and_deadlines_reach_the_problem(m: HubMatrices) -> None:
    """Discounts stand by tier of both hubs; a promise is the days and hours of its level less first and last mile, or one time for all."""
    asked = problem(m, (2, 4, 6), TIERS, "penalty", 2.0)
    assert asked.discount[0, 2] == asked.discount[2, 0] == 0.90 and asked.discount[2, 2] == 1.0
    assert asked.deadlines is not None and asked.deadlines.penalty == 2.0
    zhuhai, shenzhen, meizhou = row(m, "440402"), row(m, "440304"), row(m, "441402")
    assert m.due[zhuhai, shenzhen] == 1440 + 22 * 60 - 18 * 60 - 165 - 345
    assert m.due[zhuhai, meizhou] == 2 * 1440 + 22 * 60 - 18 * 60 - 165 - 345
    assert (within(m, 10).due == 600).all()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[transfer]\nspeed = { value = 3, grade = 'S', source = 'x' }", "transfer, speed"),
        ("[transfer]\nkm_h = 70", "transfer, km_h"),
        ("[transfer]\nkm_h = { value = 0, grade = 'S', source = 'x' }", "transfer, km_h, value"),
        ("[transfer]\nfill = { value = 1.5, grade = 'S', source = 'x' }", "transfer, fill, value"),
        ("[transfer]\nkm_h = { value = 70, grade = 'Z', source = 'x' }", "transfer, km_h, grade"),
        ("[transfer]\nkm_h = { value = 70, grade = 'A', source = ' ' }", "transfer, km_h, source"),
        ("[transfer]\nkm_h = { value = true, grade = 'A', source = 'x' }", "transfer, km_h, value"),
        ("[discount]\nsingle = { value = nan, grade = 'A', source = 'x' }", "discount, single, value"),
        ("transfer = 3", "transfer"),
        ("[transfer", "TOML"),
    ],
)
def test_rates_that_cannot_be_are_named(tmp_path: Path, text: str, told: str) -> None:
    """A rate that there isn't, without grade or source, or out of bounds is refused, naming file and key."""
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        hub_rates(tmp_path)
    assert raised.value.file == FILE and told in str(raised.value)


def test_a_province_replaces_rates(tmp_path: Path) -> None:
    """What the folder states goes before yilu's own, and the rest stays."""
    (tmp_path / FILE).write_text("[transfer]\nkm_h = { value = 80, grade = 'A', source = '测速' }\n", encoding="utf-8")
    rates = hub_rates(tmp_path)
    assert rates["transfer", "km_h"] == 80 and rates.of["transfer", "km_h"].source == ("测速", "测速")
    assert rates["collection", "km_h"] == hub_rates(tmp_path / "none")["collection", "km_h"]


def test_every_rate_says_where_it_is_from_in_both_languages(tmp_path: Path) -> None:
    """The source of each of yilu's own rates stands in Chinese and in English."""
    for rate in hub_rates(tmp_path).of.values():
        assert_both(rate.source)


def test_a_province_without_demand_between_cities(guangdong: Network) -> None:
    """Nothing to design for is an error with a next step, not an empty plan."""
    d = guangdong.demand
    local = replace(d, destination=d.origin)
    with pytest.raises(InputError, match="at least two cities"):
        matrices(replace(guangdong, demand=local), DAY)
