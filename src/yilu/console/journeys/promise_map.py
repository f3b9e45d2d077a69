"""The promise map: of what share of pairs and of items the timetable keeps the promise, area by area, and where it doesn't, why, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import LaneRows
from yilu.console.journeys import on_map
from yilu.console.journeys.asked import SEES, Asked, asked_of, made, pending, shared, written
from yilu.console.journeys.words import said_of
from yilu.console.overview.map import areas_shown
from yilu.console.pages.asking import AddressError
from yilu.console.pages.drawing import Drawn, chart
from yilu.console.pages.naming import Pair, names_of
from yilu.console.pages.page import Ask, Chart, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.dispatch.itinerary import Step, itinerary
from yilu.dispatch.promise import Attained, Promises, attained, attained_by, worst_pairs
from yilu.dispatch.remedies import Remedy, allowed, reason, remedies
from yilu.network.default_timetable import GENERATED

WORST = 10
TITLE = _("时限地图")
MEASURES = {"volume": _("按件"), "pairs": _("按区域对")}
SIDES = {"origin": _("按收寄地"), "destination": _("按投递地")}
Row = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A pair of ends (rows) whose promise is broken for an acceptance (UTC seconds), the steps of its earliest journey, what would help; ``until``: minute of the last acceptance that keeps it."""

    origin: int
    destination: int
    accepted: int
    due: int
    until: int
    steps: list[Step]
    remedies: list[Remedy]


@dataclass(frozen=True)
class Kept:
    """How far promises are kept: in all, by service level (id), area (id), hour; the worst pairs. ``lanes``: those that may be named."""

    whole: Attained
    levels: dict[int, Attained]
    areas: dict[int, Attained]
    hours: list[Attained]
    worst: list[Broken]
    area: np.ndarray[Any, Any]
    lanes: LaneRows
    generated: bool


@screen("journeys", SEES)
def journeys(ask: Ask) -> Page:
    """Where promises are kept."""
    asked, f = asked_of(ask), ask.filter
    measure = f.measure or "volume"
    if measure not in MEASURES:
        raise AddressError("measure", measure, " or ".join(MEASURES), "volume 或 pairs")
    more = {**shared(ask, asked, "journeys"), "measure": measure, "_measures": list(MEASURES.items()), "_sides": list(SIDES.items())}  # fmt: skip
    key = ("promise map", asked.day, asked.operator, f.level, asked.hour, f.area, f.side)
    found: Kept | None = made(ask, key, lambda: kept(ask, asked))
    if found is None:
        return pending(TITLE, more)
    level, rows = area_rows(ask, found)
    drawn = [on_map.area(ask, r["id"], r[measure], on_map_said(r[measure]), r["address"]) for r in rows]
    tables = (levels(ask, found), areas(level, rows), worst(ask, found), changes(ask, found))
    more |= {"map": on_map.drawn(ask, level, drawn, on_map.SHARES), "_classes": on_map.SHARES, "generated": found.generated, "pairs": found.whole.pairs, "level": level}  # fmt: skip
    return Page("journeys/promises", TITLE, tables, (by_hour(asked, found),), more)


def on_map_said(value: float | None) -> str:
    """A share in the room that a map has."""
    return "–" if value is None else f"{100 * (min(value, 0.999) if value < 1 else value):.1f}"


def kept(ask: Ask, asked: Asked) -> Kept:
    """What the page tells, worked out."""
    seen, f = ask.seen, ask.filter
    whole = seen.promises(asked.day, asked.operator)
    of, ends = seen.timetable(asked.day, asked.operator)
    network = of.network
    ids = network.service_levels.index_of_code
    here = whole.only(_in_area(whole, ask))
    now = here.only(np.ones_like(here.level, np.bool_), asked.at)
    chosen = now.only(now.level == ids[f.level]) if f.level else now
    all_hours = here.only(here.level == ids[f.level]) if f.level else here
    level, _city = on_map.level_of(ask)
    group = ends.area if level == "county" else network.area_city[ends.area].astype(np.int64)
    worst = []
    for i, j, h in worst_pairs(chosen, WORST):
        accepted, due = of.begins + 3600 * chosen.hours[h], int(chosen.due[i, j, h])
        steps = itinerary(of, ends, i, j, accepted)
        worst.append(Broken(i, j, accepted, due, int(chosen.until[i, j]), steps, remedies(of, ends, i, j, accepted, due, allowed(network))))  # fmt: skip
    every = np.ones_like(here.level, np.bool_)
    return Kept(
        attained(chosen), {int(n): attained(now, now.level == n) for n in ids.values() if n}, attained_by(chosen, group, f.side), [attained(all_hours.only(every, h)) for h in range(len(all_hours.hours))], worst,
        ends.area, seen.lanes(of), bool((network.lanes.source == GENERATED).any()),
    )  # fmt: skip


def _in_area(of: Promises, ask: Ask) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Pairs (N, N) whose end on the side that is asked for lies in the area that is asked for."""
    n = len(of.ends)
    if not ask.filter.area:
        return np.ones((n, n), np.bool_)
    inside = ask.seen.network.under(ask.filter.area)[of.ends.area]
    return np.broadcast_to(inside[:, None] if ask.filter.side == "origin" else inside[None, :], (n, n))


def _cells(a: Attained | None) -> Row:
    """Shares as a row holds them."""
    if a is None or not a.pairs:
        return {"count": 0, "pairs": None, "volume": None}
    return {"count": a.pairs, "pairs": a.pairs_kept, "volume": None if a.volume_kept != a.volume_kept else a.volume_kept}  # fmt: skip


_SHARES = (
    Column("count", _("区域对"), "count"),
    Column("pairs", _("达成的区域对"), "share"),
    Column("volume", _("达成的件"), "share"),
)


def levels(ask: Ask, found: Kept) -> Table:
    """Attainment of each service level."""
    names = names_of(ask.seen.network)
    rows: list[Row] = [
        {"code": names.code("level", n), "name": names.of("level", n), "address": f"?{ask.filter.query(level=names.code('level', n), page=1)}", **_cells(a)}
        for n, a in found.levels.items() if a.pairs
    ]  # fmt: skip
    columns = (Column("name", _("时限产品"), "text", "address"), *_SHARES)
    return Table("levels", _("各时限产品的达成率"), columns, rows, _("所选范围没有时限承诺。换一个地区或清空筛选。"))


def area_rows(ask: Ask, found: Kept) -> tuple[str, list[Row]]:
    """Attainment of each area on the map, the least first."""
    level, city = on_map.level_of(ask)
    names = names_of(ask.seen.network)
    rows: list[Row] = []
    for i in areas_shown(ask, level, city):
        address = f"{reverse('journeys')}?{ask.filter.query(area=names.code('area', i), page=1)}" if level == "city" else f"{reverse('journeys.reach')}?{ask.filter.query(place=names.code('area', i), page=1)}"  # fmt: skip
        rows.append({"id": i, "code": names.code("area", i), "name": names.of("area", i), "address": address, **_cells(found.areas.get(i))})  # fmt: skip
    return level, sorted(rows, key=lambda r: (r["volume"] is None, r["volume"] or 0.0, r["pairs"] or 0.0))


def areas(level: str, rows: list[Row]) -> Table:
    """The same as the map."""
    column = Column("name", _("区县") if level == "county" else _("地市"), "text", "address")
    return Table("areas", _("各地区的达成率(地图的数据)"), (column, *_SHARES), rows, _("所选范围没有地区。"))


def by_hour(asked: Asked, found: Kept) -> Chart:
    """Attainment by hour of acceptance."""
    told = [_cells(a) for a in found.hours]
    series = (Drawn("volume", _("达成的件"), [r["volume"] for r in told]), Drawn("pairs", _("达成的区域对"), [r["pairs"] for r in told], "dashed"))  # fmt: skip
    return chart("hours", _("各收寄时刻的达成率"), Column("at", _("收寄时刻")), [f"{h:02d}:00" for h in asked.hours], series, "percent", 260, most=1.0)  # fmt: skip


def worst(ask: Ask, found: Kept) -> Table:
    """The pairs that are latest."""
    names, rows = names_of(ask.seen.network), []
    for b in found.worst:
        delivered = b.steps[-1].ends if b.steps else None
        rows.append({
            "origin": names.of("area", found.area[b.origin]), "destination": names.of("area", found.area[b.destination]), "accepted": b.accepted, "due": b.due, "delivered": delivered,
            "late": (delivered - b.due) / 3600 if delivered else None, "reason": said_of("reason", reason(b.steps, b.due).why), "until": written(b.until) if b.until >= 0 else "", "help": _help(ask, found, b),
        })  # fmt: skip
    columns = (
        Column("origin", _("收寄地")), Column("destination", _("投递地")), Column("accepted", _("收寄"), "time"), Column("due", _("承诺送达"), "time"), Column("delivered", _("最早送达"), "time"), Column("late", _("迟(小时)"), "hours"),
        Column("reason", _("原因")), Column("until", _("当日最晚收寄")), Column("help", _("代价最小的改法")),
    )  # fmt: skip
    return Table("worst", _("最差的十对"), columns, rows, _("所选范围内,承诺全部可以兑现。"))


def _help(ask: Ask, found: Kept, b: Broken) -> Pair:
    if not b.remedies:
        return ("单项改动无效", "no single change")
    zh, en = (_in_words(ask, found, b.remedies[0], n) for n in (0, 1))
    return zh, en


def _in_words(ask: Ask, found: Kept, r: Remedy, language: int) -> str:
    where, change = _where(ask, found, r)[language], said_of("change", r.change)[language]
    size = f"{r.minutes} {('分钟', 'min')[language]}" if r.minutes else ""
    cost = f"¥{r.yuan:,.0f}" if r.yuan else ""
    beside = ", ".join(part for part in (size, cost) if part)
    return f"{change} {where}" + (f" ({beside})" if beside else "")


def _where(ask: Ask, found: Kept, r: Remedy) -> Pair:
    """A lane by its ends where it may be named, else the facility."""
    names, of = names_of(ask.seen.network), found.lanes.lanes
    if r.lane >= 0 and r.lane in found.lanes.rows:
        places = ask.seen.network.facilities.index_of_code
        a, b = (names.of("facility", places[str(c)]) for c in (of.source_facility[r.lane], of.target_facility[r.lane]))
        return f"{a[0]} → {b[0]}", f"{a[1]} → {b[1]}"
    return names.of("facility", r.facility)


def changes(ask: Ask, found: Kept) -> Table:
    """Everything that would help, each alone."""
    names = names_of(ask.seen.network)
    rows = [
        {"origin": names.of("area", found.area[b.origin]), "destination": names.of("area", found.area[b.destination]), "change": said_of("change", r.change), "where": _where(ask, found, r), "minutes": r.minutes or None,
         "yuan": r.yuan or None, "at": r.at}
        for b in found.worst for r in b.remedies
    ]  # fmt: skip
    columns = (
        Column("origin", _("收寄地")), Column("destination", _("投递地")), Column("change", _("改法")), Column("where", _("何处")), Column("minutes", _("分钟"), "count"), Column("yuan", _("元/日"), "count"), Column("at", _("时刻"), "time"),
    )  # fmt: skip
    return Table(
        "changes", _("每一项单独改动(逐项试算)"), columns, rows, _("没有需要改动的区域对,或没有一项单独的改动有用。")
    )
