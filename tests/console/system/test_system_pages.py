"""The system's pages: open to administrators and auditors alone, true of what they tell, and no secret among the settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from yilu.console.access.roles import ROLES
from yilu.console.audit.models import Entry
from yilu.console.audit.naming import KINDS, WHAT
from yilu.console.audit.pages import difference
from yilu.console.audit.recording import added
from yilu.console.command.pages import STEPS
from yilu.console.facts import newest
from yilu.console.items.looking import LIST, LOOK
from yilu.console.pages.showing import SCREENS
from yilu.console.records.resource import RESOURCES
from yilu.console.system.pages import _source
from yilu.settings import SETTINGS, load
from yilu.supervision.handling.of_alerts import DEEDS

SOURCE = Path(__file__).parents[3] / "src" / "yilu"
ADD = {"added", "recorded", "_recorded", "_told", "_stepped", "change"}
"""What adds an entry to the audit record, or hands its code on to what does."""
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
    assert (rows["metrics"]["value"], rows["metrics"]["source"]) == ("…", "环境变量 YILU_METRICS")
    for text in ("p:w", "pwd2", "s3cret"):
        assert text not in page.get("/system/settings/").content.decode()


@pytest.mark.parametrize(
    ("language", "held"),
    [("zh-hans", ("分钟", "默认值", "地市", "珠三角")), ("en", ("minutes", "default", "city", "Pearl River Delta"))],
)
def test_units_sources_and_areas_are_in_the_readers_language(
    logged_in: Callable[..., Client], language: str, held: tuple[str, ...]
) -> None:
    """A unit, where a value is from, the level of an area and what it belongs to are words, not codes of the other language."""
    page = logged_in("root", "administrator")
    page.cookies["language"] = language
    setting = {r["name"]: r for r in page.get("/system/settings.json").json()["tables"]["settings"]}["session_minutes"]
    area = {r["code"]: r for r in page.get("/system/regions.json").json()["tables"]["regions"]}["440100"]
    assert (setting["unit"], setting["source"], area["level"], area["above"]) == held


def test_every_source_of_a_setting_has_its_chinese() -> None:
    """The command line, a file, a variable, and the default."""
    told = ("command line", "file /etc/yilu.toml", "environment YILU_STORE", "default")
    assert [_source(t)[0] for t in told] == ["命令行", "文件 /etc/yilu.toml", "环境变量 YILU_STORE", "默认值"]


def test_facilities_of_an_area_are_those_below_too(logged_in: Callable[..., Client]) -> None:
    """A province whose facilities all lie in its cities and counties isn't one without any."""
    network = newest().facts.network
    rows = {r["code"]: r for r in logged_in("root", "administrator").get("/system/regions.json").json()["tables"]["regions"]}  # fmt: skip
    inside = network.area_inside[network.facility_area[1:]]
    assert rows["440000"]["facilities"] == int(inside.sum()) > 0
    guangzhou = network.areas.index_of_code["440100"]
    assert rows["440100"]["facilities"] == int((network.area_city[network.facility_area[1:]] == guangzhou).sum())


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


@pytest.mark.parametrize(("language", "kind", "what"), [("zh-hans", "账号", "登录"), ("en", "account", "login")])
def test_entries_are_named_and_found_by_name(record: Client, language: str, kind: str, what: str) -> None:
    """Deeds and what they were done to stand by name, in the list and on an entry's page; both the name and the code of the latter find them."""
    record.cookies["language"] = language
    newest_one = record.get("/audit.json").json()["tables"]["audit"][0]
    assert (newest_one["kind"], newest_one["what"]) == (kind, what)
    assert f"<dd>{kind}</dd>" in record.get("/audit/61/").content.decode()
    assert numbers(record, f"q={kind}&user=ann") == numbers(record, "q=users&user=ann") == [0]


def _recorded() -> Iterator[tuple[str, str]]:
    """(code of a deed, code of what it was done to, "" where that is no literal) of each call by which the console and the terminal add to the record."""
    for file in (f for folder in ("console", "cli") for f in sorted((SOURCE / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ADD:
                texts = [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else "" for a in (*node.args, ast.Constant(""))]  # fmt: skip
                yield from ((what, kind) for what, kind in pairwise(texts) if re.fullmatch(r"log(in|out)|[a-z]+\.[a-z_]+", what))  # fmt: skip


def test_every_deed_of_the_audit_has_a_name() -> None:
    """Whatever the console and the terminal add to the record is called something in both languages."""
    found = list(_recorded())
    made = {LOOK, LIST} | {f"alerts.{d}" for d in DEEDS} | {f"command.{s}" for s in STEPS if s != "advice"} | {f"{r}.{d}" for r in RESOURCES for d in ("add", "change")}  # fmt: skip
    assert {"login", "feeds.upload", "silences.withdraw", "vault.open", "records.backup"} <= {what for what, _kind in found}  # fmt: skip
    assert ({what for what, _kind in found} | made) - set(WHAT) == set()
    assert {kind for _what, kind in found if kind} - set(KINDS) == set()


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
