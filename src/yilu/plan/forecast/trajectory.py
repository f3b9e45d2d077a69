"""The path that a target implies between its baseline and its due year, and where a figure stands against it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.plan.forecast.kinds import kind_of

COMPARATORS: dict[str, tuple[str, str]] = {
    "at_least": ("不低于", "at least"),
    "above": ("高于", "above"),
    "at_most": ("不高于", "at most"),
    "below": ("低于", "below"),
}
"""How a target is meant: more is better, with or without the target itself, or less is."""
UPWARD = ("at_least", "above")


@dataclass(frozen=True)
class Trajectory:
    """A target with its path: from ``baseline`` in ``since`` to ``target`` in ``due``. ``baseline`` None: the plan gives none, there is no path but the target itself.

    ValueError: unknown kind or comparator, a due year not after the baseline's, equal growth from or to 0.
    """

    kind: str
    since: int
    baseline: float | None
    due: int
    target: float
    comparator: str = "at_least"

    def __post_init__(self) -> None:
        if self.comparator not in COMPARATORS:
            raise ValueError(f"unknown comparator {self.comparator!r}; there are {', '.join(COMPARATORS)}")
        if self.due <= self.since:
            raise ValueError(f"due in {self.due}, which is not after the baseline's year {self.since}")
        if kind_of(self.kind).geometric and (self.target <= 0 or (self.baseline is not None and self.baseline <= 0)):
            raise ValueError("equal growth needs a baseline and a target above 0")

    @property
    def growth(self) -> float:
        """What the path adds in a year: a rate (0.16 is 16 %) for equal growth, units for equal steps; NaN without a baseline."""
        if self.baseline is None:
            return math.nan
        years = self.due - self.since
        if kind_of(self.kind).geometric:
            return float((self.target / self.baseline) ** (1 / years) - 1)
        return (self.target - self.baseline) / years

    def at(self, years: ArrayLike) -> NDArray[np.float64]:
        """The path in years (any shape, whole or between); NaN outside of baseline to due, and before due where there is no baseline."""
        t = np.asarray(years, dtype=np.float64)
        if self.baseline is None:
            return np.where(t == self.due, self.target, np.nan)
        share = (t - self.since) / (self.due - self.since)
        if kind_of(self.kind).geometric:
            path = self.baseline * (self.target / self.baseline) ** share
        else:
            path = self.baseline + (self.target - self.baseline) * share
        return np.where((t >= self.since) & (t <= self.due), path, np.nan)


@dataclass(frozen=True)
class Standing:
    """Where a figure stands. NaN where the plan gives no baseline, or where nothing can be said.

    ``expected``: the path in that year; ``gap``: figure − expected; ``ratio``: figure ÷ expected; ``way``: share of the way from baseline to target that is covered, ``time``: share of the years that are over;
    ``needed``: what each year until due must still add, as `Trajectory.growth` counts it; ``lead``: years by which it is ahead of the path, negative behind; ``kept``: not worse than the path, None where there is none.
    """

    expected: float
    gap: float
    ratio: float
    way: float
    time: float
    needed: float
    lead: float
    kept: bool | None


def standing(path: Trajectory, year: int, value: float) -> Standing:
    """Where ``value`` of ``year`` stands against a target's path. ValueError: a year after due, a figure that its kind can't have."""
    if year > path.due:
        raise ValueError(f"{year} lies after the due year {path.due}")
    geometric = kind_of(path.kind).geometric
    if not math.isfinite(value) or (geometric and value <= 0):
        raise ValueError(f"a finite figure{' above 0' if geometric else ''} expected, got {value:g}")
    expected = float(path.at(year))
    left = path.due - year
    if left == 0:
        needed = math.nan
    elif geometric:
        needed = (path.target / value) ** (1 / left) - 1
    else:
        needed = (path.target - value) / left
    years = path.due - path.since
    way, time = _way(path, value, geometric), (year - path.since) / years
    better = value >= expected if path.comparator in UPWARD else value <= expected
    return Standing(
        expected,
        value - expected,
        value / expected if expected else math.nan,
        way,
        time if path.baseline is not None else math.nan,
        needed,
        (way - time) * years,
        None if math.isnan(expected) else better,
    )


def met(path: Trajectory, value: float) -> bool:
    """Whether a figure is as the target wants it."""
    if value == path.target:
        return path.comparator in ("at_least", "at_most")
    return (value > path.target) == (path.comparator in UPWARD)


def _way(path: Trajectory, value: float, geometric: bool) -> float:
    if path.baseline is None or path.target == path.baseline:
        return math.nan
    if geometric:
        return math.log(value / path.baseline) / math.log(path.target / path.baseline)
    return (value - path.baseline) / (path.target - path.baseline)
