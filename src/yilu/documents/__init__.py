"""How does a figure become a page, a Word file, a chart, in two languages? (文件)

A document is said once, as data in both languages (``model``); a writer makes a file of it in one of them.
"""

from yilu.documents.html import to_html
from yilu.documents.model import (
    Bars,
    Block,
    Callout,
    Chart,
    Column,
    Document,
    Heading,
    Line,
    Lines,
    Notes,
    Paragraph,
    Series,
    Table,
    Text,
    Words,
    both,
    joined,
)
from yilu.documents.word import to_word

__all__ = [
    "Bars", "Block", "Callout", "Chart", "Column", "Document", "Heading", "Line", "Lines", "Notes", "Paragraph", "Series", "Table", "Text", "Words", "both", "joined",
    "to_html", "to_word",
]  # fmt: skip
