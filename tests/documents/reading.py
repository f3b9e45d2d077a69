"""What a made file says, read by other means than it was written with: HTML by the standard parser, Word by its XML."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
Grid = list[list[str]]


@dataclass
class Page:
    """Tables (rows of texts, by caption), all text, and tags with their attributes in order."""

    tables: dict[str, Grid] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def named(self, *names: str) -> list[dict[str, str | None]]:
        """Attributes of all tags of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page, self.open, self.grid, self.caption = Page(), [], [], ""  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "col", "line", "rect", "br"):
            self.open.append(tag)
        if tag == "table":
            self.grid, self.caption = [], ""
        elif tag == "tr":
            self.grid.append([])
        elif tag in ("th", "td"):
            self.grid[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "table":
            self.page.tables[self.caption] = self.grid

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.page.text.append(data)
        if "caption" in self.open:
            self.caption += data
        elif "th" in self.open or "td" in self.open:
            self.grid[-1][-1] += data


def read_html(made: bytes) -> Page:
    """A page, parsed."""
    reader = _Reader()
    reader.feed(made.decode())
    reader.close()
    return reader.page


@dataclass
class File:
    """A Word file: its parts by name; tables by the caption before them; paragraphs as (style id, text)."""

    parts: dict[str, bytes]
    tables: dict[str, Grid]
    paragraphs: list[tuple[str, str]]

    def tree(self, name: str) -> ElementTree.Element:
        """A part's XML."""
        return ElementTree.fromstring(self.parts[name])


def read_word(made: bytes) -> File:
    """A Word file, unpacked."""
    with zipfile.ZipFile(BytesIO(made)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    tables: dict[str, Grid] = {}
    paragraphs: list[tuple[str, str]] = []
    body = ElementTree.fromstring(parts["word/document.xml"]).find(f"{W}body")
    assert body is not None
    for block in body:
        if block.tag == f"{W}p":
            style = block.find(f"{W}pPr/{W}pStyle")
            paragraphs.append(("" if style is None else style.get(f"{W}val", ""), _text(block)))
        elif block.tag == f"{W}tbl":
            tables[paragraphs[-1][1]] = [[_text(cell) for cell in row.iter(f"{W}tc")] for row in block.iter(f"{W}tr")]
    return File(parts, tables, paragraphs)


def _text(element: ElementTree.Element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{W}t"))
