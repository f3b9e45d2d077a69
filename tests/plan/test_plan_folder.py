"""Plan folders that are at fault: each fault named by file, row, column and value, the rest read and checked all the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plan_folders import FACT, LETTERS, OFFICES, TOML, write_plan

from yilu import plan
from yilu.errors import InputError

PROGRAMME = {"code": "p", "zh": "甲", "en": "A", "section": "2", "due": 2025, "aim_zh": "甲", "aim_en": "A"}
PROJECT = {
    "code": "j", "programme": "p", "zh": "乙", "en": "B", "kind": "works", "unit": "个", "value": "2", "due": 2025, "section": "2", "quote": "乙",
    "measured_by": "register:x",
}  # fmt: skip
Fault = tuple[str, int | None, str | None, str | None]


def faults(folder: Path) -> list[Fault]:
    """File, row, column and value of every fault."""
    return [(p.file, p.row, p.column, p.value) for p in plan.read(folder)[1]]


def test_a_plan_of_another_province(tmp_path: Path) -> None:
    """A plan with none of Guangdong's indicators and only the table that every plan has is read, and its growth confirmed."""
    held = plan.load(write_plan(tmp_path))
    assert [t.code for t in held.targets] == ["letters", "offices"]
    assert (held.facts, held.tasks, held.programmes) == ((), (), ())
    assert [(f.kind, f.verdict) for f in plan.check(held)] == [("growth", "agrees")]


def test_figures_keep_their_digits(tmp_path: Path) -> None:
    """What is printed as 10.0 is not 10: what rounding allows hangs on it. Empty figures are None, not 0."""
    letters, offices = plan.load(write_plan(tmp_path)).targets
    assert str(letters.growth) == "10.0" and letters.growth == Decimal(10)
    assert offices.baseline is None and offices.growth is None and offices.baseline_year is None


@pytest.mark.parametrize(
    ("bent", "fault"),
    [
        ({"unit": ""}, ("unit", None)),
        ({"unit": "百件"}, ("unit", "百件")),
        ({"baseline_year": 2026}, ("baseline_year", "2026")),
        ({"baseline_year": 2025}, ("baseline_year", "2025")),
        ({"baseline_year": ""}, ("baseline_year", "0")),
        ({"baseline": "1,000"}, ("baseline", "1,000")),
        ({"baseline": "1e3"}, ("baseline", "1e3")),
        ({"baseline": "２０"}, ("baseline", "２０")),
        ({"target": ""}, ("target", None)),
        ({"target_to": "150"}, ("target_to", "150")),
        ({"comparator": "between"}, ("target_to", None)),
        ({"comparator": "more"}, ("comparator", "more")),
        ({"growth_as": ""}, ("growth_as", None)),
        ({"section": "9"}, ("section", "9")),
        ({"same_as": "letters"}, ("same_as", "letters")),
        ({"same_as": "nobody"}, ("same_as", "nobody")),
        ({"measured_by": "guess"}, ("measured_by", "guess")),
        ({"measured_by": "register:"}, ("measured_by", "register:")),
        ({"measured_by": "indicator:nobody"}, ("measured_by", "indicator:nobody")),
        ({"measured_by": "not_yet"}, ("needed_zh", None)),
        ({"code": "offices"}, ("code", "offices")),
    ],
)  # fmt: skip
def test_a_target_at_fault(tmp_path: Path, bent: dict[str, Any], fault: tuple[str, str | None]) -> None:
    """A target at fault is named by row, column and value; the other one is read and nothing else is faulted."""
    folder = write_plan(tmp_path, targets=(OFFICES, LETTERS | bent))
    assert faults(folder) == [("targets.csv", 2, *fault)]
    held, _ = plan.read(folder)
    assert held is not None and [t.code for t in held.targets] == ["offices"]
    with pytest.raises(InputError) as raised:
        plan.load(folder)
    assert (raised.value.row, raised.value.column) == (2, fault[0]) and "plan check" in raised.value.next_step


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ({"current_state": (FACT | {"from_year": 2022},)}, ("current_state.csv", 1, "from_year", "2022")),
        ({"current_state": (FACT | {"value": ""},)}, ("current_state.csv", 1, "value", None)),
        ({"current_state": (FACT | {"unit": "斤"},)}, ("current_state.csv", 1, "unit", "斤")),
        ({"programmes": (PROGRAMME,), "projects": (PROJECT | {"unit": ""},)}, ("projects.csv", 1, "unit", None)),
        ({"programmes": (PROGRAMME,), "projects": (PROJECT | {"comparator": "each"},)}, ("projects.csv", 1, "places", None)),
        ({"current_state": (FACT, FACT)}, ("current_state.csv", 2, "code", "letters_now")),
        ({"projects": (PROJECT | {"programme": "none"},)}, ("projects.csv", 1, "programme", "none")),
        ({"tasks": ({"code": "1", "section": "2", "zh": "甲", "en": "A", "quote": "甲", "evidence": "hearsay", "due": 2025},)},
         ("tasks.csv", 1, "evidence", "hearsay")),
        ({"progress": ({"task": "9", "quarter": "2021Q1", "share": "10", "evidence_zh": "文"},)}, ("progress.csv", 1, "task", "9")),
        ({"relations": ({"code": "r", "kind": "growth", "result": "targets:letters", "of": "targets:letters"},)},
         ("relations.csv", 1, "of", "targets:letters")),
        ({"relations": ({"code": "r", "kind": "sum", "result": "targets:none", "of": "targets:letters;targets:offices"},)},
         ("relations.csv", 1, "result", "targets:none")),
        ({"coverage": ({"section": "2", "quote": "40", "holds": "row", "rows": ""},)}, ("coverage.csv", 1, "rows", None)),
        ({"coverage": ({"section": "2", "quote": "40", "holds": "row", "rows": "targets:none"},)},
         ("coverage.csv", 1, "rows", "targets:none")),
    ],
)  # fmt: skip
def test_other_tables_at_fault(tmp_path: Path, tables: dict[str, Any], fault: Fault) -> None:
    """Each table names its own faults; the targets are there all the same."""
    folder = write_plan(tmp_path, **tables)
    assert faults(folder) == [fault]
    held, _ = plan.read(folder)
    assert held is not None and len(held.targets) == 2


@pytest.mark.parametrize("quarter", ["2021Q5", "2021-1", "一季度"])
def test_progress_is_of_a_quarter(tmp_path: Path, quarter: str) -> None:
    """A quarter that is none is named, and a share above the whole."""
    task = {"code": "1", "section": "2", "zh": "甲", "en": "A", "quote": "甲", "evidence": "record", "due": 2025}
    rows = [{"task": "1", "quarter": quarter, "share": "10", "evidence_zh": "文"}]
    assert faults(write_plan(tmp_path, tasks=(task,), progress=rows)) == [("progress.csv", 1, "quarter", quarter)]
    rows = [{"task": "1", "quarter": "2021Q1", "share": "101", "evidence_zh": "文"}]
    assert faults(write_plan(tmp_path, tasks=(task,), progress=rows)) == [("progress.csv", 1, "share", "101")]


def test_a_row_at_fault_is_not_missed_by_others(tmp_path: Path) -> None:
    """Who names a row that is there but at fault is not faulted for it too; its relation is undecidable."""
    relation = {"code": "r", "kind": "count", "result": "targets:letters", "of": "targets:letters"}
    folder = write_plan(tmp_path, targets=(LETTERS | {"unit": ""}, OFFICES), relations=(relation,))
    held, problems = plan.read(folder)
    assert [(p.file, p.column) for p in problems] == [("targets.csv", "unit")]
    assert held is not None
    assert [(f.subject, f.verdict) for f in plan.check(held)] == [("r", "undecidable")]


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ('name = "elsewhere"', "", "name"),
        ("from_year = 2021", 'from_year = "2021"', "from_year"),
        ("to_year = 2025", "to_year = 2019", "to_year"),
        ('published = "2021-05"', 'published = "May"', "published"),
        ('source = "made up"', 'source = "made up"\ncolour = 1', "colour"),
        ('zh = "目标"', "", "section"),
        ('id = "2"', 'id = "1"', "section"),
    ],
)
def test_a_head_at_fault(tmp_path: Path, before: str, after: str, column: str) -> None:
    """Without a usable plan.toml there is no plan, and the key is named; faults of the tables are named beside it."""
    assert before in TOML
    folder = write_plan(tmp_path, TOML.replace(before, after), targets=(LETTERS | {"unit": ""},))
    held, problems = plan.read(folder)
    assert held is None
    assert [(p.file, p.column) for p in problems] == [("plan.toml", column), ("targets.csv", "unit")]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A folder without plan.toml or targets, and no folder at all, are told apart; a file that no table has is named."""
    with pytest.raises(InputError):
        plan.read(tmp_path / "nowhere")
    (tmp_path / "tragets.csv").write_text("code\n", encoding="utf-8")
    assert faults(tmp_path) == [
        ("plan.toml", None, None, None), ("tragets.csv", None, None, None), ("targets.csv", None, None, None),
    ]  # fmt: skip


def test_series_are_those_of_the_province(tmp_path: Path) -> None:
    """A plan beside official series names one of them; beside none, or series that can't be read, it can't be told."""
    measured = LETTERS | {"measured_by": "statistic:letters"}
    folder = write_plan(tmp_path / "plan", targets=(measured,))
    assert faults(folder) == []
    series = tmp_path / "series.csv"
    series.write_text("code\n", encoding="utf-8")
    assert faults(folder) == []
    text = (plan.folder_of("guangdong").parent / "series.csv").read_text(encoding="utf-8")
    series.write_text(text, encoding="utf-8")
    assert faults(folder) == [("targets.csv", 1, "measured_by", "statistic:letters")]
    series.write_text(text.replace("\nexpress_volume,", "\nletters,"), encoding="utf-8")
    assert faults(folder) == []


def test_the_folder_of_a_province() -> None:
    """A province's plan lies in its folder ``plan``; a plan folder is its own."""
    found = plan.folder_of("guangdong")
    assert found.name == "plan" and found.parent.name == "guangdong"
    assert plan.folder_of(found) == found
