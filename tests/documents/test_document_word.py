"""Documents as Word files: opened by another reader, real styles, heads that repeat, both scripts' fonts, charts as parts."""

from __future__ import annotations

import re
import time
import zipfile
from io import BytesIO

import docx
import pytest

from tests.documents.reading import C, W, read_word
from tests.documents.sample import SAMPLE
from yilu.documents import to_word

HAN = re.compile(r"[\u4e00-\u9fff]")
LANGUAGES = ("zh", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_hold_what_was_given(language: str) -> None:
    """Cells in their rows; the head is marked to be repeated on each page, no row breaks over pages; rare Chinese signs survive."""
    file = read_word(to_word(SAMPLE, language))
    [(caption, grid)] = file.tables.items()
    assert caption == {"zh": "表1 分市", "en": "Table 1 · Cities"}[language]
    assert (
        grid
        == {
            "zh": [["城市", "收寄量（件）"], ["全省", "1,234"], ["深圳市", "1,000"], ["龘靐村", "234"]],
            "en": [["City", "Accepted (items)"], ["Province", "1,234"], ["Shenzhen", "1,000"], ["Dádá", "234"]],
        }[language]
    )
    rows = list(file.tree("word/document.xml").iter(f"{W}tr"))
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True, False, False, False]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    styles = {c.get(f"{W}val") for c in file.tree("word/document.xml").iter(f"{W}pStyle")}
    assert {"Cell", "CellNumber"} <= styles, "figures stand to the right by their style"


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_is_in_styles_and_one_language(language: str) -> None:
    """Every paragraph has a style of its own name, headings are numbered as the language does, and nothing of the other language is seen."""
    file = read_word(to_word(SAMPLE, language))
    assert [t for s, t in file.paragraphs if s == "Heading1"] == {"zh": ["一、总体情况", "二、图"], "en": ["1. Overview", "2. Chart"]}[language]  # fmt: skip
    assert {"Issuer", "Title", "Subtitle", "Facts", "Heading2", "BodyText", "Caption", "FigureCaption", "Basis"} <= {s for s, _ in file.paragraphs}  # fmt: skip
    assert [s for s, _ in file.paragraphs if s in ("", "Normal")] == []
    text = "".join(t for _, t in file.paragraphs)
    assert bool(HAN.search(text)) == (language == "zh")
    assert {"zh": "收寄1,234件，<增长>5.0%；", "en": "Items 1,234, <up> 5.0%;"}[language] in text


def test_both_scripts_have_their_fonts() -> None:
    """Every style in use names a font for Chinese, and none takes it from a theme, which may have none."""
    file = read_word(to_word(SAMPLE, "zh"))
    used = {s for s, _ in file.paragraphs} | {"Cell", "CellNumber", "Footer"}
    for style in file.tree("word/styles.xml").iter(f"{W}style"):
        if style.get(f"{W}styleId") in used:
            fonts = style.find(f"{W}rPr/{W}rFonts")
            assert fonts is not None and HAN.search(fonts.get(f"{W}eastAsia", "")), style.get(f"{W}styleId")
            assert [k for k in fonts.attrib if k.endswith("Theme")] == []
    language = file.tree("word/styles.xml").find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert language is not None and language.get(f"{W}eastAsia") == "zh-CN"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chart_is_a_part_with_its_data(language: str) -> None:
    """Word draws it: values, categories and names stand in the part, series differ in pattern, and the picture is told in words."""
    file = read_word(to_word(SAMPLE, language))
    chart = file.tree("word/charts/chart1.xml")
    series = list(chart.iter(f"{C}ser"))
    values = [[float(v.text or "") for v in s.findall(f"{C}val/{C}numLit/{C}pt/{C}v")] for s in series]
    assert values == [[5.0, 12345.0, 0.0], [1.0, 2.0, 3.5]]
    assert [v.text for v in series[0].findall(f"{C}cat/{C}strLit/{C}pt/{C}v")] == ["8", "9", "10"]
    assert [s.findtext(f"{C}tx/{C}v") for s in series] == {"zh": ["收寄", "投递"], "en": ["Accepted", "Delivered"]}[language]  # fmt: skip
    assert b"pattFill" in file.parts["word/charts/chart1.xml"]
    assert b'ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"' in file.parts["[Content_Types].xml"]  # fmt: skip
    assert {"zh": "高峰在9时", "en": "Peak at 9"}[language].encode() in file.parts["word/document.xml"]


def test_another_reader_opens_it() -> None:
    """The library reads back what was written: title, author, A4, the page's number in the foot."""
    opened = docx.Document(BytesIO(to_word(SAMPLE, "zh")))
    own = opened.core_properties
    assert own.title.startswith("值班日报") and own.author == "监测值班" and own.language == "zh-CN"
    page = opened.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    assert "PAGE" in page.footer._element.xml


def test_the_same_bytes_at_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock goes into the file: not into its properties, not into the archive."""
    first = to_word(SAMPLE, "zh")
    later = time.localtime(time.time() + 10**7)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    assert to_word(SAMPLE, "zh") == first
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert b"2025-06-05T00:20:00Z" in read_word(first).parts["docProps/core.xml"].replace(b"+00:00", b"Z")
