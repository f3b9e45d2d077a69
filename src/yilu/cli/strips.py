"""Figures on a line of text: a band with its middle, and marks on it. Plain signs, of one column in every terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable

FIGURE, MIDDLE, PROMISED = "*", "o", "|"
"""Published, forecast, promised."""
WIDE, NARROW = ".", "="
"""The band of 95 % and that of 80 %."""


def scale(values: Iterable[float | None]) -> tuple[float, float]:
    """From the least to the greatest of the values that are there, with room where they are one."""
    held = [v for v in values if v is not None and math.isfinite(v)]
    if not held:
        return 0.0, 1.0
    low, high = min(held), max(held)
    return (low, high) if high > low else (low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0))


def strip(
    width: int,
    ends: tuple[float, float],
    bands: Iterable[tuple[str, float | None, float | None]],
    marks: Iterable[tuple[str, float | None]],
) -> str:
    """A line of ``width`` signs from ``ends``: each band from its low to its high, over it each mark. What goes on outside stands as < or > at the edge; later ones lie over earlier ones; None is left out."""
    low, high = ends
    line = [" "] * width

    def at(value: float) -> int:
        return round((width - 1) * (value - low) / (high - low))

    for sign, first, last in bands:
        if first is not None and last is not None:
            for i in range(max(0, at(first)), min(width - 1, at(last)) + 1):
                line[i] = sign
            line[0] = "<" if at(first) < 0 else line[0]
            line[-1] = ">" if at(last) >= width else line[-1]
    for sign, value in marks:
        if value is not None:
            i = at(value)
            line[min(max(i, 0), width - 1)] = "<" if i < 0 else ">" if i >= width else sign
    return "".join(line).rstrip()
