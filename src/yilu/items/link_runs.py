"""All links of a store, by source: a few sorted runs, each at least twice as long as the next, so that adding to them stays cheap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numba import njit
from numpy.typing import NDArray

from yilu.items.disk import Disk
from yilu.items.manifest import Part
from yilu.items.order import rows_among
from yilu.items.reach import Links, pairs_of

Runs = tuple[Links, ...]


@njit(cache=True, nogil=True)
def _interleave(left, right, out):
    """Rows of two sorted columns, the right one's counted on from the left one's, in the order of both together."""
    i, j = 0, 0
    for n in range(len(out)):
        if j == len(right) or (i < len(left) and left[i] <= right[j]):
            out[n] = i
            i += 1
        else:
            out[n] = len(left) + j
            j += 1


def added(runs: Runs, links: Links) -> Runs:
    """``runs`` and ``links`` (by source, none of them in ``runs``)."""
    if not len(links):
        return runs
    kept = [*runs, links]
    while len(kept) > 1 and len(kept[-2]) < 2 * len(kept[-1]):
        right, left = kept.pop(), kept.pop()
        rows = np.empty(len(left) + len(right), np.uint32)
        _interleave(left.source, right.source, rows)
        kept.append(left.followed_by(right).take(rows))
    return tuple(kept)


def touching(runs: Iterable[Links], key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows of sorted keys (n,) that are a source of any of ``runs``."""
    found = [np.empty(0, np.int64)]
    if len(key):
        for links in runs:
            lo, hi = np.searchsorted(links.source, key[0], "left"), np.searchsorted(links.source, key[-1], "right")
            found.append(rows_among(links.source[lo:hi], key))
    return np.unique(np.concatenate(found))


def without_known(links: Links, runs: Runs) -> Links:
    """The links that are in none of ``runs``."""
    for known in runs:
        lo = np.searchsorted(known.source, links.source, "left")
        hi = np.searchsorted(known.source, links.source, "right")
        row, other = pairs_of(lo, hi)
        same = np.ones(len(row), np.bool_)
        for name in ("target", "since", "sort"):
            same &= getattr(links, name)[row] == getattr(known, name)[other]
        new = np.ones(len(links), np.bool_)
        new[row[same]] = False
        links = links.take(new)
    return links


def to_arrow(links: Links) -> pa.Table:
    """Links as they stand in their files."""
    return pa.table({f.name: getattr(links, f.name) for f in fields(links)})


def read(disk: Disk, part: Part) -> Links:
    """The links of one file."""
    table = pq.read_table(disk.path(part.file))
    return Links(*(table.column(f.name).to_numpy() for f in fields(Links)))
