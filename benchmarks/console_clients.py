"""Clients of ``./do bench console``: who posts batches, who asks for pages, who listens; on plain sockets, so that they cost little beside what is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

_TIMEOUT_S = 60.0


@dataclass
class Told:
    """What the clients saw. Seconds a batch took from the moment it was due, addresses of pages and seconds each took, events acknowledged, refusals by status; streams: messages, when a text was first heard."""

    batches: list[float] = field(default_factory=list)
    pages: list[tuple[str, float]] = field(default_factory=list)
    events: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    streams: int = 0
    messages: int = 0
    heard: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Server:
    """Where the console is, and the cookie of a session."""

    port: int
    cookie: str


class Line:
    """One connection that is kept."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, head: str, body: bytes = b"") -> tuple[int, bytes]:
        """(status, body) of one request; asked again where the server had let go of the connection."""
        for again in (False, True):
            if self._streams is None or self._streams[1].is_closing():
                self._streams = await asyncio.open_connection("127.0.0.1", self.server.port)
            reader, writer = self._streams
            try:
                writer.write(f"{head}\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
                return await asyncio.wait_for(_answer(reader), _TIMEOUT_S)
            except (ConnectionError, asyncio.IncompleteReadError):
                self._streams = None
                if again:
                    raise
        raise AssertionError

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
    return status, await reader.readexactly(length)


async def post_all(
    server: Server, batches: Sequence[tuple[str, bytes, int]], every_s: float, told: Told, lines: int = 16
) -> None:
    """Post batches (key, body, events), one every ``every_s`` seconds whether the last is answered or not; one that is put off (429) is sent again."""
    queue: asyncio.Queue[tuple[float, str, bytes, int] | None] = asyncio.Queue()

    async def work() -> None:
        line = Line(server)
        while (given := await queue.get()) is not None:
            due, key, body, events = given
            head = f"POST /api/v1/events HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/x-ndjson\r\nIdempotency-Key: {due:.6f}-{events}"  # fmt: skip
            while True:
                status, _ = await line.ask(head, body)
                if status == 202:
                    break
                told.refused[status] = told.refused.get(status, 0) + 1
                if status not in (429, 503):
                    break
                await asyncio.sleep(1)
            told.batches.append(time.monotonic() - due)
            told.events += events if status == 202 else 0
        line.close()

    workers = [asyncio.create_task(work()) for _ in range(lines)]
    begun = time.monotonic()
    for number, (key, body, events) in enumerate(batches):
        due = begun + number * every_s
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await queue.put((due, key, body, events))
    for _ in workers:
        await queue.put(None)
    await asyncio.gather(*workers)


async def poll(server: Server, pages: Sequence[str], every_s: float, told: Told, stop: asyncio.Event) -> None:
    """Ask for pages in turn; those that aren't there are left out."""
    line, number, there = Line(server), 0, list(pages)
    while not stop.is_set() and there:
        page = there[number % len(there)]
        begun = time.monotonic()
        status, _ = await line.ask(f"GET {page} HTTP/1.1\r\nCookie: {server.cookie}")
        if status == 200:
            told.pages.append((page, time.monotonic() - begun))
            number += 1
        else:
            there.remove(page)
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - begun)))
    line.close()


async def listen(
    server: Server, clients: int, marks: dict[str, str], told: Told, stop: asyncio.Event, of: str = ""
) -> None:
    """Hold streams of ``/live`` open; ``marks``: texts to listen for, by name; ``of``: what the streams are narrowed to. Where there is no ``/live``, nobody listens."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET /live{of} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nCookie: {server.cookie}\r\n\r\n".encode())  # fmt: skip
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT_S)
            if int(head[9:12]) != 200:
                return
            told.streams += 1
            while not stop.is_set():
                line = await reader.readline()
                if not line:
                    return
                if line.startswith(b"data:"):
                    told.messages += 1
                    text = json.dumps(json.loads(line[5:]), ensure_ascii=False)
                    for name, mark in marks.items():
                        if name not in told.heard and mark in text:
                            told.heard[name] = time.monotonic()
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            return
        finally:
            writer.close()

    tasks = [asyncio.create_task(one()) for _ in range(clients)]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
