"""How wide the columns of a table are: as they are declared, and no narrower than the longest word in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from yilu.documents.model import Column, Table, Words, bracketed, said

_BOLD, _LETTER, _MARGIN, _PAGE = 0.58, 0.5, 1.1, 45.0
"""In the height of a table's letters: a letter's width, bold and not, the room beside a cell's text, a page's width."""
_LONGEST = 14
"""Letters of a word that is kept whole in a cell: addresses of sources may be broken."""
_WORD = re.compile(r"[A-Za-z0-9%.,/'()⁰¹²³⁴-⁹-]+")
"""What is not broken between its letters; Chinese may be broken anywhere."""


def shares(table: Table, language: str) -> NDArray[np.float64]:
    """Each column's share of the width (n,), 1 in all.

    Columns that would break a word of their head, or a short one of their cells, are widened; all others give of what they have beyond their own longest
    word, in proportion.
    """
    declared = np.array([c.wide for c in table.columns], np.float64)
    declared /= declared.sum()
    least = np.array([_least(c, [row[i] for row in table.rows], language) for i, c in enumerate(table.columns)])
    if least.sum() >= 1:
        return np.asarray(least / least.sum())
    beyond = np.maximum(declared - least, 0)
    lacking = np.maximum(least - declared, 0).sum()
    return np.asarray(np.maximum(declared, least) - lacking * beyond / max(beyond.sum(), 1e-12))


def _least(column: Column, cells: Iterable[Words], language: str) -> float:
    head = f"{said(column.title, language)} {bracketed(column.unit, language) if column.unit else ''}"
    words = (word for cell in cells for word in _WORD.findall(said(cell, language)))
    inside = max((n for word in words if (n := len(word)) <= _LONGEST), default=0)
    return (max(_BOLD * max(map(len, _WORD.findall(head)), default=0), _LETTER * inside) + _MARGIN) / _PAGE
