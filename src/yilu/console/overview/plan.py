"""The plan's main targets with the way to each: what was promised, the path that it implies, and what was published."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.pages.drawing import DASHED, POINTS, Drawn, chart
from yilu.console.pages.page import Chart, Column, Table, Text
from yilu.console.plan import worked
from yilu.console.plan.pages import unit
from yilu.console.seen import Seen
from yilu.errors import YiluError
from yilu.plan.forecast.trajectory import COMPARATORS
from yilu.plan.prospects import Prospect

_MAIN = "T1"
"""The section of a plan that holds the table of its main indicators."""


def targets(seen: Seen) -> tuple[Prospect, ...]:
    """The main targets of the province's plan, or else those that have an item in its table; none where it has no plan that can be read."""
    try:
        held = worked.papers(seen)
        each = worked.expected(seen, held, held.known).each if held else ()
    except YiluError:
        return ()
    main = tuple(p for p in each if p.target.section == _MAIN)
    return main or tuple(p for p in each if p.target.item)


def table(each: tuple[Prospect, ...]) -> Table:
    """All main targets: the last figure, the path in its year, and whether it is kept."""
    columns = (
        Column("target", _("规划指标")), Column("unit", _("单位")), Column("due", _("目标年")), Column("promised", _("目标值")), Column("year", _("最近年份")),
        Column("actual", _("实际"), "digits"), Column("path", _("当年路径"), "digits"), Column("state", _("状态")),
    )  # fmt: skip
    return Table(
        "targets", _("规划主要指标"), columns, [_row(p) for p in each], _("本省没有规划文件夹。见《如何建立省份》。")
    )


def _row(p: Prospect) -> dict[str, Any]:
    last, t = p.last, p.target
    sign: Text = COMPARATORS.get(t.comparator, ("", ""))
    promised = "" if t.target is None else f"{t.target:,}"
    return {
        "code": t.code, "target": (t.zh, t.en), "unit": unit(t.unit), "due": t.target_year, "promised": (f"{sign[0]} {promised}", f"{sign[1]} {promised}") if promised else "",
        "year": last.year if last else None, "actual": float(last.value) if last else None, "path": p.expected(last.year) if last else None, "state": state(p),
    }  # fmt: skip


def state(p: Prospect) -> Text:
    """Where a target stands, in a word."""
    if p.met is not None:
        return _("已达到") if p.met else _("未达到")
    if p.standing is not None and p.last is not None and p.path is not None and p.last.year > p.path.since:
        return _("在路径上") if p.standing.kept else _("落后于路径")
    return _("基期后尚无数值") if p.last else _("尚无数值")


def charts(each: tuple[Prospect, ...]) -> tuple[Chart, ...]:
    """A small chart for each target of which at least two figures, or a path, can be drawn."""
    return tuple(_chart(p) for p in each if p.path is not None and len(p.figures) > 1)


def _chart(p: Prospect) -> Chart:
    path = p.path
    assert path is not None  # charts() asks
    first = min(path.since, p.figures[0].year) if path.baseline is None else path.since
    years = list(range(first, max(path.due, p.figures[-1].year) + 1))
    known = {f.year: float(f.value) for f in p.figures}
    zh, en = unit(p.target.unit)
    title = (f"{p.target.zh}({zh})", f"{p.target.en} ({en})")
    return chart(
        f"plan_{p.target.code}", title, Column("year", _("年")), years,
        (
            Drawn("actual", _("实际"), [known.get(y) for y in years], POINTS),
            Drawn("path", _("规划路径"), [p.expected(y) for y in years], DASHED),
        ),
        "digits", 170,
    )  # fmt: skip
