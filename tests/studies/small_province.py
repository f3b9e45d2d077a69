"""A made-up province of four cities with two county units each, three hubs and one province beyond, as a folder."""

from __future__ import annotations

from pathlib import Path

PROVINCE = """name = "small"
code = "S"
time_zone = "Asia/Shanghai"
circuity = 1.2
"""
CITIES = {"A": (113.0, 23.0), "B": (114.0, 23.2), "C": (115.0, 24.0), "D": (112.0, 22.2)}
SHARES = {
    ("A", "B"): 0.3,
    ("B", "A"): 0.2,
    ("A", "C"): 0.1,
    ("C", "D"): 0.1,
    ("D", "A"): 0.1,
    ("A", "X"): 0.15,
    ("X", "B"): 0.05,
}


def write_small(home: Path, rows_of_demand: dict[tuple[str, str], float] = SHARES) -> Path:
    """Write the folder ``small`` into ``home``; gives it."""
    folder = home / "small"
    folder.mkdir()
    (folder / "province.toml").write_text(PROVINCE, encoding="utf-8")
    areas = [
        "id,code,name_zh,name_en,level,parent,inside,lon,lat,villages",
        "1,CN,国,Country,country,,no,113,23,0",
        "2,S,省,Small,province,CN,yes,113,23,0",
        "3,X,邻,Next,province,CN,no,116,28,0",
    ]
    facilities = ["id,code,name_zh,name_en,kind,area,lon,lat,tier,cluster,status"]
    number = 4
    for code, (lon, lat) in CITIES.items():
        areas.append(f"{number},{code},{code}市,{code} city,city,S,yes,{lon},{lat},0")
        for n in (1, 2):
            areas.append(
                f"{number + n},{code}{n},{code}{n}县,{code}{n} county,county,{code},yes,{lon + 0.1 * n},{lat - 0.05 * n},{10 * n}"
            )
        facilities.append(
            f"{number},SC-{code},{code}分拨中心,{code} sort centre,sort_centre,{code},{lon},{lat},,,existing"
        )
        number += 3
    for code, tier in (("A", "global"), ("B", "global"), ("C", "regional")):
        lon, lat = CITIES[code]
        facilities.append(
            f"{number},HUB-{code},{code}枢纽,{code} hub,hub,{code},{lon},{lat},{tier},{'AB' if tier == 'global' else ''},planned"
        )
        number += 1
    (folder / "areas.csv").write_text("\n".join(areas) + "\n", encoding="utf-8")
    (folder / "facilities.csv").write_text("\n".join(facilities) + "\n", encoding="utf-8")
    (folder / "operators.csv").write_text("id,code,name_zh,layer,kind\n1,P,邮政,brand,post\n", encoding="utf-8")
    lines = ["origin,destination,share", *(f"{a},{b},{share}" for (a, b), share in rows_of_demand.items())]
    (folder / "demand.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    levels = "id,code,name_zh,name_en,scopes\n1,two_day,两日,Two days,province\n"
    (folder / "service_levels.csv").write_text(levels, encoding="utf-8")
    rules = "service_level,valid_from,clock,amount,due_time,cut_off\ntwo_day,2021-01-01,calendar,1,12:00,18:00\n"
    (folder / "promise_rules.csv").write_text(rules, encoding="utf-8")
    return folder
