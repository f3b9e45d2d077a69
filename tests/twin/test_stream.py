"""The stream: order, independence of slices and memory, and files that are whole."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from twin_days import DAY, Day, joined, plain
from typer.testing import CliRunner

from yilu.cli.app import app
from yilu.errors import YiluError
from yilu.network import Network
from yilu.twin.day import simulate
from yilu.twin.plan import DayPlan
from yilu.twin.rows import SCHEMA
from yilu.twin.write import disk_need, write_day

SMALL = 6000


def test_events_come_in_the_order_of_recording(day: Day) -> None:
    """Tables follow each other in the order of recording, so that a slice can be taken in when it is there."""
    seen = day.events["recorded_at"].cast(pa.int64()).to_numpy()
    assert np.all(np.diff(seen) >= 0)


def test_stream_holds_exactly_the_scans_of_the_lives(day: Day) -> None:
    """Nothing is lost or doubled between lives and stream: scans of items plus scans of bags are the stream's events."""
    of_bags = sum(c == "container" for c in day.events["item_class"].to_pylist())
    assert day.events.num_rows == len(day.scans) + of_bags
    assert day.events["at"].cast(pa.int64()).to_numpy().sum() > 0


@pytest.mark.parametrize(
    "change",
    [
        {"slice_minutes": 1440},
        {"slice_minutes": 5},
        {"block": 777},
        {"memory_mb": 0},
        {"memory_mb": 0, "block": 500, "slice_minutes": 15, "slice_events": 100},
    ],
)
def test_slices_blocks_and_memory_change_nothing(guangdong: Network, tmp_path: Path, change: dict[str, int]) -> None:
    """The same plan gives the same events, cell by cell, however it is cut into slices and whether or not scans wait on disk."""
    plan = DayPlan(guangdong, DAY, SMALL, seed=3)
    other = replace(plan, **change)
    got = plain(pa.concat_tables(list(simulate(other, tmp_path))))
    assert got.equals(joined(plan))
    assert list(tmp_path.iterdir()) == []


def test_a_seed_is_a_day(guangdong: Network) -> None:
    """The same seed gives the same day, another seed another one."""
    days = [joined(DayPlan(guangdong, DAY, 1000, seed=seed)) for seed in (7, 7, 8)]
    assert days[0].equals(days[1])
    assert not days[0].equals(days[2])


def test_tables_hold_what_the_layout_says(guangdong: Network) -> None:
    """Every table has the canonical columns, at most the rows asked for, and no cell that is empty text."""
    tables = list(simulate(DayPlan(guangdong, DAY, SMALL, slice_events=700)))
    assert all(t.schema.equals(SCHEMA) for t in tables)
    assert max(t.num_rows for t in tables) <= 700
    for name in ("operator", "waybill", "kind", "at", "recorded_at", "facility"):
        assert all(t[name].null_count == 0 for t in tables)
    for name in SCHEMA.names:
        for table in tables[:20]:
            column = plain(table.select([name]))[name]
            assert not (pa.types.is_string(column.type) and "" in column.to_pylist()), name


def rows_of(folder: Path, format: str) -> list[tuple[Any, ...]]:
    """All events of a folder as DuckDB reads them, sorted; times as seconds."""
    reader = {"parquet": "read_parquet", "csv": "read_csv", "jsonl": "read_json"}[format]
    options = {"csv": ", all_varchar = true", "jsonl": ", format = 'newline_delimited', columns = {%s}", "parquet": ""}[
        format
    ]
    if format == "jsonl":
        options %= ", ".join(f"\"{n}\": 'VARCHAR'" for n in SCHEMA.names)
    when = ", ".join(f'epoch(cast("{n}" as timestamptz))::bigint' for n in ("at", "recorded_at", "promise"))
    rest = ", ".join(f'cast("{n}" as varchar)' for n in SCHEMA.names if n not in ("at", "recorded_at", "promise"))
    con = duckdb.connect(config={"threads": 1})
    return con.execute(
        f"select {when}, {rest} from {reader}('{folder}/events-*.{format}'{options}) order by all"
    ).fetchall()


def test_formats_tell_the_same(guangdong: Network, tmp_path: Path) -> None:
    """Parquet, CSV and JSON Lines of a plan hold the same events; an independent reader sees them alike."""
    plan = DayPlan(guangdong, DAY, 1500)
    read = {}
    for format in ("parquet", "csv", "jsonl"):
        done = write_day(plan, tmp_path / format, format)
        read[format] = rows_of(tmp_path / format, format)
        assert done.events == len(read[format])
        assert done.bytes == sum(p.stat().st_size for p in (tmp_path / format).glob("events-*"))
    assert read["parquet"] == read["csv"] == read["jsonl"]
    assert len(read["csv"]) == joined(plan).num_rows


class Stop(Exception):
    """A break in the middle."""


def test_a_broken_run_goes_on(guangdong: Network, tmp_path: Path) -> None:
    """After a break the same command writes what is missing, keeps what is there, and the files equal those of an undisturbed run."""
    plan = DayPlan(guangdong, DAY, SMALL, slice_minutes=240)
    calls = []

    def stop(_items: int, _written: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Stop

    with pytest.raises(Stop):
        write_day(plan, tmp_path / "a", progress=stop)
    (tmp_path / "a" / "events-2025-06-03-0800.parquet.part").write_bytes(b"half")
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "a").glob("*.parquet")}
    assert 3 <= len(kept) < 12
    write_day(plan, tmp_path / "a")
    write_day(plan, tmp_path / "b")
    files = {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == files
    assert {n: (tmp_path / "a" / n).stat().st_mtime_ns for n in kept} == kept


def test_a_folder_holds_one_plan(guangdong: Network, tmp_path: Path) -> None:
    """Another plan's files are not mixed in; the error says so and what to do."""
    write_day(DayPlan(guangdong, DAY, 500), tmp_path)
    with pytest.raises(YiluError, match="another plan") as caught:
        write_day(DayPlan(guangdong, DAY, 500, seed=2), tmp_path)
    assert caught.value.next_step


def test_too_little_room_is_said_before_it_starts(
    guangdong: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that can't hold the day is refused with both figures, and nothing is written."""
    plan = DayPlan(guangdong, DAY, 137_000_000)
    assert 10e9 < disk_need(plan, "parquet") < 60e9 < disk_need(plan, "csv")
    monkeypatch.setattr("yilu.twin.write.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**9})())
    with pytest.raises(YiluError, match=r"1\.0 GB free"):
        write_day(plan, tmp_path)
    assert not list(tmp_path.glob("events-*"))


def test_disk_need_is_enough(guangdong: Network, tmp_path: Path) -> None:
    """What is said to be needed suffices, and isn't far off."""
    plan = DayPlan(guangdong, DAY, 30_000)
    for format in ("parquet", "csv", "jsonl"):
        done = write_day(plan, tmp_path / format, format)
        assert 0.4 * disk_need(plan, format) < done.bytes <= disk_need(plan, format)


_PEAK = """
import resource, sys
from datetime import date
from yilu.network import load
from yilu.twin.day import ready, simulate
from yilu.twin.plan import DayPlan
n = load("guangdong")
small = DayPlan(n, date(2025, 6, 3), 2000, memory_mb=16, block=20000, slice_events=100000, slice_minutes=20)
for table in simulate(small): pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = 0
for table in simulate(DayPlan(n, date(2025, 6, 3), 1_000_000, memory_mb=16, block=20000, slice_events=100000, slice_minutes=20)):
    rows += len(table)
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A million items (200 MB of scans) pass through with less than 120 MB more than two thousand need."""
    done = subprocess.run([sys.executable, "-c", _PEAK], capture_output=True, text=True, check=True, timeout=250)
    rows, more_kib = map(int, done.stdout.split())
    assert rows > 8_000_000
    assert more_kib < 120 * 1024


def test_command_writes_a_day(tmp_path: Path) -> None:
    """`yilu simulate` writes the files, says before what disk it needs, and after what it has done."""
    run = CliRunner().invoke(
        app, ["simulate", str(tmp_path / "day"), "--scale", "0.00001", "--format", "jsonl", "--json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["items"] == 1370
    lines = [json.loads(line) for p in (tmp_path / "day").glob("*.jsonl") for line in p.read_text().splitlines()]
    assert len(lines) == told["events"]
    assert told["bytes"] <= told["disk_need"]
    assert {"operator", "waybill", "kind", "at"} <= set(lines[0])


@pytest.mark.parametrize("option", [["--date", "2025-13-01"], ["--format", "xml"], ["--days", "0"], ["--seed", "-4"]])
def test_command_refuses_impossible_options(tmp_path: Path, option: list[str]) -> None:
    """A wrong option is an error of usage with its next step, and leaves no folder behind."""
    run = CliRunner().invoke(app, ["simulate", str(tmp_path / "day"), *option])
    assert isinstance(run.exception, YiluError) and run.exception.exit_code == 2
    assert run.exception.next_step
    assert not (tmp_path / "day").exists()
