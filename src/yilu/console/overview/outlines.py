"""Outlines of areas for the map: decoded from ECharts' own packing where they come so, joined to codes of areas, kept as GeoJSON.

ECharts packed the shapes of its fourth version: coordinates are differences in 1/1024 degree, zigzag-coded, each as one character from 64 on ("UTF8Encoding").
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yilu.errors import InputError
from yilu.network import Network
from yilu.network.map_shapes import PACKAGE

SCALE = 1024
_FIRST = 64
VENDOR = Path(__file__).parents[1] / "static" / "vendor" / "shapes"
"""Where outlines from packages are kept, decoded; git ignores it."""


def decoded(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """Shapes as GeoJSON: those that are packed unpacked, others as they are. Lists of coordinates are made anew, ``shapes`` stays as it is."""
    if not shapes.get("UTF8Encoding"):
        return dict(shapes)
    scale = float(shapes.get("UTF8Scale") or SCALE)
    features = [{**f, "geometry": _geometry(f["geometry"], scale)} for f in shapes["features"]]
    return {"type": "FeatureCollection", "features": features}


def _geometry(packed: Mapping[str, Any], scale: float) -> dict[str, Any]:
    offsets, coordinates = packed.get("encodeOffsets"), packed["coordinates"]
    if offsets is None:
        return dict(packed)
    many = packed["type"] == "MultiPolygon"
    rings = (
        [_rings(c, o, scale) for c, o in zip(coordinates, offsets, strict=True)]
        if many
        else _rings(coordinates, offsets, scale)
    )
    return {"type": packed["type"], "coordinates": rings}


def _rings(packed: Sequence[str], offsets: Sequence[Sequence[int]], scale: float) -> list[list[list[float]]]:
    return [ring(text, offset, scale) for text, offset in zip(packed, offsets, strict=True)]


def ring(text: str, offset: Sequence[int], scale: float = SCALE) -> list[list[float]]:
    """One ring (n, 2) in degrees, longitude first: pairs of characters are steps from the point before, the first from ``offset``."""
    x, y = offset
    out = []
    for dx, dy in zip(text[::2], text[1::2], strict=True):
        x, y = x + _step(dx), y + _step(dy)
        out.append([round(x / scale, 5), round(y / scale, 5)])
    return out


def _step(character: str) -> int:
    coded = ord(character) - _FIRST
    return coded >> 1 ^ -(coded & 1)


def named_in(provinces: Path) -> dict[str, Path]:
    """Files of packages that the provinces under a folder name in ``[map]``: each with the name under which it is kept."""
    found = {}
    for file in sorted(provinces.glob("*/province.toml")):
        said = tomllib.loads(file.read_text(encoding="utf-8")).get("map", {})
        for level in ("cities", "counties"):
            if (named := str(said.get(level, ""))).startswith(PACKAGE):
                found[named] = kept_as(named)
    return found


def kept_as(named: str) -> Path:
    """Where the file of a package (``npm:PACKAGE/PATH``) is kept once it is decoded."""
    return VENDOR / (named.removeprefix(PACKAGE).replace("/", "-").removesuffix(".json") + ".json")


def keep(packages: Path, provinces: Path) -> None:
    """Decode what provinces name out of ``packages`` (a folder ``node_modules``); each file whole or not at all."""
    for named, target in named_in(provinces).items():
        shapes = json.loads((packages / named.removeprefix(PACKAGE)).read_text(encoding="utf-8"))
        target.parent.mkdir(parents=True, exist_ok=True)
        making = target.with_name(f".{target.name}")
        making.write_text(json.dumps(decoded(shapes), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        making.replace(target)


def joined(network: Network, level: str) -> dict[str, Any] | None:
    """The outlines of a level of areas (city, county) as GeoJSON, each with the ``code`` of its area; those of no known area are left out.

    None where the province names none, or they were not set up. Raises InputError where the file is no GeoJSON.
    """
    file = _file(network, level)
    if file is None:
        return None
    areas, said = network.areas, network.shapes
    columns = zip(getattr(areas, said.column), areas.level, areas.code, strict=True)
    codes = {str(value): str(code) for value, of, code in columns if of == level}
    try:
        shapes = decoded(json.loads(file.read_text(encoding="utf-8")))
        pairs = [(f["geometry"], codes.get(str(f["properties"].get(said.property, "")))) for f in shapes["features"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            file.name,
            f"GeoJSON ({error})",
            next_step="Correct the file that [map] names.",
            expected_zh=f"GeoJSON({error})",
            next_step_zh="改正 [map] 所写的文件",
        ) from error
    features = [{"type": "Feature", "geometry": g, "properties": {"code": code}} for g, code in pairs if code]
    return {"type": "FeatureCollection", "features": features}


def there(network: Network, level: str) -> bool:
    """Whether there are outlines of a level."""
    return _file(network, level) is not None


def _file(network: Network, level: str) -> Path | None:
    named = network.shapes.of_level(level)
    file = kept_as(named) if named.startswith(PACKAGE) else network.folder / named
    return file if named and file.is_file() else None
