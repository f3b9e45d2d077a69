"""Which lanes bag, over which windows, and how many bags a window has: from the expected items of each lane and hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.twin.bags import ITEMS_A_BAG

WINDOWS_H = (1, 2, 3, 4, 6)
"""Lengths that a lane's windows may have; the shortest that fills a bag is taken."""
LEAST_ITEMS = 14.0
"""A lane whose longest window expects fewer items doesn't bag."""
_LAG_H = 3.0


@dataclass(frozen=True)
class Lanes:
    """Arrays of ``Ground`` on bags; ``share``: the part of these lanes' items that is bagged."""

    lane: NDArray[np.int32]
    operator: NDArray[np.int32]
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    hours: NDArray[np.int64]
    first: NDArray[np.int64]
    bags: NDArray[np.int64]
    share: float


def lanes_of(flow: NDArray[np.float64], profile: NDArray[np.float64], share_bagged: float) -> Lanes:
    """Lanes of ``flow`` (operators, sites, sites; items a day) such that ``share_bagged`` of all items ride in bags if lanes allow.

    ``profile`` (25,): cumulative acceptances by hour. An item is expected at its first site about 3 hours after acceptance.
    """
    total = flow.sum()
    wanted, share = share_bagged * total, min(0.9, share_bagged * 1.5)
    chosen = np.zeros(flow.shape, np.bool_)
    for _ in range(4):
        chosen = flow * share * WINDOWS_H[-1] / 24 >= LEAST_ITEMS
        bagging = flow[chosen].sum()
        share = min(0.9, wanted / bagging) if bagging > 0 else 0.0
    if share == 0.0:
        chosen[:] = False
    operator, source, target = np.nonzero(chosen)
    lane = np.full(flow.shape, -1, np.int32)
    lane[operator, source, target] = np.arange(len(operator))
    daily = flow[operator, source, target] * share
    hours = np.full(len(daily), WINDOWS_H[-1], np.int64)
    for window in reversed(WINDOWS_H):
        hours[daily * window / 24 >= ITEMS_A_BAG] = window
    by_hour = _late(np.diff(profile))
    first = np.concatenate([[0], np.cumsum(24 // hours)]).astype(np.int64)
    bags = np.zeros(first[-1] + 1, np.int64)
    for window in WINDOWS_H:
        rows = np.flatnonzero(hours == window)
        many = daily[rows, None] * by_hour.reshape(-1, window).sum(axis=1)[None, :]
        slots = first[rows, None] + np.arange(24 // window)[None, :]
        bags[slots + 1] = np.maximum(1, np.rint(many / ITEMS_A_BAG)).astype(np.int64)
    return Lanes(
        lane,
        operator.astype(np.int32),
        source.astype(np.int32),
        target.astype(np.int32),
        hours,
        first,
        np.cumsum(bags),
        float(share),
    )


def _late(by_hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """The hourly shares ``_LAG_H`` later, spread over three hours."""
    lag = int(_LAG_H)
    return np.asarray((np.roll(by_hour, lag - 1) + 2 * np.roll(by_hour, lag) + np.roll(by_hour, lag + 1)) / 4)
