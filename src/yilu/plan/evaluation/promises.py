"""What is evaluated: targets and projects as promises of one shape, with the rows of the plan folder that say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yilu.documents.model import Text
from yilu.network.reading import read_table
from yilu.plan.evaluation.rules import Rules
from yilu.plan.figures import statements, unit_name
from yilu.plan.model import Plan, Project, Target
from yilu.plan.tables import CLASSES, columns
from yilu.plan.units import units

SIGNS: dict[str, str] = {
    "targets": "T",
    "projects": "J",
    "references": "R",
    "outcomes": "O",
    "statistics": "S",
    "store": "M",
}
"""Letters of references by table; the number after it is the row of the file, counted from 1 without the header."""
GRADES = "ABCDXMS"
"""Grades, the better first."""
_KIND_OF_DIMENSION = {"items": "volume", "money": "volume", "count": "count", "groups": "count", "persons": "count", "area": "count", "score": "points"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A target or project with a figure to reach. ``wanted`` None: none can be told, and ``hindrance`` says why.

    ``comparator``: at_least, above, at_most, below, equals or about; ``most``: upper end of a range; ``ref``: reference of its row; ``said``: the figure as printed;
    ``since``: the year that it is counted from, its baseline's or the plan's; ``note``: what was read into it; ``rank``: key of the weights, empty for projects.
    """

    row: str
    ref: str
    name: Text
    unit: str
    kind: str
    baseline_year: int | None
    baseline: float | None
    since: int
    due: int
    wanted: float | None
    most: float | None
    comparator: str
    said: Text
    basis: Text
    section: str
    rank: str
    way: str
    needed: Text | None
    hindrance: Text | None = None
    note: Text | None = None

    @property
    def upward(self) -> bool:
        """Whether more is better, as far as the target goes."""
        return self.comparator not in ("at_most", "below")


def reference(table: str, number: int) -> str:
    """The reference of a row, such as S12."""
    return f"{SIGNS[table]}{number}"


def row_numbers(folder: Path) -> dict[str, int]:
    """Row in its file of each target, project, reference and outcome, by TABLE:CODE (an outcome: outcomes:ROW@YEAR)."""
    found: dict[str, int] = {}
    for name in ("targets", "projects", "references", "outcomes"):
        if name not in CLASSES or not (folder / f"{name}.csv").is_file():
            continue
        for row in read_table(folder, name, columns(name), False)[0]:
            v = row.values
            code = f"{v['row']}@{v['year']}" if name == "outcomes" else str(v["code"])
            found.setdefault(f"{name}:{code}", row.number)
    return found


def promises_of(plan: Plan, numbers: Mapping[str, int], rules: Rules) -> tuple[tuple[Promise, ...], tuple[Promise, ...]]:  # fmt: skip
    """Targets that count, and projects, in the folder's order."""
    said = {row: Text(s.said(True), s.said(False)) for row, s in statements(plan).items()}
    targets = tuple(_of_target(t, plan, said, numbers, rules) for t in plan.targets if t.counts)
    return targets, tuple(_of_project(p, plan, said, numbers) for p in plan.projects)


def worst(*grades: str) -> str:
    """The least of some grades."""
    return max(grades, key=GRADES.index)


def kind_of_unit(unit: str) -> str:
    """The kind of figures in a unit: per cent are shares, points of a score points, items and yuan volumes, things counted counts, all else rates."""
    if unit == "%":
        return "share"
    return _KIND_OF_DIMENSION.get(units()[unit].dimension, "rate") if unit in units() else "rate"


def _of_target(t: Target, plan: Plan, said: Mapping[str, Text], numbers: Mapping[str, int], rules: Rules) -> Promise:
    row = f"targets:{t.code}"
    wanted = None if t.target is None else float(t.target)
    comparator, printed, note, hindrance = t.comparator, said.get(row), None, None
    if t.comparator == "all":
        wanted, comparator, printed = 100.0, "at_least", printed or Text("全部", "all")
        note = Text("规划称“全部”,按 100% 计", "the plan says all: read as 100 %")
    elif t.comparator == "nearly_all":
        wanted, comparator, printed = rules.reading["nearly_all"], "at_least", printed or Text("基本全部", "nearly all")
        note = Text(f"规划称“基本”,按不低于 {wanted:g}% 计(假设)", f"the plan says nearly all: read as {wanted:g} % at least (assumption)")  # fmt: skip
    elif t.comparator == "change" and t.growth is not None:
        growth, unit = float(t.growth), "%" if t.growth_as == "change" else t.unit
        printed = Text(f"变化 {growth:+g} {unit_name(unit, True)}", f"change of {growth:+g} {unit_name(unit, False)}")
        comparator = "at_most" if growth < 0 else "at_least"
        if t.baseline is None:
            hindrance = Text("规划没有印出基期值,只给出变化", "the plan prints no baseline, only a change")
        else:
            base = float(t.baseline)
            wanted = base + growth if t.growth_as == "increment" else base * (1 + growth / 100)
            note = Text("目标值由基期值与所定变化算出", "the target follows from the baseline and the change")
    elif t.comparator == "between":
        comparator = "at_least"
    return Promise(
        row=row, ref=_ref("targets", row, numbers), name=Text(t.zh, t.en), unit=t.unit, kind=kind_of_unit(t.unit), baseline_year=t.baseline_year,
        baseline=None if t.baseline is None else float(t.baseline), since=t.baseline_year or plan.baseline_year, due=t.target_year, wanted=wanted, most=None if t.target_to is None else float(t.target_to),
        comparator=comparator, said=printed or Text("", ""), basis=Text(t.basis_zh, t.basis_en), section=t.section, rank=t.kind, way=t.measured_by,
        needed=Text(t.needed_zh, t.needed_en or t.needed_zh) if t.needed_zh else None, hindrance=hindrance, note=note,
    )  # fmt: skip


def _of_project(p: Project, plan: Plan, said: Mapping[str, Text], numbers: Mapping[str, int]) -> Promise:
    """A quantity of a programme: begun from nothing where the plan names no baseline; what is built beyond it does no harm."""
    row = f"projects:{p.code}"
    times = len(p.places) if p.comparator == "each" else 1
    hindrance = None
    if p.value is None:
        hindrance = Text("规划未印数量", "the plan prints no quantity")
    elif p.kind == "standard":
        hindrance = Text("配置标准按每一处计,不能以总数衡量", "a standard of each place: a total does not measure it")
    comparator = p.comparator if p.comparator in ("above", "at_most", "below", "about") else "at_least"
    return Promise(
        row=row, ref=_ref("projects", row, numbers), name=Text(p.zh, p.en), unit=p.unit, kind="count" if kind_of_unit(p.unit) == "count" else "rate",
        baseline_year=None, baseline=None, since=plan.baseline_year, due=p.due, wanted=None if p.value is None else float(p.value) * times,
        most=None if p.value_to is None else float(p.value_to) * times, comparator=comparator, said=said.get(row, Text("未印数量", "no quantity printed")),
        basis=Text(p.basis_zh, p.basis_en), section=p.section, rank="", way=p.measured_by,
        needed=Text(p.needed_zh, p.needed_en or p.needed_zh) if p.needed_zh else None, hindrance=hindrance,
    )  # fmt: skip


def _ref(table: str, row: str, numbers: Mapping[str, int]) -> str:
    return reference(table, numbers.get(row, 0))
