"""Events from a stream of NATS JetStream: messages of JSON Lines, taken from where the last commit ended.

The store's commit holds up to which message the stream was read (``Manifest.offsets``), so that every message is in exactly one commit, whatever
is killed when: the server is asked for what follows that, and nothing depends on acknowledgements. The stream must keep its messages
(retention by limits) for as long as the writer may be away.

Numbers of messages mean something in one stream alone, and one that was deleted and made anew bears the same name. So a commit names a stream by its name and the moment of its
making; one made anew is read from its first message on, and it is said that it was.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

from yilu.errors import YiluError
from yilu.items.arrival import Delivery
from yilu.items.intake import SourceError, read_lines
from yilu.items.intake.door import Door
from yilu.items.manifest import Manifest
from yilu.run.ingest import delivery

_FETCHED, _WAITING = 64, 256
_FETCH_S, _AGAIN_S = 0.25, 0.5
_IDLE = 8
"""Fetches that bring nothing, after which it is asked whether the stream is still the one that is read."""


@dataclass(frozen=True)
class Message:
    """A message: the log it is of (``log_name``), its number there, its lines."""

    log: str
    number: int
    body: bytes


Turn = Literal["away", "back", "remade"]
"""What a user is told of a stream: its server can't be reached, or can be again; it is another one than was read before."""


def log_name(stream: str, created: datetime | None) -> str:
    """What a commit calls a stream: by its name and by when it was made."""
    return f"nats:{stream}@{created.astimezone(UTC).isoformat() if created else ''}"


class JetStream:
    """The stream ``stream`` of the server at ``url``, under the name ``feed``. ``offsets``: up to where logs were read; ``told``: hears of every turn."""

    def __init__(
        self, url: str, stream: str, feed: str, door: Door, offsets: Mapping[str, int], told: Callable[[Turn], None]
    ) -> None:
        self.url, self.stream, self.feed, self.door = url, stream, feed, door
        self.ended = False
        self._offsets, self._told = offsets, told
        self._messages: queue.Queue[Message] = queue.Queue(_WAITING)
        self._failed: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jetstream", daemon=True)
        self._thread.start()

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        """Events of the messages that have come; the last delivery of each log says up to where they bring it."""
        found: list[Message] = []
        size, until = 0, time.monotonic() + seconds
        while size < 256 * rows:  # a line has some hundred bytes
            try:
                message = self._messages.get(timeout=max(0.0, until - time.monotonic()) if not found else 0)
            except queue.Empty:
                break
            if message.number > at.offsets.get(message.log, 0):
                found.append(message)
                size += len(message.body)
        if self._failed is not None:
            raise self._failed if isinstance(self._failed, YiluError) else SourceError(
                f"reading the stream {self.stream} failed: {type(self._failed).__name__}", next_step="look at the NATS server's log, then start again: it goes on where it was",
                zh=f"读取流 {self.stream} 失败:{type(self._failed).__name__}", next_step_zh="查看 NATS 服务器日志后重新启动:会接着读",
            )  # fmt: skip
        return [
            d for log, messages in groupby(found, key=lambda m: m.log) for d in self._delivered(log, list(messages))
        ]

    def _delivered(self, log: str, messages: list[Message]) -> list[Delivery]:
        body = b"".join(m.body if m.body.endswith(b"\n") else m.body + b"\n" for m in messages)
        taken = [delivery(c, self.feed, int(time.time())) for c in read_lines(body, self.feed, self.door)]
        if taken:
            taken[-1] = replace(taken[-1], offset=(log, messages[-1].number))
        return taken

    def taken(self, at: Manifest) -> None:
        """The commit says how far it came; the server needs not know."""

    def close(self) -> None:
        """Leave the server."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            asyncio.run(self._follow())
        except BaseException as error:
            self._failed = error

    async def _follow(self) -> None:
        """Bring messages that were not read; where the server, the connection or the stream goes away, go on as soon as it is back."""
        import nats
        from nats.errors import Error
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

        read, is_away = dict(self._offsets), False

        async def known(error: Exception) -> None:  # else the library writes a traceback for each try
            pass

        while not self._stop.is_set():
            client: Any = None
            try:
                client = await nats.connect(self.url, allow_reconnect=False, connect_timeout=2, error_cb=known)
                streams = client.jetstream()
                info = await streams.stream_info(self.stream)
                log = self._log_of(info, read)
                wanted = ConsumerConfig(
                    deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                    opt_start_seq=read[log] + 1,
                    ack_policy=AckPolicy.NONE,
                )
                pulled = await streams.pull_subscribe("", stream=self.stream, config=wanted)
                if is_away:
                    self._told("back")
                idle, is_away = 0, False
                while not self._stop.is_set():
                    try:
                        messages = await pulled.fetch(_FETCHED, timeout=_FETCH_S)
                    except TimeoutError:
                        idle += 1
                        if client.is_closed or (idle % _IDLE == 0 and await self._is_another(streams, info)):
                            break
                        continue
                    idle = 0
                    for message in messages:
                        read[log] = message.metadata.sequence.stream
                        await self._give(Message(log, read[log], message.data))
            except (Error, OSError, TimeoutError):
                if not is_away:
                    self._told("away")
                is_away = True
                await asyncio.sleep(_AGAIN_S)
            finally:
                if client is not None and not client.is_closed:
                    await client.close()

    async def _is_another(self, streams: Any, info: Any) -> bool:
        """Whether the stream was made anew since ``info``: a consumer of one that is gone waits for ever."""
        return bool((await streams.stream_info(self.stream)).created != info.created)

    def _log_of(self, info: Any, read: dict[str, int]) -> str:
        """The log that the stream is now; ``read``: up to where logs were read, this one from now on among them. Says where it was made anew.

        Raises SourceError where it ends before what was read of it, or has let go of messages that were not read.
        """
        log = log_name(self.stream, info.created)
        if log not in read and any(known.startswith(log_name(self.stream, None)) for known in read):
            self._told("remade")
        self._check(info.state, read.setdefault(log, 0))
        return log

    def _check(self, state: Any, last: int) -> None:
        if state.last_seq < last:
            raise SourceError(
                f"the stream {self.stream} ends at message {state.last_seq}, and {last} were read of it: it was put back to an earlier state",
                next_step="delete the stream and make it anew; it is then read from its first message on",
                zh=f"流 {self.stream} 止于第 {state.last_seq} 条,而已读到第 {last} 条:它被恢复到了较早的状态",
                next_step_zh="删除该流后重建;此后自第一条读起",
            )
        if last and state.first_seq > last + 1:
            raise SourceError(
                f"the stream {self.stream} has let go of {state.first_seq - last - 1} messages that were not read",
                next_step="have them sent again as files, then give the stream another name, or keep messages longer",
                zh=f"流 {self.stream} 已丢弃 {state.first_seq - last - 1} 条未读的消息",
                next_step_zh="请对方以文件补报,再给流换一个名称,或延长消息保留时间",
            )

    async def _give(self, message: Message) -> None:
        while not self._stop.is_set():
            try:
                self._messages.put_nowait(message)
                return
            except queue.Full:
                await asyncio.sleep(0.02)
