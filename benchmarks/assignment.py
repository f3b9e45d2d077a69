"""A day of Guangdong assigned to its generated timetable, at several loads: how far the plan is from what is proven, and how long that takes. ``./do bench routes`` runs it too."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from benchmarks.machine import run, say
from yilu.dispatch.assignment.day import AssignmentDay, assignment_day
from yilu.dispatch.assignment.problem import AssignmentProblem
from yilu.dispatch.assignment.solving import Effort, solve
from yilu.dispatch.promise import laid_out
from yilu.network import load

_DAY = date(2025, 11, 11)
_LOADS = (0.7, 1.0, 1.5)
_QUICK_ENDS = 8
_BRIEF = Effort(spilled=((2.0, 80), (1.0, 40)), late=((0.3, 40),), cost=((0.5, 40), (0.1, 60), (0.03, 80), (0.01, 60)))


def measure(quick: bool) -> dict[str, Any]:
    """The figures: the worst of the loads."""
    timetable, ends = laid_out(load("guangdong"), _DAY)
    day = assignment_day(timetable, ends)
    found = [
        of_load(_some(day) if quick else day.problem, scale, quick) for scale in (_LOADS[1:2] if quick else _LOADS)
    ]
    return {name: max(f[name] for f in found) for name in ("assign_gap_items", "assign_gap_cost", "assign_s")}


def of_load(whole: AssignmentProblem, scale: float, quick: bool) -> dict[str, float]:
    """One load assigned."""
    of = whole.scaled(scale)
    begun = time.perf_counter()
    plan = solve(of, effort=_BRIEF if quick else None)
    took = time.perf_counter() - begun
    assert (plan.load <= of.capacity * (1 + 1e-9) + 1e-6).all(), "a capacity is broken"
    say(
        f"{len(of.commodities):,} commodities at {scale}: {took:.0f} s; spilled {plan.spilled:,.0f} (at least {plan.bounds.spilled:,.0f}), late {plan.late:,.0f} ({plan.bounds.late:,.0f}), "
        f"{plan.cost:,.0f} yuan ({plan.bounds.cost:,.0f}); gaps {100 * plan.gap_items:.2f} % of items, {100 * plan.gap_cost:.2f} % of cost"
    )
    return {"assign_gap_items": plan.gap_items, "assign_gap_cost": plan.gap_cost, "assign_s": took}


def _some(day: AssignmentDay) -> AssignmentProblem:
    """What goes to the first ends only."""
    c = day.problem.commodities
    return day.problem.of_commodities((c.sweep < _QUICK_ENDS).nonzero()[0])


if __name__ == "__main__":
    run(measure, "A day's flows assigned to the timetable, beside their bounds.")
