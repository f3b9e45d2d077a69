"""Whether figures agree, against arithmetic done another way: exact decimals, sampled true values, planted faults."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_folders import FACT, LETTERS, write_plan

from yilu import plan
from yilu.plan.figures import Interval, meant, rounded, statements, with_unit
from yilu.plan.model import Plan

PRINTED = st.decimals(min_value=Decimal("0.1"), max_value=Decimal(10_000), places=1)


def printed(value: Decimal, places: int) -> Decimal:
    """A figure as it is printed with so many decimals."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("figure", "unit", "said"),
    [
        ("1", "个", "1 unit"), ("≤1", "日", "≤1 day"), ("≤2", "日", "≤2 days"), ("1", "分", "1 points of a score"), ("11", "家", "11 enterprises"), ("≥500", "亿件", "≥500 × 10⁸ items"),
        ("6", "万组", "6 × 10⁴ groups"), ("5.3", "%", "5.3 %"), ("7", "", "7"), ("", "个", ""),
    ],
)  # fmt: skip
def test_a_figure_is_said_with_its_unit(figure: str, unit: str, said: str) -> None:
    """One unit is no units, and a power of ten multiplies; Chinese has neither."""
    assert with_unit(figure, unit, False) == said
    assert with_unit(figure, unit, True) == f"{figure} {unit}".strip() * bool(figure)


def test_a_promise_is_said_with_thousands_apart() -> None:
    """It stands beside what was reached, of which thousands are apart; the figure as printed stays as it was printed."""
    held = statements(of_one(target=Decimal(40000)))["targets:t"]
    assert (held.said(True), held.said(False), held.figure) == ("≥40,000 万件", "≥40,000 × 10⁴ items", "≥40000")


def exact_growth(start: Decimal, end: Decimal, years: int) -> Decimal:
    """Growth per year in per cent, to fifty digits."""
    with localcontext() as context:
        context.prec = 50
        return 100 * ((end / start) ** (Decimal(1) / years) - 1)


def of_one(**bent: Any) -> Plan:
    """A plan of one target, in memory."""
    target = plan.Target(
        code="t", zh="甲", en="A", quantity="", unit="万件", basis_zh="", basis_en="", baseline_year=2020, baseline=Decimal(100), target_year=2025,
        target=Decimal(161), target_to=None, comparator="at_least", kind="unstated", growth=None, growth_as="per_year",
        growth_comparator="equals", section="2", item="", quote="甲", places=(), responsible="", measured_by="register:x", needed_zh="",
        needed_en="", same_as="",
    )  # fmt: skip
    return Plan(
        name="p", zh="甲", en="A", from_year=2021, to_year=2025, baseline_year=2020, published="2021-05", source="x", sections=(),
        targets=(replace(target, **bent),), facts=(), programmes=(), tasks=(), coverage=(), relations=(), references=(),
    )  # fmt: skip


@given(PRINTED, PRINTED, st.integers(1, 10), st.integers(0, 2))
def test_growth_that_is_printed_right_is_confirmed(start: Decimal, end: Decimal, years: int, places: int) -> None:
    """The growth of the printed figures, rounded to any digits, is never called a contradiction."""
    growth = printed(exact_growth(start, end, years), places)
    (found,) = plan.check(of_one(baseline=start, target=end, target_year=2020 + years, growth=growth))
    assert (found.kind, found.verdict) == ("growth", "agrees")


@given(PRINTED, PRINTED, st.integers(2, 10), st.floats(-0.5, 0.4999), st.floats(-0.5, 0.4999))
def test_growth_of_the_true_figures_is_confirmed(
    start: Decimal, end: Decimal, years: int, off_start: float, off_end: float
) -> None:
    """Whatever the figures were before rounding, the growth printed from them is not called a contradiction."""
    true_start, true_end = start + Decimal(off_start) / 10, end + Decimal(off_end) / 10
    if true_start <= Decimal("0.05"):
        return
    growth = printed(exact_growth(true_start, true_end, years), 1)
    (found,) = plan.check(of_one(baseline=start, target=end, target_year=2020 + years, growth=growth))
    assert found.verdict == "agrees"


@given(
    st.integers(100, 10_000), st.integers(100, 10_000), st.integers(1, 10), st.sampled_from([Decimal(-2), Decimal(2)])
)
def test_growth_that_is_far_off_is_found(start: int, end: int, years: int, off: Decimal) -> None:
    """A growth more than rounding away contradicts: of figures of three digits and more, two points are always more, on one year scaled."""
    true = exact_growth(Decimal(start), Decimal(end), years)
    widest = exact_growth(Decimal(start) - Decimal("0.5"), Decimal(end) + Decimal("0.5"), years) - exact_growth(
        Decimal(start) + Decimal("0.5"), Decimal(end) - Decimal("0.5"), years
    )
    growth = printed(true + off + (widest if off > 0 else -widest), 1)
    (found,) = plan.check(of_one(baseline=Decimal(start), target=Decimal(end), target_year=2020 + years, growth=growth))
    assert found.verdict == "contradicts"


@given(PRINTED, PRINTED)
def test_increments(start: Decimal, end: Decimal) -> None:
    """The difference of the printed figures agrees; ten more than rounding allows contradicts."""
    (right,) = plan.check(of_one(baseline=start, target=end, growth=end - start, growth_as="increment"))
    (wrong,) = plan.check(of_one(baseline=start, target=end, growth=end - start + 10, growth_as="increment"))
    assert (right.verdict, wrong.verdict) == ("agrees", "contradicts")


def test_increments_of_per_cent_are_percentage_points() -> None:
    """A share that rises from 80 to 100 per cent rises by 20 percentage points, not per cent."""
    (found,) = plan.check(
        of_one(unit="%", baseline=Decimal(80), target=Decimal(100), growth=Decimal(20), growth_as="increment")
    )
    assert (found.unit, found.computed_unit) == ("个百分点", "个百分点")


@pytest.mark.parametrize(
    ("growth", "word", "comparator", "verdict"),
    [
        ("5.0", "above", "at_least", "agrees"),
        ("10.5", "above", "at_least", "contradicts"),
        ("11.0", "below", "at_least", "agrees"),
        ("9.5", "about", "at_least", "agrees"),
        ("10.0", "above", "above", "agrees"),
        ("9.0", "above", "above", "contradicts"),
    ],
)
def test_words_beside_a_growth(growth: str, word: str, comparator: str, verdict: str) -> None:
    """100 to 161 is 10.0 % a year: over 5 % holds, over 10.5 % doesn't; where the target is "over" too, the figures themselves must fit."""
    (found,) = plan.check(of_one(growth=Decimal(growth), growth_comparator=word, comparator=comparator))
    assert found.verdict == verdict


def test_a_change_without_a_baseline_is_undecidable() -> None:
    """What the plan doesn't print can't be computed, and the reason says what is missing."""
    (found,) = plan.check(
        of_one(
            baseline=None, baseline_year=None, target=None, comparator="change", growth=Decimal(-15), growth_as="change"
        )
    )
    assert found.verdict == "undecidable" and "基期值" in found.why_zh and "baseline" in found.why_en


@given(PRINTED, st.floats(-0.4999, 0.4999))
def test_rounding_holds_what_was_rounded(value: Decimal, off: float) -> None:
    """Every figure that prints as this one lies within."""
    held = rounded(value)
    assert held.low <= float(value) + off / 10 <= held.high
    assert held.high - held.low == pytest.approx(0.1)


def test_words_beside_a_figure() -> None:
    """超 opens upwards, 低于 downwards, 约 within a tenth; a range goes to its upper end; an integer is rounded to one."""
    assert meant(Decimal(35), None, "above") == Interval(35, float("inf"))
    assert meant(Decimal(2), None, "below") == Interval(float("-inf"), 2)
    assert meant(Decimal(30), None, "about") == Interval(27, 33)
    assert meant(Decimal(5), Decimal(6), "between") == Interval(4.5, 6.5)
    assert meant(Decimal(480), None, "equals") == Interval(479.5, 480.5)


RELATION = {"code": "r", "kind": "growth", "result": "current_state:g", "of": "current_state:a;current_state:b"}
START = FACT | {"code": "a", "year": 2015, "value": "100", "unit": "万件"}
END = FACT | {"code": "b", "year": 2020, "value": "2000000", "unit": "件"}
GROWTH = FACT | {"code": "g", "from_year": 2016, "value": "14.9", "unit": "%/年"}


@pytest.mark.parametrize(
    ("growth", "start", "relation", "verdict"),
    [
        ({}, {}, {}, "agrees"),
        ({"value": "15.4"}, {}, {}, "contradicts"),
        ({"value": "15.4"}, {}, {"stated": "no"}, "undecidable"),
        ({"value": "20", "comparator": "above"}, {}, {}, "contradicts"),
        ({"value": "14", "comparator": "above"}, {}, {}, "agrees"),
        ({"value": "14.87", "comparator": "above"}, {}, {}, "undecidable"),
        ({"value": "15", "comparator": "about"}, {}, {}, "agrees"),
        ({"value": "17", "comparator": "about"}, {}, {}, "undecidable"),
        ({"value": "22", "comparator": "about"}, {}, {}, "contradicts"),
        ({}, {"unit": "万人"}, {}, "undecidable"),
        ({}, {"year": 2020}, {}, "undecidable"),
        ({}, {"year": 2021}, {}, "undecidable"),
        ({}, {"value": "0"}, {}, "undecidable"),
        ({"basis_zh": "甲"}, {"basis_zh": "甲"}, {}, "agrees"),
    ],
)  # fmt: skip
def test_growth_between_facts(
    tmp_path: Path, growth: dict[str, Any], start: dict[str, Any], relation: dict[str, Any], verdict: str
) -> None:
    """1 to 2 million in five years is 14.87 % a year, across units: against figures, open ranges, about, what isn't stated, units that differ."""
    folder = write_plan(
        tmp_path, targets=(LETTERS | {"growth": "", "growth_as": ""},), relations=(RELATION | relation,),
        current_state=(START | start, END, GROWTH | growth),
    )  # fmt: skip
    (found,) = plan.check(plan.load(folder))
    assert (found.verdict, found.kind) == (verdict, "growth")
    assert {p.row for p in found.places} >= {"current_state:a", "current_state:b"}


def test_gap_between_growths(tmp_path: Path) -> None:
    """14.87 % a year is 4.87 points above 10 % a year, and not 6 above."""
    slow = [FACT | {"code": "c", "year": 2015, "value": "1000"}, FACT | {"code": "d", "year": 2020, "value": "1611"}]
    bare = LETTERS | {"growth": "", "growth_as": ""}
    relation = RELATION | {"kind": "gap", "of": "current_state:a;current_state:b;current_state:c;current_state:d"}
    for value, verdict in (("4.9", "agrees"), ("6.0", "contradicts")):
        facts = (START, END, *slow, GROWTH | {"value": value, "unit": "个百分点/年"})
        folder = write_plan(tmp_path / value, targets=(bare,), relations=(relation,), current_state=facts)
        (found,) = plan.check(plan.load(folder))
        assert (found.verdict, found.computed_unit) == (verdict, "个百分点/年")
        assert float(found.computed) == pytest.approx(100 * (2**0.2 - 1.611**0.2), abs=1e-3)


def test_bases_that_differ_are_undecidable(tmp_path: Path) -> None:
    """A share whose parts have different bases is undecidable even where its figures come out, and says which bases."""
    part = FACT | {"code": "a", "value": "25", "basis_zh": "邮件", "basis_en": "mail"}
    whole = FACT | {"code": "b", "value": "100", "basis_zh": "快件", "basis_en": "express"}
    share = FACT | {"code": "g", "value": "25", "unit": "%"}
    relation = RELATION | {"kind": "share"}
    bare = LETTERS | {"growth": "", "growth_as": ""}
    (found,) = plan.check(
        plan.load(
            write_plan(tmp_path / "a", targets=(bare,), relations=(relation,), current_state=(part, whole, share))
        )
    )
    assert found.verdict == "undecidable" and "邮件" in found.why_zh and "express" in found.why_en
    like = whole | {"basis_zh": "邮件"}
    (found,) = plan.check(
        plan.load(write_plan(tmp_path / "b", targets=(bare,), relations=(relation,), current_state=(part, like, share)))
    )
    assert found.verdict == "agrees"


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        ({}, "agrees"),
        ({"value": "1001000"}, "agrees"),
        ({"value": "1006000"}, "contradicts"),
        ({"value": "1006000", "basis_zh": "甲"}, "agrees"),
        ({"unit": "分", "value": "100"}, "undecidable"),
    ],
)
def test_one_quantity_in_two_places(tmp_path: Path, fact: dict[str, Any], verdict: str) -> None:
    """100 万件 beside 1000000 件: equal across units, a little more within rounding, more than that not, unless a basis explains it."""
    target = LETTERS | {
        "quantity": "letters",
        "growth": "",
        "growth_as": "",
        "basis_zh": "乙" if "basis_zh" in fact else "",
    }
    fact = FACT | {"quantity": "letters"} | fact
    (found,) = plan.check(plan.load(write_plan(tmp_path, targets=(target,), current_state=(fact,))))
    expected = "undecidable" if "basis_zh" in fact else verdict
    assert (found.kind, found.verdict) == ("same", expected)
    assert {p.row for p in found.places} == {"targets:letters@baseline", "current_state:letters_now"}


@pytest.mark.parametrize(
    ("comparator", "reached", "verdict"),
    [("at_least", "160", None), ("at_least", "161", "agrees"), ("at_least", "170", "contradicts"), ("at_most", "150", "contradicts"), ("equals", "170", None)],
)  # fmt: skip
def test_a_promise_behind_what_is_reached(tmp_path: Path, comparator: str, reached: str, verdict: str | None) -> None:
    """A promise of less than is reached contradicts, one of as much is told as no advance, one of more is no finding."""
    target = LETTERS | {
        "quantity": "q",
        "comparator": comparator,
        "baseline": "",
        "baseline_year": "",
        "growth": "",
        "growth_as": "",
    }
    fact = FACT | {"quantity": "q", "unit": "万件", "value": reached}
    found = plan.check(plan.load(write_plan(tmp_path, targets=(target,), current_state=(fact,))))
    assert [(f.kind, f.verdict) for f in found] == ([] if verdict is None else [("advance", verdict)])


def test_a_target_said_again(tmp_path: Path) -> None:
    """A row that says a target again is compared with it without any further word, in whatever unit it is said."""
    bare = LETTERS | {"growth": "", "growth_as": ""}
    again = bare | {
        "code": "again",
        "same_as": "letters",
        "unit": "件",
        "target": "1610000",
        "baseline": "",
        "baseline_year": "",
    }
    (found,) = plan.check(plan.load(write_plan(tmp_path / "a", targets=(bare, again))))
    assert (found.kind, found.verdict) == ("same", "agrees")
    (found,) = plan.check(plan.load(write_plan(tmp_path / "b", targets=(bare, again | {"target": "1700000"}))))
    assert (found.kind, found.verdict) == ("same", "contradicts")


def test_sums_of_ranges_and_counts_of_places(tmp_path: Path) -> None:
    """1 to 2 in each of three places and 5 to 6 more make 8 to 12; four named places are four."""
    projects = [
        {"code": "a", "value": "1", "value_to": "2", "comparator": "each", "places": "甲;乙;丙"},
        {"code": "b", "value": "5", "value_to": "6", "comparator": "between", "places": "甲;乙;丙;丁"},
        {"code": "all", "value": "12", "comparator": "equals"},
        {"code": "more", "value": "13", "comparator": "equals"},
        {"code": "four", "value": "4", "comparator": "equals", "places": "甲;乙;丙;丁"},
    ]
    same = {
        "programme": "p",
        "zh": "甲",
        "en": "A",
        "kind": "works",
        "unit": "个",
        "due": 2025,
        "section": "2",
        "quote": "甲",
        "measured_by": "register:x",
    }
    programme = {"code": "p", "zh": "甲", "en": "A", "section": "2", "due": 2025, "aim_zh": "甲", "aim_en": "A"}
    relations = [
        {"code": "1", "kind": "sum", "result": "projects:all", "of": "projects:a;projects:b"},
        {"code": "2", "kind": "sum", "result": "projects:more", "of": "projects:a;projects:b"},
        {"code": "3", "kind": "count", "result": "projects:four", "of": "projects:four"},
        {"code": "4", "kind": "count", "result": "projects:four", "of": "projects:a"},
    ]
    bare = LETTERS | {"growth": "", "growth_as": ""}
    folder = write_plan(
        tmp_path, targets=(bare,), programmes=(programme,), projects=[p | same for p in projects], relations=relations
    )
    found = {f.subject: f for f in plan.check(plan.load(folder))}
    assert {s: f.verdict for s, f in found.items()} == {
        "1": "agrees",
        "2": "contradicts",
        "3": "agrees",
        "4": "contradicts",
    }
    assert found["1"].computed == "8–12"
