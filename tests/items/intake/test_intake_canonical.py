"""Yilu's own layout, read from each format: the same rows are the same events."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_world import KEY, RECEIVED, chunks, jsonl, only, reasons_of, row

from yilu.items.keys import hash64, hash128
from yilu.items.kinds import BY_CODE
from yilu.items.schema import DTYPES

FULL = row(
    recorded_at="2025-11-11T00:05:00Z", event_id="e1", piece="2", parent="SF1", container="BAG-1", item_class="express",
    sender_kind="contract", service_level="std", origin="440100", destination="440300", promise="2025-11-13 20:00:00+08:00",
    weight_g="1250", outcome="proxy", kind="deliver",
)  # fmt: skip
AT = 1_762_819_200


def write(folder: Path, form: str, rows: list[dict[str, str]]) -> Path:
    """``rows`` in ``form``."""
    path = folder / f"events.{form}"
    names = sorted({name for r in rows for name in r})
    if form == "jsonl":
        return jsonl(path, *rows)
    if form == "parquet":
        pq.write_table(pa.table({n: pa.array([r.get(n) for r in rows], pa.string()) for n in names}), path)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    return path


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_every_column_of_the_layout_arrives(tmp_path: Path, form: str) -> None:
    """Each column becomes its event column: codes by the network's ids, numbers hashed with the operator, times in UTC seconds."""
    chunk = only(write(tmp_path, form, [FULL]))
    key, key2 = hash128(pa.array(["SF1234567890123"]), 1, KEY)
    expected = {
        "key": key[0], "key2": key2[0], "at": AT, "kind": BY_CODE["deliver"].id, "place": 7, "piece": 2, "voids": 0, "operator": 1,
        "outcome": 2, "item_class": 3, "sender_kind": 2, "service_level": 1, "origin": 3, "destination": 4,
        "promise": 1_763_035_200, "weight_g": 1250, "container": hash128(pa.array(["BAG1"]), 1, KEY)[0][0],
        "parent": hash128(pa.array(["SF1"]), 1, KEY)[0][0], "event_id": hash64(pa.array(["e1"]), 1, KEY)[0],
        "recorded_at": AT + 300, "source": 0, "code": 0, "via": 0,
    }  # fmt: skip
    assert {name: getattr(chunk.events, name).tolist() for name in DTYPES} == {
        name: [value] for name, value in expected.items()
    }
    assert (chunk.rows, chunk.used, chunk.quarantine.num_rows, chunk.last) == (1, 1, 0, True)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_the_four_required_columns_are_enough(tmp_path: Path, form: str) -> None:
    """What is not stated is 0; the time of receipt stands for a missing recording time."""
    chunk = only(write(tmp_path, form, [row(facility=...)]))
    assert chunk.used == 1
    assert (chunk.events.place[0], chunk.events.weight_g[0], chunk.events.parent[0]) == (0, 0, 0)
    assert chunk.events.recorded_at[0] == RECEIVED


def test_parquet_times_and_dictionaries(tmp_path: Path) -> None:
    """Typed columns give what their texts give: timestamps with and without zone, dictionaries, whole numbers."""
    moment = datetime(2025, 11, 11, tzinfo=UTC)
    table = pa.table(
        {
            "operator": pa.array(["SF", "EMS"]).dictionary_encode(), "waybill": pa.array([1234567890, 99], pa.int64()),
            "kind": pa.array(["arrive", "depart"]).dictionary_encode(), "at": pa.array([moment, moment], pa.timestamp("ms", "UTC")),
            "weight_g": pa.array([5, None], pa.int32()), "facility": pa.array(["SZ-01", None]).dictionary_encode(),
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    found = only(tmp_path / "t.parquet").events
    assert found.at.tolist() == [AT, AT]
    assert found.operator.tolist() == [1, 2]
    assert found.place.tolist() == [8, 0]
    assert found.weight_g.tolist() == [5, 0]
    assert found.key.tolist() == [hash128(pa.array([n]), op, KEY)[0][0] for n, op in (("1234567890", 1), ("99", 2))]


def test_chunks_cover_the_rows_and_a_file_resumes(tmp_path: Path) -> None:
    """Chunks of any size hold the same events; after ``done`` rows the rest follows; a finished or renamed copy is a repeat."""
    rows = [
        row(waybill=f"SF{i:013d}", kind="nonsense" if i % 7 == 0 else "arrive", weight_g="x" if i % 5 == 0 else "1")
        for i in range(53)
    ]
    path = write(tmp_path, "parquet", rows)
    whole = only(path)
    parts = chunks(path, chunk_rows=10)
    assert [(c.row_from, c.row_to, c.last) for c in parts] == [(0, 10, False), (10, 20, False), (20, 30, False), (30, 40, False), (40, 50, False), (50, 53, True)]  # fmt: skip
    assert np.concatenate([c.events.key for c in parts]).tolist() == whole.events.key.tolist()
    assert sum(c.used for c in parts) == whole.used == 53 - 11
    assert [r for c in parts for r in reasons_of(c)] == reasons_of(whole)
    assert {c.content_hash for c in parts} == {whole.content_hash}
    resumed = chunks(path, chunk_rows=10, done=lambda _: 30)
    assert [c.fingerprint for c in resumed] == [c.fingerprint for c in parts[3:]]
    copy = tmp_path / "another name.parquet"
    copy.write_bytes(path.read_bytes())
    (repeat,) = chunks(copy, done=lambda found: -1 if found == whole.content_hash else 0)
    assert (repeat.rows, repeat.last, repeat.repeated, repeat.content_hash) == (0, True, True, whole.content_hash)
    (known,) = chunks(copy, done=lambda _: 53)
    assert (known.rows, known.row_to, known.last, known.repeated, known.repeated_rows) == (0, 53, True, True, 53)


def test_exact_multiple_of_the_chunk_ends_with_a_last_chunk(tmp_path: Path) -> None:
    """The last full chunk is marked the last; an empty file gives one empty last chunk."""
    path = jsonl(tmp_path / "e.jsonl", *[row(waybill=f"A{i}") for i in range(20)])
    assert [(c.rows, c.last) for c in chunks(path, chunk_rows=10)] == [(10, False), (10, True)]
    empty = jsonl(tmp_path / "none.jsonl")
    assert [(c.rows, c.last) for c in chunks(empty)] == [(0, True)]


def test_a_constant_column_stays_one_value(tmp_path: Path) -> None:
    """Columns with one value throughout are not spread over the rows, so that they cost nothing later."""
    path = write(tmp_path, "parquet", [row(waybill=f"A{i}") for i in range(100)])
    found = only(path).events
    for name in ("operator", "kind", "place", "origin", "weight_g", "recorded_at"):
        assert getattr(found, name).strides == (0,), name


def test_unmapped_kinds_and_unknown_places_are_kept_and_counted(tmp_path: Path) -> None:
    """An unmapped kind becomes ``other`` with its code, an unknown place becomes 0; both are counted, neither is quarantined."""
    path = jsonl(
        tmp_path / "e.jsonl",
        row(kind="warp", facility="MOON"),
        row(),
        row(kind="warp", facility="MOON"),
        row(kind="beam", origin="1"),
    )
    chunk = only(path)
    assert chunk.used == 4
    assert chunk.unmapped == {"warp": 2, "beam": 1}
    assert [chunk.codes[c - 1] if c else "" for c in chunk.events.code] == ["warp", "", "warp", "beam"]
    assert chunk.events.kind.tolist() == [240, 52, 240, 240]
    assert chunk.unknown == {"place": {"MOON": 2}, "origin": {"1": 1}}
