"""Widths of a table's columns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yilu.documents.model import Column, Table, Text
from yilu.documents.widths import shares

WORDS = st.sampled_from(["of", "Rows", "Baseline", "Published", "internationally", "万件", "a year"])
COLUMNS = st.lists(st.builds(Column, WORDS, st.just(""), st.booleans(), st.floats(0.5, 4)), min_size=1, max_size=14)


def _table(columns: list[Column]) -> Table:
    return Table("t", tuple(columns), (tuple("x" for _ in columns),))


@given(COLUMNS)
def test_widths_are_a_whole_and_none_is_nothing(columns: list[Column]) -> None:
    """Shares make one, each is more than nothing, and the order of widths among columns with the same head is the declared one."""
    found = shares(_table(columns), "en")
    assert abs(found.sum() - 1) < 1e-9
    assert (found > 0).all()
    for a, one in enumerate(columns):
        for b, other in enumerate(columns):
            if one.title == other.title and one.wide <= other.wide:
                assert found[a] <= found[b] + 1e-9


def test_a_long_head_is_not_broken() -> None:
    """A narrow column with a long word gets room for it, of columns that have some; a table that fits stays as declared; Chinese may be broken."""
    narrow = _table([Column("What it is", wide=4), Column("Why", wide=4), Column(Text("基期", "Baseline"), wide=0.5)])
    declared = np.array([4, 4, 0.5]) / 8.5
    wider = shares(narrow, "en")
    assert wider[2] > 2 * declared[2] and (wider[:2] < declared[:2]).all()
    assert np.allclose(shares(_table([Column("a", wide=3), Column("b", wide=1)]), "en"), [0.75, 0.25])
    assert shares(narrow, "zh")[2] < wider[2]
    told = Table("t", narrow.columns, (("a", "b", "Infrastructure"), ("a", "b", "https://example.org/" + "x" * 90)))
    assert wider[2] < shares(told, "en")[2] < 0.25
