"""What the map shows, as rows: areas coloured by an indicator, flows between them, hubs, alerts. The script draws the same rows that the tables hold.

Of the province its cities are shown; of a chosen city its county units, coloured by events, since indicators are told by city.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.scope import Scope
from yilu.console.overview import alerts, headline
from yilu.console.overview.headline import DAYS, form_of, latest
from yilu.console.pages.page import Ask, Column, Table, Text
from yilu.console.pages.writing import FORMS, said
from yilu.console.seen import Seen
from yilu.errors import SettingsError
from yilu.indicators import Period, catalogue
from yilu.indicators.values import Scope as Cells
from yilu.items.answers import Narrow
from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.supervision.rules.declared import SEVERITIES

DEFAULT = "accepted"
CLASSES = 5
FLOWS = 40
"""Pairs of cities on the map, the greatest first."""
TIERS: dict[str, tuple[str, str]] = {
    "global": ("国际枢纽", "global"),
    "national": ("全国枢纽", "national"),
    "regional": ("区域枢纽", "regional"),
}
PLANNED: tuple[str, str] = ("规划", "planned")
EVENTS: tuple[str, str] = ("操作量", "Scans")
OF_SUPERVISION = ("flows", "places")
"""Tables of what serves supervision alone; for statistics they would be empty, as if there were nothing."""
_HUBS = ("hub", "sort_centre", "airport", "office_of_exchange", "international_centre")


@dataclass(frozen=True)
class Shown:
    """The map: its areas, what they are coloured by, and what lies on them. ``level``: of its areas; ``breaks``: lower bounds of the classes of colour."""

    level: str
    measure: Text
    form: str
    breaks: tuple[float, ...]
    areas: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    hubs: list[dict[str, Any]]
    alerts: list[dict[str, Any]]


def shown(ask: Ask) -> Shown:
    """What the map shows of what was asked."""
    network, chosen = ask.seen.network, ask.filter.area
    number = network.areas.index_of_code.get(chosen, 0)
    in_city = bool(number) and str(network.areas.level[network.areas.id == number][0]) in ("city", "county")
    city = int(network.area_city[number]) if in_city else 0
    if in_city:
        measure, form, values = EVENTS, "short", _events(ask)
    else:
        indicator = ask.filter.indicator or DEFAULT
        one = catalogue()[indicator]
        measure, form, values = (one.zh, one.en), form_of(indicator), _values(ask, indicator)
    ids = areas_shown(ask, "county" if in_city else "city", city)
    areas = [_area(ask, i, values.get(i), form) for i in ids]
    there = set(ids) if not in_city else {city}
    return Shown(
        "county" if in_city else "city", measure, form, breaks([a["value"] for a in areas if a["value"] is not None]), areas,
        _flows(ask, there), _hubs(ask), _alerts(ask, not in_city),
    )  # fmt: skip


def breaks(values: Sequence[float], classes: int = CLASSES) -> tuple[float, ...]:
    """Lower bounds of at most ``classes`` classes with about equally many values each; ascending, the first is the least value. Empty without values."""
    if not values:
        return ()
    bounds = np.quantile(np.asarray(values, np.float64), np.arange(classes) / classes, method="lower")
    return tuple(float(b) for b in np.unique(bounds))


def areas_shown(ask: Ask, level: str, city: int) -> list[int]:
    """Ids of the areas of a level, of a city (0: of all), of which a part is in scope."""
    network, scope = ask.seen.network, ask.here.scope
    ids = (int(i) for i, of in zip(network.areas.id, network.areas.level, strict=True) if of == level)
    return [
        i
        for i in ids
        if network.area_inside[i]
        and (scope.in_area[i] or (level == "city" and _holds(scope, i)))
        and (not city or network.area_city[i] == city)
    ]


def _holds(scope: Scope, city: int) -> bool:
    """Whether a city holds an area that is in scope, though not all of it is."""
    return bool((scope.in_area & (scope.network.area_city == city)).any())


def _area(ask: Ask, i: int, value: float | None, form: str) -> dict[str, Any]:
    network = ask.seen.network
    code, name = network.areas.code_of_id[i], network.areas.name_of_id[i]
    return {
        "code": code, "name": name, "value": value, "said": FORMS[form](value), "lon": float(network.area_lon[i]), "lat": float(network.area_lat[i]),
        "address": f"{reverse('overview')}?{ask.filter.query(area=code, page=1)}",
    }  # fmt: skip


def _values(ask: Ask, indicator: str) -> dict[int, float | None]:
    rows = ask.here.indicators([indicator], _period(ask), Cells(), ("area",))
    return {int(r["area"]): r["value"] for r in rows if r["value"] is not None}


def _events(ask: Ask) -> dict[int, float | None]:
    """Events of the period's days at the facilities of each county unit."""
    network, period = ask.seen.network, _period(ask)
    told = headline.scans(ask.here)
    if told is None:
        return {}
    since, until = (
        network.local_time.midnight(d.isoformat()) // 3600 for d in (period.first, period.last + timedelta(days=1))
    )
    places, hours, events = told
    counted = (hours >= since) & (hours < until)
    areas = network.facility_area[np.where(places < len(network.facility_area), places, 0)][counted]
    sums = np.bincount(areas, events[counted], len(network.area_level))
    return {int(a): float(n) for a, n in enumerate(sums) if n}


def _period(ask: Ask) -> Period:
    return ask.filter.period(latest(ask.seen), DAYS)


def _flows(ask: Ask, there: set[int]) -> list[dict[str, Any]]:
    """The greatest flows between cities of the province, of which one is shown."""
    network = ask.seen.network
    first, last = _period(ask).days
    pairs = ask.here.flows(Narrow(day_from=first, day_to=last))
    kept = [
        (n, a, b)
        for (a, b), n in pairs.items()
        if n and a != b and network.area_inside[a] and network.area_inside[b] and (a in there or b in there)
    ]  # fmt: skip
    names, codes = network.areas.name_of_id, network.areas.code_of_id
    return [
        {
            "from": names[a], "to": names[b], "from_code": codes[a], "to_code": codes[b], "items": n,
            "line": [[float(network.area_lon[i]), float(network.area_lat[i])] for i in (a, b)],
        }
        for n, a, b in sorted(kept, reverse=True)[:FLOWS]
    ]  # fmt: skip


def _hubs(ask: Ask) -> list[dict[str, Any]]:
    """Hubs and other processing sites in scope, hubs of the highest tier first."""
    f, network, scope = ask.seen.network.facilities, ask.seen.network, ask.here.scope
    rows = []
    for i, code, kind, tier, status in zip(f.id, f.code, f.kind, f.tier, f.status, strict=True):
        if kind in _HUBS and scope.at_facility[int(i)] and network.area_inside[network.facility_area[int(i)]]:
            k = FACILITY_KINDS[str(kind)]
            rows.append(
                {
                    "code": str(code), "name": f.name_of_id[int(i)], "kind": (k.zh, k.en), "form": str(kind), "tier": str(tier), "tier_name": TIERS.get(str(tier), ("", "")),
                    "planned": status == "planned", "state": PLANNED if status == "planned" else _("已有"),
                    "lon": float(network.facility_lon[int(i)]), "lat": float(network.facility_lat[int(i)]),
                }
            )  # fmt: skip
    order = {name: n for n, name in enumerate((*TIERS, ""))}
    return sorted(rows, key=lambda r: (order[r["tier"]], r["form"], r["code"]))


def _alerts(ask: Ask, by_city: bool) -> list[dict[str, Any]]:
    """Where alerts are that people are told of and that are not over, the gravest first: cities, or facilities of a chosen city."""
    network = ask.seen.network
    counts: Counter[int] = Counter()
    gravest: dict[int, int] = {}
    for a in alerts.told(ask.here):
        if not 0 < a.place < len(network.facility_area):
            continue
        where = int(network.area_city[network.facility_area[a.place]]) if by_city else a.place
        counts[where] += 1
        gravest[where] = max(gravest.get(where, 0), a.severity)
    of, lon, lat = (
        (network.areas, network.area_lon, network.area_lat)
        if by_city
        else (network.facilities, network.facility_lon, network.facility_lat)
    )
    return [
        {
            "code": of.code_of_id.get(w, ""), "name": of.name_of_id.get(w, ("", "")), "severity": gravest[w], "severity_name": SEVERITIES[gravest[w]],
            "alerts": n, "lon": float(lon[w]), "lat": float(lat[w]),
        }
        for w, n in sorted(counts.items(), key=lambda pair: (-gravest[pair[0]], -pair[1]))
    ]  # fmt: skip


def tables(of: Shown) -> tuple[Table, ...]:
    """The same, as tables."""
    area, areas = (_("区县"), _("各区县")) if of.level == "county" else (_("地市"), _("各地市"))
    empty = _("还没有数据。先用 yilu ingest 读入数据,或启动 yilu run。")
    return (
        Table("areas", areas, (Column("name", area, "text", "address"), Column("value", of.measure, of.form)), sorted(of.areas, key=lambda r: -(r["value"] or 0)), empty),
        Table("flows", _("地市间流量"), (Column("from", _("寄出")), Column("to", _("寄达")), Column("items", _("件数"), "count")), of.flows, empty),
        Table("hubs", _("枢纽与处理场所"), (Column("name", _("场所")), Column("kind", _("类型")), Column("tier_name", _("层级")), Column("state", _("状态"))), of.hubs, _("本省没有登记枢纽。")),
        Table("places", _("预警所在"), (Column("name", _("地点")), Column("severity_name", _("最高级别")), Column("alerts", _("预警数"), "count")), of.alerts, _("目前没有预警。")),
    )  # fmt: skip


def choices(ask: Ask) -> list[tuple[str, str]]:
    """Indicators by which cities can be coloured, by their names: those that serve the purpose of who asks."""
    return [(i.id, said((i.zh, i.en))) for i in catalogue().values() if i.serves(ask.seen.purpose.name)]


def for_script(of: Shown, seen: Seen, outlines: str, around: str) -> dict[str, Any]:
    """What the script draws. ``outlines``: the address of outlines of the shown level, ``around``: of those of cities, "" where there are none."""
    box = seen.network.bbox if of.level == "city" else None
    return {
        "level": of.level, "measure": said(of.measure), "classes": classes(of), "base": ground(seen.settings.base_map), "areas": of.areas, "flows": of.flows, "hubs": of.hubs,
        "alerts": of.alerts, "outlines": outlines, "around": around, "box": list(box) if box else None,
    }  # fmt: skip


def ground(said: str) -> str:
    """Where the map's raster tiles are on this host, "" for none. Raises SettingsError for another host's, which no browser would ask."""
    if said == "none":
        return ""
    if not said.startswith("/") or said.startswith("//") or not all(f"{{{axis}}}" in said for axis in "xyz"):
        raise SettingsError("base_map", said, "none, or a path of this host with {z}, {x} and {y}", "the settings")
    return said


def classes(of: Shown) -> list[dict[str, Any]]:
    """Classes of colour from the least to the greatest: lower ``bound``, as it is ``said``, and ``shade``, its place among ``CLASSES`` colours."""
    n = len(of.breaks)
    return [
        {"bound": b, "said": FORMS[of.form](b), "shade": CLASSES - 1 if n == 1 else round(i * (CLASSES - 1) / (n - 1))} for i, b in enumerate(of.breaks)
    ]  # fmt: skip


def period_of(ask: Ask) -> tuple[str, str]:
    """The first and last day that the map tells of."""
    period = _period(ask)
    return period.first.isoformat(), period.last.isoformat()
