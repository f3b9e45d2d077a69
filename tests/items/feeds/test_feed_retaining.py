"""What feeds leave behind: quarantined rows with their reason, and nothing past its period."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.items.feeds.feed_world import GOOD, read, table, write
from tests.items.feeds.test_feed_storing import RULES, opened, rows
from yilu.items import feeds
from yilu.items.feeds.reasons import BY_CODE
from yilu.items.reading import Snapshot
from yilu.items.store import Store

DAY = 86_400
NOW = 1_762_819_200
"""2025-11-11 at midnight UTC."""


def bad(tmp_path: Path, kind: str, **wrong: str) -> feeds.FeedRows:
    """A file with one good row and one wrong."""
    return read(kind, write(tmp_path / f"{kind}.csv", [GOOD[kind], GOOD[kind] | wrong]))


@pytest.mark.parametrize(
    ("kind", "wrong", "reason", "value"),
    [
        ("daily_aggregates", {"accepted": "many"}, "bad_value", "(hidden, 4 characters)"),
        ("daily_aggregates", {"operator": "NOBODY"}, "unknown_code", "NOBODY"),
        ("daily_aggregates", {"day": ""}, "missing", None),
        ("daily_aggregates", {"inspected": "1201"}, "contradiction", "1201"),
        ("device_status", {"device": "张三"}, "bad_value", None),
        ("licences", {"status": "13800138000"}, "bad_value", "(hidden, 11 characters)"),
    ],
)
def test_quarantined_rows_are_kept_with_their_reason(
    tmp_path: Path, kind: str, wrong: dict[str, str], reason: str, value: str | None
) -> None:
    """The store holds file, row, reason and column of each, its text only where it may be shown and looks like what the column is for."""
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, kind, bad(tmp_path, kind, **wrong), received_at=NOW)
    now = Snapshot.open(tmp_path / "store", RULES)
    (row,) = feeds.quarantine(now, kind).to_pylist()
    assert (row["file"], row["row"], row["reason"], row["column"]) == (f"{kind}.csv", 2, reason, next(iter(wrong)))
    assert row["value"] == value
    assert BY_CODE[reason].zh and BY_CODE[reason].next_step
    assert now.at.quarantine == (), "the quarantine of scan events is another"
    if value is None or value.startswith("(hidden"):
        held = b"".join(p.read_bytes() for p in (tmp_path / "store").rglob("*") if p.is_file())
        assert not next(iter(wrong.values())).encode() or next(iter(wrong.values())).encode() not in held


def test_the_same_file_again_keeps_nothing_twice(tmp_path: Path) -> None:
    """Neither rows nor quarantine grow, and no commit is made; another wrong row is kept beside the first."""
    with opened(tmp_path / "store") as store:
        found = bad(tmp_path, "licences", status="?")
        feeds.store_rows(store, "licences", found, received_at=NOW)
        before = store.at
        feeds.store_rows(store, "licences", found, received_at=NOW + DAY)
        assert store.at == before
        feeds.store_rows(store, "licences", bad(tmp_path, "licences", status=""), received_at=NOW + DAY)
    now = Snapshot.open(tmp_path / "store", RULES)
    assert feeds.quarantine(now, "licences").column("reason").to_pylist() == ["bad_value", "missing"]
    assert feeds.overview(now) == [{"kind": "licences", "versions": 1, "files": 1, "quarantined": 2}]


def test_rows_that_were_kept_before_expectations_were_chinese_are_read(tmp_path: Path) -> None:
    """A file of the quarantine from before is read, its Chinese empty, and the same row that comes again is not kept twice."""
    found = bad(tmp_path, "licences", status="?")
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "licences", found, received_at=NOW)
    (kept,) = (tmp_path / "store").rglob("feeds/licences/quarantine/*.parquet")
    pq.write_table(pq.read_table(kept).drop_columns("expected_zh"), kept)
    with opened(tmp_path / "store") as store:
        feeds.store_rows(store, "licences", found, received_at=NOW + DAY)
    (row,) = feeds.quarantine(Snapshot.open(tmp_path / "store", RULES), "licences").to_pylist()
    assert row["expected"] and row["expected_zh"] is None


def filled(root: Path, tmp_path: Path) -> Store:
    """A store with two days and two months, three versions of a licence, and quarantine of two days."""
    store = opened(root)
    for day in ("2025-09-30", "2025-11-10"):
        feeds.store_rows(
            store, "daily_aggregates", rows(table(tmp_path, "daily_aggregates", {"day": day})), received_at=NOW
        )
        at = {"at": f"{day}T12:00:00Z"}
        feeds.store_rows(store, "device_status", rows(table(tmp_path, "device_status", at)), received_at=NOW)
    for n, status in enumerate(("valid", "expired", "revoked")):
        received = NOW - (20 - 10 * n) * DAY
        feeds.store_rows(store, "licences", rows(table(tmp_path, "licences", {"status": status})), received_at=received)
        feeds.store_rows(store, "outlet_filings", bad(tmp_path, "outlet_filings", status=f"x{n}"), received_at=received)
    return store


def test_what_is_past_its_period_goes_and_nothing_else(tmp_path: Path) -> None:
    """Whole months of counts, days of device status, superseded versions, quarantine by its receipt; what a register says now stays."""
    root = tmp_path / "store"
    with filled(root, tmp_path) as store:
        keep = feeds.Periods(counts=42, devices=42, registers=42, quarantine=42)
        assert feeds.retain(store, NOW, keep) == {"feed_files": 0, "feed_versions": 0, "feed_quarantine_files": 0}
        commit = store.at.commit
        done = feeds.retain(store, NOW, feeds.Periods(counts=41, devices=41, registers=5, quarantine=15))
        assert done == {"feed_files": 2, "feed_versions": 1, "feed_quarantine_files": 1}
        assert store.at.commit == commit + 1
        again = feeds.retain(store, NOW, feeds.Periods(counts=41, devices=41, registers=5, quarantine=15))
        assert not any(again.values())
    now = Snapshot.open(root, RULES)
    assert feeds.load(now, "daily_aggregates", purpose="supervision").num_rows == 1
    assert feeds.load(now, "device_status").num_rows == 1
    assert feeds.versions(now, "licences").column("status").to_pylist() == ["expired", "revoked"]
    assert feeds.load(now, "licences").column("status").to_pylist() == ["revoked"]
    assert feeds.quarantine(now, "outlet_filings").num_rows == 2
    assert feeds.load(now, "outlet_filings").num_rows == 1


def test_a_store_without_events_counts_from_its_last_receipt(tmp_path: Path) -> None:
    """Where there is no scan event, the day of the last receipt is now: a row of a far future empties nothing."""
    with filled(tmp_path / "store", tmp_path) as store:
        later = rows(table(tmp_path, "daily_aggregates", {"day": "2099-01-01"}))
        feeds.store_rows(store, "daily_aggregates", later, received_at=NOW)
        assert feeds.retain(store, 0, feeds.Periods(42, 42, 42, 42)) == {
            "feed_files": 0,
            "feed_versions": 0,
            "feed_quarantine_files": 0,
        }
        assert feeds.retain(store, 0, feeds.Periods(41, 42, 42, 42))["feed_files"] == 1
