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
from yilu.items.disk import sync_folder
from yilu.items.intake import Chunk, read_file, read_lines
from yilu.items.intake.door import Door
from yilu.items.manifest import Manifest
from yilu.run.ingest import delivery, done_at

UNFINISHED = (".part", ".tmp")
"""Endings of files that are still being written; so are names that begin with a dot."""
REFUSED, MAPPING = "refused", "mapping.toml"
_READ_BYTES, _WAITING_BYTES = 1 << 20, 256 << 20
MOST_FILES = 250
"""Files of one beat: fewer than are remembered (``arrival``), so that a file that is in a commit is known until it is removed."""
MOST_ROWS = 1 << 20


class Inlet(Protocol):
    """One source of a running writer. ``take`` waits at most ``seconds`` for something to come and brings about ``rows`` rows at the most;
    ``taken`` says that all of it is in the commit ``at`` or an earlier one. ``ended``: nothing can come any more."""

    ended: bool

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]: ...

    def taken(self, at: Manifest) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Refusal:
    """A file that could not be read: what it is called and why."""

    name: str
    error: YiluError


class Spool:
    """A folder that files are put into, whole, by renaming. A file that is in a commit is removed, one that can't be read goes into the
    folder ``refused`` beside the reason. With ``door`` its rows are judged, under the name ``feed``. A file is read chunk by chunk, over as many
    takes as it needs. ``doors`` makes the door anew when the folder's mapping has changed; ``remapped`` is told then. A mapping that can't be read
    leaves the last one in force."""

    def __init__(
        self, folder: Path, feed: str, door: Door, told: Callable[[Refusal], None], doors: Callable[[], Door] | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.feed, self.door, self._told, self._doors = folder, feed, door, told, doors
        self.remapped: Callable[[], None] = lambda: None
        self._mapping = stamp_of(folder / MAPPING)
        self.ended = False
        self._held: dict[Path, Stamp] = {}
        self._reading: tuple[Path, Stamp, Iterator[Chunk]] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        """What of the files that have come ``at`` doesn't know yet."""
        until = time.monotonic() + seconds
        found: list[Delivery] = []
        while len(self._held) < MOST_FILES and sum(d.counts.rows for d in found) < rows:
            if self._reading is None and not self._open(at, rows):
                left = until - time.monotonic()
                if found or left <= 0:
                    break
                time.sleep(min(0.02, left))
                continue
            chunk = self._next()
            if chunk is not None:
                found.append(passing(delivery(chunk, self.feed, int(time.time()))))
        return found

    def taken(self, at: Manifest) -> None:
        """Remove the files that were taken; another one that came under the same name meanwhile stays for the next beat."""
        for path, stamp in self._held.items():
            if stamp_of(path) == stamp:
                path.unlink(missing_ok=True)
        if self._held:
            sync_folder(self.folder)  # a removed file must not come back after a power cut
        self._held = {}

    def close(self) -> None:
        """Leave the file that is being read."""
        self._reading = None

    def _open(self, at: Manifest, rows: int) -> bool:
        """Begin to read the next file by name. Returns whether there is one."""
        self._look_at_mapping()
        for path in whole_files(self.folder):
            stamp = stamp_of(path)
            if stamp is not None and self._held.get(path) != stamp:
                self._reading = (path, stamp, read_file(path, self.door, done_at(at), max(1, min(rows, MOST_ROWS))))
                return True
        return False

    def _look_at_mapping(self) -> None:
        stamp = stamp_of(self.folder / MAPPING)
        if self._doors is None or stamp == self._mapping:
            return
        self._mapping = stamp
        try:
            self.door = self._doors()
        except YiluError as error:
            self._told(Refusal(MAPPING, error))
        else:
            self.remapped()

    def _next(self) -> Chunk | None:
        """The next chunk of the file that is being read, None where there is none: it has ended, was refused, or is written again."""
        if self._reading is None:
            return None
        path, stamp, chunks = self._reading
        try:
            chunk = next(chunks, None)
        except FileNotFoundError:
            chunk = None
        except (YiluError, OSError) as error:
            if stamp_of(path) == stamp:
                self._told(set_aside(path, error))
            self._reading = None
            return None
        if chunk is None or chunk.last:
            self._held[path], self._reading = stamp, None
        return chunk


Stamp = tuple[int, int, int]
"""Inode, size and time of change (ns): what a file is told apart by from a later one of its name."""


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file, None where it is gone."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def whole_files(folder: Path) -> list[Path]:
    """Files of a folder by name, without those that are still being written and mappings."""
    with os.scandir(folder) as entries:
        found = [
            Path(e.path)
            for e in entries
            if not e.name.startswith(".") and not e.name.endswith((*UNFINISHED, ".toml")) and e.is_file()
        ]
    return sorted(found)


def set_aside(path: Path, error: Exception) -> Refusal:
    """Move a file that can't be read into the folder ``refused`` beside it, under a name of its own, with the reason."""
    known = error if isinstance(error, YiluError) else _unreadable(path, error)
    folder = path.parent / REFUSED
    folder.mkdir(exist_ok=True)
    aside = folder / f"{path.stem}-{time.time_ns()}{path.suffix}"
    aside.with_name(aside.name + ".reason").write_text(f"{known.message}\n→ {known.next_step}\n{known.zh}\n→ {known.next_step_zh}\n", encoding="utf-8")  # fmt: skip
    path.replace(aside)
    return Refusal(path.name, known)


def _unreadable(path: Path, error: Exception) -> YiluError:
    why = getattr(error, "strerror", None) or type(error).__name__
    return YiluError(
        f"{path.name} can't be read: {why}",
        next_step="check the file and its permissions",
        zh=f"{path.name} 无法读取:{why}",
        next_step_zh="检查文件及其权限",
    )


def passing(d: Delivery) -> Delivery:
    """The same, of a source that is removed once it is in a commit."""
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
        found, ending = [], self._stop.is_set()  # asked before the last lines are looked for
        try:
            found.append(self._lines.get(timeout=max(0.0, seconds)))
            while len(found) < _WAITING_BYTES // _READ_BYTES:
                found.append(self._lines.get_nowait())
        except queue.Empty:
            pass
        if not found:
            self.ended = ending
            return []
        return [delivery(c, self.feed, int(time.time())) for c in read_lines(b"".join(found), self.feed, self.door)]

    def taken(self, at: Manifest) -> None:
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
