"""Damped trend and its season: statsmodels' figures, closed forms, gaps, and when smoothing is fitted."""

from __future__ import annotations

import numpy as np
import pytest

from yilu.plan.forecast.damped import ENOUGH, YEARLY, Smoothing, State, ahead, begin, damped, fitted, regular, smoothed


def test_as_statsmodels_has_it() -> None:
    """ETS(A,Ad,N) with given parameters and first state: one-step forecasts and five ahead as `ETSModel.smooth` of statsmodels 0.15.0 gives them."""
    y = np.array([10.0, 12, 11, 13, 16, 15, 18, 21, 20])
    state, errors = smoothed(y, Smoothing(0.6, 0.3, 0.9), State(9.0, 1.0, np.zeros(1)))
    assert y - errors == pytest.approx(
        [9.9, 10.797, 12.59691, 12.1778973, 13.37834662, 16.29565399, 16.37831883, 18.56323295, 21.77393517], rel=1e-8
    )
    assert ahead(state, 0.9, 5) == pytest.approx(
        [21.80438936, 22.78972312, 23.6765235, 24.47464385, 25.19295216], rel=1e-8
    )
    assert float(np.sum(errors**2)) == pytest.approx(24.949498542306884, rel=1e-12)


def test_season_as_statsmodels_has_it() -> None:
    """ETS(A,Ad,A) of period 4 likewise: 13 figures, so the phase at the end is not the first one."""
    y = np.array([5.0, 6.1, 7.2, 4.1, 5.6, 6.9, 8.0, 4.4, 6.0, 7.4, 8.9, 5.2, 6.7])
    state, errors = smoothed(y, Smoothing(0.5, 0.1, 0.9, 0.2), State(5.5, 0.2, np.array([-0.5, 0.3, 1.2, -1.0])))
    assert (y - errors)[:6] == pytest.approx([5.18, 6.0358, 7.104898, 5.08430638, 5.08623726, 6.26527294], rel=1e-8)
    assert ahead(state, 0.9, 6) == pytest.approx(
        [7.71092551, 8.68523952, 5.71276359, 6.95440467, 7.94512431, 8.89601844], rel=1e-8
    )
    assert float(np.sum(errors**2)) == pytest.approx(4.772103561781604, rel=1e-12)


def test_a_trend_fades_as_its_geometric_sum() -> None:
    """From level l and trend b the forecast tends to l + b φ ÷ (1 − φ), never beyond; without damping it is a line."""
    far = ahead(State(3.0, 0.5, np.zeros(1)), 0.9, 400)
    assert far[0] == pytest.approx(3.45) and far[-1] == pytest.approx(3 + 0.5 * 9)
    assert (np.diff(far) >= 0).all()
    assert ahead(State(3.0, 0.5, np.zeros(1)), 1.0, 3) == pytest.approx([3.5, 4.0, 4.5])


def test_a_gap_is_bridged_by_equal_growth() -> None:
    """Years in a gap are known only by what they grew together: a series on a line with holes continues as the one without."""
    times = np.array([2015, 2018, 2020, 2021])
    assert regular(times, 0.1 * (times - 2015.0), bridged=True) == pytest.approx(0.1 * np.arange(7))
    whole = np.arange(2015, 2022)
    a = damped(times, 0.1 * (times - 2015.0), 1, 5, YEARLY)
    assert a == pytest.approx(damped(whole, 0.1 * (whole - 2015.0), 1, 5, YEARLY))
    assert np.isnan(regular(times, np.ones(4), bridged=False)).sum() == 3


def test_a_missing_month_moves_nothing() -> None:
    """A month without a figure goes by with its forecast as its value: error 0, season kept."""
    first = State(10.0, 0.1, np.arange(12) - 5.5)
    y = ahead(first, 1.0, 30)
    holes = y.copy()
    holes[[4, 17, 18]] = np.nan
    by = Smoothing(0.5, 0.1, 1.0, 0.2)
    a, b = smoothed(y, by, first)[0], smoothed(holes, by, first)[0]
    assert a.level == pytest.approx(b.level) and a.seasons == pytest.approx(b.seasons)
    assert np.isnan(smoothed(holes, by, first)[1]).sum() == 3


def test_months_begin_with_a_line_and_means() -> None:
    """An exact line with a season is found from its first two years, and continued without error."""
    months = np.arange(24300, 24300 + 30)
    season = np.sin(np.arange(12))
    y = 2 + 0.02 * np.arange(1, 31) + season[np.arange(30) % 12]
    state, _ = begin(y, 12)
    assert state.trend == pytest.approx(0.02) and state.seasons == pytest.approx(season - season.mean())
    expected = 2 + 0.02 * np.arange(31, 55) + season[np.arange(30, 54) % 12]
    assert damped(months, y, 12, 24, Smoothing(0.5, 0.05, 1.0, 0.2)) == pytest.approx(expected)


def test_too_little_to_begin_with() -> None:
    """One figure has no trend; a year of months has no season to tell from its trend."""
    with pytest.raises(ValueError, match="two figures"):
        begin(np.array([1.0]), 1)
    with pytest.raises(ValueError, match="every month"):
        begin(np.ones(13), 12)


def test_smoothing_is_fitted_only_where_there_is_enough() -> None:
    """Few errors: the stated smoothing. Many series whose growth turns at once: the one that follows at once."""
    rng = np.random.default_rng(7)
    group = []
    for _ in range(20):
        growth = np.cumsum(rng.normal(0, 0.2, 11)) + 0.3
        group.append((np.arange(2015, 2026), np.cumsum(growth)))
    found = fitted(group, 1)
    assert found.level == 1.0 and found.trend == 0.5 and found.damping >= 0.9
    assert fitted(group[:2], 1) == YEARLY
    assert ENOUGH > 2 * 9
