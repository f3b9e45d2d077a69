"""What watches the console learns: alive, ready or why not, measures for who may have them; and each request leaves one line that tells of no person."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from yilu.console.access.logging_lines import Line
from yilu.console.audit import guards
from yilu.console.facts import newest
from yilu.console.operations import health, metrics
from yilu.errors import StoreError, YiluError


def set_to(monkeypatch: pytest.MonkeyPatch, **other: Any) -> None:
    """Another setting for as long as the test runs."""
    facts = newest().facts
    monkeypatch.setattr(newest(), "facts", replace(facts, settings=replace(facts.settings, **other)))


def test_alive_and_ready(client: Client, db: None) -> None:
    """Anybody may ask whether it is alive and ready, and is told nothing else; a store that isn't there yet is no fault."""
    assert client.get("/healthz").json() == {"alive": True}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": {"database": True, "migrations": True, "store": True}})  # fmt: skip
    assert client.post("/healthz").status_code == 405


def test_not_ready_says_what_is_not(client: Client, db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A store that can't be read, migrations to apply and a database out of reach are each told with 503."""
    (tmp_path / "commits").mkdir()
    set_to(monkeypatch, store=tmp_path)
    newest()._held.clear()
    assert client.get("/readyz").json()["checks"]["store"] is False
    monkeypatch.setattr(health, "_MIGRATED", set())
    monkeypatch.setattr(health.ready, "pending", lambda: ["console.0002"])
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["checks"]["migrations"] is False

    def unreachable() -> Any:
        raise StoreError("out of reach")

    monkeypatch.setattr(health, "_database", unreachable)
    assert client.get("/readyz").json() == {"ready": False, "checks": {"database": False}}
    newest()._held.clear()


def test_what_an_administrator_is_told(db: None) -> None:
    """Missing triggers and entries that nobody signed are told, with the command that helps."""
    found = {c.id: c for c in health.checks()}
    assert not found["guards"].ok and "yilu migrate" in found["guards"].found[1]
    assert found["heads"].ok
    guards.install(connection)
    try:
        assert {c.id: c.ok for c in health.checks()}["guards"]
    finally:
        guards.remove(connection)


def test_measures_are_for_this_machine_or_a_token(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """From elsewhere, and through a proxy on this machine, measures are refused; where a token is set, it is asked for and nothing else helps."""
    assert client.get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="::1").get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.9").get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    set_to(monkeypatch, metrics="s3cret")
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 403
    assert Client(REMOTE_ADDR="203.0.113.9").get("/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200  # fmt: skip


def measured(client: Client) -> dict[str, float]:
    """Measures by name and labels."""
    lines = client.get("/metrics").content.decode().splitlines()
    return {k: float(v) for k, v in (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")}


def test_requests_are_counted_by_page_and_status(logged_in: Callable[..., Client], client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # fmt: skip
    """A page counts under its name, whatever its address holds; what isn't there counts together, so that addresses made up don't fill the memory; spool and streams are told."""
    (tmp_path / "ups" / "refused").mkdir(parents=True)
    (tmp_path / "ups" / "a.csv").write_bytes(b"12345")
    (tmp_path / "ups" / "refused" / "b.csv").write_bytes(b"12345")
    set_to(monkeypatch, spool=tmp_path)
    admin, before = logged_in("root", "administrator"), measured(client)
    for address in ("/records/users/", "/records/users/1/", "/no/such/1", "/no/such/2"):
        admin.get(address)
    with metrics.streaming():
        after = measured(client)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more('yilu_requests_total{method="GET",page="users",status="200"}') == 1
    assert more('yilu_requests_total{method="GET",page="-",status="404"}') == 2
    assert more('yilu_request_seconds_count{page="users"}') == 1
    assert (after["yilu_spool_files"], after["yilu_spool_bytes"]) == (1, 5)
    assert more("yilu_streams") == 1 and measured(client)["yilu_streams"] == before["yilu_streams"]
    assert "yilu_audit_entries" in after


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """A log line, read."""
    found: dict[str, Any] = json.loads(Line().format(record))
    return found


def test_each_request_leaves_one_line_without_a_person(
    logged_in: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    """Page, status and time are told; neither the address that was asked for nor its query, its sender's address or account are, for an item's number may stand there."""
    admin = logged_in("root", "administrator")
    caplog.set_level(logging.INFO)
    answer = admin.get("/records/users/?q=SF1234567890123", REMOTE_ADDR="203.0.113.77")
    admin.get("/items/SF1234567890123/", REMOTE_ADDR="203.0.113.77")
    lines = [line_of(r) for r in caplog.records]
    told = [line for line in lines if line["from"] == "yilu.console.requests"]
    assert [(t["page"], t["method"], t["status"]) for t in told] == [("users", "GET", 200), ("-", "GET", 404)]
    assert all(t["ms"] > 0 for t in told) and re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-Id"])
    text = json.dumps(lines)
    assert "SF123" not in text and "203.0.113.77" not in text and "root" not in text


def test_an_error_is_told_without_what_it_stumbled_over() -> None:
    """Of an unforeseen error its kind and place are logged, not its text, which may hold a number; yilu's own errors hold none and are told."""

    def told(error: Exception) -> dict[str, Any]:
        try:
            raise error
        except Exception as raised:
            return line_of(logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", ("Internal", "/items/SF1"), (type(raised), raised, raised.__traceback__)))  # fmt: skip

    line = told(KeyError("SF1234567890123"))
    assert line["error"] == "KeyError" and "SF1" not in json.dumps(line) and line["trace"]
    assert told(YiluError("the store is locked"))["error"] == "YiluError: the store is locked"
