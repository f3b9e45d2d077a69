"""What ``map.js`` draws for pages of the timetable: areas by a class of their value, with the same rows as the table beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.overview import map, serving
from yilu.console.pages.page import Ask, Text

Row = dict[str, Any]


@dataclass(frozen=True)
class Class:
    """A class of colour: its lower ``bound``, what it is called, its ``shade`` (0 to 4)."""

    bound: float
    label: Text
    shade: int


SHARES: tuple[Class, ...] = (
    Class(0.0, "< 90 %", 0),
    Class(0.9, "90 – 95 %", 1),
    Class(0.95, "95 – 98 %", 2),
    Class(0.98, "98 – 99.5 %", 3),
    Class(0.995, "≥ 99.5 %", 4),
)
HOURS: tuple[Class, ...] = (
    Class(0, _("12 小时内"), 0),
    Class(12, _("12–24 小时"), 1),
    Class(24, _("24–36 小时"), 2),
    Class(36, _("36–48 小时"), 3),
    Class(48, _("48 小时以上"), 4),
)


def level_of(ask: Ask) -> tuple[str, int]:
    """The level of the areas shown, and the city (id) whose they are: of a chosen city its county units, else all cities (0)."""
    network, number = ask.seen.network, ask.seen.network.areas.index_of_code.get(ask.filter.area, 0)
    in_city = bool(number) and str(network.areas.level[network.areas.id == number][0]) in ("city", "county")
    return ("county", int(network.area_city[number])) if in_city else ("city", 0)


def drawn(ask: Ask, level: str, areas: Sequence[Row], classes: Sequence[Class], marks: Sequence[Row] = (), labels: bool = True) -> Row:  # fmt: skip
    """The map of areas (rows with code, name, value, said, lon, lat, address), ``marks``: facilities on it; without ``labels`` an area's name is told when it is pointed at."""
    network = ask.seen.network
    return {
        "level": level, "classes": [{"bound": c.bound, "said": c.label, "shade": c.shade} for c in classes], "areas": list(areas), "flows": [], "hubs": list(marks), "alerts": [], "labels": labels, "linked": True,
        "outlines": serving.address(network, level), "around": serving.address(network, "city"), "base": map.ground(ask.seen.settings.base_map), "box": list(network.bbox) if network.bbox and (level == "city" or not labels) else None,
    }  # fmt: skip


def area(ask: Ask, id: int, value: float | None, said: Text, address: str) -> Row:
    """One area as the map draws it."""
    network = ask.seen.network
    return {
        "code": network.areas.code_of_id[id], "name": network.areas.name_of_id[id], "value": value, "said": said, "lon": float(network.area_lon[id]), "lat": float(network.area_lat[id]), "address": address,
    }  # fmt: skip
