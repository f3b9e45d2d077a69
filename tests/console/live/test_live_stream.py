"""The stream: what it says, to whom, how many it serves, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from yilu.console.facts import newest
from yilu.console.live import stream
from yilu.console.live.stream import watcher
from yilu.console.pages.asking import Filter
from yilu.console.pages.page import Ask
from yilu.console.seen import scope_of, seen_by

Event = tuple[str, str, dict[str, Any]]


def events(client: Any, address: str = "/live?once", last: int | None = None) -> list[Event]:
    """(event, id, data) of all that a stream says until it ends."""
    answer = client.get(address, headers={} if last is None else {"Last-Event-ID": str(last)})
    assert answer.status_code == 200 and answer["Content-Type"] == "text/event-stream"

    async def whole() -> str:
        return b"".join([part async for part in answer.streaming_content]).decode()

    found = []
    for block in asyncio.run(whole()).strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if "event" in fields:
            found.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))
    return found


def state(client: Any, address: str = "/live?once", last: int | None = None) -> dict[str, Any]:
    """What the first event says."""
    [(name, _, data)] = events(client, address, last)
    assert name == "state"
    return data


@pytest.fixture(autouse=True)
def alerts_are_there() -> None:
    """Alerts are worked out before a stream waits half a second for them."""
    assert newest().alerts is not None


def test_it_says_commit_time_figures_and_alerts(client_of: Callable[[str], Any]) -> None:
    """Its id is the commit that it tells of; figures are those of the page, as they are written there."""
    client = client_of("duty")
    [(name, id, data)] = events(client)
    text = client.get("/").content.decode()
    assert (name, id) == ("state", str(newest().snapshot.at.commit))  # type: ignore[union-attr]
    assert all(f'data-figure="{n}">{v}<' in text for n, v in data["figures"].items() if n != "rate")
    ids = [r["id"] for r in data["alerts"]["rows"]]
    assert len(ids) > 3 and all(f'data-id="{i}"' in text for i in ids) and data["new"] == []


def test_each_reads_it_in_their_language(client_of: Callable[[str], Any]) -> None:
    """The same alerts, in the words of the reader."""
    client = client_of("duty")
    zh = state(client)["alerts"]["rows"]
    client.cookies["language"] = "en"
    en = state(client)["alerts"]["rows"]
    assert [r["id"] for r in zh] == [r["id"] for r in en] and zh[0]["cells"] != en[0]["cells"]


@pytest.mark.parametrize("who", ["city", "carrier", "firm"])
def test_it_holds_what_is_in_scope(client_of: Callable[[str], Any], users: dict[str, Any], who: str) -> None:
    """A city's officer is told of alerts at its facilities, a carrier of its own: as many as plain counting finds, none of the others, and not how much the others bring."""
    found, network = newest().alerts, newest().facts.network
    assert found is not None
    shenzhen = {
        int(i)
        for i, a in enumerate(network.facility_area)
        if network.area_city[a] == network.areas.index_of_code["440300"]
    }
    firm = network.operators.index_of_code.get(users[who].operator, 0)
    mine = [a for a in found.alerts if (a.place in shenzhen if who == "city" else a.operator == firm)]
    wanted = {a.id for a in mine if a.told and a.life != "resolved" and a.severity}
    data = state(client_of(who))
    assert {r["id"] for r in data["alerts"]["rows"]} <= wanted and data["alerts"]["total"] == len(wanted) > 0
    assert "rate" not in data["figures"]


def test_it_follows_the_switch_of_the_region(client_of: Callable[[str], Any]) -> None:
    """The province's officer who looks at one city is told of that city; an address that can't be is refused."""
    whole, part = state(client_of("duty")), state(client_of("duty"), "/live?once&area=440300")
    assert part["alerts"]["total"] == state(client_of("city"))["alerts"]["total"] < whole["alerts"]["total"]
    assert client_of("duty").get("/live?once&area=nowhere").status_code == 400


def test_who_supervises_nobody_is_told_of_no_alerts(client_of: Callable[[str], Any]) -> None:
    """A planner's stream has figures alone."""
    data = state(client_of("planner"))
    assert "alerts" not in data and data["new"] == [] and data["figures"]


def test_nobody_else_is_told_anything(client_of: Callable[[str], Any]) -> None:
    """Who isn't logged in is sent to the log-in; it takes nothing."""
    assert client_of("").get("/live?once").status_code == 302
    assert client_of("duty").post("/live").status_code == 405


def test_who_comes_again_is_told_what_is_new(client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the id of an earlier commit: the alerts in scope that appeared since. With the newest one, or for the first time: none."""
    found, network = newest().alerts, newest().facts.network
    assert found is not None
    commit = found.commit
    told = [a for a in found.alerts if a.told and a.life != "resolved" and a.severity and a.place]
    city = lambda a: network.areas.code_of_id[int(network.area_city[network.facility_area[a.place]])]  # noqa: E731
    there, elsewhere = next(a for a in told if city(a) == "440300"), next(a for a in told if city(a) == "440100")
    monkeypatch.setattr(watcher(), "_appeared", {there.id: commit, elsewhere.id: commit})
    monkeypatch.setattr(watcher(), "_appearing", lambda ids, commit: None)
    new = {
        (who, last): [a["id"] for a in state(client_of(who), last=last)["new"]]
        for who in ("duty", "city") for last in (commit - 1, commit, None)
    }  # fmt: skip
    [opened_anew] = state(client_of("city"), f"/live?once&last={commit - 1}")["new"]
    assert opened_anew["id"] == there.id
    assert set(new.pop(("duty", commit - 1))) == {there.id, elsewhere.id} and new.pop(("city", commit - 1)) == [
        there.id
    ]
    assert not any(new.values())


@pytest.mark.parametrize("last", ["-1", "x", "²", "9" * 40])
def test_a_last_id_that_cannot_be_is_none(client_of: Callable[[str], Any], last: str) -> None:
    """Whatever a client says it saw last, the stream begins."""
    answer = client_of("duty").get("/live?once", headers={"Last-Event-ID": last})
    assert answer.status_code == 200


def test_so_many_and_no_more(client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the setting a client is told to come again; when one has gone there is room."""
    monkeypatch.setenv("YILU_LIVE_CLIENTS", "2")
    monkeypatch.setattr(watcher(), "clients", 2)
    answer = client_of("duty").get("/live")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    monkeypatch.setattr(watcher(), "clients", 0)
    assert events(client_of("duty"))


def test_a_stream_that_is_left_takes_no_place(client_of: Callable[[str], Any]) -> None:
    """Whether it ended or its reader went away in the middle."""
    answer = client_of("duty").get("/live")

    async def some() -> int:
        parts = answer.streaming_content
        await anext(parts)
        await anext(parts)
        during = watcher().clients
        await parts.aclose()
        return during

    assert asyncio.run(some()) == 1 and watcher().clients == 0


def test_who_may_watch_no_longer_is_found_out(users: dict[str, Any]) -> None:
    """A session that is gone, an account that is closed, and one whose scope has changed end the stream; none of them makes the session last longer."""
    user = users["city"]
    rows = type(user).objects.filter(pk=user.pk)
    as_it_was = {"areas": ["440300"], "is_active": True}
    for change in ({"areas": ["440100"]}, {"is_active": False}, None):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        session["_auth_user_hash"] = user.get_session_auth_hash()
        session.create()
        request = HttpRequest()
        request.session = session
        scope = scope_of(user)
        ask = Ask(scope, seen_by(scope), Filter(), True)
        assert stream._still(request, ask)
        if change:
            rows.update(**change)
        else:
            session.flush()
        assert not stream._still(request, ask)
        rows.update(**as_it_was)
