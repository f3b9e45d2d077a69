"""What ``benchmarks/items.py`` compares with: engines that keep the same facts, as far as SQL says them.

Each engine keeps the events, durably and each identity once, and of every item all fields that the declaration (``items/fields.py``)
calls a minimum, a maximum or an OR, written from that declaration. What needs an item's events in order, what was stated first, checks,
cubes and answers from them are left out on their side. A *lean* engine keeps five first times and the latest event only, and no events.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from yilu.items.fields import FIELDS, FLAGS, NEVER

_IDENTITY = ["key", "at", "kind", "place"]
_ID = ", ".join(f'"{name}"' for name in _IDENTITY)
_UNACCEPTED = 1 << 63
_QUERY = "SELECT operator, count(*), count(*) FILTER (WHERE delivered <= promise) FROM {items} GROUP BY operator"


@dataclass(frozen=True)
class Kept:
    """One field that an engine keeps: its name, ``min``, ``max`` or ``or``, and which kinds of event speak to it (none: all)."""

    name: str
    op: str
    kinds: tuple[int, ...] = ()

    @property
    def blank(self) -> int:
        """Its value before any event."""
        return {"min": NEVER, "max": 0, "or": 0, "start": 2**64 - 1}[self.op]

    @property
    def type(self) -> str:
        """Its type in SQL."""
        return {"start": "UBIGINT", "or": "USMALLINT"}.get(self.op, "UBIGINT" if self.name == "last" else "UINTEGER")

    def of_events(self) -> str:
        """Its aggregate over an item's new events, in SQL."""
        if self.op == "start":
            value = f"min((CASE WHEN kind = 8 THEN 0 ELSE {_UNACCEPTED} END)::UBIGINT | (word >> 1))"
        elif self.op == "or":
            cases = " ".join(f"WHEN {k} THEN {bit}" for bit, kinds, *_ in FLAGS.values() for k in kinds)
            value = f"bit_or((CASE kind {cases} ELSE 0 END)::USMALLINT)"
        elif self.name == "last":
            value = "max(word)"
        else:
            value = f'{self.op}("at") FILTER (WHERE kind IN ({", ".join(map(str, self.kinds))}))'
        return f"coalesce({value}, {self.blank})::{self.type} AS {self.name}"

    def joined(self, old: str, new: str) -> str:
        """Both values as one, in SQL."""
        call = {"min": "least", "start": "least", "max": "greatest"}.get(self.op)
        return f"{call}({old}, {new})" if call else f"({old} | {new})"


WHOLE: tuple[Kept, ...] = tuple(
    Kept(f.name + "_" * (f.name == "left"), {"word": "start" if f.name == "start" else "max"}.get(f.op, f.op), f.kinds)
    for f in FIELDS
    if f.op != "walk" and not f.processing_only
)
"""Every merged field of the declaration; the one of processing sites, which needs a join, is let off."""
LEAN: tuple[Kept, ...] = (
    Kept("last", "max"), Kept("delivered", "min", (120,)), Kept("identified", "min", (12,)), Kept("inspected", "min", (16,)),
    Kept("screened", "min", (20,)), Kept("departed", "min", (44,)),
)  # fmt: skip


def delta(kept: tuple[Kept, ...], events: str = "events") -> str:
    """New events by item."""
    return f"SELECT key, {', '.join(f.of_events() for f in kept)} FROM {events} GROUP BY key"


def _merged_set(kept: tuple[Kept, ...]) -> str:
    return ", ".join(f"{f.name} = {f.joined(f'items.{f.name}', f'd.{f.name}')}" for f in kept)


@dataclass(frozen=True)
class Sides:
    """What every engine gets: the states and the events that made them, and new events in turns."""

    states: pa.Table
    logged: pa.Table
    turns: list[pa.Table]


def _connect(file: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A database that prints nothing beside the benchmark's figures."""
    db = duckdb.connect(file)
    db.execute("SET enable_progress_bar = false")
    return db


def states_of(accepted: pa.Table) -> pa.Table:
    """The states of items that were accepted only, promised within two days; ``accepted`` as ``logged``."""
    with _connect() as db:
        db.register("events", accepted)
        return db.sql(
            f'SELECT d.*, e.operator, (e."at" + 172800)::UINTEGER AS promise FROM ({delta(WHOLE)}) d JOIN events e USING (key)'
        ).to_arrow_table()


Engine = Callable[[Path, Sides], float]


def _duckdb(
    folder: Path, sides: Sides, kept: tuple[Kept, ...], change: str, items: str = "items", prepare: str = ""
) -> float:
    file = folder / "duck.db"
    best = float("inf")
    lean = kept is LEAN
    with _connect(str(file)) as db:
        db.register("states", sides.states)
        columns = (
            ", ".join(f"{f.blank}::{f.type} AS {f.name}" for f in kept) if lean else ", ".join(f.name for f in kept)
        )
        db.execute(f"CREATE TABLE items AS SELECT key, operator, promise, {columns} FROM states")
        if not lean:
            db.register("logged", sides.logged)
            db.execute("CREATE TABLE log AS SELECT * FROM logged")
        db.execute(prepare)
        db.execute("CHECKPOINT")
        os.sync()
        for turn in sides.turns:
            begun = time.perf_counter()
            db.register("batch", turn)
            if lean:
                db.execute(change.format(delta=delta(kept, "batch")))
            else:
                db.execute(
                    f"CREATE TEMP TABLE events AS SELECT DISTINCT ON ({_ID}) * FROM batch ANTI JOIN log USING ({_ID})"
                )
                db.execute("INSERT INTO log SELECT * FROM events")
                db.execute(change.format(delta=delta(kept)))
                db.execute("DROP TABLE events")
            db.execute("CHECKPOINT")
            db.execute(_QUERY.format(items=items)).fetchall()
            best = min(best, time.perf_counter() - begun)
    file.unlink()
    return best


def _update(kept: tuple[Kept, ...]) -> Engine:
    change = f"UPDATE items SET {_merged_set(kept)} FROM ({{delta}}) d WHERE items.key = d.key"
    return lambda folder, sides: _duckdb(folder, sides, kept, change)


def _merge(kept: tuple[Kept, ...]) -> Engine:
    change = (
        f"MERGE INTO items USING ({{delta}}) d ON items.key = d.key WHEN MATCHED THEN UPDATE SET {_merged_set(kept)}"
    )
    return lambda folder, sides: _duckdb(folder, sides, kept, change)


def _append(kept: tuple[Kept, ...]) -> Engine:
    """Append-delta: a second table takes the aggregated batch, the reader merges both."""
    again = {"min": "min", "start": "min", "max": "max", "or": "bit_or"}
    both = ", ".join(f"coalesce({f.joined(f'i.{f.name}', f'd.{f.name}')}, i.{f.name}) AS {f.name}" for f in kept)
    merged = f"""(SELECT i.operator, i.promise, {both} FROM items i LEFT JOIN
        (SELECT key, {", ".join(f"{again[f.op]}({f.name}) AS {f.name}" for f in kept)} FROM delta GROUP BY key) d USING (key))"""
    names = ", ".join(f.name for f in kept)
    prepare = f"CREATE TABLE delta AS SELECT key, {names} FROM items LIMIT 0"
    return lambda folder, sides: _duckdb(folder, sides, kept, "INSERT INTO delta {delta}", merged, prepare)


def _chdb_aggregating(folder: Path, sides: Sides) -> float:
    """States in an AggregatingMergeTree, events in a ReplacingMergeTree: both settle in the background and are merged on reading."""
    from chdb import session

    best = float("inf")
    db = session.Session(str(folder / "chdb"))
    kinds = {"UBIGINT": "UInt64", "UINTEGER": "UInt32", "USMALLINT": "UInt16"}
    call = {"min": "min", "start": "min", "max": "max", "or": "groupBitOr"}
    durable = "fsync_after_insert = 1, fsync_part_directory = 1"
    try:
        types = ", ".join(f"{f.name} SimpleAggregateFunction({call[f.op]}, {kinds[f.type]})" for f in WHOLE)
        db.query("CREATE DATABASE IF NOT EXISTS b ENGINE = Atomic")
        db.query(
            f"CREATE TABLE b.items (key UInt64, operator SimpleAggregateFunction(max, UInt16), promise SimpleAggregateFunction(max, UInt32), "
            f"{types}) ENGINE = AggregatingMergeTree ORDER BY key SETTINGS {durable}"
        )
        db.query(
            "CREATE TABLE b.log (key UInt64, key2 UInt64, at UInt32, kind UInt8, place UInt32, operator UInt16, recorded_at UInt32, "
            f"word UInt64) ENGINE = ReplacingMergeTree ORDER BY (key, at, kind, place) SETTINGS {durable}"
        )
        names = ", ".join(f.name for f in WHOLE)
        _chdb_insert(db, folder, sides.states, f"b.items SELECT key, operator, promise, {names} FROM {{file}}")
        _chdb_insert(db, folder, sides.logged, "b.log SELECT * FROM {file}")
        new = ", ".join(_in_clickhouse(f) for f in WHOLE)
        os.sync()
        for turn in sides.turns:
            begun = time.perf_counter()
            _chdb_insert(db, folder, turn, "b.log SELECT * FROM {file}")
            _chdb_insert(db, folder, turn, f"b.items SELECT key, 0, 0, {new} FROM {{file}} GROUP BY key")
            db.query(
                "SELECT o, count(), countIf(d <= p) FROM (SELECT key, max(operator) AS o, min(delivered) AS d, max(promise) AS p "
                "FROM b.items GROUP BY key) GROUP BY o"
            )
            best = min(best, time.perf_counter() - begun)
    finally:
        db.close()
    return best


def _in_clickhouse(f: Kept) -> str:
    if f.op == "start":
        return f"min(bitOr(if(kind = 8, 0, {_UNACCEPTED}), bitShiftRight(word, 1)))"
    if f.op == "or":
        pairs = [(k, bit) for bit, kinds, *_ in FLAGS.values() for k in kinds]
        cases = ", ".join(f"kind = {k}, {bit}" for k, bit in pairs)
        return f"groupBitOr(toUInt16(multiIf({cases}, 0)))"
    if f.name == "last":
        return "max(word)"
    spoken = f"kind IN ({', '.join(map(str, f.kinds))})"
    return f"if(countIf({spoken}) = 0, {f.blank}, {f.op}If(at, {spoken}))"


def _chdb_insert(db: Any, folder: Path, table: pa.Table, select: str) -> None:
    """chDB reads Arrow tables through a file here; writing it is not timed against it by much: uncompressed Arrow."""
    file = folder / "turn.arrow"
    with pa.OSFile(str(file), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    db.query(f"INSERT INTO {select.format(file=f'file({str(file)!r}, Arrow)')}")
    file.unlink()


def _polars_rebuild(folder: Path, sides: Sides) -> float:
    """States as one Parquet file that is written anew, events as Parquet files beside it."""
    import polars as pl

    file, log = folder / "items.parquet", folder / "log"
    log.mkdir()
    pq.write_table(sides.states, file, compression="lz4")
    pq.write_table(sides.logged, log / "0.parquet", compression="lz4")
    flags = {k: bit for bit, kinds, *_ in FLAGS.values() for k in kinds}
    best = float("inf")

    def new(f: Kept) -> Any:
        if f.op == "start":
            accepted = pl.when(pl.col("kind") == 8).then(pl.lit(0, pl.UInt64)).otherwise(pl.lit(_UNACCEPTED, pl.UInt64))
            return (accepted | (pl.col("word") // 2)).min()
        if f.op == "or":
            return pl.col("kind").replace_strict(flags, default=0, return_dtype=pl.UInt16).bitwise_or()
        if f.name == "last":
            return pl.col("word").max()
        told = pl.col("at").filter(pl.col("kind").is_in(f.kinds))
        return told.min() if f.op == "min" else told.max()

    def joined(f: Kept) -> Any:
        if f.op == "or":
            return pl.col(f.name) | pl.col(f"{f.name}_d").fill_null(0)
        return (pl.max_horizontal if f.op == "max" else pl.min_horizontal)(f.name, f"{f.name}_d")

    os.sync()
    for number, turn in enumerate(sides.turns, 1):
        begun = time.perf_counter()
        known = pl.scan_parquet(log / "*.parquet").select(_IDENTITY)
        batch: Any = pl.from_arrow(turn)
        fresh = batch.lazy().unique(_IDENTITY).join(known, on=_IDENTITY, how="anti").collect()
        fresh.write_parquet(log / f"{number}.parquet", compression="lz4")
        _sync(log / f"{number}.parquet")
        change = fresh.lazy().group_by("key").agg(*(new(f).alias(f.name) for f in WHOLE))
        items = pl.scan_parquet(file).join(change, on="key", how="left", suffix="_d")
        made = (
            items.with_columns(*(joined(f).alias(f.name) for f in WHOLE)).select(*sides.states.column_names).collect()
        )
        made.write_parquet(file.with_suffix(".new"), compression="lz4")
        _sync(file.with_suffix(".new"))
        file.with_suffix(".new").replace(file)
        made.group_by("operator").agg(pl.len(), (pl.col("delivered") <= pl.col("promise")).sum())
        best = min(best, time.perf_counter() - begun)
    file.unlink()
    return best


def _sync(file: Path) -> None:
    with open(file, "rb+") as handle:
        os.fsync(handle.fileno())


IN_PLACE: dict[str, Engine] = {
    "duckdb_update": _update(WHOLE), "duckdb_merge": _merge(WHOLE), "polars_rebuild": _polars_rebuild,
}  # fmt: skip
"""Engines that update in place or rebuild."""
APPENDING: dict[str, Engine] = {"duckdb_append": _append(WHOLE), "chdb_aggregating": _chdb_aggregating}
"""Engines that append and merge on reading: a MergeTree takes a new part, and merges parts in the background or as they are read."""
LEANER: dict[str, Engine] = {"duckdb_merge_lean": _merge(LEAN), "duckdb_append_lean": _append(LEAN)}
"""The fastest of both with five first times only: shown, in no ratio."""
ALL: dict[str, Engine] = {**IN_PLACE, **APPENDING, **LEANER}
