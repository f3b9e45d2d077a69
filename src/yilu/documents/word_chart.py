"""A chart as a part of a Word file (DrawingML, ECMA-376 part 1, 21.2): Word draws it with the reader's own fonts, sharp at any size."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from docx.document import Document as Draft
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Mm
from docx.text.run import Run

from yilu.documents import word_plots
from yilu.documents.model import LANGUAGES, Bars, Chart, Picture, Words, said
from yilu.documents.scale import ticks
from yilu.documents.svg import COLOURS

_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_WIDE, _HIGH = Mm(164), Mm(68)
_HATCHES = ("", "wdUpDiag", "dkHorz", "pct50")
_TEXT = '<a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="900" b="0"/></a:pPr>{run}</a:p>'


def put(draft: Draft, run: Run, chart: Picture, language: str) -> None:
    """Draw the chart where ``run`` stands."""
    package = draft.part.package
    n = 1 + sum(part.partname.startswith("/word/charts/") for part in package.iter_parts())
    part = Part(PackURI(f"/word/charts/chart{n}.xml"), _TYPE, _space(chart, language).encode(), package)
    reference = draft.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    named, told = (quoteattr(said(words, language)) for words in (chart.caption, chart.summary))
    run._r.append(
        parse_xml(
            f"""<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:inline distT="0" distB="0" distL="0" distR="0">
            <wp:extent cx="{_WIDE}" cy="{_high(chart)}"/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:docPr id="{100 + n}" name={named} descr={told}/>
            <wp:cNvGraphicFramePr/><a:graphic xmlns:a="{_DRAWING}"><a:graphicData uri="{_CHART}"><c:chart xmlns:c="{_CHART}"
            xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="{reference}"/></a:graphicData></a:graphic>
            </wp:inline></w:drawing>"""
        )
    )


def _high(chart: Picture) -> int:
    return int(Mm(18 + 9 * len(chart.categories))) if isinstance(chart, Bars) else int(_HIGH)


def _space(chart: Picture, language: str) -> str:
    """The part; series and categories are held in it, for there is no workbook behind it."""
    legend = "" if isinstance(chart, Bars) else '<c:legend><c:legendPos val="t"/><c:overlay val="0"/></c:legend>'
    plot = _columns(chart, language) if isinstance(chart, Chart) else word_plots.plot(chart, language, _title)
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_DRAWING}"><c:date1904 val="0"/><c:lang val="{LANGUAGES[language]}"/><c:roundedCorners val="0"/>
<c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>
{plot}
</c:plotArea>{legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>
<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr><c:txPr>{_TEXT.format(run='<a:endParaRPr lang="' + LANGUAGES[language] + '"/>')}</c:txPr></c:chartSpace>"""


def _columns(chart: Chart, language: str) -> str:
    """Columns side by side."""
    marks = ticks(chart.highest, least=1.0)  # columns are counts
    series = "".join(_series(chart, s, language) for s in range(len(chart.series)))
    return f"""<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}<c:gapWidth val="40"/><c:axId val="1"/><c:axId val="2"/></c:barChart>
<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/>{_title(chart.axis, language)}
<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>
<c:crossAx val="2"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>
<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:max val="{marks[-1]:g}"/><c:min val="0"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>
<c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="C9D1D9"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>{_title(chart.unit, language)}
<c:numFmt formatCode="#,##0" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>
<c:spPr><a:ln><a:noFill/></a:ln></c:spPr><c:crossAx val="1"/><c:crosses val="autoZero"/><c:crossBetween val="between"/><c:majorUnit val="{marks[1]:g}"/></c:valAx>"""


def _title(words: Words, language: str) -> str:
    run = f'<a:r><a:rPr lang="{LANGUAGES[language]}" sz="900" b="0"/><a:t>{escape(said(words, language))}</a:t></a:r>'
    return f'<c:title><c:tx><c:rich>{_TEXT.format(run=run)}</c:rich></c:tx><c:overlay val="0"/></c:title>'


def _series(chart: Chart, s: int, language: str) -> str:
    colour = f'<a:srgbClr val="{COLOURS[s % len(COLOURS)]}"/>'
    hatch = _HATCHES[s % len(_HATCHES)]
    fill = (
        f'<a:pattFill prst="{hatch}"><a:fgClr>{colour}</a:fgClr><a:bgClr><a:srgbClr val="FFFFFF"/></a:bgClr></a:pattFill>'
        if hatch
        else f"<a:solidFill>{colour}</a:solidFill>"
    )
    series = chart.series[s]
    names = _points([said(c, language) for c in chart.categories])
    values = _points([f"{v:g}" if v != int(v) else str(int(v)) for v in series.values])
    return (
        f'<c:ser><c:idx val="{s}"/><c:order val="{s}"/><c:tx><c:v>{escape(said(series.name, language))}</c:v></c:tx>'
        f'<c:spPr>{fill}<a:ln w="9525"><a:solidFill>{colour}</a:solidFill></a:ln></c:spPr><c:invertIfNegative val="0"/>'
        f"<c:cat><c:strLit>{names}</c:strLit></c:cat><c:val><c:numLit><c:formatCode>General</c:formatCode>{values}</c:numLit></c:val></c:ser>"
    )


def _points(texts: list[str]) -> str:
    points = "".join(f'<c:pt idx="{i}"><c:v>{escape(text)}</c:v></c:pt>' for i, text in enumerate(texts))
    return f'<c:ptCount val="{len(texts)}"/>{points}'
