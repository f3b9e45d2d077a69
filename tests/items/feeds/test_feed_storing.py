"""Feeds in a store: durable, named by the manifest, seen by readers of that commit alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.items.facts import Unsynced
from tests.items.feeds.feed_world import table
from tests.items.small_network import NET, rules
from yilu.items import feeds
from yilu.items.feeds import storing
from yilu.items.feeds.reading import QUARANTINE, FeedRows
from yilu.items.reading import Snapshot
from yilu.items.store import Store

RULES = rules(NET)


def opened(root: Path) -> Store:
    """The store of a test, its disk losing what isn't synced."""
    return Store.open(root, RULES, "key", "here", 4, disk=Unsynced(root))


def rows(held: pa.Table) -> FeedRows:
    """A table as what a file brought."""
    return FeedRows(held, QUARANTINE.empty_table(), {"rows": held.num_rows, "used": held.num_rows, "quarantined": 0})


def test_rows_stay_and_later_files_replace(tmp_path: Path) -> None:
    """What a file brought is there after closing; a correction replaces; kinds don't touch one another."""
    root = tmp_path / "store"
    first = table(tmp_path, "daily_aggregates", {}, {"day": "2025-11-12"})
    later = table(tmp_path, "daily_aggregates", {"accepted": "1300"}, {"day": "2025-11-12"}, {"day": "2025-11-13"})
    licence = table(tmp_path, "licences", {})
    with opened(root) as store:
        assert feeds.store_rows(store, "daily_aggregates", rows(first)) == {"new": 2, "same": 0, "corrected": 0}
        assert feeds.store_rows(store, "licences", rows(licence)) == {"new": 1, "same": 0, "corrected": 0}
    with opened(root) as store:
        assert feeds.store_rows(store, "daily_aggregates", rows(later)) == {"new": 1, "same": 1, "corrected": 1}
    now = Snapshot.open(root, RULES)
    assert feeds.load(now, "daily_aggregates") == feeds.merge(first, later)[0]
    assert feeds.load(now, "daily_aggregates").column("accepted").to_pylist() == [1300, 1200, 1200]
    assert feeds.load(now, "licences") == licence
    assert feeds.load(now, "device_status").num_rows == 0
    assert [p.rows for p in now.at.feeds] == [2, 1, 2]


def test_nothing_new_makes_no_commit(tmp_path: Path) -> None:
    """The same file may come any number of times: no file, no commit."""
    held = rows(table(tmp_path, "device_status", {}, {"kind": "flags"}))
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "device_status", held)
        before = store.at
        assert feeds.store_rows(store, "device_status", held) == {"new": 0, "same": 2, "corrected": 0}
        assert feeds.store_rows(store, "licences", rows(feeds.KINDS["licences"].schema.empty_table()))["new"] == 0
        assert store.at == before


def test_readers_stand_on_their_commit(tmp_path: Path) -> None:
    """A reader that opened before a correction still reads what stood then."""
    root = tmp_path / "store"
    with opened(root) as store:
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {})))
        before = Snapshot.open(root, RULES)
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {"status": "revoked"})))
        assert feeds.load(before, "licences").column("status").to_pylist() == ["valid"]
        assert feeds.load(Snapshot.open(root, RULES), "licences").column("status").to_pylist() == ["revoked"]


def test_many_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit all rows of a kind are written as one file; rows, and files of other kinds, stay; old files go in time."""
    monkeypatch.setattr(storing, "MOST_PARTS", 3)
    root = tmp_path / "store"
    with opened(root) as store:
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {})))
        for day in range(1, 13):
            feeds.store_rows(
                store, "daily_aggregates", rows(table(tmp_path, "daily_aggregates", {"day": f"2025-11-{day:02d}"}))
            )
            parts = [p for p in store.at.feeds if "daily" in p.file]
            assert len(parts) <= 3
    now = Snapshot.open(root, RULES)
    assert [d.day for d in feeds.load(now, "daily_aggregates").column("day").to_pylist()] == list(range(1, 13))
    assert feeds.load(now, "licences").num_rows == 1
    assert len(list((root / "feeds" / "daily_aggregates").iterdir())) < 12


def test_broken_off_write_leaves_no_trace(tmp_path: Path) -> None:
    """A file of a feed that no manifest names is nothing, and is swept when the store opens again."""
    root = tmp_path / "store"
    with opened(root) as store:
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {})))
        store.put_table("feeds/licences/0000000099.parquet", 99, table(tmp_path, "licences", {"status": "revoked"}))
        assert feeds.load(Snapshot.open(root, RULES), "licences").column("status").to_pylist() == ["valid"]
    with opened(root):
        assert not (root / "feeds/licences/0000000099.parquet").exists()
        assert feeds.load(Snapshot.open(root, RULES), "licences").num_rows == 1


def test_statistics_are_kept_from_supervision(tmp_path: Path) -> None:
    """Asked for supervision, a reader gets no row filed for statistics; without a purpose, all."""
    held = table(tmp_path, "daily_aggregates", {}, {"purpose": "statistics", "accepted": "1500"})
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "daily_aggregates", rows(held))
    now = Snapshot.open(tmp_path / "store", RULES)
    assert feeds.load(now, "daily_aggregates", "supervision").column("accepted").to_pylist() == [1200]
    assert feeds.load(now, "daily_aggregates", "statistics").column("accepted").to_pylist() == [1500]
    assert feeds.load(now, "daily_aggregates").num_rows == 2
