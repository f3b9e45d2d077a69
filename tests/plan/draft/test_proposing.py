"""Proposals: their chances, their order, their bounds; what a draft refuses."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_statistics import NATION, PROVINCE, plan_of, series_of, statistics_of, target_of
from scipy import stats

from yilu.errors import InputError, YiluError
from yilu.network import load as load_network
from yilu.plan import load
from yilu.plan import statistics as official
from yilu.plan.draft import AMBITIONS, Draft, ambitions_of, draft
from yilu.plan.forecast.kinds import EDGE
from yilu.plan.prospects import areas_of

KINDS = {"%": "ratio", "分": "ratio", "百万分之": "ratio", "个": "stock", "亿件": "flow"}
BOUNDED = ("%", "分")


def guangdong(choose: str = "even") -> Draft:
    """Guangdong's next plan."""
    area, nation = areas_of(load_network("guangdong"))
    return draft(load("guangdong"), official.load("guangdong"), area, nation, 2025, 2030, choose=choose)


def on_scale(value: float, bounded: bool) -> float:
    """Logarithm, or log-odds of 0 to 100."""
    x = float(np.clip(value, EDGE, 100 - EDGE))
    return float(np.log(x / (100 - x)) if bounded else np.log(value))


def test_chances_are_those_of_the_band() -> None:
    """The chance of each proposal follows from what the draft itself writes down: median and 95 % end of the band, Student's t of 2 degrees and one for each year of errors."""
    made = guangdong()
    assert len(made.drafted) == 6
    for d in made.drafted:
        b = d.basis
        degrees = 2 + (b.error_years or 0)
        middle, high = (on_scale(float(v), b.unit in BOUNDED) for v in (b.middle, b.high95))
        scale = (high - middle) / stats.t.ppf(0.975, degrees)
        for p in d.proposals:
            expected = 100 * stats.t.sf((on_scale(float(p.value), b.unit in BOUNDED) - middle) / scale, degrees)
            assert float(p.chance) == pytest.approx(expected, abs=0.3), (d.basis.target, p.ambition)


def test_proposals_are_met_as_often_as_their_names_say() -> None:
    """80, 50 and 20 per cent within what rounding may move, but where a value was raised to its part; the growth is that from the baseline."""
    for d in guangdong().drafted:
        for p, a in zip(d.proposals, AMBITIONS, strict=True):
            if "raised" not in p.note_en:
                assert float(p.chance) == pytest.approx(100 * a.chance, abs=2.1)
            if p.growth_as == "per_year":
                grown = float(d.baseline.value) * (1 + float(p.growth) / 100) ** (2030 - d.baseline.year)
                assert grown == pytest.approx(float(p.value), rel=0.005)
            else:
                added = float(d.baseline.value) + float(p.growth) * (2030 - d.baseline.year)
                assert added == pytest.approx(float(p.value), rel=0.005)


def test_a_whole_promises_no_less_than_its_part() -> None:
    """Mail and express is not below express with the 8 beside it of 2025, though its own forecast is; the note says so."""
    by = {d.basis.target: d for d in guangdong().drafted}
    for whole, part in zip(by["mail_express_volume"].proposals, by["express_volume"].proposals, strict=True):
        assert whole.value >= part.value + 8 and "raised" in whole.note_en and "提高" in whole.note_zh


def test_chances_that_rest_on_nothing_say_so() -> None:
    """Lockers and outlets, two figures and no error each, are proposed with the warning; express, with errors of five years, without."""
    notes = {d.basis.target: {p.note_en for p in d.proposals} for d in guangdong().drafted}
    assert all("assumed error alone" in n for c in ("lockers", "end_outlets") for n in notes[c])
    assert notes["express_volume"] == {""}


def test_what_has_no_data_is_a_gap() -> None:
    """Every target that counts is drafted or a gap with what would be needed; the last known figure stands with it."""
    made = guangdong()
    codes = {t.code for t in load("guangdong").targets if t.counts}
    gaps = {g.code: g for g in made.gaps}
    assert codes == {d.basis.target for d in made.drafted} | set(gaps)
    assert all(g.why_zh and g.why_en and g.needed_zh and g.needed_en for g in made.gaps)
    assert (gaps["universal_satisfaction"].year, gaps["universal_satisfaction"].value) == (2020, Decimal("83.7"))
    assert "2020" in gaps["universal_satisfaction"].why_zh and gaps["green_centres"].value is None


def test_the_baseline_is_the_last_official_figure() -> None:
    """With its row, grade and source, in the unit of the target: 64000 groups of lockers are 6.4 of ten thousand."""
    by = {d.basis.target: d.basis for d in guangdong().drafted}
    held = {s.row: s for s in official.load("guangdong").rows}
    for b in by.values():
        row = held[b.row]
        assert (row.series, row.area, row.period.text, row.grade, row.source) == (b.series, b.area, str(b.year), b.grade, b.source)  # fmt: skip
    assert (by["lockers"].value, by["lockers"].unit, held[by["lockers"].row].unit) == (Decimal("6.4"), "万组", "组")
    assert (by["express_volume"].year, str(by["express_volume"].value)) == (2025, "460")


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, dict[int, str], str]:
    """A unit, some years' figures that it can have, and how its target is meant."""
    unit = draw(st.sampled_from(list(KINDS)))
    years = sorted(draw(st.sets(st.integers(2015, 2024), min_size=1, max_size=7)) | {2025})
    most = 100.0 if unit in BOUNDED else 1e6
    figures = st.integers(0 if unit != "亿件" else 1, 100_000).map(lambda n: n / 100_000 * most)
    levels = {y: f"{max(draw(figures), 0.01 if unit == '亿件' else 0):.{0 if unit == '个' else 2}f}" for y in years}
    return unit, levels, draw(st.sampled_from(["at_least", "above", "at_most", "below", "equals"]))


@settings(max_examples=60, deadline=None)
@given(histories())
def test_order_and_bounds(made: tuple[str, dict[int, str], str]) -> None:
    """Whatever the history: cautious asks no more than even, even no more than ambitious, the other way round where less is better; the chance falls; nothing leaves its bounds; what is counted is whole."""
    unit, levels, comparator = made
    less = comparator in ("at_most", "below")
    s = series_of("one", unit, KINDS[unit], "less" if less else "more")
    target = target_of("one", unit, "statistic:one", comparator=comparator)
    found = draft(plan_of(target), statistics_of({s: levels}), PROVINCE, NATION, 2025, 2030)
    (d,) = found.drafted
    values, chances = [p.value for p in d.proposals], [p.chance for p in d.proposals]
    assert values == sorted(values, reverse=less) and chances == sorted(chances, reverse=True)
    assert all(0 <= v <= 100 for v in values) if unit in BOUNDED else all(v > 0 for v in values)
    assert unit != "个" or all(v == v.to_integral_value() for v in values)
    assert d.comparator == ("at_least" if comparator == "equals" else comparator)
    b = d.basis
    assert b.low95 <= b.low80 <= b.middle <= b.high80 <= b.high95


def test_nothing_later_enters() -> None:
    """A figure after the baseline year changes nothing of the draft."""
    s = series_of("one", "亿件")
    target = target_of("one", "亿件", "statistic:one")
    levels = {2018: "10", 2020: "12", 2022: "15", 2023: "16"}
    before, after = (
        draft(plan_of(target), statistics_of({s: levels | more}), PROVINCE, NATION, 2023, 2030).drafted
        for more in ({}, {2024: "90", 2025: "900"})
    )
    assert [(d.basis, d.proposals) for d in before] == [(d.basis, d.proposals) for d in after]


@pytest.mark.parametrize(
    ("since", "to", "kind", "said"),
    [(2025, 2025, YiluError, "not after --from"), (2025, 2020, YiluError, "not after --from"), (2027, 2030, InputError, "up to 2025"), (2010, 2015, InputError, "level of 2010")],
)  # fmt: skip
def test_years_that_can_not_be(since: int, to: int, kind: type[YiluError], said: str) -> None:
    """A last year that isn't later, and a baseline year without any official figure, are refused with the next step."""
    area, nation = areas_of(load_network("guangdong"))
    with pytest.raises(kind) as refused:
        draft(load("guangdong"), official.load("guangdong"), area, nation, since, to)
    assert said in f"{refused.value.message} {refused.value.next_step}" and refused.value.next_step


@pytest.mark.parametrize("chances", ["80,50", "80;50;20", "20,50,80", "100,50,20", "80,50,0", "80,80,20", "a,b,c", ""])
def test_chances_that_can_not_be(chances: str) -> None:
    """Three falling numbers between 0 and 100, nothing else."""
    with pytest.raises(YiluError) as refused:
        ambitions_of(chances)
    assert refused.value.exit_code == 2 and "80,50,20" in refused.value.next_step
    assert [a.chance for a in ambitions_of("90,60,10")] == [0.9, 0.6, 0.1]
