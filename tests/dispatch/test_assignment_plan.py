"""Plans of larger days than can be written out: bounds below, capacities kept, the same whatever the cores; and what is made of a plan."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dispatch.assignment_problems import Day, Departure, Wanted, Wave, days, exact, problem
from yilu.dispatch.assignment import solving
from yilu.dispatch.assignment import unsplit as whole_commodities
from yilu.dispatch.assignment.ascent import Budget, bound
from yilu.dispatch.assignment.loading import loaded
from yilu.dispatch.assignment.plan import AssignmentPlan
from yilu.dispatch.assignment.pricing import Prices, by_sweep, journeys, values
from yilu.dispatch.assignment.problem import AssignmentProblem
from yilu.dispatch.assignment.smoothing import parts, spread
from yilu.dispatch.assignment.solving import Effort, Progress, solve
from yilu.errors import InputError

_SOME = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
_BRIEF = Effort(spilled=((0.5, 15), (0.1, 15)), late=((0.1, 15),), cost=((0.05, 15), (0.01, 15)))


@pytest.fixture
def by_prices_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No day is small enough to be closed by columns."""
    monkeypatch.setattr(solving, "_SMALL", 0)


def _valid(plan: AssignmentPlan) -> None:
    """Capacities kept, every commodity carried or spilled once, paths that lead from its start to its end."""
    of, f = plan.problem, plan.flows
    assert (plan.load <= of.capacity * (1 + 1e-9) + 1e-6).all()
    assert (f.carried(of) <= of.commodities.items * (1 + 1e-9) + 1e-9).all()
    assert np.isclose(f.items.sum() + plan.spilled, of.items)
    e, c, s = of.events, of.commodities, of.sweeps
    for p in range(len(f)):
        k = int(f.commodity[p])
        steps = f.events[f.first[p] : f.first[p + 1]].tolist()
        at, n, cost = int(c.start[k]), int(c.start_days[k]), 0.0
        for step in steps:
            for _ in range(len(e)):
                if at == step:
                    break
                n, cost, at = n + int(e.wait_days[at]), cost + of.holding * int(e.wait_minutes[at]), int(e.wait[at])
            assert at == step and of.usable[s.kind[c.sweep[k]], step]
            cost += float(e.cost[step])
            there = 1440 * n + int(e.arrives[step])
            if e.end[step] < 0:
                n, at = n + int(e.then_days[step]), int(e.then[step])
        due = 1440 * int(c.days[k]) + int(s.due[c.sweep[k]])
        assert e.end[steps[-1]] == s.end[c.sweep[k]]
        assert bool(f.late[p]) == (there > due) and there <= due + 1440 * of.late_days
        # Equal paths of a commodity on one day are the same path; one that waits a day longer on the way costs more, and stands beside it.
        assert f.cost[p] >= cost - 1e-9


@_SOME
@given(days(), st.lists(st.floats(0, 3), min_size=30, max_size=30), st.floats(0, 3), st.floats(0, 3))
def test_any_prices_bound_every_aim_from_below(day: Day, rows: list[float], spill: float, late: float) -> None:
    """Whatever the prices, the dual is never above the exact spilled, late (of plans that spill no more) and cost (of plans that do neither worse)."""
    of = problem(day)
    order, (spilled, came_late, cost) = by_sweep(of), exact(day)
    priced = np.resize(np.array(rows), len(of.capacity))
    assert bound(of, order, Prices(priced, 1.0, 0.0, 0.0), Budget()) <= spilled + 1e-5
    assert bound(of, order, Prices(priced, spill, 1.0, 0.0), Budget(spilled)) <= came_late + 1e-5
    assert bound(of, order, Prices(priced, spill, late, 1.0), Budget(spilled, came_late)) <= cost + 1e-4


@_SOME
@given(days())
def test_prices_alone_give_a_plan_that_keeps_every_capacity_and_bounds_below_the_exact_values(day: Day) -> None:
    """Without columns: paths are ways that can be gone, spilled is never below the exact value nor its bound above it."""
    of = problem(day)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "_SMALL", 0)
        plan = solve(of, effort=_BRIEF)
    _valid(plan)
    spilled, late, cost = exact(day)
    assert plan.bounds.spilled - 1e-5 <= spilled <= plan.spilled + 1e-5
    assert plan.bounds.late <= plan.late + 1e-5 and plan.bounds.cost <= plan.cost + 1e-4
    # No plan that does neither worse is cheaper than the bound: where ours spills and delays the least, the exact one is such a plan.
    if np.isclose(plan.spilled, spilled, atol=1e-6) and np.isclose(plan.late, late, atol=1e-6):
        assert plan.bounds.cost <= cost + 1e-4


@_SOME
@given(days())
def test_spreading_at_a_low_temperature_is_the_cheapest_way(day: Day) -> None:
    """The soft value is never above the least price and comes to it as it gets colder; its gradient is the load."""
    of = problem(day)
    order, rows = by_sweep(of), np.linspace(0, 1, len(of.capacity))
    prices = Prices(rows, 5.0, 2.0, 1.0)
    least = float(of.commodities.items @ values(of, order, prices))
    warm, cold = spread(of, order, prices, 0.5), spread(of, order, prices, 1e-4)
    assert warm.value <= cold.value + 1e-9 <= least + 1e-6 and np.isclose(cold.value, least, atol=0.05)
    r, step = int(np.argmax(warm.loads)), 1e-4
    up, down = (spread(of, order, replace(prices, rows=rows + sign * step * (np.arange(len(rows)) == r)), 0.5) for sign in (1, -1))  # fmt: skip
    assert np.isclose((up.value - down.value) / (2 * step), warm.loads[r], rtol=1e-3, atol=1e-4)


@_SOME
@given(days(), st.floats(0.01, 2))
def test_parts_load_every_row_as_the_spread_does(day: Day, temperature: float) -> None:
    """Taken apart into journeys, the expected flows keep their loads, what is spilled and late, and their cost: nothing is rounded."""
    of = problem(day)
    order, prices = by_sweep(of), Prices(np.linspace(0, 1, len(of.capacity)), 5.0, 2.0, 1.0)
    told, made = spread(of, order, prices, temperature), parts(of, order, prices, temperature)
    inside = np.arange(made.steps.shape[1]) < made.length[:, None]
    row = of.events.row[made.steps[inside]]
    loads = np.bincount(row[row >= 0], np.repeat(made.items, made.length)[row >= 0], len(of.capacity))
    assert np.allclose(loads, told.loads, rtol=1e-4, atol=1e-4)
    assert np.isclose(of.items - made.items.sum(), told.spilled, atol=1e-6)
    assert np.isclose(made.items @ made.late, told.late, rtol=1e-4, atol=1e-4)
    assert np.isclose(made.items @ made.cost, told.cost, rtol=1e-4, atol=1e-4)


def test_dear_ways_are_taken_only_for_more_than_may_stay() -> None:
    """Three of five items find the cheap departure full: they stay where so many may and the other way costs more than spilling is priced, and go where none may stay."""
    rides = (Departure(2, 0, 540, 60, 9.0, 0.5, False), Departure(0, 3, 900, 60, 2.0, 0.5, False), Departure(0, 3, 960, 60, 9.0, 100.0, False))  # fmt: skip
    of = problem(Day(rides, (Wave(0, 780, 45, 9.0),), (Wanted(2, 480, 3, 1, 1200, False, 5.0),)))
    order, prices = by_sweep(of), Prices(np.zeros(len(of.capacity)), 10.0, 2.0, 1.0)
    planned = parts(of, order, prices, 0.1)
    carried = [loaded(of, order, planned, prices, 0, spare=spare).items.sum() for spare in (3.0, 0.0)]
    assert np.allclose(carried, (2.0, 5.0))


def _day() -> Day:
    """A day with spill and lateness, from the plain words of the small ones."""
    rides = tuple(Departure(a, b, 60 * h, 60, float(r), 0.5, False) for a, b, h, r in ((2, 0, 9, 9), (3, 0, 10, 9), (4, 1, 11, 9), (0, 2, 15, 5), (0, 2, 17, 3), (0, 3, 16, 4), (1, 4, 14, 3), (0, 1, 18, 5), (1, 0, 20, 5)))  # fmt: skip
    waves = (Wave(0, 13 * 60, 45, 12.0), Wave(0, 23 * 60, 45, 12.0), Wave(1, 12 * 60, 60, 9.0))
    wanted = tuple(Wanted(a, 480, b, 1, 1200, False, float(q)) for a, b, q in ((2, 3, 3), (2, 4, 4), (3, 2, 6), (3, 4, 3), (4, 2, 5), (4, 3, 2)))  # fmt: skip
    return Day(rides, waves, wanted)


def test_one_core_and_two_give_the_same_plan(by_prices_alone: None) -> None:
    """Loads, bounds and prices are equal to the last digit on one thread and on all, and with the same seed twice."""
    of, threads = problem(_day()), numba.get_num_threads()
    first = solve(of, seed=3, effort=_BRIEF)
    numba.set_num_threads(1)
    try:
        second = solve(of, seed=3, effort=_BRIEF)
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(first.load, second.load) and first.bounds == second.bounds
    assert np.array_equal(first.prices.rows, second.prices.rows)


def test_a_run_that_is_stopped_tells_what_it_has(by_prices_alone: None) -> None:
    """Stopped at the third step: no fourth is taken, what is found then is told once, and the plan is one with bounds."""
    seen = list[Progress]()

    def stop(known: Progress) -> bool:
        seen.append(known)
        return len(seen) >= 3

    plan = solve(problem(_day()), stop=stop, effort=_BRIEF)
    assert [s.done for s in seen] == [1, 2, 3, 3] and seen[-1].spilled == plan.spilled
    _valid(plan)
    assert plan.bounds.spilled <= exact(_day())[0] + 1e-6


def test_commodities_too_many_to_write_out_go_whole_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is split, nothing overloaded, nothing called proven, and no better than the exact integer programme."""
    monkeypatch.setattr(whole_commodities, "MOST_JOURNEYS", 0)
    found = whole_commodities.unsplit(solve(problem(_day())))
    _valid(found.plan)
    assert not found.proven and len(set(found.plan.flows.commodity.tolist())) == len(found.plan.flows)
    assert np.isin(found.plan.flows.items, found.plan.problem.commodities.items).all()
    assert found.plan.spilled >= exact(_day(), whole=True)[0] - 1e-6


def test_more_items_never_spill_less() -> None:
    """Three times the items of a day spill more, and its bound says so."""
    of = problem(_day())
    usual, busy = solve(of), solve(of.scaled(3.0))
    assert busy.spilled > usual.spilled and busy.bounds.spilled > usual.bounds.spilled


def _broken(of: AssignmentProblem, **columns: object) -> AssignmentProblem:
    return replace(of, events=replace(of.events, **columns))  # type: ignore[arg-type]


def test_a_problem_that_cannot_be_is_refused_by_row_and_column() -> None:
    """An event before the one that it follows, a row that isn't there, a negative capacity and a scale of nothing each name themselves."""
    of = problem(_day())
    with pytest.raises(InputError, match="an event, later"):
        _broken(of, then=np.zeros(len(of.events), np.int32), then_days=np.zeros(len(of.events), np.int32))
    with pytest.raises(InputError, match="a row of capacity"):
        _broken(of, row=np.full(len(of.events), 99, np.int32))
    with pytest.raises(InputError, match="0 or more"):
        replace(of, capacity=-of.capacity)
    with pytest.raises(InputError, match="above 0"):
        of.scaled(0.0)


def test_a_tie_goes_to_the_journey_of_fewer_events() -> None:
    """At no prices at all no item goes to and fro between the sorting places for nothing."""
    of = problem(_day())
    found = journeys(of, by_sweep(of), Prices(np.zeros(len(of.capacity)), 1.0, 0.0, 0.0))
    assert found.length.max() <= 5
