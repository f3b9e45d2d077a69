"""Dry run: the report says what a source would become and keeps nothing."""

from __future__ import annotations

import io
import json
from importlib import import_module
from pathlib import Path

import pytest
from intake_world import NETWORK, RECEIVED, jsonl, row

from yilu.items.intake import Limits, Mapping, MappingError, dry_run
from yilu.items.intake.mapping import parse

YILU = Mapping.read("yilu")


def test_the_report_adds_up(tmp_path: Path) -> None:
    """Counts by reason, kind, unmapped code and unknown place, times, order and lateness are those of the rows."""
    rows = [
        row(waybill=f"A{i}", at=f"2025-11-11T0{i % 10}:00:00Z", recorded_at=f"2025-11-11T0{i % 10}:05:00Z")
        for i in range(10)
    ]
    rows += [
        row(kind="warp", facility="MOON"),
        row(at="never"),
        row(waybill=""),
        "{",
        row(waybill=""),
        rows[0],
        rows[0],
    ]
    jsonl(tmp_path / "a.jsonl", *rows)
    jsonl(tmp_path / "b.jsonl", row(waybill="B"))
    report = dry_run(tmp_path, YILU, NETWORK, received_at=RECEIVED)
    assert (report.sources, report.rows, report.used, report.quarantined, report.events) == (2, 18, 14, 4, 14)
    assert report.by_reason == {"missing_waybill": 2, "bad_time": 1, "malformed": 1}
    assert report.by_kind == {"arrive": 13, "other": 1}
    assert report.unmapped == {"warp": 1}
    assert report.unknown == {"place": {"MOON": 1}}
    assert (report.first_at, report.last_at) == (1_762_819_200, 1_762_851_600)
    # Ten hours in order, back to the start for the last three of the first file; the second file stands alone.
    assert report.in_order == pytest.approx(11 / 12)
    assert report.repeats == pytest.approx(2 / 14)
    assert report.recorded_late_s == 300
    assert [(p["file"], p["row"], p["reason"], p["column"]) for p in report.problems.to_pylist()] == [
        ("a.jsonl", 12, "bad_time", "at"), ("a.jsonl", 13, "missing_waybill", "waybill"), ("a.jsonl", 14, "malformed", None),
        ("a.jsonl", 15, "missing_waybill", "waybill"),
    ]  # fmt: skip
    plain = report.as_json()
    assert json.loads(json.dumps(plain))["problems"][0]["zh"] == "时间无法识别"
    assert [p["column"] for p in plain["problems"]] == ["at", "waybill", None, "waybill"]
    assert "A1" not in json.dumps(plain)


def test_problems_are_bounded_counts_are_not(tmp_path: Path) -> None:
    """The first thousand rows are shown, all are counted."""
    path = jsonl(tmp_path / "e.jsonl", *[row(at="") for _ in range(1500)])
    report = dry_run(path, YILU, NETWORK, received_at=RECEIVED)
    assert (report.problems.num_rows, report.by_reason) == (1000, {"missing_time": 1500})


def test_repeats_are_estimated_from_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With far more identities than are kept, the share of repeats stays close: an identity is sampled with all its events."""
    monkeypatch.setattr(import_module("yilu.items.intake.dry_run"), "_SAMPLED", 500)
    rows = [row(waybill=f"A{i}") for i in range(4000)]
    path = jsonl(tmp_path / "e.jsonl", *rows, *rows[:2000])
    report = dry_run(path, YILU, NETWORK, received_at=RECEIVED)
    assert report.repeats == pytest.approx(1 / 3, abs=0.05)


def test_a_source_that_cannot_be_read_stands_in_the_report(tmp_path: Path) -> None:
    """The good file of a folder is reported, the bad one named."""
    jsonl(tmp_path / "a.jsonl", row())
    (tmp_path / "b.parquet").write_bytes(b"no")
    report = dry_run(tmp_path, YILU, NETWORK)
    assert (report.used, len(report.errors)) == (1, 1)
    assert "b.parquet" in report.errors[0]


def test_a_wrong_mapping_is_an_error(tmp_path: Path) -> None:
    """It is raised, not reported: nothing can be said of the rows."""
    wrong = parse('name="m"\noperator="NOBODY"\n[columns]\nwaybill="w"\nkind="k"\nat="a"', "m.toml")
    with pytest.raises(MappingError):
        dry_run(jsonl(tmp_path / "e.jsonl", row()), wrong, NETWORK)


def test_standard_input() -> None:
    """A stream can be tried too."""
    stream = io.BytesIO(json.dumps(row()).encode())
    assert dry_run("-", YILU, NETWORK, stream=stream, limits=Limits()).used == 1
