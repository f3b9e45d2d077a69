"""When a planner stops: any callable that takes a Progress; planners themselves read no clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a planner is: ``cost`` of the best plan so far (inf before the first), its proven ``bound`` (-inf before the first), ``rounds``."""

    cost: float
    bound: float
    rounds: int

    @property
    def gap(self) -> float:
        """(cost − bound) / |cost|: inf as long as either is missing, 0 where both are 0."""
        if self.cost == self.bound:
            return 0.0
        gap = (self.cost - self.bound) / max(abs(self.cost), 1e-12)
        return gap if gap == gap else float("inf")


Stop = Callable[[Progress], bool]


def after(seconds: float) -> Stop:
    """Stop when ``seconds`` have passed since the first question."""
    begun: list[float] = []

    def stop(_: Progress) -> bool:
        begun[:] = begun or [time.monotonic()]
        return time.monotonic() - begun[0] >= seconds

    return stop


def at_gap(gap: float) -> Stop:
    """Stop when the proven gap is ``gap`` or less (0.01 for one per cent)."""
    return lambda progress: progress.gap <= gap


def at_rounds(rounds: int) -> Stop:
    """Stop after so many rounds: the same plan on every machine."""
    return lambda progress: progress.rounds >= rounds


def either(*stops: Stop) -> Stop:
    """Stop when any of them says so; each is asked every time."""
    return lambda progress: any([stop(progress) for stop in stops])  # noqa: C419 - a clock must hear its first question
