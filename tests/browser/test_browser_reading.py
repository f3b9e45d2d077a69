"""Pages can be read by everybody: axe-core looks at every page of every role (WCAG 2.1 A and AA)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
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
_ALIKE = """() => {
  const looks = row => row.className + [...row.querySelectorAll("*")].map(e => e.tagName + [...e.attributes].filter(a => !["href", "id", "title", "value", "for"].includes(a.name) && !a.name.startsWith("data-")).map(a => a.name + a.value)).join();
  for (const body of document.querySelectorAll("tbody")) {
    const seen = new Map();
    for (const row of [...body.rows]) {
      const look = looks(row), count = seen.get(look) || 0;
      seen.set(look, count + 1);
      if (count >= 4) row.remove();
    }
  }
}"""
"""Of a table's rows that differ by nothing but their words four stay: axe takes long over each."""
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
    page.evaluate(_ALIKE)
    return [fault for fault in page.evaluate(_RUN) if fault["impact"] in _GRAVE]


def _also(at: Seat) -> Iterator[str]:
    """A page of another shape than the first of its kind: a target without figures has no chart, and says so. Nothing where the role has none."""
    if at.open("plan/targets/villages_reached/") == 200:
        yield at.path


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("role", "language", "theme"), LOOKS)
def test_no_grave_fault_on_any_page(seat: Callable[..., Seat], axe: Path, role: str, language: str, theme: str) -> None:
    """Names of fields and buttons, order of headings, landmarks, contrast: nothing that axe calls serious or critical."""
    at = seat("", bypass_csp=True, color_scheme=theme, reduced_motion="reduce")
    at.page.context.add_cookies([{"name": "language", "value": language, "url": at.home}])
    at.log_in(role)
    found = {}
    for path in chain(visited(at), _also(at)):
        if grave := faults(at.page, axe):
            found[kind_of(path)] = grave
    assert found == {}


def test_log_in_page_has_no_grave_fault(seat: Callable[..., Seat], axe: Path) -> None:
    """The first page that anybody meets, too."""
    at = seat("", bypass_csp=True)
    at.open("login/")
    assert faults(at.page, axe) == []


def test_axe_finds_what_is_wrong(seat: Callable[..., Seat], axe: Path) -> None:
    """The check can fail: pale text and a button without a name are found, and a pale row below many that are not."""
    at = seat("duty", bypass_csp=True)
    at.page.evaluate(
        "document.querySelector('main').innerHTML = '<p style=\"color:#ccc;background:#fff\">pale</p><button></button>'"
    )
    assert {"color-contrast", "button-name"} <= {f["id"] for f in faults(at.page, axe)}
    at.page.evaluate(
        "document.querySelector('main').innerHTML = '<table>' + '<tr><td>plain</td></tr>'.repeat(9) + '<tr><td style=\"color:#ccc;background:#fff\">pale</td></tr></table>'"
    )
    assert "color-contrast" in {f["id"] for f in faults(at.page, axe)} and at.page.locator("main tr").count() == 5
