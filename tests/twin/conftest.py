"""Fixtures of the tests of the twin: the first province, and one synthetic day of it at 1:1,000."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from twin_days import DAY, ITEMS, Day, joined, life_order

from yilu.network import Network, load
from yilu.twin.day import ready
from yilu.twin.plan import DayPlan


@pytest.fixture(scope="session")
def guangdong() -> Network:
    """The first province."""
    return load("guangdong")


@pytest.fixture(scope="session")
def day(guangdong: Network) -> Day:
    """A day at 1:1,000, seed 1."""
    plan = DayPlan(guangdong, DAY, ITEMS)
    made = ready(plan)
    return Day(plan, made, joined(plan), life_order(plan, made))


@pytest.fixture(scope="session")
def ask(day: Day) -> Any:
    """Rows of a DuckDB query over table ``e``: the day's events, times as Unix seconds ``t`` and ``rec``."""
    con = duckdb.connect(config={"threads": 1})
    seconds = {"t": "at", "rec": "recorded_at", "due": "promise"}
    table = day.events
    for name, source in seconds.items():
        column = table[source].cast(pa.timestamp("s", "UTC")).cast(pa.int64())
        table = table.append_column(name, column)
    con.register("given", table.drop_columns(list(seconds.values())))
    con.execute("create table e as select * from given")

    def rows(query: str) -> list[tuple[Any, ...]]:
        return con.execute(query).fetchall()

    return rows
