"""Synthetic days as files, each written whole or not at all, so that a broken run goes on where it stopped."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.errors import YiluError
from yilu.twin.day import Ready, ready, tables_of
from yilu.twin.plan import DayPlan
from yilu.twin.stream import slices
from yilu.twin.truth import Witness

FORMATS = ("parquet", "csv", "jsonl")
BYTES_PER_EVENT = {"parquet": 10.0, "csv": 130.0, "jsonl": 200.0}
"""Disk need of an event by format, rounded up from a measured day."""
EVENTS_PER_ITEM = 9.5
BYTES_PER_FILE = 150_000
"""What a file holds beside its events: the dictionaries of codes."""
SPILL_BYTES_PER_ITEM = 24 * 6.0
"""Waiting scans of an item at the most: 24 bytes each."""

FILE_EVENTS = 6_000_000
"""Events of a file at the most, unless one slice alone has more."""

_PLAN = ".plan.json"
_DICTIONARIES = [
    "operator", "kind", "facility", "container", "item_class", "sender_kind", "service_level", "origin", "destination", "outcome",
]  # fmt: skip


@dataclass(frozen=True)
class Written:
    """What has been written so far: files, events, bytes (those found from an earlier run included) and seconds taken."""

    files: int
    events: int
    bytes: int
    seconds: float


def disk_need(plan: DayPlan, format: str) -> int:
    """Bytes that writing ``plan`` needs at the most: its files, and the scans that wait on disk meanwhile."""
    items = plan.total
    waiting = max(0.0, min(items, 3 * max(plan.volumes)) * SPILL_BYTES_PER_ITEM - (plan.memory_mb << 20))
    files = (plan.days + 20) * BYTES_PER_FILE
    return int(items * EVENTS_PER_ITEM * BYTES_PER_EVENT[format] + files + waiting)


def write_day(
    plan: DayPlan,
    folder: Path,
    format: str = "parquet",
    progress: Callable[[int, Written], None] | None = None,
    witness: Witness | None = None,
) -> Written:
    """Write the events of ``plan`` to ``folder``, in the order of recording: ``events-2025-06-03-0800.parquet`` and so on.

    A file appears under its name only when it is complete. Run again after a break, with the same plan, it keeps the files that are there.
    ``progress`` is called after each file with the items made so far and what is written; ``witness`` sees all lives. Raises YiluError where the folder
    holds another plan's files, or where the disk has too little room.
    """
    if format not in FORMATS:
        raise YiluError(f"no such format: {format}", next_step=f"choose one of {', '.join(FORMATS)}")
    begun = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, plan, format)
    found = {path.name: path.stat().st_size for path in folder.glob(f"events-*.{format}")}
    free, need = shutil.disk_usage(folder).free, disk_need(plan, format) - sum(found.values())
    if free < need:
        raise YiluError(
            f"the folder's disk has {free / 1e9:.1f} GB free; {need / 1e9:.1f} GB are needed at the most",
            next_step="make room, give another folder, or take a smaller scale",
        )
    for left in folder.glob("*.part"):
        left.unlink()
    made = ready(plan)
    files = events = size = 0
    with ThreadPoolExecutor(1) as pool:
        pending: list[tuple[Future[int], int, int]] = []

        def settle(keep: int) -> None:
            nonlocal files, size
            while len(pending) > keep:
                future, items, count = pending.pop(0)
                size += future.result()
                files += 1
                if progress:
                    progress(items, Written(files, count, size, time.monotonic() - begun))

        for name, items, parts in _files(plan, made, folder, witness):
            name = f"events-{name}.{format}"
            events += sum(map(len, parts))
            if name in found:
                settle(0)
                files, size = files + 1, size + found[name]
                continue
            pending.append((pool.submit(write_file, folder / name, parts, plan, made, format), items, events))
            del parts
            settle(1)
        settle(0)
    return Written(files, events, size, time.monotonic() - begun)


def _files(
    plan: DayPlan, made: Ready, folder: Path, witness: Witness | None
) -> Iterator[tuple[str, int, list[NDArray[np.uint32]]]]:
    """(local time of the first slice, items made so far, scans of its slices) of each file.

    A file holds one slice where the plan says how long slices are; else as many of a day as come to ``FILE_EVENTS``.
    """
    parts: list[NDArray[np.uint32]] = []
    name, day, rows, items = "", "", 0, 0
    for number, items, scans in slices(plan, made.ground, folder, witness):
        since = plan.minutes * number
        today = (plan.date + timedelta(days=since // 1440)).isoformat()
        if parts and (today != day or plan.slice_minutes or rows + len(scans) > FILE_EVENTS):
            yield name, items, parts
            parts, rows = [], 0
        if not parts:
            name, day = f"{today}-{since % 1440 // 60:02d}{since % 60:02d}", today
        parts.append(scans)
        rows += len(scans)
    if parts:
        yield name, items, parts


def _claim(folder: Path, plan: DayPlan, format: str) -> None:
    """Note the plan in the folder, or refuse the folder where it holds another one."""
    mine = {
        "network": str(plan.network.name), "date": plan.date.isoformat(), "items": plan.items, "days": plan.days, "volumes": list(plan.volumes), "seed": plan.seed,
        "share_bagged": plan.share_bagged, "rates": plan.rates._asdict(), "scenario": plan.scenario.as_record(), "slice_minutes": plan.minutes, "format": format,
    }  # fmt: skip
    path = folder / _PLAN
    if path.exists():
        if json.loads(path.read_text(encoding="utf-8")) != mine:
            raise YiluError(
                f"{path} tells of another plan than the one asked for",
                next_step="give an empty folder, or the same options",
            )
        return
    if any(folder.glob("events-*")):
        raise YiluError(f"{folder} holds event files but no {_PLAN}", next_step="give an empty folder")
    part = folder / f"{_PLAN}.part"
    part.write_text(json.dumps(mine, indent=1), encoding="utf-8")
    os.replace(part, path)


def write_file(path: Path, parts: list[NDArray[np.uint32]], plan: DayPlan, made: Ready, format: str) -> int:
    """Write scans as one file, which appears under its name when it is complete. Returns its bytes."""
    tables = (table for rows in parts for table in tables_of(plan, rows, made))
    with whole(path) as out:
        if format == "parquet":
            parquet(out, tables)
        else:
            for first, table in enumerate(tables):
                text = _local(table, plan.network.time_zone)
                if format == "csv":
                    pa.csv.write_csv(text, out, pa.csv.WriteOptions(include_header=first == 0, quoting_style="needed"))
                else:
                    _json_lines(out, text)
    return path.stat().st_size


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A new file, under its name when it is complete."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, path)


def parquet(out: BinaryIO, tables: Iterator[pa.Table]) -> None:
    """Write tables of ``rows.SCHEMA`` as one file, a row group each."""
    writer = None
    for table in tables:
        if writer is None:
            writer = pq.ParquetWriter(
                out,
                table.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=_DICTIONARIES,
                write_statistics=["at"],
            )
        writer.write_table(table, row_group_size=1 << 20)
    if writer is not None:
        writer.close()


def _local(table: pa.Table, time_zone: str) -> pa.Table:
    """Codes as plain text, times as ISO 8601 in the province's zone."""
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_dictionary(field.type):
            column = column.cast(pa.string())
        elif pa.types.is_timestamp(field.type):
            column = pc.strftime(column.cast(pa.timestamp("s", time_zone)), format="%Y-%m-%dT%H:%M:%S%z")
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _json_lines(out: object, table: pa.Table) -> None:
    """One JSON object a line, absent values left out. Numbers and codes hold no character that JSON would escape."""
    parts = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type):
            parts.append(pc.binary_join_element_wise(f'"{name}":"', column, '"', ""))
        else:
            parts.append(pc.binary_join_element_wise(f'"{name}":', column.cast(pa.string()), ""))
    body = pc.binary_join_element_wise(*parts, ",", null_handling="skip")
    lines = pc.binary_join_element_wise("{", body, "}\n", "")
    for chunk in lines.chunks:
        offsets = chunk.buffers()
        first = int.from_bytes(offsets[1][4 * chunk.offset : 4 * chunk.offset + 4], "little")
        end = 4 * (chunk.offset + len(chunk))
        out.write(memoryview(offsets[2])[first : int.from_bytes(offsets[1][end : end + 4], "little")])  # type: ignore[attr-defined]
