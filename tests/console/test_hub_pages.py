"""Pages of hub design: they say what the study's functions say of the same design, and refuse what can't be asked."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from yilu.console import behind
from yilu.console.facts import newest
from yilu.design.matrices import HubMatrices, matrices, within
from yilu.design.stop import after, at_gap, either
from yilu.studies.hub_scenarios import of_scenario, scenarios
from yilu.studies.hubs import Design, best, measured, stated, swaps, with_hubs

Client = Callable[[str], Any]
PAGES = ("hubs", "hubs/number", "hubs/robust")
TWO = "system=2&other_system=3&seconds=20"
"""Few hubs, whose best is proven within seconds."""


def told(client: Any, at: str) -> dict[str, Any]:
    """A page as JSON."""
    answer = client.get(at)
    assert answer.status_code == 200, answer.content[:300]
    found: dict[str, Any] = answer.json()
    return found


def day() -> date:
    """The local day of the store's latest event."""
    of = newest()
    assert of.snapshot is not None
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(of.facts.network.local_day(of.snapshot.as_of)))


@pytest.fixture(scope="module")
def m(made_store: Any) -> HubMatrices:
    """The arrays of the day, made past the console."""
    return matrices(newest().facts.network, day())


def shown_design(page: dict[str, Any], m: HubMatrices, n: int = 1) -> Design:
    """The design that a page's tables tell: hubs with tiers, and whose each unit is."""
    tables = page["tables"]
    row = {m.network.areas.code_of_id[int(u)]: i for i, u in enumerate(m.unit)}
    hubs = [r for r in tables["hubs"] if r[f"units_{n}"] is not None]
    unit = {r["unit"]: row[r["code"]] for r in hubs}
    assert len(unit) == len(hubs)
    at = np.empty(len(m.unit), np.int64)
    for r in tables["allocation"]:
        at[row[r["code"]]] = unit[r[f"hub_{n}"]]
    sites = np.array(sorted(unit.values()), np.int64)
    found = best(m, len(sites), at_gap(1.0))
    return Design(sites, ("",) * len(sites), at, found.asked, found.plan)


def test_figures_are_the_studys(client_of: Client, m: HubMatrices) -> None:
    """Cost, hours, promises and carbon of both designs are those of the allocation in the table; the cost is the least that the study finds, and no bound lies above it."""
    page = told(client_of("planner"), f"/hubs.json?{TWO}")
    for n, row in enumerate(page["tables"]["measures"][:2], 1):
        does = measured(m, shown_design(page, m, n))
        assert (row["cost"], row["hours"], row["carbon"]) == pytest.approx((does.cost_yuan, does.hours, does.carbon_kg / 1e3))  # fmt: skip
        assert row["an_item"] == pytest.approx(does.cost_yuan / does.items)
        assert row["in_time"] == pytest.approx(does.in_time)
        found = best(m, n + 1, either(after(20), at_gap(1e-4)))
        assert row["bound"] <= found.plan.cost * (1 + 1e-9) and row["value"] == pytest.approx(found.plan.cost, rel=2e-4)
        assert row["gap"] == pytest.approx(1 - row["bound"] / row["value"], abs=1e-9)


def test_what_differs_between_two_designs(client_of: Client) -> None:
    """The third row is the second less the first; each hub is said to be in both, in the same city, or in one; and that more hubs cost less is called proven where the bound says so."""
    page = told(client_of("duty"), f"/hubs.json?{TWO}")
    a, b, less = page["tables"]["measures"]
    assert less["cost"] == pytest.approx(b["cost"] - a["cost"]) and less["cost"] < 0 and less["hubs"] == 1
    for r in page["tables"]["hubs"]:
        own, other = r["units_1"] is not None, r["units_2"] is not None
        cities = [{x["city"] for x in page["tables"]["hubs"] if x[f"units_{n}"] is not None} for n in (1, 2)]
        wanted = "两案同一县区" if own and other else "两案同市不同县区" if r["city"] in cities[0] & cities[1] else "仅方案一" if own else "仅方案二"  # fmt: skip
        assert r["state"] == wanted
    assert [r["changed"] != "" for r in page["tables"]["allocation"]] == [r["hub_1"] != r["hub_2"] for r in page["tables"]["allocation"]]  # fmt: skip
    assert "少费" in page["says"][0]
    proven = a["bound"] is not None and b["value"] < a["bound"]  # on a slow machine the time may not do for it
    assert page["says"][1].startswith("已证明" if proven else "未证明")


def test_one_design_alone_and_its_city(client_of: Client) -> None:
    """Without a second design nothing is compared; a chosen city leaves its own county units."""
    page = told(client_of("duty"), "/hubs.json?system=2&other_system=none&seconds=20")
    assert len(page["tables"]["measures"]) == 1 and page["says"] == [] and "state" not in page["tables"]["hubs"][0]
    own = told(client_of("duty"), "/hubs.json?system=2&other_system=none&seconds=20&area=440300")
    assert {r["code"][:4] for r in own["tables"]["allocation"]} == {"4403"}
    assert own["tables"]["measures"] == page["tables"]["measures"]


def test_the_plan_keeps_its_cities_and_tiers(client_of: Client, m: HubMatrices) -> None:
    """The plan's system has a hub in each of its cities, of its tier; as one, a cluster has one; and with and without tiers it is said that costs don't compare."""
    page = told(client_of("statistician"), "/hubs.json?system=plan&other_system=sites")
    system = stated(m.network)
    names = m.network.areas.name_of_id
    tiers = {"国际枢纽": "global", "全国枢纽": "national", "区域枢纽": "regional"}
    wanted = {(names[c[0]][0], t) for c, t in zip(system.cities, system.tiers, strict=True)}
    assert {(r["city"], tiers[r["tier_1"]]) for r in page["tables"]["hubs"] if r["tier_1"]} == wanted
    assert {r["city"] for r in page["tables"]["hubs"] if r["units_2"]} == {city for city, _ in wanted}
    assert any("不能直接相比" in s for s in page["says"])
    one = told(client_of("statistician"), "/hubs.json?system=plan:GZ-SZ&other_system=none")
    assert one["tables"]["measures"][0]["hubs"] == len(system.tiers) - 1


def test_other_demand_and_promises(client_of: Client, m: HubMatrices) -> None:
    """Another day's demand is the scenario's; a time from unit to unit is what is kept; the least late volume is told in items, not in yuan."""
    page = told(client_of("planner"), "/hubs.json?system=2&demand=2030&other_system=2&other_within=6&other_late=volume&seconds=5")  # fmt: skip
    a, b, _less = page["tables"]["measures"]
    held = {s.code: s for s in scenarios(m.network)}
    assert a["items"] == pytest.approx(of_scenario(m.network, held["2030"], day()).items_a_day)
    tight = within(m, 6.0)
    does = measured(tight, shown_design(page, tight, 2))
    late = (1 - does.in_time) * m.flow.sum()
    assert 0 < b["in_time"] < 1 and b["in_time"] == pytest.approx(does.in_time)
    assert (b["late"], b["value"]) == pytest.approx((late, late), rel=1e-6) and b["gap_changeable"] is None
    assert "需求不同" in page["says"][0] and {r["grade"] for r in page["tables"]["basis"] if "2030" in r["what"]} == {"X 推算"}  # fmt: skip


def test_the_curve_by_number(client_of: Client, m: HubMatrices) -> None:
    """One hub is the best of all units tried one by one; what one more saves is the difference of costs; every system of the plan stands beside."""
    page = told(client_of("planner"), "/hubs/number.json?seconds=5")["tables"]
    rows = page["numbers"]
    assert [r["hubs"] for r in rows] == [1, 2, 3] and rows[0]["saved"] is None
    sent, got = m.flow.sum(axis=1), m.flow.sum(axis=0)
    alone = sent @ m.collection + m.distribution @ got + m.onward.sum(axis=0)
    assert rows[0]["cost"] == pytest.approx(float(alone.min()))
    assert [r["saved"] for r in rows[1:]] == pytest.approx([rows[0]["cost"] - rows[1]["cost"], rows[1]["cost"] - rows[2]["cost"]])  # fmt: skip
    assert all(r["bound"] <= r["value"] for r in rows) and [r["value"] for r in page["costs"]] == [r["value"] for r in rows]  # fmt: skip
    assert len(page["plans"]) == 5 and all(r["units"] for r in page["plans"])


def test_swaps_losses_and_other_demand(client_of: Client, m: HubMatrices) -> None:
    """What each swap and loss costs, which hubs are contested, and what kept sites cost in another demand are the study's of the design that is shown."""
    client = client_of("planner")
    page = told(client, "/hubs/robust.json?system=3&seconds=20")["tables"]
    whole = told(client, "/hubs.json?system=3&other_system=none&seconds=20")
    d = shown_design(whole, m)
    does = measured(m, d)
    d = with_hubs(m, d, either(after(20), at_gap(1e-4)))
    assert d.plan.cost == pytest.approx(does.cost_yuan, rel=1e-6)
    changed = swaps(m, d)
    code = {r["unit"]: r["code"] for r in whole["tables"]["hubs"]}
    at = {m.network.areas.code_of_id[int(m.unit[h])]: n for n, h in enumerate(d.hubs)}
    contested = dict(changed.contested(m, d))
    for r in page["swaps"]:
        n = at[code[r["unit"]]]
        assert (r["more"], r["lost"]) == pytest.approx((changed.elsewhere(m, d)[n][1], changed.lost[n]), rel=1e-3)
        assert r["contested"] == len(contested.get(int(d.hubs[n]), [])) and (r["standing"] == "稳固") == (not r["contested"])  # fmt: skip
    held = scenarios(m.network)
    assert [r["demand"] for r in page["scenes"]] == ["本省现行需求", *(s.zh for s in held)]
    other = of_scenario(m.network, held[0], day())
    kept = with_hubs(other, d, either(after(20), at_gap(1e-4)))
    assert page["scenes"][1]["kept"] == pytest.approx(kept.plan.cost, rel=2e-4)
    assert all(r["regret"] == pytest.approx(0, abs=2e-3) or r["regret"] > 0 for r in page["scenes"])
    for r in page["cities"]:
        marks = [v for k, v in r.items() if k.startswith("demand")]
        assert r["times"] == marks.count("●") <= 5 and (r["standing"] == "各情景皆有") == (r["times"] == 5)


def test_the_map_says_what_the_tables_say(client_of: Client) -> None:
    """A line for each county unit that isn't a hub, to the hub of the table, hubs with their names; contested hubs are hollow."""
    client = client_of("duty")
    html = client.get(f"/hubs/?{TWO}").content.decode()
    assert html.count("data-shown=") == 2 and "map-data-design-2" in html
    page = told(client, "/hubs/robust.json?system=3&seconds=20")
    drawn = page["map"]
    assert len(drawn["areas"]) == 124 == len(drawn["flows"]) + 3
    hollow = {h["label"] for h in drawn["hubs"] if h["planned"]}
    assert hollow == {r["unit"] for r in page["tables"]["swaps"] if r["contested"]}


def test_what_is_assumed_says_so(client_of: Client) -> None:
    """Every page says that its figures are modelled, and gives the grade of what they stand on; every rate stands with grade and source."""
    client = client_of("planner")
    for page in PAGES:
        assert "模型与假设" in client.get(f"/{page}/").content.decode()
        rows = told(client, f"/{page}.json")["tables"]["basis"]
        assert {r["grade"][0] for r in rows} >= {"A", "D", "S", "X"} and all(r["source"] for r in rows)
    rates = told(client, "/hubs.json")["tables"]["rates"]
    assert len(rates) > 20 and all(r["grade"] and r["source"] for r in rates)
    client.cookies["language"] = "en"
    assert "Model and assumptions" in client.get("/hubs/").content.decode()


def test_who_may_look(client_of: Client) -> None:
    """Officers, statisticians and planners open the pages, a city's officer the whole of them, since nothing in them is of facts; carriers, audit and screens don't."""
    at = f"/hubs.json?{TWO}"
    whole = told(client_of("duty"), at)["tables"]
    for role in ("planner", "statistician", "supervisor", "city"):
        assert told(client_of(role), at)["tables"] == whole
    for page in PAGES:
        for role in ("carrier", "auditor", "administrator", "screen", "visitor"):
            assert client_of(role).get(f"/{page}.json").status_code == 403


@pytest.mark.parametrize(
    ("at", "names"),
    [
        ("hubs.json?system=13", "system"), ("hubs.json?system=none", "system"), ("hubs.json?system=plan:NOWHERE", "system"), ("hubs.json?other_system=0", "other_system"), ("hubs.json?demand=1999", "demand"),
        ("hubs.json?within=7", "within"), ("hubs.json?late=never", "late"), ("hubs.json?other_late=never", "other_late"), ("hubs.json?seconds=0", "seconds"), ("hubs.json?seconds=61", "seconds"),
        ("hubs/number.json?seconds=x", "seconds"), ("hubs/robust.json?system=nope", "system"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(client_of: Client, at: str, names: str) -> None:
    """A wrong value is named, with what is expected; no search begins."""
    answer = client_of("duty").get(f"/{at}")
    assert answer.status_code == 400 and answer.json()["message"].startswith(f"{names}=")


def test_promises_that_no_design_keeps(client_of: Client) -> None:
    """Where all promises must be kept and can't be the search's own words are told, not a failure."""
    answer = client_of("duty").get("/hubs.json?system=2&within=6&late=hard&other_system=none")
    assert answer.status_code == 400 and "can't be in time" in answer.json()["message"]


def test_tables_are_csv_too(client_of: Client) -> None:
    """Each table of each page, as many rows as in JSON."""
    client = client_of("planner")
    for at in ("hubs", "hubs/robust"):
        query = "system=3&other_system=2&seconds=20"
        for name, rows in told(client, f"/{at}.json?{query}")["tables"].items():
            answer = client.get(f"/{at}.csv?{query}&table={name}")
            assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) == len(rows) + 1, (at, name)


def test_designs_are_shown_as_they_come(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While designs are searched for the page says how many there are, JSON answers 202 with those that are done, CSV is refused; pages of routes don't wait for them."""
    client, go = client_of("planner"), threading.Event()
    monkeypatch.setattr("yilu.console.hubs.asked.MOST_HUBS", 2)
    at = "/hubs/number{}?seconds=3&demand=2025"
    told(client, "/hubs.json?system=1&demand=2025&other_system=none&seconds=3")
    monkeypatch.setattr(behind, "WAIT_S", 0.05)
    newest().searches.result("a long one", go.wait)
    try:
        page, data, table = (client.get(at.format(form)) for form in ("/", ".json", ".csv"))
        assert page.status_code == data.status_code == 202 and b'data-being-made="1"' in page.content
        said = data.json()
        assert (said["made"], said["of"]) == (1, 7) and [r["hubs"] for r in said["tables"]["numbers"]] == [1]
        assert table.status_code == 503 and table["Retry-After"]
        assert newest().behind.result("a short one", lambda: "done", 10) == "done"
    finally:
        go.set()
    monkeypatch.setattr(behind, "WAIT_S", 300.0)
    assert "calculating" not in told(client, at.format(".json"))
