"""Disruption what-if: promises of one day's acceptances as the timetable stands and with what is left of it, side by side, and the pairs that break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from yilu.console.journeys import on_map
from yilu.console.journeys.asked import SEES, Asked, asked_of, made, pending, shared
from yilu.console.journeys.promise_map import MEASURES, SIDES, on_map_said
from yilu.console.journeys.stopping import Stopping, lanes_named, offered, shown, stopping_of, stops
from yilu.console.overview.map import areas_shown
from yilu.console.pages.asking import AddressError
from yilu.console.pages.naming import names_of
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.dispatch.closures import touched
from yilu.dispatch.promise import Attained, Promises, attained, attained_by
from yilu.network.default_timetable import GENERATED

TITLE = _("中断推演")
_STOPPED = _("当日停开班次")
_ROWS = 50
_DAY_MINUTES = 1440
Row = dict[str, Any]


@dataclass(frozen=True)
class Pairs:
    """Pairs (n,) of which promises that are kept today are not under closures, the largest flow first. ``hours``: at how many hours of acceptance; ``now``, ``then``, ``due``: UTC seconds of delivery
    and of what is promised at the hour where it comes latest, 0 for never; ``accepted`` then; ``items``: a day, all pairs together being 1.
    """

    origin: NDArray[np.int64]
    destination: NDArray[np.int64]
    hours: NDArray[np.int64]
    accepted: NDArray[np.int64]
    now: NDArray[np.int64]
    then: NDArray[np.int64]
    due: NDArray[np.int64]
    items: NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """Attainment as the timetable stands and under closures: of all, by service level (id), by area (id). ``stopped``: departures of the first day that don't run, or come later, of each closure."""

    whole: tuple[Attained, Attained]
    levels: dict[int, tuple[Attained, Attained]]
    areas: tuple[dict[int, Attained], dict[int, Attained]]
    pairs: Pairs
    stopped: list[int]
    generated: bool


@screen("journeys.disruption", SEES, "journeys/disruption")
def disruption(ask: Ask) -> Page:
    """Today beside a day on which something stops."""
    asked, stopping, f = asked_of(ask), stopping_of(ask), ask.filter
    measure = f.measure or "volume"
    if measure not in MEASURES:
        raise AddressError("measure", measure, " or ".join(MEASURES), "volume 或 pairs")
    more = {
        **shared(ask, asked, "journeys.disruption"), **shown(stopping), "measure": measure, "_measures": list(MEASURES.items()), "_sides": list(SIDES.items()), "_offered": offered(ask),
    }  # fmt: skip
    if not stopping.what:
        return Page("journeys/disruption", TITLE, (stops(ask, stopping, [], _STOPPED),), more={**more, "empty": True})
    key = ("disruption", asked.day, asked.operator, f.level, asked.hour, f.area, f.side, stopping)
    found: Compared | None = made(ask, key, lambda: compared(ask, asked, stopping))
    if found is None:
        return pending(TITLE, more)
    level, rows = area_rows(ask, found)
    maps = [
        {"name": name, "title": title, "data": on_map.drawn(ask, level, [on_map.area(ask, r["id"], r[f"{measure}_{name}"], on_map_said(r[f"{measure}_{name}"]), r["address"]) for r in rows], on_map.SHARES)}
        for name, title in (("now", _("照常运行")), ("then", _("中断之后")))
    ]  # fmt: skip
    tables = (stops(ask, stopping, found.stopped, _STOPPED), levels(ask, found), areas(level, rows), pairs(ask, found))
    more |= {
        "_maps": maps, "_classes": on_map.SHARES, "generated": found.generated, "broken_pairs": len(found.pairs.origin), "kept_now": found.whole[0].volume_kept, "kept_then": found.whole[1].volume_kept,
        "pages": max(1, -(-len(found.pairs.origin) // _ROWS)), "level": level,
    }  # fmt: skip
    return Page("journeys/disruption", TITLE, tables, more=more)


def compared(ask: Ask, asked: Asked, stopping: Stopping) -> Compared:
    """Both, worked out."""
    seen, f = ask.seen, ask.filter
    of, ends = seen.timetable(asked.day, asked.operator)
    lanes_named(ask, stopping, seen.lanes(of))
    closures = stopping.closures(of.begins)
    network, area = of.network, f.area
    ids, n = network.service_levels.index_of_code, len(ends)
    inside = network.under(area)[ends.area] if area else np.ones(n, np.bool_)
    here = np.broadcast_to(inside[:, None] if f.side == "origin" else inside[None, :], (n, n))
    both = [seen.promises(asked.day, asked.operator, c).only(here, asked.at) for c in ((), closures)]
    told = [p.only(p.level == ids[f.level]) for p in both] if f.level else both
    level, _city = on_map.level_of(ask)
    group = ends.area if level == "county" else network.area_city[ends.area].astype(np.int64)
    now, then = (attained_by(p, group, f.side) for p in told)
    by_level = {int(k): (attained(both[0], both[0].level == k), attained(both[1], both[1].level == k)) for k in ids.values() if k}  # fmt: skip
    first = of.connections.departs < _DAY_MINUTES
    stopped = [int((touched(of, c) & first).sum()) for c in closures]
    return Compared(
        (attained(told[0]), attained(told[1])), by_level, (now, then), broken(told[0], told[1], of.begins), stopped, bool((network.lanes.source == GENERATED).any())
    )  # fmt: skip


def broken(now: Promises, then: Promises, midnight: int) -> Pairs:
    """Pairs that break; ``midnight``: UTC seconds at which the day of acceptance begins."""
    breaks = now.kept & ~then.kept
    i, j = np.nonzero(breaks.any(axis=2))
    late = np.where(then.delivered[i, j] > 0, then.delivered[i, j] - then.due[i, j], np.iinfo(np.int64).max)
    hour = np.where(breaks[i, j], late, -1).argmax(axis=1)
    order = np.lexsort((j, i, -now.weight[i, j]))
    i, j, hour = i[order], j[order], hour[order]
    accepted = midnight + 3600 * np.asarray(now.hours, np.int64)[hour]
    area = now.ends.area
    return Pairs(
        area[i], area[j], breaks[i, j].sum(axis=1), accepted, now.delivered[i, j, hour], then.delivered[i, j, hour], then.due[i, j, hour], now.weight[i, j],
    )  # fmt: skip


def _pair(now: Attained | None, then: Attained | None) -> Row:
    """Shares before and after, as a row holds them, and what they lost."""
    row: Row = {"count": now.pairs if now else 0}
    for name, value in (("pairs", "pairs_kept"), ("volume", "volume_kept")):
        a, b = (None if s is None or getattr(s, value) != getattr(s, value) else float(getattr(s, value)) for s in (now, then))  # fmt: skip
        row |= {f"{name}_now": a, f"{name}_then": b, f"{name}_lost": None if a is None or b is None else a - b}
    return row


_SHARES = (
    Column("count", _("区域对"), "count"), Column("pairs_now", _("区域对达成:照常"), "share"), Column("pairs_then", _("区域对达成:中断"), "share"), Column("volume_now", _("件达成:照常"), "share"),
    Column("volume_then", _("件达成:中断"), "share"), Column("volume_lost", _("件达成减少"), "percent"),
)  # fmt: skip


def levels(ask: Ask, found: Compared) -> Table:
    """Side by side by service level."""
    names = names_of(ask.seen.network)
    rows: list[Row] = [
        {"name": names.of("level", n), "address": f"?{ask.filter.query(level=names.code('level', n), page=1)}", **_pair(a, b)} for n, (a, b) in found.levels.items() if a.pairs
    ]  # fmt: skip
    return Table("levels", _("各时限产品"), (Column("name", _("时限产品"), "text", "address"), *_SHARES), rows, _("所选范围没有时限承诺。换一个地区或清空筛选。"))  # fmt: skip


def area_rows(ask: Ask, found: Compared) -> tuple[str, list[Row]]:
    """Side by side by area, what loses most first."""
    level, city = on_map.level_of(ask)
    names, rows = names_of(ask.seen.network), list[Row]()
    for i in areas_shown(ask, level, city):
        address = f"{reverse('journeys.disruption')}?{ask.filter.query(area=names.code('area', i), page=1)}" if level == "city" else ""  # fmt: skip
        rows.append({"id": i, "code": names.code("area", i), "name": names.of("area", i), "address": address, **_pair(found.areas[0].get(i), found.areas[1].get(i))})  # fmt: skip
    return level, sorted(rows, key=lambda r: (-(r["volume_lost"] or 0.0), r["code"]))


def areas(level: str, rows: list[Row]) -> Table:
    """The same as the maps."""
    column = Column("name", _("区县") if level == "county" else _("地市"), "text", "address")
    return Table("areas", _("各地区前后对比(地图的数据)"), (column, *_SHARES), rows, _("所选范围没有地区。"))


def pairs(ask: Ask, found: Compared) -> Table:
    """A page of the pairs that break."""
    names, p = names_of(ask.seen.network), found.pairs
    first, n = (ask.filter.page - 1) * _ROWS, len(p.origin)
    rows = [
        {
            "origin": names.of("area", p.origin[k]), "destination": names.of("area", p.destination[k]), "hours": int(p.hours[k]), "accepted": int(p.accepted[k]), "now": int(p.now[k]) or None, "due": int(p.due[k]),
            "then": int(p.then[k]) or None, "late": float(p.then[k] - p.due[k]) / 3600 if p.then[k] else None, "share": float(p.items[k]),
        }
        for k in range(first, min(first + _ROWS, n))
    ]  # fmt: skip
    columns = (
        Column("origin", _("收寄地")), Column("destination", _("投递地")), Column("hours", _("失约的收寄时刻数"), "count"), Column("accepted", _("收寄(最迟的一个)"), "time"), Column("due", _("承诺送达"), "time"),
        Column("now", _("照常送达"), "time"), Column("then", _("中断后送达"), "time"), Column("late", _("迟(小时)"), "hours"),
    )  # fmt: skip
    return Table(
        "pairs", _("失约的区域对(按件量)"), columns, rows, _("这样的中断不使任何承诺落空。"), max(0, n - len(rows))
    )
