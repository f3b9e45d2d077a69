"""Where a running writer's events come from: folders that carriers put files into, and standard input. Message logs: ``jetstream``."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from yilu.errors import YiluError
from yilu.items.arrival import Delivery
from yilu.items.intake import Chunk, read_file, read_lines
from yilu.items.intake.door import Door
from yilu.items.manifest import Manifest
from yilu.run.ingest import delivery

UNFINISHED = (".part", ".tmp")
"""Endings of files that are still being written; so are names that begin with a dot."""
REFUSED = "refused"
_READ_BYTES, _WAITING_BYTES = 1 << 20, 256 << 20


class Inlet(Protocol):
    """One source of a running writer. ``take`` waits at most ``seconds`` for something to come and brings about ``rows`` rows at the most;
    ``taken`` says that all of it is in a commit. ``ended``: nothing can come any more."""

    ended: bool

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]: ...

    def taken(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Refusal:
    """A file that could not be read: what it is called and why."""

    name: str
    error: YiluError


class Spool:
    """A folder that files are put into, whole, by renaming. A file that is in a commit is removed, one that can't be read goes into the
    folder ``refused`` beside the reason. With ``door`` its rows are judged, under the name ``feed``."""

    def __init__(self, folder: Path, feed: str, door: Door, told: Callable[[Refusal], None]) -> None:
        self.folder, self.feed, self.door, self._told = folder, feed, door, told
        self.ended = False
        self._held: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        """What of the files that have come ``at`` doesn't know yet."""
        until = time.monotonic() + seconds
        while not (files := self._files()):
            left = until - time.monotonic()
            if left <= 0:
                return []
            time.sleep(min(0.02, left))
        found: list[Delivery] = []
        for path in files:
            try:
                chunks = list(self._read(path, at))
            except YiluError as error:
                self._refuse(path, error)
                continue
            found += [_passing(delivery(c, self.feed, self.door.received_at or int(time.time()))) for c in chunks]
            self._held.append(path)
            if sum(d.counts.rows for d in found) >= rows:
                break
        return found

    def taken(self) -> None:
        """Remove the files that were taken."""
        for path in self._held:
            path.unlink(missing_ok=True)
        self._held = []

    def close(self) -> None:
        """Nothing is held open."""

    def _files(self) -> list[Path]:
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith((*UNFINISHED, ".toml")) or not entry.is_file():
                    continue
                found.append(Path(entry.path))
        return sorted(set(found) - set(self._held))

    def _read(self, path: Path, at: Manifest) -> Iterator[Chunk]:
        def rows(content_hash: str) -> int:
            source = at.sources.get(content_hash)
            return 0 if source is None else -1 if source.complete else source.rows

        return read_file(path, self.door, rows)

    def _refuse(self, path: Path, error: YiluError) -> None:
        (self.folder / REFUSED).mkdir(exist_ok=True)
        aside = self.folder / REFUSED / path.name
        aside.with_name(aside.name + ".reason").write_text(f"{error.message}\n→ {error.next_step}\n", encoding="utf-8")
        path.replace(aside)
        self._told(Refusal(path.name, error))


def _passing(d: Delivery) -> Delivery:
    if d.source is None:
        return d
    content, source = d.source
    return replace(d, source=(content, replace(source, passing=True)))


class Stream:
    """Lines of a stream that doesn't end, such as standard input: whole lines are taken as they come. What was not committed when the
    writer ends is lost, unless who sends sends it again: repeats do no harm."""

    def __init__(self, descriptor: int, feed: str, door: Door) -> None:
        self.feed, self.door = feed, door
        self.ended = False
        self._lines: queue.Queue[bytes] = queue.Queue(_WAITING_BYTES // _READ_BYTES)
        self._stop = threading.Event()
        threading.Thread(target=self._read, args=(descriptor,), name="stream", daemon=True).start()

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        """Events of the lines that have come."""
        found = []
        try:
            found.append(self._lines.get(timeout=max(0.0, seconds)))
            while len(found) < _WAITING_BYTES // _READ_BYTES:
                found.append(self._lines.get_nowait())
        except queue.Empty:
            pass
        if not found:
            self.ended = self._stop.is_set()
            return []
        return [delivery(c, self.feed, int(time.time())) for c in read_lines(b"".join(found), self.feed, self.door)]

    def taken(self) -> None:
        """Nobody waits for an answer."""

    def close(self) -> None:
        """The thread that reads ends with the process: a stream can't be woken."""
        self._stop.set()

    def _read(self, descriptor: int) -> None:
        rest = b""
        while got := os.read(descriptor, _READ_BYTES):
            lines, end, rest = (rest + got).rpartition(b"\n") if b"\n" in got else (b"", b"", rest + got)
            if lines:
                self._lines.put(lines + end)
            elif len(rest) > self.door.limits.max_line_bytes + _READ_BYTES:
                self._lines.put(rest + b"\n")  # a line beyond any limit: it is quarantined as that
                rest = b""
        if rest:
            self._lines.put(rest)
        self._stop.set()
