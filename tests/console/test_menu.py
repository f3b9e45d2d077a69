"""The menu says where one is, on a place's own page and on those below it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from yilu.console.pages.frame import MENU
from yilu.console.pages.showing import SCREENS

_MARKED = re.compile(r'<a href="([^"?]*)[^"]*" aria-current="(page|true)"')


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("alerts/", ("/alerts/", "page")), ("silences/", ("/alerts/", "true")), ("command/new/", ("/command/", "true")), ("handover/", ("/command/", "true")), ("records/outages/", ("/feeds/", "true")),
        ("feeds/ZTO/keys/", ("/feeds/", "true")), ("plan/tasks/", ("/plan/", "true")),
    ],
)  # fmt: skip
def test_a_page_below_a_place_marks_it(client_of: Callable[[str], Any], path: str, marked: tuple[str, str]) -> None:
    """Who came by a link sees which part of the console it is, and one place alone is marked."""
    menu = client_of("duty").get(f"/{path}").content.decode().partition('<nav class="menu"')[2].partition("</nav>")[0]
    assert _MARKED.findall(menu) == [marked]


def test_every_page_lies_below_one_place() -> None:
    """A page that no place of the menu holds would leave its reader nowhere; finding alone is nowhere in particular."""
    held = {name: [p.page for p in MENU if p.holds(name)] for name in SCREENS}
    assert {name: places for name, places in held.items() if len(places) != 1} == {"find": []}
