"""The facts as the web workers read them: the newest commit, and what was worked out of it, for a while.

A commit comes every second, and what is worked out of one may take longer: a value is used again while it is fresh, which is a second at least and
``_REST`` times as long as it took to make. Figures that were asked for lately are then made anew behind the backs of those who ask, who get what was there, one
after the other and with rests, so that people who look take no processor from what comes in; within ``_EVEN_S`` they are of one commit. Which commit is the newest,
and its alerts, are told sooner: people wait for them.

A writer removes what it has replaced some commits ago, whoever still reads it: who finds a file gone asks the newest commit again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yilu.console.behind import Behind
from yilu.errors import StoreError
from yilu.items.reading import Snapshot
from yilu.run.facts import Facts
from yilu.run.found import Found, find
from yilu.settings import load
from yilu.supervision.rules.declared import Catalogue, for_province

_log = logging.getLogger(__name__)
_LEAST_S = 1.0
_REST = 4.0
_SOON_S = 0.25
_RULES_S = 60.0
_ALERTS_MOST_S = 2.0
"""Which commit is the newest, and its alerts, are looked at again after so long at the latest, however long it took: they must reach people within seconds."""
_TRIES = 3
_PAST_S = 30.0
"""So long after its time a value is still given to those who would wait for a newer one that is being made."""
_EVEN_S = 2.0
_BREATH = 4.0
"""Who makes figures anew rests so many times as long as one took."""
_MOST_HELD = 512


@dataclass
class _Held:
    value: Any
    until: float


class Newest:
    """The newest facts of one store."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.behind = Behind()
        self.searches = Behind()
        self.studies = Behind()
        self._held: dict[Hashable, _Held] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "alerts")
        self._behind = ThreadPoolExecutor(1, "figures")
        self._awaited: set[Hashable] = set()
        self._looking: Future[Found | None] | None = None
        self._looking_since = 0.0

    @property
    def rules(self) -> Catalogue:
        """The rules of the province."""
        found: Catalogue = self.of("rules", lambda: for_province(self.facts.network.folder), _RULES_S)
        return found

    def of(
        self,
        key: Hashable,
        make: Callable[[], Any],
        least_s: float = _LEAST_S,
        most_s: float = float("inf"),
        behind: bool = False,
    ) -> Any:
        """The value called ``key``, made anew when it is no longer fresh, after ``least_s`` to ``most_s`` seconds; made once however many ask.

        While one who asks makes it anew the others are given what was there, unless that is long past its time. ``behind``: who asks first is given it, too.
        """
        held = self._held.get(key)
        if held is not None and time.monotonic() < held.until:
            return held.value
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(blocking=held is None or time.monotonic() > held.until + _PAST_S):
            assert held is not None  # else it would have waited
            return held.value
        try:
            held = self._held.get(key)
            if held is not None and time.monotonic() < held.until:
                return held.value
            if behind and held is not None and time.monotonic() <= held.until + _PAST_S:
                self._later(key, make, least_s, most_s)
                return held.value
            return self._made(key, make, least_s, most_s)
        finally:
            lock.release()

    def _made(self, key: Hashable, make: Callable[[], Any], least_s: float, most_s: float) -> Any:
        begun = time.monotonic()
        value = make()
        took = time.monotonic() - begun
        self._keep(key, _Held(value, time.monotonic() + min(most_s, max(least_s, _REST * took))))
        return value

    def _later(self, key: Hashable, make: Callable[[], Any], least_s: float, most_s: float) -> None:
        """Make a value anew in the thread for that, which is asked once until it is done. An error is told there; when the old value is long past its time, who asks meets it."""

        def work() -> None:
            begun = time.monotonic()
            try:
                self._made(key, make, least_s, most_s)
            except Exception:
                _log.exception("figures could not be made anew")
            finally:
                with self._guard:
                    self._awaited.discard(key)
            time.sleep(_BREATH * (time.monotonic() - begun))

        with self._guard:
            if key in self._awaited:
                return
            self._awaited.add(key)
        self._behind.submit(work)

    def _keep(self, key: Hashable, value: _Held) -> None:
        with self._guard:
            if len(self._held) >= _MOST_HELD:
                self._held.clear()
                self._locks.clear()
            self._held[key] = value

    def forget(self, *keys: Hashable) -> None:
        """What is held under these keys, or under a tuple that begins with one, is made anew when it is asked for next."""
        with self._guard:
            for key in [k for k in self._held if k in keys or (isinstance(k, tuple) and k and k[0] in keys)]:
                del self._held[key]

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest commit, None where there is no store yet."""

        def newest() -> Snapshot | None:
            try:
                return self.facts.read()
            except StoreError:
                return None

        found: Snapshot | None = self.of("snapshot", newest, _SOON_S, _ALERTS_MOST_S)
        if found is None:  # a first look takes seconds, the province being read: the store may be there since
            self.forget("snapshot")
        return found

    def asked(self, key: Hashable, ask: Callable[[Snapshot], Any]) -> Any:
        """What ``ask`` says of the newest commit, or one of ``_EVEN_S`` ago, kept under ``key`` as ``of`` keeps it. Raises StoreError where there is no store."""

        def make() -> Any:
            try:
                return ask(self.of("even", self.facts.read, _EVEN_S, _EVEN_S))
            except FileNotFoundError:
                return again(lambda: ask(self.facts.read()))

        return self.of(key, make, behind=True)

    @property
    def alerts(self) -> Found | None:
        """The alerts of the newest commit, None where there is no store yet. Where no writer keeps them they are looked for, which may take long."""
        if self.snapshot is None:
            return None
        found: Found = self.of("alerts", lambda: again(lambda: find(self.facts)), _SOON_S, _ALERTS_MOST_S)
        return found

    def alerts_within(self, wait_s: float) -> Found | None:
        """The alerts, those of an earlier commit where newer ones take longer than ``wait_s`` in all, whoever asked first; None where there are none yet, and while the first are looked for."""
        if self.snapshot is None:
            return None
        with self._guard:
            if self._looking is None or self._looking.done():
                self._looking, self._looking_since = self._pool.submit(lambda: self.alerts), time.monotonic()
            looking, since = self._looking, self._looking_since
        try:
            return looking.result(max(0.0, since + wait_s - time.monotonic()))
        except TimeoutError:
            held = self._held.get("alerts")
            return None if held is None else held.value


def again(make: Callable[[], Any]) -> Any:
    """What ``make`` gives, tried again where a file of the commit that it read was gone."""
    for _ in range(_TRIES - 1):
        try:
            return make()
        except FileNotFoundError:
            continue
    return make()


@lru_cache(maxsize=1)
def newest() -> Newest:
    """The facts that the settings name, one object a process."""
    return Newest(Facts(load()))
