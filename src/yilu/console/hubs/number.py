"""How many hubs: the least cost found for 1 to 12 of them with the bound that is proven, what one more saves, and the plan's system beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.hubs.asked import SEES, Question, being_made, name_of, question_of, seconds_of, shared, systems
from yilu.console.hubs.basis import basis
from yilu.console.hubs.comparing import MEASURES, measure_row
from yilu.console.hubs.worked import Worked, answer, design_of
from yilu.console.pages.drawing import BARS, DASHED, POINTS, Drawn, chart
from yilu.console.pages.naming import Pair, listed
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen

TITLE = _("枢纽几处为宜")
_EMPTY = _("正在计算,完成后自动显示。")
Row = dict[str, Any]


@screen("hubs.number", SEES, "hubs/number")
def number(ask: Ask) -> Page:
    """The best sites by number of hubs, and the plan's systems."""
    seconds, of = seconds_of(ask), question_of(ask)
    asked = [replace(of, system=system) for system in _ordered(systems(ask.seen.network))]
    found = answer(ask, [design_of(ask, q, seconds) for q in asked])
    done = [w for w in found if w is not None]
    free, stated = [w for w in done if w.asked.system.isdigit()], [w for w in done if not w.asked.system.isdigit()]
    charts = (costs(free, stated), saving(free), hours(free), carbon(free))
    page = Page("hubs/number", TITLE, (numbers(ask, free), plans(ask, stated), basis(ask, of)), charts, {**shared(ask, seconds), "_first": of})  # fmt: skip
    return page if len(done) == len(asked) else being_made(page, len(done), len(asked))


def _ordered(offered: dict[str, Pair]) -> list[str]:
    """Numbers first: they are the curve."""
    return sorted(offered, key=lambda code: (not code.isdigit(), int(code) if code.isdigit() else 0))


def _units(w: Worked) -> Pair:
    """County units of a design's hubs."""
    return listed(w.m.network.areas.name_of_id[int(w.m.unit[h])] for h in w.design.hubs)


def _address(ask: Ask, q: Question) -> str:
    """Where the design lies on the map."""
    return f"{reverse('hubs')}?{ask.filter.query(system=q.system, page=1)}"


def saved(free: list[Worked]) -> dict[str, float]:
    """What each number of hubs saves a day against one hub fewer, by its code, where both are found."""
    cost = {int(w.asked.system): w.design.plan.cost for w in free}
    return {str(p): cost[p - 1] - cost[p] for p in cost if p - 1 in cost}


def numbers(ask: Ask, free: list[Worked]) -> Table:
    """One row a number of hubs."""
    less = saved(free)
    rows = [{**measure_row(w), "saved": less.get(w.asked.system), "units": _units(w), "address": _address(ask, w.asked)} for w in free]  # fmt: skip
    columns = (Column("hubs", _("枢纽数"), "count", "address"), Column("saved", _("比少一处每日节省"), "count"), *MEASURES[1:-1], Column("units", _("所在县区")))  # fmt: skip
    return Table("numbers", _("自由选址,不分层(模型数字,每日)"), columns, rows, _EMPTY)


def plans(ask: Ask, stated: list[Worked]) -> Table:
    """The plan's systems, and the best found with as many tiers."""
    rows = [{"name": name_of(ask, w.asked), "address": _address(ask, w.asked), **measure_row(w), "units": _units(w)} for w in stated]  # fmt: skip
    columns = (Column("name", _("体系"), "text", "address"), *MEASURES[:-1], Column("units", _("所在县区")))
    return Table("plans", _("规划的体系与同层级的自由选址(模型数字,每日)"), columns, rows, _EMPTY)


def costs(free: list[Worked], stated: list[Worked]) -> Chart:
    """The curve with its bound; the plan's cities without tiers as a point on it: what has tiers is charged otherwise and stands in the table alone."""
    at = [w.asked.system for w in free]
    alike = {str(len(w.design.hubs)): w.design.plan.cost for w in stated if not w.asked.is_tiered}
    series = [Drawn("value", _("找到的最低值"), [w.design.plan.cost for w in free]), Drawn("bound", _("已证明的下界"), [w.bound for w in free], DASHED)]  # fmt: skip
    if alike:
        series.append(Drawn("plan", _("规划的城市,不分层"), [alike.get(p) for p in at], POINTS))
    title = _("各枢纽数的费用与下界(元/日)") if _in_yuan(free) else _("各枢纽数的超时件与下界(件/日)")
    return chart("costs", title, Column("hubs", _("枢纽数")), at, series, "short", 320, _EMPTY)


def _in_yuan(free: list[Worked]) -> bool:
    """Whether the sites were looked for by cost, not by late items."""
    return not free or free[0].asked.is_of_cost


def saving(free: list[Worked]) -> Chart:
    """What one more hub saves."""
    less = saved(free)
    at = [w.asked.system for w in free if w.asked.system in less]
    title = _("多设一处枢纽的节省(元/日)") if _in_yuan(free) else _("多设一处枢纽少超时(件/日)")
    return chart("saving", title, Column("hubs", _("枢纽数")), at, [Drawn("saved", _("每日节省"), [less[p] for p in at], BARS)], "short", 320, _EMPTY)  # fmt: skip


def hours(free: list[Worked]) -> Chart:
    """Mean hours by number."""
    return chart("hours", _("各枢纽数的省内件平均小时"), Column("hubs", _("枢纽数")), [w.asked.system for w in free], [Drawn("hours", _("小时"), [w.does.hours for w in free])], "number", 240, _EMPTY)  # fmt: skip


def carbon(free: list[Worked]) -> Chart:
    """Carbon by number."""
    return chart("carbon", _("各枢纽数的碳排放(吨/日)"), Column("hubs", _("枢纽数")), [w.asked.system for w in free], [Drawn("carbon", _("吨/日"), [w.does.carbon_kg / 1e3 for w in free])], "count", 240, _EMPTY)  # fmt: skip
