"""Stopping rules say stop when they must, and refuse what can't be."""

from __future__ import annotations

import math

import pytest

from yilu.design import stop
from yilu.design.stop import Progress, after, after_iterations, at_gap, either, never


def test_gap() -> None:
    """A share of the cost; 0 where both are equal, also at 0; unknown is infinite."""
    assert Progress(100.0, 90.0, 1).gap == pytest.approx(0.1)
    assert Progress(0.0, 0.0, 1).gap == 0 and Progress(5.0, 6.0, 1).gap == 0
    assert Progress(math.inf, 1.0, 1).gap == Progress(1.0, -math.inf, 1).gap == math.inf


def test_after_counts_from_the_first_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock starts when the planner does, not when the rule is made."""
    now = [100.0]
    monkeypatch.setattr(stop.time, "monotonic", lambda: now[0])
    rule, progress = after(5), Progress(1.0, 0.0, 0)
    now[0] = 200.0
    assert not rule(progress)
    now[0] = 204.9
    assert not rule(progress)
    now[0] = 205.0
    assert rule(progress)


def test_either_asks_all() -> None:
    """One rule is enough, and no clock waits for another rule."""
    asked = []

    def rule(progress: Progress) -> bool:
        asked.append(progress)
        return False

    assert either(after_iterations(3), rule)(Progress(1.0, 0.0, 3)) and len(asked) == 1
    assert not either(never, at_gap(0.1))(Progress(10.0, 8.0, 3)) and either(never, at_gap(0.2))(Progress(10.0, 8.0, 3))


@pytest.mark.parametrize("wrong", [-1.0, math.inf, math.nan])
def test_wrong_limits_are_refused(wrong: float) -> None:
    """No rule is made of a limit that can't be."""
    with pytest.raises(ValueError):
        after(wrong)
    with pytest.raises(ValueError):
        at_gap(-abs(wrong))
