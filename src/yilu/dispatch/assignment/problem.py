"""What is to be assigned: the events of a day that repeats, the room they have, and what wants to go where by when."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from yilu.errors import InputError

DAY = 1440
MOST_STEPS = 48
"""Departures and waves that one journey may use."""
MOST_COMMODITIES = 5_000_000
_NEXT = "correct the problem; yilu.dispatch.assignment.day makes one from a timetable"

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


def summed(index: NDArray[np.integer], items: NDArray, size: int) -> Floats:
    """Sums (size,) of what has each index."""
    return np.asarray(np.bincount(index, items, minlength=size), np.float64)


@dataclass(frozen=True)
class Events:
    """E events of one day, which repeats: departures, and waves of facilities. In the order of their minutes.

    All (E,). ``minute`` of the day; ``row`` of capacity that it loads (-1: without limit); ``cost`` yuan an item. What uses event e goes on at event ``then[e]`` (-1:
    nowhere), ``then_days`` days later; or arrives, where ``end[e]`` is a facility and not -1, at minute ``arrives[e]`` counted from the beginning of the
    event's day. What doesn't use it waits for event ``wait[e]``, the next of the same facility and sort, ``wait_days`` and ``wait_minutes`` later (-1: none).
    """

    minute: Ints
    row: Ints
    cost: Floats
    then: Ints
    then_days: Ints
    end: Ints
    arrives: Ints
    wait: Ints
    wait_days: Ints
    wait_minutes: Ints

    def __len__(self) -> int:
        return len(self.minute)


@dataclass(frozen=True)
class Sweeps:
    """G ways of looking back: what goes to one ``end`` by one ``due`` minute of the day with one ``kind`` of goods and operator (rows of ``usable``). All (G,)."""

    end: Ints
    due: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.end)


@dataclass(frozen=True)
class Commodities:
    """K commodities, each day anew. All (K,).

    ``sweep``: where to, due when, of which kind; ``items`` a day, may be a fraction; ``start``: the first event that it can use (-1: none), on day ``start_days`` after its own;
    ``days``: from its own day to the one on which it is due. ``origin``, ``slot``: where (an end) and when (minute of the day) it is accepted.
    """

    sweep: Ints
    items: Floats
    start: Ints
    start_days: Ints
    days: Ints
    origin: Ints
    slot: Ints

    def __len__(self) -> int:
        return len(self.sweep)

    def only(self, chosen: NDArray[np.integer]) -> Commodities:
        """Some of them (rows)."""
        return Commodities(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


@dataclass(frozen=True)
class AssignmentProblem:
    """Which way the items of a day take, when every day is like it.

    ``usable`` (kinds, E): events that a kind of goods and operator may use. ``capacity`` (R,): items a day of each row. ``late_days``: so long after what is due an item is
    still delivered, late; later it counts as spilled. ``holding``: yuan that an item costs for each minute that it lets a wave or departure go by.

    The programme, with x_p items on journey p of commodity k, s_k spilled, K_r the capacity of row r, and a_rp how often p loads it, on whichever day:
    minimise lexicographically (Σ s_k, Σ_{p late} x_p, Σ c_p x_p) subject to Σ_{p of k} x_p + s_k = q_k for each k, Σ_p a_rp x_p ≤ K_r for each r, x, s ≥ 0. As the
    day repeats, what yesterday's items take of today's departures is what today's take of tomorrow's: the sum over all days of a journey loads one row.
    """

    events: Events
    sweeps: Sweeps
    commodities: Commodities
    usable: NDArray[np.bool_]
    capacity: Floats
    late_days: int = 2
    holding: float = 0.01 / 60

    def __post_init__(self) -> None:
        for fault, expected, wrong in _faults(self):
            if np.any(wrong):
                at = int(np.argmax(wrong))
                raise InputError("assignment", expected, row=at + 1, column=fault, next_step=_NEXT)

    @property
    def items(self) -> float:
        """Items of a day."""
        return float(self.commodities.items.sum())

    def of_commodities(self, chosen: NDArray[np.integer]) -> AssignmentProblem:
        """The same for some commodities (rows)."""
        return replace(self, commodities=self.commodities.only(chosen))

    @property
    def lead(self) -> NDArray[np.int64]:
        """Days (G,) from the first day of a commodity of each sweep to the one on which it is due."""
        out = np.zeros(len(self.sweeps), np.int64)
        np.maximum.at(out, self.commodities.sweep, self.commodities.days)
        return out

    def scaled(self, factor: float) -> AssignmentProblem:
        """The same with so many times the items. Raises InputError for a factor that isn't above 0."""
        if not 0 < factor < 1e6:
            raise InputError("scale", "a number above 0", value=str(factor), next_step="give 1.0 for the day as it is")
        c = self.commodities
        return replace(self, commodities=replace(c, items=c.items * factor))


def _faults(of: AssignmentProblem) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """(column, what is expected, where it isn't so)."""
    e, c, s, number = of.events, of.commodities, of.sweeps, np.arange(len(of.events))

    def later(to: Ints, days: Ints) -> NDArray[np.bool_]:
        return np.asarray((to >= 0) & ((days < 0) | ((days == 0) & (to <= number))))

    def outside(index: Ints, size: int, least: int = 0) -> NDArray[np.bool_]:
        return np.asarray((index < least) | (index >= size))

    return [
        ("minute", "a minute of the day, in order", outside(e.minute, DAY) | (np.diff(e.minute, prepend=0) < 0)),
        ("row", "a row of capacity, or -1", outside(e.row, len(of.capacity), -1)),
        ("cost", "yuan of 0 or more", ~(e.cost >= 0) | ~np.isfinite(e.cost)),
        ("then", "an event, later than the one before", outside(e.then, len(e), -1) | later(e.then, e.then_days)),
        ("wait", "an event, later than the one before", outside(e.wait, len(e), -1) | later(e.wait, e.wait_days)),
        ("arrives", "the event's minute or later", (e.end >= 0) & (e.arrives < e.minute)),
        ("wait_minutes", "0 or more", e.wait_minutes < 0),
        ("capacity", "0 or more", ~(of.capacity >= 0)),
        ("usable", "a row a kind, a column an event", np.array([of.usable.ndim != 2 or of.usable.shape[1] != len(e)])),
        ("due", "a minute of the day", outside(s.due, DAY)),
        ("kind", "a row of usable", outside(s.kind, len(of.usable))),
        ("commodities", f"{MOST_COMMODITIES} at most", np.array([len(c) > MOST_COMMODITIES])),
        ("sweep", "a row of sweeps", outside(c.sweep, len(s))),
        ("items", "0 or more", ~(c.items >= 0) | ~np.isfinite(c.items)),
        ("start", "an event, or -1", outside(c.start, len(e), -1)),
        ("days", "0 to 31", outside(c.days, 32)),
        ("start_days", "0 to 31", outside(c.start_days, 32)),
        ("late_days", "0 to 31", np.array([not 0 <= of.late_days <= 31])),
        ("holding", "0 or more", np.array([not of.holding >= 0])),
    ]
