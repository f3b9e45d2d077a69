"""Documentation is complete and agrees with the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from yilu.cli.app import app
from yilu.cli.reference import PAGES
from yilu.settings import SETTINGS, Settings

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:\./do|yilu) ([a-z][a-z-]*)((?: [^\n`|#]*)?)")
HOLDS_SETTINGS = {
    "yilu.settings.load", "yilu.settings.Settings", "yilu.cli.facts.facts", "yilu.run.facts.Facts", "yilu.console.facts.newest", "yilu.console.pages.page.Ask",
}  # fmt: skip
OF_DO = {"test", "lint", "format", "lock", "reference", "docs", "bench", "soak", "wheel"}


def pages(root: Path) -> Iterator[Path]:
    """Every Markdown page that belongs to the project."""
    yield from sorted(root.glob("*.md"))
    yield from sorted((root / "docs").rglob("*.md"))


def known_commands() -> dict[str, Any]:
    """Commands of yilu by name."""
    return dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PAGES)
def test_reference_page_is_what_the_code_says(root: Path, name: str) -> None:
    """A changed setting, command, column, field or cube without its page fails; `./do reference` makes it again."""
    written = (root / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert written == PAGES[name]().rstrip() + "\n", "run: ./do reference"


def test_every_page_is_in_the_navigation(root: Path) -> None:
    """A page that no menu leads to is not found; a menu entry without a page is a dead end."""
    listed = set(re.findall(r"([\w./-]+\.md)\s*$", (root / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    there = {p.relative_to(root / "docs").as_posix() for p in (root / "docs").rglob("*.md")}
    assert listed == there


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    """Each relative link names a file that is there."""
    dead = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []


def test_commands_that_pages_name_exist(root: Path) -> None:
    """A reader can type what a page shows: commands of `./do` and of `yilu`, and their options."""
    commands = known_commands()
    wrong = []
    for page in pages(root):
        for code in re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", page.read_text(encoding="utf-8"), re.DOTALL):
            for name, rest in COMMAND.findall("\n".join(code)):
                if name in OF_DO:
                    continue
                if name not in commands:
                    wrong.append(f"{page.relative_to(root)}: {name}")
                    continue
                wrong += [f"{page.relative_to(root)}: {name} {o}" for o in unknown_options(commands[name], rest)]
    assert wrong == []


def leaves(name: str, command: Any) -> list[tuple[str, Any]]:
    """A command, or those of a group, with their whole names."""
    children = getattr(command, "commands", None)
    if children is None:
        return [(name, command)]
    return [leaf for n, c in children.items() for leaf in leaves(f"{name} {n}", c)]


def unknown_options(command: Any, rest: str) -> list[str]:
    """Options in ``rest`` that ``command`` does not have."""
    words = rest.split()
    children = getattr(command, "commands", None)
    if children is not None:
        if not words:
            return []
        return unknown_options(children[words[0]], " ".join(words[1:])) if words[0] in children else [words[0]]
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    return [w for w in words if w.startswith("--") and w.split("=")[0] not in known]


def test_every_command_speaks_json_and_has_help() -> None:
    """Each command has a help line in both languages and the option --json."""
    bare = []
    for name, command in known_commands().items():
        for path, leaf in leaves(name, command):
            options = {o for p in leaf.params for o in p.opts}
            help_text = leaf.help or ""
            if "--json" not in options or "·" not in help_text:
                bare.append(path)
    assert bare == []


def test_both_readmes_show_the_same_commands(root: Path) -> None:
    """The Chinese page is not left behind."""
    shown = [
        set(re.findall(r"`(\./do [^`]+)`", (root / n).read_text(encoding="utf-8")))
        for n in ("README.md", "README.zh.md")
    ]
    assert shown[0] == shown[1]
    assert len(shown[0]) > 5


def test_every_setting_is_described_in_both_languages() -> None:
    """A setting without words in Chinese and English can't be explained on a screen."""
    assert [s.name for s in SETTINGS if not re.search(r"[\u4e00-\u9fff]", s.zh) or not s.en.endswith(".")] == []


def test_every_setting_is_used(root: Path) -> None:
    """A declared setting that no code reads would promise what it doesn't do. Only modules that hold settings count: others have fields of like names."""
    read = set().union(*(read_of_settings(p.read_text(encoding="utf-8")) for p in (root / "src").rglob("*.py")))
    assert [s.name for s in SETTINGS if s.name not in read] == []
    assert Settings.__doc__


def test_what_counts_as_reading_a_setting() -> None:
    """A like-named field elsewhere, a mere mention and a keyword are no reading."""
    head = "from yilu.settings import load\n"
    assert read_of_settings(head + "x = load().threads") == {"threads"}
    assert read_of_settings("def f(limits): return limits.threads") == set()
    assert read_of_settings(head + "'threads'; f(threads=1)\ns.threads = 2") == set()


def read_of_settings(code: str) -> set[str]:
    """Attributes that a module reads, if it holds settings: it imports them, or the facts that bring them."""
    tree = ast.parse(code)
    imported = {f"{n.module}.{a.name}" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    if not imported & HOLDS_SETTINGS:
        return set()
    return {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)}


def test_decisions_are_listed_and_complete(root: Path) -> None:
    """Each decision stands in the list and answers the template's questions."""
    listed = (root / "docs/decisions/index.md").read_text(encoding="utf-8")
    for page in sorted((root / "docs" / "decisions").glob("[0-9]*.md")):
        assert page.name in listed
        headings = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["The question", "The decision", "What was weighed", "What follows"], page.name


def test_exit_codes_that_pages_name_exist(root: Path) -> None:
    """`exit code N` in any page is one of the declared codes."""
    from yilu.errors import EXIT_CODES

    named = {int(n) for p in pages(root) for n in re.findall(r"exit code (\d+)", p.read_text(encoding="utf-8"))}
    assert named
    assert named <= set(EXIT_CODES)
