"""The rolling origin: nothing of the future is used, ratios are what they are called, and intervals cover on series whose law is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yilu.plan.forecast import METHODS, ROWS, Series, Trajectory, series
from yilu.plan.forecast.backtest import TIE, backtest, choice, coverage, ratio, scores

YEARS = list(range(2015, 2026))
DRIFT, DAMPED, CHOSEN, PATH, GROWTH = (ROWS.index(r) for r in ("drift", "damped", "chosen", "path", "growth"))


def walks(seed: int, n: int, years: list[int] = YEARS, spread: float = 0.08) -> list[Series]:
    """Volumes whose logarithm is a random walk with drift."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.15, spread, (n, len(years)))
    return [series(f"s{i}", years, np.exp(np.cumsum(row)).tolist(), "volume") for i, row in enumerate(steps)]


def test_every_origin_and_year_once() -> None:
    """Of figures with gaps: each from the third on is an origin, each later one within five years a target; drift's forecasts are worked out by hand."""
    s = series("s", [2010, 2012, 2013, 2016, 2019], [1, 4, 8, 16, 32], "volume")
    c = backtest([s])
    assert list(zip(c.origin.tolist(), c.target.tolist(), strict=True)) == [(2013, 2016), (2016, 2019)]
    assert c.said[:, DRIFT] == pytest.approx([np.log(8) * 2, np.log(16) * 1.5])
    assert c.errors[0, DRIFT] == pytest.approx(np.log(16) - np.log(64))
    assert c.naive == pytest.approx([7 / 3, 15 / 6])
    assert c.unit == pytest.approx([np.sqrt(3 * 2), np.sqrt(3 * 1.5)])


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(2018, 2023))
def test_what_comes_later_changes_nothing(seed: int, until: int) -> None:
    """Forecasts, choices and intervals of an origin are the same whether the years after it are known, changed or not yet there."""
    nation = walks(seed + 1, 1)[0]
    group = [Series(s.id, s.times, s.values, s.kind, 1, nation) for s in walks(seed, 4)]
    rng = np.random.default_rng(seed)

    def later(s: Series) -> Series:
        other = np.where(s.times > until, s.values * rng.uniform(0.5, 2, s.values.size), s.values)
        return Series(s.id, s.times, other, s.kind, 1, later(s.covariate) if s.covariate is not None else None)

    a, b = backtest(group), backtest([later(s) for s in group])
    then = a.origin <= until
    for name in ("said", "half80", "half95", "took"):
        assert np.array_equal(getattr(a, name)[then], getattr(b, name)[then], equal_nan=True), name
    cut = backtest([s.until(until) for s in group])
    same = a.target <= until
    assert np.array_equal(cut.said, a.said[same], equal_nan=True) and np.array_equal(cut.took, a.took[same])


def test_ratios_by_hand() -> None:
    """Two series, errors of a method half and twice as large as another's in 3 and 1 cases: (½)^¾ × 2^¼; a method against itself is 1; what has no case has no ratio."""
    c = backtest([series("a", [2016, 2017, 2018, 2019, 2020, 2021], [1, 2, 3, 4, 5, 6], "volume"), series("b", [2018, 2019, 2020, 2021], [1, 2, 3, 4], "volume")])  # fmt: skip
    first = c.series == 0
    assert (first.sum(), (~first).sum()) == (6, 1)
    c.said[:] = np.nan
    c.said[:, 0] = c.actual - 0.2
    c.said[:, 1] = np.where(first, c.actual + 0.1, c.actual - 0.4)
    assert ratio(c, 1, 0) == pytest.approx((0.5**6 * 2) ** (1 / 7))
    assert ratio(c, 0, 0) == 1
    assert np.isnan(ratio(c, 2, 0))


def test_a_tie_goes_to_the_simpler() -> None:
    """A less simple method must be better by more than TIE; where errors of one year alone are known, the combination is taken."""
    c = backtest(walks(5, 3))
    every, able = np.ones(c.series.size, np.bool_), np.ones(len(METHODS), np.bool_)
    c.said[:, :4] = c.actual[:, None] - np.array([0.2, 0.2 * (1 - 0.9 * TIE), np.nan, 0.3])
    assert choice(c, every, able) == DRIFT
    c.said[:, 1] = c.actual - 0.2 * (1 - 1.5 * TIE)
    assert choice(c, every, able) == DAMPED
    assert choice(c, every, np.array([True, False, False, True])) == DRIFT
    assert choice(c, c.target <= 2018, able) == len(METHODS) - 1
    c.said[:, 2] = np.where(c.target == 2025, c.actual, np.nan)
    assert choice(c, every, able) == DAMPED, "a method that is known by one year alone does not compete"
    c.said[:, 2] = np.where(c.target >= 2024, c.actual - 0.01, np.nan)
    c.said[:, 0] = np.where(c.target >= 2024, c.actual - 0.001, c.actual - 0.2)
    assert choice(c, every, able) == DRIFT, "methods are held against each other where all have cases"


def test_drift_is_best_where_it_is_the_truth() -> None:
    """On random walks with drift naive drift is the best there is: it is chosen nearly always, and nothing beats it by more than chance. With growth that fades damped trend wins by far."""
    c = backtest(walks(1, 40))
    assert ratio(c, DAMPED, DRIFT) > 1
    assert np.mean(c.took[c.origin > 2019] == DRIFT) > 0.9
    fading = [series(f"f{i}", YEARS, np.exp(1 + np.cumsum(0.4 * 0.75 ** np.arange(11)) * (1 + i / 10)).tolist(), "volume") for i in range(5)]  # fmt: skip
    c = backtest(fading)
    assert ratio(c, DAMPED, DRIFT) < 0.5
    assert (c.took[c.origin > 2019] == DAMPED).all()


def test_coverage_where_the_law_is_known() -> None:
    """Random walks with drift, with the assumed spread. Where a year's shock is common to all series, as a year's policy or epidemic is, intervals as of each origin hold a little more than 80 and 95 %, at every horizon; where each
    series has its own, more still, for errors of one year count once. With twice the assumed spread they hold too little: the assumption is weighed, and errors overrule it only in time."""
    common, own, wild = (held_by_drift(spread, share) for spread, share in ((0.1, 1.0), (0.1, 0.0), (0.2, 1.0)))
    assert common[0] == pytest.approx([0.83, 0.975], abs=0.035)
    assert all(0.77 <= h <= 0.90 for h in common[1])
    assert (own[0] > common[0]).all() and own[0][0] < 0.93
    assert 0.6 < wild[0][0] < 0.76 and wild[0][1] < 0.95


def held_by_drift(spread: float, common: float) -> tuple[np.ndarray, list[float]]:
    """How often drift's intervals held over 40 provinces of 4 series: 80 and 95 %, and 80 % by horizon; ``common``: share of a year's variance that all series have in common."""
    inside, horizon = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        shock, each = rng.normal(0, 1, (1, 11)), rng.normal(0, 1, (4, 11))
        steps = 0.15 + spread * (np.sqrt(common) * shock + np.sqrt(1 - common) * each)
        c = backtest([series(f"s{i}", YEARS, np.exp(np.cumsum(row)).tolist(), "volume") for i, row in enumerate(steps)])
        inside.append([np.abs(c.errors[:, DRIFT]) <= half[:, DRIFT] for half in (c.half80, c.half95)])
        horizon.append(c.horizon)
    held, h = np.concatenate(inside, axis=1), np.concatenate(horizon)
    return held.mean(axis=1), [float(held[0][h == n].mean()) for n in range(1, 6)]


def test_what_the_plan_said() -> None:
    """The plan's path is its value of the year, its growth is carried on the last figure; only from the baseline's year to due, and only for series with a path."""
    path = Trajectory("volume", 2020, 200, 2025, 400)
    s = series("s", YEARS, [100 * 1.1 ** (y - 2015) for y in YEARS], "volume", path=path)
    c = backtest([s, *walks(2, 1)])
    planned = ~np.isnan(c.said[:, PATH])
    assert (planned == ((c.series == 0) & (c.origin >= 2020))).all()
    assert np.exp(c.said[planned, PATH]) == pytest.approx(path.at(c.target[planned]))
    expected = s.values[c.origin[planned] - 2015] * 2 ** (c.horizon[planned] / 5)
    assert np.exp(c.said[planned, GROWTH]) == pytest.approx(expected)


def test_scores_and_coverage_count_what_they_rest_on() -> None:
    """Cases, years and series are counted as they are; a method's cases sum over horizons to all; MASE of a perfect method is 0; a chosen row stands for each case."""
    c = backtest(walks(9, 3))
    by_name = {s.method: s for s in scores(c)}
    assert by_name["drift"].cases == c.series.size and by_name["drift"].times == np.unique(c.target).size
    assert by_name["drift"].to_drift == 1 and "nation" not in by_name and "path" not in by_name
    assert sum(by_name[m].taken for m in METHODS if m in by_name) == by_name["chosen"].taken == c.series.size
    table = [r for r in coverage(c) if r.method == "damped"]
    assert table[0].horizon == 0 and table[0].cases == sum(r.cases for r in table[1:])
    assert table[0].inside80 == pytest.approx(
        np.average([r.inside80 for r in table[1:]], weights=[r.cases for r in table[1:]])
    )
    c.said[:, DAMPED] = c.actual
    perfect = next(s for s in scores(c) if s.method == "damped")
    assert perfect.mase == 0 and perfect.bias == 0


def test_groups_are_not_mixed() -> None:
    """Shares and volumes have no common scale: judging them together is refused. No series, no cases."""
    with pytest.raises(ValueError, match="several kinds"):
        backtest([series("a", [2020, 2021], [1, 2], "volume"), series("b", [2020, 2021], [1, 2], "share")])
    assert backtest([]).series.size == 0 and scores(backtest([])) == () and coverage(backtest([])) == ()
