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


@pytest.mark.parametrize("day", ["", "2025-11-11"])
@given(st.integers(0, 1 << 32), st.integers(1, 300))
def test_any_value_comes_back(tmp_path_factory, day, seed, n):
    """Every column gives back any value that its type can hold, the least and the greatest beside each other, in files of a commit and in those that are kept for a day."""
    rng, disk = np.random.default_rng(seed), Disk(tmp_path_factory.mktemp("any"))
    most = {name: int(np.iinfo(dtype).max) for name, dtype in DTYPES.items()}
    told = events(n, **{name: np.where(rng.random(n) < 0.5, rng.choice(np.array([0, 1, top], np.uint64), n), rng.integers(0, top, n, np.uint64, endpoint=True)) for name, top in most.items()})  # fmt: skip
    told = told.take(np.argsort(told.key, kind="stable"))
    part = log.write(disk, "log/any.parquet", told, BUCKETS, 1, 1, day)
    found = concat([log.read(disk, [part], b, BUCKETS) for b in range(BUCKETS)])
    assert all(np.array_equal(getattr(found, name), getattr(told, name)) for name in DTYPES)


def test_a_large_commit_is_several_files_that_are_one_log(tmp_path, monkeypatch):
    """A commit of many row groups is written as files of some buckets each, none twice and none left out; read, they are the whole."""
    monkeypatch.setattr(log, "_GROUP_ROWS", 50)
    monkeypatch.setattr(log, "_GROUPS_A_FILE", 3)
    disk, batch = Disk(tmp_path), _batch(900, 5)
    edges = log.bucket_edges(batch.key, BUCKETS)
    by_bucket = [batch.take(np.arange(edges[b], edges[b + 1])) for b in range(BUCKETS)]
    pieces = log.write_pieces(disk, "log/0000000005.parquet", log.spoken([batch]), by_bucket, 5)
    held = [b for piece in pieces for lo, hi in piece.groups for b in range(lo, hi + 1)]
    assert held == list(range(BUCKETS)) and len({piece.file for piece in pieces}) == len(pieces) > 3
    assert sum(piece.rows for piece in pieces) == 900 and all(len(piece.groups) <= 3 for piece in pieces)
    for b in range(BUCKETS):
        assert _same(log.read(disk, pieces, b, BUCKETS), by_bucket[b])
    assert _same(log.read(disk, pieces, range(2, 13), BUCKETS), concat(by_bucket[2:13]))


def test_no_more_footers_are_held_than_asked(tmp_path, monkeypatch):
    """However many files are gone through, footers of a bounded number of them stay in memory, and each file is still read right."""
    monkeypatch.setattr(log, "_MOST_OPEN", 3)
    log.forget()
    disk = Disk(tmp_path)
    files = [log.write(disk, f"log/{i:010d}.parquet", _batch(20, i), BUCKETS, i, i) for i in range(1, 9)]
    for _ in range(2):
        for i, part in enumerate(files, 1):
            assert _same(log.read(disk, [part], range(BUCKETS), BUCKETS), _batch(20, i))
            assert len(log._told) <= 3
