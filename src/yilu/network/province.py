"""A province as one frozen object: its tables, and its tables as arrays by id for those who compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.errors import InputError
from yilu.network.calendar import day_factor
from yilu.network.checking import read_and_check
from yilu.network.demand import Demand, demand_of
from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.network.local_time import LocalTime, local_time
from yilu.network.map_shapes import MapShapes
from yilu.network.reading import Folder
from yilu.network.rules import (
    AreaArrays,
    ObligationRules,
    PromiseRules,
    level_of_pair,
    obligation_rules,
    promise,
    promise_rules,
    under,
)
from yilu.network.tables import (
    Areas,
    Barriers,
    Calendar,
    Crossings,
    Facilities,
    Figures,
    Handling,
    Lanes,
    Obligations,
    Operators,
    Promises,
    RoadTimes,
    Rounds,
    ServiceLevels,
    StatedDemand,
    table,
)

LEVELS: dict[str, int] = {"country": 1, "province": 2, "region": 3, "city": 4, "county": 5, "abroad": 6}
"""Levels of areas as ``area_level`` holds them; 0 unknown."""


@dataclass(frozen=True)
class Network:
    """One province. Tables as read; arrays dense by id, row 0 unknown: areas (A,), facilities (F,), pairs of areas (A, A).

    What degrees refer to stands in ``datum`` (province.toml) and in the sources of the rows. ``area_city``: the city an area lies in, itself where it lies in none.
    ``facility_kind``: number of ``FACILITY_KINDS``; ``facility_processing``: whether it is a processing site (处理场所).
    ``level_of_pair``: default service level of origin and destination, 0 none. ``bbox``: west, south, east, north of the province, None where it states none.
    """

    name: str
    name_zh: str
    name_en: str
    code: str
    folder: Path
    time_zone: str
    circuity: float
    datum: str
    areas: Areas
    facilities: Facilities
    operators: Operators
    service_levels: ServiceLevels
    promises: Promises
    obligations: Obligations
    crossings: Crossings
    barriers: Barriers
    figures: Figures
    demand: Demand
    calendar: Calendar
    lanes: Lanes
    handling: Handling
    rounds: Rounds
    road_times: RoadTimes
    area_level: NDArray[np.uint8]
    area_parent: NDArray[np.uint16]
    area_city: NDArray[np.uint16]
    area_inside: NDArray[np.bool_]
    area_beyond_customs: NDArray[np.bool_]
    area_lon: NDArray[np.float64]
    area_lat: NDArray[np.float64]
    facility_area: NDArray[np.uint16]
    facility_kind: NDArray[np.uint8]
    facility_processing: NDArray[np.bool_]
    facility_lon: NDArray[np.float64]
    facility_lat: NDArray[np.float64]
    level_of_pair: NDArray[np.uint8]
    promise_rules: PromiseRules
    obligation_rules: ObligationRules
    local_time: LocalTime
    bbox: tuple[float, float, float, float] | None
    shapes: MapShapes

    def local_day(self, at: ArrayLike) -> NDArray[np.int64]:
        """Local days since 1970-01-01 of UTC seconds, any shape."""
        return self.local_time.local_day(at)

    def local_date(self, at: int) -> date:
        """The local date of UTC seconds."""
        return date(1970, 1, 1) + timedelta(days=int(self.local_day(at)))

    def day_factor(self, day: date) -> float:
        """Items of a local day over those of an ordinary day, by the province's calendar; 1 where it has none."""
        return day_factor(self.calendar, day)

    def local_hour(self, at: ArrayLike) -> NDArray[np.int64]:
        """Local hours of the day (0 to 23) of UTC seconds, any shape."""
        return self.local_time.local_hour(at)

    def promise(
        self, accepted: ArrayLike, origin: ArrayLike, destination: ArrayLike, level: ArrayLike = 0
    ) -> NDArray[np.uint32]:
        """The derived promise (n,) in UTC seconds, 0 where there is none.

        ``accepted`` UTC seconds, ``origin`` and ``destination`` area ids, ``level`` service level ids, where 0 takes the pair's own; all (n,) or
        broadcast to it. The settings in force on the local day of acceptance decide. An unknown origin or destination (0) has none.
        """
        at, start, end, stated = np.broadcast_arrays(accepted, origin, destination, level)
        known = (start != 0) & (end != 0)
        own = np.where(stated == 0, self.level_of_pair[start, end], stated)
        return promise(self.promise_rules, self.local_time, at, np.where(known, own, 0))

    def under(self, code: str) -> NDArray[np.bool_]:
        """Areas (A,) that are ``code`` or lie in it. Raises KeyError for an unknown code."""
        return under(self.areas.index_of_code[code], self.area_parent)


def folder_of(name: str | Path) -> Path:
    """The folder of a province: the one shipped under that name, or else the path itself."""
    shipped = Path(str(files("yilu") / "provinces")) / str(name)
    plain = not isinstance(name, Path) and "/" not in name and "\\" not in name and name not in ("", ".", "..")
    return shipped if plain and shipped.is_dir() else Path(name)


def load(name: str | Path) -> Network:
    """The province in a folder, or shipped under a name ("guangdong"). Raises InputError for the first fault that ``check`` finds."""
    folder = folder_of(name)
    if not folder.is_dir():
        raise InputError(
            str(name),
            "a province that yilu ships, or a folder",
            next_step="Set `province` to guangdong or to the path of a province folder.",
        )
    return _load(
        folder.resolve(), tuple(sorted((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in folder.iterdir()))
    )


@lru_cache(maxsize=8)
def _load(folder: Path, _stamp: tuple[tuple[str, int, int], ...]) -> Network:
    held, problems = read_and_check(folder)
    if problems:
        p = problems[0]
        raise InputError(
            f"{folder.name}/{p.file}",
            f"{p.expected} ({p.reason}{f'; {len(problems) - 1} more faults' if len(problems) > 1 else ''})",
            row=p.row,
            column=p.column,
            value=p.value,
            next_step=f"Run `yilu network check {folder.name}` for all faults, and correct them.",
        )
    return _network(folder, held)


def _network(folder: Path, held: Folder) -> Network:
    province = held.province
    assert province is not None  # a folder without one has a fault
    rows = {name: [row.values for row in rows] for name, rows in held.tables.items()}
    areas, facilities = table("areas", rows["areas"], Areas), table("facilities", rows["facilities"], Facilities)
    levels = table("service_levels", rows["service_levels"], ServiceLevels)
    promises, obligations = (
        table("promise_rules", rows["promise_rules"], Promises),
        table("obligations", rows["obligations"], Obligations),
    )
    figures = table("figures", rows["figures"], Figures)
    stated = table("demand", rows["demand"], StatedDemand)
    zone = local_time(province.time_zone)
    ids = areas.index_of_code
    a = _area_arrays(areas)
    kinds = [FACILITY_KINDS[str(k)] for k in facilities.kind]
    lon, lat = _dense(areas.id, areas.lon, np.float64), _dense(areas.id, areas.lat, np.float64)
    return Network(
        name=province.name,
        name_zh=province.name_zh,
        name_en=province.name_en,
        code=province.code,
        folder=folder,
        time_zone=province.time_zone,
        circuity=province.circuity,
        datum=province.datum,
        areas=areas,
        facilities=facilities,
        operators=table("operators", rows["operators"], Operators),
        service_levels=levels,
        promises=promises,
        obligations=obligations,
        crossings=table("crossings", rows["crossings"], Crossings),
        barriers=table("barriers", rows["barriers"], Barriers),
        figures=figures,
        demand=demand_of(areas, figures, stated),
        calendar=table("calendar", rows["calendar"], Calendar),
        lanes=table("lanes", rows["lanes"], Lanes),
        handling=table("handling", rows["handling"], Handling),
        rounds=table("rounds", rows["rounds"], Rounds),
        road_times=table("road_times", rows["road_times"], RoadTimes),
        area_level=a.level,
        area_parent=a.parent,
        area_city=a.city,
        area_inside=a.inside,
        area_beyond_customs=a.beyond_customs,
        area_lon=lon,
        area_lat=lat,
        facility_area=_dense(facilities.id, [ids[str(c)] for c in facilities.area], np.uint16),
        facility_kind=_dense(facilities.id, [k.id for k in kinds], np.uint8),
        facility_processing=_dense(facilities.id, [k.processing for k in kinds], np.bool_),
        facility_lon=_dense(facilities.id, facilities.lon, np.float64),
        facility_lat=_dense(facilities.id, facilities.lat, np.float64),
        level_of_pair=_fixed(level_of_pair(levels, a)),
        promise_rules=promise_rules(promises, levels, zone),
        obligation_rules=obligation_rules(obligations, a, ids, zone),
        local_time=zone,
        bbox=province.bbox,
        shapes=province.shapes,
    )


def _fixed(array: NDArray) -> NDArray:
    array.flags.writeable = False
    return array


def _dense(ids: NDArray[np.int64], values: ArrayLike, dtype: type) -> NDArray:
    """``values`` by id, (greatest id + 1,), with 0 or empty where there is no row."""
    given = np.asarray(values)
    out = np.zeros(int(ids.max()) + 1, given.dtype if dtype is np.str_ else dtype)
    out[ids] = given
    return _fixed(out)


def _area_arrays(areas: Areas) -> AreaArrays:
    level = _dense(areas.id, [LEVELS[str(x)] for x in areas.level], np.uint8)
    parent = _dense(areas.id, [areas.index_of_code.get(str(p), 0) for p in areas.parent], np.uint16)
    city = np.arange(len(level)).astype(np.uint16)
    at = city
    for _ in LEVELS:
        city = np.where(level[at] == LEVELS["city"], at, city)
        at = parent[at]
    return AreaArrays(
        level=level,
        parent=parent,
        city=_fixed(city),
        inside=_dense(areas.id, areas.inside, np.bool_),
        beyond_customs=_dense(areas.id, areas.beyond_customs, np.bool_),
        key_city=_dense(areas.id, areas.key_city, np.bool_),
        cluster=_dense(areas.id, areas.cluster, np.str_),
    )
