"""Batches from another process: judged there, pseudonymised on the disk, in exactly one commit whatever is killed when."""

from __future__ import annotations

import io
import json
import time
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.errors import InputError, YiluError
from yilu.items.intake import Chunk, SourceError
from yilu.items.intake.chunk_file import Kept, read, write
from yilu.items.intake.read_arrow import TooMany
from yilu.items.schema import DTYPES
from yilu.run import received, receiving
from yilu.run.facts import Facts
from yilu.run.inlets import Refusal
from yilu.run.received import Received, commit_of
from yilu.run.receiving import Full, Receiving, Sender
from yilu.settings import load

SENDER = Sender("SF", "SF")
AT = "2026-06-01T08:00:00+08:00"


def rows(n: int, first: int = 0, **changed: object) -> list[dict[str, object]]:
    """Rows of one operator: acceptances of items of numbers from ``first`` on."""
    row = {"operator": "SF", "kind": "accept", "at": AT, "recorded_at": AT}
    return [{**row, "waybill": f"SF{first + i:012d}", **changed} for i in range(n)]


def lines(found: list[dict[str, object]]) -> bytes:
    """Rows as JSON Lines."""
    return b"".join(json.dumps(r).encode() + b"\n" for r in found)


def stream(found: list[dict[str, object]], **how: object) -> bytes:
    """Rows as an Arrow IPC stream."""
    table = pa.Table.from_pylist(found)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**how)) as out:
        out.write_table(table)
    return sink.getvalue()


@pytest.fixture
def receiver(tmp_path: Path) -> Receiving:
    """A door of a process that is not the writer."""
    return Receiving(Facts(load({}, store=tmp_path / "store", key_file=tmp_path / "key", spool=tmp_path / "spool", buckets=4)))  # fmt: skip


def same(one: Chunk, other: Chunk) -> bool:
    """Whether two chunks hold the same."""
    for f in fields(Chunk):
        a, b = getattr(one, f.name), getattr(other, f.name)
        if f.name in ("events", "held"):
            if len(a) != len(b) or not all(np.array_equal(getattr(a, n), getattr(b, n)) for n in DTYPES):
                return False
        elif isinstance(a, np.ndarray):
            if not np.array_equal(a, b):
                return False
        elif isinstance(a, pa.Table):
            if not a.equals(b):
                return False
        elif a != b:
            return False
    return True


def test_a_chunk_comes_back_from_its_file_as_it_was(receiver: Receiving) -> None:
    """Events, quarantine with its reasons, clocks ahead, codes, senders' tokens: all of a chunk stands in its file."""
    found = [
        *rows(3, sender_token="t1"), *rows(1, 10, kind="strange_code"), *rows(1, 20, at="x"), *rows(1, 30, at="2026-06-01T09:00:00+08:00"),
    ]  # fmt: skip
    chunk = receiver.judge(lines(found), "jsonl", SENDER, "r1")
    assert (chunk.rows, chunk.used, len(chunk.held), chunk.tokens.num_rows, chunk.codes) == (
        6,
        4,
        1,
        3,
        ("strange_code",),
    )
    again = read(write(Kept(chunk, "SF", 5)), "a")
    assert (again.feed, again.received_at) == ("SF", 5)
    assert same(chunk, again.chunk)
    assert all(getattr(again.chunk.events, n).flags.aligned for n in DTYPES)


def test_no_number_stands_in_a_batch(receiver: Receiving, tmp_path: Path) -> None:
    """What is put onto the disk holds neither a waybill number nor anything by which one could be tried out without the key."""
    body = lines([*rows(50), *rows(1, 60, at="broken"), {"waybill": "SF000000000099 secret"}])
    receiver.hand_over(receiver.judge(body, "jsonl", SENDER, "r1"), SENDER, "r1")
    [file] = (tmp_path / "spool" / receiving.FOLDER).iterdir()
    content = file.read_bytes()
    assert b"SF0000" not in content and b"secret" not in content
    import hashlib

    for made in (hashlib.sha256(body).hexdigest(), hashlib.blake2b(body, digest_size=16).hexdigest()):
        assert made.encode() not in content


def test_rows_of_another_operator_are_quarantined(receiver: Receiving) -> None:
    """A key of one operator tells nothing of another's items; its own rows in the same batch are used."""
    chunk = receiver.judge(lines([*rows(2), *rows(1, 9, operator="YTO"), *rows(1, 10, operator="??")]), "jsonl", SENDER, "r1")  # fmt: skip
    assert chunk.used == 2
    assert receiving.reasons_of(chunk) == {"other_operator": 1, "unknown_operator": 1}
    assert set(np.unique(chunk.events.operator)) == {receiver.door(SENDER).operator}


def test_arrow_says_what_json_lines_say(receiver: Receiving) -> None:
    """The same rows give the same events in either form."""
    found = rows(20, facility="")
    one, other = (receiver.judge(b, f, SENDER, "r") for b, f in ((lines(found), "jsonl"), (stream(found), "arrow")))
    assert all(np.array_equal(getattr(one.events, n), getattr(other.events, n)) for n in DTYPES if n != "recorded_at")


def test_arrow_that_claims_more_than_it_holds_is_refused(receiver: Receiving) -> None:
    """Compressed batches and rows without bytes are refused before anything is made of them; so are streams that are cut off."""
    with pytest.raises(SourceError, match="compressed"):
        receiver.judge(stream(rows(1000), compression="zstd"), "arrow", SENDER, "r")
    nothing = pa.table({n: pa.nulls(1 << 28) for n in ("operator", "waybill", "kind", "at")})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, nothing.schema) as out:
        out.write_table(nothing)
    assert len(sink.getvalue()) < 10_000
    with pytest.raises(TooMany):
        receiver.judge(sink.getvalue(), "arrow", SENDER, "r")
    whole = stream(rows(50))
    for damaged in (whole[: len(whole) // 2], whole.replace(b"waybill", b"way\x80ill")):
        with pytest.raises(SourceError):
            receiver.judge(damaged, "arrow", SENDER, "r")


@given(st.data())
def test_bytes_of_any_kind_give_an_account_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever is sent, cut or changed: rows = used + quarantined, or an error with a next step; nothing else."""
    folder = tmp_path_factory.getbasetemp() / "any"
    door = Receiving(Facts(load({}, store=folder / "store", key_file=folder / "key", spool=folder / "spool")))
    form = data.draw(st.sampled_from(("jsonl", "arrow")))
    good = lines(rows(4)) if form == "jsonl" else stream(rows(4))
    kind = data.draw(st.integers(0, 3))
    if kind == 0:
        body = data.draw(st.binary(max_size=400))
    elif kind == 1:
        body = good[: data.draw(st.integers(0, len(good)))]
    else:
        changed = bytearray(good)
        for _ in range(data.draw(st.integers(1, 8))):
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
        body = bytes(changed)
    try:
        chunk = door.judge(body, form, SENDER, "r")
    except YiluError as error:
        assert error.next_step
    else:
        assert chunk.rows == chunk.used + chunk.quarantine.num_rows


def test_limits_of_rows_and_of_what_waits(tmp_path: Path) -> None:
    """More rows than a batch may have are refused; where too much waits, nothing more is taken."""
    settings = load(
        {}, store=tmp_path / "store", key_file=tmp_path / "key", spool=tmp_path / "spool", intake_rows=5, waiting_mb=1
    )
    door = Receiving(Facts(settings))
    with pytest.raises(TooMany):
        door.judge(lines(rows(6)), "jsonl", SENDER, "r")
    chunk = door.judge(lines(rows(5)), "jsonl", SENDER, "r")
    (tmp_path / "spool" / receiving.FOLDER).mkdir(parents=True)
    (tmp_path / "spool" / receiving.FOLDER / "full.batch").write_bytes(bytes(1 << 20))
    with pytest.raises(Full):
        door.hand_over(chunk, SENDER, "r")
    with pytest.raises(InputError):
        receiving.feed_name("../x")


def test_batches_are_in_exactly_one_commit_and_the_account_says_which(receiver: Receiving, tmp_path: Path) -> None:
    """Taken, committed, named, removed; a writer that was killed before the removal passes the batch over; a damaged one goes aside."""
    spool, told = tmp_path / "spool", list[Refusal]()
    before = datetime.now(UTC)
    for number in ("r1", "r2"):
        receiver.hand_over(
            receiver.judge(lines(rows(10, 100 * int(number[1]))), "jsonl", SENDER, number), SENDER, number
        )
    kept = {p.name: p.read_bytes() for p in (spool / receiving.FOLDER).iterdir()}
    (spool / receiving.FOLDER / "r0.batch").write_bytes(kept["r1.batch"][:-1] + b"?")
    with receiver.facts.write() as store:
        inlet = Received(spool, told.append)
        found = inlet.take(store.at, 0.1, 10**6)
        assert [d.counts.rows for d in found] == [10, 10] and {d.feed for d in found} == {"SF"}
        assert [r.name for r in told] == ["r0.batch"] and received.refused(spool, "r0")
        store.commit(found)
        assert commit_of(spool, "r1", before) == 0, "nothing is said before the commit is told"
        inlet.taken(store.at)
        assert commit_of(spool, "r1", before) == commit_of(spool, "r2", before) == 1
        assert not list((spool / receiving.FOLDER).glob("*.batch"))
        for name, content in kept.items():  # as if the writer had been killed before it removed them
            (spool / receiving.FOLDER / name).write_bytes(content)
        again = Received(spool, told.append)
        assert again.take(store.at, 0.0, 10**6) == []
        again.taken(store.at)
        assert not list((spool / receiving.FOLDER).glob("*.batch"))
        assert (store.at.counts.rows, store.at.counts.accepted) == (20, 20)


def test_the_same_batch_twice_does_no_harm(receiver: Receiving, tmp_path: Path) -> None:
    """Who didn't hear the answer sends again: under another number in the same beat, or later."""
    body = lines(rows(10))
    for number in ("r1", "r2"):
        receiver.hand_over(receiver.judge(body, "jsonl", SENDER, number), SENDER, number)
    with receiver.facts.write() as store:
        inlet = Received(tmp_path / "spool", lambda _: None)
        for _ in range(3):
            if found := inlet.take(store.at, 0.0, 10**6):
                store.commit(found)
            inlet.taken(store.at)
        assert (store.at.counts.rows, store.at.counts.accepted) == (10, 10)
        assert not list((tmp_path / "spool" / receiving.FOLDER).glob("*.batch"))


def test_a_mapping_that_changes_is_read_again(receiver: Receiving, tmp_path: Path) -> None:
    """The operator's own mapping holds from the next batch on."""
    body = lines(rows(1, kind="揽收"))
    assert receiver.judge(body, "jsonl", SENDER, "r").unmapped == {"揽收": 1}
    folder = tmp_path / "spool" / "SF"
    folder.mkdir(parents=True)
    text = 'name = "sf"\n[columns]\noperator = "operator"\nwaybill = "waybill"\nkind = "kind"\nat = "at"\n[values.kind]\n"揽收" = "accept"\n'
    (folder / "mapping.toml").write_text(text, encoding="utf-8")
    time.sleep(0.3)
    assert receiver.judge(body, "jsonl", SENDER, "r").unmapped == {}
    assert replace(receiver.door(SENDER), operator=0).operator == 0
