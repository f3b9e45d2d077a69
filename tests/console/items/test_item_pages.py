"""Pages of items: their figures are the library's, each list is as long as its figure, and every look at an item is on record with its reason."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.console.made_store import DAY
from yilu.console.audit.models import Entry
from yilu.console.facts import newest
from yilu.console.items.figures import CLOCKS
from yilu.indicators import Period, values
from yilu.indicators.values import Scope as Cells
from yilu.items.answers import Narrow, checks, daily
from yilu.items.history import history

Client = Callable[[str], Any]
SPAN = f"since={DAY}&until=2025-11-20"
PERIOD = Period(DAY, DAY.replace(day=20))


def table(client: Any, at: str, name: str) -> list[dict[str, Any]]:
    """A table of a page, as JSON says it."""
    answer = client.get(at)
    assert answer.status_code == 200, answer.content[:300]
    rows: list[dict[str, Any]] = answer.json()["tables"][name]
    return rows


def links(client: Any, at: str) -> list[tuple[int, str]]:
    """Figures of a page that lead to a list, and where to."""
    page = client.get(at).context["page"]
    found = []
    for t in [*page.tables, *(c.table for c in page.charts)]:
        for row in t.rows:
            found += [(row[c.name], row[c.link]) for c in t.columns if c.link.endswith("_at") and c.link != "group_at" and row.get(c.link)]  # fmt: skip
    return found


def listed(client: Any, at: str) -> list[str]:
    """All pseudonyms of a list, page by page."""
    found: list[str] = []
    at = at.replace("/items/list/", "/items/list.json")
    for _ in range(400):
        answer = client.get(at).json()
        found += [r["item"] for r in answer["tables"]["list"]]
        if answer["whole"]:
            return found
        at = "/items/list.json" + answer["next_at"]
    raise AssertionError("a list that doesn't end")


def test_figures_are_the_librarys(client_of: Client) -> None:
    """What the page says by area is what indicators say of the same days, in every column."""
    snapshot, network = newest().snapshot, newest().facts.network
    assert snapshot is not None
    told = table(client_of("duty"), f"/items.json?{SPAN}&by=area", "clocks")
    expected: dict[str, dict[str, Any]] = {}
    for v in values(snapshot, network, CLOCKS, PERIOD, Cells(), ("area",)):
        name = str(network.areas.name_zh[network.areas.id == v["area"]][0])
        expected.setdefault(name, {})[v["indicator"]] = v["value"]
    assert {r["group"]: {i: r[i] for i in CLOCKS if r[i] is not None} for r in told} == {
        name: {i: x for i, x in row.items() if x is not None} for name, row in expected.items()
    }


def test_days_of_a_carrier_are_its_own(client_of: Client) -> None:
    """A carrier's figures are those of its operator alone, and it sees no other's name."""
    snapshot, network = newest().snapshot, newest().facts.network
    assert snapshot is not None
    own = network.operators.index_of_code["ZTO"]
    first, last = PERIOD.days
    mine = daily(snapshot, "origin", Narrow(tuple(range(400)), (own,), (), first, last)).to_pylist()
    told = table(client_of("carrier"), f"/items.json?{SPAN}&by=day", "days")
    assert sum(r["accepted"] or 0 for r in told) <= sum(r["accepted"] for r in mine) and told
    by_operator = table(client_of("carrier"), f"/items.json?{SPAN}&by=operator", "clocks")
    assert [r["group"] for r in by_operator] == ["中通快递"]


def test_checks_are_the_cubes(client_of: Client) -> None:
    """The three checks by status are those of the cube, of all areas of the province."""
    snapshot, network = newest().snapshot, newest().facts.network
    assert snapshot is not None
    first, last = PERIOD.days
    inside = tuple(int(i) for i in range(len(network.area_inside)) if network.area_inside[i])
    expected = [(r["owed"], r["missing"], r["after"]) for r in checks(snapshot, Narrow(inside, (), (), first, last)).to_pylist()]  # fmt: skip
    told = [(r["owed"], r["missing"], r["after"]) for r in table(client_of("duty"), f"/items.json?{SPAN}", "checks")]
    assert told == expected and any(missing for _, missing, _ in told)


@pytest.mark.parametrize("who", ["duty", "city", "carrier"])
@pytest.mark.parametrize("by", ["area", "operator", "level"])
def test_a_list_is_as_long_as_its_figure(client_of: Client, who: str, by: str) -> None:
    """Every number that leads to a list is the number of items in it, in every scope."""
    client = client_of(who)
    found = links(client, f"/items/?{SPAN}&by={by}")
    found = sorted(found, key=lambda f: f[0])[:25] + sorted(found, key=lambda f: -f[0])[:3]
    assert len(found) > 10
    wrong = [(n, at, m) for n, at in found if (m := len(listed(client, at))) != n]
    assert wrong == []


def test_a_list_says_the_figure_it_stands_behind(client_of: Client) -> None:
    """The list repeats the number that was clicked, and that it is a part while it is one."""
    client = client_of("duty")
    [(n, at)] = [f for f in links(client, f"/items/?{SPAN}&by=operator") if "measure=late" in f[1]][:1]
    page = client.get(at.replace("/items/list/", "/items/list.json")).json()
    assert page["figure"] == n and page["whole"] == (n <= 50)


def test_a_list_says_by_name_what_it_is_of(client_of: Client) -> None:
    """Its address holds codes; who reads the page knows cities, firms and products by name."""
    at = f"/items/list/?{SPAN}&measure=accepted&area=440100&to=440300&operator=ZTO&level=next_day"
    head = (
        client_of("duty")
        .get(at)
        .content.decode()
        .partition('<section class="card what">')[2]
        .partition("</section>")[0]
    )
    assert "广州市 → 深圳市 · 中通快递 · 城市群一日达" in head and "440100" not in head.partition("<p class")[0]


def test_lists_and_looks_are_not_for_statistics(client_of: Client) -> None:
    """Who works on statistics or the plan sees figures without the items behind them, and no address of one opens."""
    for who in ("statistician", "planner", "administrator", "auditor"):
        client = client_of(who)
        for at in ("/items/list/?measure=due", "/items/find/", "/items/one/0000000000000001/"):
            assert client.get(at).status_code == 403
        assert client.post("/items/look/", {"number": "1" * 16, "reason": "x"}).status_code == 403
    assert links(client_of("statistician"), f"/items/?{SPAN}") == []


def test_every_look_is_on_record_with_its_reason(client_of: Client) -> None:
    """An item is shown after its reason was said, and the record says who, which pseudonym and why."""
    client = client_of("duty")
    key = listed(client, f"/items/list/?measure=delivered&{SPAN}&operator=SF")[0]
    before = client.get(f"/items/one/{key}.json").json()
    assert "events" not in before["tables"]
    answer = client.post("/items/look/", {"number": key, "reason": "投诉申诉"})
    assert answer.status_code == 302 and answer["Location"] == f"/items/one/{key}/"
    entry = Entry.objects.get(what="items.look")
    assert (entry.user, entry.subject, entry.reason) == ("duty", key, "投诉申诉")
    told = client.get(f"/items/one/{key}.json").json()
    snapshot = newest().snapshot
    assert snapshot is not None
    assert len(told["tables"]["events"]) == len(history(snapshot, int(key, 16)).events) > 0
    assert "events" not in client_of("monitor").get(f"/items/one/{key}.json").json()["tables"], (
        "a reason is of who said it"
    )


def test_a_carrier_is_told_who_looked_at_its_items(client_of: Client) -> None:
    """What an officer looked up by pseudonym stands, with its reason, on the page of the item's operator, and on no other carrier's."""
    key = listed(client_of("duty"), f"/items/list/?measure=accepted&{SPAN}&operator=ZTO")[0]
    assert client_of("duty").post("/items/look/", {"number": key, "reason": "投诉申诉"}).status_code == 302
    [told] = client_of("carrier").get("/feeds/ZTO/looks.json").json()["tables"]["looks"]
    assert (told["subject"], told["user"], told["reason"]) == (key, "duty", "投诉申诉")
    assert client_of("firm").get("/feeds/YTO/looks.json").json()["tables"]["looks"] == []


def test_a_look_without_a_reason_is_refused(client_of: Client) -> None:
    """Nothing is shown and nothing recorded."""
    client = client_of("duty")
    for form in (
        {"number": "0" * 16},
        {"number": "0" * 16, "reason": "   "},
        {"number": "", "reason": "x"},
        {"number": "12", "reason": "x"},
    ):
        assert client.post("/items/look/", form).status_code == 422
    assert not Entry.objects.exists()


def test_a_waybill_number_is_kept_nowhere(client_of: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A look-up by number leaves its pseudonym alone in the audit; the number is in no record, answer, address or log line, found or not."""
    from yilu.items.keys import hash128

    number = "ZT8800112233445"
    operators = newest().facts.network.operators.index_of_code
    client = client_of("duty")
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/items/look/", {"number": number, "operator": "ZTO", "reason": "核对"}, follow=True)
    entry = Entry.objects.get(what="items.look")
    import pyarrow as pa

    assert entry.subject == f"{int(hash128(pa.array([number]), operators['ZTO'], newest().facts.key)[0][0]):016x}"
    kept = json.dumps(list(Entry.objects.values()), default=str) + caplog.text + answer.content.decode()
    assert number not in kept and answer.status_code == 404


def test_a_reason_holds_no_number(client_of: Client) -> None:
    """A reason that repeats the waybill number is refused before it is kept, and not shown again."""
    form = {"number": "ZT8800112233445", "operator": "ZTO", "reason": "complaint about zt8800112233445"}
    answer = client_of("duty").post("/items/look/", form)
    assert answer.status_code == 422 and "8800112233445" not in answer.content.decode()
    assert not Entry.objects.exists()


def test_a_number_leads_to_its_item(client_of: Client) -> None:
    """Number and operator give the same item as its pseudonym."""
    import pyarrow.parquet as pq

    from yilu.console.seen import scope_of, seen_by

    client = client_of("duty")
    folder = newest().facts.root.parent / "events"
    rows = pq.read_table(next(iter(sorted(folder.glob("*.parquet")))), columns=["operator", "waybill", "kind"]).slice(0, 2000).to_pylist()  # fmt: skip
    row = next(r for r in rows if str(r["kind"]) == "accept")
    answer = client.post("/items/look/", {"number": row["waybill"], "operator": str(row["operator"]), "reason": "核对"})
    assert answer.status_code == 302
    key = urlsplit(answer["Location"]).path.strip("/").split("/")[-1]
    seen = seen_by(scope_of(answer.wsgi_request.user))
    assert seen.key_of(row["waybill"], str(row["operator"]))[0] == int(key, 16)
    assert client.get(answer["Location"]).status_code == 200 and row["waybill"] not in client.get(answer["Location"]).content.decode()  # fmt: skip


def test_a_carrier_finds_its_own_items_alone(client_of: Client) -> None:
    """The look-up of another's item says the same as one of no item."""
    mine = listed(client_of("duty"), f"/items/list/?measure=delivered&{SPAN}&operator=ZTO")[0]
    other = listed(client_of("duty"), f"/items/list/?measure=delivered&{SPAN}&operator=YTO")[0]
    client = client_of("carrier")
    assert client.post("/items/look/", {"number": mine, "reason": "x"}).status_code == 302
    refused = client.post("/items/look/", {"number": other, "reason": "x"})
    unknown = client.post("/items/look/", {"number": "f" * 16, "reason": "x"})
    assert refused.status_code == unknown.status_code == 404
    assert client.get(f"/items/one/{other}/").status_code == 404, "a reason doesn't open what is out of scope"


def test_statistics_by_area_are_months_without_thin_cells(client_of: Client) -> None:
    """A statistician sees whole months of cities; what stands on fewer than three firms is blank in the table, alone, by day and in the CSV."""
    client = client_of("statistician")
    page = client.get(f"/items.json?{SPAN}&by=area").json()
    assert (page["shown_first"], page["shown_last"]) == ("2025-11-01", "2025-11-30") and page["by_month"]
    hidden = [r["group"] for r in page["tables"]["clocks"] if r.get("told")]
    for row in page["tables"]["clocks"]:
        assert (row["accepted"] is None and row["due"] is None) or row["group"] not in hidden
    for at in (f"/items.json?{SPAN}&area=440300&by=day", f"/items.json?{SPAN}&area=440300&by=operator"):
        told = client.get(at).json()["tables"]
        assert all(r["accepted"] is None for r in told["clocks"]) and told["checks"] is not None
    assert "pairs" not in page["tables"]


def test_what_no_page_asks_for_is_refused(client_of: Client) -> None:
    """A measure, group or place that there is none of is named with what there is."""
    client = client_of("duty")
    for at in (
        "/items.json?by=colour",
        "/items/list.json?measure=smell",
        "/items/list.json",
        "/items/list.json?measure=due&after=x",
    ):
        answer = client.get(at)
        assert answer.status_code == 400 and "expected" in answer.json()["message"]


def test_addresses_hold_their_filter(client_of: Client) -> None:
    """The list behind a city's number asks for that city, that measure and those days."""
    found = [at for _, at in links(client_of("duty"), f"/items/?{SPAN}&by=area") if "measure=accepted" in at]
    query = parse_qs(urlsplit(found[0]).query)
    assert query["since"] == [str(DAY)] and query["until"] == ["2025-11-20"] and query["area"][0].startswith("44")
