"""The plan of Guangdong as data: every number of the document held, and what its figures say of one another."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from yilu import plan
from yilu.plan import Finding, Plan, statistics
from yilu.plan.covering import gaps

ARABIC = re.compile(r"[0-9]+(?:\.[0-9]+)?")
NUMERALS = "〇零一二三四五六七八九十百千万亿两半"


@pytest.fixture(scope="module")
def guangdong() -> Plan:
    """The plan that yilu ships."""
    return plan.load("guangdong")


@pytest.fixture(scope="module")
def findings(guangdong: Plan) -> list[Finding]:
    """What its figures say of one another."""
    return plan.check(guangdong)


@pytest.fixture(scope="session")
def document(shared_data: Path) -> str:
    """The text of the plan, which lies beside the large inputs; skips where it is not there."""
    found = list((shared_data.parent / "seed").glob("*plan*.md"))
    if not found:
        pytest.skip("the text of the plan is not there: ../shared/seed has no plan")
    return found[0].read_text(encoding="utf-8")


def squeezed(text: str) -> str:
    """The text without blanks, line ends, and marks of headings and bold type."""
    return "".join(c for c in text if not c.isspace() and c not in "#*")


def parted(held: Plan, document: str) -> dict[str, str]:
    """The document's text by section, cut where each section's first words stand."""
    text = squeezed(document)
    for section in held.sections[1:]:
        assert text.count(squeezed(section.begins)) == 1, section.id
        text = text.replace(squeezed(section.begins), "\0" + squeezed(section.begins))
    return dict(zip([s.id for s in held.sections], text.split("\0"), strict=True))


def test_every_number_of_the_document_is_held(guangdong: Plan, document: str) -> None:
    """After the words of the list are struck out of each section, no Arabic digit and no Chinese numeral is left; 176 numbers are in Arabic digits."""
    assert gaps(guangdong, document) == []
    total = 0
    for id, text in parted(guangdong, document).items():
        if guangdong.section(id).apart:
            continue
        total += len(ARABIC.findall(text))
        words = sorted((squeezed(c.quote) for c in guangdong.coverage if c.section in (id, "*")), key=len, reverse=True)
        kept = [True] * len(text)
        for quote in words:
            for hit in re.finditer(f"(?={re.escape(quote)})", text):
                kept[hit.start() : hit.start() + len(quote)] = [False] * len(quote)
        left = [text[max(0, i - 8) : i + 8] for i, c in enumerate(text) if kept[i] and (c.isdigit() or c in NUMERALS)]
        assert left == [], id
    assert total == 176


def test_nothing_is_invented(guangdong: Plan, document: str) -> None:
    """The words of each row stand in its section of the document, letter by letter."""
    texts = parted(guangdong, document)
    rows = [*guangdong.targets, *guangdong.facts, *guangdong.projects, *guangdong.tasks]
    assert [r.code for r in rows if squeezed(r.quote) not in texts[r.section]] == []


def test_figures_are_those_of_their_words(guangdong: Plan) -> None:
    """Every figure in Arabic digits of a row stands in the row's own words, or is said there in Chinese numerals."""
    in_words = {"五分之一": "20", "近一倍": "1", "超过万辆": "1", "超过百万件": "100", "一日达": "1", "两日达": "2", "三日达": "3", "半日达": "0.5",
                "当日达或次日达": "1", "四级": "4", "分别建设电商": "1"}  # fmt: skip
    wrong = []
    for row in (*guangdong.targets, *guangdong.facts, *guangdong.projects):
        figures = [getattr(row, n, None) for n in ("baseline", "target", "target_to", "value", "value_to")]
        known = {*ARABIC.findall(row.quote.replace(",", "")), *(n for w, n in in_words.items() if w in row.quote)}
        wrong += [(row.code, str(f)) for f in figures if f is not None and str(f) not in known]
        growth = getattr(row, "growth", None)
        if growth is not None and str(growth) not in row.quote:
            wrong.append((row.code, str(growth)))
    assert wrong == []


def test_the_list_and_the_rows_name_one_another(guangdong: Plan) -> None:
    """Every row with a number in its words is named by the list, with the same section and words; what the list names so is there."""
    held = {(c.section, squeezed(c.quote), r) for c in guangdong.coverage for r in c.rows}
    tables = {"targets": guangdong.targets, "current_state": guangdong.facts, "projects": guangdong.projects}
    numbered = re.compile(f"[0-9{NUMERALS}]")
    for table, rows in tables.items():
        for row in rows:
            if numbered.search(row.quote):
                assert (row.section, squeezed(row.quote), f"{table}:{row.code}") in held
    assert all(name in guangdong.rows for c in guangdong.coverage for name in c.rows)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("行业支撑消费额 2.2 万亿元", "行业支撑消费额 2.3 万亿元", "not_found"),
        ("行业支撑消费额 2.2 万亿元", "行业支撑消费额 2.2 万亿元，从业 30 万人", "missing"),
        ("## （二）发展形势", "## （二）形势", "no_section"),
        ("进军中国和世界企业 500 强", "进军世界企业 500 强和企业 500 强", "times"),
    ],
)
def test_a_changed_document_is_noticed(guangdong: Plan, document: str, before: str, after: str, reason: str) -> None:
    """Another figure, one more figure, another heading, words twice: the walk names each."""
    assert document.count(before) == 1
    assert reason in {g.reason for g in gaps(guangdong, document.replace(before, after))}


def test_a_row_left_out_of_the_list_is_noticed(guangdong: Plan, document: str) -> None:
    """Without any one row that holds figures, its numbers are missing, unless another row holds the same words."""
    found = [i for i, c in enumerate(guangdong.coverage) if c.holds == "row" and c.section == "1.1"]
    assert len(found) > 40
    for i in found[::7]:
        less = replace(guangdong, coverage=guangdong.coverage[:i] + guangdong.coverage[i + 1 :])
        assert {g.reason for g in gaps(less, document)} == {"missing"}, guangdong.coverage[i].quote


def test_tasks_reach_every_sentence(guangdong: Plan, document: str) -> None:
    """Each sentence of sections 3 to 6 that says what should be done has a task; the rest are headings and the sum of programme 1."""
    texts = parted(guangdong, document)
    bare = []
    for id, text in texts.items():
        quotes = [squeezed(t.quote) for t in guangdong.tasks if t.section == id]
        for sentence in re.findall("[^。]*。", text) if id[0] in "3456" else ():
            # A heading in bold is short, or begins the section; words may run over the end of a sentence.
            at = text.index(sentence)
            spans = [(text.index(q), text.index(q) + len(q)) for q in quotes]
            if not any(start < at + len(sentence) and end > at for start, end in spans):
                bare.append(sentence)
    assert [s for s in bare if len(s) > 20 and not re.match(r"[一二三四五六]、|[（(]", s)] == [
        "基础设施项目计划完成约19个，新增用地约2000亩，预计总投资约150亿元。"
    ]
    assert len(guangdong.tasks) == 254


def of(findings: list[Finding], verdict: str, kind: str) -> set[str]:
    """Subjects of a verdict and a kind."""
    return {f.subject for f in findings if (f.verdict, f.kind) == (verdict, kind)}


def test_the_table_is_confirmed(findings: list[Finding]) -> None:
    """The four growth rates and seven increments of the table of indicators follow from its figures; the fifteenth growth lacks its baseline."""
    assert of(findings, "agrees", "growth") >= {
        "mail_express_volume",
        "express_volume",
        "sector_revenue",
        "express_revenue",
    }
    assert len(of(findings, "agrees", "increment")) == 7
    assert of(findings, "undecidable", "change") == {"accident_rate"}


def test_what_contradicts(findings: list[Finding]) -> None:
    """Volume "over 35 %" against 60.1 to 220.8, cross-border "30 %" against 3.8 to 11.6, and the times within the province; nothing else."""
    found = {(f.kind, f.subject): f for f in findings if f.verdict == "contradicts"}
    assert set(found) == {
        ("growth", "growth_express"), ("growth", "growth_cross_border"), ("same", "time_within_province"),
        ("advance", "time_within_province"),
    }  # fmt: skip
    express, border = found["growth", "growth_express"], found["growth", "growth_cross_border"]
    assert (express.printed, express.computed) == (">35", "29.725")
    assert float(express.computed) == pytest.approx(100 * ((220.8 / 60.1) ** 0.2 - 1), abs=1e-3)
    assert (border.printed, border.computed) == ("30", "25.007")
    assert all(len({p.row for p in f.places}) >= 2 and all(p.quote for p in f.places) for f in found.values())


def test_three_texts_for_the_province(findings: list[Finding]) -> None:
    """One day (1.1), same or next day (2.3), two days (4.7): each pair of places is told."""
    pairs = {frozenset(p.section for p in f.places) for f in findings if f.subject == "time_within_province"}
    assert pairs == {frozenset({"1.1", "2.3"}), frozenset({"1.1", "4.7"}), frozenset({"2.3", "4.7"})}


def test_what_can_not_be_told(findings: list[Finding]) -> None:
    """Points against per cent, the international share's parts, outlets in several scopes, the unit of complaints: undecidable, and why."""
    found = [f for f in findings if f.verdict == "undecidable"]
    why = {(f.kind, f.subject): f.why_en for f in found}
    assert "can't be converted" in why["same", "complaint_satisfaction"]
    assert (
        "bases differ" in why["share", "international_share_express"]
        and "the figures come out" in why["share", "international_share_express"]
    )
    assert "bases differ" in why["share", "international_share_all"]
    assert "per million" in why["practice", "complaint_rate"]
    assert "no bounds" in why["growth", "growth_revenue"]
    outlets = [f for f in found if f.subject == "outlets"]
    assert len(outlets) == 3 and all("口径" in f.why_zh for f in outlets)
    assert "does not state this relation" in why["gap", "growth_above_nation_volume"]
    assert len(found) == 10


def test_the_parts_of_programme_one(guangdong: Plan, findings: list[Finding]) -> None:
    """About 19 projects lie within what the four kinds add up to: 5 to 10, 5 to 6, 3, 5 to 6."""
    (found,) = [f for f in findings if f.subject == "infrastructure_projects"]
    assert (found.verdict, found.computed) == ("agrees", "18–25")


def test_measures_are_there(guangdong: Plan) -> None:
    """What a promise is measured by is in the catalogue or among the official series; the others say what would be needed."""
    series = statistics.load("guangdong").series
    for row in (*guangdong.targets, *guangdong.projects):
        way, _, what = row.measured_by.partition(":")
        if way == "statistic":
            assert what in series, row.code
        if way == "not_yet":
            assert row.needed_zh and row.needed_en, row.code


def test_promises_by_section(guangdong: Plan) -> None:
    """How many quantified promises each section gave: what docs/explain/plan.md says."""
    counts = {
        s.id: (sum(t.section == s.id for t in guangdong.targets), sum(p.section == s.id for p in guangdong.projects))
        for s in guangdong.sections
    }
    assert {s: n for s, n in counts.items() if n != (0, 0)} == {
        "2.3": (19, 0), "T1": (15, 0), "2035": (2, 0), "3.1": (3, 0), "4.3": (1, 0), "4.7": (4, 0), "4.9": (1, 0), "6.1": (1, 0),
        "5.1": (0, 8), "5.2": (0, 5), "5.3": (0, 5), "5.4": (0, 2), "5.5": (0, 4), "5.6": (0, 2), "5.7": (0, 4), "5.8": (0, 2),
    }  # fmt: skip
    assert len([t for t in guangdong.targets if t.counts]) == 38
    assert len(guangdong.facts) == 58
