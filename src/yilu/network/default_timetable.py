"""A timetable where a province has none of its own: lanes by rules of distance, driving-time law and flow (``timetable_rules.toml``), marked as generated.

Every city's sort centre gathers from its depots and gives back to them; it hangs on the nearest hub; hubs hang together, and on the gateways of
the other provinces by road, rail, high-speed rail and air; what crosses the customs border goes through an exchange office. How often a lane runs and what a
departure takes follows the flow that these catchments give it. docs/explain/timetable.md tells it in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.network.distance import facility_ways, great_circle_km
from yilu.network.province import LEVELS, Network
from yilu.network.schema import Value, attributes, value
from yilu.network.tables import Handling, Lanes, RoadTimes, Rounds, table
from yilu.network.timetable_rules import Rules, timetable_rules

GENERATED = "生成:见 explain/timetable"
"""The source of a generated row."""
_MAIN_TIERS = ("global", "national")
Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


def with_timetable(network: Network, day: date) -> Network:
    """The network with lanes, handling, rounds and road times: its own, or generated ones where it has none. ``day``: whose crossings are open.

    Raises InputError for rules of the folder's ``timetable.toml`` that can't be.
    """
    rules = timetable_rules(network.folder)
    rounds, roads = ([dict(row) for row in rules[name]] for name in ("rounds", "road_times"))
    lanes = network.lanes if len(network.lanes.code) else _lanes(network, rules, day)
    return replace(
        network,
        lanes=lanes,
        handling=network.handling if len(network.handling.kind) else _handling(network, rules, lanes),
        rounds=network.rounds if len(network.rounds.side) else _table("rounds", rounds, Rounds),
        road_times=network.road_times if len(network.road_times.at) else _table("road_times", roads, RoadTimes),
    )


def _handling(network: Network, rules: Rules, lanes: Lanes) -> Handling:
    """A row a kind, and one for each facility that its lanes bring more than its kind's sorters take in ``sorting_hours``: as many more sorters as that needs."""
    rows = [{"kind": kind, **how} for kind, how in rules["handling"].items()]
    brought = dict[str, float]()
    for target, times, room in zip(lanes.target_facility, lanes.departures, lanes.capacity_items, strict=True):
        brought[str(target)] = brought.get(str(target), 0) + len(str(times).split(";")) * float(room)
    kind_of = {str(c): str(k) for c, k in zip(network.facilities.code, network.facilities.kind, strict=True)}
    for facility in sorted(brought):
        how = rules["handling"].get(kind_of[facility], {})
        a_day = how.get("items_an_hour", 0) * rules["sorting_hours"]
        if a_day and brought[facility] > a_day:
            sorters = int(np.ceil(brought[facility] / a_day))
            rows.append(
                {"facility": facility, **how, "items_an_hour": min(sorters * how["items_an_hour"], 100_000_000)}
            )
    made: Handling = _table("handling", rows, Handling)
    return made


def _table(name: str, rows: list[dict[str, Any]], kind: type[Any]) -> Any:
    """Rows as people write them, as a table; what they don't say takes its default."""
    marked = [{"grade": "S", "source": GENERATED, **row} for row in rows]
    read = [{a.name: value(a, str(row.get(a.name, ""))) for a in attributes(name)} for row in marked]
    return table(name, read, kind)


@dataclass(frozen=True)
class _Places:
    """Facilities (ids) that lanes run between, by kind; ``hub_of`` (centres,): row of the hub that a centre hangs on."""

    centres: Ids
    depots: Ids
    centre_of_depot: Ids
    hubs: Ids
    hub_of: Ids
    hub_tier: NDArray[np.str_]
    gateways: Ids
    beyond: Ids
    airports: Ids
    exchanges: Ids

    @property
    def catchment(self) -> Floats:
        """1 where a hub (row) has a centre (column) hanging on it, else 0."""
        return np.asarray(np.arange(len(self.hubs))[:, None] == self.hub_of[None, :], np.float64)


@dataclass
class _Made:
    """Lanes as they are made, as rows of ``lanes.csv``."""

    network: Network
    rules: Rules
    day: date
    rows: list[dict[str, Value]] = field(default_factory=list)

    def add(
        self, what: str, sources: ArrayLike, targets: ArrayLike, vehicle: str, flow: ArrayLike, by_air: bool = False, extra_minutes: float = 0,
        weekdays: str = "",
    ) -> None:  # fmt: skip
        """Lanes from ``sources`` to ``targets`` (ids, broadcast), departing as the rules have it for ``what``, for a ``flow`` of items a day.

        Where no road leads there is none. ``by_air``: the straight way; ``extra_minutes``: beside driving or flying.
        """
        a, b, items = (np.atleast_1d(x) for x in np.broadcast_arrays(sources, targets, flow))
        v = self.rules["vehicles"][vehicle]
        if by_air:
            km, stops = _straight_km(self.network, a, b), np.zeros(len(a))
        else:
            ways = facility_ways(self.network, a, b, self.day)
            km, stops = ways.km, 60 * ways.extra_h
        driving = 60 * km / v["km_h"]
        if v["mode"] == "road":
            stops = stops + driving // self.rules["drive_minutes"] * self.rules["rest_minutes"]
        minutes = np.maximum(driving + stops, v["least_minutes"]) + extra_minutes
        times = self.rules["departures"][what]
        codes = self.network.facilities.code_of_id
        for i in np.flatnonzero(np.isfinite(km) & (a != b)):
            wanted = self.rules["peak"] * float(items[i])
            runs = int(min(max(np.ceil(wanted / v["items"]), 1), len(times)))
            vehicles = max(1, int(np.ceil(wanted / runs / v["items"])))
            source, target = codes[int(a[i])], codes[int(b[i])]
            self.rows.append({
                "code": f"{what}:{source}:{target}" + (f":{vehicle}" if vehicle == "ferry" else ""), "mode": v["mode"], "source_facility": source, "target_facility": target,
                "departures": ";".join(times[:runs]), "weekdays": weekdays, "minutes": int(np.ceil(minutes[i])),
                "capacity_items": min(vehicles * v["items"], 10_000_000),
                "fixed_cost": round(vehicles * v["yuan_km"] * float(km[i]), 1), "carbon_g": round(v["carbon_g_tkm"] * float(km[i]) * self.rules["item_kg"] / 1000, 1),
            })  # fmt: skip


def _straight_km(network: Network, a: Ids, b: Ids) -> Floats:
    lon, lat = network.facility_lon, network.facility_lat
    return great_circle_km(lon[a], lat[a], lon[b], lat[b])


def _lanes(network: Network, rules: Rules, day: date) -> Lanes:
    places = _places(network, day)
    made = _Made(network, rules, day)
    flow = rules["items_a_day"] * network.demand.by_pair(len(network.area_level))
    if len(places.centres):
        _gathering(made, places, flow)
        _between_cities(made, places, flow)
    if len(places.hubs):
        _to_provinces(made, places, flow)
        _abroad(made, places, flow)
    lanes: Lanes = _table("lanes", made.rows, Lanes)
    return lanes


def _places(network: Network, day: date) -> _Places:
    f = network.facilities
    area, city = network.facility_area, network.area_city
    open_ = (f.status == "existing") | ((f.kind == "hub") & (f.status == "planned"))

    def of(*kinds: str) -> Ids:
        return np.sort(f.id[np.isin(f.kind, kinds) & open_]).astype(np.int64)

    centres, depots, hubs, gateways = of("sort_centre"), of("depot"), of("hub"), of("gateway")
    tier = np.array([str(f.tier[f.id == h][0]) for h in hubs], np.str_)
    beyond = network.area_beyond_customs[area[gateways]]
    centre_of = _nearest(network, depots, centres, day)
    hub_of = _nearest(network, centres, hubs, day)
    inside = network.area_inside[area]
    exchanges = of("office_of_exchange", "international_centre")
    one_a_city = np.unique(city[area[exchanges]], return_index=True)[1]
    airports = of("airport")
    return _Places(
        centres, depots, centre_of, hubs, hub_of, tier, gateways[~beyond], gateways[beyond], airports[inside[airports]],
        exchanges[np.sort(one_a_city)],
    )  # fmt: skip


def _nearest(network: Network, of: Ids, among: Ids, day: date) -> Ids:
    """For each facility the row of the nearest one of ``among`` by road, those of its own city first; -1 where there is none."""
    if not len(of) or not len(among):
        return np.full(len(of), -1, np.int64)
    km = facility_ways(network, of[:, None], among[None, :], day).km
    city = network.area_city[network.facility_area]
    nearest = np.argmin(np.where(city[of][:, None] == city[among][None, :], km / 1e6, km), axis=1)
    return np.asarray(nearest, np.int64)


def _city(network: Network, facilities: Ids) -> Ids:
    return np.asarray(network.area_city[network.facility_area[facilities]], np.int64)


def _gathering(made: _Made, p: _Places, flow: Floats) -> None:
    """Depots and their sort centre: what a city sends and gets, shared evenly among its depots."""
    city = _city(made.network, p.depots)
    depots_a_city = np.bincount(city, minlength=len(flow))[city]
    centre = p.centres[p.centre_of_depot]
    made.add("depot_to_centre", p.depots, centre, "van", flow.sum(1)[city] / depots_a_city)
    made.add("centre_to_depot", centre, p.depots, "van", flow.sum(0)[city] / depots_a_city)


def _between_cities(made: _Made, p: _Places, flow: Floats) -> None:
    """Sort centres and their hub, hubs among each other, and large pairs of cities directly."""
    city = _city(made.network, p.centres)
    pairs = flow[np.ix_(city, city)].copy()
    np.fill_diagonal(pairs, 0.0)
    direct = pairs >= made.rules["reach"]["direct_items"]
    a, b = np.nonzero(direct)
    made.add("centre_to_centre", p.centres[a], p.centres[b], "truck", pairs[a, b])
    if not len(p.hubs):
        rest = np.argwhere(~direct & ~np.eye(len(city), dtype=bool))
        made.add(
            "centre_to_centre", p.centres[rest[:, 0]], p.centres[rest[:, 1]], "truck", pairs[rest[:, 0], rest[:, 1]]
        )
        return
    own = np.asarray(flow[city, city])
    by_lane_of_its_own = np.where(direct, pairs, 0)
    hub = p.hubs[p.hub_of]
    made.add("centre_to_hub", p.centres, hub, "truck", flow.sum(1)[city] - own - by_lane_of_its_own.sum(1))
    made.add("hub_to_centre", hub, p.centres, "truck", flow.sum(0)[city] - own - by_lane_of_its_own.sum(0))
    between = p.catchment @ (pairs - by_lane_of_its_own) @ p.catchment.T
    i, j = np.nonzero(~np.eye(len(p.hubs), dtype=bool))
    made.add("hub_to_hub", p.hubs[i], p.hubs[j], "truck", between[i, j])


def _to_provinces(made: _Made, p: _Places, flow: Floats) -> None:
    """Hubs and the gateways of the other provinces: by road, over the strait by ferry, by rail and by air where that is far."""
    network, reach = made.network, made.rules["reach"]
    area = network.facility_area[p.gateways].astype(np.int64)
    city = _city(network, p.centres)
    main = np.isin(p.hub_tier, _MAIN_TIERS)
    i, g = (x.ravel() for x in np.meshgrid(np.arange(len(p.hubs)), np.arange(len(p.gateways)), indexing="ij"))
    ways = facility_ways(network, p.hubs[i], p.gateways[g], made.day)
    used = main[i] | (ways.km <= reach["regional_gateway_km"])
    i, g, km, crossing = i[used], g[used], ways.km[used], ways.crossing[used]
    out, into = p.catchment @ flow[np.ix_(city, area)], p.catchment @ flow[np.ix_(area, city)].T
    ferry = np.isin(crossing, np.flatnonzero(network.crossings.kind == "ferry"))
    for vehicle, some in (("truck", ~ferry), ("ferry", ferry)):
        made.add("hub_to_gateway", p.hubs[i[some]], p.gateways[g[some]], vehicle, out[i[some], g[some]])
        made.add("gateway_to_hub", p.gateways[g[some]], p.hubs[i[some]], vehicle, into[i[some], g[some]])
    first_tier = p.hub_tier == "global"
    national = np.flatnonzero(first_tier if first_tier.any() else main)
    for vehicle in ("rail", "high_speed_rail"):
        least, most = reach[f"{vehicle}_km"]
        some = np.isin(i, national) & (km >= least) & (km <= most)
        share = made.rules["share"][vehicle]
        made.add(vehicle, p.hubs[i[some]], p.gateways[g[some]], vehicle, share * out[i[some], g[some]])
        made.add(vehicle, p.gateways[g[some]], p.hubs[i[some]], vehicle, share * into[i[some], g[some]])
    _by_air(made, p, flow)


def _by_air(made: _Made, p: _Places, flow: Floats) -> None:
    """Hubs and their airport, airports and far gateways; the airports of the cities that send most have freighters."""
    network, reach = made.network, made.rules["reach"]
    if not len(p.airports) or not len(p.gateways):
        return
    km = facility_ways(network, p.hubs[:, None], p.airports[None, :], made.day).km
    area = network.facility_area[p.gateways].astype(np.int64)
    far = _straight_km(network, p.airports[:, None], p.gateways[None, :]) * network.circuity >= reach["air_km"]
    sends = flow.sum(1)[_city(network, p.airports)]
    nearest = np.argmin(km, axis=1)
    near = (km <= reach["airport_km"]) & (np.arange(len(p.airports))[None, :] == nearest[:, None])
    freighters = np.argsort(-sends, kind="stable")[: int(reach["main_airports"])]
    city = _city(network, p.centres)
    catchment = np.zeros((len(p.airports), len(flow)))
    for h in np.flatnonzero(near.any(axis=1)):
        catchment[nearest[h], city[p.hub_of == h]] = 1
    out, into = catchment @ flow[:, area], catchment @ flow[area, :].T
    i, j = np.nonzero(near)
    share = made.rules["share"]
    hubs_a_port = np.maximum(near.sum(0)[j], 1)
    made.add("to_airport", p.hubs[i], p.airports[j], "truck", share["air"] * (out * far).sum(1)[j] / hubs_a_port)
    made.add("from_airport", p.airports[j], p.hubs[i], "truck", share["air"] * (into * far).sum(1)[j] / hubs_a_port)
    a, g = np.nonzero(far & near.any(axis=0)[:, None])
    for vehicle, flown in (("belly", np.ones(len(a), np.bool_)), ("freighter", np.isin(a, freighters))):
        port, gate = a[flown], g[flown]
        made.add(vehicle, p.airports[port], p.gateways[gate], vehicle, share[vehicle] * out[port, gate], by_air=True)
        made.add(vehicle, p.gateways[gate], p.airports[port], vehicle, share[vehicle] * into[port, gate], by_air=True)


def _abroad(made: _Made, p: _Places, flow: Floats) -> None:
    """Exchange offices: to and from their city's hub or the nearest, by road to Hong Kong and Macao, by air and sea to other lands."""
    network, reach = made.network, made.rules["reach"]
    if not len(p.exchanges) or not len(p.beyond):
        return
    nearest = p.hubs[_nearest(network, p.exchanges, p.hubs, made.day)]
    area = network.facility_area[p.beyond].astype(np.int64)
    city = _city(network, p.exchanges)
    share = flow.sum(1)[city] / max(flow.sum(1)[city].sum(), 1e-9)
    out, into = flow[:, area].sum(0), flow[area, :].sum(1)
    made.add("to_exchange", nearest, p.exchanges, "truck", share * out.sum())
    made.add("from_exchange", p.exchanges, nearest, "truck", share * into.sum())
    i, g = (x.ravel() for x in np.meshgrid(np.arange(len(p.exchanges)), np.arange(len(p.beyond)), indexing="ij"))
    km = facility_ways(network, p.exchanges[i], p.beyond[g], made.day).km
    road = np.isfinite(km) & (km <= reach["abroad_road_km"]) & (network.area_level[area[g]] != LEVELS["abroad"])
    straight = _straight_km(network, p.exchanges[i], p.beyond[g])
    handling = float(reach["abroad_handling_minutes"])
    for a, b, sent in (
        (p.exchanges[i], p.beyond[g], share[i] * out[g]),
        (p.beyond[g], p.exchanges[i], share[i] * into[g]),
    ):
        made.add("abroad", a[road], b[road], "truck", sent[road])
        made.add("abroad", a[~road], b[~road], "freighter", sent[~road], by_air=True, extra_minutes=handling)
        some = ~road & (straight <= reach["sea_km"])
        made.add(
            "sea",
            a[some],
            b[some],
            "sea",
            made.rules["share"]["sea"] * sent[some],
            by_air=True,
            weekdays=reach["sea_weekdays"],
        )
