"""Pages of hub design in a browser: designs are shown as they come, two maps beside each other follow the form, and everybody can read them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.seat import Seat
from tests.browser.test_browser_journeys import MADE_MS, asked, drawn
from tests.browser.test_browser_reading import axe, faults  # noqa: F401 - axe is a fixture

Sit = Callable[..., Seat]
TWO = "hubs/?system=2&other_system=3&seconds=5"


def opened(at: Seat, path: str) -> Any:
    """The page once all its designs are found: until then it comes anew with each of them, so its data is asked whether it is done."""
    place, query = path.split("/?")
    until = time.monotonic() + MADE_MS / 1000
    while at.page.request.get(f"{at.home}{place}.json?{query}").status == 202 and time.monotonic() < until:
        time.sleep(0.5)
    assert at.open(path) == 200
    drawn(at.page)
    return at.page


def labels(page: Any, n: int) -> set[str]:
    """Names of hubs on a map."""
    return set(page.locator(f"#map-design-{n} .hub-name").all_inner_texts())


@pytest.mark.timeout(600)
def test_two_designs_stand_beside_each_other(seat: Sit) -> None:
    """Both maps name the hubs of the table; another number in the form changes the second alone, and the address holds it."""
    at = seat("planner")
    page = opened(at, TWO)
    assert page.locator(".map").count() == 2
    first, second = labels(page, 1), labels(page, 2)
    assert (len(first), len(second)) == (2, 3)
    rows = page.locator("#table-hubs tbody tr")
    assert {rows.nth(n).locator("td").nth(2).inner_text() for n in range(rows.count())} == first | second
    assert page.locator("#table-measures tbody tr").count() == 3 and page.locator(".says li").count() == 2
    asked(page, other_system="4", other_demand="2030")
    page = opened(at, page.url.removeprefix(at.home))
    assert "other_system=4" in page.url and labels(page, 1) == first and len(labels(page, 2)) == 4
    asked(page, other_system="none")
    assert page.locator(".map").count() == 1 and page.locator("#table-measures tbody tr").count() == 1


@pytest.mark.timeout(600)
def test_pointing_at_a_unit_names_its_hub(seat: Sit) -> None:
    """A county unit that is pointed at says to which hub it goes, and how far."""
    page = opened(seat("planner"), "hubs/?system=2&other_system=none&seconds=5")
    page.locator(".map").scroll_into_view_if_needed()
    box, says, told = page.locator(".map canvas").first.bounding_box(), page.locator("[data-map-says]"), ""
    for n in range(2000):  # over the middle of the map, row by row, until a unit is met
        across, down = n % 50, n // 50
        page.mouse.move(
            box["x"] + box["width"] * (0.2 + 0.012 * across), box["y"] + box["height"] * (0.3 + 0.01 * down)
        )
        if told := says.inner_text():
            break
    assert "公里" in told and any(name in told for name in labels(page, 1))


@pytest.mark.timeout(900)
def test_numbers_come_one_by_one(seat: Sit) -> None:
    """The curve grows while designs are searched for, without anybody asking again; in the end a number leads to its design on the map."""
    at = seat("planner")
    assert at.open("hubs/number/?seconds=1") == 202
    page, seen, until = at.page, set[int](), time.monotonic() + 600
    rows, plans = page.locator("#table-numbers tbody tr"), page.locator("#table-plans tbody tr")
    while plans.count() < 5 and time.monotonic() < until:
        seen.add(rows.count())
        page.wait_for_timeout(300)
    page.wait_for_selector("[data-being-made]", state="detached")
    assert len(seen - {0}) > 2 and rows.count() == 12
    assert page.locator("[data-chart] svg").count() == 4
    with page.expect_navigation(wait_until="load"):
        page.locator("#table-numbers tbody a").nth(1).click()
    assert "system=2" in page.url


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "light"), ("en", "dark")])
def test_pages_of_hubs_have_no_grave_fault(seat: Sit, axe: Path, language: str, theme: str) -> None:  # noqa: F811
    """Names, order of headings, contrast: nothing that axe calls serious or critical, in both languages and themes."""
    at = seat("", bypass_csp=True, color_scheme=theme, reduced_motion="reduce")
    at.page.context.add_cookies([{"name": "language", "value": language, "url": at.home}])
    at.log_in("planner")
    for path in (TWO, f"{TWO}&area=440300", "hubs/robust/?system=2&seconds=1", "hubs/number/?seconds=1"):
        opened(at, path)
        assert faults(at.page, axe) == [], path
