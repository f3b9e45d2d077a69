"""A document as a Word file (ECMA-376): real styles, tables whose heads repeat, page numbers, charts that Word draws itself."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from io import BytesIO

import docx
from docx.document import Document as Draft
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu
from docx.text.paragraph import Paragraph as Lines
from docx.text.run import Run

from yilu.documents import word_chart, word_styles
from yilu.documents.model import (
    GRAVITIES,
    LANGUAGES,
    Block,
    Callout,
    Document,
    Heading,
    Notes,
    Paragraph,
    Picture,
    Table,
    Text,
    Words,
    bracketed,
    numbered,
    said,
)
from yilu.documents.widths import shares

_BASIS, _COLON = Text("口径：", "Basis: "), Text("：", ": ")
_FACTS = 3
"""Facts in one line below the title."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can say of its members."""


def to_word(document: Document, language: str) -> bytes:
    """The document in ``language`` (zh, en) as .docx; the same bytes for the same document."""
    draft = docx.Document()
    word_styles.give(draft, language)
    _properties(draft, document, language)
    _line(draft, "Issuer", document.issuer, language)
    _line(draft, "Title", document.title, language)
    _line(draft, "Subtitle", document.subtitle, language)
    label = said(_COLON, language)
    facts = [f"{said(name, language)}{label}{said(value, language)}" for name, value in document.facts]
    lines = ["\u2003".join(facts[i : i + _FACTS]) for i in range(0, len(facts), _FACTS)]
    draft.add_paragraph("\n".join(lines), style="Facts")
    for block, number in numbered(document, language):
        _block(draft, block, number, language)
    return _packed(draft)


def _block(draft: Draft, block: Block, number: str, language: str) -> None:
    if isinstance(block, Heading):
        draft.add_paragraph(number + said(block.text, language), style=f"Heading {block.level}")
    elif isinstance(block, Paragraph):
        _line(draft, "Body Text", block.text, language)
    elif isinstance(block, Callout):
        sign, word = GRAVITIES[block.gravity]
        line = draft.add_paragraph(style=f"Callout {block.gravity}")
        line.add_run(f"{sign} {said(word, language)}  ").bold = True
        line.add_run(said(block.text, language))
    elif isinstance(block, Table):
        _table(draft, block, number, language)
    elif isinstance(block, Picture):
        line = draft.add_paragraph(style="Figure")
        word_chart.put(draft, line.add_run(), block, language)
        draft.add_paragraph(number + said(block.caption, language), style="Figure Caption")
        _basis(draft, block.basis, language)
    else:
        _notes(draft, block, language)


def _line(draft: Draft, style: str, words: Words, language: str) -> Lines:
    return draft.add_paragraph(said(words, language), style=style)


def _basis(draft: Draft, basis: Words, language: str) -> None:
    if basis:
        draft.add_paragraph(said(_BASIS, language) + said(basis, language), style="Basis")


def _notes(draft: Draft, notes: Notes, language: str) -> None:
    for name, basis in notes.items:
        line = draft.add_paragraph(style="Basis")
        line.add_run(said(name, language) + said(_COLON, language)).bold = True
        line.add_run(said(basis, language))


def _table(draft: Draft, table: Table, number: str, language: str) -> None:
    caption = draft.add_paragraph(number + said(table.caption, language), style="Caption")
    caption.paragraph_format.keep_with_next = True
    made = draft.add_table(1 + len(table.rows), len(table.columns), style=word_styles.TABLE)
    made.autofit = False
    widths = [Emu(int(word_styles.text_width(draft) * share)) for share in shares(table, language)]
    heads = [said(c.title, language) + (bracketed(c.unit, language) if c.unit else "") for c in table.columns]
    styles = ["Cell Number" if c.number else "Cell" for c in table.columns]
    lines = [heads, *([said(cell, language) for cell in row] for row in table.rows)]
    for i, (row, texts) in enumerate(zip(made.rows, lines, strict=True)):
        _row_stays(row._tr, head=i == 0)
        for cell, text, style, wide in zip(row.cells, texts, styles, widths, strict=True):
            cell.width = wide
            line = cell.paragraphs[0]
            line.style = style
            run = line.add_run(text)
            if i == 0 or i - 1 in table.strong:
                run.bold = True
    for column, wide in zip(made.columns, widths, strict=True):
        column.width = wide
    _basis(draft, table.basis, language)
    if not table.basis:
        draft.add_paragraph(style="Basis")


def _row_stays(row: object, head: bool) -> None:
    """A row is not broken over pages; the head is repeated on each."""
    marks = row.get_or_add_trPr()  # type: ignore[attr-defined]
    for name in ("w:cantSplit", *(("w:tblHeader",) if head else ())):
        marks.append(OxmlElement(name))


def _properties(draft: Draft, document: Document, language: str) -> None:
    """What the file says of itself: its date is that of what it tells of, never that of its making."""
    own, when = draft.core_properties, datetime.fromtimestamp(document.as_of, UTC).replace(tzinfo=None)
    own.title = f"{said(document.title, language)} {said(document.subtitle, language)}"
    own.author = own.last_modified_by = said(document.issuer, language)
    own.created = own.modified = when
    own.language, own.comments, own.revision = LANGUAGES[language], "", 1
    _page_numbers(draft)


def _page_numbers(draft: Draft) -> None:
    """The page's number in the middle of the foot: — 1 —."""
    line = draft.sections[0].footer.paragraphs[0]
    line.style = "Footer"
    line.add_run("— ")
    _field(line.add_run(), "PAGE")
    line.add_run(" —")


def _field(run: Run, instruction: str) -> None:
    for kind in ("begin", "", "separate", "1", "end"):
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:t" if kind else "w:instrText")
            mark.text = kind or instruction
        run._r.append(mark)


def _packed(draft: Draft) -> bytes:
    """The file with one fixed time for all of its members."""
    first, out = BytesIO(), BytesIO()
    draft.save(first)
    with zipfile.ZipFile(first) as loose, zipfile.ZipFile(out, "w") as fixed:
        for name in loose.namelist():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            fixed.writestr(member, loose.read(name))
    return out.getvalue()
