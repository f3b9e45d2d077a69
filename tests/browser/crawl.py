"""All pages that a role can come to: from the menu on, one of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.browser.seat import Seat

_NO_PAGE = re.compile(r"\.(?:csv|json|html|docx|pdf|xlsx|zip|parquet|jsonl|toml)$|/export|/download|^/static/|^/api/")
_ONE_OF_MANY = re.compile(r"^(?:.*\d.*|.*_.*|[A-Z][A-Z0-9&-]*)$")
_MOST = 60


def kind_of(path: str) -> str:
    """A path with ``*`` for whatever is one of many."""
    return "/".join("*" if _ONE_OF_MANY.match(part) else part for part in path.split("/"))


def pages_of(seat: Seat, most: int = _MOST) -> list[str]:
    """Paths of pages, by the links that lead to them; of pages of one kind the first. Ends wherever the last one was."""
    return list(visited(seat, most))


def visited(seat: Seat, most: int = _MOST) -> Iterator[str]:
    """The same one by one, each while it is open."""
    waiting, known, found = ["/", *seat.places()], {"/"}, 0
    known |= {kind_of(p) for p in waiting}
    waiting = list(dict.fromkeys(waiting))
    while waiting and found < most:
        path = waiting.pop(0)
        if seat.open(path.lstrip("/")) != 200:
            continue
        found += 1
        for link in seat.page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)"):
            at = urlsplit(link)
            if f"{at.scheme}://{at.netloc}/" != seat.home or _NO_PAGE.search(at.path) or kind_of(at.path) in known:
                continue
            known.add(kind_of(at.path))
            waiting.append(at.path + (f"?{at.query}" if at.query else ""))
        yield path
