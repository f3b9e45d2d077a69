"""Events from a stream of NATS JetStream: messages of JSON Lines, taken from where the last commit ended.

The store's commit holds up to which message the stream was read (``Manifest.offsets``), so that every message is in exactly one commit, whatever
is killed when: the server is asked for what follows that, and nothing depends on acknowledgements. The stream must keep its messages
(retention by limits) for as long as the writer may be away.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from dataclasses import replace
from typing import Any

from yilu.errors import YiluError
from yilu.items.arrival import Delivery
from yilu.items.intake import read_lines
from yilu.items.intake.door import Door
from yilu.items.manifest import Manifest
from yilu.run.ingest import delivery

_FETCHED, _WAITING = 64, 256
_FETCH_S, _AGAIN_S = 0.25, 0.5


class JetStream:
    """The stream ``stream`` of the server at ``url``, under the name ``feed``. ``begin``: the message after which to begin."""

    def __init__(self, url: str, stream: str, feed: str, door: Door, begin: int) -> None:
        self.url, self.stream, self.feed, self.door = url, stream, feed, door
        self.ended = False
        self.name = f"nats:{stream}"
        self._messages: queue.Queue[tuple[int, bytes]] = queue.Queue(_WAITING)
        self._failed: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(begin,), name="jetstream", daemon=True)
        self._thread.start()

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        """Events of the messages that have come, one delivery up to the last of them."""
        done = at.offsets.get(self.name, 0)
        found: list[tuple[int, bytes]] = []
        size, until = 0, time.monotonic() + seconds
        while size < 256 * rows:  # a line has some hundred bytes
            try:
                number, body = self._messages.get(timeout=max(0.0, until - time.monotonic()) if not found else 0)
            except queue.Empty:
                break
            if number > done:
                found.append((number, body))
                size += len(body)
        if self._failed is not None:
            raise YiluError(f"reading the stream {self.stream} failed: {type(self._failed).__name__}", next_step="look at the NATS server's log, then start again: it goes on where it was")  # fmt: skip
        if not found:
            return []
        body = b"".join(b if b.endswith(b"\n") else b + b"\n" for _, b in found)
        taken = [delivery(c, self.feed, int(time.time())) for c in read_lines(body, self.feed, self.door)]
        if taken:
            taken[-1] = replace(taken[-1], offset=(self.name, found[-1][0]))
        return taken

    def taken(self) -> None:
        """The commit says how far it came; the server needs not know."""

    def close(self) -> None:
        """Leave the server."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self, begin: int) -> None:
        try:
            asyncio.run(self._follow(begin))
        except BaseException as error:
            self._failed = error

    async def _follow(self, begin: int) -> None:
        """Bring messages after ``begin``; where the server or the connection goes away, go on as soon as it is back."""
        import nats
        from nats.errors import Error
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

        last = begin
        while not self._stop.is_set():
            client: Any = None
            try:
                client = await nats.connect(self.url, allow_reconnect=False, connect_timeout=2)
                wanted = ConsumerConfig(
                    deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=last + 1, ack_policy=AckPolicy.NONE
                )
                pulled = await client.jetstream().pull_subscribe("", stream=self.stream, config=wanted)
                while not self._stop.is_set():
                    try:
                        messages = await pulled.fetch(_FETCHED, timeout=_FETCH_S)
                    except TimeoutError:
                        if client.is_closed:
                            break
                        continue
                    for message in messages:
                        last = message.metadata.sequence.stream
                        await self._give(last, message.data)
            except (Error, OSError, TimeoutError):
                await asyncio.sleep(_AGAIN_S)
            finally:
                if client is not None and not client.is_closed:
                    await client.close()

    async def _give(self, number: int, body: bytes) -> None:
        while not self._stop.is_set():
            try:
                self._messages.put_nowait((number, body))
                return
            except queue.Full:
                await asyncio.sleep(0.02)
