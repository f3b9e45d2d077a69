"""The log: de-duplicated events in Parquet files, each sorted by key, its row groups aligned with buckets.

A commit's files hold the buckets one after another; compaction makes one file per day and bucket (``log/dt=YYYY-MM-DD/bucket=NNN``). Columns
that are 0 throughout are left out; a reader takes an absent column as 0.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.items import heap, order
from yilu.items.disk import Disk
from yilu.items.manifest import Part
from yilu.items.schema import ARROW, DTYPES, EVENT_COLUMNS, Events, concat, events, is_constant

_GROUP_ROWS = 20_000
"""Of a commit of 6 million rows each of 256 buckets has a row group to itself: nobody reads a neighbour's rows."""
_GROUPS_A_FILE = 32
_ROWS_AT_ONCE, _ROWS_APART = 200_000, 1_000_000
_MOST_OPEN = 512
_PACKED = frozenset({
    "at", "kind", "place", "operator", "item_class", "sender_kind", "service_level", "origin", "destination", "weight_g", "recorded_at",
})  # fmt: skip
"""Columns whose differences have so few bits that packing them takes half the time of LZ4, and no more room."""
_held = threading.local()
_told: OrderedDict[tuple[str, int, int], pq.FileMetaData] = OrderedDict()
_epoch = 0

TOLD: frozenset[str] = frozenset(c.name for c in EVENT_COLUMNS if c.role == "origin" and c.name != "via")
"""Columns that tell how an event came here; no fact depends on them."""
UNSPREAD: frozenset[str] = TOLD - {"recorded_at"}
"""Columns that an event doesn't bring along when it reaches another item."""


def bucket_edges(key: NDArray[np.uint64], buckets: int) -> NDArray[np.int64]:
    """For sorted keys (n,): where each bucket begins, shape (buckets + 1,)."""
    shift = 64 - (buckets.bit_length() - 1)
    if buckets == 1:
        return np.array([0, len(key)], np.int64)
    bounds = np.arange(1, buckets, dtype=np.uint64) << np.uint64(shift)
    return np.concatenate(([0], np.searchsorted(key, bounds), [len(key)])).astype(np.int64)


def _bounds(bucket: int, buckets: int) -> tuple[int, int]:
    """(least, greatest) key of a bucket."""
    size = (1 << 64) // buckets
    return bucket * size, (bucket + 1) * size - 1


def write(disk: Disk, name: str, batch: Events, buckets: int, first: int, last: int, day: str = "") -> Part:
    """Write ``batch``, sorted by key, as one log file of the commits ``first..last``."""
    edges = bucket_edges(batch.key, buckets)
    parts = (batch.take(np.arange(edges[b], edges[b + 1])) for b in range(buckets))
    return write_buckets(disk, name, spoken([batch]), parts, first, last, day)


def spoken(parts: Iterable[Events]) -> list[str]:
    """Columns that may hold anything but 0 in any of the parts."""
    always = ("key", "at", "kind", "place")
    parts = list(parts)
    return [n for n in ARROW.names if n in always or any(len(p) and not _is_zero(getattr(p, n)) for p in parts)]


def write_buckets(
    disk: Disk, name: str, columns: list[str], by_bucket: Iterable[Events], first: int, last: int, day: str = ""
) -> Part:
    """Write the events of bucket 0, 1, … as they come, each sorted by key; row groups hold whole buckets, ``_GROUP_ROWS`` rows or more.

    What is kept for a ``day`` is pressed hard (zstd), what a commit writes lightly (``_lightly``: half the time to write and to read, 1.4 times the size).
    """
    return _write_file(disk, name, columns, _grouped(by_bucket), first, last, day)


def write_pieces(
    disk: Disk, name: str, columns: list[str], by_bucket: Iterable[Events], commit: int
) -> tuple[Part, ...]:
    """Write a commit's events as ``write_buckets`` does, in files of ``_GROUPS_A_FILE`` row groups, each of the buckets after the last one's.

    A footer takes 600 bytes of memory a column and row group, and who goes through the buckets needs that of every commit: of two hundred
    large commits 0.7 GB, were they whole.
    """
    groups, parts = _grouped(by_bucket), list[Part]()
    for group in groups:
        of = name if not parts else name.replace(".parquet", f".{len(parts)}.parquet")
        some = chain((group,), islice(groups, _GROUPS_A_FILE - 1))
        parts.append(_write_file(disk, of, columns, some, commit, commit, ""))
    return tuple(parts)


_Group = tuple[int, int, Events]


def _grouped(by_bucket: Iterable[Events]) -> Iterator[_Group]:
    """(first bucket, last one, their events), ``_GROUP_ROWS`` rows or more, but for the last."""
    held, begun, bucket = [events(0)], 0, -1
    for bucket, part in enumerate(by_bucket):
        held.append(part)
        if sum(map(len, held)) >= _GROUP_ROWS:
            yield begun, bucket, concat(held[1:])
            begun, held = bucket + 1, [events(0)]
    if begun <= bucket:
        yield begun, bucket, concat(held[1:])


def _write_file(
    disk: Disk, name: str, columns: list[str], groups: Iterable[_Group], first: int, last: int, day: str
) -> Part:
    schema = pa.schema([ARROW.field(n) for n in columns])
    spans, total = [], 0
    with disk.create(name) as file:
        with pq.ParquetWriter(
            pa.PythonFile(file, mode="w"), schema, use_dictionary=False, write_statistics=True,
            **({"compression": "zstd", "compression_level": 1} if day else _lightly(columns)),
        ) as writer:  # fmt: skip
            for lo, hi, batch in groups:
                total += _write_group(writer, batch, schema)
                spans.append((lo, hi))
        size = file.tell()
    return Part(name, total, first, last, tuple(spans), day, size)


def _lightly(columns: Sequence[str]) -> dict[str, Any]:
    """How a commit's columns are written: numbers of few digits packed by their differences, the others, which repeat or are 0, as LZ4."""
    packed = [name for name in columns if name in _PACKED]
    return {
        "compression": {name: "none" if name in _PACKED else "lz4" for name in columns},
        "column_encoding": dict.fromkeys(packed, "DELTA_BINARY_PACKED"),
    }


def _write_group(writer: pq.ParquetWriter, batch: Events, schema: pa.Schema) -> int:
    arrays = [pa.array(np.ascontiguousarray(getattr(batch, n))) for n in schema.names]
    writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=max(len(batch), 1))
    return len(batch)


def _is_zero(column: NDArray) -> bool:
    return not column[0] if is_constant(column) else not column.any()


def read(
    disk: Disk,
    parts: Sequence[Part],
    span: int | range,
    buckets: int,
    keys: NDArray[np.uint64] | None = None,
    after: int = 0,
    spare: frozenset[str] = frozenset(),
) -> Events:
    """The logged events of one bucket, or of a range of them: of ``keys`` (sorted) only, if given, and of commits later than ``after``.

    In no order and with losers of conflicts; ``order.arrange`` puts them right. Columns in ``spare`` are not read and come as 0.
    """
    span = range(span, span + 1) if isinstance(span, int) else span
    later = [part for part in parts if part.last > after]
    out = [_read_part(disk, part, span, buckets, keys, spare) for part in later]
    return concat([events(0), *out])


def ahead(disk: Disk, parts: Sequence[Part], span: int | range, buckets: int) -> None:
    """Let the disk bring what ``read`` of these buckets will want, while something else is worked on: a log is larger than memory."""
    span = range(span, span + 1) if isinstance(span, int) else span
    for part in parts:
        groups = _groups(part, span)
        if not groups or span.start >= buckets:
            continue
        path = disk.path(part.file)
        meta = _opened(path).metadata
        first, last = meta.row_group(groups[0]), meta.row_group(groups[-1])
        end = last.column(last.num_columns - 1)
        begin = first.column(0).data_page_offset
        with open(path, "rb") as file:
            length = end.data_page_offset + end.total_compressed_size - begin
            os.posix_fadvise(file.fileno(), begin, length, os.POSIX_FADV_WILLNEED)


def spans(rows: int, wanted: NDArray[np.bool_], most: int) -> list[range]:
    """Ranges of the buckets ``wanted`` (buckets,) to be read at once: neighbours together, as long as with ``rows`` each they have no more than ``most``."""
    together = max(1, most // max(rows, 1))
    out: list[range] = []
    for b in np.flatnonzero(wanted).tolist():
        if out and out[-1].stop == b and len(out[-1]) < together:
            out[-1] = range(out[-1].start, b + 1)
        else:
            out.append(range(b, b + 1))
    return out


def searched(parts: Sequence[Part], wanted: NDArray[np.bool_]) -> list[range]:
    """``spans`` for a search of keys: of no part more than 200,000 rows are looked through at once."""
    rows = (p.rows // (p.groups[-1][1] - p.groups[0][0] + 1) for p in parts if p.groups)
    return spans(max(rows, default=0), wanted, _ROWS_AT_ONCE)


class Apart:
    """The events of small ``parts`` bucket by bucket, as two threads ask for them in turn: a row group holds dozens of buckets, and is read once for all.

    Two spans are held at most, some hundred megabytes; what went before them is given back to the system, tens of times in all.
    """

    def __init__(self, disk: Disk, parts: Sequence[Part], buckets: int) -> None:
        self._disk, self._parts, self._buckets = disk, parts, buckets
        self._spans = spans(sum(p.rows for p in parts) // buckets, np.ones(buckets, np.bool_), _ROWS_APART)
        self._held: OrderedDict[range, Events] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, bucket: int) -> Events:
        """The events of one bucket, in no order."""
        span = next(s for s in self._spans if bucket in s)
        with self._lock:
            if span not in self._held:
                while len(self._held) > 1:
                    self._held.popitem(last=False)
                heap.give_back()
                self._held[span] = read(self._disk, self._parts, span, self._buckets)
            held = self._held[span]
        lo, hi = (np.uint64(edge) for edge in _bounds(bucket, self._buckets))
        return held.take(np.flatnonzero((held.key >= lo) & (held.key <= hi)))


def _groups(part: Part, span: range) -> list[int]:
    """The row groups of a part that hold buckets of ``span``."""
    return [g for g, (lo, hi) in enumerate(part.groups) if lo < span.stop and span.start <= hi]


def forget() -> None:
    """Let go of all open files: some were removed, and hold their space until nobody has them open."""
    global _epoch
    _epoch += 1
    _told.clear()


def _opened(path: Path) -> pq.ParquetFile:
    """The file, kept open by each thread: a commit comes back to every file once per bucket.

    Its footer is read once and shared: with hundreds of row groups, reading it takes longer than reading one of them.
    """
    held: OrderedDict[tuple[str, int, int], pq.ParquetFile] = _held.__dict__.setdefault("files", OrderedDict())
    if _held.__dict__.get("epoch") != _epoch:
        held.clear()
        _held.epoch = _epoch
    stat = path.stat()
    name = (str(path), stat.st_ino, stat.st_mtime_ns)
    if name not in held:
        while len(held) >= _MOST_OPEN:
            held.popitem(last=False)[1].close()
        held[name] = pq.ParquetFile(path, memory_map=True, metadata=_told.get(name))
        _told[name] = held[name].metadata
        with suppress(KeyError):  # another thread was quicker
            while len(_told) > _MOST_OPEN:
                _told.popitem(last=False)
    held.move_to_end(name)
    return held[name]


def _read_part(
    disk: Disk,
    part: Part,
    span: range,
    buckets: int,
    keys: NDArray[np.uint64] | None,
    spare: frozenset[str],
) -> Events:
    groups = _groups(part, span)
    if not groups:
        return events(0)
    file = _opened(disk.path(part.file))
    key = file.read_row_groups(groups, columns=["key"], use_threads=False).column(0).to_numpy()
    edges = bucket_edges(key, buckets)
    lo, hi = int(edges[span.start]), int(edges[span.stop])
    rows: NDArray[np.int64] | slice = slice(lo, hi)
    n = hi - lo
    if keys is not None:
        rows = lo + order.rows_among(keys, key[lo:hi])
        n = len(rows)
    if n == 0:
        return events(0)
    columns: dict[str, NDArray] = {"key": key[rows]}
    varying = [name for name in file.schema_arrow.names if name != "key" and name not in spare]
    if keys is None and len(groups) == 1:
        columns.update(_constants(file, groups[0], varying, n))
        varying = [name for name in varying if name not in columns]
    if varying:
        table = file.read_row_groups(groups, columns=varying, use_threads=False)
        for name in varying:
            columns[name] = table.column(name).to_numpy()[rows]
    return events(n, **columns)


def _constants(file: pq.ParquetFile, group: int, names: Sequence[str], n: int) -> dict[str, NDArray]:
    """Those of the columns that hold one value in the whole group, as their statistics say; asking takes as long as reading 20,000 rows."""
    meta, of = file.metadata.row_group(group), file.schema_arrow.get_field_index
    told = {name: meta.column(of(name)).statistics for name in names}
    return {
        name: np.broadcast_to(np.asarray(s.min).astype(DTYPES[name]), (n,))
        for name, s in told.items()
        if s is not None and s.has_min_max and s.min == s.max
    }
