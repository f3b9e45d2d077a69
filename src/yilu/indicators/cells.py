"""Cells of cubes as DuckDB views that speak of one end of an item at a time: where it was accepted, or where it is delivered.

Every view has the columns ``day`` (days since 1970), ``operator``, ``area`` (city), ``region`` and ``n``, and what its cube adds to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa

from yilu.indicators import quality
from yilu.items import cubes
from yilu.items.cubes import bin_seconds
from yilu.items.reading import Snapshot
from yilu.network import Network
from yilu.network.province import LEVELS

MARKETS: dict[str, tuple[str, str]] = {
    "same_city": ("同城", "same city"),
    "intercity": ("异地", "intercity"),
    "beyond": ("国际及港澳台", "international, Hong Kong, Macao and Taiwan"),
    "unknown": ("未知", "unknown"),
}
"""Markets by the ends of an item: within a city, between cities of the mainland, or across customs."""

_VIEWS = """
CREATE VIEW pairs AS SELECT o.id AS origin, d.id AS destination, CASE WHEN o.id = 0 OR d.id = 0 THEN 'unknown' WHEN o.beyond OR d.beyond THEN 'beyond' WHEN o.id = d.id THEN 'same_city' ELSE 'intercity' END AS market
    FROM areas o, areas d;
CREATE VIEW sent AS SELECT f.day, f.operator, f.level, f.item_class, f.measure, p.market, a.id AS area, a.region, f.count AS n
    FROM flow f JOIN areas a ON a.id = f.origin JOIN pairs p USING (origin, destination) WHERE a.inside;
CREATE VIEW received AS SELECT f.day, f.operator, f.level, f.item_class, f.measure, p.market, a.id AS area, a.region, f.count AS n
    FROM flow f JOIN areas a ON a.id = f.destination JOIN pairs p USING (origin, destination) WHERE a.inside;
CREATE VIEW times AS SELECT t.day, t.operator, t.level, p.market, a.id AS area, a.region, b.seconds, t.count AS n
    FROM transit t JOIN areas a ON a.id = t.origin JOIN pairs p USING (origin, destination) JOIN bins b USING (bin) WHERE a.inside;
CREATE VIEW checked AS SELECT c.day, c.operator, 0 AS level, c."check", c.status, c.item_class, c.sender_kind, a.id AS area, a.region, c.count AS n
    FROM checks c JOIN cities a ON a.member = c.area WHERE a.inside;
CREATE VIEW flying AS SELECT c.hour, c.operator, c.level, c.side, c.measure, a.id AS area, a.region, c.count AS n
    FROM clock c JOIN cities a ON a.member = c.area WHERE a.inside;
"""


@contextmanager
def opened(snapshot: Snapshot, network: Network) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the views ``sent``, ``received``, ``times``, ``checked`` and ``flying`` of the province's own cities."""
    bounds = {"memory_limit": f"{snapshot.memory_mb}MB", "threads": snapshot.threads}
    with duckdb.connect(config=bounds) as connection:  # type: ignore[arg-type]
        held = {cube: snapshot.cells(cubes.BY_NAME[cube]) for cube in ("flow", "transit", "checks", "clock", "quality")}
        for cube, cells in held.items():
            connection.register(cube, cells)
        connection.register("areas", _areas(network))
        connection.register("cities", _cities(network))
        numbers = np.arange(cubes.MOST_BIN + 1)
        connection.register("bins", pa.table({"bin": numbers.astype(np.int32), "seconds": bin_seconds(numbers)}))
        connection.execute(_VIEWS)
        quality.register(connection, held["clock"], network)
        yield connection


def region_of(network: Network) -> np.ndarray:
    """The statistical region (area id) that each area (A,) lies in, 0 for none."""
    level = LEVELS["region"]
    region = np.where(network.area_level == level, np.arange(len(network.area_level)), 0)
    parent = network.area_parent.astype(np.int64)
    at = parent.copy()
    for _ in range(8):
        region = np.where((region == 0) & (network.area_level[at] == level), at, region)
        at = parent[at]
    return region


def _areas(network: Network) -> pa.Table:
    """City-level areas and those outside, as they stand in cubes by pair of cities; 0 is unknown."""
    ids = np.unique(network.area_city)
    return pa.table({
        "id": ids.astype(np.int32), "inside": network.area_inside[ids], "beyond": network.area_beyond_customs[ids],
        "region": region_of(network)[ids].astype(np.int32),
    })  # fmt: skip


def _cities(network: Network) -> pa.Table:
    """Every area with the city that it lies in."""
    city = network.area_city.astype(np.int64)
    return pa.table({
        "member": np.arange(len(city), dtype=np.int32), "id": city.astype(np.int32), "inside": network.area_inside,
        "region": region_of(network)[city].astype(np.int32),
    })  # fmt: skip
