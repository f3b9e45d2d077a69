"""A shift (班): the 24 hours before 08:30 local time, which a report tells of, and the whole day before it, whose figures it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from yilu.errors import StoreError, YiluError
from yilu.indicators import Period
from yilu.items import answers
from yilu.items.reading import Snapshot
from yilu.network import Network
from yilu.network.local_time import DAY_S

HAND_OVER_S = (8 * 60 + 30) * 60
"""Local time of day at which shifts change: 08:30."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Shift:
    """The shift that ends on the morning of ``day``: UTC seconds ``since`` ≤ t < ``until``; ``midnight``: when ``day`` begins."""

    day: date
    since: int
    until: int
    midnight: int

    @property
    def yesterday(self) -> date:
        """The local day whose figures are given."""
        return self.day - timedelta(days=1)

    def period(self, days_before: int = 0) -> Period:
        """The day of the figures, or the same so many days before."""
        day = self.yesterday - timedelta(days=days_before)
        return Period(day, day)


def shift_of(network: Network, day: date) -> Shift:
    """The shift that ends on the morning of a local day."""
    clock = network.local_time
    local = (day - _EPOCH).days * DAY_S
    since, until = (int(clock.utc(local + HAND_OVER_S - back)) for back in (DAY_S, 0))
    return Shift(day, since, until, clock.midnight(day.isoformat()))


def days_known(snapshot: Snapshot) -> tuple[date, date] | None:
    """First and last local day of which there are figures by day; None where there are none."""
    days = answers.daily(snapshot).column("day").to_pylist()
    return (_EPOCH + timedelta(days=min(days)), _EPOCH + timedelta(days=max(days))) if days else None


def chosen(snapshot: Snapshot, network: Network, day: date | None) -> Shift:
    """The shift asked for, or the one after the latest whole day that the store knows.

    Raises StoreError where the store holds no events, YiluError where it can't tell of the day before ``day``.
    """
    if not snapshot.as_of:
        raise StoreError(
            "the store holds no events yet",
            zh="事实库中尚无事件",
            next_step="run: yilu ingest FILE",
            next_step_zh="先运行 yilu ingest FILE 读入数据",
        )
    latest = network.local_date(snapshot.as_of)
    known = days_known(snapshot)
    first = min(known[0], latest) if known else latest
    least, most = first + timedelta(days=1), latest + timedelta(days=1)
    if day is None:
        return shift_of(network, max(latest, least))
    if not least <= day <= most:
        raise YiluError(
            f"--date {day}: the store tells of {first} to {latest}",
            zh=f"--date {day}:事实库有 {first} 至 {latest} 的数据",
            next_step=f"give a morning from {least} to {most}",
            next_step_zh=f"请给出 {least} 至 {most} 之间的报告日",
        )
    return shift_of(network, day)
