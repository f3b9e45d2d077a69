"""Rows of evidence, put in order: the same as comparing whole rows, field by field."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yilu.supervision.rules.evidence import EVIDENCE, joined

_NAMES = EVIDENCE.names or ()
_FIELD = st.sampled_from([0, 1, 255, 256, (1 << 56) - 1, 1 << 56, (1 << 64) - 1])
"""The ends of what the first number of a row's order holds of a key, and what falls out of it."""


@given(st.lists(st.lists(st.lists(_FIELD, min_size=len(_NAMES), max_size=len(_NAMES)), max_size=12), max_size=4))
def test_joined_rows_are_the_distinct_rows_in_the_order_of_their_fields(parts: list[list[list[int]]]) -> None:
    """Whatever rows come in whatever parts, equal ones among them: each stands once, ordered as tuples of its fields are."""
    given_parts = []
    for part in parts:
        rows = np.zeros(len(part), EVIDENCE)
        for i, name in enumerate(_NAMES):
            rows[name] = [_fitting(values[i], EVIDENCE[name]) for values in part]
        given_parts.append(rows)
    expected = sorted({tuple(row) for part in given_parts for row in part.tolist()})
    assert joined(given_parts).tolist() == expected


def _fitting(value: int, kind: np.dtype) -> int:
    """The value cut to what the field holds."""
    return value & ((1 << (8 * kind.itemsize - (kind.kind == "i"))) - 1) if kind.kind != "b" else value & 1
