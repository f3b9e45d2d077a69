"""People at work in a browser, from a number to its item, from an alert to the end of an incident. A test whose page the console does not have is skipped, and says which: the pages
are overview, items (items.list, items.find, items.one), network, alerts (alerts.one), command (command.one), feeds (feeds.upload), system.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.seat import Seat, Watched

Sit = Callable[..., Seat]
OTHERS = ("圆通速递", "顺丰速运", "韵达速递", "极兔速递", "申通快递", "京东快递", "YTO Express", "SF Express")
"""Names of carriers that a user of ZTO must not meet."""
_KEY = re.compile(r"\b[0-9a-f]{16}\b")


def chosen(form: Any, **fields: str) -> None:
    """Fill in what a form asks for and nobody has filled in; ``fields``: by name."""
    for box in form.locator("input[required], textarea[required]").all():
        name, kind = box.get_attribute("name") or "", box.get_attribute("type") or "text"
        if name in fields:
            box.fill(fields[name])
        elif not box.input_value() and kind == "text":
            box.fill("浏览器测试")


def sent(at: Seat, selector: str, **fields: str) -> None:
    """Open whatever hides a form, fill it in, send it."""
    form = at.page.locator(selector).first
    form.evaluate(
        "form => { for (let up = form; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true; }"
    )
    chosen(form, **fields)
    with at.page.expect_navigation(wait_until="load"):
        form.locator("button").last.click()


def form_to(deed: str) -> str:
    """The form of a deed: its address ends with the deed's last name."""
    return f'form[action*="/{deed}/"]'


def reported(at: Seat, kind: str) -> None:
    """Send a report of a kind, where the page asks for one."""
    form = f'{form_to("report")}:has([name="kind"][value="{kind}"])'
    if at.page.locator(form).count():
        sent(at, form)


def test_overview_shows_a_drawn_map(seat: Sit) -> None:
    """The map is a canvas with something on it, and what it draws stands in a table too."""
    at = seat("duty")
    if at.page.locator("#map").count() == 0:
        pytest.skip("the overview has no map")
    canvas = at.page.locator("#map canvas").first
    canvas.wait_for(state="visible")
    at.page.wait_for_timeout(1500)
    assert len(canvas.screenshot()) > 8_000, "a map that is one colour compresses to almost nothing"
    assert at.page.locator("main table tbody tr").count() > 20


def test_from_a_number_to_one_item(seat: Sit) -> None:
    """Any figure of items opens into the list behind it, and a row of the list into that item's history, for which a reason is asked."""
    at = seat("duty")
    at.must_go("items")
    figure = at.page.locator("main td.count a").first
    with at.page.expect_navigation(wait_until="load"):
        figure.click()
    keys = _KEY.findall(at.page.content())
    assert keys, "the list behind a figure holds items by their pseudonyms"
    with at.page.expect_navigation(wait_until="load"):
        at.page.locator(f'main a[href*="{keys[0]}"]').first.click()
    if at.page.locator('[name="reason"]').count():
        assert at.page.locator("#table-events").count() == 0, "no history before a reason was given"
        sent(at, "main form:has([name=reason])", reason="核对")
    assert keys[0] in at.page.content() and at.page.locator("#table-events tbody tr").count() > 0


def test_alert_to_incident_to_its_close(seat: Sit) -> None:
    """An alert is taken and confirmed, becomes an incident with tasks and reports, is ended and closed; all of it stands in the record, in order and with who did it."""
    at = seat("duty")
    at.must_go("alerts")
    with at.page.expect_navigation(wait_until="load"):
        at.page.locator("#table-alerts tbody a").first.click()
    sent(at, form_to("take"))
    sent(at, form_to("confirm"), text="已电话核实")
    assert at.page.locator("#table-timeline li, #table-timeline tbody tr").count() >= 2
    if at.page.locator(form_to("to_incident")).count() == 0:
        pytest.skip("the console has no incidents")
    sent(at, form_to("to_incident"))
    assert re.fullmatch(r"/command/\d+/", at.path), at.path
    incident = at.path.lstrip("/")
    if at.page.locator(form_to("task")).count():
        sent(at, f"{form_to('task')}:has([name=what])", what="增派人员", owner="市局")
        assert "增派人员" in at.text()
    reported(at, "voice")
    reported(at, "first")
    while at.page.locator(form_to("task_end")).count():
        sent(at, form_to("task_end"))
    if at.page.locator(form_to("end")).count():
        sent(at, form_to("end"), reason="处置完毕")
    reported(at, "final")
    sent(at, form_to("close"), reason="结案")
    at.open(incident)
    assert at.page.locator(form_to("close")).count() == 0, "closed"
    assert at.text().count("duty") >= 4, "each step says whose it was"


def test_a_carrier_sees_its_own_alone(seat: Sit) -> None:
    """On every page that a carrier's menu leads to, no other carrier is named, on the screen or in what the page carries for its scripts."""
    at = seat("carrier")
    for path in at.places():
        at.open(path.lstrip("/"))
        page = at.page.content()
        assert [name for name in OTHERS if name in page] == [], path


def test_wall_screen_has_no_frame_and_no_deed(seat: Sit) -> None:
    """A wall shows and acts on nothing: no menu, no form that does anything; the visitors' wall names no firm."""
    at = seat("screen")
    at.open("?kiosk")
    if at.page.locator("body.kiosk").count() == 0 or at.page.locator("nav.menu a").count():
        pytest.skip("the console has no kiosk yet")
    assert at.page.locator('main form[method="post"]').count() == 0
    visitor = seat("visitor")
    visitor.open("?kiosk")
    assert [name for name in (*OTHERS, "中通快递") if name in visitor.page.content()] == []


def test_a_broken_file_is_refused_with_its_reason(seat: Sit, tmp_path: Path, watched: Watched) -> None:
    """A file that can't be read is refused before anything is taken in; the page says what is wrong and what to do, and stays usable."""
    at = seat("carrier")
    at.must_go("feeds")
    at.open("feeds/ZTO/upload/")
    if at.page.locator('input[type="file"]').count() == 0:
        pytest.skip("the console has no upload")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 this is no table PAR1")
    form = at.page.locator('form:has(input[type="file"])').first
    form.locator('input[type="file"]').set_input_files(broken)
    chosen(form)
    with at.page.expect_navigation(wait_until="load"):
        form.locator("button").last.click()
    assert at.page.locator('[role="alert"]').count() >= 1 and at.page.locator("nav.menu").count() == 1
    watched.errors[:] = [e for e in watched.errors if "status of 4" not in e]  # the browser tells of the answer itself


def test_keys_move_and_find(seat: Sit) -> None:
    """Ctrl-K opens what finds by typing, and Escape closes it."""
    at = seat("duty")
    at.page.keyboard.press("Control+k")
    found = at.page.locator("dialog[open], [role=dialog]")
    try:
        found.first.wait_for(state="visible", timeout=3000)
    except Exception:
        pytest.skip("the console has no palette yet")
    at.page.keyboard.press("Escape")
    found.first.wait_for(state="hidden")


def test_print_leaves_the_frame_out(seat: Sit) -> None:
    """On paper there are the page's figures, and neither menu nor buttons."""
    at = seat("duty")
    at.page.emulate_media(media="print")
    assert not at.page.locator("header.navbar").is_visible() and at.page.locator("h1").first.is_visible()
