"""Items that move themselves: held against a plain simulator, against the router where everything has room, and against what must be true of any day."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.small_timetable import DAY, FACILITIES, HANDLING, LANES, small
from tests.twin.plain_rehearsal import F, moved_plainly, movings, stages, tables
from yilu.dispatch.closures import Closure, disturbed
from yilu.dispatch.connections import NEVER
from yilu.dispatch.scan import earliest
from yilu.dispatch.spread import Spread
from yilu.errors import InputError
from yilu.network import Network
from yilu.twin.rehearsal.days import LEAD, Days, Rehearsal, days, rehearse
from yilu.twin.rehearsal.moving import Manners, Moved, Moving, moved
from yilu.twin.rehearsal.onward import onward
from yilu.twin.rehearsal.stage import UNBOUNDED, Stage, in_lumps, stage
from yilu.twin.rehearsal.ways import drawn, earliest_ways

DEMAND = tuple({"origin": f"C{i}", "destination": f"C{j}", "share": 0.2 if i < j else 0.1} for i in (1, 2, 3) for j in (1, 2, 3) if i != j) + ({"origin": "C1", "destination": "C1", "share": 0.1},)  # fmt: skip
A_DAY = 1000
TIGHT = tuple({**lane, "capacity_items": 150} for lane in LANES)
SORTS = ({**HANDLING[0], "items_an_hour": 60}, *HANDLING[1:])


def _province(folder: Path, **tables: object) -> Network:
    network = small(folder / "p", demand=DEMAND, facilities=FACILITIES[:4], **tables)  # type: ignore[arg-type]
    (folder / "p" / "timetable.toml").write_text(f"items_a_day = {A_DAY}\n", encoding="utf-8")
    return network


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Days of the small province with room for all."""
    return days(_province(tmp_path_factory.mktemp("usual")), DAY, 500)


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Days of the small province with too little room, each item for itself."""
    return days(_province(tmp_path_factory.mktemp("tight"), lanes=TIGHT, handling=SORTS), DAY, A_DAY)


def _stage(of: Days, **given: Any) -> Stage:
    return stage(of.timetable, of.stands_for, **given)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_items_move_as_in_a_plain_simulation(data: st.DataObject) -> None:
    """On any small stage, with any manners, the same rides in the same order, the same arrivals, ends of handling and items left behind as lists and a loop over minutes give."""
    of = data.draw(stages())
    items, table = data.draw(movings(of)), data.draw(tables(of))
    manners = Manners(data.draw(st.integers(0, 3)), *(data.draw(st.booleans()) for _ in range(3)))
    found, plain = moved(of, items, manners, table, trace=True), moved_plainly(of, items, manners, table)
    assert [tuple(ride) for ride in found.trace.tolist()] == plain["rides"]
    assert {int(i): int(found.arrived[i]) for i in np.flatnonzero(found.arrived < NEVER)} == plain["arrived"]
    assert {i: int(r) if r < NEVER else -1 for i, r in enumerate(found.ready) if i in plain["arrived"]} == plain["ready"]  # fmt: skip
    assert +Counter(dict(enumerate(found.behind.tolist()))) == plain["behind"]
    assert +Counter(dict(enumerate(found.slot_behind.tolist()))) == plain["slot_behind"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_room_is_exceeded_and_nobody_is_lost(data: st.DataObject) -> None:
    """Departures and waves hold what they have room for; what runs not takes nobody; each ride begins where the one before ended; loads are rides; whoever arrived ended with a ride to the destination, and nobody rides on from there."""
    of = data.draw(stages())
    items, table = data.draw(movings(of)), data.draw(tables(of))
    found = moved(of, items, Manners(data.draw(st.integers(0, 2))), table, trace=True)
    d, s = of.departures, of.sorting
    assert (found.load <= np.where(d.runs, d.room, 0)).all()
    in_waves = s.in_waves[of.slot_facility]
    assert (found.slot_load <= np.where(in_waves, s.slot_room, UNBOUNDED)).all()
    assert (np.bincount(found.trace[:, 1], minlength=len(d.departs)) == found.load).all()
    assert found.rode.sum() == found.load.sum() == len(found.trace)
    for i in range(len(items.start)):
        rides = found.trace[found.trace[:, 0] == i, 1]
        assert (of.queue_source[d.queue[rides[1:]]] == d.target[rides[:-1]]).all()
        assert (d.departs[rides[1:]] >= d.arrives[rides[:-1]]).all()
        there = d.target[rides] == items.destination[items.way[i]]
        assert not there[:-1].any()
        if found.arrived[i] < NEVER:
            assert there[-1] and found.arrived[i] == d.arrives[rides[-1]]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_first_come_is_first_loaded(data: st.DataObject) -> None:
    """Of items on the same way nobody who was ready earlier at a facility leaves it later."""
    of = data.draw(stages())
    items = data.draw(movings(of))
    found = moved(of, items, trace=True)
    for w in np.unique(items.way):
        mine = np.flatnonzero(items.way == w)
        mine = mine[np.argsort(items.start[mine], kind="stable")]
        first = [found.trace[found.trace[:, 0] == i, 1][:1].tolist() for i in mine]
        left = [of.departures.departs[c[0]] if c else UNBOUNDED for c in first]
        assert left == sorted(left)


SLOW = {"code": "slow1", "source_facility": "D1", "target_facility": "S", "departures": "10:30;19:00", "minutes": 300}
"""A slow lane whose departures stand before those of in1 in the same minutes."""


@pytest.mark.parametrize("more", [(), (SLOW,)])
def test_with_room_for_all_each_item_comes_when_the_router_says(tmp_path: Path, more: tuple[dict[str, object], ...]) -> None:  # fmt: skip
    """Without bounds every item of the days arrives in the very minute of ``dispatch.earliest`` over the whole timetable, and is delivered with the round after it; also where a slow vehicle leaves for the same place in the same minute."""
    of = days(_province(tmp_path, lanes=(*more, *LANES)), DAY, 500)
    a, found = of.accepted, rehearse(of, _stage(of, room=False))
    cells = np.unique(np.stack([a.origin, a.day, a.hour, a.destination], axis=1)[found.counts], axis=0)
    assert len(cells) > 150
    at = a.at(of.timetable)
    for origin, day, hour, destination in cells:
        mine = (a.origin == origin) & (a.day == day) & (a.hour == hour) & (a.destination == destination)
        leaves = int(of.timetable.minute(of.ends.leaves(origin, at[mine][0])))
        tree = earliest(of.timetable.connections, int(of.ends.facility[origin]), leaves)
        arrives = int(tree.arrives[of.timetable.facilities + of.ends.facility[destination]])
        assert set(found.moved.arrived[mine].tolist()) == {arrives}
        assert set(found.delivered[mine].tolist()) == set(of.ends.delivered(destination, of.timetable, of.timetable.at([arrives])).tolist())  # fmt: skip


def test_ways_are_what_the_router_finds(usual: Days) -> None:
    """Each way is a chain of connections from its origin to its end that arrives when it says."""
    of, origin, leaves = usual.timetable, np.array([0, 2, 1]), np.array([700, 2500, 100])
    ways, n = earliest_ways(of, usual.ends, origin, leaves, 7), len(usual.ends)
    c, whole = of.connections, 0
    for k in range(3):
        tree = earliest(c, int(usual.ends.facility[origin[k]]), int(leaves[k]))
        for j in range(n):
            way = k * n + j
            rides = ways.rides[ways.first[way] : ways.first[way + 1]].tolist()
            assert rides == tree.journey(int(of.facilities + usual.ends.facility[j]))
            assert ways.arrives[way] == (c.arrives[rides[-1]] if rides else NEVER)
            whole += len(rides)
    assert whole == len(ways.rides) > 10


def test_room_makes_items_wait_and_none_is_lost(tight: Days) -> None:
    """With too little room fewer are in time, departures are full and leave items behind, and every item of the days is delivered or still on the way."""
    free, bound = (rehearse(tight, _stage(tight, room=room)) for room in (False, True))
    there = [(r.delivered[r.counts] > 0).sum() for r in (free, bound)]
    assert there[0] == free.counts.sum() >= there[1]
    assert bound.moved.waited.sum() > free.moved.waited.sum() and bound.moved.behind.sum() > 0 == free.moved.behind.sum()  # fmt: skip
    assert (bound.moved.load <= 150).all() and (bound.moved.load == 150).any()


def _line(of: Stage, room: int) -> Moved:
    """Sixty items from place to place along three lanes, ten departures each, with ``room`` on every departure."""
    d = of.departures._replace(room=np.full(len(of.departures.departs), room))
    way = np.zeros(60, np.int64)
    first = np.array([0, 3])
    rides = np.array([0, 1, 2], np.int32)  # the first departure of each lane
    return moved(replace(of, departures=d), Moving(np.arange(60) // 2, way, first, rides, np.array([F + 3]), np.zeros(1, np.int64)))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_on_a_line_more_room_makes_nobody_later(room: int, more: int, data: st.DataObject) -> None:
    """Along a single line with first in first out everywhere, room added to every departure delays no item."""
    of = data.draw(stages())
    s = of.sorting
    pairs = [(1, 2), (2, 3), (3, F + 3)]
    rows = sorted((40 * n + 10 * k + 5, k) for k in range(3) for n in range(10))
    # The first departure of each lane is its planned one: rows 0, 1 and 2.
    lane = np.array([k for _, k in rows])
    departs = np.array([at for at, _ in rows])
    arrives = departs + 7
    d = of.departures._replace(
        target=np.array([pairs[k][1] for k in lane]), departs=departs, arrives=arrives, lane=lane, queue=lane, room=np.zeros(30, np.int64), runs=np.ones(30, np.bool_),
        coming=np.argsort(arrives, kind="stable"),
    )  # fmt: skip
    open_ = s._replace(slot_room=np.full_like(s.slot_room, UNBOUNDED), item_minutes=np.zeros(F))
    line = replace(of, departures=d, sorting=open_, queue_source=np.array([1, 2, 3]), queue_target=np.array([2, 3, F + 3]))  # fmt: skip
    less, fuller = (_line(line, r) for r in (room, room + more))
    assert (fuller.arrived <= less.arrived).all()


def test_a_closed_lane_is_waited_for(usual: Days) -> None:
    """While a lane is closed nobody rides it, its items come as they do over the timetable that is left, or later, and those of other lanes as ever."""
    of, day = usual, LEAD
    begins = of.timetable.begins + 86_400 * day + 9 * 3600
    closure = Closure("lane", "out3", begins, begins + 86_400)
    plain, shut = (rehearse(of, _stage(of, room=False, closures=c), Manners()) for c in ((), (closure,)))
    c, code = of.timetable.connections, of.timetable.network.lanes.code
    at = of.timetable.at(c.departs)
    gone = (code[of.timetable.lane[c.row]] == "out3") & (at >= begins) & (at < begins + 86_400)
    assert gone.any() and shut.moved.load[gone].sum() == 0 < plain.moved.load[gone].sum()
    to = of.accepted.destination == of.ends.row("C3")
    assert (shut.moved.arrived[~to] == plain.moved.arrived[~to]).all()
    later = np.flatnonzero(shut.moved.arrived != plain.moved.arrived)
    left = disturbed(of.timetable, (closure,)).connections
    assert len(later)
    for i in later[:: max(1, len(later) // 20)]:
        origin = int(of.ends.facility[of.accepted.origin[i]])
        tree = earliest(left, origin, int(of.moving.start[i]))
        assert shut.moved.arrived[i] == tree.arrives[of.timetable.facilities + of.ends.facility[of.ends.row("C3")]]


def test_sorting_that_a_closure_interrupts_begins_again(usual: Days) -> None:
    """What was on a ride to the sort centre when it closes is let in and sorted when it opens: with the first wave after that."""
    of = usual
    begins = of.timetable.begins + 86_400 * LEAD + 11 * 3600
    closure = Closure("facility", "S", begins, begins + 4 * 3600)
    found = rehearse(of, _stage(of, room=False, closures=(closure,)), Manners(), trace=True)
    d, minute = found.stage.departures, int(of.timetable.minute(begins))
    item, ride = found.moved.trace.T
    on = (d.departs[ride] < minute) & (d.arrives[ride] > minute) & (d.target[ride] == of.timetable.network.facilities.index_of_code["S"])  # fmt: skip
    assert on.any()
    for i in item[on]:
        rides = ride[item == i]
        assert d.departs[rides[1]] >= minute + 11 * 60 + 45  # the wave of 22:00 and its 45 minutes


def test_the_same_seed_makes_the_same_days(tight: Days, tmp_path: Path) -> None:
    """Days made again are the same to the item; with another seed they aren't."""
    network = tight.timetable.network
    again, other = (days(network, DAY, A_DAY, seed=seed) for seed in (0, 1))
    a, b, c = (rehearse(of, _stage(of, seed=1)) for of in (tight, again, other))
    assert all((getattr(a.moved, name) == getattr(b.moved, name)).all() for name in Moved._fields)
    assert (a.moved.arrived != c.moved.arrived).any()


def test_cores_change_nothing(tight: Days) -> None:
    """One core and all of them move items alike."""
    some = numba.get_num_threads()
    runs = list[Rehearsal]()
    try:
        for n in (1, some):
            numba.set_num_threads(n)
            runs.append(rehearse(tight, _stage(tight)))
    finally:
        numba.set_num_threads(some)
    assert all((getattr(runs[0].moved, name) == getattr(runs[1].moved, name)).all() for name in Moved._fields)


def test_rides_that_vary_come_apart_by_the_seed(usual: Days) -> None:
    """Drawn rides take the timetable's minutes times the lane's number: its median for half of them; without a spread they are the timetable's."""
    n = len(usual.timetable.network.lanes.code)
    known = np.ones(n, np.bool_)
    c = usual.timetable.connections
    plain = _stage(usual, rides=Spread(np.ones(n), np.zeros(n), known)).departures
    assert (plain.arrives == c.arrives).all()
    wide = _stage(usual, rides=Spread(np.full(n, 1.2), np.full(n, 0.3), known), seed=5).departures
    factor = (wide.arrives - c.departs) / (c.arrives - c.departs)
    assert np.median(factor) == pytest.approx(1.2, abs=0.12) and np.quantile(factor, 0.9) > 1.5
    assert (wide.arrives != _stage(usual, rides=Spread(np.full(n, 1.2), np.full(n, 0.3), known), seed=6).departures.arrives).any()  # fmt: skip


def test_room_is_rounded_without_being_lost() -> None:
    """Room in items that stand for many is whole, differs from the real by less than one item in every sum along a lane, and is exact where an item stands for itself."""
    room, lane = np.array([1500, 700, 1500, 700, 1500, 3]), np.array([4, 9, 4, 9, 4, 9])
    assert in_lumps(room, lane, 1.0, 3).tolist() == room.tolist()
    for seed in range(20):
        made = in_lumps(room, lane, 1000.0, seed)
        for of in (4, 9):
            sums = np.cumsum(made[lane == of]) - np.cumsum(room[lane == of]) / 1000
            assert (np.abs(sums) < 1).all()


def test_draws_keep_shares_within_their_standard_error() -> None:
    """Of n items drawn each n-th part of the weights gives one: counts differ by less than two from what weights say, whatever the seed."""
    weights = np.array([5.0, 0.0, 1.5, 3.5])
    for seed in range(10):
        counts = np.bincount(drawn(weights, 1000, seed), minlength=4)
        assert counts[1] == 0 and (np.abs(counts - 100 * weights) < 2).all()


def test_the_way_on_is_the_earliest_and_another(usual: Days) -> None:
    """At the sort centre the way on to each end is its own lane, and there is no other; from a depot it leads to the sort centre."""
    on = _stage(usual)
    table = onward(on, usual.ends, LEAD, 7)
    ids = usual.timetable.network.facilities.index_of_code
    for end in range(len(usual.ends)):
        assert (on.queue_target[table.best[ids["S"], end]] == usual.timetable.facilities + usual.ends.facility[end]).all()  # fmt: skip
        assert (on.queue_target[table.best[ids["D2"], end]] == ids["S"]).all()
    assert (table.other == -1).all()


def test_days_are_counted_from_balance_on(usual: Days, tight: Days) -> None:
    """A network with room is in balance when days begin to be counted; one whose room is below what is accepted never is, and says so."""
    calm, full = (rehearse(of, _stage(of)) for of in (usual, tight))
    assert calm.balanced and set(usual.accepted.day[calm.counts].tolist()) == {LEAD, LEAD + 1}
    assert not full.balanced and full.growth > 0.1


def test_what_cannot_be_rehearsed_is_refused(tmp_path: Path, usual: Days) -> None:
    """More items than memory holds, none, more days than are laid out, and a province without demand are refused with the option's name."""
    network = usual.timetable.network
    for items, counted in ((0, 2), (5_000_000, 2), (100, 30)):
        with pytest.raises(InputError, match="--items"):
            days(network, DAY, items, counted=counted)
    with pytest.raises(InputError, match="demand"):
        days(small(tmp_path / "p", facilities=FACILITIES[:4]), DAY, 100)
