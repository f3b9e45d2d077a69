"""Lanes from a passenger or freight timetable in GTFS: buses, trains and ferries that take mail along.

Read are ``stops.txt``, ``routes.txt``, ``trips.txt``, ``stop_times.txt``, ``calendar.txt``, ``calendar_dates.txt`` and ``agency.txt`` of the General Transit Feed Specification (gtfs.org, schedule reference).
A *mapping*, in TOML, says which stops are facilities, which mode a route type is, and what a departure takes:

    operator = "*"                 # whose items ride the lanes
    [stops]
    "GZ-SOUTH" = "HUB-440100"      # stop_id = code of a facility
    [modes]
    "2" = "rail"                   # route_type = mode of lanes.csv
    [capacity_items]
    rail = 2000                    # mode = items a departure takes; without: no limit
    [item_cost]
    rail = 0.8                     # mode = yuan an item costs

From each trip a ride between each two mapped stops that follow each other becomes a departure; stops that aren't mapped are passed. Rides of the same facilities, mode, minutes and days are one lane.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yilu.errors import InputError
from yilu.network import toml_file
from yilu.network.calendar import WEEKDAYS
from yilu.network.province import Network
from yilu.network.schema import attributes

MOST_BYTES = 512 << 20
MOST_ROWS = 10_000_000
MOST_LANES = 100_000
MOST_HOURS = 168
"""Hours after its service day's midnight that a time may have: a trip of a week."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MODES = next(a.choices for a in attributes("lanes") if a.name == "mode")
_LONGEST_SPAN = 3660
_DAY = 1440
_CORRECT = "correct the feed, or leave the row out"


@dataclass(frozen=True)
class Mapping:
    """What the feed doesn't say: facility code of a stop id, mode of a route type, items and yuan by mode, operator code."""

    stops: dict[str, str]
    modes: dict[str, str]
    capacity_items: dict[str, int] = field(default_factory=dict)
    item_cost: dict[str, float] = field(default_factory=dict)
    operator: str = "*"


@dataclass(frozen=True)
class Imported:
    """``lanes``: rows of ``lanes.csv``. ``trips`` that gave departures, ``passed`` trips with fewer than two mapped stops, ``never``: trips whose service runs on no day."""

    lanes: list[dict[str, Any]]
    trips: int
    passed: int
    never: int


@dataclass(frozen=True)
class _Service:
    """Days on which trips run: ISO ``first`` and ``last``, weekdays (0 Monday) and days taken out; days added beside these."""

    first: date | None = None
    last: date | None = None
    weekdays: frozenset[int] = frozenset()
    without: frozenset[date] = frozenset()
    added: frozenset[date] = frozenset()

    @property
    def usual(self) -> bool:
        """Whether it runs on some weekday of its period."""
        return self.first is not None and any(d not in self.without for d in self._days())

    def _days(self) -> Iterator[date]:
        if self.first is not None and self.last is not None:
            for n in range((self.last - self.first).days + 1):
                day = self.first + timedelta(n)
                if day.weekday() in self.weekdays:
                    yield day

    def runs(self, day: date) -> bool:
        """Whether it is one of its usual days."""
        return self.first is not None and self.last is not None and self.first <= day <= self.last and day.weekday() in self.weekdays  # fmt: skip


def mapping(path: Path, network: Network) -> Mapping:
    """Read a mapping. Raises InputError naming file, key and value: no such facility, mode, operator or key; a figure that can't be."""
    name = path.name
    try:
        raw = toml_file.parsed(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            name, "a TOML file in UTF-8 that can be read", next_step="see docs/how-to/promise.md"
        ) from error
    for key in raw:
        if key not in Mapping.__dataclass_fields__:
            raise toml_file.wrong(name, key, raw[key], "one of " + ", ".join(Mapping.__dataclass_fields__))
    stops, modes, room, price = (
        toml_file.table(raw, key, name) for key in ("stops", "modes", "capacity_items", "item_cost")
    )
    for stop, code in stops.items():
        if code not in network.facilities.index_of_code:
            raise toml_file.wrong(name, f"stops, {stop}", code, "a code of facilities")
    for kind, mode in modes.items():
        if mode not in _MODES:
            raise toml_file.wrong(name, f"modes, {kind}", mode, "one of " + ", ".join(_MODES))
    limits = {
        a.name: (float(a.least or 0), float(a.most or "inf"))
        for a in attributes("lanes")
        if a.name in ("capacity_items", "item_cost")
    }
    for key, figures, types in (("capacity_items", room, (int,)), ("item_cost", price, (int, float))):
        for mode, figure in figures.items():
            if mode not in _MODES:
                raise toml_file.wrong(name, f"{key}, {mode}", mode, "one of " + ", ".join(_MODES))
            least, most = limits[key]
            if isinstance(figure, bool) or not isinstance(figure, types) or not least <= figure <= most:
                raise toml_file.wrong(name, f"{key}, {mode}", figure, f"a number from {least:g} to {most:g}")
    operator = raw.get("operator", "*")
    if operator != "*" and operator not in network.operators.index_of_code:
        raise toml_file.wrong(name, "operator", operator, "a code of operators, or *")
    if not stops or not modes:
        raise toml_file.wrong(name, "stops" if not stops else "modes", None, "one row at least")
    return Mapping(dict(stops), dict(modes), dict(room), dict(price), operator)


def imported(feed: Path, of: Mapping) -> Imported:
    """Lanes of a feed. Raises InputError naming file, row and column for what can't be, a file that is missing, and more rows or lanes than are bounded."""
    if not feed.is_dir():
        raise InputError(
            feed.name, "a folder with the files of a feed", next_step="unpack the feed's archive into a folder"
        )
    if (feed / "frequencies.txt").exists():
        raise InputError("frequencies.txt", "a feed whose trips have times of their own", next_step="write the trips out, and leave the file out")  # fmt: skip
    zone = _zone(feed)
    stops = {row["stop_id"] for _, row in _rows(feed, "stops.txt", ("stop_id",))}
    for stop in of.stops:
        if stop not in stops:
            raise InputError("stops.txt", "every stop of the mapping", column="stop_id", value=stop, next_step="correct the mapping")  # fmt: skip
    kinds = {row["route_id"]: row["route_type"] for _, row in _rows(feed, "routes.txt", ("route_id", "route_type"))}
    services = _services(feed)
    run = {name for name, service in services.items() if service.usual or service.added}
    trips = dict[str, tuple[str, str]]()
    for number, row in _rows(feed, "trips.txt", ("trip_id", "route_id", "service_id")):
        if row["route_id"] not in kinds:
            raise _bad("trips.txt", number, "route_id", row, "a route of routes.txt")
        if row["service_id"] not in services:
            raise _bad("trips.txt", number, "service_id", row, "a service of calendar.txt or calendar_dates.txt")
        if row["trip_id"] in trips:
            raise _bad("trips.txt", number, "trip_id", row, "each trip once")
        trips[row["trip_id"]] = (kinds[row["route_id"]], row["service_id"])
    rides, passed, used, never = defaultdict[tuple[str, str, str, int, str, int], set[int]](set), 0, 0, 0
    for trip, calls in _calls(feed, trips, of).items():
        kind, service = trips[trip]
        if len(calls) < 2:
            passed += 1
            continue
        if kind not in of.modes:
            number = calls[0].row
            raise InputError("stop_times.txt", f"a trip whose route_type ({kind}) the mapping gives a mode", row=number, column="trip_id", value=trip, next_step=f'add "{kind}" to [modes], or leave the trip out')  # fmt: skip
        if service not in run:
            never += 1
            continue
        used += 1
        for a, b in pairwise(calls):
            if b.arrives <= a.departs:
                raise InputError("stop_times.txt", "an arrival after the departure before it", row=b.row, column="arrival_time", value=f"{b.arrives // 60}:{b.arrives % 60:02}", next_step=_CORRECT)  # fmt: skip
            if of.stops[a.stop] != of.stops[b.stop]:
                later, minute = divmod(a.departs, _DAY)
                rides[of.stops[a.stop], of.stops[b.stop], of.modes[kind], b.arrives - a.departs, service, later].add(
                    minute
                )
    return Imported(list(_lanes(rides, services, of, zone)), used, passed, never)


@dataclass(frozen=True)
class _Call:
    """A trip's call at a mapped stop: place in the trip, row of stop_times.txt, minutes after the service day's midnight."""

    position: int
    row: int
    stop: str
    arrives: int
    departs: int


def _calls(feed: Path, trips: dict[str, tuple[str, str]], of: Mapping) -> dict[str, list[_Call]]:
    """Calls at mapped stops, in the order of the trip."""
    found = defaultdict[str, list[_Call]](list)
    for trip in trips:
        found[trip] = []
    columns = ("trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time")
    for number, row in _rows(feed, "stop_times.txt", columns):
        if row["trip_id"] not in trips:
            raise _bad("stop_times.txt", number, "trip_id", row, "a trip of trips.txt")
        if row["stop_id"] not in of.stops:
            continue
        if not row["stop_sequence"].isdigit():
            raise _bad("stop_times.txt", number, "stop_sequence", row, "a whole number, 0 or more")
        arrives, departs = (_minute(number, row, column) for column in ("arrival_time", "departure_time"))
        found[row["trip_id"]].append(_Call(int(row["stop_sequence"]), number, row["stop_id"], arrives, departs))
    for calls in found.values():
        calls.sort(key=lambda c: c.position)
        for a, b in pairwise(calls):
            if a.position == b.position:
                raise InputError("stop_times.txt", "each stop_sequence of a trip once", row=b.row, column="stop_sequence", value=b.position, next_step=_CORRECT)  # fmt: skip
    return found


def _minute(number: int, row: dict[str, str], column: str) -> int:
    """Minutes of a time, which may be past 24:00: departures rounded down, arrivals up."""
    parts = row[column].split(":")
    if len(parts) == 3 and all(p.isdigit() and len(p) <= 3 for p in parts):
        hour, minute, second = (int(p) for p in parts)
        if hour < MOST_HOURS and minute < 60 and second < 60:
            return 60 * hour + minute + (second > 0 if column == "arrival_time" else 0)
    raise _bad(
        "stop_times.txt", number, column, row, f"a time as 23:59:00, less than {MOST_HOURS} hours, at every mapped stop"
    )


def _services(feed: Path) -> dict[str, _Service]:
    """Days of each service, of calendar.txt and calendar_dates.txt, of which a feed has one at least."""
    there = [name for name in ("calendar.txt", "calendar_dates.txt") if (feed / name).exists()]
    if not there:
        raise InputError("calendar.txt", "calendar.txt or calendar_dates.txt", next_step="add one of them to the feed")
    found = dict[str, _Service]()
    if "calendar.txt" in there:
        for number, row in _rows(feed, "calendar.txt", ("service_id", *_DAYS, "start_date", "end_date")):
            for weekday in _DAYS:
                if row[weekday] not in ("0", "1"):
                    raise _bad("calendar.txt", number, weekday, row, "0 or 1")
            first, last = (_date("calendar.txt", number, row, column) for column in ("start_date", "end_date"))
            if not 0 <= (last - first).days <= _LONGEST_SPAN:
                raise _bad(
                    "calendar.txt",
                    number,
                    "end_date",
                    row,
                    f"a day from start_date on, {_LONGEST_SPAN} days after it at most",
                )
            if row["service_id"] in found:
                raise _bad("calendar.txt", number, "service_id", row, "each service once")
            found[row["service_id"]] = _Service(
                first, last, frozenset(n for n, weekday in enumerate(_DAYS) if row[weekday] == "1")
            )
    changed = defaultdict[str, dict[date, bool]](dict)
    if "calendar_dates.txt" in there:
        for number, row in _rows(feed, "calendar_dates.txt", ("service_id", "date", "exception_type")):
            if row["exception_type"] not in ("1", "2"):
                raise _bad("calendar_dates.txt", number, "exception_type", row, "1 (added) or 2 (removed)")
            day = _date("calendar_dates.txt", number, row, "date")
            if day in changed[row["service_id"]]:
                raise _bad("calendar_dates.txt", number, "date", row, "each day of a service once")
            changed[row["service_id"]][day] = row["exception_type"] == "1"
    for service, days in changed.items():
        of = found.get(service, _Service())
        found[service] = _Service(
            of.first, of.last, of.weekdays, frozenset(d for d, added in days.items() if not added and of.runs(d)), frozenset(d for d, added in days.items() if added and not of.runs(d)),
        )  # fmt: skip
    return found


def _lanes(rides: dict[tuple[str, str, str, int, str, int], set[int]], services: dict[str, _Service], of: Mapping, zone: str) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Rows of lanes.csv. A departure past 24:00 is one of a later day: its days are moved."""
    made = 0
    for (source, target, mode, minutes, service, later), departs in sorted(rides.items()):
        for n, (first, until, weekdays, skips) in enumerate(_periods(services[service], later)):
            made += 1
            if made > MOST_LANES:
                raise InputError(
                    "stop_times.txt", f"{MOST_LANES} lanes at most", value=made, next_step="map fewer stops"
                )
            if not 1 <= minutes <= 43_200:
                raise InputError("stop_times.txt", "rides of 1 to 43200 minutes", column="arrival_time", value=minutes, next_step=_CORRECT)  # fmt: skip
            yield {
                "code": f"gtfs:{service}:{source}:{target}:{mode}:{minutes}:{later}:{n}", "operator": of.operator, "mode": mode, "source_facility": source, "target_facility": target,
                "departures": ";".join(f"{m // 60:02}:{m % 60:02}" for m in sorted(departs)), "time_zone": zone, "weekdays": ";".join(WEEKDAYS[d] for d in sorted(weekdays)),
                "skips": ";".join(d.isoformat() for d in sorted(skips)), "minutes": minutes, "capacity_items": of.capacity_items.get(mode, ""), "item_cost": of.item_cost.get(mode, 0),
                "valid_from": first.isoformat(), "valid_to": until.isoformat(), "grade": "B", "source": "GTFS",
            }  # fmt: skip


def _periods(of: _Service, later: int) -> Iterator[tuple[date, date, set[int], set[date]]]:
    """(first day, day after the last, weekdays, days left out) of a service's usual days and of each run of days added to them, moved by ``later`` days."""
    moved = timedelta(later)
    if of.usual and of.first is not None and of.last is not None:
        weekdays = set() if len(of.weekdays) == 7 else {(d + later) % 7 for d in of.weekdays}
        yield of.first + moved, of.last + timedelta(1) + moved, weekdays, {d + moved for d in of.without}
    added = sorted(of.added)
    while added:
        end = 1
        while end < len(added) and added[end] == added[0] + timedelta(end):
            end += 1
        yield added[0] + moved, added[end - 1] + timedelta(1) + moved, set(), set()
        added = added[end:]


def _zone(feed: Path) -> str:
    """The time zone of the feed's times: that of its agencies, which is one."""
    zones = dict.fromkeys((row["agency_timezone"], n) for n, row in _rows(feed, "agency.txt", ("agency_timezone",)))
    name, number = next(iter(zones), ("", 1))
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError("agency.txt", "an IANA time zone such as Asia/Shanghai", row=number, column="agency_timezone", value=name, next_step=_CORRECT) from error  # fmt: skip
    for other, at in zones:
        if other != name:
            raise InputError("agency.txt", f"one time zone, here {name}", row=at, column="agency_timezone", value=other, next_step="give each zone's trips as a feed of their own")  # fmt: skip
    return name


def _rows(feed: Path, name: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(number from 1, cells of ``columns``) of a file's rows, cells without blanks around them."""
    path = feed / name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(
                name,
                f"{MOST_BYTES >> 20} MiB at most",
                value=f"{path.stat().st_size >> 20} MiB",
                next_step="cut the feed down",
            )
        handle = io.TextIOWrapper(path.open("rb"), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(name, "a file of the feed that can be read", next_step="complete the feed") from error
    number = 0
    with handle:
        try:
            reader = csv.reader(handle, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            if missing := [column for column in columns if column not in header]:
                raise InputError(name, "the column " + missing[0], column=missing[0], next_step="complete the file")
            at = [header.index(column) for column in columns]
            for cells in reader:
                if not cells:
                    continue
                number += 1
                if number > MOST_ROWS:
                    raise InputError(name, f"{MOST_ROWS} rows at most", row=number, next_step="cut the feed down")
                if len(cells) != len(header):
                    raise InputError(
                        name, f"{len(header)} cells", row=number, value=f"{len(cells)} cells", next_step=_CORRECT
                    )
                yield number, {column: cells[k].strip() for column, k in zip(columns, at, strict=True)}
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(name, "CSV in UTF-8", row=number + 1, next_step="save it so") from error


def _date(name: str, number: int, row: dict[str, str], column: str) -> date:
    text = row[column]
    try:
        if len(text) == 8 and text.isdigit():
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    raise _bad(name, number, column, row, "a day as 20251109")


def _bad(name: str, number: int, column: str, row: dict[str, str], expected: str) -> InputError:
    return InputError(name, expected, row=number, column=column, value=row[column], next_step=_CORRECT)
