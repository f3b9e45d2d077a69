"""The map's rows: those of its tables, of what is in scope, counted right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.console.facts import newest
from yilu.console.overview.map import CLASSES, FLOWS, breaks, ground
from yilu.errors import SettingsError
from yilu.items import answers, cubes
from yilu.items.cubes import MEASURES

SHENZHEN, GUANGZHOU = "440300", "440100"


@given(st.lists(st.floats(-1e9, 1e9), max_size=60))
def test_classes_begin_at_values_and_hold_all(values: list[float]) -> None:
    """Bounds are values that there are, ascending, the first the least; no more than so many; and no class is without a value."""
    bounds = breaks(values)
    assert len(bounds) <= CLASSES and set(bounds) <= set(values) and list(bounds) == sorted(set(bounds))
    if values:
        assert bounds[0] == min(values)
        ends = [*bounds[1:], np.inf]
        assert all(any(low <= v < high for v in values) for low, high in zip(bounds, ends, strict=True))


def page(client: Any, query: str = "") -> dict[str, Any]:
    """The overview as JSON: its tables."""
    answer = client.get(f"/index.json{query}")
    assert answer.status_code == 200, answer.content
    tables: dict[str, Any] = answer.json()["tables"]
    return tables


def drawn(client: Any, query: str = "") -> dict[str, Any]:
    """What the script of the map is given."""
    found: dict[str, Any] = client.get(f"/{query}").context["page"].more["_map"]
    return found


def test_the_tables_hold_what_the_map_draws(client_of: Callable[[str], Any]) -> None:
    """Areas, flows, hubs and places with alerts: as many rows as marks, with the same values."""
    client = client_of("duty")
    tables, shown = page(client), drawn(client)
    assert Counter(r["value"] for r in tables["areas"]) == Counter(a["value"] for a in shown["areas"])
    assert [r["items"] for r in tables["flows"]] == [f["items"] for f in shown["flows"]]
    assert len(tables["hubs"]) == len(shown["hubs"]) and [r["alerts"] for r in tables["places"]] == [
        p["alerts"] for p in shown["alerts"]
    ]


def test_cities_show_the_indicator_of_the_address(client_of: Callable[[str], Any]) -> None:
    """By default what was accepted, as the cube of flows tells city by city; with another indicator in the address, that one."""
    client, network = client_of("duty"), newest().facts.network
    snapshot = newest().snapshot
    assert snapshot is not None
    cells = snapshot.cells(cubes.BY_NAME["flow"])
    mine = cells.filter(pc.equal(cells["measure"], MEASURES["accepted"][0]))
    counted: Counter[str] = Counter()
    for origin, n in zip(mine["origin"].to_pylist(), mine["count"].to_pylist(), strict=True):
        if network.area_inside[origin]:
            counted[network.areas.name_of_id[origin][0]] += n
    told = {r["name"]: r["value"] for r in page(client)["areas"] if r["value"]}
    assert told == dict(counted) and len(told) > 15
    rates = [r["value"] for r in page(client, "?indicator=on_time_rate")["areas"] if r["value"] is not None]
    assert rates and all(0 <= v <= 1 for v in rates)


def test_an_unknown_indicator_is_refused(client_of: Callable[[str], Any]) -> None:
    """With the next step, as any other fault of an address."""
    assert client_of("duty").get("/index.json?indicator=zzz").status_code == 400


def test_flows_are_the_greatest_pairs_of_the_province(client_of: Callable[[str], Any]) -> None:
    """Pairs of different cities inside, from the cube, the greatest first and no more than so many."""
    network, snapshot = newest().facts.network, newest().snapshot
    assert snapshot is not None
    table = answers.flow(snapshot, "accepted").to_pylist()
    inside = [
        r
        for r in table
        if r["origin"] != r["destination"]
        and network.area_inside[r["origin"]]
        and network.area_inside[r["destination"]]
    ]
    wanted = sorted((r["items"] for r in inside), reverse=True)[:FLOWS]
    assert [r["items"] for r in page(client_of("duty"))["flows"]] == wanted


def test_a_city_sees_flows_of_which_one_end_is_its_own(client_of: Callable[[str], Any]) -> None:
    """Both ways, no pair twice, none of two other cities; the same pairs with the same counts as the province sees."""
    shown = drawn(client_of("city"))["flows"]
    pairs = [(f["from_code"], f["to_code"]) for f in shown]
    assert len(set(pairs)) == len(pairs) and all(SHENZHEN in p for p in pairs)
    assert any(p[0] == SHENZHEN for p in pairs) and any(p[1] == SHENZHEN for p in pairs)
    whole = {(f["from_code"], f["to_code"]): f["items"] for f in drawn(client_of("duty"))["flows"]}
    assert all(whole.get((f["from_code"], f["to_code"]), f["items"]) == f["items"] for f in shown)


def test_a_city_goes_down_to_its_county_units(client_of: Callable[[str], Any]) -> None:
    """A chosen city shows the county units below it, coloured by the scans at their facilities; together they are all scans there in those days."""
    client, network = client_of("duty"), newest().facts.network
    shown = drawn(client, f"?area={GUANGZHOU}&since=2025-11-11&until=2025-11-11")
    assert shown["level"] == "county" and len(shown["areas"]) == 11
    assert all(
        int(network.area_city[network.areas.index_of_code[a["code"]]]) == network.areas.index_of_code[GUANGZHOU]
        for a in shown["areas"]
    )
    snapshot = newest().snapshot
    assert snapshot is not None
    cells = snapshot.cells(cubes.BY_NAME["scans"])
    place, hour, n = (cells[c].to_numpy() for c in ("facility", "hour", "count"))
    first = network.local_time.midnight("2025-11-11") // 3600
    county = network.facility_area[place]
    there = (network.area_city[county] == network.areas.index_of_code[GUANGZHOU]) & (network.area_level[county] == 5)
    assert sum(a["value"] or 0 for a in shown["areas"]) == n[there & (hour >= first) & (hour < first + 24)].sum() > 0


def test_the_switch_of_the_region_narrows_and_never_widens(client_of: Callable[[str], Any]) -> None:
    """An officer of Shenzhen who asks for Guangzhou is shown nothing of it."""
    shown = drawn(client_of("city"), f"?area={GUANGZHOU}")
    assert shown["areas"] == shown["flows"] == shown["hubs"] == shown["alerts"] == []


def test_places_count_the_alerts_that_people_are_told_of(client_of: Callable[[str], Any]) -> None:
    """By city: alerts at its facilities that are told, not over, and no mere oddity."""
    network, found = newest().facts.network, newest().alerts
    assert found is not None
    counted = Counter(
        network.areas.name_of_id[int(network.area_city[network.facility_area[a.place]])][0]
        for a in found.alerts if a.place and a.life != "resolved" and a.severity and not a.inhibited_by and not a.silenced
    )  # fmt: skip
    assert {r["name"]: r["alerts"] for r in page(client_of("duty"))["places"]} == dict(counted)


def test_a_carrier_sees_its_own_volumes(client_of: Callable[[str], Any]) -> None:
    """Two carriers' volumes are less than the province's, city by city."""
    whole = {r["name"]: r["value"] or 0 for r in page(client_of("duty"))["areas"]}
    for who in ("carrier", "firm"):
        mine = {r["name"]: r["value"] or 0 for r in page(client_of(who))["areas"]}
        assert 0 < sum(mine.values()) < sum(whole.values()) and all(mine[c] <= whole[c] for c in mine)


@pytest.mark.parametrize("who", ["planner", "statistician"])
def test_who_supervises_nobody_is_shown_no_alerts(client_of: Callable[[str], Any], who: str) -> None:
    """Planning and statistics stay apart from supervision: no alert stands on the page, on the map or in the stream, nor a table or a switch for what isn't there."""
    tables = page(client_of(who))
    assert not {"alerts", "places", "flows"} & set(tables)
    shown = client_of(who).get("/").content.decode()
    assert 'data-layer="hubs"' in shown and 'data-layer="alerts"' not in shown and 'data-layer="flows"' not in shown


def test_outlines_are_fetched_once(client_of: Callable[[str], Any]) -> None:
    """They come as GeoJSON with a tag, by which a browser that has them is told to keep them."""
    client = client_of("city")
    first = client.get("/map/outlines.json?level=city")
    assert first.status_code == 200 and first.json()["type"] == "FeatureCollection"
    assert client.get("/map/outlines.json?level=city", headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get("/map/outlines.json?level=town").status_code == 400


def test_the_ground_is_on_this_host() -> None:
    """None, or a path with its three axes; an address elsewhere would tell others who looks at what, and is refused."""
    assert ground("none") == "" and ground("/tiles/{z}/{x}/{y}.png") == "/tiles/{z}/{x}/{y}.png"
    for wrong in ("https://tiles.example/{z}/{x}/{y}.png", "//tiles.example/{z}/{x}/{y}.png", "/tiles/{z}.png"):
        with pytest.raises(SettingsError):
            ground(wrong)
