"""``yilu plan show`` and ``yilu plan check``: what they print, for people and machines, and the codes they leave with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from plan_folders import FACT, LETTERS, OFFICES, TOML, write_plan

from yilu.cli.app import main


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as leaving:
        main(["plan", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Exit code and JSON document of a command."""
    code = run(*words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_contradictions_are_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The plan contradicts itself, and its folder is sound: exit code 0, unless told to be strict."""
    code, found = told(capsys, "check", "guangdong")
    assert code == 0 and found["problems"] == [] and found["gaps"] is None
    assert found["counts"] == {"contradicts": 4, "undecidable": 10, "agrees": 31}
    assert [f["verdict"] for f in found["findings"]][:5] == ["contradicts"] * 4 + ["undecidable"]
    assert all(f["places"] and f["why_zh"] and f["why_en"] for f in found["findings"])
    assert run("check", "guangdong", "--strict") == 1
    capsys.readouterr()


def test_faults_are_named_and_the_rest_is_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A target without unit is named with exit code 1; the growth of the other is confirmed all the same."""
    folder = write_plan(tmp_path, targets=(OFFICES | {"unit": ""}, LETTERS))
    code, found = told(capsys, "check", str(folder))
    assert code == 1
    assert [(p["file"], p["row"], p["column"]) for p in found["problems"]] == [("targets.csv", 1, "unit")]
    assert [(f["subject"], f["verdict"]) for f in found["findings"]] == [("letters", "agrees")]


def test_what_can_not_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No such folder, and one whose plan.toml is no plan's: exit code 3."""
    assert run("check", str(tmp_path / "nowhere")) == 3
    folder = write_plan(tmp_path, TOML.replace("from_year = 2021", ""))
    capsys.readouterr()
    code, found = told(capsys, "check", str(folder))
    assert code == 3 and found["plan"] is None and found["problems"][0]["column"] == "from_year"
    assert run("show", str(folder)) == 3


def test_the_document_is_walked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A number that the list doesn't hold is named, with exit code 1; a whole list gives none."""
    document = tmp_path / "plan.md"
    document.write_text("# 一、现状\n信件1000000件。\n## 二、目标\n信件100万件至161万件,局所\n40个。", encoding="utf-8")
    rows = [
        {"section": "*", "quote": "一、", "holds": "ordinal"}, {"section": "*", "quote": "二、", "holds": "ordinal"},
        {"section": "1", "quote": "信件1000000件", "holds": "row", "rows": "current_state:letters_now"},
        {"section": "2", "quote": "信件100万件至161万件", "holds": "row", "rows": "targets:letters"},
        {"section": "2", "quote": "局所40个", "holds": "row", "rows": "targets:offices"},
    ]  # fmt: skip
    folder = write_plan(tmp_path / "whole", coverage=rows, current_state=(FACT,))
    assert told(capsys, "check", str(folder), "--document", str(document))[1]["gaps"] == []
    folder = write_plan(tmp_path / "less", coverage=rows[:-1], current_state=(FACT,))
    code, found = told(capsys, "check", str(folder), "--document", str(document))
    assert code == 1 and [(g["section"], g["reason"]) for g in found["gaps"]] == [("2", "missing")]
    assert "40" in found["gaps"][0]["words"]
    document.write_bytes(b"\xff\xfe\x00")
    assert run("check", str(folder), "--document", str(document)) == 3


def test_show_by_section(capsys: pytest.CaptureFixture[str]) -> None:
    """A section with all below it: 4 has that of 4.7, 4.1 not that of 4.10; figures keep their digits; a section that isn't there is refused."""
    code, found = told(capsys, "show", "guangdong", "--section", "4")
    assert code == 0 and {t["section"] for t in found["targets"]} == {"4.3", "4.7", "4.9"}
    assert found["facts"] == [] and len(found["tasks"]) == 151
    _, found = told(capsys, "show", "guangdong", "--section", "4.1", "--part", "tasks")
    assert {t["section"] for t in found["tasks"]} == {"4.1"} and "targets" not in found
    _, found = told(capsys, "show", "guangdong", "--section", "T1")
    assert [t["baseline"] for t in found["targets"]][:3] == ["237.5", "220.8", "2401.5"]
    assert run("show", "guangdong", "--section", "9") == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("目标: 46", "快递业务量", "≥480 亿件", "16.8 %/年", "统计 express_volume", "任务台账: 254", "规划未写明", "2025")),
        ("en", ("Targets: 46", "Express volume", "16.8 per cent a year", "not measurable yet", "Ledger of tasks: 254", "not named")),
    ],
)  # fmt: skip
def test_show_in_both_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    """Tables for people, in the language that is set; years are not parted by thousands."""
    monkeypatch.setenv("YILU_LANGUAGE", language)
    assert run("show", "guangdong") == 0
    printed = capsys.readouterr().out
    assert run("show", "guangdong", "--part", "tasks") == 0
    printed += capsys.readouterr().out
    assert [w for w in words if w not in printed] == []
    assert "2,025" not in printed


def test_check_in_english_has_no_chinese_but_the_document(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reasons, figures and units are in English where that is set; only the document's own words stay as they are."""
    monkeypatch.setenv("YILU_LANGUAGE", "en")
    assert run("check", "guangdong") == 0
    for line in capsys.readouterr().out.splitlines():
        before = line.split("“", 1)[0] if "bases differ" not in line and "units “" not in line else ""
        assert not any("\u4e00" <= c <= "\u9fff" for c in before.split("全国")[0]), line


def test_progress_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The last quarter's progress of a task stands beside it, whatever the order of the rows."""
    task = {
        "code": "2-01",
        "section": "2",
        "zh": "修局所",
        "en": "Mend offices",
        "quote": "局所",
        "evidence": "works",
        "due": 2025,
        "lead": "甲局",
    }
    progress = [
        {"task": "2-01", "quarter": "2022Q1", "share": "45.5", "evidence_zh": "验收3号"},
        {"task": "2-01", "quarter": "2021Q4", "share": "20", "evidence_zh": "验收1号"},
    ]
    folder = write_plan(tmp_path, tasks=(task,), progress=progress)
    assert run("show", str(folder), "--part", "tasks") == 0
    printed = capsys.readouterr().out
    assert "2022Q1 45.5 %" in printed and "甲局" in printed


def test_the_folder_of_the_how_to_page(capsys: pytest.CaptureFixture[str], root: Path, tmp_path: Path) -> None:
    """What docs/how-to/plan.md tells its reader to write is a plan without faults, and its growth is confirmed."""
    page = (root / "docs" / "how-to" / "plan.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"`([a-z_]+\.(?:csv|toml))`[^\n]*\n\n```(?:csv|toml)\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, found = told(capsys, "check", str(tmp_path))
    assert (code, found["problems"]) == (0, [])
    assert [(f["kind"], f["verdict"]) for f in found["findings"]] == [("growth", "agrees")]
