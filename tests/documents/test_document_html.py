"""Documents as HTML: whole in one file, readable aloud, printable, nothing in it that runs."""

from __future__ import annotations

import re

import pytest

from tests.documents.reading import read_html
from tests.documents.sample import SAMPLE
from yilu.documents import to_html
from yilu.documents.model import Column, Document, Table

LANGUAGES = ("zh", "en")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_and_nothing_is_fetched(language: str) -> None:
    """No script, link, frame or address; a policy forbids whatever a value might smuggle in."""
    made = to_html(SAMPLE, language).decode()
    page = read_html(made.encode())
    assert page.named("script", "link", "iframe", "img", "object") == []
    assert not re.search(r"\son\w+=|url\((?!#)|(?:src|href)=|@import", made)
    assert "default-src 'none'" in made
    assert re.findall(r"https?://[^\"' ]+", made) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_can_be_read_aloud(language: str) -> None:
    """The language is named; headings go down step by step; tables have captions, columns and rows their heads; the chart is named and told."""
    page = read_html(to_html(SAMPLE, language))
    assert page.named("html") == [{"lang": {"zh": "zh-CN", "en": "en"}[language]}]
    assert [t for t, _ in page.tags if re.fullmatch(r"h\d", t)] == ["h1", "h2", "h3", "h2"]
    assert {a.get("scope") for a in page.named("th")} == {"col", "row"}
    assert len(page.named("caption")) == len(page.tables) - 1, "the chart's own data stand under its caption"
    [chart] = page.named("svg")
    named = str(chart["aria-labelledby"]).split()
    assert chart["role"] == "img" and {a.get("id") for a in page.named("title", "desc")} >= set(named) != set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_and_figures_stand_as_given(language: str) -> None:
    """Cells, signs that HTML means something by, rare Chinese signs and data of the chart come back unchanged; only one language is seen."""
    page = read_html(to_html(SAMPLE, language))
    text = "".join(page.text)
    [cities] = [t for caption, t in page.tables.items() if caption.endswith({"zh": "分市", "en": "Cities"}[language])]
    name = {"zh": ("全省", "深圳市", "龘靐村"), "en": ("Province", "Shenzhen", "Dádá")}[language]
    assert cities[1:] == [[name[0], "1,234"], [name[1], "1,000"], [name[2], "234"]]
    assert {"zh": '<增长>5.0%；"平稳"&有序', "en": '<up> 5.0%; "calm" & orderly'}[language] in text
    assert bool(HAN.search(text)) == (language == "zh")
    assert page.tables[""][1:] == [["8", "5", "1"], ["9", "12,345", "2"], ["10", "0", "4"]]


def test_gravity_is_never_colour_alone() -> None:
    """Each callout says its gravity in a word, and series differ in hatching."""
    made = to_html(SAMPLE, "en").decode()
    assert re.findall(r"<strong>(\w[\w ]*)</strong>", made) == ["In order", "Note", "Attention", "Grave"]
    assert len(set(re.findall(r'<rect[^>]* fill="([^"]+)" stroke', made))) == 2 and "<pattern" in made


def test_columns_are_as_high_as_their_values() -> None:
    """The height of each column over the scale's is its value over the scale's greatest."""
    made = to_html(SAMPLE, "zh").decode()
    bars = re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill="[^"]+" stroke="#[0-9A-F]{6}" stroke-width', made)  # fmt: skip
    heights = [float(h) for _, h in bars]
    assert len({round(float(y) + float(h), 0) for y, h in bars}) == 1, "all stand on one line"
    full = (270 - 34 - 44) / 15000  # the scale of 12,345 ends at 15,000
    assert heights == [pytest.approx(v * full, abs=0.051) for v in (5, 12345, 1, 2, 3.5)]


def test_the_same_bytes_again() -> None:
    """One document makes the same file whenever it is made."""
    assert to_html(SAMPLE, "zh") == to_html(SAMPLE, "zh") != to_html(SAMPLE, "en")


def test_long_addresses_of_pages_may_break() -> None:
    """An address in a cell, longer than its column, has places to break at, and reads the same: else its column would push the table past the page."""
    address = "http://example.org/news/index/view/cateid/37/id/767858.html"
    table = Table("t", (Column("a"), Column("b")), (("1", f"{address} (x)"),))
    document = Document(title="T", subtitle="", issuer="", facts=(), blocks=(table,), as_of=0)
    text = to_html(document, "en").decode()
    assert "/<wbr>index/<wbr>view/<wbr>cateid" in text and f"{address} (x)" in text.replace("<wbr>", "")
