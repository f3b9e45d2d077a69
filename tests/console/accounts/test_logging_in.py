"""Logging in: who fails must wait longer each time, nothing tells which accounts exist, and both ends of a session are in the audit record."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.console.conftest import PASSWORD
from yilu.console.accounts import throttle
from yilu.console.accounts.models import Attempt
from yilu.console.audit.models import Entry
from yilu.settings import load

SETTINGS = load({})


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between attempts, however slow the machine."""
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: 1_700_000_000.0))


FREE, MOST_S = SETTINGS.login_failures, 60 * SETTINGS.login_wait_minutes


def tried(client: Client, name: str, password: str) -> tuple[bool, str]:
    """Whether one is in after an attempt, and what is said."""
    answer = client.post("/login/", {"username": name, "password": password})
    said = re.search(r'role="alert">(.*?)</p>', answer.content.decode(), re.DOTALL)
    return answer.status_code == 302, said.group(1).strip() if said else ""


@given(st.integers(0, 200))
def test_waiting_grows_and_has_an_end(failures: int) -> None:
    """None while failures are free, then never less than before, at the end the longest that is set."""
    wait = throttle.wait_s(failures, FREE, MOST_S)
    assert wait <= throttle.wait_s(failures + 1, FREE, MOST_S) <= MOST_S
    assert (wait == 0) == (failures < FREE)
    assert throttle.wait_s(FREE + 20, FREE, MOST_S) == MOST_S


def test_a_login_and_its_end_are_in_the_audit(made: Callable[..., Any], client: Client) -> None:
    """Who logs in is in, and log-in and log-out are entries with account and address; nothing of the password is in any."""
    user = made("ann", "duty")
    assert tried(client, "ann", PASSWORD)[0]
    assert client.get("/").status_code == 200
    client.post("/logout/")
    assert client.get("/").status_code == 302
    told = list(Entry.objects.order_by("number").values_list("what", "user", "subject", "address"))
    assert told == [("login", "ann", str(user.pk), "127.0.0.1"), ("logout", "ann", str(user.pk), "127.0.0.1")]


def test_who_fails_must_wait_even_with_the_right_password(
    made: Callable[..., Any], client: Client, still: None
) -> None:
    """After the free failures the right password doesn't help before the wait is over; then it does, and counting begins anew."""
    made("ann", "duty")
    for _ in range(FREE):
        assert tried(client, "ann", "wrong") == (False, "账号或密码有误。")
    entered, said = tried(client, "ann", PASSWORD)
    assert not entered and "秒后再试" in said
    Attempt.objects.update(until=0)
    assert tried(client, "ann", PASSWORD)[0]
    client.post("/logout/")
    assert tried(client, "ann", "wrong")[1] == "账号或密码有误。"
    assert Entry.objects.filter(what="login.refused").count() == FREE + 1


@pytest.mark.django_db
def test_one_address_can_not_try_many_accounts() -> None:
    """From one address so many failures are free, over whatever accounts; another address isn't kept out, and an IPv6 host is known by its network."""
    for i in range(10 * FREE):
        assert throttle.counted(f"nobody{i}", "203.0.113.5", SETTINGS, now=1000) == 0
    assert throttle.counted("ann", "203.0.113.5", SETTINGS, now=1000) > 0
    assert throttle.counted("ann", "203.0.113.6", SETTINGS, now=1000) == 0
    for i in range(10 * FREE):
        throttle.counted(f"no{i}", f"2001:db8::{i:x}", SETTINGS, now=1000)
    assert throttle.counted("eve", "2001:db8::ffff", SETTINGS, now=1000) > 0
    assert throttle.counted("eve", "2001:db8:0:1::1", SETTINGS, now=1000) == 0


@pytest.mark.django_db
def test_failures_are_forgotten_and_names_never_kept() -> None:
    """After a day without a failure counting begins anew; what is kept holds neither the name that was typed nor the address."""
    for _ in range(FREE):
        throttle.counted("a-password-typed-as-name", "203.0.113.5", SETTINGS, now=1000)
    assert throttle.counted("a-password-typed-as-name", "203.0.113.5", SETTINGS, now=1000) > 0
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in Attempt.objects.values_list("key", flat=True))
    assert throttle.counted("a-password-typed-as-name", "203.0.113.5", SETTINGS, now=1001 + 86_400) == 0


def test_nothing_tells_which_accounts_exist(
    made: Callable[..., Any], still: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password, an unknown account and one that was switched off are answered with the same words, at the same count with the same wait, after the same work: as
    many passwords hashed and as many statements to the database."""
    made("ann", "duty")
    made("off", "duty", is_active=False)
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *given: hashed.append(1) or encode(*given))
    told: dict[str, list[tuple[str, int, int]]] = {}
    for i, name in enumerate(("ann", "nobody", "off")):
        client = Client(REMOTE_ADDR=f"198.51.100.{i}")
        for _ in range(FREE + 1):
            hashed.clear()
            with CaptureQueriesContext(connection) as queries:
                said = tried(client, name, "wrong-password")[1]
            told.setdefault(name, []).append((re.sub(r"\d+ 秒", "N 秒", said), len(hashed), len(queries)))
    assert told["ann"] == told["nobody"] == told["off"]
    assert [h for _, h, _ in told["ann"]] == [1] * FREE + [0]
    assert not tried(Client(REMOTE_ADDR="198.51.100.99"), "off", PASSWORD)[0]


def test_attempts_at_the_same_time_do_not_slip_through(transactional_db: None) -> None:
    """Twenty attempts at once on one account: no more than the free ones get as far as the password."""
    through = []

    def attempt() -> None:
        if throttle.counted("ann", "203.0.113.9", SETTINGS) == 0:
            through.append(1)
        connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(through) == FREE


def test_a_login_leads_nowhere_else(made: Callable[..., Any], client: Client) -> None:
    """Where to go after a login is a page of the console; an address elsewhere is not followed."""
    made("ann", "duty")
    answer = client.post("/login/?next=https://evil.example/", {"username": "ann", "password": PASSWORD, "next": "https://evil.example/"})  # fmt: skip
    assert answer.headers["Location"] == "/"
    answer = client.post("/language/", {"language": "en", "next": "//evil.example/"})
    assert answer.headers["Location"] == "/"
