"""A small province with a timetable: three cities in a row, a depot in each, everything by way of the middle one's sort centre."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.network.province_folders import Rows, write_province
from yilu.network import Network, load

DAY = date(2025, 11, 11)
AREAS: Rows = (
    {"id": 1, "code": "P", "name_zh": "省", "level": "province", "lon": 10, "lat": 50},
    *({"id": i + 1, "code": f"C{i}", "name_zh": f"{i}市", "level": "city", "parent": "P", "lon": 10 + i, "lat": 50, "cluster": "core"} for i in (1, 2, 3)),
    {"id": 5, "code": "O", "name_zh": "外省", "level": "province", "inside": "no", "lon": 20, "lat": 50},
)  # fmt: skip
FACILITIES: Rows = (
    {"id": 1, "code": "S", "name_zh": "分拨", "kind": "sort_centre", "area": "C2", "lon": 12, "lat": 50},
    *({"id": i + 1, "code": f"D{i}", "name_zh": f"营业部{i}", "kind": "depot", "area": f"C{i}", "lon": 10 + i, "lat": 50} for i in (1, 2, 3)),
    {"id": 5, "code": "G", "name_zh": "门户", "kind": "gateway", "area": "O", "lon": 20, "lat": 50},
)  # fmt: skip
OPERATORS: Rows = (
    {"id": 1, "code": "A", "name_zh": "甲"}, {"id": 2, "code": "A1", "name_zh": "甲分公司", "layer": "branch", "parent": "A"},
    {"id": 3, "code": "B", "name_zh": "乙"}, {"id": 4, "code": "C", "name_zh": "丙"},
)  # fmt: skip
LEVELS: Rows = ({"id": 1, "code": "L1", "name_zh": "群内", "scopes": "cluster;country"},)
PROMISES: Rows = (
    {
        "service_level": "L1",
        "valid_from": "2020-01-01",
        "clock": "calendar",
        "amount": 1,
        "due_time": "18:00",
        "cut_off": "17:00",
    },
)
LANES: Rows = (
    *({"code": f"in{i}", "source_facility": f"D{i}", "target_facility": "S", "departures": "10:30;19:00", "minutes": 50 + 30 * i, "fixed_cost": 100 * i} for i in (1, 2, 3)),
    *({"code": f"out{i}", "source_facility": "S", "target_facility": f"D{i}", "departures": "06:00;13:30", "minutes": 50 + 30 * i, "fixed_cost": 90 * i} for i in (1, 2, 3)),
)  # fmt: skip
HANDLING: Rows = (
    {"kind": "sort_centre", "waves": "03:00;12:30;22:00", "wave_minutes": 45},
    {"kind": "depot", "sort_minutes": 20, "opens": "06:00", "closes": "22:00"},
)
ROUNDS: Rows = (
    {"side": "collection", "area": "*", "times": "09:30;17:30", "minutes": 45},
    {"side": "collection", "area": "C1", "times": "09:50;17:30", "minutes": 45},
    {"side": "delivery", "area": "*", "times": "08:00;14:00;16:00", "minutes": 120},
    {"side": "delivery", "area": "C3", "times": "09:00;15:00", "minutes": 150},
)
ROADS: Rows = (
    {"at": "00:00", "factor": 1},
    {"at": "06:30", "factor": 1},
    {"at": "08:00", "factor": 1.6},
    {"at": "12:00", "factor": 1.1},
)


def small(folder: Path, **tables: Rows) -> Network:
    """The province, with ``tables`` instead of its own."""
    usual: dict[str, Rows] = {
        "areas": AREAS, "facilities": FACILITIES, "operators": OPERATORS, "service_levels": LEVELS, "promise_rules": PROMISES, "lanes": LANES, "handling": HANDLING,
        "rounds": ROUNDS, "road_times": ROADS,
    }  # fmt: skip
    return load(write_province(folder, **(usual | tables)))
