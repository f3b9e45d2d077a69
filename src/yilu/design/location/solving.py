"""Problem → solve → plan, for both problems."""

from __future__ import annotations

from typing import overload

from yilu.design.location.capacitated import solve_location
from yilu.design.location.median import solve_median
from yilu.design.location.plans import LocationPlan, MedianPlan
from yilu.design.location.problems import LocationProblem, MedianProblem
from yilu.design.stop import Stop, never


@overload
def solve(problem: MedianProblem, *, stop: Stop = ..., seed: int = ...) -> MedianPlan:
    """Of a p-median problem."""


@overload
def solve(problem: LocationProblem, *, stop: Stop = ..., seed: int = ...) -> LocationPlan:
    """Of a capacitated problem."""


def solve(problem: MedianProblem | LocationProblem, *, stop: Stop = never, seed: int = 0) -> MedianPlan | LocationPlan:
    """See `solve_median` and `solve_location`."""
    if isinstance(problem, MedianProblem):
        return solve_median(problem, stop=stop, seed=seed)
    return solve_location(problem, stop=stop, seed=seed)
