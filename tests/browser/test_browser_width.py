"""Tables fit on a screen of 1280 pixels: who looks for a column beyond the edge at night doesn't know that it is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.seat import Seat

_WIDTH = 1280
_PAGES = ("", "alerts/", "items/", "network/", "plan/", "plan/evaluation/", "plan/check/", "plan/tasks/", "feeds/", "journeys/timetable/")  # fmt: skip
_TOO_WIDE = """() => [...document.querySelectorAll("main .table-responsive")].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map(e => `${e.getAttribute("aria-label")}: ${e.scrollWidth} > ${e.clientWidth}`)"""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_table_scrolls_sideways(seat: Callable[..., Seat], language: str) -> None:
    """In either language, on the pages with the widest tables; English heads of columns wrap."""
    at = seat("", viewport={"width": _WIDTH, "height": 900})
    at.page.context.add_cookies([{"name": "language", "value": language, "url": at.home}])
    at.log_in("duty")
    found = {}
    for page in _PAGES:
        at.open(page)
        if wide := at.page.evaluate(_TOO_WIDE):
            found[page] = wide
    assert found == {}
