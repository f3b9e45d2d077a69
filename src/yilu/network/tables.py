"""The tables of a province: frozen columns of equal length, one class per table, fields named as in its schema.

Texts, codes and lists are text arrays, dates ISO text (empty: none), times minutes of the local day, yes/no booleans.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from yilu.network.schema import Value, attributes

Texts = NDArray[np.str_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Coded:
    """What tables with ids and codes share: ``index_of_code`` gives the id of a code, ``code_of_id`` the code and ``name_of_id`` the names (zh, en) of an id."""

    id: Ints
    code: Texts
    name_zh: Texts
    name_en: Texts
    grade: Texts
    source: Texts
    index_of_code: dict[str, int] = field(init=False, repr=False)
    code_of_id: dict[int, str] = field(init=False, repr=False)
    name_of_id: dict[int, tuple[str, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pairs = [(str(c), int(i)) for c, i in zip(self.code, self.id, strict=True)]
        object.__setattr__(self, "index_of_code", dict(pairs))
        object.__setattr__(self, "code_of_id", {i: c for c, i in pairs})
        names = zip(self.id, self.name_zh, self.name_en, strict=True)
        object.__setattr__(self, "name_of_id", {int(i): (str(zh), str(en) or str(zh)) for i, zh, en in names})


@dataclass(frozen=True, kw_only=True)
class Areas(Coded):
    """Areas (schema/areas.csv)."""

    level: Texts
    parent: Texts
    inside: Flags
    lon: Floats
    lat: Floats
    towns: Ints
    townships: Ints
    subdistricts: Ints
    villages: Ints
    communities: Ints
    cluster: Texts
    key_city: Flags
    beyond_customs: Flags
    place_grade: Texts


@dataclass(frozen=True, kw_only=True)
class Facilities(Coded):
    """Facilities (schema/facilities.csv)."""

    kind: Texts
    area: Texts
    lon: Floats
    lat: Floats
    tier: Texts
    cluster: Texts
    status: Texts
    place_grade: Texts


@dataclass(frozen=True, kw_only=True)
class Operators(Coded):
    """Operators in four layers (schema/operators.csv)."""

    layer: Texts
    parent: Texts
    kind: Texts
    credit_code: Texts


@dataclass(frozen=True, kw_only=True)
class ServiceLevels(Coded):
    """Service levels (schema/service_levels.csv)."""

    scopes: Texts


@dataclass(frozen=True, kw_only=True)
class Promises:
    """Promise rules as the folder states them (schema/promise_rules.csv)."""

    service_level: Texts
    valid_from: Texts
    clock: Texts
    amount: Ints
    due_time: Ints
    cut_off: Ints
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Obligations:
    """Obligations of the three checks as the folder states them (schema/obligations.csv)."""

    valid_from: Texts
    valid_to: Texts
    check: Texts
    item_class: Texts
    sender_kind: Texts
    origin: Texts
    destination: Texts
    owed: Flags
    latest_place: Texts
    article: Texts
    grade: Texts
    note: Texts


@dataclass(frozen=True, kw_only=True)
class Crossings:
    """Ways over barriers (schema/crossings.csv)."""

    code: Texts
    name_zh: Texts
    name_en: Texts
    barrier: Texts
    kind: Texts
    lon_a: Floats
    lat_a: Floats
    lon_b: Floats
    lat_b: Floats
    length_km: Floats
    extra_hours: Floats
    valid_from: Texts
    valid_to: Texts
    only_areas: Texts
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Barriers:
    """Points of the lines that roads don't cross (schema/barriers.csv)."""

    barrier: Texts
    position: Ints
    lon: Floats
    lat: Floats
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures that demand is built from (schema/figures.csv)."""

    measure: Texts
    subject: Texts
    period: Texts
    value: Floats
    unit: Texts
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class StatedDemand:
    """Demand that a folder states itself (schema/demand.csv), by code."""

    origin: Texts
    destination: Texts
    share: Floats
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """How days differ in volume (schema/calendar.csv)."""

    code: Texts
    name_zh: Texts
    name_en: Texts
    valid_from: Texts
    valid_to: Texts
    weekdays: Texts
    factor: Floats
    alone: Flags
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Lanes:
    """The timetable (schema/lanes.csv): departures between facilities by mode and operator."""

    code: Texts
    operator: Texts
    alliance: Texts
    mode: Texts
    source_facility: Texts
    target_facility: Texts
    departures: Texts
    time_zone: Texts
    weekdays: Texts
    skips: Texts
    minutes: Ints
    minutes_p95: Ints
    capacity_items: Ints
    capacity_kg: Floats
    capacity_m3: Floats
    fixed_cost: Floats
    item_cost: Floats
    carbon_g: Floats
    valid_from: Texts
    valid_to: Texts
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Handling:
    """What facilities do with what arrives (schema/handling.csv): hours, sorting, waves, customs."""

    kind: Texts
    facility: Texts
    opens: Ints
    closes: Ints
    sort_minutes: Ints
    dock_minutes: Ints
    waves: Texts
    wave_minutes: Ints
    items_an_hour: Ints
    directions: Ints
    customs_minutes: Ints
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """When couriers collect and deliver (schema/rounds.csv)."""

    side: Texts
    area: Texts
    times: Texts
    minutes: Ints
    grade: Texts
    source: Texts


@dataclass(frozen=True, kw_only=True)
class RoadTimes:
    """How roads slow down by time of day (schema/road_times.csv)."""

    at: Ints
    factor: Floats
    grade: Texts
    source: Texts


CLASSES: dict[str, type] = {
    "areas": Areas, "facilities": Facilities, "operators": Operators, "service_levels": ServiceLevels, "promise_rules": Promises,
    "obligations": Obligations, "crossings": Crossings, "barriers": Barriers, "figures": Figures, "demand": StatedDemand,
    "calendar": Calendar, "lanes": Lanes, "handling": Handling, "rounds": Rounds, "road_times": RoadTimes,
}  # fmt: skip
"""The class of each table."""

_DTYPES: dict[str, type] = {"id": np.int64, "int": np.int64, "time": np.int64, "float": np.float64, "yes_no": np.bool_}

T = TypeVar("T")


def table(name: str, rows: list[dict[str, Value]], kind: type[T]) -> T:
    """The table ``name`` of read rows as its class ``kind``; arrays can't be written to."""
    columns: dict[str, NDArray] = {}
    for a in attributes(name):
        column: NDArray = np.array([row[a.name] for row in rows], dtype=_DTYPES.get(a.type, np.str_))
        column.flags.writeable = False
        columns[a.name] = column
    return kind(**columns)


def names(kind: type) -> set[str]:
    """The column names of a table's class."""
    return {f.name for f in fields(kind) if f.init}
