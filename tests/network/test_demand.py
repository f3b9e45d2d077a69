"""Demand: what the figures say comes out of the table that is built from them."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import numpy as np
import pytest
from example_province import write_small
from hypothesis import given
from hypothesis import strategies as st

from yilu.network import Network, check, load
from yilu.network.demand import fitted, populations


def shares(network: Network) -> duckdb.DuckDBPyConnection:
    """The demand and the areas as tables of a database, asked in SQL: independent of the arrays by id."""
    d, a = network.demand, network.areas
    columns = {"origin": d.origin, "destination": d.destination, "market": d.market, "share": d.share}
    areas = {
        "id": a.id,
        "code": a.code.astype(object),
        "parent": a.parent.astype(object),
        "inside": a.inside,
        "customs": a.beyond_customs,
    }
    base = duckdb.connect()
    for name, table in (("demand", columns), ("areas", areas)):
        rows = list(zip(*(v.tolist() for v in table.values()), strict=True))
        types = ", ".join(
            f"{k} {'double' if k == 'share' else 'varchar' if k in ('code', 'parent') else 'int'}" for k in table
        )
        base.execute(f"create table {name} ({types})")
        base.executemany(f"insert into {name} values ({', '.join('?' * len(table))})", rows)
    return base


@pytest.fixture(scope="module")
def base(guangdong: Network) -> duckdb.DuckDBPyConnection:
    """Guangdong's demand in SQL."""
    return shares(guangdong)


OUT = "from demand join areas o on o.id = origin join areas d on d.id = destination"


def one(base: duckdb.DuckDBPyConnection, sql: str) -> float:
    """The one number that a query gives."""
    row = base.execute(sql).fetchone()
    assert row is not None
    return float(row[0])


def test_whole(guangdong: Network, base: duckdb.DuckDBPyConnection) -> None:
    """Shares are positive and add up to 1; every pair has an end inside; no pair stands twice."""
    d = guangdong.demand
    assert (d.share > 0).all() and d.share.sum() == pytest.approx(1, abs=1e-12)
    assert one(base, f"select count(*) {OUT} where not o.inside::bool and not d.inside::bool") == 0
    assert one(base, "select count(*) - count(distinct (origin, destination)) from demand") == 0


@pytest.mark.parametrize(("market", "billions"), [(0, 38.9), (1, 244.0), (2, 11.6)])
def test_markets_of_the_notice(base: duckdb.DuckDBPyConnection, market: int, billions: float) -> None:
    """Of what the province accepts, same city, intercity and abroad have the shares that the notice of 2021 prints."""
    accepted = one(base, f"select sum(share) {OUT} where o.inside::bool")
    part = one(base, f"select sum(share) {OUT} where o.inside::bool and market = {market}")
    assert part / accepted == pytest.approx(billions / 294.5, abs=1e-9)


@pytest.mark.parametrize(("region", "percent"), [("44-PRD", 76.4), ("44-E", 21.8), ("44-W", 1.2), ("44-N", 0.6)])
def test_regions_of_the_notice(base: duckdb.DuckDBPyConnection, region: str, percent: float) -> None:
    """Of what the province accepts, each region has the share that the notice of 2021 prints."""
    accepted = one(base, f"select sum(share) {OUT} where o.inside::bool")
    part = one(base, f"select sum(share) {OUT} where o.parent = '{region}'")
    assert 100 * part / accepted == pytest.approx(percent, abs=1e-6)


def test_balance_and_jieyang(base: duckdb.DuckDBPyConnection) -> None:
    """Accepted to delivered is 1.75 to 1, and Jieyang accepts its share of 2020."""
    accepted = one(base, f"select sum(share) {OUT} where o.inside::bool")
    delivered = one(base, f"select sum(share) {OUT} where d.inside::bool")
    assert accepted / delivered == pytest.approx(1.75, rel=1e-6)
    assert one(base, f"select sum(share) {OUT} where o.code = '445200'") / accepted == pytest.approx(0.1064, rel=1e-6)


def test_intercity_that_stays(base: duckdb.DuckDBPyConnection) -> None:
    """30 % of intercity items accepted stay in the province, as assumed."""
    intercity = one(base, f"select sum(share) {OUT} where o.inside::bool and market = 1")
    stays = one(base, f"select sum(share) {OUT} where o.inside::bool and d.inside::bool and market = 1")
    assert stays / intercity == pytest.approx(0.3, rel=1e-6)


def test_markets_follow_customs_and_cities(base: duckdb.DuckDBPyConnection) -> None:
    """Abroad is what customs stand between, Hong Kong included; same city is a city with itself."""
    assert one(base, f"select count(*) {OUT} where (market = 2) <> (o.customs <> d.customs)") == 0
    assert one(base, "select count(*) from demand where (market = 0) <> (origin = destination)") == 0
    assert one(base, f"select count(*) {OUT} where market = 2 and '810000' in (o.code, d.code)") == 42


def test_populations_add_up(guangdong: Network) -> None:
    """Cities without a figure share the rest of the province: together they have the census total."""
    found = populations(guangdong.areas, guangdong.figures)
    cities = guangdong.areas.code[(guangdong.areas.level == "city") & guangdong.areas.inside]
    assert sum(found[str(c)] for c in cities) == pytest.approx(12601.251)
    assert found["440900"] > found["441700"] > 0


def test_stated_demand_wins(small: Path) -> None:
    """Shares that a folder states are taken as they are."""
    with open(small / "demand.csv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(
            [("origin", "destination", "share"), ("990100", "990200", 0.25), ("110000", "990100", 0.75)]
        )
    demand = load(small).demand
    assert (demand.origin.tolist(), demand.destination.tolist(), demand.share.tolist()) == (
        [2, 4],
        [3, 2],
        [0.25, 0.75],
    )


def test_figures_that_lack_one_are_named(small: Path) -> None:
    """Figures without the balance, or about an area that isn't there, are faults before anything is built from them."""
    rows = ["measure,subject,period,value", *(f"items,{m},2021,1" for m in ("same_city", "intercity", "abroad"))]
    rows += ["population,990100,2020,5", "within_province,990000,2021,30", "population,999999,2020,5"]
    (small / "figures.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = {(p.row, p.column, p.reason) for p in check(small)}
    assert found == {(None, "measure", "balance is missing"), (6, "subject", "names no row")}


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_fitting(n: int, m: int, seed: int) -> None:
    """The fitted table has the sums asked for, and its cross ratios are those of the seed: scaling rows and columns keeps them."""
    draw = np.random.default_rng(seed)
    start = draw.uniform(0.5, 2, (n, m))
    rows, columns = draw.uniform(0.5, 2, n), draw.uniform(0.5, 2, m)
    columns *= rows.sum() / columns.sum()
    found = fitted(start, rows, columns)
    assert np.allclose(found.sum(1), rows) and np.allclose(found.sum(0), columns)
    ratio = found / start
    assert np.allclose(ratio * ratio[0, 0], ratio[:, :1] * ratio[:1, :])


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e6)), min_size=3, max_size=3).filter(any),
    st.floats(1e-3, 1e3),
    st.one_of(st.just(0.0), st.floats(1e-3, 100)),
    st.dictionaries(st.sampled_from(("990000", "990100", "990200", "110000")), st.floats(1e-3, 1e6), min_size=1),
    st.dictionaries(st.sampled_from(("990000",)), st.one_of(st.just(0.0), st.floats(1e-3, 100))),
)
def test_any_figures_give_shares(
    tmp_path_factory: pytest.TempPathFactory, root: Path,
    items: list[float], balance: float, within: float, people: dict[str, float], regions: dict[str, float],
) -> None:  # fmt: skip
    """Whatever the figures say, as long as ``check`` finds no fault: shares are finite, positive and add up to 1, or there are none."""
    folder = write_small(root, tmp_path_factory.mktemp("any"))
    rows = [("items", m, v) for m, v in zip(("same_city", "intercity", "abroad"), items, strict=True)]
    rows += [("balance", "990000", balance), ("within_province", "990000", within)]
    rows += [("population", code, v) for code, v in people.items()] + [
        ("region_share", code, v) for code, v in regions.items()
    ]
    with open(folder / "figures.csv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(
            [("measure", "subject", "period", "value"), *((m, c, "2021", v) for m, c, v in rows)]
        )
    assert check(folder) == []
    demand = load(folder).demand
    assert np.isfinite(demand.share).all() and (demand.share > 0).all()
    assert not len(demand.share) or demand.share.sum() == pytest.approx(1)
