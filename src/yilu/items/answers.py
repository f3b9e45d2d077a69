"""Answers: what is true, as tables. Each figure says what it was made of and as of when.

From cubes: ``clock`` (volumes, due, on time, overdue, in flight), ``transit``, ``checks``, ``dwell``, ``scans``. ``as_of`` is an hour: what lies
before it counts. Area, operator and service level narrow or group any of them; ``direction`` says whether the province, or the area, is
origin (收寄) or destination (投递).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yilu.items import cubes
from yilu.items.cubes import BIN_0_S, BIN_RATIO, CHECKS, MEASURES, STATUSES
from yilu.items.reading import Snapshot, table_of_items

DIRECTIONS: dict[str, int] = {"origin": 1, "destination": 2}
"""收寄 and 投递: which end of the item the area is."""

_MIDDLE_S = f"CASE WHEN bin = 0 THEN {BIN_0_S / 2} ELSE {BIN_0_S} * power({BIN_RATIO}, bin - 0.5) END"


@dataclass(frozen=True)
class Narrow:
    """Which items count: ids of areas (all members below included by the caller), operators, service levels; empty means all."""

    areas: tuple[int, ...] = ()
    operators: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    day_from: int = 0
    day_to: int = 1 << 30


EVERYTHING = Narrow()


def _where(narrow: Narrow, area: str = "area", level: str | None = "level") -> str:
    tests = ["TRUE"]
    for column, ids in ((area, narrow.areas), ("operator", narrow.operators), (level, narrow.levels)):
        if column and ids:
            tests.append(f"{column} IN ({', '.join(str(int(i)) for i in ids)})")
    return " AND ".join(tests)


def _by(groups: Iterable[str]) -> tuple[str, str]:
    names = list(groups)
    return (
        "".join(f"{g}, " for g in names),
        f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}" if names else "",
    )


@lru_cache(maxsize=4)
def _database(memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A database in memory with these bounds, opened once: opening takes as long as many a question."""
    bounds: dict[str, Any] = {"memory_limit": f"{memory_mb}MB", "threads": threads}
    return duckdb.connect(config=bounds)


def _run(snapshot: Snapshot, sql: str, **tables: pa.Table) -> pa.Table:
    with _database(snapshot.memory_mb, snapshot.threads).cursor() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(sql).to_arrow_table()


def on_time(
    snapshot: Snapshot, as_of: int, direction: str = "origin", narrow: Narrow = EVERYTHING, by: tuple[str, ...] = ()
) -> pa.Table:
    """On time ÷ due, and what is still on its way, by ``by`` (of operator, area, level).

    Columns: accepted, unaccepted, delivered, ended, in_flight, due, on_time, late (delivered late), overdue (on its way and past its promise),
    on_time_rate (null where nothing is due). ``as_of`` (UTC seconds) is cut to the hour.
    """
    hour = as_of // 3600
    m = {name: number for name, (number, _, _) in MEASURES.items()}
    select, group = _by(by)
    sums = ", ".join(f"coalesce(sum(count) FILTER (WHERE measure = {n}), 0)::BIGINT AS {name}" for name, n in m.items())
    return _run(
        snapshot,
        f"""
        SELECT {select} accepted, unaccepted, delivered, ended, accepted - delivered - ended AS in_flight, due, on_time, late,
            due - on_time - late - gone - gone_late AS overdue, CASE WHEN due > 0 THEN on_time / due END AS on_time_rate
        FROM (
            SELECT {select} {sums}
            FROM clock
            WHERE hour < {hour} AND side = {DIRECTIONS[direction]} AND {_where(narrow)}
            {group.split(" ORDER")[0]}
        ) {"ORDER BY " + ", ".join(by) if by else ""}
        """,
        clock=snapshot.cells(cubes.BY_NAME["clock"]),
    )


def daily(
    snapshot: Snapshot, direction: str = "origin", narrow: Narrow = EVERYTHING, by: tuple[str, ...] = ("day",)
) -> pa.Table:
    """Every measure by local day (days since 1970) and ``by`` (of day, operator, origin, destination, level); areas are cities.

    accepted counts on the day of acceptance, due and on_time on the promised day, delivered and late on the day of delivery. The
    rate is null where nothing was due.
    """
    select, group = _by(by)
    names = ("accepted", "due", "on_time", "delivered", "late", "ended")
    sums = ", ".join(f"coalesce(sum(count) FILTER (measure = {MEASURES[n][0]}), 0)::BIGINT AS {n}" for n in names)
    return _run(
        snapshot,
        f"""
        SELECT *, CASE WHEN due > 0 THEN on_time / due END AS on_time_rate
        FROM (SELECT {select} {sums} FROM flow
            WHERE {_where(narrow, direction)} AND day BETWEEN {narrow.day_from} AND {narrow.day_to} {group.split(" ORDER")[0]})
        {"ORDER BY " + ", ".join(by) if by else ""}
        """,
        flow=snapshot.cells(cubes.BY_NAME["flow"]),
    )


def transit(
    snapshot: Snapshot,
    narrow: Narrow = EVERYTHING,
    by: tuple[str, ...] = (),
    quantiles: tuple[float, ...] = (0.5, 0.8, 0.95),
) -> pa.Table:
    """Hours from acceptance to delivery: delivered items and quantiles (within 1 %), by ``by`` (of day, operator, origin, destination, level)."""
    select, group = _by(by)
    keys = ", ".join(by)
    over = f"PARTITION BY {keys} ORDER BY bin" if by else "ORDER BY bin"
    whole = f"PARTITION BY {keys}" if by else ""
    columns = ", ".join(
        f"min({_MIDDLE_S}) FILTER (upto >= {q} * total) / 3600 AS p{round(q * 100)}_hours" for q in quantiles
    )
    return _run(
        snapshot,
        f"""
        WITH bins AS (
            SELECT {select} bin, sum(count) AS n FROM transit
            WHERE {_where(narrow, "origin")} AND day BETWEEN {narrow.day_from} AND {narrow.day_to} GROUP BY {select} bin
        ), ranked AS (SELECT *, sum(n) OVER ({over}) AS upto, sum(n) OVER ({whole}) AS total FROM bins)
        SELECT {select} sum(n)::BIGINT AS items, {columns} FROM ranked {group}
        """,
        transit=snapshot.cells(cubes.BY_NAME["transit"]),
    )


def checks(snapshot: Snapshot, narrow: Narrow = EVERYTHING, by: tuple[str, ...] = ()) -> pa.Table:
    """The three checks: owed, done, pending, missing, after (recorded after the place was left), and rate = done ÷ (owed − pending).

    By check and ``by`` (of day, operator, area, item_class, sender_kind). Basis: items accepted in the province.
    """
    select, _ = _by(by)
    names = " ".join(f"WHEN {i} THEN '{name}'" for i, name in enumerate(CHECKS))
    sums = ", ".join(
        f"coalesce(sum(count) FILTER (status = {n}), 0)::BIGINT AS {name}" for name, (n, _, _) in STATUSES.items()
    )
    return _run(
        snapshot,
        f"""
        SELECT *, CASE WHEN owed > pending THEN done / (owed - pending) END AS rate
        FROM (
            SELECT {select} CASE "check" {names} END AS "check", sum(count)::BIGINT AS owed, {sums}
            FROM checks WHERE {_where(narrow, level=None)} AND day BETWEEN {narrow.day_from} AND {narrow.day_to}
            GROUP BY {select} "check"
        ) ORDER BY {select} "check"
        """,
        checks=snapshot.cells(cubes.BY_NAME["checks"]),
    )


def ends(
    snapshot: Snapshot, direction: str = "origin", narrow: Narrow = EVERYTHING, by: tuple[str, ...] = ()
) -> pa.Table:
    """Items by how they ended (``cubes.HOW``) on a local day, and ``by`` (of day, operator, origin, destination, level); areas are cities."""
    select, _ = _by(by)
    names = " ".join(f"WHEN {number} THEN '{name}'" for name, (number, _, _) in cubes.HOW.items())
    return _run(
        snapshot,
        f"""
        SELECT {select} CASE how {names} END AS how, sum(count)::BIGINT AS items FROM ends
        WHERE {_where(narrow, direction)} AND day BETWEEN {narrow.day_from} AND {narrow.day_to} GROUP BY {select} how ORDER BY {select} how
        """,
        ends=snapshot.cells(cubes.BY_NAME["ends"]),
    )


def dwell(snapshot: Snapshot, facilities: tuple[int, ...] = (), by: tuple[str, ...] = ("facility",)) -> pa.Table:
    """Departures and hours since arrival (median, 95 %), by ``by`` (of day, facility, operator)."""
    select, group = _by(by)
    keys = ", ".join(by) or "1"
    where = f"facility IN ({', '.join(map(str, facilities))})" if facilities else "TRUE"
    return _run(
        snapshot,
        f"""
        WITH bins AS (SELECT {select} bin, sum(count) AS n FROM dwell WHERE {where} GROUP BY {select} bin),
        ranked AS (
            SELECT *, sum(n) OVER (PARTITION BY {keys} ORDER BY bin) AS upto, sum(n) OVER (PARTITION BY {keys}) AS total FROM bins
        )
        SELECT {select} sum(n)::BIGINT AS departures, min({_MIDDLE_S}) FILTER (upto >= 0.5 * total) / 3600 AS p50_hours,
            min({_MIDDLE_S}) FILTER (upto >= 0.95 * total) / 3600 AS p95_hours
        FROM ranked {group}
        """,
        dwell=snapshot.cells(cubes.BY_NAME["dwell"]),
    )


def scans(
    snapshot: Snapshot,
    by: tuple[str, ...] = ("kind",),
    facilities: tuple[int, ...] = (),
    hours: tuple[int, int] = (0, 1 << 20),
) -> pa.Table:
    """Events of items that hold, by ``by`` (of hour, facility, kind, operator). Empty ``facilities``: all; ``hours``: since 1970, the first and the one after the last."""
    select, group = _by(by)
    where = f"facility IN ({', '.join(map(str, facilities))})" if facilities else "TRUE"
    return _run(
        snapshot,
        f"SELECT {select} sum(count)::BIGINT AS events FROM scans WHERE {where} AND hour >= {hours[0]} AND hour < {hours[1]} {group}",
        scans=snapshot.cells(cubes.BY_NAME["scans"]),
    )


def flow(snapshot: Snapshot, measure: str, by: tuple[str, ...] = ("origin", "destination")) -> pa.Table:
    """Items of a measure by pair of cities and whatever else of day, operator, level."""
    select, group = _by(by)
    return _run(
        snapshot,
        f"SELECT {select} sum(count)::BIGINT AS items FROM flow WHERE measure = {MEASURES[measure][0]} {group}",
        flow=snapshot.cells(cubes.BY_NAME["flow"]),
    )


def item(snapshot: Snapshot, key: int) -> tuple[pa.Table, pa.Table]:
    """One item: its states (one row per journey) and its events in order, also those that reached it through a container or link."""
    rows = snapshot.rows(snapshot.bucket_of(key))
    mine = rows[rows["key"] == np.uint64(key)]
    mine = mine[np.argsort(mine["start"])]
    return table_of_items(mine, snapshot.rules), pa.Table.from_batches(
        [snapshot.events(np.array([key], np.uint64)).to_arrow()]
    )


def quarantined(snapshot: Snapshot) -> dict[str, int]:
    """Quarantined rows that are still retained, by reason, the most frequent first."""
    counts: Counter[str] = Counter()
    for part in snapshot.at.quarantine:
        column = pq.read_table(snapshot.disk.path(part.file), columns=["reason"]).column(0)
        counts.update({pair["values"]: pair["counts"] for pair in column.value_counts().to_pylist()})
    return dict(counts.most_common())


def overview(snapshot: Snapshot) -> dict[str, Any]:
    """What the store holds: commit, as_of, accounts, feeds, sizes."""
    at = snapshot.at
    return {
        "commit": at.commit, "province": at.province, "as_of": snapshot.as_of, "counts": asdict(at.counts), "buckets": at.buckets,
        "watermarks": dict(at.watermarks), "files": len(at.files()), "log_rows": sum(p.rows for p in at.log),
        "waiting": sum(p.rows for p in at.behind),
        "log_bytes": sum(p.bytes for p in at.log), "closed_rows": sum(p.rows for p in at.closed), "sources": len(at.sources),
        "floor": at.floor, "log_from": at.log_from, "unmapped_codes": [c for c in at.codes if c],
    }  # fmt: skip
