"""The system's pages: open to administrators and auditors alone, true of what they tell, and no secret among the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from yilu.console.access.roles import ROLES
from yilu.console.audit.models import Entry
from yilu.console.audit.pages import difference
from yilu.console.audit.recording import added
from yilu.console.facts import newest
from yilu.console.pages.showing import SCREENS
from yilu.settings import SETTINGS, load

PAGES = ("system", "system/roles", "system/regions", "system/settings", "audit")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_opens_them(logged_in: Callable[..., Client], language: str) -> None:
    """Administrator and auditor open all of them, as page, JSON and CSV; every other role none."""
    for role in ROLES:
        client = logged_in(f"of-{role}", role)
        client.cookies["language"] = language
        expected = 200 if role in ("administrator", "auditor") else 403
        assert {client.get(f"/{p}{end}").status_code for p in PAGES for end in ("/", ".json", ".csv")} == {expected}, role  # fmt: skip


def test_the_matrix_is_what_the_gate_does(logged_in: Callable[..., Client]) -> None:
    """For every page without parameters, what the matrix marks for a role is what a user of that role meets."""
    matrix = logged_in("root", "administrator").get("/system/roles.json").json()["tables"]["pages"]
    assert {row["name"] for row in matrix} == set(SCREENS)
    clients = {role: logged_in(f"of-{role}", role) for role in ROLES}
    for row in matrix:
        if "<" not in row["route"] and row["name"].split(".")[0] in ("system", "audit", "vault", "users"):
            for role, client in clients.items():
                met = client.get(row["route"] + "/").status_code
                assert (met != 403) == (row[role] == "✓"), (row["name"], role, met)


def test_settings_are_shown_without_secrets(logged_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting stands there with where it is from; the database's password and the token of the measures don't."""
    secret = load(
        {
            "YILU_DATABASE_URL": "postgresql://yilu:p:w@d/x@db.example/yilu?password=pwd2&sslmode=require",
            "YILU_METRICS": "s3cret",
        }
    )
    monkeypatch.setattr(newest(), "facts", replace(newest().facts, settings=secret))
    page = logged_in("root", "administrator")
    rows = {r["name"]: r for r in page.get("/system/settings.json").json()["tables"]["settings"]}
    assert set(rows) == {s.name for s in SETTINGS}
    assert rows["database_url"]["value"] == "postgresql://yilu:…@db.example/yilu?password=…&sslmode=require"
    assert (rows["metrics"]["value"], rows["metrics"]["source"]) == ("…", "environment YILU_METRICS")
    for text in ("p:w", "pwd2", "s3cret"):
        assert text not in page.get("/system/settings/").content.decode()


@pytest.fixture
def record(logged_in: Callable[..., Client]) -> Client:
    """An auditor's browser, and entries of two accounts."""
    with transaction.atomic():
        added("ann", "127.0.0.1", "users.change", "users", "7", {"role": "duty", "areas": []}, {"role": "monitor", "areas": []}, "moved")  # fmt: skip
        added("bob", "127.0.0.1", "vault.ask", "vault", "1", None, {"case": "x"}, "<script>alert(1)</script>")
        for i in range(60):
            added("cat", "127.0.0.1", "login", "users", str(i))
    return logged_in("aud", "auditor")


def numbers(client: Client, query: str) -> list[int]:
    """Numbers of the entries that a filter shows."""
    return [r["number"] for r in client.get(f"/audit.json?{query}").json()["tables"]["audit"]]


def test_entries_are_filtered_and_paged(record: Client) -> None:
    """By account, deed, object, reason and day, page by page, the newest first."""
    assert numbers(record, "") == list(range(61, 11, -1))
    assert numbers(record, "page=2") == list(range(11, -1, -1))
    assert numbers(record, "user=ann") == [0]
    assert numbers(record, "what=vault.ask") == [1]
    assert numbers(record, "q=7&user=ann") == numbers(record, "q=moved") == [0]
    day = Entry.objects.get(number=0).at.date().isoformat()
    assert numbers(record, "until=2020-01-01") == [] and len(numbers(record, f"since={day}")) == 50


def test_one_entry_shows_what_changed(record: Client) -> None:
    """Fields before and after, those that differ first; what people typed is shown as text, and neighbours are one step away."""
    page = record.get("/audit/0.json").json()
    (role, areas) = page["tables"]["changes"]
    assert (role["field"], role["before"], role["after"]) == ("role", "duty", "monitor") and areas["field"] == "areas"
    text = record.get("/audit/1/").content.decode()
    assert "<script>alert" not in text and "&lt;script&gt;" in text
    assert "/audit/0/" in text and "/audit/2/" in text
    assert record.get("/audit/999/").status_code == 404


def test_difference_has_every_field_once() -> None:
    """Fields that were there before, that came, and that stayed."""
    rows: list[dict[str, Any]] = difference({"a": 1, "b": [1, 2]}, {"b": [1, 2], "c": {"x": None}})
    assert [(r["field"], r["before"], r["after"]) for r in rows] == [("a", "1", ""), ("c", "", "x:"), ("b", "1、2", "1、2")]  # fmt: skip


def test_a_head_is_signed_from_the_page(record: Client, logged_in: Callable[..., Client]) -> None:
    """Who may see the record may have it signed; the head covers the entry of its own signing."""
    assert logged_in("ann", "duty").post("/audit/sign/").status_code == 403
    assert record.post("/audit/sign/").status_code == 302
    (head,) = record.get("/audit.json").json()["tables"]["heads"]
    assert head["size"] == Entry.objects.count() == 63
