"""The timetable: lanes and their departures of a day, the room they have, by mode, facility and hour; whether it was generated, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from yilu.console.journeys.asked import SEES, Asked, asked_of, made, pending, shared, written
from yilu.console.journeys.words import said_of
from yilu.console.pages.asking import AddressError
from yilu.console.pages.drawing import BARS, Drawn, chart
from yilu.console.pages.naming import names_of
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.dispatch.loads import loads
from yilu.dispatch.timetable import MODES
from yilu.network.default_timetable import GENERATED
from yilu.network.tables import Lanes

TITLE = _("班期与装载")
EVERYBODY = ("各企业共用", "everybody's")
_ROWS, _PLACES = 50, 30
_DAY_MINUTES = 1440
Row = dict[str, Any]


@dataclass(frozen=True)
class Running:
    """Lanes (n,) in scope on one day. ``row`` in ``lanes``; ``source``, ``target`` facility ids; ``departures``; ``first``, ``last``: minutes of the day, -1 where none departs; ``room``: items
    that all departures take, -1 without limit; ``load``: items that would ride them; ``by_hour`` (modes, 24): departures.
    """

    lanes: Lanes
    row: NDArray[np.int64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    departures: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    room: NDArray[np.int64]
    load: NDArray[np.float64]
    by_hour: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> Running:
        """Some of them (n,)."""
        told = {n: getattr(self, n)[chosen] for n in ("row", "source", "target", "departures", "first", "last", "room", "load", "by_hour")}  # fmt: skip
        return Running(self.lanes, **told)

    @property
    def generated(self) -> NDArray[np.bool_]:
        """Which of them were generated."""
        return np.asarray(self.lanes.source[self.row] == GENERATED)


@screen("journeys.timetable", SEES, "journeys/timetable")
def timetable(ask: Ask) -> Page:
    """What departs."""
    asked, f = asked_of(ask), ask.filter
    if f.mode and f.mode not in MODES:
        raise AddressError("mode", f.mode, f"one of {', '.join(MODES)}", f"{'、'.join(MODES)} 之一")
    if f.place and f.place not in ask.seen.network.facilities.index_of_code and f.place not in ask.seen.network.areas.index_of_code:  # fmt: skip
        raise AddressError("place", f.place, "the code of an area or a facility", "地区或场所的代码")
    more = {**shared(ask, asked, "journeys.timetable"), "mode": f.mode, "place": f.place, "_modes": [(m, said_of("mode", m)) for m in MODES]}  # fmt: skip
    whole: Running | None = made(ask, ("departures", asked.day, asked.operator), lambda: running(ask, asked))
    if whole is None:
        return pending(TITLE, more)
    found = chosen(ask, whole)
    count, first = len(found.row), (f.page - 1) * _ROWS
    order = np.lexsort((found.row, -found.departures))[first : first + _ROWS]
    tables = (by_mode(ask, found), by_place(ask, found), listed(ask, found, order, count))
    generated = int(found.generated.sum())
    more |= {"count": count, "pages": max(1, -(-count // _ROWS)), "generated": bool(generated), "generated_lanes": generated, "departures": int(found.departures.sum())}  # fmt: skip
    return Page("journeys/timetable", TITLE, tables, (by_hour(found), filled(found)), more)


def running(ask: Ask, asked: Asked) -> Running:
    """Lanes in scope as they run on the day."""
    of, ends = ask.seen.timetable(asked.day, asked.operator)
    network, c, mine = of.network, of.connections, ask.seen.lanes(of).rows
    today = np.flatnonzero((c.departs >= 0) & (c.departs < _DAY_MINUTES))
    lane, n = of.lane[c.row].astype(np.int64), len(network.lanes.code)
    departures = np.bincount(lane[today], minlength=n)
    first, last = np.full(n, _DAY_MINUTES), np.full(n, -1)
    np.minimum.at(first, lane[today], c.departs[today])
    np.maximum.at(last, lane[today], c.departs[today])
    by_hour = np.zeros((n, 24), np.int64)
    np.add.at(by_hour, (lane[today], c.departs[today] // 60), 1)
    capacity = network.lanes.capacity_items
    room = np.where(capacity > 0, capacity * departures, -1)
    ids = network.facilities.index_of_code
    source, target = (np.array([ids[str(c)] for c in codes], np.int64) for codes in (network.lanes.source_facility, network.lanes.target_facility))  # fmt: skip
    load = np.bincount(lane, loads(of, ends), n).astype(np.float64)
    ridden = mine[np.isin(mine, lane)]
    return Running(
        network.lanes, ridden, source[ridden], target[ridden], departures[ridden], np.where(departures > 0, first, -1)[ridden], last[ridden], room[ridden], load[ridden], by_hour[ridden]
    )  # fmt: skip


def chosen(ask: Ask, of: Running) -> Running:
    """Lanes of the mode, place, region and text that the address names."""
    network, f, keep = ask.seen.network, ask.filter, np.ones(len(of.row), np.bool_)
    if f.mode:
        keep &= of.lanes.mode[of.row] == f.mode
    for code in filter(None, (f.area, f.place)):
        number = network.facilities.index_of_code.get(code, 0)
        there = network.under(code)[network.facility_area] if code in network.areas.index_of_code else np.arange(len(network.facility_area)) == number  # fmt: skip
        keep &= there[of.source] | there[of.target]
    if q := f.q.casefold():
        names = names_of(network)
        named = {int(i): any(q in text.casefold() for text in names.of("facility", i)) for i in {*of.source, *of.target}}  # fmt: skip
        keep &= np.array([q in str(of.lanes.code[r]).casefold() or named[int(a)] or named[int(b)] for r, a, b in zip(of.row, of.source, of.target, strict=True)], np.bool_)  # fmt: skip
    return of.only(keep)


def _sums(of: Running, some: NDArray[np.bool_]) -> Row:
    """Lanes, departures, room and load of some of the lanes; of lanes without a limit no room is told."""
    bounded = some & (of.room >= 0)
    room, load = int(of.room[bounded].sum()), float(of.load[some].sum())
    return {
        "lanes": int(some.sum()), "departures": int(of.departures[some].sum()), "room": room if bounded.any() else None, "load": round(load),
        "filled": float(of.load[bounded].sum()) / room if room else None,
    }  # fmt: skip


_SUMS = (
    Column("lanes", _("线路"), "count"), Column("departures", _("当日班次"), "count"), Column("room", _("运力(件/日)"), "count"), Column("load", _("推算装载(件/日)"), "count"), Column("filled", _("装载率"), "percent"),
)  # fmt: skip


def by_mode(ask: Ask, of: Running) -> Table:
    """Sums by mode."""
    mode = of.lanes.mode[of.row]
    rows = [{"mode": said_of("mode", m), "address": f"?{ask.filter.query(mode=m, page=1)}", **_sums(of, mode == m)} for m in MODES if (mode == m).any()]  # fmt: skip
    return Table("modes", _("各运输方式"), (Column("mode", _("运输方式"), "text", "address"), *_SUMS), rows, _("没有符合的线路。清空筛选。"))  # fmt: skip


def by_place(ask: Ask, of: Running) -> Table:
    """Sums of what departs from each facility, the busiest first."""
    names = names_of(ask.seen.network)
    places, counts = np.unique(of.source, return_counts=True)
    sums = sorted(((_sums(of, of.source == p), int(p)) for p in places), key=lambda pair: (-pair[0]["load"], pair[1]))
    rows = [
        {"place": names.of("facility", p), "address": f"{reverse('journeys.timetable')}?{ask.filter.query(place=names.code('facility', p), page=1)}", **s}
        for s, p in sums[:_PLACES]
    ]  # fmt: skip
    return Table("places", _("各场所发出"), (Column("place", _("场所"), "text", "address"), *_SUMS), rows, _("没有符合的线路。清空筛选。"), max(0, len(counts) - _PLACES))  # fmt: skip


def listed(ask: Ask, of: Running, order: NDArray[np.int64], count: int) -> Table:
    """A page of lanes."""
    names, operators, lanes = names_of(ask.seen.network), ask.seen.network.operators.index_of_code, of.lanes
    rows = []
    for i in order:
        r, operator = int(of.row[i]), str(lanes.operator[of.row[i]])
        room = None if of.room[i] < 0 else int(of.room[i])
        rows.append({
            "code": str(lanes.code[r]), "from": names.of("facility", of.source[i]), "to": names.of("facility", of.target[i]), "mode": said_of("mode", str(lanes.mode[r])),
            "operator": EVERYBODY if operator == "*" else names.of("operator", operators.get(operator, 0)), "departures": int(of.departures[i]),
            "times": f"{written(int(of.first[i]))}–{written(int(of.last[i]))}" if of.last[i] >= 0 else "", "minutes": int(lanes.minutes[r]), "capacity": int(lanes.capacity_items[r]) or None, "room": room,
            "load": round(float(of.load[i])), "filled": float(of.load[i]) / room if room else None, "made": _("生成") if str(lanes.source[r]) == GENERATED else _("导入"), "grade": str(lanes.grade[r]),
        })  # fmt: skip
    columns = (
        Column("code", _("线路代码")), Column("from", _("始发")), Column("to", _("终到")), Column("mode", _("运输方式")), Column("operator", _("承运")), Column("departures", _("当日班次"), "count"), Column("times", _("首末班")),
        Column("minutes", _("在途(分钟)"), "count"), Column("capacity", _("每班(件)"), "count"), Column("load", _("推算装载(件/日)"), "count"), Column("filled", _("装载率"), "percent"), Column("made", _("来历")), Column("grade", _("可信等级"), "grade"),
    )  # fmt: skip
    return Table(
        "timetable", _("线路与班次"), columns, rows, _("没有符合的线路。清空筛选。"), max(0, count - len(rows))
    )


def by_hour(of: Running) -> Chart:
    """Departures by hour of the day and mode."""
    mode = of.lanes.mode[of.row]
    series = tuple(Drawn(m, said_of("mode", m), [int(n) for n in of.by_hour[mode == m].sum(axis=0)], BARS) for m in MODES if (mode == m).any())  # fmt: skip
    return chart("hours", _("各小时发出的班次"), Column("hour", _("时刻")), [f"{h:02d}:00" for h in range(24)] if series else [], series, "count", 280, _("没有符合的线路。清空筛选。"), stacked=True)  # fmt: skip


_CLASSES = (
    (0.0, 0.25, "< 25 %"),
    (0.25, 0.5, "25–50 %"),
    (0.5, 0.75, "50–75 %"),
    (0.75, 1.0, "75–100 %"),
    (1.0, np.inf, "≥ 100 %"),
)


def filled(of: Running) -> Chart:
    """How many lanes are how full."""
    bounded = of.room > 0
    share = of.load[bounded] / of.room[bounded]
    counts = [int(((low <= share) & (share < high)).sum()) for low, high, _name in _CLASSES]
    at = [name for _low, _high, name in _CLASSES] if bounded.any() else []
    return chart("filled", _("装载率分布(线路数)"), Column("share", _("装载率")), at, (Drawn("lanes", _("线路"), counts, BARS),), "count", 280, _("没有符合的线路。清空筛选。"))  # fmt: skip
