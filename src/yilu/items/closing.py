"""Closing: items that are finished leave the table and become rows of a file. No answer depends on it.

Closed rows bear the commit that wrote them. An item that gets another event after that is folded again from its rows and stands
in the table; its earlier closed rows are then named as *gone*, with that commit. Sealed rows (``sealing``) never go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.items.disk import Disk
from yilu.items.fields import NEVER, ROW
from yilu.items.log import bucket_edges
from yilu.items.manifest import Manifest, Part
from yilu.items.sealing import Sealed
from yilu.items.sealing import sealed as sealed_among

SCHEMA: pa.Schema = pa.schema([pa.field(n, pa.from_numpy_dtype(ROW[n]), nullable=False) for n in ROW.names or ()])


_GROUP_ROWS = 100_000


def finished(rows: NDArray[np.void], now: int, grace_s: int, stale_s: int) -> NDArray[np.bool_]:
    """Which states (n,) may be closed at ``now``: ended, and silent for the grace; or silent for so long that they are stale."""
    last = (rows["last"] >> np.uint64(32)).astype(np.int64)
    ended = (rows["delivered"] != NEVER) | (rows["ended"] != NEVER) | ((rows["flags"] & np.uint16(512)) != 0)
    ended |= (rows["returned"] != NEVER) & (rows["delivered_last"] >= rows["returned"])
    done: NDArray[np.bool_] = (ended & (last < now - grace_s)) | (last < now - stale_s)
    return done


def write(disk: Disk, name: str, by_bucket: Iterable[NDArray[np.void]], commit: int, day: str = "") -> Part:
    """Write states as one file of closed rows, by key; ``by_bucket`` gives the rows of bucket 0, 1, … in turn."""
    spans, held, first, total, last = [], [], 0, 0, -1
    with disk.create(name) as file:
        with pq.ParquetWriter(pa.PythonFile(file, mode="w"), SCHEMA, compression="zstd", compression_level=1) as writer:
            for b, rows in enumerate(by_bucket):
                last = b
                held.append(rows[np.lexsort((rows["start"], rows["key"]))])
                if sum(map(len, held)) >= _GROUP_ROWS:
                    total += _write_group(writer, held)
                    spans.append((first, b))
                    first, held = b + 1, []
            if held:
                total += _write_group(writer, held)
                spans.append((first, last))
        size = file.tell()
    return Part(name, total, commit, commit, tuple(spans), day, size)


def _write_group(writer: pq.ParquetWriter, held: list[NDArray[np.void]]) -> int:
    rows = np.concatenate(held)
    arrays = [pa.array(np.ascontiguousarray(rows[n])) for n in ROW.names or ()]
    writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), row_group_size=max(len(rows), 1))
    return len(rows)


def read(disk: Disk, parts: Sequence[Part], gone: Sequence[Part], bucket: int, buckets: int) -> NDArray[np.void]:
    """The closed rows of one bucket that still hold, by file."""
    later = keys_gone(disk, gone, bucket, buckets)
    return np.concatenate([np.empty(0, ROW), *(_left(_rows(disk, p, bucket, buckets), p.first, *later) for p in parts)])


def sealed(disk: Disk, at: Manifest, bucket: int, reuse_s: int) -> Sealed:
    """The items of one bucket whose closed rows are sealed."""
    found = []
    if at.sealed:
        later = keys_gone(disk, at.gone, bucket, at.buckets)
        for part in at.closed:
            rows = _rows(disk, part, bucket, at.buckets, ("key", "start", "last", "classes"))
            found.append(_left(rows, part.first, *later))
    return sealed_among(np.concatenate([np.empty(0, ROW), *found]), at.sealed, reuse_s)


def _left(
    rows: NDArray[np.void], first: int, key: NDArray[np.uint64], commit: NDArray[np.int64], since: NDArray[np.int64]
) -> NDArray[np.void]:
    """Rows of the commit ``first`` without those that went later."""
    key, since = key[commit > first], since[commit > first]
    if not len(rows) or not len(key):
        return rows
    # of the commits that took rows of a key, the first took most: what is sealed only gets more
    at = np.minimum(np.searchsorted(key, rows["key"]), len(key) - 1)
    start = ((rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    took = (key[at] == rows["key"]) & ((since[at] == 0) | (start > since[at]))
    left: NDArray[np.void] = rows[~took]
    return left


def _rows(
    disk: Disk, part: Part, bucket: int, buckets: int, names: Sequence[str] = ROW.names or ()
) -> NDArray[np.void]:
    groups = [g for g, (lo, hi) in enumerate(part.groups) if lo <= bucket <= hi]
    if not groups:
        return np.empty(0, ROW)
    file = pq.ParquetFile(disk.path(part.file), memory_map=True)
    table = file.read_row_groups(groups, columns=list(names), use_threads=False)
    rows = np.zeros(table.num_rows, ROW)
    for name in set(names) & set(table.column_names):
        rows[name] = table.column(name).to_numpy()
    edges = bucket_edges(np.ascontiguousarray(rows["key"]), buckets)
    return rows[edges[bucket] : edges[bucket + 1]]


def write_gone(
    disk: Disk, name: str, keys: NDArray[np.uint64], since: NDArray[np.int64], commit: int, day: str = ""
) -> Part:
    """Write the keys whose closed rows of earlier commits no longer hold, as far as these begin after ``since`` (UTC seconds)."""
    by = np.argsort(keys, kind="stable")
    with disk.create(name) as file:
        table = pa.table({"key": keys[by], "since": since[by]})
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")
        size = file.tell()
    return Part(name, len(keys), commit, commit, (), day, size)


def keys_gone(
    disk: Disk, parts: Sequence[Part], bucket: int, buckets: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """(keys in order, a commit that took their closed rows back, the second after which those began) of one bucket, by key and commit."""
    keys, commits, bounds = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for part in parts:
        table = pq.read_table(disk.path(part.file), memory_map=True)
        key = table.column("key").to_numpy()
        edges = bucket_edges(key, buckets)
        own = slice(edges[bucket], edges[bucket + 1])
        keys.append(key[own])
        commits.append(np.full(len(keys[-1]), part.first))
        told = "since" in table.column_names
        bounds.append(table.column("since").to_numpy()[own] if told else np.zeros(len(keys[-1]), np.int64))
    key, commit, since = np.concatenate(keys), np.concatenate(commits), np.concatenate(bounds)
    by = np.lexsort((commit, key))
    return key[by], commit[by], since[by]


def keys_closed(disk: Disk, parts: Sequence[Part], bucket: int, buckets: int) -> NDArray[np.uint64]:
    """All keys of one bucket that were ever closed and are retained, in order."""
    found = [np.empty(0, np.uint64)]
    for part in parts:
        groups = [g for g, (lo, hi) in enumerate(part.groups) if lo <= bucket <= hi]
        if groups:
            file = pq.ParquetFile(disk.path(part.file), memory_map=True)
            key = file.read_row_groups(groups, columns=["key"], use_threads=False).column(0).to_numpy()
            edges = bucket_edges(key, buckets)
            found.append(key[edges[bucket] : edges[bucket + 1]])
    return np.unique(np.concatenate(found))


class Closed:
    """What of a store is closed, by bucket, read when it is first asked for. ``reuse_s``: time after which a number is a new item's."""

    def __init__(self, disk: Disk, reuse_s: int) -> None:
        self._disk, self._reuse_s = disk, reuse_s
        self._keys: dict[int, NDArray[np.uint64]] = {}
        self._sealed: dict[int, Sealed] = {}

    def forget(self) -> None:
        """Read again from now on: files have come or gone."""
        self._keys.clear()
        self._sealed.clear()

    def among(self, at: Manifest, bucket: int, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which ``keys`` (n,) of the bucket were ever closed and are retained."""
        if not at.closed:
            return np.zeros(len(keys), np.bool_)
        if bucket not in self._keys:
            self._keys[bucket] = keys_closed(self._disk, at.closed, bucket, at.buckets)
        closed = self._keys[bucket]
        if not len(closed):
            return np.zeros(len(keys), np.bool_)
        row = np.searchsorted(closed, keys)
        row[row == len(closed)] = 0
        return np.asarray(closed[row] == keys)

    def sealed(self, at: Manifest, bucket: int) -> Sealed:
        """The items of the bucket with journeys that can't be folded again."""
        if bucket not in self._sealed:
            self._sealed[bucket] = sealed(self._disk, at, bucket, self._reuse_s)
        return self._sealed[bucket]
