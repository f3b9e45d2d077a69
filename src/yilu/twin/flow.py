"""A synthetic province in real time: what is recorded until now lies in files of a folder, and as the clock goes on, so does it.

The days are those of any plan (``plan``), with their own dates: what is told at a moment follows from plan and clock alone. How far it has been told stands in a file beside;
begun again, the flow goes on behind it. A kill between a file and that word tells a second of scans again, which is a repeat like any other.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yilu.twin.day import Ready, ready
from yilu.twin.faults import MOST_FAULTS
from yilu.twin.plan import DayPlan
from yilu.twin.scenario import FAULTS, Fault, Scenario, length_s, moved
from yilu.twin.stream import slices
from yilu.twin.write import write_file

_SHORT_S = 2 * 86400
_RECORDED = 2
"""Column of a scan that holds when it was recorded, UTC seconds."""


@dataclass(frozen=True)
class Told:
    """One file: up to when it tells (UTC seconds), how many scans, and whether the flow has come up with the clock."""

    until: int
    events: int
    live: bool


def lasting(scenario: Scenario, days: int) -> Scenario:
    """The same faults for a plan of so many days, whose times count from its first day (``+0 10:00``).

    What is no matter of one place or feed, and what lasts longer than two days, holds to the plan's end; short ones happen again each day, as long as the number of faults
    allows; a closed crossing stays as it is, since it is an event of its own.
    """
    once = [f for f in scenario.faults if FAULTS[f.kind].crossing]
    daily = [f for f in scenario.faults if f not in once and _placed(f) and length_s(f) <= _SHORT_S]
    whole = [replace(f, until=f"+{days} 00:00") for f in scenario.faults if f not in once and f not in daily]
    room = (MOST_FAULTS - len(once) - len(whole)) // max(1, len(daily))
    again = [moved(f, day) for day in range(min(days, room)) for f in daily]
    return replace(scenario, faults=(*whole, *once, *again))


def _placed(fault: Fault) -> bool:
    return FAULTS[fault.kind].at_facility or FAULTS[fault.kind].of_operator


def flow(
    plan: DayPlan,
    folder: Path,
    mark: Path,
    stop: threading.Event,
    every_s: float = 1.0,
    told: Callable[[Told], None] = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Tell the plan's scans into ``folder`` as they are recorded, until ``stop`` is set or the plan's last scan is told.

    What lies before now is told at once, a Parquet file a slice; then JSON lines, every ``every_s`` seconds those of them. A file appears whole, by renaming. ``mark``: the
    file that holds up to when it has been told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    made = ready(plan)
    since = int(mark.read_text(encoding="ascii")) if mark.exists() else 0
    for until, live, rows in _pieces(plan, made, since, stop, every_s, clock):
        if len(rows):
            name, form = (f"{until}.jsonl", "jsonl") if live else (f"{until}.parquet", "parquet")
            write_file(folder / name, [rows], plan, made, form)
        _note(mark, until)
        told(Told(until, len(rows), live))


def _pieces(
    plan: DayPlan, made: Ready, since: int, stop: threading.Event, every_s: float, clock: Callable[[], float]
) -> Iterator[tuple[int, bool, NDArray[np.uint32]]]:
    """(up to when, whether it is of now, scans recorded after the piece before it and until then), as the clock allows."""
    start, slice_s = int(made.ground.days["start"][0]), 60 * plan.minutes
    for number, _, rows in slices(plan, made.ground):
        end = start + (number + 1) * slice_s - 1
        if end <= since:
            continue
        recorded = rows[:, _RECORDED].astype(np.int64)
        while since < end and not stop.is_set():
            now = int(clock())
            if now <= since:
                stop.wait(every_s)
                continue
            until = min(now, end)
            # Rows of a slice lie in the order of recording.
            first, last = np.searchsorted(recorded, (since, until), side="right")
            live = now - until <= 1 + every_s
            yield until, live, rows[first:last]
            since = until
            if live:
                stop.wait(every_s)
        if stop.is_set():
            return


def _note(mark: Path, until: int) -> None:
    making = mark.with_name(f".{mark.name}")
    making.write_text(str(until), encoding="ascii")
    os.replace(making, mark)
