"""Made-up days as DuckDB sees them: one row an item, from the event files, by what docs/explain/facts.md says and nothing else of yilu's.

What the network says of a province (ends, promise of a moment, obligations) is taken from ``network``, whose own tests hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from yilu.items.kinds import KINDS
from yilu.items.reading import Snapshot
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import Network

CHECKED = {"inspect": 0, "identify": 1, "screen": 2}


@dataclass(frozen=True)
class World:
    """A store of made-up days, and DuckDB with their items."""

    snapshot: Snapshot
    network: Network
    sql: duckdb.DuckDBPyConnection

    def one(self, query: str) -> Any:
        """The one figure of a query."""
        row = self.sql.execute(query).fetchone()
        assert row is not None
        return row[0]


_SCANS = """
CREATE TABLE rows AS SELECT DISTINCT e.operator::VARCHAR AS operator, waybill, k.number AS kind, k.code, f.id AS place, coalesce(f.processing, FALSE) AS processing, f.city, epoch("at")::BIGINT AS moment,
        outcome::VARCHAR AS outcome, e.container::VARCHAR AS bag, item_class::VARCHAR AS item_class
    FROM read_parquet('{files}') e JOIN kinds k ON k.code = e.kind::VARCHAR LEFT JOIN facilities f ON f.code = e.facility::VARCHAR;
CREATE TABLE bagged AS SELECT operator, waybill, bag, moment AS since, lead(moment) OVER (PARTITION BY operator, waybill ORDER BY moment, kind) AS until, code
    FROM rows WHERE code IN ('bag', 'unbag');
CREATE TABLE scans AS
    SELECT operator, waybill, kind, code, place, processing, city, moment, outcome FROM rows WHERE item_class IS NULL OR item_class NOT IN ('container', 'vehicle')
    UNION
    SELECT b.operator, b.waybill, r.kind, r.code, r.place, r.processing, r.city, r.moment, NULL FROM bagged b JOIN rows r ON r.operator = b.operator AND r.waybill = b.bag
    JOIN kinds k ON k.number = r.kind AND k.container WHERE b.code = 'bag' AND r.moment >= b.since AND (b.until IS NULL OR r.moment <= b.until);
CREATE TABLE moved AS SELECT operator, waybill, count(*) FILTER (place <> before) AS hops FROM (
    SELECT *, lag(place) OVER (PARTITION BY operator, waybill ORDER BY moment, kind, place) AS before
    FROM (SELECT DISTINCT operator, waybill, moment, kind, coalesce(place, 0) AS place FROM scans)
    ) WHERE place > 0 AND before > 0 GROUP BY ALL;
CREATE TABLE told AS
    SELECT operator::VARCHAR AS operator, waybill, any_value(origin::VARCHAR) AS origin, any_value(destination::VARCHAR) AS destination, any_value(item_class::VARCHAR) AS item_class,
        any_value(sender_kind::VARCHAR) AS sender_kind, any_value(service_level::VARCHAR) AS level, any_value(epoch(promise)::BIGINT) AS stated
    FROM read_parquet('{files}') WHERE kind = 'accept' GROUP BY ALL;
CREATE TABLE times AS SELECT operator, waybill, min(moment) FILTER (code = 'accept') AS accepted, min(moment) FILTER (code = 'deliver') AS signed,
        min(moment) FILTER (code = 'return') AS back, min(moment) FILTER (code IN ('lost', 'destroy', 'cancel')) AS gone,
        count(*) FILTER (code = 'lost') AS lost, count(*) FILTER (code = 'destroy') AS destroyed,
        count(DISTINCT moment) FILTER (code = 'attempt') AS attempts,
        bool_or(code = 'locker' OR (code = 'deliver' AND outcome = 'locker')) AS locker, bool_or(code = 'station' OR (code = 'deliver' AND outcome = 'station')) AS station,
        bool_or(code = 'deliver' AND outcome = 'proxy') AS proxy,
        min(moment) FILTER (code = 'inspect') AS inspect, min(moment) FILTER (code = 'identify') AS identify, min(moment) FILTER (code = 'screen') AS screen,
        min(moment) FILTER (code = 'depart') AS departed, min(moment) FILTER (code = 'depart' AND processing) AS departed_processing
    FROM scans GROUP BY ALL;
CREATE TABLE plain AS
    SELECT t.*, o.id AS from_area, d.id AS to_area, o.city AS from_city, d.city AS to_city, o.inside AS here, d.inside AS to_here,
        CASE WHEN o.beyond OR d.beyond THEN 'beyond' WHEN o.city = d.city THEN 'same_city' ELSE 'intercity' END AS market,
        coalesce(l.id, 0) AS level_id, coalesce(m.hops, 0) AS hops, s.* EXCLUDE (operator, waybill)
    FROM told t JOIN areas o ON o.code = t.origin JOIN areas d ON d.code = t.destination LEFT JOIN levels l ON l.code = t.level
    JOIN times s ON s.operator = t.operator AND s.waybill = t.waybill LEFT JOIN moved m ON m.operator = t.operator AND m.waybill = t.waybill ORDER BY t.operator, t.waybill;
"""
_ITEMS = """
CREATE TABLE dated AS SELECT *, coalesce(stated, derived) AS due_at, CASE WHEN signed <= coalesce(back, signed) THEN signed END AS delivered FROM plain JOIN worked USING (operator, waybill);
CREATE TABLE ended AS SELECT *, coalesce(delivered, back, gone) AS ended_at,
        CASE WHEN delivered IS NOT NULL THEN CASE WHEN locker THEN 'locker' WHEN station THEN 'station' WHEN proxy THEN 'proxy' ELSE 'addressee' END
             WHEN back IS NOT NULL THEN 'returned' WHEN gone IS NULL THEN NULL WHEN lost > 0 THEN 'lost' WHEN destroyed > 0 THEN 'destroyed' ELSE 'cancelled' END AS how,
        least(departed, signed) AS left_at, least(departed_processing, signed) AS left_processing_at
    FROM dated;
CREATE TABLE reached AS SELECT operator, waybill, min(s.moment) AS reached FROM ended i JOIN scans s USING (operator, waybill)
    WHERE s.city = i.to_city AND s.moment >= i.accepted AND s.code <> 'deliver' AND s.moment <= coalesce(i.signed, s.moment) GROUP BY ALL;
CREATE TABLE toured AS SELECT operator, waybill, min(s.moment) AS toured FROM ended i LEFT JOIN reached r USING (operator, waybill) JOIN scans s USING (operator, waybill)
    WHERE s.code IN ('out_for_delivery', 'attempt', 'locker', 'station') AND s.moment >= coalesce(r.reached, i.accepted) AND s.moment <= coalesce(i.signed, s.moment) GROUP BY ALL;
CREATE TABLE exact AS SELECT i.*, CASE WHEN i.market <> 'same_city' THEN r.reached END AS reached, t.toured,
        CASE WHEN departed_processing BETWEEN accepted AND coalesce(CASE WHEN i.market <> 'same_city' THEN r.reached END, t.toured, delivered) THEN departed_processing END AS handled
    FROM ended i LEFT JOIN reached r USING (operator, waybill) LEFT JOIN toured t USING (operator, waybill);
CREATE TABLE items AS SELECT * REPLACE (
        handled - (handled - accepted) % 60 AS handled, reached - (reached - accepted) % 60 AS reached, toured - (toured - accepted) % 60 AS toured
    ) FROM exact;
"""


def tables(sql: duckdb.DuckDBPyConnection, network: Network, files: str) -> None:
    """Make ``items`` of the event files: ends, moments, promise, how it ended, checks owed, boundaries of stages."""
    sql.register("areas", _areas(network))
    ids = network.facilities.id
    sql.register("facilities", pa.table({
        "code": [str(c) for c in network.facilities.code], "id": ids, "processing": network.facility_processing[ids],
        "city": network.area_city[network.facility_area[ids]].astype(np.int32),
    }))  # fmt: skip
    sql.register("levels", pa.table({"code": [str(c) for c in network.service_levels.code], "id": network.service_levels.id}))  # fmt: skip
    sql.register("kinds", pa.table({"code": [k.code for k in KINDS], "number": [k.id for k in KINDS], "container": [k.container for k in KINDS]}))  # fmt: skip
    sql.execute(_SCANS.format(files=files))
    sql.register("worked", _worked(sql, network))
    sql.execute(_ITEMS)


def _areas(network: Network) -> pa.Table:
    codes = network.areas.code_of_id
    return pa.table({
        "code": [codes[int(i)] for i in network.areas.id],
        "id": [int(i) for i in network.areas.id],
        "city": [int(network.area_city[int(i)]) for i in network.areas.id],
        "inside": [bool(network.area_inside[int(i)]) for i in network.areas.id],
        "beyond": [bool(network.area_beyond_customs[int(i)]) for i in network.areas.id],
    })  # fmt: skip


def _worked(sql: duckdb.DuckDBPyConnection, network: Network) -> pa.Table:
    """By item: the derived promise (null where none), and of each check whether it is owed and whether at the processing site."""
    found = sql.execute("SELECT operator, waybill, accepted, from_area, to_area, level_id, item_class, sender_kind FROM plain ORDER BY ALL").to_arrow_table()  # fmt: skip
    at, origin, destination, level = (found.column(n).to_numpy().astype(np.int64) for n in ("accepted", "from_area", "to_area", "level_id"))  # fmt: skip
    promise = network.promise(at, origin, destination, level)
    item_class, sender = (np.array(found.column(n).to_pylist()) for n in ("item_class", "sender_kind"))
    o = network.obligation_rules
    out: dict[str, Any] = {"operator": found.column("operator"), "waybill": found.column("waybill"), "derived": pa.array(promise.astype(np.int64), mask=promise == 0)}  # fmt: skip
    for name, number in CHECKED.items():
        owed, processing = np.zeros(len(at), bool), np.zeros(len(at), bool)
        for r in np.flatnonzero(np.asarray(o.check) == number):
            fits = (at >= o.since[r]) & (at < o.until[r]) & o.origin[r][origin] & o.destination[r][destination]
            fits &= (not o.item_class[r]) | (item_class == str(o.item_class[r]))
            fits &= (not o.sender_kind[r]) | (sender == str(o.sender_kind[r]))
            owed[fits], processing[fits] = o.owed[r], o.processing[r]
        out[f"owes_{name}"] = owed & network.area_inside[origin]
        out[f"{name}_at_site"] = processing
    assert set(item_class) <= set(ITEM_CLASSES) and set(sender) <= set(SENDER_KINDS)
    return pa.table(out)
