"""The annexes: every row that a figure is from, bases, the rules that verdicts follow, faults of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from yilu.documents import Block, Column, Heading, Notes, Paragraph, Table, Text, Words, both, joined
from yilu.documents.figures import NONE
from yilu.indicators.declared import catalogue
from yilu.network import Problem
from yilu.plan.evaluation.evaluating import Evaluation
from yilu.plan.evaluation.promises import SIGNS, reference
from yilu.plan.evaluation.report.words import number, with_unit
from yilu.plan.evaluation.rules import VERDICTS
from yilu.plan.figures import statements

_GRADES: dict[str, Text] = {
    "A": Text("官方", "official"), "B": Text("新闻、论文", "news, paper"), "C": Text("官方文本的转载", "copy of an agency's text"), "D": Text("规划本身", "the plan itself"),
    "X": Text("推算", "computed"), "M": Text("待核", "from memory, to be checked"), "S": Text("假设或合成", "assumption, or made up"),
}  # fmt: skip
_NAMES: dict[str, Text] = {
    "nearly": Text("差距不超过,为“基本达到”", "nearly: short by no more than"),
    "behind": Text("差距不超过,为“滞后”;超过为“难以完成”", "behind: short by no more than; beyond it hard to reach"),
    "chance": Text("中期评估:达成概率不低于", "mid-term: chance no less than"),
    "weights": Text("权重", "weights"),
    "points": Text("得分", "points"),
    "reading": Text("读法", "reading"),
}
_KEYS: dict[str, Text] = {
    "volume": Text("总量%", "volumes, %"), "count": Text("数量%", "counts, %"), "rate": Text("率%", "rates, %"), "share": Text("百分比,个百分点", "shares, percentage points"),
    "points": Text("分值,分", "scores, points"), "binding": Text("约束性", "binding"), "unstated": Text("未注明", "unstated"),
    "nearly_all": Text("“基本”为百分之几以上", "nearly all, per cent"), "least_days": Text("至少有全年几成天数", "least share of the year's days"),
    "least_told": Text("有进展任务至少几成", "least share of tasks with progress"), "revised_percent": Text("基数修订%", "revision of a base, %"),
}  # fmt: skip


def annexes(e: Evaluation, problems: Sequence[Problem]) -> list[Block]:
    """All of them, under one heading."""
    blocks: list[Block] = [
        Heading(Text("附件", "Annexes")),
        Heading(Text("附件1 数字出处", "Annex 1: where figures are from"), 2),
        _sources(e),
        Heading(Text("附件2 口径与可信等级", "Annex 2: bases and grades"), 2),
        _bases(e),
        Heading(Text("附件3 评价规则与权重", "Annex 3: rules and weights"), 2),
        _rules(e),
        Heading(Text("附件4 数据问题", "Annex 4: faults of the data"), 2),
        _problems(problems),
    ]
    return blocks


def cited_rows(e: Evaluation) -> list[str]:
    """References of all figures, by table, in the order of rows."""
    refs: dict[str, None] = {}
    for j in (*e.targets, *(j for w in e.works for j in w.projects if j.actual is not None)):
        refs.update(dict.fromkeys((j.promise.ref, *(r for m in j.history for r in m.refs))))
    for c in e.causes:
        refs.update(dict.fromkeys(c.refs))
    for g in e.growths:
        refs.update(dict.fromkeys(reference("statistics", r) for r in g.rows if r))
    order = list(SIGNS.values())
    return sorted(refs, key=lambda r: (order.index(r[0]), int(r[1:])))


def _sources(e: Evaluation) -> Table:
    held = _rows(e)
    return Table(
        Text("编号所指的行", "Rows that references name"),
        (
            Column(Text("编号", "Ref."), wide=0.75), Column(Text("文件与行", "File, row"), wide=1.35), Column(Text("内容", "What"), wide=2.4),
            Column(Text("数值", "Figure"), wide=1.3), Column(Text("等级", "Grade"), wide=0.8), Column(Text("来源", "Source"), wide=3.2),
        ),
        tuple((r, *held.get(r, (NONE, NONE, NONE, NONE, NONE))) for r in cited_rows(e)),
        basis=Text("行从表头之后的第一行数起。", "Rows are counted from the first below the head."),
    )  # fmt: skip


def _rows(e: Evaluation) -> dict[str, tuple[Words, ...]]:
    """File and row, content, figure, grade and source by reference."""
    known = e.known
    out: dict[str, tuple[Words, ...]] = {}
    series = known.statistics.series
    for s in known.statistics.rows:
        what = both(
            "{n}({p})", "{n} ({p})", n=Text(series[s.series].name_zh, series[s.series].name_en), p=s.period.text
        )
        if s.measure != "level":
            what = both("{w},{m}", "{w}, {m}", w=what, m=Text("公布增速", "growth as published"))
        out[reference("statistics", s.row)] = (
            f"statistics.csv {s.row}",
            what,
            with_unit(number(s.value, s.step), s.unit),
            s.grade,
            s.source,
        )
    figures, plan = statements(known.plan), known.plan
    tables: dict[str, tuple[Any, ...]] = {"targets": plan.targets, "projects": plan.projects, "references": plan.references}  # fmt: skip
    for table, rows in tables.items():
        for row in rows:
            at = known.numbers.get(f"{table}:{row.code}", 0)
            said = figures.get(f"{table}:{row.code}")
            start = figures.get(f"{table}:{row.code}@baseline")
            shown: Words = NONE if said is None else Text(said.said(True), said.said(False))
            if start is not None:
                shown = both("{a};基期{b}", "{a}; baseline {b}", a=shown, b=start.figure)
            source = getattr(row, "source", "") or both("规划 {s}", "the plan, {s}", s=row.section)
            out[reference(table, at)] = (
                f"{table}.csv {at}",
                Text(row.zh, row.en),
                shown,
                getattr(row, "grade", "D"),
                source,
            )
    named = {row: Text(r.zh, r.en) for row, r in plan.rows.items()}
    for o in plan.outcomes:
        at = known.numbers.get(f"outcomes:{o.row}@{o.year}", 0)
        what = both("{n}({y}年)", "{n} ({y})", n=named.get(o.row, Text(o.row, o.row)), y=str(o.year))
        out[reference("outcomes", at)] = (
            f"outcomes.csv {at}",
            what,
            with_unit(str(o.value), o.unit),
            o.grade,
            o.source,
        )
    for i, (code, seen) in enumerate(sorted(known.observed.items()), 1):
        one = catalogue()[code]
        origin = Text("存储中的扫描事件:孪生合成", "scan events of a store, made up by the twin") if seen.twin else Text("存储中的扫描事件:监测口径", "scan events of a store: monitoring basis")  # fmt: skip
        value = f"{100 * seen.value:.2f}%" if one.unit == "share" else number(seen.value)
        out[reference("store", i)] = (code, both("{n}({d}天)", "{n} ({d} days)", n=Text(one.zh, one.en), d=str(seen.days)), value, "S" if seen.twin else "X", origin)  # fmt: skip
    return out


def _bases(e: Evaluation) -> Notes:
    known = e.known.statistics.series
    codes = dict.fromkeys(j.promise.way.partition(":")[2] for j in e.targets if j.actual is not None)
    codes.update(dict.fromkeys(c.price.code for c in e.causes))
    items: list[tuple[Words, Words]] = [
        (Text(known[c].name_zh, known[c].name_en), Text(known[c].basis_zh, known[c].basis_en)) for c in codes if c in known
    ]  # fmt: skip
    items += [
        (j.promise.name, j.actual.basis) for j in e.targets if j.actual is not None and not j.actual.official
    ]  # fmt: skip
    grades = joined((both("{g} {w}", "{g} {w}", g=g, w=w) for g, w in _GRADES.items()), "、", ", ")
    return Notes((*items, (Text("可信等级", "Grades"), grades)))


def _rules(e: Evaluation) -> Table:
    rows: list[tuple[Words, ...]] = []
    for name, bounds in e.known.rules.tables.items():
        for key, value in bounds.numbers.items():
            word = Text(*VERDICTS[key]) if key in VERDICTS else _KEYS.get(key, key)
            if name == "weights" and key == "expected":
                word = Text("预期性", "expected")
            own = (
                Text("本规划设定", "set here") if f"{name}.{key}" in e.known.rules.set_here else Text("缺省", "default")
            )
            rows.append((_NAMES[name], word, f"{value:g}", bounds.grade, bounds.source, own))
    return Table(
        Text("界限、权重与得分", "Bounds, weights and points"),
        (
            Column(Text("规则", "Rule"), wide=2.4), Column(Text("项", "Of"), wide=1.6), Column(Text("值", "Value"), number=True, wide=0.7),
            Column(Text("等级", "Grade"), wide=0.8), Column(Text("依据", "Source"), wide=2.6), Column(Text("设定", "Set"), wide=0.8),
        ),
        tuple(rows),
        basis=Text(
            "总结评估只看到期年的结果;中期评估按进度与概率,取其低;年度监测按当年进度。S 级为假设,可在规划文件夹的 evaluation.toml 中改写。",
            "Final: the outcome of the due year alone; mid-term: path and chance, whichever is worse; yearly: the path of the year. Grade S is an assumption; evaluation.toml of the plan folder sets it otherwise.",
        ),
    )  # fmt: skip


def _problems(problems: Iterable[Problem]) -> Block:
    rows: tuple[tuple[Words, ...], ...] = tuple(
        (p.file, NONE if p.row is None else str(p.row), p.column or NONE, p.value or NONE, p.reason, p.expected) for p in problems
    )  # fmt: skip
    if not rows:
        return Paragraph(Text("所用各表没有问题。", "The tables have no faults."))
    return Table(
        Text("有问题而未采用的行", "Rows at fault, left out"),
        (
            Column(Text("文件", "File"), wide=1.2), Column(Text("行", "Row"), number=True, wide=0.5), Column(Text("列", "Column"), wide=1.0), Column(Text("值", "Value"), wide=1.2),
            Column(Text("问题", "What is wrong"), wide=2.2), Column(Text("应为", "Expected"), wide=2.4),
        ),
        rows,
    )  # fmt: skip
