"""Isochrones: from one place and time of acceptance, how many hours until it is delivered everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.journeys import on_map
from yilu.console.journeys.asked import SEES, Asked, asked_of, made, minute_of, pending, shared, written
from yilu.console.journeys.words import said_of
from yilu.console.pages.asking import AddressError
from yilu.console.pages.drawing import Drawn, chart
from yilu.console.pages.naming import Pair, names_of
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.dispatch.connections import NEVER
from yilu.dispatch.scan import earliest
from yilu.dispatch.timetable import END_KINDS
from yilu.network import FACILITY_KINDS
from yilu.network.default_timetable import GENERATED

TITLE = _("等时圈")
NOON = 12 * 60
_STEP, _MOST_HOURS = 6, 120
_END_IDS = {FACILITY_KINDS[k].id for k in END_KINDS}
Row = dict[str, Any]


@dataclass(frozen=True)
class Start:
    """Where an item is: the area (id) whose couriers collect it, or a facility (id) at which it is ready."""

    area: int
    facility: int
    code: str
    name: Pair


@dataclass(frozen=True)
class Reached:
    """Of every end: area (id), UTC seconds of delivery (0: never), what is due (0: nothing is promised), modes in order. ``begins``: UTC seconds of acceptance."""

    area: np.ndarray[Any, Any]
    delivered: np.ndarray[Any, Any]
    due: np.ndarray[Any, Any]
    modes: list[list[str]]
    begins: int
    generated: bool


@screen("journeys.reach", SEES, "journeys/reach")
def reach(ask: Ask) -> Page:
    """How far an item comes."""
    asked, start = asked_of(ask), start_of(ask)
    minute = minute_of("at", ask.filter.at) if ask.filter.at else NOON
    more = {
        **shared(ask, asked, "journeys.reach"),
        "place": start.code,
        "place_name": start.name,
        "at": written(minute),
        **choices(ask),
    }
    found: Reached | None = made(ask, ("reach", asked.day, asked.operator, start.code, minute), lambda: reached(ask, asked, start, minute))  # fmt: skip
    if found is None:
        return pending(TITLE, more)
    rows = place_rows(ask, found)
    inside = [r for r in rows if ask.seen.network.area_inside[r["id"]]]
    drawn = [on_map.area(ask, r["id"], r["hours"], _said(r["hours"]), r["address"]) for r in inside]
    more |= {
        "map": on_map.drawn(ask, "county", drawn, on_map.HOURS, [_mark(ask, start)], labels=False), "_classes": on_map.HOURS, "generated": found.generated, "begins": found.begins,
        "reached": sum(r["hours"] is not None for r in rows), "places": len(rows),
    }  # fmt: skip
    return Page("journeys/reach", TITLE, (places(rows),), (within(inside),), more)


def start_of(ask: Ask) -> Start:
    """The place that the address names, or the first in scope of the region that it names. Raises AddressError for one that isn't in scope, or is none where items begin."""
    network, names, code = ask.seen.network, names_of(ask.seen.network), ask.filter.place
    areas = network.areas.index_of_code
    if not code:
        offered = [c for c, _name in choices(ask)["_areas"]]
        code = offered[0] if offered else ""
    if code in areas and ask.scope.in_area[areas[code]]:
        return Start(int(areas[code]), 0, code, names.of("area", areas[code]))
    number = network.facilities.index_of_code.get(code, 0)
    if number and ask.scope.at_facility[number]:
        return Start(int(network.facility_area[number]), int(number), code, names.of("facility", number))
    raise AddressError("place", code, "the code of an area or a facility in your scope", "您的范围内区县或场所的代码")


def choices(ask: Ask) -> dict[str, list[tuple[str, Pair]]]:
    """Areas and facilities in scope of the region that the address names, from which one can start."""
    network, names, scope = ask.seen.network, names_of(ask.seen.network), ask.here.scope
    open_ = network.facilities.status != "closed"
    ends = [int(i) for i in network.facilities.id[open_] if int(network.facility_kind[i]) in _END_IDS]
    areas = sorted({int(network.facility_area[i]) for i in ends})
    sites = [int(i) for i in network.facilities.id[open_] if network.facility_processing[i] and scope.at_facility[i] and int(network.facility_kind[i]) not in _END_IDS]  # fmt: skip
    return {
        "_areas": [(names.code("area", a), names.of("area", a)) for a in areas if scope.in_area[a]],
        "_sites": [(names.code("facility", i), names.of("facility", i)) for i in sites],
    }


def reached(ask: Ask, asked: Asked, start: Start, minute: int) -> Reached:
    """Deliveries to all ends."""
    of, ends = ask.seen.timetable(asked.day, asked.operator)
    network, begins = of.network, of.begins + 60 * minute
    if start.facility:
        place, ready = start.facility, minute
    else:
        end = ends.row(start.code)
        place, ready = int(ends.facility[end]), int(of.minute(ends.leaves(end, begins)))
    tree = earliest(of.connections, place, ready)
    at = of.facilities + ends.facility
    arrives = tree.arrives[at].astype(np.int64)
    there = arrives < NEVER
    delivered = np.zeros(len(ends), np.int64)
    for j in np.flatnonzero(there):
        delivered[j] = ends.delivered(int(j), of, of.at(arrives[j : j + 1]))[0]
    due = network.promise(begins, start.area, ends.area).astype(np.int64) if not start.facility else np.zeros(len(ends), np.int64)  # fmt: skip
    lanes = [[int(of.lane[of.connections.row[c]]) for c in tree.journey(int(p))] for p in at]
    modes = [[str(network.lanes.mode[k]) for k in row] for row in lanes]
    once = [[m for n, m in enumerate(row) if not n or m != row[n - 1]] for row in modes]
    return Reached(ends.area, delivered, due, once, begins, bool((network.lanes.source == GENERATED).any()))


def place_rows(ask: Ask, found: Reached) -> list[Row]:
    """Places by hours until delivered; what is never reached comes last."""
    names, rows = names_of(ask.seen.network), []
    for area, delivered, due, modes in zip(found.area, found.delivered, found.due, found.modes, strict=True):
        said = [said_of("mode", m) for m in modes]
        code = names.code("area", area)
        mine = bool(ask.scope.in_area[area])
        rows.append({
            "id": int(area), "code": code, "name": names.of("area", area), "address": f"{reverse('journeys.reach')}?{ask.filter.query(place=code, page=1)}" if mine else "",
            "hours": (int(delivered) - found.begins) / 3600 if delivered else None, "delivered": int(delivered) or None, "due": int(due) or None,
            "kept": "" if not due else _("兑现") if 0 < delivered <= due else _("不能兑现"), "modes": (" → ".join(m[0] for m in said), " → ".join(m[1] for m in said)),
        })  # fmt: skip
    return sorted(rows, key=lambda r: (r["hours"] is None, r["hours"] or 0.0, r["code"]))


def _said(hours: float | None) -> Pair:
    return ("送不到", "never") if hours is None else (f"{hours:.1f} 小时", f"{hours:.1f} h")


def _mark(ask: Ask, start: Start) -> Row:
    """Where it begins, as a mark."""
    network = ask.seen.network
    lon, lat = (network.facility_lon, network.facility_lat) if start.facility else (network.area_lon, network.area_lat)
    at = start.facility or start.area
    return {"code": start.code, "name": start.name, "kind": _("起点"), "tier": "start", "tier_name": "", "state": "", "planned": False, "lon": float(lon[at]), "lat": float(lat[at])}  # fmt: skip


def places(rows: list[Row]) -> Table:
    """All places."""
    columns = (
        Column("name", _("地区"), "text", "address"), Column("hours", _("送达(小时)"), "hours"), Column("delivered", _("最早送达"), "time"), Column("due", _("承诺送达"), "time"), Column("kept", _("能否兑现")), Column("modes", _("运输方式")),
    )  # fmt: skip
    return Table("places", _("各地送达时间(地图的数据)"), columns, rows, _("时刻表内没有可到达的地区。"))


def within(rows: list[Row]) -> Chart:
    """How many places of the province are reached within so many hours."""
    hours = sorted(r["hours"] for r in rows if r["hours"] is not None)
    last = min(_MOST_HOURS, -(-int(hours[-1] + 1) // _STEP) * _STEP) if hours else 0
    at = list(range(0, last + 1, _STEP)) if hours else []
    shares = [float(np.searchsorted(hours, h, "right")) / len(rows) for h in at]
    return chart("within", _("若干小时内送达的区县占比"), Column("within", _("小时"), "count"), at, (Drawn("share", _("区县占比"), shares),), "percent", 260, _("时刻表内没有可到达的地区。"), most=1.0)  # fmt: skip
