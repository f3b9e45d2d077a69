"""Is every number of the document held? Walks the document beside the list of coverage (``coverage.csv``).

A number is a run of Arabic digits, or a run of Chinese numerals; blanks, line ends and the marks of headings and bold type are
left out, so that words broken by a page stay whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from yilu.plan.model import Coverage, Plan, Section

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|[〇零一二三四五六七八九十百千万亿两半]+")
ANYWHERE = "*"
"""Section of words that may stand in any section."""

REASONS: dict[str, tuple[str, str]] = {
    "no_section": ("找不到该节", "the section isn't found"),
    "missing": ("未列入清单", "the list doesn't hold it"),
    "not_found": ("原文中没有", "the document hasn't these words"),
    "times": ("出现次数不符", "they stand there another number of times"),
}
"""What can be wrong between document and list."""

_MARKS = re.compile(r"[\s#*]")
_AROUND = 12


@dataclass(frozen=True)
class Gap:
    """One thing wrong: ``words``: a number with what stands around it, or words of the list."""

    section: str
    reason: str
    words: str
    expected: str

    def record(self) -> dict[str, Any]:
        """The gap as a machine reads it."""
        return asdict(self)


def plain(text: str) -> str:
    """Text without blanks, line ends and marks."""
    return _MARKS.sub("", text)


def spans(plan: Plan, document: str) -> dict[str, tuple[int, int]]:
    """Where each section begins and ends in a plain document, as far as its first words are found after those of the section before."""
    found: list[tuple[Section, int]] = []
    after = 0
    for section in plan.sections:
        at = document.find(plain(section.begins), after)
        if at >= 0:
            found.append((section, at))
            after = at + len(plain(section.begins))
    ends = [at for _, at in found[1:]] + [len(document)]
    return {section.id: (at, end) for (section, at), end in zip(found, ends, strict=True)}


def gaps(plan: Plan, text: str) -> list[Gap]:
    """Numbers of the document that the list doesn't hold, and words of the list that the document hasn't, by section."""
    document = plain(text)
    where = spans(plan, document)
    found = [
        Gap(s.id, "no_section", s.begins, "the words that the section begins with")
        for s in plan.sections
        if s.id not in where
    ]
    apart = {s.id for s in plan.sections if s.apart}
    held = [False] * len(document)
    for row in plan.coverage:
        hits = list(_hits(row, document, where, apart))
        words = plain(row.quote)
        for at in hits:
            held[at : at + len(words)] = [True] * len(words)
        if not hits:
            found.append(Gap(row.section, "not_found", row.quote, f"{row.times}×"))
        elif len(hits) != row.times:
            found.append(Gap(row.section, "times", row.quote, f"{row.times}×, found {len(hits)}×"))
    for section, (start, end) in where.items():
        for number in NUMBER.finditer(document, start, end) if section not in apart else ():
            if not all(held[number.start() : number.end()]):
                around = document[max(start, number.start() - _AROUND) : min(end, number.end() + _AROUND)]
                found.append(Gap(section, "missing", around, f"a row of coverage.csv that holds {number.group()}"))
    order = [s.id for s in plan.sections]
    return sorted(found, key=lambda g: order.index(g.section) if g.section in order else -1)


def _hits(row: Coverage, document: str, where: dict[str, tuple[int, int]], apart: set[str]) -> Iterator[int]:
    """Where the words of a row stand in its section, or anywhere but in sections that are set apart."""
    words = plain(row.quote)
    ranges = (
        [span for id, span in where.items() if id not in apart]
        if row.section == ANYWHERE
        else [where.get(row.section, (0, 0))]
    )
    for start, end in ranges:
        at = document.find(words, start, end)
        while at >= 0:
            yield at
            at = document.find(words, at + 1, end)
