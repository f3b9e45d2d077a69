"""Pages of the network: what is there, and a facility's work, as the library tells them and as far as a scope reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.console.made_store import DAY
from yilu.console.facts import newest
from yilu.items.answers import dwell, scans

Client = Callable[[str], Any]
SPAN = f"since={DAY}&until=2025-11-20"
SITE = "SC-440300"


def tables(client: Any, at: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of a page."""
    answer = client.get(at)
    assert answer.status_code == 200
    told: dict[str, list[dict[str, Any]]] = answer.json()["tables"]
    return told


def test_hubs_stand_by_tier(client_of: Client) -> None:
    """The province's hubs, the highest tier first, each with its own page."""
    f = newest().facts.network.facilities
    told = tables(client_of("duty"), f"/network.json?{SPAN}")["hubs"]
    assert {r["code"] for r in told} == {str(c) for c, t in zip(f.code, f.tier, strict=True) if str(t)}
    tiers = [r["tier_name"] for r in told]
    assert tiers == sorted(tiers, key=["国际枢纽", "全国枢纽", "区域枢纽"].index)
    assert client_of("duty").get(f"/network/{told[0]['code']}/").status_code == 200


def test_a_facility_is_found_by_name_code_and_kind(client_of: Client) -> None:
    """The search narrows the list, and says how many there are."""
    client = client_of("duty")
    by_code = tables(client, f"/network.json?q={SITE.lower()}")["facilities"]
    assert [r["code"] for r in by_code] == [SITE]
    airports = client.get("/network.json?kind=airport").json()
    assert airports["count"] == len(airports["tables"]["facilities"]) > 0
    assert {r["kind"] for r in airports["tables"]["facilities"]} == {"机场"}
    assert tables(client, "/network.json?q=nowhere")["facilities"] == []


def test_a_place_is_of_one_grade_in_the_list_and_on_its_page(client_of: Client) -> None:
    """The plan names the hub's city, but its place within is assumed: the list said the plan's grade of it."""
    client = client_of("duty")
    hub = tables(client, f"/network.json?{SPAN}")["hubs"][0]
    shown = client.get(f"/network/{hub['code']}/").content.decode()
    assert hub["grade"] == "S" and "S 假设" in shown.partition("位置可信等级")[2][:60]


def test_maps_without_an_approval_say_so(client_of: Client) -> None:
    """Outlines of areas without a map-approval number are for development only; every page with a map says it, not the overview alone."""
    assert newest().facts.network.shapes.approval == ""
    for page in ("", "network/", "journeys/", "journeys/reach/", "hubs/", "hubs/robust/"):
        shown = client_of("duty").get(f"/{page}").content.decode()
        assert ('"around": "/' in shown) == ("边界无审图号" in shown), page


def test_throughput_of_a_facility_is_the_cubes(client_of: Client) -> None:
    """Events by hour and by kind, and dwell by operator, are those of the cubes at that place."""
    snapshot, network = newest().snapshot, newest().facts.network
    assert snapshot is not None
    number = network.facilities.index_of_code[SITE]
    told = tables(client_of("duty"), f"/network/{SITE}.json")
    rows = scans(snapshot, ("hour", "facility", "kind"), (number,)).to_pylist()
    last = max(r["hour"] for r in rows)
    recent = [r for r in rows if r["hour"] > last - 48]
    assert sum(r["events"] for r in told["hours"]) == sum(r["events"] for r in told["kinds"]) == sum(r["events"] for r in recent) > 0  # fmt: skip
    of_cube = dwell(snapshot, (number,), ("operator",)).to_pylist()
    assert sorted(r["departures"] for r in told["dwell_operator"]) == sorted(r["departures"] for r in of_cube)


def test_scope_of_a_facility(client_of: Client) -> None:
    """A city sees the work of its own facilities; a carrier its own share of any; statistics none. What is public is shown to all."""
    whole = tables(client_of("duty"), f"/network/{SITE}.json")
    assert tables(client_of("city"), f"/network/{SITE}.json")["kinds"] == whole["kinds"]
    assert tables(client_of("city"), "/network/SC-440100.json")["kinds"] == []
    assert tables(client_of("city"), "/network/SC-440100.json")["near"]
    own = tables(client_of("carrier"), f"/network/{SITE}.json")
    assert {r["group"] for r in own["dwell_operator"]} == {"中通快递"}
    assert set(tables(client_of("statistician"), f"/network/{SITE}.json")) == {"near"}
    assert all(r["events"] is None for r in tables(client_of("statistician"), f"/network.json?{SPAN}")["facilities"])


def test_lanes_are_a_carriers_own(client_of: Client) -> None:
    """A carrier's lanes and loads are its secret: each sees its own, whose sums are less than the whole; statistics see none."""

    def total(who: str) -> int:
        return sum(r["accepted"] for r in tables(client_of(who), f"/network.json?{SPAN}")["lanes"])

    assert 0 < total("carrier") < total("duty") and 0 < total("firm") < total("duty")
    assert "lanes" not in tables(client_of("statistician"), f"/network.json?{SPAN}")


def test_an_unknown_facility_has_no_page(client_of: Client) -> None:
    """A code that no facility has leads nowhere."""
    assert client_of("duty").get("/network/NOWHERE/").status_code == 404
