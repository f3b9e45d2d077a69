"""Feeds in a store: durable, named by the manifest, seen by readers of that commit alone."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items.facts import Unsynced
from tests.items.feeds.feed_world import table
from tests.items.small_network import NET, rules
from yilu.errors import StoreError
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
    return FeedRows(
        held,
        QUARANTINE.empty_table(),
        {"rows": held.num_rows, "used": held.num_rows, "quarantined": 0},
        np.arange(1, held.num_rows + 1),
    )


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
    assert feeds.load(now, "daily_aggregates", purpose="supervision") == feeds.merge(first, later)[0]
    assert feeds.load(now, "daily_aggregates", purpose="supervision").column("accepted").to_pylist() == [
        1300,
        1200,
        1200,
    ]
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
    """Beyond the limit the files of a kind and month are written as one; rows, other months and kinds stay; old files go in time."""
    monkeypatch.setattr(storing, "MOST_PARTS", 3)
    root = tmp_path / "store"
    with opened(root) as store:
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {})))
        feeds.store_rows(store, "daily_aggregates", rows(table(tmp_path, "daily_aggregates", {"day": "2025-10-31"})))
        for day in range(1, 13):
            feeds.store_rows(
                store, "daily_aggregates", rows(table(tmp_path, "daily_aggregates", {"day": f"2025-11-{day:02d}"}))
            )
            parts = [p for p in store.at.feeds if "2025-11" in p.file]
            assert len(parts) <= 3
    now = Snapshot.open(root, RULES)
    days = feeds.load(now, "daily_aggregates", purpose="supervision").column("day").to_pylist()
    assert days == [date(2025, 10, 31), *(date(2025, 11, d) for d in range(1, 13))]
    assert feeds.load(now, "licences").num_rows == 1
    assert len(list((root / "feeds/daily_aggregates/2025-11").iterdir())) < 12
    assert len(list((root / "feeds/daily_aggregates/2025-10").iterdir())) == 1


@pytest.mark.parametrize("most", [1, 2, 100])
def test_every_version_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """What was corrected is still there with its commit and hour of receipt, though files became one; what was told again is no version."""
    monkeypatch.setattr(storing, "MOST_PARTS", most)
    said = ["10", "12", "12", "11", "12"]
    with opened(tmp_path / "store") as store:
        for hour, accepted in enumerate(said, 1):
            held = rows(
                table(
                    tmp_path,
                    "daily_aggregates",
                    {"accepted": accepted, "inspected": "", "identified": ""},
                    {"day": "2025-11-12"},
                )
            )
            feeds.store_rows(store, "daily_aggregates", held, received_at=hour)
    now = Snapshot.open(tmp_path / "store", RULES)
    found = feeds.versions(now, "daily_aggregates", purpose="supervision")
    first = found.filter(pc.equal(found.column("day"), pa.scalar(date(2025, 11, 11))))
    assert first.column("accepted").to_pylist() == [10, 12, 11, 12]
    assert first.column("received_at").to_pylist() == [1, 2, 4, 5]
    assert first.column("commit").to_pylist() == sorted(set(first.column("commit").to_pylist()))
    assert found.num_rows == 5
    assert feeds.load(now, "daily_aggregates", purpose="supervision").column("accepted").to_pylist() == [12, 1200]
    assert len(now.at.feeds) <= max(most, 1)


moments = st.integers(1_762_700_000, 1_763_300_000)
states = st.lists(
    st.lists(st.tuples(moments | st.sampled_from([1_762_819_199, 1_762_819_200]), st.integers(0, 1)), max_size=8),
    max_size=6,
)


@given(states, st.integers(1, 3), st.integers(-1, 8), st.integers(-1, 8))
def test_days_apart_are_as_if_together(files: list[list[tuple[int, int]]], most: int, low: int, high: int) -> None:
    """Whatever days files bring and are asked for, counts and rows are those of one table that no day cuts."""
    schema = feeds.KINDS["device_status"].schema
    whole, first, last = schema.empty_table(), date(2025, 11, 9 + low), date(2025, 11, 9 + high)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "MOST_PARTS", most)
        with opened(Path(folder)) as store:
            for told in files:
                n = len(told)
                columns = {
                    "device": ["X1"] * n,
                    "kind": ["power"] * n,
                    "at": [at for at, _ in told],
                    "facility": [1] * n,
                    "value": [v for _, v in told],
                }
                new = pa.table(columns, schema)
                whole, counts = feeds.merge(whole, new)
                assert feeds.store_rows(store, "device_status", rows(new)) == counts
        now = Snapshot.open(Path(folder), RULES)
        assert feeds.load(now, "device_status") == whole
        days = [datetime.fromtimestamp(at, UTC).date() for at in whole.column("at").to_pylist()]
        for a, b in ((first, last), (first, None), (None, last)):
            kept = [a is None or a <= d for d in days], [b is None or d <= b for d in days]
            expected = whole.filter(pa.array([x and y for x, y in zip(*kept, strict=True)], pa.bool_()))
            assert feeds.load(now, "device_status", first=a, last=b) == expected


def test_only_files_of_the_days_are_read(tmp_path: Path) -> None:
    """A file of one month costs nothing of the others: with these gone, it is stored and read all the same."""
    with opened(tmp_path / "store") as store:
        feeds.store_rows(
            store, "daily_aggregates", rows(table(tmp_path, "daily_aggregates", {"day": "2025-10-31"}, {}))
        )
        for file in (tmp_path / "store/feeds/daily_aggregates/2025-10").iterdir():
            file.write_bytes(b"")
        later = rows(table(tmp_path, "daily_aggregates", {}, {"day": "2025-11-12"}))
        assert feeds.store_rows(store, "daily_aggregates", later) == {"new": 1, "same": 1, "corrected": 0}
    now = Snapshot.open(tmp_path / "store", RULES)
    assert feeds.load(now, "daily_aggregates", purpose="supervision", first=date(2025, 11, 1)).num_rows == 2


def test_columns_that_came_later_and_earlier(tmp_path: Path) -> None:
    """Files from before a column was declared are read, the column unknown in them; files of a later yilu are refused, not cut."""
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "daily_aggregates", rows(table(tmp_path, "daily_aggregates", {})))
    (file,) = (tmp_path / "store/feeds/daily_aggregates/2025-11").iterdir()
    held = pq.read_table(file)
    pq.write_table(held.drop_columns(["complaints"]), file)
    now = Snapshot.open(tmp_path / "store", RULES)
    (row,) = feeds.load(now, "daily_aggregates", purpose="supervision").to_pylist()
    assert (row["accepted"], row["complaints"]) == (1200, None)
    pq.write_table(held.append_column("colour", pa.array(["red"])), file)
    with pytest.raises(StoreError, match="doesn't know"):
        feeds.load(now, "daily_aggregates", purpose="supervision")


def test_broken_off_write_leaves_no_trace(tmp_path: Path) -> None:
    """A file of a feed that no manifest names is nothing, and is swept when the store opens again."""
    root = tmp_path / "store"
    with opened(root) as store:
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {})))
        store.put_table("feeds/licences/all/0000000099.parquet", 99, table(tmp_path, "licences", {"status": "revoked"}))
        assert feeds.load(Snapshot.open(root, RULES), "licences").column("status").to_pylist() == ["valid"]
    with opened(root):
        assert not (root / "feeds/licences/all/0000000099.parquet").exists()
        assert feeds.load(Snapshot.open(root, RULES), "licences").num_rows == 1


def test_statistics_are_kept_from_supervision(tmp_path: Path) -> None:
    """Who reads for supervision gets no row filed for statistics; who doesn't say what for gets nothing."""
    held = table(tmp_path, "daily_aggregates", {}, {"purpose": "statistics", "accepted": "1500"})
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "daily_aggregates", rows(held))
    now = Snapshot.open(tmp_path / "store", RULES)
    for read in (feeds.load, feeds.versions):
        assert read(now, "daily_aggregates", purpose="supervision").column("accepted").to_pylist() == [1200]
        assert read(now, "daily_aggregates", purpose="statistics").column("accepted").to_pylist() == [1500]
        for purpose in ("", "all"):
            with pytest.raises(ValueError, match="for a purpose"):
                read(now, "daily_aggregates", purpose=purpose)
    with pytest.raises(ValueError, match="for a purpose"):
        feeds.load(now, "licences", purpose="supervision")


def test_register_has_no_days(tmp_path: Path) -> None:
    """A register stands as a whole; to ask it for days is a mistake."""
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {})))
    with pytest.raises(ValueError, match="no days"):
        feeds.load(Snapshot.open(tmp_path / "store", RULES), "licences", first=date(2025, 1, 1))
