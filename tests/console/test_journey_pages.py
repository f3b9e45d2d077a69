"""Pages of time-definite routes: they say what the library says, as far as a scope reaches, and refuse what can't be asked."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.console.made_store import DAY
from yilu.console import behind
from yilu.console.access.narrowing import LaneRows, narrow
from yilu.console.facts import newest
from yilu.console.seen import scope_of
from yilu.dispatch.closures import Closure, disturbed
from yilu.dispatch.itinerary import itinerary
from yilu.dispatch.promise import attained, laid_out, promises
from yilu.dispatch.remedies import CHANGES
from yilu.dispatch.timetable import MODES

Client = Callable[[str], Any]
PAGES = ("journeys", "journeys/reach", "journeys/timetable", "journeys/disruption")
HUB = "SC-440300"


def told(client: Any, at: str) -> dict[str, Any]:
    """A page as JSON."""
    answer = client.get(at)
    assert answer.status_code == 200, answer.content[:300]
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def laid() -> tuple[Any, Any]:
    """The timetable and the ends of the day that the store's latest event lies in, made past the console."""
    return laid_out(newest().facts.network, _day())


def _day() -> date:
    of = newest()
    assert of.snapshot is not None
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(of.facts.network.local_day(of.snapshot.as_of)))


def test_shares_by_level_are_the_librarys(client_of: Client, laid: tuple[Any, Any]) -> None:
    """Pairs, pairs kept and items kept of every service level, of all hours and of one; choosing a level leaves it alone on the map."""
    client, (of, ends) = client_of("duty"), laid
    found = promises(of, ends)
    ids = of.network.service_levels.index_of_code
    for at, hour in (("", None), ("?hour=12", 12)):
        own = found if hour is None else promises(of, ends, hours=(hour,))
        rows = told(client, f"/journeys.json{at}")["tables"]["levels"]
        wanted = [attained(own, own.level == n) for c, n in ids.items() if n and attained(own, own.level == n).pairs]
        assert [r["count"] for r in rows] == [a.pairs for a in wanted]
        assert [r["volume"] for r in rows] == pytest.approx([a.volume_kept for a in wanted])
        assert [r["pairs"] for r in rows] == pytest.approx([a.pairs_kept for a in wanted])
    half_day = told(client, "/journeys.json?level=half_day")
    assert half_day["pairs"] == int((found.level == ids["half_day"]).sum())
    assert {a["value"] for a in half_day["map"]["areas"]} != {a["value"] for a in told(client, "/journeys.json")["map"]["areas"]}  # fmt: skip


def test_the_map_says_what_the_table_says(client_of: Client) -> None:
    """Every area of the map stands in the table with the same value; a city's map shows its county units."""
    for query in ("", "?measure=pairs", "?area=440300", "?side=destination"):
        page = told(client_of("duty"), f"/journeys.json{query}")
        of_map = {a["name"]: a["value"] for a in page["map"]["areas"]}
        assert of_map == {r["name"]: r[page["measure"]] for r in page["tables"]["areas"]} and len(of_map) > 5
        assert page["level"] == ("county" if "area" in query else "city")


def test_worst_pairs_are_late_and_their_changes_stand_beside(client_of: Client) -> None:
    """Ten at most, each later than promised or never there, with a reason; every change in the one table is of a pair in the other."""
    page = told(client_of("duty"), "/journeys.json")["tables"]
    assert len(page["worst"]) == 10
    assert all(r["delivered"] is None or r["delivered"] > r["due"] for r in page["worst"]) and all(r["reason"] for r in page["worst"])  # fmt: skip
    pairs = {(r["origin"], r["destination"]) for r in page["worst"]}
    assert page["changes"] and {(r["origin"], r["destination"]) for r in page["changes"]} <= pairs


def test_isochrones_are_the_ends_of_earliest_journeys(client_of: Client, laid: tuple[Any, Any]) -> None:
    """Hours until delivered are those of the journey from door to door, for every place that is reached; what is promised beside it decides whether it is kept."""
    of, ends = laid
    origin = next(str(c) for c in (of.network.areas.code_of_id[int(a)] for a in ends.area) if str(c).startswith("4403"))
    page = told(client_of("duty"), f"/journeys/reach.json?place={origin}&at=10:30")
    i, accepted = ends.row(origin), of.begins + 3600 * 10 + 1800
    rows = {r["name"]: r for r in page["tables"]["places"]}
    assert len(rows) == len(ends) == page["places"]
    for j in range(0, len(ends), 7):
        steps = itinerary(of, ends, i, j, accepted)
        row = rows[of.network.areas.name_of_id[int(ends.area[j])][0]]
        assert row["delivered"] == (steps[-1].ends if steps else None)
        assert row["hours"] == (pytest.approx((steps[-1].ends - accepted) / 3600) if steps else None)
    assert page["reached"] == sum(r["hours"] is not None for r in rows.values()) > 100


def test_what_is_ready_at_a_site_comes_sooner_than_from_a_door(client_of: Client) -> None:
    """From a processing site no courier is waited for, and nothing is promised."""
    client = client_of("duty")
    site = told(client, f"/journeys/reach.json?place={HUB}&at=18:00")["tables"]["places"]
    door = {r["name"]: r["hours"] for r in told(client, "/journeys/reach.json?place=440305&at=18:00")["tables"]["places"]}  # fmt: skip
    assert all(r["hours"] <= door[r["name"]] for r in site if r["hours"] is not None and door[r["name"]] is not None and r["hours"] < 20)  # fmt: skip
    assert all(r["due"] is None for r in site)


def test_lanes_departures_and_room(client_of: Client, laid: tuple[Any, Any]) -> None:
    """Lanes and departures of the day, by mode, add up to the timetable's; what was generated is marked so, with its grade."""
    of, _ends = laid
    page = told(client_of("planner"), "/journeys/timetable.json")
    today = of.connections.departs < 1440
    assert page["departures"] == int(today.sum()) == sum(r["departures"] for r in page["tables"]["modes"])
    assert page["count"] == len(np.unique(of.lane)) == page["generated_lanes"]
    assert sum(r["hour"] is not None and sum(v for k, v in r.items() if k != "hour") for r in page["tables"]["hours"]) == page["departures"]  # fmt: skip
    assert {(r["made"], r["grade"]) for r in page["tables"]["timetable"]} == {("生成", "S")}
    ferries = told(client_of("planner"), "/journeys/timetable.json?mode=ferry")
    assert {r["mode"] for r in ferries["tables"]["timetable"]} == {"轮渡"} and ferries["count"] < page["count"]
    here = told(client_of("planner"), f"/journeys/timetable.json?place={HUB}")
    assert 0 < here["count"] < page["count"]


def test_a_city_sees_its_own_lanes_and_pairs(client_of: Client) -> None:
    """Lanes that neither depart from nor arrive at its facilities are not told, nor pairs that neither begin nor end in it, nor places elsewhere to begin at."""
    whole, own = (told(client_of(who), "/journeys/timetable.json") for who in ("duty", "city"))
    assert 0 < own["count"] < whole["count"]
    mine = told(client_of("city"), "/journeys.json")
    assert 0 < mine["pairs"] < told(client_of("duty"), "/journeys.json")["pairs"]
    assert [a["code"] for a in mine["map"]["areas"]] == ["440300"]
    assert client_of("city").get("/journeys/reach.json?place=440106").status_code == 400


def test_lanes_of_another_carrier_are_its_secret(users: dict[str, Any], made_store: Any, laid: tuple[Any, Any]) -> None:
    """Of a timetable with lanes of two carriers each sees everybody's and its own by name, rides those alone, and the province's officers see all."""
    of, _ends = laid
    owner = np.array(["*", "ZTO", "YTO"])[np.arange(len(of.network.lanes.code)) % 3]
    network = replace(of.network, lanes=replace(of.network.lanes, operator=owner))
    timetable = replace(of, network=network)
    everything = LaneRows(network.lanes, np.arange(len(owner)))
    for who, code, other in (("carrier", "ZTO", "YTO"), ("firm", "YTO", "ZTO")):
        scope = scope_of(users[who])
        assert set(owner[narrow(everything, scope).rows]) == {"*", code}
        ridden = narrow(timetable, scope)
        assert set(owner[ridden.lane[ridden.connections.row]]) == {"*", code} and other
    assert len(narrow(everything, scope_of(users["planner"])).rows) == len(owner)
    nobody = replace(scope_of(users["carrier"]), operator="")
    assert len(narrow(timetable, nobody).connections) == 0


def test_who_may_look(client_of: Client) -> None:
    """Officers, planners and carriers open the pages; statistics, audit and administration don't."""
    for page in PAGES:
        for role in ("duty", "planner", "carrier"):
            assert client_of(role).get(f"/{page}.json").status_code == 200
        for role in ("statistician", "auditor", "administrator", "screen"):
            assert client_of(role).get(f"/{page}.json").status_code == 403


def test_promises_before_and_after_a_closure(client_of: Client, laid: tuple[Any, Any]) -> None:
    """Both sides are the library's, and the pairs that break are those that were kept and no longer are."""
    of, ends = laid
    page = told(client_of("duty"), f"/journeys/disruption.json?closed=facility:{HUB}&lasts=48")
    now = promises(of, ends)
    then = promises(disturbed(of, (Closure("facility", HUB, of.begins, of.begins + 48 * 3600),)), ends)
    assert (page["kept_now"], page["kept_then"]) == pytest.approx((attained(now).volume_kept, attained(then).volume_kept))  # fmt: skip
    broken = (now.kept & ~then.kept).any(axis=2)
    assert page["broken_pairs"] == int(broken.sum()) > 50 == len(page["tables"]["pairs"])
    names = of.network.areas.name_of_id
    pairs = {
        (names[int(ends.area[i])][0], names[int(ends.area[j])][0]) for i, j in zip(*np.nonzero(broken), strict=True)
    }
    assert {(r["origin"], r["destination"]) for r in page["tables"]["pairs"]} <= pairs
    assert all(r["now"] <= r["due"] and (r["then"] is None or r["then"] > r["due"]) for r in page["tables"]["pairs"])
    assert page["tables"]["stops"][0]["departures"] > 0


def test_rides_that_come_later_instead_of_not_at_all(client_of: Client, laid: tuple[Any, Any]) -> None:
    """With minutes given nothing stops: promises are those of the library with rides so much later, which break fewer than a closure; the table says that departures come late."""
    of, ends = laid
    client, at = client_of("duty"), f"closed=facility:{HUB}&lasts=48"
    page, shut = (told(client, f"/journeys/disruption.json?{at}{more}") for more in ("&later=90", ""))
    slow = Closure("facility", HUB, of.begins, of.begins + 48 * 3600, later=90)
    assert page["kept_then"] == pytest.approx(attained(promises(disturbed(of, (slow,)), ends)).volume_kept)
    assert shut["kept_then"] < page["kept_then"] < page["kept_now"] and page["later"] == 90
    html = client.get(f"/journeys/disruption/?{at}&later=90").content.decode()
    assert "晚到班次" in html and "当日停开班次" not in html


def test_a_closure_is_added_and_taken_away_by_the_address(client_of: Client) -> None:
    """What is added joins what is closed; nothing chosen shows what to do, and no figures."""
    page = told(client_of("duty"), f"/journeys/disruption.json?closed=facility:{HUB}&add=mode:freighter")
    assert page["closed"] == f"facility:{HUB},mode:freighter" and len(page["tables"]["stops"]) == 2
    empty = told(client_of("duty"), "/journeys/disruption.json")
    assert empty["tables"] == {"stops": []} and "kept_now" not in empty


@pytest.mark.parametrize(
    ("at", "names"),
    [
        ("journeys.json?hour=3", "hour"), ("journeys.json?hour=x", "hour"), ("journeys.json?day=2001-01-01", "day"), ("journeys.json?day=tomorrow", "day"), ("journeys.json?level=nope", "level"),
        ("journeys.json?measure=nope", "measure"), ("journeys/reach.json?place=NOWHERE", "place"), ("journeys/reach.json?at=25:00", "at"), ("journeys/reach.json?at=noon", "at"),
        ("journeys/timetable.json?mode=rocket", "mode"), ("journeys/timetable.json?place=NOWHERE", "place"), ("journeys/disruption.json?closed=facility:NOWHERE", "closed"),
        ("journeys/disruption.json?closed=lane:NOWHERE", "closed"), ("journeys/disruption.json?add=planet:EARTH", "add"), (f"journeys/disruption.json?closed=facility:{HUB}&lasts=0", "lasts"),
        (f"journeys/disruption.json?closed=facility:{HUB}&lasts=999", "lasts"), (f"journeys/disruption.json?closed=facility:{HUB}&later=1441", "later"), (f"journeys/disruption.json?closed=facility:{HUB}&later=-1", "later"),
        (f"journeys/disruption.json?closed=facility:{HUB}&begins=9", "begins"),
        ("journeys/disruption.json?closed=" + ",".join(f"area:{c}" for c in range(440101, 440131)), "closed"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(client_of: Client, at: str, names: str) -> None:
    """A wrong value is named, with what is expected; the next question is answered again."""
    client = client_of("duty")
    for _ in range(2):
        answer = client.get(f"/{at}")
        assert answer.status_code == 400 and answer.json()["message"].startswith(f"{names}=")


def test_tables_are_csv_too(client_of: Client) -> None:
    """Each table of each page, as many rows as in JSON."""
    client = client_of("duty")
    for at in ("journeys", "journeys/reach", "journeys/timetable", f"journeys/disruption.csv?closed=facility:{HUB}"):
        path, _q, query = at.partition("?")
        path = path.removesuffix(".csv")
        for name, rows in told(client, f"/{path}.json?{query}")["tables"].items():
            answer = client.get(f"/{path}.csv?{query}&table={name}")
            read = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
            assert len(read) == len(rows) + 1, (path, name)


def test_pages_stand_in_both_languages(client_of: Client) -> None:
    """Chinese by default, English where it is chosen; the generated timetable is said to be one."""
    client = client_of("duty")
    for page in PAGES[:3]:
        assert "生成的时刻表" in client.get(f"/{page}/").content.decode()
    client.cookies["language"] = "en"
    for page in PAGES[:3]:
        assert "Generated timetable" in client.get(f"/{page}/").content.decode()


def test_what_is_being_worked_out_is_said(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it takes longer than one waits the page says so and looks again, JSON has no tables, CSV is refused with when to come back; other pages are answered; then the figures are there."""
    client, go = client_of("duty"), threading.Event()
    monkeypatch.setattr(behind, "WAIT_S", 0.05)
    newest().behind.result("a long one", go.wait)
    at = "/journeys/reach{}?place=440307&at=06:06"
    try:
        page, data, table = (client.get(at.format(form)) for form in ("/", ".json", ".csv"))
        assert page.status_code == data.status_code == 202 and b"data-being-made" in page.content
        assert data.json()["calculating"] is True and data.json()["tables"] == {}
        assert table.status_code == 503 and table["Retry-After"] and table.content == b""
        assert client.get("/network/").status_code == 200
    finally:
        go.set()
    monkeypatch.setattr(behind, "WAIT_S", 300.0)
    assert client.get(at.format(".json")).json()["reached"] > 0


def test_an_incident_leads_to_what_if_with_its_facilities(
    client_of: Client, made_store: Any, users: dict[str, Any]
) -> None:
    """The link names the facilities that were counted, or the city where none were; it opens."""
    from yilu.console.journeys.stopping import what_if

    network = newest().facts.network
    assert what_if(network, [HUB, "NOWHERE"], "440100").endswith(f"?closed=facility%3A{HUB}")
    at = what_if(network, [], "440300")
    assert at.endswith("?closed=area%3A440300")
    assert told(client_of("duty"), at.replace("disruption/", "disruption.json"))["broken_pairs"] > 0
    assert what_if(network, [], str(network.areas.code[0])).endswith("?closed=")


def test_the_day_is_the_one_asked_for(client_of: Client) -> None:
    """Another day is laid out as that day."""
    page = told(client_of("duty"), f"/journeys.json?day={DAY}")
    assert page["day"] == DAY.isoformat()


def test_every_mode_reason_and_change_has_its_names() -> None:
    """Whatever the library says has names in both languages, the same as in a terminal."""
    from yilu.cli.titles import titles
    from yilu.console.journeys.words import said_of

    groups = {"mode": MODES, "change": CHANGES, "reason": tuple(c for g, c in titles() if g == "reason")}
    for group, codes in groups.items():
        for code in codes:
            title = titles()[group, code]
            assert said_of(group, code) == (title.zh, title.en.rstrip(":"))
