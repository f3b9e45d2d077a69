"""What takes seconds to work out, and a minute where kernels must be compiled first: made in a thread of its own, one after the other, while whoever asks is told that it is being made.

Results are held until newer ones need their room. Nothing here is narrowed: ``seen`` gives what a scope covers of it, and its keys say whose it is.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

WAIT_S = 1.0
"""Who asks waits so long at most."""
MOST_PARTS = 12
"""Large parts held: a timetable, promises of all pairs."""
MOST_RESULTS = 128
_MOST_WAITING = 8


class Held:
    """Values by key, of which the ``most`` that were asked for last are kept."""

    def __init__(self, most: int) -> None:
        self._most, self._values, self._guard = most, OrderedDict[Hashable, Any](), threading.Lock()

    def get(self, key: Hashable) -> Any:
        """The value, None where it isn't held."""
        with self._guard:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def drop(self, key: Hashable) -> None:
        """Hold a value no longer."""
        with self._guard:
            self._values.pop(key, None)

    def keep(self, key: Hashable, value: Any) -> None:
        """Hold a value; the one that was asked for longest ago goes where there is no room."""
        with self._guard:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)


@dataclass(frozen=True)
class _Failed:
    """What was raised instead of a result."""

    error: Exception


@dataclass(frozen=True)
class _Made:
    """A result, and when its making began (monotonic seconds)."""

    value: Any
    begun: float


class Behind:
    """Long work of one process."""

    def __init__(self) -> None:
        self._parts, self._results = Held(MOST_PARTS), Held(MOST_RESULTS)
        self._pool, self._guard = ThreadPoolExecutor(1, "behind"), threading.Lock()
        self._running: dict[Hashable, Future[Any]] = {}

    def part(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """A large part of results, made at once where it isn't held: for those that are being made behind."""
        found = self._parts.get(key)
        if found is None:
            found = make()
            self._parts.keep(key, found)
        return found

    def result(self, key: Hashable, make: Callable[[], Any], wait_s: float | None = None, held_s: float = float("inf")) -> Any | None:  # fmt: skip
        """What ``make`` gives, None while it is being made, or waits for its turn, longer than ``wait_s``. Raises what ``make`` raised, once: then it is tried again.

        ``held_s``: an older result is made anew for who asks then.
        """
        found = self._results.get(key)
        if found is None or (isinstance(found, _Made) and time.monotonic() - found.begun > held_s):
            running = self._begun(key, make)
            if running is None:
                return None
            try:
                found = running.result(WAIT_S if wait_s is None else wait_s)
            except TimeoutError:
                return None
        if isinstance(found, _Failed):
            self._results.drop(key)
            raise found.error
        return found.value

    def _begun(self, key: Hashable, make: Callable[[], Any]) -> Future[Any] | None:
        """The work on a key, begun where it isn't; None where too much is waiting."""
        with self._guard:
            running = self._running.get(key)
            if running is None and len(self._running) < _MOST_WAITING:
                running = self._running[key] = self._pool.submit(self._made, key, make)
            return running

    def _made(self, key: Hashable, make: Callable[[], Any]) -> Any:
        begun = time.monotonic()
        try:
            value: _Made | _Failed = _Made(make(), begun)
        except Exception as error:  # told to who asks next
            value = _Failed(error)
        self._results.keep(key, value)
        with self._guard:
            self._running.pop(key, None)
        return value
