"""Where items pass: outlets and processing sites of a network, and the times between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date

import numpy as np
from numpy.typing import NDArray

from yilu.network import Network
from yilu.network.distance import facility_ways, great_circle_km

ROAD_KM_H, AIR_KM_H = 62.0, 640.0
AIR_HANDLING_H, ABROAD_HANDLING_H = 9.0, 60.0
AIR_FROM_KM = 1300.0
LOCAL_KM_H = 34.0
"""Speeds with stops included, hours at airports and at gateways abroad, and the road distance from which items fly (A)."""

_SITE_KINDS = ("sort_centre", "gateway")
_EXCHANGE_KINDS = ("office_of_exchange", "international_centre")
_OUTLET_KINDS = ("depot",)


@dataclass(frozen=True)
class Sites:
    """Processing sites by row: facility ids (Q,), the area each stands in, and which are inside, abroad, offices of exchange, in hub cities."""

    facility: NDArray[np.int64]
    area: NDArray[np.int64]
    inside: NDArray[np.bool_]
    abroad: NDArray[np.bool_]
    exchange: NDArray[np.bool_]
    hub: NDArray[np.bool_]


def sites_of(network: Network, areas: NDArray[np.int64]) -> Sites:
    """One site for each city-level member of ``areas`` (ids), and every office of exchange.

    A city's site is its sort centre, an outside area's its gateway, or else any facility there. Transfers happen at the sites of cities
    that have a hub: a planned hub is taken to be the sort centre that it grows from (A). Raises ValueError where an area has no facility.
    """
    f = network.facilities
    there = np.asarray(f.status != "closed")
    ids, kind = f.id[there], f.kind[there]
    city = network.area_city[network.facility_area[ids]].astype(np.int64)
    built = np.asarray(f.status[there] == "existing")
    rank = np.where(np.isin(kind, _SITE_KINDS), 0, np.where(network.facility_processing[ids], 1, 2)) + 3 * ~built
    chosen: list[int] = []
    for area in np.unique(network.area_city[areas]):
        at = np.flatnonzero(city == area)
        if not len(at):
            code = next(str(c) for i, c in zip(network.areas.id, network.areas.code, strict=True) if i == area)
            raise ValueError(f"area {code} has demand but no facility where its items could be accepted or delivered")
        chosen.append(int(ids[at[np.lexsort((ids[at], rank[at]))[0]]]))
    offices = ids[np.isin(kind, _EXCHANGE_KINDS) & built & network.area_inside[network.facility_area[ids]]]
    facility = np.array(list(dict.fromkeys([*chosen, *(int(i) for i in offices)])), np.int64)
    area = network.facility_area[facility].astype(np.int64)
    hub_cities = city[kind == "hub"]
    return Sites(
        facility=facility,
        area=area,
        inside=network.area_inside[area],
        abroad=np.asarray(network.area_level[area] == 6),
        exchange=np.isin(facility, offices),
        hub=np.isin(network.area_city[area], hub_cities) & np.isin(facility, chosen) & network.area_inside[area],
    )


def travel_s(network: Network, sites: Sites, day: Date) -> NDArray[np.int32]:
    """Seconds from site to site (Q, Q) on a day: by road with its crossings, or by air where that is far or there is no road."""
    a, b = np.meshgrid(sites.facility, sites.facility, indexing="ij")
    ways = facility_ways(network, a, b, day)
    lon, lat = network.facility_lon, network.facility_lat
    air = AIR_HANDLING_H + great_circle_km(lon[a], lat[a], lon[b], lat[b]) / AIR_KM_H
    hours = np.where(ways.km < AIR_FROM_KM, ways.km / ROAD_KM_H + ways.extra_h, air)
    hours = hours + ABROAD_HANDLING_H * (sites.abroad[:, None] | sites.abroad[None, :])
    return np.asarray(np.maximum(600, 3600 * hours).astype(np.int32))


@dataclass(frozen=True)
class Outlets:
    """Outlets of all areas: Ground's ``outlet*`` arrays."""

    first: NDArray[np.int32]
    facility: NDArray[np.int64]
    share: NDArray[np.float64]
    site: NDArray[np.int32]
    local_s: NDArray[np.int32]


def outlets_of(network: Network, areas: NDArray[np.int64], sites: Sites, day: Date) -> Outlets:
    """Outlets where items of ``areas`` are accepted and delivered: the depots in the area, or else its site itself.

    Depots of an area share its items evenly (A). From an outlet to its site it is the way by road on ``day``, or the straight way where
    there is no road.
    """
    f = network.facilities
    depots = f.id[np.isin(f.kind, _OUTLET_KINDS) & (f.status == "existing")]
    depot_area, depot_city = network.facility_area[depots], network.area_city[network.facility_area[depots]]
    site_of_city = {int(network.area_city[a]): q for q, a in reversed(list(enumerate(sites.area)))}
    first = np.zeros(len(network.area_city) + 1, np.int32)
    facility: list[int] = []
    share: list[float] = []
    site: list[int] = []
    wanted = {int(a) for a in areas}
    for area in range(len(network.area_city)):
        if area in wanted:
            q = site_of_city[int(network.area_city[area])]
            mine = [int(i) for i in depots[(depot_area == area) | (depot_city == area)]] or [int(sites.facility[q])]
            facility += mine
            share += [(i + 1) / len(mine) for i in range(len(mine))]
            site += [q] * len(mine)
        first[area + 1] = len(facility)
    at, to = np.array(facility, np.int64), sites.facility[np.array(site)]
    ways = facility_ways(network, at, to, day)
    lon, lat = network.facility_lon, network.facility_lat
    straight = network.circuity * great_circle_km(lon[at], lat[at], lon[to], lat[to])
    hours = np.where(np.isfinite(ways.km), ways.km, straight) / LOCAL_KM_H + ways.extra_h
    local = np.where(at == to, 0, np.maximum(900, 3600 * hours))
    return Outlets(first, at, np.array(share), np.array(site, np.int32), local.astype(np.int32))


def hubs_of(sites: Sites, travel: NDArray[np.int32]) -> NDArray[np.int32]:
    """The site in a hub city on the way from site to site (Q, Q), -1 where none is: at most 35 % and 3 hours longer (A)."""
    count = len(sites.facility)
    hub = np.full((count, count), -1, np.int32)
    best = np.full((count, count), np.iinfo(np.int64).max, np.int64)
    for h in np.flatnonzero(sites.hub):
        through = travel[:, h, None].astype(np.int64) + travel[None, h, :]
        fits = (through < 1.35 * travel + 1800) & (through < travel + 10800) & (through < best)
        fits[h, :] = fits[:, h] = False
        fits &= sites.inside[:, None] | sites.inside[None, :]
        np.fill_diagonal(fits, False)
        hub[fits], best[fits] = h, through[fits]
    return hub
