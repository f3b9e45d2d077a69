"""One facility: throughput by hour, how long items stay, what is scanned there, the checks among it, alerts, and what lies near."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, OFFICE
from yilu.console.overview.map import TIERS
from yilu.console.pages.naming import grades, kind, names_of
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.pages.writing import FORMS
from yilu.items.kinds import BY_CODE
from yilu.network import FACILITY_KINDS
from yilu.network.distance import great_circle_km

HOURS = 48
_NEAR, _DAYS = 10, 31
_CHECKS = {BY_CODE[code].id for code in ("identify", "inspect", "screen")}

Row = dict[str, Any]


@screen("network.one", OFFICE | {CARRIER}, "network/<str:code>")
def facility(ask: Ask) -> Page:
    """One facility by its code."""
    of, names = ask.seen.network, names_of(ask.seen.network)
    number = of.facilities.index_of_code.get(ask.given["code"], 0)
    if not number:
        raise Http404
    at = int(np.flatnonzero(of.facilities.id == number)[0])
    scans = scan_rows(ask, number)
    place = FACILITY_KINDS[str(of.facilities.kind[at])]
    fields = [
        (_("代码"), ask.given["code"]), (_("类型"), (place.zh, place.en)), (_("是否处理场所"), _("是") if place.processing else _("否")), (_("地区"), names.of("area", int(of.facility_area[number]))),
        (_("层级"), TIERS.get(str(of.facilities.tier[at]), ("–", "–"))), (_("经纬度"), f"{of.facility_lon[number]:.4f}, {of.facility_lat[number]:.4f}"),
        (_("位置可信等级"), grades(str(of.facilities.place_grade[at]))), (_("来源"), str(of.facilities.source[at])),
    ]  # fmt: skip
    withheld, seen_here = ask.seen.for_statistics, bool(ask.scope.at_facility[number])
    # Who sees no single facility is not told that nothing was scanned there.
    told = () if withheld else (dwell(ask, number, "operator"), dwell(ask, number, "day"), kinds(scans), checks(scans), alerts(ask, number))  # fmt: skip
    return Page(
        "network/facility", names.of("facility", number), (*told, near(ask, number)), () if withheld else (hours(ask, scans),),
        {"fields": fields, "in_scope": seen_here, "hours": HOURS, "withheld": withheld},
    )  # fmt: skip


def scan_rows(ask: Ask, number: int) -> list[Row]:
    """Events of the last hours that have any, by hour, kind and operator, as far as they are in scope."""
    found = ask.seen.scans(("hour", "facility", "kind", "operator"), (number,))
    rows = found.to_pylist() if found is not None else []
    last = max((r["hour"] for r in rows), default=0)
    return [r for r in rows if r["hour"] > last - HOURS]


def hours(ask: Ask, scans: list[Row]) -> Chart:
    """Throughput by local hour."""
    sums: Counter[int] = Counter()
    for r in scans:
        sums[r["hour"]] += r["events"]
    last = max(sums, default=0)
    span = range(last - HOURS + 1, last + 1) if sums else range(0)
    rows = [{"hour": 3600 * h, "events": sums.get(h, 0)} for h in span]
    table = Table("hours", _("逐小时操作量"), (Column("hour", _("小时"), "time"), Column("events", _("扫描"), "count")), rows, _("您的范围内没有此场所的扫描。"))  # fmt: skip
    option = {
        "tooltip": {"trigger": "axis"}, "grid": {"containLabel": True, "left": 24, "right": 12, "bottom": 4, "top": 12},
        "xAxis": {"type": "category", "data": [FORMS["tick"](r["hour"]) for r in rows]}, "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "name": str(_("扫描")), "data": [r["events"] for r in rows]}],
    }  # fmt: skip
    return Chart("hours", _("逐小时操作量(有效扫描;容器扫描计入其内件)"), option, table)


def dwell(ask: Ask, number: int, by: str) -> Table:
    """How long items stayed, by operator, or by day of their departure."""
    told = ask.seen.dwell(tuple(dict.fromkeys((by, "facility", *(("operator",) if ask.scope.operator_ids else ())))), (number,))  # fmt: skip
    names = names_of(ask.seen.network)
    rows = [
        {**r, "group": np.datetime64(r["day"], "D").astype(str) if by == "day" else names.of("operator", r["operator"])}
        for r in (told.to_pylist() if told is not None else ())
    ]
    rows.sort(key=lambda r: -r["day"] if by == "day" else -r["departures"])
    columns = (
        Column("group", _("日期") if by == "day" else _("企业")), Column("departures", _("发出件次"), "count"), Column("p50_hours", _("中位(小时)"), "hours"), Column("p95_hours", _("95 %(小时)"), "hours"),
    )  # fmt: skip
    title = _("逐日停留(按离开日)") if by == "day" else _("停留时间(自到达至离开;分位数误差 1 % 以内)")
    return Table(
        f"dwell_{by}", title, columns, rows[:_DAYS], _("没有从此处发出的件,或企业不上报到达与发出。"), max(0, len(rows) - _DAYS)
    )  # fmt: skip


def kinds(scans: list[Row]) -> Table:
    """What was scanned."""
    sums: Counter[int] = Counter()
    for r in scans:
        sums[r["kind"]] += r["events"]
    rows = [{"kind": kind(k), "events": n} for k, n in sums.most_common()]
    return Table("kinds", _("各环节扫描"), (Column("kind", _("扫描环节")), Column("events", _("扫描"), "count")), rows, _("没有扫描。"))  # fmt: skip


def checks(scans: list[Row]) -> Table:
    """The checks made here, beside the acceptances; whether one was owed is told by the item's history, by area on the page of items."""
    told: Counter[int] = Counter()
    for r in scans:
        told[r["kind"]] += r["events"]
    accepted = BY_CODE["accept"].id
    rows = [{"kind": kind(k), "events": told[k]} for k in (accepted, *sorted(_CHECKS)) if told[k]]
    return Table(
        "checks", _("三项制度扫描(是否应做按寄件判定,见“寄递”)"), (Column("kind", _("扫描环节")), Column("events", _("扫描"), "count")), rows, _("此处没有检查扫描。")
    )  # fmt: skip


def alerts(ask: Ask, number: int) -> Table:
    """Alerts that are here."""
    found = ask.seen.alerts() if ask.scope.role.supervision else None
    names, rows = names_of(ask.seen.network), []
    for a in found.alerts if found else ():
        if a.place == number:
            rule = found.catalogue.rules[a.rule] if found else None
            rows.append({"rule": (rule.zh, rule.en) if rule else a.rule, "operator": names.of("operator", a.operator), "items": a.items, "first": a.first, "last": a.last, "life": _LIVES.get(a.life, a.life), "told": "" if a.told else _("已抑制或静默")})  # fmt: skip
    rows.sort(key=lambda r: -r["last"])
    columns = (
        Column("rule", _("规则")), Column("operator", _("企业")), Column("items", _("件数"), "count"), Column("first", _("起始"), "time"), Column("last", _("最近"), "time"), Column("life", _("状态")), Column("told", _("说明")),
    )  # fmt: skip
    return Table("alerts", _("此处的预警"), columns, rows[:50], _("此处没有预警。"), max(0, len(rows) - 50))


_LIVES = {"provisional": _("待定"), "firing": _("生效"), "resolved": _("已解除")}


def near(ask: Ask, number: int) -> Table:
    """What lies nearest, as the crow flies."""
    of, names = ask.seen.network, names_of(ask.seen.network)
    ids = of.facilities.id[of.facilities.id != number]
    km = great_circle_km(of.facility_lon[number], of.facility_lat[number], of.facility_lon[ids], of.facility_lat[ids])
    rows = [
        {"name": names.of("facility", int(ids[i])), "address": reverse("network.one", kwargs={"code": names.code("facility", int(ids[i]))}), "area": names.of("area", int(of.facility_area[ids[i]])), "km": float(km[i])}
        for i in np.argsort(km)[:_NEAR]
    ]  # fmt: skip
    columns = (Column("name", _("场所"), "text", "address"), Column("area", _("地区")), Column("km", _("直线距离(公里)"), "number"))  # fmt: skip
    return Table("near", _("邻近场所"), columns, rows, _("没有其他场所。"))
