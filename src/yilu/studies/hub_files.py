"""A hub design as files: tables, shapes for a map, a drawing, and a province folder that has these hubs."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from yilu.design.matrices import HubMatrices
from yilu.errors import InputError
from yilu.network.schema import attributes
from yilu.studies.hubs import Design

_TIER_ZH = {
    "global": "全球性国际邮政快递枢纽",
    "national": "全国性邮政快递枢纽",
    "regional": "地区性邮政快递枢纽",
    "": "邮政快递枢纽",
}
_UNTIERED = "national"
"""In the model every hub without a tier sends on to other provinces: in a province folder that is a national one."""
SOURCE = "yilu design hubs: 模型所得"
_SIZE, _EDGE = 720.0, 24.0


def hub_rows(m: HubMatrices, design: Design) -> list[dict[str, Any]]:
    """One row a hub: codes and names of unit and city, tier, place, units that it serves, items a day that they send and get."""
    areas, lon, lat = m.network.areas, m.network.area_lon, m.network.area_lat
    traffic = m.flow.sum(axis=0) + m.flow.sum(axis=1) + m.sent_on + m.got_on
    out = []
    for hub, tier in zip(design.hubs.tolist(), design.tier, strict=True):
        unit, city = int(m.unit[hub]), int(m.city[hub])
        served = design.allocation == hub
        out.append({
            "unit": areas.code_of_id[unit], "name_zh": areas.name_of_id[unit][0], "name_en": areas.name_of_id[unit][1], "city": areas.code_of_id[city],
            "city_zh": areas.name_of_id[city][0], "city_en": areas.name_of_id[city][1], "tier": tier, "lon": float(lon[unit]),
            "lat": float(lat[unit]), "units": int(served.sum()), "items_a_day": round(float(traffic[served].sum())),
        })  # fmt: skip
    return out


def allocation_rows(m: HubMatrices, design: Design) -> list[dict[str, Any]]:
    """One row a county unit: its code and name, its hub's, km and minutes between them."""
    areas = m.network.areas
    out = []
    for i, k in enumerate(design.allocation.tolist()):
        unit, hub = int(m.unit[i]), int(m.unit[k])
        out.append({
            "unit": areas.code_of_id[unit], "name_zh": areas.name_of_id[unit][0], "name_en": areas.name_of_id[unit][1], "hub": areas.code_of_id[hub],
            "hub_zh": areas.name_of_id[hub][0], "hub_en": areas.name_of_id[hub][1], "km": round(float(m.km[i, k]), 1),
            "minutes": round(float(m.collect[i, k])), "items_a_day": round(float(m.flow[i].sum() + m.flow[:, i].sum() + m.sent_on[i] + m.got_on[i])),
        })  # fmt: skip
    return out


def geojson(m: HubMatrices, design: Design) -> dict[str, Any]:
    """A FeatureCollection: a point a hub, a line from each county unit to its hub."""
    lon, lat = m.network.area_lon[m.unit], m.network.area_lat[m.unit]
    points = [_feature("Point", [r["lon"], r["lat"]], r | {"what": "hub"}) for r in hub_rows(m, design)]
    lines = [
        _feature(
            "LineString", [[float(lon[i]), float(lat[i])], [float(lon[k]), float(lat[k])]], r | {"what": "allocation"}
        )
        for i, (k, r) in enumerate(zip(design.allocation.tolist(), allocation_rows(m, design), strict=True))
        if i != k
    ]
    return {"type": "FeatureCollection", "features": [*points, *lines]}


def _feature(kind: str, coordinates: list[Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def drawing(m: HubMatrices, design: Design, language: str = "zh") -> str:
    """The design as an SVG: units by what they send and get, lines to their hub, hubs with names. No outlines: those of a public map need approval."""
    lon, lat = m.network.area_lon[m.unit], m.network.area_lat[m.unit]
    narrow = np.cos(np.radians(lat.mean()))
    scale = (_SIZE - 2 * _EDGE) / max(np.ptp(lon) * narrow, np.ptp(lat))
    x, y = _EDGE + (lon - lon.min()) * narrow * scale, _EDGE + (lat.max() - lat) * scale
    high = 2 * _EDGE + np.ptp(lat) * scale
    traffic = m.flow.sum(axis=0) + m.flow.sum(axis=1) + m.sent_on + m.got_on
    size = 2.0 + 7.0 * np.sqrt(traffic / traffic.max())
    at = design.allocation
    lines = "".join(
        f'<line x1="{x[i]:.1f}" y1="{y[i]:.1f}" x2="{x[k]:.1f}" y2="{y[k]:.1f}" stroke="#8aa4c2" stroke-width="1"/>'
        for i, k in enumerate(at.tolist())
        if i != k
    )
    units = "".join(
        f'<circle cx="{x[i]:.1f}" cy="{y[i]:.1f}" r="{size[i]:.1f}" fill="#1F4E79" fill-opacity="0.35"/>'
        for i in range(len(at))
    )
    zh = language == "zh"
    named = zip(design.hubs.tolist(), hub_rows(m, design), strict=True)
    hubs = "".join(
        f'<rect x="{x[k] - 5:.1f}" y="{y[k] - 5:.1f}" width="10" height="10" fill="#C55A11" stroke="#fff"/>'
        f'<text x="{x[k] + 8:.1f}" y="{y[k] + 4:.1f}" font-size="12">{escape(r["name_zh"] if zh else r["name_en"])}</text>'
        for k, r in named
    )
    title = f"{len(design.hubs)} 处枢纽" if zh else f"{len(design.hubs)} hubs"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE:.0f} {high:.0f}" role="img"><title>{title}</title>{lines}{units}{hubs}</svg>\n'


def write(m: HubMatrices, design: Design, summary: dict[str, Any], out: Path, language: str = "zh") -> list[Path]:
    """Write hubs.csv, allocation.csv, hubs.geojson, hubs.svg, summary.json and the folder ``province`` into ``out``; what was there is replaced.

    Raises InputError, before anything is written, where the province's own lanes or handling name a hub that would be gone.
    """
    kept = _facilities(m, design)
    out.mkdir(parents=True, exist_ok=True)
    _table(out / "hubs.csv", hub_rows(m, design))
    _table(out / "allocation.csv", allocation_rows(m, design))
    (out / "hubs.geojson").write_text(json.dumps(geojson(m, design), ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "hubs.svg").write_text(drawing(m, design, language), encoding="utf-8")
    (out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    province = out / "province"
    if province.exists():
        shutil.rmtree(province)
    shutil.copytree(m.network.folder, province)
    _table(province / "facilities.csv", kept)
    return [
        out / name for name in ("hubs.csv", "allocation.csv", "hubs.geojson", "hubs.svg", "summary.json", "province")
    ]


def _facilities(m: HubMatrices, design: Design) -> list[dict[str, Any]]:
    """Rows of facilities.csv: as they are, but for hubs; a hub gets a number that none has had."""
    network = m.network
    with (network.folder / "facilities.csv").open(encoding="utf-8-sig", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    others = [r for r in rows if r["kind"].strip() != "hub"]
    gone = {r["code"].strip() for r in rows} - {r["code"].strip() for r in others}
    taken = {r["code"].strip() for r in others}
    new = []
    for n, r in enumerate(hub_rows(m, design)):
        code = f"HUB-{r['unit']}"
        if code in taken:
            raise InputError(
                "facilities.csv",
                "codes of hubs that no other facility has",
                column="code",
                value=code,
                next_step="Rename that facility.",
            )
        tier = r["tier"] or _UNTIERED
        new.append({a.name: "" for a in attributes("facilities")} | {
            "id": max(int(x["id"]) for x in rows) + 1 + n, "code": code, "name_zh": r["name_zh"] + _TIER_ZH[r["tier"]], "name_en": f"{r['name_en']} {r['tier']} hub".replace("  ", " "),
            "kind": "hub", "area": r["unit"], "lon": r["lon"], "lat": r["lat"], "tier": tier, "status": "planned", "grade": "X", "place_grade": "S", "source": SOURCE,
        })  # fmt: skip
    _named_elsewhere(m, gone - {r["code"] for r in new})
    return others + new


def _named_elsewhere(m: HubMatrices, gone: set[str]) -> None:
    lanes, handling = m.network.lanes, m.network.handling
    for file, column, codes in (
        ("lanes.csv", "source_facility", lanes.source_facility), ("lanes.csv", "target_facility", lanes.target_facility), ("handling.csv", "facility", handling.facility),
    ):  # fmt: skip
        for row, code in enumerate(codes.tolist()):
            if code in gone:
                raise InputError(
                    file, "no hub that the design gives up", row=row + 1, column=column, value=code,
                    next_step="Work on a copy of the province without its own lanes and handling: a timetable is then generated for the new hubs.",
                )  # fmt: skip


def _table(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    held = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(held[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(held)
