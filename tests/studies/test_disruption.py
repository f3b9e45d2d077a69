"""Disruptions on small timetables: who is touched, what breaks by waiting and by new ways, what more room saves, by hand and by plain walks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.dispatch.small_timetable import DAY, HANDLING, LANES, ROADS, small
from yilu.dispatch.closures import SCOPES, Closure, disturbed, held, touched
from yilu.dispatch.connections import NEVER
from yilu.dispatch.flight import Groups
from yilu.dispatch.timetable import Timetable, timetable
from yilu.errors import InputError
from yilu.studies.advice import MOVE, ROOM, Said, advice, tallies
from yilu.studies.courses import MOVES, NO_WAY, WAITS, Courses
from yilu.studies.disruption import Study, study
from yilu.studies.in_flight import Underway

S, D1, D2, D3 = 1, 2, 3, 4
"""Ids of facilities."""
SPARE = {"code": "spare1", "source_facility": "D1", "target_facility": "S", "departures": "20:00", "minutes": 150, "capacity_items": 9, "fixed_cost": 50}  # fmt: skip
"""A slow lane beside in1, which misses the wave of 22:00."""
NIGHT = {"code": "night3", "source_facility": "S", "target_facility": "D3", "departures": "23:30", "minutes": 120, "fixed_cost": 50}  # fmt: skip
"""What the wave of 22:00 makes."""
HOUR = 60


def _timetable(folder: Path, *more: dict[str, object]) -> Timetable:
    return timetable(small(folder, lanes=(*LANES, *more), road_times=ROADS[:1]), DAY, 6)


def _underway(of: Timetable, *rows: tuple[int, int, int, int, int]) -> Underway:
    """Groups of (facility, ready minute, destination facility, due minute, items)."""
    place, ready, target, due, items = np.array(rows, np.int64).T
    columns = [c.astype(np.int32) for c in (place, ready, of.facilities + target, due, np.zeros(len(rows)))]
    return Underway(Groups(*columns, items, np.arange(len(rows), dtype=np.int32)), np.zeros(1, np.int64), {}, False)


def _closure(of: Timetable, scope: str, code: str, begins: int, ends: int, later: int = 0) -> Closure:
    return Closure(scope, code, int(of.at(begins)), int(of.at(ends)), later=later)


def _study(of: Timetable, underway: Underway, *closures: Closure) -> Study:
    return study(of, underway, closures)


def test_a_closed_lane_by_hand(tmp_path: Path) -> None:
    """Eight items planned on the closed 19:00 miss it. Waiting they come a day later and late; the slow lane has room for five of them beside the four that ride it anyway; room for three more saves three."""
    of = _timetable(tmp_path, SPARE, NIGHT)
    due = 24 * HOUR + 10 * HOUR
    underway = _underway(of, (D1, 18 * HOUR, D3, due, 8), (D1, 19 * HOUR + 30, D3, due, 4))
    found = _study(of, underway, _closure(of, "lane", "in1", 18 * HOUR + 30, 20 * HOUR))
    assert found.items == 8 and found.on_the_way == 12 and found.kept.all()
    # Undisturbed: 19:00, 80 minutes, the wave of 22:00, 23:30, two hours.
    assert found.plan.arrives[found.affected].tolist() == [24 * HOUR + 90]
    # Waiting keeps to its lanes: 10:30 the next day, and the night departure after that.
    assert (found.waiting.items.tolist(), found.waiting.arrives.tolist()) == ([8], [48 * HOUR + 90])
    assert found.broken(found.waiting) == 8
    # New ways: five at 20:00 for the wave of 03:00, the departure of 06:00; three at 10:30 and then at 13:30, too late.
    in_time = found.moved.arrives <= due
    assert (
        found.moved.items[in_time].sum() == 5 and found.broken(found.moved) == 3 and found.broken(found.unbounded) == 0
    )
    assert set(found.moved.arrives[in_time].tolist()) == {24 * HOUR + 6 * HOUR + 140}
    assert found.moved.arrives[~in_time].tolist() == [24 * HOUR + 13 * HOUR + 30 + 140]
    assert [found.by_fate(fate) for fate in (MOVES, WAITS, NO_WAY)] == [8, 0, 0]
    (more,) = found.more_room
    codes = of.network.lanes.code
    assert (codes[more.lane], more.saved, more.items, more.departures, more.at) == ("spare1", 3, 3, 1, 20 * HOUR)


def test_advice_tells_the_figures(tmp_path: Path) -> None:
    """Rows of advice add up to what is affected, name the departure to take and the room that is lacking; to a carrier's own network it is an order."""
    of = _timetable(tmp_path, SPARE, NIGHT)
    due = 24 * HOUR + 10 * HOUR
    underway = _underway(of, (D1, 18 * HOUR, D3, due, 8), (D1, 19 * HOUR + 30, D3, due, 4))
    found = _study(of, underway, _closure(of, "lane", "in1", 18 * HOUR + 30, 20 * HOUR))
    rows = advice(found)
    to_move, room = [r for r in rows if r.action == MOVE], [r for r in rows if r.action == ROOM]
    codes = of.network.lanes.code
    assert [(r.facility, codes[r.planned], codes[r.lane], r.items, r.in_time, r.broken) for r in to_move] == [(D1, "in1", "spare1", 5, 5, 0), (D1, "in1", "in1", 3, 0, 3)]  # fmt: skip
    assert to_move[0].departs == of.at(20 * HOUR) and [(r.items, r.in_time) for r in room] == [(3, 3)]
    assert sum(r.items for r in rows if r.action != ROOM) == 8 and sum(r.broken for r in rows) == 3
    assert [(t.facility, t.items, t.waiting, t.moved) for t in tallies(found)] == [(D1, 8, 8, 3)]
    said = Said(of.network, order=False).sentence(to_move[0])
    assert said.zh == "调度建议 各企业:营业部1的 5 件改乘 11-11 20:00 发往分拨的班次;5 件可守承诺,0 件因此失约。"
    assert said.en.startswith("Advice: All operators: 5 items at ") and "11-11 20:00" in said.en
    assert Said(of.network, order=True).sentence(to_move[0]).zh.startswith("调度指令 ")


def test_a_leg_that_has_begun_ends_and_waits_before_the_closed_place(tmp_path: Path) -> None:
    """What left at 10:30 reaches the closed sort centre at 11:50 all the same, and is sorted by the first wave after it opens; what leaves at 19:00 isn't touched."""
    of = _timetable(tmp_path)
    end = 24 * HOUR + 18 * HOUR
    underway = _underway(of, (D1, 9 * HOUR, D3, end, 2), (D1, 18 * HOUR, D3, end, 3))
    found = _study(of, underway, _closure(of, "facility", "S", 11 * HOUR, 15 * HOUR))
    # The wave of 12:30 is missed; that of 22:00 is ready at 22:45, and departs at 06:00.
    assert found.items == 2 and found.place.tolist() == [S] and found.begun.tolist() == [1]
    assert found.plan.arrives[found.affected].tolist() == [13 * HOUR + 30 + 140]
    for plan in (found.waiting, found.moved):
        assert plan.arrives.tolist() == [24 * HOUR + 6 * HOUR + 140]
    assert found.broken(found.waiting) == 0


def test_nobody_takes_a_departure_that_has_gone(tmp_path: Path) -> None:
    """Items that waited, ready since 17:30, for the departure of 20:00, since that of 19:00 had no room: at 19:30, when the one of 20:00 closes, no way leads over the 19:00."""
    tight = [lane | ({"capacity_items": 2} if lane["code"] == "in1" else {}) for lane in LANES]
    of = timetable(small(tmp_path, lanes=(*tight, SPARE, NIGHT), road_times=ROADS[:1]), DAY, 6)
    due = 24 * HOUR + 10 * HOUR
    found = _study(of, _underway(of, (D1, 17 * HOUR + 30, D3, due, 7)), _closure(of, "lane", "spare1", 19 * HOUR + 30, 21 * HOUR))  # fmt: skip
    assert found.items == 5 and found.broken(found.moved) == found.broken(found.unbounded) == 5
    assert (of.connections.departs[found.unbounded.rides[:, 0]] == 24 * HOUR + 10 * HOUR + 30).all()


def test_sorting_that_a_closure_interrupts_begins_again(tmp_path: Path) -> None:
    """Arrived before the place closes and to be ready within the closure: the next wave after it counts. Ready before it, or at another place: nothing changes."""
    of = _timetable(tmp_path)
    closures = (_closure(of, "facility", "S", 13 * HOUR, 16 * HOUR),)
    places, arrives = np.array([S, S, D1]), np.array([710, 300, 710])
    ready = np.array([795, 780, 795])
    assert held(of, closures, places, arrives, ready).tolist() == [22 * HOUR + 45, 780, 795]
    row = np.flatnonzero((of.connections.target == S) & (of.connections.arrives < 13 * HOUR) & (of.connections.ready > 13 * HOUR))  # fmt: skip
    assert len(row) and (disturbed(of, closures).connections.ready[: row.max() + 1][row] == 22 * HOUR + 45).all()


def test_a_slow_lane_makes_who_rides_it_late(tmp_path: Path) -> None:
    """Rides that arrive 120 minutes later miss their wave: touched, not closed; another lane that keeps to its time is taken instead."""
    of = _timetable(tmp_path, SPARE | {"code": "fast1", "departures": "19:15", "minutes": 90}, NIGHT)
    underway = _underway(of, (D1, 18 * HOUR, D3, 24 * HOUR + 5 * HOUR, 4))
    slow = [_closure(of, "lane", code, 18 * HOUR, 20 * HOUR, later=120) for code in ("in1", "fast1")]
    planned = of.network.lanes.code[of.lane[of.connections.row[found_ride(_study(of, underway, slow[0]))]]]
    assert planned == "fast1"  # of equal arrivals the later departure
    other = _study(of, underway, slow[0])
    assert other.items == 0
    own = _study(of, underway, slow[1])
    assert own.items == 4 and own.broken(own.waiting) == 4 and own.broken(own.moved) == 0
    assert own.waiting.arrives.tolist() == [48 * HOUR + 90]  # the wave of 03:00, and its own night departure after that


def found_ride(found: Study) -> int:
    """The first connection of the plan's first part."""
    return int(found.plan.rides[0, 0])


def test_what_touches_nothing_changes_nothing(tmp_path: Path) -> None:
    """A closure after all have come, and one of a place that nobody needs: nobody is affected, no promise breaks, no advice is given."""
    of = _timetable(tmp_path)
    underway = _underway(of, *((D1, m, D3, 48 * HOUR, 5) for m in range(0, 24 * HOUR, 120)))
    for closure in (_closure(of, "facility", "S", 96 * HOUR, 100 * HOUR), _closure(of, "facility", "D2", 0, 96 * HOUR)):
        found = _study(of, underway, closure)
        assert found.items == 0 and found.broken(found.moved) == found.broken(found.waiting) == 0
        assert advice(found) == [] and tallies(found) == []


@pytest.mark.parametrize("scope", SCOPES)
def test_an_unknown_code_is_named(tmp_path: Path, scope: str) -> None:
    """The error names what it is of and the value, and where codes are listed."""
    of = _timetable(tmp_path)
    with pytest.raises(InputError) as caught:
        touched(of, _closure(of, scope, "nowhere", 0, 60))
    assert (
        caught.value.file == scope and caught.value.value == "nowhere" and "yilu network show" in caught.value.next_step
    )


def _lives(of: Timetable, found: Study, underway: Underway) -> dict[int, int]:
    """Affected parts by a plain walk: row of the plan to the minute at which it comes by waiting where departures have room for all."""
    c, left = of.connections, disturbed(of, found.closures).connections
    runs = {int(r): k for k, r in enumerate(left.row)}
    out = dict[int, int]()
    for row in range(len(found.plan)):
        rides = [int(r) for r in found.plan.rides[row] if r >= 0]
        if not rides:
            continue
        place, at, ready = int(underway.groups.place[found.plan.of[row]]), int(underway.groups.ready[found.plan.of[row]]), 0  # fmt: skip
        begun = [r for r in rides if c.departs[r] < found.moment]
        came = int(c.arrives[begun[-1]]) if begun else at
        ready = int(c.ready[begun[-1]]) if begun else at
        place = int(c.target[begun[-1]]) if begun else place
        ready = int(held(of, found.closures, np.array([place]), np.array([came]), np.array([ready]))[0])
        if place == underway.groups.destination[found.plan.of[row]]:
            for closure in found.closures:
                begins, ends = int(of.minute(closure.begins)), int(of.minute(closure.ends))
                if closure.code == f"D{place - of.facilities - 1}" and begins <= came < ends:
                    came = ends
        arrives, moved = came, False
        for r in rides[len(begun) :]:
            lane = of.lane[c.row[r]]
            same = [k for k in range(len(left)) if of.lane[left.row[k]] == lane and left.departs[k] >= max(ready, int(c.departs[r]))]  # fmt: skip
            if not same:
                arrives, moved = int(NEVER), True
                break
            moved |= runs.get(int(c.row[r])) != same[0]
            ready, arrives = int(left.ready[same[0]]), int(left.arrives[same[0]])
        if moved or arrives > found.plan.arrives[row]:
            out[row] = arrives
    return out


def _loads(plan: Courses, connections: int) -> np.ndarray:
    out = np.zeros(connections, np.int64)
    for items, rides in zip(plan.items, plan.rides, strict=True):
        for ride in rides[rides >= 0]:
            out[ride] += items
    return out


@pytest.mark.parametrize("seed", range(12))
def test_nobody_is_lost_and_no_departure_overfull(tmp_path: Path, seed: int) -> None:
    """On made-up items and closures: who is affected is who a plain walk finds; both plans hold each affected item once; legs on closed departures are taken by nobody after the moment; no departure takes more
    than its room beside those who aren't touched; by waiting with room for all everyone comes when the walk says."""
    draw = np.random.default_rng(seed)
    tight = bool(seed % 2)
    handling = (*HANDLING, {"facility": "D2", "sort_minutes": 5}) if seed % 3 else HANDLING
    lanes = [lane | ({"capacity_items": int(draw.integers(8, 40))} if tight else {}) for lane in (*LANES, {k: v for k, v in SPARE.items() if tight or k != "capacity_items"}, NIGHT)]  # fmt: skip
    of = timetable(small(tmp_path, lanes=lanes, handling=handling), DAY, 6)
    ends = draw.choice([D1, D2, D3], (40, 2))
    rows = [(int(a), int(draw.integers(0, 2000)), int(b), int(draw.integers(600, 5000)), int(draw.integers(1, 9))) for a, b in ends]  # fmt: skip
    underway = _underway(of, *rows)
    scope, code = [("facility", "S"), ("lane", "in1"), ("area", "C2"), ("facility", "D3"), ("mode", "road"), ("lane", "out3")][seed % 6]  # fmt: skip
    begins = int(draw.integers(300, 2000))
    found = _study(of, underway, _closure(of, scope, code, begins, begins + 24 * HOUR))
    walk = _lives(of, found, underway)
    assert set(found.affected.tolist()) == set(walk) and len(walk) > 0
    items = found.plan.items[found.affected]
    for plan in (found.waiting, found.moved, found.unbounded):
        assert np.array_equal(np.bincount(plan.of, plan.items, minlength=len(items)), items)
    assert sum(found.by_fate(fate) for fate in (WAITS, MOVES, NO_WAY)) == found.items == items.sum()
    c = of.connections
    shut = ~np.isin(c.row, disturbed(of, found.closures).connections.row)
    room = of.room[c.row]
    others = np.ones(len(found.plan), np.bool_)
    others[found.affected] = False
    for plan in (found.waiting, found.moved):
        later = _loads(plan, len(c)) * (c.departs >= found.moment)
        assert (later[shut] == 0).all() and (later + _loads(found.plan.only(others), len(c)) <= room).all()
    if not tight:
        assert {int(found.affected[r]): int(a) for r, a in zip(found.waiting.of, found.waiting.arrives, strict=True)} == walk  # fmt: skip
        assert found.broken(found.moved) <= found.broken(found.waiting)
    assert found.broken(found.unbounded) <= found.broken(found.moved)
    for plan in (found.moved, found.unbounded):
        assert (c.departs[plan.rides[plan.rides >= 0]] >= found.moment).all()
