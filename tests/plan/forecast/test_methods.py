"""The methods on series whose continuation is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.plan.forecast import METHODS, Series, series
from yilu.plan.forecast.kinds import KINDS, from_scale, to_scale
from yilu.plan.forecast.methods import SHRINK, Shared, combination, drift, shrunk, with_nation

SHARED = Shared()
YEARS = range(2015, 2026)


def grown(rate: float, years: range | list[int] = YEARS, start: float = 100.0, id: str = "s", **more: object) -> Series:
    """A volume that grows by one rate."""
    return series(id, list(years), [start * np.exp(rate * (y - 2015)) for y in years], "volume", **more)  # type: ignore[arg-type]


def test_drift_is_equal_growth() -> None:
    """The middle years don't matter, gaps don't either: first and last figure give the factor, by hand."""
    s = series("s", [2015, 2020, 2021, 2025], [60, 90, 20, 120], "volume")
    assert np.exp(drift(s, 10, SHARED))[-1] == pytest.approx(240)  # type: ignore[arg-type]
    assert np.exp(drift(s, 5, SHARED))[-1] == pytest.approx(120 * 2**0.5)  # type: ignore[arg-type]


def test_drift_of_months_keeps_the_season() -> None:
    """Of months: the same month a year before, and a year's mean growth for every year ahead."""
    months = np.arange(12 * 2023, 12 * 2025)
    season = 1 + 0.3 * np.sin(np.arange(24) % 12)
    s = Series("m", months, 100 * season * 1.2 ** (np.arange(24) // 12), "volume", 12)
    found = np.exp(drift(s, 24, SHARED))  # type: ignore[arg-type]
    assert found == pytest.approx(100 * np.tile(season[:12], 2) * np.repeat([1.2**2, 1.2**3], 12))
    assert drift(Series("m", months[:12], s.values[:12], "volume", 12), 3, SHARED) is None


@pytest.mark.parametrize("name", ["drift", "damped", "nation", "combination"])
def test_methods_on_equal_growth(name: str) -> None:
    """A province that grows evenly as the nation does: drift continues it; damped trend stays between the last figure and it; with the nation's own later figures known, the regression continues it whatever the smoothing."""
    nation = grown(0.1, range(2015, 2031), 900, "n")
    s = grown(0.1, covariate=nation)
    found = METHODS[name](s, 5, SHARED)
    line = s.scaled[-1] + 0.1 * np.arange(1, 6)
    assert found is not None
    if name in ("drift", "nation", "combination"):
        assert found == pytest.approx(line)
    else:
        assert (found < line).all() and (np.diff(found) > 0).all() and found[0] > s.scaled[-1]


def test_regression_is_shrunk_to_the_nation() -> None:
    """y = 0.05 + 2 x exactly, over ten years: both coefficients go 10 of (10 + SHRINK) of the way from (0, 1) to it. numpy's own least squares finds what is shrunk."""
    x = np.array([0.3, 0.1, 0.25, 0.05, 0.2])
    length = np.array([1.0, 3, 2, 1, 3])
    w = 10 / (10 + SHRINK)
    a, b = shrunk(x, 0.05 + 2 * x, length)
    assert b == pytest.approx(1 + w)
    assert a == pytest.approx(w * np.average(0.05 + 2 * x - b * x, weights=length))
    y = 0.1 + 0.5 * x + np.array([0.02, -0.01, 0.03, -0.02, 0.0])
    slope = np.polyfit(x, y, 1, w=np.sqrt(length))[0]
    assert shrunk(x, y, length)[1] == pytest.approx(1 + w * (slope - 1))


def test_few_spans_follow_the_nation() -> None:
    """With two spans in common b is 1: the province goes with the nation, moved by a part of how it differed."""
    x = np.array([0.2, 0.3])
    a, b = shrunk(x, x + 0.06, np.ones(2))
    assert b == 1 and a == pytest.approx(0.06 * 2 / (2 + SHRINK))


def test_the_nation_is_forecast_where_it_ends() -> None:
    """Nothing of the nation beyond what is known is used: cut at the origin, its damped trend goes on; and no nation, no forecast."""
    nation = grown(0.1, range(2015, 2031), 900, "n")
    s = grown(0.1, covariate=nation)
    cut = with_nation(s.until(2020), 5, SHARED)
    known = with_nation(Series(s.id, s.times[:6], s.values[:6], "volume", 1, nation), 5, SHARED)
    assert cut is not None and known is not None
    assert (cut < known).all() and known == pytest.approx(s.scaled[6:])
    assert with_nation(grown(0.1), 5, SHARED) is None


def test_combination_is_the_median() -> None:
    """Of three the middle one, of two the mean, of none none."""
    s = grown(0.1, covariate=grown(0.3, range(2015, 2031), 900, "n"))
    said = [METHODS[m](s, 4, SHARED) for m in ("drift", "damped", "nation")]
    assert combination(s, 4, SHARED) == pytest.approx(np.sort(said, axis=0)[1])
    alone = grown(0.1)
    two = [METHODS[m](alone, 4, SHARED) for m in ("drift", "damped")]
    assert combination(alone, 4, SHARED) == pytest.approx(np.mean(two, axis=0))
    assert combination(series("s", [2020], [1.0], "volume"), 4, SHARED) is None


@given(st.sampled_from(sorted(KINDS)), st.lists(st.floats(0.1, 99), min_size=2, max_size=11), st.integers(1, 10))
def test_no_forecast_leaves_its_bounds(kind: str, values: list[float], steps: int) -> None:
    """Whatever the figures, a share stays within 0 to 100 and a rate above 0, for every method; and the scale is reversible."""
    s = series("s", list(range(2015, 2015 + len(values))), values, kind)
    assert from_scale(kind, to_scale(kind, values)) == pytest.approx(values)
    for method in METHODS.values():
        said = method(s, steps, SHARED)
        if said is not None:
            ahead = from_scale(kind, said)
            assert np.isfinite(ahead).all() and (ahead >= 0).all()
            assert kind not in ("share", "points") or (ahead <= 100).all()


def test_edges_of_the_scales() -> None:
    """A share of 100 and a rate of 0 can be forecast; a volume of 0 or a share of 101 is refused by name."""
    assert np.isfinite(to_scale("share", [0, 100])).all()
    assert np.exp(to_scale("rate", [0, 4, 2])) == pytest.approx([1, 4, 2])
    for kind, value in (("volume", 0.0), ("share", 101.0), ("rate", -1.0)):
        with pytest.raises(ValueError, match="s: "):
            series("s", [2020, 2021], [5.0, value], kind)


@pytest.mark.parametrize(
    ("times", "values", "more", "says"),
    [
        ([2020, 2020], [1, 2], {}, "times must rise"),
        ([2020, 2021], [1], {}, "2 times for 1 values"),
        ([2020, 2021], [1, 2], {"period": 4}, "period"),
        ([2020, 2021], [1, 2], {"covariate": series("n", [1, 2], [1, 2], "volume", period=12)}, "n has another period"),
    ],
)
def test_faulty_series_are_named(times: list, values: list, more: dict, says: str) -> None:
    """A year twice, lengths that differ, an unknown period, a nation's series of months beside years."""
    with pytest.raises(ValueError, match=f"s: .*{says}"):
        series("s", times, values, "volume", **more)
    assert series("s", [2020, 2021], [1, float("nan")], "volume").times.tolist() == [2020]
