"""Demand laid on a timetable held against journeys told one by one, and attainment by group against attainment of each group alone."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, small
from tests.network.province_folders import Rows
from yilu.dispatch.ends import ends
from yilu.dispatch.itinerary import RIDE, itinerary
from yilu.dispatch.loads import loads
from yilu.dispatch.promise import attained, attained_by, laid_out, promises, weights
from yilu.dispatch.timetable import timetable
from yilu.network import Network, load

HOURS = (8, 9, 13, 17)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The small province, with items between its cities."""
    demand: Rows = tuple(
        {"origin": a, "destination": b, "share": (1 + n) / 45}
        for n, (a, b) in enumerate(product(("C1", "C2", "C3"), repeat=2))
    )
    return small(tmp_path_factory.mktemp("loads") / "p", demand=demand)


def test_every_lane_bears_what_rides_it(network: Network) -> None:
    """Items of each pair and hour are put on the rides of its earliest journey, told step by step; lane by lane the sums are the same."""
    of, e = timetable(network, DAY, 5), ends(network)
    volume = weights(network, e)
    assert volume.any()
    expected = np.zeros(len(network.lanes.code))
    for i in range(len(e)):
        for j in range(len(e)):
            for hour in HOURS:
                for step in itinerary(of, e, i, j, of.begins + 3600 * hour):
                    if step.kind == RIDE:
                        expected[step.lane] += 1000 * volume[i, j] / len(HOURS)
    found = loads(of, e, 1000.0, HOURS)
    by_lane = np.bincount(of.lane[of.connections.row], found, len(expected))
    assert by_lane == pytest.approx(expected) and by_lane.sum() > 0


def test_attainment_by_group_is_that_of_each_group_alone() -> None:
    """Of Guangdong's cities, on both sides: pairs and shares are those of the pairs of one group, and groups without a promise aren't there."""
    of, e = laid_out(load("guangdong"), date(2025, 11, 11))
    found = promises(of, e)
    group = of.network.area_city[e.area].astype(np.int64)
    for side in ("origin", "destination"):
        told = attained_by(found, group, side)
        assert len(told) > 20
        for g, one in told.items():
            own = group == g
            pairs = np.broadcast_to(own[:, None] if side == "origin" else own[None, :], found.level.shape)
            alone = attained(found, pairs)
            assert one.pairs == alone.pairs and one.pairs_kept == pytest.approx(alone.pairs_kept)
            assert one.volume_kept == pytest.approx(alone.volume_kept, nan_ok=True)


def test_some_pairs_at_one_hour() -> None:
    """Nothing is promised to pairs that aren't chosen, nor at other hours; what is left is as it was."""
    of, e = laid_out(load("guangdong"), date(2025, 11, 11))
    found = promises(of, e)
    chosen = np.zeros_like(found.level, np.bool_)
    chosen[:3] = True
    one = found.only(chosen, 4)
    assert one.promised.any() and not one.promised[3:].any() and not np.delete(one.promised, 4, axis=2).any()
    assert (one.due[:3, :, 4] == found.due[:3, :, 4]).all() and (one.kept[:3, :, 4] == found.kept[:3, :, 4]).all()
