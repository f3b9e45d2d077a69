"""When a planner stops. A stopping rule is any callable that takes the `Progress` so far and says whether that is enough; planners themselves know no clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """``cost``: of the best plan so far (inf: none yet); ``bound``: what no plan can undercut (-inf: none yet); ``iterations``: steps done, of whatever the planner counts."""

    cost: float
    bound: float
    iterations: int

    @property
    def gap(self) -> float:
        """How far the cost may be above the best, as a share of the cost; 0 when both are equal, inf when either is unknown."""
        return gap(self.cost, self.bound)


Stop = Callable[[Progress], bool]


def gap(cost: float, bound: float) -> float:
    """(cost - bound) / |cost|, not below 0."""
    if cost <= bound:
        return 0.0
    if not (math.isfinite(cost) and math.isfinite(bound)):
        return math.inf
    return (cost - bound) / abs(cost) if cost else math.inf


def never(_: Progress) -> bool:
    """Go on until nothing is left to do."""
    return False


def after(seconds: float) -> Stop:
    """Stop once so many seconds have gone by since the rule was first asked. ValueError: not a finite number of seconds, or below 0."""
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"seconds: a finite number from 0 on expected, got {seconds!r}")
    begun: list[float] = []

    def rule(_: Progress) -> bool:
        now = time.monotonic()
        if not begun:
            begun.append(now)
        return now - begun[0] >= seconds

    return rule


def after_iterations(iterations: int) -> Stop:
    """Stop once so many steps are done: the same on every machine. ValueError: below 0."""
    if iterations < 0:
        raise ValueError(f"iterations: a number from 0 on expected, got {iterations!r}")
    return lambda progress: progress.iterations >= iterations


def at_gap(share: float) -> Stop:
    """Stop once the gap is at most ``share`` (0.001: a thousandth of the cost). ValueError: below 0 or no number."""
    if not share >= 0:
        raise ValueError(f"share: a number from 0 on expected, got {share!r}")
    return lambda progress: progress.gap <= share


def either(*rules: Stop) -> Stop:
    """Stop as soon as one of the rules says so; each is asked every time, so that all clocks run."""

    def rule(progress: Progress) -> bool:
        said = [each(progress) for each in rules]
        return any(said)

    return rule
