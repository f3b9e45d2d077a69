"""Kinds of units: on which scale a figure is forecast, and along which path a target is reached.

A volume grows by a factor a year and can't be negative; a share can't leave 0 to 100. What a kind declares here is all that the forecast knows of a figure's meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Kind:
    """``log``: forecast in logarithms, else in log-odds of 0 to 100; ``geometric``: targets are reached by equal growth, else by equal steps; ``spread``: assumed error of a year ahead on the scale (A), ``month_spread`` of a month ahead."""

    zh: str
    en: str
    log: bool
    geometric: bool
    spread: float
    month_spread: float


KINDS: dict[str, Kind] = {
    "volume": Kind("总量", "volume: items, yuan", True, True, 0.10, 0.06),
    "count": Kind("数量", "count: places, vehicles", True, False, 0.10, 0.06),
    "rate": Kind("率(非百分比)", "rate: cases per million, yuan an item, hours", True, False, 0.20, 0.15),
    "share": Kind("百分比", "share, in per cent", False, False, 0.25, 0.15),
    "points": Kind("分值", "points of 100", False, False, 0.15, 0.10),
}
"""Kinds by name. Spreads are assumptions that weigh as much as errors of two years; an error of 0.1 in logarithms is about 10 %, one of 0.25 in log-odds 6 points at 50 % and 1 point at 95 %."""

EDGE = 0.05
"""How near 0 and 100 a share counts as being at the edge: half of the last digit that is published (A)."""


def to_scale(kind: str, values: ArrayLike) -> NDArray[np.float64]:
    """Figures on the scale on which they are forecast, any shape.

    A count or rate of 0 is taken as half the least that is not 0 (1 where all are 0). ValueError: unknown kind, a volume of 0, anything negative, above 100 of 100, not finite.
    """
    k, x = kind_of(kind), np.asarray(values, dtype=np.float64)
    if not np.isfinite(x).all():
        raise ValueError("figures must be finite; leave out years without one")
    if k.log:
        if (x < 0).any() or (k.geometric and (x == 0).any()):
            raise ValueError(f"a {kind} must be {'above 0' if k.geometric else '0 or more'}, got {x.min():g}")
        above = x[x > 0]
        return np.log(np.where(x > 0, x, 0.5 * above.min() if above.size else 1.0))
    if (x < 0).any() or (x > 100).any():
        raise ValueError(f"{kind}: 0 to 100 expected, got {x.min() if (x < 0).any() else x.max():g}")
    inside = np.clip(x, EDGE, 100 - EDGE)
    return np.log(inside / (100 - inside))


def from_scale(kind: str, scaled: ArrayLike) -> NDArray[np.float64]:
    """The reverse of `to_scale`, any shape; what it returns can't leave the kind's bounds."""
    y = np.asarray(scaled, dtype=np.float64)
    return np.exp(np.minimum(y, 700.0)) if kind_of(kind).log else 100 / (1 + np.exp(-np.clip(y, -700.0, 700.0)))


def kind_of(kind: str) -> Kind:
    """A kind by name; ValueError names those there are."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of unit {kind!r}; there are {', '.join(KINDS)}")
    return KINDS[kind]
