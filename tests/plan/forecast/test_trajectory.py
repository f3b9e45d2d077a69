"""Paths of targets, and where figures stand against them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.plan.forecast import Trajectory, met, standing

VOLUME = Trajectory("volume", 2020, 237.5, 2025, 500)
SHARE = Trajectory("share", 2020, 80, 2025, 100)
RATE = Trajectory("rate", 2020, 3.14, 2025, 2, "at_most")


def test_growth_of_the_plan() -> None:
    """The path's yearly growth is what the plan prints beside its targets: 16.1, 16.8, 13.4, 14.5 %; of a share it is points a year."""
    for baseline, target, printed in (
        (237.5, 500, 16.1),
        (220.8, 480, 16.8),
        (2401.5, 4500, 13.4),
        (2182.5, 4300, 14.5),
    ):
        assert 100 * Trajectory("volume", 2020, baseline, 2025, target).growth == pytest.approx(printed, abs=0.05)
    assert SHARE.growth == 4


def test_paths_by_kind() -> None:
    """Volumes follow equal growth (year by year the same factor), shares equal steps; neither says anything outside of its years."""
    path = VOLUME.at([2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026])
    assert np.isnan(path[[0, -1]]).all()
    assert path[1] == 237.5 and path[-2] == pytest.approx(500)
    assert path[2:-1] / path[1:-2] == pytest.approx([1 + VOLUME.growth] * 5)
    assert SHARE.at([2020, 2022, 2025]).tolist() == [80, 88, 100]


@given(st.floats(10, 1000), st.floats(10, 1000), st.integers(2021, 2030), st.floats(0, 1))
def test_on_the_path_nothing_is_ahead_or_behind(baseline: float, target: float, due: int, share: float) -> None:
    """A figure on the path has no gap and no lead, its way is its share of time, and what is still needed is the path's own growth."""
    for kind in ("volume", "count"):
        path = Trajectory(kind, 2020, baseline, due, target)
        year = 2020 + int(share * (due - 2020))
        s = standing(path, year, float(path.at(year)))
        assert s.gap == pytest.approx(0, abs=1e-9 * target) and s.ratio == pytest.approx(1)
        if abs(target - baseline) > 1e-3 * baseline:
            assert s.way == pytest.approx(s.time, abs=1e-6) and s.lead == pytest.approx(0, abs=1e-5)
        assert math.isnan(s.needed) if year == due else s.needed == pytest.approx(path.growth, abs=1e-9 * target)


def test_ahead_and_behind() -> None:
    """A year early and a year late by hand; for a rate that is to fall, below the path is ahead."""
    early = standing(VOLUME, 2022, float(VOLUME.at(2023)))
    assert early.lead == pytest.approx(1) and early.kept and early.gap > 0
    assert early.needed < VOLUME.growth
    late = standing(SHARE, 2023, 88)
    assert late.lead == pytest.approx(-1) and late.kept is False and late.needed == 6
    assert standing(RATE, 2022, 2.4).kept and standing(RATE, 2022, 2.4).lead > 0
    assert standing(RATE, 2022, 3.0).kept is False and standing(RATE, 2022, 3.5).way < 0


def test_without_a_baseline_only_the_target_speaks() -> None:
    """Where the plan gives no baseline there is no path before the due year, and no verdict from one."""
    path = Trajectory("count", 2020, None, 2025, 50)
    assert np.isnan(path.at([2020, 2024])).all() and path.at(2025) == 50
    s = standing(path, 2023, 41)
    assert s.kept is None and math.isnan(s.way) and s.needed == 4.5
    assert standing(path, 2025, 51).kept


def test_meeting_a_target() -> None:
    """With and without the target itself, upwards and downwards."""
    cases = {
        "at_least": (False, True, True),
        "above": (False, False, True),
        "at_most": (True, True, False),
        "below": (True, False, False),
    }
    for comparator, expected in cases.items():
        path = Trajectory("count", 2020, 40, 2025, 50, comparator)
        assert tuple(met(path, v) for v in (49, 50, 51)) == expected


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("volume", 2025, 100, 2025, 200), "not after"),
        (("volume", 2020, 0, 2025, 200), "above 0"),
        (("tonnes", 2020, 1, 2025, 2), "unknown kind"),
        (("volume", 2020, 1, 2025, 2, "about"), "unknown comparator"),
    ],
)
def test_faulty_targets_are_named(arguments: tuple, says: str) -> None:
    """A baseline after its due date, growth from nothing, an unknown kind or comparator: said when the target is made."""
    with pytest.raises(ValueError, match=says):
        Trajectory(*arguments)


def test_faulty_figures_are_named() -> None:
    """A figure of a year after due or of nothing has no standing."""
    with pytest.raises(ValueError, match="after the due year"):
        standing(VOLUME, 2026, 300)
    with pytest.raises(ValueError, match="above 0"):
        standing(VOLUME, 2022, 0)
