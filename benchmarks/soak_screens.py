"""Pictures of every page of the console, of every role, in both languages and both themes: ``./do soak screens [FOLDER]``; to be looked at."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tests.browser.crawl import pages_of
from tests.browser.seat import FLAGS, SIZE, Seat, Watched, browser_program
from tests.browser.serving import serving
from tests.console.made_store import made
from yilu.console.access.roles import ROLES

_MADE_MS = 60_000
LOOKS = [(language, theme) for language in ("zh-hans", "en") for theme in ("light", "dark")]


def main() -> None:
    """Serve a small store, and take pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", type=Path, default=Path("yilu-screens"))
    options.add_argument("--role", choices=ROLES, action="append", help="only these roles")
    asked = options.parse_args()
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory(prefix="yilu-screens-") as place,
        serving(made(Path(place) / "made"), Path(place)) as console,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_program(playwright), args=FLAGS)
        for role in asked.role or ROLES:
            for language, theme in LOOKS:
                _taken(browser, console.home, console.passwords, role, language, theme, asked.folder)
        browser.close()


def _taken(
    browser: Any, home: str, passwords: dict[str, str], role: str, language: str, theme: str, folder: Path
) -> None:
    context = browser.new_context(viewport=SIZE, color_scheme=theme)
    context.add_cookies([{"name": "language", "value": language, "url": home}])
    watched = Watched(home)
    seat = Seat(context.new_page(), home, passwords)
    watched.watch(seat.page)
    seat.log_in(role)
    out = folder / role / f"{language}-{theme}"
    out.mkdir(parents=True, exist_ok=True)
    for path in pages_of(seat):
        seat.open(path.lstrip("/"))
        _made(seat)
        seat.page.wait_for_timeout(800)
        seat.page.screenshot(path=str(out / f"{path.strip('/').replace('/', '.') or 'overview'}.png"), full_page=True)
    print(
        f"{role} {language} {theme}: {len(list(out.iterdir()))} pages, {len(watched.errors)} errors, {len(watched.outside)} requests outside",
        *watched.errors[:5],
        sep="\n  ",
    )
    context.close()


def _made(seat: Seat) -> None:
    """Wait a while for figures that are being worked out: the page comes again when they are there."""
    from playwright.sync_api import TimeoutError as TooLate

    try:
        seat.page.wait_for_selector("[data-being-made]", state="detached", timeout=_MADE_MS)
    except TooLate as e:
        print(f"{seat.path}: {e}")


if __name__ == "__main__":
    main()
