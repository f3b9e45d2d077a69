"""Reads a plan folder: ``plan.toml`` and its tables, every fault named, what is sound kept."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from yilu.errors import InputError
from yilu.network import folder_of as province_folder
from yilu.network.reading import Problem, Row, read_table
from yilu.network.schema import declared
from yilu.plan.faults import Held, faults
from yilu.plan.model import (
    Basis,
    Coverage,
    Fact,
    Outcome,
    Plan,
    Programme,
    Progress,
    Project,
    Proposal,
    Reference,
    Relation,
    Section,
    Target,
    Task,
    Unproposed,
)
from yilu.plan.tables import CLASSES, REQUIRED, built, columns

_FILE = "plan.toml"
_TEXTS = ("name", "name_zh", "name_en", "published", "source")
_YEARS = ("from_year", "to_year", "baseline_year")


def folder_of(name: str | Path) -> Path:
    """The plan folder of a province that is shipped under that name or lies at that path; a folder with plan.toml is one itself."""
    folder = province_folder(name)
    return folder if (folder / _FILE).is_file() else folder / "plan"


def load(province: str | Path) -> Plan:
    """The plan of a province, or the one in a plan folder. Raises InputError for the first fault that ``read`` finds."""
    folder = folder_of(province)
    plan, problems = read(folder)
    if plan is None or problems:
        p = problems[0]
        raise InputError(
            p.file,
            f"{p.expected} ({p.reason})",
            row=p.row,
            column=p.column,
            value=p.value,
            next_step=f"`yilu plan check {folder}` names every fault of the folder.",
        )
    return plan


def read(folder: Path) -> tuple[Plan | None, list[Problem]]:
    """The plan of the rows that are sound, and every fault, by file and row. None where ``plan.toml`` can't be used.

    Raises InputError where there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(
            str(folder),
            "a plan folder",
            next_step="Give a province that has a folder `plan`, or a folder with plan.toml.",
        )
    head, problems = _head(folder)
    tables: dict[str, list[Row]] = {}
    unread: dict[str, set[str] | None] = {}
    for name in CLASSES:
        tables[name], unread[name], found = _table(folder, name)
        problems += found
    known = {f"{name}.csv" for name in CLASSES}
    problems += [
        Problem(path.name, None, None, None, "no table has this name", "one of " + ", ".join(sorted(known)))
        for path in sorted(folder.glob("*.csv"))
        if path.name not in known
    ]
    held = Held(head, tables, unread, _series(folder.resolve().parent))
    problems += faults(held)
    order = {f"{name}.csv": i for i, name in enumerate(CLASSES)}
    problems.sort(key=lambda p: (order.get(p.file, -1), p.row or 0))
    return (None if head is None else _plan(head, sound(held, problems))), problems


def sound(held: Held, problems: list[Problem]) -> dict[str, list[Row]]:
    """The rows of each table that no fault names."""
    wrong = {(p.file, p.row) for p in problems}
    return {name: [r for r in rows if (f"{name}.csv", r.number) not in wrong] for name, rows in held.tables.items()}


def _table(folder: Path, name: str) -> tuple[list[Row], set[str] | None, list[Problem]]:
    file = f"{name}.csv"
    if name in REQUIRED and not (folder / file).is_file():
        return [], None, [Problem(file, None, None, None, "the file is missing", "a table that every plan has")]
    return read_table(folder, name, columns(name), name in REQUIRED)


def _series(province: Path) -> set[str] | None:
    """Codes of the official series of the province that the plan folder lies in; None where it has none, or they can't be read."""
    if not (province / "series.csv").is_file():
        return None
    rows, unread, _ = read_table(province, "series", declared("yilu.plan", "series"), False)
    return None if unread is None else {str(r.values["code"]) for r in rows} | unread


def _head(folder: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """``plan.toml``, or None and its faults."""
    try:
        given = tomllib.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        expected = "plan.toml with " + ", ".join((*_TEXTS, *_YEARS))
        return None, [Problem(_FILE, None, None, None, "the file is missing", expected)]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [Problem(_FILE, None, None, None, f"not TOML in UTF-8: {str(error)[:60]}", "TOML in UTF-8")]
    problems: list[Problem] = []

    def fault(key: str, value: object, reason: str, expected: str) -> None:
        problems.append(Problem(_FILE, None, key, str(value)[:60] or None, reason, expected))

    for key in sorted(set(given) - {*_TEXTS, *_YEARS, "section"}):
        fault(key, given[key], "unknown key", "one of " + ", ".join((*_TEXTS, *_YEARS, "section")))
    for key in _TEXTS:
        if not isinstance(given.get(key), str) or not given[key].strip():
            fault(key, given.get(key, ""), "missing", "text that is not empty")
    for key in _YEARS:
        if type(given.get(key)) is not int or not 1949 <= given[key] <= 2100:
            fault(key, given.get(key, ""), "missing or no year", "a year from 1949 to 2100")
    if isinstance(given.get("published"), str) and not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?|draft", given["published"]):
        fault("published", given["published"], "not what is expected", "a month or day such as 2021-09, or draft")
    if not problems and not given["baseline_year"] <= given["from_year"] <= given["to_year"]:
        fault("to_year", given["to_year"], "the years are not in order", "baseline_year, from_year, to_year in order")
    sections = given.get("section", [])
    needed, known = {"id", "zh", "en"}, {f.name for f in fields(Section)}
    if not isinstance(sections, list) or any(
        not isinstance(s, dict)
        or not needed <= set(s) <= known
        or not all(isinstance(v, str) and v for v in s.values())
        for s in sections
    ):
        fault(
            "section",
            "",
            "not what is expected",
            "[[section]] with id, zh and en each, and begins or apart where needed",
        )
    elif len({s["id"] for s in sections}) < len(sections):
        fault("section", "", "an id stands twice", "each id once")
    return (None if problems else given), problems


def _plan(head: dict[str, Any], rows: dict[str, list[Row]]) -> Plan:
    """The plan of a sound head and sound rows."""
    projects = [built("projects", r, Project) for r in rows["projects"]]
    progress = sorted((built("progress", r, Progress) for r in rows["progress"]), key=lambda p: p.quarter)
    programmes = [
        replace(p, projects=tuple(one for one in projects if one.programme == p.code))
        for p in (built("programmes", r, Programme) for r in rows["programmes"])
    ]
    tasks = [
        replace(t, progress=tuple(p for p in progress if p.task == t.code))
        for t in (built("tasks", r, Task) for r in rows["tasks"])
    ]
    return Plan(
        name=head["name"],
        zh=head["name_zh"],
        en=head["name_en"],
        from_year=head["from_year"],
        to_year=head["to_year"],
        baseline_year=head["baseline_year"],
        published=head["published"],
        source=head["source"],
        sections=tuple(Section(**s) for s in head.get("section", ())),
        targets=tuple(built("targets", r, Target) for r in rows["targets"]),
        facts=tuple(built("current_state", r, Fact) for r in rows["current_state"]),
        programmes=tuple(programmes),
        tasks=tuple(tasks),
        coverage=tuple(built("coverage", r, Coverage) for r in rows["coverage"]),
        relations=tuple(built("relations", r, Relation) for r in rows["relations"]),
        references=tuple(built("references", r, Reference) for r in rows["references"]),
        outcomes=tuple(built("outcomes", r, Outcome) for r in rows["outcomes"]),
        proposals=tuple(built("proposals", r, Proposal) for r in rows["proposals"]),
        bases=tuple(built("bases", r, Basis) for r in rows["bases"]),
        gaps=tuple(built("gaps", r, Unproposed) for r in rows["gaps"]),
    )
