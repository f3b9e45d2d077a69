"""Outlines of areas: unpacked, joined to areas, kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu import network
from yilu.console.overview import outlines
from yilu.errors import InputError

_STEPS = st.lists(st.tuples(st.integers(-3000, 3000), st.integers(-3000, 3000)), max_size=30)


def packed(points: list[tuple[int, int]], offset: tuple[int, int]) -> str:
    """Points (in 1/1024 degree) as ECharts packs them: steps from the point before, even for forward and odd for backward, from character 64 on."""
    text, (x, y) = "", offset
    for px, py in points:
        for step in (px - x, py - y):
            text += chr(64 + (2 * step if step >= 0 else -2 * step - 1))
        x, y = px, py
    return text


def test_a_ring_is_unpacked_as_written_by_hand() -> None:
    """From 112° E, 23° N: one step (1/1024°) east, none north; then two back west and one south. "B" is one step forward, "C" two back, "A" one back."""
    east = 112 * 1024
    assert outlines.ring("B@CA", (east, 23 * 1024)) == [
        [round(112 + 1 / 1024, 5), 23.0],
        [round(112 - 1 / 1024, 5), round(23 - 1 / 1024, 5)],
    ]


@given(_STEPS)
def test_unpacking_gives_back_what_was_packed(points: list[tuple[int, int]]) -> None:
    """Any ring, forward and backward steps of any size: the points that were packed, to the fifth decimal."""
    start = (110 * 1024, 20 * 1024)
    there = [(start[0] + x, start[1] + y) for x, y in points]
    assert outlines.ring(packed(there, start), start) == [[round(x / 1024, 5), round(y / 1024, 5)] for x, y in there]


def small() -> dict[str, Any]:
    """Two areas as ECharts packs them: one of a ring, one of two pieces of which the first has a hole."""
    square = [(1024, 1024), (2048, 1024), (2048, 2048), (1024, 1024)]
    text, offset = packed(square, (0, 0)), [0, 0]
    return {
        "type": "FeatureCollection", "UTF8Encoding": True,
        "features": [
            {"id": "1", "type": "Feature", "properties": {"name": "甲市"}, "geometry": {"type": "Polygon", "coordinates": [text], "encodeOffsets": [offset]}},
            {"id": "2", "type": "Feature", "properties": {"name": "乙市"}, "geometry": {"type": "MultiPolygon", "coordinates": [[text, text], [text]], "encodeOffsets": [[offset, offset], [offset]]}},
        ],
    }  # fmt: skip


SQUARE = [[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 1.0]]


def test_pieces_and_holes_keep_their_places() -> None:
    """A polygon has rings, a multipolygon polygons of rings; what was packed stays as it was."""
    given, before = small(), json.dumps(small())
    one, two = (f["geometry"]["coordinates"] for f in outlines.decoded(given)["features"])
    assert (one, two) == ([SQUARE], [[SQUARE, SQUARE], [SQUARE]]) and json.dumps(given) == before


def test_what_is_not_packed_stays() -> None:
    """Plain GeoJSON is taken as it is."""
    plain = outlines.decoded(small())
    assert outlines.decoded(plain) == plain


@pytest.fixture
def province(tmp_path: Path, root: Path) -> Path:
    """A province of two cities whose folder holds their outlines, joined by their Chinese names."""
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "province.toml").write_text(
        'name = "example"\ncode = "990000"\ntime_zone = "Asia/Shanghai"\n[map]\ncities = "cities.json"\nproperty = "name"\ncolumn = "name_zh"\napproval = "GS(2025)0001号"\n',
        encoding="utf-8",
    )
    (folder / "areas.csv").write_text(
        "id,code,name_zh,level,parent,inside,lon,lat\n1,990000,示例省,province,,yes,113,23\n2,990100,甲市,city,990000,yes,113,23\n3,990200,丙市,city,990000,yes,114,22\n", encoding="utf-8",
    )  # fmt: skip
    (folder / "facilities.csv").write_text(
        "id,code,name_zh,kind,area,lon,lat\n1,A,甲市营业部,depot,990100,113,23\n", encoding="utf-8"
    )
    (folder / "operators.csv").write_text("id,code,name_zh,kind\n1,ALPHA,甲快递,express\n", encoding="utf-8")
    (folder / "cities.json").write_text(json.dumps(small()), encoding="utf-8")
    return folder


def test_outlines_bear_the_codes_of_their_areas(province: Path) -> None:
    """An outline whose property is an area's name gets that area's code; one of no area of the level is left out."""
    found = outlines.joined(network.load(str(province)), "city")
    assert found is not None
    assert [(f["properties"], f["geometry"]["coordinates"]) for f in found["features"]] == [
        ({"code": "990100"}, [SQUARE])
    ]


def test_a_province_without_outlines_has_none(province: Path) -> None:
    """No file for a level, or one that was not set up, is no fault: areas are points then."""
    loaded = network.load(str(province))
    assert outlines.joined(loaded, "county") is None and not outlines.there(loaded, "county")
    (province / "cities.json").unlink()
    assert outlines.joined(loaded, "city") is None and not outlines.there(loaded, "city")


def test_a_broken_file_is_named(province: Path) -> None:
    """What is no GeoJSON is refused by the name of its file."""
    (province / "cities.json").write_text('{"features": [1]}', encoding="utf-8")
    with pytest.raises(InputError, match=r"cities\.json"):
        outlines.joined(network.load(str(province)), "city")


def test_outlines_of_packages_are_kept_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a province names as npm:PACKAGE/PATH is taken out of the packages, and found by that name afterwards."""
    monkeypatch.setattr(outlines, "VENDOR", tmp_path / "kept")
    (tmp_path / "provinces" / "one").mkdir(parents=True)
    (tmp_path / "provinces" / "one" / "province.toml").write_text(
        '[map]\ncities = "npm:shapes/one.json"\ncounties = "own.json"\n', encoding="utf-8"
    )
    (tmp_path / "packages" / "shapes").mkdir(parents=True)
    (tmp_path / "packages" / "shapes" / "one.json").write_text(json.dumps(small()), encoding="utf-8")
    outlines.keep(tmp_path / "packages", tmp_path / "provinces")
    [kept] = (tmp_path / "kept").iterdir()
    assert kept == outlines.kept_as("npm:shapes/one.json")
    assert json.loads(kept.read_text(encoding="utf-8")) == outlines.decoded(small())


def test_all_cities_of_guangdong_have_an_outline() -> None:
    """Each city of the shipped province is joined to one outline that lies in the province's box."""
    loaded = network.load("guangdong")
    if not outlines.there(loaded, "city"):
        pytest.skip("browser libraries are not set up")
    found = outlines.joined(loaded, "city")
    assert found is not None
    cities = {
        str(c)
        for c, level, inside in zip(loaded.areas.code, loaded.areas.level, loaded.areas.inside, strict=True)
        if level == "city" and inside
    }
    assert {f["properties"]["code"] for f in found["features"]} == cities
    assert loaded.bbox is not None
    west, south, east, north = loaded.bbox
    text = json.dumps([f["geometry"]["coordinates"] for f in found["features"]]).replace("[", " ").replace("]", " ")
    numbers = [float(x) for x in text.replace(",", " ").split()]
    assert west - 0.01 <= min(numbers[::2]) and max(numbers[::2]) <= east + 0.01
    assert south - 0.6 <= min(numbers[1::2]) and max(numbers[1::2]) <= north + 0.01
