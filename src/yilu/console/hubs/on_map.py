"""A design on the map: county units by their road to the hub, a line from each to it, hubs with their names."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from yilu.console.hubs.worked import Worked
from yilu.console.journeys import on_map
from yilu.console.journeys.on_map import Class
from yilu.console.overview.map import TIERS
from yilu.console.pages.naming import Pair
from yilu.console.pages.page import Ask
from yilu.studies.hub_files import allocation_rows, hub_rows

Row = dict[str, Any]
KM: tuple[Class, ...] = (
    Class(0, _("25 公里内"), 0),
    Class(25, _("25–50 公里"), 1),
    Class(50, _("50–100 公里"), 2),
    Class(100, _("100–150 公里"), 3),
    Class(150, _("150 公里以上"), 4),
)
_RADIUS = 4
_BESIDE = (1.0, 0.16)
"""Degrees within which two hubs' names would lie on each other."""
HUB: Pair = ("枢纽", "hub")


def tier_name(tier: str) -> Pair:
    """The name of a tier; a dash where hubs have none."""
    return TIERS.get(tier, ("–", "–"))


def drawn(ask: Ask, of: Worked, states: dict[str, Pair], marked: set[str]) -> Row:
    """What ``map.js`` draws of a design. ``states``: what is said of a hub, by its unit's code; ``marked``: units whose hub is drawn hollow. Of a chosen city the map shows its county units, and hubs wherever they serve them."""
    network, number = ask.seen.network, ask.seen.network.areas.index_of_code.get(ask.filter.area, 0)
    here = network.under(ask.filter.area) if number else network.area_inside
    units = [r for r in allocation_rows(of.m, of.design) if here[network.areas.index_of_code[r["unit"]]]]
    serving = {r["hub"] for r in units}
    place = network.areas.index_of_code
    areas = [on_map.area(ask, place[r["unit"]], r["km"], (f"{r['hub_zh']} {r['km']:,.0f} 公里", f"{r['hub_en']}, {r['km']:,.0f} km"), "") for r in units]  # fmt: skip
    served = [r for r in hub_rows(of.m, of.design) if r["unit"] in serving]
    hubs = [
        {
            "code": r["unit"], "name": (r["name_zh"], r["name_en"]), "label": (r["name_zh"], r["name_en"].partition(" (")[0]), "kind": HUB, "tier": r["tier"] or "free", "tier_name": tier_name(r["tier"]) if r["tier"] else "",
            "planned": r["unit"] in marked, "west": _named_in_the_west(r, served), "state": states.get(r["unit"], ""), "lon": r["lon"], "lat": r["lat"],
        }
        for r in served
    ]  # fmt: skip
    lines = [
        {"items": r["items_a_day"], "line": [[float(network.area_lon[i]), float(network.area_lat[i])] for i in (place[r["unit"]], place[r["hub"]])]}
        for r in units if r["unit"] != r["hub"]
    ]  # fmt: skip
    shown = on_map.drawn(ask, "county", areas, KM, hubs, labels=False)
    return {
        **shown,
        "flows": lines,
        "straight": True,
        "linked": False,
        "radius": _RADIUS,
        "box": None if number else shown["box"],
    }


def _named_in_the_west(hub: Row, all_hubs: list[Row]) -> bool:
    """Whether a hub's name stands to its left: where another hub's would begin, and none lies on that side."""
    near = [h["lon"] - hub["lon"] for h in all_hubs if h is not hub and abs(h["lat"] - hub["lat"]) < _BESIDE[1] and abs(h["lon"] - hub["lon"]) < _BESIDE[0]]  # fmt: skip
    return bool(near) and min(near) > 0
