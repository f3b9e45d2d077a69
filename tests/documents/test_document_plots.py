"""Charts of lines and of lying bars: in a page and in Word, told apart without colour, nothing drawn that isn't there."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.documents.reading import C, read_html, read_word
from tests.documents.sample import SAMPLE
from yilu.documents import Bars, Line, Lines, Text, to_html, to_word

LINES = Lines(
    Text("走势", "Trend"), Text("年", "year"), Text("亿件", "10⁸ items"), ("2020", "2021", "2022", "2023"),
    (
        Line(Text("实际", "Actual"), (10.0, 20.0, None, 40.0)), Line(Text("规划", "Plan"), (10.0, 20.0, 30.0, 39.0), "dashed"),
        Line(Text("预测", "Forecast"), (None, None, None, 41.0), "dotted"), Line(Text("早停", "Ended"), (5.0, 6.0, None, None)),
    ),
    Text("到2023年", "Up to 2023"), places=1,
)  # fmt: skip
BARS = Bars(
    Text("分解", "Parts"), Text("因素", "part"), Text("亿元", "10⁸ yuan"), (Text("量", "items"), Text("价", "price"), Text("合计", "in all")), (1886.7, -1067.2, 819.5),
    Text("合计增加", "More in all"), mark=(1000.0, Text("目标", "target")),
)  # fmt: skip
DOCUMENT = replace(SAMPLE, blocks=(LINES, BARS))


def test_lines_stand_where_their_values_are() -> None:
    """Heights follow values on the scale from 0 to 50; a gap is not drawn across; what was promised is dashed, a lone forecast has a marker and no line."""
    made = to_html(DOCUMENT, "en").decode()
    drawn = re.findall(r'<polyline points="([^"]+)"[^>]*stroke="#(\w+)"[^>]*?(?:stroke-dasharray="([^"]+)")?/>', made)
    runs = [[tuple(map(float, p.split(","))) for p in points.split()] for points, _, _ in drawn]
    assert [len(r) for r in runs] == [2, 4, 2], "2023 stands alone beyond the gap of 2022"
    assert [bool(dash) for _, _, dash in drawn] == [False, True, False]
    top, bottom = 28, 290 - 44
    for run, values in zip(runs, ((10, 20), (10, 20, 30, 39), (5, 6)), strict=True):
        for (_, y), value in zip(run, values, strict=True):
            assert y == pytest.approx(bottom - (bottom - top) * value / 50, abs=0.06)
    assert len(re.findall(r"<circle", made)) == 3 and "Z" in made


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_line_is_named_at_its_end(language: str) -> None:
    """Names with their last figures, no two on one another; nothing of the other language."""
    made = to_html(DOCUMENT, language).decode()
    names = {"zh": ("实际 40.0", "规划 39.0", "预测 41.0", "早停 6.0"), "en": ("Actual 40.0", "Plan 39.0", "Forecast 41.0", "Ended 6.0")}[language]  # fmt: skip
    at = {n: float(re.search(rf'y="([\d.]+)"[^>]*>{re.escape(n)}<', made)[1]) for n in names}  # type: ignore[index]
    heights = sorted(at[n] for n in names[:3])
    assert min(b - a for a, b in pairwise(heights)) >= 13.9
    assert ("Actual" in made) == (language == "en")


def test_bars_are_as_long_as_their_values() -> None:
    """Lengths go as values; a negative one lies to the left of the line at 0 and is hatched; each figure stands beside its bar."""
    made = to_html(DOCUMENT, "zh").decode()
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="20.0" fill="([^"]+)"', made)
    lengths = [float(w) for _, w, _ in bars]
    assert lengths[0] / lengths[1] == pytest.approx(1886.7 / 1067.2, rel=1e-3)
    assert lengths[2] / lengths[1] == pytest.approx(819.5 / 1067.2, rel=1e-3)
    zero = float(bars[0][0])
    assert float(bars[1][0]) + lengths[1] == pytest.approx(zero, abs=0.11)
    assert [fill.startswith("url(") for _, _, fill in bars] == [False, True, False]
    assert all(f">{text}<" in made for text in ("1,886.7", "−1,067.2", "819.5", "目标"))
    page = read_html(made.encode())
    assert [row for t in page.tables.values() for row in t if row[0] == "价"] == [["价", "−1,067.2"]]


def test_word_holds_the_same_values() -> None:
    """Values, names, dashes and patterns stand in the parts; a gap has no point; both charts have different markers for each line."""
    file = read_word(to_word(DOCUMENT, "en"))
    lines, bars = (ElementTree.fromstring(file.parts[f"word/charts/chart{n}.xml"]) for n in (1, 2))
    series = list(lines.iter(f"{C}ser"))
    points = [[(p.get("idx"), p.findtext(f"{C}v")) for p in s.findall(f"{C}val/{C}numLit/{C}pt")] for s in series]
    assert points[0] == [("0", "10"), ("1", "20"), ("3", "40")] and points[2] == [("3", "41")]
    symbols = [s.find(f"{C}marker/{C}symbol").get("val") for s in series]  # type: ignore[union-attr]
    assert len(set(symbols)) == 4
    assert file.parts["word/charts/chart1.xml"].count(b'prstDash val="dash"') == 1
    places = [s.find(f"{C}dLbls/{C}dLbl/{C}dLblPos").get("val") for s in series]  # type: ignore[union-attr]
    assert len(set(places[:3])) == 3, "figures that end together don't lie on one another"
    values = [v.text for v in bars.findall(f".//{C}val/{C}numLit/{C}pt/{C}v")]
    assert values == ["1886.7", "-1067.2", "819.5"]
    assert [p.find(f"{C}idx").get("val") for p in bars.iter(f"{C}dPt")] == ["1"]  # type: ignore[union-attr]


def test_what_can_not_be_drawn() -> None:
    """Lines of another length, a negative value on a line, an unknown dash, bars without their names."""
    with pytest.raises(ValueError, match="3 values, 4"):
        replace(LINES, lines=(Line("x", (1.0, 2.0, 3.0)),))
    with pytest.raises(ValueError, match="negative"):
        replace(LINES, lines=(Line("x", (1.0, -2.0, None, 3.0)),))
    with pytest.raises(ValueError, match="dash"):
        Line("x", (1.0,), "wavy")
    with pytest.raises(ValueError, match="2 values, 3"):
        replace(BARS, values=(1.0, 2.0))


def test_pictures_are_counted_together() -> None:
    """Lines and bars are figures 1 and 2 of one count."""
    text = "".join(read_html(to_html(DOCUMENT, "en")).text)
    assert "Figure 1 · Trend" in text and "Figure 2 · Parts" in text
