"""Daily counts (日报) as rows beside those of cubes: what is reported by operator, city, direction, class and measure.

Of several sources of one figure the one that stands first in ``SOURCES`` counts. A total that is more than its parts leaves a rest of
unknown class or city, so that parts add up to totals; a total that is less gives way to its parts.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from yilu.indicators.parts import ACCEPTED, DELIVERED
from yilu.items import feeds
from yilu.items.reading import Snapshot
from yilu.items.schema import ITEM_CLASSES
from yilu.network import Network

SOURCES: tuple[str, ...] = ("monitoring", "platform", "headquarters", "operator")
"""Bases (口径) of daily counts, from the one that counts first (A): what others than the operator counted goes before what it says itself."""
COUNTED: tuple[str, ...] = (
    "accepted", "delivered", "inspected", "identified", "screened", "returned", "lost", "due", "on_time", "in_flight",
)  # fmt: skip
"""Columns of daily counts that indicators take; ``due`` only where ``on_time`` is reported too, and the other way round."""

_CLASSES = {"all": 0, **{name: n for name, n in ITEM_CLASSES.items() if name in ("letter", "parcel", "express")}}

_REPORTED = """
CREATE TABLE reported AS
WITH told AS (
    UNPIVOT (SELECT operator, facility, day, direction, item_class, basis, accepted, delivered, inspected, identified, screened, returned, lost, in_flight,
                CASE WHEN on_time IS NOT NULL THEN due END AS due, CASE WHEN due IS NOT NULL THEN on_time END AS on_time FROM counts)
    ON {columns} INTO NAME measure VALUE n
), best AS (
    SELECT * FROM told JOIN sources USING (basis)
    QUALIFY rank = min(rank) OVER (PARTITION BY operator, day, direction, measure)
), classed AS (
    SELECT operator, facility, day, direction, measure, c.number AS item_class, n FROM best JOIN classes c ON c.name = item_class
), by_class AS (
    SELECT operator, facility, day, direction, measure, item_class, n FROM classed WHERE item_class > 0
    UNION ALL
    SELECT operator, facility, day, direction, measure, 0, greatest(0, coalesce(sum(n) FILTER (item_class = 0), 0) - coalesce(sum(n) FILTER (item_class > 0), 0))
    FROM classed GROUP BY ALL
), weighed AS (
    SELECT *, sum(n) FILTER (facility = 0) OVER whole >= coalesce(sum(n) FILTER (facility > 0) OVER whole, 0) AS fits
    FROM by_class WINDOW whole AS (PARTITION BY operator, day, direction, measure)
), classes_left AS (
    SELECT operator, day, direction, measure, item_class, sum(n) FILTER (facility = 0) - coalesce(sum(n) FILTER (facility > 0), 0) AS n
    FROM weighed WHERE fits AND item_class > 0 GROUP BY ALL HAVING count(*) FILTER (facility = 0) > 0
), wholes_left AS (
    SELECT operator, day, direction, measure, sum(CASE WHEN facility = 0 THEN n ELSE -n END) AS n FROM weighed WHERE fits GROUP BY ALL
)
SELECT operator, day, direction, measure, item_class, p.area, n FROM weighed JOIN places p USING (facility) WHERE facility > 0
UNION ALL
SELECT operator, day, direction, measure, item_class, 0, n FROM classes_left
UNION ALL
SELECT w.operator, w.day, w.direction, w.measure, 0, 0, w.n - coalesce((
        SELECT sum(c.n) FROM classes_left c WHERE c.operator = w.operator AND c.day = w.day AND c.direction = w.direction AND c.measure = w.measure
    ), 0) FROM wholes_left w
"""


def register(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, network: Network, purpose: str) -> None:
    """Make the table ``reported`` (operator, day, direction, measure, item_class, area, n) of the counts given for ``purpose``.

    ``day``: since 1970; ``area``: a city, 0 not known; ``item_class``: 0 not known. Raises ValueError for a purpose that there isn't.
    """
    counts = feeds.load(snapshot, "daily_aggregates", purpose=purpose)
    days = counts.column("day").cast(pa.int32())
    connection.register("counts", counts.set_column(counts.schema.get_field_index("day"), "day", days))
    connection.register("sources", pa.table({"basis": list(SOURCES), "rank": list(range(len(SOURCES)))}))
    connection.register("classes", pa.table({"name": list(_CLASSES), "number": list(_CLASSES.values())}))
    city = network.area_city[network.facility_area].astype(np.int32)
    inside = network.area_inside[network.facility_area]
    connection.register(
        "places", pa.table({"facility": np.arange(len(city), dtype=np.int32), "area": np.where(inside, city, 0)})
    )
    connection.execute(_REPORTED.format(columns=", ".join(COUNTED)))


def ends_of_days(connection: duckdb.DuckDBPyConnection, network: Network) -> pa.Table:
    """The last UTC hour of each local day that is reported: ``day``, ``hour``."""
    days = [row[0] for row in connection.sql("SELECT DISTINCT day FROM reported ORDER BY day").fetchall()]
    ends = [network.local_time.midnight(str(np.datetime64(day + 1, "D"))) // 3600 - 1 for day in days]
    return pa.table({"day": pa.array(days, pa.int32()), "hour": pa.array(ends, pa.int32())})


_COMPARED = """
WITH mine AS (
    SELECT operator, day, 'outbound' AS direction, 'accepted' AS measure, sum(n)::BIGINT AS items FROM sent WHERE source = 1 AND measure = {accepted} GROUP BY ALL
    UNION ALL
    SELECT operator, day, 'inbound', 'delivered', sum(n)::BIGINT FROM received WHERE source = 1 AND measure = {delivered} GROUP BY ALL
), theirs AS (SELECT operator, day, direction, measure, sum(n)::BIGINT AS aggregates FROM reported GROUP BY ALL)
SELECT m.operator, m.day, m.direction, m.measure, items, aggregates, 100.0 * (aggregates - items) / items AS percent
FROM mine m JOIN theirs USING (operator, day, direction, measure) WHERE items > 0 AND m.day BETWEEN {first} AND {last} ORDER BY ALL
"""


def compared(connection: duckdb.DuckDBPyConnection, first: int, last: int) -> list[dict[str, Any]]:
    """Items beside daily counts where both came of an operator and day: ``items``, ``aggregates``, and how many per cent more these are."""
    found = connection.sql(_COMPARED.format(accepted=ACCEPTED, delivered=DELIVERED, first=first, last=last))
    names = found.columns
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{**row, "day": _date(int(row["day"]))} for row in rows]


def spread(rows: list[dict[str, Any]]) -> float | None:
    """How far daily counts lie from items where both came, as a share of the items; None where nowhere."""
    whole = sum(row["items"] for row in rows)
    return sum(abs(row["aggregates"] - row["items"]) for row in rows) / whole if whole else None


def _date(day: int) -> str:
    return str(date.fromordinal(date(1970, 1, 1).toordinal() + day))


def days_of(snapshot: Snapshot, purpose: str) -> np.ndarray:
    """The local days, since 1970, of the daily counts given for a purpose."""
    counts = feeds.load(snapshot, "daily_aggregates", purpose=purpose)
    return np.asarray(counts.column("day").cast(pa.int32()).to_numpy())
