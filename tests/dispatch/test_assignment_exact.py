"""A day's assignment beside exact programmes on small days."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings

from tests.dispatch.assignment_problems import Day, days, exact, problem
from yilu.dispatch.assignment.solving import solve

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
