"""At volume DuckDB, which knows nothing of the heart, answers the same questions from the raw events."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tests.items.conftest import fresh_store
from tests.items.facts import cells_of, rows_of
from tests.items.lives import K
from tests.items.small_network import BASE, DAY, NET
from yilu.items import cubes
from yilu.items.arrival import Delivery
from yilu.items.manifest import Counts
from yilu.items.schema import ARROW, Events, events
from yilu.items.store import Store

EVENTS, ITEMS = 300_000, 40_000
KINDS = [
    "accept",
    "identify",
    "inspect",
    "screen",
    "depart",
    "arrive",
    "sort",
    "attempt",
    "deliver",
    "return",
    "lost",
    "damage",
]


def raw_events() -> Events:
    """Random scans of 40,000 items over two days, one in ten told twice and one in a hundred otherwise than before."""
    rng = np.random.default_rng(20240329)
    item = rng.integers(1, ITEMS, EVENTS).astype(np.uint64)
    odds = np.array([3, 1, 1, 1, 4, 4, 2, 2, 2, 0.3, 0.1, 0.3])
    drawn = {
        "key": item * np.uint64(0x9E3779B97F4A7C15),
        "at": BASE + rng.integers(0, 2 * DAY, EVENTS),
        "kind": np.array([K[c] for c in KINDS], np.uint8)[rng.choice(len(KINDS), EVENTS, p=odds / odds.sum())],
        "place": rng.integers(0, 8, EVENTS),
        "operator": 1 + item % 3,
        "item_class": 1 + item % 3,
        "sender_kind": 1 + item % 2,
        "origin": 1 + item % 5,
        "destination": 1 + item % 6,
        "service_level": 1,
        "weight_g": np.zeros(EVENTS, np.uint32),
    }
    again = rng.choice(EVENTS, EVENTS // 10, replace=False)
    rows = np.concatenate([np.arange(EVENTS), again, again[: EVENTS // 100]])
    drawn = {name: value if np.ndim(value) == 0 else value[rows] for name, value in drawn.items()}
    drawn["weight_g"][-(EVENTS // 100) :] = 5
    mixed = rng.permutation(len(rows))
    return events(len(rows), **{name: value if np.ndim(value) == 0 else value[mixed] for name, value in drawn.items()})


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Store, duckdb.DuckDBPyConnection]]:
    """A store that took the events in four commits, and DuckDB with the raw events and with the store's rows and cells."""
    batch = raw_events()
    with fresh_store(buckets=8) as opened, opened() as store, duckdb.connect() as sql:
        for rows in np.array_split(np.arange(len(batch)), 4):
            store.commit([Delivery(batch.take(rows), Counts(rows=len(rows), used=len(rows)))])
        found = rows_of(store)
        told = pa.Table.from_batches([batch.to_arrow()], ARROW)
        sql.register("raw", told.rename_columns(["moment" if n == "at" else n for n in ARROW.names]))
        sql.register("states", pa.table({name: found[name] for name in found.dtype.names}))
        for cube in cubes.CUBES:
            sql.register(cube.name, cubes.decode(cube, *cells_of(store)))
        processing = ", ".join(str(i) for i, p in enumerate(NET.processing) if p)
        sql.execute(
            "CREATE TABLE held AS SELECT key, moment, kind, place, any_value(operator) AS operator FROM raw GROUP BY ALL ORDER BY 1, 2, 3, 4"
        )
        first = ", ".join(
            f"coalesce(min(moment) FILTER (kind = {K[code]}), 4294967295) AS {name}"
            for name, code in (("delivered", "deliver"), ("returned", "return"), ("ended", "lost"), ("identified", "identify"),
                               ("inspected", "inspect"), ("screened", "screen"), ("left_at", "depart"))
        )  # fmt: skip
        sql.execute(
            f"""CREATE TABLE items AS SELECT key, {first}, max(moment) AS last, coalesce(max(moment) FILTER (kind = {K["deliver"]}), 0) AS delivered_last,
            coalesce(min(moment) FILTER (kind = {K["depart"]} AND place IN ({processing})), 4294967295) AS left_processing,
            min(moment) FILTER (kind = {K["accept"]}) AS accepted, min(moment) AS first, count(*) FILTER (kind = {K["attempt"]}) AS attempts,
            bool_or(kind = {K["damage"]}) AS damaged FROM held GROUP BY key"""
        )
        hops = "SELECT key, place, lag(place) OVER (PARTITION BY key ORDER BY moment, kind, place) AS before FROM held"
        sql.execute(
            f"CREATE TABLE moves AS SELECT key, count(*) FILTER (place <> before AND place > 0 AND before > 0) AS hops FROM ({hops}) GROUP BY key"
        )
        yield store, sql


def one(sql: duckdb.DuckDBPyConnection, query: str) -> tuple:
    row = sql.execute(query).fetchone()
    assert row is not None
    return row


def test_counts(filled):
    """Accepted events are the distinct identities; repeats and conflicts are all the others."""
    store, sql = filled
    (distinct, told) = one(sql, "SELECT (SELECT count(*) FROM held), (SELECT count(*) FROM raw)")
    c = store.at.counts
    assert (c.accepted, c.made) == (distinct, told)
    assert c.repeated + c.conflicting == told - distinct
    assert c.conflicting == EVENTS // 100


def test_states(filled):
    """First and last times, attempts, hops and flags of every item are what SQL finds by grouping and by a window."""
    _, sql = filled
    names = (
        "delivered",
        "returned",
        "ended",
        "identified",
        "inspected",
        "screened",
        "delivered_last",
        "left_processing",
        "attempts",
    )
    same = " AND ".join(f"s.{n} = i.{n}" for n in names)
    (matching, items, states) = one(
        sql,
        f"""SELECT count(*) FILTER ({same} AND s."left" = i.left_at AND s.last >> 32 = i.last AND s.hops = m.hops
        AND ((s.flags & 8) <> 0) = i.damaged AND (s.start >> 31) & 4294967295 = coalesce(i.accepted, i.first)
        AND (s.start >> 63 = 0) = (i.accepted IS NOT NULL)), (SELECT count(*) FROM items), (SELECT count(*) FROM states)
        FROM states s JOIN items i USING (key) JOIN moves m USING (key)""",
    )
    assert items > ITEMS * 0.99
    assert (matching, states) == (items, items)


def test_scans(filled):
    """The cube of scans is the count of distinct events by hour, facility, kind and operator."""
    _, sql = filled
    expected = "SELECT (moment // 3600)::INT AS hour, place::INT AS facility, kind::INT AS kind, operator::INT AS operator, count(*) AS count FROM held GROUP BY ALL"
    assert one(sql, f"SELECT count(*) FROM (({expected}) EXCEPT SELECT * FROM scans)") == (0,)
    assert one(sql, f"SELECT count(*) FROM (SELECT * FROM scans EXCEPT ({expected}))") == (0,)


def test_on_time(filled):
    """Volumes, outcomes and items on time (48 hours, from the next midnight after 18:00 local time) add up to SQL's."""
    _, sql = filled
    found = dict(sql.execute("SELECT measure, sum(count)::INT FROM clock WHERE side = 1 GROUP BY measure").fetchall())
    local = "accepted + 3600 * (CASE WHEN accepted >= 1711846800 THEN 2 ELSE 1 END)"
    late = f"({local}) % 86400 >= 18 * 3600"
    midnight = f"(({local}) // 86400 + 1) * 86400"
    start = f"CASE WHEN {late} THEN {midnight} - 3600 * (CASE WHEN {midnight} - 3600 > 1711846800 THEN 2 ELSE 1 END) ELSE accepted END"
    columns = ("accepted", "unaccepted", "due", "on_time", "delivered", "late", "ended", "gone_late", "gone")
    expected = one(
        sql,
        f"""WITH a AS (SELECT *, {start} + 48 * 3600 AS promise, delivered < 4294967295 AND delivered <= returned AS reached,
        CASE WHEN returned < 4294967295 THEN returned ELSE ended END AS over FROM items)
        SELECT count(*), count(*) FILTER (accepted IS NULL), count(accepted), count(*) FILTER (reached AND delivered <= promise), count(*) FILTER (reached),
        count(*) FILTER (reached AND delivered > promise), count(*) FILTER (NOT reached AND over < 4294967295),
        count(*) FILTER (NOT reached AND over < 4294967295 AND over > promise), count(*) FILTER (NOT reached AND over <= promise) FROM a""",
    )
    assert {m: found.get(cubes.MEASURES[m][0], 0) for m in columns} == dict(zip(columns, expected, strict=True))


def test_transit_times(filled):
    """Percentiles from the histogram of transit times are within 1 % of the exact ones."""
    _, sql = filled
    reached = "accepted IS NOT NULL AND delivered < 4294967295 AND delivered <= returned AND delivered >= accepted"
    (items, median, ninetieth) = one(
        sql,
        f"SELECT count(*), quantile_disc(delivered - accepted, 0.5), quantile_disc(delivered - accepted, 0.9) FROM items WHERE {reached}",
    )
    bins, counts = (
        np.array(c)
        for c in zip(
            *sql.execute("SELECT bin, sum(count)::INT FROM transit GROUP BY bin ORDER BY bin").fetchall(), strict=True
        )
    )
    assert counts.sum() == items
    below = np.cumsum(counts)
    for share, exact in ((0.5, median), (0.9, ninetieth)):
        at = np.searchsorted(below, share * items)
        assert cubes.bin_seconds(bins[at : at + 1])[0] == pytest.approx(exact, rel=0.011)


def test_checks(filled):
    """Owed inspections (all classes but letters, everywhere inside) by status are what SQL finds from the three times."""
    _, sql = filled
    found = dict(sql.execute('SELECT status, sum(count)::INT FROM checks WHERE "check" = 0 GROUP BY status').fetchall())
    inside = ", ".join(str(i) for i, yes in enumerate(NET.inside) if yes)
    expected = one(
        sql,
        f"""WITH a AS (SELECT i.*, least(left_at, delivered) AS gone FROM items i JOIN (SELECT key, any_value(origin) AS origin,
        any_value(item_class) AS item_class FROM raw GROUP BY key) USING (key) WHERE accepted IS NOT NULL AND origin IN ({inside}) AND item_class <> 1)
        SELECT count(*) FILTER (inspected < 4294967295 AND inspected <= gone), count(*) FILTER (inspected = 4294967295 AND gone = 4294967295),
        count(*) FILTER (inspected = 4294967295 AND gone < 4294967295), count(*) FILTER (inspected < 4294967295 AND inspected > gone) FROM a""",
    )
    assert tuple(found.get(status, 0) for status in range(1, 5)) == expected
