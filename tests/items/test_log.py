"""The log as files: buckets read one by one, some at a time, or apart from one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.items import log, order
from yilu.items.disk import Disk
from yilu.items.schema import DTYPES, Events, concat, events

BUCKETS = 16


def _batch(n: int, seed: int) -> Events:
    rng = np.random.default_rng(seed)
    told = events(
        n,
        key=rng.integers(1, 1 << 64, n, np.uint64),
        at=rng.integers(1, 1 << 32, n, np.uint32),
        kind=rng.integers(1, 200, n).astype(np.uint8),
        operator=np.full(n, 7, np.uint16),
    )
    return order.arrange(told).events


def _same(one: Events, other: Events) -> bool:
    one, other = order.arrange(one).events, order.arrange(other).events
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in DTYPES)


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """A disk with three log files of different sizes, whose row groups hold several buckets each."""
    monkeypatch.setattr(log, "_GROUP_ROWS", 100)
    disk = Disk(tmp_path)
    sizes = enumerate((900, 40, 300), 1)
    return disk, [log.write(disk, f"log/{i:010d}.parquet", _batch(n, i), BUCKETS, i, i) for i, n in sizes]


def test_a_range_of_buckets_is_what_its_buckets_are(parts):
    """Buckets read together give the same events as one by one, all or of some keys, wherever row groups begin and end."""
    disk, files = parts
    one_by_one = [log.read(disk, files, b, BUCKETS) for b in range(BUCKETS)]
    assert sum(map(len, one_by_one)) == 1240
    for lo in range(BUCKETS):
        for hi in range(lo + 1, BUCKETS + 1):
            together = log.read(disk, files, range(lo, hi), BUCKETS)
            assert _same(together, concat(one_by_one[lo:hi]))
            keys = np.unique(together.key)[::3]
            found = log.read(disk, files, range(lo, hi), BUCKETS, keys)
            assert _same(found, together.take(np.flatnonzero(np.isin(together.key, keys))))


def test_small_files_are_read_apart_and_little_is_held(parts, monkeypatch):
    """Whichever bucket is asked for, ``Apart`` gives its events, and holds no more of the others than two spans of bounded size."""
    disk, files = parts
    monkeypatch.setattr(log, "_ROWS_APART", 200)
    apart = log.Apart(disk, files, BUCKETS)
    for b in [0, 1, 0, 2, 15, 3, 14, *range(BUCKETS)]:
        assert _same(apart.of(b), log.read(disk, files, b, BUCKETS))
        assert len(apart._held) <= 2
        assert max(map(len, apart._held.values())) < 400


@given(st.integers(0, 1000), st.lists(st.booleans(), min_size=1, max_size=64), st.integers(1, 5000))
def test_spans_hold_what_is_wanted_and_not_more_than_asked(rows, wanted, most):
    """Each wanted bucket is in one span, no other is in any, and a span of several buckets has no more rows than asked for."""
    spans = log.spans(rows, np.array(wanted), most)
    assert [b for s in spans for b in s] == np.flatnonzero(wanted).tolist()
    assert all(len(s) == 1 or len(s) * rows <= most for s in spans)
