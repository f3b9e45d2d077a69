"""``yilu plan statistics``: figures, growth and gaps of what is asked for, and faults with exit code 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yilu.cli.app import main


def run(*words: str) -> int:
    """The exit code of the command."""
    with pytest.raises(SystemExit) as leaving:
        main(["plan", "statistics", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def test_figures_growth_and_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    """One series of one area: levels with row and source, growth as published beside the levels', the years without a figure."""
    assert run("--series", "express_volume", "--area", "440000", "--first", "2020", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(r["year"], r["value"], r["status"]) for r in told["levels"]] == [
        (2020, 220.8, "reported"), (2021, 294.6, "reported"), (2022, 301.4, "reported"), (2024, 425.0, "estimated"), (2025, 460.0, "estimated"),
    ]  # fmt: skip
    assert all(r["source"] and r["row"] for r in told["levels"])
    assert {g["period"]: g["published"] for g in told["growth"]}["2022"] == 2.3
    assert told["gaps"] == [{"series": "express_volume", "area": "440000", "years": [2023]}] and told["problems"] == []


@pytest.mark.parametrize(("language", "said"), [("zh", "与绝对数相符"), ("en", "agrees with the levels")])
def test_tables_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    """All of it in the language that is set."""
    monkeypatch.setenv("YILU_LANGUAGE", language)
    assert run() == 0
    text = capsys.readouterr().out
    assert said in text and "460" in text and "33.40 %" in text


def test_faults_are_told_beside_the_rest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A figure given twice is named with both rows and the code is 1; every other figure is told all the same."""
    path = folder / "statistics.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "express_volume,440000,2025,level,470,亿件,,estimated,,,B,x,\n",
        encoding="utf-8",
    )
    assert run("--province", str(folder), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    (fault,) = told["problems"]
    assert fault["row"] == 213 and "row 49 gives 460" in fault["reason"]
    assert {(r["series"], r["year"]) for r in told["levels"] if r["area"] == "440000"} & {
        ("express_volume", 2025),
        ("express_volume", 2024),
    } == {("express_volume", 2024)}
    assert run("--province", str(folder)) == 1
    assert run("--series", "no_such") == 2 and run("--area", "99") == 2
