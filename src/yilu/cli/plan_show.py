"""``yilu plan show``: what the plan promises, how each promise is measured, its programmes and its tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, cast

import typer

from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.titles import title
from yilu.indicators.declared import catalogue
from yilu.plan import Fact, Plan, Project, Target, Task, load
from yilu.plan.figures import statements
from yilu.plan.model import known_section, within
from yilu.plan.relations import growth_of
from yilu.settings import load as settings

Section = Annotated[
    str, typer.Option("--section", help="章节,如 2.3;含其下各节 · Section, such as 2.3, or 4 for all of it.")
]
Folder = Annotated[
    str | None,
    typer.Argument(help="规划文件夹或省份;默认取设置 · A plan folder or a province; by default the one that is set."),
]


class Part(StrEnum):
    """What of a plan can be shown."""

    targets = "targets"
    facts = "facts"
    programmes = "programmes"
    tasks = "tasks"


def show(
    folder: Folder = None,
    section: Section = "",
    part: Annotated[
        Part | None,
        typer.Option(help="只看目标、现状、工程或任务 · Targets, facts, programmes or tasks alone."),
    ] = None,
    as_json: Json = False,
) -> None:
    """查看规划:目标、现状、重大工程、任务台账 · Show the plan: targets, present state, programmes, ledger of tasks."""
    plan = load(folder if folder is not None else str(settings().province))
    zh = settings().language == "zh"
    known_section(plan, section)
    parts = list(Part) if part is None else [part]
    held: dict[str, list[Any]] = {
        "targets": [t for t in plan.targets if within(t.section, section)],
        "facts": [f for f in plan.facts if within(f.section, section)],
        "programmes": [p for p in plan.projects if within(p.section, section)],
        "tasks": [t for t in plan.tasks if within(t.section, section)],
    }
    if as_json:
        print_json(_record(plan, {p.value: held[p.value] for p in parts}))
        return
    print_table(plan.zh if zh else plan.en, [], [])
    for one in parts:
        rows = held[one.value]
        if one is Part.tasks and part is None and not section:
            _by_section(plan, rows, zh)
        elif rows:
            _TABLES[one](plan, rows, zh)
    if not any(held[p.value] for p in parts):
        say("该节没有数字目标、工程或任务" if zh else "This section has no figures, programmes or tasks.")


def _record(plan: Plan, parts: dict[str, list[Any]]) -> dict[str, Any]:
    """The plan as a machine reads it: decimals as text, digits as printed."""
    head = {
        "name": plan.name, "zh": plan.zh, "en": plan.en, "from_year": plan.from_year, "to_year": plan.to_year,
        "baseline_year": plan.baseline_year, "published": plan.published, "source": plan.source,
        "sections": [{"id": s.id, "zh": s.zh, "en": s.en} for s in plan.sections],
    }  # fmt: skip
    return head | {name: [_plain(asdict(row)) for row in rows] for name, rows in parts.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def measured(way: str, zh: bool) -> str:
    """How a promise is measured, in words: an indicator by its name, a series or register by its code."""
    kind, _, what = way.partition(":")
    named = catalogue().get(what) if kind == "indicator" else None
    what = what if named is None else named.zh if zh else named.en
    return f"{title('measure', kind, zh)} {what}".strip()


def _print(part: str, columns: Iterable[str], rows: list[tuple[object, ...]], zh: bool) -> None:
    heading = f"{title('plan', part, zh)}: {len(rows)}"
    print_table(heading, [title("plan", c, zh) for c in columns], rows)


def _targets(plan: Plan, rows: list[Target], zh: bool) -> None:
    figures = statements(plan)
    cells: list[tuple[object, ...]] = []
    for t in rows:
        baseline, target = figures.get(f"targets:{t.code}@baseline"), figures.get(f"targets:{t.code}")
        growth = growth_of(t)
        cells.append(
            (
                t.section,
                t.item,
                t.zh if zh else t.en,
                "" if baseline is None else str(t.baseline),
                title("comparator", t.comparator, zh) if target is None else target.said(zh),
                "" if growth is None else growth.said(zh),
                str(t.target_year),
                title("target", "outlook" if t.kind == "outlook" else "again" if t.same_as else t.kind, zh),
                measured(t.measured_by, zh),
                t.needed_zh if zh else t.needed_en,
            )
        )
    columns = ("section", "item", "name", "baseline", "target", "growth", "due", "kind", "measured_by", "needed")
    _print("targets", columns, cells, zh)


def _facts(plan: Plan, rows: list[Fact], zh: bool) -> None:
    figures = statements(plan)
    cells: list[tuple[object, ...]] = [
        (
            f.section, f.zh if zh else f.en,
            figures[row].said(zh) if (row := f"current_state:{f.code}") in figures else title("comparator", f.comparator, zh),
            f"{f.from_year}–{f.year}" if f.from_year else str(f.year), f.basis_zh if zh else f.basis_en, f.quote,
        )
        for f in rows
    ]  # fmt: skip
    _print("facts", ("section", "name", "figure", "period", "basis", "quote"), cells, zh)


def _programmes(plan: Plan, rows: list[Project], zh: bool) -> None:
    figures = statements(plan)
    names = {p.code: p.zh if zh else p.en for p in plan.programmes}
    cells: list[tuple[object, ...]] = [
        (
            p.section, names[p.programme], p.zh if zh else p.en, title("project", p.kind, zh),
            figures[row].said(zh) if (row := f"projects:{p.code}") in figures else "",
            "、".join(p.places) + ("等" if p.open else "") if zh else ", ".join(p.places) + (" …" if p.open else ""),
            str(p.due), measured(p.measured_by, zh),
        )
        for p in rows
    ]  # fmt: skip
    columns = ("section", "programme", "name", "kind", "figure", "places", "due", "measured_by")
    _print("programmes", columns, cells, zh)


def _tasks(plan: Plan, rows: list[Task], zh: bool) -> None:
    cells: list[tuple[object, ...]] = []
    for t in rows:
        last = t.progress[-1] if t.progress else None
        cells.append(
            (
                t.code,
                t.zh if zh else t.en,
                t.lead or title("plan", "not_named", zh),
                "、".join(t.partners),
                title("evidence", t.evidence, zh),
                str(t.due),
                None if last is None else f"{last.quarter} {last.share} %",
            )
        )
    _print("tasks", ("task", "name", "lead", "partners", "evidence", "due", "progress"), cells, zh)


def _by_section(plan: Plan, rows: list[Task], zh: bool) -> None:
    """How many tasks each section has: the ledger itself is long, and asked for by section."""
    cells: list[tuple[object, ...]] = []
    for s in plan.sections:
        if count := sum(t.section == s.id for t in rows):
            told = sum(bool(t.progress) for t in rows if t.section == s.id)
            cells.append((s.id, s.zh if zh else s.en, count, told))
    heading = f"{title('plan', 'tasks', zh)}: {len(rows)}"
    print_table(heading, [title("plan", c, zh) for c in ("section", "name", "tasks", "told")], cells)
    say("任务台账:加 --section 或 --part tasks" if zh else "The ledger itself: --section or --part tasks")


_TABLES = cast(
    dict[Part, Any], {Part.targets: _targets, Part.facts: _facts, Part.programmes: _programmes, Part.tasks: _tasks}
)
