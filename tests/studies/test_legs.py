"""Leg times learnt: which scans make a ride, what is learnt of rides drawn with a known slowness, and what a correction of that kind is worth on published legs."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, LANES, small
from yilu.dispatch.spread import Z95, Leg, spread
from yilu.dispatch.timetable import riding_minutes, timetable
from yilu.items.kinds import BY_CODE
from yilu.studies.legs import Rides, Tally, rides

S, D1, D2 = 1, 2, 3
RAIL = {
    "code": "rail2",
    "source_facility": "D2",
    "target_facility": "S",
    "departures": "11:00",
    "minutes": 60,
    "mode": "rail",
}


def _told(*rows: tuple[int, int, str, int]) -> list[tuple[int, int, int, int]]:
    """Rides of events (item, second, kind, place)."""
    key, at, kind, place = zip(*rows, strict=True)
    found = rides(np.array(key, np.uint64), np.array(at, np.uint32), np.array([BY_CODE[k].id for k in kind], np.uint8), np.array(place, np.uint32))  # fmt: skip
    return list(zip(*(c.tolist() for c in (found.source, found.target, found.left, found.reached)), strict=True))


def test_which_scans_make_a_ride() -> None:
    """From the last departure to the first scan of arrival elsewhere; scans without a place and more at the place it left don't matter; a scan elsewhere that is no arrival, and the next item, end it."""
    assert _told(
        (7, 10, "accept", D1), (7, 20, "depart", D1), (7, 25, "seal", 0), (7, 90, "arrive", S), (7, 95, "unload", S)
    ) == [(D1, S, 20, 90)]
    assert _told((7, 20, "depart", D1), (7, 30, "seal", D1), (7, 40, "depart", D1), (7, 90, "sort", S)) == [
        (D1, S, 40, 90)
    ]
    assert _told((7, 20, "depart", D1), (7, 50, "attempt", D2), (7, 90, "arrive", S)) == []
    assert _told((7, 20, "depart", D1), (8, 90, "arrive", S)) == []
    assert _told((7, 20, "depart", D1), (7, 90, "unload", S), (7, 95, "depart", S), (7, 200, "arrive", D2)) == [(D1, S, 20, 90), (S, D2, 95, 200)]  # fmt: skip
    assert _told((7, 20, "depart", D1), (7, 20, "arrive", S)) == []


def test_a_known_slowness_is_learnt(tmp_path: Path) -> None:
    """20,000 rides drawn at 1.3 times their planned minutes, log-normal with sigma 0.2, at all hours of the day: median and 95th percentile come back within two per cent, by pair and by mode; rides without a lane and
    on a pair with two modes are counted and not learnt."""
    of = timetable(small(tmp_path, lanes=(*LANES, RAIL)), DAY, 1)
    draw, n = np.random.default_rng(4), 20_000
    lane = np.flatnonzero(of.network.lanes.code == "in1").repeat(n)
    left = of.begins + draw.integers(0, 86_400, n)
    actual = riding_minutes(of.network, lane, left) * 1.3 * np.exp(0.2 * draw.standard_normal(n))
    tally = Tally(of)
    tally.add(Rides(np.full(n, D1), np.full(n, S), left, left + (60 * actual).astype(np.int64)))
    tally.add(Rides(np.array([D1, D2, 10**6]), np.array([D2, S, S]), np.zeros(3, np.int64), np.full(3, 3600)))
    found = tally.learnt()
    assert (found.rides, found.no_lane, found.several_modes) == (n + 3, 2, 1)
    assert [(leg.source, leg.target, leg.mode, leg.items) for leg in found.legs] == [("D1", "S", "road", n), ("", "", "road", n)]  # fmt: skip
    for leg in found.legs:
        assert leg.p50 == pytest.approx(1.3, rel=0.02) and leg.p95 == pytest.approx(1.3 * np.exp(0.2 * Z95), rel=0.02)


def _published() -> list[tuple[str, str, str, str, float, float]]:
    home = Path(os.environ.get("YILU_SHARED_DATA", "../shared/data")) / "events" / "delhivery" / "legs.csv"
    if not home.exists():
        pytest.skip("the shared data set of published legs is not here")
    with home.open(encoding="utf-8") as file:
        rows = [(r["od_start_time"], r["source_center"], r["destination_center"], r["route_type"], float(r["osrm_time"]), float(r["actual_time"])) for r in csv.DictReader(file)]  # fmt: skip
    return sorted(r for r in rows if r[4] > 0 and r[5] > 0)


def test_a_correction_learnt_from_the_past_holds_for_what_follows() -> None:
    """Published legs, in the order of time: the first 70 per cent teach, the rest are judged. The correction halves the median error of the plan, legs of their own do better than one figure for all, and the 95th
    percentile holds for 92 to 98 of a hundred."""
    rows = _published()
    cut = int(0.7 * len(rows))

    def legs(own: bool) -> list[Leg]:
        groups: dict[tuple[str, str, str], list[float]] = {}
        for _, a, b, kind, planned, actual in rows[:cut]:
            groups.setdefault(("", "", kind), []).append(actual / planned)
            if own:
                groups.setdefault((a, b, kind), []).append(actual / planned)
        return [Leg(a, b, kind, len(r), float(np.quantile(r, 0.5)), float(np.quantile(r, 0.95))) for (a, b, kind), r in groups.items()]  # fmt: skip

    _, source, target, mode, minutes, actual = (np.array(column) for column in zip(*rows[cut:], strict=True))
    network = SimpleNamespace(lanes=SimpleNamespace(code=source, source_facility=source, target_facility=target, mode=mode, minutes=minutes, minutes_p95=np.zeros(len(source))))  # fmt: skip
    pooled, drawn = (spread(network, legs(own)) for own in (False, True))  # type: ignore[arg-type]
    error = {name: float(np.median(np.abs(minutes * ratio - actual) / actual)) for name, ratio in (("plan", 1.0), ("pooled", pooled.ratio), ("drawn", drawn.ratio))}  # fmt: skip
    within = float((actual <= minutes * drawn.ratio * np.exp(drawn.sigma * Z95)).mean())
    print(error, within)
    assert error["drawn"] < error["pooled"] < error["plan"] and error["drawn"] < 0.5 * error["plan"]
    assert 0.92 <= within <= 0.98
