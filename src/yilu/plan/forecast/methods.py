"""The methods: few, old, and each tried in public for decades. All work on the scale of the kind and give ``steps`` values after the last figure.

Simple ones stand first: a tie is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.plan.forecast.damped import MONTHLY, YEARLY, Smoothing, damped, fitted, regular
from yilu.plan.forecast.series import Series

Ahead = NDArray[np.float64]
SHRINK = 4
"""How many years of growing as the nation does are held against what the series itself shows (A)."""


@dataclass(frozen=True)
class Shared:
    """What series of a group learn from each other: the smoothing of years and of months."""

    yearly: Smoothing = YEARLY
    monthly: Smoothing = MONTHLY

    def of(self, period: int) -> Smoothing:
        """The smoothing for series of a period."""
        return self.yearly if period == 1 else self.monthly


def learn(group: list[Series]) -> Shared:
    """The smoothing fitted to the series of one group, their covariates among them."""
    every = {s.id: s for s in group} | {s.covariate.id: s.covariate for s in group if s.covariate is not None}
    period = group[0].period if group else 1
    by = fitted([(s.times, s.scaled) for s in every.values()], period)
    return Shared(yearly=by) if period == 1 else Shared(monthly=by)


def drift(s: Series, steps: int, shared: Shared) -> Ahead | None:
    """The line through the first and the last figure (naive with drift; Hyndman and Athanasopoulos, *Forecasting*, 3rd ed., 5.2): equal growth, as over all the years known. Of months: the same month a year before, and a year's mean growth.

    None: fewer than two figures, or of months less than 13 in a row with one of a year before for each.
    """
    if s.times.size < 2:
        return None
    y, h = s.scaled, np.arange(1, steps + 1)
    if s.period == 1:
        return np.asarray(y[-1] + h * (y[-1] - y[0]) / (s.times[-1] - s.times[0]), np.float64)
    dense = regular(s.times, y, bridged=False)
    if dense.size <= s.period or np.isnan(dense[-s.period :]).any():
        return None
    growth = dense[s.period :] - dense[: -s.period]
    if np.isnan(growth).all():
        return None
    return dense[-s.period :][(h - 1) % s.period] + (1 + (h - 1) // s.period) * np.nanmean(growth)


def damped_trend(s: Series, steps: int, shared: Shared) -> Ahead | None:
    """Damped trend (`damped`), with a season where figures are of months. None: too few figures."""
    try:
        return damped(s.times, s.scaled, s.period, steps, shared.of(s.period))
    except ValueError:
        return None


def with_nation(s: Series, steps: int, shared: Shared) -> Ahead | None:
    """Growth of the series = a + b × growth of its covariate, shrunk to a = 0, b = 1: to growing as the nation does. The nation's own figures are used as far as they reach, its damped trend beyond.

    b is least squares over the growth between years that both have, weighted by their length, about a line that is then shrunk: with w = n ÷ (n + `SHRINK`), n the years in them, a ← w a, b ← 1 + w (b − 1). With
    less than three such spans b = 1. Only for years. None: no covariate, or no two years in common.
    """
    nation = s.covariate
    if nation is None or s.period != 1 or s.times.size < 2 or nation.times.size < 2 or s.last < nation.times[0]:
        return None
    common, here, there = np.intersect1d(s.times, nation.times, return_indices=True)
    if common.size < 2:
        return None
    y, x = s.scaled, nation.scaled
    length = np.diff(common).astype(np.float64)
    a, b = shrunk(np.diff(x[there]) / length, np.diff(y[here]) / length, length)
    beyond = max(s.last + steps - nation.last, 0)
    path = regular(nation.times, x, bridged=True)
    if beyond:
        path = np.concatenate([path, damped(nation.times, x, 1, beyond, shared.yearly)])
    start = s.last - int(nation.times[0])
    h = np.arange(1, steps + 1)
    return np.asarray(y[-1] + a * h + b * (path[start + h] - path[start]), np.float64)


def shrunk(x: NDArray[np.float64], y: NDArray[np.float64], length: NDArray[np.float64]) -> tuple[float, float]:
    """a and b of y = a + b x, weighted by ``length`` and shrunk to 0 and 1; all of shape (n,)."""
    weight = float(length.sum() / (length.sum() + SHRINK))
    mean_x, mean_y = np.average(x, weights=length), np.average(y, weights=length)
    b = 1.0
    spread = float(np.sum(length * (x - mean_x) ** 2))
    if x.size >= 3 and spread > 1e-9:
        b = 1 + weight * (float(np.sum(length * (x - mean_x) * (y - mean_y))) / spread - 1)
    return weight * float(mean_y - b * mean_x), b


def combination(s: Series, steps: int, shared: Shared) -> Ahead | None:
    """The median of the methods that say something, time by time; of two their mean (Makridakis, Spiliotis, Assimakopoulos, *International Journal of Forecasting* 36, 2020: combinations led the M4 competition)."""
    said = [f for m in (drift, damped_trend, with_nation) if (f := m(s, steps, shared)) is not None]
    return np.median(said, axis=0) if said else None


METHODS: Mapping[str, Callable[[Series, int, Shared], Ahead | None]] = {
    "drift": drift, "damped": damped_trend, "nation": with_nation, "combination": combination,
}  # fmt: skip
"""From simple to less simple."""
NAMES: dict[str, tuple[str, str]] = {
    "drift": ("平均增速外推", "naive with drift"),
    "damped": ("阻尼趋势", "damped trend"),
    "nation": ("全国增速回归", "with the nation's growth"),
    "combination": ("组合(中位数)", "combination, the median"),
    "chosen": ("当时所选方法", "the method chosen then"),
    "path": ("规划路径", "the plan's path"),
    "growth": ("规划增速", "the plan's growth on the last figure"),
}
"""In both languages; the last three are what methods are held against."""
