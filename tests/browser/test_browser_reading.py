"""Pages can be read by everybody: axe-core looks at every page of every role (WCAG 2.1 A and AA)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.crawl import kind_of, visited
from tests.browser.seat import Seat

_GRAVE = ("serious", "critical")
_RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]});
  return found.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))}));
}"""
LOOKS = [("duty", "zh-hans", "light"), ("carrier", "en", "light"), ("administrator", "zh-hans", "dark")]
"""Roles that between them open nearly all pages, in both languages and both themes."""


@pytest.fixture(scope="module")
def axe(root: Path) -> Path:
    """axe-core's script. Skips where it was not to be had."""
    script = root / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("axe-core is missing: ./do test fetches it where npm reaches a registry")
    return script


def faults(page: Any, axe: Path) -> list[dict[str, Any]]:
    """What axe finds grave on the page that is shown. The browser's context must let a script in beside the policy of pages."""
    page.add_script_tag(path=str(axe))
    return [fault for fault in page.evaluate(_RUN) if fault["impact"] in _GRAVE]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("role", "language", "theme"), LOOKS)
def test_no_grave_fault_on_any_page(seat: Callable[..., Seat], axe: Path, role: str, language: str, theme: str) -> None:
    """Names of fields and buttons, order of headings, landmarks, contrast: nothing that axe calls serious or critical."""
    at = seat("", bypass_csp=True, color_scheme=theme, reduced_motion="reduce")
    at.page.context.add_cookies([{"name": "language", "value": language, "url": at.home}])
    at.log_in(role)
    found = {}
    for path in visited(at):
        if grave := faults(at.page, axe):
            found[kind_of(path)] = grave
    assert found == {}


def test_log_in_page_has_no_grave_fault(seat: Callable[..., Seat], axe: Path) -> None:
    """The first page that anybody meets, too."""
    at = seat("", bypass_csp=True)
    at.open("login/")
    assert faults(at.page, axe) == []


def test_axe_finds_what_is_wrong(seat: Callable[..., Seat], axe: Path) -> None:
    """The check can fail: pale text and a button without a name are found."""
    at = seat("duty", bypass_csp=True)
    at.page.evaluate(
        "document.querySelector('main').innerHTML = '<p style=\"color:#ccc;background:#fff\">pale</p><button></button>'"
    )
    assert {"color-contrast", "button-name"} <= {f["id"] for f in faults(at.page, axe)}
