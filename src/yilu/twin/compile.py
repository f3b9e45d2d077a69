"""From a network to the arrays of ``Ground``. What the network doesn't say yet (habits, flows of operators, times) is assumed (A)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from yilu.network import Network
from yilu.twin import ground as g
from yilu.twin.bag_lanes import Lanes, lanes_of
from yilu.twin.draws import alias
from yilu.twin.owed import owed_table
from yilu.twin.places import Outlets, hubs_of, outlets_of, sites_of, travel_s
from yilu.twin.plan import DayPlan

PROFILE: tuple[float, ...] = (
    1.4, 0.9, 0.6, 0.4, 0.4, 0.6, 1.0, 1.8, 3.2, 4.6, 5.6, 5.4, 4.2, 4.6, 5.8, 6.8, 8.0, 8.8, 8.6, 7.6, 6.6, 5.6, 4.4, 3.1,
)  # fmt: skip
"""Acceptances by local hour, in percent (A): the evening collection of online sellers is the peak."""

OPERATOR_SHARES: tuple[float, ...] = (0.19, 0.16, 0.14, 0.12, 0.11, 0.09, 0.05, 0.04, 0.03)
"""Shares of the first operators in express items (A); each further one has 0.6 of the one before. Mail goes to the postal operators."""
TICKS_S = (15, 30, 20, 60, 10)
"""Seconds between an operator's uploads, in turn (A)."""
PACES = (1.0, 0.95, 1.05, 0.9, 1.1)
"""Travel times of operators, in turn, as multiples of the lane's (A)."""
POSTAL_ABROAD = 0.15
"""Share of postal operators in cross-border items (A)."""

_WEIGHT_MEDIAN_G = {1: 40.0, 2: 900.0, 3: 620.0}
_WEIGHT_SPREAD = {1: 0.5, 2: 0.9, 3: 1.0}
_WEIGHT_MOST_G = {1: 2000, 2: 30000, 3: 50000}


def weights_g() -> NDArray[np.uint32]:
    """Quantiles (4, 4096) of log-normal weights by item class (row), in grams (A)."""
    table = np.ones((4, 4096), np.uint32)
    z = _normal_quantiles(4096)
    for row, median in _WEIGHT_MEDIAN_G.items():
        grams = np.rint(median * np.exp(_WEIGHT_SPREAD[row] * z))
        table[row] = np.clip(grams, 5, _WEIGHT_MOST_G[row]).astype(np.uint32)
    return table


def _normal_quantiles(n: int) -> NDArray[np.float64]:
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / n) for i in range(n)])


def _day_starts(plan: DayPlan) -> NDArray[np.int64]:
    zone = ZoneInfo(plan.network.time_zone)
    days = [plan.date + timedelta(days=d) for d in range(plan.days + 1)]
    return np.array([int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp()) for d in days], np.int64)


def _zone(plan: DayPlan, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets of local time from UTC between two times, by the hour of their change."""
    zone = ZoneInfo(plan.network.time_zone)
    since, offsets = [first], [_offset(zone, first)]
    for at in range(first + 3600 - first % 3600, last, 3600):
        offset = _offset(zone, at)
        if offset != offsets[-1]:
            since.append(at)
            offsets.append(offset)
    return np.array(since, np.int64), np.array(offsets, np.int64)


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


@dataclass(frozen=True)
class Pairs:
    """Demand by pair of areas (P,): area ids, share of items, market, which ends lie inside and whether customs stand between."""

    origin: NDArray[np.int64]
    destination: NDArray[np.int64]
    share: NDArray[np.float64]
    market: NDArray[np.int64]
    shape: NDArray[np.int64]


def pairs_of(network: Network) -> Pairs:
    """The province's demand. Raises ValueError where no item starts or ends inside."""
    d = network.demand
    inside, beyond = network.area_inside, network.area_beyond_customs
    keep = np.flatnonzero((d.share > 0) & (inside[d.origin] | inside[d.destination]))
    if not len(keep):
        raise ValueError("the network's demand has no pair of areas that starts or ends inside the province")
    origin, destination = d.origin[keep].astype(np.int64), d.destination[keep].astype(np.int64)
    crosses = beyond[origin] != beyond[destination]
    shape = g.ORIGIN_INSIDE * inside[origin] + g.DESTINATION_INSIDE * inside[destination] + g.CUSTOMS * crosses
    share = d.share[keep] / d.share[keep].sum()
    return Pairs(origin, destination, share, d.market[keep].astype(np.int64), shape)


def brands(network: Network) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Operators that move items: (ids, whether postal): the brands, or all where the table has none."""
    o = network.operators
    brands = np.flatnonzero(o.layer == "brand") if (o.layer == "brand").any() else np.arange(len(o.id))
    return o.id[brands], np.asarray(o.kind[brands] == "post")


def shares_of_brands(postal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cumulative shares (3, K) of operators in domestic express, cross-border express and mail."""
    count = len(postal)
    express = np.array([*OPERATOR_SHARES, *(OPERATOR_SHARES[-1] * 0.6 ** (i + 1) for i in range(count))])[:count]
    express /= express.sum()
    mail = postal / postal.sum() if postal.any() else express
    cross = (1 - POSTAL_ABROAD) * express + POSTAL_ABROAD * mail
    return np.cumsum(np.stack([express, cross, mail]), axis=1)


def _habits(count: int) -> NDArray[np.int64]:
    """Scanning habits of operators, in turn (A)."""
    everyday = g.HABIT_SIGNS_AT_DROP | g.HABIT_DEPOT_ARRIVES
    turns = (
        everyday | g.HABIT_OUTLET_DEPARTS | g.HABIT_PROMISES,
        everyday | g.HABIT_SORTS | g.HABIT_LOADS,
        everyday | g.HABIT_ORIGIN_ARRIVES,
        g.HABIT_SIGNS_AT_DROP | g.HABIT_OUTLET_DEPARTS | g.HABIT_DESTINATION_DEPARTS,
        everyday | g.HABIT_PROMISES | g.HABIT_SORTS,
        g.HABIT_DEPOT_ARRIVES | g.HABIT_ORIGIN_ARRIVES,
        everyday | g.HABIT_OUTLET_DEPARTS | g.HABIT_ORIGIN_ARRIVES,
        everyday | g.HABIT_LOADS,
        everyday | g.HABIT_EVENT_IDS | g.HABIT_PROMISES,
    )
    return np.array([turns[i % len(turns)] for i in range(count)], np.int64)


def _flow(
    pairs: Pairs, outlets: Outlets, exchange: NDArray[np.int64], shares: NDArray[np.float64], plan: DayPlan
) -> NDArray[np.float64]:
    """Items a day from site to site by operator (K, Q, Q), cross-border ones by way of their office of exchange."""
    count = len(exchange)
    a, b = (outlets.site[outlets.first[area]] for area in (pairs.origin, pairs.destination))
    daily = plan.items * pairs.share
    domestic, abroad = np.zeros((count, count)), np.zeros((count, count))
    cross = (pairs.shape & g.CUSTOMS) != 0
    np.add.at(domestic, (a[~cross], b[~cross]), daily[~cross])
    office = np.where(pairs.shape & g.ORIGIN_INSIDE, exchange[a], exchange[b])[cross]
    np.add.at(abroad, (a[cross], office), daily[cross])
    np.add.at(abroad, (office, b[cross]), daily[cross])
    for flow in (domestic, abroad):
        np.fill_diagonal(flow, 0.0)
    each = np.diff(shares, axis=1, prepend=0.0)
    mail = plan.rates.letter + plan.rates.parcel
    at_home = (1 - mail) * each[0] + mail * each[2]
    return np.asarray(at_home[:, None, None] * domestic + each[1][:, None, None] * abroad)


def _owed(plan: DayPlan, days: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(tables of owed checks, which of them holds on each day): the same table serves all days on which nothing changes."""
    tables: list[NDArray[np.uint8]] = []
    rows = []
    for start in days:
        table = owed_table(plan.network, int(start))
        if not tables or not np.array_equal(tables[-1], table):
            tables.append(table)
        rows.append(len(tables) - 1)
    return np.stack(tables), np.array(rows, np.int64)


def compile_ground(plan: DayPlan) -> g.Ground:
    """The arrays on which ``plan`` is made. Raises ValueError where the network lacks what the twin needs."""
    network = plan.network
    pairs = pairs_of(network)
    areas = np.unique(np.concatenate([pairs.origin, pairs.destination]))
    sites = sites_of(network, areas)
    outlets = outlets_of(network, areas, sites, plan.date)
    travel = travel_s(network, sites, plan.date)
    offices = np.flatnonzero(sites.exchange)
    exchange = offices[np.argmin(travel[:, offices], axis=1)] if len(offices) else np.arange(len(sites.facility))
    ids, postal = brands(network)
    shares = shares_of_brands(postal)
    days = _day_starts(plan)
    profile = np.concatenate([[0.0], np.cumsum(PROFILE) / sum(PROFILE)])
    cut = np.asarray(plan.scenario.cuts(network, plan.date).any(axis=0))
    flow = _flow(pairs, outlets, exchange, shares, plan)
    flow[:, cut[np.ix_(sites.facility, sites.facility)]] = (
        0.0  # no bags over a crossing that is closed: what waits, waits item by item (A)
    )
    lanes: Lanes = lanes_of(flow, profile, plan.share_bagged)
    threshold, other = alias(pairs.share)
    zone_from, zone_s = _zone(plan, int(days[0]) - 86400, int(days[-1]) + 30 * 86400)
    each = np.arange(len(ids))
    tables, rows = _owed(plan, days)
    return g.Ground(
        pairs=g.record(
            g.PAIR_ROW,
            threshold=threshold,
            other=other,
            origin=pairs.origin,
            destination=pairs.destination,
            market=pairs.market,
            shape=pairs.shape,
        ),
        outlet_first=outlets.first,
        outlets=g.record(
            g.OUTLET_ROW,
            share=outlets.share,
            facility=outlets.facility,
            site=outlets.site,
            local_s=outlets.local_s,
            area=network.facility_area[outlets.facility],
        ),
        sites=g.record(g.SITE_ROW, facility=sites.facility, exchange=exchange),
        ways=g.record(g.WAY_ROW, travel_s=travel, hub=hubs_of(sites, travel)),
        operators=g.record(
            g.OPERATOR_ROW,
            express=shares[0],
            cross=shares[1],
            mail=shares[2],
            pace=np.array(PACES)[each % len(PACES)],
            habit=_habits(len(ids)),
            tick_s=np.array(TICKS_S)[each % len(TICKS_S)],
            id=ids,
            postal=postal,
        ),
        profile=profile,
        weight_g=weights_g(),
        days=g.record(g.DAY_ROW, start=days, first=np.cumsum([0, *plan.volumes]), owed=rows),
        zone=g.record(g.ZONE_ROW, since=zone_from, offset_s=zone_s),
        lane=lanes.lane,
        lanes=g.record(
            g.LANE_ROW,
            window_s=3600 * lanes.hours,
            first=lanes.first[:-1],
            operator=lanes.operator,
            source=lanes.source,
            target=lanes.target,
        ),
        bag_first=lanes.bags,
        level_of_pair=network.level_of_pair,
        owed=tables,
        bag_share=lanes.share,
        seed=np.uint64(plan.seed),
    )
