"""The report of an evaluation as a document: the chapters, in the order in which an office sends them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from yilu.documents import Block, Callout, Column, Document, Heading, Paragraph, Table, Text, Words, both, joined
from yilu.documents.figures import NONE
from yilu.network import Problem
from yilu.plan.evaluation.evaluating import Evaluation
from yilu.plan.evaluation.judging import KINDS, Judged
from yilu.plan.evaluation.report import annex, targets, words
from yilu.plan.evaluation.report import problems as troubles
from yilu.plan.evaluation.report.words import cited, listed, measured, per_cent, verdict, with_unit
from yilu.plan.evaluation.rules import VERDICTS
from yilu.plan.evaluation.summing import Sum

_SHORT = {"unmeasurable": "none"}
_ENOUGH = 0.5
"""Share of the weights that must have a verdict before the score is told without a warning (A)."""
_NAMED = 8


def document(e: Evaluation, area: Text, problems: Sequence[Problem] = ()) -> Document:
    """The document of an evaluation of ``area``; ``problems``: faults of the tables it was made of, whose rows were left out."""
    plan = e.known.plan
    kind = Text(*KINDS[e.kind])
    blocks: list[Block] = [
        Heading(Text("总体情况", "Overall")), *_overall(e, problems),
        Heading(Text("主要指标完成情况", "Main indicators")), *targets.chapter(e),
        Heading(Text("主要任务落实情况", "Main tasks")), *_tasks(e),
        Heading(Text("重大工程进展情况", "Major programmes")), *_works(e),
        Heading(Text("存在的问题及原因", "Problems and causes")), *troubles.chapter(e),
        Heading(Text("对策建议", "Proposals")), *_proposals(e),
        *annex.annexes(e, problems),
    ]  # fmt: skip
    within: Words = (
        Text("全部", "all") if not e.section else Text(plan.section(e.section).zh, plan.section(e.section).en)
    )
    return Document(
        title=both("{p}{k}报告", "{p}: {k}", p=Text(plan.zh, plan.en), k=kind),
        subtitle=both("截至{y}年底", "As of the end of {y}", y=str(e.year)),
        issuer=both("{a}邮政管理部门", "Postal administration, {a}", a=area),
        facts=(
            (Text("规划期", "Plan"), f"{plan.from_year}–{plan.to_year}"), (Text("评价类别", "Kind"), kind), (Text("范围", "Within"), within),
            (Text("所知数据", "Data known"), both("截至{y}年底", "to the end of {y}", y=str(e.year))), (Text("规划来源", "Source of the plan"), plan.source),
        ),
        blocks=tuple(blocks),
        as_of=int(datetime(e.year, 12, 31, tzinfo=UTC).timestamp()),
    )  # fmt: skip


def _overall(e: Evaluation, problems: Sequence[Problem]) -> list[Block]:
    whole = e.sums[0]
    done = [j for j in e.targets if j.verdict != "unmeasurable"]
    counts = joined((both("{v}{n}项", "{v} {n}", v=verdict(v), n=str(n)) for v, n in whole.counts.items() if n and v != "unmeasurable"), "、", ", ")  # fmt: skip
    said = both(
        "规划计入评价的目标{n}项,可以评价的{m}项", "{n} targets count, {m} of them can be judged", n=str(whole.targets), m=str(len(done)),
    )  # fmt: skip
    if done:
        said = both("{s}:{c}", "{s}: {c}", s=said, c=counts)
    said = both("{s}。无法评价{k}项,所缺条件逐项列出。", "{s}. {k} can't be judged; what each lacks is listed.", s=said, k=str(whole.counts["unmeasurable"]))  # fmt: skip
    blocks: list[Block] = [Paragraph(said)]
    if done:
        each = joined((_sentence(j) for j in done), ";", "; ")
        blocks.append(Paragraph(both("{e}。", "{e}.", e=each)))
    if whole.score is not None:
        share = whole.measured / whole.weight
        text = both(
            "可评目标加权得分{s}分(满分100),其权重占全部目标的{w}。", "Those that can be judged score {s} of 100; they have {w} of all weights.",
            s=f"{whole.score:.0f}", w=per_cent(100 * share),
        )  # fmt: skip
        if share < _ENOUGH:
            more = Text("多数目标没有数据,得分不代表规划整体。", "Most targets have no data: the score doesn't speak for the plan as a whole.")  # fmt: skip
            blocks.append(Callout("warning", both("{a}{b}", "{a} {b}", a=text, b=more)))
        else:
            blocks.append(Paragraph(text))
    if problems:
        blocks.append(Callout("warning", Text(f"数据表有{len(problems)}处问题,所在行未采用,见附件4。", f"The tables have {len(problems)} faults; their rows were left out: annex 4.")))  # fmt: skip
    return [*blocks, *targets.completion_chart(e), _sums(e)]


def _sentence(j: Judged) -> Text:
    assert j.actual is not None
    p = j.promise
    told = both("{n}{a}{r}", "{n} {a} {r}", n=p.name, a=with_unit(measured(j.actual), p.unit), r=cited(j.actual.refs))
    of = both(
        "为目标{t}{r}的{c}",
        "{c} of the target of {t} {r}",
        t=words.said(p),
        r=cited((p.ref,)),
        c=per_cent(j.completion),
    )
    if j.actual.year != p.due:
        of = both("{y}年,{o}", "in {y}, {o}", y=str(j.actual.year), o=of)
    return both("{a},{o},{v}", "{a}, {o}: {v}", a=told, o=of, v=verdict(j.verdict))


def _sums(e: Evaluation) -> Table:
    plan = e.known.plan

    def row(s: Sum) -> tuple[Words, ...]:
        name: Words = Text("合计", "All") if not s.section else both("{i} {n}", "{i} {n}", i=s.section, n=Text(plan.section(s.section).zh, plan.section(s.section).en))  # fmt: skip
        counts = tuple(str(n) if n else NONE for n in s.counts.values())
        return (name, str(s.targets), *counts, f"{s.weight:g}", f"{s.measured:g}", NONE if s.score is None else f"{s.score:.0f}")  # fmt: skip

    return Table(
        Text("各章节评价汇总", "Verdicts by section"),
        (
            Column(Text("章节", "Section"), wide=1.9), Column(Text("目标", "All"), number=True, wide=0.6), *(Column(Text(VERDICTS[v][0], _SHORT.get(v, VERDICTS[v][1])), number=True, wide=0.84 if v == "behind" else 1.0) for v in VERDICTS),
            Column(Text("权重", "Weight"), number=True, wide=0.84), Column(Text("可评权重", "Weight judged"), number=True, wide=1.0), Column(Text("得分", "Score"), number=True, wide=0.74),
        ),
        tuple(row(s) for s in e.sums),
        basis=Text(
            "得分 = 可评目标的权重×等次得分之和 ÷ 可评权重;权重与等次得分见附件3。", "Score: sum of weight × points over the weight of those judged; weights and points: annex 3.",
        ),
        strong=frozenset({0}),
    )  # fmt: skip


def _tasks(e: Evaluation) -> list[Block]:
    plan = e.known.plan
    if not e.tasks:
        return [Paragraph(Text("此范围内没有任务。", "No tasks within this part."))]
    every, told, done = (sum(getattr(t, name) for t in e.tasks) for name in ("tasks", "told", "done"))
    text = both(
        "任务台账共{n}项,有进展记录{t}项,已完成{d}项。", "The ledger holds {n} tasks: {t} with progress, {d} done.", n=str(every), t=str(told), d=str(done),
    )  # fmt: skip
    if not told:
        text = both("{t}没有进展记录,不作评价。", "{t} Without progress there is no verdict.", t=text)
    rows = tuple(
        (
            both("{i} {n}", "{i} {n}", i=t.id, n=Text(plan.section(t.id).zh, plan.section(t.id).en)), str(t.tasks), str(t.told), str(t.done), per_cent(t.share),
        )
        for t in e.tasks
    )  # fmt: skip
    return [Paragraph(text), Table(
        Text("任务台账进展", "Progress of the ledger"),
        (
            Column(Text("章节", "Section"), wide=3.0), Column(Text("任务", "Tasks"), number=True), Column(Text("有进展", "With progress"), number=True), Column(Text("已完成", "Done"), number=True),
            Column(Text("平均进展", "Mean progress"), number=True),
        ),
        rows,
        basis=Text("依据 tasks.csv 与 progress.csv;平均进展只计有记录的任务。", "From tasks.csv and progress.csv; the mean is of tasks with progress alone."),
    )]  # fmt: skip


def _works(e: Evaluation) -> list[Block]:
    if not e.works:
        return [Paragraph(Text("此范围内没有重大工程。", "No major programmes within this part."))]
    rows = tuple(
        (
            Text(w.programme.zh, w.programme.en), str(w.ledger.tasks), str(w.ledger.told), per_cent(w.ledger.share), per_cent(w.expected),
            f"{sum(j.verdict != 'unmeasurable' for j in w.projects)}/{len(w.projects)}", verdict(w.verdict), w.reason,
        )
        for w in e.works
    )  # fmt: skip
    blocks: list[Block] = [Table(
        Text("重大工程", "Programmes"),
        (
            Column(Text("工程", "Programme"), wide=1.5), Column(Text("任务", "Tasks"), number=True, wide=0.6), Column(Text("有进展", "With progress"), number=True, wide=0.8),
            Column(Text("平均进展", "Mean progress"), number=True, wide=0.8), Column(Text("应达", "Even progress"), number=True, wide=0.8), Column(Text("可衡量工程量", "Quantities measured"), number=True, wide=0.9),
            Column(Text("评价", "Verdict"), wide=1.1), Column(Text("说明", "Why"), wide=2.4),
        ),
        rows,
        basis=Text("应达:自基期年末起按年均匀推进(假设)。", "Even progress: equal shares each year since the baseline's (assumption)."),
    )]  # fmt: skip
    known = [j for w in e.works for j in w.projects if j.actual is not None]
    if known:
        blocks.append(Table(
            Text("有数据的工程量", "Quantities with figures"),
            (
                Column(Text("工程量", "Quantity"), wide=2.2), Column(Text("要求", "Promised"), wide=1.1), Column(Text("数值", "Figure"), wide=1.2), Column(Text("评价", "Verdict"), wide=1.0),
                Column(Text("理由", "Why"), wide=2.6), Column(Text("依据", "Rows"), wide=0.9),
            ),
            tuple((j.promise.name, j.promise.said, both("{n}({y}年)", "{n} ({y})", n=measured(j.actual), y=str(j.actual.year if j.actual else "")), verdict(j.verdict), joined((*j.reasons, *((both("需要{n}", "needed: {n}", n=j.lacking),) if j.lacking else ()))), listed(j.refs)) for j in known),
        ))  # fmt: skip
    return blocks


def _proposals(e: Evaluation) -> list[Block]:
    if not e.proposals:
        return [Paragraph(Text("按规则没有建议。", "The rules propose nothing."))]
    return [
        Paragraph(Text("以下建议按附件规则由评价结果得出,供研究。", "These follow from the verdicts by declared rules, to be considered.")),
        *(Paragraph(both("({i}){w}", "({i}) {w}", i=str(i), w=p.words)) for i, p in enumerate(e.proposals, 1)),
    ]  # fmt: skip
