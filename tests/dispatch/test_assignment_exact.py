"""A day's assignment beside exact programmes on small days."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings

from tests.dispatch.assignment_problems import Day, days, exact, problem
from yilu.dispatch.assignment.solving import solve
from yilu.dispatch.assignment.unsplit import unsplit

_SLOWLY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@_SLOWLY
@given(days())
def test_a_small_day_is_assigned_as_the_arc_flow_programme_has_it(day: Day) -> None:
    """Spilled, late and cost are those of the exact programme over a time-expanded network, each bound meets its value, and every capacity is kept."""
    of = problem(day)
    plan, (spilled, late, cost) = solve(of), exact(day)
    assert np.isclose(plan.spilled, spilled, atol=1e-5)
    assert np.isclose(plan.late, late, atol=1e-5)
    assert np.isclose(plan.cost, cost, atol=1e-4)
    assert (plan.load <= of.capacity + 1e-6).all()
    assert plan.bounds.spilled <= spilled + 1e-5 and plan.gap_items * of.items < 1e-4
    assert plan.bounds.cost <= cost + 1e-4 and plan.gap_cost * max(plan.cost, 1) < 1e-3


@_SLOWLY
@given(days(most_wanted=4))
def test_a_small_day_that_must_not_be_split_is_assigned_as_the_integer_programme_has_it(day: Day) -> None:
    """Whole commodities: spilled, late and cost are those of the exact integer programme, and splitting is never worse."""
    of = problem(day)
    split = solve(of)
    whole, (spilled, late, cost) = unsplit(split), exact(day, whole=True)
    assert whole.proven
    plan = whole.plan
    assert np.allclose([plan.spilled, plan.late, plan.cost], [spilled, late, cost], atol=1e-4)
    assert (plan.load <= of.capacity + 1e-6).all() and len(set(plan.flows.commodity.tolist())) == len(plan.flows)
    assert (split.spilled, round(split.late, 4)) <= (plan.spilled + 1e-6, round(plan.late, 4) + 1e-3)
