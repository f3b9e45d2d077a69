"""A disruption study as a short document: what stops, what it costs in promises, what to do, in both languages."""

from __future__ import annotations

from yilu.documents import Bars, Block, Callout, Column, Document, Heading, Notes, Paragraph, Table, Text, both
from yilu.documents.figures import count
from yilu.studies.advice import ROOM, Advice, Said, Sentence, Tally
from yilu.studies.courses import MOVES, NO_WAY, WAITS
from yilu.studies.disruption import Study

_ROWS = 20
"""Rows of a table in the document; all of them stand in advice.csv."""


def document(study: Study, what: tuple[Text, ...], tallies: list[Tally], rows: list[Advice], said: Said) -> Document:
    """The document. ``what``: each closure in words."""
    network, underway = study.timetable.network, study.underway
    waiting, moved, unbounded = (study.broken(plan) for plan in (study.waiting, study.moved, study.unbounded))
    province = Text(network.name_zh, network.name_en)
    moment = said.time(int(study.timetable.at(study.moment)))
    calls = both(
        "受影响 {n} 件;不处置将有 {a} 件失约,改走后为 {b} 件。", "{n} items are affected; {a} promises break if nothing is done, {b} after re-routing.", n=count(study.items), a=count(waiting), b=count(moved),
    )  # fmt: skip
    blocks: list[Block] = [
        Heading(Text("影响", "What it does")), Callout("grave" if moved else "notice" if waiting else "calm", calls), _plans(study),
        Bars(
            Text("失约件数", "Promises that break"), Text("方案", "plan"), Text("件", "items"),
            (Text("不处置,等候恢复", "Waiting"), Text("在剩余运力内改走", "New ways within the room left"), Text("运力不限时改走", "New ways if all had room")),
            (float(waiting), float(moved), float(unbounded)), calls, places=0,
        ),
        Heading(Text("在何处、属何企业", "Where, and whose")), _by_place(tallies, said),
        Heading(said_heading(said)), *_advice([r for r in rows if r.action != ROOM], said, Text("此外各行见 advice.csv。", "The other rows stand in advice.csv.")),
        Heading(Text("加运力", "More room")), *_more_room([r for r in rows if r.action == ROOM], said),
        Heading(Text("口径", "Basis")), _basis(study),
    ]  # fmt: skip
    basis = Text("按需求推算的在途件", "Items expected from demand") if underway.expected else Text("事实库中的在途件", "Items in flight by the facts")  # fmt: skip
    return Document(
        title=both("{p}网络中断影响研判", "What a disruption does to the network of {p}", p=province),
        subtitle=Text(";".join(w.zh for w in what), "; ".join(w.en for w in what)),
        issuer=province,
        facts=((Text("研判时刻", "Moment"), moment), (Text("依据", "Made of"), basis)),
        blocks=tuple(blocks),
        as_of=int(study.timetable.at(study.moment)),
    )


def said_heading(said: Said) -> Text:
    """调度建议 or 调度指令."""
    return Text(said.head.zh, {"Advice": "Advice", "Order": "Orders"}[said.head.en])


def _plans(study: Study) -> Table:
    kept = int((study.plan.items[study.affected] * study.kept).sum())
    rows = (
        (Text("研判时在途", "On their way at the moment"), count(study.on_the_way)),
        (Text("受影响", "Affected"), count(study.items)),
        (Text("其中稍后才揽收", "of these collected only later"), count(int(study.plan.items[study.affected][study.coming].sum()))),
        (Text("无中断时可守承诺", "Promise kept where nothing is disturbed"), count(kept)),
        (Text("不处置则失约", "Promises that break by waiting"), count(study.broken(study.waiting))),
        (Text("改走后失约", "Promises that break after new ways"), count(study.broken(study.moved))),
        (Text("改走", "Take another way"), count(study.by_fate(MOVES))),
        (Text("在原线路等候", "Wait for their own lanes"), count(study.by_fate(WAITS))),
        (Text("时刻表内无路可走", "No way within the timetable"), count(study.by_fate(NO_WAY))),
    )  # fmt: skip
    return Table(Text("件数", "Items"), (Column(Text("项", "what"), wide=3), Column(Text("件", "items"), number=True)), rows)  # fmt: skip


def _by_place(tallies: list[Tally], said: Said) -> Table:
    columns = (
        Column(Text("设施", "facility"), wide=2), Column(Text("企业", "operator"), wide=1.5), Column(Text("受影响", "affected"), number=True), Column(Text("等候则失约", "break by waiting"), number=True),
        Column(Text("改走后失约", "break after new ways"), number=True),
    )  # fmt: skip
    rows = tuple(
        (_text(said.place(t.facility)), _text(said.operator(t.operator)), count(t.items), count(t.waiting), count(t.moved))
        for t in tallies[:_ROWS]
    )  # fmt: skip
    return Table(Text("受影响件所在设施", "Where affected items stand"), columns, rows)


def _text(of: Sentence) -> Text:
    return Text(of.zh, of.en)


def _advice(rows: list[Advice], said: Said, rest: Text) -> list[Block]:
    told: list[Block] = [Paragraph(_text(said.sentence(row))) for row in rows[:_ROWS]]
    return told + ([Paragraph(rest)] if len(rows) > _ROWS else []) if told else [Paragraph(Text("无须处置。", "Nothing needs to be done."))]  # fmt: skip


def _more_room(rows: list[Advice], said: Said) -> list[Block]:
    if not rows:
        return [Paragraph(Text("所试线路单独加运力均无助益。", "More room on none of the lanes tried would save an item by itself."))]  # fmt: skip
    return [Paragraph(_text(said.sentence(row))) for row in rows]


def _basis(study: Study) -> Notes:
    items: list[tuple[Text, Text]] = [
        (Text("失约", "Promise that breaks"), Text("无中断时按时、中断后逾期的件;原已逾期或无承诺的不计", "In time where nothing is disturbed, late with the disruption; what is late anyway, or promised nothing, doesn't count")),
        (Text("不处置", "Waiting"), Text("错过班次的件等候同一线路的下一班有余量的车", "Who misses a ride takes the next one of the same lane that has room")),
        (Text("改走", "New ways"), Text("在其他件占用之外的余量内重新选路,已发车的一程不变;贪心求解,不保证最优", "Within the room that the others leave; legs that have begun stay as they are; found greedily, not proven best")),
        (Text("加运力", "More room"), Text("一次只加一条线路", "One lane at a time")),
    ]  # fmt: skip
    if study.underway.expected:
        items.append((Text("推算", "Expected"), Text("按省份需求、收寄时段与时刻表推算,并非实际件", "From the province's demand, hours of acceptance and timetable; no real items")))  # fmt: skip
    return Notes(tuple(items))
