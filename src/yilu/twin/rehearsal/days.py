"""Days of a province rehearsed: items accepted by demand at the hours of its rules, sent the earliest way, after days that bring the network into balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.promise import laid_out, weights
from yilu.dispatch.timetable import MOST_DAYS, Timetable, timetable
from yilu.errors import InputError
from yilu.network import Network
from yilu.network.timetable_rules import timetable_rules
from yilu.twin.rehearsal.moving import Manners, Moved, Moving, moved
from yilu.twin.rehearsal.onward import onward
from yilu.twin.rehearsal.stage import Stage
from yilu.twin.rehearsal.ways import Ways, drawn, earliest_ways

Ints = NDArray[np.int64]
MOST_ITEMS = 20_000_000
"""Items accepted in all: more don't fit into memory beside their ways."""
LEAD = 8
"""Days before those that are counted: so long it takes until what goes far is on the way as on any day."""
PATIENCE = 3
"""Left behind so often at one place, an item asks for another way on."""
BALANCED = 0.01
"""Days are in balance if at the end of one no more is on the way than at its beginning but for this share of a day's items."""
USUAL = Manners(patience=PATIENCE)
_DAY = 1440


@dataclass(frozen=True)
class Accepted:
    """n items, day by day: ``day`` from the first, ``hour`` (place among ``hours``), ``origin``, ``destination`` (rows of ends). All (n,)."""

    hours: tuple[int, ...]
    day: Ints
    hour: Ints
    origin: Ints
    destination: Ints

    def __len__(self) -> int:
        return len(self.day)

    def at(self, of: Timetable) -> Ints:
        """UTC seconds of acceptance (n,)."""
        return of.begins + 86_400 * self.day + 3600 * np.asarray(self.hours, np.int64)[self.hour]


@dataclass(frozen=True)
class Days:
    """A timetable's days with what is accepted on them, and the ways that it takes: ``horizon`` days are looked at from the day of acceptance on. ``a_day`` items are accepted a day, each stands for ``stands_for`` real ones."""

    timetable: Timetable
    ends: Ends
    accepted: Accepted
    ways: Ways
    moving: Moving
    horizon: int
    a_day: int
    stands_for: float

    @property
    def counted(self) -> range:
        """The days that are counted."""
        return range(LEAD, self.timetable.days - self.horizon)


def days(
    network: Network, first: date, items: int, scale: float = 1.0, seed: int = 0, counted: int = 2, progress: Callable[[int, int], None] = lambda done, of: None,
) -> Days:  # fmt: skip
    """``counted`` days of a province after ``LEAD`` for it to come into balance, and before those in which the last one's promises run out; ``items`` a day are moved, and stand for ``scale`` times the rules' ``items_a_day``.

    Raises InputError for more than is bounded, and for a province without demand.
    """
    short, ends = laid_out(network, first)
    horizon = short.days
    whole = LEAD + counted + horizon
    if not 0 < items * whole <= MOST_ITEMS or whole > MOST_DAYS:
        most = MOST_DAYS - LEAD - horizon
        raise InputError("--items", f"1 to {MOST_ITEMS // whole} items a day over 1 to {most} days", value=str(items), next_step="move fewer items: each then stands for more")  # fmt: skip
    of = timetable(ends.network, first, whole)
    rules = timetable_rules(ends.network.folder)
    hours = tuple(rules["promise"]["hours"])
    flow = weights(ends.network, ends)
    if not flow.sum() > 0:
        raise InputError("demand", "a province with demand", next_step="write figures.csv or demand.csv into its folder")  # fmt: skip
    accepted = _accepted(flow, hours, whole, items, seed)
    ways, moving = _sent(of, ends, accepted, horizon, progress)
    return Days(of, ends, accepted, ways, moving, horizon, items, scale * float(rules["items_a_day"]) / items)


def _accepted(flow: NDArray[np.float64], hours: tuple[int, ...], whole: int, items: int, seed: int) -> Accepted:
    """Items of ``whole`` days alike, each hour's alike; within a day by origin, hour, destination."""
    n, h = len(flow), len(hours)
    cells = np.broadcast_to(flow[:, None, :], (n, h, n)).ravel()
    cell = np.concatenate([drawn(cells, items, seed, day * items) for day in range(whole)])
    origin, hour, destination = np.unravel_index(cell, (n, h, n))
    day = np.repeat(np.arange(whole), items)
    return Accepted(hours, day, hour.astype(np.int64), origin.astype(np.int64), destination.astype(np.int64))


def _sent(
    of: Timetable, ends: Ends, accepted: Accepted, horizon: int, progress: Callable[[int, int], None]
) -> tuple[Ways, Moving]:
    """The earliest ways of what is accepted, and items on them."""
    n, hours = len(ends), np.asarray(accepted.hours, np.int64)
    at = of.begins + 86_400 * np.arange(of.days)[:, None] + 3600 * hours
    leaves = np.stack([of.minute(ends.leaves(i, at)) for i in range(n)])  # (N, days, H)
    codes, number = np.unique(np.arange(n)[:, None, None] * (of.days + 2) * _DAY + np.minimum(leaves, (of.days + 1) * _DAY), return_inverse=True)  # fmt: skip
    origin, minute = np.divmod(codes, (of.days + 2) * _DAY)
    ways = earliest_ways(of, ends, origin, minute, horizon, progress)
    row = number.reshape(leaves.shape)[accepted.origin, accepted.day, accepted.hour]
    way = row * n + accepted.destination
    to = np.tile(np.arange(n), len(codes))
    return ways, Moving(minute[row], way, ways.first, ways.rides, of.facilities + ends.facility[to], to)


@dataclass(frozen=True)
class Rehearsal:
    """Days that were rehearsed on a stage. ``delivered`` (n,): UTC seconds, 0 where not within the days. ``growth``: how much more is on the way at the end of the counted days than at their beginning, a day, as a share of a day's
    items."""

    days: Days
    stage: Stage
    moved: Moved
    delivered: Ints
    growth: float

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Items (n,) of the days that are counted."""
        return np.isin(self.days.accepted.day, self.days.counted)

    @property
    def balanced(self) -> bool:
        """Whether the counted days are in balance."""
        return self.growth <= BALANCED


def rehearse(of: Days, on: Stage, manners: Manners = USUAL, trace: bool = False) -> Rehearsal:
    """Rehearse days."""
    table = onward(on, of.ends, LEAD, min(of.horizon, of.timetable.days - LEAD)) if manners.patience else None
    found = moved(on, of.moving, manners, table, trace)
    came = delivered(of.timetable, of.ends, of.accepted.destination, found.ready)
    return Rehearsal(of, on, found, came, _growth(of, found))


def _growth(of: Days, found: Moved) -> float:
    """Items more on the way, a day, at the end of the counted days, as a share of a day's items; of those that have a way."""
    way = of.ways.arrives[of.moving.way] < NEVER
    midnights = _DAY * np.array([of.counted.start, of.counted.stop])
    begun, come = (np.searchsorted(np.sort(column[way]), midnights, "right") for column in (of.moving.start, found.arrived))  # fmt: skip
    return float(np.diff(begun - come)[0]) / of.a_day / len(of.counted)


def delivered(of: Timetable, ends: Ends, end: Ints, ready: NDArray[np.int32]) -> Ints:
    """UTC seconds (n,) at which what can be delivered at ``ready`` (minutes, (n,)) at ends (rows, (n,)) is delivered, the last of its round; 0 where it is never ready."""
    out, there = np.zeros(len(end), np.int64), ready < NEVER
    for row, example in zip(*np.unique(ends.delivers, return_index=True), strict=True):
        mine = np.flatnonzero(there & (ends.delivers[end] == row))
        out[mine] = ends.brought(int(example), of.at(ready[mine]))
    return out
