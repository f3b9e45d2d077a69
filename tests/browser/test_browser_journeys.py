"""Pages of time-definite routes in a browser: each is drawn, follows its filter, leads on, and can be read by everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.seat import Seat
from tests.browser.test_browser_reading import axe, faults  # noqa: F401 - axe is a fixture

Sit = Callable[..., Seat]
MADE_MS = 240_000
"""Kernels may have to be compiled first."""
HUB = "SC-440300"


def opened(at: Seat, path: str) -> Any:
    """The page, once its figures are worked out and its map, where it has one, is drawn."""
    assert at.open(path) in (200, 202)
    at.page.wait_for_selector("[data-being-made]", state="detached", timeout=MADE_MS)
    drawn(at.page)
    return at.page


def drawn(page: Any) -> None:
    """Wait until every map of the page is drawn."""
    for n in range(page.locator(".map").count()):
        page.locator(".map").nth(n).and_(page.locator("[data-ready=yes]")).wait_for()


def shades(page: Any, name: str = "map-data") -> dict[str, Any]:
    """Values by area that a map draws."""
    found: dict[str, Any] = page.evaluate(
        "id => Object.fromEntries(JSON.parse(document.getElementById(id).textContent).areas.map(a => [a.code, a.value]))", name,
    )  # fmt: skip
    return found


def asked(page: Any, **fields: str) -> None:
    """Send the page's form with other values, and wait for what it shows."""
    form = page.locator("form.asked")
    for name, value in fields.items():
        box = form.locator(f'[name="{name}"]')
        box.select_option(value) if box.evaluate("b => b.tagName") == "SELECT" else box.fill(value)
    with page.expect_navigation(wait_until="load"):
        form.locator("button").click()
    page.wait_for_selector("[data-being-made]", state="detached", timeout=MADE_MS)


@pytest.mark.timeout(600)
def test_another_level_changes_map_and_table(seat: Sit) -> None:
    """The promise map follows the service level and the hour; a city on the list leads to its county units."""
    page = opened(seat("duty"), "journeys/")
    whole, table = shades(page), page.inner_text("#table-areas")
    assert page.locator("#table-worst tbody tr").count() == 10
    asked(page, level="half_day", hour="10")
    assert shades(page) != whole and page.inner_text("#table-areas") != table
    assert page.locator('form.asked [name="level"]').input_value() == "half_day" and "hour=10" in page.url
    with page.expect_navigation(wait_until="load"):
        page.locator("#table-areas tbody a").first.click()
    page.wait_for_selector("[data-being-made]", state="detached", timeout=MADE_MS)
    assert "area=" in page.url and "level=half_day" in page.url
    assert set(shades(page)).isdisjoint(whole)


@pytest.mark.timeout(600)
def test_isochrones_begin_where_one_says(seat: Sit) -> None:
    """Another place and hour give other hours; the table leads to the isochrones of each place, and pointing at the map says what it is."""
    page = opened(seat("duty"), "journeys/reach/?place=440305&at=09:00")
    near = shades(page)
    asked(page, place="441881", at="19:00")
    assert shades(page) != near and page.locator("#table-places tbody tr").count() > 150
    drawn(page)
    box, says, told = page.locator("#map canvas").first.bounding_box(), page.locator("[data-map-says]"), ""
    for n in range(2000):  # over the middle of the map, row by row, until a place is met
        across, down = n % 50, n // 50
        page.mouse.move(
            box["x"] + box["width"] * (0.2 + 0.012 * across), box["y"] + box["height"] * (0.3 + 0.01 * down)
        )
        if told := says.inner_text():
            break
    assert "小时" in told


@pytest.mark.timeout(600)
def test_the_timetable_is_narrowed_by_mode(seat: Sit) -> None:
    """Choosing a mode leaves its lanes; the note that the timetable was generated stands above."""
    page = opened(seat("planner"), "journeys/timetable/")
    assert page.locator(".assumed").is_visible() and page.locator("[data-chart] svg").count() == 2
    asked(page, mode="ferry")
    assert {row.inner_text() for row in page.locator("#table-timetable tbody td:nth-child(4)").all()} == {"轮渡"}


@pytest.mark.timeout(600)
def test_what_if_stands_beside_today(seat: Sit) -> None:
    """A facility is chosen to stop: two maps that differ, pairs that break; taken away again, nothing is shown but what to do."""
    page = opened(seat("duty"), "journeys/disruption/")
    assert page.locator(".map").count() == 0
    asked(page, add=f"facility:{HUB}", lasts="48")
    drawn(page)
    assert page.locator(".map").count() == 2
    assert shades(page, "map-data-now") != shades(page, "map-data-then")
    assert page.locator("#table-pairs tbody tr").count() == 50
    with page.expect_navigation(wait_until="load"):
        page.locator(".stops a").click()
    assert page.locator(".map").count() == 0 and page.locator("#table-stops .empty").is_visible()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "light"), ("en", "dark")])
def test_pages_of_routes_have_no_grave_fault(seat: Sit, axe: Path, language: str, theme: str) -> None:  # noqa: F811
    """Names, order of headings, contrast: nothing that axe calls serious or critical, in both languages and themes."""
    at = seat("", bypass_csp=True, color_scheme=theme, reduced_motion="reduce")
    at.page.context.add_cookies([{"name": "language", "value": language, "url": at.home}])
    at.log_in("duty")
    for path in ("journeys/", "journeys/?area=440300", "journeys/reach/", "journeys/timetable/", f"journeys/disruption/?closed=facility:{HUB}", f"journeys/in-flight/?closed=facility:{HUB}"):  # fmt: skip
        opened(at, path)
        assert faults(at.page, axe) == [], path
