"""Evidence: one thing that a rule says of one item, where, when and until when."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EVIDENCE: np.dtype = np.dtype(
    [
        ("rule", "u1"), ("key", "u8"), ("key2", "u8"), ("operator", "u2"), ("place", "u4"), ("at", "i8"), ("until", "i8"),
        ("provisional", "?"), ("periods", "u4"), ("source", "u2"),
    ]
)  # fmt: skip
"""Number of the rule; the item's pseudonym in two halves; operator and facility by id; UTC seconds from which it is true and at which it
ended (0: not yet); whether it lies beyond what the feed has told completely; the protected periods of ``rules.toml`` that bind the item, a bit each in the catalogue's order; the source that told of the item last, by its number in the store (0: it names no item)."""

Evidence = NDArray[np.void]
"""Rows of ``EVIDENCE``."""


def evidence(
    rule: int, key: ArrayLike, key2: ArrayLike, operator: ArrayLike, place: ArrayLike, at: ArrayLike, until: ArrayLike = 0,
    provisional: ArrayLike = False, periods: ArrayLike = 0, source: ArrayLike = 0,
) -> Evidence:  # fmt: skip
    """Rows from columns (n,); scalars are repeated."""
    rows = np.zeros(np.shape(key), EVIDENCE)
    columns = (rule, key, key2, operator, place, at, until, provisional, periods, source)
    for name, column in zip(EVIDENCE.names or (), columns, strict=True):
        rows[name] = column
    return rows


def joined(parts: list[Evidence]) -> Evidence:
    """All rows, by rule, item and time, each once."""
    rows = np.concatenate([np.empty(0, EVIDENCE), *parts])
    rows = rows[_order(rows)]
    first = np.ones(len(rows), np.bool_)
    first[1:] = rows[1:] != rows[:-1]
    return rows[first]


def _order(rows: Evidence) -> NDArray[np.intp]:
    """What puts rows in the order of all their fields. Comparing whole rows is slow: rule and most of the key, as one number, settle all but the few rows that agree in them."""
    head = (rows["rule"].astype(np.uint64) << np.uint64(56)) | (rows["key"] >> np.uint64(8))
    by = np.argsort(head, kind="stable")
    again = np.diff(head[by]) == 0
    tied = np.flatnonzero(np.concatenate([[False], again]) | np.concatenate([again, [False]])) if len(rows) else by
    by[tied] = by[tied][np.argsort(rows[by[tied]], order=EVIDENCE.names)]
    return by
