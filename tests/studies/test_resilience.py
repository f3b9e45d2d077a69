"""Losses ranked: each costs what a disruption study says and what plain walks add up to, a longer one no less, an unused one nothing."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, LANES, ROADS, small
from tests.network.province_folders import Rows
from yilu.dispatch.closures import Closure, disturbed
from yilu.dispatch.connections import NEVER
from yilu.dispatch.crossings import crossing_closures
from yilu.dispatch.flight import Groups
from yilu.dispatch.scan import earliest
from yilu.dispatch.timetable import Timetable, timetable
from yilu.errors import InputError
from yilu.network.distance import facility_ways
from yilu.studies.disruption import Undisturbed, study, undisturbed
from yilu.studies.in_flight import Underway
from yilu.studies.resilience import Loss, closures_of, cost, costs, crossings_of, facilities_of, lanes_of, loaded, pairs

HOUR = 60
MOMENT = 18 * HOUR + 30
NIGHT = {"code": "night3", "source_facility": "S", "target_facility": "D3", "departures": "23:30", "minutes": 120, "fixed_cost": 50}  # fmt: skip
SPARE = {"code": "spare1", "source_facility": "D1", "target_facility": "S", "departures": "20:00", "minutes": 70, "fixed_cost": 500, "capacity_items": 100}  # fmt: skip
IDLE = {"code": "idle", "source_facility": "S", "target_facility": "D2", "departures": "05:59", "minutes": 2000}


def _timetable(folder: Path, lanes: Rows = (*LANES, NIGHT, SPARE, IDLE)) -> Timetable:
    return timetable(small(folder, lanes=lanes, road_times=ROADS[:1]), DAY, 8)


def _underway(of: Timetable, seed: int, groups: int = 60) -> Underway:
    draw = np.random.default_rng(seed)
    place, target = draw.integers(2, 5, (2, groups))
    ready, items = draw.integers(0, 2600, groups), draw.integers(1, 9, groups)
    due = ready + draw.integers(600, 2600, groups)
    columns = [c.astype(np.int32) for c in (place, ready, of.facilities + target, due, np.zeros(groups))]
    return Underway(Groups(*columns, items, np.arange(groups, dtype=np.int32)), np.zeros(1, np.int64), {}, True)


def _usual(of: Timetable, seed: int, moment: int = MOMENT) -> Undisturbed:
    return undisturbed(of, _underway(of, seed), moment)


def _all(usual: Undisturbed) -> list[Loss]:
    return [*facilities_of(usual), *(Loss("lane", str(code)) for code in usual.timetable.network.lanes.code)]


@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize("hours", [1.0, 24.0])
def test_a_single_loss_costs_what_a_disruption_says(tmp_path: Path, hours: float, tight: bool) -> None:
    """Each facility and lane: affected, broken by waiting and by new ways are those of the study of the same closure, also where departures are full; and the worst stands first."""
    lanes = [lane | ({"capacity_items": 30} if tight else {}) for lane in (*LANES, NIGHT, SPARE, IDLE)]
    of = _timetable(tmp_path, lanes)
    usual, begins = _usual(of, 3), int(of.at(MOMENT))
    found = costs(usual, [(loss,) for loss in _all(usual)], [hours])
    told = []
    for c in found:
        closure = Closure(c.losses[0].kind, c.losses[0].code, begins, begins + round(3600 * hours))
        said = study(of, usual.underway, (closure,))
        told.append((said.items, said.broken(said.waiting), said.broken(said.moved)))
    assert told == [(c.affected, c.broken_waiting, c.broken_new_ways) for c in found]
    assert any(affected for affected, _, _ in told)
    assert [c.severity for c in found] == sorted((c.severity for c in found), reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_costs_by_brute_force(tmp_path: Path, seed: int) -> None:
    """Where everyone has room: for each lane and depot that is lost for a day, the affected, the promises that break, the delay and the yuan are those of every item's earliest way written out over what is
    left."""
    of = _timetable(tmp_path, (*LANES, NIGHT, {k: v for k, v in SPARE.items() if k != "capacity_items"}, IDLE))
    moment = MOMENT
    usual = _usual(of, seed, moment)
    groups, c = usual.underway.groups, of.connections
    for loss in _all(usual):
        if loss == Loss("facility", "S"):
            continue  # what waits within a closed sort centre is not a way over what is left
        begins = int(of.at(moment))
        left = disturbed(of, (Closure(loss.kind, loss.code, begins, begins + 86_400),)).connections
        now, price = left.only(left.departs >= moment), c.cost
        affected = broken = stuck = 0
        later = dearer = 0.0
        closed = of.network.facilities.index_of_code[loss.code] if loss.kind == "facility" else -1
        for row in range(len(usual.plan)):
            g, items = int(usual.plan.of[row]), int(usual.plan.items[row])
            rides = [int(r) for r in usual.plan.rides[row] if r >= 0]
            rest = [r for r in rides if c.departs[r] >= moment]
            runs = {int(r) for r in left.row}
            if not rides or (all(int(c.row[r]) in runs for r in rest) and (rest or closed < 0)):
                continue
            end = int(groups.destination[g])
            if not rest:
                came = int(c.arrives[rides[-1]])
                if closed != end - of.facilities or not moment <= came < moment + 1440:
                    continue
                arrives, paid = moment + 1440, 0
            else:
                begun = [r for r in rides if c.departs[r] < moment]
                place = int(c.target[begun[-1]]) if begun else int(groups.place[g])
                ready = int(c.ready[begun[-1]]) if begun else int(groups.ready[g])
                tree = earliest(now, place, max(ready, moment))
                arrives = int(tree.arrives[end])
                paid = sum(int(now.cost[k]) for k in tree.journey(end)) - sum(int(price[r]) for r in rest)
            affected += items
            broken += items * (usual.plan.arrives[row] <= groups.due[g] < arrives)
            if arrives == NEVER:
                stuck += items
            else:
                later += items * (arrives - int(usual.plan.arrives[row]))
                dearer += items * paid
        found = cost(usual, (loss,), 24)
        assert (found.affected, found.broken_new_ways, found.stuck_new_ways) == (affected, broken, stuck), loss
        assert found.item_hours_new_ways == pytest.approx(later / 60) and found.yuan_new_ways == pytest.approx(
            dearer / 10
        )


@pytest.mark.parametrize("seed", range(4))
def test_a_day_costs_no_less_than_an_hour_of_it(tmp_path: Path, seed: int) -> None:
    """Where everyone has room, each figure of a day's loss is at least that of the loss of its first hour; new ways break no more than waiting."""
    of = _timetable(tmp_path, (*LANES, NIGHT, {k: v for k, v in SPARE.items() if k != "capacity_items"}, IDLE))
    usual = _usual(of, seed)
    found = costs(usual, [(loss,) for loss in _all(usual)], [1, 24])
    assert any(c.affected for c in found)
    for day, hour in zip(found[::2], found[1::2], strict=True):
        assert (day.losses, day.hours, hour.hours) == (hour.losses, 24, 1)
        assert day.affected >= hour.affected and day.broken_waiting >= hour.broken_waiting
        assert day.broken_new_ways >= hour.broken_new_ways and day.item_hours_new_ways >= hour.item_hours_new_ways
        assert day.broken_new_ways <= day.broken_waiting and hour.broken_new_ways <= hour.broken_waiting


def test_what_nobody_uses_costs_nothing(tmp_path: Path) -> None:
    """The loss of a lane that nobody rides touches nobody and costs nothing, isn't among the busiest lanes; a facility on nobody's way isn't listed."""
    of = _timetable(tmp_path)
    usual = _usual(of, 1)
    none = cost(usual, (Loss("lane", "idle"),), 24)
    assert none.affected == none.broken_waiting == none.broken_new_ways == 0 == none.item_hours_new_ways == none.yuan_waiting  # fmt: skip
    busiest = lanes_of(usual, 100, 96 * HOUR)
    assert Loss("lane", "idle") not in busiest and len(busiest) >= 6
    assert lanes_of(usual, 2, 96 * HOUR) == busiest[:2]
    assert Loss("facility", "G") not in facilities_of(usual) and Loss("facility", "S") in facilities_of(usual)


def test_pairs_are_drawn_by_the_seed_and_cost_both(tmp_path: Path) -> None:
    """The same seed draws the same pairs, each once, of losses that touch anybody; all are drawn where more are asked for than there are; a pair costs what both closures together cost."""
    of = _timetable(tmp_path)
    usual = _usual(of, 2)
    ranked = costs(usual, [(loss,) for loss in _all(usual)], [24])
    harmful = {c.losses[0] for c in ranked if c.affected}
    drawn = pairs(ranked, 5, 7)
    assert drawn == pairs(ranked, 5, 7) and len(set(drawn)) == 5 and drawn != pairs(ranked, 5, 8)
    assert {loss for pair in drawn for loss in pair} <= harmful
    assert {frozenset(p) for p in pairs(ranked, 400, 1)} == {frozenset(p) for p in combinations(harmful, 2)}
    both = cost(usual, drawn[0], 24)
    begins = int(of.at(usual.moment))
    said = study(
        of, usual.underway, tuple(c for loss in drawn[0] for c in closures_of(of, loss, begins, begins + 86_400))
    )
    assert (both.affected, both.broken_new_ways) == (said.items, said.broken(said.moved))
    assert both.affected >= max(cost(usual, (loss,), 24).affected for loss in drawn[0])


def test_a_peak_day_has_its_multiple_of_items(tmp_path: Path) -> None:
    """At 1.7 times the mean the sum of items is 1.7 times as large, rounded; nobody else appears; a multiple that is none is refused."""
    of = _timetable(tmp_path)
    underway = _underway(of, 5)
    heavy = loaded(underway, 1.7)
    assert abs(int(heavy.groups.items.sum()) - 1.7 * int(underway.groups.items.sum())) <= 0.5
    assert (np.abs(heavy.groups.items - 1.7 * underway.groups.items) <= 1).all()
    with pytest.raises(InputError):
        loaded(underway, 0.0)


BARRIER: Rows = tuple({"barrier": "river", "position": n, "lon": 11.5, "lat": lat} for n, lat in enumerate((48, 52), 1))
BRIDGE = {"code": "BR", "name_zh": "桥", "barrier": "river", "kind": "bridge", "lon_a": 11.49, "lat_a": 50, "lon_b": 11.51, "lat_b": 50, "length_km": 2, "valid_from": "2000-01-01"}  # fmt: skip
FERRY = BRIDGE | {"code": "FE", "name_zh": "渡", "kind": "ferry", "lat_a": 50.4, "lat_b": 50.4, "extra_hours": 1.5}


def test_a_lost_crossing_closes_lanes_or_sends_them_round(tmp_path: Path) -> None:
    """With another crossing left, lanes over the lost one come later by what the way round is longer, in their own pace, and its hours; with none left they don't run; lanes on one side aren't touched; a crossing
    that isn't there is named."""
    one = timetable(small(tmp_path / "one", lanes=LANES, barriers=BARRIER, crossings=(BRIDGE,)), DAY, 4)
    two = timetable(small(tmp_path / "two", lanes=LANES, barriers=BARRIER, crossings=(BRIDGE, FERRY)), DAY, 4)
    begins = int(one.at(0))
    alone = crossing_closures(one, "BR", begins, begins + 3600)
    assert {c.code for c in alone} == {"in1", "out1"} and all(c.closes for c in alone)
    round_ = {c.code: c for c in crossing_closures(two, "BR", begins, begins + 3600)}
    assert set(round_) == {"in1", "out1"} and not any(c.closes for c in round_.values())
    usual, ferry = (facility_ways(n.network, [2], [1], date(2025, 11, 11)) for n in (two, timetable(small(tmp_path / "three", lanes=LANES, barriers=BARRIER, crossings=(FERRY,)), DAY, 4)))  # fmt: skip
    longer = 80 * (float(ferry.km[0]) / float(usual.km[0]) - 1) + 90
    assert round_["in1"].later == int(np.ceil(longer)) > 90
    usual_one = undisturbed(one, _underway(one, 1), MOMENT)
    assert crossings_of(usual_one) == [Loss("crossing", "BR")]
    lanes = tuple(
        Closure("lane", code, int(one.at(MOMENT)), int(one.at(MOMENT + 24 * HOUR))) for code in ("in1", "out1")
    )
    said = study(one, usual_one.underway, lanes)
    assert cost(usual_one, (Loss("crossing", "BR"),), 24).broken_new_ways == said.broken(said.moved) > 0
    with pytest.raises(InputError) as caught:
        crossing_closures(one, "FE", begins, begins + 3600)
    assert caught.value.value == "FE"
