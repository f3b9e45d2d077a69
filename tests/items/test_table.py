"""The table of a bucket against a dictionary, with keys made to collide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items.conftest import TRIED
from yilu.items import table
from yilu.items.fields import ROW, empty_row

TOP = st.sampled_from([0, 1 << 63, 0xFFFFFFFF << 32, 0xFFFFFFFFFFFFFF00, 0x00000001 << 32])
LOW = st.one_of(st.integers(0, 40), st.integers(0, 40).map(lambda i: i << 8), st.integers(0, 2**64 - 1))
KEYS = st.lists(st.builds(lambda top, low: top ^ low, TOP, LOW), unique=True, max_size=300)
"""Keys with the same leading bits (one home in the index), the same low byte (one tag), at the index's very end (wrap-around)."""


def states(keys: list[int]) -> np.ndarray:
    rows = np.full(len(keys), empty_row(), ROW)
    rows["key"] = np.array(keys, np.uint64)
    rows["promise"] = np.arange(len(keys))
    return rows


@TRIED
@given(KEYS, st.integers(0, 4), st.data())
def test_table_is_a_dictionary(keys, shift, data):
    """Found is what was entered, in whatever parts; absent is what was not; taking rows out leaves the others found."""
    cut = data.draw(st.integers(0, len(keys)))
    held = table.table_of(states(keys)[:cut], shift)
    table.enter(held, states(keys)[cut:])
    at = table.find(held, np.array(keys, np.uint64))
    assert held.rows["promise"][at].tolist() == list(range(len(keys)))
    others = [k ^ data.draw(st.sampled_from([1 << 8, 1 << 40, 3])) for k in keys[:40]]
    found = table.find(held, np.array(others, np.uint64)) >= 0
    assert found.tolist() == [k in set(keys) for k in others]
    gone = np.array(data.draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys))), np.bool_)
    kept = table.without(held, gone)
    assert (table.find(kept, np.array(keys, np.uint64)) < 0).tolist() == gone.tolist()
    assert kept.count == len(keys) - gone.sum()


def test_index_wraps_around():
    """Keys whose home is the last entry of the index go on at its beginning and are found there."""
    keys = [0xFFFFFFFF_FFFFFF00 + i for i in range(40)]
    held = table.table_of(states(keys), 0)
    assert held.index[0] != 0
    assert (table.find(held, np.array(keys, np.uint64)) >= 0).all()


def test_a_table_that_grows_keeps_everything():
    """A hundred thousand keys entered in growing parts are all found, with the rows they came with."""
    keys = np.unique(np.random.default_rng(1).integers(0, 2**64, 100_000, np.uint64))
    np.random.default_rng(2).shuffle(keys)
    rows = states(keys.tolist())
    held = table.table_of(rows[:10], 3)
    for lo, hi in ((10, 11), (11, 500), (500, 20_000), (20_000, len(keys))):
        table.enter(held, rows[lo:hi])
    assert (held.rows["promise"][table.find(held, keys)] == np.arange(len(keys))).all()


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_large_table_keeps_its_rows_as_it_grows(looked_at):
    """Where rows are mapped, growing in place and growing while somebody looks at them both keep every row, and the looker's view."""
    keys = np.unique(np.random.default_rng(3).integers(0, 2**64, 200_000, np.uint64))
    rows = states(keys.tolist())
    held = table.table_of(rows[:30_000], 0)
    assert held.rows.nbytes >= 2 << 20
    view = held.used if looked_at else None
    for lo in range(30_000, len(rows), 17_000):
        table.enter(held, rows[lo : lo + 17_000])
    assert (held.rows["promise"][table.find(held, keys)] == np.arange(len(keys))).all()
    assert view is None or np.array_equal(view, rows[:30_000])
