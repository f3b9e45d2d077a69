"""What the figures of a design stand on: what is official, what is built, what is assumed, by the grades that the province's files give; every rate with its source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from yilu.console.hubs.asked import Question
from yilu.console.overview.map import TIERS
from yilu.console.pages.naming import grades
from yilu.console.pages.page import Ask, Column, Table, Text
from yilu.design.hub_rates import hub_rates
from yilu.network.province import LEVELS
from yilu.studies.hub_scenarios import scenarios

ASSUMED, COMPUTED = "S", "X"
_FIGURES: dict[str, Text] = {
    "items": _("全年业务量"), "region_share": _("各区域的业务量份额"), "city_share": _("各地市的业务量份额"), "balance": _("收寄与投递之比"), "within_province": _("省内互寄的份额"), "population": _("人口"),
    "abroad_share": _("各国家和地区的份额"),
}  # fmt: skip
_RATES: dict[str, Text] = {
    "collection": _("集货"), "transfer": _("枢纽间干线"), "distribution": _("分送"), "handling": _("作业与件"), "discount": _("折扣 α"), "deadline": _("首末端时间"),
}  # fmt: skip
_RATE_NAMES: dict[str, Text] = {
    "yuan_km": _("车公里费用(元/公里)"), "items": _("每车装载(件)"), "fill": _("满载率"), "km_h": _("车速(公里/时)"), "carbon_g_tkm": _("排放系数(克 CO₂e/吨公里)"),
    "sort_yuan": _("分拣费用(元/件)"), "sort_minutes": _("分拣时间(分钟)"), "dock_minutes": _("装卸时间(分钟)"), "item_kg": _("每件重量(千克)"), "least_km": _("集散里程下限(公里)"), "single": _("不分层"),
    "first_mile_minutes": _("首端时间(分钟)"), "last_mile_minutes": _("末端时间(分钟)"),
}  # fmt: skip
Row = dict[str, Any]


def basis(ask: Ask, *asked: Question) -> Table:
    """What is known and what is not; with the scenarios of demand that are asked for."""
    columns = (Column("what", _("依据")), Column("source", _("来自")), Column("grade", _("可信等级")))
    return Table("basis", _("哪些是官方数字,哪些是模型与假设"), columns, [*_of_folder(ask), *_of_demand(ask, {q.demand for q in asked}), *_of_model(ask)])  # fmt: skip


def _of_folder(ask: Ask) -> list[Row]:
    network = ask.seen.network
    areas, f = network.areas, network.facilities
    unit = (network.area_level == LEVELS["county"])[areas.id] & network.area_inside[areas.id]
    return [
        _row(_("规划的枢纽城市与层级"), "facilities.csv", f.grade[f.kind == "hub"]),
        _row(_("县级单元与村居委会数"), "areas.csv", areas.grade[unit]),
        _row(_("县级单元的位置"), "areas.csv", areas.place_grade[unit]),
        _row(_("跨江跨海通道"), "crossings.csv", network.crossings.grade),
    ]


def _of_demand(ask: Ask, wanted: set[str]) -> list[Row]:
    """Figures that demand is built from, or the folder's own demand; scenarios."""
    network = ask.seen.network
    if (network.folder / "demand.csv").is_file():
        rows = [_row(_("地市之间的需求,再按村居委会数分到县区"), "demand.csv", ASSUMED)]
    else:
        figures = network.figures
        rows = [_row(said, "figures.csv", figures.grade[figures.measure == name]) for name, said in _FIGURES.items() if (figures.measure == name).any()]  # fmt: skip
        rows.append(_row(_("地市之间的需求,再按村居委会数分到县区"), _("由上项建模,不是任何企业的流量"), ASSUMED))
    rows += [_row((f"需求情景:{s.zh}", f"Demand: {s.en}"), s.source, s.grade) for s in scenarios(network) if s.code in wanted]  # fmt: skip
    return rows


def _of_model(ask: Ask) -> list[Row]:
    held = hub_rates(ask.seen.network.folder).of.values()
    return [
        _row(_("道路里程"), _("直线距离乘系数,或经通道;不是导航里程"), COMPUTED),
        _row(_("单价、装载、车速、作业时间、折扣、排放系数"), "hub_rates.toml", [r.grade for r in held]),
    ]


def _row(what: Text, source: Text, letters: Iterable[str]) -> Row:
    return {"what": what, "source": source, "grade": grades(np.asarray(list(letters)).tolist())}


def _named(rate: str) -> Text:
    """A rate by name with its unit; a discount by the tiers of both hubs."""
    if rate in _RATE_NAMES:
        return _RATE_NAMES[rate]
    ends = [TIERS.get(tier, (tier, tier)) for tier in rate.split("_")]
    return "—".join(zh for zh, _en in ends), "–".join(en for _zh, en in ends)


def rates(ask: Ask) -> Table:
    """Every rate."""
    rows = [
        {"stage": _RATES.get(table, table), "rate": name, "name": _named(name), "value": f"{r.value:,g}", "grade": grades(r.grade), "source": r.source}
        for (table, name), r in hub_rates(ask.seen.network.folder).of.items()
    ]  # fmt: skip
    columns = (Column("stage", _("环节")), Column("name", _("费率")), Column("value", _("数值")), Column("grade", _("可信等级")), Column("source", _("来源")))  # fmt: skip
    return Table("rates", _("费率(hub_rates.toml)"), columns, rows)
