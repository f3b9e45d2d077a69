"""Figures of items by area, operator, service level or day, each with the address of the list behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import ITEMS
from yilu.console.items.asked import EPOCH, Asked
from yilu.console.pages.naming import Names, names_of
from yilu.console.pages.page import Ask, Column, Table
from yilu.indicators import catalogue
from yilu.items.answers import DIRECTIONS
from yilu.items.cubes import STATUSES
from yilu.items.listing import MEASURES

CLOCKS: tuple[str, ...] = (
    "accepted", "delivered", "due", "on_time", "on_time_rate", "in_flight", "overdue", "transit_median", "transit_p95",
)  # fmt: skip
"""Indicators of the table of clocks."""
STAGES: tuple[str, ...] = tuple(f"stage_{s}_{m}" for s in ("origin", "transport", "destination", "delivery") for m in ("median", "mean"))  # fmt: skip
RATES: tuple[str, ...] = ("inspection_rate", "identification_rate", "screening_rate")
WAY_NAMES: dict[str, Promise] = {
    "locker": _("签收:智能快件箱"), "station": _("签收:服务站"), "proxy": _("签收:代签"), "addressee": _("签收:本人"), "returned": _("退回件"),
    "lost": _("丢失"), "destroyed": _("销毁"), "cancelled": _("撤单"),
}  # fmt: skip
LISTABLE = frozenset({"accepted", "delivered", "due", "on_time", "late", "in_flight", "overdue"})
OF_GROUP: dict[str, Promise] = {"area": _("地区"), "operator": _("企业"), "level": _("时限产品"), "day": _("日期")}
CHECK_NAMES: dict[str, Promise] = {"inspect": _("收寄验视"), "identify": _("实名收寄"), "screen": _("过机安检")}
STATUS_NAMES: dict[str, Promise] = {"done": _("已做"), "pending": _("未到期"), "missing": _("缺失"), "after": _("补录")}
_FORMS = {"items": "count", "share": "percent", "hours": "hours"}

Row = dict[str, Any]


def clocks(ask: Ask, asked: Asked, by: str) -> list[Row]:
    """A row for each group with the clocks' indicators; ``late`` where it may be told."""
    groups = (by,) if by else ()
    found = ask.seen.indicators(CLOCKS, asked.period, asked.cells, groups)
    rows = merged(found, groups)
    late = ask.seen.daily("origin", asked.narrow, (_flow_group(by),) if by else ())
    for row in late.to_pylist() if late is not None else ():
        key = (_day_text(row["day"]) if by == "day" else row[_flow_group(by)],) if by else ()
        if key in rows:
            rows[key]["late"] = row["late"]
    # each indicator tells of days of its own, so that a day may come up after later ones
    ordered = sorted(rows.values(), key=lambda r: str(r["day"])) if by == "day" else rows.values()
    return [_named(ask, asked, by, row) for row in ordered]


def merged(found: Iterable[Mapping[str, Any]], groups: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    """Values of several indicators as one row a group; ``hidden``: some of them are withheld; ``basis`` as the first tells it."""
    rows: dict[tuple[Any, ...], Row] = {}
    for value in found:
        key = tuple(value[g] for g in groups)
        row = rows.setdefault(key, {**dict.fromkeys(CLOCKS), **{g: value[g] for g in groups}, "hidden": False})
        row[value["indicator"]] = value["value"]
        row["hidden"] |= value["withheld"]
        row["stands_on"] = row.get("stands_on") or value["basis"]
    return rows


def _flow_group(by: str) -> str:
    return "origin" if by == "area" else by


def _day_text(day: int) -> str:
    return (EPOCH + timedelta(days=int(day))).isoformat()


def _named(ask: Ask, asked: Asked, by: str, row: Row) -> Row:
    """The row with its group's name, and the lists behind its figures."""
    names = names_of(ask.seen.network)
    part: dict[str, str] = {}
    if by == "day":
        part = {"since": row["day"], "until": row["day"]}
        name: Any = row["day"]
    elif by:
        name = names.of(by, row[by])
        part = {by: names.code(by, row[by])}
    else:
        name = _("合计")
    lists = {
        f"{m}_at": list_of(ask, asked, m, **part)
        for m in LISTABLE
        if row.get(m) and not row["hidden"] and not (by == "level" and not row["level"])
    }
    drill = {"group_at": "?" + ask.filter.query(**part, by=_next(by), page=1)} if by else {}
    told = _("企业不足,不公布") if row["hidden"] else ""
    return {**row, "group": name, **lists, **drill, "told": told}


def _next(by: str) -> str:
    return {"area": "operator", "operator": "day", "level": "day"}.get(by, "operator")


def list_of(ask: Ask, asked: Asked, measure: str, **part: str) -> str:
    """The address of the items behind a figure, empty for roles that look at no items."""
    if ask.scope.role.id not in ITEMS:
        return ""
    days = {"since": asked.period.first.isoformat(), "until": asked.period.last.isoformat()}
    chosen: dict[str, Any] = {**days, **part, "measure": measure, "by": "", "after": "", "page": 1}
    return f"{reverse('items.list')}?{ask.filter.query(**chosen)}"


def clock_table(ask: Ask, rows: list[Row], by: str) -> Table:
    """Clocks by group."""
    told = tuple(Column(i, _headed(i), _FORMS[catalogue()[i].unit], f"{i}_at" if i in LISTABLE else "") for i in CLOCKS)
    late = () if ask.seen.for_statistics else (Column("late", _("逾期投递"), "count", "late_at"),)
    columns = (Column("group", OF_GROUP.get(by, _("合计")), "text", "group_at"), *told[:5], *late, *told[5:])
    if any(row["hidden"] for row in rows):
        columns += (Column("told", _("说明")),)
    return Table(
        "clocks", _("收寄、时限与在途"), columns, rows,
        _("所选范围内没有寄件。放宽日期或去掉筛选;“数据”页可看各企业的数据读到何时。"),
    )  # fmt: skip


def _headed(id: str) -> tuple[str, str]:
    """An indicator's name over a column, with the unit where the cells don't say it."""
    zh, en = catalogue_name(id)
    return (f"{zh}(小时)", f"{en} (hours)") if catalogue()[id].unit == "hours" else (zh, en)


def catalogue_name(id: str) -> tuple[str, str]:
    """An indicator's name."""
    found = catalogue()[id]
    return found.zh, found.en


def stage_table(ask: Ask, asked: Asked) -> Table:
    """Stages of transit: median and mean hours."""
    found = {v["indicator"]: v for v in ask.seen.indicators(STAGES, asked.period, asked.cells)}
    rows = [
        {"stage": _stage(id), "hours": v["value"], "items": v["denominator"], "told": _("企业不足,不公布") if v["withheld"] else ""}
        for id in STAGES if (v := found.get(id)) and (v["value"] is not None or v["withheld"])
    ]  # fmt: skip
    columns = (Column("stage", _("环节")), Column("hours", _("小时"), "hours"), Column("items", _("寄件数"), "count"), Column("told", _("说明")))  # fmt: skip
    return Table("stages", _("全程时限分环节(异地)"), columns, rows, _("期内没有分得清环节的异地签收件。"))


def _stage(id: str) -> tuple[str, str]:
    """A stage's indicator by name; that it is a mean is said in both languages."""
    zh, en = catalogue_name(id)
    return (f"{zh}平均数", en) if id.endswith("_mean") else (zh, en)


def check_table(ask: Ask, asked: Asked) -> Table:
    """The three checks by status; of statistics the rates alone."""
    if ask.seen.for_statistics:
        found = ask.seen.indicators(RATES, asked.period, asked.cells)
        rows: list[Row] = [{"check": catalogue_name(v["indicator"]), "owed": v["denominator"], "done": v["numerator"], "rate": v["value"]} for v in found]  # fmt: skip
    else:
        answer = ask.seen.checks(asked.narrow, ())
        rows = [_check_row(ask, asked, row) for row in (answer.to_pylist() if answer is not None else ())]
    columns = (
        Column("check", _("制度")), Column("owed", _("应做"), "count"),
        *(Column(s, STATUS_NAMES[s], "count", f"{s}_at") for s in STATUSES), Column("rate", _("率"), "percent"),
    )  # fmt: skip
    return Table("checks", _("三项制度"), columns, rows, _("期内没有应做检查的收寄件。"))


def _check_row(ask: Ask, asked: Asked, row: Row) -> Row:
    lists = {f"{s}_at": list_of(ask, asked, f"{row['check']}.{s}") for s in STATUSES if row[s]}
    return {**row, "check": CHECK_NAMES[row["check"]], **lists}


def end_table(ask: Ask, asked: Asked) -> Table:
    """How items ended, counted: delivered ones by destination, the others by origin."""
    counts: dict[str, int] = {}
    for direction in DIRECTIONS:
        answer = ask.seen.ends(direction, asked.narrow)
        told = answer.to_pylist() if answer is not None else []
        counts |= {r["how"]: r["items"] for r in told if MEASURES[r["how"]] == direction}
    rows = [
        {"how": WAY_NAMES[n], "items": counts[n], "items_at": list_of(ask, asked, n)} for n in WAY_NAMES if n in counts
    ]
    columns = (Column("how", _("结局")), Column("items", _("寄件数"), "count", "items_at"))
    return Table("ends", _("结局"), columns, rows, _("期内没有结束的寄件,或按地区的结局不作统计公布。"))


def pair_rows(ask: Ask, asked: Asked) -> list[Row]:
    """Items accepted by pair of cities, the most first."""
    answer = ask.seen.daily("origin", asked.narrow, ("origin", "destination"))
    names: Names = names_of(ask.seen.network)
    rows = [r for r in (answer.to_pylist() if answer is not None else ()) if r["accepted"]]
    rows.sort(key=lambda r: -r["accepted"])
    return [
        {
            "origin": names.of("area", r["origin"]), "destination": names.of("area", r["destination"]), "accepted": r["accepted"], "due": r["due"],
            "on_time_rate": r["on_time_rate"], "ids": (r["origin"], r["destination"]),
        }
        for r in rows
    ]  # fmt: skip


def listed_pairs(ask: Ask, asked: Asked, rows: list[Row]) -> list[Row]:
    """Pairs that are shown, each with the address of its items."""
    names: Names = names_of(ask.seen.network)

    def address(origin: int, destination: int) -> str:
        ends = {"area": names.code("area", origin), "to": names.code("area", destination)}
        return list_of(ask, asked, "accepted", **ends) if destination else ""

    return [{**r, "accepted_at": address(*r["ids"])} for r in rows]


def basis_table(ids: Iterable[str]) -> Table:
    """What each figure is made of."""
    rows = [
        {"name": catalogue_name(i), "definition": (c.definition_zh, c.definition_en), "basis": (c.basis_zh, c.basis_en)}
        for i in ids if (c := catalogue().get(i))
    ]  # fmt: skip
    columns = (Column("name", _("监测指标")), Column("definition", _("定义")), Column("basis", _("口径")))
    return Table("basis", _("口径"), columns, rows)
