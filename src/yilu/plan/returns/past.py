"""What an enterprise's own past lets expect of a figure, robustly: medians and median absolute deviations of changes of its logarithm.

A figure is held against the period before it and against the same period a year before, where it has enough of either; it is implausible only where every such
comparison says so, so that a Spring Festival that moves is no finding where a year before tells of one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from yilu.plan.returns.forms import Checks

_NORMAL = 1.4826
"""Median absolute deviation of a normal distribution to its standard deviation."""
_LOG10 = math.log(10)


@dataclass(frozen=True)
class Expected:
    """A value and how far from it, in logarithm, is still plausible; ``others``: what other comparisons expect."""

    value: float
    within: float
    others: tuple[Expected, ...] = ()

    def plausible(self, value: float) -> bool:
        """Whether any comparison finds it plausible. Nothing at all is never plausible where something is expected."""
        own = value > 0 and abs(math.log(value / self.value)) <= self.within
        return own or any(other.plausible(value) for other in self.others)

    @property
    def least(self) -> float:
        """The least plausible value, of all comparisons."""
        return min([self.value * math.exp(-self.within), *(o.least for o in self.others)])

    @property
    def most(self) -> float:
        """The greatest plausible value, of all comparisons."""
        return max([self.value * math.exp(self.within), *(o.most for o in self.others)])


def expected(line: Mapping[int, float], year: int, checks: Checks) -> Expected | None:
    """What the past lets expect, the year before first; None where it tells too little.

    ``line``: values above 0 by how many periods they lie back (1: the one before); ``year``: periods of a year.
    """
    held = {back: math.log(value) for back, value in line.items() if value > 0 and back <= checks.history + year}
    found = [e for e in (_against(held, year, checks), _against(held, 1, checks)) if e is not None]
    if not found:
        return None
    return Expected(found[0].value, found[0].within, tuple(found[1:]))


def _against(held: Mapping[int, float], lag: int, checks: Checks) -> Expected | None:
    """By changes over ``lag`` periods. Where the period that far back is unknown and the lag is one, the latest known one stands for it."""
    changes = [held[b] - held[b + lag] for b in held if b + lag in held and b <= checks.history]
    base = lag if lag in held else min(held, default=0) if lag == 1 else 0
    if len(changes) < checks.least_history or base not in held:
        return None
    usual, spread = _centre(changes, checks)
    periods = base if lag == 1 else 1
    return Expected(math.exp(held[base] + periods * usual), checks.most_deviations * spread * math.sqrt(periods))


def level(values: Sequence[float], checks: Checks) -> Expected | None:
    """What past levels, oldest first and above 0, let expect of the next; None where there are too few."""
    logs = [math.log(v) for v in values[-checks.history :]]
    if len(logs) < checks.least_history:
        return None
    usual, spread = _centre(logs, checks)
    return Expected(math.exp(usual), checks.most_deviations * spread)


def _centre(values: Sequence[float], checks: Checks) -> tuple[float, float]:
    """Median, and spread as of a normal distribution, no less than the least."""
    middle = median(values)
    return middle, max(_NORMAL * median(abs(v - middle) for v in values), checks.least_spread)


def power(value: float, expected: Expected, checks: Checks) -> int:
    """The power of ten by which a value is too large (negative: too small), 0 where none brings it near what is expected."""
    for k in checks.powers:
        for signed in (k, -k):
            if abs(math.log(value / expected.value) - signed * _LOG10) <= checks.factor_within:
                return signed
    return 0
