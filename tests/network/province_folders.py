"""Small province folders, written for tests: a sound one, to be bent as a test needs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, object]]

AREAS: Rows = (
    {"id": 1, "code": "P", "name_zh": "省", "level": "province", "lon": 10, "lat": 50},
    {
        "id": 2,
        "code": "C1",
        "name_zh": "一市",
        "level": "city",
        "parent": "P",
        "lon": 10,
        "lat": 50,
        "cluster": "core",
        "key_city": "yes",
    },
    {"id": 3, "code": "C2", "name_zh": "二市", "level": "city", "parent": "P", "lon": 11, "lat": 50, "cluster": "core"},
    {"id": 4, "code": "C3", "name_zh": "三市", "level": "city", "parent": "P", "lon": 12, "lat": 50},
    {"id": 5, "code": "C1a", "name_zh": "一县", "level": "county", "parent": "C1", "lon": 10.1, "lat": 50},
    {
        "id": 7,
        "code": "O",
        "name_zh": "外省",
        "level": "province",
        "inside": "no",
        "lon": 20,
        "lat": 50,
        "key_city": "yes",
    },
    {
        "id": 8,
        "code": "F",
        "name_zh": "境外",
        "level": "abroad",
        "inside": "no",
        "beyond_customs": "yes",
        "lon": -70,
        "lat": 40,
    },
)
FACILITIES: Rows = (
    {"id": 1, "code": "S1", "name_zh": "一市分拨", "kind": "sort_centre", "area": "C1", "lon": 10, "lat": 50},
    {"id": 2, "code": "D1", "name_zh": "一县营业部", "kind": "depot", "area": "C1a", "lon": 10.1, "lat": 50},
    {"id": 9, "code": "G", "name_zh": "外省门户", "kind": "gateway", "area": "O", "lon": 20, "lat": 50},
)
OPERATORS: Rows = ({"id": 1, "code": "A", "name_zh": "甲"},)
LEVELS: Rows = (
    {"id": 1, "code": "L1", "name_zh": "同城", "scopes": "same_city"},
    {"id": 2, "code": "L2", "name_zh": "群内", "scopes": "cluster"},
    {"id": 3, "code": "L3", "name_zh": "省内及重点", "scopes": "province;key_cities"},
    {"id": 4, "code": "L4", "name_zh": "全国", "scopes": "country"},
)


def toml(time_zone: str = "Europe/Berlin", **more: object) -> str:
    """Text of province.toml."""
    lines = ['name = "small"', 'code = "P"', f'time_zone = "{time_zone}"']
    return "\n".join(lines + [f"{k} = {v!r}" for k, v in more.items()]) + "\n"


def write_table(folder: Path, name: str, rows: Rows) -> None:
    """``rows`` as folder/name.csv, the columns being all that any row has."""
    columns = list(dict.fromkeys(c for row in rows for c in row))
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_province(folder: Path, time_zone: str = "Europe/Berlin", **tables: Rows) -> Path:
    """A sound folder with only the tables that every province has, and ``tables`` instead of or beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "province.toml").write_text(toml(time_zone), encoding="utf-8")
    for name, rows in ({"areas": AREAS, "facilities": FACILITIES, "operators": OPERATORS} | tables).items():
        write_table(folder, name, rows)
    return folder
