"""Official statistics as series, and the page of the back-test that is made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.forecast import DUE, areas, every, measure, middle, page
from yilu.plan import load as load_plan
from yilu.plan.forecast import Trajectory
from yilu.plan.forecast.of_statistics import cut, kind_of_figures, name_of, of_statistics, paths_of
from yilu.plan.statistics import load


def test_figures_become_series() -> None:
    """Levels of whole years as they are, gaps included; the nation's series stands beside the province's of the same indicator; a rank is no quantity; a target goes to its series alone."""
    held = load("guangdong")
    province, nation = areas()
    path = Trajectory("volume", 2020, 220.8, 2025, 480)
    found = {s.id: s for s in of_statistics(held, nation, {("express_volume", province): path})}
    s, yearly = found[name_of("express_volume", province)], held.yearly("express_volume", province)
    assert s.times.tolist() == yearly.years.tolist() and s.values.tolist() == yearly.values.tolist()
    assert len(s.times) < s.last - s.times[0] + 1, "gaps stay gaps"
    assert s.covariate is found[name_of("express_volume", nation)] and s.covariate.covariate is None
    assert [x.id for x in found.values() if x.path] == [s.id]
    assert not any("rank" in id for id in found)


def test_kinds_of_figures() -> None:
    """A flow grows, a stock is counted, a per cent is bounded, yuan an item is a rate."""
    held = load("guangdong").series
    kinds = {c: kind_of_figures(held[c]) for c in ("express_revenue", "lockers", "rate_72h", "universal_satisfaction", "express_unit_price", "express_volume_rank")}  # fmt: skip
    assert list(kinds.values()) == ["volume", "count", "share", "points", "rate", ""]


def test_cut_series_know_nothing_later() -> None:
    """As of a year: no later figure, of the nation neither; what begins later is not there."""
    whole, _ = every()
    then = cut(whole, 2021)
    assert all(s.last <= 2021 and (s.covariate is None or s.covariate.times.max(initial=0) <= 2021) for s in then)
    assert len(then) < len(whole)


def test_the_middle_of_the_plan() -> None:
    """With figures to the end of 2022 alone, express revenue is flagged at risk by far, its outcome of 2025 lies inside the 80 % interval, and so does that of express volume, whichever way they were off."""
    said = {r["series"]: r for r in middle(*every())}
    assert said["express_revenue"]["at_risk"] and said["express_revenue"]["chance"] < 0.25
    assert said["express_revenue"]["inside80"] and said["express_volume"]["inside80"]
    assert all(r["last"] <= 2022 < DUE for r in said.values())
    assert not any(r["met"] for r in said.values())


def test_the_figures_of_the_command() -> None:
    """What `./do bench forecast --json` prints: every ratio with its cases, the chosen method against drift and against both of the plan's, coverage by horizon."""
    figures = measure(quick=True)
    volumes = next(g for g in figures["groups"] if g["kind"] == "volume")
    chosen = next(s for s in volumes["scores"] if s["method"] == "chosen")
    assert chosen["cases"] >= 30 and chosen["plan_cases"] >= 5
    assert 0 < chosen["to_drift"] < 1 and chosen["to_path"] > 0 and chosen["to_growth"] > 0
    assert {c["horizon"] for c in volumes["coverage"] if c["method"] == "chosen"} >= {0, 1, 2, 3}


def test_page_of_the_back_test_is_what_the_code_gives(root: Path) -> None:
    """A changed method, figure or target without its page fails; `./do bench forecast --write` makes it again."""
    written = (root / "docs" / "explain" / "back-test.md").read_text(encoding="utf-8")
    assert written == page(), "run: ./do bench forecast --write"


def test_targets_become_paths() -> None:
    """Targets that official statistics measure have a path in the unit of the series, the complaint rate per million instead of per ten million; a repeated one counts once. What can't be drawn is named, and the rest is there."""
    plan, held, (province, _) = load_plan("guangdong"), load("guangdong"), areas()
    paths, without = paths_of(plan, held, province)
    assert not without
    rate = paths["effective_complaint_rate", province]
    assert (rate.baseline, rate.target, rate.comparator) == (pytest.approx(0.314), pytest.approx(0.2), "below")
    volume = paths["express_volume", province]
    assert (volume.since, volume.baseline, volume.due, volume.target) == (2020, 220.8, 2025, 480)
    faulty = {
        "express_volume": {"unit": "亩"},
        "lockers": {"target_year": 2019},
        "sector_revenue": {"measured_by": "statistic:none"},
    }
    targets = tuple(replace(t, **faulty.get(t.code, {})) for t in plan.targets)
    fewer, named = paths_of(replace(plan, targets=targets), held, province)
    assert set(named) == set(faulty) and "亩" in named["express_volume"][1] and "not after" in named["lockers"][1]
    assert set(paths) - set(fewer) == {(c, province) for c in ("express_volume", "lockers", "sector_revenue")}
