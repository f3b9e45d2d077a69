"""Everything of the console is documented: screens, deeds, records, roles, addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.addresses import addresses
from yilu.console import urls  # noqa: F401 - declares the screens
from yilu.console.access.roles import ROLES
from yilu.console.api.document import document
from yilu.console.pages.showing import DEEDS, SCREENS
from yilu.console.records.resource import RESOURCES
from yilu.console.reference import first_line, said, told


def page(root: Path, name: str) -> str:
    """A reference page."""
    return (root / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")


def test_every_screen_and_deed_is_on_the_page(root: Path) -> None:
    """A new screen, deed or type of record can't stand without its line in the reference."""
    text = page(root, "screens")
    wanted = [s.name for s in (*SCREENS.values(), *DEEDS.values()) if s.name.split(".")[0] not in RESOURCES] + [
        *RESOURCES
    ]
    assert [n for n in wanted if f"| `{n}` |" not in text] == []


def test_every_address_says_what_it_is_for(root: Path) -> None:
    """An endpoint is documented on the page of screens, and one that no screen makes says in its view what it is for."""
    text = page(root, "screens")
    names = {*SCREENS, *DEEDS}
    others = [a for a in addresses() if a.name.removesuffix(".json").removesuffix(".csv") not in names]
    assert [a.route for a in others if f"`/{a.route}`" not in text] == []
    assert [a.route for a in others if not a.access.within and not first_line(a.view.__doc__)] == []
    operations = [one for methods in document()["paths"].values() for one in methods.values()]
    assert operations and [o["operationId"] for o in operations if not o.get("summary")] == []


def test_every_role_is_on_the_page_in_both_languages(root: Path) -> None:
    """A role without its words can't be given to anybody with a good conscience."""
    text = page(root, "roles")
    assert [
        r.id for r in ROLES.values() if not all(name in text for name in said(r.name)) or said(r.means)[1] not in text
    ] == []


def test_what_has_no_words_is_refused() -> None:
    """A screen without a docstring makes no line: the page itself can't be made."""
    with pytest.raises(ValueError, match="bare has no docstring"):
        told(lambda ask: ask, "bare")
