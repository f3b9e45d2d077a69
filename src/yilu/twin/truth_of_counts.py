"""What a scenario makes true of counts alone, without an item: outlets that fade. Written a second time from docs/explain/alerts.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date as Date
from datetime import timedelta

import numpy as np

from yilu.network import Network

_EPOCH = Date(1970, 1, 1)
_LATELY_D, _BEFORE_D = 3, 14
_HOUR = 3600

Accepted = Counter[tuple[int, int, int]]
"""Acceptances by operator, facility and hour (UTC, since 1970)."""


def fading(
    accepted: Accepted, network: Network, first: Date, days: int, thresholds: Mapping[str, int]
) -> Iterator[tuple[int, int, int, int]]:
    """(operator, facility, from, until) of outlets that fade within the ``days`` from ``first`` on, looked at as the last day ends; until 0: still."""
    begin = (first - _EPOCH).days
    hours = np.array([h * _HOUR for _, _, h in accepted], np.int64)
    of_day: Counter[tuple[int, int, int]] = Counter()
    for (operator, place, _), day, n in zip(
        accepted, network.local_day(hours).tolist(), accepted.values(), strict=True
    ):
        of_day[place, operator, day - begin] += n
    factor = [network.day_factor(first + timedelta(days=d)) for d in range(days)]
    for place in sorted({p for p, _, _ in of_day}):
        sent = [
            sum(n for (p, _, d), n in of_day.items() if p == place and d == day) / factor[day] for day in range(days)
        ]
        holds = [_holds(sent[: d + 1], thresholds) for d in range(days)]
        for d in range(days):
            if holds[d] and not (d and holds[d - 1]):
                over = next((e for e in range(d, days) if not holds[e]), None)
                who: Counter[int] = Counter()
                for (p, operator, e), n in of_day.items():
                    if p == place and 0 <= d + 1 - _LATELY_D - e <= _BEFORE_D and e < d + 1 - _LATELY_D:
                        who[operator] += n
                most = max(who.values())
                until = 0 if over is None else _midnight(network, begin + over + 1)
                yield min(o for o in who if who[o] == most), place, _midnight(network, begin + d + 1), until


def _holds(sent: list[float], thresholds: Mapping[str, int]) -> bool:
    """Whether an outlet with these acceptances a day fades as the last of them ends."""
    if len(sent) < _LATELY_D + _BEFORE_D:
        return False
    lately, before = sum(sent[-_LATELY_D:]) / _LATELY_D, sum(sent[-_LATELY_D - _BEFORE_D : -_LATELY_D]) / _BEFORE_D
    return before >= thresholds["fading_least"] and 100 * lately < thresholds["fading_percent"] * before


def _midnight(network: Network, day: int) -> int:
    """UTC seconds at which a local day (since 1970) begins."""
    return network.local_time.midnight((_EPOCH + timedelta(days=day)).isoformat())
