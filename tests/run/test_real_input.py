"""Real orders and standard documents all the way to answers, with no change in code.

Skips, saying so, where ../shared/data/events is not there.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from yilu.cli.ingest import ingest_into
from yilu.items import answers
from yilu.items.kinds import VOID
from yilu.run.facts import Facts
from yilu.settings import load

HERE = Path(__file__).parents[1] / "items" / "intake" / "olist"


@pytest.fixture(scope="module")
def orders(shared_data: Path) -> Path:
    """The folder of the real orders."""
    return shared_data / "events" / "olist"


@pytest.fixture(scope="module")
def brazil(orders: Path, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A store that took the orders in."""
    folder = tmp_path_factory.mktemp("brazil")
    facts = Facts(
        load(env={}, store=folder / "store", key_file=folder / "key", province=str(HERE / "brazil"), buckets=8)
    )
    summary = ingest_into(facts, str(orders), str(HERE / "olist.toml"), "olist", shown=False)
    assert (summary.counts.rows, summary.counts.used, summary.counts.quarantined) == (8135, 6353, 8135 - 6353)
    return facts


def test_on_time_of_due_items_equals_a_plain_query(brazil: Facts, orders: Path) -> None:
    """Accepted, delivered, due and on-time counts as of the end of the data equal DuckDB's over the CSVs; the rate with them."""
    snapshot = brazil.read()
    as_of = 3600 * (snapshot.as_of // 3600 + 1)
    (found,) = answers.on_time(snapshot, as_of).to_pylist()
    ((accepted, delivered, due, on_time),) = duckdb.sql(
        f"""
        WITH o AS (SELECT order_delivered_carrier_date AS a, order_delivered_customer_date AS d, order_estimated_delivery_date AS p
                   FROM read_csv('{orders}/olist_orders_dataset.csv') WHERE order_delivered_carrier_date IS NOT NULL)
        SELECT count(*), count(d), count(*) FILTER (epoch(timezone('America/Sao_Paulo', p)) < {as_of}),
               count(*) FILTER (d <= p AND epoch(timezone('America/Sao_Paulo', p)) < {as_of}) FROM o
        """
    ).fetchall()
    assert (found["accepted"], found["delivered"], found["due"], found["on_time"]) == (
        accepted,
        delivered,
        due,
        on_time,
    )
    assert found["on_time_rate"] == pytest.approx(on_time / due)
    assert found["in_flight"] == accepted - delivered


def test_median_transit_is_within_one_per_cent(brazil: Facts, orders: Path) -> None:
    """The median hours from hand-over to delivery lie within 1 % of DuckDB's exact median over the CSVs."""
    ((median, count),) = duckdb.sql(
        f"""
        SELECT median(epoch(timezone('America/Sao_Paulo', order_delivered_customer_date)) - epoch(timezone('America/Sao_Paulo', order_delivered_carrier_date))) / 3600,
               count(*)
        FROM read_csv('{orders}/olist_orders_dataset.csv')
        WHERE order_delivered_carrier_date IS NOT NULL AND order_delivered_customer_date >= order_delivered_carrier_date
        """
    ).fetchall()
    (found,) = answers.transit(brazil.read()).to_pylist()
    assert found["items"] == count
    assert found["p50_hours"] == pytest.approx(median, rel=0.01)


def test_orders_taken_in_again_change_nothing(brazil: Facts, orders: Path) -> None:
    """The same folder again is known by its content: no event is made."""
    before = brazil.read().at
    summary = ingest_into(brazil, str(orders), str(HERE / "olist.toml"), "olist", shown=False)
    after = brazil.read().at
    assert summary.counts.made == 0
    assert after.counts == before.counts


def test_error_declarations_void_what_they_declare(shared_data: Path, tmp_path: Path) -> None:
    """EPCIS documents become facts; an event that a document declares wrong leaves no mark on its items."""
    mapping = tmp_path / "epcis.toml"
    mapping.write_text('name = "epcis"\nformat = "epcis"\noperator = "SF"\n', encoding="utf-8")
    facts = Facts(load(env={}, store=tmp_path / "store", key_file=tmp_path / "key", buckets=4))
    for folder in ("Documents", "Events"):
        ingest_into(facts, str(shared_data / "events" / "epcis" / folder), str(mapping), "epcis", shown=False)
    snapshot = facts.read()
    counts = snapshot.at.counts
    assert counts.rows == counts.used + counts.quarantined
    assert counts.quarantined == 11
    keys = np.concatenate([snapshot.rows(b)["key"] for b in range(snapshot.at.buckets)])
    log = snapshot.events(np.unique(keys))
    voided = log.take(np.flatnonzero(log.kind == VOID))
    assert len(np.unique(voided.voids)) == 9  # the 11 events that declare an error name 9 ids
    hit = np.isin(log.event_id, voided.voids) & (log.kind != VOID) & (log.event_id != 0)
    whole = np.unique(log.key[hit])
    for key in whole:
        events = log.take(np.flatnonzero(log.key == key))
        if set(events.event_id[events.kind != VOID].tolist()) <= set(voided.voids.tolist()):
            rows = snapshot.rows(snapshot.bucket_of(int(key)))
            assert (rows["last"][rows["key"] == key] == 0).all()
