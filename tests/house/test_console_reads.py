"""Pages of the console see facts and records through ``seen`` alone, where they are narrowed: nothing else there opens a store, asks it, or reads a model's rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

CONSOLE = Path(__file__).parents[2] / "src" / "yilu" / "console"
ASKING = {
    "yilu.items.answers", "yilu.items.reading", "yilu.items.store", "yilu.run.found", "yilu.run.facts", "yilu.indicators.values", "yilu.console.facts",
}  # fmt: skip
"""Modules that answer questions to a whole store: of these a page takes types and constants, never what asks."""
READS = {
    "all", "filter", "exclude", "get", "first", "last", "values", "values_list", "order_by", "exists", "count", "iterator", "aggregate", "annotate", "in_bulk", "earliest", "latest", "raw",
}  # fmt: skip
MANAGERS = {"objects", "_default_manager", "_base_manager"}
ADMITTED: dict[str, str] = {
    "accounts/forms.py": "an account's name is one of all accounts; codes of the province",
    "accounts/logging_in.py": "who logs in has no scope yet",
    "accounts/passwords.py": "how long one must wait is a setting",
    "accounts/throttle.py": "counts failed log-ins, of whom nobody knows yet",
    "api/of_records.py": "gives back the record that was just made in scope",
    "audit/stored.py": "the tree is of all entries",
    "command/counting.py": "counts for seen",
    "feeds/keys.py": "who comes with a key has no scope before it is found",
    "feeds/taking.py": "takes a batch of a key's own",
    "live/stream.py": "looks at the newest commit for all clients, each through its own seen",
    "naming.py": "the province's names",
    "operations/backup.py": "all records, for whoever has the machine",
    "operations/health.py": "whether it works, nothing of what it holds",
    "operations/metrics.py": "how much, nothing of what",
    "operations/probes.py": "whether it works, nothing of what it holds",
    "registers/handing_on.py": "gives decisions to the writer",
    "seen.py": "narrows what it gives",
    "facts.py": "opens the store for seen",
    "audit/recording.py": "finds the last entry's number",
    "demonstration.py": "makes accounts where there is nobody yet",
    "pages/writing.py": "knows the province's time zone",
    "records/resource.py": "shows the history of a record that was found in scope",
}
"""Modules that may, and why: none of them is a page."""


def wrong_reads(source: str) -> Iterator[str]:
    """What a module of the console reads past ``seen``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (f"import {a.name}" for a in node.names if a.name in ASKING)
        elif isinstance(node, ast.ImportFrom):
            for a in node.names:
                if f"{node.module}.{a.name}" in ASKING or (node.module in ASKING and not a.name[0].isupper()):
                    yield f"from {node.module} import {a.name}"
        elif isinstance(node, ast.Attribute) and node.attr in READS and _is_manager(node.value):
            yield f"{ast.unparse(node.value)}.{node.attr}"


def _is_manager(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in MANAGERS


def test_pages_read_through_seen_alone() -> None:
    """A page that asks a store or a model's manager by itself would show what is out of scope."""
    found = {}
    for path in sorted(CONSOLE.rglob("*.py")):
        name = path.relative_to(CONSOLE).as_posix()
        if name in ADMITTED or "migrations" in path.parts:
            continue
        if wrong := list(wrong_reads(path.read_text(encoding="utf-8"))):
            found[name] = wrong
    assert found == {}


def test_who_is_admitted_is_there_and_needs_it() -> None:
    """The list of exceptions holds none that is gone, and none that has become an ordinary module."""
    assert [n for n in ADMITTED if not list(wrong_reads((CONSOLE / n).read_text(encoding="utf-8")))] == []


def test_what_counts_as_reading_past_seen() -> None:
    """Types and constants may be taken; what asks may not, under whatever name; making and changing a record is no reading."""
    fine = "from yilu.items.answers import Narrow, DIRECTIONS\nask.seen.records(User).filter(pk=1)\nUser.objects.create(x=1)"
    assert list(wrong_reads(fine)) == []
    wrong = "from yilu.items import answers\nfrom yilu.console.facts import newest\nimport yilu.run.facts\nUser.objects.filter(pk=1)\nUser._default_manager.all()"
    assert len(list(wrong_reads(wrong))) == 5
