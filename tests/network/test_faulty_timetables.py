"""``check`` names file, row, column and value of every fault of a timetable, and takes a sound one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from province_folders import Rows, write_province

from yilu.network import check, load
from yilu.network.schema import attributes, minutes_of, value

LANE: dict[str, object] = {"code": "a", "source_facility": "D1", "target_facility": "S1", "departures": "09:00;18:30", "minutes": 40}  # fmt: skip
HANDLING: dict[str, object] = {"kind": "sort_centre", "waves": "10:00;20:00", "wave_minutes": 30}
ROUND: dict[str, object] = {"side": "collection", "times": "12:00;18:00", "minutes": 30}


def test_a_sound_timetable_has_no_fault(tmp_path: Path) -> None:
    """Lanes, handling, rounds and road times as the schema has them are taken, and times come in order, each once."""
    folder = write_province(
        tmp_path / "p", lanes=[LANE, {**LANE, "code": "b", "departures": "18:30; 06:05;18:30", "time_zone": "America/New_York", "skips": "2025-12-25"}],
        handling=[HANDLING], rounds=[ROUND, {**ROUND, "side": "delivery"}], road_times=[{"at": "08:00", "factor": 1.5}],
    )  # fmt: skip
    assert check(folder) == []
    network = load(folder)
    assert network.lanes.departures.tolist() == ["09:00;18:30", "06:05;18:30"]
    assert minutes_of(str(network.lanes.departures[1])) == (365, 1110)


FAULTS: tuple[tuple[str, Rows, int, str, str | None], ...] = (
    ("lanes", [LANE, {**LANE, "code": "b", "minutes": -5}], 2, "minutes", "-5"),
    ("lanes", [LANE, {**LANE, "code": "b", "minutes": 0}], 2, "minutes", "0"),
    ("lanes", [{**LANE, "departures": "25:00"}], 1, "departures", "25:00"),
    ("lanes", [{**LANE, "departures": "-01:00"}], 1, "departures", "-01:00"),
    ("lanes", [{**LANE, "departures": ";"}], 1, "departures", ";"),
    ("lanes", [{**LANE, "target_facility": "NOWHERE"}], 1, "target_facility", "NOWHERE"),
    ("lanes", [{**LANE, "target_facility": "D1"}], 1, "target_facility", "D1"),
    ("lanes", [{**LANE, "mode": "rocket"}], 1, "mode", "rocket"),
    ("lanes", [{**LANE, "operator": "Z"}], 1, "operator", "Z"),
    ("lanes", [{**LANE, "capacity_items": 0}], 1, "capacity_items", "0"),
    ("lanes", [{**LANE, "capacity_kg": 0}], 1, "capacity_kg", "0"),
    ("lanes", [{**LANE, "minutes_p95": 30}], 1, "minutes_p95", "30"),
    ("lanes", [{**LANE, "time_zone": "Mars/Olympus"}], 1, "time_zone", "Mars/Olympus"),
    ("lanes", [{**LANE, "valid_from": "2025-11-11", "valid_to": "2025-11-11"}], 1, "valid_to", "2025-11-11"),
    ("lanes", [{**LANE, "valid_from": "2025-11-10", "valid_to": "2025-11-15", "weekdays": "sat;sun"}], 1, "weekdays", "sat;sun"),
    ("lanes", [{**LANE, "valid_from": "2025-11-10", "valid_to": "2025-11-11", "skips": "2025-11-10"}], 1, "weekdays", None),
    ("lanes", [{**LANE, "skips": "2025-13-01"}], 1, "skips", "2025-13-01"),
    ("lanes", [LANE, LANE], 2, "code", "a"),
    ("handling", [{**HANDLING, "facility": "S1"}], 1, "facility", "S1"),
    ("handling", [{"sort_minutes": 5}], 1, "kind", None),
    ("handling", [{**HANDLING, "opens": "08:00", "closes": "08:00"}], 1, "closes", "480"),
    ("handling", [{"kind": "hub", "wave_minutes": 30}], 1, "wave_minutes", "30"),
    ("handling", [HANDLING, HANDLING], 2, "facility", None),
    ("handling", [{**HANDLING, "kind": "castle"}], 1, "kind", "castle"),
    ("rounds", [{**ROUND, "area": "Q"}], 1, "area", "Q"),
    ("rounds", [{**ROUND, "side": "sideways"}], 1, "side", "sideways"),
    ("rounds", [{**ROUND, "times": ""}], 1, "times", None),
    ("rounds", [ROUND, ROUND], 2, "area", "*"),
    ("road_times", [{"at": "08:00", "factor": 0}], 1, "factor", "0"),
    ("road_times", [{"at": "08:00", "factor": 1}, {"at": "8:00", "factor": 1}], 2, "at", "8:00"),
)  # fmt: skip


@pytest.mark.parametrize(("table", "rows", "row", "column", "given"), FAULTS)
def test_each_fault_of_a_timetable_is_named(
    tmp_path: Path, table: str, rows: Rows, row: int, column: str, given: str | None
) -> None:
    """One fault gives one problem: file, row, column and value."""
    folder = write_province(tmp_path / "p", **{table: rows})
    assert [(p.file, p.row, p.column, p.value) for p in check(folder)] == [(f"{table}.csv", row, column, given)]


@given(st.lists(st.integers(0, 1439), min_size=1, max_size=12))
def test_times_are_read_in_order_whatever_order_they_are_written_in(minutes: list[int]) -> None:
    """A column of times is the same set of minutes, sorted, and reading it again changes nothing."""
    column = next(a for a in attributes("lanes") if a.name == "departures")
    text = value(column, ";".join(f"{m // 60:02}:{m % 60:02}" for m in minutes))
    assert minutes_of(str(text)) == tuple(sorted(set(minutes)))
    assert value(column, str(text)) == text
