"""Road distances: known lengths, what water parts, and which crossing was open when."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.network import Network
from yilu.network.distance import EARTH_KM, area_ways, cuts, facility_ways, great_circle_km

CODES = {
    "GZ": "440100", "SZ": "440300", "ZJ": "440800", "SG": "440200", "ST": "440500", "JY": "445200", "ZS": "442000", "ZH": "440400",
    "DG": "441900", "HK": "810000", "MO": "820000", "HI": "460000", "XW": "440825", "FS": "440600",
}  # fmt: skip
NOW = date(2025, 6, 1)


def way(network: Network, a: str, b: str, day: date = NOW) -> tuple[float, str]:
    """(km, code of the crossing or empty) between two areas."""
    ids = network.areas.index_of_code
    found = area_ways(network, ids[CODES[a]], ids[CODES[b]], day)
    row = int(found.crossing)
    return float(found.km), str(network.crossings.code[row]) if row >= 0 else ""


@pytest.mark.parametrize(
    ("a", "b", "km"), [("GZ", "SZ", 129), ("GZ", "ZJ", 404), ("GZ", "SG", 212), ("SZ", "ST", 328), ("GZ", "JY", 360)]
)
def test_known_lengths(guangdong: Network, a: str, b: str, km: float) -> None:
    """Five lengths found on a road graph are met within 6 %."""
    assert way(guangdong, a, b)[0] == pytest.approx(km, rel=0.06)


def test_shenzhen_zhongshan_link_opens(guangdong: Network) -> None:
    """Shenzhen to Zhongshan went round by Humen until 29 June 2024, and goes straight across from the 30th on."""
    before, after = way(guangdong, "SZ", "ZS", date(2024, 6, 29)), way(guangdong, "SZ", "ZS", date(2024, 6, 30))
    assert before[1] == "HUMEN" and after[1] == "SZZS"
    assert before[0] > 100 and after[0] < 80


def test_nansha_bridge_opens(guangdong: Network) -> None:
    """Dongguan to Nansha goes by Humen bridge until the Nansha bridge opens on 2 April 2019, which is shorter."""
    ids = guangdong.areas.index_of_code
    pair = (ids["441900"], ids["440115"])
    old, new = (area_ways(guangdong, *pair, day) for day in (date(2019, 4, 1), date(2019, 4, 2)))
    assert str(guangdong.crossings.code[int(old.crossing)]) == "HUMEN"
    assert str(guangdong.crossings.code[int(new.crossing)]) == "NANSHA"
    assert float(new.km) < float(old.km)


def test_hong_kong_bridge_is_for_hong_kong(guangdong: Network) -> None:
    """The bridge to Hong Kong is used by pairs with an end there, from its opening, and never between two places of the mainland."""
    assert way(guangdong, "HK", "ZH")[1] == "HZMB"
    assert way(guangdong, "HK", "ZH", date(2018, 10, 23))[1] != "HZMB"
    assert way(guangdong, "HK", "MO")[0] < 90
    for a, b in (("SZ", "ZH"), ("MO", "SZ"), ("DG", "ZH")):
        assert way(guangdong, a, b, date(2024, 1, 1))[1] != "HZMB"


def test_strait_is_crossed_by_ferry(guangdong: Network) -> None:
    """Every way to Hainan takes the ferry and its hours, also from the other side of the estuary."""
    ids = guangdong.areas.index_of_code
    cities = guangdong.areas.id[(guangdong.areas.level == "city") & guangdong.areas.inside]
    found = area_ways(guangdong, cities, ids["460000"], NOW)
    assert set(guangdong.crossings.code[found.crossing]) == {"QIONGZHOU"}
    assert (found.extra_h >= 2).all()
    assert 40 < way(guangdong, "XW", "HI")[0] < 80


def test_one_bank_needs_no_crossing(guangdong: Network) -> None:
    """Pairs on one bank don't cross: north and west, or east."""
    for a, b in (("GZ", "FS"), ("GZ", "ZH"), ("SZ", "DG"), ("HK", "SZ"), ("GZ", "SG"), ("ZH", "MO")):
        assert way(guangdong, a, b)[1] == "", (a, b)


def test_ways_are_symmetric_and_at_least_straight(guangdong: Network) -> None:
    """All pairs of areas: there and back are equally long, nothing is shorter than straight roads would be, nothing is cut off."""
    ids = guangdong.areas.id
    km = area_ways(guangdong, ids[:, None], ids[None, :], NOW).km
    assert np.allclose(km, km.T) and np.isfinite(km).all() and not np.diag(km).any()
    lon, lat = guangdong.area_lon[ids], guangdong.area_lat[ids]
    straight = great_circle_km(lon[:, None], lat[:, None], lon[None, :], lat[None, :])
    inside = guangdong.areas.inside
    assert (km >= straight - 1e-9)[np.ix_(inside, inside)].all()


def test_no_open_crossing_means_no_way(guangdong: Network) -> None:
    """Before any ferry or bridge of the table had opened there is no way over, and one on the same bank stays."""
    long_ago = date(1990, 1, 1)
    assert math.isinf(way(guangdong, "ZJ", "HI", long_ago)[0])
    assert math.isfinite(way(guangdong, "GZ", "SG", long_ago)[0])


def test_opening_never_lengthens_a_way(guangdong: Network) -> None:
    """As crossings open over the years, ways between areas only get shorter: none of the crossings has closed."""
    ids = guangdong.areas.id
    days = sorted(date.fromisoformat(str(d)) for d in set(guangdong.crossings.valid_from))
    for day in days:
        before = area_ways(guangdong, ids[:, None], ids[None, :], day - timedelta(days=1)).km
        assert (area_ways(guangdong, ids[:, None], ids[None, :], day).km <= before + 1e-9).all()


def test_facilities_and_areas_agree(guangdong: Network) -> None:
    """Sort centres stand at the centres of their cities, so both ways of asking give the same."""
    f, ids = guangdong.facilities.index_of_code, guangdong.areas.index_of_code
    ours = facility_ways(guangdong, f["SC-440300"], f["SC-442000"], NOW)
    assert float(ours.km) == float(area_ways(guangdong, ids["440300"], ids["442000"], NOW).km)


@given(*(st.floats(-180, 180), st.floats(-89, 89)) * 2)
def test_great_circle(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> None:
    """The haversine formula agrees with the angle between the points as vectors in space."""

    def vector(lon: float, lat: float) -> np.ndarray:
        x, y = math.radians(lon), math.radians(lat)
        return np.array([math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)])

    a, b = vector(lon_a, lat_a), vector(lon_b, lat_b)
    angle = math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))
    assert float(great_circle_km(lon_a, lat_a, lon_b, lat_b)) == pytest.approx(EARTH_KM * angle, abs=1e-3)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=4))
def test_cuts(points: list[tuple[int, int]]) -> None:
    """Two segments cut where solving for their common point says that it lies within both."""
    (px, py), (qx, qy), (ax, ay), (bx, by) = points
    determinant = (qx - px) * (ay - by) - (qy - py) * (ax - bx)
    expected = False
    if determinant:
        s = ((ax - px) * (ay - by) - (ay - py) * (ax - bx)) / determinant
        t = ((qx - px) * (ay - py) - (qy - py) * (ax - px)) / determinant
        expected = 0 < s < 1 and 0 < t < 1
    line = np.array([(px, py), (qx, qy)], np.float64)
    assert bool(cuts(line, ax, ay, bx, by)) == expected
