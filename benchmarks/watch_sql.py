"""The rules of ``benchmarks/watch.py`` as SQL: what DuckDB does for the same micro-batches.

Each batch is appended to a table of events, states are merged, and the rules look at the items that the batch touched: screenings missing when a
processing site was left, impossible travel, scans and signatures after delivery. Checks of other kinds, obligations, containers, links, promises, cubes and late
events are left out on this side.
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.engines import LEAN, delta
from benchmarks.items import _keys

_STATES = ", ".join(f"{f.name} = {f.joined(f'items.{f.name}', f'd.{f.name}')}" for f in LEAN)
_RULES = """
WITH touched AS (SELECT DISTINCT key FROM batch), lives AS (
    SELECT l.*, lag(facility) OVER w AS before, lag("at") OVER w AS since FROM log l SEMI JOIN touched USING (key) WINDOW w AS (PARTITION BY key ORDER BY "at", kind)
), left_sites AS (
    SELECT key, min("at") FILTER (kind = 'depart' AND facility LIKE 'SC-%') AS left_at, min("at") FILTER (kind = 'screen') AS screened,
        min("at") FILTER (kind = 'deliver') AS delivered, max("at") FILTER (kind IN ('arrive', 'depart', 'sort', 'bag', 'unbag')) AS moved FROM lives GROUP BY key
)
SELECT 'screening_missing' AS rule, key, left_at FROM left_sites WHERE left_at IS NOT NULL AND (screened IS NULL OR screened > left_at)
UNION ALL SELECT 'scan_after_delivery', key, moved FROM left_sites WHERE moved > delivered + INTERVAL 1 HOUR
UNION ALL SELECT 'impossible_travel', l.key, l."at" FROM lives l JOIN places a ON a.code = l.before JOIN places b ON b.code = l.facility
    WHERE 2 * 6371 * asin(sqrt(least(1, pow(sin(radians(b.lat - a.lat) / 2), 2) + cos(radians(a.lat)) * cos(radians(b.lat)) * pow(sin(radians(b.lon - a.lon) / 2), 2)))) * 1000
        > greatest(100000, 300 * epoch(l."at" - l.since))
"""


def seconds_a_batch(root: Path, files: list[Path], items: int, batches: int) -> float:
    """Mean seconds of DuckDB for the last of so many micro-batches (files), ``items`` states held before."""
    from yilu.network import load

    network = load("guangdong")
    codes = list(network.facilities.code_of_id.items())
    places = pa.table({
        "code": [c for _, c in codes], "lon": [float(network.facility_lon[i]) for i, _ in codes], "lat": [float(network.facility_lat[i]) for i, _ in codes],
    })  # fmt: skip
    kinds = "CASE kind WHEN 'deliver' THEN 120 WHEN 'identify' THEN 12 WHEN 'inspect' THEN 16 WHEN 'screen' THEN 20 WHEN 'depart' THEN 44 ELSE 64 END"
    spent = []
    with duckdb.connect(str(root / "sql.db")) as db:
        db.execute("SET enable_progress_bar = false")
        keys = pa.table({"key": _keys(items, 3)})
        db.register("preloaded", keys)
        db.register("places", places)
        db.execute(
            f"CREATE TABLE items AS SELECT key, {', '.join(f'{f.blank}::{f.type} AS {f.name}' for f in LEAN)} FROM preloaded"
        )
        columns = 'hash(waybill, operator) AS key, kind, facility, "at"'
        db.execute(f"CREATE TABLE log AS SELECT {columns} FROM read_parquet({[str(f) for f in files[:-batches]]!r})")
        new = f'SELECT key, ({kinds})::UTINYINT AS kind, epoch("at")::UINTEGER AS "at", (epoch("at")::UBIGINT << 32) AS word FROM batch'
        for file in files[-batches:]:
            begun = time.perf_counter()
            db.execute(f"CREATE OR REPLACE TEMP TABLE batch AS SELECT {columns} FROM read_parquet('{file}')")
            db.execute("INSERT INTO log SELECT * FROM batch")
            db.execute(
                f"MERGE INTO items USING ({delta(LEAN, f'({new}) e')}) d ON items.key = d.key WHEN MATCHED THEN UPDATE SET {_STATES} WHEN NOT MATCHED THEN INSERT BY NAME"
            )
            db.execute("CHECKPOINT")
            db.execute(f"SELECT rule, count(*) FROM ({_RULES}) GROUP BY rule").fetchall()
            spent.append(time.perf_counter() - begun)
    return float(np.mean(spent))
