"""Indicators against DuckDB, which counts the same from the event files and knows nothing of cubes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pytest

from yilu.cli.facts import Facts
from yilu.cli.ingest import ingest_into
from yilu.indicators import Period, Scope, catalogue, values
from yilu.indicators.parts import ALL, QUANTILES, RATIOS, SUMS
from yilu.indicators.values import EVERYWHERE
from yilu.items.reading import Snapshot
from yilu.network import Network
from yilu.settings import load as load_settings
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

PERIOD = Period(date(2025, 6, 3), date(2025, 6, 6))
SCENARIOS: dict[str, dict[str, Any]] = {
    "plain": {"seed": 1},
    "checks left out, much lost and refused": {"seed": 2, "missing_check": 0.05, "lost": 0.05, "attempt": 0.3, "refused": 0.4, "cancel": 0.03},
    "much mail, slow": {"seed": 3, "letter": 0.3, "parcel": 0.2, "delay": 0.3, "hold": 0.1},
}  # fmt: skip
_SINGLE = {"pieces": 0.0, "relabel": 0.0, "wrong_delivery": 0.0, "wrong_departure": 0.0}
"""Shipments, new numbers and voids are held against the reference elsewhere; SQL over plain numbers stays readable without them."""


@dataclass(frozen=True)
class World:
    """A store of made-up days, and DuckDB with their items: one row each, from the files."""

    snapshot: Snapshot
    network: Network
    sql: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module", params=SCENARIOS)
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
        sql.register("areas", _areas(facts.network))
        sql.execute(_ITEMS.format(files=str(root / "events" / "*.parquet")))
        yield World(facts.read(), facts.network, sql)


def _areas(network: Network) -> Any:
    import pyarrow as pa

    codes = network.areas.code_of_id
    return pa.table({
        "code": [codes[int(i)] for i in network.areas.id],
        "id": [int(i) for i in network.areas.id],
        "city": [int(network.area_city[int(i)]) for i in network.areas.id],
        "inside": [bool(network.area_inside[int(i)]) for i in network.areas.id],
        "beyond": [bool(network.area_beyond_customs[int(i)]) for i in network.areas.id],
    })  # fmt: skip


_ITEMS = """
CREATE TABLE scans AS SELECT DISTINCT operator, waybill, kind, epoch("at")::BIGINT AS moment FROM read_parquet('{files}') WHERE item_class IS NULL OR item_class NOT IN ('container', 'vehicle');
CREATE TABLE told AS SELECT operator, waybill, any_value(origin) AS origin, any_value(destination) AS destination, any_value(item_class) AS item_class
    FROM read_parquet('{files}') WHERE kind = 'accept' GROUP BY ALL;
CREATE TABLE items AS
    SELECT t.operator, t.item_class, o.id AS origin, o.city AS from_city, d.city AS to_city, o.inside AS here, d.inside AS to_here,
        CASE WHEN o.beyond OR d.beyond THEN 'beyond' WHEN o.city = d.city THEN 'same_city' ELSE 'intercity' END AS market, s.*
    FROM told t JOIN areas o ON o.code = t.origin JOIN areas d ON d.code = t.destination
    JOIN (SELECT operator AS who, waybill AS number, min(moment) FILTER (kind = 'accept') AS accepted, min(moment) FILTER (kind = 'deliver') AS signed,
            min(moment) FILTER (kind = 'return') AS back, min(moment) FILTER (kind IN ('lost', 'destroy', 'cancel')) AS gone
          FROM scans GROUP BY ALL) s ON s.who = t.operator AND s.number = t.waybill;
ALTER TABLE items ADD COLUMN delivered BIGINT;
UPDATE items SET delivered = CASE WHEN signed <= coalesce(back, signed) THEN signed END;
"""
_DAYS = "BETWEEN 20242 AND 20245"
_DAY = "(({}) + 28800) // 86400 " + _DAYS


def asked(world: World, name: str, scope: Scope = EVERYWHERE, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Values of one indicator."""
    return values(world.snapshot, world.network, [name], PERIOD, scope, by)


def one(world: World, query: str) -> Any:
    """The one figure of a query."""
    row = world.sql.execute(query).fetchone()
    assert row is not None
    return row[0]


VOLUMES = {
    "accepted": f"SELECT count(*) FROM items WHERE here AND {_DAY.format('accepted')}",
    "accepted_same_city": f"SELECT count(*) FROM items WHERE here AND market = 'same_city' AND {_DAY.format('accepted')}",
    "accepted_intercity": f"SELECT count(*) FROM items WHERE here AND market = 'intercity' AND {_DAY.format('accepted')}",
    "accepted_beyond": f"SELECT count(*) FROM items WHERE here AND market = 'beyond' AND {_DAY.format('accepted')}",
    "express_accepted": f"SELECT count(*) FROM items WHERE here AND item_class = 'express' AND {_DAY.format('accepted')}",
    "delivered": f"SELECT count(*) FROM items WHERE to_here AND {_DAY.format('delivered')}",
    "in_flight": "SELECT count(*) FROM items WHERE here AND accepted < 1749225600 AND NOT coalesce(delivered < 1749225600, coalesce(least(back, gone) < 1749225600, FALSE))",
}  # fmt: skip


@pytest.mark.parametrize("name", VOLUMES)
def test_volumes(world: World, name: str) -> None:
    """Sums are what SQL counts in the files: by day of acceptance or delivery, end, market and class."""
    [row] = asked(world, name)
    assert row["value"] == one(world, VOLUMES[name]) > 0
    assert row["denominator"] is None


def test_shares(world: World) -> None:
    """The 72-hour rate within what a bin of time holds; items that ended otherwise exactly."""
    late = _DAY.format("delivered")
    [found] = asked(world, "rate_72h")
    within = [one(world, f"SELECT count(*) FROM items WHERE here AND market = 'intercity' AND {late} AND delivered - accepted <= {72 * 3600 * f}") for f in (0.99, 1.01)]  # fmt: skip
    assert within[0] <= found["numerator"] <= within[1]
    assert found["denominator"] == one(world, f"SELECT count(*) FROM items WHERE here AND market = 'intercity' AND {late}")  # fmt: skip
    [found] = asked(world, "not_delivered_rate")
    gone = one(world, f"SELECT count(*) FROM items WHERE here AND delivered IS NULL AND {_DAY.format('coalesce(back, gone)')}")  # fmt: skip
    assert (found["numerator"], found["denominator"]) == (gone, gone + one(world, f"SELECT count(*) FROM items WHERE here AND {late}"))  # fmt: skip


@pytest.mark.parametrize("name", QUANTILES)
def test_quantiles(world: World, name: str) -> None:
    """Medians and the 95 % quantile of hours lie within 1 % of those of the exact times."""
    where, share = QUANTILES[name]
    [found] = asked(world, name)
    exact = one(world, f"SELECT quantile_disc(delivered - accepted, {share}) / 3600 FROM items WHERE here AND {where} AND {_DAY.format('delivered')}")  # fmt: skip
    assert found["value"] == pytest.approx(exact, rel=0.0105)


@pytest.mark.parametrize("name", [*SUMS, *RATIOS])
def test_parts_add_up_to_the_whole(world: World, name: str) -> None:
    """Over operators, cities, regions, levels, and days where it has days: numerators and denominators add up to those of the whole."""
    [whole] = asked(world, name)
    for by in (("operator",), ("area",), ("region",), ("operator", "area")) + ((("day",), ("month",)) if "flight" not in name else ()):  # fmt: skip
        parts = asked(world, name, by=by)
        assert len(parts) > 1 or by == ("month",) or name.startswith("data_")  # feeds have no area
        assert sum(p["numerator"] for p in parts) == whole["numerator"]
        assert sum(p["denominator"] or 0 for p in parts) == pytest.approx(whole["denominator"] or 0)


def test_scope_narrows(world: World) -> None:
    """One city and two operators: what a query narrowed alike counts."""
    operators = {str(c): int(i) for c, i in zip(world.network.operators.code, world.network.operators.id, strict=True)}
    city = int(world.network.areas.index_of_code["440100"])
    scope = Scope(areas=(city,), operators=(operators["ZTO"], operators["SF"]))
    [found] = asked(world, "accepted", scope)
    expected = one(world, f"SELECT count(*) FROM items WHERE from_city = {city} AND operator IN ('ZTO', 'SF') AND {_DAY.format('accepted')}")  # fmt: skip
    assert found["value"] == expected > 0


def test_checks_left_out_are_seen(world: World) -> None:
    """A rate of checks is 1 where none was left out and about 95 % where one in twenty was."""
    [found] = asked(world, "checks_rate")
    planted = world.network and found["numerator"] != found["denominator"]
    assert found["value"] == pytest.approx(0.95 if planted else 1.0, abs=0.01)
    parts = [asked(world, n)[0] for n in ("inspection_rate", "identification_rate", "screening_rate")]
    assert sum(p["numerator"] for p in parts) == found["numerator"]
    assert sum(p["denominator"] for p in parts) == found["denominator"]


def test_the_catalogue_and_the_values_are_of_the_same_indicators() -> None:
    """No indicator without a value, no value without words."""
    assert set(catalogue()) == ALL


def test_what_is_unknown_is_refused(world: World) -> None:
    """An indicator or a group that there isn't is an error, not an empty answer."""
    with pytest.raises(KeyError):
        asked(world, "happiness")
    with pytest.raises(ValueError, match="weather"):
        asked(world, "accepted", by=("weather",))
