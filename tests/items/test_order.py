"""Sorting, de-duplication and the log's files against numpy's sort and plain dictionaries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives, reference
from tests.items.conftest import TRIED, fresh_store
from tests.items.facts import Unsynced
from yilu.items import arrival, log, order
from yilu.items.schema import DTYPES, EVENT_COLUMNS, IDENTITY, PAYLOAD, Events, concat, events

PILES = st.sampled_from([1, 2, 130, 300])


@TRIED
@given(st.integers(0, 3000), st.integers(1, 50), PILES, st.integers(0, 2**32))
def test_order_is_numpys(n, keys, times, seed):
    """The order is numpy's stable sort by (key, word), with heavy groups, equal keys and keys that share their leading bits."""
    rng = np.random.default_rng(seed)
    pool = rng.integers(0, 2**64, keys, np.uint64) >> np.uint64(rng.integers(0, 60))
    key, word = pool[rng.integers(0, keys, n)], rng.integers(0, times, n).astype(np.uint64)
    assert np.array_equal(sorted_rows(key, word), np.lexsort((word, key)))


@pytest.mark.parametrize("keys", [1, 3, 100, 40_000])
def test_order_of_a_large_batch(keys):
    """The same where a batch is so large that its groups are split again, with few and with many different keys."""
    rng = np.random.default_rng(keys)
    key = rng.integers(0, 2**64, keys, np.uint64)[rng.integers(0, keys, 150_000)]
    word = rng.integers(0, 5000, len(key)).astype(np.uint64)
    assert np.array_equal(sorted_rows(key, word), np.lexsort((word, key)))


def sorted_rows(key: np.ndarray, word: np.ndarray) -> np.ndarray:
    """Row numbers as ``order.sort`` puts them."""
    return order.sort(key.copy(), word.copy(), np.arange(len(key), dtype=np.uint32))[2]


@TRIED
@given(lives.worlds())
def test_arrange_keeps_each_identity_once(world):
    """Of each identity the least payload stays; repeats and conflicts are what is over."""
    # what a numbered piece states as its parent means nothing, and the reference leaves it out at once
    world = [event | {"parent": 0} if event.get("piece") else event for event in world]
    done = order.arrange(lives.batch_of(world))
    kept = {tuple(int(getattr(done.events, n)[i]) for n in IDENTITY): tuple(int(getattr(done.events, n)[i]) for n in PAYLOAD) for i in range(len(done.events))}  # fmt: skip
    held = [e for numbers in reference.holding(world).values() for e in numbers]
    assert kept == {tuple(e[n] for n in IDENTITY): tuple(e[n] for n in PAYLOAD) for e in held}
    payloads = {(lives.identity(e), tuple(e.get(n, 0) for n in PAYLOAD)) for e in world}
    assert done.conflicting == len(payloads) - len(held)
    assert done.repeated == len(world) - len(payloads)
    assert np.array_equal(np.lexsort((done.word, done.events.key)), np.arange(len(done.events)))


@TRIED
@given(lives.worlds(), st.sampled_from([1, 2, 16]), st.integers(1, 5), st.integers(0, 9))
def test_what_arrives_is_ordered_bucket_by_bucket(world, buckets, parts, seed):
    """Several parts, laid by bucket and lined up, are what ``arrange`` makes of them; other events merged in by key and word as well."""
    rng = np.random.default_rng(seed)
    batch = lives.batch_of(world)
    of_part = rng.integers(0, parts, len(batch))
    own = [batch.take(of_part == p) for p in range(parts)]
    some = batch.take(rng.random(len(batch)) < 0.5)
    others = replace(some, via=np.full(len(some), 7, np.uint64))
    with ThreadPoolExecutor(2) as pool:
        arrived, more = arrival.by_bucket(own, buckets, pool), arrival.by_bucket([others], buckets, pool)
    shift = np.uint64(64 - (buckets.bit_length() - 1))
    for b in range(buckets):

        def within(e: Events, b: int = b) -> Events:
            return e.take((e.key >> shift == b) if buckets > 1 else np.ones(len(e), np.bool_))

        expected, told = order.arrange(within(batch)), arrived.by_bucket[b]
        alone = order.merged(arrived.told, told, events(0), order.line_up(events(0)))
        assert rows_of(alone.events) == rows_of(expected.events)
        assert (alone.repeated, alone.conflicting) == (expected.repeated, expected.conflicting)
        both = order.merged(arrived.told, told, more.told, more.by_bucket[b])
        together = order.arrange(concat([expected.events, within(others)]))
        assert rows_of(both.events) == rows_of(together.events)
        assert np.array_equal(both.word, together.word) and both.repeated == expected.repeated


def rows_of(e: Events) -> list[tuple[int, ...]]:
    """All columns of each event but those that tell how it came, in order."""
    names = [c.name for c in EVENT_COLUMNS if c.role != "origin" or c.name == "via"]
    return list(zip(*(getattr(e, n).tolist() for n in names), strict=True))


@TRIED
@given(
    st.integers(0, 400),
    st.sampled_from([1, 2, 16]),
    st.dictionaries(st.sampled_from(sorted(DTYPES)), st.sampled_from(["one", "few", "any"])),
    st.integers(0, 9),
)
def test_log_gives_back_what_it_took(n, buckets, columns, seed):
    """Any columns, absent, constant or varying, come back bucket by bucket, empty buckets too; with keys given, only theirs."""
    rng = np.random.default_rng(seed)
    top = {name: np.iinfo(DTYPES[name]).max for name in DTYPES}
    drawn = {
        name: rng.integers(0, top[name], n, DTYPES[name], endpoint=True) if how == "any" else rng.integers(0, 2, n) if how == "few" else int(top[name])
        for name, how in {"key": "any", **columns}.items()
    }  # fmt: skip
    batch = events(n, **drawn)
    batch = batch.take(np.argsort(batch.key, kind="stable")) if n else batch
    with fresh_store() as opened, opened() as store:
        disk = Unsynced(store.disk.root)
        part = log.write(disk, "log/x.parquet", batch, buckets, 3, 3)
        shift = 64 - (buckets.bit_length() - 1)
        for b in range(buckets):
            mine = np.array([int(k) >> shift == b for k in batch.key], np.bool_)
            back = log.read(disk, [part], b, buckets)
            for name in DTYPES:
                assert np.array_equal(getattr(back, name), getattr(batch, name)[mine]), name
            some = np.unique(batch.key[mine][::3])
            asked = log.read(disk, [part], b, buckets, some)
            assert np.array_equal(asked.at, batch.at[np.isin(batch.key, some) & mine])
            assert len(log.read(disk, [part], b, buckets, after=3)) == 0
