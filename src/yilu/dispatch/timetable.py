"""A province's timetable laid out: every departure of some days as a connection, with what happens at its end.

Places are facilities, by id: place f is facility f, where things leave from; place F + f is the courier side of facility f, where things arrive that are to be delivered
there. So nothing is passed on through a depot or a gateway, and what goes from a county to itself passes a processing site all the same (过机安检).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.dispatch.clock import next_of, open_from
from yilu.dispatch.connections import Connections, connections
from yilu.dispatch.road import on_the_road
from yilu.errors import InputError
from yilu.network import FACILITY_KINDS, Network
from yilu.network.calendar import runs_on
from yilu.network.local_time import DAY_S, local_time
from yilu.network.schema import attributes, minutes_of

MODES: tuple[str, ...] = next(a.choices for a in attributes("lanes") if a.name == "mode")
END_KINDS: tuple[str, ...] = ("depot", "gateway")
"""Kinds of facility where items are collected and delivered."""
_ROADS = ("road", "ferry")
MOST_DAYS = 31
MOST_DEPARTURES = 20_000_000


@dataclass(frozen=True)
class Timetable:
    """``days`` local days from ``first`` on, of a ``network`` that has a timetable.

    ``connections``: their times are minutes from ``begins`` (UTC seconds, the first local midnight), ``row`` the departure. Departures (D,): ``lane`` row of
    ``network.lanes``, ``room`` items it takes. ``handled`` (F,): row of ``network.handling`` of each facility, -1 none.
    """

    network: Network
    first: date
    days: int
    begins: int
    connections: Connections
    lane: NDArray[np.int32]
    room: NDArray[np.int64]
    handled: NDArray[np.int64]

    @property
    def facilities(self) -> int:
        """F: facilities with row 0 unknown; half of the places."""
        return self.connections.places // 2

    def minute(self, at: ArrayLike) -> NDArray[np.int64]:
        """Minutes from ``begins`` of UTC seconds, rounded up."""
        return -((self.begins - np.asarray(at, np.int64)) // 60)

    def at(self, minute: ArrayLike) -> NDArray[np.int64]:
        """UTC seconds of minutes from ``begins``."""
        return self.begins + 60 * np.asarray(minute, np.int64)

    @cached_property
    def lane_mode(self) -> NDArray[np.int8]:
        """Mode of each lane (L,), as row of ``MODES``."""
        return np.array([MODES.index(str(m)) for m in self.network.lanes.mode], np.int8)

    def ready(self, places: NDArray[np.integer], arrives: NDArray[np.int64]) -> NDArray[np.int64]:
        """Minutes (n,) from which what arrives (minutes, (n,)) at places (n,) can leave again, or can be delivered: ``ready_at``."""
        facilities = places.astype(np.int64) % self.facilities
        return self.minute(ready_at(self.network, self.handled, facilities, self.at(arrives)))

    def taken_in(self, facilities: NDArray[np.int64], arrives: NDArray[np.int64]) -> NDArray[np.int64]:
        """Minutes (n,) at which what arrives (minutes, (n,)) at facilities (n,) is taken in: open, and through customs; it is sorted from then on."""
        of, out = self.network.handling, arrives.copy()
        for row in np.unique(self.handled[facilities]):
            if row >= 0:
                own = np.flatnonzero(self.handled[facilities] == row)
                open_ = open_from(
                    self.network.local_time, int(of.opens[row]), int(of.closes[row]), self.at(arrives[own])
                )
                out[own] = self.minute(open_) + of.customs_minutes[row]
        return out

    def usable(self, operator: str | None = None, without_modes: frozenset[str] = frozenset()) -> Timetable:
        """The timetable of the connections that items of an ``operator`` (code; None: any, all lanes pooled) may ride, in none of the modes that their goods are kept from."""
        lanes = riding(self.network, operator) & ~np.isin(self.lane_mode, [MODES.index(m) for m in without_modes])
        return (
            self
            if lanes.all()
            else replace(self, connections=self.connections.only(lanes[self.lane[self.connections.row]]))
        )


def riding(network: Network, operator: str | None) -> NDArray[np.bool_]:
    """Lanes (L,) that items of an operator may ride: everybody's, its own, those of the operators above it, and those of its alliances.

    Raises InputError for an operator that the network doesn't know.
    """
    lanes = network.lanes
    if operator is None:
        return np.ones(len(lanes.code), np.bool_)
    known = {str(c): str(p) for c, p in zip(network.operators.code, network.operators.parent, strict=True)}
    if operator not in known:
        raise InputError(
            "operator", "a code of operators", value=operator, next_step="`yilu network show operators` lists them"
        )
    line, at = ["*"], operator
    while at:
        line.append(at)
        at = known.get(at, "")
    own = np.isin(lanes.operator, line)
    allied = set(lanes.alliance[own & (lanes.operator != "*")]) - {""}
    return np.asarray(own | np.isin(lanes.alliance, sorted(allied)))


def timetable(network: Network, first: date, days: int) -> Timetable:
    """Lay out ``days`` local days from ``first``. Raises InputError for more days or departures than are bounded, and for a network without lanes."""
    lanes = network.lanes
    if not len(lanes.code):
        raise InputError(
            "timetable",
            "a province with lanes",
            next_step="write lanes.csv, or let one be generated: default_timetable.with_timetable",
        )
    if not 1 <= days <= MOST_DAYS:
        raise InputError("days", f"1 to {MOST_DAYS}", value=str(days))
    lane, departs = _departures(network, first, days)
    begins = network.local_time.midnight(first.isoformat())
    arrives = departs + 60 * riding_minutes(network, lane, departs)
    ids, f = network.facilities.index_of_code, len(network.facility_area)
    source = np.array([ids[str(c)] for c in lanes.source_facility], np.int64)[lane]
    target = np.array([ids[str(c)] for c in lanes.target_facility], np.int64)[lane]
    handled = handled_by(network)
    ready = ready_at(network, handled, target, arrives)
    ends = np.isin(network.facility_kind, [FACILITY_KINDS[kind].id for kind in END_KINDS])
    place = np.where(ends[target], f + target, target)
    full = np.maximum(lanes.capacity_items, 1)
    cost = np.ceil(10 * (lanes.item_cost + np.where(lanes.capacity_items > 0, lanes.fixed_cost / full, 0)))
    made = connections(
        2 * f, source, place, (departs - begins) // 60, -((begins - arrives) // 60), -((begins - ready) // 60), cost[lane], np.ceil(lanes.carbon_g / 10)[lane],
    )  # fmt: skip
    room = np.where(lanes.capacity_items > 0, lanes.capacity_items, np.iinfo(np.int64).max)
    return Timetable(network, first, days, begins, made, lane.astype(np.int32), room[lane], handled)


def riding_minutes(network: Network, lane: NDArray[np.int64], departs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Minutes (n,) that a ride on lanes (rows, (n,)) takes that departs at UTC seconds (n,): by road and ferry what the time of day makes of it."""
    minutes = network.lanes.minutes[lane].copy()
    road = np.isin(network.lanes.mode[lane], _ROADS)
    local = (departs[road] + network.local_time.offset(departs[road])) % DAY_S // 60
    minutes[road] = on_the_road(network.road_times, minutes[road], local)
    return minutes


def _departures(network: Network, first: date, days: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(lane row, UTC seconds) of every departure of those days (D,); a departure written in another zone is of the day it has there."""
    lanes = network.lanes
    times = [np.array(minutes_of(str(t)), np.int64) for t in lanes.departures]
    if (total := days * sum(map(len, times))) > MOST_DEPARTURES:
        raise InputError(
            "timetable", f"{MOST_DEPARTURES} departures at most", value=str(total), next_step="lay out fewer days"
        )
    period = np.stack([lanes.valid_from, lanes.valid_to, lanes.weekdays, lanes.skips], axis=1).tolist()
    rows, at = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    own = network.time_zone
    for zone_name in sorted(set(lanes.time_zone.tolist())):
        zone, of_zone = local_time(zone_name or own), np.flatnonzero(lanes.time_zone == zone_name)
        count = np.array([len(times[i]) for i in of_zone])
        minutes = np.concatenate([times[i] for i in of_zone])
        for n in range(days):
            day = first + timedelta(days=n)
            runs = np.repeat([runs_on(day, *period[i]) for i in of_zone], count)
            wall = ((day - date(1970, 1, 1)).days * 1440 + minutes[runs]) * 60
            rows.append(np.repeat(of_zone, count)[runs])
            at.append(zone.utc(wall))
    lane, departs = np.concatenate(rows), np.concatenate(at)
    order = np.lexsort((lane, departs))
    return lane[order], departs[order]


def handled_by(network: Network) -> NDArray[np.int64]:
    """Row of ``network.handling`` that holds for each facility (F,): its own, or its kind's, or -1."""
    of = network.handling
    by_kind = {FACILITY_KINDS[str(kind)].id: row for row, kind in enumerate(of.kind) if kind}
    by_code = {str(code): row for row, code in enumerate(of.facility) if code}
    out = np.array([by_kind.get(int(kind), -1) for kind in network.facility_kind], np.int64)
    for code, row in by_code.items():
        out[network.facilities.index_of_code[code]] = row
    return out


def ready_at(
    network: Network, handled: NDArray[np.int64], facility: NDArray[np.int64], arrives: NDArray[np.int64]
) -> NDArray[np.int64]:
    """UTC seconds (n,) from which what arrives (n,) at facilities (n,) can leave again, opened and sorted: when it is open, after customs, with the next wave.

    Never earlier for what arrives later.
    """
    out, zone, of = arrives.copy(), network.local_time, network.handling
    for row in np.unique(handled[facility]):
        if row < 0:
            continue
        own = np.flatnonzero(handled[facility] == row)
        taken_in = open_from(zone, int(of.opens[row]), int(of.closes[row]), arrives[own]) + 60 * of.customs_minutes[row]
        waves = minutes_of(str(of.waves[row]))
        out[own] = (
            next_of(zone, waves, taken_in) + 60 * of.wave_minutes[row]
            if waves
            else taken_in + 60 * of.sort_minutes[row]
        )
    return np.maximum(out, arrives + 60)
