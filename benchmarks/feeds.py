"""What ``benchmarks/items.py`` compares with: the engines, and yilu's own way from files to facts."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.machine import say
from yilu.cli.facts import Facts
from yilu.cli.ingest import ingest_into
from yilu.network import load
from yilu.settings import load as load_settings
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.write import write_day

TIMES: tuple[str, ...] = ("delivered", "identified", "inspected", "screened", "departed")
_KIND_OF = {"delivered": 120, "identified": 12, "inspected": 16, "screened": 20, "departed": 44}
_DELTA = "SELECT key, max(word) AS last, " + ", ".join(
    f"coalesce(min(\"at\") FILTER (WHERE kind = {k}), 4294967295)::UINTEGER AS {name}" for name, k in _KIND_OF.items()
) + " FROM events GROUP BY key"  # fmt: skip
_SET = "last = greatest(items.last, d.last), " + ", ".join(f"{n} = least(items.{n}, d.{n})" for n in TIMES)
_QUERY = "SELECT operator, count(*), count(*) FILTER (WHERE delivered <= promise) FROM {items} GROUP BY operator"
_COLUMNS = ", ".join(TIMES)

Engine = Callable[[Path, pa.Table, list[pa.Table]], float]


def _duckdb(
    folder: Path, state: pa.Table, turns: list[pa.Table], change: str, items: str = "items", prepare: str = ""
) -> float:
    file = folder / "duck.db"
    best = float("inf")
    with duckdb.connect(str(file)) as db:
        db.register("state", state)
        db.execute("CREATE TABLE items AS SELECT * FROM state")
        if prepare:
            db.execute(prepare)
        db.execute("CHECKPOINT")
        for turn in turns:
            begun = time.perf_counter()
            db.register("events", turn)
            db.execute(change)
            db.execute("CHECKPOINT")
            db.execute(_QUERY.format(items=items)).fetchall()
            best = min(best, time.perf_counter() - begun)
    file.unlink()
    return best


def _duckdb_update(folder: Path, state: pa.Table, turns: list[pa.Table]) -> float:
    return _duckdb(folder, state, turns, f"UPDATE items SET {_SET} FROM ({_DELTA}) d WHERE items.key = d.key")


def _duckdb_merge(folder: Path, state: pa.Table, turns: list[pa.Table]) -> float:
    merge = f"MERGE INTO items USING ({_DELTA}) d ON items.key = d.key WHEN MATCHED THEN UPDATE SET {_SET}"
    return _duckdb(folder, state, turns, merge)


def _duckdb_append(folder: Path, state: pa.Table, turns: list[pa.Table]) -> float:
    """Append-delta: a second table takes the aggregated batch, the reader merges both."""
    least = ", ".join(f"least(i.{n}, coalesce(d.{n}, 4294967295)) AS {n}" for n in TIMES)
    merged = f"""(SELECT i.operator, i.promise, {least} FROM items i LEFT JOIN
        (SELECT key, {", ".join(f"min({n}) AS {n}" for n in TIMES)} FROM delta GROUP BY key) d USING (key))"""
    return _duckdb(
        folder, state, turns, f"INSERT INTO delta {_DELTA}", merged,
        f"CREATE TABLE delta AS SELECT key, last, {_COLUMNS} FROM items LIMIT 0",
    )  # fmt: skip


def _chdb_aggregating(folder: Path, state: pa.Table, turns: list[pa.Table]) -> float:
    from chdb import session

    best = float("inf")
    db = session.Session(str(folder / "chdb"))
    try:
        types = ", ".join(f"{n} SimpleAggregateFunction(min, UInt32)" for n in TIMES)
        db.query("CREATE DATABASE IF NOT EXISTS b ENGINE = Atomic")
        db.query(
            "CREATE TABLE b.items (key UInt64, operator SimpleAggregateFunction(max, UInt16), accepted SimpleAggregateFunction(min, UInt32), "
            f"last SimpleAggregateFunction(max, UInt64), promise SimpleAggregateFunction(max, UInt32), {types}) "
            "ENGINE = AggregatingMergeTree ORDER BY key SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"
        )
        _chdb_insert(db, folder, state, "SELECT * FROM {file}")
        least = ", ".join(f"if(countIf(kind = {k}) = 0, 4294967295, minIf(at, kind = {k}))" for k in _KIND_OF.values())
        for turn in turns:
            begun = time.perf_counter()
            _chdb_insert(
                db, folder, turn, f"SELECT key, 0, 4294967295, max(word), 0, {least} FROM {{file}} GROUP BY key"
            )
            db.query(
                "SELECT o, count(), countIf(d <= p) FROM (SELECT key, max(operator) AS o, min(delivered) AS d, max(promise) AS p "
                "FROM b.items GROUP BY key) GROUP BY o"
            )
            best = min(best, time.perf_counter() - begun)
    finally:
        db.close()
    return best


def _chdb_insert(db: Any, folder: Path, table: pa.Table, select: str) -> None:
    """chDB reads Arrow tables through a file here; writing it is not timed against it by much: uncompressed Arrow."""
    file = folder / "turn.arrow"
    with pa.OSFile(str(file), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    db.query(f"INSERT INTO b.items {select.format(file=f'file({str(file)!r}, Arrow)')}")
    file.unlink()


def _polars_rebuild(folder: Path, state: pa.Table, turns: list[pa.Table]) -> float:
    import polars as pl

    file = folder / "items.parquet"
    pl.from_arrow(state).write_parquet(file, compression="lz4")  # type: ignore[union-attr]
    best = float("inf")
    for turn in turns:
        begun = time.perf_counter()
        delta = (
            pl.from_arrow(turn)
            .lazy()  # type: ignore[union-attr]
            .group_by("key")
            .agg(
                pl.col("word").max().alias("last"),
                *(pl.col("at").filter(pl.col("kind") == k).min().alias(n) for n, k in _KIND_OF.items()),
            )
        )
        items = pl.read_parquet(file).lazy().join(delta, on="key", how="left", suffix="_d")
        items = items.with_columns(
            pl.max_horizontal("last", "last_d").alias("last"), *(pl.min_horizontal(n, f"{n}_d").alias(n) for n in TIMES)
        ).select(*state.schema.names)
        made = items.collect()
        made.write_parquet(file.with_suffix(".new"), compression="lz4")
        with open(file.with_suffix(".new"), "rb+") as handle:
            os.fsync(handle.fileno())
        file.with_suffix(".new").replace(file)
        made.group_by("operator").agg(pl.len(), (pl.col("delivered") <= pl.col("promise")).sum())
        best = min(best, time.perf_counter() - begun)
    file.unlink()
    return best


ENGINES: dict[str, Engine] = {
    "duckdb_update": _duckdb_update,
    "duckdb_merge": _duckdb_merge,
    "duckdb_append": _duckdb_append,
    "chdb_aggregating": _chdb_aggregating,
    "polars_rebuild": _polars_rebuild,
}


def file_rates(scale: float) -> dict[str, float]:
    """Events a second from files to durable facts on 2 cores: Parquet; JSON Lines, clean and with 1 % bad lines."""
    plan = DayPlan(load("guangdong"), date(2025, 11, 11), max(1, round(scale * FULL_DAY)))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="yilu-bench-", dir=os.environ.get("BENCH_FOLDER")) as root:
        folder = Path(root)
        small = DayPlan(plan.network, plan.date, 5000)
        for form in ("parquet", "jsonl"):
            write_day(small, folder / f"warm-{form}", form)
            _ingest(folder, f"warm-{form}")
            write_day(plan, folder / form, form)
            say(f"{form} to facts")
            found[f"{form}_events_per_s"] = _ingest(folder, form)
        _spoil(folder / "jsonl", folder / "spoilt")
        say("jsonl with 1 % bad lines to facts")
        found["jsonl_bad_events_per_s"] = _ingest(folder, "spoilt")
    return found


def _ingest(folder: Path, name: str) -> float:
    facts = Facts(load_settings(store=folder / f"store-{name}", key_file=folder / "key"))
    begun = time.perf_counter()
    made = ingest_into(facts, str(folder / name), "yilu", "", shown=False).counts.made
    return made / (time.perf_counter() - begun)


def _spoil(source: Path, target: Path) -> None:
    """Copy JSON Lines with every hundredth line cut short."""
    target.mkdir()
    for path in sorted(source.glob("*.jsonl")):
        with open(path, "rb") as lines, open(target / path.name, "wb") as out:
            for i, line in enumerate(lines):
                out.write(line if i % 100 else line[: len(line) // 2] + b"\n")
