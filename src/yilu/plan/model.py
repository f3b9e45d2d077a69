"""A plan as frozen rows: one class per table of the plan folder, fields named as in its schema (``schema/TABLE.csv``).

Figures are ``Decimal`` with the digits that the document prints: what rounding allows follows from them. An empty figure or year is
None, an empty text "". A list is a tuple of texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from yilu.errors import YiluError


def within(id: str, section: str) -> bool:
    """Whether a section is the one asked for, or lies in it; all are where none is asked for."""
    return not section or id == section or id.startswith(f"{section}.")


def statistic_of(way: str) -> str:
    """The official series by which something is measured (``measured_by``), empty where another way is named."""
    source, _, code = way.partition(":")
    return code if source == "statistic" else ""


@dataclass(frozen=True)
class Section:
    """One section of the document: ``id`` such as 4.7, titles in both languages.

    ``begins``: its first words in the document, by which it is found; ``apart``: why its numbers are not looked at, as of a table of contents.
    """

    id: str
    zh: str
    en: str
    begins: str = ""
    apart: str = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One quantified promise (schema/targets.csv); ``outlook`` ones are no promise, ``same_as`` ones are said elsewhere already."""

    code: str
    zh: str
    en: str
    quantity: str
    unit: str
    basis_zh: str
    basis_en: str
    baseline_year: int | None
    baseline: Decimal | None
    target_year: int
    target: Decimal | None
    target_to: Decimal | None
    comparator: str
    kind: str
    growth: Decimal | None
    growth_as: str
    growth_comparator: str
    section: str
    item: str
    quote: str
    places: tuple[str, ...]
    responsible: str
    measured_by: str
    needed_zh: str
    needed_en: str
    same_as: str

    @property
    def counts(self) -> bool:
        """Whether an evaluation counts it: a promise that no other row says already."""
        return self.kind != "outlook" and not self.same_as


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One figure of the state at the plan's start (schema/current_state.csv)."""

    code: str
    zh: str
    en: str
    quantity: str
    unit: str
    basis_zh: str
    basis_en: str
    from_year: int | None
    year: int
    value: Decimal | None
    value_to: Decimal | None
    comparator: str
    places: tuple[str, ...]
    section: str
    quote: str


@dataclass(frozen=True, kw_only=True)
class Project:
    """One quantity of a programme (schema/projects.csv): what is built, cultivated, provided, its land, its investment."""

    code: str
    programme: str
    zh: str
    en: str
    kind: str
    quantity: str
    unit: str
    basis_zh: str
    basis_en: str
    value: Decimal | None
    value_to: Decimal | None
    comparator: str
    places: tuple[str, ...]
    open: bool
    due: int
    section: str
    quote: str
    measured_by: str
    needed_zh: str
    needed_en: str


@dataclass(frozen=True, kw_only=True)
class Programme:
    """One major programme (重大工程, schema/programmes.csv) with its projects."""

    code: str
    zh: str
    en: str
    section: str
    due: int
    lead: str
    partners: tuple[str, ...]
    aim_zh: str
    aim_en: str
    projects: tuple[Project, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a task was at the end of a quarter, and what shows it (schema/progress.csv); ``share`` in per cent of the task."""

    task: str
    quarter: str
    share: Decimal
    evidence_zh: str
    evidence_en: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that the plan says should be done (任务分解台账, schema/tasks.csv) with its progress, by quarter.

    ``lead`` and ``partners`` are empty where the plan names nobody.
    """

    code: str
    section: str
    zh: str
    en: str
    quote: str
    programme: str
    lead: str
    partners: tuple[str, ...]
    evidence: str
    due: int
    progress: tuple[Progress, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a target or project had reached at the end of a year, as a register says (schema/outcomes.csv)."""

    row: str
    year: int
    value: Decimal
    unit: str
    basis_zh: str
    basis_en: str
    grade: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Where a number of the document is held, or why it is none (schema/coverage.csv)."""

    section: str
    quote: str
    times: int
    holds: str
    rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Relation:
    """How one figure follows from others (schema/relations.csv)."""

    code: str
    kind: str
    result: str
    of: tuple[str, ...]
    stated: bool
    note_zh: str
    note_en: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A figure from elsewhere that the plan's are held against (schema/references.csv)."""

    code: str
    zh: str
    en: str
    quantity: str
    unit: str
    basis_zh: str
    basis_en: str
    area: str
    year: int
    value: Decimal
    grade: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One of the values that a draft proposes for a target (schema/proposals.csv); ``chance`` in per cent."""

    target: str
    ambition: str
    value: Decimal
    unit: str
    growth: Decimal
    growth_as: str
    chance: Decimal
    chosen: bool
    note_zh: str
    note_en: str


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the proposals for a target rest on (schema/bases.csv): the baseline and where it is from, and the forecast of the target year."""

    target: str
    series: str
    area: str
    row: int
    year: int
    value: Decimal
    unit: str
    status: str
    grade: str
    source: str
    method: str
    low95: Decimal
    low80: Decimal
    middle: Decimal
    high80: Decimal
    high95: Decimal
    figures: int
    errors: int | None
    error_years: int | None


@dataclass(frozen=True, kw_only=True)
class Unproposed:
    """An indicator that a draft proposes nothing for, why, and what would be needed (schema/gaps.csv)."""

    code: str
    zh: str
    en: str
    unit: str
    year: int | None
    value: Decimal | None
    measured_by: str
    why_zh: str
    why_en: str
    needed_zh: str
    needed_en: str
    section: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of one province. ``baseline_year``: the last year before it; ``published``: ISO year and month, or draft.

    ``proposals``, ``bases``, ``gaps``: of a plan that was drafted here.
    """

    name: str
    zh: str
    en: str
    from_year: int
    to_year: int
    baseline_year: int
    published: str
    source: str
    sections: tuple[Section, ...]
    targets: tuple[Target, ...]
    facts: tuple[Fact, ...]
    programmes: tuple[Programme, ...]
    tasks: tuple[Task, ...]
    coverage: tuple[Coverage, ...]
    relations: tuple[Relation, ...]
    references: tuple[Reference, ...]
    outcomes: tuple[Outcome, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    bases: tuple[Basis, ...] = ()
    gaps: tuple[Unproposed, ...] = ()

    @property
    def projects(self) -> tuple[Project, ...]:
        """The projects of all programmes."""
        return tuple(project for programme in self.programmes for project in programme.projects)

    @cached_property
    def rows(self) -> dict[str, Any]:
        """Every row that has a code, by TABLE:CODE."""
        tables: dict[str, tuple[Any, ...]] = {
            "targets": self.targets, "current_state": self.facts, "programmes": self.programmes, "projects": self.projects,
            "tasks": self.tasks, "references": self.references,
        }  # fmt: skip
        return {f"{table}:{row.code}": row for table, rows in tables.items() for row in rows}

    def section(self, id: str) -> Section:
        """The section of an id; its number alone where ``plan.toml`` doesn't list it."""
        return next((s for s in self.sections if s.id == id), Section(id, id, id))


def known_section(plan: Plan, section: str) -> None:
    """Raises YiluError where a section is asked for that the plan doesn't have."""
    if section and not any(within(s.id, section) for s in plan.sections):
        raise YiluError(
            f"the plan has no section {section}", zh=f"规划没有“{section}”这一节",
            next_step="sections: " + ", ".join(s.id for s in plan.sections),
        )  # fmt: skip
