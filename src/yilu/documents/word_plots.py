"""Lines and lying bars as DrawingML (ECMA-376 part 1, 21.2), for a chart part of a Word file."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape

from yilu.documents.model import Bars, Line, Lines, Words, said
from yilu.documents.scale import decimals, ticks
from yilu.documents.svg import COLOURS

_DASHES = {"solid": "solid", "dashed": "dash", "dotted": "sysDot"}
_MARKERS = ("circle", "square", "triangle", "diamond", "x")
_PLACES = {1: "r", 2: "tb", 3: "trb", 4: "trlb"}
"""Where the last figures of lines that end together stand: to the right, above, below, to the left; from the highest down."""
_GRID = '<c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="C9D1D9"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>'
_QUIET = '<c:majorTickMark val="none"/><c:minorTickMark val="none"/>'


def plot(chart: Lines | Bars, language: str, title: Callable[[Words, str], str]) -> str:
    """The plot with its axes; ``title`` writes the title of an axis."""
    return _lines(chart, language, title) if isinstance(chart, Lines) else _bars(chart, language, title)


def _lines(chart: Lines, language: str, title: Callable[[Words, str], str]) -> str:
    marks = ticks(chart.highest)
    series = "".join(_line(chart, i, language) for i in range(len(chart.lines)))
    return f"""<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}<c:marker val="1"/><c:axId val="1"/><c:axId val="2"/></c:lineChart>
<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/>{title(chart.axis, language)}
<c:numFmt formatCode="General" sourceLinked="0"/>{_QUIET}<c:tickLblPos val="nextTo"/><c:crossAx val="2"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>
<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:max val="{marks[-1]:g}"/><c:min val="0"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>{_GRID}{title(chart.unit, language)}
<c:numFmt formatCode="{_format(decimals(marks[1]))}" sourceLinked="0"/>{_QUIET}<c:tickLblPos val="nextTo"/>
<c:spPr><a:ln><a:noFill/></a:ln></c:spPr><c:crossAx val="1"/><c:crosses val="autoZero"/><c:crossBetween val="between"/><c:majorUnit val="{marks[1]:g}"/></c:valAx>"""


def _line(chart: Lines, i: int, language: str) -> str:
    """A line with its marker; its last value stands beside it."""
    line, colour = chart.lines[i], f'<a:srgbClr val="{COLOURS[i % len(COLOURS)]}"/>'
    stroke = f'<a:ln w="22225" cap="rnd"><a:solidFill>{colour}</a:solidFill><a:prstDash val="{_DASHES[line.dash]}"/><a:round/></a:ln>'
    fill = f"<a:solidFill>{colour}</a:solidFill>" if i == 0 else '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
    known = [k for k, v in enumerate(line.values) if v is not None]
    marker = '<c:marker><c:symbol val="none"/></c:marker>'
    if line.dash != "dotted" or len(known) == 1:
        marker = f'<c:marker><c:symbol val="{_MARKERS[i % len(_MARKERS)]}"/><c:size val="7"/><c:spPr>{fill}<a:ln w="15875"><a:solidFill>{colour}</a:solidFill></a:ln></c:spPr></c:marker>'
    labels = ""
    if known:
        shown = _shown(chart.places, _beside(chart, i, known[-1]))
        labels = f'<c:dLbls><c:dLbl><c:idx val="{known[-1]}"/>{shown}</c:dLbl>{_hidden()}</c:dLbls>'
    return (
        f'<c:ser><c:idx val="{i}"/><c:order val="{i}"/><c:tx><c:v>{escape(said(line.name, language))}</c:v></c:tx><c:spPr>{stroke}</c:spPr>{marker}{labels}'
        f"<c:cat><c:strLit>{_texts(chart.categories, language)}</c:strLit></c:cat><c:val><c:numLit><c:formatCode>General</c:formatCode>{_values(line.values)}</c:numLit></c:val>"
        f'<c:smooth val="0"/></c:ser>'
    )


def _beside(chart: Lines, i: int, k: int) -> str:
    """Where the last figure of a line stands, so that it lies on none of the others that end there."""
    ends = [n for n, line in enumerate(chart.lines) if _last(line) == k]
    ends.sort(key=lambda n: -(chart.lines[n].values[k] or 0.0))
    return _PLACES.get(len(ends), "trlrb" + "r" * len(ends))[ends.index(i)]


def _last(line: Line) -> int:
    return max((k for k, v in enumerate(line.values) if v is not None), default=-1)


def _bars(chart: Bars, language: str, title: Callable[[Words, str], str]) -> str:
    colour = f'<a:srgbClr val="{COLOURS[0]}"/>'
    edge = f'<a:ln w="9525"><a:solidFill>{colour}</a:solidFill></a:ln>'
    hatched = f'<a:pattFill prst="wdUpDiag"><a:fgClr>{colour}</a:fgClr><a:bgClr><a:srgbClr val="FFFFFF"/></a:bgClr></a:pattFill>'
    negative = "".join(
        f'<c:dPt><c:idx val="{k}"/><c:invertIfNegative val="0"/><c:bubble3D val="0"/><c:spPr>{hatched}{edge}</c:spPr></c:dPt>'
        for k, v in enumerate(chart.values)
        if v < 0
    )
    name: Words = chart.unit
    axis = _axis_title(chart, language)
    return f"""<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/><c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:v>{escape(said(name, language))}</c:v></c:tx>
<c:spPr><a:solidFill>{colour}</a:solidFill>{edge}</c:spPr><c:invertIfNegative val="0"/>{negative}<c:dLbls>{_shown(chart.places, "outEnd")}</c:dLbls>
<c:cat><c:strLit>{_texts(chart.categories, language)}</c:strLit></c:cat><c:val><c:numLit><c:formatCode>General</c:formatCode>{_values(chart.values)}</c:numLit></c:val></c:ser>
<c:gapWidth val="45"/><c:axId val="1"/><c:axId val="2"/></c:barChart>
<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:numFmt formatCode="General" sourceLinked="0"/>{_QUIET}<c:tickLblPos val="low"/>
<c:crossAx val="2"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>
<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/>{_GRID}{title(axis, language)}
<c:numFmt formatCode="#,##0" sourceLinked="0"/>{_QUIET}<c:tickLblPos val="nextTo"/><c:spPr><a:ln><a:noFill/></a:ln></c:spPr><c:crossAx val="1"/><c:crosses val="max"/><c:crossBetween val="between"/></c:valAx>"""


def _axis_title(chart: Bars, language: str) -> Words:
    """The unit, and what the marked value is."""
    if chart.mark is None:
        return chart.unit
    return f"{said(chart.unit, language)} · {said(chart.mark[1], language)}"


def _shown(places: int, position: str) -> str:
    return (
        f'<c:numFmt formatCode="{_format(places)}" sourceLinked="0"/><c:spPr><a:noFill/></c:spPr><c:dLblPos val="{position}"/><c:showLegendKey val="0"/><c:showVal val="1"/>'
        '<c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/>'
    )


def _hidden() -> str:
    return '<c:showLegendKey val="0"/><c:showVal val="0"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/>'


def _format(places: int) -> str:
    return "#,##0" + ("." + "0" * places if places else "")


def _texts(categories: tuple[Words, ...], language: str) -> str:
    points = "".join(f'<c:pt idx="{i}"><c:v>{escape(said(c, language))}</c:v></c:pt>' for i, c in enumerate(categories))
    return f'<c:ptCount val="{len(categories)}"/>{points}'


def _values(values: tuple[float | None, ...]) -> str:
    points = "".join(f'<c:pt idx="{i}"><c:v>{v:.10g}</c:v></c:pt>' for i, v in enumerate(values) if v is not None)
    return f'<c:ptCount val="{len(values)}"/>{points}'
