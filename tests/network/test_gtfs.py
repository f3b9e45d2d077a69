"""Lanes from GTFS: days and times as the feed's own calendar has them, also past midnight; what can't be is named by file, row and column."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.dispatch.small_timetable import HANDLING, ROUNDS
from tests.network.province_folders import FACILITIES, write_province, write_table
from yilu.cli.app import app
from yilu.dispatch.timetable import timetable
from yilu.errors import InputError
from yilu.network import Network, check, load
from yilu.network.gtfs import Imported, Mapping, imported, mapping
from yilu.network.schema import attributes

AGENCY = "agency_name,agency_timezone\nRail,Europe/Berlin\n"
STOPS = "stop_id,stop_name\nA,Aye\nB,Bee\nC,Cee\nX,Ex\n"
ROUTES = "route_id,route_type\nR,2\nU,3\n"
TRIPS = "route_id,service_id,trip_id\nR,week,t1\nR,week,t2\nR,week,night\nU,week,bus\nR,never,t9\n"
TIMES = (
    "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
    "t1,A,1,08:00:00,08:00:30\nt1,X,2,08:20:00,08:21:00\nt1,B,5,09:00:10,09:05:00\nt1,C,6,10:00:00,10:00:00\n"
    "t2,C,30,12:00:00,12:00:00\nt2,A,10,10:00:30,10:00:30\nt2,B,20,11:01:00,11:05:00\n"
    "night,A,1,23:30:00,23:50:00\nnight,B,2,24:40:00,24:45:00\nnight,C,3,25:45:00,25:45:00\n"
    "bus,X,1,07:00:00,07:00:00\nbus,A,2,08:00:00,08:00:00\n"
    "t9,A,1,08:00:00,08:00:00\nt9,B,2,09:00:00,09:00:00\n"
)
CALENDAR = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20251103,20251130\nnever,0,0,0,0,0,0,0,20251103,20251130\n"
)
DATES = "service_id,date,exception_type\nweek,20251111,2\nweek,20251115,1\nweek,20251116,1\nweek,20251112,1\nnever,20251112,2\n"
FEED = {"agency.txt": AGENCY, "stops.txt": STOPS, "routes.txt": ROUTES, "trips.txt": TRIPS, "stop_times.txt": TIMES, "calendar.txt": CALENDAR, "calendar_dates.txt": DATES}  # fmt: skip
OF = Mapping({"A": "S1", "B": "D1", "C": "G"}, {"2": "rail"}, {"rail": 900}, {"rail": 0.5})


def _feed(home: Path, **files: str | None) -> Path:
    folder = home / "feed"
    folder.mkdir()
    for name, text in (FEED | {k.replace("_txt", ".txt"): v for k, v in files.items()}).items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def _network(home: Path, found: Imported) -> Network:
    rows = [{a.name: row.get(a.name, a.default) for a in attributes("lanes")} for row in found.lanes]
    folder = write_province(home / "small", lanes=rows, handling=HANDLING, rounds=ROUNDS)
    assert check(folder) == []
    return load(folder)


def _by_the_feed(first: date, days: int) -> set[tuple[str, str, int, int]]:
    """(from, to, UTC seconds of departure and of arrival, whole minutes) of every ride of the feed on some days, by its own words."""
    zone, out = ZoneInfo("Europe/Berlin"), set()
    running = {date(2025, 11, 3) + timedelta(n) for n in range(28)}
    running = {d for d in running if d.weekday() < 5} - {date(2025, 11, 11)} | {date(2025, 11, 15), date(2025, 11, 16)}
    rides = [
        ("S1", "D1", 480, 541), ("D1", "G", 545, 600), ("S1", "D1", 600, 661), ("D1", "G", 665, 720), ("S1", "D1", 1430, 1480), ("D1", "G", 1485, 1545),
    ]  # fmt: skip
    for day in running:
        for source, target, departs, arrives in rides:
            at = [
                datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp() + 60 * m
                for m in (departs, arrives)
            ]
            local = datetime.fromtimestamp(at[0], zone).date()
            if first <= local < first + timedelta(days):
                out.add((source, target, int(at[0]), int(at[1])))
    return out


def test_every_departure_is_the_feeds(tmp_path: Path) -> None:
    """Laid out day by day, departures are exactly those that the feed's calendar, exceptions and times past 24:00 give: a removed Tuesday, an added weekend, the night train's second leg the day after; an exception
    that adds a usual day adds nothing."""
    found = imported(_feed(tmp_path), OF)
    assert (found.trips, found.passed, found.never) == (3, 1, 1)
    network = _network(tmp_path, found)
    for first, days in ((date(2025, 11, 3), 14), (date(2025, 11, 10), 10), (date(2025, 11, 24), 14)):
        of = timetable(network, first, days)
        c, codes = of.connections, network.facilities.code_of_id
        told = {
            (codes[int(s) % of.facilities], codes[int(t) % of.facilities], int(d), int(a))
            for s, t, d, a in zip(c.source, c.target, of.at(c.departs), of.at(c.arrives), strict=True)
        }
        assert told == _by_the_feed(first, days) and len(c) == len(told) > 0
    assert set(network.lanes.capacity_items) == {900} and set(network.lanes.item_cost) == {0.5}
    assert np.all(network.lanes.mode == "rail")


def test_trips_alike_are_one_lane(tmp_path: Path) -> None:
    """Two trips a day between the same places in the same minutes are two departures of one lane; seconds of a departure are cut, of an arrival rounded up."""
    found = imported(_feed(tmp_path), OF)
    (lane,) = [r for r in found.lanes if r["source_facility"] == "S1" and r["minutes"] == 61 and r["weekdays"]]
    assert (
        lane["departures"] == "08:00;10:00"
        and lane["weekdays"] == "mon;tue;wed;thu;fri"
        and lane["skips"] == "2025-11-11"
    )
    assert (lane["valid_from"], lane["valid_to"]) == ("2025-11-03", "2025-12-01")


def test_a_feed_of_dates_alone(tmp_path: Path) -> None:
    """Without calendar.txt a service runs on the days that are added: those in a row are one lane."""
    found = imported(_feed(tmp_path, calendar_txt=None, calendar_dates_txt="service_id,date,exception_type\nweek,20251115,1\nweek,20251116,1\nweek,20251120,1\nnever,20251116,2\n"), OF)  # fmt: skip
    spans = {(r["valid_from"], r["valid_to"]) for r in found.lanes if r["minutes"] == 61}
    assert spans == {("2025-11-15", "2025-11-17"), ("2025-11-20", "2025-11-21")} and found.never == 1


def test_a_calendar_without_a_day_gives_no_lane(tmp_path: Path) -> None:
    """Services that run on no weekday, or whose every day is taken out, give no departure, and their trips are counted."""
    one = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nweek,0,1,0,0,0,0,0,20251110,20251112\nnever,0,0,0,0,0,0,0,20251103,20251130\n"  # fmt: skip
    found = imported(
        _feed(tmp_path, calendar_txt=one, calendar_dates_txt="service_id,date,exception_type\nweek,20251111,2\n"), OF
    )
    assert found.lanes == [] and (found.trips, found.never) == (0, 4)


def _with(name: str, old: str, new: str) -> dict[str, str | None]:
    assert old in FEED[name]
    return {name.replace(".txt", "_txt"): FEED[name].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("files", "file", "row", "column"),
    [
        (_with("stop_times.txt", "08:20:00,08:21:00\nt1,B,5,09:00:10", "08:20:00,08:21:00\nt1,B,5,9h"), "stop_times.txt", 3, "arrival_time"),
        (_with("stop_times.txt", "t1,B,5,09:00:10,09:05:00", "t1,B,5,09:00:10,"), "stop_times.txt", 3, "departure_time"),
        (_with("stop_times.txt", "08:00:00,08:00:30", "08:61:00,08:00:30"), "stop_times.txt", 1, "arrival_time"),
        (_with("stop_times.txt", "25:45:00,25:45:00", "168:00:00,168:00:00"), "stop_times.txt", 10, "arrival_time"),
        (_with("stop_times.txt", "24:40:00,24:45:00", "23:40:00,24:45:00"), "stop_times.txt", 9, "arrival_time"),
        (_with("stop_times.txt", "t2,C,30", "t3,C,30"), "stop_times.txt", 5, "trip_id"),
        (_with("stop_times.txt", "t2,C,30", "t2,C,x"), "stop_times.txt", 5, "stop_sequence"),
        (_with("stop_times.txt", "t2,C,30", "t2,C,20"), "stop_times.txt", 7, "stop_sequence"),
        (_with("stop_times.txt", "t2,C,30,12:00:00,12:00:00", "t2,C,30"), "stop_times.txt", 5, None),
        (_with("trips.txt", "R,week,t2", "Q,week,t2"), "trips.txt", 2, "route_id"),
        (_with("trips.txt", "R,week,t2", "R,day,t2"), "trips.txt", 2, "service_id"),
        (_with("trips.txt", "R,week,t2", "R,week,t1"), "trips.txt", 2, "trip_id"),
        (_with("routes.txt", "R,2", "R,7"), "stop_times.txt", 1, "trip_id"),
        (_with("calendar.txt", "week,1,1", "week,1,2"), "calendar.txt", 1, "tuesday"),
        (_with("calendar.txt", "20251103,20251130", "20251103,20251131"), "calendar.txt", 1, "end_date"),
        (_with("calendar.txt", "20251103,20251130", "20251103,20251102"), "calendar.txt", 1, "end_date"),
        (_with("calendar_dates.txt", "20251111,2", "20251111,3"), "calendar_dates.txt", 1, "exception_type"),
        (_with("calendar_dates.txt", "week,20251115,1", "week,20251111,1"), "calendar_dates.txt", 2, "date"),
        (_with("agency.txt", "Europe/Berlin", "Mars/North"), "agency.txt", 1, "agency_timezone"),
        (_with("agency.txt", "Berlin\n", "Berlin\nBus,Asia/Tokyo\n"), "agency.txt", 2, "agency_timezone"),
        (_with("stops.txt", "C,Cee", "D,Cee"), "stops.txt", None, "stop_id"),
        (_with("routes.txt", "route_type", "kind"), "routes.txt", None, "route_type"),
        ({"calendar_txt": None, "calendar_dates_txt": None}, "calendar.txt", None, None),
        ({"trips_txt": None}, "trips.txt", None, None),
        ({"frequencies_txt": "trip_id\n"}, "frequencies.txt", None, None),
    ],
)  # fmt: skip
def test_what_cant_be_is_named(
    tmp_path: Path, files: dict[str, str | None], file: str, row: int | None, column: str | None
) -> None:
    """File, row and column of each fault, and what to do."""
    with pytest.raises(InputError) as caught:
        imported(_feed(tmp_path, **files), OF)
    assert (caught.value.file, caught.value.row, caught.value.column) == (file, row, column) and caught.value.next_step


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A file that isn't UTF-8 is refused by name and row."""
    feed = _feed(tmp_path)
    (feed / "stops.txt").write_bytes(b"stop_id\nA\n\xff\xfe\n")
    with pytest.raises(InputError) as caught:
        imported(feed, OF)
    assert caught.value.file == "stops.txt"


GOOD = '[stops]\nA = "S1"\nB = "D1"\n[modes]\n2 = "rail"\n[capacity_items]\nrail = 900\n'


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda t: t.replace('"S1"', '"S9"'), "stops, A"),
        (lambda t: t.replace('"rail"', '"camel"'), "modes, 2"),
        (lambda t: t.replace("900", "0"), "capacity_items, rail"),
        (lambda t: t.replace("900", "true"), "capacity_items, rail"),
        (lambda t: t.replace("rail = 900", "camel = 900"), "capacity_items, camel"),
        (lambda t: 'operator = "Z"\n' + t, "operator"),
        (lambda t: "speed = 3\n" + t, "speed"),
        (lambda t: t.replace('[modes]\n2 = "rail"\n', ""), "modes"),
        (lambda t: t.replace("[stops]", "[stops"), None),
    ],
)
def test_a_bad_mapping_names_the_key(tmp_path: Path, change: Callable[[str], str], column: str | None) -> None:
    """No such facility, mode or operator, a room that is none, an unknown key, no modes, no TOML."""
    network = load(write_province(tmp_path / "small"))
    (tmp_path / "map.toml").write_text(GOOD, encoding="utf-8")
    assert mapping(tmp_path / "map.toml", network).stops == {"A": "S1", "B": "D1"}
    (tmp_path / "map.toml").write_text(change(GOOD), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        mapping(tmp_path / "map.toml", network)
    assert (caught.value.file, caught.value.column) == ("map.toml", column)


def test_the_command_adds_them_to_the_timetable(tmp_path: Path) -> None:
    """`yilu network timetable --gtfs` writes a lanes.csv that a province folder takes as it is; --gtfs without --mapping is refused."""
    folder = write_province(tmp_path / "small", time_zone="Asia/Shanghai")
    write_table(folder, "facilities", FACILITIES)
    (tmp_path / "map.toml").write_text(GOOD, encoding="utf-8")
    run = CliRunner().invoke(app, ["network", "timetable", str(tmp_path / "out"), "--gtfs", str(_feed(tmp_path)), "--mapping", str(tmp_path / "map.toml"), "--province", str(folder), "--day", "2025-11-11", "--json"])  # fmt: skip
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["gtfs"]["trips"] == 3 and told["gtfs"]["lanes"] > 0
    for name in ("lanes", "handling", "rounds", "road_times"):
        (folder / f"{name}.csv").write_bytes((tmp_path / "out" / f"{name}.csv").read_bytes())
    assert check(folder) == []
    taken = load(folder).lanes
    assert int((taken.source == "GTFS").sum()) == told["gtfs"]["lanes"]
    refused = CliRunner().invoke(app, ["network", "timetable", str(tmp_path / "other"), "--gtfs", str(tmp_path), "--province", str(folder)])  # fmt: skip
    assert refused.exit_code != 0
