"""The page of items: volumes, clocks, the three checks, ends; by area, operator, service level and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, ITEMS, OFFICE
from yilu.console.access.withholding import by_area, months
from yilu.console.items import figures
from yilu.console.items.asked import GROUPS, Asked, asked_of
from yilu.console.pages.naming import names_of
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen

SEES = OFFICE | {CARRIER}
_PAIRS, _CITIES = 60, 24
"""Pairs in the table, cities on a side of the matrix; the rest is in the CSV of a narrower question."""


@screen("items", SEES)
def items(ask: Ask) -> Page:
    """Figures of items, told apart by what the address says."""
    asked = asked_of(ask)
    by = ask.filter.by or "area"
    whole, rows = figures.clocks(ask, asked, ""), figures.clocks(ask, asked, by)
    tables = (
        figures.clock_table(ask, rows, by), figures.check_table(ask, asked), figures.stage_table(ask, asked), figures.end_table(ask, asked),
        figures.basis_table((*figures.CLOCKS, *figures.RATES, *figures.STAGES)),
    )  # fmt: skip
    charts = (days(ask, asked), operators(ask, asked), *([] if ask.seen.for_statistics else [pairs(ask, asked)]))
    return Page("items/items", _("寄递"), tables, charts, {**frame_of(ask, asked, by), "head": whole[:1]})


def frame_of(ask: Ask, asked: Asked, by: str) -> dict[str, Any]:
    """What the page's filter shows, and which period its figures stand for."""
    names = names_of(ask.seen.network)
    by_month = ask.seen.for_statistics and (
        by == "area" or by_area(ask.seen.network, asked.cells, ()) or not ask.scope.everywhere
    )
    shown = months(asked.period) if by_month else asked.period
    operators = ask.scope.operator_ids or tuple(names.operator)
    return {
        "first": asked.period.first, "last": asked.period.last, "shown_first": shown.first, "shown_last": shown.last, "by_month": by_month,
        "by": by, "_groups": [(g, figures.OF_GROUP[g]) for g in GROUPS], "looks": ask.scope.role.id in ITEMS,
        "_operators": [(names.code("operator", i), names.of("operator", i)) for i in operators if i > 0],
        "_levels": [(names.code("level", i), name) for i, name in names.level.items()], "least_firms": ask.seen.purpose.least_firms,
    }  # fmt: skip


def days(ask: Ask, asked: Asked) -> Chart:
    """Accepted, delivered and due by day."""
    rows = figures.clocks(ask, asked, "day")
    series = (("accepted", _("收寄")), ("delivered", _("投递")), ("due", _("到期")))
    table = Table(
        "days", _("逐日"),
        (Column("group", _("日期"), "text", "group_at"), *(Column(n, t, "count", f"{n}_at") for n, t in series), Column("on_time_rate", _("准时率"), "percent"), Column("told", _("说明"))),
        rows, _("所选日期内没有寄件。"),
    )  # fmt: skip
    told = {r["group"]: r for r in rows}
    along = every_day(tuple(told))
    option = {
        "tooltip": {"trigger": "axis"}, "legend": {"top": 0, "left": 0}, "grid": {"containLabel": True, "left": 4, "right": 12, "bottom": 4, "top": 34}, "xAxis": {"type": "category", "data": along}, "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "line", "name": str(t), "data": [told.get(day, {}).get(n) for day in along]} for n, t in series],
    }  # fmt: skip
    return Chart("days", _("逐日收寄、投递与到期(件)"), option, table)


def every_day(days: Sequence[str]) -> list[str]:
    """All days from the first to the last, also those without a row: an axis of days has steps of one day."""
    if not days:
        return []
    first, last = (date.fromisoformat(d) for d in (min(days), max(days)))
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def operators(ask: Ask, asked: Asked) -> Chart:
    """On-time rate by operator."""
    rows = [r for r in figures.clocks(ask, asked, "operator") if r.get("due") or r["hidden"]]
    rows.sort(key=lambda r: -(r.get("due") or 0))
    table = Table(
        "operators", _("各企业准时率"),
        (Column("group", _("企业"), "text", "group_at"), Column("due", _("到期"), "count", "due_at"), Column("on_time", _("准时"), "count", "on_time_at"), Column("on_time_rate", _("准时率"), "percent"), Column("told", _("说明"))),
        rows, _("期内没有到期的寄件。"),
    )  # fmt: skip
    shown = [r for r in rows if r.get("on_time_rate") is not None]
    zh = ask.zh
    option = {
        "form": "percent", "tooltip": {}, "grid": {"containLabel": True, "left": 4, "right": 24, "bottom": 4, "top": 8}, "yAxis": {"type": "category", "inverse": True, "data": [r["group"][0 if zh else 1] for r in shown]},
        "xAxis": {"type": "value", "max": 1}, "series": [{"type": "bar", "name": str(_("准时率")), "data": [round(r["on_time_rate"], 4) for r in shown]}],
    }  # fmt: skip
    return Chart("operators", _("各企业准时率"), option, table, max(160, 26 * len(shown) + 60))


def pairs(ask: Ask, asked: Asked) -> Chart:
    """Accepted items by pair of cities, as a matrix of the busiest and as a table."""
    rows = figures.pair_rows(ask, asked)
    table = Table(
        "pairs", _("城市对"),
        (Column("origin", _("寄出地")), Column("destination", _("寄达地")), Column("accepted", _("收寄"), "count", "accepted_at"), Column("due", _("到期"), "count"), Column("on_time_rate", _("准时率"), "percent")),
        figures.listed_pairs(ask, asked, rows[:_PAIRS]), _("所选范围内没有收寄件。"), max(0, len(rows) - _PAIRS),
    )  # fmt: skip
    froms, tos = (busiest(rows, end) for end in (0, 1))
    at = ({i: n for n, i in enumerate(froms)}, {i: n for n, i in enumerate(tos)})
    cells = [
        [at[1][r["ids"][1]], at[0][r["ids"][0]], r["accepted"]]
        for r in rows
        if r["ids"][0] in at[0] and r["ids"][1] in at[1]
    ]
    names, k = names_of(ask.seen.network), 0 if ask.zh else 1
    option = {
        "tooltip": {"position": "top"}, "grid": {"containLabel": True, "left": 4, "right": 12, "bottom": 56, "top": 8},
        "xAxis": {"type": "category", "data": [names.of("area", i)[k] for i in tos], "axisLabel": {"rotate": 60}},
        "yAxis": {"type": "category", "inverse": True, "data": [names.of("area", i)[k] for i in froms]},
        "visualMap": {"text": [str(_("件")), ""], "min": 0, "max": max((c[2] for c in cells), default=1), "calculable": True, "orient": "horizontal", "left": "center", "bottom": 0},
        "series": [{"type": "heatmap", "name": str(_("收寄")), "data": cells}],
    }  # fmt: skip
    return Chart("pairs", _("城市对收寄量(行为寄出地,列为寄达地)"), option, table, 560)


def busiest(rows: list[dict[str, Any]], end: int) -> list[int]:
    """The areas with the most items at one end of pairs."""
    sums: dict[int, int] = {}
    for r in rows:
        sums[r["ids"][end]] = sums.get(r["ids"][end], 0) + r["accepted"]
    return sorted(sums, key=lambda i: -sums[i])[:_CITIES]
