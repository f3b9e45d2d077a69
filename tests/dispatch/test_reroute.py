"""Re-routing what is on its way: capacities kept, ways that are ways, everything that can move moved, and the most urgent first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.dispatch.timetables import PLACES, made, rows
from yilu.dispatch.connections import NEVER, Connections
from yilu.dispatch.flight import Groups, InFlight, grouped
from yilu.dispatch.reroute import Rerouted, reroute
from yilu.dispatch.scan import earliest

FULL = np.iinfo(np.int64).max

item = st.tuples(
    st.integers(0, PLACES - 1),
    st.integers(0, 50),
    st.integers(0, PLACES - 1),
    st.integers(0, 90),
    st.integers(0, 1),
    st.integers(1, 9),
)


def _groups(given_: list[tuple[int, int, int, int, int, int]]) -> Groups:
    columns = np.array(given_, np.int64).reshape(-1, 6).T
    place, ready, destination, due, kind = (c.astype(np.int32) for c in columns[:5])
    return Groups(place, ready, destination, due, kind, columns[5], np.arange(len(place), dtype=np.int32))


def _is_a_way(of: Connections, groups: Groups, done: Rerouted, part: int) -> bool:
    """Whether a part's rides lead from where it is when it is ready to where it ends when it says."""
    g = done.group[part]
    at, ready, arrives = int(groups.place[g]), int(groups.ready[g]), int(groups.ready[g])
    for c in done.rides[part]:
        if c < 0:
            break
        if of.source[c] != at or of.departs[c] < ready:
            return False
        at, ready, arrives = int(of.target[c]), int(of.ready[c]), int(of.arrives[c])
    return at == groups.destination[g] and arrives == done.arrives[part]


@given(rows(), st.lists(item, max_size=12), st.data())
def test_every_item_has_a_way_within_room_or_none_is_left(timetable: list, given_: list, data: st.DataObject) -> None:
    """Items are neither lost nor made; no departure takes more than it has room for; kinds keep to their lanes; who is stranded has no way left over what still has room."""
    of, groups = made(timetable), _groups(given_)
    room = np.array(data.draw(st.lists(st.integers(0, 12), min_size=len(of), max_size=len(of))), np.int64)
    kept_from = np.array(data.draw(st.lists(st.booleans(), min_size=len(of), max_size=len(of))), np.bool_)
    ridable = [np.ones(len(of), np.bool_), ~kept_from]
    done = reroute(of, groups, room, ridable)
    placed = np.bincount(done.group, done.items, minlength=len(groups)).astype(np.int64)
    assert (placed + done.stranded == groups.items).all() and (done.stranded >= 0).all()
    loads = np.zeros(len(of), np.int64)
    for part in range(len(done.group)):
        assert _is_a_way(of, groups, done, part)
        rides = done.rides[part][done.rides[part] >= 0]
        np.add.at(loads, rides, done.items[part])
        assert ridable[groups.kind[done.group[part]]][rides].all()
    assert np.array_equal(loads, done.loads) and (loads <= room).all()
    for g in np.flatnonzero(done.stranded):
        left = of.only((loads < room) & ridable[groups.kind[g]])
        assert earliest(left, int(groups.place[g]), int(groups.ready[g])).arrives[groups.destination[g]] == NEVER


@given(rows(), st.lists(item, max_size=12))
def test_with_room_for_all_everyone_arrives_as_early_as_alone(timetable: list, given_: list) -> None:
    """Nothing is split, and each arrival is that of a scan of its own."""
    of, groups = made(timetable), _groups(given_)
    done = reroute(of, groups, np.full(len(of), FULL), [np.ones(len(of), np.bool_)] * 2)
    arrives = np.full(len(groups), NEVER)
    arrives[done.group] = done.arrives
    assert len(np.unique(done.group)) == len(done.group)
    for g in range(len(groups)):
        alone = earliest(of, int(groups.place[g]), int(groups.ready[g]))
        assert arrives[g] == alone.arrives[groups.destination[g]]


def test_what_can_wait_least_goes_first_and_the_rest_is_split() -> None:
    """One departure with room for five and a later one for all: the three that are due soon ride first with two of the others, whose rest comes later and says so."""
    of = made([(0, 1, 10, 20, 21, 0, 0), (0, 1, 30, 40, 41, 0, 0)])
    groups = _groups([(0, 0, 1, 60, 0, 6), (0, 0, 1, 25, 0, 3)])
    done = reroute(of, groups, np.array([5, 100]), [np.ones(2, np.bool_)])
    assert sorted(zip(done.group.tolist(), done.items.tolist(), done.arrives.tolist(), strict=True)) == [
        (0, 2, 20),
        (0, 4, 40),
        (1, 3, 20),
    ]
    assert done.late(groups) == 0
    tight = _groups([(0, 0, 1, 39, 0, 6), (0, 0, 1, 25, 0, 3)])
    assert reroute(of, tight, np.array([5, 100]), [np.ones(2, np.bool_)]).late(tight) == 4


@given(st.lists(item, min_size=1, max_size=60))
def test_groups_are_of_items_that_nothing_tells_apart(given_: list) -> None:
    """Each item is in the group of its own place, destination and kind; a group is never ready before its items nor due after them, and by less than a quarter of an hour."""
    columns = np.array(given_, np.int64).T.astype(np.int32)
    items = InFlight(*columns[:5])
    groups = grouped(items)
    g = groups.group
    for name in ("place", "destination", "kind"):
        assert np.array_equal(getattr(groups, name)[g], getattr(items, name))
    assert ((groups.ready[g] - items.ready >= 0) & (groups.ready[g] - items.ready < 15)).all()
    assert ((items.due - groups.due[g] >= 0) & (items.due - groups.due[g] < 15)).all()
    assert groups.items.sum() == len(items) and np.array_equal(np.bincount(g, minlength=len(groups)), groups.items)
    rows_ = {
        tuple(r) for r in zip(groups.place, groups.ready, groups.destination, groups.due, groups.kind, strict=True)
    }
    assert len(rows_) == len(groups)
