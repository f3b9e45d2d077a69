"""Logging in and out, and the choice of language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.conftest import PASSWORD


def test_password_opens_what_the_role_opens(users: dict[str, Any], client_of: Callable[[str], Any]) -> None:
    """Name and password lead to the overview; a wrong password leads nowhere and does not say which of both was wrong."""
    client = client_of("")
    refused = client.post("/login/", {"username": "duty", "password": "wrong-password-1"})
    unknown = client.post("/login/", {"username": "nobody", "password": "wrong-password-1"})
    assert refused.status_code == unknown.status_code == 200
    errors = [r.context["form"].non_field_errors() for r in (refused, unknown)]
    assert list(errors[0]) == list(errors[1]) and len(errors[0]) == 1
    let = client.post("/login/", {"username": "duty", "password": PASSWORD})
    assert (let.status_code, let["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    client.post("/logout/")
    assert client.get("/").status_code == 302


def test_account_that_is_switched_off(users: dict[str, Any], client_of: Callable[[str], Any]) -> None:
    """A user who may no longer log in is kept out, and one who is in is put out by the next request."""
    client = client_of("duty")
    assert client.get("/").status_code == 200
    users["duty"].is_active = False
    users["duty"].save()
    assert client.get("/").status_code == 302
    assert client_of("").post("/login/", {"username": "duty", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_language_leads_back_and_nowhere_else(client_of: Callable[[str], Any], elsewhere: str) -> None:
    """The language is kept, each page comes in it, and the address to go back to can't lead out of the console."""
    client = client_of("duty")
    assert "总览" in client.get("/").content.decode()
    back = client.post("/language/", {"language": "en", "next": "/?area=440300"})
    assert back["Location"] == "/?area=440300"
    page = client.get("/")
    assert "Overview" in page.content.decode() and page["Content-Language"] == "en"
    assert client.post("/language/", {"language": "zh-hans", "next": elsewhere})["Location"] == "/"
    assert client.get("/")["Content-Language"] == "zh-hans"
