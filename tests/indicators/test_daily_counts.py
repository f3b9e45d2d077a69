"""Indicators where daily counts come in the place of items, beside them, or for statistics alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from yilu.cli.ingest import ingest_into
from yilu.indicators import Period, Purpose, Scope, compared, latest_day, values
from yilu.indicators.values import EVERYWHERE, SUPERVISION
from yilu.items import feeds
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

PERIOD = Period(date(2025, 6, 3), date(2025, 6, 6))
STATISTICS = Purpose("statistics", 3)
HIDDEN = "ZTO"
"""The operator whose items are taken away: only daily counts tell of it."""
GZ, SZ = "440106", "440305"
Row = dict[str, Any]


@dataclass(frozen=True)
class Two:
    """The same days once with all items, once with daily counts in the place of one operator's."""

    whole: Facts
    part: Facts


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Daily counts of every operator are made of the items by DuckDB from ``yilu indicators`` of the whole store."""
    root = tmp_path_factory.mktemp("two")
    events = root / "events"
    stores = {n: Facts(load_settings(store=root / n / "store", key_file=root / n / "key", buckets=8)) for n in ("whole", "part")}  # fmt: skip
    write_day(DayPlan(stores["whole"].network, date(2025, 6, 3), 4000, seed=5, days=1).with_rates(lost=0.02), events)
    ingest_into(stores["whole"], str(events), "yilu", "", shown=False)
    less = root / "less"
    less.mkdir()
    sql = (
        f"COPY (SELECT * FROM read_parquet('{events}/*.parquet') WHERE operator <> '{HIDDEN}') TO '{less}/rest.parquet'"
    )
    duckdb.sql(sql)
    ingest_into(stores["part"], str(less), "yilu", "", shown=False)
    give(stores["part"], root / "counts.csv", _as_counts(stores["whole"]))
    yield Two(stores["whole"], stores["part"])


def give(facts: Facts, file: Path, rows: list[Row]) -> None:
    """Daily counts into a store."""
    names = list(dict.fromkeys(n for row in rows for n in row))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows(rows)
    read = feeds.read("daily_aggregates", file, facts.network.operators, facts.network.facilities)
    assert read.counts["quarantined"] == 0
    with facts.write() as store:
        feeds.store_rows(store, "daily_aggregates", read)


def asked(
    facts: Facts, name: str, by: tuple[str, ...] = (), purpose: Purpose = SUPERVISION, scope: Scope = EVERYWHERE
) -> list[Row]:
    """Values of one indicator."""
    return values(facts.read(), facts.network, [name], PERIOD, scope, by, purpose)


def one(facts: Facts, name: str, purpose: Purpose = SUPERVISION, scope: Scope = EVERYWHERE) -> Row:
    """The one value of an indicator."""
    [row] = asked(facts, name, (), purpose, scope)
    return row


_COLUMNS = {"outbound": ("accepted", "due", "on_time", "returned", "lost"), "inbound": ("delivered",)}


def _as_counts(facts: Facts) -> list[Row]:
    """What each operator would report of each day, by the items of a store."""
    codes = facts.network.operators.code_of_id
    rows: dict[tuple[Any, ...], Row] = {}
    for direction, names in _COLUMNS.items():
        for name in names:
            for r in asked(facts, name, ("operator", "day")):
                key = codes[r["operator"]], r["day"], direction
                row = {"operator": key[0], "facility": "", "day": key[1], "direction": direction, "basis": "operator", "purpose": "supervision"}  # fmt: skip
                rows.setdefault(key, row)[name] = r["value"]
    for row in rows.values():  # whoever reports one of both reports the other
        if "due" in row:
            row.setdefault("on_time", 0)
    return list(rows.values())


@pytest.mark.parametrize("name", ["accepted", "delivered", "due", "on_time", "on_time_rate", "returned", "lost"])
def test_daily_counts_stand_in_for_items(two: Two, name: str) -> None:
    """With counts in the place of one operator's items, totals stay what they were, and nothing of the others is counted twice."""
    whole, part = one(two.whole, name), one(two.part, name)
    assert (part["numerator"], part["denominator"]) == (whole["numerator"], whole["denominator"])
    if whole["value"]:
        assert (whole["basis"], part["basis"]) == ("items", "both")
    assert whole["error"] == 0 and part["error"] == 0, "where both came, counts and items agree"
    [mine] = [r for r in asked(two.part, name, ("operator",)) if two.part.network.operators.code_of_id[r["operator"]] == HIDDEN]  # fmt: skip
    assert mine["basis"] == "aggregates"


def test_parts_with_daily_counts_add_up(two: Two) -> None:
    """By operator, city (0: not known), region, level and day the parts add up to the whole."""
    for name in ("accepted", "delivered", "due"):
        for by in (("operator",), ("area",), ("region",), ("level",), ("day",)):
            assert sum(r["numerator"] for r in asked(two.part, name, by)) == one(two.part, name)["numerator"]


def test_what_counts_cannot_tell_is_said(two: Two) -> None:
    """A market, a quantile or a service level stands on items alone, and says how many items of daily counts it leaves out."""
    hidden = sum(r["value"] for r in asked(two.whole, "accepted", ("operator",)) if two.whole.network.operators.code_of_id[r["operator"]] == HIDDEN)  # fmt: skip
    for name in ("accepted_same_city", "transit_median", "inspection_rate", "return_rate"):
        found = one(two.part, name)
        assert (found["basis"], found["left_out"]) == ("items", hidden)
    level = Scope(levels=(int(two.part.network.service_levels.id[0]),))
    assert one(two.part, "accepted", scope=level)["left_out"] == hidden
    assert one(two.part, "accepted")["left_out"] == 0


def test_items_are_held_against_counts(two: Two, tmp_path: Path) -> None:
    """Where both came the items count, the difference is told, and it becomes the stated error of what stands on counts."""
    rows = _as_counts(two.whole)
    before = one(two.part, "accepted")
    wrong = [{**r, "accepted": round(1.1 * r["accepted"])} for r in rows if r["operator"] == "SF" and r.get("accepted")]
    give(two.part, tmp_path / "wrong.csv", wrong)
    try:
        after = one(two.part, "accepted")
        assert after["numerator"] == before["numerator"]
        told = compared(two.part.read(), two.part.network, PERIOD)
        mine = [r for r in told if two.part.network.operators.code_of_id[r["operator"]] == "SF" and r["measure"] == "accepted"]  # fmt: skip
        assert [r["percent"] for r in mine] == [pytest.approx(100 * (round(1.1 * r["items"]) / r["items"] - 1)) for r in mine]  # fmt: skip
        off = sum(abs(r["aggregates"] - r["items"]) for r in told) / sum(r["items"] for r in told)
        share = 1 - sum(r["items"] for r in told if r["measure"] == "accepted") / after["numerator"]
        assert after["error"] == pytest.approx(off * share, abs=1e-5) and off > 0
    finally:
        give(two.part, tmp_path / "right.csv", [r for r in rows if r["operator"] == "SF"])


@pytest.fixture
def alone(tmp_path: Path) -> Facts:
    """A store with nothing but what a test gives it."""
    facts = Facts(load_settings(store=tmp_path / "store", key_file=tmp_path / "key", buckets=1))
    facts.write().close()
    return facts


def count(operator: str, facility: str = "", **more: Any) -> Row:
    """One row of daily counts."""
    return {"operator": operator, "facility": facility, "day": "2025-06-03", "direction": "outbound", "item_class": "all", "basis": "operator",
            "purpose": "supervision", **more}  # fmt: skip


def test_totals_and_parts_of_counts_are_counted_once(alone: Facts, tmp_path: Path) -> None:
    """An operator's total, its outlets' and classes' parts, and two sources of one figure: the total once, the rest of unknown city or class."""
    depot = {c: str(f) for f, c in zip(alone.network.facilities.code, alone.network.facilities.area, strict=True)}
    rows = [
        count("SF", accepted=1000),
        count("SF", depot[GZ], accepted=300),
        count("SF", depot[SZ], accepted=200, item_class="express"),
        count("SF", accepted=1200, basis="platform", day="2025-06-04"),
        count("SF", accepted=900, day="2025-06-04"),
        count("YTO", accepted=70, item_class="letter"),
        count("YTO", accepted=30, item_class="express"),
        count("YTO", accepted=110),
        count("ZTO", depot[GZ], accepted=50),
        count("ZTO", accepted=40),
    ]
    give(alone, tmp_path / "counts.csv", [{"inspected": "", **r} for r in rows])
    assert one(alone, "accepted")["value"] == 1000 + 1200 + 110 + 50
    cities = {
        alone.network.areas.code_of_id.get(r["area"], ""): r["value"] for r in asked(alone, "accepted", ("area",))
    }
    assert cities == {"440100": 350, "440300": 200, "": 500 + 1200 + 110}
    assert one(alone, "letters_accepted")["value"] == 70
    assert one(alone, "express_accepted")["value"] == 30 + 200
    assert one(alone, "accepted")["error"] is None, "there are no items to hold counts against"
    assert latest_day(alone.read(), alone.network) == 20243


def test_stocks_are_the_last_reported(alone: Facts, tmp_path: Path) -> None:
    """In flight at the end of a period is what was reported last before it, not the sum of reports; days in flight follow."""
    told = [("2025-06-02", 500, 90), ("2025-06-04", 700, 100), ("2025-06-05", 400, 120), ("2025-06-09", 9, 9)]
    rows = [count("SF", day=day, direction="inbound", in_flight=n, delivered=d) for day, n, d in told]
    rows += [count("YTO", day="2025-06-04", direction="inbound", delivered=1000)]
    give(alone, tmp_path / "counts.csv", rows)
    found = one(alone, "days_in_flight")
    assert found["numerator"] == 400
    assert found["denominator"] == pytest.approx((100 + 120) / 4), (
        "who reports no stock is not in the deliveries either"
    )
    assert (found["value"], found["basis"]) == (pytest.approx(400 / 55), "aggregates")


def test_purposes_stay_apart(alone: Facts, tmp_path: Path) -> None:
    """What was filed for statistics is in no value of supervision, and the other way round."""
    give(alone, tmp_path / "counts.csv", [count("SF", accepted=10), count("SF", accepted=77, purpose="statistics"), count("YTO", accepted=5, purpose="statistics")])  # fmt: skip
    assert one(alone, "accepted")["value"] == 10
    assert one(alone, "accepted", STATISTICS)["value"] == 82
    with pytest.raises(ValueError, match="purpose"):
        one(alone, "accepted", Purpose("gossip"))


def test_statistics_withhold_cells_of_few_firms(alone: Facts, tmp_path: Path) -> None:
    """By city, what stands on fewer firms than set is withheld, and one more cell where a subtraction would tell it; supervision sees all."""
    depot = {str(c): str(f) for f, c in zip(alone.network.facilities.code, alone.network.facilities.area, strict=True)}
    places = {GZ: 5, SZ: 4, "440608": 2}
    firms = ["SF", "YTO", "ZTO", "STO", "YUNDA"]
    rows = [
        count(firm, depot[place], accepted=100 + n, purpose=purpose)
        for place, many in places.items() for n, firm in enumerate(firms[:many]) for purpose in ("statistics", "supervision")
    ]  # fmt: skip
    give(alone, tmp_path / "counts.csv", rows)
    seen = {alone.network.areas.code_of_id[r["area"]]: r for r in asked(alone, "accepted", ("area",), STATISTICS)}
    assert {c: r["value"] for c, r in seen.items()} == {"440100": 510, "440300": None, "440600": None}
    assert all(r["numerator"] is None for r in seen.values() if r["withheld"])
    assert one(alone, "accepted", STATISTICS)["value"] == 510 + 406 + 201
    assert all(r["value"] for r in asked(alone, "accepted", ("area",)))
    foshan = Scope(areas=(int(alone.network.areas.index_of_code["440600"]),))
    assert one(alone, "accepted", STATISTICS, foshan)["value"] is None
    assert one(alone, "accepted", Purpose("statistics", 2), foshan)["value"] == 201
    assert {r["value"] for r in asked(alone, "accepted", ("operator",), STATISTICS)} > {None} - {None}
