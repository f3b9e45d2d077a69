"""The scale of a chart: round steps from 0 to above the highest value."""

from __future__ import annotations

import math

STEPS = 5
"""Steps that a scale has at most."""


def ticks(highest: float, least: float = 0.0) -> tuple[float, ...]:
    """Values of the lines of a scale, from 0 on, in steps of 1, 2 or 5 times a power of ten, none below ``least`` (1 for counts); the last is not below ``highest``."""
    if highest <= 0:
        return (0.0, 1.0)
    rough = max(highest / STEPS, least)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    return tuple(step * i for i in range(math.ceil(highest / step - 1e-9) + 1))


def decimals(step: float) -> int:
    """Decimal places that the steps of a scale are told apart by, two at most."""
    return 0 if step >= 1 else 1 if step >= 0.1 else 2
