"""``yilu feed`` and its reference page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.items.feeds.feed_world import GOOD, write
from yilu.cli.app import app
from yilu.errors import InputError
from yilu.items import feeds
from yilu.items.feeds import page


def run(tmp_path: Path, *arguments: str, language: str = "en") -> Result:
    """The command in a store of its own."""
    env = {"YILU_KEY_FILE": str(tmp_path / "key"), "YILU_STORE": str(tmp_path / "store"), "YILU_LANGUAGE": language}
    return CliRunner().invoke(app, ["feed", *arguments], env=env)


@pytest.mark.parametrize("kind", feeds.KINDS)
def test_a_file_goes_in_and_again(tmp_path: Path, kind: str) -> None:
    """The account of a file in JSON: rows taken, set aside, new; the second time all are the same."""
    names = [a.name for a in feeds.KINDS[kind].attributes if a.required]
    file = str(write(tmp_path / "f.csv", [GOOD[kind], GOOD[kind] | {names[-1]: ""}]))
    expected = {"rows": 2, "used": 1, "quarantined": 1, "new": 1, "same": 0, "corrected": 0}
    first = run(tmp_path, kind, file, "--json")
    assert first.exit_code == 0, first.output
    answer = json.loads(first.output)
    assert answer["counts"] == expected
    assert [(q["file"], q["row"], q["column"]) for q in answer["quarantine"]] == [("f.csv", 2, names[-1])]
    assert json.loads(run(tmp_path, kind, file, "--json").output)["counts"] == expected | {"new": 0, "same": 1}


def test_what_people_see(tmp_path: Path) -> None:
    """The table shows the account in the language that is set."""
    file = str(write(tmp_path / "f.csv", [GOOD["licences"]]))
    assert re.search(r"new +1", run(tmp_path, "licences", file).output)
    assert re.search(r"相同 +1", run(tmp_path, "licences", file, language="zh").output)


def test_what_was_expected_is_said_in_the_readers_language(tmp_path: Path) -> None:
    """Of a row that was set aside the table says in one language what its column must hold."""
    file = str(write(tmp_path / "f.csv", [GOOD["licences"] | {"credit_code": "91350100M000100Y44"}]))
    zh, en = feeds.kinds.EXPECTED["credit_code"]
    shown = {language: "".join(run(tmp_path, "licences", file, language=language).output.split()) for language in ("zh", "en")}  # fmt: skip
    assert "统一社会信用代码" in zh and "统一社会信用代码" in shown["zh"] and "socialcreditcode" not in shown["zh"]
    assert "social credit code" in en and "社会信用" not in shown["en"]


def test_refused_file_leaves_the_store_alone(tmp_path: Path) -> None:
    """A file with a column of persons makes neither a commit nor a store."""
    file = str(write(tmp_path / "f.csv", [GOOD["licences"] | {"法定代表人": "x"}]))
    refused = run(tmp_path, "licences", file)
    assert isinstance(refused.exception, InputError)
    assert not (tmp_path / "store").exists()


def test_stored_customers_are_hashed_under_the_key(tmp_path: Path) -> None:
    """The hash that a file brings stands nowhere in the store."""
    file = str(write(tmp_path / "f.csv", [GOOD["sender_agreements"]]))
    assert run(tmp_path, "sender_agreements", file).exit_code == 0
    held = b"".join(p.read_bytes() for p in (tmp_path / "store").rglob("*") if p.is_file())
    assert GOOD["sender_agreements"]["customer"].encode() not in held
    assert b"active" in held


def test_reference_page_is_made_of_the_schemas(root: Path) -> None:
    """docs/reference/feeds.md is what the schema files say; every column of every kind stands in it."""
    written = (root / "docs/reference/feeds.md").read_text(encoding="utf-8")
    assert written == page.reference_page()
    for kind in feeds.KINDS.values():
        for a in kind.attributes:
            assert a.description_zh in written and a.description_en in written
