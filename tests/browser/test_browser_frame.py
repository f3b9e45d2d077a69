"""What every page has around it, in a browser: logging in by role, the menu, language, theme, region, keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.seat import Seat, Watched
from tests.browser.serving import Served
from yilu.console.access.roles import ROLES

Sit = Callable[..., Seat]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_logs_in_and_sees_its_own_menu(seat: Sit, role: str) -> None:
    """Every account comes to the overview; its menu leads to pages that open, and names what is open to it alone."""
    at = seat(role)
    assert at.path == "/" and at.page.locator("h1").first.is_visible()
    for path in at.places():
        assert at.open(path.lstrip("/")) in (200, 202), path  # 202: being worked out behind the page


def test_wrong_password_stays_outside(seat: Sit, served: Served) -> None:
    """A wrong password is told in words, and the way in stays shut."""
    at = seat()
    at.open("login/")
    at.page.fill("#id_username", "duty")
    at.page.fill("#id_password", "not-the-password-1")
    at.page.click("button.btn-primary")
    at.page.wait_for_selector("[role=alert]")
    assert at.path == "/login/"
    at.open("")
    assert at.path == "/login/"


def test_language_switch(seat: Sit) -> None:
    """One button changes the language of a page, of its title and of what it says of itself; it holds on the next page and goes back."""
    at = seat("duty")
    assert "总览" in at.page.title() and at.page.get_attribute("html", "lang") == "zh-hans"
    with at.page.expect_navigation():
        at.page.get_by_role("button", name="English").click()
    assert "Overview" in at.page.title() and at.page.get_attribute("html", "lang") == "en"
    at.open("")
    assert "Overview" in at.page.title()
    with at.page.expect_navigation():
        at.page.get_by_role("button", name="中文").click()
    assert "总览" in at.page.title()


def test_theme_switch_is_kept(seat: Sit) -> None:
    """The theme follows the machine until it is chosen, and is then kept."""
    at = seat("duty", color_scheme="dark")
    assert at.page.get_attribute("html", "data-bs-theme") == "dark"
    at.page.click("[data-theme-switch]")
    assert at.page.get_attribute("html", "data-bs-theme") == "light"
    at.open("")
    assert at.page.get_attribute("html", "data-bs-theme") == "light"


def test_region_of_the_header_lives_in_the_address(seat: Sit) -> None:
    """A city that is chosen in the header stands in the address, and stays chosen."""
    at = seat("duty")
    with at.page.expect_navigation():
        at.page.select_option("#area", "440300")
    assert "area=440300" in at.page.url
    at.page.reload()
    assert at.page.input_value("#area") == "440300"


def test_keyboard_alone_reaches_the_content(seat: Sit) -> None:
    """The first key of the tabulator offers to skip the frame, and the focus is seen."""
    at = seat("duty")
    at.page.keyboard.press("Tab")
    assert at.page.evaluate("document.activeElement.className") == "skip"
    at.page.keyboard.press("Enter")
    assert at.page.url.endswith("#main")


def test_page_that_is_not_there(seat: Sit, watched: Watched) -> None:
    """An unknown address says so, and what to do next, in the frame of the console."""
    at = seat("duty")
    assert at.open("no-such-page/") == 404
    assert at.page.locator("main a").count() == 1
    assert [e for e in watched.errors if "404" in e], "the browser itself tells of the answer"
    watched.errors.clear()
