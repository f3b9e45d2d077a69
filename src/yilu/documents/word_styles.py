"""How a Word file looks: page, fonts in both scripts, styles; after GB/T 9704 where it speaks (A4, headings in Hei, text in Fangsong, page number between dashes)."""

from __future__ import annotations

from typing import Any

from docx.document import Document as Draft
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

TABLE = "Figures"
"""Name of the table style."""
_SONG, _HEI, _FANG = "宋体", "黑体", "仿宋"
_ROMAN, _SANS = "Times New Roman", "Arial"
_MIDDLE, _RIGHT, _LEFT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT
_CALLOUTS: dict[str, tuple[str, int]] = {"calm": ("3F6B35", 8), "notice": ("1F4E79", 8), "warning": ("9A5B00", 12), "grave": ("B01117", 18)}  # fmt: skip
"""Colour and thickness (eighths of a point) of the frame of each callout."""
_RED, _BLUE = "B01117", "1F4E79"


def give(draft: Draft, language: str) -> None:
    """Set the page and all styles that ``word`` uses."""
    page = draft.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(25), Mm(22), Mm(22), Mm(22)
    _language(draft, language)
    zh = language == "zh"
    _style(draft, "Normal", _FANG, _ROMAN, 11, after=0)
    body = _style(draft, "Body Text", _FANG, _ROMAN, 12, after=4, lines=1.25)
    if zh:
        _indent(body, 200)
    _style(draft, "Issuer", _HEI, _SANS, 14, bold=True, colour=_RED, align=_MIDDLE, after=2)
    _style(draft, "Title", _SONG, _ROMAN, 22 if zh else 19, bold=True, align=_MIDDLE, after=2)
    _style(draft, "Subtitle", _FANG, _ROMAN, 12.5, align=_MIDDLE, after=4)
    facts = _style(draft, "Facts", _FANG, _ROMAN, 9.5, align=_MIDDLE, after=10)
    _border(facts, {"bottom": (_RED, 12)})
    _style(draft, "Heading 1", _HEI, _SANS, 14, bold=not zh, before=14, after=5, stays=True)
    _style(draft, "Heading 2", _HEI, _SANS, 12, bold=not zh, before=8, after=3, stays=True)
    _style(draft, "Caption", _HEI, _SANS, 10, bold=not zh, before=6, after=3)
    _style(draft, "Figure Caption", _HEI, _SANS, 10, bold=not zh, align=_MIDDLE, before=2, after=3)
    _style(draft, "Cell", _SONG, _ROMAN, 9, align=_LEFT)
    _style(draft, "Cell Number", _SONG, _ROMAN, 9, align=_RIGHT)
    _style(draft, "Basis", _SONG, _ROMAN, 8.5, before=2, after=4, colour="444444")
    _style(draft, "Figure", _SONG, _ROMAN, 10, align=_MIDDLE, before=6, stays=True)
    _style(draft, "Footer", _SONG, _ROMAN, 10.5, align=_MIDDLE)
    for gravity, (colour, thick) in _CALLOUTS.items():
        made = _style(draft, f"Callout {gravity}", _FANG, _ROMAN, 11.5, before=4, after=6, lines=1.25)
        _border(made, {"top": (colour, 4), "left": (colour, 2 * thick), "bottom": (colour, 4), "right": (colour, 4)})
    _table_style(draft)


def text_width(draft: Draft) -> int:
    """Width of the text on the page, EMU."""
    page = draft.sections[0]
    return int(page.page_width or 0) - int(page.left_margin or 0) - int(page.right_margin or 0)


def _style(
    draft: Draft,
    name: str,
    east: str,
    latin: str,
    points: float,
    *,
    bold: bool = False,
    colour: str = "000000",
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: float = 0,
    after: float = 0,
    lines: float = 1.0,
    stays: bool = False,
) -> Any:
    """A paragraph style, new or of the template, that says all of itself: theme fonts and frames of the template are taken away."""
    known = {s.name for s in draft.styles}
    style: Any = draft.styles[name] if name in known else draft.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.hidden, style.quick_style = False, True
    style.font.name, style.font.size, style.font.bold, style.font.italic = latin, Pt(points), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)
    properties = style.element.get_or_add_rPr()
    fonts = properties.rFonts
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for script, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", east)):
        fonts.set(qn(f"w:{script}"), font)
    for spare in ("w:spacing", "w:kern"):
        for found in properties.findall(qn(spare)):
            properties.remove(found)
    shape = style.paragraph_format
    for spare in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
        style.element.pPr.remove(spare)
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), lines
    shape.alignment, shape.keep_with_next = align, stays
    return style


def _indent(style: Any, hundredths: int) -> None:
    """First line indented by hundredths of a sign, as Chinese text is."""
    style.paragraph_format.first_line_indent = Pt(24)
    style.element.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), str(hundredths))


def _border(style: Any, sides: dict[str, tuple[str, int]]) -> None:
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{thick}" w:space="{4 if side in ("left", "right") else 3}" w:color="{colour}"/>'
        for side, (colour, thick) in sides.items()
    )
    properties = style.element.get_or_add_pPr()
    properties.insert_element_before(
        parse_xml(f"<w:pBdr {nsdecls('w')}>{lines}</w:pBdr>"),
        "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl",
    )  # fmt: skip


def _language(draft: Draft, language: str) -> None:
    """The languages that spelling and line breaks go by: Latin letters and figures are never Chinese, or they would be broken anywhere."""
    defaults = draft.styles.element.find(qn("w:docDefaults"))
    properties = defaults.find(qn("w:rPrDefault")).find(qn("w:rPr"))  # type: ignore[union-attr]
    for found in properties.findall(qn("w:lang")):  # type: ignore[union-attr]
        properties.remove(found)  # type: ignore[union-attr]
    mark = OxmlElement("w:lang")
    for script, tag in (("val", "en-US" if language == "zh" else "en-GB"), ("eastAsia", "zh-CN"), ("bidi", "ar-SA")):
        mark.set(qn(f"w:{script}"), tag)
    properties.append(mark)  # type: ignore[union-attr]


def _table_style(draft: Draft) -> None:
    """Lines between rows, thick ones at both ends, a shaded head in bold."""
    made: Any = draft.styles.add_style(TABLE, WD_STYLE_TYPE.TABLE)
    made.base_style = draft.styles["Normal Table"]
    rows = f"""<w:tblPr {nsdecls("w")}><w:tblBorders>
        <w:top w:val="single" w:sz="12" w:space="0" w:color="{_BLUE}"/><w:bottom w:val="single" w:sz="12" w:space="0" w:color="{_BLUE}"/>
        <w:insideH w:val="single" w:sz="4" w:space="0" w:color="C9D1D9"/></w:tblBorders>
        <w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="28" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>
        </w:tblPr>"""
    head = f"""<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>
        <w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="{_BLUE}"/></w:tcBorders>
        <w:shd w:val="clear" w:color="auto" w:fill="EAF0F6"/><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>"""
    for part in (rows, head):
        made.element.append(parse_xml(part))
