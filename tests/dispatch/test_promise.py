"""Promises held against forward journeys minute by minute, and remedies against what the timetable does once they are carried out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.dispatch.small_timetable import DAY, HANDLING, LANES, small
from tests.network.province_folders import Rows
from yilu.cli.network import app
from yilu.dispatch.ends import ends
from yilu.dispatch.itinerary import DELIVERY, RIDE, ROUND, SORT, WAIT, itinerary, ways
from yilu.dispatch.promise import NO_TIME, attained, promises
from yilu.dispatch.remedies import ACCEPT_EARLIER, CHANGES, DEPARTURE, DUE_LATER, HOLD, WAVE, Allowed, reason, remedies
from yilu.dispatch.timetable import timetable
from yilu.network import Network, check, folder_of, load
from yilu.network.default_timetable import GENERATED, with_timetable
from yilu.network.distance import facility_ways

HOURS = (8, 9, 12, 16, 17, 20)
LIMITS = Allowed(180, 3000.0)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The small province."""
    return small(tmp_path_factory.mktemp("small") / "p")


def _due(network: Network, i: int, j: int, accepted: int) -> int:
    e = ends(network)
    return int(network.promise(accepted, e.area[i], e.area[j]))


def test_every_delivery_is_the_end_of_the_earliest_journey(network: Network) -> None:
    """Profiles backwards give what scans forwards give, pair by pair and hour by hour; slack and shares follow."""
    of, e = timetable(network, DAY, 5), ends(network)
    found = promises(of, e, hours=HOURS)
    kept, whole, pairs = 0.0, 0.0, 0
    for i in range(len(e)):
        for j in range(len(e)):
            for h, hour in enumerate(HOURS):
                accepted = of.begins + 3600 * hour
                steps, due = itinerary(of, e, i, j, accepted), _due(network, i, j, accepted)
                assert found.due[i, j, h] == due
                assert found.delivered[i, j, h] == (steps[-1].ends if steps and due else 0)
                if not steps or not due:
                    assert found.slack_minutes[i, j, h] == NO_TIME
                weight = found.weight[i, j] * (due > 0)
                whole += weight
                kept += weight * bool(steps and steps[-1].ends <= due)
            pairs += bool(found.due[i, j].any())
    told = attained(found)
    assert told.pairs == pairs == 16
    assert told.volume_kept == pytest.approx(kept / whole) if whole else np.isnan(told.volume_kept)


def test_the_last_acceptance_is_the_last_minute_whose_promise_is_kept(network: Network) -> None:
    """Every minute of the day is tried, forwards, against what is due for acceptance at its beginning."""
    of, e = timetable(network, DAY, 5), ends(network)
    found = promises(of, e, hours=HOURS)
    for i, j in ((0, 0), (0, 2), (1, 0), (2, 1), (2, 2), (0, 3)):
        last = -1
        for minute in range(1439, -1, -1):
            accepted = of.begins + 60 * minute
            steps, due = itinerary(of, e, i, j, accepted), _due(network, i, j, of.begins)
            if steps and due and steps[-1].ends <= due:
                last = minute
                break
        assert found.until[i, j] == last, (i, j)


def test_a_journey_is_told_without_a_gap(network: Network) -> None:
    """Each step begins where the last one ends, rides take what the lane takes, and the kinds come in the order of a journey."""
    of, e = timetable(network, DAY, 5), ends(network)
    for minute in range(0, 1440, 97):
        accepted = of.begins + 60 * minute
        steps = itinerary(of, e, 0, 2, accepted)
        assert steps[0].kind == ROUND and steps[0].begins == accepted and steps[-1].kind == DELIVERY
        assert all(a.ends == b.begins for a, b in pairwise(steps))
        assert [s.kind for s in steps if s.kind != WAIT] == [ROUND, RIDE, SORT, RIDE, DELIVERY]


def test_an_area_that_no_lane_reaches_never_gets_anything_and_says_so(network: Network) -> None:
    """The gateway has no lanes: no journey, no acceptance, the reason is that there is no way, and no single change of what it can ride helps."""
    of, e = timetable(network, DAY, 5), ends(network)
    gateway = e.row("O")
    found = promises(of, e, hours=HOURS)
    assert (found.delivered[:, gateway] == 0).all() and (found.until[:3, gateway] == -1).all()
    accepted = of.begins + 3600 * 9
    assert itinerary(of, e, 0, gateway, accepted) == []
    assert reason([], 1).why == "no_way"
    assert remedies(of, e, 0, gateway, accepted, _due(network, 0, gateway, accepted), LIMITS) == []
    assert not promises(of, e, hours=HOURS).kept[:, gateway].any()


def _broken() -> Iterator[tuple[int, int, int]]:
    """(origin, destination, minute of acceptance) that are tried; those that are kept are passed over."""
    for i in range(3):
        for j in range(3):
            for minute in (0, 9 * 60 + 31, 9 * 60 + 55, 12 * 60, 16 * 60 + 59, 17 * 60 + 31, 18 * 60):
                yield i, j, minute


def _times(text: str, add: int, without: int | None = None) -> str:
    minutes = {int(t[:2]) * 60 + int(t[3:]) for t in text.split(";")} - {without} | {add % 1440}
    return ";".join(f"{m // 60:02}:{m % 60:02}" for m in sorted(minutes))


def test_by_an_elapsed_clock_the_last_acceptance_is_tried_against_its_own_promise(tmp_path: Path) -> None:
    """Minute by minute again: each has its own hour at which it is due."""
    elapsed: Rows = [
        {"service_level": "L1", "valid_from": "2020-01-01", "clock": "elapsed", "amount": 23, "cut_off": "20:00"}
    ]
    network = small(tmp_path / "p", promise_rules=elapsed)
    of, e = timetable(network, DAY, 5), ends(network)
    found = promises(of, e, hours=HOURS)
    for i, j in ((0, 0), (0, 2), (2, 1)):
        kept = [
            m
            for m in range(1440)
            if itinerary(of, e, i, j, of.begins + 60 * m)[-1].ends <= _due(network, i, j, of.begins + 60 * m)
        ]
        assert found.until[i, j] == max(kept, default=-1), (i, j)


def test_each_remedy_carried_out_keeps_the_promise(tmp_path: Path) -> None:
    """A tight promise is broken often; every change that is named is made to the folder's tables, and then it is delivered by the time it is due. Every kind comes up."""
    tight: Rows = [{"service_level": "L1", "valid_from": "2020-01-01", "clock": "elapsed", "amount": 21}]
    network = small(tmp_path / "p", promise_rules=tight)
    of, e = timetable(network, DAY, 5), ends(network)
    seen = set[str]()
    for n, (i, j, minute) in enumerate(_broken()):
        accepted = of.begins + 60 * minute
        due, steps = _due(network, i, j, accepted), itinerary(of, e, i, j, accepted)
        if steps[-1].ends <= due:
            continue
        assert reason(steps, due).why in ("collection", "departure", "sorting", "delivery", "distance")
        for remedy in remedies(of, e, i, j, accepted, due, LIMITS):
            seen.add(remedy.change)
            local = int((remedy.at - of.begins) // 60) % 1440
            tables: dict[str, Rows] = {}
            then, by = accepted, due
            if remedy.change == WAVE:
                tables["handling"] = [
                    {**h, "waves": _times(str(h["waves"]), local)} if "waves" in h else h for h in HANDLING
                ]
            elif remedy.change == DEPARTURE:
                code = str(network.lanes.code[remedy.lane])
                tables["lanes"] = [
                    {**r, "departures": _times(str(r["departures"]), local)} if r["code"] == code else r for r in LANES
                ]
            elif remedy.change == HOLD:
                code = str(network.lanes.code[remedy.lane])
                tables["lanes"] = [
                    {**r, "departures": _times(str(r["departures"]), local + remedy.minutes, local)} if r["code"] == code else r for r in LANES
                ]  # fmt: skip
            elif remedy.change == ACCEPT_EARLIER:
                then = remedy.at
                assert accepted - then <= 60 * remedy.minutes
                later = itinerary(of, e, i, j, then + 60)
                assert later[-1].ends > due  # one minute more breaks it: no earlier than needed
            else:
                assert remedy.change == DUE_LATER
                by = due + 60 * remedy.minutes
                assert steps[-1].ends > by - 60
            changed = small(tmp_path / f"q{n}-{remedy.change}", promise_rules=tight, **tables)
            done = itinerary(timetable(changed, DAY, 5), ends(changed), i, j, then)
            assert done[-1].ends <= by, (i, j, minute, remedy)
    assert seen == set(CHANGES)


def test_remedies_that_cost_nothing_come_first_and_the_smallest_of_them(tmp_path: Path) -> None:
    """Ordered by yuan, then by minutes; none shifts by more than is allowed, but for being due later."""
    tight: Rows = [{"service_level": "L1", "valid_from": "2020-01-01", "clock": "elapsed", "amount": 21}]
    network = small(tmp_path / "p", promise_rules=tight)
    of, e = timetable(network, DAY, 5), ends(network)
    for i, j, minute in _broken():
        accepted = of.begins + 60 * minute
        found = remedies(of, e, i, j, accepted, _due(network, i, j, accepted), Allowed(60, 10.0))
        assert [(r.yuan, r.minutes) for r in found] == sorted((r.yuan, r.minutes) for r in found)
        assert all(r.minutes <= 60 for r in found if r.change != DUE_LATER)


@pytest.fixture(scope="module")
def guangdong() -> Network:
    """The shipped province with its generated timetable."""
    return with_timetable(load("guangdong"), date(2025, 11, 11))


def test_the_generated_timetable_reaches_everybody_and_says_that_it_is_generated(guangdong: Network) -> None:
    """All county units and gateways at home reach each other, and those abroad the province; every lane is marked, graded as an assumption and within the driving-time law's bounds."""
    of, e = timetable(guangdong, date(2025, 11, 11), 6), ends(guangdong)
    found = promises(of, e, hours=(10,))
    inside = guangdong.area_inside[e.area]
    home = ~guangdong.area_beyond_customs[e.area]
    assert inside.sum() == 124
    promised = found.due[..., 0] > 0
    assert (found.delivered[..., 0][promised & home[:, None] & home[None, :]] > 0).all()
    assert set(guangdong.lanes.source.tolist()) == {GENERATED} and set(guangdong.lanes.grade.tolist()) == {"S"}
    road = guangdong.lanes.mode == "road"
    assert (guangdong.lanes.minutes[road] >= 15).all()
    near = attained(found, (found.level == guangdong.service_levels.index_of_code["next_day"]))
    assert near.pairs == 2328 and 0.8 < near.volume_kept <= 1


def test_a_long_haul_rests_as_the_law_has_it(guangdong: Network) -> None:
    """Of lanes by road each four hours of driving are followed by twenty minutes (道路交通安全法实施条例 art. 62): Guangzhou to Beijing takes that much longer than its kilometres."""
    lanes, ids = guangdong.lanes, guangdong.facilities.index_of_code
    row = int(np.flatnonzero(lanes.code == "hub_to_gateway:HUB-440100:GW-110000")[0])
    ways = facility_ways(guangdong, ids["HUB-440100"], ids["GW-110000"], date(2025, 11, 11))
    driving = 60 * float(ways.km) / 72
    assert int(lanes.minutes[row]) == int(np.ceil(driving + 20 * (driving // 240) + 60 * float(ways.extra_h)))


def test_more_lanes_never_make_a_promise_worse(tmp_path: Path) -> None:
    """One lane more between any two places: no delivery later, no acceptance ending earlier."""
    plain = small(tmp_path / "p")
    before = promises(timetable(plain, DAY, 5), ends(plain), hours=HOURS)
    extra: Rows = [
        *LANES,
        {"code": "more", "source_facility": "D1", "target_facility": "D3", "departures": "11:00", "minutes": 150},
    ]
    richer = small(tmp_path / "q", lanes=extra)
    after = promises(timetable(richer, DAY, 5), ends(richer), hours=HOURS)
    some = before.delivered > 0
    assert (after.delivered[some] <= before.delivered[some]).all() and (after.until >= before.until).all()
    assert (after.delivered[some] < before.delivered[some]).any()


def test_a_generated_timetable_written_out_is_one_that_the_folder_may_hold(tmp_path: Path, guangdong: Network) -> None:
    """`yilu network timetable` writes tables that pass the check, and read back lay out the same connections."""
    folder = tmp_path / "own"
    shutil.copytree(folder_of("guangdong"), folder)
    done = CliRunner().invoke(app, ["timetable", str(folder), "--day", "2025-11-11", "--json"])
    assert done.exit_code == 0, done.output
    assert check(folder) == []
    one, other = timetable(guangdong, DAY, 2), timetable(load(folder), DAY, 2)
    for name in ("source", "target", "departs", "arrives", "ready", "cost", "carbon"):
        assert np.array_equal(getattr(one.connections, name), getattr(other.connections, name)), name
    again = CliRunner().invoke(app, ["timetable", str(folder), "--json"])
    assert again.exit_code != 0


def test_ways_are_unbeaten_and_hold_the_earliest(guangdong: Network) -> None:
    """None is beaten in delivery, cost and carbon by another; the first is delivered when the earliest journey is; each one's rides cost and carry what it says."""
    of, e = timetable(guangdong, DAY, 6), ends(guangdong)
    c = of.connections
    for i, j in ((e.row("440106"), e.row("110000")), (e.row("440823"), e.row("445381"))):
        accepted = of.begins + 10 * 3600
        found = ways(of, e, i, j, accepted)
        assert found[0].delivered == itinerary(of, e, i, j, accepted)[-1].ends
        for one in found:
            rides = list(one.rides)
            assert one.yuan == pytest.approx(int(c.cost[rides].sum()) / 10) and one.carbon_g == 10 * int(
                c.carbon[rides].sum()
            )
            assert not any(
                o is not one and o.delivered <= one.delivered and o.yuan <= one.yuan and o.carbon_g <= one.carbon_g
                for o in found
            )
    assert len(found) >= 1
