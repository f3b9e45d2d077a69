"""``yilu plan evaluate``: files, exit codes, bad input that is named while the rest is evaluated."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.plan.evaluation.made_evaluations import by_code, guangdong
from tests.plan.test_plan_commands import run
from yilu.plan.evaluation import evaluate


def told(capsys: pytest.CaptureFixture[str], out: Path, *words: str) -> tuple[int, Any]:
    """Exit code and JSON document."""
    code = run("evaluate", "--out", str(out), *words, "--json")
    return code, json.loads(capsys.readouterr().out)


def changed(path: Path, change: Any) -> None:
    """Rewrite a table: ``change`` takes its rows and gives them back."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    columns = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(change(rows))


def test_files_and_record(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Word and HTML in both languages, named by plan, kind and year; verdicts in JSON are those of the evaluation; the same input gives the same bytes."""
    code, found = told(capsys, tmp_path)
    assert code == 0 and found["problems"] == []
    names = {Path(f).name for f in found["files"]}
    assert names == {f"guangdong-2021-2025-final-2025-{la}.{f}" for la in ("zh", "en") for f in ("docx", "html")}
    expected = {c: j.verdict for c, j in by_code(evaluate(guangdong(), "final", 2025)).items()}
    assert {t["row"].removeprefix("targets:"): t["verdict"] for t in found["targets"]} == expected
    first = {f: Path(f).read_bytes() for f in found["files"]}
    told(capsys, tmp_path)
    assert {f: Path(f).read_bytes() for f in found["files"]} == first


def test_default_years(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Final: the last year of the plan; mid-term: its middle; yearly: the latest year with statistics."""
    for kind, year in (("final", 2025), ("mid_term", 2022), ("yearly", 2025)):
        _, found = told(capsys, tmp_path, "--kind", kind, "--format", "html", "--language", "zh")
        assert (found["kind"], found["year"], len(found["files"])) == (kind, year, 1)


def test_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A table in the language that is set, with verdicts, shares of the target and rows; the path of each file."""
    for language, words in (("zh", ("难以完成", "69.8%", "T4 S51", "官方统计数" if False else "没有2025年的数值")), ("en", ("hard to reach", "69.8%", "short of the target"))):  # fmt: skip
        monkeypatch.setenv("YILU_LANGUAGE", language)
        assert run("evaluate", "--out", str(tmp_path), "--format", "html") == 0
        printed = capsys.readouterr()
        assert [w for w in words if w not in printed.out] == []
        assert "6.53" in printed.err and ".html" in printed.out


@pytest.mark.parametrize(
    "words", [("--year", "2026"), ("--year", "2020"), ("--section", "9"), ("--city", "990000", "--plan", "x"), ("--city", "440300"), ("--city", "440000", "--plan", "x")],
)  # fmt: skip
def test_what_can_not_be_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]) -> None:
    """A year outside of the plan, a section or city that isn't there, a city without its own targets: exit code 2, nothing written."""
    assert run("evaluate", "--out", str(tmp_path / "out"), *words) == 2
    assert not (tmp_path / "out").exists()
    capsys.readouterr()


def test_no_plan_and_no_room(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No plan folder, and a folder that can't be written: exit code 3."""
    assert run("evaluate", "--plan", str(tmp_path / "nowhere")) == 3
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run("evaluate", "--out", str(tmp_path / "file")) == 3
    capsys.readouterr()


def test_rules_that_can_not_be(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    """A threshold that can't hold is named by key and value, exit code 3."""
    (folder / "plan" / "evaluation.toml").write_text("[nearly]\nvolume = 30\n", encoding="utf-8")
    assert run("evaluate", "--province", str(folder), "--out", str(tmp_path / "out"), "--json") == 3
    error = json.loads(capsys.readouterr().err)
    assert (error["file"], error["column"], error["value"]) == ("evaluation.toml", "nearly, volume", "30.0")


def test_faults_are_named_and_the_rest_is_evaluated(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    """A target without unit, a baseline after its due date, a statistic given twice with different values, a missing year, a unit that can't be converted: each is named, all else judged."""

    def spoil_targets(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for r in rows:
            if r["code"] == "lockers":
                r["unit"] = ""
            elif r["code"] == "end_outlets":
                r["baseline_year"] = "2026"
            elif r["code"] == "items_per_head":
                r["measured_by"], r["unit"] = "statistic:express_volume", "日"
        return rows

    def spoil_statistics(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        def of(series: str) -> list[dict[str, str]]:
            return [r for r in rows if (r["series"], r["area"], r["period"], r["measure"], r["status"]) == (series, "440000", "2025", "level", "estimated")]  # fmt: skip

        [express], [revenue], [mail] = of("express_volume"), of("express_revenue"), of("delivery_volume")
        mail["unit"] = "亿元"
        rows.remove(revenue)
        return [*rows, express | {"value": "470"}]

    changed(folder / "plan" / "targets.csv", spoil_targets)
    changed(folder / "statistics.csv", spoil_statistics)
    code, found = told(capsys, tmp_path, "--province", str(folder))
    assert code == 1
    problems = {(p["file"], p["column"], p["value"]) for p in found["problems"]}
    assert {("targets.csv", "unit", None), ("targets.csv", "baseline_year", "2026"), ("statistics.csv", "unit", "亿元"), ("statistics.csv", "value", "470")} <= problems  # fmt: skip
    assert all(p["row"] and p["reason"] and p["expected"] for p in found["problems"])
    judged = {t["row"].removeprefix("targets:"): t for t in found["targets"]}
    assert "lockers" not in judged and "end_outlets" not in judged
    assert judged["sector_revenue"]["verdict"] == "hard" and round(judged["sector_revenue"]["completion"]) == 76
    assert judged["express_volume"]["verdict"] == "unmeasurable", "nobody can tell which of both values holds"
    assert judged["express_revenue"]["verdict"] == "unmeasurable" and "2025" in judged["express_revenue"]["reasons_en"][0]  # fmt: skip
    assert "日" in judged["items_per_head"]["reasons_zh"][0], "the unit that can't be converted is named"
    report = Path(next(f for f in found["files"] if f.endswith("zh.html"))).read_text(encoding="utf-8")
    assert "baseline_year" in report and "470" in report, "the report tells of the faults as well"


def test_a_plan_of_elsewhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A folder of another province with none of these indicators: each target is named with what it lacks, the report is written, and nothing is made up."""
    from plan_folders import LETTERS, OFFICES, write_plan

    foreign = LETTERS | {"code": "foreign", "measured_by": "statistic:elsewhere"}
    folder = write_plan(tmp_path / "plan", targets=(LETTERS, OFFICES, foreign))
    code, found = told(capsys, tmp_path / "out", "--plan", str(folder))
    assert code == 0 and found["sums"][0]["counts"]["unmeasurable"] == 3 and found["sums"][0]["score"] is None
    assert all(t["needed_to_judge_en"] and t["actual"] is None for t in found["targets"])
    assert "elsewhere" in found["targets"][2]["reasons_en"][0]
    assert all(Path(f).stat().st_size > 1000 for f in found["files"])


def test_a_city_against_its_own_targets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Jieyang's own target is judged by Jieyang's figures, not the province's."""
    from plan_folders import write_plan

    target = {
        "code": "express", "zh": "快递业务量", "en": "Express volume", "unit": "亿件", "baseline_year": 2019, "baseline": "20", "target_year": 2021, "target": "30",
        "comparator": "at_least", "section": "2", "quote": "快递", "measured_by": "statistic:express_volume",
    }  # fmt: skip
    folder = write_plan(tmp_path / "plan", targets=(target,))
    _, found = told(capsys, tmp_path / "out", "--plan", str(folder), "--city", "445200", "--kind", "mid_term", "--year", "2021")  # fmt: skip
    [judged] = found["targets"]
    assert found["area"] == "445200" and judged["actual"]["year"] == 2020 and judged["actual"]["value"] == 23.5
    report = Path(next(f for f in found["files"] if f.endswith("zh.html"))).read_text(encoding="utf-8")
    assert "揭阳市邮政管理部门" in report
