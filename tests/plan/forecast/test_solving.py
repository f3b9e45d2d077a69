"""Problem in, result out: forecasts, chances, and what is left out and why."""

from __future__ import annotations

import numpy as np
import pytest

from yilu.plan.forecast import METHODS, Problem, Series, chance, reachable, series, solve

YEARS = list(range(2015, 2026))


def volumes(n: int = 4, seed: int = 1) -> tuple[Series, ...]:
    """Volumes with fading growth."""
    rng = np.random.default_rng(seed)
    growth = 0.3 * 0.85 ** np.arange(11) + rng.normal(0, 0.05, (n, 11))
    return tuple(series(f"v{i}", YEARS, np.exp(4 + np.cumsum(g)).tolist(), "volume") for i, g in enumerate(growth))


def test_a_forecast_says_what_it_rests_on() -> None:
    """Times follow the last figure; intervals lie in each other about the median and widen; method, errors and figures are told; other methods stand beside."""
    result = solve(Problem(volumes(), 2030))
    f = result.forecasts["v0"]
    assert f.times.tolist() == [2026, 2027, 2028, 2029, 2030]
    assert (
        (f.low95 < f.low80).all()
        and (f.low80 < f.middle).all()
        and (f.middle < f.high80).all()
        and (f.high80 < f.high95).all()
    )
    assert (np.diff(f.high95 / f.low95) > 0).all()
    assert f.method in METHODS and set(f.others) | {f.method} <= set(METHODS) and f.method not in f.others
    assert f.figures == 11 and f.cases == result.judged[0].cases.series.size and f.error_times == 8
    assert f.degrees == 10


def test_the_same_problem_gives_the_same_result() -> None:
    """No chance and no order: the same figures, whichever way series are listed."""
    a, b = solve(Problem(volumes(), 2030)), solve(Problem(volumes()[::-1], 2030))
    for id, f in a.forecasts.items():
        assert np.allclose(f.middle, b.forecasts[id].middle, rtol=1e-12) and np.allclose(
            f.high95, b.forecasts[id].high95, rtol=1e-12
        )


def test_chances() -> None:
    """Of the median a half, of the ends of the 80 % interval a tenth on each side, of at_most the rest; a target beyond all bounds has nearly none."""
    f = solve(Problem(volumes(), 2030)).forecasts["v1"]
    assert chance(f, 2030, float(f.middle[-1])) == pytest.approx(0.5)
    assert chance(f, 2030, float(f.high80[-1])) == pytest.approx(0.1)
    assert chance(f, 2030, float(f.low80[-1]), "at_most") == pytest.approx(0.1)
    assert chance(f, 2028, 300.0, "below") == pytest.approx(1 - chance(f, 2028, 300.0, "above"))
    assert chance(f, 2030, 1e9) < 0.01
    with pytest.raises(ValueError, match="only 2026 to 2030"):
        chance(f, 2025, 300.0)
    with pytest.raises(ValueError, match="comparator"):
        chance(f, 2030, 300.0, "about")


@pytest.mark.parametrize("comparator", ["at_least", "below"])
def test_what_can_be_reached_with_a_chance(comparator: str) -> None:
    """The target of a probability has that chance, upwards and downwards; a bolder one has less; a certain one is refused."""
    f = solve(Problem(volumes(), 2030)).forecasts["v0"]
    targets = [reachable(f, 2029, p, comparator) for p in (0.2, 0.5, 0.8)]
    assert [chance(f, 2029, t, comparator) for t in targets] == pytest.approx([0.2, 0.5, 0.8])
    assert targets == sorted(targets, reverse=comparator == "at_least") and targets[1] == pytest.approx(f.middle[3])
    with pytest.raises(ValueError, match="between 0 and 1"):
        reachable(f, 2029, 1.0, comparator)


def test_shares_stay_shares() -> None:
    """Near its bound an interval is not symmetric and never leaves 0 to 100."""
    rate = series("r", YEARS, [80, 83, 86, 88, 90, 92, 93, 94, 95, 96, 97], "share")
    f = solve(Problem((rate,), 2030)).forecasts["r"]
    assert (f.high95 <= 100).all() and (f.low95 >= 0).all()
    assert (f.high95 - f.middle < f.middle - f.low95).all()


def test_months_are_forecast_with_their_season() -> None:
    """Four years of months, a peak in November: next November stands above next October in the median, errors of months are pooled apart from years, months that are too few are named."""
    months = np.arange(12 * 2022, 12 * 2026)
    season = np.where(months % 12 == 10, 0.4, 0.0)
    rng = np.random.default_rng(4)
    values = np.exp(3 + season + 0.01 * np.arange(48) + rng.normal(0, 0.03, 48))
    full, short = Series("m", months, values, "volume", 12), Series("short", months[:9], values[:9], "volume", 12)
    result = solve(Problem((*volumes(), full, short), 2026, 12 * 2026 + 11))
    f = result.forecasts["m"]
    assert f.times.size == 12 and f.middle[10] / f.middle[9] == pytest.approx(np.exp(0.4), rel=0.1)
    assert f.high80[0] / f.low80[0] < f.high80[-1] / f.low80[-1]
    assert [(j.kind, j.period) for j in result.judged] == [("volume", 1), ("volume", 12)]
    assert "months" in result.left_out["short"][1]
    assert "2025-12" in solve(Problem((full,), 2026, 12 * 2025 + 11)).left_out["m"][1]
    months_judged = result.judged[1]
    chosen = next(s for s in months_judged.scores if s.method == "chosen")
    assert chosen.cases > 100


def test_what_can_not_be_forecast_is_named_and_harms_nothing() -> None:
    """One figure, none, or all known already: named with the reason in both languages, the rest as without them."""
    odd = (series("one", [2020], [3.0], "volume"), series("none", [], [], "count"))
    result = solve(Problem((*volumes(), *odd), 2030))
    assert set(result.left_out) == {"one", "none"}
    assert "fewer than two" in result.left_out["one"][1] and "不足" in result.left_out["one"][0]
    alone = solve(Problem(volumes(), 2030))
    assert np.allclose(result.forecasts["v2"].middle, alone.forecasts["v2"].middle)
    assert "2025" in solve(Problem(volumes(), 2025)).left_out["v0"][1]
    assert solve(Problem((), 2030)).forecasts == {}


def test_two_figures_give_a_wide_forecast() -> None:
    """Two figures and no error known: the assumed spread with two degrees of freedom, so wide that nobody mistakes it for knowledge."""
    f = solve(Problem((series("s", [2020, 2021], [100, 120], "volume"),), 2025)).forecasts["s"]
    assert f.cases == 0 and f.degrees == 2 and f.high95[-1] / f.low95[-1] > 20


def test_an_id_twice_is_refused() -> None:
    """Two series of one name would overwrite each other's forecast."""
    with pytest.raises(ValueError, match="v0 is given twice"):
        Problem((*volumes(1), *volumes(1)), 2030)
