"""Command on screens: from an alert to a closed incident, what it touches against plain Python, advice with receipts, papers."""

from __future__ import annotations

import io
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from yilu.console.alerts.models import Handling
from yilu.console.audit.models import Entry
from yilu.console.command.models import Advice, HandOver, Incident, IncidentStep
from yilu.console.facts import newest
from yilu.items.answers import item
from yilu.supervision.handling.plans import handbook

Client = Callable[[str], Any]
AREA = "440300"


def at(seconds: int = 0) -> str:
    """A local time as browsers send it, so many seconds from now."""
    return datetime.fromtimestamp(time.time() + seconds, ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M")


def form(**change: str) -> dict[str, str]:
    """What is typed to open an incident."""
    return {
        "title": "blocked", "plan": "network_blockage", "level": "3", "response": "4", "colour": "yellow", "area": AREA, "began_at": at(-3600), "known_at": at(-60), "account": "a strike",
        "firm_ZTO": "1",
    } | change  # fmt: skip


def opened(client: Any, **change: str) -> Incident:
    """An incident."""
    assert client.post("/command/open/", form(**change)).status_code == 302
    return Incident.objects.latest("pk")


def do(client: Any, incident: Incident, deed: str, **fields: str) -> Any:
    """Do something in an incident."""
    return client.post(f"/command/{incident.pk}/{deed}/", fields)


def report(client: Any, incident: Incident, kind: str) -> Any:
    """Make a whole report."""
    return do(client, incident, "report", kind=kind, **{f"holds_{c.id}": "said" for c in handbook().reports[kind]})


def test_from_alert_to_a_closed_incident(client_of: Client) -> None:
    """The whole way: every deed is done once, follows from the last, and leaves its entry in the audit and its line in the timeline."""
    client = client_of("duty")
    alert = client.get("/alerts.json?rule=impossible_travel").json()["tables"]["alerts"][0]["id"]
    client.post(f"/alerts/{alert}/take/")
    assert client.post(f"/alerts/{alert}/to_incident/", form(area="440000")).status_code == 302
    incident = Incident.objects.get()
    assert Handling.objects.get(alert=alert).incident == incident
    assert (incident.level, incident.response, incident.colour) == (3, 4, "yellow")
    assert do(client, incident, "close").status_code == 422
    do(client, incident, "report", kind="voice", holds_what="told the province")
    assert report(client, incident, "first").status_code == 302
    assert do(client, incident, "grade", level="2", response="4", colour="red", reason="it spreads").status_code == 302
    assert do(client, incident, "task", what="count", owner="centre", due=at(7200)).status_code == 302
    assert (
        do(client, incident, "firm", operator="ZTO", what="reported", at=at(-30), note="letter 12").status_code == 302
    )
    assert do(client, incident, "message", way="telephone", office="city office", text="sent people").status_code == 302
    assert do(client, incident, "means", what="lorries", amount="12", owner="ZTO", place="Shenzhen").status_code == 302
    assert do(client, incident, "means_end", means=str(incident.means.get().pk)).status_code == 302
    assert do(client, incident, "count").status_code == 302
    for t in incident.tasks.all():
        assert do(client, incident, "task_end", number=str(t.number), state="done", result="done").status_code == 302
    assert do(client, incident, "end", reason="moves again").status_code == 302
    assert report(client, incident, "final").status_code == 302
    assert do(client, incident, "close", reason="all done").status_code == 302
    incident.refresh_from_db()
    assert incident.state == "closed" and incident.closed_at is not None
    tasks = incident.tasks.count()
    told = Counter(e.what for e in Entry.objects.filter(kind="incidents"))
    wanted = {"open": 1, "report": 3, "grade": 1, "task": 1, "firm": 1, "message": 1, "means": 1, "means_end": 1, "count": 1, "task_end": tasks, "end": 1, "close": 1}  # fmt: skip
    assert told == {f"command.{what}": n for what, n in wanted.items()}
    lines = Counter(s.what for s in IncidentStep.objects.filter(incident=incident))
    assert lines == {**wanted, "count": 2}  # one is taken as it is opened
    assert do(client, incident, "message", way="a", office="b", text="c").status_code == 422
    assert do(client, incident, "again", reason="it began again").status_code == 302


def test_the_timeline_names_rules_and_days_as_its_reader_does(client_of: Client) -> None:
    """An alert that joined stands there by its rule's name, and a count with the day as English writes it, and the year where that is over."""
    client = client_of("duty")
    incident = opened(client)
    alert = client.get("/alerts.json?rule=impossible_travel").json()["tables"]["alerts"][0]["id"]
    client.post(f"/alerts/{alert}/take/")
    client.post(f"/alerts/{alert}/join/", {"incident": str(incident.pk)})
    do(client, incident, "count")
    client.cookies["language"] = "en"
    steps = {s["what"]: s["text"] for s in client.get(f"/command/{incident.pk}/").context["page"].tables[-1].rows}
    rule = newest().rules.rules["impossible_travel"]
    assert steps["alert"] == (f"{rule.zh} {alert}", f"{rule.en} {alert}")
    as_of = datetime.fromtimestamp(newest().snapshot.as_of, ZoneInfo("Asia/Shanghai"))
    assert f"截至 {as_of:%Y-%m-%d %H:%M}(" in steps["count"][0]
    assert f"as of {as_of.day} {as_of:%b %Y %H:%M} (" in steps["count"][1]


@pytest.mark.parametrize(
    ("deed", "fields"),
    [
        ("close", {}),
        ("end", {"reason": ""}),
        ("grade", {"level": "3", "response": "4", "colour": "yellow", "reason": "same"}),
        ("grade", {"level": "9", "response": "4", "colour": "yellow", "reason": "x"}),
        ("plan", {"plan": "network_blockage", "reason": "x"}),
        ("task", {"what": "x", "owner": "y", "due": "2020-01-01T00:00"}),
        ("task_end", {"number": "99", "state": "done", "result": "x"}),
        ("report", {"kind": "final"}),
        ("report", {"kind": "first", "holds_what": "only this"}),
        ("firm", {"operator": "SF", "what": "reported", "at": "2025-11-11T00:00", "note": "x"}),
        ("firm", {"operator": "ZTO", "what": "reported", "at": "2099-11-11T00:00", "note": "x"}),
        ("means_end", {"means": "99"}),
        ("count", {}),
        ("advise", {"operator": "nobody", "text": "x"}),
    ],
)
def test_refused_deeds_keep_nothing(client_of: Client, deed: str, fields: dict[str, str]) -> None:
    """Each says what is wrong on the page it came from; incident, timeline and audit stand as they stood."""
    client = client_of("duty")
    incident = opened(client)
    before = Incident.objects.values().get(), IncidentStep.objects.count(), Entry.objects.count()
    answer = do(client, incident, deed, **fields)
    assert answer.status_code == 422 and 'id="wrong"' in answer.content.decode()
    assert (Incident.objects.values().get(), IncidentStep.objects.count(), Entry.objects.count()) == before


def test_clocks_on_the_page(client_of: Client) -> None:
    """A network blockage shows the officer's clocks and the firm's own two, due 24 hours after it began."""
    client = client_of("duty")
    incident = opened(client)
    timers = client.get(f"/command/{incident.pk}/").context["page"].tables[0].rows
    due = {t["clock"]: (t["due"] - t["begins"], t["firm"]) for t in timers}
    assert due == {"first_voice": (900, ""), "first_written": (7200, ""), "firm_report": (86400, "ZTO"), "firm_notice": (86400, "ZTO")}  # fmt: skip
    begins = {t["clock"]: t["begins"] for t in timers}
    assert begins["firm_report"] == int(incident.began_at.timestamp()) < begins["first_voice"]


def test_what_clocks_and_plans_stand_on_is_said_in_the_readers_language(client_of: Client) -> None:
    """Law and plan behind the firm's clock, the incident's plan and the cases to be reported stand in English on an English page, in Chinese on a Chinese one, and nowhere in both."""
    client = client_of("duty")
    incident = opened(client)
    pages = {f"/command/{incident.pk}/": (("第三十九条第二款", "art. 39, para. 2"), ("国邮发〔2019〕96号", "Guo You Fa [2019] No. 96")), "/command/new/": (("一省邮政业突发事件应急预案文本", "text of one province&#x27;s"),)}  # fmt: skip
    for reads, language in enumerate(("zh-hans", "en")):
        client.cookies["language"] = language
        for page, pairs in pages.items():
            text = client.get(page).content.decode()
            for pair in pairs:
                assert pair[reads] in text and pair[1 - reads] not in text, (page, language)


def test_what_an_incident_touches_is_counted_from_the_facts(client_of: Client) -> None:
    """Items, facilities and lanes equal a plain walk over the evidence and one look-up of each item."""
    found, snapshot, network = newest().alerts, newest().snapshot, newest().facts.network
    assert found is not None and snapshot is not None
    client = client_of("duty")
    chosen = [i for i, a in enumerate(found.alerts) if a.rule == "impossible_travel"][:3]
    incident = opened(client)
    for i in chosen:
        client.post(f"/alerts/{found.alerts[i].id}/take/")
        assert client.post(f"/alerts/{found.alerts[i].id}/join/", {"incident": str(incident.pk)}).status_code == 302
    assert do(client, incident, "count").status_code == 302
    counted = IncidentStep.objects.filter(what="count").latest("pk").more
    rows = [r for r, i in zip(found.evidence, found.of, strict=True) if i in chosen]
    keys = {int(r["key"]) for r in rows if r["key"]}
    places = Counter(int(p) for _, p in {(int(r["key"]), int(r["place"])) for r in rows if r["key"]})
    lanes: Counter[tuple[str, str]] = Counter()
    for key in keys:
        state = item(snapshot, key)[0].to_pylist()[-1]
        ends = [network.areas.code_of_id.get(int(network.area_city[state[n]]), "") for n in ("origin", "destination")]
        lanes[ends[0], ends[1]] += all(ends)
    codes = network.facilities.code_of_id
    assert (counted["items"], counted["alerts"], counted["commit"]) == (len(keys), len(chosen), snapshot.at.commit)
    assert dict(counted["facilities"]) == {codes[p]: n for p, n in places.items() if p in codes}
    assert {(a, b): n for a, b, n in counted["lanes"]} == {k: n for k, n in lanes.items() if n}


def test_advice_goes_from_province_to_city_to_firm(client_of: Client) -> None:
    """Each receives in turn and in its own name; the firm's answer comes back; no step can be skipped; each is audited."""
    duty, city, firm = client_of("duty"), client_of("city"), client_of("carrier")
    incident = opened(duty)
    assert do(duty, incident, "advise", operator="ZTO", city=AREA, text="by land").status_code == 302
    advice = Advice.objects.get()
    assert firm.get("/command.json").json()["tables"]["advice"] == []
    assert duty.post(f"/advice/{advice.pk}/city_received/").status_code == 422
    assert city.post(f"/advice/{advice.pk}/passed/").status_code == 422
    assert firm.post(f"/advice/{advice.pk}/firm_received/").status_code == 404
    for client, deed in ((city, "city_received"), (city, "passed"), (firm, "firm_received")):
        assert client.post(f"/advice/{advice.pk}/{deed}/").status_code == 302
    assert firm.post(f"/advice/{advice.pk}/answered/", {"text": ""}).status_code == 422
    assert firm.post(f"/advice/{advice.pk}/answered/", {"text": "as advised"}).status_code == 302
    assert client_of("firm").get("/command.json").json()["tables"]["advice"] == []
    advice.refresh_from_db()
    assert advice.answer == "as advised" and advice.issued_at <= advice.city_received_at <= advice.passed_at <= advice.firm_received_at <= advice.answered_at  # fmt: skip
    done = [e.what for e in Entry.objects.filter(kind="advice").order_by("number")]
    assert done == ["advice.advice", "advice.city_received", "advice.passed", "advice.firm_received", "advice.answered"]


def test_an_order_stays_inside_its_carrier(client_of: Client) -> None:
    """A carrier's order is seen by its own alone: neither by a rival nor by the administration, which can give none."""
    assert client_of("carrier").post("/advice/order/", {"text": "hold the 18:00 line", "facility": ""}).status_code == 302  # fmt: skip
    assert Advice.objects.get().kind == "order"
    assert len(client_of("carrier").get("/command.json").json()["tables"]["advice"]) == 1
    for who in ("firm", "duty", "city"):
        assert "hold the 18:00 line" not in client_of(who).get("/command/").content.decode()
    assert client_of("duty").post("/advice/order/", {"text": "x"}).status_code == 403


def test_incidents_are_seen_where_they_are(client_of: Client) -> None:
    """A city sees its own, not another's nor the province's; a carrier sees none, and opens none."""
    duty = client_of("duty")
    own, other, whole = (opened(duty, area=a) for a in (AREA, "440100", "440000"))
    assert [r["number"] for r in client_of("city").get("/command.json").json()["tables"]["incidents"]] == [own.number]
    for incident, status in ((own, 200), (other, 404), (whole, 404)):
        assert client_of("city").get(f"/command/{incident.pk}/").status_code == status
    assert client_of("city").post("/command/open/", form(area="440100")).status_code == 403
    assert client_of("carrier").get(f"/command/{own.pk}/").status_code == 403
    assert "incidents" not in client_of("carrier").get("/command.json").json()["tables"]
    assert client_of("monitor").post("/command/open/", form()).status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_close_out_report_as_word_and_html(client_of: Client, language: str) -> None:
    """Both hold the title, the three gradings, the clocks with their law, the plan with its document, and that it is not closed yet; in the reader's language and no other."""
    client = client_of("duty")
    incident = opened(client)
    client.cookies["language"] = language
    word = client.get(f"/command/{incident.pk}/close-out.docx")
    html = client.get(f"/command/{incident.pk}/close-out.html").content.decode()
    assert "attachment" in word["Content-Disposition"]
    text = zipfile.ZipFile(io.BytesIO(word.content)).read("word/document.xml").decode()
    zh, en = ("结案报告", "Ⅲ级(较大)", "黄色", "尚未结案", "第三十九条", "国邮发"), ("Close-out report", "III, considerable", "yellow", "not closed", "art. 39", "Guo You Fa")  # fmt: skip
    wanted, unwanted = (en, zh) if language == "en" else (zh, en)
    for said in unwanted:
        assert said not in text and said not in html
    for said in (*wanted, "blocked"):
        assert said.replace("(", "（").replace(")", "）") in text or said in text
        assert said.replace("(", "（").replace(")", "）") in html or said in html
    assert client.get(f"/command/{incident.pk}/close-out.pdf").status_code == 404
    assert client_of("carrier").get(f"/command/{incident.pk}/close-out.docx").status_code == 403


def test_hand_over_is_given_and_taken_by_two(client_of: Client) -> None:
    """What is open is counted into the record; who hands over can't take over; a city's hand-over is its own."""
    duty, other = client_of("duty"), client_of("city")
    opened(duty)
    assert duty.post("/handover/give/", {"day": "2025-11-12", "note": ""}).status_code == 422
    assert duty.post("/handover/give/", {"day": "2025-11-12", "note": "watch the strait"}).status_code == 302
    made = HandOver.objects.get()
    assert made.counts["incidents"] == 1 and made.counts["tasks"] == len(handbook().plans["network_blockage"].asks)
    assert duty.post(f"/handover/{made.pk}/take/").status_code == 422
    assert b"/take/" not in duty.get("/handover/").content
    assert other.post("/handover/give/", {"day": "2025-11-12", "note": "the city's own"}).status_code == 302
    citys = HandOver.objects.exclude(pk=made.pk).get()
    assert f"/handover/{citys.pk}/take/" not in duty.get("/handover/").content.decode()
    assert duty.post(f"/handover/{citys.pk}/take/").status_code == 422
    assert not HandOver.objects.get(pk=citys.pk).taken_by
    assert other.post(f"/handover/{made.pk}/take/").status_code == 404
    assert other.get("/handover/daily.docx").status_code == 403


def test_daily_report_as_word(client_of: Client) -> None:
    """The shift's report is the one that the command line makes: for the province's officers alone."""
    answer = client_of("duty").get("/handover/daily.docx?since=2025-11-12")
    assert answer.status_code == 200
    text = zipfile.ZipFile(io.BytesIO(answer.content)).read("word/document.xml").decode()
    assert "运行值班日报" in text and "11月12日" in text
    assert client_of("duty").get("/handover/daily.docx?since=2020-01-01").status_code == 400
