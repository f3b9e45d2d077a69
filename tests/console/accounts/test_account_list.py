"""Accounts as records: the list names what an account is for, pages say what they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from yilu.console.audit.recording import added


@pytest.mark.parametrize(
    ("language", "city", "firm", "right"),
    [("zh-hans", "深圳市", "中通快递", "审批人"), ("en", "Shenzhen", "ZTO Express", "Approver")],
)
def test_areas_firms_and_rights_stand_by_name(
    client_of: Callable[[str], Any], made: Callable[..., Any], language: str, city: str, firm: str, right: str
) -> None:
    """Nobody knows accounts by codes of areas and operators."""
    made("ann", "supervisor", areas=["440300"], rights=["approver"])
    client = client_of("administrator")
    client.cookies["language"] = language
    page = client.get("/records/users/").content.decode()
    main = page[page.index("<main") :]
    assert city in main and firm in main and right in main
    assert "440300" not in main and ">ZTO<" not in main and "approver<" not in main


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("账号管理", "账号管理 · 新增", "账号管理 · 修改", "全省", "登录")),
        ("en", ("Accounts", "Accounts · Add", "Accounts · Change", "Whole province", "login")),
    ],
)
def test_pages_of_accounts_say_what_they_are(
    client_of: Callable[[str], Any], users: dict[str, Any], language: str, words: tuple[str, ...]
) -> None:
    """The list, the form of a new account and that of one that is there are told apart; an account of no area is of the whole province; the menu of the system stays."""
    listed, new, changed, whole, deed = words
    client, duty = client_of("administrator"), users["duty"].pk
    with transaction.atomic():
        added("duty", "203.0.113.9", "login", "users", str(duty))
    client.cookies["language"] = language
    pages = {at: client.get(f"/records/users/{at}").content.decode() for at in ("", "new/", f"{duty}/", f"{duty}/edit/")}  # fmt: skip
    assert [f"<h1>{t}</h1>" in pages[at] for t, at in ((listed, ""), (new, "new/"), (changed, f"{duty}/edit/"))] == [True] * 3  # fmt: skip
    assert all('href="/system/settings/"' in text for text in pages.values())
    assert all('<a href="/records/users/" aria-current=' in text for text in pages.values())
    assert whole in pages[""].partition("<tbody")[2]
    assert deed in pages[f"{duty}/"].partition("<tbody")[2]


def test_fields_of_a_form_look_like_those_of_other_pages(client_of: Callable[[str], Any]) -> None:
    """Each field of words and choices has the class that gives it its looks; a box to tick has none."""
    form = client_of("administrator").get("/records/users/new/").content.decode().partition("record-form")[2]
    fields = {name: attributes for attributes, name in re.findall(r'<(?:input|select)([^>]*name="(\w+)"[^>]*)>', form)}
    assert {n for n, a in fields.items() if "form-control" in a or "form-select" in a} == {"username", "role", "areas", "operator", "reason"}  # fmt: skip
    assert {"is_active", "rights"} <= set(fields)
