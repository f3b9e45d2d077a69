"""A console that is served over a small store, a browser, and seats at it. Nothing may leave the machine, and no page may complain."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.seat import FLAGS, SIZE, Seat, Watched, browser_program
from tests.browser.serving import Served, serving
from tests.console.made_store import made
from yilu.console.vendor import missing


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The console over the tests' small store. Skips where its browser libraries were not to be had."""
    if missing():
        pytest.skip("the console's browser libraries are missing: ./do test fetches them where npm reaches a registry")
    base = tmp_path_factory.getbasetemp()
    shared = made((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "console-store")
    with serving(shared, tmp_path_factory.mktemp("served")) as console:
        yield console


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Any]:
    """A browser for a module's tests: what drives it keeps an event loop, which must not live on beside tests of Django."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = browser_program(playwright)
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def watched(served: Served) -> Iterator[Watched]:
    """What happened on all pages of a test: nothing may have left the machine, and no page may have complained."""
    seen = Watched(served.home)
    yield seen
    assert seen.outside == [], "requests that left the machine"
    assert seen.errors == [], "errors of pages"


@pytest.fixture
def seat(served: Served, browser: Any, watched: Watched) -> Iterator[Callable[..., Seat]]:
    """Makes seats: ``seat("duty")`` is somebody logged in, ``seat("")`` nobody yet; ``more``: of the browser's context."""
    contexts = []

    def sit(name: str = "", **more: Any) -> Seat:
        context = browser.new_context(**{"viewport": SIZE, "locale": "zh-CN", **more})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        watched.watch(page)
        seat = Seat(page, served.home, served.passwords)
        return seat.log_in(name) if name else seat

    yield sit
    for context in contexts:
        context.close()
