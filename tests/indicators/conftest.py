"""Two days of three scenarios, read by yilu and by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.indicators.event_world import World, tables
from yilu.cli.ingest import ingest_into
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

SCENARIOS: dict[str, dict[str, Any]] = {
    "plain": {"seed": 1},
    "checks left out, much lost and refused": {"seed": 2, "missing_check": 0.05, "lost": 0.05, "attempt": 0.3, "refused": 0.4, "cancel": 0.03},
    "much mail, slow": {"seed": 3, "letter": 0.3, "parcel": 0.2, "delay": 0.3, "hold": 0.1},
}  # fmt: skip
_SINGLE = {"pieces": 0.0, "relabel": 0.0, "wrong_delivery": 0.0, "wrong_departure": 0.0}
"""Shipments, new numbers and voids are held against the reference elsewhere; SQL over plain numbers stays readable without them."""


@pytest.fixture(scope="session", params=SCENARIOS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two days of one scenario."""
    root = tmp_path_factory.mktemp("world")
    chosen = dict(SCENARIOS[request.param])
    facts = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=8))
    plan = DayPlan(facts.network, date(2025, 6, 3), 6000, seed=chosen.pop("seed"), days=2).with_rates(
        **_SINGLE, **chosen
    )
    write_day(plan, root / "events")
    ingest_into(facts, str(root / "events"), "yilu", "", shown=False)
    with duckdb.connect() as sql:
        tables(sql, facts.network, str(root / "events" / "*.parquet"))
        yield World(facts.read(), facts.network, sql)
