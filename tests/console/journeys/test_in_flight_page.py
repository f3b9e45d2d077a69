"""The page of items in flight: its figures are the study's, of nobody's items but one's own; what is being worked out, empty or can't be asked is said."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.console.journeys.night_store import night
from yilu.console import behind, seen
from yilu.console.access.narrowing import LaneRows, narrow
from yilu.console.behind import Behind
from yilu.console.facts import newest
from yilu.console.journeys import in_flight
from yilu.console.journeys.stopping import what_if
from yilu.console.seen import scope_of
from yilu.dispatch.closures import Closure
from yilu.dispatch.ends import ends
from yilu.dispatch.timetable import Timetable
from yilu.items.rules import packed
from yilu.run.facts import Facts
from yilu.studies.advice import ROOM, Advice, advice
from yilu.studies.around import around_facts, near
from yilu.studies.disruption import Study, figures, study
from yilu.studies.in_flight import Open, of_facts, of_operator, open_items

Client = Callable[[str], Any]
HUB, CITY = "SC-440300", "440300"
AT = f"/journeys/in-flight{{}}?closed=facility:{HUB}&lasts=48"
HOURS = 48
MADE = ("on_the_way", "affected", "kept_undisturbed", "broken_waiting", "broken_new_ways", "broken_all_room", "other_way", "own_lanes", "no_way")  # fmt: skip


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Facts with items in flight: those of the store that all tests share are a day that is over."""
    return night(tmp_path_factory.mktemp("night"))


@pytest.fixture(autouse=True)
def shown(evening: Facts, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The console shows these facts, and no study is held from another test."""
    monkeypatch.setattr(newest(), "facts", evening)
    monkeypatch.setattr(newest(), "studies", Behind())
    newest().forget("snapshot")
    yield
    newest().forget("snapshot")


def told(client: Any, at: str = AT) -> dict[str, Any]:
    """A page as JSON."""
    answer = client.get(at.format(".json"))
    assert answer.status_code == 200, answer.content[:300]
    found: dict[str, Any] = answer.json()
    return found


def made(chosen: Callable[[Open], Open], laid: Callable[..., Timetable] = around_facts, later: int = 0) -> tuple[Timetable, Study]:  # fmt: skip
    """The study of some items of the store, made past the console."""
    facts = newest().facts
    snapshot = facts.read()
    of = laid(facts.network, snapshot.as_of, snapshot.as_of)
    underway = of_facts(snapshot, of, ends(of.network), chosen)
    closure = Closure("facility", HUB, snapshot.as_of, snapshot.as_of + 3600 * HOURS, later=later)
    return of, study(of, underway, (closure,), snapshot.as_of)


def of_city(code: str) -> Callable[[Open], Open]:
    """Items that come from a city or go there."""
    under = newest().facts.network.under(code)
    return lambda some: some.only(under[some.origin] | under[some.destination])


def sums(rows: list[Advice]) -> tuple[int, int]:
    """Items of rows of advice, and how many of them break their promise."""
    return sum(r.items for r in rows), sum(r.broken for r in rows)


def test_figures_are_the_studys(client_of: Client) -> None:
    """Figures, advice and lanes with more room of the whole province are those of the study called directly; the chart holds what breaks under each plan."""
    of, found = made(lambda some: some)
    page, rows = told(client_of("duty")), advice(found)
    assert {n: page[n] for n in MADE} == {n: figures(found)[n] for n in MADE} and page["affected"] > 0
    assert page["saved"] == page["broken_waiting"] - page["broken_new_ways"] >= 0
    assert page["moment"] == int(of.at(found.moment)) and page["facts_to"] == page["as_of"] == newest().facts.read().as_of  # fmt: skip
    assert [(r["items"], r["broken"]) for r in page["tables"]["advice"]] == [(r.items, r.broken) for r in rows if r.action != ROOM]  # fmt: skip
    assert [(r["items"], r["saved"]) for r in page["tables"]["room"]] == [(r.items, r.in_time) for r in rows if r.action == ROOM]  # fmt: skip
    bars = page["tables"]["plans"]
    assert [b["broken"] for b in bars] == [page[n] for n in ("broken_waiting", "broken_new_ways", "broken_all_room")]
    assert sum(r["items"] for r in page["tables"]["places"]) == page["affected"]
    assert page["tables"]["stops"][0]["departures"] > 0 and not page["order"]


def test_rides_that_come_later(client_of: Client) -> None:
    """With minutes given the figures are those of the study with rides so much later: fewer promises break than where the place stops."""
    _, found = made(lambda some: some, later=300)
    page, shut = told(client_of("duty"), AT + "&later=300"), told(client_of("duty"))
    assert {n: page[n] for n in MADE} == {n: figures(found)[n] for n in MADE}
    assert page["affected"] > 0 and page["broken_waiting"] < shut["broken_waiting"]
    assert "班晚到" in client_of("duty").get(AT.format("/") + "&later=300").content.decode()


def test_a_carrier_is_told_of_its_own_items_alone(client_of: Client) -> None:
    """Each carrier's figures are those of the study of its own items; all of it is orders, whatever operator the address names; others' names stand nowhere."""
    ids = newest().facts.network.operators
    for who, code, other in (("carrier", "ZTO", "YTO"), ("firm", "YTO", "ZTO")):
        _, found = made(of_operator(ids.index_of_code[code]))
        for at in (AT, AT + f"&operator={other}"):
            page = told(client_of(who), at)
            assert {n: page[n] for n in MADE} == {n: figures(found)[n] for n in MADE}
            assert page["order"] and {r["operator"] for t in ("advice", "places") for r in page["tables"][t]} <= {ids.name_of_id[ids.index_of_code[code]][0]}  # fmt: skip
        html = client_of(who).get(AT.format("/")).content.decode()
        assert "调度指令" in html and "调度建议" not in html and ids.name_of_id[ids.index_of_code[other]][0] not in html
    whole = told(client_of("duty"))
    assert told(client_of("carrier"))["on_the_way"] < whole["on_the_way"]
    assert told(client_of("duty"), AT + "&operator=ZTO")["on_the_way"] == told(client_of("carrier"))["on_the_way"]


def test_a_city_is_told_of_what_comes_from_it_or_goes_there(client_of: Client) -> None:
    """A city's figures are those of the study of its items; advice is of its own facilities, the rest is counted as affected elsewhere; the region switch shows the province's officer the same."""
    _, found = made(of_city(CITY))
    mine, switched = told(client_of("city")), told(client_of("duty"), AT + f"&area={CITY}")
    assert {n: mine[n] for n in MADE} == {n: figures(found)[n] for n in MADE}
    network = newest().facts.network
    here = network.under(CITY)[network.facility_area]
    names = {network.facilities.name_of_id[int(i)][0] for i in np.flatnonzero(here) if i}
    rows = [r for r in advice(found) if r.action != ROOM]
    assert {r["facility"] for r in mine["tables"]["advice"]} <= names
    assert sum(r["items"] for r in mine["tables"]["advice"]) == sums([r for r in rows if here[r.facility]])[0]
    assert mine["elsewhere"] == sums([r for r in rows if not here[r.facility]])[0]
    assert mine["elsewhere"] + sum(r["items"] for r in mine["tables"]["advice"]) == mine["affected"]
    assert all({r["source"], r["target"]} & names for r in mine["tables"]["room"])
    assert {n: switched[n] for n in MADE} == {n: mine[n] for n in MADE} and switched["tables"] == mine["tables"]
    assert 0 < mine["on_the_way"] < told(client_of("duty"))["on_the_way"]


def test_where_more_room_would_save(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where departures are short of room the lanes are those of the study, with what each would save; a city is told of lanes that depart from or arrive at its own facilities alone, and nobody of a lane that may not be named to them."""

    def within(most: int) -> Callable[..., Timetable]:
        def laid(*given: Any) -> Timetable:
            of = around_facts(*given)
            return replace(of, room=np.minimum(of.room, most))

        return laid

    network = newest().facts.network
    here = network.under(CITY)[network.facility_area]
    for who, chosen in (("duty", lambda some: some), ("city", of_city(CITY))):
        # Which lanes save depends on ties between items, whose keys are made anew with each store: the first shortage in which some do.
        for most in (2, 1, 3, 4, 6):
            of, found = made(chosen, within(most))
            rows, lanes = [r for r in advice(found) if r.action == ROOM], of.network.lanes
            mine = [r for r in rows if who == "duty" or any(here[network.facilities.index_of_code[str(c[r.lane])]] for c in (lanes.source_facility, lanes.target_facility))]  # fmt: skip
            if mine:
                break
        assert mine
        with monkeypatch.context() as patch:
            patch.setattr(seen, "around_facts", within(most))
            patch.setattr(newest(), "studies", Behind())
            page = told(client_of(who))
            assert [(r["lane"], r["items"], r["saved"], r["departs"]) for r in page["tables"]["room"]] == [(str(lanes.code[r.lane]), r.items, r.in_time, r.departs) for r in mine]  # fmt: skip
            patch.setattr(newest(), "studies", Behind())
            patch.setattr(seen, "narrow", lambda some, scope: replace(some, rows=some.rows[:0]) if isinstance(some, LaneRows) else narrow(some, scope))  # fmt: skip
            assert told(client_of(who))["tables"]["room"] == []
        monkeypatch.setattr(seen, "narrow", narrow)
        assert {n: page[n] for n in MADE} == {n: figures(found)[n] for n in MADE}


def test_items_are_narrowed_before_they_are_studied(users: dict[str, Any], made_store: Any) -> None:
    """Of open items a carrier keeps its own, a city those with an end in it, and who looks at no items, or is of no known carrier, none."""
    snapshot = newest().facts.read()
    some = [open_items(snapshot.rows(b), packed(snapshot.rules)) for b in range(snapshot.at.buckets)]
    network = newest().facts.network
    under = network.under(CITY)
    for of in some:
        assert len(narrow(of, scope_of(users["duty"])).kind) == len(of.kind)
        assert set(narrow(of, scope_of(users["carrier"])).operator) <= {network.operators.index_of_code["ZTO"]}
        city = narrow(of, scope_of(users["city"]))
        assert (under[city.origin] | under[city.destination]).all()
        assert len(city.kind) == int((under[of.origin] | under[of.destination]).sum())
        for nobody in (scope_of(users["planner"]), replace(scope_of(users["carrier"]), operator="")):
            assert len(narrow(of, nobody).kind) == 0
    assert sum(len(of.kind) for of in some) > 0


def test_who_may_look(client_of: Client) -> None:
    """Officers and carriers open the page and find it among those of routes; planners, who see promises, are neither shown a link nor let in."""
    for role in ("duty", "monitor", "supervisor", "carrier", "city"):
        assert client_of(role).get("/journeys/in-flight/").status_code == 200
        assert b'href="/journeys/in-flight/' in client_of(role).get("/journeys/disruption/").content
    for role in ("planner", "statistician", "auditor", "administrator", "screen"):
        assert client_of(role).get("/journeys/in-flight/").status_code == 403
    assert b"in-flight" not in client_of("planner").get("/journeys/disruption/").content


def test_nothing_chosen_and_nothing_touched(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing chosen: what to do, and no figures. What touches nothing says so in place of tables. No store: that data are lacking."""
    client = client_of("duty")
    empty = told(client, "/journeys/in-flight{}")
    assert empty["tables"] == {"stops": []} and "affected" not in empty
    assert "还没有选择中断" in client.get("/journeys/in-flight/").content.decode()
    calm = "/journeys/in-flight{}?closed=facility:HUB-440100&lasts=1"
    page = told(client, calm)
    assert page["affected"] == page["broken_waiting"] == 0 < page["on_the_way"] and page["tables"]["advice"] == []
    html = client.get(calm.format("/")).content.decode()
    assert "无须处置" in html and "data-chart" not in html
    monkeypatch.setattr(type(newest()), "snapshot", None)
    without = client.get(AT.format("/"))
    assert without.status_code == 200 and "尚无数据" in without.content.decode()
    assert told(client)["no_facts"] is True


def test_nobody_has_anything_on_its_way(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier without any item in flight is told so, and no error."""
    monkeypatch.setattr(seen, "narrow", lambda rows, scope: rows.only(np.zeros(len(rows.kind), np.bool_)) if isinstance(rows, Open) else narrow(rows, scope))  # fmt: skip
    page = told(client_of("carrier"))
    assert page["on_the_way"] == page["affected"] == 0 and page["tables"]["room"] == []
    assert "没有在途件" in client_of("carrier").get(AT.format("/")).content.decode()


def test_what_is_being_worked_out_is_said(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a study works nobody waits for it: the page says so and looks again, JSON has no tables, CSV is refused with when to come back; promises are answered meanwhile; then the figures are there."""
    client, go = client_of("duty"), threading.Event()
    monkeypatch.setattr(behind, "WAIT_S", 0.05)
    newest().studies.result("a long one", go.wait)
    try:
        page, data, table = (client.get(AT.format(form)) for form in ("/", ".json", ".csv"))
        assert page.status_code == data.status_code == 202 and b"data-being-made" in page.content
        assert data.json()["calculating"] is True and data.json()["tables"] == {} and "affected" not in data.json()
        assert table.status_code == 503 and table["Retry-After"] and table.content == b""
        monkeypatch.setattr(behind, "WAIT_S", 300.0)
        assert client.get(f"/journeys/disruption.json?closed=facility:{HUB}").status_code == 200
    finally:
        go.set()
    assert told(client)["affected"] > 0


def test_a_store_of_too_many_items_is_refused(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read of a store beyond the bound: the answer names the command that can, and not how many items there are."""
    held = newest().facts.read().journeys
    assert held >= 3000
    monkeypatch.setattr(seen, "MOST_JOURNEYS", held - 1)
    monkeypatch.setattr(seen, "of_facts", lambda *given: pytest.fail("it was read"))
    answer = client_of("duty").get(AT.format(".json"))
    assert answer.status_code == 400 and "yilu disrupt" in answer.json()["next_step"]
    assert str(held) not in answer.content.decode() and f"{held:,}" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (f"closed=facility:{HUB}&lasts=73", "lasts"), (f"closed=facility:{HUB}&day=2025-05-20", "day"), (f"closed=facility:{HUB}&day=2025-06-20", "day"),
        (f"closed=facility:{HUB}&begins=00:00&lasts=1", "begins"), (f"closed=facility:{HUB}&begins=9", "begins"), ("closed=facility:NOWHERE", "closed"), ("closed=lane:NOWHERE", "closed"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(client_of: Client, query: str, names: str) -> None:
    """What lasts too long, is over before the facts end, begins when all has come, or isn't there, is named in both languages."""
    answer = client_of("duty").get(f"/journeys/in-flight.json?{query}")
    assert answer.status_code == 400 and answer.json()["message"].startswith(f"{names}=")
    assert "应为" in client_of("duty").get(f"/journeys/in-flight/?{query}").content.decode()


def test_a_later_beginning_is_another_moment(client_of: Client) -> None:
    """A day after the facts' is when the disruption begins, and what the study stands for; without one it is where the facts end."""
    network, as_of = newest().facts.network, newest().facts.read().as_of
    now = told(client_of("duty"))
    assert now["from"] == as_of and now["until"] == as_of + 3600 * HOURS
    later = network.local_date(as_of + 86_400)
    page = told(client_of("duty"), AT + f"&day={later}&begins=06:00")
    assert page["from"] == page["moment"] == network.local_time.midnight(later.isoformat()) + 6 * 3600 > as_of
    assert near(network, as_of, page["from"], page["until"]) and not near(network, as_of, as_of - 7200, as_of)


def test_more_advice_than_is_shown(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows stand on the page, which says how many the CSV holds beside, and how many aren't held at all."""
    rows = told(client_of("duty"))["tables"]["advice"]
    assert len(rows) > 4
    monkeypatch.setattr(in_flight, "_ADVICE_SHOWN", 2)
    monkeypatch.setattr(in_flight, "ADVICE_HELD", 3)
    monkeypatch.setattr(newest(), "studies", Behind())
    html = client_of("duty").get(AT.format("/")).content.decode().partition('id="table-advice"')[2].partition("</section>")[0]  # fmt: skip
    assert html.count("<tr>") == 1 + 2 and f"另有 1 行,见 CSV;还有 {len(rows) - 3} 行未列" in html
    answer = client_of("duty").get(AT.format(".csv") + "&table=advice")
    read = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [int(r["items"]) for r in read] == [r["items"] for r in rows[:3]] and all(r["says"] for r in read)


def test_the_page_stands_in_both_languages(client_of: Client) -> None:
    """Chinese by default, English where it is chosen, with the moment it stands for; an assumption is said to be one."""
    client = client_of("duty")
    html = client.get(AT.format("/")).content.decode()
    assert all(w in html for w in ("研判时刻", "不处置则失约", "生成的时刻表", "在哪条线路加运力最有用"))
    client.cookies["language"] = "en"
    html = client.get(AT.format("/")).content.decode()
    assert all(w in html for w in ("Break if nothing is done", "Generated timetable", "Where more room would save most"))  # fmt: skip


def test_an_incident_leads_here(client_of: Client) -> None:
    """What an incident touches is asked about here, from where the facts end on."""
    at = what_if(newest().facts.network, [HUB], CITY, "journeys.in_flight")
    assert at.startswith("/journeys/in-flight/?closed=")
    page = told(client_of("duty"), at.replace("in-flight/", "in-flight{}"))
    assert page["from"] == page["facts_to"] and page["affected"] > 0
