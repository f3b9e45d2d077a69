"""``yilu network``: faults by row with exit code 1, and what is in a province."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yilu.cli.app import main
from yilu.network import Network
from yilu.network.schema import TABLES, attributes


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as leaving:
        main(["network", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def test_sound_folders(capsys: pytest.CaptureFixture[str], small: Path) -> None:
    """The shipped province and the page's example are sound: exit code 0 and an empty list."""
    for given in ("guangdong", str(small)):
        assert run("check", given, "--json") == 0
        assert json.loads(capsys.readouterr().out)["problems"] == []
    assert run("check") == 0


def test_faults_are_told(capsys: pytest.CaptureFixture[str], small: Path) -> None:
    """A fault is printed with file, row, column, value, reason and expectation, for people and for machines, and the code is 1."""
    path = small / "facilities.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("depot", "depto", 1), encoding="utf-8")
    assert run("check", str(small), "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)["problems"]
    assert (found["file"], found["row"], found["column"], found["value"]) == ("facilities.csv", 2, "kind", "depto")
    assert found["reason"] and "depot" in found["expected"]
    assert run("check", str(small)) == 1
    assert "depto" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text", "column", "value"),
    [
        ("timetable.toml", "items_a_day = -1", "items_a_day", "-1"),
        ("rules.toml", "off = ['no_such_rule']", "off", "no_such_rule"),
        ("rules.toml", "off = [", None, None),
    ],
)
def test_rules_of_a_folder_are_checked(capsys: pytest.CaptureFixture[str], small: Path, file: str, text: str, column: str | None, value: str | None) -> None:  # fmt: skip
    """What a province sets of the generated timetable and of supervision is checked with its tables: file, key, value and what is expected."""
    (small / file).write_text(text, encoding="utf-8")
    assert run("check", str(small), "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)["problems"]
    assert (found["file"], found["column"], found["value"]) == (file, column, value) and found["expected"]


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A folder that doesn't exist is an input error, not a list of faults."""
    assert run("check", str(tmp_path / "none")) == 3
    assert "no such folder" in capsys.readouterr().err


def test_show(capsys: pytest.CaptureFixture[str], guangdong: Network) -> None:
    """Without a table: how many rows each has. With one: its rows by column; demand by code of area."""
    assert run("show", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert set(rows) == set(TABLES) and rows["areas"] == len(guangdong.areas.id)
    assert run("show", "facilities", "--json", "--limit", "2") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["code"] == "SC-440100" and second["kind"] == "sort_centre"
    assert run("show", "demand", "--json", "--limit", "1") == 0
    assert json.loads(capsys.readouterr().out)[0]["origin"] == "440100"
    assert run("show", "service_levels") == 0
    assert "同城半日达" in capsys.readouterr().out


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_read_at_80_columns(
    table: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table is shown within 80 characters, its first column unbroken, with a word on where the other columns are."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run("show", table, "--limit", "3") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80 and "--json" in err
    assert any(line.split()[:1] == [attributes(table)[0].name] for line in lines)


def test_times_are_shown_as_in_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Times of day stand as hours and minutes, not as the minutes they are kept in."""
    assert run("show", "promise_rules", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["cut_off"] == "12:00"


def test_show_refuses_unknown_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """A table that doesn't exist is a usage error that names those that do."""
    assert run("show", "people") == 2
    assert "areas" in capsys.readouterr().err
