"""How far a forecast may be off: from the errors that the method made before, pooled over series, with Student's t for how few they are.

An error of h years ahead, from an origin with a span of n years known, is divided by u = √(h (1 + h ÷ n)): the growth of its spread under naive drift (Hyndman and Athanasopoulos, 5.5). So errors of all horizons tell one spread
s per year. Years share their shocks: of all errors of one year only one counts as independent. With k such years and the kind's assumed spread s₀ weighing as much as `PRIOR` years,

    s² = (PRIOR s₀² + k mean(r²)) ÷ (PRIOR + k),      interval = middle ± t(PRIOR + k) s u

which is the predictive distribution of a normal error under a scaled inverse-χ² prior (Gelman et al., *Bayesian Data Analysis*, 3rd ed., 2.6), with k for the number of errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from yilu.plan.forecast.kinds import kind_of

PRIOR = 2
"""How many years of errors the assumed spread weighs as much as (A)."""


@dataclass(frozen=True)
class Spread:
    """``scale``: error of one step, on the scale of the kind; ``degrees``: of freedom of its t; ``cases``: errors it rests on, ``times``: in how many years (months) they lie."""

    scale: float
    degrees: float
    cases: int
    times: int


def widening(
    horizon: NDArray[np.float64] | float, span: NDArray[np.float64] | float, period: int
) -> NDArray[np.float64]:
    """u, by which errors grow with the horizon (any shape); ``span``: times from the first figure to the last.

    Of months: √(1 + h ÷ 12), a month's own noise and a year's drift (A).
    """
    h = np.asarray(horizon, dtype=np.float64)
    if period > 1:
        return np.sqrt(1 + h / period)
    return np.sqrt(h * (1 + h / np.maximum(span, 1.0)))


def spread(kind: str, period: int, errors: NDArray[np.float64], targets: NDArray[np.int64]) -> Spread:
    """What standardised errors r = error ÷ u tell of the spread. ``errors``: shape (n,); ``targets``: the times they are of, shape (n,); n may be 0."""
    assumed = kind_of(kind).spread if period == 1 else kind_of(kind).month_spread
    times = np.unique(targets).size
    seen = times * float(np.mean(errors**2)) if errors.size else 0.0
    degrees = PRIOR + times
    return Spread(float(np.sqrt((PRIOR * assumed**2 + seen) / degrees)), float(degrees), errors.size, times)


def quantile(middle: NDArray[np.float64], scale: NDArray[np.float64], degrees: float, p: float) -> NDArray[np.float64]:
    """The p-quantile on the scale, of the shape of ``middle``."""
    return np.asarray(middle + scale * stdtrit(degrees, p), np.float64)


def chance_above(middle: float, scale: float, degrees: float, limit: float) -> float:
    """Probability of more than ``limit``, all on the scale."""
    return float(stdtr(degrees, (middle - limit) / scale))
