"""The API: made of what is declared, nothing without roles, errors of one form, tags, cursors, a document that is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.console.texts import HAN

pytestmark = pytest.mark.django_db


def operations() -> list[Any]:
    """All operations of the interface."""
    from yilu.console import urls  # noqa: F401 - declares them
    from yilu.console.api.interface import api

    return [op for _, router in api._routers for view in router.path_operations.values() for op in view.operations]


def test_every_operation_says_its_roles(ground: Any) -> None:
    """None is open by omission: each asks by itself, of roles that exist, and the document tells them."""
    from yilu.console.access.roles import ROLES
    from yilu.console.api.asking import Bearer
    from yilu.console.api.document import document

    found = operations()
    assert len(found) > 20
    for op in found:
        [asks] = op.auth_callbacks
        assert isinstance(asks, Bearer), op.operation_id
        assert asks.access.roles and asks.access.roles <= set(ROLES) and not asks.access.public, op.operation_id
    told = {one["operationId"]: one["x-roles"] for place in document()["paths"].values() for one in place.values()}
    assert told == {op.operation_id: sorted(op.auth_callbacks[0].access.roles) for op in found}


def test_every_page_and_record_has_its_operation(ground: Any) -> None:
    """A page or a type of record that is declared is in the API, under its own roles."""
    from yilu.console.pages.showing import SCREENS
    from yilu.console.records.resource import RESOURCES

    by_name = {op.operation_id: op for op in operations()}
    forms = {n for r in RESOURCES for n in (f"{r}.new", f"{r}.edit")}
    for name, s in SCREENS.items():
        if name not in forms:
            assert by_name[name].auth_callbacks[0].access.roles == s.roles, name
    for name, r in RESOURCES.items():
        assert (f"{name}.add" in by_name) == bool(r.form)
        assert (f"{name}.remove" in by_name) == r.removable


def test_every_operation_says_what_it_is_for(ground: Any) -> None:
    """A summary of its own in words, not its name, stands at each, and no two at one address share one."""
    from yilu.console.api.document import document

    for place, methods in document()["paths"].items():
        said = [one["summary"] for one in methods.values()]
        assert len(set(said)) == len(said), place
        for one in methods.values():
            assert re.match(r"[A-Z]\w*", one["summary"]), (place, one["summary"])
            assert one["summary"] != one["operationId"] and len(one["summary"]) > 3, place


def test_views_of_the_api_are_marked_as_asking_by_themselves(ground: Any) -> None:
    """The gate lets a request through to them alone."""
    from yilu.console.access.gate import WITHIN
    from yilu.console.api.urls import urlpatterns

    assert all(p.callback.access is WITHIN for p in urlpatterns)


def test_nobody_and_the_wrong_role_get_problems(client_of: Callable[..., Any]) -> None:
    """Every operation: 401 to a visitor, 403 to a role that it isn't for, always in the one form, and no redirect to a page."""
    nobody, everybody = client_of(""), {r: client_of(r) for r in ("statistician", "auditor")}
    from yilu.console.api.document import document

    for place, methods in document()["paths"].items():
        at = re.sub(r"\{\w+\}", "1", place.replace("{operator}", "ZTO"))
        for method, one in methods.items():
            answer = nobody.generic(method.upper(), at)
            assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json"), (method, at)
            assert answer.json()["title"] and HAN.search(answer.json()["detail_zh"]) and HAN.search(answer.json()["next_step_zh"])  # fmt: skip
            for role, client in everybody.items():
                if role not in one["x-roles"] and one["operationId"] != "events":
                    assert client.generic(method.upper(), at).status_code == 403, (role, method, at)


def test_errors_are_of_one_form(client_of: Callable[..., Any]) -> None:
    """Unknown addresses, other methods, filters that can't be, bodies that can't be read: problem documents all."""
    client = client_of("administrator")
    for method, at, status in (
        ("GET", "/api/v1/nothing", 404), ("GET", "/api/", 404), ("DELETE", "/api/v1/feeds", 405), ("GET", "/api/v1/feeds?area=x", 400),
        ("GET", "/api/v1/outages?limit=0", 422), ("GET", "/api/v1/outages?cursor=x", 400), ("GET", "/api/v1/users/999", 404), ("POST", "/api/v1/users", 422),
    ):  # fmt: skip
        answer = client.generic(method, at, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (method, at, answer.content)  # fmt: skip
        told = answer.json()
        assert (
            told["status"] == status
            and told["title"]
            and told["detail"]
            and HAN.search(told["detail_zh"])
            and told["instance"].startswith("urn:request:")
        )


def test_a_session_changes_nothing_without_its_token(client_of: Callable[..., Any]) -> None:
    """Another site's page can't act through the browser of who is logged in."""
    from yilu.console.feeds.models import Outage

    client = client_of("carrier", enforce_csrf_checks=True)
    body = json.dumps({"feed": "ZTO", "begins": "2026-06-01T00:00:00Z", "ends": "2026-06-02T00:00:00Z", "why": "move", "reason": "plan"})  # fmt: skip
    assert client.post("/api/v1/outages", body, content_type="application/json").status_code == 403
    page = client.get("/feeds/ZTO/upload/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    answer = client.post("/api/v1/outages", body, content_type="application/json", HTTP_X_CSRFTOKEN=token)
    assert answer.status_code == 201 and Outage.objects.get().operator == "ZTO"


def test_records_are_added_changed_and_removed_with_their_reason(
    client_of: Callable[..., Any], key_of: Callable[[str], str]
) -> None:
    """By session or machine key, through the same form, scope and audit as on the page."""
    from yilu.console.audit.models import Entry

    client, key = client_of(""), {"HTTP_AUTHORIZATION": f"Bearer {key_of('ZTO')}"}
    body = {
        "feed": "ZTO",
        "begins": "2026-06-01T00:00:00Z",
        "ends": "2026-06-02T00:00:00Z",
        "why": "move",
        "reason": "plan",
    }
    made = client.post("/api/v1/outages", json.dumps(body), content_type="application/json", **key)
    assert made.status_code == 201 and made.json()["operator"] == "ZTO"
    at = f"/api/v1/outages/{made.json()['pk']}"
    changed = client.patch(at, json.dumps({"why": "moved", "reason": "late"}), content_type="application/json", **key)
    assert (changed.status_code, changed.json()["why"], changed.json()["feed"]) == (200, "moved", "ZTO")
    wrong = client.patch(
        at, json.dumps({"ends": "2026-05-01T00:00:00Z", "reason": "x"}), content_type="application/json", **key
    )
    assert wrong.status_code == 422 and "ends" in wrong.json()["errors"]
    assert (
        client.patch(
            at, json.dumps({"operator": "YTO", "reason": "x"}), content_type="application/json", **key
        ).status_code
        == 422
    )
    assert client.get(at, HTTP_AUTHORIZATION=f"Bearer {key_of('YTO')}").status_code == 404
    assert client.delete(at + "?reason=done", **key).status_code == 204
    assert list(Entry.objects.order_by("number").values_list("what", "reason")) == [("outages.add", "plan"), ("outages.change", "late"), ("outages.remove", "done")]  # fmt: skip


def test_lists_come_in_parts(client_of: Callable[..., Any], users: dict[str, Any]) -> None:
    """Each record once, in parts of any size, newest first, and no secret among their fields."""
    client = client_of("administrator")
    seen, cursor = [], ""
    while True:
        told = client.get(f"/api/v1/users?limit=3&cursor={cursor}").json()
        assert len(told["rows"]) <= 3
        seen += [r["username"] for r in told["rows"]]
        assert all("password" not in r for r in told["rows"])
        cursor = told["next"]
        if not cursor:
            break
    assert sorted(seen) == sorted(users) and len(seen) == len(set(seen))


def test_what_is_read_bears_a_tag(client_of: Callable[..., Any]) -> None:
    """The reader who has it is told so; where a record changes within a commit, the tag changes."""
    from yilu.console.accounts.models import User

    client = client_of("administrator")
    first = client.get("/api/v1/users")
    assert first["ETag"].startswith('"0-')
    again = client.get("/api/v1/users", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    User.objects.filter(username="city").update(is_active=False)
    assert client.get("/api/v1/users", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_a_carrier_sees_its_own_feed_alone(
    client_of: Callable[..., Any], key_of: Callable[[str], str], ground: Any
) -> None:
    """Over the API as on the page: its own operator's rows; another's address is not there; a city sees none as a whole."""
    from tests.console.feeds.batches import lines, post, rows

    for operator in ("ZTO", "YTO"):
        assert post(client_of(""), lines(rows(3, operator=operator)), key_of(operator)).status_code == 202
    ground.written()

    named = {u: {r["operator"] for r in client_of(u).get("/api/v1/feeds?since=2026-05-30&until=2026-06-02").json()["tables"]["feeds"]} for u in ("duty", "carrier", "firm", "city")}  # fmt: skip
    assert (len(named["duty"]), len(named["carrier"]), len(named["firm"]), len(named["city"])) == (2, 1, 1, 0)
    assert named["carrier"] != named["firm"]
    assert client_of("carrier").get("/api/v1/feeds/YTO/receipts").status_code == 404
    assert client_of("carrier").get("/api/v1/feeds/ZTO/receipts").json()["tables"]["receipts"][0]["rows"] == 3


def test_the_page_of_the_document_is_served_from_here(client_of: Callable[..., Any]) -> None:
    """It names every operation, and no address of another machine."""
    page = client_of("carrier").get("/api-docs/").content.decode()
    for op in operations():
        assert f'class="op-name">{op.operation_id}<' in page
    assert "//cdn" not in page and "unpkg" not in page
