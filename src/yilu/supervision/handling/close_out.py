"""The close-out report (结案报告) as a document: course, gradings, clocks, reports, what was touched, tasks, advice, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from yilu.documents import Block, Callout, Column, Document, Heading, Notes, Paragraph, Table, Text, Words, both, joined
from yilu.documents.figures import count
from yilu.network import Network
from yilu.supervision.handling import advice as advices
from yilu.supervision.handling import clocks
from yilu.supervision.handling.incidents import CLOSED, OPEN, REPORTS, STATES, TASKS, Incident, in_the_way
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES, Handbook
from yilu.supervision.reports.wording import Names

_LISTED = 20


@dataclass(frozen=True)
class Paper:
    """What the report is made of, beside the incident itself. ``scale``: the latest count in words, None where none was taken; facilities and lanes with items; ``firms``: names by
    operator; ``advice``: firm and advice; ``timeline``: when (UTC seconds), account, what, text; ``means``: what, amount, owner."""

    number: str
    incident: Incident
    area: Text
    began_at: int
    account: str
    scale: Text | None
    facilities: tuple[tuple[Text, int], ...]
    lanes: tuple[tuple[Text, Text, int], ...]
    firms: dict[str, Text]
    advice: tuple[tuple[Text, advices.Advice], ...]
    timeline: tuple[tuple[int, str, Text, Text], ...]
    means: tuple[tuple[str, str, str], ...]


def document(paper: Paper, book: Handbook, network: Network, now: int) -> Document:
    """The report as of ``now``; one that isn't closed says so, and what stands against it."""
    i = paper.incident
    names = Names(network, 0)
    plan = book.plans.get(i.plan)
    blocks: list[Block] = []
    if i.state != CLOSED:
        against = "、".join(a[0] for a in in_the_way(i)), "; ".join(a[1] for a in in_the_way(i))
        blocks.append(Callout("warning", Text(f"本事件尚未结案:{against[0] or '待结案'}。以下为截至目前的情况。", f"The incident is not closed: {against[1] or 'to be closed'}. This is how it stands.")))  # fmt: skip
    blocks += [
        Heading(Text("基本情况", "What happened")),
        Paragraph(both("{t}发生{title}({area}),{k}知悉。{account}", "{title} ({area}) began {t} and was known {k}. {account}", t=names.time(paper.began_at), title=i.title, area=paper.area, k=names.time(i.known_at), account=paper.account or "")),
        Table(
            Text("事件级别、响应级别与预警颜色", "Event level, response level, warning colour"), (Column(Text("项目", "Field")), Column(Text("取值", "Value"))),
            (
                (Text("事件级别", "Event level"), Text(*LEVELS[i.level])), (Text("响应级别", "Response level"), Text(*RESPONSES[i.response])),
                (Text("预警颜色", "Warning colour"), Text(*COLOURS[i.colour])), (Text("预案", "Plan"), Text(plan.zh, plan.en) if plan else i.plan), (Text("状态", "State"), Text(*STATES[i.state])),
            ),
            basis=Text("三项各自确定,互不推定。", "Each is set by itself; none follows from another."),
        ),
        Heading(Text("影响范围", "What was touched")), *_touched(paper),
        Heading(Text("信息报告与时限", "Reports and clocks")), _clocks(paper, book, names, now), *_reports(paper, book, names),
        Heading(Text("处置任务", "Tasks")), _tasks(paper, book, names),
        Heading(Text("调度建议与签收", "Advice and receipts")), *_advice(paper, names),
    ]  # fmt: skip
    if paper.means:
        blocks += [
            Heading(Text("应急资源", "Means")),
            Table(
                Text("投入的资源", "Means put in"),
                (Column(Text("资源", "Means")), Column(Text("数量", "Amount")), Column(Text("提供单位", "Owner"))),
                paper.means,
            ),
        ]
    blocks += [Heading(Text("事件经过", "Course of events")), _timeline(paper, names)]
    if plan:
        blocks.append(Notes(((Text("预案依据", "Plan"), Text(*plan.source)),)))
    return Document(
        title=both("{t}结案报告", "Close-out report: {t}", t=i.title), subtitle=paper.number, issuer=both("{p}邮政业应急值守", "Postal emergency duty office, {p}", p=names.province),
        facts=((Text("知悉", "Known"), names.time(i.known_at)), (Text("处置结束", "Handling ended"), names.time(i.ended_at)), (Text("结案", "Closed"), names.time(i.closed_at))),
        blocks=tuple(blocks), as_of=now,
    )  # fmt: skip


def _touched(paper: Paper) -> list[Block]:
    if paper.scale is None:
        return [Paragraph(Text("未从事实中清点影响。", "What was touched was not counted from the facts."))]
    found: list[Block] = [Paragraph(both("{s}。", "{s}.", s=paper.scale))]
    items = Column(Text("件数", "Items"), Text("件", "items"), True)
    if paper.facilities:
        found.append(Table(_first(Text("涉及场所", "Facilities"), len(paper.facilities)), (Column(Text("场所", "Facility")), items), tuple((f, count(n)) for f, n in paper.facilities[:_LISTED])))  # fmt: skip
    if paper.lanes:
        found.append(Table(_first(Text("涉及线路", "Lanes"), len(paper.lanes)), (Column(Text("寄出", "From")), Column(Text("寄达", "To")), items), tuple((a, b, count(n)) for a, b, n in paper.lanes[:_LISTED])))  # fmt: skip
    return found


def _first(title: Text, n: int) -> Words:
    return title if n <= _LISTED else both("{t}(共{n},列前{k})", "{t} (the first {k} of {n})", t=title, n=str(n), k=str(_LISTED))  # fmt: skip


def _clocks(paper: Paper, book: Handbook, names: Names, now: int) -> Table:
    rows = []
    for t in clocks.timers(paper.incident, book):
        clock = book.clocks[t.clock]
        whose = paper.firms.get(t.firm, Text(t.firm, t.firm)) if t.firm else Text("值班员", "duty officer")
        rows.append((Text(clock.zh, clock.en), whose, names.stamp(t.due), names.stamp(t.done), Text(*clocks.STANDS[t.stands(now)])))  # fmt: skip
    columns = (Column(Text("事项", "What")), Column(Text("责任", "Whose")), Column(Text("截止", "Due")), Column(Text("完成", "Done")), Column(Text("状态", "State")))  # fmt: skip
    sources = dict.fromkeys(book.clocks[t.clock].source for t in clocks.timers(paper.incident, book))
    basis = joined(Text(*source) for source in sources)
    return Table(Text("时限", "Clocks"), columns, tuple(rows), basis=basis)


def _reports(paper: Paper, book: Handbook, names: Names) -> list[Block]:
    found: list[Block] = []
    for r in paper.incident.reports:
        found.append(Heading(both("{k}({t})", "{k} ({t})", k=Text(*REPORTS[r.kind]), t=names.time(r.at)), 2))
        contents = book.reports.get(r.kind, ())
        if contents:
            found.append(Notes(tuple((Text(c.zh, c.en), r.holds.get(c.id, "")) for c in contents)))
        else:
            found.append(Paragraph(r.holds.get("what", "")))
    return found or [Callout("warning", Text("没有信息报告。", "No report was made."))]


def _tasks(paper: Paper, book: Handbook, names: Names) -> Table:
    columns = (Column(Text("任务", "Task"), wide=2), Column(Text("责任单位", "Owner")), Column(Text("期限", "Due")), Column(Text("状态", "State")), Column(Text("结果", "Result"), wide=1.5))  # fmt: skip
    rows = tuple((Text(*book.said(t.what)), Text(*book.said(t.owner)), names.stamp(t.due), Text(*TASKS[t.state]), t.result if t.state != OPEN else "") for t in paper.incident.tasks)  # fmt: skip
    return Table(Text("任务", "Tasks"), columns, rows)


def _advice(paper: Paper, names: Names) -> list[Block]:
    if not paper.advice:
        return [Paragraph(Text("未发出调度建议。", "No advice was sent."))]
    columns = (
        Column(Text("企业", "Firm")), Column(Text("内容", "What"), wide=2), Column(Text("发出", "Sent")), Column(Text("市局签收", "City received")), Column(Text("企业签收", "Firm received")), Column(Text("答复", "Answer"), wide=1.5),
    )  # fmt: skip
    rows = tuple((firm, a.text, names.stamp(a.issued_at), names.stamp(a.city_received_at), names.stamp(a.firm_received_at), a.answer or Text(*advices.STAGES[a.stage])) for firm, a in paper.advice)  # fmt: skip
    return [
        Table(
            Text("调度建议", "Advice"),
            columns,
            rows,
            basis=Text("对企业为建议,不是指令。", "To firms it is advice, not an order."),
        )
    ]


def _timeline(paper: Paper, names: Names) -> Table:
    columns = (Column(Text("时间", "When")), Column(Text("账号", "Account")), Column(Text("事项", "What")), Column(Text("内容", "Text"), wide=2.5))  # fmt: skip
    return Table(Text("经过", "Timeline"), columns, tuple((names.stamp(at), who, what, said) for at, who, what, said in paper.timeline))  # fmt: skip
