"""Ledgers of the plan: tasks with their progress, projects, where in the document each number stands, and whether figures agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import EVERYBODY
from yilu.console.pages.naming import listed
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.plan import worked
from yilu.console.plan.pages import NO_PLAN, about, measured
from yilu.console.plan.worked import Papers
from yilu.plan import KINDS, VERDICTS
from yilu.plan.covering import ANYWHERE
from yilu.plan.figures import statements, with_unit
from yilu.plan.model import known_section, within

_ROWS = 60
EVIDENCE = {
    "document": _("制度文件"),
    "works": _("工程验收"),
    "register": _("名录"),
    "statistic": _("统计"),
    "record": _("活动记录"),
}
HOLDS = {
    "row": _("指标行"),
    "period": _("规划期"),
    "date": _("年月日"),
    "ordinal": _("序数"),
    "name": _("专名"),
    "code": _("代号"),
    "slogan": _("口号"),
    "route": _("通道名"),
    "word": _("词语"),
}
TABLES: dict[str, tuple[str, str]] = {
    "targets": ("目标", "target"),
    "current_state": ("发展现状", "state at the start"),
    "programmes": ("重大工程", "programme"),
    "projects": ("工程项目", "project"),
    "tasks": ("任务", "task"),
    "references": ("参照数字", "reference figure"),
}
"""What a row of each table of the plan folder is."""
PROJECTS = {
    "works": _("建设"),
    "cultivate": _("培育"),
    "standard": _("配置标准"),
    "total": _("合计"),
    "land": _("用地"),
    "investment": _("投资"),
}

Row = dict[str, Any]


def paged(ask: Ask, title: Any, name: str, columns: tuple[Column, ...], make: Callable[[Papers], list[Row]], note: Any = "", empty: Any = "") -> Page:  # fmt: skip
    """A page of one long table: by section, searched, and page by page; the CSV of a narrower question holds the rest."""
    held = worked.papers(ask.seen)
    if held is None:
        return Page("plan/plan", title, (Table(name, title, columns, [], NO_PLAN),), more=about(ask, None))
    known_section(held.plan, ask.filter.section)
    rows = [r for r in make(held) if within(r["section"], ask.filter.section) and found(r, ask.filter.q)]
    first = (ask.filter.page - 1) * _ROWS
    shown = rows[first : first + _ROWS]
    table = Table(
        name, title, columns, shown, empty or _("没有符合的行;换一节或换个词。"), max(0, len(rows) - len(shown))
    )
    more = {
        **about(ask, held),
        "pages": max(1, -(-len(rows) // _ROWS)),
        "count": len(rows),
        "searched": True,
        "note": note,
    }
    return Page("plan/plan", title, (table,), more=more)


def found(row: Row, q: str) -> bool:
    """Whether a row holds a searched text, in either language."""
    texts = (t for v in row.values() for t in (v if isinstance(v, tuple) else (v,)))
    return not q or any(q.casefold() in str(t).casefold() for t in texts)


@screen("plan.tasks", EVERYBODY, "plan/tasks")
def tasks(ask: Ask) -> Page:
    """The ledger of tasks."""

    def rows(held: Papers) -> list[Row]:
        return [
            {
                "section": t.section, "code": t.code, "task": (t.zh, t.en or t.zh), "programme": t.programme, "lead": t.lead or _("规划未写明"), "partners": "、".join(t.partners), "evidence": EVIDENCE.get(t.evidence, t.evidence),
                "due": t.due, "share": float(t.progress[-1].share) / 100 if t.progress else None, "quarter": t.progress[-1].quarter if t.progress else "",
                "shown_by": (t.progress[-1].evidence_zh, t.progress[-1].evidence_en or t.progress[-1].evidence_zh) if t.progress else "", "quote": t.quote,
            }
            for t in held.plan.tasks
        ]  # fmt: skip

    columns = (
        Column("section", _("章节")), Column("code", _("编号")), Column("task", _("任务")), Column("programme", _("工程")), Column("lead", _("牵头单位")), Column("partners", _("参与方")), Column("evidence", _("完成依据")), Column("due", _("完成年份")),
        Column("share", _("进展"), "percent"), Column("quarter", _("季度")), Column("shown_by", _("进展依据")), Column("quote", _("原文")),
    )  # fmt: skip
    return paged(
        ask, _("任务台账"), "tasks", columns, rows, _("进展取自规划文件夹 progress.csv 的最近一季;没有记录的为“–”。")
    )


@screen("plan.projects", EVERYBODY, "plan/projects")
def projects(ask: Ask) -> Page:
    """Quantities of the major programmes."""

    def rows(held: Papers) -> list[Row]:
        said = statements(held.plan)
        names = {p.code: (p.zh, p.en) for p in held.plan.programmes}
        return [
            {
                "section": p.section, "programme": names.get(p.programme, p.programme), "name": (p.zh, p.en), "kind": PROJECTS.get(p.kind, p.kind),
                "value": (s.said(True), s.said(False)) if (s := said.get(f"projects:{p.code}")) else "", "places": "、".join(p.places), "due": p.due, "measured_by": measured(held, p.measured_by),
                "needed": (p.needed_zh, p.needed_en or p.needed_zh) if p.needed_zh else "", "quote": p.quote, "basis": (p.basis_zh, p.basis_en or p.basis_zh) if p.basis_zh else "",
            }
            for p in held.plan.projects
        ]  # fmt: skip

    columns = (
        Column("section", _("章节")), Column("programme", _("工程")), Column("name", _("项目")), Column("kind", _("类别")), Column("value", _("数值")), Column("places", _("地点")), Column("due", _("完成年份")),
        Column("measured_by", _("测算依据")), Column("basis", _("口径")), Column("needed", _("尚缺")), Column("quote", _("原文")),
    )  # fmt: skip
    return paged(ask, _("重大工程"), "projects", columns, rows)


def _stands(held: Papers, section: str) -> tuple[str, str]:
    """Where a number of the document stands: the number of its section, or the name of a part that has none."""
    if section == ANYWHERE:
        return "全文", "anywhere"
    if "." in section:
        return section, section
    named = held.plan.section(section)
    return named.zh, named.en


@screen("plan.coverage", EVERYBODY, "plan/coverage")
def coverage(ask: Ask) -> Page:
    """Where in the document each number stands, and which row holds it."""

    def rows(held: Papers) -> list[Row]:
        def named(rows: tuple[str, ...]) -> tuple[str, str]:
            pairs = [(getattr(r, "zh", name), getattr(r, "en", "") or getattr(r, "zh", name)) if (r := held.plan.rows.get(name)) else (name, name) for name in rows]  # fmt: skip
            return listed(dict.fromkeys(pairs))

        def kinds(rows: tuple[str, ...]) -> tuple[str, str]:
            return listed(
                dict.fromkeys(TABLES.get(table, (table, table)) for table in (r.partition(":")[0] for r in rows))
            )

        return [
            {"section": c.section, "stands": _stands(held, c.section), "quote": c.quote, "times": c.times, "holds": c.holds, "is": HOLDS.get(c.holds, c.holds), "rows": " ".join(c.rows), "tables": kinds(c.rows), "names": named(c.rows)}
            for c in held.plan.coverage
        ]  # fmt: skip

    columns = (
        Column("stands", _("章节")), Column("quote", _("原文")), Column("times", _("次数"), "count"), Column("is", _("是什么")), Column("tables", _("所在行")), Column("names", _("名称")),
    )  # fmt: skip
    return paged(
        ask,
        _("原文数字清单"),
        "coverage",
        columns,
        rows,
        _("规划原文的每个数字与持有它的行;yilu plan check --document 逐数核对。"),
    )


@screen("plan.check", EVERYBODY, "plan/check")
def check(ask: Ask) -> Page:
    """Whether the plan's figures agree with one another: contradictions first."""

    def rows(held: Papers) -> list[Row]:
        return [
            {
                "section": f.places[0].section if f.places else "", "verdict": VERDICTS[f.verdict], "kind": KINDS[f.kind], "of": (f.zh, f.en or f.zh),
                "printed": (with_unit(f.printed, f.unit, True), with_unit(f.printed, f.unit, False)), "computed": (with_unit(f.computed, f.computed_unit, True), with_unit(f.computed, f.computed_unit, False)), "allowed": f.allowed,
                "why": (f.why_zh, f.why_en), "places": "；".join(dict.fromkeys(f"{p.section}“{p.quote}”" for p in f.places)), "code": f.verdict,
            }
            for f in worked.findings(ask.seen, held)
        ]  # fmt: skip

    columns = (
        Column("verdict", _("结论")), Column("kind", _("核对")), Column("of", _("事项")), Column("printed", _("规划所印")), Column("computed", _("算得或另一处")), Column("allowed", _("舍入允许")), Column("why", _("理由")), Column("places", _("出处")),
    )  # fmt: skip
    return paged(
        ask,
        _("规划数字核对"),
        "findings",
        columns,
        rows,
        _("同一数量在各处是否一致,增速、占比、合计是否与所印数字相符;矛盾在前。"),
    )
