"""What a daily report says of alerts: in a sentence, by severity, by rule, the gravest, and what goes to the next shift."""

from __future__ import annotations

from collections.abc import Iterable

from yilu.documents import Block, Callout, Column, Paragraph, Table, Text, both
from yilu.documents.figures import NONE, count
from yilu.documents.model import Words, joined
from yilu.supervision.alerts import LIVES, PROVISIONAL, RESOLVED, Alert
from yilu.supervision.reports.daily import Daily
from yilu.supervision.reports.wording import Names
from yilu.supervision.rules.declared import SEVERITIES, Catalogue

GRAVEST = 12
"""How many alerts are listed one by one."""
_GRAVE = max(SEVERITIES)
_LIFE: dict[str, Text] = {life: Text(zh, life) for life, (zh, _) in LIVES.items()}
_BASIS = Text(
    "同一规则、企业、场所、日期的证据合为一条;按证据发生时间计;被抑制与静默的不列入;“待定”为超出数据完整时点、可能撤销的。",
    "Evidence of one rule, operator, place and day is one alert; counted by when the evidence begins; inhibited and silenced ones are left out; provisional: beyond what feeds have told completely, may be taken back.",
)


def goes_on(alert: Alert, rules: Catalogue) -> bool:
    """Whether it is of a rule that can end by itself and has not ended."""
    return rules.rules[alert.rule].resolves and alert.life != RESOLVED


def to_check(alert: Alert, rules: Catalogue) -> bool:
    """Whether it is of a rule that never ends by itself: someone must find out."""
    return not rules.rules[alert.rule].resolves


def summary(daily: Daily, rules: Catalogue) -> list[Block]:
    """The shift's alerts in a sentence, and the grave ones as a callout."""
    told = [a for a in daily.alerts if a.told]
    new = [a for a in told if daily.new(a)]
    by = [
        both("{s}{n}条", "{n} {s}", s=_severity(s), n=count(sum(a.severity == s for a in new)))
        for s in sorted(SEVERITIES, reverse=True)
        if any(a.severity == s for a in new)
    ]
    of_these = both(",其中{by}", " ({by})", by=joined(by, "、", ", ")) if by else ""
    said = both(
        "本班新增预警{n}条{of},解除{r}条;交班时仍在持续{o}条,待核查累计{c}条。",
        "In the shift {n} alerts began{of} and {r} resolved; at its end {o} were going on, and {c} in all were to be checked.",
        n=count(len(new)), of=of_these, r=count(sum(map(daily.ended, told))), o=count(sum(goes_on(a, rules) for a in told)),
        c=count(sum(to_check(a, rules) for a in told)),
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(said)]
    grave = [a for a in new if a.severity == _GRAVE]
    if grave:
        blocks.append(Callout("grave", both("本班新增严重预警{n}条,见“预警情况”。", "{n} grave alerts began in the shift; see Alerts.", n=count(len(grave)))))  # fmt: skip
    return blocks


def told(daily: Daily, names: Names, rules: Catalogue) -> list[Block]:
    """Tables by severity and rule, and of the gravest alerts."""
    heard = [a for a in daily.alerts if a.told]
    lately = [a for a in heard if daily.new(a) or daily.ended(a)]
    if not heard:
        return [Callout("calm", Text("截至交班无预警。", "There were no alerts up to the end of the shift."))]
    blocks: list[Block] = [_by_severity(daily, heard, rules)]
    if lately:
        blocks.append(_by_rule(daily, heard, rules))
    new = [a for a in heard if daily.new(a)]
    if new:
        first = sorted(new, key=lambda a: (-a.severity, -a.items, a.first, a.id))[:GRAVEST]
        blocks.append(_one_by_one(
            both("本班新增预警中较重者(共{n}条,列{k}条)", "The gravest of the {n} alerts that began in the shift ({k} listed)", n=count(len(new)), k=count(len(first))),
            first, names, rules,
        ))  # fmt: skip
    return blocks


def handed_over(daily: Daily, names: Names, rules: Catalogue) -> list[Block]:
    """What the next shift takes over: by rule what goes on and what is to be checked, with items and since when; feeds that lag; room to sign."""
    still = [a for a in daily.alerts if a.told and a.life != RESOLVED]
    lagging = [f.name for f in daily.feeds if f.complete_to < daily.shift.midnight and not f.silent]
    blocks: list[Block] = []
    if not still:
        blocks.append(Callout("calm", Text("无未解除的预警。", "No alert is open.")))
    else:
        unit = Text("条", "alerts")
        blocks.append(Table(
            Text("移交下一班的预警", "Alerts for the next shift"),
            (
                Column(Text("规则", "Rule"), wide=1.7), Column(Text("级别", "Severity"), wide=0.85), Column(Text("预警", "Alerts"), unit, True, 0.9),
                Column(Text("本班新增", "New"), unit, True, 0.95), Column(Text("涉及寄件", "Items"), Text("件", "items"), True, 0.95),
                Column(Text("最早发生", "Earliest"), wide=1.35), Column(Text("后续", "What follows"), wide=1.5),
            ),
            tuple(_open(rule, alerts, daily, names, rules) for rule, alerts in _of_rules(still, rules)),
            basis=Text(
                "持续监测的,条件消失即自行解除;转核查的不会自行解除,须核实后处理。",
                "What is watched resolves once its cause is gone; what is to be checked never resolves by itself.",
            ),
        ))  # fmt: skip
    if lagging:
        blocks.append(Paragraph(both("昨日数据未完整的数据源:{list};到齐后重新生成本报告。", "Feeds whose data of yesterday are not complete: {list}; make this report again once they are.", list=joined(lagging, "、", ", "))))  # fmt: skip
    if daily.without:
        blocks.append(Paragraph(both("已中断、须联系企业补报的数据源:{list};未解除的预警中涉及其寄件的,情况或已变化。", "Feeds that have fallen silent and must be asked for what is missing: {list}; of open alerts those about their items may have changed.", list=joined([f.name for f in daily.without], "、", ", "))))  # fmt: skip
    signed = Text("交班人：＿＿＿＿＿＿　接班人：＿＿＿＿＿＿　带班领导：＿＿＿＿＿＿", "Handed over by: ____________   Taken over by: ____________   Officer in charge: ____________")  # fmt: skip
    return [*blocks, Paragraph(signed)]


def _open(rule: str, alerts: list[Alert], daily: Daily, names: Names, rules: Catalogue) -> tuple[Words, ...]:
    one = rules.rules[rule]
    follows = Text("持续监测至解除", "watch until it ends") if one.resolves else Text("转核查", "to be checked")
    return (
        Text(one.zh, one.en), _severity(_gravest(alerts)), count(len(alerts)), count(sum(map(daily.new, alerts))), _items(alerts),
        names.stamp(min(a.first for a in alerts)), follows,
    )  # fmt: skip


def _by_severity(daily: Daily, heard: list[Alert], rules: Catalogue) -> Table:
    def row(alerts: list[Alert]) -> tuple[str, ...]:
        return _counts(daily, alerts, rules)

    rows: list[tuple[Words, ...]] = [
        (_severity(s), *row([a for a in heard if a.severity == s])) for s in sorted(SEVERITIES, reverse=True)
    ]
    return Table(
        Text("预警按级别", "Alerts by severity"),
        (Column(Text("级别", "Severity"), wide=1), *_counted()),
        (*rows, (Text("合计", "All"), *row(heard))),
        strong=frozenset({len(rows)}),
    )


def _counts(daily: Daily, alerts: list[Alert], rules: Catalogue) -> tuple[str, ...]:
    """Cells of the columns ``_counted``."""
    provisional = sum(a.life == PROVISIONAL for a in alerts)
    on, check = (sum(f(a, rules) for a in alerts) for f in (goes_on, to_check))
    return tuple(map(count, (sum(map(daily.new, alerts)), sum(map(daily.ended, alerts)), on, check, provisional)))


def _counted() -> tuple[Column, ...]:
    unit = Text("条", "alerts")
    return (
        Column(Text("本班新增", "New in the shift"), unit, True), Column(Text("本班解除", "Resolved in the shift"), unit, True),
        Column(Text("仍在持续", "Going on at its end"), unit, True), Column(Text("待核查累计", "To be checked, all"), unit, True),
        Column(Text("其中待定", "Of these provisional"), unit, True),
    )  # fmt: skip


def _by_rule(daily: Daily, heard: list[Alert], rules: Catalogue) -> Table:
    rows: list[tuple[Words, ...]] = []
    for rule, alerts in _of_rules(heard, rules):
        one = rules.rules[rule]
        if any(daily.new(a) or daily.ended(a) for a in alerts):
            new = [a for a in alerts if daily.new(a)]
            began, *others = _counts(daily, alerts, rules)
            rows.append((Text(one.zh, one.en), _severity(_gravest(alerts)), began, _items(new), *others))
    return Table(
        Text("本班预警按规则", "Alerts of the shift by rule"),
        (
            Column(Text("规则", "Rule"), wide=1.9), Column(Text("级别", "Severity"), wide=0.85),
            _counted()[0], Column(Text("涉及寄件", "Their items"), Text("件", "items"), True, 0.9), *_counted()[1:],
        ),
        tuple(rows),
    )  # fmt: skip


def _one_by_one(caption: Text, alerts: list[Alert], names: Names, rules: Catalogue) -> Table:
    def row(a: Alert) -> tuple[Words, ...]:
        one = rules.rules[a.rule]
        return (
            Text(one.zh, one.en), _severity(a.severity), names.facility.get(a.place, Text(NONE, NONE)), names.operator.get(a.operator, Text(NONE, NONE)),
            _items([a]), names.stamp(a.first), _LIFE[a.life], a.id,
        )  # fmt: skip

    return Table(
        caption,
        (
            Column(Text("规则", "Rule"), wide=1.35), Column(Text("级别", "Severity"), wide=0.8), Column(Text("场所", "Place"), wide=1.4), Column(Text("企业", "Operator"), wide=1.1),
            Column(Text("件数", "Items"), "", True, 0.6), Column(Text("起始", "Since"), wide=1.35), Column(Text("状态", "State"), wide=0.8), Column(Text("编号", "Id"), wide=1.7),
        ),
        tuple(row(a) for a in alerts),
        basis=_BASIS,
    )  # fmt: skip


def _of_rules(alerts: list[Alert], rules: Catalogue) -> Iterable[tuple[str, list[Alert]]]:
    """Rules that speak, gravest first, with their alerts."""
    of = {rule: [a for a in alerts if a.rule == rule] for rule in {a.rule for a in alerts}}
    return sorted(of.items(), key=lambda one: (-_gravest(one[1]), rules.number(one[0])))


def _gravest(alerts: list[Alert]) -> int:
    """The severity of the gravest: that of their rule, or more in a protected period."""
    return max(a.severity for a in alerts)


def _severity(number: int) -> Text:
    return Text(*SEVERITIES[number])


def _items(alerts: list[Alert]) -> str:
    """Items of alerts; a dash where all speak of counts alone."""
    n = sum(a.items for a in alerts)
    return count(n) if n else NONE
