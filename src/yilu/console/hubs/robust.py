"""Which hubs of a design are firm and which contested, what each swap and each loss costs, and which cities keep a hub whatever demand comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from yilu.console.hubs import on_map
from yilu.console.hubs.asked import (
    SEES,
    Question,
    being_made,
    demands,
    name_of,
    number_of,
    question_of,
    seconds_of,
    shared,
)
from yilu.console.hubs.basis import basis
from yilu.console.hubs.on_map import tier_name
from yilu.console.hubs.worked import Job, Worked, answer, design_of, kept_in, swaps_of
from yilu.console.pages.drawing import BARS, Drawn, chart
from yilu.console.pages.naming import Pair, grades, listed, names_of
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.studies.hub_files import hub_rows
from yilu.studies.hub_scenarios import scenarios
from yilu.studies.hubs import Swaps, cities

TITLE = _("稳固与争议")
FIRM: Pair = ("稳固", "firm")
DISPUTED: Pair = ("有争议", "contested")
SAVES: Pair = ("有争议,换址更省", "contested, a swap saves")
THERE = "●"
_NAMED = 5
_EMPTY = _("正在计算,完成后自动显示。")
Row = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One demand: the best free sites found for it, and the looked-at design's sites kept in it."""

    code: str
    free: Worked
    kept: Worked

    @property
    def regret(self) -> float:
        """What keeping the sites costs more, as a share of the cost that hubs can change."""
        cost = self.free.design.plan.cost
        return (self.kept.design.plan.cost - cost) / (cost - self.free.m.floor)


@screen("hubs.robust", SEES, "hubs/robust")
def robust(ask: Ask) -> Page:
    """Firm and contested hubs."""
    seconds, whole = seconds_of(ask), question_of(ask)
    of = Question(whole.system, whole.demand)  # swaps are of cost: promises are looked at on the other pages
    whose = list(demands(ask.seen.network))
    alone: Worked | None = answer(ask, [design_of(ask, of, seconds)])[0]
    more = {**shared(ask, seconds), "_first": of, "name": name_of(ask, of)}
    total = 2 + 2 * len(whose)
    if alone is None:
        return being_made(Page("hubs/robust", TITLE, more=more), 0, total)
    free_of = [Question(str(number_of(ask.seen.network, of)), code) for code in whose]
    asked: list[Job] = [swaps_of(ask, alone, seconds)]
    for q in free_of:
        asked += [design_of(ask, q, seconds), kept_in(ask, alone, q, seconds)]
    changed, *pairs = answer(ask, asked)
    scenes = [Scene(code, free, kept) for code, free, kept in zip(whose, pairs[::2], pairs[1::2], strict=True) if free is not None and kept is not None]  # fmt: skip
    rows = [] if changed is None else hub_changes(ask, alone, changed)
    more |= {"map": drawn(ask, alone, rows), "_classes": on_map.KM, "_changed": changed is not None}
    tables = (swap_table(rows), city_table(ask, alone, scenes), scene_table(ask, alone, scenes), basis(ask, *free_of))
    page = Page("hubs/robust", TITLE, tables, (costs_more(rows),), more)
    done = 1 + (changed is not None) + sum(p is not None for p in pairs)
    return page if done == total else being_made(page, done, total)


def hub_changes(ask: Ask, of: Worked, changed: Swaps) -> list[Row]:
    """Of each hub: its best place elsewhere and what that costs more, what its loss costs, which other cities contest it."""
    m, design, names = of.m, of.design, names_of(ask.seen.network)
    contested = dict(changed.contested(m, design))
    changeable = design.plan.cost - m.floor
    rows = []
    for r, hub, (unit, more), lost in zip(hub_rows(m, design), design.hubs.tolist(), changed.elsewhere(m, design), changed.lost.tolist(), strict=True):  # fmt: skip
        others = [names.of("area", c) for c in contested.get(hub, [])]
        there = np.isfinite(more)
        rows.append({
            "code": r["unit"], "unit": (r["name_zh"], r["name_en"]), "city": (r["city_zh"], r["city_en"]), "tier": tier_name(r["tier"]), "standing": FIRM if not others else SAVES if more < 0 else DISPUTED,
            "elsewhere": names.of("area", int(m.city[unit])) if there else None, "elsewhere_unit": names.of("area", int(m.unit[unit])) if there else None, "more": more if there else None,
            "more_share": more / changeable if there else None, "lost": lost if np.isfinite(lost) else None, "lost_share": lost / changeable if np.isfinite(lost) else None, "contested": len(others), "by": _some(others),
        })  # fmt: skip
    return rows


def _some(names: list[Pair]) -> Pair:
    """The first few names."""
    zh, en = listed(names[:_NAMED])
    return (zh + "等", en + " …") if len(names) > _NAMED else (zh, en)


def swap_table(rows: list[Row]) -> Table:
    """One row a hub."""
    columns = (
        Column("city", _("地市")), Column("unit", _("枢纽")), Column("tier", _("层级")), Column("standing", _("结论")), Column("elsewhere", _("次优地市")), Column("elsewhere_unit", _("次优县区")), Column("more", _("换去那里多费(元/日)"), "count"),
        Column("more_share", _("占枢纽可变费用"), "gap"), Column("lost", _("撤去它多费(元/日)"), "count"), Column("lost_share", _("撤去:占可变费用"), "gap"), Column("contested", _("争议地市数"), "count"), Column("by", _("可替代的地市")),
    )  # fmt: skip
    return Table("swaps", _("每处枢纽:换址与撤去的代价(模型数字)"), columns, rows, _EMPTY)


def costs_more(rows: list[Row]) -> Chart:
    """What each swap and each loss costs."""
    told = sorted(rows, key=lambda r: r["lost"] or 0.0)
    series = [Drawn("more", _("换去次优地市"), [r["more"] for r in told], BARS), Drawn("lost", _("撤去这处枢纽"), [r["lost"] for r in told], BARS)]  # fmt: skip
    return chart("changes", _("换址与撤去每日多费(元)"), Column("city", _("枢纽所在地市")), [r["city"] for r in told], series, "short", 320, _EMPTY)  # fmt: skip


def drawn(ask: Ask, of: Worked, rows: list[Row]) -> Row:
    """The map: contested hubs are hollow."""
    return on_map.drawn(ask, of, {r["code"]: r["standing"] for r in rows}, {r["code"] for r in rows if r["standing"] is not FIRM})  # fmt: skip


def city_table(ask: Ask, of: Worked, scenes: list[Scene]) -> Table:
    """Cities that have a hub in the design or in the best sites for some demand."""
    names, titles = names_of(ask.seen.network), demands(ask.seen.network)
    own, held = set(cities(of.m, of.design)), {s.code: set(cities(s.free.m, s.free.design)) for s in scenes}
    rows = []
    for city in sorted(own.union(*held.values()) if held else [], key=lambda c: (-sum(c in h for h in held.values()), c)):  # fmt: skip
        times = sum(city in h for h in held.values())
        row: Row = {"city": names.of("area", city), "own": THERE if city in own else "", "times": times}
        row |= {_column(code): THERE if city in h else "" for code, h in held.items()}
        row["standing"] = ("各情景皆有", "in all") if times == len(held) else ("仅所看方案有", "the design alone") if not times else ("部分情景有", "in some")  # fmt: skip
        rows.append(row)
    columns = (
        Column("city", _("地市")), Column("own", _("所看方案")), *(Column(_column(s.code), titles[s.code]) for s in scenes), Column("times", _("情景数"), "count"), Column("standing", _("结论"))
    )  # fmt: skip
    return Table("cities", _("各需求情景下自由选址(不分层)在哪些地市"), columns, rows, _EMPTY)


def _column(code: str) -> str:
    return f"demand_{code}" if code else "demand"


def scene_table(ask: Ask, of: Worked, scenes: list[Scene]) -> Table:
    """One row a demand: what the design's sites cost more than the best found for it."""
    held, titles = {s.code: s for s in scenarios(ask.seen.network)}, demands(ask.seen.network)
    names, own, rows = names_of(ask.seen.network), set(cities(of.m, of.design)), []
    for s in scenes:
        there = set(cities(s.free.m, s.free.design))
        new, gone = (_some([names.of("area", c) for c in sorted(found)]) for found in (there - own, own - there))
        rows.append({
            "demand": titles[s.code], "grade": grades(held[s.code].grade if s.code else "S"), "items": s.free.does.items, "best": s.free.design.plan.cost, "gap": s.free.gap_of_changeable, "kept": s.kept.design.plan.cost,
            "regret": s.regret, "new": new, "gone": gone,
        })  # fmt: skip
    columns = (
        Column("demand", _("需求情景")), Column("grade", _("可信等级")), Column("items", _("经枢纽件/日"), "short"), Column("best", _("最低费用(元/日)"), "count"), Column("gap", _("差距(占可变费用)"), "gap"), Column("kept", _("保留所看方案的选址"), "count"),
        Column("regret", _("保留者多费(占可变费用)"), "gap"), Column("new", _("自由选址多出的地市")), Column("gone", _("自由选址不用的地市")),
    )  # fmt: skip
    return Table("scenes", _("需求变化时,所看方案的选址多费多少(都不分层)"), columns, rows, _EMPTY)
