"""Synthetic days as files: one file a slice, written whole or not at all, so that a broken run goes on where it stopped."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from yilu.errors import YiluError
from yilu.twin.day import ready, tables_of
from yilu.twin.plan import DayPlan
from yilu.twin.stream import slices

FORMATS = ("parquet", "csv", "jsonl")
BYTES_PER_EVENT = {"parquet": 10.0, "csv": 120.0, "jsonl": 250.0}
"""Disk need of an event by format, rounded up from a measured day."""
EVENTS_PER_ITEM = 9.5
SPILL_BYTES_PER_ITEM = 24 * 6.0
"""Waiting scans of an item at the most: 24 bytes each."""

_PLAN = "plan.json"
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
    items = plan.items * plan.days
    waiting = max(0.0, min(items, 3 * plan.items) * SPILL_BYTES_PER_ITEM - (plan.memory_mb << 20))
    return int(items * EVENTS_PER_ITEM * BYTES_PER_EVENT[format] + waiting)


def write_day(
    plan: DayPlan, folder: Path, format: str = "parquet", progress: Callable[[int, Written], None] | None = None
) -> Written:
    """Write the events of ``plan`` to ``folder``, one file a slice (``events-00042.parquet``), in the order of recording.

    A file appears under its name only when it is complete. Run again after a break, with the same plan, it keeps the files that are there.
    ``progress`` is called after each file with the items made so far and what is written. Raises YiluError where the folder
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

        for number, items, rows in slices(plan, made.ground, folder):
            name = f"events-{number:05d}.{format}"
            events += len(rows)
            if name in found:
                settle(0)
                files, size = files + 1, size + found[name]
                continue
            pending.append(
                (pool.submit(_write, folder / name, tables_of(plan, rows, made), format, plan), items, events)
            )
            settle(1)
        settle(0)
    return Written(files, events, size, time.monotonic() - begun)


def _claim(folder: Path, plan: DayPlan, format: str) -> None:
    """Note the plan in the folder, or refuse the folder where it holds another one."""
    mine = {
        "network": str(plan.network.name), "date": plan.date.isoformat(), "items": plan.items, "days": plan.days, "seed": plan.seed,
        "share_bagged": plan.share_bagged, "rates": plan.rates._asdict(), "slice_minutes": plan.minutes, "format": format,
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


def _write(path: Path, tables: Iterator[pa.Table], format: str, plan: DayPlan) -> int:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        if format == "parquet":
            _parquet(out, tables)
        else:
            for first, table in enumerate(tables):
                text = _local(table, plan.network.time_zone)
                if format == "csv":
                    pa.csv.write_csv(text, out, pa.csv.WriteOptions(include_header=first == 0, quoting_style="needed"))
                else:
                    _json_lines(out, text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, path)
    return path.stat().st_size


def _parquet(out: object, tables: Iterator[pa.Table]) -> None:
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
