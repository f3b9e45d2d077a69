"""A document as data: what it says, in both languages, and nothing of how it looks.

Words are a ``Text`` (Chinese and English) or a plain string that is the same in both, as figures are. Writers take a document and a language; what
they make depends on nothing else, so that one document always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from yilu.documents.typography import chinese_marks

LANGUAGES: dict[str, str] = {"zh": "zh-CN", "en": "en"}
"""Languages and their tags (BCP 47)."""


@dataclass(frozen=True)
class Text:
    """Words in both languages."""

    zh: str
    en: str


Words = Text | str
"""What is said: in both languages, or the same in both."""


def said(words: Words, language: str) -> str:
    """Words in one language, Chinese with its own marks."""
    if language != "zh":
        return words if isinstance(words, str) else words.en
    return chinese_marks(words if isinstance(words, str) else words.zh)


def bracketed(words: Words, language: str) -> str:
    """Words in brackets, as they follow a title: a unit."""
    return f"（{said(words, language)}）" if language == "zh" else f" ({said(words, language)})"


def joined(parts: Iterable[Words], zh: str = ";", en: str = "; ") -> Text:
    """Parts one after the other, with what stands between them in each language."""
    held = tuple(parts)
    return Text(*(between.join(said(p, language) for p in held) for language, between in (("zh", zh), ("en", en))))


def both(zh: str, en: str, /, **parts: Words) -> Text:
    """Two templates (as ``str.format``) filled with the parts in their language."""
    return Text(*(t.format(**{k: said(p, lang) for k, p in parts.items()}) for lang, t in (("zh", zh), ("en", en))))


@dataclass(frozen=True)
class Heading:
    """A heading; those of level 1 are numbered by the writer (一、 · 1.)."""

    text: Words
    level: int = 1

    def __post_init__(self) -> None:
        if self.level not in (1, 2):
            raise ValueError(f"a heading of level {self.level}: 1 or 2 is expected")


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: Words


GRAVITIES: dict[str, tuple[str, Text]] = {
    "calm": ("✓", Text("正常", "In order")),
    "notice": ("i", Text("提示", "Note")),
    "warning": ("!", Text("注意", "Attention")),
    "grave": ("‼", Text("严重", "Grave")),
}
"""Gravities of a callout: a sign and a word stand for each, never a colour alone."""


@dataclass(frozen=True)
class Callout:
    """What must not be overlooked."""

    gravity: str
    text: Words

    def __post_init__(self) -> None:
        if self.gravity not in GRAVITIES:
            raise ValueError(f"gravity {self.gravity}: one of {', '.join(GRAVITIES)} is expected")


@dataclass(frozen=True)
class Column:
    """A column of a table. ``number``: stands to the right, digits under digits. ``wide``: its share of the width beside the others'."""

    title: Words
    unit: Words = ""
    number: bool = False
    wide: float = 1.0


@dataclass(frozen=True)
class Table:
    """A table: the first cell of a row names it. ``strong``: indices of rows that are sums or groups. ``basis``: what the figures are made of (口径)."""

    caption: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Words, ...], ...]
    basis: Words = ""
    strong: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        wrong = [i for i, row in enumerate(self.rows) if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"row {wrong[0]} has {len(self.rows[wrong[0]])} cells, {len(self.columns)} are expected")


@dataclass(frozen=True)
class Series:
    """One series of a chart: a value for each category, none negative."""

    name: Words
    values: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    """Columns by category. ``axis``: what categories are; ``unit``: of the values; ``summary``: what is to be seen, for who does not see it."""

    caption: Words
    axis: Words
    unit: Words
    categories: tuple[Words, ...]
    series: tuple[Series, ...]
    summary: Words
    basis: Words = ""

    def __post_init__(self) -> None:
        for s in self.series:
            if len(s.values) != len(self.categories):
                raise ValueError(f"a series of {len(s.values)} values, {len(self.categories)} are expected")
            if min(s.values, default=0) < 0:
                raise ValueError("a chart of columns holds no negative value")

    @property
    def highest(self) -> float:
        """The greatest value, 0 where there is none."""
        return max((v for s in self.series for v in s.values), default=0.0)


@dataclass(frozen=True)
class Line:
    """One line of a chart: a value for each category, None where there is none, which stays a gap. ``dash``: solid what was, dashed what was promised, dotted what is only expected."""

    name: Words
    values: tuple[float | None, ...]
    dash: str = "solid"

    def __post_init__(self) -> None:
        if self.dash not in ("solid", "dashed", "dotted"):
            raise ValueError(f"dash {self.dash}: solid, dashed or dotted is expected")


@dataclass(frozen=True)
class Lines:
    """Lines over categories in order, as years. Fields as of ``Chart``; ``places``: decimals of the figures."""

    caption: Words
    axis: Words
    unit: Words
    categories: tuple[Words, ...]
    lines: tuple[Line, ...]
    summary: Words
    basis: Words = ""
    places: int = 0

    def __post_init__(self) -> None:
        for line in self.lines:
            if len(line.values) != len(self.categories):
                raise ValueError(f"a line of {len(line.values)} values, {len(self.categories)} are expected")
            if min((v for v in line.values if v is not None), default=0) < 0:
                raise ValueError("a chart of lines holds no negative value")

    @property
    def highest(self) -> float:
        """The greatest value, 0 where there is none."""
        return max((v for line in self.lines for v in line.values if v is not None), default=0.0)


@dataclass(frozen=True)
class Bars:
    """Bars that lie below one another, to the left where a value is negative, each with its figure beside it. ``mark``: a value that a line runs through, and what it is.

    Fields as of ``Chart``; ``places``: decimals of the figures.
    """

    caption: Words
    axis: Words
    unit: Words
    categories: tuple[Words, ...]
    values: tuple[float, ...]
    summary: Words
    basis: Words = ""
    places: int = 1
    mark: tuple[float, Words] | None = None

    def __post_init__(self) -> None:
        if len(self.values) != len(self.categories):
            raise ValueError(f"{len(self.values)} values, {len(self.categories)} are expected")


Picture = Chart | Lines | Bars


def plotted(picture: Picture) -> tuple[tuple[Words, tuple[float | None, ...]], ...]:
    """What a picture shows: each series with its values, one for each category."""
    if isinstance(picture, Bars):
        return ((picture.unit, picture.values),)
    if isinstance(picture, Chart):
        return tuple((s.name, s.values) for s in picture.series)
    return tuple((line.name, line.values) for line in picture.lines)


@dataclass(frozen=True)
class Notes:
    """Small print: what a figure is called, and its basis (口径) or source."""

    items: tuple[tuple[Words, Words], ...]


Block = Heading | Paragraph | Callout | Table | Chart | Lines | Bars | Notes


@dataclass(frozen=True)
class Document:
    """A whole document. ``facts``: what stands below the title: label and value; ``as_of``: UTC seconds of what it tells of, also its date as a file."""

    title: Words
    subtitle: Words
    issuer: Words
    facts: tuple[tuple[Words, Words], ...]
    blocks: tuple[Block, ...]
    as_of: int


def numbered(document: Document, language: str) -> tuple[tuple[Block, str], ...]:
    """Each block with the number that stands before it: of headings of level 1, of tables and of charts; empty for others."""
    counts: dict[type, int] = {Heading: 0, Table: 0, Chart: 0}
    out: list[tuple[Block, str]] = []
    for block in document.blocks:
        number = ""
        if isinstance(block, Table | Picture) or (isinstance(block, Heading) and block.level == 1):
            kind = Chart if isinstance(block, Picture) else type(block)
            counts[kind] += 1
            number = _number(block, counts[kind], language)
        out.append((block, number))
    return tuple(out)


def _number(block: Block, n: int, language: str) -> str:
    if isinstance(block, Heading):
        return f"{chinese(n)}、" if language == "zh" else f"{n}. "
    word = {("zh", True): "表", ("zh", False): "图", ("en", True): "Table ", ("en", False): "Figure "}
    return f"{word[language, isinstance(block, Table)]}{n} " + ("" if language == "zh" else "· ")


_DIGITS = "〇一二三四五六七八九"


def chinese(n: int) -> str:
    """A number from 1 to 99 as headings are numbered in Chinese (GB/T 9704)."""
    tens, ones = divmod(n, 10)
    return ("" if not tens else "十" if tens == 1 else _DIGITS[tens] + "十") + (
        _DIGITS[ones] if ones or not tens else ""
    )
