"""Small files of many commits as few larger ones, made beside the work of a running writer.

A writer that commits every second leaves a log file, a cube file and others each second. A thread of its own joins neighbours of one order of size;
the next commit names the joined file in their place. What is joined says the same as its parts; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from yilu.items import cubes, link_runs, log, reach
from yilu.items.disk import Disk
from yilu.items.manifest import Manifest, Part
from yilu.items.recent import joined
from yilu.items.schema import DTYPES, events
from yilu.items.store import Store

_NEIGHBOURS = 16
_MOST_ROWS = {
    "log": 1 << 20, "cubes": 1 << 23, "links": 1 << 23, "quarantine": 1 << 20, "tokens": 1 << 22, "behind": 1 << 20, "unspread": 1 << 23,
}  # fmt: skip
"""Files of more rows stay as they are until upkeep compacts the log."""


@dataclass(frozen=True)
class _Joined:
    """A file made of ``parts``, of the manifest's field ``name``."""

    name: str
    parts: tuple[Part, ...]
    made: Part


class Tidying:
    """Keeps the number of a store's files small. ``step`` is called between commits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(1, "tidying")
        self._running: Future[_Joined] | None = None

    def step(self) -> bool:
        """Name what was joined, in a commit of its own, or begin to join what has become many. Returns whether there was such a commit."""
        if self._running is None:
            self._begin()
            return False
        if not self._running.done():
            return False
        done, self._running = self._running.result(), None
        held = getattr(self._store.at, done.name)
        gone = {p.file for p in done.parts}
        if not gone <= {p.file for p in held}:
            self._store.disk.remove(done.made.file)  # upkeep was faster
            return False
        at = next(i for i, p in enumerate(held) if p.file in gone)
        left = [p for p in held if p.file not in gone]
        number = self._store.at.commit + 1
        self._store.flush(
            (), **{done.name: (*left[:at], done.made, *left[at:])}, garbage=tuple((number, f) for f in sorted(gone))
        )
        return True

    def close(self) -> None:
        """Let what is being joined end; it is named by nobody."""
        self._pool.shutdown()

    def _begin(self) -> None:
        store = self._store
        for name, most in _MOST_ROWS.items():
            parts = _neighbours(getattr(store.at, name), most)
            if parts:
                self._running = self._pool.submit(_join, store, store.at, name, parts)
                return


def _neighbours(parts: Sequence[Part], most: int) -> tuple[Part, ...]:
    """The first ``_NEIGHBOURS`` files next to each other of which none holds more than half of all their rows; none where there are no such.

    So a row is written anew once for each doubling of its file, whatever sizes come.
    """
    rows = [p.rows if "/dt=" not in p.file else most + 1 for p in parts]
    for first in range(len(parts) - _NEIGHBOURS + 1):
        some = rows[first : first + _NEIGHBOURS]
        if max(some) <= min(most, sum(some) / 2):
            return tuple(parts[first : first + _NEIGHBOURS])
    return ()


def _join(store: Store, at: Manifest, name: str, parts: tuple[Part, ...]) -> _Joined:
    """Write the parts as one file."""
    first, last = min(p.first for p in parts), max(p.last for p in parts)
    file = f"{_FOLDERS.get(name, name)}/{last:010d}.{name}.{first:010d}.parquet"
    if name in ("log", "behind"):
        columns = list(DTYPES)
        by_bucket = (
            joined([events(0), *(log.read(store.disk, [p], b, at.buckets) for p in parts)]) for b in range(at.buckets)
        )
        return _Joined(name, parts, log.write_buckets(store.disk, file, columns, by_bucket, first, last))
    day = max(p.day for p in parts)
    table, how = _TABLES[name](store.disk, parts)
    size = _put(store.disk, file, table, how)
    return _Joined(name, parts, Part(file, table.num_rows, first, last, (), day, size))


def _put(disk: Disk, file: str, table: pa.Table, how: dict[str, Any]) -> int:
    with disk.create(file) as out:
        pq.write_table(table, pa.PythonFile(out, mode="w"), **how)
        return out.tell()


_FOLDERS = {"behind": "log", "unspread": "links"}
_PLAIN = {"compression": "zstd", "compression_level": 1}
_Made = tuple[pa.Table, dict[str, Any]]


def _cubes(disk: Disk, parts: Sequence[Part]) -> _Made:
    return cubes.to_arrow(*cubes.added(cubes.read(disk.path(p.file)) for p in parts)), cubes.WRITTEN


def _links(disk: Disk, parts: Sequence[Part]) -> _Made:
    return link_runs.to_arrow(reach.merged([link_runs.read(disk, p) for p in parts])), _PLAIN


def _rows(disk: Disk, parts: Sequence[Part]) -> _Made:
    return pa.concat_tables([pq.read_table(disk.path(p.file)) for p in parts]), _PLAIN


_TABLES: dict[str, Callable[[Disk, Sequence[Part]], _Made]] = {
    "cubes": _cubes,
    "links": _links,
    "unspread": _links,
    "quarantine": _rows,
    "tokens": _rows,
}
