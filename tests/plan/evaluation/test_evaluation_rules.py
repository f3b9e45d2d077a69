"""Rules of an evaluation as data: defaults, what a plan folder sets, what can't be; sums and programmes by them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.plan.evaluation.made_evaluations import RULES, one, sources
from tests.plan.made_statistics import plan_of, series_of, statistics_of, target_of
from yilu.errors import InputError
from yilu.plan.evaluation import evaluate, rules_of
from yilu.plan.model import Programme, Progress, Project, Task

D = Decimal


def own(folder: Path, text: str):  # type: ignore[no-untyped-def]
    """The rules of a folder with this evaluation.toml."""
    (folder / "evaluation.toml").write_text(text, encoding="utf-8")
    return rules_of(folder)


def test_defaults_are_marked_as_assumptions() -> None:
    """The plan gives no bounds: every default is of grade S and says so in both languages."""
    for bounds in RULES.tables.values():
        assert bounds.grade == "S" and bounds.source.zh and bounds.source.en
    assert RULES.set_here == ()


def test_a_folder_sets_its_own(tmp_path: Path) -> None:
    """What a plan folder sets changes the verdict and is told as its own; all else stays."""
    mine = own(tmp_path, '[nearly]\ngrade = "D"\nsource_zh = "规划六(二)"\nsource_en = "plan 6.2"\nvolume = 10\n')
    assert (one({2025: "55"}).verdict, one({2025: "55"}, rules=mine).verdict) == ("behind", "nearly")
    assert mine.set_here == ("nearly.volume",) and mine.nearly.grade == "D" and mine.nearly["share"] == 1.0
    assert mine.proposals == RULES.proposals


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[near]\nvolume = 5", "near"), ("[nearly]\nvolumes = 5", "nearly, volumes"), ('[nearly]\nvolume = "5"', "nearly, volume"), ("[nearly]\nvolume = -1", "nearly, volume"),
        ("[nearly]\nvolume = 30", "nearly, volume"), ("[chance]\nexpected = 60", "chance, expected"), ("[chance]\nexpected = 0.3", "chance, expected"),
        ("[weights]\nbinding = 0\nexpected = 0\nunstated = 0", "weights"), ('[nearly]\ngrade = "Z"', "nearly, grade"), ("[nearly]\nvolume = true", "nearly, volume"),
        ('[[proposal]]\nid = "x"\nzh = "甲"\nen = "a"', "proposal 1"), ('[[proposal]]\nid = "x"\nzh = "甲"\nen = "a"\nverdicts = ["bad"]', "proposal 1, verdicts"),
        ('[[proposal]]\nid = "x"\nzh = "甲"\nverdicts = ["hard"]', "proposal 1, en"), ("proposal = 3", "proposal"), ("nearly = 3", "nearly"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_named(tmp_path: Path, text: str, key: str) -> None:
    """File, key and what was expected, for each rule that can't hold."""
    with pytest.raises(InputError) as raised:
        own(tmp_path, text)
    assert raised.value.file == "evaluation.toml" and raised.value.column == key and raised.value.expected


def test_no_toml(tmp_path: Path) -> None:
    """A broken file is named, not passed over."""
    with pytest.raises(InputError):
        own(tmp_path, "[nearly\n")


def test_sums_by_hand() -> None:
    """Weights 2 and 1: (2 × 100 + 1 × 50) ÷ 3 of those judged; what can't be judged has weight and no points; sections add up to the whole."""
    plan = plan_of(
        target_of("a", "亿件", "statistic:a", kind="binding"), target_of("b", "亿件", "statistic:b", kind="expected", section="2"),
        target_of("c", "亿件", "statistic:c", kind="expected", section="2"),
    )  # fmt: skip
    held = statistics_of(
        {
            series_of("a", "亿件"): {2025: "60"},
            series_of("b", "亿件"): {2025: "54"},
            series_of("c", "亿件"): {2024: "60"},
        }
    )
    e = evaluate(sources(plan, held), "final", 2025)
    assert [j.verdict for j in e.targets] == ["expected", "behind", "unmeasurable"]
    whole, first, second = e.sums
    assert (whole.weight, whole.measured) == (4, 3) and whole.score == pytest.approx(250 / 3)
    assert (first.section, first.score, second.score, second.measured, second.weight) == ("1", 100, 50, 1, 2)
    assert sum(s.weight for s in e.sums[1:]) == whole.weight


def project(code: str, measured_by: str, kind: str = "works", **more: object) -> Project:
    """A quantity of 20 of the programme p."""
    plain = {
        "code": code, "programme": "p", "zh": code, "en": code, "kind": kind, "quantity": "", "unit": "个", "basis_zh": "", "basis_en": "", "value": D(20), "value_to": None,
        "comparator": "equals", "places": (), "open": False, "due": 2025, "section": "1", "quote": code, "measured_by": measured_by, "needed_zh": "", "needed_en": "",
    }  # fmt: skip
    return Project(**plain | more)  # type: ignore[arg-type]


def programme_of(shares: tuple[str | None, ...], *projects: Project):  # type: ignore[no-untyped-def]
    """A plan with one programme whose tasks have this progress at the end of 2022 (None: none)."""
    tasks = tuple(
        Task(
            code=f"1-{i}", section="1", zh="任务", en="Task", quote="", programme="p", lead="", partners=(), evidence="works", due=2025,
            progress=() if share is None else (Progress(task=f"1-{i}", quarter="2022Q4", share=D(share), evidence_zh="", evidence_en=""),),
        )
        for i, share in enumerate(shares)
    )  # fmt: skip
    made = Programme(code="p", zh="工程", en="Programme", section="1", due=2025, lead="", partners=(), aim_zh="", aim_en="", projects=projects)  # fmt: skip
    return replace(plan_of(), programmes=(made,), tasks=tasks)


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        (("40", "40"), "expected"), (("39", "39"), "nearly"), (("33", "33"), "behind"), (("10", "20"), "hard"), (("100", "100"), "ahead"), (("100", None), "unmeasurable"),
        ((None, None), "unmeasurable"), ((), "unmeasurable"),
    ],
)  # fmt: skip
def test_programmes_by_their_tasks(shares: tuple[str | None, ...], verdict: str) -> None:
    """Two of five years are over: 40 % is even progress; where too few tasks tell of any, nothing can be said, and it says how many do."""
    [work] = evaluate(sources(programme_of(shares), statistics_of({})), "yearly", 2022).works
    assert work.verdict == verdict and work.expected == 40
    if verdict == "unmeasurable":
        assert f"{sum(s is not None for s in shares)} of {len(shares)} tasks" in work.reason.en


def test_progress_of_later_quarters_is_not_known() -> None:
    """A quarter of 2022 says nothing to the evaluation of 2021."""
    [work] = evaluate(sources(programme_of(("40", "40")), statistics_of({})), "yearly", 2021).works
    assert work.ledger.told == 0


def test_quantities_of_programmes() -> None:
    """More than was to be built is no failure; so many in each of the places count together; a standard is not measured by a total."""
    held = statistics_of({series_of("centres", "个", "stock"): {2025: "19000"}})
    plan = programme_of(
        (), project("more", "statistic:centres"), project("each", "statistic:centres", comparator="each", places=("甲", "乙")),
        project("standard", "statistic:centres", "standard", value=D(1), value_to=D(2), comparator="between"), project("plain", "register:x", value=None),
    )  # fmt: skip
    [work] = evaluate(sources(plan, held), "final", 2025).works
    more, each, standard, plain = work.projects
    assert more.verdict == "expected" and each.promise.wanted == 40
    assert standard.verdict == "unmeasurable" and standard.completion is None and standard.actual is not None
    assert plain.verdict == "unmeasurable" and "no quantity" in plain.reasons[0].en


def test_proposals_follow_from_rules_alone() -> None:
    """Each proposal has a rule that its targets meet; a plan that is kept in all has none."""
    plan = plan_of(target_of("a", "亿件", "statistic:a"), target_of("b", "个", "register:b"))
    low, kept = (statistics_of({series_of("a", "亿件"): {2025: x}}) for x in ("40", "60"))
    e = evaluate(sources(plan, low), "final", 2025)
    assert [(p.rule, p.rows) for p in e.proposals] == [("hard", ("targets:a",)), ("register", ("targets:b",))]
    assert "指标a" in e.proposals[0].words.zh and "Indicator b" in e.proposals[1].words.en
    assert evaluate(sources(plan_of(plan.targets[0]), kept), "final", 2025).proposals == ()


def test_causes_by_class_where_all_is_known() -> None:
    """Where items and revenue of every class are known at both ends, mix is told from price; parts add up, with what belongs to no items."""
    price = replace(series_of("p", "元/件", "ratio"), numerator="r", denominator="v")
    classes = [replace(series_of(f"p{k}", "元/件", "ratio"), numerator=f"r{k}", denominator=f"v{k}") for k in "ab"]
    held = statistics_of({
        replace(series_of("v", "亿件"), parts=("va", "vb")): {2020: "10", 2025: "20"}, replace(series_of("r", "亿元"), parts=("ra", "rb", "rest")): {2020: "101", 2025: "122"},
        series_of("va", "亿件"): {2020: "5", 2025: "18"}, series_of("vb", "亿件"): {2020: "5", 2025: "2"},
        series_of("ra", "亿元"): {2020: "25", 2025: "90"}, series_of("rb", "亿元"): {2020: "75", 2025: "30"}, price: {}, classes[0]: {}, classes[1]: {},
    })  # fmt: skip
    plan = plan_of(target_of("r", "亿元", "statistic:r", baseline=D(101), target=D(300)))
    [cause] = evaluate(sources(plan, held), "final", 2025).causes
    parts = cause.change.parts
    assert sum(parts.values()) == pytest.approx(21, abs=1e-9)
    assert parts["price"] == pytest.approx(0, abs=1e-9), "each class kept its 5 and 15 yuan"
    assert parts["mix"] < 0 < parts["volume"] and parts["other"] == pytest.approx(1)
    assert cause.shortfall is None and cause.promised_price is None, "items are promised nowhere"
