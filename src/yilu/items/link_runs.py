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
from yilu.items.reach import NONE, Links, merged, pairs_of, ranges_of

Runs = tuple[Links, ...]


@njit(cache=True, nogil=True)
def _interleave(left, right, first):
    """Which rows of two sorted columns in the order of both together are of the first one."""
    i, j = 0, 0
    for n in range(len(first)):
        first[n] = j == len(right) or (i < len(left) and left[i] <= right[j])
        if first[n]:
            i += 1
        else:
            j += 1


@njit(cache=True, nogil=True)
def _merge(left, right, first, out):
    """Two columns as one: each row from the left one where ``first`` says so."""
    i, j = 0, 0
    for n in range(len(first)):
        if first[n]:
            out[n] = left[i]
            i += 1
        else:
            out[n] = right[j]
            j += 1


def added(runs: Runs, links: Links) -> Runs:
    """``runs`` and ``links`` (by source, none of them in ``runs``)."""
    if not len(links):
        return runs
    kept = [*runs, links]
    while len(kept) > 1 and len(kept[-2]) < 2 * len(kept[-1]):
        right, left = kept.pop(), kept.pop()
        kept.append(_merged(left, right))
    return tuple(kept)


def _merged(left: Links, right: Links) -> Links:
    """Two runs as one. Nothing is held but the runs and what they become: at a day's size each takes a gigabyte."""
    first = np.empty(len(left) + len(right), np.bool_)
    _interleave(left.source, right.source, first)
    columns = []
    for f in fields(Links):
        one, other = getattr(left, f.name), getattr(right, f.name)
        out = np.empty(len(first), one.dtype)
        _merge(one, other, first, out)
        columns.append(out)
    return Links(*columns)


def touching(runs: Iterable[Links], key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows of sorted keys (n,) that are a source of any of ``runs``."""
    found = [np.empty(0, np.int64)]
    if len(key):
        for links in runs:
            lo, hi = np.searchsorted(links.source, key[0], "left"), np.searchsorted(links.source, key[-1], "right")
            found.append(rows_among(links.source[lo:hi], key))
    return np.unique(np.concatenate(found))


def left(runs: Runs, since: int, gone: NDArray[np.uint64]) -> Links:
    """The links that may still reach something at ``since`` (UTC seconds), as one run, without those of the keys ``gone``."""

    def stays(run: Links) -> NDArray[np.bool_]:
        named = np.isin(run.source, gone) | np.isin(run.target, gone)
        return np.asarray((run.until.astype(np.int64) >= since) & ~named)

    return merged([NONE, *(run.take(np.flatnonzero(stays(run))) for run in runs)])


def without_known(links: Links, runs: Runs) -> Links:
    """The links that are in none of ``runs``."""
    for known in runs:
        row, other = pairs_of(*ranges_of(known.source, links.source))
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
