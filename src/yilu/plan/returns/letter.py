"""A query letter (查询函) to one enterprise: what was found of its returns, and what is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from yilu.documents import Block, Column, Document, Heading, Notes, Paragraph, Table, Text, Words, both, joined
from yilu.plan.period import Period, period
from yilu.plan.returns.findings import Finding
from yilu.plan.returns.forms import Forms
from yilu.plan.statistics import Series
from yilu.plan.units import units

_SPAN = {"month": ("{y}年{m}月", "{month} {y}"), "quarter": ("{y}年第{q}季度", "Q{q} {y}")}


def letter(enterprise: Text, findings: list[Finding], forms: Forms, series: dict[str, Series], on: date) -> Document:
    """The letter of findings that all are of one enterprise. ``on``: its day, from which days to reply are counted."""
    until = on + timedelta(days=forms.reply_days)
    figures, due = ([f for f in findings if (f.reason.kind == "reminder") == reminder] for reminder in (False, True))
    blocks: list[Block] = [
        Paragraph(both("{e}:", "To {e}:", e=enterprise)),
        Paragraph(
            both(
                "根据{b},我局对贵企业报送的统计报表进行了审核,有以下{n}项需贵企业核实。请于{d}前(含当日)逐项书面答复;数据有误的,请同时报送更正报表。",
                "Under {b}, this office has examined the statistical returns that you sent. {n} matters are to be checked. Please answer each in writing by {d}; where a "
                "figure is wrong, send the corrected return with your answer.",
                b=forms.basis, n=str(len(findings)), d=_day(until),
            )
        ),
    ]  # fmt: skip
    if figures:
        blocks += [Heading(Text("数据核实", "Figures to be checked")), _table(figures, series)]
    if due:
        blocks += [Heading(Text("报送时间", "Returns due")), _due(due)]
    blocks += [
        Heading(Text("说明", "Notes")),
        Paragraph(
            Text(
                "本函所询事项仅用于统计。报表中涉及的企业信息依法保密,不对外提供,不作为处罚的依据。统计有误与违规是两回事,本函不是对贵企业的监管结论。",
                "What is asked here serves statistics alone. What returns tell of an enterprise is kept in confidence, is not passed on, and is no ground for a penalty. "
                "A figure in doubt is no violation: this letter judges nothing.",
            )
        ),
        Notes(_files(findings)),
        Paragraph(both("{i}  {d}", "{i}, {d}", i=forms.issuer, d=_day(on))),
    ]
    return Document(
        title=Text("统计数据查询函", "Query about statistical returns"),
        subtitle=enterprise,
        issuer=forms.issuer,
        facts=(
            (Text("日期", "Date"), _day(on)),
            (Text("答复期限", "Answer by"), _day(until)),
            (Text("事项", "Matters"), str(len(findings))),
        ),
        blocks=tuple(blocks),
        as_of=int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp()),
    )


def _table(findings: list[Finding], series: dict[str, Series]) -> Table:
    columns = (
        Column(Text("序号", "No."), number=True, wide=0.5), Column(Text("报告期", "Period"), wide=1.0), Column(Text("指标", "Series"), wide=1.1),
        Column(Text("报送数", "As sent"), wide=1.5), Column(Text("应为", "Expected"), wide=1.4), Column(Text("问题", "What was found"), wide=1.7),
        Column(Text("请贵企业", "Please"), wide=1.3),
    )  # fmt: skip
    rows = tuple(
        (str(n), span(f.period), _named(f, series), _sent(f), f.expected, _found(f), f.reason.ask)
        for n, f in enumerate(findings, 1)
    )
    return Table(Text("需核实的数据", "Figures to be checked"), columns, rows)


def _due(findings: list[Finding]) -> Table:
    columns = (
        Column(Text("序号", "No."), number=True, wide=0.4), Column(Text("报告期", "Period"), wide=0.9), Column(Text("期限", "Due"), wide=2.0),
        Column(Text("收到日期", "Received"), wide=0.9), Column(Text("问题", "What was found"), wide=1.0), Column(Text("请贵企业", "Please"), wide=1.3),
    )  # fmt: skip
    rows = tuple(
        (str(n), span(f.period), f.expected, f.value or "–", f.reason.words, f.reason.ask)
        for n, f in enumerate(findings, 1)
    )
    return Table(Text("未报与迟报的报表", "Returns that are missing or late"), columns, rows)


def _found(f: Finding) -> Words:
    return both("{a}:{b}", "{a}: {b}", a=f.reason.words, b=f.detail) if f.detail.zh else f.reason.words


def _named(f: Finding, series: dict[str, Series]) -> Words:
    of = series.get(f.series)
    return Text(of.name_zh, of.name_en) if of else f.series or "–"


def _files(findings: list[Finding]) -> tuple[tuple[Words, Words], ...]:
    """Where in the files each finding stands."""
    by_file: dict[str, list[Finding]] = {}
    for f in findings:
        if f.file:
            by_file.setdefault(f.file, []).append(f)
    return tuple(
        (
            Text(f"所在文件 {name}", f"Where: {name}"),
            both("第 {r} 行", "rows {r}", r=joined(map(str, sorted({f.row for f in held if f.row})), "、", ", ")),
        )
        for name, held in by_file.items()
    )


def _sent(f: Finding) -> Words:
    """A value as it was sent, thousands apart, its unit in both languages; anything else as it stands."""
    number, _, unit = (f.value or "–").partition(" ")
    if unit not in units():
        return f.value or "–"
    whole, point, rest = number.partition(".")
    text = f"{int(whole):,}{point}{rest}"
    return Text(f"{text}{unit}", f"{text} {units()[unit].en}")


def span(text: str) -> Words:
    """A month or quarter in words; anything else as it stands."""
    try:
        of: Period = period(text)
    except ValueError:
        return text or "–"
    if of.kind not in _SPAN:
        return text
    year, month, quarter = of.first.year, of.first.month, (of.first.month + 2) // 3
    zh, en = (t.format(y=year, m=month, month=f"{of.first:%b}", q=quarter) for t in _SPAN[of.kind])
    return Text(zh, en)


def _day(day: date) -> Text:
    return Text(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {day:%B} {day.year}")
