"""``yilu erase`` and ``yilu erased``: one item by number or pseudonym, with an account that holds neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from yilu.cli.app import app
from yilu.errors import YiluError

NUMBER = "SF7700112233"
ACCOUNT = ("--who", "privacy desk", "--when", "2025-11-12T09:00", "--purpose", "request 17")


def run(tmp_path: Path, *arguments: str, language: str = "en") -> Result:
    """A command in a store of its own."""
    env = {
        "YILU_KEY_FILE": str(tmp_path / "key"),
        "YILU_STORE": str(tmp_path / "store"),
        "YILU_LANGUAGE": language,
        "YILU_BUCKETS": "4",
    }
    return CliRunner().invoke(app, list(arguments), env=env)


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A folder whose store holds two items."""
    rows = [
        f"SF,{n},accept,2025-11-11T10:00:00+08:00\nSF,{n},deliver,2025-11-12T10:00:00+08:00\n"
        for n in (NUMBER, "SF7700112234")
    ]
    (tmp_path / "e.csv").write_text("operator,waybill,kind,at\n" + "".join(rows), encoding="utf-8")
    assert run(tmp_path, "ingest", str(tmp_path / "e.csv")).exit_code == 0
    return tmp_path


def test_hidden_at_once_then_out_of_the_files(taken: Path) -> None:
    """No query finds the item from the command on; after retain no file of the newest commit holds it; sums stay; the account stays."""
    before = json.loads(run(taken, "item", NUMBER, "--operator", "SF", "--json").output)
    assert len(before["events"]) == 2
    ran = run(taken, "erase", "--waybill", NUMBER, "--operator", "SF", *ACCOUNT, "--json")
    assert ran.exit_code == 0, ran.output
    assert isinstance(run(taken, "item", NUMBER, "--operator", "SF").exception, YiluError)
    assert isinstance(run(taken, "item", before["key"]).exception, YiluError)
    assert json.loads(run(taken, "status", "--json").output)["erasures_waiting"] == 1
    assert json.loads(run(taken, "retain", "--json").output)["erased"] == 1
    found = json.loads(run(taken, "status", "--json").output)
    assert (found["erasures_waiting"], found["log_rows"]) == (0, 2)
    assert found["origin"]["accepted"] == 0 and found["counts"]["accepted"] == 4
    asked = json.loads(run(taken, "ask", "scans", "--json").output)["rows"]
    assert sum(r["events"] for r in asked) == 4
    (account,) = json.loads(run(taken, "erased", "--json").output)
    assert (account["who"], account["purpose"]) == ("privacy desk", "request 17")
    assert account["when"] == "2025-11-12T09:00:00+08:00" and account["applied"] > account["listed"]
    assert NUMBER not in str(account) and before["key"] not in str(account)
    for language in ("zh", "en"):
        shown = run(taken, "erased", language=language).output
        assert "privacy desk" in shown and before["key"] not in shown


def test_the_file_again_brings_nothing_back(taken: Path) -> None:
    """The item's rows in another file are refused and counted, and lie in quarantine without anything that names it."""
    assert run(taken, "erase", "--waybill", NUMBER, "--operator", "SF", *ACCOUNT).exit_code == 0
    (taken / "again.csv").write_text((taken / "e.csv").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    taken_in = json.loads(run(taken, "ingest", str(taken / "again.csv"), "--json").output)["counts"]
    assert (taken_in["refused"], taken_in["repeated"]) == (2, 2)
    assert json.loads(run(taken, "status", "--json").output)["quarantine"] == {"erased": 2}
    assert isinstance(run(taken, "item", NUMBER, "--operator", "SF").exception, YiluError)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--waybill", NUMBER, *ACCOUNT),
        ("--waybill", NUMBER, "--operator", "SF", "--key", "0" * 16, *ACCOUNT),
        (*ACCOUNT,),
        ("--waybill", NUMBER, "--operator", "SF", *ACCOUNT[:-1], f"about {NUMBER}"),
        ("--waybill", NUMBER, "--operator", "SF", *ACCOUNT[:-1], "call 138 0013 8000"),
        ("--waybill", NUMBER, "--operator", "SF", "--who", " ", *ACCOUNT[2:]),
        ("--waybill", NUMBER, "--operator", "SF", "--who", "x", "--when", "soon", "--purpose", "y"),
    ],
)
def test_refused_before_anything_is_done(taken: Path, arguments: tuple[str, ...]) -> None:
    """One item, an account without numbers, and a time: anything else is a mistake of usage, and the list stays empty."""
    refused = run(taken, "erase", *arguments).exception
    assert isinstance(refused, YiluError) and refused.exit_code == 2
    assert NUMBER not in refused.message + refused.zh
    assert json.loads(run(taken, "erased", "--json").output) == []


def test_account_is_required(taken: Path) -> None:
    """Without who, when or purpose nothing is erased."""
    for left_out in range(0, 6, 2):
        account = ACCOUNT[:left_out] + ACCOUNT[left_out + 2 :]
        assert run(taken, "erase", "--waybill", NUMBER, "--operator", "SF", *account).exit_code == 2


def test_an_item_that_is_not_there_or_a_store(taken: Path, tmp_path: Path) -> None:
    """An unknown item leaves with 3 and no entry; where there is no store, none is made."""
    unknown = run(taken, "erase", "--waybill", "SF1", "--operator", "SF", *ACCOUNT).exception
    assert isinstance(unknown, YiluError) and unknown.exit_code == 3
    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = run(empty, "erase", "--key", "0" * 16, *ACCOUNT).exception
    assert isinstance(nothing, YiluError) and nothing.exit_code == 4
    assert not (empty / "store").exists()
