"""What ends a session: time without use, another role, area or right, being switched off, another password. And what an account must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.console.conftest import PASSWORD
from yilu.console.access.roles import ADMINISTRATOR, AUDITOR, ROLES
from yilu.console.accounts.models import User
from yilu.console.audit.models import Entry
from yilu.settings import load

USER = {"username": "bob", "role": "duty", "areas": ["440100"], "operator": "", "is_active": "on", "reason": "new"}


def is_in(client: Client) -> bool:
    """Whether a browser's session still holds."""
    return bool(client.get("/").status_code == 200)


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "monitor"), ("areas", ["440300"]), ("rights", ["approver"]), ("is_active", False), ("operator", "SF")],
)
def test_what_an_account_may_see_changed_ends_its_sessions(logged_in: Callable[..., Client], field: str, value: object) -> None:  # fmt: skip
    """After a change of role, areas, operator or rights, or being switched off, the old session opens nothing."""
    client = logged_in("ann", "duty", areas=["440100"])
    assert is_in(client)
    user = User.objects.get(username="ann")
    setattr(user, field, value)
    user.save()
    assert not is_in(client)


def test_a_session_without_use_ends_and_one_in_use_does_not(logged_in: Callable[..., Client]) -> None:
    """Each use moves the end by the time that is set, and after so long without one the session opens nothing."""
    client = logged_in("ann", "duty")
    assert is_in(client)
    session = Session.objects.get()
    length = timedelta(minutes=load({}).session_minutes)
    assert abs(session.expire_date - timezone.now() - length) < timedelta(seconds=30)
    store = client.session
    store["used"] -= 90
    store.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=30))
    assert is_in(client)
    assert Session.objects.get().expire_date > timezone.now() + length - timedelta(seconds=30)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_a_session_in_use_is_written_once_a_minute(
    logged_in: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    """A page costs no write of the session as long as its end was moved within the last minute."""
    client = logged_in("ann", "duty")
    client.get("/")
    before = Session.objects.get().session_data
    with django_assert_num_queries(2):
        client.get("/")
    assert Session.objects.get().session_data == before


def test_the_own_password_is_changed_and_other_sessions_end(made: Callable[..., Any]) -> None:
    """The session that changed it goes on, every other ends, the new password opens and the old one doesn't."""
    user = made("ann", "duty")
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.force_login(user)
    given = {"old_password": PASSWORD, "new_password1": "quite another-one 7", "new_password2": "quite another-one 7"}
    for wrong in ({"old_password": "no"}, {"new_password1": "short", "new_password2": "short"}, {"new_password1": PASSWORD, "new_password2": PASSWORD}):  # fmt: skip
        assert here.post("/password/", given | wrong).status_code == 422
    assert here.post("/password/", given).status_code == 302
    assert is_in(here) and not is_in(elsewhere)
    assert Client().post("/login/", {"username": "ann", "password": PASSWORD}).status_code == 200
    assert Client().post("/login/", {"username": "ann", "password": "quite another-one 7"}).status_code == 302
    assert Entry.objects.filter(what="password.change", user="ann").count() == 1


def test_a_fresh_password_must_be_changed_first(logged_in: Callable[..., Client], client: Client) -> None:
    """A new account's password is shown once, opens nothing but the page to change it, and then all that the role opens."""
    admin = logged_in("root", ADMINISTRATOR)
    answer = admin.post("/records/users/add/", USER)
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    found = re.search(r'value="((?:[a-z2-9]{4}-){4}[a-z2-9]{4})"', answer.content.decode())
    assert found
    password = found.group(1)
    bob = User.objects.get(username="bob")
    assert (bob.areas, bob.must_change_password) == (["440100"], True)
    assert password not in admin.get(f"/records/users/{bob.pk}/").content.decode()
    assert password not in str(list(Entry.objects.values()))
    client.post("/login/", {"username": "bob", "password": password})
    for page in ("/", "/index.json", "/records/users/"):
        answer = client.get(page)
        assert answer.status_code in (302, 403) and "/password/" in answer.headers.get("Location", "/password/")
    client.post("/password/", {"old_password": password, "new_password1": "quite another-one 7", "new_password2": "quite another-one 7"})  # fmt: skip
    assert is_in(client)


def test_a_renewed_password_ends_sessions(logged_in: Callable[..., Client]) -> None:
    """An administrator gives an account a fresh password: its sessions end, and the reason is in the audit."""
    admin, bob = logged_in("root", ADMINISTRATOR), logged_in("bob", "duty")
    user = User.objects.get(username="bob")
    answer = admin.post(f"/records/users/{user.pk}/renew/", {"reason": "forgotten"})
    assert answer.status_code == 200 and not is_in(bob)
    assert Entry.objects.get(what="users.renew").reason == "forgotten"
    assert logged_in("eve", AUDITOR).post(f"/records/users/{user.pk}/renew/", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "carrier"}, {"operator": "SF"}, {"areas": ["999999"]}, {"operator": "NOBODY", "role": "carrier"}, {"role": "king"}, {"username": "13800138000"},
        {"username": "a13800138000"}, {"username": "张三"}, {"rights": ["approver"], "role": "auditor"}, {"rights": ["owner"]}, {"reason": ""},
    ],
)  # fmt: skip
def test_an_account_that_can_not_be_is_refused(logged_in: Callable[..., Client], wrong: dict[str, Any]) -> None:
    """Areas and operators that the province doesn't have, a carrier's user without a firm, a telephone number as a name, a change without a reason: refused."""
    admin = logged_in("root", ADMINISTRATOR)
    assert admin.post("/records/users/add/", USER | wrong).status_code == 422
    assert User.objects.count() == 1


def test_nobody_takes_the_own_account_away(logged_in: Callable[..., Client]) -> None:
    """An administrator can neither switch off the own account nor give it another role: one is always left."""
    admin = logged_in("root", ADMINISTRATOR)
    me = User.objects.get(username="root")
    for change in ({"role": "duty"}, {"is_active": ""}):
        given = {"username": "root", "role": ADMINISTRATOR, "areas": [], "operator": "", "is_active": "on", "reason": "x"}  # fmt: skip
        assert admin.post(f"/records/users/{me.pk}/change/", given | change).status_code == 422
    assert is_in(admin)


def test_every_role_can_change_its_password(logged_in: Callable[..., Client]) -> None:
    """The page of the own password opens to every role, a wall screen's too."""
    for role in ROLES:
        assert logged_in(f"of-{role}", role).get("/password/").status_code == 200
