"""Closing: items that are finished leave the table and become rows of a file. No answer depends on it.

Closed rows bear the commit that wrote them. An item that gets another event after that is folded again from its rows and stands
in the table; its earlier closed rows are then named as *gone*, with that commit.
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
from yilu.items.manifest import Part

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
    out = []
    for part in parts:
        rows = _rows(disk, part, bucket, buckets)
        if len(rows) and len(later[0]):
            at = np.searchsorted(later[0], rows["key"])
            at[at == len(later[0])] = 0
            rows = rows[~((later[0][at] == rows["key"]) & (later[1][at] > part.first))]
        out.append(rows)
    return np.concatenate(out) if out else np.empty(0, ROW)


def _rows(disk: Disk, part: Part, bucket: int, buckets: int) -> NDArray[np.void]:
    groups = [g for g, (lo, hi) in enumerate(part.groups) if lo <= bucket <= hi]
    if not groups:
        return np.empty(0, ROW)
    table = pq.ParquetFile(disk.path(part.file), memory_map=True).read_row_groups(groups, use_threads=False)
    rows = np.zeros(table.num_rows, ROW)
    for name in set(ROW.names or ()) & set(table.column_names):
        rows[name] = table.column(name).to_numpy()
    edges = bucket_edges(np.ascontiguousarray(rows["key"]), buckets)
    return rows[edges[bucket] : edges[bucket + 1]]


def write_gone(disk: Disk, name: str, keys: NDArray[np.uint64], commit: int, day: str = "") -> Part:
    """Write the keys whose closed rows of earlier commits no longer hold."""
    with disk.create(name) as file:
        pq.write_table(pa.table({"key": np.sort(keys)}), pa.PythonFile(file, mode="w"), compression="zstd")
        size = file.tell()
    return Part(name, len(keys), commit, commit, (), day, size)


def keys_gone(
    disk: Disk, parts: Sequence[Part], bucket: int, buckets: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """(keys in order, the latest commit that took their closed rows back) of one bucket."""
    keys, commits = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for part in parts:
        key = pq.read_table(disk.path(part.file), memory_map=True).column("key").to_numpy()
        edges = bucket_edges(key, buckets)
        key = key[edges[bucket] : edges[bucket + 1]]
        keys.append(key)
        commits.append(np.full(len(key), part.first))
    key, commit = np.concatenate(keys), np.concatenate(commits)
    by = np.lexsort((commit, key))
    key, commit = key[by], commit[by]
    last = np.ones(len(key), np.bool_)
    last[:-1] = key[1:] != key[:-1]
    return key[last], commit[last]


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
