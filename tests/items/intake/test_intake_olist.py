"""Real orders through a mapping with a SELECT over four files and a province folder of 27 states: no change in code.

Skips, saying so, where ../shared/data/events/olist is not there.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from intake_world import KEY, Codes, SmallNetwork

from yilu.items.intake import Chunk, Mapping, open_source
from yilu.items.kinds import ACCEPT
from yilu.items.kinds import BY_CODE as KIND

HERE = Path(__file__).parent / "olist"
DELIVER = KIND["deliver"].id


@pytest.fixture(scope="module")
def orders() -> Path:
    """The folder of the four CSV files."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "events" / "olist"
    if not folder.is_dir():
        pytest.skip("the shared orders (../shared/data/events/olist) are not there")
    return folder


@pytest.fixture(scope="module")
def plain(orders: Path) -> Callable[[str], list[tuple]]:
    """DuckDB over the CSVs themselves: ``o`` orders, ``i`` order items, ``s`` sellers, ``c`` customers."""
    connection = duckdb.connect()
    for name, file in (("o", "orders"), ("i", "order_items"), ("s", "sellers"), ("c", "customers")):
        connection.sql(f"CREATE VIEW {name} AS FROM read_csv('{orders}/olist_{file}_dataset.csv')")
    return lambda query: connection.sql(query).fetchall()


def codes(table: str) -> Codes:
    """Ids by code of a table of the province folder."""
    with (HERE / "brazil" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return Codes({row["code"]: int(row["id"]) for row in csv.DictReader(file)})


BRAZIL = SmallNetwork(
    codes("operators"), codes("facilities"), codes("areas"), codes("service_levels"), "America/Sao_Paulo"
)


@pytest.fixture(scope="module")
def chunk(orders: Path) -> Chunk:
    """All orders in one chunk."""
    (found,) = open_source(orders, Mapping.read(HERE / "olist.toml"), BRAZIL, KEY, received_at=1_577_836_800)
    return found


def test_every_order_is_an_item_or_was_never_handed_over(chunk: Chunk, plain: Callable[[str], list[tuple]]) -> None:
    """Rows are orders; those that no carrier took are quarantined as no_event, and only those."""
    ((orders, taken, given),) = plain(
        "SELECT count(*), count(order_delivered_carrier_date), count(order_delivered_customer_date) FROM o"
    )
    assert (chunk.rows, chunk.used) == (orders, taken) == (8135, 6353)
    assert set(chunk.quarantine["reason"].to_pylist()) == {"no_event"}
    assert np.count_nonzero(chunk.events.kind == ACCEPT) == taken
    assert np.count_nonzero(chunk.events.kind == DELIVER) == given
    assert len(np.unique(chunk.events.key)) == taken


def test_origins_and_destinations_agree(chunk: Chunk, plain: Callable[[str], list[tuple]]) -> None:
    """Items by pair of states equal a plain query; orders of several sellers count once, at the first; without a seller: unknown."""
    accepted = chunk.events.take(chunk.events.kind == ACCEPT)
    names = {i: code for code, i in BRAZIL.areas.index_of_code.items()} | {0: None}
    pairs, counts = np.unique(np.stack([accepted.origin, accepted.destination]), axis=1, return_counts=True)
    got = {(names[a], names[b]): int(n) for (a, b), n in zip(pairs.T.tolist(), counts, strict=True)}
    first = "(SELECT order_id, seller_id FROM i QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY order_item_id) = 1)"
    query = (
        "SELECT seller_state, customer_state, count(*) FROM o JOIN c USING (customer_id) "
        f"LEFT JOIN {first} USING (order_id) LEFT JOIN s USING (seller_id) WHERE order_delivered_carrier_date IS NOT NULL GROUP BY ALL"
    )
    assert got == {(a, b): n for a, b, n in plain(query)}
    assert sum(n for (a, _), n in got.items() if a is None) == 1
    assert (accepted.place == 0).sum() == 1
    assert chunk.unknown == {"place": {"": 1}}


def test_on_time_and_transit_agree(chunk: Chunk, plain: Callable[[str], list[tuple]]) -> None:
    """Delivered at or before the promise, and the median hours from hand-over to delivery, as DuckDB computes them."""
    delivered = chunk.events.take(chunk.events.kind == DELIVER)
    accepted = chunk.events.take(chunk.events.kind == ACCEPT)
    ((on_time, due, median),) = plain(
        "SELECT count(*) FILTER (order_delivered_customer_date <= order_estimated_delivery_date), count(*), "
        "median(epoch(order_delivered_customer_date) - epoch(order_delivered_carrier_date)) / 3600 FROM o WHERE order_delivered_customer_date IS NOT NULL"
    )
    assert (np.count_nonzero(delivered.at <= delivered.promise), len(delivered)) == (on_time, due)
    taken = dict(zip(accepted.key.tolist(), accepted.at.tolist(), strict=True))
    hours = [(at - taken[key]) / 3600 for key, at in zip(delivered.key.tolist(), delivered.at.tolist(), strict=True)]
    assert np.median(hours) == pytest.approx(median, rel=0.01)


def test_local_times_are_those_of_sao_paulo(chunk: Chunk, plain: Callable[[str], list[tuple]]) -> None:
    """Every hand-over in UTC equals DuckDB's own reading of the zone, summer time included."""
    query = (
        "SELECT CAST(epoch(timezone('America/Sao_Paulo', order_delivered_carrier_date)) AS BIGINT) FROM o "
        "WHERE order_delivered_carrier_date IS NOT NULL"
    )
    ours = np.sort(chunk.events.at[chunk.events.kind == ACCEPT]).tolist()
    assert ours == sorted(t for (t,) in plain(query))
