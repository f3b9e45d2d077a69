"""Where items pass: outlets and processing sites of a network, and the times between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROAD_KM_H, AIR_KM_H = 62.0, 640.0
AIR_HANDLING_H, ABROAD_HANDLING_H = 7.0, 12.0
AIR_FROM_KM = 1300.0
CIRCUITY = 1.25
LOCAL_KM_H = 34.0
DEPOTS = ("depot",)
"""Speeds with stops included and hours at airports (A)."""


def _great_circle_km(lon: NDArray[np.float64], lat: NDArray[np.float64], a: Any, b: Any) -> NDArray[np.float64]:
    x, y = np.radians(lon), np.radians(lat)
    h = np.sin((y[b] - y[a]) / 2) ** 2 + np.cos(y[a]) * np.cos(y[b]) * np.sin((x[b] - x[a]) / 2) ** 2
    return np.asarray(2 * 6371.0088 * np.arcsin(np.minimum(1.0, np.sqrt(h))))


@dataclass(frozen=True)
class Sites:
    """Processing sites by row: facility ids (Q,), the area each stands for, whether inside the province."""

    facility: NDArray[np.uint32]
    area: NDArray[np.int64]
    inside: NDArray[np.bool_]
    row: dict[int, int]


def kinds_of(network: Any) -> dict[int, str]:
    return {int(i): str(kind) for i, kind in zip(network.facilities.id, network.facilities.kind, strict=True)}


def sites_of(network: Any, areas: NDArray[np.int64]) -> Sites:
    """A site for each city of ``areas`` inside (its sort centre, or else any processing site), hubs, offices of exchange, gateways."""
    kinds = kinds_of(network)
    ids = np.sort(np.array(list(kinds), np.int64))
    city = np.asarray(network.area_city)[np.asarray(network.facility_area)[ids]].astype(np.int64)
    processing = np.asarray(network.facility_processing)[ids]
    chosen: list[int] = []
    for area in areas:
        at = ids[city == np.asarray(network.area_city)[area]]
        if not len(at):
            raise ValueError(
                f"the network has no facility for area {network.areas.code[int(np.flatnonzero(np.asarray(network.areas.id) == area)[0])]}"
            )
        ranked = sorted(at, key=lambda i: ("sort" not in kinds[i], not network.facility_processing[i], i))
        chosen.append(int(ranked[0]))
    inside_of = np.asarray(network.area_inside)[np.asarray(network.facility_area)[ids]]
    special = [
        int(i) for i in ids[processing & inside_of] if any(word in kinds[int(i)] for word in ("hub", "exchange"))
    ]
    facility = list(dict.fromkeys(chosen + special))
    area = np.asarray(network.facility_area)[facility].astype(np.int64)
    return Sites(
        np.array(facility, np.uint32),
        area,
        np.asarray(network.area_inside)[area],
        {f: q for q, f in enumerate(facility)},
    )


def travel_s(network: Any, facility: NDArray[np.uint32], abroad: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Seconds from site to site (Q, Q): by road, or by air beyond ``AIR_FROM_KM``; ``abroad`` (Q,) sites add a gateway's handling."""
    a, b = np.meshgrid(facility, facility, indexing="ij")
    km = CIRCUITY * _great_circle_km(np.asarray(network.facility_lon), np.asarray(network.facility_lat), a, b)
    hours = np.where(km < AIR_FROM_KM, km / ROAD_KM_H, AIR_HANDLING_H + km / CIRCUITY / AIR_KM_H)
    hours = hours + ABROAD_HANDLING_H * (abroad[:, None] | abroad[None, :])
    return np.asarray(np.maximum(600, 3600 * hours).astype(np.int32))


@dataclass(frozen=True)
class Outlets:
    """Outlets of all areas: Ground's ``outlet*`` arrays."""

    first: NDArray[np.int32]
    facility: NDArray[np.uint32]
    share: NDArray[np.float64]
    site: NDArray[np.int32]
    local_s: NDArray[np.int32]


def outlets_of(network: Any, areas: NDArray[np.int64], sites: Sites) -> Outlets:
    """Outlets where items of ``areas`` are accepted and delivered: the depots in the area, or else its site itself."""
    kinds = kinds_of(network)
    ids = np.sort(np.array(list(kinds), np.int64))
    facility_area, area_city = np.asarray(network.facility_area), np.asarray(network.area_city)
    depots = ids[[kinds[int(i)] in DEPOTS for i in ids]]
    lon, lat = np.asarray(network.facility_lon), np.asarray(network.facility_lat)
    site_of_city = {int(area_city[a]): q for q, a in reversed(list(enumerate(sites.area)))}
    count = len(network.area_city)
    first = np.zeros(count + 1, np.int32)
    facility: list[int] = []
    share: list[float] = []
    site: list[int] = []
    wanted = {int(a) for a in areas}
    for area in range(count):
        if area in wanted:
            q = site_of_city[int(area_city[area])]
            mine = (
                depots[(facility_area[depots] == area) | (area_city[facility_area[depots]] == area)]
                if len(depots)
                else depots
            )
            chosen = [int(i) for i in mine] or [int(sites.facility[q])]
            facility += chosen
            share += [(i + 1) / len(chosen) for i in range(len(chosen))]
            site += [q] * len(chosen)
        first[area + 1] = len(facility)
    at, to = np.array(facility, np.uint32), sites.facility[np.array(site)]
    km = CIRCUITY * _great_circle_km(lon, lat, at, to)
    local = np.where(at == to, 0, np.maximum(900, 3600 * km / LOCAL_KM_H))
    return Outlets(first, at, np.array(share), np.array(site, np.int32), local.astype(np.int32))


def hubs_of(sites: Sites, kinds: dict[int, str], travel: NDArray[np.int32]) -> NDArray[np.int32]:
    """The hub (row of a site) on the way from site to site (Q, Q), -1 where none is: at most 35 % and 3 hours longer (A)."""
    count = len(sites.facility)
    hub = np.full((count, count), -1, np.int32)
    best = np.full((count, count), np.iinfo(np.int64).max, np.int64)
    for h in (q for q in range(count) if "hub" in kinds[int(sites.facility[q])]):
        through = travel[:, h, None].astype(np.int64) + travel[None, h, :]
        fits = (through < 1.35 * travel + 1800) & (through < travel + 10800) & (through < best)
        fits[h, :] = fits[:, h] = False
        fits &= sites.inside[:, None] | sites.inside[None, :]
        np.fill_diagonal(fits, False)
        hub[fits], best[fits] = h, through[fits]
    return hub
