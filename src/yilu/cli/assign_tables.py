"""The tables of an assigned day, as rows: what `yilu assign --out` writes. docs/how-to/assign.md says what each column is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yilu.dispatch.assignment.advice import Advice, Returns, rows
from yilu.dispatch.assignment.day import AssignmentDay
from yilu.dispatch.assignment.load_plan import Bags, LoadPlan
from yilu.dispatch.assignment.plan import AssignmentPlan

Row = tuple[Any, ...]
HEADS: dict[str, tuple[str, ...]] = {
    "paths": ("origin", "leaves", "destination", "due_day", "due", "kind", "items", "late", "yuan_an_item", "journey"),
    "spilled": ("origin", "leaves", "destination", "due_day", "due", "kind", "items"),
    "departures": ("lane", "departs", "room", "load", "factor", "price_yuan"),
    "waves": ("facility", "cut_off", "room", "load", "factor", "price_yuan"),
    "load_plan": ("facility", "cut_off", "destination", "kind", "primary_lane", "primary_departs", "overflow_lane", "overflow_departs", "items", "items_by_primary", "items_by_overflow"),
    "bags": ("facility", "cut_off", "to_facility", "lane", "departs", "items", "destinations"),
    "advice": ("change", "facility", "lane", "at", "items", "yuan_a_day_at_most"),
    "returns": ("facility_a", "facility_b", "mode", "room_there", "room_back", "load_there", "load_back", "empty_room"),
}  # fmt: skip
"""Columns of each file."""


def clock(minute: int) -> str:
    """A minute of the day as 08:30."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


@dataclass(frozen=True)
class Assigned:
    """A day, its plan, and what was made of it."""

    day: AssignmentDay
    plan: AssignmentPlan
    load_plan: LoadPlan
    bags: Bags
    advice: Advice
    returns: Returns

    def facility(self, number: int) -> str:
        """Code of a facility id."""
        return self.day.timetable.network.facilities.code_of_id[int(number)]

    def lane(self, row: int) -> str:
        """Code of a lane."""
        return str(self.day.timetable.network.lanes.code[row])

    def _wanted(self, k: int) -> Row:
        """origin, leaves, destination, day and time of arrival that is in time, kind of a commodity."""
        c, s, network = self.day.problem.commodities, self.day.problem.sweeps, self.day.timetable.network
        area = network.areas.code_of_id[int(self.day.ends.area[c.origin[k]])]
        g = int(c.sweep[k])
        to = network.areas.code_of_id[int(network.facility_area[int(s.end[g])])]
        return (
            area,
            clock(int(c.slot[k])),
            to,
            int(c.days[k]),
            clock(int(s.due[g])),
            self.day.kinds[int(s.kind[g])].name,
        )

    def _paths(self) -> Iterator[Row]:
        f, places, minute = self.plan.flows, self.day.places, self.day.problem.events.minute
        told = [
            f"{self.lane(int(lane))}@{clock(int(m))}" if lane >= 0 else f"{self.facility(int(p))}@{clock(int(m))}"
            for lane, p, m in zip(places.lane, places.facility, minute, strict=True)
        ]
        for p in range(len(f)):
            journey = " > ".join(told[e] for e in f.events[f.first[p] : f.first[p + 1]])
            yield (
                *self._wanted(int(f.commodity[p])),
                round(float(f.items[p]), 3),
                int(f.late[p]),
                round(float(f.cost[p]), 4),
                journey,
            )

    def _departs(self, event: int) -> Row:
        if event < 0:
            return "", ""
        return self.lane(int(self.day.places.lane[event])), clock(int(self.day.problem.events.minute[event]))

    def _wave(self, event: int) -> Row:
        return self.facility(int(self.day.places.facility[event])), clock(int(self.day.problem.events.minute[event]))

    def of(self, table: str) -> Iterator[Row]:
        """The rows of a table of ``HEADS``."""
        p, network = self.day.places, self.day.timetable.network
        if table == "paths":
            yield from self._paths()
        elif table == "spilled":
            spill = self.plan.spill
            for k in np.flatnonzero(spill > 5e-4):
                yield *self._wanted(int(k)), round(float(spill[k]), 3)
        elif table in ("departures", "waves"):
            r = rows(self.plan)
            for n in np.flatnonzero((p.row_lane >= 0) == (table == "departures")):
                i = int(n)
                name = self.lane(int(p.row_lane[i])) if table == "departures" else self.facility(int(p.row_facility[i]))
                yield (
                    name,
                    clock(int(p.row_minute[i])),
                    round(float(r.capacity[i]), 1),
                    round(float(r.load[i]), 1),
                    round(float(r.factor[i]), 4),
                    round(float(r.price[i]), 4),
                )
        elif table == "load_plan":
            lp = self.load_plan
            for i in range(len(lp)):
                to = network.areas.code_of_id[int(network.facility_area[int(lp.end[i])])]
                amounts = (round(float(x[i]), 1) for x in (lp.items, lp.by_primary, lp.by_overflow))
                yield (
                    *self._wave(int(lp.wave[i])),
                    to,
                    self.day.kinds[int(lp.kind[i])].name,
                    *self._departs(int(lp.primary[i])),
                    *self._departs(int(lp.overflow[i])),
                    *amounts,
                )
        elif table == "bags":
            b = self.bags
            for i in range(len(b.wave)):
                target = self.facility(int(p.target[b.departure[i]]))
                yield (
                    *self._wave(int(b.wave[i])),
                    target,
                    *self._departs(int(b.departure[i])),
                    round(float(b.items[i]), 1),
                    int(b.destinations[i]),
                )
        elif table == "advice":
            a = self.advice
            for what, row, items, yuan in zip(a.what, a.row, a.items, a.yuan, strict=True):
                lane = self.lane(int(p.row_lane[row])) if p.row_lane[row] >= 0 else ""
                yield (
                    str(what),
                    self.facility(int(p.row_facility[row])),
                    lane,
                    clock(int(p.row_minute[row])),
                    round(float(items), 1),
                    round(float(yuan), 1),
                )
        else:
            t = self.returns
            for i in range(len(t.a)):
                amounts = (
                    round(float(x[i]), 1) for x in (t.room_there, t.room_back, t.load_there, t.load_back, t.empty)
                )
                yield self.facility(int(t.a[i])), self.facility(int(t.b[i])), str(t.mode[i]), *amounts

    def write(self, folder: Path) -> dict[str, int]:
        """Write every table into a folder, which is made where it isn't there; rows by file."""
        folder.mkdir(parents=True, exist_ok=True)
        written = dict[str, int]()
        for table, heads in HEADS.items():
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(heads)
                written[f"{table}.csv"] = 0
                for row in self.of(table):
                    writer.writerow(row)
                    written[f"{table}.csv"] += 1
        return written
