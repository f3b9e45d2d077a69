"""From a province to the arrays of a hub problem: what flows between its county units, and what a way between them costs, takes and emits.

Demand is known by city; a county unit has its part of its city by its villages' and residents' committees (assumed, as for missing inhabitants in
docs/explain/demand.md). What stays in its city stays at the city's sort centre and sees no hub, as in the generated timetable. What goes to other
provinces goes on from the hub of its county unit by road, what goes abroad to the nearest office of exchange; both ways cost what the hub's
distance makes them cost, and are part of a plan's cost, not of its time.

With rates ρ in yuan an item and kilometre, an item from unit i over hubs k and m to unit j costs

    ρ_collection · max(d_ik, least) + s + [k ≠ m] α (ρ_transfer · d_km + s) + ρ_distribution · max(d_mj, least),

s one sorting, d kilometres by road. Its time is the driving of each part, and sorting and docks at each hub that it passes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from yilu.design.hub_rates import TIERS, HubRates, hub_rates
from yilu.design.hubs import Deadlines, HubError, HubProblem
from yilu.errors import InputError
from yilu.network import Network
from yilu.network.demand import Demand
from yilu.network.distance import Ways, area_ways
from yilu.network.province import LEVELS
from yilu.network.timetable_rules import timetable_rules

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_EXCHANGES = ("office_of_exchange", "international_centre")


@dataclass(frozen=True)
class HubMatrices:
    """The arrays, over n county units.

    ``unit`` (n,) area ids and ``city`` (n,) those of their cities; ``flow`` (n, n) items a day between units of different cities; ``sent_on`` (n,) and
    ``got_on`` (n,) items a day to and from outside; ``km`` (n, n) by road; ``onward_item_km`` (n, n): items × km a day between hub k and outside of what
    is unit i's. Yuan an item: ``collection`` (n, n) unit to hub with its sorting, ``transfer`` (n, n) hub to hub with the second sorting before α,
    ``distribution`` (n, n) hub to unit. Minutes: ``collect`` (n, n) with the hub's handling, ``across`` (n, n) with that of the second hub, ``distribute``
    (n, n); ``due`` (n, n) what the pair's service level leaves for them, inf where nothing is promised. kg CO2e an item: ``carbon_in``,
    ``carbon_across``, ``carbon_out`` (n, n).
    """

    network: Network
    rates: HubRates
    unit: Ints
    city: Ints
    flow: Floats
    sent_on: Floats
    got_on: Floats
    km: Floats
    onward_item_km: Floats
    collection: Floats
    transfer: Floats
    distribution: Floats
    collect: Floats
    across: Floats
    distribute: Floats
    due: Floats
    carbon_in: Floats
    carbon_across: Floats
    carbon_out: Floats

    @property
    def items_a_day(self) -> float:
        """Items a day that pass a hub."""
        return float(self.flow.sum() + self.sent_on.sum() + self.got_on.sum())

    @property
    def onward(self) -> Floats:
        """(n, n) yuan a day: all that unit i sends to and gets from outside costs, but for its sorting of what is sent, if hub k serves it."""
        out = self.sent_on[:, None] * self.collection + self.got_on[:, None] * (
            self.distribution.T + self.rates["handling", "sort_yuan"]
        )
        return out + self.rates.yuan_item_km("transfer") * self.onward_item_km

    @property
    def floor(self) -> float:
        """Yuan a day that no hubs change: what goes to and comes from outside, each unit at its best hub for that alone."""
        return float(self.onward.min(axis=1).sum())


def matrices(network: Network, day: date, items_a_day: float | None = None, with_outside: bool = True) -> HubMatrices:
    """The arrays of a province on a local ``day`` (crossings open then), for ``items_a_day`` accepted in it or delivered to it (by default what the
    timetable's rules say). Without ``with_outside`` only what stays in the province counts.

    Raises InputError for rates that can't be, a province without demand between its cities, and units that no road joins.
    """
    rates = hub_rates(network.folder)
    whole = float(timetable_rules(network.folder)["items_a_day"]) if items_a_day is None else items_a_day
    unit = _units(network)
    city = network.area_city[unit].astype(np.int64)
    weight = _parts(network, unit, city)
    by_pair = whole * _by_city(network, network.demand)
    flow = by_pair[np.ix_(city, city)] * weight[:, None] * weight[None, :]
    flow[city[:, None] == city[None, :]] = 0.0
    if not flow.any():
        raise InputError(
            network.folder.name,
            "demand between at least two cities of the province",
            next_step="Give figures.csv or demand.csv.",
        )
    roads = _roads(network, unit, day)
    km = roads.km
    sent, got, onward = (
        _outside(network, unit, city, weight, by_pair, day)
        if with_outside
        else (np.zeros(len(unit)), np.zeros(len(unit)), np.zeros_like(km))
    )
    least, sort = rates["handling", "least_km"], rates["handling", "sort_yuan"]
    apart = unit[:, None] != unit[None, :]
    near = np.maximum(km, least)

    def minutes(stage: str, length: Floats) -> Floats:
        return np.asarray(60.0 * (length / rates[stage, "km_h"] + roads.extra_h))

    handled = rates["handling", "sort_minutes"] + rates["handling", "dock_minutes"]
    return HubMatrices(
        network, rates, unit, city, flow, sent, got, km, onward,
        collection=rates.yuan_item_km("collection") * near + sort,
        transfer=np.where(apart, rates.yuan_item_km("transfer") * km + sort, 0.0),
        distribution=rates.yuan_item_km("distribution") * near,
        collect=minutes("collection", near) + handled,
        across=np.where(apart, minutes("transfer", km) + handled, 0.0),
        distribute=minutes("distribution", near),
        due=_due(network, unit, rates),
        carbon_in=rates.carbon_kg_item_km("collection") * near,
        carbon_across=rates.carbon_kg_item_km("transfer") * km,
        carbon_out=rates.carbon_kg_item_km("distribution") * near,
    )  # fmt: skip


def problem(
    m: HubMatrices, tiers: tuple[int, ...], of_tier: tuple[str, ...] | None = None, deadlines: str = "", penalty: float = 0.0,
    candidates: NDArray[np.bool_] | None = None, required: NDArray[np.bool_] | None = None,
) -> HubProblem:  # fmt: skip
    """The hub problem of ``tiers`` (counts); ``of_tier`` names the real tier (``TIERS``) of each, none: one tier without discount.

    ``deadlines``: mode of ``Deadlines``, "" for none; ``penalty`` yuan a late item; ``candidates`` and ``required`` (n, L) as in ``HubProblem``. What goes
    outside is linear in the allocation, and stands in collection, spread over what the unit sends within the province.

    Raises HubError for a unit with traffic to outside and none within.
    """
    sent, got = m.flow.sum(axis=1), m.flow.sum(axis=0)
    outside = m.onward
    nowhere = np.flatnonzero((sent <= 0) & (got <= 0) & (outside.sum(axis=1) > 0))
    if len(nowhere):
        name = m.network.areas.name_of_id[int(m.unit[nowhere[0]])][0]
        raise HubError(
            f"{name} has traffic to outside and none within the province", next_step="Leave out what goes outside."
        )
    by_sent = sent > 0
    collection = m.collection + np.where(by_sent[:, None], outside / np.where(by_sent, sent, 1.0)[:, None], 0.0)
    by_got = ~by_sent & (got > 0)
    distribution = m.distribution + np.where(by_got[:, None], outside / np.where(by_got, got, 1.0)[:, None], 0.0).T
    names = of_tier or ()
    discount = (
        np.array([[m.rates.discount(a, b) for b in names] for a in names])
        if names
        else np.full((len(tiers),) * 2, m.rates["discount", "single"])
    )
    late = (
        Deadlines(m.collect, m.across, m.distribute, np.zeros(len(m.unit)), m.due, deadlines, penalty)
        if deadlines
        else None
    )
    return HubProblem(
        m.flow,
        collection,
        m.transfer,
        distribution,
        tiers=tiers,
        discount=discount,
        deadlines=late,
        candidates=candidates,
        required=required,
    )


def within(m: HubMatrices, hours: float) -> HubMatrices:
    """The same with one time for all pairs, from the unit of the sender to that of the receiver, instead of the service levels."""
    return replace(m, due=np.full_like(m.due, 60.0 * hours))


def _units(network: Network) -> Ints:
    """Area ids: county units inside, and cities that have none."""
    inside = network.area_inside & (network.area_level == LEVELS["county"])
    cities = network.area_inside & (network.area_level == LEVELS["city"])
    cities[network.area_city[inside]] = False
    return np.flatnonzero(inside | cities)


def _parts(network: Network, unit: Ints, city: Ints) -> Floats:
    """Each unit's part (n,) of its city by committees, evenly where a city's units have none."""
    areas = network.areas
    row = np.zeros(len(network.area_level), np.int64)
    row[areas.id] = np.arange(len(areas.id))
    count = (areas.villages + areas.communities)[row[unit]].astype(np.float64)
    total = np.bincount(city, weights=count, minlength=len(network.area_level))
    count = np.where(total[city] > 0, count, 1.0)
    total = np.bincount(city, weights=count, minlength=len(network.area_level))
    return np.asarray(count / total[city])


def _by_city(network: Network, demand: Demand) -> Floats:
    """Shares from city to city, or member outside, by area id (A, A)."""
    plain = demand.by_pair(len(network.area_level))
    out = np.zeros_like(plain)
    a, b = np.nonzero(plain)
    city = network.area_city.astype(np.int64)
    np.add.at(out, (city[a], city[b]), plain[a, b])
    return out


def _roads(network: Network, unit: Ints, day: date) -> Ways:
    """Ways (n, n) between units by road. Raises InputError where none leads."""
    ways = area_ways(network, unit[:, None], unit[None, :], day)
    cut = np.argwhere(~np.isfinite(ways.km))
    if len(cut):
        a, b = (network.areas.name_of_id[int(unit[x])][0] for x in cut[0])
        raise InputError(
            "crossings.csv",
            f"a way by road from {a} to {b} on {day}",
            next_step="Give a crossing of the barrier between them.",
        )
    return ways


def _outside(
    network: Network, unit: Ints, city: Ints, weight: Floats, by_pair: Floats, day: date
) -> tuple[Floats, Floats, Floats]:
    """(items sent (n,), got (n,), items × km a day (n, n) between hub and outside): provinces by road from the hub, abroad to the nearest office of exchange."""
    outside = np.flatnonzero(~network.area_inside & (by_pair.any(axis=0) | by_pair.any(axis=1)))
    beyond = network.area_beyond_customs[outside]
    out, back = by_pair[np.ix_(city, outside)] * weight[:, None], by_pair[np.ix_(outside, city)].T * weight[:, None]
    km = np.zeros((len(unit), len(outside)))
    provinces = outside[~beyond]
    km[:, ~beyond] = area_ways(network, unit[:, None], provinces[None, :], day).km
    cut = np.argwhere(~np.isfinite(km))
    if len(cut):
        name = network.areas.name_of_id[int(outside[cut[0][1]])][0]
        raise InputError(
            "crossings.csv",
            f"a way by road to {name} on {day}",
            next_step="Give a crossing, or leave out what goes outside.",
        )
    f = network.facilities
    offices = f.id[np.isin(f.kind, _EXCHANGES) & (f.status != "closed")]
    offices = offices[network.area_inside[network.facility_area[offices]]]
    if len(offices) and beyond.any():
        at = np.unique(network.facility_area[offices]).astype(np.int64)
        km[:, beyond] = area_ways(network, unit[:, None], at[None, :], day).km.min(axis=1)[:, None]
    return out.sum(axis=1), back.sum(axis=1), (out + back) @ km.T


def _due(network: Network, unit: Ints, rates: HubRates) -> Floats:
    """(n, n) minutes between leaving the sender's unit and reaching the receiver's: from the cut-off until what is due, less first and last mile; by the
    newest rule of each pair's service level, inf where there is none."""
    p = network.promises
    minutes = np.full(int(network.service_levels.id.max(initial=0)) + 1, np.inf)
    for row in np.argsort(p.valid_from, kind="stable"):
        level = network.service_levels.index_of_code[str(p.service_level[row])]
        calendar = str(p.clock[row]) == "calendar"
        whole = (
            1440 * int(p.amount[row]) + int(p.due_time[row]) - int(p.cut_off[row])
            if calendar
            else 60 * int(p.amount[row])
        )
        minutes[level] = max(
            0.0, whole - rates["deadline", "first_mile_minutes"] - rates["deadline", "last_mile_minutes"]
        )
    return np.asarray(minutes[network.level_of_pair[np.ix_(unit, unit)]])


__all__ = ["TIERS", "HubMatrices", "matrices", "problem", "within"]
