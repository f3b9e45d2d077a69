"""A timetable as the router sees it: connections in the order of their departures, and nothing else.

A *connection* is one departure of one vehicle from one place to the next. What happens at its end, opening, sorting, the wave it makes, customs, stands in
``ready``: the minute from which what came by it can leave that place again. So waves, cut-offs, opening hours and handling are the caller's: a place where an earlier
arrival were ready later would be another timetable, not another algorithm.

Rounding and ties, so that two programs give one answer: times are whole minutes, arrivals rounded up and departures down; cost is in tenths of a yuan, carbon in tens of
grams, both rounded up; of journeys that are equal the one found first stands, which is that of the earlier departure, then of the smaller row of the timetable.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.errors import InputError

NEVER = np.int32(2**31 - 1)
"""A minute that doesn't come."""
MOST_PLACES = 1 << 20
_NEXT = "correct the timetable; `yilu network check` names its rows"

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Connections:
    """C connections between ``places`` places (0 to places - 1), sorted by departure, then row.

    All (C,) int32: ``source``, ``target`` place; ``departs``, ``arrives``, ``ready`` minutes from the timetable's start; ``cost`` tenths of a yuan and ``carbon`` tens of
    grams CO2e an item; ``row``: which connection of the given timetable it is.
    """

    places: int
    source: Ints
    target: Ints
    departs: Ints
    arrives: Ints
    ready: Ints
    cost: Ints
    carbon: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.source)

    def only(self, usable: NDArray[np.bool_]) -> Connections:
        """Those that may be used (C,), of the same places: an operator's own lanes, modes that the goods are allowed on, departures with room left."""
        return replace(self, **{f.name: getattr(self, f.name)[usable] for f in fields(self) if f.name != "places"})

    def first_from(self, minute: int) -> int:
        """The first connection that departs at a minute or later."""
        return int(np.searchsorted(self.departs, minute))


def connections(
    places: int,
    source: ArrayLike,
    target: ArrayLike,
    departs: ArrayLike,
    arrives: ArrayLike,
    ready: ArrayLike,
    cost: ArrayLike = 0,
    carbon: ArrayLike = 0,
) -> Connections:
    """Connections in any order (C,), checked and sorted. ``cost`` and ``carbon`` may be one number for all.

    Raises InputError, which names the row: a place that is none, a journey that arrives before it departs or is ready before it arrives, one that takes no time at all,
    a negative time, cost or carbon, or one past all bounds.
    """
    if not 0 < places <= MOST_PLACES:
        raise InputError("timetable", f"1 to {MOST_PLACES} places", value=str(places), next_step=_NEXT)
    given = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, np.int64)) for a in (source, target, departs, arrives, ready, cost, carbon)))  # fmt: skip
    columns: dict[str, NDArray[np.int64]] = dict(zip(("source", "target", "departs", "arrives", "ready", "cost", "carbon"), given, strict=True))  # fmt: skip
    for name, expected, wrong in _faults(places, columns):
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError("timetable", expected, row=row + 1, column=name, value=str(columns[name][row]), next_step=_NEXT)  # fmt: skip
    order = np.argsort(columns["departs"], kind="stable")
    made: dict[str, Any] = {name: _fixed(column[order]) for name, column in columns.items()}
    return Connections(places, row=_fixed(order), **made)


def _faults(places: int, of: dict[str, NDArray[np.int64]]) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """(column, what is expected, where it isn't so)."""
    end, dearest = 1 << 30, 1 << 20
    return [
        *((n, f"a place from 0 to {places - 1}", (of[n] < 0) | (of[n] >= places)) for n in ("source", "target")),
        *((n, f"a minute from 0 to {end}", (of[n] < 0) | (of[n] > end)) for n in ("departs", "arrives", "ready")),
        *((n, f"a number from 0 to {dearest}", (of[n] < 0) | (of[n] > dearest)) for n in ("cost", "carbon")),
        ("target", "another place than it departs from", of["source"] == of["target"]),
        ("arrives", "the departure or later", of["arrives"] < of["departs"]),
        ("ready", "the arrival or later, and after the departure", (of["ready"] < of["arrives"]) | (of["ready"] <= of["departs"])),
    ]  # fmt: skip


def _fixed(column: NDArray[Any]) -> Ints:
    made = np.ascontiguousarray(column, np.int32)
    made.flags.writeable = False
    return made
