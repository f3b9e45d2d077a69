"""The report: its chapters, its references, both languages, what it says of estimates, twins and faults."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.documents.reading import Page, read_html, read_word
from tests.plan.evaluation.made_evaluations import guangdong
from yilu.documents import Text, to_html, to_word
from yilu.documents.model import Document
from yilu.network import Problem
from yilu.plan.evaluation import Observed, evaluate
from yilu.plan.evaluation.report import document

HAN = re.compile(r"[\u4e00-\u9fff]")
REFERENCE = re.compile(r"(?<![A-Za-z0-9])[STJROM]\d+(?![A-Za-z0-9])")


def report(kind: str = "final", year: int = 2025) -> Document:
    """Guangdong's report."""
    return document(evaluate(guangdong(), kind, year), Text("广东省", "Guangdong"))


def table(page: Page, ends: str) -> list[list[str]]:
    """The rows of the table with this caption."""
    return next(t for caption, t in page.tables.items() if caption.endswith(ends))


@pytest.mark.parametrize("kind", ["final", "mid_term"])
def test_every_reference_has_its_row(kind: str) -> None:
    """Whatever stands as S12 or T2 anywhere in the report is a row of annex 1, with file, figure, grade and source; and each row there names a row of its file."""
    made = to_html(report(kind, {"final": 2025, "mid_term": 2022}[kind]), "zh")
    page = read_html(made)
    rows = table(page, "编号所指的行")[1:]
    held = {r[0]: r for r in rows}
    before = page.text[: next(i for i, piece in enumerate(page.text) if piece.endswith("编号所指的行"))]
    used = {code for piece in before for code in REFERENCE.findall(piece)}
    assert len(used) > 25 and used <= set(held)
    files = {"S": "statistics.csv", "T": "targets.csv", "R": "references.csv", "J": "projects.csv"}
    for code, file, what, figure, grade, source in rows:
        assert file == f"{files[code[0]]} {code[1:]}" and what and figure and grade in "ABCDXMS" and source, code
    express = held["S49"] if kind == "final" else held["S31"]
    assert express[3] == ("460亿件" if kind == "final" else "301.4亿件")


def test_references_are_those_of_the_file() -> None:
    """S49 of the report is row 49 of statistics.csv: read by other means, its series, value and source are the same."""
    import csv

    from yilu.network import folder_of

    with (folder_of("guangdong") / "statistics.csv").open(encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    page = read_html(to_html(report(), "zh"))
    for code, _, what, figure, grade, source in table(page, "编号所指的行")[1:]:
        if code.startswith("S"):
            row = lines[int(code[1:]) - 1]
            assert float(re.sub(r"[^\d.]", "", figure.split(row["unit"])[0])) == abs(float(row["value"]))
            assert grade == row["grade"] and row["period"] in what
            assert re.sub(r"\W", "", source)[:20] == re.sub(r"\W", "", row["source"])[:20]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_chapters_in_order(language: str) -> None:
    """The outline of an evaluation, in Word and in the page; numbered headings; four annexes."""
    file = read_word(to_word(report(), language))
    chapters = [t for s, t in file.paragraphs if s == "Heading1"]
    assert chapters == {
        "zh": ["一、总体情况", "二、主要指标完成情况", "三、主要任务落实情况", "四、重大工程进展情况", "五、存在的问题及原因", "六、对策建议", "七、附件"],
        "en": ["1. Overall", "2. Main indicators", "3. Main tasks", "4. Major programmes", "5. Problems and causes", "6. Proposals", "7. Annexes"],
    }[language]  # fmt: skip
    page = read_html(to_html(report(), language))
    assert len([t for t, _ in page.tags if t == "h2"]) == 7
    assert sum("附件" in t or "Annex " in t for s, t in file.paragraphs if s == "Heading2") == 4


def test_english_report_is_in_english() -> None:
    """Chinese stands in the English report only where the source itself is Chinese: in the annex's sources, and in the plan's own title."""
    page = read_html(to_html(report(), "en"))
    for caption, grid in page.tables.items():
        for row in grid:
            for cell in row[: -1 if "references name" in caption else None]:
                assert not HAN.search(cell), (caption, cell)
    text = "".join(page.text).split("Annex 1")[0]
    text = text.replace("广东省邮政业发展“十四五”规划(二〇二一年九月)", "")
    assert not HAN.search(text), HAN.search(text)


def test_what_2025_says() -> None:
    """The sentences and cells that an office reads first: shares of the target, per cent below, percentage points of growth, revenue per item, the parts with their sum."""
    page = read_html(to_html(report(), "zh"))
    text = "".join(page.text)
    for words in (
        "快递业务收入3,002亿元[S51]，为目标≥4,300亿元[T4]的69.8%，难以完成", "快递业务量460亿件[S49]，为目标≥480亿件[T2]的95.8%，基本达到", "年均增速比规划低7.9个百分点",
        "快递单价由9.88元变为6.53元[S6][S5][S51][S49]", "业务量增加+1,886.7、每件收入下降−1,067.2", "主要原因是每件收入下降", "所用为预计数，不是年报数",
    ):  # fmt: skip
        assert words in text, words
    assert "个百分点" not in "".join(table(page, "公布数与推算数")[0]), "growth is per cent, not points"
    growth = {(r[0], r[1]): r[2:4] for r in table(page, "公布数与推算数")[1:]}
    assert growth["快递业务量", "2024"] == ["19.0%", "–"] and growth["快递业务量", "2025"] == ["–", "8.2%"]
    assert "得分不代表规划整体" in text, "five of 38 targets don't speak for a plan"


def test_printed_parts_add_up() -> None:
    """Parts as they are printed add up to the change as it is printed, to the last place."""
    page = read_html(to_html(report(), "zh"))
    grids = [g for g in page.tables.values() if g and g[0][0] == "因素"]
    for grid in grids:
        values = [float(r[1].replace(",", "").replace("−", "-")) for r in grid[1:]]
        assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.101)


def test_mid_term_shows_path_and_chance() -> None:
    """Path, forecast with its interval, chance, method, how many years it stands on, and both verdicts."""
    page = read_html(to_html(report("mid_term", 2022), "zh"))
    rows = {r[0]: r for r in table(page, "进度与预测")[1:]}
    revenue = rows["快递业务收入（亿元）"]
    assert revenue[1] == "2,862.6" and revenue[5] == "16%" and revenue[8:] == ["滞后", "滞后"]
    assert "2023" not in "".join(r[1] for r in table(page, "公布数与推算数")[1:])


def test_a_twins_figures_say_so() -> None:
    """What the twin made is shown with its basis and grade S, is nowhere called official, and no verdict stands on it."""
    seen = {"checks_rate": Observed("checks_rate", 0.97, 2025, 1, 365, Text("事件", "items"), True)}
    e = evaluate(replace(guangdong(), observed=seen), "final", 2025)
    for language, words in (("zh", "孪生合成数据，不是真实数据"), ("en", "made up by the twin, not real")):
        page = read_html(to_html(document(e, Text("广东省", "Guangdong")), language))
        assert words in "".join(page.text)
        [row] = [r for r in table(page, {"zh": "编号所指的行", "en": "Rows that references name"}[language])[1:] if r[0] == "M1"]  # fmt: skip
        assert row[4] == "S"


def test_faults_stand_in_the_report() -> None:
    """Rows that were left out are listed with file, row, column, value, what is wrong and what was expected, and told of on the first page."""
    problem = Problem("statistics.csv", 7, "value", "470", "row 3 gives 460 亿件 for the same figure", "one value")
    page = read_html(to_html(document(evaluate(guangdong(), "final", 2025), Text("广东省", "Guangdong"), [problem]), "zh"))  # fmt: skip
    assert table(page, "未采用的行")[1][:4] == ["statistics.csv", "7", "value", "470"]
    assert "1处问题" in "".join(page.text)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    """One file without scripts; addresses stand in it as text alone."""
    made = to_html(report(), "zh").decode()
    page = read_html(made.encode())
    assert page.named("script", "link", "iframe", "img", "object", "a") == []
    assert not re.search(r"\son\w+=|url\((?!#)|(?:src|href)=|@import", made)
