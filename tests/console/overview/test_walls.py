"""Pages on a wall, and those that follow one another."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from yilu.console.access.roles import DUTY, ROLES, SCREEN
from yilu.console.pages.asking import AddressError
from yilu.console.pages.walls import SECONDS, wall_of

ROLES_OF = {
    "overview": frozenset({DUTY, SCREEN}),
    "find": frozenset({DUTY}),
    "users.one": frozenset({DUTY}),
    "nowhere": frozenset({DUTY}),
}


def who(role: str) -> Any:
    """As much of a scope as a wall asks for."""
    return SimpleNamespace(role=ROLES[role], is_screen=role == SCREEN)


def test_a_page_is_on_no_wall_unless_asked_or_always_is() -> None:
    """``kiosk``, with or without a value, or a screen's account."""
    assert wall_of({}, "overview", who(DUTY), ROLES_OF) is None
    assert wall_of({"kiosk": ""}, "overview", who(DUTY), ROLES_OF) is not None
    assert wall_of({}, "overview", who(SCREEN), ROLES_OF) is not None


def test_pages_follow_one_another_and_begin_again() -> None:
    """Each page leads to the next with the whole address kept; the last to the first; one that is not in the list to the first."""
    query = {"playlist": "overview, find", "seconds": "7", "area": "440100"}
    walls = [wall_of(query, page, who(DUTY), ROLES_OF) for page in ("overview", "find", "other")]
    assert [w and urlsplit(w.following).path for w in walls] == ["/find/", "/", "/"] and {
        w and w.seconds for w in walls
    } == {7}
    assert walls[0] and parse_qs(urlsplit(walls[0].following).query) == {k: [v] for k, v in query.items()}


@pytest.mark.parametrize(
    "query",
    [
        {"playlist": "unknown"}, {"playlist": "users.one"}, {"playlist": "nowhere"}, {"playlist": "overview,overview"}, {"playlist": "overview", "seconds": "4"},
        {"playlist": "overview", "seconds": "3601"}, {"playlist": "overview", "seconds": "-5"}, {"playlist": "overview", "seconds": "²0"},
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused(query: dict[str, str]) -> None:
    """A page that there is not, one that needs more than its name, one twice, and seconds out of bounds."""
    with pytest.raises(AddressError):
        wall_of(query, "overview", who(DUTY), ROLES_OF)


def test_a_page_that_the_role_does_not_open_is_refused() -> None:
    """A screen's playlist holds pages for screens alone."""
    with pytest.raises(AddressError):
        wall_of({"playlist": "overview,find"}, "overview", who(SCREEN), ROLES_OF)


def test_a_wall_has_no_frame_and_no_deeds(client_of: Callable[[str], Any]) -> None:
    """Neither menu nor palette nor a form stands on a wall; what follows does."""
    text = client_of("duty").get("/?playlist=overview").content.decode()
    assert f'data-seconds="{SECONDS}"' in text and 'data-following="/?playlist=overview"' in text
    assert not any(mark in text for mark in ('role="banner"', 'id="palette"', 'method="post"'))
    assert 'role="banner"' in client_of("duty").get("/").content.decode()
    assert 'role="banner"' not in client_of("screen").get("/").content.decode()


def test_a_refusal_says_what_can_follow(client_of: Callable[[str], Any]) -> None:
    """Told in the words of the page, as a refusal of the request."""
    answer = client_of("screen").get("/index.json?playlist=find")
    assert answer.status_code == 400 and "overview" in answer.json()["message"]
