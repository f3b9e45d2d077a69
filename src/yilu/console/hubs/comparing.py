"""Two hub designs side by side: hubs and allocation on the map, what each costs, takes and emits, what is proven of it, and where they differ."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.hubs import on_map
from yilu.console.hubs.asked import NONE, SEES, Question, being_made, name_of, question_of, seconds_of, shared
from yilu.console.hubs.basis import basis, rates
from yilu.console.hubs.on_map import tier_name
from yilu.console.hubs.worked import Worked, answer, design_of
from yilu.console.pages.drawing import BARS, Drawn, chart
from yilu.console.pages.naming import Pair
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.studies.hub_files import allocation_rows, hub_rows

TITLE = _("枢纽设计")
FIRST, SECOND = _("方案一"), _("方案二")
OBJECTIVES: dict[str, Pair] = {
    "": ("费用(元/日)", "cost (yuan/day)"),
    "hard": ("费用(元/日)", "cost (yuan/day)"),
    "penalty": ("费用与超时费(元/日)", "cost and fines (yuan/day)"),
    "volume": ("超时件/日", "late items/day"),
}
BOTH: Pair = ("两案同一县区", "both, same unit")
SAME_CITY: Pair = ("两案同市不同县区", "both, another unit of the city")
ONLY: tuple[Pair, Pair] = (("仅方案一", "design 1 only"), ("仅方案二", "design 2 only"))
Row = dict[str, Any]


@screen("hubs", SEES)
def hubs(ask: Ask) -> Page:
    """Two hub designs beside each other."""
    seconds, first, second = seconds_of(ask), question_of(ask), question_of(ask, "other_")
    asked = [first] if second.system == NONE else [first, second]
    found = answer(ask, [design_of(ask, q, seconds) for q in asked])
    done = list(takewhile(lambda w: w is not None, found))  # the second is not shown before the first
    more = {**shared(ask, seconds), "_first": first, "_second": second, "names": [name_of(ask, q) for q in asked]}
    if not done:
        return being_made(Page("hubs/compared", TITLE, more=more), 0, len(asked))
    states, marked = differing(ask, done)
    maps = [{"name": f"design-{n + 1}", "title": title, "data": on_map.drawn(ask, w, states[n], marked[n])} for n, (w, title) in enumerate(zip(done, (FIRST, SECOND), strict=False))]  # fmt: skip
    more |= {"_maps": maps, "_classes": on_map.KM, "says": says(done)}
    tables = (measures(ask, done), hub_table(ask, done), allocation(ask, done), basis(ask, *asked), rates(ask))
    page = Page("hubs/compared", TITLE, tables, (parts(done),), more)
    return page if len(done) == len(asked) else being_made(page, len(done), len(asked))


def measure_row(w: Worked) -> Row:
    """What a design does in a day, as a row holds it; its modelled figures are those of the study."""
    does, plan = w.does, w.design.plan
    return {
        "hubs": len(w.design.hubs), "cost": does.cost_yuan, "an_item": does.cost_yuan / does.items, "objective": OBJECTIVES[w.asked.late], "value": plan.cost, "bound": w.bound, "gap": w.gap,
        "gap_changeable": w.gap_of_changeable, "hours": does.hours, "in_time": w.in_time, "late": w.late_items, "carbon": does.carbon_kg / 1e3, "items": does.items,
    }  # fmt: skip


MEASURES = (
    Column("hubs", _("枢纽数"), "count"), Column("cost", _("费用(元/日)"), "count"), Column("an_item", _("元/件"), "fine"), Column("objective", _("求解目标")), Column("value", _("求解值"), "count"),
    Column("bound", _("已证明的下界"), "count"), Column("gap", _("差距"), "gap"), Column("gap_changeable", _("差距(占可变费用)"), "gap"), Column("hours", _("省内件平均小时"), "number"), Column("in_time", _("时限达成(按件)"), "share"),
    Column("late", _("超时件/日"), "count"), Column("carbon", _("碳排放(吨/日)"), "count"), Column("items", _("经枢纽件/日"), "short"),
)  # fmt: skip
_COMPARED = ("hubs", "cost", "an_item", "hours", "in_time", "late", "carbon", "items")


def measures(ask: Ask, done: list[Worked]) -> Table:
    """Both designs and their difference."""
    rows: list[Row] = [{"name": title, "design": name_of(ask, w.asked), **measure_row(w)} for w, title in zip(done, (FIRST, SECOND), strict=False)]  # fmt: skip
    if len(rows) == 2:
        a, b = rows
        less = {k: None if a[k] is None or b[k] is None else b[k] - a[k] for k in _COMPARED}
        rows.append({"name": _("二减一"), "design": "", "objective": "", **less})
    columns = (Column("name", _("方案")), Column("design", _("枢纽、需求与时限")), *MEASURES)
    return Table("measures", _("两案的费用、时间、时限与碳(模型数字,每日)") if len(done) == 2 else _("方案的费用、时间、时限与碳(模型数字,每日)"), columns, rows)  # fmt: skip


def says(done: list[Worked]) -> list[Pair]:
    """What may be said of the difference in cost, and what may not."""
    if len(done) < 2:
        return []
    a, b = done
    out: list[Pair] = []
    if a.asked.demand != b.asked.demand:
        return [("两案的需求不同,费用不能直接相比,请看元/件、小时与枢纽所在。", "The designs are for different demand: compare yuan an item, hours and where the hubs are, not costs.")]  # fmt: skip
    more = b.does.cost_yuan - a.does.cost_yuan
    share = 100 * more / (a.does.cost_yuan - a.m.floor)
    zh, en = ("多", "more") if more > 0 else ("少", "less")
    out.append((
        f"方案二每日{zh}费 {abs(more) / 1e4:,.1f} 万元,为方案一中枢纽可变费用的 {abs(share):.2f} %。",
        f"Design 2 costs {abs(more):,.0f} yuan a day {en}: {abs(share):.2f} % of what hubs can change of design 1.",
    ))  # fmt: skip
    if a.asked.is_tiered != b.asked.is_tiered:
        out.append((
            "一案分层、一案不分层:分层的干线有折扣,不分层的没有,且不分层时每处枢纽都可发往外省。两者费用不能直接相比。",
            "One has tiers and the other has not: tiers take a discount off transfer, and without them every hub may send on to other provinces. Their costs don't compare.",
        ))  # fmt: skip
    elif comparable(a.asked, b.asked):
        first_dearer = a.design.plan.cost >= b.design.plan.cost
        dear, cheap = (a, b) if first_dearer else (b, a)
        zh, en = ("一", "1") if first_dearer else ("二", "2")
        if dear.bound is not None and dear.bound > cheap.design.plan.cost:
            out.append((f"已证明:任何一个方案{zh}那样的设计都比另一案贵。", f"Proven: every design of the kind of design {en} costs more than the other one."))  # fmt: skip
        else:
            out.append((f"未证明孰优:方案{zh}的下界不高于另一案的费用,继续计算也许会找到更便宜的。", f"Not proven: the bound of design {en} is not above the other one's cost; a longer search may find a cheaper one."))  # fmt: skip
    return out


def comparable(a: Question, b: Question) -> bool:
    """Whether one design's bound says something of the other's cost: both are looked for by the same yuan."""
    return a.is_of_cost and b.is_of_cost and a.late == b.late and (not a.late or a.within == b.within)


def differing(ask: Ask, done: list[Worked]) -> tuple[list[dict[str, Pair]], list[set[str]]]:
    """What is said of each hub of each design against the other one's, by its unit's code; and units whose city has a hub in this design alone."""
    code = ask.seen.network.areas.code_of_id
    units = [{code[int(w.m.unit[h])]: int(w.m.city[h]) for h in w.design.hubs} for w in done]
    if len(done) < 2:
        return [{}], [set()]
    states = [
        {u: BOTH if u in other else SAME_CITY if city in other.values() else ONLY[n] for u, city in own.items()}
        for n, (own, other) in enumerate((units, units[::-1]))
    ]
    return states, [{u for u, state in s.items() if state in ONLY} for s in states]


def hub_table(ask: Ask, done: list[Worked]) -> Table:
    """Hubs of either design, by city and unit."""
    states, _marked = differing(ask, done)
    held = [{r["unit"]: r for r in hub_rows(w.m, w.design)} for w in done]
    rows: list[Row] = []
    for unit in sorted({u for h in held for u in h}):
        of = next(h[unit] for h in held if unit in h)
        row: Row = {"code": unit, "unit": (of["name_zh"], of["name_en"]), "city": (of["city_zh"], of["city_en"])}
        row["state"] = next((s[unit] for s in states if unit in s), "")
        for n, h in enumerate(held, 1):
            r = h.get(unit)
            row |= {f"tier_{n}": tier_name(r["tier"]) if r else None, f"units_{n}": r["units"] if r else None, f"items_{n}": r["items_a_day"] if r else None}  # fmt: skip
        rows.append(row)
    columns = [Column("code", _("代码")), Column("city", _("地市")), Column("unit", _("县级单元"))]
    if len(done) == 2:
        columns.append(Column("state", _("在哪一案")))
    for n, title in enumerate((_("层级(一)"), _("层级(二)"))[: len(done)], 1):
        units, items = ((_("服务县区(一)"), _("件/日(一)")), (_("服务县区(二)"), _("件/日(二)")))[n - 1]
        columns += [Column(f"tier_{n}", title), Column(f"units_{n}", units, "count"), Column(f"items_{n}", items, "short")]  # fmt: skip
    return Table("hubs", _("枢纽"), tuple(columns), rows)


def allocation(ask: Ask, done: list[Worked]) -> Table:
    """County units with their hubs, those that change first; of a chosen city its own."""
    network, held = ask.seen.network, [allocation_rows(w.m, w.design) for w in done]
    ids = network.areas.index_of_code
    here = network.under(ask.filter.area) if ask.filter.area else network.area_inside
    rows: list[Row] = []
    for of in zip(*held, strict=True):
        if not here[ids[of[0]["unit"]]]:
            continue
        row: Row = {"code": of[0]["unit"], "unit": (of[0]["name_zh"], of[0]["name_en"]), "items": of[0]["items_a_day"], "changed": _("改属") if len({r["hub"] for r in of}) > 1 else ""}  # fmt: skip
        for n, r in enumerate(of, 1):
            row |= {f"hub_{n}": (r["hub_zh"], r["hub_en"]), f"km_{n}": r["km"], f"minutes_{n}": r["minutes"]}
        rows.append(row)
    columns = [Column("code", _("代码")), Column("unit", _("县级单元")), Column("items", _("件/日"), "count")]
    titles = ((_("枢纽(一)"), _("公里(一)"), _("分钟(一)")), (_("枢纽(二)"), _("公里(二)"), _("分钟(二)")))
    for n, (hub, km, minutes) in enumerate(titles[: len(done)], 1):
        columns += [Column(f"hub_{n}", hub), Column(f"km_{n}", km, "hours"), Column(f"minutes_{n}", minutes, "count")]
    if len(done) == 2:
        columns.append(Column("changed", _("变化")))
    return Table("allocation", _("县级单元归哪个枢纽(地图的数据)"), tuple(columns), sorted(rows, key=lambda r: not r["changed"]))  # fmt: skip


def parts(done: list[Worked]) -> Chart:
    """Cost by part, without what no hub changes."""
    told = [w.does for w in done]
    series = (
        Drawn("collection", _("集货"), [d.collection_yuan for d in told], BARS), Drawn("transfer", _("枢纽间干线"), [d.transfer_yuan for d in told], BARS), Drawn("distribution", _("分送"), [d.distribution_yuan for d in told], BARS),
        Drawn("onward", _("出省与国际(可变部分)"), [w.does.onward_yuan - w.m.floor for w in done], BARS),
    )  # fmt: skip
    return chart("parts", _("枢纽可变费用的构成(元/日)"), Column("design", _("方案")), [FIRST, SECOND][: len(told)], series, "short", 300, stacked=True)  # fmt: skip
