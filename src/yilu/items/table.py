"""The table of one bucket: the states of its open items, found by key.

Rows lie densely in the order in which the items came; an index of 32-bit entries beside them (8 bits of the key as a tag,
24 bits row number + 1) is probed linearly from a position that grows with the key, so that a batch sorted by key walks the
index forwards. Rows grow by 1/64, in place where they are mapped, and the index by 1/4, which keeps the whole near 95 bytes an item.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.fields import ROW, empty_row

MOST_ROWS = (1 << 24) - 2
_FILL = 0.8
_PAGE_BYTES = 2 << 20
_NO_ROWS = np.empty(0, ROW)
_EMPTY = empty_row()


@dataclass
class Table:
    """States of a bucket's open items: ``rows`` (capacity, ROW), of which ``count`` are used; ``index`` (uint32).

    ``shift``: how many leading bits of a key name the bucket. ``folded_to``: the commit up to which rows are folded.
    ``changed``: whether rows differ from the bucket's file.
    """

    rows: NDArray[np.void]
    index: NDArray[np.uint32]
    count: int
    shift: int
    folded_to: int = 0
    changed: bool = False

    @property
    def used(self) -> NDArray[np.void]:
        return self.rows[: self.count]

    @property
    def nbytes(self) -> int:
        return int(self.rows.nbytes + self.index.nbytes)


def table_of(rows: NDArray[np.void], shift: int, folded_to: int = 0) -> Table:
    """A table of ``rows`` (n, ROW), whose keys must differ; they are copied."""
    table = Table(np.empty(0, ROW), np.zeros(64, np.uint32), 0, shift, folded_to)
    reserve(table, len(rows))
    table.rows[: len(rows)] = rows
    table.count = len(rows)
    _enter(table.rows, table.index, 0, table.count, shift)
    return table


def reserve(table: Table, more: int) -> None:
    """Make room for ``more`` rows; raises OverflowError where a bucket outgrows its 24-bit row numbers."""
    need = table.count + more
    if need > MOST_ROWS:
        raise OverflowError(f"a bucket would hold {need} items; at most {MOST_ROWS}: make the store with more buckets")
    if need > len(table.rows):
        _grow(table, max(need, len(table.rows) + len(table.rows) // 64))
    if need > _FILL * len(table.index):
        table.index = np.zeros(max(64, int(need / _FILL * 1.05), int(len(table.index) * 1.25)), np.uint32)
        _enter(table.rows, table.index, 0, table.count, table.shift)


def _grow(table: Table, n: int) -> None:
    """Make room for ``n`` rows; mapped ones grow in place, unless somebody looks at them or the system can't."""
    old = table.rows
    pages = getattr(old.base, "obj", None)
    if isinstance(pages, mmap.mmap):
        table.rows = old = _NO_ROWS
        try:
            pages.resize(_bytes_of(n))
            table.rows = _rows_in(pages)
            return
        except (BufferError, SystemError, ValueError):
            old = _rows_in(pages)
    table.rows = _room(n)
    table.rows[: table.count] = old[: table.count]


def _room(n: int) -> NDArray[np.void]:
    """Room for ``n`` rows at least. Large rooms are mapped: their pages are huge, without which finding items takes twice as long, and many
    growing ones leave no holes between them."""
    if n * ROW.itemsize < _PAGE_BYTES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.empty(n, ROW)
    pages = mmap.mmap(-1, _bytes_of(n), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without huge pages
        pages.madvise(mmap.MADV_HUGEPAGE)
    return _rows_in(pages)


def _bytes_of(n: int) -> int:
    return -(-n * ROW.itemsize // _PAGE_BYTES) * _PAGE_BYTES


def _rows_in(pages: mmap.mmap) -> NDArray[np.void]:
    return np.frombuffer(pages, ROW, len(pages) // ROW.itemsize)


def enter(table: Table, rows: NDArray[np.void]) -> None:
    """Add states (n, ROW) of items that the table doesn't hold yet."""
    reserve(table, len(rows))
    table.rows[table.count : table.count + len(rows)] = rows
    _enter(table.rows, table.index, table.count, table.count + len(rows), table.shift)
    table.count += len(rows)
    table.changed = True


def find(table: Table, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Row number of each key, -1 where it isn't in the table; shape (n,)."""
    out = np.empty(len(keys), np.int64)
    _find_all(table.rows, table.index, keys, table.shift, out)
    return out


def without(table: Table, gone: NDArray[np.bool_]) -> Table:
    """The table without the rows marked in ``gone`` (count,)."""
    kept = table_of(table.used[~gone], table.shift, table.folded_to)
    kept.changed = table.changed or bool(gone.any())
    return kept


@njit(cache=True, nogil=True, inline="always")
def home(key, entries, shift):
    """Where the probing for ``key`` starts; grows with the key."""
    return np.int64((((key << np.uint64(shift)) >> np.uint64(32)) * np.uint64(entries)) >> np.uint64(32))


@njit(cache=True, nogil=True)
def seek(rows, index, key, shift):
    """(row number or -1, index position of the row or of the free entry)."""
    at = home(key, len(index), shift)
    tag = np.uint32(key & np.uint64(0xFF))
    while True:
        entry = index[at]
        if entry == 0:
            return np.int64(-1), at
        if (entry >> np.uint32(24)) == tag:
            row = np.int64(entry & np.uint32(0xFFFFFF)) - 1
            if rows[row]["key"] == key:
                return row, at
        at += 1
        if at == len(index):
            at = 0


@njit(cache=True, nogil=True, inline="always")
def entry_of(key, row):
    """The index entry of ``key`` at ``row``."""
    return np.uint32(((key & np.uint64(0xFF)) << np.uint64(24)) | np.uint64(row + 1))


@njit(cache=True, nogil=True)
def _enter(rows, index, first, end, shift):
    for row in range(first, end):
        key = rows[row]["key"]
        at = home(key, len(index), shift)
        while index[at] != 0:
            at += 1
            if at == len(index):
                at = 0
        index[at] = entry_of(key, row)


@njit(cache=True, nogil=True)
def _find_all(rows, index, keys, shift, out):
    for i in range(len(keys)):
        out[i] = seek(rows, index, keys[i], shift)[0]


def blank() -> np.void:
    """The state of an item of which nothing is known."""
    return _EMPTY
