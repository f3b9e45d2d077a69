"""Erasing one item: hidden at once, out of the files at the next compaction, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import RULES, TRIED, Opened, fresh_store
from tests.items.facts import cells_of, delivery, logged, rows_of
from tests.items.lives import Event
from tests.items.small_network import BASE, DAY, NET
from tests.items.test_facts import pour
from yilu.items import erasing, upkeep
from yilu.items.manifest import Erasure, newest
from yilu.items.reading import Snapshot
from yilu.items.schema import IDENTITY
from yilu.items.store import Store

LONG = upkeep.Periods(correction_s=BASE, log_days=9999, closed_days=9999, quarantine_days=9999)
KEY = 0xABCDEF


def listed(store: Store, key: int) -> Erasure:
    """The item ``key`` put on the list."""
    snapshot = Snapshot.open(store.disk.root, RULES)
    rows = snapshot.rows(_bucket(store, key))
    keys = erasing.with_pieces(key, rows["key"])
    mine = rows[np.isin(rows["key"], np.array(keys, np.uint64))]
    told = snapshot.events(np.sort(np.array(keys, np.uint64)))
    entry = Erasure(keys, erasing.until(mine, told.at, NET.reuse_s), "office", "2024-04-01", "request", 1, 0)
    erasing.put_on_list(store, entry)
    return store.at.erased[-1]


def _bucket(store: Store, key: int) -> int:
    return int(key) >> (64 - (store.at.buckets.bit_length() - 1))


def journey(key: int, at: int, **stated: int) -> list[Event]:
    """An item accepted and delivered two hours later."""
    return [
        {"key": key, "kind": 8, "at": at, "place": 1, **stated},
        {"key": key, "kind": 120, "at": at + 7200, "place": 2},
    ]


@TRIED
@given(lives.worlds(), st.sampled_from(lives.ITEMS), st.booleans(), st.booleans())
def test_an_erased_item_is_gone_and_the_rest_stays(world, key, closed, packed):
    """Whatever the item did: no file holds it, cubes are as they were, other items' states too, through rebuilding; and it does not come back."""
    with fresh_store() as opened, opened() as store:
        pour(store, [world], True)
        if closed:
            upkeep.close_items(store, BASE + 300 * DAY, replace(LONG, closing_s=0, stale_s=0))
        if packed:
            upkeep.compact(store)
        if not (rows_of(store)["key"] == np.uint64(key)).any():
            return
        cells, counts = cells_of(store), store.at.counts
        entry = listed(store, key)
        gone = np.array(entry.keys, np.uint64)
        others = np.sort(rows_of(store)[~np.isin(rows_of(store)["key"], gone)], order=["key", "start"])
        upkeep.compact(store)
        assert store.at.erased[-1].applied == store.at.commit or store.at.erased[-1].applied > entry.listed
        for step in ("", "again", "rebuild"):
            if step == "again":
                told = [e for e in world if e["key"] == key]
                after = store.commit([delivery(told)]).counts
                assert after.refused - counts.refused == len(told)
                assert after.made == after.accepted + after.repeated + after.conflicting + after.refused
            if step == "rebuild":
                upkeep.rebuild(store)
            assert not np.isin(rows_of(store)["key"], gone).any()
            assert not {identity[IDENTITY.index("key")] for identity in logged(store)} & set(entry.keys)
            left = np.sort(rows_of(store), order=["key", "start"])
            assert all(np.array_equal(left[n], others[n]) for n in ("key", "start", "last", "delivered", "attempts"))
            assert all(np.array_equal(a, b) for a, b in zip(cells_of(store), cells, strict=True))


def test_it_is_hidden_at_once_and_durably(tmp_store: Opened) -> None:
    """From the commit of the list on no reader is shown the item; an earlier reader still is; the list is there after opening anew."""
    with tmp_store() as store:
        store.commit([delivery(journey(KEY, BASE) + journey(KEY + 1, BASE))])
        root = store.disk.root
        before = Snapshot.open(root, RULES)
        listed(store, KEY)
        after, keys = Snapshot.open(root, RULES), np.array([KEY, KEY + 1], np.uint64)
        assert set(before.rows(0)["key"].tolist()) == {KEY, KEY + 1}
        assert set(after.rows(0)["key"].tolist()) == {KEY + 1}
        assert set(after.events(keys).key.tolist()) == {KEY + 1}
        assert set(before.events(keys).key.tolist()) == {KEY, KEY + 1}
    with tmp_store() as store:
        (entry,) = store.at.erased
        assert (entry.keys, entry.who, entry.purpose, entry.applied) == ((KEY,), "office", "request", 0)


def test_pieces_of_the_number_go_with_it(tmp_store: Opened) -> None:
    """The pieces numbered under a waybill are the same number: they are erased with it."""
    told = [{**e, "piece": piece} for piece in (1, 2) for e in journey(KEY, BASE + piece)]
    with tmp_store() as store:
        store.commit([delivery(told)])
        assert len(listed(store, KEY).keys) == 3
        upkeep.compact(store)
        assert not len(rows_of(store)) and not logged(store)


def test_a_number_given_out_anew_is_another_item(tmp_store: Opened) -> None:
    """What is accepted under the number after the time of re-use is taken in, before and after the erasure is carried out."""
    anew = journey(KEY, BASE + NET.reuse_s + DAY)
    with tmp_store() as store:
        store.commit([delivery(journey(KEY, BASE))])
        listed(store, KEY)
        store.commit([delivery(anew[:1])])
        upkeep.compact(store)
        store.commit([delivery(anew[1:])])
        (row,) = rows_of(store)
        assert (int(row["start"]) >> 31) & 0xFFFFFFFF == anew[0]["at"]
        assert int(row["delivered"]) == anew[1]["at"]
        assert len(logged(store)) == 2
        (shown,) = Snapshot.open(store.disk.root, RULES).rows(0)
        assert shown["start"] == row["start"]


def test_the_list_forgets_the_item_and_keeps_the_account(tmp_store: Opened) -> None:
    """Once every event of the item would be too late, its keys leave the list; who asked, when and why stay."""
    with tmp_store() as store:
        store.commit([delivery(journey(KEY, BASE) + journey(KEY + 1, BASE + 400 * DAY))])
        entry = listed(store, KEY)
        for _ in range(2):
            upkeep.retain(store, entry.until + 31 * DAY, replace(LONG, correction_s=30 * DAY))
        (settled,) = store.at.erased
        assert settled.keys == () and settled.applied
        assert (settled.who, settled.when, settled.purpose) == (entry.who, entry.when, entry.purpose)


def test_a_store_from_before_there_was_a_list(tmp_store: Opened) -> None:
    """A manifest without the newer entries is read: nothing is erased in it."""
    with tmp_store() as store:
        store.commit([delivery(journey(KEY, BASE))])
        root = store.disk.root
    from yilu.items import manifest

    raw = {k: v for k, v in vars(newest(root)).items() if k not in ("erased", "feed_quarantine", "received")}
    plain = {**raw, **{n: [vars(p) for p in raw[n]] for n in manifest.PARTS if n in raw}, "counts": vars(raw["counts"])}
    plain["sources"] = {}
    found = manifest._manifest(plain)
    assert (found.erased, found.feed_quarantine, found.received) == ((), (), {})


@TRIED
@given(lives.worlds(), st.sampled_from(lives.ITEMS), st.data())
def test_what_waits_to_be_folded_is_erased_too(world, key, data):
    """Events that lie aside until they are folded together are hidden at once and gone after compaction; sums are those of a store where nothing waited."""
    batches = data.draw(lives.batches(world))
    with fresh_store() as opened, opened() as store, fresh_store() as other, other() as plain:
        pour(plain, [world], True)
        store.limits = replace(store.limits, at_once_rows=-1, settle_share=1e9)
        for told in batches:
            store.commit([delivery(told)])
        if not (rows_of(store)["key"] == np.uint64(key)).any():
            return
        entry = listed(store, key)
        gone = np.array(sorted(entry.keys), np.uint64)
        assert not len(Snapshot.open(store.disk.root, RULES).events(gone))
        upkeep.compact(store)
        assert not store.at.behind and not store.at.unspread
        assert not np.isin(rows_of(store)["key"], gone).any()
        assert not {identity[IDENTITY.index("key")] for identity in logged(store)} & set(entry.keys)
        assert all(np.array_equal(a, b) for a, b in zip(cells_of(store), cells_of(plain), strict=True))
