"""One look at the store for all who watch: whether there is a newer commit, about every half second, however many clients a process has."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from yilu.console.access.narrowing import narrow
from yilu.console.access.scope import Scope
from yilu.console.facts import Newest

LOOK_S = 0.5
BEAT_S = 10.0
"""After so long without a new commit everybody is told that the stream still lives, and what has changed by itself."""
_OVER_S = 10.0
_GONE_KEPT = 2000


@dataclass(frozen=True)
class Pulse:
    """What the newest look found. ``number`` counts looks that found something; ``rate``: events a second that commits of the last seconds brought, None unknown.

    ``appeared``: for each alert that people are told of, the commit at which this process saw it first; 0 where it was there before.
    """

    number: int
    commit: int
    rate: float | None
    appeared: dict[str, int] = field(default_factory=dict)


@narrow.register
def _(rows: Pulse, scope: Scope) -> Pulse:
    """The rate is of all events of the province: for those alone who see all of them. Ids of alerts say nothing; their rows are narrowed as alerts."""
    whole = scope.everywhere and not scope.operator_ids
    return rows if whole else replace(rows, rate=None)


class Watcher:
    """Looks at the newest commit as long as anybody watches."""

    def __init__(self, newest: Callable[[], Newest], look_s: float = LOOK_S) -> None:
        self.newest, self.look_s = newest, look_s
        self.clients = 0
        self._pulse: Pulse | None = None
        self._appeared: dict[str, int] | None = None
        self._made: deque[tuple[float, int]] = deque()
        self._seen: tuple[int, int] = (-1, -1)
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._messages: dict[Hashable, tuple[int, asyncio.Task[Any]]] = {}

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[None]:
        """While somebody watches."""
        if not self.clients:
            self._changed, self._messages, self._pulse = asyncio.Condition(), {}, None
            self._seen = (-1, -1)
            self._task = asyncio.create_task(self._watch())
        self.clients += 1
        try:
            yield
        finally:
            self.clients -= 1
            if not self.clients and self._task is not None:
                self._task.cancel()
                self._task = None

    async def after(self, number: int, wait_s: float) -> Pulse | None:
        """The newest pulse after the one of that number, as soon as there is one; None after ``wait_s`` seconds without."""
        try:
            async with asyncio.timeout(wait_s), self._changed:
                await self._changed.wait_for(lambda: self._pulse is not None and self._pulse.number > number)
                return self._pulse
        except TimeoutError:
            return None

    async def message(self, of: Hashable, pulse: Pulse, make: Callable[[Pulse], Any]) -> Any:
        """What ``make`` makes of a pulse for all who watch the same (``of``): made once, in a thread."""
        held = self._messages.get(of)
        if held is None or held[0] != pulse.number:
            held = (pulse.number, asyncio.create_task(asyncio.to_thread(make, pulse)))
            self._messages = {k: v for k, v in self._messages.items() if v[0] >= pulse.number - 1}
            self._messages[of] = held
        return await asyncio.shield(held[1])

    async def _watch(self) -> None:
        told_at = 0.0
        while True:
            begun = time.monotonic()
            found = await asyncio.to_thread(self.look)
            if found is not None or begun - told_at > BEAT_S:
                told_at = begun
                await self._tell(found)
            await asyncio.sleep(max(0.05, self.look_s - (time.monotonic() - begun)))

    async def _tell(self, found: Pulse | None) -> None:
        async with self._changed:
            last = self._pulse or Pulse(0, 0, None)
            self._pulse = replace(found or last, number=last.number + 1)
            self._changed.notify_all()

    def look(self) -> Pulse | None:
        """What is there now, None where it is what was there at the last look."""
        newest = self.newest()
        snapshot, found = newest.snapshot, newest.alerts_within(self.look_s)
        commit = snapshot.at.commit if snapshot else 0
        seen = (commit, found.commit if found else 0)
        if seen == self._seen:
            return None
        self._seen = seen
        if found is not None:
            self._appearing([a.id for a in found.alerts if a.told and a.life != "resolved"], found.commit)
        return Pulse(0, commit, self._rate(snapshot.at.counts.made if snapshot else 0), dict(self._appeared or {}))

    def _appearing(self, ids: list[str], commit: int) -> None:
        """Alerts that are there now, with the commit at which each was first seen. What is gone is remembered for a while: it may come again."""
        if self._appeared is None:
            self._appeared = dict.fromkeys(ids, 0)
            return
        for id in ids:
            self._appeared.setdefault(id, commit)
        if len(self._appeared) > len(ids) + _GONE_KEPT:
            self._appeared = {id: self._appeared[id] for id in ids}

    def _rate(self, made: int) -> float | None:
        now = time.monotonic()
        self._made.append((now, made))
        while len(self._made) > 2 and now - self._made[0][0] > _OVER_S:
            self._made.popleft()
        (since, before), (until, after) = self._made[0], self._made[-1]
        return (after - before) / (until - since) if until - since >= 1 else None
