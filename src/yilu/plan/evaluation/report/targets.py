"""The chapter on targets: the table of main indicators, why each verdict, what can't be told, growth year by year, and charts."""

from __future__ import annotations

from yilu.documents import Bars, Block, Column, Heading, Line, Lines, Paragraph, Table, Text, Words, both, joined
from yilu.documents.figures import NONE
from yilu.plan.evaluation.evaluating import Evaluation
from yilu.plan.evaluation.judging import Judged, path_at
from yilu.plan.evaluation.promises import reference
from yilu.plan.evaluation.report.words import (
    baseline,
    in_unit,
    listed,
    measured,
    named,
    number,
    of_year,
    per_cent,
    said,
    signed,
    target,
    verdict,
)
from yilu.plan.forecast import NAMES
from yilu.plan.growth import VERDICTS as COMPARED

_MOST_CHARTS = 6
WAYS: dict[str, Text] = {
    "statistic": Text("官方统计", "official statistic"),
    "indicator": Text("寄递监测", "monitoring"),
    "register": Text("名录、台账", "register"),
    "not_yet": Text("尚无办法", "no way yet"),
    "baseline": Text("缺基期", "no baseline"),
}
"""How a promise is measured, in words."""


def chapter(e: Evaluation) -> list[Block]:
    """All of it."""
    done = [j for j in e.targets if j.verdict != "unmeasurable"]
    open_ = [j for j in e.targets if j.verdict == "unmeasurable"]
    blocks: list[Block] = []
    if done:
        blocks += [_main(e, done), _reasons(done)]
        if any(j.ahead is not None for j in done):
            blocks.append(_ahead([j for j in done if j.ahead is not None]))
        blocks += charts(e, done)
    else:
        blocks.append(Paragraph(Text("没有可以评价的目标。", "No target can be judged.")))
    if e.growths:
        blocks += [Heading(Text("同比增速", "Growth on the year before"), 2), _growth(e)]
    if open_:
        blocks += [Heading(Text("无法评价的目标", "Targets that can't be judged"), 2), _unmeasured(open_)]
    return blocks


def _main(e: Evaluation, done: list[Judged]) -> Table:
    rows = []
    for j in done:
        p = j.promise
        rows.append((
            named(p), baseline(p), target(p), measured(j.actual), of_year(j.actual), per_cent(j.completion), _number_or(j.grown), _number_or(j.promised),
            verdict(j.verdict), j.actual.grade if j.actual else NONE, listed(j.refs),
        ))  # fmt: skip
    return Table(
        Text("主要指标完成情况", "Main indicators"),
        (
            Column(Text("指标", "Indicator"), wide=1.9), Column(Text("基期", "Baseline"), number=True, wide=0.95),
            Column(Text("目标", "Target"), number=True, wide=0.9), Column(Text("完成值", "Actual"), number=True, wide=0.9), Column(Text("年份", "Year"), wide=0.85),
            Column(Text("完成率", "Of target"), number=True, wide=0.9), Column(Text("年均增速", "A year"), Text("%", "%"), True, 1.06),
            Column(Text("规划增速", "Plan"), Text("%", "%"), True, 1.06), Column(Text("评价", "Verdict"), wide=1.14),
            Column(Text("等级", "Grade"), wide=0.8), Column(Text("依据", "Rows"), wide=0.9),
        ),
        tuple(rows),
        basis=Text(
            "完成率:越高越好的为完成值÷目标值,越低越好的为目标值÷完成值;年均增速自基期起算;等级为数据可信等级,依据为附件1中的编号;“*”为预计数或监测数,“–”为无。",
            "Of target: figure over target, of what is to fall target over figure; growth a year since the baseline; grade: of the evidence; rows: see annex 1; *: estimated or monitored; – where there is none.",
        ),
    )  # fmt: skip


def _number_or(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}".replace("-", "−")


def _reasons(done: list[Judged]) -> Table:
    rows: list[tuple[Words, ...]] = []
    for j in done:
        why = joined(j.reasons)
        if j.grown is not None and j.promised is not None:
            apart = j.grown - j.promised
            if round(abs(apart), 1):
                word = Text("高" if apart > 0 else "低", "above" if apart > 0 else "below")
                why = both("{w};年均增速比规划{x}{n}个百分点", "{w}; growth a year {n} percentage points {x} the plan's", w=why, x=word, n=f"{abs(apart):.1f}")  # fmt: skip
        rows.append((j.promise.name, verdict(j.verdict), signed(j.gap, 1 if abs(j.gap or 0) >= 10 else 2), in_unit(j.promise.unit), why))  # fmt: skip
    return Table(
        Text("评价理由", "Why each verdict"),
        (
            Column(Text("指标", "Indicator"), wide=1.6), Column(Text("评价", "Verdict"), wide=0.9), Column(Text("与目标之差", "Gap to target"), number=True, wide=0.95),
            Column(Text("单位", "Unit"), wide=0.9), Column(Text("理由", "Why"), wide=4.2),
        ),
        tuple(rows),
    )  # fmt: skip


def _ahead(held: list[Judged]) -> Table:
    rows: list[tuple[Words, ...]] = []
    for j in held:
        a = j.ahead
        assert a is not None
        span = both("{a}至{b}", "{a} to {b}", a=number(a.low80), b=number(a.high80))
        by = (verdict(v) if v else NONE for v in (j.by_path, j.by_chance))
        rows.append((
            named(j.promise), number(j.path), per_cent(j.path_ratio), number(a.middle), span, NONE if a.chance is None else f"{100 * a.chance:.0f}%", Text(*NAMES[a.method]), str(a.figures), *by,
        ))  # fmt: skip
    return Table(
        Text("进度与预测", "Path and forecast"),
        (
            Column(Text("指标", "Indicator"), wide=1.9), Column(Text("当年进度要求", "Path that year"), number=True, wide=0.9),
            Column(Text("与进度之比", "Of the path"), number=True, wide=0.9), Column(Text("到期年预测", "Forecast"), number=True, wide=1.0),
            Column(Text("80%区间", "80 % interval"), wide=1.25), Column(Text("达成概率", "Chance"), number=True, wide=0.9), Column(Text("方法", "Method"), wide=1.25),
            Column(Text("数据年数", "Years"), number=True, wide=0.85), Column(Text("按进度", "By path"), wide=1.08), Column(Text("按概率", "By chance"), wide=1.08),
        ),
        tuple(rows),
        basis=Text(
            "进度要求:总量按等速增长、其余按等量增加自基期推至目标;预测与区间来自同类序列的回测误差,数据年数少则区间宽。",
            "Path: equal growth of volumes, equal steps of all else from baseline to target; forecasts and intervals from errors of the back-test over like series: few years, wide intervals.",
        ),
    )  # fmt: skip


def _growth(e: Evaluation) -> Table:
    names = {s.code: Text(s.name_zh, s.name_en) for s in e.known.statistics.series.values()}
    rows = [
        (
            names[g.series], g.period.text, NONE if g.published is None else f"{g.published:.1f}%".replace("-", "−"),
            NONE if g.recomputed is None else f"{g.recomputed:.1f}%".replace("-", "−"), Text(*COMPARED[g.verdict]), listed(reference("statistics", r) for r in g.rows if r),
        )
        for g in e.growths
    ]  # fmt: skip
    return Table(
        Text("同比增速:公布数与推算数", "Growth: as published, and as levels give it"),
        (
            Column(Text("序列", "Series"), wide=1.8), Column(Text("年份", "Year"), wide=0.7), Column(Text("公布", "Published"), number=True, wide=0.8),
            Column(Text("按绝对数推算", "From levels"), number=True, wide=1.25), Column(Text("比较", "Compared"), wide=2.6), Column(Text("依据", "Rows"), wide=1.2),
        ),
        tuple(rows),
        basis=Text("公布的增速按可比口径,与推算数并列,互不替代。", "Published growth is on a comparable basis; it stands beside what levels give, and neither replaces the other."),
    )  # fmt: skip


def _unmeasured(held: list[Judged]) -> Table:
    rows: list[tuple[Words, ...]] = []
    for j in held:
        p = j.promise
        latest: Words = NONE
        if j.actual is not None:
            unit: Words = in_unit(j.actual.unit) if j.actual.unit in (p.unit, "%", "件/人") else j.actual.unit
            latest = both("{n}{u}({y}年){r}", "{n} {u} ({y}) {r}", n=measured(j.actual), u=unit, y=str(j.actual.year), r=f"[{listed(j.actual.refs)}]")  # fmt: skip
            if not j.actual.official and not j.actual.judged:
                latest = both("{l},{b}", "{l}, {b}", l=latest, b=j.actual.basis)
        rows.append((p.name, p.section, said(p), WAYS[j.lacks], joined(j.reasons), j.lacking or NONE, latest, p.ref))
    return Table(
        Text("无法评价的目标及所需条件", "Targets without a verdict, and what would be needed"),
        (
            Column(Text("目标", "Target"), wide=1.8), Column(Text("章节", "Section"), wide=0.95), Column(Text("要求", "Promised"), wide=1.0), Column(Text("衡量方式", "Measured by"), wide=0.95),
            Column(Text("原因", "Why not"), wide=1.5), Column(Text("需要", "Needed"), wide=1.8), Column(Text("最近数值", "Latest figure"), wide=1.4), Column(Text("依据", "Row"), wide=0.55),
        ),
        tuple(rows),
    )  # fmt: skip


def completion_chart(e: Evaluation) -> list[Block]:
    """Shares of the target reached, of all that have a verdict."""
    held = [j for j in e.targets if j.verdict != "unmeasurable" and j.completion is not None]
    if not held:
        return []
    told = joined((both("{n}{c}", "{n} {c}", n=j.promise.name, c=per_cent(j.completion)) for j in held), "、", ", ")
    due = all(j.actual is not None and j.actual.year == j.promise.due for j in held)
    return [Bars(
        Text("可评目标完成率", "Share of the target reached"), Text("指标", "indicator"), Text("完成率,%", "of target, %"),
        tuple(j.promise.name for j in held), tuple(float(j.completion or 0) for j in held), both("{t}。", "{t}.", t=told),
        basis=Text("目标为100%;各指标依据见下表。", "The target is 100 %; rows: see the table below.") if due else Text("到期目标为100%,规划期未满。", "The target of the due year is 100 %; the plan's time is not over."),
        mark=(100.0, Text("目标100%", "target 100 %")),
    )]  # fmt: skip


def charts(e: Evaluation, done: list[Judged]) -> list[Block]:
    """What was, beside the plan's path and, before the due year, what is expected: of targets with a path and two figures at least, the worst first."""
    held = [j for j in done if path_at(j.promise, j.promise.due) is not None and j.promise.baseline is not None and len(j.history) >= 2]  # fmt: skip
    return [_trend(e, j) for j in held[:_MOST_CHARTS]]


def _trend(e: Evaluation, j: Judged) -> Lines:
    p = j.promise
    since = p.baseline_year or e.known.plan.baseline_year
    years = tuple(range(since, p.due + 1))
    was = {m.year: m.value for m in j.history}
    lines = [
        Line(Text("实际", "Actual"), tuple(was.get(y) for y in years)),
        Line(Text("规划进度", "Plan"), tuple(path_at(p, y) for y in years), "dashed"),
    ]
    if j.ahead is not None:
        at = tuple(y == j.ahead.year for y in years)
        for name, value in (
            (Text("预测", "Forecast"), j.ahead.middle),
            (Text("80%上限", "80 % upper"), j.ahead.high80),
            (Text("80%下限", "80 % lower"), j.ahead.low80),
        ):
            lines.append(Line(name, tuple(value if here else None for here in at), "dotted"))
    steps = [m.step for m in j.history if m.step]
    places = 0 if (p.wanted or 0) >= 100 else 1
    refs = listed(dict.fromkeys((p.ref, *(r for m in j.history if m.year in years for r in m.refs))))
    latest = j.actual
    assert latest is not None
    return Lines(
        both("{n}:实际与规划进度", "{n}: actual beside the plan's path", n=p.name), Text("年", "year"), in_unit(p.unit), tuple(map(str, years)), tuple(lines),
        both("{y}年{n}{a},规划进度{b}。", "{y}: {n} {a}, the plan's path {b}.", y=str(latest.year), n=p.name, a=measured(latest), b=number(j.path, min(steps, default=0.0))),
        basis=both("依据{r};缺数的年份不连线。", "Rows {r}; years without a figure are gaps.", r=refs), places=places,
    )  # fmt: skip
