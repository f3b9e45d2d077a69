"""Official statistics: gaps stay gaps, growth as published stays, contradictions are named."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.errors import InputError
from yilu.network import check, load
from yilu.network.schema import GRADES, declared
from yilu.plan import statistics
from yilu.plan.growth import VERDICTS
from yilu.plan.period import period
from yilu.plan.statistics import Series, Statistic, Statistics, Yearly, last_place
from yilu.plan.units import converted, factor, units

GD, NATION = "440000", "CN"


@pytest.fixture(scope="module")
def held() -> Statistics:
    """Guangdong's statistics."""
    return statistics.load("guangdong")


def spoil(folder: Path, row: str) -> tuple[Statistics, list[tuple[int | None, str | None, str]]]:
    """The statistics of a folder with one row more, and its faults."""
    path = folder / "statistics.csv"
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    found, problems = statistics.read(folder, load("guangdong").areas.index_of_code)
    return found, [(p.row, p.column, p.reason) for p in problems]


def test_years_of_the_final_evaluation(held: Statistics) -> None:
    """The figures that the plan is measured by, 2020 and 2025, as published; so 96 % of 480 and 70 % of 4300 stand on rows."""
    volume, revenue = held.yearly("express_volume", GD), held.yearly("express_revenue", GD)
    assert volume.years.tolist() == [2015, 2020, 2021, 2022, 2024, 2025]
    assert volume.values.tolist() == [60.1, 220.8, 294.6, 301.4, 425.0, 460.0]
    assert (volume.values[-1] / 480, revenue.values[-1] / 4300) == pytest.approx((0.958, 0.698), abs=5e-4)
    price = revenue.values[[0, -1]] / volume.values[[1, -1]]
    assert price == pytest.approx([9.88, 6.53], abs=5e-3)
    assert (
        volume.unit == "亿件" and volume.grades[0] == "D" and all(volume.sources) and volume.statuses[-1] == "estimated"
    )


def test_gaps_stay_gaps(held: Statistics) -> None:
    """A year that nobody published has no value and is named; a part of a year and an expectation fill nothing."""
    gaps = {(g.series, g.area): g.years for g in held.gaps(2015, 2025)}
    assert gaps["express_volume", GD] == (2016, 2017, 2018, 2019, 2023)
    assert held.of("express_volume", GD, text="2023-01..2023-11"), "part of 2023 is known, and is not the year"
    assert 466.0 not in held.yearly("express_volume", GD).values
    for (series, area), years in gaps.items():
        assert not set(years) & set(held.yearly(series, area).years.tolist())


def test_reported_stands_before_estimated(held: Statistics) -> None:
    """Of a conference's figure and the bulletin's, the bulletin's is the year's; both stay rows."""
    found = {s.status: s.value for s in held.of("express_volume", NATION, text="2024")}
    assert found == {"reported": 1750.8, "estimated": 1745.0}
    yearly = held.yearly("express_volume", NATION)
    assert yearly.values[yearly.years == 2024] == [1750.8]


def test_published_growth_is_never_recomputed(held: Statistics) -> None:
    """Growth as printed stands beside what levels give, and the two agree as far as printing goes."""
    growth = held.growth("express_volume", GD, "2022")
    assert growth is not None and growth.published == 2.3
    assert growth.recomputed == pytest.approx(100 * (301.4 / 294.6 - 1)) and growth.verdict == "agrees"
    one_sided = held.growth("express_volume", GD, "2024")
    assert one_sided is not None and (one_sided.published, one_sided.recomputed, one_sided.verdict) == (
        19.0,
        None,
        "no_level",
    )
    unpublished = held.growth("express_volume", NATION, "2024")
    assert unpublished is not None and (unpublished.published, unpublished.verdict) == (None, "not_published")
    assert held.growth("express_volume", GD, "2017") is None
    assert {g.verdict for g in held.growths()} <= set(VERDICTS)


def of_two(then: str, now: str, growth: str, **last: str) -> Statistics:
    """Statistics of two levels and a growth between them."""
    series = Series("x", "x", "x", "亿件", "flow", "more", "statistics", (), "", "", "x", "x")
    texts = [("2020", "level", then, "亿件"), ("2021", "level", now, "亿件"), ("2021", "growth_published", growth, "%")]
    rows = tuple(
        Statistic(i, "x", GD, period(p), m, float(v), u, float(last_place(Decimal(v))), last.get("status", "reported") if i == 2 else "reported",
                  last.get("basis", "") if i == 1 else "", "statistics", "A", "x", "")
        for i, (p, m, v, u) in enumerate(texts, 1)
    )  # fmt: skip
    return Statistics(Path(), {"x": series}, rows)


@given(st.floats(1, 1000), st.floats(0.5, 3), st.integers(0, 2))
def test_true_growth_always_agrees(then: float, ratio: float, places: int) -> None:
    """Whatever is true and then rounded for print is found to agree: rounding alone is never called a difference."""
    now, growth = then * ratio, 100 * (ratio - 1)
    found = of_two(f"{then:.{places}f}", f"{now:.{places}f}", f"{growth:.1f}").growth("x", GD, "2021")
    assert found is not None and found.verdict in ("agrees", "no_level")


@given(st.floats(10, 1000), st.floats(0.8, 1.5), st.floats(0.5, 20))
def test_a_revised_base_is_recognised(then: float, ratio: float, revised: float) -> None:
    """Where the base was revised after it was printed, the revision is found as large as it was, and called an explanation within its bound alone."""
    base = then * (1 + revised / 100)
    told = of_two(f"{then:.3f}", f"{base * ratio:.3f}", f"{100 * (ratio - 1):.3f}").growth(
        "x", GD, "2021", revised_percent=5.0
    )
    assert told is not None and told.base_revision == pytest.approx(revised, abs=0.05)
    assert told.verdict == ("revised_base" if told.base_revision <= 5 else "unexplained")


def test_another_basis_is_undecidable() -> None:
    """Levels of another basis, or less final ones, are not compared as if they were the same."""
    for different in ({"basis": "另一口径"}, {"status": "estimated"}):
        found = of_two("100", "150", "10.0", **different).growth("x", GD, "2021")
        assert found is not None and found.verdict == "basis"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("express_volume,440000,2021,level,295.6,亿件,,reported,,,B,x,", "value", "row 20 gives 294.6 亿件 for the same figure"),
        ("express_volume,440000,2021,level,2946000,万件,,reported,,,B,x,", "value", "row 20 gives the same figure"),
        ("express_volume,440000,2021-01..2021-12,level,300,亿件,,reported,,,B,x,", "value", "row 20 gives 294.6 亿件 for the same figure"),
        ("express_volume,440000,2023,level,357,亿元,,reported,,,B,x,", "unit", "can't be converted into 亿件"),
        ("express_volume,440000,2023,level,357,箱,,reported,,,B,x,", "unit", "can't be converted into 亿件"),
        ("no_such,440000,2023,level,357,亿件,,reported,,,B,x,", "series", "names no row"),
        ("express_volume,449999,2023,level,357,亿件,,reported,,,B,x,", "area", "names no row"),
        ("express_volume,440000,2023 年,level,357,亿件,,reported,,,B,x,", "period", "not what is expected"),
        ("express_volume,440000,2023,level,about 357,亿件,,reported,,,B,x,", "value", "not what is expected"),
        ("express_volume,440000,2023,level,357,亿件,-1,reported,,,B,x,", "step", "not what is expected"),
        ("express_volume,440000,2023,level,357,亿件,,reported,,,B,,", "source", "empty"),
        ("express_volume,440000,2023,share,0.25,亿件,,reported,,,B,x,", "unit", "can't be converted into %"),
        ("express_volume,440000,2023,level", None, "4 cells"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_and_the_rest_is_read(folder: Path, row: str, column: str | None, reason: str) -> None:
    """One bad row is named with what is wrong, every other figure stays; of two that contradict each other neither is taken."""
    sound = len(statistics.load("guangdong").rows)
    found, problems = spoil(folder, row)
    assert problems == [(sound + 1, column, reason)]
    assert len(found.rows) == sound - (1 if "for the same figure" in reason else 0)
    with pytest.raises(InputError, match=str(sound + 1)):
        statistics.load(str(folder))


def test_another_status_is_no_contradiction(folder: Path) -> None:
    """The same figure before and after the year was closed stands twice."""
    assert spoil(folder, "express_volume,440000,2021,level,290,亿件,,estimated,,,B,x,")[1] == []


def test_a_province_without_statistics(folder: Path) -> None:
    """Neither file is needed: then there is no figure, no gap, and no fault."""
    for name in ("series", "statistics"):
        (folder / f"{name}.csv").unlink()
    empty = statistics.load(str(folder))
    assert (empty.rows, empty.gaps(), empty.growths()) == ((), (), ())
    assert check(folder) == []
    with pytest.raises(InputError, match="express_volume"):
        empty.yearly("express_volume", GD)


def test_faulty_series_are_named(folder: Path) -> None:
    """A series twice, in no unit, or made of parts that aren't there."""
    path = folder / "series.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines += [lines[1], "y,y,y,箱,flow,more,statistics,,,,x,x", "z,z,z,亿件,flow,more,statistics,nowhere,,,x,x"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, problems = statistics.read(folder, load("guangdong").areas.index_of_code)
    n = len(lines) - 1
    assert {(p.row, p.column, p.reason) for p in problems} == {
        (n - 2, "code", "stands in row 1 already"), (n - 1, "unit", "no such unit"), (n, "parts", "names no row"),
    }  # fmt: skip


def test_figures_of_demand_are_the_same_facts(held: Statistics) -> None:
    """What demand stands on and what is published are one: markets, regions' shares, Jieyang's share, and the balance of a holiday."""
    figures = load("guangdong").figures
    of = {(str(m), str(s)): float(v) for m, s, v in zip(figures.measure, figures.subject, figures.value, strict=True)}
    units_of = {
        (str(m), str(s)): str(u) for m, s, u in zip(figures.measure, figures.subject, figures.unit, strict=True)
    }
    for market in ("same_city", "intercity", "abroad"):
        stated = held.best(market, GD, "2021")
        assert stated is not None and (of["items", market], units_of["items", market]) == (stated.value, stated.unit)
    for region in ("44-PRD", "44-E", "44-W", "44-N"):
        stated = held.best("express_volume", region, "2021", "share")
        assert stated is not None and of["region_share", region] == stated.value
    city, whole = held.yearly("express_volume", "445200"), held.yearly("express_volume", GD)
    assert of["city_share", "445200"] == round(
        100 * city.values[city.years == 2020][0] / whole.values[whole.years == 2020][0], 2
    )
    up, down = (held.best(s, GD, "2023-04-29..2023-05-03") for s in ("picked_up_volume", "delivered_volume"))
    assert up is not None and down is not None and of["balance", GD] == round(up.value / down.value, 2)


def test_parts_add_up_as_published(held: Statistics) -> None:
    """Wherever a total and all its parts of one period were published, they agree within their last places; this holds of six totals at least."""
    seen = 0
    for total in (
        s for s in held.rows if s.measure == "level" and held.series[s.series].parts and s.status == "reported"
    ):
        parts = [held.best(p, total.area, total.period.text) for p in held.series[total.series].parts]
        if all(parts):
            within = total.step / 2 + sum(p.step / 2 for p in parts if p)
            assert abs(total.value - sum(p.value for p in parts if p)) <= within + 1e-9, (total.row, total.series)
            seen += 1
    assert seen >= 6


def test_every_figure_of_the_shared_tables_is_in(held: Statistics, shared_data: Path) -> None:
    """No figure of the collected tables by year was lost: each number that stands there alone stands in a row."""
    columns = {
        "express_volume_100M": "express_volume", "express_revenue_100M_CNY": "express_revenue", "sector_revenue_100M_CNY": "sector_revenue",
        "same_city_100M": "same_city", "intercity_100M": "intercity", "intl_HKMT_100M": "abroad", "delivery_volume_100M": "delivery_volume",
        "delivery_volume_incl_mail_100M": "delivery_volume",
    }  # fmt: skip
    missing = []
    for file, area in (("guangdong_by_year.csv", GD), ("national_by_year.csv", NATION)):
        with open(shared_data / "guangdong" / file, encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                for column, series in columns.items():
                    text = (row.get(column) or "").split(" (")[0]
                    if text.replace(".", "").isdigit() and text not in {f"{s.value:g}" for s in held.of(series, area)} | {
                        f"{s.value:.1f}" for s in held.of(series, area)
                    }:  # fmt: skip
                        missing.append((file, row["year"], column, text))
    # Cross-border mail and express stands in its own series, and not among express.
    assert missing == [("guangdong_by_year.csv", "2015", "intl_HKMT_100M", "3.8")]


def test_purposes_are_kept_apart(held: Statistics) -> None:
    """Complaints, tests of time and surveys are supervision's; what the office publishes as the sector's figures is statistics'."""
    for s in held.rows:
        assert s.purpose == held.series[s.series].purpose
    assert {held.series[c].purpose for c in ("complaint_rate", "rate_72h", "satisfaction_public")} == {"supervision"}
    assert {held.series[c].purpose for c in ("express_volume", "express_revenue", "sector_revenue")} == {"statistics"}


def test_arrays_cant_be_written_to(held: Statistics) -> None:
    """What is asked for twice is the same twice."""
    yearly = held.yearly("express_volume", GD)
    assert (
        isinstance(yearly, Yearly)
        and yearly.years.dtype == np.int64
        and len(yearly.rows) == len(yearly.years) == len(yearly.bases)
    )
    with pytest.raises(ValueError):
        yearly.values[0] = 0


def test_units_convert_exactly() -> None:
    """Decimals as written stay what they are, and what has another dimension can't be converted."""
    assert converted(162195.8, "万件", "亿件") == 16.21958 and converted(294.6, "亿件", "件") == 29_460_000_000.0
    assert converted(3.14, "千万分之", "百万分之") == 0.314
    assert factor("亿件", "亿元") is None and factor("箱", "亿件") is None
    with pytest.raises(ValueError):
        converted(1, "分", "%")
    assert all(u.en and u.factor > 0 for u in units().values())


@pytest.mark.parametrize("table", ["series", "statistics", "returns", "reporting"])
def test_columns_are_described(table: str) -> None:
    """Each column has a meaning in both languages; grades are those of the house."""
    for a in declared("yilu.plan", table):
        assert a.description_zh and a.description_en.endswith("."), a.name
        assert (a.type == "choice") <= bool(a.choices) and (a.type == "reference") <= bool(a.references), a.name
        if a.name == "grade":
            assert a.choices == tuple(GRADES)
