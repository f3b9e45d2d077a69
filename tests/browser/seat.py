"""A browser at the console: where it goes, what it fetched, what it complained of."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1440, "height": 900}


def browser_program(playwright: Any) -> str:
    """The browser to drive: the one that YILU_CHROMIUM names, one on PATH, or the one that playwright fetched. Skips where there is none."""
    named = os.environ.get("YILU_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    carried: str = playwright.chromium.executable_path
    if not os.path.exists(carried):
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on PATH; install one, or name it by YILU_CHROMIUM")
    return carried


@dataclass
class Watched:
    """What must not happen while pages are shown."""

    home: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, page: Any) -> None:
        """Take down every request that leaves the machine, and every error of a page or its console."""
        page.on("request", self._request)
        page.on("websocket", lambda socket: self.outside.append(socket.url))
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on(
            "console", lambda said: self.errors.append(f"{page.url}: {said.text}") if said.type == "error" else None
        )

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and f"{address.scheme}://{address.netloc}/" != self.home:
            self.outside.append(request.url)


@dataclass
class Seat:
    """Somebody at a browser."""

    page: Any
    home: str
    passwords: dict[str, str]

    def log_in(self, name: str) -> Seat:
        """Log in as one of the accounts; ends on the overview."""
        self.open("login/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", self.passwords[name])
        with self.page.expect_navigation():
            self.page.click("button.btn-primary")
        return self

    def open(self, path: str = "") -> int:
        """Go to a path (without the first ``/``). Returns the answer's status."""
        answer = self.page.goto(self.home + path, wait_until="load")
        return int(answer.status) if answer else 0

    def go(self, place: str) -> bool:
        """Go to a place of the menu by its page's name. Returns whether the menu has it."""
        link = self.page.locator(f'nav.menu a[href^="/{place}/"]' if place != "overview" else 'nav.menu a[href="/"]')
        if link.count() == 0:
            return False
        with self.page.expect_navigation(wait_until="load"):
            link.first.click()
        return True

    def must_go(self, place: str) -> None:
        """The same; skips where the console has no such page."""
        if not self.go(place):
            pytest.skip(f"the console has no page {place}")

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.page.url).path

    def text(self, selector: str = "main") -> str:
        """What stands there."""
        return str(self.page.inner_text(selector))

    def places(self) -> list[str]:
        """Paths that the menu leads to."""
        return [
            urlsplit(a).path for a in self.page.eval_on_selector_all("nav.menu a", "links => links.map(a => a.href)")
        ]

    def send(self, within: str, **fields: str) -> None:
        """Fill in a form and send it by its button."""
        form = self.page.locator(within)
        for name, value in fields.items():
            box = form.locator(f'[name="{name}"]')
            if box.evaluate("box => box.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)
        with self.page.expect_navigation(wait_until="load"):
            form.locator("button").last.click()
