"""The state fold: every merged field at once, events in any order.

``merge`` is the whole of it: a minimum, a maximum or an OR per field that an event speaks to. ``fold`` applies it to a batch
of events of one bucket, opening items as they come; applying a batch twice, in parts or backwards gives the same rows.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items.fields import AT_PROCESSING
from yilu.items.rules import BITS, FIRST, GREATEST, PROCESSING, SLOT, value
from yilu.items.table import Table, blank, entry_of, reserve, seek

_ACCEPT = 8


@njit(cache=True, nogil=True, inline="always")
def start_word(word):
    """The event as a candidate for the start: acceptances before everything else, then the earliest."""
    kind = (word >> np.uint64(24)) & np.uint64(0xFF)
    later = np.uint64(0) if kind == np.uint64(_ACCEPT) else np.uint64(1 << 63)
    return later | ((word >> np.uint64(32)) << np.uint64(31)) | (kind << np.uint64(23)) | (word & np.uint64(0x7FFFFF))


@njit(cache=True, nogil=True, inline="always")
def merge(rows, grid, i, word, processing, rules):
    """Merge the event ``word`` (time 32 | kind 8 | place 24) into row ``i``; ``grid`` is ``rows`` as 32-bit words."""
    at = np.uint32(word >> np.uint64(32))
    step = np.int64((word >> np.uint64(24)) & np.uint64(0xFF)) + AT_PROCESSING * processing
    start = start_word(word)
    if start < rows[i]["start"]:
        rows[i]["start"] = start
    if word > rows[i]["last"]:
        rows[i]["last"] = word
    for s in range(value(rules, FIRST, step), value(rules, FIRST, step + 1)):
        slot = value(rules, SLOT, s)
        if value(rules, GREATEST, s):
            grid[i, slot] = max(grid[i, slot], at)
        else:
            grid[i, slot] = min(grid[i, slot], at)
    rows[i]["flags"] |= np.uint16(value(rules, BITS, step))


@njit(cache=True, nogil=True)
def _fold(rows, grid, index, count, shift, empty, keys, words, rules):
    for e in range(len(keys)):
        key = keys[e]
        row, at = seek(rows, index, key, shift)
        if row < 0:
            row = count
            count += 1
            rows[row] = empty
            rows[row]["key"] = key
            index[at] = entry_of(key, row)
        word = words[e]
        merge(rows, grid, row, word, value(rules, PROCESSING, word & np.uint64(0xFFFFFF)), rules)
    return count


def fold(
    table: Table,
    keys: NDArray[np.uint64],
    words: NDArray[np.uint64],
    rules: NDArray[np.uint32],
    new: int | None = None,
) -> None:
    """Merge events (n,) of one bucket into ``table`` in place; ``rules``: ``rules.packed``. Places must be known ids.

    ``new``: how many items may be new (all events, if not said).
    """
    reserve(table, len(keys) if new is None else new)
    grid = table.rows.view(np.uint32).reshape(len(table.rows), -1)
    table.count = int(_fold(table.rows, grid, table.index, table.count, table.shift, blank(), keys, words, rules))
    table.changed = True
