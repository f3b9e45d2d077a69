"""Cells of cubes as DuckDB views that speak of one end of an item at a time: where it was accepted, or where it is delivered.

Every view has the columns ``day`` (days since 1970), ``operator``, ``area`` (city), ``region`` and ``n``, and what its cube adds to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import duckdb
import numpy as np
import pyarrow as pa

from yilu.indicators import aggregates, quality
from yilu.items import cubes
from yilu.items.cubes import bin_seconds
from yilu.items.reading import Snapshot
from yilu.network import Network
from yilu.network.province import LEVELS
from yilu.network.rules import CHECKS

_VIEWS = """
CREATE VIEW pairs AS SELECT o.id AS origin, d.id AS destination, CASE WHEN o.id = 0 OR d.id = 0 THEN 'unknown' WHEN o.beyond OR d.beyond THEN 'beyond' WHEN o.id = d.id THEN 'same_city' ELSE 'intercity' END AS market
    FROM areas o, areas d;
CREATE TABLE told AS SELECT DISTINCT operator, day FROM flow WHERE measure IN ({accepted}, {delivered});
CREATE VIEW alone AS SELECT r.*, coalesce(a.region, 0) AS region FROM reported r ANTI JOIN told USING (operator, day) LEFT JOIN areas a ON a.id = r.area;
CREATE TABLE instead AS SELECT DISTINCT operator, day, direction, number AS measure FROM alone JOIN numbers USING (measure);
CREATE TABLE ended_instead AS SELECT DISTINCT operator, day, number AS how FROM alone JOIN ways ON name = measure WHERE direction = 'outbound';
CREATE TABLE stocks AS
    SELECT operator, day, CASE direction WHEN 'outbound' THEN 1 ELSE 2 END AS side, area, sum(n) AS n FROM reported ANTI JOIN told USING (operator)
    WHERE measure = 'in_flight' AND direction IN ('outbound', 'inbound') GROUP BY ALL;
CREATE TABLE changes AS
    WITH days AS (SELECT DISTINCT operator, side, day FROM stocks), places AS (SELECT DISTINCT operator, side, area FROM stocks)
    SELECT operator, side, day, area, coalesce(n, 0) AS n FROM days JOIN places USING (operator, side) LEFT JOIN stocks USING (operator, side, day, area);
CREATE VIEW sent AS
    SELECT f.day, f.operator, f.level, f.item_class, f.basis, f.measure, p.market, a.id AS area, a.region, f.count AS n, 1 AS source
    FROM flow f JOIN areas a ON a.id = f.origin JOIN pairs p USING (origin, destination)
    WHERE a.inside AND (f.operator, f.day, f.measure) NOT IN (SELECT (operator, day, measure) FROM instead WHERE direction = 'outbound')
    UNION ALL
    SELECT day, operator, 0, item_class, 0, m.number, 'unknown', area, region, n, 2 FROM alone JOIN numbers m USING (measure)
    WHERE direction = 'outbound' AND measure IN ('accepted', 'due', 'on_time');
CREATE VIEW received AS
    SELECT f.day, f.operator, f.level, f.item_class, f.basis, f.measure, p.market, a.id AS area, a.region, f.count AS n, 1 AS source, TRUE AS stocked
    FROM flow f JOIN areas a ON a.id = f.destination JOIN pairs p USING (origin, destination)
    WHERE a.inside AND (f.operator, f.day, f.measure) NOT IN (SELECT (operator, day, measure) FROM instead WHERE direction = 'inbound')
    UNION ALL
    SELECT day, operator, 0, item_class, 0, m.number, 'unknown', area, region, n, 2, (operator, day) IN (SELECT (operator, day) FROM stocks WHERE side = 2)
    FROM alone JOIN numbers m USING (measure) WHERE direction = 'inbound' AND measure IN ('delivered', 'due', 'on_time');
CREATE VIEW times AS SELECT t.day, t.operator, t.level, p.market, a.id AS area, a.region, b.seconds, t.count AS n, 1 AS source
    FROM transit t JOIN areas a ON a.id = t.origin JOIN pairs p USING (origin, destination) JOIN bins b USING (bin) WHERE a.inside;
CREATE VIEW times_whole AS SELECT * REPLACE (0 AS level) FROM times;
CREATE VIEW times_received AS SELECT t.day, t.operator, t.level, p.market, a.id AS area, a.region, b.seconds, t.count AS n, 1 AS source
    FROM transit t JOIN areas a ON a.id = t.destination JOIN pairs p USING (origin, destination) JOIN bins b USING (bin) WHERE a.inside;
CREATE VIEW staged AS SELECT t.day, t.operator, 0 AS level, t.stages, p.market, a.id AS area, a.region, b.seconds, t.count AS n, 1 AS source
    FROM stages t JOIN areas a ON a.id = t.origin JOIN pairs p USING (origin, destination) JOIN bins b USING (bin) WHERE a.inside;
CREATE VIEW ended_sent AS
    SELECT e.day, e.operator, e.level, e.how, e.attempts, e.hops, a.id AS area, a.region, e.count AS n, 1 AS source
    FROM ends e JOIN areas a ON a.id = e.origin WHERE a.inside AND (e.operator, e.day, e.how) NOT IN (SELECT (operator, day, how) FROM ended_instead)
    UNION ALL
    SELECT day, operator, 0, h.number, 0, 0, area, region, n, 2 FROM alone JOIN ways h ON h.name = measure WHERE direction = 'outbound';
CREATE VIEW ended_received AS SELECT e.day, e.operator, e.level, e.how, e.attempts, e.hops, a.id AS area, a.region, e.count AS n, 1 AS source
    FROM ends e JOIN areas a ON a.id = e.destination WHERE a.inside;
CREATE VIEW checked AS
    SELECT c.day, c.operator, 0 AS level, c."check", c.status, c.item_class, c.sender_kind, a.id AS area, a.region, c.count AS n, 1 AS source
    FROM checks c JOIN cities a ON a.member = c.area WHERE a.inside
    UNION ALL
    SELECT day, operator, 0, m.number, {done}, item_class, 0, area, region, n, 2 FROM alone JOIN made m USING (measure) WHERE direction = 'outbound';
CREATE VIEW flying AS
    SELECT c.hour, c.operator, c.level, c.side, c.measure, a.id AS area, a.region, c.count AS n, 1 AS source
    FROM clock c JOIN cities a ON a.member = c.area WHERE a.inside
    UNION ALL
    SELECT e.hour, operator, 0, side, {accepted}, s.area, coalesce(a.region, 0), s.n - coalesce(lag(s.n) OVER (PARTITION BY operator, side, s.area ORDER BY day), 0), 2
    FROM changes s JOIN ends_of_days e USING (day) LEFT JOIN areas a ON a.id = s.area;
"""


@contextmanager
def opened(snapshot: Snapshot, network: Network, purpose: str = "supervision") -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection of this commit, lent to one at a time, with the views of the province's own cities: ``sent``, ``received``, ``times``, ``times_received``, ``staged``, ``ended_sent``, ``ended_received``, ``checked``, ``flying``.

    ``source``: 1 items, 2 daily counts given for ``purpose``, of operators and days of which no item tells an acceptance or a delivery (what is due or ended then by
    items of other days gives way to them); of stocks, of operators of which no item tells at all.
    """
    # the network stands beside the connection, so that its number stays its own
    connection, lock, _ = snapshot.once(
        ("indicators", id(network), purpose), lambda: (_made(snapshot, network, purpose), Lock(), network)
    )
    with lock:
        yield connection


def _made(snapshot: Snapshot, network: Network, purpose: str) -> duckdb.DuckDBPyConnection:
    bounds = {"memory_limit": f"{snapshot.memory_mb}MB", "threads": snapshot.threads}
    connection = duckdb.connect(config=bounds)  # type: ignore[arg-type]
    names = ("flow", "transit", "checks", "clock", "ends", "stages", "quality")
    held = {cube: snapshot.cells(cubes.BY_NAME[cube]) for cube in names}
    for cube, cells in held.items():
        connection.register(cube, cells)
    connection.register("areas", _areas(network))
    connection.register("cities", _cities(network))
    connection.register("numbers", pa.table({"measure": list(cubes.MEASURES), "number": [n for n, _, _ in cubes.MEASURES.values()]}))  # fmt: skip
    connection.register("ways", pa.table({"name": list(cubes.HOW), "number": [n for n, _, _ in cubes.HOW.values()]}))  # fmt: skip
    connection.register("made", pa.table({"measure": ["inspected", "identified", "screened"], "number": [CHECKS.index(c) for c in ("inspect", "identify", "screen")]}))  # fmt: skip
    numbers = np.arange(cubes.MOST_BIN + 1)
    seconds = np.round(bin_seconds(numbers)).astype(np.int64)
    connection.register("bins", pa.table({"bin": numbers.astype(np.int32), "seconds": seconds}))
    aggregates.register(connection, snapshot, network, purpose)
    connection.register("ends_of_days", aggregates.ends_of_days(connection, network))
    done = cubes.STATUSES["done"][0]
    accepted, delivered = cubes.MEASURES["accepted"][0], cubes.MEASURES["delivered"][0]
    views = _VIEWS.format(accepted=accepted, delivered=delivered, done=done)
    connection.execute(views)
    quality.register(connection, held["clock"], network)
    return connection


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
