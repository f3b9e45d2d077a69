"""Verdicts on single promises: comparators, units, years, what is missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plan.evaluation.made_evaluations import RULES, one, sources
from tests.plan.made_statistics import plan_of, series_of, statistics_of, target_of
from yilu.documents import Text
from yilu.plan.evaluation import Observed, evaluate
from yilu.plan.evaluation.rules import MEASURED
from yilu.plan.model import Outcome, Reference, Relation

D = Decimal


@pytest.mark.parametrize(
    ("came", "verdict"), [("60", "expected"), ("61", "expected"), ("57", "nearly"), ("56.9", "behind"), ("48", "behind"), ("47.9", "hard")],
)  # fmt: skip
def test_bounds_of_a_volume(came: str, verdict: str) -> None:
    """A volume of 60: met from 60 on, nearly down to 5 % short, behind down to 20 %."""
    assert one({2025: came}).verdict == verdict


@pytest.mark.parametrize(
    ("unit", "of", "came", "target", "verdict"),
    [
        ("%", "ratio", "99", "100", "nearly"), ("%", "ratio", "95.0", "100", "behind"), ("%", "ratio", "94.9", "100", "hard"), ("%", "ratio", "100", "100", "expected"),
        ("分", "ratio", "84.5", "85", "nearly"), ("分", "ratio", "84.4", "85", "behind"), ("分", "ratio", "82.9", "85", "hard"),
    ],
)  # fmt: skip
def test_bounds_of_what_is_bounded(unit: str, of: str, came: str, target: str, verdict: str) -> None:
    """Shares are short in percentage points and scores in points: 94.9 % of 100 % is 5.1 points short, not 5 % of anything."""
    assert one({2025: came}, unit=unit, of=of, target=D(target), baseline=D(80)).verdict == verdict


@pytest.mark.parametrize(
    ("comparator", "came", "verdict", "completion"),
    [
        ("at_most", "2", "expected", 100), ("below", "2", "nearly", 100), ("below", "1.99", "expected", 100.5025), ("at_most", "2.05", "nearly", 97.561),
        ("at_most", "2.5", "hard", 80), ("above", "2", "nearly", 100), ("at_least", "2", "expected", 100), ("equals", "2.01", "nearly", 100.5),
        ("equals", "2", "expected", 100), ("about", "1.81", "expected", 90.5), ("about", "2.19", "expected", 109.5), ("about", "2.3", "nearly", 115), ("about", "1.5", "behind", 75),
    ],
)  # fmt: skip
def test_comparators(comparator: str, came: str, verdict: str, completion: float) -> None:
    """What is to fall is measured the other way round, "over" and "below" leave the figure itself out, "about" reaches a tenth either way."""
    j = one({2025: came}, unit="千万分之", of="ratio", target=D(2), baseline=D(3), comparator=comparator)
    assert j.verdict == verdict
    assert j.completion == pytest.approx(completion, abs=0.01)


def test_all_and_nearly_all() -> None:
    """All is 100 %; nearly all is what the rules say, and both say that it was read so."""
    whole, most = (one({2025: "96"}, unit="%", of="ratio", target=None, comparator=c, baseline=None, baseline_year=None) for c in ("all", "nearly_all"))  # fmt: skip
    assert (whole.verdict, most.verdict) == ("behind", "expected")
    assert any("100%" in r.zh for r in whole.reasons) and any("95" in r.en for r in most.reasons)


def test_a_range() -> None:
    """Between 5 and 6: from 5 on it is met, beyond 6 it is said."""
    assert one({2025: "5"}, unit="个", of="stock", target=D(5), target_to=D(6), comparator="between", baseline=D(1)).verdict == "expected"  # fmt: skip
    beyond = one({2025: "7"}, unit="个", of="stock", target=D(5), target_to=D(6), comparator="between", baseline=D(1))
    assert beyond.verdict == "expected" and any("beyond" in r.en for r in beyond.reasons)


def test_a_change_needs_its_baseline() -> None:
    """A promised −15 % is measured from its baseline; without one it can't be judged, and the baseline is what it lacks."""
    with_one = one({2025: "84"}, unit="个", of="stock", target=None, comparator="change", growth=D(-15), growth_as="change", baseline=D(100))  # fmt: skip
    assert with_one.verdict == "expected" and with_one.promise.wanted == 85
    without = one({2025: "84"}, target=None, comparator="change", growth=D(-15), growth_as="change", baseline=None)
    assert without.verdict == "unmeasurable" and "baseline" in without.reasons[0].en


def test_units_are_converted() -> None:
    """A target of 5,000 万件 is held against 0.6 亿件 as 6,000 万件."""
    j = evaluate(
        sources(plan_of(target_of("s", "万件", "statistic:s", target=D(5000), baseline=D(4000))), statistics_of({series_of("s", "亿件"): {2025: "0.6"}})), "final", 2025
    ).targets[0]  # fmt: skip
    assert j.verdict == "expected" and j.actual is not None and j.actual.value == pytest.approx(6000)


def test_a_unit_that_can_not_be_converted() -> None:
    """It is said with both units, and the target next to it is judged all the same."""
    plan = plan_of(target_of("s", "日", "statistic:s"), target_of("t", "亿件", "statistic:s"))
    a, b = evaluate(sources(plan, statistics_of({series_of("s", "亿件"): {2025: "60"}})), "final", 2025).targets
    assert a.verdict == "unmeasurable" and "亿件" in a.reasons[0].zh and "日" in a.reasons[0].zh
    assert b.verdict == "expected"


def test_ahead_only_where_an_earlier_year_met_it() -> None:
    """Met in 2023 already is ahead, met in 2025 alone as expected; met in 2023 and lost again is what 2025 says."""
    assert one({2023: "60", 2025: "62"}).verdict == "ahead"
    assert one({2023: "59", 2025: "62"}).verdict == "expected"
    assert one({2023: "60", 2025: "58"}).verdict == "nearly"


def test_final_needs_the_due_year() -> None:
    """Without the due year's figure there is no verdict, but the latest figure is shown with its year."""
    j = one({2021: "52", 2023: "70"})
    assert j.verdict == "unmeasurable" and j.actual is not None and j.actual.year == 2023
    assert "2025" in j.reasons[0].zh and j.lacks == "statistic"


def test_yearly_stands_on_the_year_and_its_path() -> None:
    """In 2022 the path of 50 to 60 is 53.78 (equal growth): 54 is as expected, 53 nearly; 2023 without a figure has no verdict."""
    assert one({2022: "54"}, "yearly", 2022).verdict == "expected"
    near = one({2022: "53"}, "yearly", 2022)
    assert near.verdict == "nearly" and near.path == pytest.approx(50 * 1.2**0.4)
    assert one({2022: "54"}, "yearly", 2023).verdict == "unmeasurable"
    assert one({2022: "61"}, "yearly", 2022).verdict == "ahead"


def test_yearly_without_a_baseline() -> None:
    """No baseline, no path: not measurable before the due year, and a baseline is what it lacks; in the due year the target speaks."""
    early = one({2022: "54"}, "yearly", 2022, baseline=None, baseline_year=None)
    assert early.verdict == "unmeasurable" and early.lacks == "baseline"
    assert one({2025: "54"}, "yearly", 2025, baseline=None, baseline_year=None).verdict == "behind"


def test_mid_term_takes_the_worse_of_path_and_chance() -> None:
    """The verdict is never better than what the path says, nor than what the chance says, and each is shown."""
    for figures in ({2019: "45", 2020: "50", 2021: "52", 2022: "54"}, {2019: "60", 2020: "50", 2021: "49", 2022: "53.9"}, {2021: "41", 2022: "50"}):  # fmt: skip
        j = one(figures, "mid_term", 2022)
        assert j.ahead is not None and j.ahead.chance is not None
        assert j.by_chance == RULES.of_chance(j.ahead.chance)
        assert MEASURED.index(j.verdict) == max(MEASURED.index(j.by_path), MEASURED.index(j.by_chance))


def test_mid_term_takes_the_latest_year_there_is() -> None:
    """2022 is missing: 2021 is judged against the path of 2021, and its year stands beside it; a lone figure is judged by the path."""
    j = one({2021: "52"}, "mid_term", 2022)
    assert j.actual is not None and j.actual.year == 2021 and j.path == pytest.approx(50 * 1.2**0.2)
    assert j.ahead is None and j.verdict == "expected" and any("path alone" in r.en for r in j.reasons)


@given(st.lists(st.floats(1, 200), min_size=2, max_size=2), st.sampled_from(["at_least", "at_most"]))
def test_better_is_never_judged_worse(came: list[float], comparator: str) -> None:
    """Of two outcomes the better one never has the worse verdict, whichever way is better."""
    low, high = sorted(f"{x:.2f}" for x in came) if float(min(came)) else ("1", "2")
    if float(low) > float(high):
        low, high = high, low
    worse, better = (low, high) if comparator == "at_least" else (high, low)
    a, b = (one({2025: x}, comparator=comparator) for x in (worse, better))
    assert MEASURED.index(b.verdict) <= MEASURED.index(a.verdict)


def test_estimates_and_rounding_are_said() -> None:
    """An outcome that is rounded across the target is told so, and so is one that is no closed figure."""
    j = one({2025: "60"}, target=D("60.2"))
    assert any("rounded reaches" in r.en for r in j.reasons)
    held = statistics_of({series_of("s", "亿件"): {2025: "60"}})
    held = replace(held, rows=tuple(replace(r, status="estimated") for r in held.rows))
    [k] = evaluate(sources(plan_of(target_of("s", "亿件", "statistic:s")), held), "final", 2025).targets
    assert any("estimated" in r.en for r in k.reasons)


def test_registers_speak_through_outcomes() -> None:
    """What an office enters for a register is judged, with its own grade and reference; later years stay unseen."""
    plan = plan_of(target_of("zones", "个", "register:zones", target=D(3), baseline=None, baseline_year=None))
    outcome = Outcome(row="targets:zones", year=2025, value=D(2), unit="个", basis_zh="", basis_en="", grade="A", source="名录3号")  # fmt: skip
    told = sources(replace(plan, outcomes=(outcome,)), statistics_of({}))
    [j] = evaluate(told, "final", 2025).targets
    assert j.verdict == "hard" and j.refs == ("T1", "O1") and j.actual is not None and j.actual.grade == "A"
    assert evaluate(told, "yearly", 2024).targets[0].actual is None
    [empty] = evaluate(sources(plan, statistics_of({})), "final", 2025).targets
    assert empty.verdict == "unmeasurable" and empty.lacks == "register"


def test_a_ratio_follows_from_its_parts() -> None:
    """Items a head from the volume's outcome over the reference's inhabitants, in whatever units both are: computed, so of grade X, and not official."""
    people = Reference(code="people", zh="人口", en="People", quantity="", unit="万人", basis_zh="", basis_en="", area="", year=2020, value=D(1000), grade="A", source="made up")  # fmt: skip
    relation = Relation(code="r", kind="ratio", result="targets:head", of=("targets:s", "references:people"), stated=False, note_zh="", note_en="")  # fmt: skip
    plan = plan_of(target_of("s", "亿件", "statistic:s"), target_of("head", "件/人", "indicator:items_per_head", target=D(500)))  # fmt: skip
    made = replace(plan, references=(people,), relations=(relation,))
    _, j = evaluate(sources(made, statistics_of({series_of("s", "亿件"): {2025: "60"}})), "final", 2025).targets
    assert j.actual is not None and j.actual.value == pytest.approx(60e8 / 1e7)
    assert (j.verdict, j.actual.grade, j.actual.official, j.refs) == ("expected", "X", False, ("T2", "S1", "R1"))


def observed(days: int, twin: bool, value: float = 0.99) -> dict[str, Observed]:
    """The rate of the three checks in a store."""
    return {"checks_rate": Observed("checks_rate", value, 2025, days, 365, Text("事件", "items"), twin)}


def test_a_store_is_never_official() -> None:
    """A whole year of events gives a verdict on the monitoring basis; less than that is shown and not judged; the twin's never is, and says what it is."""
    plan = plan_of(target_of("checks", "%", "indicator:checks_rate", target=None, comparator="all", baseline=None, baseline_year=None))  # fmt: skip

    def judged(seen: dict[str, Observed]):  # type: ignore[no-untyped-def]
        return evaluate(sources(plan, statistics_of({}), seen), "final", 2025).targets[0]

    whole, few, made_up = judged(observed(360, False)), judged(observed(7, False)), judged(observed(360, True))
    assert whole.verdict == "nearly" and not whole.actual.official and "不是官方统计" in whole.actual.basis.zh
    assert few.verdict == "unmeasurable" and "7" in few.reasons[0].en and few.actual.value == pytest.approx(99)
    assert made_up.verdict == "unmeasurable" and "twin" in made_up.reasons[0].en and made_up.actual.grade == "S"
    assert "孪生" in made_up.actual.basis.zh


def test_a_rate_is_no_time() -> None:
    """A share on time can't be held against a promise in days: said, and shown beside it."""
    plan = plan_of(target_of("day", "日", "indicator:checks_rate", target=D(1), comparator="at_most", baseline=None, baseline_year=None))  # fmt: skip
    [j] = evaluate(sources(plan, statistics_of({}), observed(365, False)), "final", 2025).targets
    assert j.verdict == "unmeasurable" and "日" in j.reasons[0].zh and j.actual is not None and j.completion is None
