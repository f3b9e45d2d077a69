"""What a synthetic day is made from: the plan and its rates. Every figure marked (A) is an assumption of the twin."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from yilu.network import Network
from yilu.twin.scenario import CLEAN, Scenario

FULL_DAY = 137_000_000
"""Items a day at scale 1: the plan's 50 billion items of 2025 over 365 days (广东省邮政业发展"十四五"规划)."""

MOST_ITEMS = (1 << 32) - 1
MOST_DAYS = 3660


class Rates(NamedTuple):
    """Shares in [0, 1] of what happens to items and to their events. All are assumptions (A); see docs/explain/twin.md."""

    letter: float = 0.010
    """Letters among all domestic items."""
    parcel: float = 0.007
    """Postal parcels among all domestic items (mail as a whole: 8 of 468 in 2025)."""
    casual_day: float = 0.16
    """Casual senders among items accepted from 8 to 17 o'clock."""
    casual_night: float = 0.06
    """Casual senders among items accepted at other hours."""
    unfiled: float = 0.02
    """Contract senders without a filed agreement, among contract senders."""
    missing_check: float = 0.0
    """Owed checks that leave no event."""
    cancel: float = 0.003
    pieces: float = 0.004
    """Shipments of two to four pieces."""
    relabel: float = 0.002
    redirect: float = 0.003
    hold: float = 0.004
    delay: float = 0.025
    """Hauls, and arrivals at the last site, that miss their connection and wait half a day to a day; an item misses one at most."""
    damage: float = 0.0004
    lost: float = 0.0003
    destroy: float = 0.08
    """Items destroyed, among those that customs hold."""
    customs_hold: float = 0.02
    hand_over: float = 0.01
    """Items that another operator delivers, among those delivered in the province."""
    attempt: float = 0.03
    """Tours that end without delivery."""
    refused: float = 0.08
    """Refusals among failed tours; a refused item goes back."""
    wrong_delivery: float = 0.0005
    """Deliveries scanned by mistake and voided."""
    wrong_departure: float = 0.0005
    """Departures scanned by mistake and voided."""
    locker: float = 0.20
    station: float = 0.45
    proxy: float = 0.15
    """Signed for by another person, among deliveries at the door."""
    hub: float = 0.35
    """Items on lanes with a hub on their way that go through it."""
    late_record: float = 0.015
    """Events recorded minutes to hours after they happened."""
    repeat: float = 0.005
    """Events sent twice."""
    conflict: float = 0.0004
    """Acceptances sent a second time with another weight."""
    unmapped: float = 0.002
    """Items with one more scan whose code no table knows."""
    unknown_place: float = 0.0005
    """Scans (sorted, out for delivery, unbagged) that name a place no table knows."""


def as_record(rates: Rates) -> np.void:
    """``rates`` as a numpy record, which kernels take by reference."""
    table = np.zeros(1, np.dtype([(name, "f8") for name in Rates._fields]))
    for name in Rates._fields:
        table[name] = getattr(rates, name)
    return table[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class DayPlan:
    """Which days to make: ``items`` a day from ``date`` on, for ``days`` days, the whole life of each.

    A plan of one day holds just ``items``. In a plan of several days they are those of an ordinary day, and each day holds what the
    province's calendar makes of them (``volumes``).
    ``network``: what ``yilu.network.load`` gives. ``seed`` picks the day among all days with the same plan.
    ``share_bagged``: share of items that travel in a bag, as far as lanes have the volume for bags. ``slice_minutes``:
    length of a slice by recording time (by default as long as memory allows). ``slice_events``: most events in one table. ``block``: items made at once (neither
    changes what is made). ``scenario``: faults planted into lives. ``memory_mb``: events that wait in memory before they spill to disk.
    """

    network: Network
    date: Date
    items: int
    seed: int = 1
    days: int = 1
    share_bagged: float = 0.3
    rates: Rates = field(default_factory=Rates)
    scenario: Scenario = CLEAN
    slice_minutes: int | None = None
    slice_events: int = 1 << 20
    block: int = 1 << 17
    memory_mb: int = 512

    def __post_init__(self) -> None:
        if self.items < 1 or self.days < 1:
            raise ValueError(f"items a day and days are at least 1, not {self.items} and {self.days}")
        if self.days > MOST_DAYS:
            raise ValueError(f"{self.days} days exceed {MOST_DAYS}: plan fewer days at a time")
        if not Date(2020, 1, 1) <= self.date <= Date(2099, 12, 31):
            raise ValueError(f"a day lies between 2020 and 2099, not {self.date}")
        if not 1 <= self.minutes <= 1440 or 1440 % self.minutes:
            raise ValueError(f"slice_minutes must divide a day, not {self.slice_minutes}")
        if not 0 <= self.seed < 1 << 63:
            raise ValueError(f"a seed lies between 0 and 2^63 - 1, not {self.seed}")
        if not 0 <= self.share_bagged <= 1 or not all(0 <= r <= 1 for r in self.rates):
            raise ValueError("rates and shares lie between 0 and 1")
        if self.total > MOST_ITEMS:
            raise ValueError(f"{self.items} items × {self.days} days exceed {MOST_ITEMS}: plan fewer days at a time")

    def with_rates(self, **rates: float) -> DayPlan:
        """The same plan with some other ``rates``."""
        return replace(self, rates=self.rates._replace(**rates))

    @property
    def volumes(self) -> tuple[int, ...]:
        """Items of each day."""
        if self.days == 1:
            return (self.items,)
        factors = (self.network.day_factor(self.date + timedelta(days=d)) for d in range(self.days))
        return tuple(max(1, round(self.items * factor)) for factor in factors)

    @property
    def total(self) -> int:
        """Items of all days."""
        return sum(self.volumes)

    @property
    def minutes(self) -> int:
        """``slice_minutes``, or else the longest slice that holds about 6 million events in the busiest hour."""
        if self.slice_minutes is not None:
            return self.slice_minutes
        busiest = 0.12 * 9.0 * max(self.volumes)
        return next((m for m in (60, 30, 20, 15, 10, 5, 4, 3) if busiest * m / 60 <= 6e6), 2)
