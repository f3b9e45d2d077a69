"""The daily report as a document: what is said, in which order, in both languages."""

from __future__ import annotations

from yilu.documents import Block, Callout, Chart, Column, Document, Heading, Notes, Paragraph, Series, Table, Text, both
from yilu.documents.figures import count
from yilu.documents.model import Words, joined
from yilu.indicators import catalogue
from yilu.indicators.declared import UNITS
from yilu.network import Network
from yilu.supervision.reports import daily_alerts
from yilu.supervision.reports.daily import BY_CITY, BY_OPERATOR, HEADLINES, HOURLY, Daily, Figure, Group
from yilu.supervision.reports.wording import (
    Names,
    bare,
    bare_change,
    capital,
    change,
    day,
    sentence,
    short_day,
    zh_and_en,
)
from yilu.supervision.rules.declared import Catalogue

_MARK = "*"
"""Stands behind the title of a column whose figures may still change."""
_SHORT: dict[str, Text] = {
    "accepted": Text("收寄量", "Accepted"),
    "delivered": Text("投递量", "Delivered"),
    "on_time_rate_received": Text("准时率(投递)", "On time, received"),
    "days_in_flight": Text("在途天数", "Days in flight"),
    "checks_rate": Text("三项制度执行率", "Three checks"),
}
"""Titles of columns, shorter than the indicators' names."""
_COMPARED = frozenset({"accepted", "delivered", "on_time_rate_received"})
_POINTS, _PER_CENT = Text("个百分点", "pp"), Text("%", "%")


def document(daily: Daily, network: Network, rules: Catalogue) -> Document:
    """The document of a report."""
    names = Names(network, daily.shift.day.year)
    shift = daily.shift
    blocks: list[Block] = [
        Heading(Text("总体情况", "Overview")),
        *_overview(daily, names, rules),
        _headlines(daily),
        Heading(Text("分地区情况", "By city")),
        _cities(daily, names),
        Heading(Text("分企业情况", "By operator")),
        _operators(daily, names),
        Heading(Text("分时段操作量", "Through the day")),
        *_hours(daily, names),
        Heading(Text("预警情况", "Alerts")),
        *daily_alerts.told(daily, names, rules),
    ]
    if daily.zero_reports:
        blocks += [Heading(Text("重要时点零报告", "Zero reports of protected periods")), _zero_reports(daily)]
    blocks += [
        Heading(Text("数据接入情况", "State of the data")),
        *_feeds(daily, names),
        Heading(Text("交接事项", "To the next shift")),
        *daily_alerts.handed_over(daily, names, rules),
        Heading(Text("指标口径", "Basis of the figures")),
        _basis(),
    ]
    since, until = names.time(shift.since), names.time(shift.until)
    return Document(
        title=both("{p}寄递渠道运行值班日报", "Daily duty report on mail and express in {p}", p=names.province),
        subtitle=day(shift.day),
        issuer=both("{p}邮政业监测值班", "Postal monitoring duty office, {p}", p=names.province),
        facts=(
            (Text("值班时段", "Shift"), both("{a}至{b}", "{a} to {b}", a=since, b=until)),
            (Text("指标日期", "Figures of"), short_day(shift.yesterday)),
            (Text("数据截至", "Data as of"), names.time(daily.as_of)),
            (Text("完整至", "Complete up to"), names.time(daily.complete_to)),
            (Text("数据版本", "Commit"), str(daily.commit)),
        ),
        blocks=tuple(blocks),
        as_of=daily.as_of,
    )


def _overview(daily: Daily, names: Names, rules: Catalogue) -> list[Block]:
    known, figures = catalogue(), daily.headlines
    yesterday = short_day(daily.shift.yesterday)

    def of(name: str, zh: str, en: str) -> list[Text]:
        return [] if figures[name].value is None else [sentence(known[name], figures[name], zh, en)]

    volume = both(
        "昨日({day}),{a}。日末省内收寄在途{c}件。", "Yesterday ({day}), {a}. At the end of the day {c} items accepted in the province were in flight.",
        day=yesterday, c=count(figures["in_flight"].value),
        a=joined((*of("accepted", "全省收寄", "items accepted in the province came to"), *of("delivered", "投递", "deliveries to"))),
    )  # fmt: skip
    quality = [
        *of("on_time_rate_received", "准时率(投递)", "the on-time rate of items received was"),
        *of("rate_72h", "72小时准时率", "the 72-hour rate was"),
    ]
    checks = [
        *of("inspection_rate", "收寄验视率", "the inspection rate was"),
        *of("identification_rate", "实名收寄率", "the identification rate was"),
        *of("screening_rate", "过机安检率", "the screening rate was"),
    ]
    about = (
        [Paragraph(both("{zh}{a}。", "{en}{a}.", zh=zh, en=en, a=joined(parts)))]
        for zh, en, parts in (
            ("时限方面,", "As to time, ", quality),
            ("三项制度方面,", "As to the three checks, ", checks),
        )
        if parts
    )
    blocks: list[Block] = []
    if daily.provisional:
        blocks.append(Callout("notice", both(
            "数据完整至{a},带{m}的栏为初步数,迟报数据到达后可能变动。", "Data are complete up to {a}; columns marked {m} are provisional and may change as late data come.",
            a=names.time(daily.complete_to), m=_MARK,
        )))  # fmt: skip
    if daily.without:
        each = [both("{f}(最近事件{t})", "{f} (latest event {t})", f=Text(f.name, f.name), t=names.time(f.latest)) for f in daily.without]  # fmt: skip
        blocks.append(Callout("warning", both("数据源已中断:{list};昨日指标不含其后数据。", "Feeds that have fallen silent: {list}; yesterday's figures lack what came after.", list=joined(each, "、", ", "))))  # fmt: skip
    blocks += [Paragraph(volume), *_leading(daily, names), *(p for one in about for p in one)]
    return [*blocks, *daily_alerts.summary(daily, rules)]


def _leading(daily: Daily, names: Names) -> list[Block]:
    """The cities where most was accepted and delivered."""
    out: list[Text] = []
    for name, zh, en in (("accepted", "收寄量居前的是", "most was accepted in"), ("delivered", "投递量居前的是", "most was delivered in")):  # fmt: skip
        ranked = sorted(daily.cities, key=lambda g: (-(g.figures[name].value or 0), g.id))
        first = [g for g in ranked if g.figures[name].value][:3]
        if first:
            each = [both("{city}({n}件)", "{city} ({n})", city=names.area[g.id], n=count(g.figures[name].value)) for g in first]  # fmt: skip
            out.append(both("{zh}{list}", "{en} {list}", zh=zh, en=en, list=joined(each, "、", ", ")))
    return [Paragraph(capital(both("{a}。", "{a}.", a=joined(out))))] if out else []


def _marked(title: Words, provisional: bool) -> Words:
    return both("{t}{m}", "{t}{m}", t=title, m=_MARK) if provisional else title


def _headlines(daily: Daily) -> Table:
    known = catalogue()
    rows = []
    for name in HEADLINES:
        one, figure = known[name], daily.headlines[name]
        rows.append((
            Text(one.zh, one.en), zh_and_en(UNITS[one.unit]), bare(one, figure.value), bare(one, figure.day_before),
            change(one, figure.value, figure.day_before), bare(one, figure.week_before), change(one, figure.value, figure.week_before),
        ))  # fmt: skip
    return Table(
        Text("主要指标", "Headline indicators"),
        (
            Column(Text("指标", "Indicator"), wide=2.1), Column(Text("单位", "Unit"), wide=0.75),
            Column(_marked(Text("昨日", "Yesterday"), daily.provisional), number=True, wide=1.1),
            Column(Text("上日", "Day before"), number=True, wide=1.1), Column(Text("比上日", "Change"), number=True, wide=1.35),
            Column(Text("上周同日", "Same day last week"), number=True, wide=1.1), Column(Text("比上周同日", "Change"), number=True, wide=1.35),
        ),
        tuple(rows),
        basis=Text(
            "监测口径,不等于统计直报;比率的变动以百分点计;各指标口径见文末;“–”为无数据或无可比数据。",
            "Monitoring basis, not the statistical return; changes of shares in percentage points (pp); the basis of each indicator stands at the end; – where there is nothing, or nothing to compare with.",
        ),
    )  # fmt: skip


def _columns(ids: tuple[str, ...], first: Text, provisional: bool) -> tuple[Column, ...]:
    """Columns of a table by group: of each indicator its value, and beside those compared the change on the day before."""
    out = [Column(first, wide=1.7)]
    for name in ids:
        unit = UNITS[catalogue()[name].unit]
        out.append(Column(_marked(_SHORT[name], provisional), zh_and_en(unit), True, 1.15))
        if name in _COMPARED:
            of_change = _POINTS if catalogue()[name].unit == "share" else _PER_CENT
            out.append(Column(Text("比上日", "Change"), of_change, True, 1.2))
    return tuple(out)


def _cells(figures: dict[str, Figure], ids: tuple[str, ...]) -> list[Words]:
    out: list[Words] = []
    for name in ids:
        one, figure = catalogue()[name], figures[name]
        out.append(bare(one, figure.value))
        if name in _COMPARED:
            out.append(bare_change(one, figure.value, figure.day_before))
    return out


def _cities(daily: Daily, names: Names) -> Table:
    """The province, then each region with its cities, then what lies in none."""
    rows: list[tuple[Words, ...]] = [(Text("全省", "Province"), *_cells(daily.headlines, BY_CITY))]
    strong = {0}
    for region in daily.regions:
        strong.add(len(rows))
        rows.append((names.area[region.id], *_cells(region.figures, BY_CITY)))
        rows += [_city(g, names) for g in daily.cities if g.region == region.id]
    placed = {r.id for r in daily.regions}
    rows += [_city(g, names) for g in daily.cities if g.region not in placed]
    return Table(
        Text("各市寄递业务情况", "Cities"),
        _columns(BY_CITY, Text("地区", "Area"), daily.provisional),
        tuple(rows),
        basis=Text(
            "收寄按寄出地,投递、准时率与在途天数按寄达地;在途天数为日末寄达该地的在途件除以当日投递量,用以衡量积压。监测口径。",
            "Accepted by origin; delivered, on time and days in flight by destination; days in flight: items for the area in flight at the end of the day over the day's deliveries, a measure of backlog. Monitoring basis.",
        ),
        strong=frozenset(strong),
    )


def _city(group: Group, names: Names) -> tuple[Words, ...]:
    return (names.area.get(group.id, Text("未知", "Unknown")), *_cells(group.figures, BY_CITY))


def _operators(daily: Daily, names: Names) -> Table:
    new = {g.id: sum(a.told and daily.new(a) and a.operator == g.id for a in daily.alerts) for g in daily.operators}
    rows = [
        (names.operator.get(g.id, Text("未知", "Unknown")), *_cells(g.figures, BY_OPERATOR), count(new[g.id]))
        for g in daily.operators
    ]
    return Table(
        Text("各企业寄递业务情况", "Operators"),
        (*_columns(BY_OPERATOR, Text("企业", "Operator"), daily.provisional), Column(Text("新增预警", "New alerts"), Text("条", "alerts"), True, 0.9)),
        tuple(rows),
        basis=Text("按收寄量排列;口径同上,三项制度执行率为省内收寄件。", "By items accepted; basis as above; the three checks are those of items accepted in the province."),
    )  # fmt: skip


def _hours(daily: Daily, names: Names) -> list[Block]:
    called = {"accept": Text("收寄", "Accepted"), "deliver": Text("投递", "Delivered")}
    peaks = []
    for kind in HOURLY:
        hours = daily.hours[kind]
        if any(hours):
            top = max(range(24), key=lambda h: hours[h])
            peaks.append(both("{k}高峰在{a}时至{b}时({n}次)", "{k}: peak from {a} to {b} o'clock ({n} scans)", k=called[kind], a=str(top), b=str(top + 1), n=count(hours[top])))  # fmt: skip
    summary: Words = both("{p}。", "{p}.", p=joined(peaks)) if peaks else Text("当日无操作。", "No scans on that day.")
    chart = Chart(
        both(
            "{d}各时收寄与投递操作量",
            "Scans of acceptance and delivery by hour, {d}",
            d=short_day(daily.shift.yesterday),
        ),
        axis=both("时(当地)", "hour of the day, local"),
        unit=Text("次", "scans"),
        categories=tuple(str(h) for h in range(24)),
        series=tuple(Series(called[k], tuple(float(n) for n in daily.hours[k])) for k in HOURLY),
        summary=summary,
        basis=Text(
            "省内场所的有效扫描事件数,子件与换单后续号各自计入,故与收寄量、投递量不等。监测口径。",
            "Scans that hold at facilities of the province; pieces and new numbers count by themselves, so sums differ from items accepted and delivered. Monitoring basis.",
        ),
    )
    return [Paragraph(summary), chart]


def _zero_reports(daily: Daily) -> Table:
    return Table(
        Text("重要时点每日零报告", "Daily zero reports"),
        (Column(Text("时点", "Period"), wide=3), Column(Text("情况", "Report"), wide=1.5), Column(Text("预警", "Alerts"), Text("条", "alerts"), True)),
        tuple(
            (Text(z.name_zh, z.name_en), Text("有情况", "something to report") if z.alerts else Text("零报告", "nothing to report"), count(z.alerts))
            for z in daily.zero_reports
        ),
    )  # fmt: skip


def _feeds(daily: Daily, names: Names) -> list[Block]:
    blocks: list[Block] = []
    if daily.silent:
        each = [both("{o}(自{t}起)", "{o} (since {t})", o=names.operator.get(a.operator, Text("未知", "unknown")), t=names.time(a.first)) for a in daily.silent]  # fmt: skip
        blocks.append(Callout("warning", both("交班时数据中断:{list}。", "Silent at the end of the shift: {list}.", list=joined(each, "、", ", "))))  # fmt: skip
    else:
        blocks.append(Callout("calm", Text("交班时各企业数据无中断。", "No operator was silent at the end of the shift.")))  # fmt: skip
    midnight = daily.shift.midnight
    rows = [
        (
            f.name, names.stamp(f.latest), names.stamp(f.complete_to), names.stamp(f.received),
            Text("完整", "complete") if f.complete_to >= midnight else Text("中断", "silent") if f.silent else Text("未完整", "not complete"),
        )
        for f in daily.feeds
    ]  # fmt: skip
    blocks.append(Table(
        Text("数据源", "Feeds of scan events"),
        (
            Column(Text("数据源", "Feed"), wide=1.2), Column(Text("最近事件", "Latest event"), wide=1.2), Column(Text("完整至", "Complete up to"), wide=1.2),
            Column(Text("最近接收", "Last received"), wide=1.5), Column(Text("昨日数据", "Yesterday's data"), wide=1),
        ),
        tuple(rows),
        basis=Text("完整至 = 最近事件减去容许的迟报时间,不晚于最近接收;报告的完整时点取未中断各源中最早者。", "Complete up to: the latest event less the allowed lateness, never beyond the last receipt; the report is complete up to the least of feeds that are not silent."),
    ))  # fmt: skip
    return blocks


def _basis() -> Notes:
    known = catalogue()
    return Notes(
        tuple(
            (Text(one.zh, one.en), both("{zh}。{b}。", "{en}. {c}.", zh=one.definition_zh, b=one.basis_zh, en=one.definition_en, c=one.basis_en))
            for one in (known[n] for n in dict.fromkeys((*HEADLINES, *BY_OPERATOR)))
        )
    )  # fmt: skip
