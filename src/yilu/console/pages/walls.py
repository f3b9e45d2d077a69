"""Screens on a wall: a page without frame and deeds (``?kiosk``), and a playlist of pages that follow one another (``?playlist=overview,alerts&seconds=20``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from yilu.console.access.scope import Scope
from yilu.console.pages.asking import AddressError

SECONDS = 20
LEAST_S, MOST_S = 5, 3600
MOST_PAGES = 20


@dataclass(frozen=True)
class Wall:
    """How a page is shown on a wall. ``following``: the address of the page that comes after ``seconds``, "" where this one stays."""

    following: str = ""
    seconds: int = SECONDS


def wall_of(query: Mapping[str, str], page: str, scope: Scope, roles_of: Mapping[str, frozenset[str]]) -> Wall | None:
    """How the page called ``page`` is shown, None where it is on no wall: one is asked for, or who asks is a wall. ``roles_of``: those that open each page.

    Raises AddressError for a page that there is not or that the role doesn't open, and for seconds that can't be.
    """
    pages = [name.strip() for name in query.get("playlist", "").split(",") if name.strip()]
    if not pages:
        return Wall() if "kiosk" in query or scope.is_screen else None
    for name in pages:
        if scope.role.id not in roles_of.get(name, ()) or not _address(name):
            known = [n for n, roles in roles_of.items() if scope.role.id in roles and _address(n)]
            raise AddressError(
                "playlist",
                name,
                f"some of {', '.join(known[:MOST_PAGES])}",
                f"{'、'.join(known[:MOST_PAGES])} 中的若干个",
            )
    if len(pages) > MOST_PAGES or len(set(pages)) < len(pages):
        raise AddressError(
            "playlist", ",".join(pages), f"at most {MOST_PAGES} pages, each once", f"至多 {MOST_PAGES} 个页面,各一次"
        )
    seconds = query.get("seconds", "") or str(SECONDS)
    if not (seconds.isascii() and seconds.isdigit() and LEAST_S <= int(seconds) <= MOST_S):
        raise AddressError(
            "seconds", seconds, f"a whole number from {LEAST_S} to {MOST_S}", f"{LEAST_S} 至 {MOST_S} 的整数"
        )
    following = pages[(pages.index(page) + 1) % len(pages)] if page in pages else pages[0]
    return Wall(f"{_address(following)}?{urlencode(dict(query.items()))}", int(seconds))


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
