"""Problem → solve → Result: series in, forecasts with their intervals and the back-test they rest on out. No file, no clock, no chance: the same problem gives the same result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.plan.forecast.backtest import Cases, Coverage, Score, backtest, choosing, coverage, scores, spread_of
from yilu.plan.forecast.intervals import chance_above, quantile, widening
from yilu.plan.forecast.kinds import from_scale, to_scale
from yilu.plan.forecast.methods import METHODS, Shared, learn
from yilu.plan.forecast.series import Series
from yilu.plan.forecast.trajectory import COMPARATORS, UPWARD


@dataclass(frozen=True)
class Problem:
    """``series``: all that are to be judged together and forecast, each id once; ``until``: last time to forecast, in the series' own times (years; for months see ``Series``); ``until_month`` for series of months, none of which is forecast where it is None.

    ValueError: an id twice.
    """

    series: tuple[Series, ...]
    until: int
    until_month: int | None = None

    def __post_init__(self) -> None:
        ids = [s.id for s in self.series]
        if len(set(ids)) != len(ids):
            raise ValueError(f"series {max(ids, key=ids.count)} is given twice")


@dataclass(frozen=True)
class Forecast:
    """What is to be expected of one series, k times after its last figure. All arrays (k,), in the series' unit.

    ``middle``: the median; ``low80`` … ``high95``: the ends of what holds 80 and 95 % by the method's own errors; ``method``: which, of `METHODS`; ``others``: medians of the methods that were not taken, by name; ``scale``: spread on the scale of the kind,
    ``degrees``: of its t; ``cases`` errors in ``error_times`` years: what the intervals rest on; ``figures``: of the series itself.
    ``compared``: errors of the methods that were held against each other over those of the first, by name, in ``compared_cases`` cases of ``compared_times`` years; empty where too few errors were known, and the combination is taken.
    """

    id: str
    kind: str
    times: NDArray[np.int64]
    middle: NDArray[np.float64]
    low80: NDArray[np.float64]
    high80: NDArray[np.float64]
    low95: NDArray[np.float64]
    high95: NDArray[np.float64]
    method: str
    others: dict[str, NDArray[np.float64]]
    scale: NDArray[np.float64]
    degrees: float
    cases: int
    error_times: int
    figures: int
    compared: dict[str, float]
    compared_cases: int
    compared_times: int


@dataclass(frozen=True)
class Judged:
    """The back-test of one group of series: its kind and period, the ids in the order of ``cases.series``, what came out."""

    kind: str
    period: int
    ids: tuple[str, ...]
    cases: Cases
    scores: tuple[Score, ...]
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True)
class Result:
    """``forecasts`` by id; ``judged``: one for each kind and period; ``left_out``: ids of series that nothing can be said of, and why, in Chinese and English."""

    forecasts: dict[str, Forecast]
    judged: tuple[Judged, ...]
    left_out: dict[str, tuple[str, str]]


def solve(problem: Problem) -> Result:
    """Judge the methods over all series, choose by group, forecast each. A series that no method can continue is named in ``left_out``; the others are not touched by it."""
    forecasts: dict[str, Forecast] = {}
    judged, left_out = [], {}
    for kind, period in sorted({s.group for s in problem.series}):
        group = [s for s in problem.series if s.group == (kind, period)]
        cases = backtest(group)
        judged.append(Judged(kind, period, tuple(s.id for s in group), cases, scores(cases), coverage(cases)))
        shared = learn([s for s in group if s.times.size])
        until = problem.until if period == 1 else problem.until_month
        for s in group:
            if until is None:
                continue
            made = _forecast(s, until, shared, cases)
            if isinstance(made, Forecast):
                forecasts[s.id] = made
            else:
                left_out[s.id] = made
    return Result(forecasts, tuple(judged), left_out)


def chance(forecast: Forecast, time: int, target: float, comparator: str = "at_least") -> float:
    """The probability that the figure of ``time`` meets a target, 0 to 1. ValueError: a time that is not forecast, an unknown comparator, a target that the kind can't have."""
    if comparator not in COMPARATORS:
        raise ValueError(f"unknown comparator {comparator!r}; there are {', '.join(COMPARATORS)}")
    i = _index(forecast, time)
    middle, limit = to_scale(forecast.kind, [forecast.middle[i]])[0], to_scale(forecast.kind, [target])[0]
    above = chance_above(float(middle), float(forecast.scale[i]), forecast.degrees, float(limit))
    return above if comparator in UPWARD else 1 - above


def reachable(forecast: Forecast, time: int, probability: float, comparator: str = "at_least") -> float:
    """The target of ``time`` that is met with a ``probability`` above 0 and below 1, in the series' unit: the reverse of `chance`. ValueError: as `chance`, or another probability."""
    if comparator not in COMPARATORS or not 0 < probability < 1:
        raise ValueError(
            f"a probability between 0 and 1 and one of {', '.join(COMPARATORS)} expected, got {probability:g}, {comparator!r}"
        )
    i = _index(forecast, time)
    middle = to_scale(forecast.kind, forecast.middle[i : i + 1])
    p = 1 - probability if comparator in UPWARD else probability
    return float(from_scale(forecast.kind, quantile(middle, forecast.scale[i : i + 1], forecast.degrees, p))[0])


def _index(forecast: Forecast, time: int) -> int:
    found = np.flatnonzero(forecast.times == time)
    if not found.size:
        raise ValueError(f"{forecast.id}: {time} is not forecast, only {forecast.times[0]} to {forecast.times[-1]}")
    return int(found[0])


def _forecast(s: Series, until: int, shared: Shared, cases: Cases) -> Forecast | tuple[str, str]:
    if s.times.size < 2:
        return "不足两期数据,无法预测", "fewer than two figures"
    steps = until - s.last
    if steps < 1:
        return f"已有至 {s.text(s.last)} 的数据,无需预测", f"known up to {s.text(s.last)} already"
    said = {name: f for name, method in METHODS.items() if (f := method(s, steps, shared)) is not None}
    if not said:
        return "数据间断过多,没有方法可用", "no method can continue it: too few months in a row"
    every = np.ones(cases.series.size, dtype=np.bool_)
    chosen = choosing(cases, every, np.array([m in said for m in METHODS]))
    names, took = list(METHODS), chosen.method
    method = names[took]
    of = spread_of(cases, took, every)
    middle, h = said.pop(method), np.arange(1, steps + 1)
    scale = of.scale * widening(h.astype(np.float64), float(s.last - s.times[0]), s.period)
    at = {p: from_scale(s.kind, quantile(middle, scale, of.degrees, p)) for p in (0.025, 0.1, 0.9, 0.975)}
    others = {name: from_scale(s.kind, f) for name, f in said.items()}
    return Forecast(
        s.id, s.kind, s.last + h, from_scale(s.kind, middle), at[0.1], at[0.9], at[0.025], at[0.975],
        method, others, scale, of.degrees, of.cases, of.times, s.times.size,
        {names[m]: r for m, r in chosen.ratios.items()}, chosen.cases, chosen.times,
    )  # fmt: skip
