"""Damped trend, ETS(A,Ad,N), and with a season, ETS(A,Ad,A), on series too short to estimate it from one alone.

State (Hyndman, Koehler, Ord, Snyder, *Forecasting with Exponential Smoothing*, 2008, table 2.1; Gardner and McKenzie, *Management Science* 31, 1985): level l, trend b, seasons s,

    e = y − (l + φ b + s₋ₘ)      l ← l + φ b + α e      b ← φ b + β e      s ← s₋ₘ + γ e
    ŷ(h) = l + (φ + … + φʰ) b + s

on the scale of the kind. Five to eleven points can't tell α, β and φ: all series of a group share them, and they are only fitted where there are `ENOUGH` errors to fit them to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Smoothing:
    """α, β, φ and γ, as in the module's equations."""

    level: float
    trend: float
    damping: float
    season: float = 0.0


@dataclass(frozen=True)
class State:
    """Level, trend, and one season for each phase (shape (period,)), of which ``seasons[0]`` is the next one's."""

    level: float
    trend: float
    seasons: NDArray[np.float64]


YEARLY = Smoothing(0.8, 0.3, 0.9)
MONTHLY = Smoothing(0.5, 0.05, 0.97, 0.2)
"""Where too few errors are known to fit them (A): yearly figures have little noise of their own, so the level follows them; a trend changes slowly and fades by half in about seven years."""
ENOUGH = 24
"""One-step errors from which on smoothing is fitted (A)."""
_YEARLY_GRID = [Smoothing(a, b, p) for a, b, p in product((0.6, 0.8, 1.0), (0.1, 0.3, 0.5), (0.8, 0.9, 0.98)) if b <= a]
_MONTHLY_GRID = [
    Smoothing(a, b, p, g) for a, b, p, g in product((0.3, 0.5, 0.8), (0.01, 0.05), (0.9, 0.97), (0.1, 0.3))
]


def smoothed(y: NDArray[np.float64], by: Smoothing, first: State) -> tuple[State, NDArray[np.float64]]:
    """The state after ``y`` (shape (n,), NaN where there is no figure: then e = 0), and the one-step errors, shape (n,), NaN there too."""
    level, trend, seasons, errors = _walked(
        y, first, *(np.array([v]) for v in (by.level, by.trend, by.damping, by.season))
    )
    return State(float(level[0]), float(trend[0]), np.roll(seasons[:, 0], -(y.size % first.seasons.size))), errors[:, 0]


def _walked(
    y: NDArray[np.float64],
    first: State,
    alpha: NDArray[np.float64],
    beta: NDArray[np.float64],
    phi: NDArray[np.float64],
    gamma: NDArray[np.float64],
) -> tuple[NDArray[np.float64], ...]:
    """The recursion for g smoothings at once, each parameter (g,): level (g,), trend (g,), seasons by phase (period, g), errors (n, g)."""
    level, trend = np.full(alpha.size, first.level), np.full(alpha.size, first.trend)
    seasons = np.repeat(first.seasons[:, None], alpha.size, axis=1)
    errors = np.full((y.size, alpha.size), np.nan)
    for i, value in enumerate(y):
        phase = i % first.seasons.size
        level = level + phi * trend
        trend = phi * trend
        if not np.isnan(value):
            error = errors[i] = value - level - seasons[phase]
            level, trend = level + alpha * error, trend + beta * error
            seasons[phase] += gamma * error
    return level, trend, seasons, errors


def ahead(state: State, damping: float, steps: int) -> NDArray[np.float64]:
    """ŷ(1) … ŷ(steps), shape (steps,)."""
    h = np.arange(1, steps + 1)
    return state.level + np.cumsum(damping**h) * state.trend + state.seasons[(h - 1) % state.seasons.size]


def regular(times: NDArray[np.int64], y: NDArray[np.float64], bridged: bool) -> NDArray[np.float64]:
    """``y`` for every time from first to last, shape (last − first + 1,). What lies between is NaN, or ``bridged`` by equal growth: all that is known of the years in a gap is what they grew together."""
    every = np.arange(times[0], times[-1] + 1)
    if bridged:
        return np.interp(every, times, y)
    out = np.full(every.size, np.nan)
    out[times - times[0]] = y
    return out


def begin(y: NDArray[np.float64], period: int) -> tuple[State, int]:
    """The state to begin with, and how many times it took in: a year's figure and its growth to the next; of months, what a straight line and means of the first two years say.

    ValueError: fewer than 2 years, or months without each phase of the year.
    """
    if period == 1:
        if y.size < 2:
            raise ValueError("a trend needs two figures")
        return State(float(y[0]), float(y[1] - y[0]), np.zeros(1)), 1
    known = np.flatnonzero(~np.isnan(y[: 2 * period]))
    phases = known % period
    if np.unique(phases).size < period or known.size < period + 2:
        raise ValueError("seasons need every month of a year, and some of a second")
    design = np.zeros((known.size, period + 1))
    design[np.arange(known.size), phases] = 1
    design[:, period] = known + 1
    found: NDArray[np.float64] = np.linalg.lstsq(design, y[known], rcond=None)[0].astype(np.float64)
    level = float(found[:period].mean())
    return State(level, float(found[period]), found[:period] - level), 0


def fitted(group: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], period: int) -> Smoothing:
    """One smoothing for all series of a group: the one of a small grid with the least mean absolute one-step error; `YEARLY` or `MONTHLY` where fewer than `ENOUGH` errors are known.

    ``group``: times and values on the scale, each (n,). Errors after a gap are not counted, which are of several steps, nor those of what the state began with.
    """
    default, grid = (YEARLY, _YEARLY_GRID) if period == 1 else (MONTHLY, _MONTHLY_GRID)
    usable = []
    for times, y in group:
        dense = regular(times, y, bridged=period == 1) if times.size > 1 else np.empty(0)
        try:
            first, used = begin(dense, period)
        except ValueError:
            continue
        every = np.arange(times[0], times[-1] + 1)
        one_step = np.isin(every, times) & np.isin(every - 1, times)
        one_step[: 2 * period] = False
        usable.append((dense[used:], first, one_step[used:]))
    if sum(int(counted.sum()) for _, _, counted in usable) < ENOUGH:
        return default
    named = [[getattr(by, f) for by in grid] for f in ("level", "trend", "damping", "season")]
    parameters = [np.array(values) for values in named]
    errors = [np.abs(_walked(y, first, *parameters)[3][counted]) for y, first, counted in usable]
    losses = np.concatenate(errors).mean(axis=0)
    stays = default in grid and losses[grid.index(default)] <= 1.02 * losses.min()
    return default if stays else grid[int(losses.argmin())]


def damped(
    times: NDArray[np.int64], y: NDArray[np.float64], period: int, steps: int, by: Smoothing
) -> NDArray[np.float64]:
    """Damped trend of one series, ``steps`` ahead of its last figure, shape (steps,); ValueError as `begin`."""
    dense = regular(times, y, bridged=period == 1) if times.size > 1 else np.empty(0)
    first, used = begin(dense, period)
    return ahead(smoothed(dense[used:], by, first)[0], by.damping, steps)
