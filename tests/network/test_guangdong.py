"""The facts of Guangdong: what the plan and the published tables say is what stands in the arrays."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np

from yilu.network import FACILITY_KINDS, LEVELS, Network

PRD = {"广州市", "深圳市", "珠海市", "佛山市", "江门市", "肇庆市", "惠州市", "东莞市", "中山市"}


def test_areas_are_counted(guangdong: Network) -> None:
    """One province, four statistical regions, 21 cities, 124 county units, and 33 other province-level units."""
    areas = guangdong.areas
    inside = Counter(str(level) for level in areas.level[areas.inside])
    assert inside == {"province": 1, "region": 4, "city": 21, "county": 124}
    assert Counter(str(level) for level in areas.level[~areas.inside])["province"] == 33


def test_counts_are_those_of_the_source(guangdong: Network, shared_data: Path) -> None:
    """Names, villages and communities of every county unit equal the table they were taken from, place by place."""
    areas = guangdong.areas
    with open(shared_data / "guangdong" / "guangdong_counties.csv", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 124
    for row in rows:
        code = row["area_code"] + ("-0" if row["area_code"] == row["city_code"] else "")
        i = int(np.flatnonzero(areas.code == code)[0])
        assert (areas.name_zh[i], areas.parent[i]) == (row["name"], row["city_code"])
        assert (areas.villages[i], areas.communities[i]) == (int(row["villages"]), int(row["communities"]))


def test_village_committees_add_up(guangdong: Network) -> None:
    """The 19,306 village committees of the statistical division codes are all there, by city and by county alike."""
    areas = guangdong.areas
    assert areas.villages[areas.level == "county"].sum() == 19_306
    assert areas.villages[areas.level == "city"].sum() == 19_306


def test_hubs_of_the_plan(guangdong: Network) -> None:
    """The plan's 1 + 4 + 6: Guangzhou and Shenzhen share the global cluster, four national and six regional hubs."""
    facilities, areas = guangdong.facilities, guangdong.areas
    name = dict(zip(areas.code.tolist(), areas.name_zh.tolist(), strict=True))
    hubs = facilities.kind == "hub"
    by_tier: dict[str, set[str]] = {}
    for tier, area in zip(facilities.tier[hubs], facilities.area[hubs], strict=True):
        by_tier.setdefault(str(tier), set()).add(name[str(area)][:-1])
    assert by_tier == {
        "global": {"广州", "深圳"},
        "national": {"珠海", "佛山", "东莞", "揭阳"},
        "regional": {"汕头", "韶关", "梅州", "江门", "湛江", "肇庆"},
    }
    assert set(facilities.cluster[hubs & (facilities.tier == "global")]) == {"GZ-SZ"}


def test_every_place_has_its_facility(guangdong: Network) -> None:
    """A sort centre per city, a depot per county unit, a gateway per member outside."""
    facilities, areas = guangdong.facilities, guangdong.areas
    held = {kind: set(facilities.area[facilities.kind == kind]) for kind in ("sort_centre", "depot", "gateway")}
    assert held["sort_centre"] == set(areas.code[areas.level == "city"])
    assert held["depot"] == set(areas.code[areas.level == "county"])
    assert held["gateway"] == set(areas.code[~areas.inside & (areas.level != "country")])


def test_facilities_stand_near_their_area(guangdong: Network) -> None:
    """No facility inside stands further than 1.2 degrees from the centre of its area: a swapped coordinate would."""
    inside = guangdong.area_inside[guangdong.facility_area]
    lon = guangdong.facility_lon - guangdong.area_lon[guangdong.facility_area]
    lat = guangdong.facility_lat - guangdong.area_lat[guangdong.facility_area]
    assert np.hypot(lon, lat)[inside].max() < 1.2
    assert not np.any((guangdong.area_lon < guangdong.area_lat) & guangdong.area_inside)


def test_arrays_by_id(guangdong: Network) -> None:
    """Dense arrays hold under each id what the table's row says, and nothing under 0."""
    n = guangdong
    for i, (id_, level, parent) in enumerate(zip(n.areas.id, n.areas.level, n.areas.parent, strict=True)):
        assert n.area_level[id_] == LEVELS[str(level)]
        assert n.area_parent[id_] == n.areas.index_of_code.get(str(parent), 0)
        assert n.area_inside[id_] == n.areas.inside[i]
    for id_, kind, area in zip(n.facilities.id, n.facilities.kind, n.facilities.area, strict=True):
        assert n.facility_kind[id_] == FACILITY_KINDS[str(kind)].id
        assert n.facility_processing[id_] == FACILITY_KINDS[str(kind)].processing
        assert n.facility_area[id_] == n.areas.index_of_code[str(area)]
    assert not n.area_level[0] and not n.facility_area[0] and not n.facility_processing[0] and not n.area_inside[0]


def test_counties_roll_up_to_their_city(guangdong: Network) -> None:
    """``area_city`` is the parent of a county, and the area itself for a city and for anything that lies in none."""
    n = guangdong
    for id_ in n.areas.id:
        expected = n.area_parent[id_] if n.area_level[id_] == LEVELS["county"] else id_
        assert n.area_city[id_] == expected


def test_every_row_has_grade_and_source(guangdong: Network) -> None:
    """No figure stands without where it is from."""
    n = guangdong
    for table in (n.areas, n.facilities, n.operators, n.service_levels, n.promises, n.crossings, n.barriers, n.figures):
        assert all(str(s) for s in table.source), type(table).__name__
        assert all(str(g) for g in table.grade), type(table).__name__
    assert all(str(a) for a in n.obligations.article)


def test_arrays_cannot_be_written(guangdong: Network) -> None:
    """A network is shared by all who load it, so its arrays refuse writing."""
    n = guangdong
    assert not n.area_city.flags.writeable and not n.level_of_pair.flags.writeable and not n.areas.lon.flags.writeable


def test_the_cluster_is_the_bay_area(guangdong: Network) -> None:
    """The city cluster: nine cities of the delta, Hong Kong, Macao."""
    areas = guangdong.areas
    assert set(areas.name_zh[areas.cluster == "GBA"]) == PRD | {"香港特别行政区", "澳门特别行政区"}


def test_operators_stand_in_four_layers(guangdong: Network) -> None:
    """Every layer has an operator, each below the top leads up to a brand, on-demand platforms are a kind, and what is made up is graded so."""
    o = guangdong.operators
    layer, parent = (dict(zip(o.code.tolist(), column.tolist(), strict=True)) for column in (o.layer, o.parent))
    assert set(layer.values()) == {"brand", "enterprise", "branch", "outlet"} and "on_demand" in o.kind
    for code in o.code[(o.layer != "brand") & (o.kind != "on_demand")].tolist():
        while parent[code]:
            code = parent[code]
        assert layer[code] == "brand"
    assert set(o.grade[o.layer != "brand"]) == {"S"} and "S" not in o.grade[o.layer == "brand"]
