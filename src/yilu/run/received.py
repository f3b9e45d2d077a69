"""The inlet of batches that another process judged (``receiving``), and the account of which commit took each.

A batch is a file of its spool's folder ``received``; it is removed once it is in a commit and the account says so. Whatever is killed when: a batch that is
in no commit is still a file; one that is in a commit is known by its content, and passed over.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yilu.errors import YiluError
from yilu.items.arrival import Delivery
from yilu.items.disk import sync_folder
from yilu.items.intake.chunk_file import read
from yilu.items.manifest import Manifest
from yilu.run.ingest import delivery
from yilu.run.inlets import MOST_FILES, REFUSED, Refusal, passing, set_aside
from yilu.run.receiving import FOLDER, SUFFIX, TAKEN

_KEPT_H = 72
_HOUR = "%Y%m%d%H"


class Received:
    """The batches in ``spool``. It needs not be there yet."""

    feed = ""

    def __init__(self, spool: Path, told: Callable[[Refusal], None]) -> None:
        self.spool, self.folder, self._told = spool, spool / FOLDER, told
        self.ended = False
        self._held: dict[Path, str] = {}
        self._old: list[Path] = []
        self._swept = ""

    def take(self, at: Manifest, seconds: float, rows: int) -> list[Delivery]:
        """Batches that ``at`` doesn't know yet, by name: in the order they came."""
        until = time.monotonic() + seconds
        found: list[Delivery] = []
        while True:
            names = self._names()
            for path in names:
                if len(self._held) >= MOST_FILES or sum(d.counts.rows for d in found) >= rows:
                    break
                if (one := self._read(path, at)) is not None:
                    found.append(one)
            left = until - time.monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(0.02, left))

    def taken(self, at: Manifest) -> None:
        """Say which commit took the batches, then remove them."""
        if not self._held and not self._old:
            return
        now = datetime.now(UTC)
        say_taken(self.spool, now, at.commit, [p.name.removesuffix(SUFFIX) for p in (*self._held, *self._old)])
        for path in (*self._held, *self._old):
            path.unlink(missing_ok=True)
        sync_folder(self.folder)  # a removed batch must not come back after a power cut, when it may be forgotten
        self._held, self._old = {}, []
        self._sweep(now)

    def close(self) -> None:
        """Nothing is held open."""

    def _names(self) -> list[Path]:
        try:
            with os.scandir(self.folder) as entries:
                found = [e.name for e in entries if e.name.endswith(SUFFIX) and not e.name.startswith(".")]
        except FileNotFoundError:
            return []
        known = {p.name for p in (*self._held, *self._old)}
        return [self.folder / n for n in sorted(found) if n not in known]

    def _read(self, path: Path, at: Manifest) -> Delivery | None:
        """A batch's delivery; None where it can't be read, or is known. One that came under another name within the same beat waits for the next."""
        try:
            kept = read(path.read_bytes(), path.name)
        except FileNotFoundError:
            return None
        except (YiluError, OSError, ValueError, KeyError) as error:
            self._told(set_aside(path, error))
            return None
        content = kept.chunk.content_hash
        if content in self._held.values():
            return None
        if content in at.sources:
            self._old.append(path)
            return None
        self._held[path] = content
        return passing(delivery(kept.chunk, kept.feed, kept.received_at))

    def _sweep(self, now: datetime) -> None:
        """Remove accounts that nobody asks for any more, once an hour."""
        hour = now.strftime(_HOUR)
        if hour == self._swept:
            return
        self._swept = hour
        last = (now - timedelta(hours=_KEPT_H)).strftime(_HOUR)
        for path in (self.spool / TAKEN).glob("*.jsonl"):
            if path.stem < last:
                path.unlink(missing_ok=True)


def say_taken(spool: Path, now: datetime, commit: int, names: list[str]) -> None:
    """Write down, durably, which commit took what bears these numbers; ``now``: UTC."""
    folder = spool / TAKEN
    new = not folder.is_dir()
    folder.mkdir(exist_ok=True)
    path = folder / (now.strftime(_HOUR) + ".jsonl")
    new_file = not path.exists()
    with path.open("ab") as out:
        out.write(json.dumps({"commit": commit, "batches": names}, separators=(",", ":")).encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())
    if new_file:
        sync_folder(folder)
    if new:
        sync_folder(spool)


def commit_of(spool: Path, number: str, received: datetime) -> int:
    """The commit that took a batch, 0 where none has or it is no longer known; ``received``: when it came (UTC), before which nothing is looked for."""
    mark = f'"{number}"'.encode()
    first = received.astimezone(UTC).strftime(_HOUR)
    folder = spool / TAKEN
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        if path.stem < first:
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        at = content.find(mark)
        if at >= 0:
            start = content.rfind(b"\n", 0, at) + 1
            end = content.find(b"\n", at)
            line = content[start : end if end >= 0 else len(content)]
            try:
                return int(json.loads(line)["commit"])
            except ValueError:
                continue  # the writer was cut off while it wrote the line, and says it again
    return 0


def refused(spool: Path, number: str) -> bool:
    """Whether the writer set a batch aside."""
    folder = spool / FOLDER / REFUSED
    return folder.is_dir() and any(folder.glob(f"{number}-*"))


__all__ = ["Received", "commit_of", "refused", "say_taken"]
