"""What the methods would have said, and what came: rolling origin over all series.

At every figure from the third on, a series is cut off; each method forecasts what is known by now of the years after. Everything a method uses is as of that origin: the nation's series, the shared smoothing,
the choice of method and the spread of intervals, which rest on errors whose outcome was known then. So the row *chosen* is what this software would have said at the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.plan.forecast.intervals import Spread, quantile, spread, widening
from yilu.plan.forecast.kinds import from_scale, to_scale
from yilu.plan.forecast.methods import METHODS, learn
from yilu.plan.forecast.series import Series

FEWEST = 3
"""Figures before an origin."""
FARTHEST = {1: 5, 12: 24}
"""Steps ahead that are tried, by period: a plan's five years, two years of months."""
TIE = 0.05
"""By what share a less simple method must be better to be taken (A)."""
ENOUGH_TIMES = 2
"""Years with errors before a choice is made by them; until then the combination is taken (A)."""
_EXACT = 1e-3  # an error below this on the scale (0.1 %) counts as this: figures are printed no finer, and no ratio has a 0 below the line
RIVALS = ("path", "growth")
ROWS = (*METHODS, "chosen", *RIVALS)


@dataclass(frozen=True)
class Cases:
    """One group's forecasts, a row for each series, origin and target, n rows.

    ``series`` (n,): index of the series; ``origin``, ``target`` (n,): times; ``actual`` (n,) on the scale; ``said`` (n, len(ROWS)): forecasts on the scale, NaN where a method says nothing;
    ``unit`` (n,): by what an error is divided, `intervals.widening`; ``half80``, ``half95`` (n, len(METHODS) + 1): half the intervals as of the origin, of methods and of *chosen*; ``naive`` (n,): mean absolute
    change a step before the origin, in the series' own unit; ``took`` (n,): index of the method chosen at the origin.
    """

    kind: str
    period: int
    series: NDArray[np.int64]
    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    actual: NDArray[np.float64]
    said: NDArray[np.float64]
    unit: NDArray[np.float64]
    half80: NDArray[np.float64]
    half95: NDArray[np.float64]
    naive: NDArray[np.float64]
    took: NDArray[np.int64]

    @property
    def horizon(self) -> NDArray[np.int64]:
        """Steps from origin to target, shape (n,)."""
        return self.target - self.origin

    @property
    def errors(self) -> NDArray[np.float64]:
        """Actual − said, on the scale, shape (n, len(ROWS))."""
        return self.actual[:, None] - self.said

    def known(self, time: int) -> NDArray[np.bool_]:
        """Which rows' outcomes were known at the end of a time."""
        return self.target <= time


def backtest(group: Sequence[Series]) -> Cases:
    """Rolling origin over the series of one group (equal kind and period; ValueError otherwise)."""
    if len({s.group for s in group}) > 1:
        raise ValueError("series of several kinds or periods can't be judged together")
    kind, period = group[0].group if group else ("volume", 1)
    rows = [row for i, s in enumerate(group) for row in _of_series(i, s)]
    rows.sort(key=lambda r: (r[1], r[0], r[2]))
    said = np.full((len(rows), len(ROWS)), np.nan)
    for origin in sorted({r[1] for r in rows}):
        then = [s.until(origin) for s in group]
        shared = learn(then)
        for i in {r[0] for r in rows if r[1] == origin}:
            mine = [n for n, r in enumerate(rows) if r[0] == i and r[1] == origin]
            steps = max(rows[n][2] for n in mine) - origin
            for m, method in enumerate(METHODS.values()):
                ahead = method(then[i], steps, shared)
                if ahead is not None:
                    said[mine, m] = [ahead[rows[n][2] - origin - 1] for n in mine]
    cases = Cases(
        kind, period,
        np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64), np.array([r[2] for r in rows], np.int64),
        np.array([r[3] for r in rows], np.float64), said, np.array([r[4] for r in rows], np.float64),
        np.full((len(rows), len(METHODS) + 1), np.nan), np.full((len(rows), len(METHODS) + 1), np.nan),
        np.array([r[5] for r in rows], np.float64), np.zeros(len(rows), np.int64),
    )  # fmt: skip
    _plans(cases, group)
    _as_of_then(cases)
    return cases


def _of_series(index: int, s: Series) -> list[tuple[int, int, int, float, float, float]]:
    """Rows (series, origin, target, actual, unit, naive) of one series."""
    y, out = s.scaled, []
    for o in range(FEWEST - 1, s.times.size - 1):
        origin, span = int(s.times[o]), float(s.times[o] - s.times[0])
        naive = float(np.abs(np.diff(s.values[: o + 1])).sum() / span)
        for t in range(o + 1, s.times.size):
            h = int(s.times[t]) - origin
            if h <= FARTHEST[s.period]:
                out.append((index, origin, int(s.times[t]), float(y[t]), float(widening(h, span, s.period)), naive))
    return out


def _plans(cases: Cases, group: Sequence[Series]) -> None:
    """What the plan's path says of a year, and what its growth on the last figure does: only between its baseline and its due year."""
    for n, i in enumerate(cases.series):
        path = group[i].path
        if (
            path is None
            or path.baseline is None
            or cases.origin[n] < path.since
            or cases.target[n] > path.due
            or cases.period > 1
        ):
            continue
        ends = to_scale(cases.kind, path.at(np.array([cases.origin[n], cases.target[n]])))
        last = group[i].scaled[group[i].times == cases.origin[n]][0]
        cases.said[n, len(METHODS) + 1] = ends[1]
        cases.said[n, len(METHODS) + 2] = last + ends[1] - ends[0]


def _as_of_then(cases: Cases) -> None:
    """The choice of method and the width of intervals at every origin, from what was known then."""
    for origin in np.unique(cases.origin):
        known, now = cases.known(int(origin)), np.flatnonzero(cases.origin == origin)
        spreads = [spread_of(cases, m, known) for m in range(len(METHODS))]
        for n in now:
            took = choice(cases, known, ~np.isnan(cases.said[n, : len(METHODS)]))
            cases.took[n] = took
            cases.said[n, len(METHODS)] = cases.said[n, took]
            for column, m in enumerate([*range(len(METHODS)), took]):
                for half, p in ((cases.half80, 0.9), (cases.half95, 0.975)):
                    one = np.array([spreads[m].scale * cases.unit[n]])
                    half[n, column] = quantile(np.zeros(1), one, spreads[m].degrees, p)[0]


def spread_of(cases: Cases, method: int, among: NDArray[np.bool_]) -> Spread:
    """The spread that a method's errors tell, of the rows in ``among`` (n,)."""
    used = among & ~np.isnan(cases.said[:, method])
    return spread(cases.kind, cases.period, cases.errors[used, method] / cases.unit[used], cases.target[used])


def choice(cases: Cases, among: NDArray[np.bool_], able: NDArray[np.bool_]) -> int:
    """The method to take of those that are ``able`` (len(METHODS),): `choosing`."""
    return choosing(cases, among, able).method


@dataclass(frozen=True)
class Choice:
    """Which method is taken, and why. ``ratios``: errors of the methods that were compared over those of the first of them, by index of the method; ``cases`` in ``times`` years: what all of these have.

    Empty ratios: too few errors were known for a comparison.
    """

    method: int
    ratios: dict[int, float]
    cases: int
    times: int


def choosing(cases: Cases, among: NDArray[np.bool_], able: NDArray[np.bool_]) -> Choice:
    """The method to take of those that are ``able`` (len(METHODS),): the simplest whose errors are within `TIE` of the least, by `ratio` to the first that is able.

    Methods are held against each other in the cases that all of them have, where those lie in `ENOUGH_TIMES` years or more; else the one that has the fewest cases does not compete. Where errors of less than `ENOUGH_TIMES` years are known, the
    combination is taken, where it can't the first that can.
    """
    said = ~np.isnan(cases.said[:, : len(METHODS)]) & among[:, None]
    running = np.flatnonzero(able)
    while running.size > 1:
        shared: NDArray[np.bool_] = np.all(said[:, running], axis=1)
        times = np.unique(cases.target[shared]).size
        if times >= ENOUGH_TIMES:
            ratios = {int(m): ratio(cases, int(m), int(running[0]), shared) for m in running}
            least = min(ratios.values())
            return Choice(
                next(m for m, r in ratios.items() if r <= (1 + TIE) * least), ratios, int(shared.sum()), int(times)
            )
        counted = said[:, running].sum(axis=0)
        if counted.min() == counted.max():
            break
        running = running[counted > counted.min()]
    last = len(METHODS) - 1
    return Choice(last if able[last] else int(np.flatnonzero(able)[0]) if able.any() else 0, {}, 0, 0)


def ratio(cases: Cases, method: int, against: int, among: NDArray[np.bool_] | None = None) -> float:
    """How large a method's errors are against another's, in the cases that both have: the geometric mean over series of the ratio of mean absolute errors on the scale, weighted by cases
    (AvgRelMAE of Davydenko and Fildes, *International Journal of Forecasting* 29, 2013). Below 1 is better; NaN without a case. Columns as `ROWS`.
    """
    both = ~np.isnan(cases.said[:, method]) & ~np.isnan(cases.said[:, against])
    if among is not None:
        both &= among
    if not both.any():
        return float("nan")
    off = np.maximum(np.abs(cases.errors), _EXACT)
    total = 0.0
    for i in np.unique(cases.series[both]):
        mine = both & (cases.series == i)
        total += mine.sum() * np.log(off[mine, method].mean() / off[mine, against].mean())
    return float(np.exp(total / both.sum()))


@dataclass(frozen=True)
class Score:
    """How one row of `ROWS` did in a group: ``cases`` in ``times`` years of ``series`` series; ``to_drift``, ``to_path``, ``to_growth``: `ratio`, the last two over the ``plan_cases`` that a plan speaks of; ``mase``: mean absolute error in the series' own unit over the mean change a step before the origin
    (Hyndman and Koehler, 2006), mean over cases; ``bias``: mean error on the scale, above 0 where forecasts were too low; ``taken``: at how many of the cases it was the one chosen then.
    """

    method: str
    cases: int
    times: int
    series: int
    to_drift: float
    to_path: float
    to_growth: float
    plan_cases: int
    mase: float
    bias: float
    taken: int


@dataclass(frozen=True)
class Coverage:
    """How often intervals of the size they had at the origin held: at one ``horizon``, or all (0); shares of ``cases``, which lie in ``times`` years. ``width80``: mean half width on the scale."""

    method: str
    horizon: int
    cases: int
    times: int
    inside80: float
    inside95: float
    width80: float


def scores(cases: Cases) -> tuple[Score, ...]:
    """One `Score` for each of `ROWS` with a case."""
    out = []
    for m, name in enumerate(ROWS):
        mine = ~np.isnan(cases.said[:, m])
        if not mine.any():
            continue
        off = np.abs(from_scale(cases.kind, cases.actual[mine]) - from_scale(cases.kind, cases.said[mine, m]))
        able = cases.naive[mine] > 0
        mase = float(np.mean(off[able] / cases.naive[mine][able])) if able.any() else float("nan")
        path, growth = (ROWS.index(r) for r in RIVALS)
        taken = mine if name == "chosen" else cases.took == m
        out.append(
            Score(
                name, int(mine.sum()), np.unique(cases.target[mine]).size, np.unique(cases.series[mine]).size,
                ratio(cases, m, 0), ratio(cases, m, path), ratio(cases, m, growth), int((mine & ~np.isnan(cases.said[:, path])).sum()),
                mase, float(cases.errors[mine, m].mean()), int(taken.sum()),
            )
        )  # fmt: skip
    return tuple(out)


def coverage(cases: Cases) -> tuple[Coverage, ...]:
    """`Coverage` of each method and of *chosen*, in all and by horizon."""
    out = []
    for m, name in enumerate(ROWS[: len(METHODS) + 1]):
        mine = ~np.isnan(cases.said[:, m])
        for h in [0, *np.unique(cases.horizon[mine]).tolist()]:
            of = mine & ((cases.horizon == h) | (h == 0))
            if not of.any():
                continue
            off = np.abs(cases.errors[of, m])
            out.append(
                Coverage(
                    name, h, int(of.sum()), np.unique(cases.target[of]).size, float(np.mean(off <= cases.half80[of, m])),
                    float(np.mean(off <= cases.half95[of, m])), float(np.mean(cases.half80[of, m])),
                )
            )  # fmt: skip
    return tuple(out)
