"""Bad input: a clear error or a quarantined row, nothing half used, nothing personal in any text."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_world import chunks, jsonl, only, reasons_of, row

from yilu.items.intake import Limits, SourceError

SECRETS = ("13800138000", "440101199001011234", "张三丰", "SF9999999999999", "天河区体育东路", "person@mail.example")


def parquet(path: Path, rows: list[dict[str, object]], **settings: object) -> Path:
    """``rows`` as Parquet."""
    pq.write_table(pa.Table.from_pylist(rows), path, **settings)
    return path


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    """Cut at any place, the file gives an error that says so and no chunk."""
    whole = parquet(
        tmp_path / "w.parquet", [row(waybill=f"A{i}") for i in range(5000)], row_group_size=1000
    ).read_bytes()
    for size in (0, 3, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.parquet").write_bytes(whole[:size])
        with pytest.raises(SourceError, match=r"cut\.parquet is not a whole Parquet file") as caught:
            chunks(tmp_path / "cut.parquet")
        assert caught.value.next_step


def test_a_column_whose_name_is_no_text_is_an_error(tmp_path: Path) -> None:
    """A name that isn't UTF-8 can't be asked for: the file is refused as damaged, it breaks nothing."""
    path = parquet(tmp_path / "named.parquet", [row(remark="x")], store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"remark", b"rem\x80rk"))
    with pytest.raises(SourceError, match=r"named\.parquet is not a whole Parquet file"):
        chunks(path)


def test_damage_inside_a_parquet_file_is_an_error_not_rows(tmp_path: Path) -> None:
    """A damaged page ends the reading with an error; chunks given before it are right."""
    path = parquet(
        tmp_path / "d.parquet", [row(waybill=f"A{i:09d}") for i in range(4000)], row_group_size=1000, compression="zstd"
    )
    content = bytearray(path.read_bytes())
    meta = pq.read_metadata(path).row_group(3)
    waybills = next(meta.column(i) for i in range(meta.num_columns) if meta.column(i).path_in_schema == "waybill")
    start = waybills.dictionary_page_offset or waybills.data_page_offset
    content[start + 40 : start + 400] = bytes(360)
    path.write_bytes(content)
    got = []
    with pytest.raises(SourceError, match="cut off or damaged"):
        for chunk in chunks_of(path, chunk_rows=1000):
            got.append(chunk.rows)
    assert got and all(n == 1000 for n in got)


def chunks_of(path: Path, **settings: object):
    """Chunks one by one."""
    from intake_world import KEY, NETWORK, RECEIVED

    from yilu.items.intake import Mapping, open_source

    return open_source(path, Mapping.read("yilu"), NETWORK, KEY, received_at=RECEIVED, **settings)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_missing_column_is_named(tmp_path: Path, form: str) -> None:
    """The error names file, column, mapping and what to do; it doesn't list what stands there, which may be data."""
    path = tmp_path / f"e.{form}"
    if form == "csv":
        path.write_text("operator,waybill,13800138000,at\nSF,A1,arrive,2025-01-01T00:00:00Z\n", encoding="utf-8")
    else:
        parquet(path, [{k: v for k, v in row().items() if k != "kind"}])
    with pytest.raises(SourceError, match=rf"e\.{form}: column kind is missing, which mapping yilu reads") as caught:
        chunks(path)
    assert "13800138000" not in str(caught.value)


def test_a_waybill_column_of_fractions_is_refused(tmp_path: Path) -> None:
    """Numbers written as floating point have lost digits: the column's type is named."""
    with pytest.raises(SourceError, match="column waybill: type double"):
        chunks(parquet(tmp_path / "f.parquet", [row(waybill=1.5e12)]))


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_line_beyond_the_limit_is_one_quarantined_row(tmp_path: Path, form: str) -> None:
    """Its neighbours are used, wherever the line lies within the blocks."""
    good = json.dumps(row()) if form == "jsonl" else "SF,A1,arrive,2025-01-01T00:00:00Z"
    head = "" if form == "jsonl" else "operator,waybill,kind,at\n"
    for size in (900, 5000, 70_000):
        path = tmp_path / f"l{size}.{form}"
        path.write_text(head + "\n".join([good, good, "x" * size, good, "y" * 800, good]) + "\n", encoding="utf-8")
        chunk = only(path, limits=Limits(max_line_bytes=600, block_bytes=2048))
        assert reasons_of(chunk) == [(3, "line_too_long"), (5, "line_too_long")]
        assert chunk.used == 4


def test_an_endless_line_takes_bounded_memory() -> None:
    """300 MB in one line from a stream: one quarantined row, and memory stays far below the line's size."""
    script = """
import io, resource, sys
sys.path.insert(0, sys.argv[1])
from intake_world import KEY, NETWORK, RECEIVED, row
from yilu.items.intake import Limits, Mapping, open_source
import json

class Endless(io.RawIOBase):
    left = 300 << 20
    tail = b"\\n" + json.dumps(row()).encode() + b"\\n"
    def read(self, size=-1):
        if self.left:
            n = min(size, self.left)
            self.left -= n
            return bytes(n)
        got, self.tail = self.tail[:size], self.tail[size:]
        return got

def read(stream):
    return list(open_source("-", Mapping.read("yilu"), NETWORK, KEY, received_at=RECEIVED, stream=stream, limits=Limits(block_bytes=4 << 20)))

read(io.BytesIO(json.dumps(row()).encode() + b"\\n"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(chunk,) = read(Endless())
assert (chunk.used, chunk.quarantine["reason"].to_pylist()) == (1, ["line_too_long"]), chunk
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) * 1024 < 100 << 20


def test_invalid_utf8_spoils_its_row_only(tmp_path: Path) -> None:
    """A line in another encoding is quarantined in CSV and JSON Lines; its neighbours, Chinese ones included, are used."""
    strange = '{"operator":"SF","waybill":"A2","kind":"收件","at":"2025-01-01T00:00:00Z"}'.encode("gb18030")
    chinese = json.dumps(row(kind="收件"), ensure_ascii=False).encode()
    assert reasons_of(only(jsonl(tmp_path / "e.jsonl", chinese, strange, chinese))) == [(2, "invalid_utf8")]
    lines = [b"operator,waybill,kind,at", "SF,A1,收件,2025-01-01T00:00:00Z".encode(), "SF,A2,收件,2025-01-01T00:00:00Z".encode("gb18030"), b"SF,A3,arrive,2025-01-01T00:00:00Z"]  # fmt: skip
    (tmp_path / "e.csv").write_bytes(b"\r\n".join(lines) + b"\r\n")
    chunk = only(tmp_path / "e.csv")
    assert (reasons_of(chunk), chunk.used) == ([(2, "invalid_utf8")], 2)


def test_invalid_utf8_in_parquet(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 in a text column: a waybill is quarantined, a kind becomes unmapped, nothing breaks."""
    raw = pa.array([b"A\xff1", b"A2"], pa.binary())
    text = pa.StringArray.from_buffers(2, raw.buffers()[1], raw.buffers()[2])
    kinds = pa.array([b"arrive", b"\xff"], pa.binary())
    kind = pa.StringArray.from_buffers(2, kinds.buffers()[1], kinds.buffers()[2])
    pq.write_table(
        pa.table({"operator": ["SF", "SF"], "waybill": text, "kind": kind, "at": ["2025-01-01T00:00:00Z"] * 2}),
        tmp_path / "b.parquet",
    )
    chunk = only(tmp_path / "b.parquet")
    assert reasons_of(chunk) == [(1, "bad_waybill")]
    assert chunk.events.kind.tolist() == [240]


def test_utf16_is_named(tmp_path: Path) -> None:
    """A file in UTF-16, which a spreadsheet likes to write, is refused with what to do."""
    (tmp_path / "e.csv").write_bytes("operator,waybill\n".encode("utf-16"))
    with pytest.raises(SourceError, match="UTF-16"):
        chunks(tmp_path / "e.csv")


def test_times_that_cannot_be_true(tmp_path: Path) -> None:
    """A time in 2199 or 1999, an empty one and one that is no time are quarantined, each with its reason and its text."""
    path = jsonl(
        tmp_path / "e.jsonl", row(at="2199-01-01T00:00:00Z"), row(at="1999-12-31T23:59:59Z"), row(at=""), row(at="yesterday"),
        row(at="2025-02-30T00:00:00Z"), row(at="2025-01-01 00:00:00"), row(promise="2199-01-01T00:00:00Z"), row(), row(at=...),
    )  # fmt: skip
    chunk = only(path)
    assert reasons_of(chunk) == [
        (1, "time_out_of_range"), (2, "time_out_of_range"), (3, "missing_time"), (4, "bad_time"), (5, "bad_time"), (6, "bad_time"),
        (7, "time_out_of_range"), (9, "missing_time"),
    ]  # fmt: skip
    assert chunk.quarantine["time"].to_pylist()[:5] == ["2199-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "", "(hidden, 9 characters)", "2025-02-30T00:00:00Z"]  # fmt: skip


def test_a_file_that_grows_is_refused(tmp_path: Path) -> None:
    """Rows appended after the first chunk: the second is not given; read again when it is whole, nothing is missing."""
    path = jsonl(tmp_path / "e.jsonl", *[row(waybill=f"A{i}") for i in range(30)])
    reader = chunks_of(path, chunk_rows=10)
    first = next(reader)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row(waybill="A30")) + "\n")
    with pytest.raises(SourceError, match=r"e\.jsonl is still being written"):
        next(reader)
    again = only(path)
    assert again.used == 31
    assert again.content_hash != first.content_hash


def test_a_file_that_grows_while_it_is_hashed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick pass over the bytes notices it too, before anything is read."""
    path = jsonl(tmp_path / "e.jsonl", row())
    real = hashlib.file_digest

    def growing(file: object, digest: object) -> object:
        found = real(file, digest)  # type: ignore[arg-type]
        with path.open("ab") as more:
            more.write(b"\n")
        return found

    monkeypatch.setattr(hashlib, "file_digest", growing)
    with pytest.raises(SourceError, match="still being written"):
        chunks(path)


def test_one_bad_file_of_a_folder_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    """The good files are given in order of name; the error names the bad one at the end."""
    jsonl(tmp_path / "a.jsonl", row())
    (tmp_path / "b.parquet").write_bytes(b"PAR1 no more")
    jsonl(tmp_path / "c.jsonl", row(), row(waybill="B"))
    got = []
    with pytest.raises(SourceError, match=r"b\.parquet"):
        for chunk in chunks_of(tmp_path):
            got.append((chunk.source_name, chunk.used))
    assert got == [("a.jsonl", 1), ("c.jsonl", 2)]


def test_packed_files(tmp_path: Path) -> None:
    """A gzip file is read as what it holds; one that is cut off is refused."""
    content = b"".join(json.dumps(row(waybill=f"A{i}")).encode() + b"\n" for i in range(1000))
    packed = gzip.compress(content)
    (tmp_path / "e.jsonl.gz").write_bytes(packed)
    assert only(tmp_path / "e.jsonl.gz").used == 1000
    (tmp_path / "f.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(SourceError, match="cut off or damaged"):
        chunks(tmp_path / "f.jsonl.gz", limits=Limits(block_bytes=1000))


def test_paths_that_are_not_there(tmp_path: Path) -> None:
    """No such file, an empty folder, a name that tells no format: each says what to do."""
    with pytest.raises(SourceError, match="does not exist"):
        chunks(tmp_path / "none.parquet")
    with pytest.raises(SourceError, match="no file in"):
        chunks(tmp_path)
    (tmp_path / "events.dat").write_bytes(b"x")
    with pytest.raises(SourceError, match="format can't be told"):
        chunks(tmp_path / "events.dat")


def test_nothing_personal_in_quarantine_or_errors(tmp_path: Path) -> None:
    """Secrets in every column, shown or not, in good form and bad: none appears in the quarantine, in codes or in counts."""
    bad = []
    for secret in SECRETS:
        for column in ("operator", "waybill", "kind", "facility", "at", "weight_g", "piece", "origin", "event_id", "sender_token", "item_class", "recorded_at"):  # fmt: skip
            bad.append(row(**{column: secret}))
            bad.append(row(**{"weight_g": "-1", "at": "", column: secret}))
        bad.append({**row(), "name": secret, "at": "x"})
        bad.append(json.dumps(row(waybill=secret))[:-3])
    chunk = only(jsonl(tmp_path / "e.jsonl", *bad))
    shown = str(chunk.quarantine.to_pylist()) + str(chunk.codes) + str(chunk.unmapped) + str(chunk.unknown)
    assert chunk.quarantine.num_rows > 80
    for secret in SECRETS:
        assert secret not in shown


def test_confidential_mail_leaves_no_text(tmp_path: Path) -> None:
    """A row marked 机要 is refused, and of its columns nothing is shown."""
    chunk = only(
        jsonl(
            tmp_path / "e.jsonl",
            row(item_class="机要", at="bad"),
            row(item_class="confidential"),
            row(item_class="express"),
        )
    )
    assert reasons_of(chunk) == [(1, "confidential"), (2, "confidential")]
    assert chunk.quarantine.select(["kind", "time", "place", "weight", "key"]).to_pylist() == [dict.fromkeys(("kind", "time", "place", "weight", "key"))] * 2  # fmt: skip


def test_a_clock_ahead_is_held_to_be_replayed(tmp_path: Path) -> None:
    """An event later than its recording by more than the setting is quarantined with its key and held as an event."""
    rows = [
        row(recorded_at="2025-11-10T23:49:59Z"),
        row(recorded_at="2025-11-10T23:50:00Z"),
        row(at="2026-01-01T00:10:01Z"),
        row(at="2026-01-01T00:10:00Z"),
    ]
    chunk = only(jsonl(tmp_path / "e.jsonl", *rows))
    assert reasons_of(chunk) == [(1, "clock_ahead"), (3, "clock_ahead")]
    assert chunk.held.at.tolist() == [1_762_819_200, 1_767_226_201]
    assert chunk.held_rows.tolist() == [1, 3]
    assert chunk.quarantine["key"].to_pylist() == chunk.held.key.tolist() == [chunk.events.key[0]] * 2
    assert chunk.quarantine["place"].to_pylist() == ["GZ-HUB"] * 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"waybill": ...}, "missing_waybill"), ({"waybill": " - "}, "missing_waybill"), ({"waybill": "9" * 65}, "long_waybill"),
        ({"waybill": "A\u00e91"}, "bad_waybill"), ({"waybill": "A\t1"}, "bad_waybill"), ({"waybill": {"a": 1}}, "bad_waybill"),
        ({"waybill": "RB123456786NL"}, "bad_check_digit"), ({"operator": "XX"}, "unknown_operator"), ({"operator": ...}, "unknown_operator"),
        ({"kind": ""}, "missing_kind"), ({"kind": ...}, "missing_kind"), ({"weight_g": "-5"}, "weight_range"), ({"weight_g": "1e9"}, "weight_range"),
        ({"weight_g": "heavy"}, "weight_range"), ({"piece": "4096"}, "piece_range"), ({"piece": "1.5"}, "piece_range"),
        ({"kind": "void"}, "void_without_event_id"), ({"recorded_at": "soon"}, "bad_time"), ({"promise": "never"}, "bad_time"),
    ],
)  # fmt: skip
def test_each_reason(tmp_path: Path, changed: dict[str, object], reason: str) -> None:
    """One wrong column quarantines its row with this reason, and only it."""
    chunk = only(jsonl(tmp_path / "e.jsonl", row(), row(**changed), row()))
    assert (reasons_of(chunk), chunk.used) == ([(2, reason)], 2)


def test_good_rows_that_look_odd(tmp_path: Path) -> None:
    """A right S10 number, spaces and hyphens, a void with its id, weight 0 and piece 0 are used."""
    odd = [
        row(waybill="LX 050606084 NL"),
        row(waybill="sf-123 456"),
        row(kind="void", voids="e9"),
        row(weight_g=0, piece=0),
        row(weight_g="12.4"),
    ]
    chunk = only(jsonl(tmp_path / "e.jsonl", *odd))
    assert reasons_of(chunk) == []
    assert chunk.events.weight_g.tolist() == [0, 0, 0, 0, 12]


def test_standard_input_is_known_by_its_chunks() -> None:
    """Piped again, the chunks that were done are repeats; Parquet can't be piped and says so."""
    content = b"".join(json.dumps(row(waybill=f"A{i}")).encode() + b"\n" for i in range(25))
    first = chunks("-", stream=io.BytesIO(content), chunk_rows=10)
    assert [c.used for c in first] == [10, 10, 5]
    done = {c.content_hash for c in first[:2]}
    again = chunks("-", stream=io.BytesIO(content), chunk_rows=10, done=lambda found: -1 if found in done else 0)
    assert [(c.used, c.repeated) for c in again] == [(0, True), (0, True), (5, False)]
