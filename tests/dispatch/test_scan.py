"""Journeys over a timetable: exact, whatever the timetable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.timetables import DAY, PLACES, Row, arrivals, best, made, row, rows
from yilu.dispatch import NEVER, Connections, choices, connections, earliest, latest, profile, profiles
from yilu.errors import InputError

MANY = settings(max_examples=1500)
place, minute = st.integers(0, PLACES - 1), st.integers(0, DAY)


def rides(of: Connections, journey: list[int], at: int, leaves: int) -> int:
    """Where a journey ends; fails where a connection departs elsewhere, or before what it takes on is ready."""
    for c in journey:
        assert of.source[c] == at and of.departs[c] >= leaves
        at, leaves = int(of.target[c]), int(of.ready[c])
    return at


@MANY
@given(rows(), place, minute)
def test_earliest_arrivals_are_those_of_a_search_by_time(of: list[Row], start: int, at: int) -> None:
    """Equal to Dijkstra over places and minutes, with a journey that can be ridden and arrives then."""
    table, expected = made(of), arrivals(of, start, at)
    tree = earliest(table, start, at)
    assert [int(a) for a in tree.arrives] == [expected.get(p, NEVER) for p in range(PLACES)]
    for p in expected:
        journey = tree.journey(p)
        assert rides(table, journey, start, at) == p
        assert p == start or table.arrives[journey[-1]] == expected[p]
        assert earliest(table, start, at, until=p).arrives[p] == expected[p]


@MANY
@given(rows(), place, minute)
def test_latest_departures_are_the_last_from_which_one_is_there_in_time(of: list[Row], end: int, due: int) -> None:
    """Ready at the minute that is told, an item is there in time; a minute later it isn't."""
    found = latest(made(of), end, due)
    for p in range(PLACES):
        if p == end:
            continue
        last = int(found.ready[p])
        if last >= 0:
            assert arrivals(of, p, last).get(end, NEVER) <= due
        assert arrivals(of, p, last + 1).get(end, NEVER) > due


@MANY
@given(rows(), place)
def test_profiles_are_the_earliest_arrivals_of_all_minutes(of: list[Row], end: int) -> None:
    """For each place and each minute of the day: what a scan from there says. Several profiles at once are those one by one."""
    table, minutes = made(of), np.arange(DAY + 14)
    found = profile(table, end)
    for p in range(PLACES):
        expected = [arrivals(of, p, int(m)).get(end, NEVER) for m in minutes]
        assert found.arrivals(p, minutes).tolist() == expected
    together = profiles(table, np.arange(PLACES))[end]
    assert all(np.array_equal(getattr(found, n), getattr(together, n)) for n in ("first", "departs", "arrives"))


@settings(max_examples=600)
@given(rows(11), place, minute)
def test_choices_are_those_of_every_journey_written_out(of: list[Row], start: int, at: int) -> None:
    """Time, cost and carbon: what no journey of all that can be ridden beats, each with a journey of these values."""
    table, expected = made(of), best(of, start, at)
    found = choices(table, start, at)
    first, fronts = found.fronts(np.arange(PLACES))
    for p in range(PLACES):
        assert np.array_equal(fronts[first[p] : first[p + 1]], found.values(p))
        values = [tuple(int(x) for x in v) for v in found.values(p)]
        assert len(values) == len(set(values)) and set(values) == expected.get(p, set())
        for label, value in zip(found.at(p), values, strict=True):
            journey = found.journey(int(label))
            assert rides(table, journey, start, at) == p
            told = (int(table.arrives[journey[-1]]) if journey else at, int(table.cost[journey].sum()), int(table.carbon[journey].sum()))  # fmt: skip
            assert told == value


@given(rows(), place, minute, st.integers(0, 30))
def test_who_leaves_earlier_is_never_later(of: list[Row], start: int, at: int, sooner: int) -> None:
    """First in, first out, for every place."""
    table = made(of)
    assert (earliest(table, start, max(0, at - sooner)).arrives <= earliest(table, start, at).arrives).all()


@given(rows(), row(), place, minute)
def test_one_more_lane_never_hurts(of: list[Row], more: Row, start: int, at: int) -> None:
    """With loads fixed, whatever is added: nobody arrives later."""
    assert (earliest(made([*of, more]), start, at).arrives <= earliest(made(of), start, at).arrives).all()


@given(rows(), place, minute, st.data())
def test_forbidden_connections_are_not_ridden(of: list[Row], start: int, at: int, data: st.DataObject) -> None:
    """What is left is a timetable of its own."""
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(of), max_size=len(of))), np.bool_)
    table = made(of)
    only = table.only(kept[table.row])
    assert earliest(only, start, at).arrives.tolist() == earliest(made([r for r, k in zip(of, kept, strict=True) if k]), start, at).arrives.tolist()  # fmt: skip


def test_bags_grow_as_they_must() -> None:
    """More labels than there was room for at first: 15 stages of a dear quick and a cheap slow connection, every sum of costs one choice."""
    stages = 15
    of = [
        (s, s + 1, 40_000 * s, 40_000 * s + 1, 40_000 * s + 2, 1 << s, (1 << stages) - (1 << s)) for s in range(stages)
    ]
    of += [(s, s + 1, 40_000 * s, 40_000 * s + 1, 40_000 * s + 2, 0, (1 << stages)) for s in range(stages)]
    found = choices(connections(stages + 1, *np.array(of).T), 0, 0)
    assert len(found.labels) > 1 << 15 and len(found.at(stages)) == 1 << stages


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({0: 9}, "source"), ({1: -1}, "target"), ({1: 0}, "target"), ({2: -5}, "departs"), ({3: 9}, "arrives"), ({4: 19}, "ready"),
        ({3: 10, 4: 10}, "ready"), ({5: -1}, "cost"), ({6: 1 << 30}, "carbon"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named(changed: dict[int, int], column: str) -> None:
    """Row, column, value and what is expected."""
    good, bad = [0, 1, 10, 20, 25, 3, 3], [0, 1, 10, 20, 25, 3, 3]
    for i, value in changed.items():
        bad[i] = value
    with pytest.raises(InputError) as caught:
        connections(PLACES, *np.array([good, bad]).T)
    told = str(caught.value)
    assert "2" in told and column in told and caught.value.next_step


def test_an_empty_timetable_leads_nowhere() -> None:
    """No connection: the start is reached, nothing else."""
    none = made([])
    assert earliest(none, 2, 7).arrives.tolist() == [NEVER, NEVER, 7, NEVER, NEVER]
    assert latest(none, 2, 7).ready.tolist() == [-1, -1, 7, -1, -1]
    assert choices(none, 2, 7).values(2).tolist() == [[7, 0, 0]] and not len(choices(none, 2, 7).at(1))
    assert profile(none, 2).arrivals(1, [5]).tolist() == [NEVER]
