"""Alerts on screens: the filter against plain Python, and each deed with its step, its entry of the audit, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.texts import HAN
from yilu.console.alerts.models import Handling, HandlingStep
from yilu.console.audit.models import Entry
from yilu.console.facts import newest
from yilu.console.registers.models import Silence
from yilu.supervision.alerts import RESOLVED

Client = Callable[[str], Any]


def listed(client: Any, query: str = "") -> list[dict[str, Any]]:
    """The alerts that a page lists."""
    rows: list[dict[str, Any]] = client.get(f"/alerts.json{query}").json()["tables"]["alerts"]
    return rows


def some(client: Any, query: str = "?severity=3") -> str:
    """The id of an alert that a client sees."""
    found: str = listed(client, query)[0]["id"]
    return found


def of_carrier(code: str) -> str:
    """The id of an alert of an operator."""
    found = newest().alerts
    assert found is not None
    own = newest().facts.network.operators.index_of_code[code]
    return next(a.id for a in found.alerts if a.operator == own and a.told)


def do(client: Any, alert: str, deed: str, **form: str) -> Any:
    """Do something about an alert."""
    return client.post(f"/alerts/{alert}/{deed}/", form)


@pytest.mark.parametrize("query", ["rule=late", "severity=3", "operator=ZTO", "life=firing", "area=440100", "since=2025-11-12", "state=all", "severity=3&operator=YTO"])  # fmt: skip
def test_filter_lists_what_it_asks_for(client_of: Client, query: str) -> None:
    """The count on the page is that of a plain walk over all alerts of the commit."""
    found, network = newest().alerts, newest().facts.network
    assert found is not None
    asked = dict(part.split("=") for part in query.split("&"))
    expected = 0
    for a in found.alerts:
        waits = a.told and (a.life != RESOLVED or asked.get("state") == "all")
        area = str(network.areas.code[list(network.areas.id).index(network.facility_area[a.place])]) if a.place else ""
        city = area[:4] + "00"
        day = (a.day - 20403) + 11 - 11  # 2025-11-11 is day 20403 since 1970
        expected += bool(
            waits
            and asked.get("rule", a.rule) == a.rule
            and asked.get("severity", str(a.severity)) == str(a.severity)
            and asked.get("operator", network.operators.code_of_id.get(a.operator, "")) == network.operators.code_of_id.get(a.operator, "")
            and asked.get("life", a.life) == a.life
            and ("area" not in asked or city == asked["area"])
            and ("since" not in asked or day >= 1)
        )  # fmt: skip
    assert client_of("duty").get(f"/alerts.json?{query}").json()["count"] == expected > 0


@pytest.mark.parametrize("query", ["rule=nothing", "severity=9", "life=x", "state=x", "area=1", "since=yesterday"])
def test_filter_refuses_what_can_not_be(client_of: Client, query: str) -> None:
    """An address that asks for what there is not says so, and what may be asked."""
    answer = client_of("duty").get(f"/alerts.json?{query}")
    told = answer.json()
    assert answer.status_code == 400 and told["title"] and told["detail"] and told["next_step"]
    assert HAN.search(told["detail_zh"]) and HAN.search(told["next_step_zh"])


def test_what_a_rule_stands_on_is_said_in_the_readers_language(client_of: Client) -> None:
    """Law and plan behind a rule stand on its alert's page in the one language that is read."""
    client = client_of("duty")
    alert = some(client, "?rule=impossible_travel")
    zh, en = newest().rules.rules["impossible_travel"].stands_on
    for language, said, other in (("zh-hans", zh, en), ("en", en, zh)):
        client.cookies["language"] = language
        page = client.get(f"/alerts/{alert}/").content.decode()
        assert said in page and other not in page


def test_every_deed_is_a_step_and_an_entry(client_of: Client) -> None:
    """Taken, commented on, confirmed, opened again, dismissed: the state follows, and each leaves a step and an entry that names it, with the reason."""
    client = client_of("duty")
    alert = some(client)
    deeds = [("take", ""), ("comment", "called the centre"), ("confirm", "it was so"), ("reopen", "another look"), ("give_back", "shift ends"), ("take", ""), ("dismiss", "a test")]  # fmt: skip
    states = ["taken", "taken", "confirmed", "taken", "new", "taken", "dismissed"]
    for (deed, text), state in zip(deeds, states, strict=True):
        assert do(client, alert, deed, text=text).status_code == 302
        assert Handling.objects.get(alert=alert).state == state
        entry = Entry.objects.order_by("-number").first()
        assert entry is not None
        assert (entry.what, entry.subject, entry.user, entry.reason) == (f"alerts.{deed}", alert, "duty", text)
        assert entry.after["state"] == state
    steps = HandlingStep.objects.filter(handling__alert=alert)
    assert [(s.deed, s.text) for s in steps] == deeds and Entry.objects.count() == len(deeds)
    assert alert not in {r["id"] for r in listed(client)}


@pytest.mark.parametrize(("deed", "text"), [("confirm", ""), ("dismiss", "no"), ("give_back", "x"), ("reopen", "x"), ("comment", " ")])  # fmt: skip
def test_a_refused_deed_keeps_nothing(client_of: Client, deed: str, text: str) -> None:
    """What can't be done of a new alert says why and what to do, in the reader's language; no record, step or entry is left."""
    client = client_of("duty")
    answer = do(client, some(client), deed, text=text)
    assert answer.status_code == 422 and 'id="wrong"' in answer.content.decode()
    assert not HandlingStep.objects.exists() and not Entry.objects.exists() and not Handling.objects.exists()


def test_roles_do_what_is_theirs(client_of: Client) -> None:
    """A carrier takes nothing and the monitor opens no incident: the gate says no before the deed begins."""
    alert = of_carrier("ZTO")
    assert do(client_of("carrier"), alert, "take").status_code == 403
    assert do(client_of("monitor"), alert, "to_incident").status_code == 403
    assert do(client_of("auditor"), alert, "comment", text="x").status_code == 403


def test_a_carrier_answers_its_own_and_sees_no_comment(client_of: Client) -> None:
    """The firm's answer stands in both timelines; the administration's comments, and who has the alert, in its own alone."""
    alert = of_carrier("ZTO")
    do(client_of("duty"), alert, "take")
    do(client_of("duty"), alert, "comment", text="inside-only")
    assert do(client_of("carrier"), alert, "answer", text="we look into it").status_code == 302
    firm, office = (client_of(u).get(f"/alerts/{alert}/").content.decode() for u in ("carrier", "duty"))
    assert "we look into it" in firm and "we look into it" in office
    assert "inside-only" in office and "inside-only" not in firm
    assert client_of("carrier").get(f"/alerts/{alert}.json").json()["owner"] == ""
    assert do(client_of("firm"), alert, "answer", text="not ours").status_code == 404
    assert client_of("firm").get(f"/alerts/{alert}/").status_code == 404


@pytest.mark.parametrize(("who", "said"), [("duty", "接收后,由您核实或排除"), ("carrier", "您可先答复")])
def test_an_alert_that_nobody_took_says_what_the_reader_can_do(client_of: Client, who: str, said: str) -> None:
    """An officer takes it; a carrier, who can't, is told that it may answer."""
    shown = client_of(who).get(f"/alerts/{of_carrier('ZTO')}/").content.decode()
    assert said in shown.partition('id="table-timeline"')[2]


def test_another_officer_takes_over_with_a_reason(client_of: Client) -> None:
    """A city's officer can't confirm what the province's has in hand; taking it over says why."""
    city = client_of("city")
    alert = some(city, "?state=all")
    do(client_of("duty"), alert, "take")
    assert do(city, alert, "confirm").status_code == 422
    assert do(city, alert, "take").status_code == 422
    assert do(city, alert, "take", text="it is ours").status_code == 302
    assert Handling.objects.get(alert=alert).owner == "city"


def test_previous_and_next_follow_the_filtered_list(client_of: Client) -> None:
    """Going through by next visits exactly the alerts of the filter, in order, and by previous the same backwards."""
    client, query = client_of("duty"), "?rule=impossible_travel"
    count = client.get(f"/alerts.json{query}").json()["count"]
    at, seen = f"/alerts/{some(client, query)}/{query}", []
    while at:
        page = client.get(at).context["page"].more
        seen.append((at, page["_previous"]))
        at = page["_next"]
    assert len(seen) == count > 2
    assert [p for _, p in seen[1:]] == [a for a, _ in seen[:-1]] and seen[0][1] == ""


def test_evidence_is_all_there_and_leads_on(client_of: Client) -> None:
    """The rows of a page are the alert's own, with as many beyond as there are."""
    found = newest().alerts
    assert found is not None
    i = max(range(len(found.alerts)), key=lambda n: int((found.of == n).sum()))
    page = client_of("duty").get(f"/alerts/{found.alerts[i].id}/").context["page"]
    table = next(t for t in page.tables if t.name == "evidence")
    keys = {f"{int(k):016x}" for k in found.evidence["key"][found.of == i]}
    assert {r["item"] for r in table.rows} <= keys and len(table.rows) + table.more == int((found.of == i).sum())


def silence(client: Any, **change: str) -> Any:
    """Silence late items of ZTO."""
    form = {"rule": "late", "operator": "ZTO", "area": "", "since": "2025-11-26T00:00", "until": "2025-11-27T00:00", "why": "peak_day", "reason": "the peak"}  # fmt: skip
    return client.post("/silences/add/", form | change)


def test_a_silence_is_a_record_with_its_reason(client_of: Client) -> None:
    """Times are the province's local ones; the row of the register is what was typed; withdrawing says why, once."""
    client = client_of("duty")
    assert silence(client).status_code == 302
    made = Silence.objects.get()
    assert made.row()["silent_from"] == "2025-11-25T16:00:00+00:00" and made.row()["rule"] == "late"
    assert client.post(f"/silences/{made.pk}/withdraw/", {"reason": ""}).status_code == 422
    assert client.post(f"/silences/{made.pk}/withdraw/", {"reason": "over"}).status_code == 302
    assert client.post(f"/silences/{made.pk}/withdraw/", {"reason": "over"}).status_code == 422
    assert [e.what for e in Entry.objects.order_by("number")] == ["silences.add", "silences.withdraw"]


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "", "operator": ""},
        {"until": "2025-11-25T00:00"},
        {"until": "2026-11-25T00:00"},
        {"since": "now"},
        {"why": "x"},
        {"reason": " "},
        {"rule": "x"},
        {"operator": "x"},
        {"area": "1"},
    ],
)
def test_a_silence_that_can_not_be(client_of: Client, change: dict[str, str]) -> None:
    """One that covers everything, never ends, or names what there is not, is refused and not kept."""
    assert silence(client_of("duty"), **change).status_code == 422
    assert not Silence.objects.exists() and not Entry.objects.exists()


def test_a_city_silences_its_own(client_of: Client) -> None:
    """Without an area, or with another's, a city's officer silences nothing."""
    city = client_of("city")
    assert silence(city).status_code == 422 and silence(city, area="440100").status_code == 422
    assert silence(city, area="440300").status_code == 302
    assert [r["number"] for r in city.get("/silences.json").json()["tables"]["silences"]] == [
        Silence.objects.get().number
    ]
