"""Spreads, intervals and chances: against scipy's distributions and against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from yilu.plan.forecast.intervals import PRIOR, chance_above, quantile, spread, widening
from yilu.plan.forecast.kinds import KINDS


def test_without_errors_the_assumption_stands() -> None:
    """No error known: the assumed spread, with the degrees it weighs."""
    s = spread("volume", 1, np.empty(0), np.empty(0, np.int64))
    assert (s.scale, s.degrees, s.cases, s.times) == (pytest.approx(KINDS["volume"].spread), PRIOR, 0, 0)
    assert spread("volume", 12, np.empty(0), np.empty(0, np.int64)).scale == pytest.approx(KINDS["volume"].month_spread)


def test_errors_of_one_year_count_once() -> None:
    """A hundred errors of one year weigh as one: their mean square enters, their number does not. Of four years they weigh as four."""
    one = spread("volume", 1, np.full(100, 0.4), np.full(100, 2022))
    assert one.degrees == PRIOR + 1 and one.cases == 100 and one.times == 1
    assert one.scale**2 == pytest.approx((PRIOR * 0.01 + 0.16) / (PRIOR + 1))
    four = spread("volume", 1, np.full(100, 0.4), np.arange(100) % 4 + 2020)
    assert four.scale**2 == pytest.approx((PRIOR * 0.01 + 4 * 0.16) / (PRIOR + 4))


def test_widening_is_the_spread_of_drift() -> None:
    """u is the standard deviation of naive drift's error on a random walk with drift: simulated for 4, 8 known years and 1, 5 ahead; and it never falls with the horizon."""
    rng = np.random.default_rng(11)
    for span, h in ((4, 1), (4, 5), (8, 5)):
        steps = rng.normal(0.2, 1.0, (40_000, span + h))
        error = steps[:, span:].sum(axis=1) - h * steps[:, :span].mean(axis=1)
        assert error.std() == pytest.approx(float(widening(h, span, 1)), rel=0.02)
    assert (np.diff(widening(np.arange(1, 20), 5.0, 1)) > 0).all() and (
        np.diff(widening(np.arange(1, 30), 24.0, 12)) > 0
    ).all()


def test_quantiles_and_chances_are_students() -> None:
    """Against scipy.stats.t: the ends of an interval, and the chance beyond a limit; below and above make 1."""
    t = stats.t(5, loc=2.0, scale=0.3)
    for p in (0.025, 0.1, 0.9, 0.975):
        assert quantile(np.array([2.0]), np.array([0.3]), 5, p)[0] == pytest.approx(t.ppf(p))
    for limit in (1.0, 2.0, 2.5):
        assert chance_above(2.0, 0.3, 5, limit) == pytest.approx(t.sf(limit))


@pytest.mark.parametrize("years", [2, 4, 8])
def test_intervals_hold_what_they_promise(years: int) -> None:
    """Where errors are normal and years independent, and the true spread is drawn about the assumed one as the prior says, 80 and 95 % intervals hold 80 and 95 %, from two years of errors on."""
    rng = np.random.default_rng(3)
    assumed, tries, inside = KINDS["volume"].spread, 6000, np.zeros(2)
    sigma = assumed * np.sqrt(PRIOR / rng.chisquare(PRIOR, tries))
    for s in sigma:
        known = spread("volume", 1, rng.normal(0, s, years), np.arange(years))
        comes = abs(rng.normal(0, s))
        inside += [comes <= quantile(np.zeros(1), np.array([known.scale]), known.degrees, p)[0] for p in (0.9, 0.975)]
    assert inside / tries == pytest.approx([0.8, 0.95], abs=0.02)
