"""Values as plans print them: as round as they can be without promising something else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from yilu.plan.units import units

TOLERANCE = 0.02
"""By how much rounding may move the chance of a value (A): 2 percentage points, so that what is proposed stays what it is called."""
LEAST, MOST = 1e-9, 1e15
_FINEST = 6
_WHOLE = ("count", "persons", "items")


def places(unit: str) -> Decimal:
    """The least step of figures in a unit: 1 of what is counted one by one (个, 家, 件), 0 where there is none."""
    u = units()[unit]
    return Decimal(1) if u.factor == 1 and u.dimension in _WHOLE else Decimal(0)


def together(
    values: Sequence[float], chances: Sequence[Callable[[float], float]], least: Decimal, above_zero: bool
) -> tuple[list[Decimal], Decimal]:
    """Values (all of one figure) on one step, and that step: the largest of 1 and 5 times a power of ten that moves none of the ``chances`` by more than `TOLERANCE`.

    One step for all, so that their order stays. ``least``: no step is smaller, whatever it moves; ``above_zero``: none may become 0. No step is finer than a millionth of the least value.
    """
    exact = [c(v) for c, v in zip(chances, values, strict=True)]
    step = least or Decimal(1)
    for step in _steps([abs(v) for v in values], least):
        rounded = [on(v, step) for v in values]
        if above_zero and min(rounded) <= 0:
            continue
        if all(abs(c(float(r)) - e) <= TOLERANCE for c, r, e in zip(chances, rounded, exact, strict=True)):
            return rounded, step
    return [max(on(v, step), step if above_zero else Decimal(0)) for v in values], step


def on(value: float | Decimal, step: Decimal, up: bool = False) -> Decimal:
    """A value on the nearest multiple of a step, or on the next one ``up``, with the digits of the step."""
    times = (Decimal(repr(value)) if isinstance(value, float) else value) / step
    return plain(times.to_integral_value(ROUND_CEILING if up else ROUND_HALF_EVEN) * step)


def plain(value: Decimal) -> Decimal:
    """Without an exponent: 4E+3 is 4000."""
    return value.quantize(Decimal(1)) if int(value.as_tuple().exponent) > 0 else value


def significant(value: float, digits: int = 4) -> Decimal:
    """A computed figure with so many digits, zeros after them: more would be made up."""
    if value == 0:
        return Decimal(0)
    exponent = math.floor(math.log10(abs(value))) - digits + 1
    return plain(Decimal(repr(value)).quantize(Decimal(1).scaleb(exponent)))


def telling(value: float) -> float:
    """A figure that a table can hold: beyond `MOST` and below `LEAST` of any unit a forecast says nothing but that nothing is known."""
    return min(max(value, LEAST), MOST)


def _steps(values: Sequence[float], least: Decimal) -> Iterator[Decimal]:
    """5 and 1 times powers of ten, from about the greatest of some values down to `_FINEST` digits of the least, or to the least step."""
    powers = [math.floor(math.log10(v)) for v in values if v > 0] or [0]
    for exponent in range(max(powers), min(powers) - _FINEST - 1, -1):
        for digit in (5, 1):
            step = plain(Decimal(digit).scaleb(exponent))
            if step < least:
                return
            yield step
