"""A short series of figures as the forecast sees it: times, values, kind, what it goes along with, what is promised of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.plan.forecast.kinds import to_scale
from yilu.plan.forecast.trajectory import Trajectory

YEARLY, MONTHLY = 1, 12


@dataclass(frozen=True)
class Series:
    """Figures of one indicator in one area, in order of time; times without a figure are left out.

    ``times``: whole years, or months counted year × 12 + month − 1, shape (n,); ``values``: shape (n,), in the unit of the indicator; ``kind``: of `kinds.KINDS`; ``period``: 1 for years, 12 for months;
    ``covariate``: the nation's series of the same indicator and period; ``path``: the plan's target for it.
    ValueError: unequal lengths, times not rising, values that the kind can't have, a covariate of another period.
    """

    id: str
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    kind: str
    period: int = YEARLY
    covariate: Series | None = None
    path: Trajectory | None = None

    def __post_init__(self) -> None:
        if self.times.shape != self.values.shape or self.times.ndim != 1:
            raise ValueError(f"{self.id}: {self.times.size} times for {self.values.size} values")
        if self.times.size and (np.diff(self.times) <= 0).any():
            raise ValueError(f"{self.id}: times must rise, each once")
        if self.period not in (YEARLY, MONTHLY):
            raise ValueError(f"{self.id}: a period of 1 (years) or 12 (months) expected, got {self.period}")
        if self.covariate is not None and self.covariate.period != self.period:
            raise ValueError(f"{self.id}: {self.covariate.id} has another period")
        try:
            to_scale(self.kind, self.values)
        except ValueError as e:
            raise ValueError(f"{self.id}: {e}") from None

    @property
    def scaled(self) -> NDArray[np.float64]:
        """The values on the scale of their kind, shape (n,)."""
        return to_scale(self.kind, self.values)

    @property
    def last(self) -> int:
        """Time of the last figure."""
        return int(self.times[-1])

    @property
    def group(self) -> tuple[str, int]:
        """Series of one group are judged together: kind and period."""
        return self.kind, self.period

    def text(self, time: int) -> str:
        """A time as people write it: 2025, or 2025-06 of months."""
        return str(time) if self.period == YEARLY else f"{time // 12}-{time % 12 + 1:02d}"

    def until(self, time: int) -> Series:
        """What was known at the end of ``time``: nothing later, of the covariate neither. Later corrections of figures are not undone: the file has only the last word on each."""
        known = self.times <= time
        covariate = None if self.covariate is None else self.covariate.until(time)
        return Series(self.id, self.times[known], self.values[known], self.kind, self.period, covariate, self.path)


def series(
    id: str,
    times: Sequence[int],
    values: Sequence[float],
    kind: str,
    *,
    period: int = YEARLY,
    covariate: Series | None = None,
    path: Trajectory | None = None,
) -> Series:
    """A `Series` of plain lists; values that are NaN are left out."""
    t, v = np.asarray(times, dtype=np.int64), np.asarray(values, dtype=np.float64)
    if t.shape != v.shape:
        raise ValueError(f"{id}: {t.size} times for {v.size} values")
    there = ~np.isnan(v)
    return Series(id, t[there], v[there], kind, period, covariate, path)
