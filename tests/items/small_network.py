"""A small network as plain Python (``Net``) and, made of the same figures, as the arrays that the heart takes (``rules``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from yilu.items.kinds import BY_CODE
from yilu.items.rules import Rules

HOUR, DAY = 3600, 86400
DEPART = BY_CODE["depart"].id
BASE = int(datetime(2024, 3, 29, 20, tzinfo=UTC).timestamp())
"""Lives begin here: two days before the clocks of Berlin go forward."""


@dataclass(frozen=True)
class Promise:
    """A promise rule: hours from acceptance, or a local hour of the n-th day after it; one day later from the cut-off on."""

    level: int
    since: int
    calendar: bool
    amount: int
    due_minute: int
    cut_off_minute: int


@dataclass(frozen=True)
class Obligation:
    """A check (0 inspect, 1 identify, 2 screen) owed, or not, by what fits."""

    check: int
    since: int
    until: int
    item_class: int
    sender_kind: int
    origins: tuple[int, ...]
    destinations: tuple[int, ...]
    owed: bool
    processing: bool


@dataclass(frozen=True)
class Net:
    """Facilities and areas by id, row 0 unknown; times in UTC seconds."""

    zone: ZoneInfo
    area: tuple[int, ...]
    processing: tuple[bool, ...]
    at: tuple[tuple[float, float], ...]
    city: tuple[int, ...]
    inside: tuple[bool, ...]
    level_of_pair: tuple[tuple[int, ...], ...]
    promises: tuple[Promise, ...]
    obligations: tuple[Obligation, ...]
    reuse_s: int
    container_s: int
    fastest_m_s: int = 300
    least_km: int = 100
    waited_s: int = 30 * HOUR
    stayed_s: int = 5 * HOUR

    def day(self, at: int) -> int:
        """Local days from 2000-01-01 to the local day of ``at``."""
        return (datetime.fromtimestamp(at, self.zone).date() - datetime(2000, 1, 1).date()).days

    def impossible(self, a: int, b: int, seconds: int) -> bool:
        """Whether nothing gets from facility ``a`` to ``b`` in that time (distance by the cosine rule of the sphere)."""
        (x, y), (u, v) = (tuple(map(math.radians, self.at[p])) for p in (a, b))
        cosine = math.sin(y) * math.sin(v) + math.cos(y) * math.cos(v) * math.cos(u - x)
        metres = 6371008.8 * math.acos(max(-1.0, min(1.0, cosine)))
        return metres > 1000 * self.least_km and metres > self.fastest_m_s * seconds

    def waited(self, before: dict, arrived: int, now: dict) -> bool:
        """Whether an item had no scan for long, or leaves a processing site inside where it stayed long."""
        site = before["place"]
        leaves = arrived and (now["kind"] == DEPART or now["place"] != site) and now["at"] - arrived > self.stayed_s
        stayed = leaves and self.processing[site] and self.inside[self.area[site]]
        return bool(now["at"] - before["at"] > self.waited_s or stayed)

    def promised(self, at: int, origin: int, destination: int, level: int) -> int:
        """The derived promise, 0 for none; a local time that the clock skips or shows twice is read with the offset before."""
        level = level or self.level_of_pair[origin][destination]
        known = [p for p in self.promises if p.level == level and p.since <= at]
        if not known:
            return 0
        rule = max(known, key=lambda p: p.since)
        local = datetime.fromtimestamp(at, self.zone).replace(tzinfo=None)
        midnight = local.replace(hour=0, minute=0, second=0)
        late = local >= midnight + timedelta(minutes=rule.cut_off_minute)
        utc = lambda wall: int(wall.replace(tzinfo=self.zone).timestamp())  # noqa: E731
        if rule.calendar:
            return utc(midnight + timedelta(days=rule.amount + late, minutes=rule.due_minute))
        return (utc(midnight + timedelta(days=1)) if late else at) + HOUR * rule.amount

    def owed(self, check: int, record: dict, at: int, origin: int) -> bool | None:
        """None where the check is not owed; else whether its latest place is the processing site."""
        fits = [
            o
            for o in self.obligations
            if o.check == check
            and o.since <= at < o.until
            and o.item_class in (0, record["item_class"])
            and o.sender_kind in (0, record["sender_kind"])
            and origin in o.origins
            and record["destination"] in o.destinations
        ]
        return fits[-1].processing if self.inside[origin] and fits and fits[-1].owed else None


AREAS = 8
EVERYWHERE = tuple(range(AREAS))
NET = Net(
    zone=ZoneInfo("Europe/Berlin"),
    area=(0, 1, 2, 3, 4, 5, 6, 3),
    processing=(False, False, True, False, True, False, False, True),
    at=((0.0, 0.0), (8.0, 50.0), (8.1, 50.0), (8.0, 50.1), (9.0, 50.0), (20.0, 60.0), (21.0, 60.0), (-70.0, -30.0)),
    city=(0, 1, 2, 2, 4, 4, 6, 7),
    inside=(False, True, True, True, True, False, True, False),
    level_of_pair=tuple(tuple((o * 3 + d) % 4 for d in range(AREAS)) for o in range(AREAS)),
    promises=(
        Promise(1, 0, False, 48, 0, 18 * 60),
        Promise(2, 0, True, 1, 18 * 60, 12 * 60),
        Promise(2, BASE + 2 * DAY, True, 2, 150, 12 * 60),
        Promise(3, BASE + DAY, False, 24, 0, 24 * 60),
    ),
    obligations=(
        Obligation(0, 0, 1 << 40, 0, 0, EVERYWHERE, EVERYWHERE, True, False),
        Obligation(0, 0, 1 << 40, 1, 0, EVERYWHERE, EVERYWHERE, False, False),
        Obligation(1, BASE + DAY, BASE + 3 * DAY, 0, 0, EVERYWHERE, EVERYWHERE, True, False),
        Obligation(1, 0, 1 << 40, 0, 2, EVERYWHERE, EVERYWHERE, False, False),
        Obligation(2, 0, 1 << 40, 0, 0, (1, 2, 3), (2, 3, 4, 5), True, True),
    ),
    reuse_s=3 * DAY,
    container_s=2 * DAY,
)


def transitions(zone: ZoneInfo, since: int, until: int) -> tuple[np.ndarray, np.ndarray]:
    """(UTC seconds at which the zone's offset changes, with the beginning of time; the offsets from then on, in seconds)."""
    offset = lambda at: int(datetime.fromtimestamp(at, zone).utcoffset().total_seconds())  # type: ignore[union-attr]  # noqa: E731
    moments, offsets = [0], [offset(since)]
    for at in range(since, until, HOUR):
        if offset(at) != offsets[-1]:
            low, high = at - HOUR, at
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
            moments.append(high)
            offsets.append(offset(high))
    return np.array(moments, np.int64), np.array(offsets, np.int64)


def rules(net: Net) -> Rules:
    """The same settings as arrays."""
    i = lambda values: np.array(list(values), np.int64)  # noqa: E731
    covers = lambda lists: np.array([[a in covered for a in range(len(net.city))] for covered in lists], np.bool_)  # noqa: E731
    moments, offsets = transitions(net.zone, BASE - 200 * DAY, BASE + 600 * DAY)
    return Rules(
        facility_area=np.array(net.area, np.uint16),
        processing=np.array(net.processing, np.bool_),
        longitude=np.array([x for x, _ in net.at]),
        latitude=np.array([y for _, y in net.at]),
        area_city=np.array(net.city, np.uint16),
        inside=np.array(net.inside, np.bool_),
        level_of_pair=np.array(net.level_of_pair, np.uint8),
        level_first=i(sum(r.level < level for r in net.promises) for level in range(17)),
        level_from=i(r.since for r in net.promises),
        calendar=np.array([r.calendar for r in net.promises], np.bool_),
        amount=i(r.amount for r in net.promises),
        due_minute=i(r.due_minute for r in net.promises),
        cut_off_minute=i(r.cut_off_minute for r in net.promises),
        owed_check=i(o.check for o in net.obligations),
        owed_from=i(o.since for o in net.obligations),
        owed_until=i(o.until for o in net.obligations),
        owed_class=i(o.item_class for o in net.obligations),
        owed_sender=i(o.sender_kind for o in net.obligations),
        owed_origin=covers(o.origins for o in net.obligations),
        owed_destination=covers(o.destinations for o in net.obligations),
        owed=np.array([o.owed for o in net.obligations], np.bool_),
        owed_processing=np.array([o.processing for o in net.obligations], np.bool_),
        transitions=moments,
        offsets=offsets,
        limits=i((net.reuse_s, net.fastest_m_s, net.least_km, net.container_s, net.waited_s, net.stayed_s)),
    )
