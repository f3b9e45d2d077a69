"""Sealed journeys: closed rows that can't be folded again, since days of the log that they were folded from are dropped.

Such a row stays as it is. Of its item only what belongs to a later journey is taken: from an acceptance (or a relabelling onto the
number) on that lies after all of the sealed journey and more than the re-use time after its start. Everything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items import kinds as k
from yilu.items import order
from yilu.items.schema import Events

_CONTAINER_CLASS = 4
_NEVER = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Sealed:
    """Items with sealed journeys: ``key`` (n,) in order; ``until`` (n,): up to then (UTC seconds) events belong to these journeys."""

    key: NDArray[np.uint64]
    until: NDArray[np.int64]

    def of(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """``until`` of each of ``keys`` (n,), 0 where nothing is sealed."""
        if not len(self.key):
            return np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self.key, keys), len(self.key) - 1)
        return np.where(self.key[at] == keys, self.until[at], 0)

    def left(self, held: Events) -> Events:
        """Events (n,) of whole items without those of sealed journeys."""
        return held.take(taken(held, self.of(held.key)))


def sealed(rows: NDArray[np.void], before: int, reuse_s: int) -> Sealed:
    """What of closed ``rows`` is sealed: items that began ``before`` (UTC seconds). Containers are not: their numbers come back all the time."""
    start = ((rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    is_item = (rows["classes"] & np.uint8(15)) < _CONTAINER_CLASS
    mine = (start < before) & (rows["last"] != 0) & is_item
    until = np.maximum(start + reuse_s, (rows["last"] >> np.uint64(32)).astype(np.int64))[mine]
    key = rows["key"][mine]
    by = np.lexsort((until, key))
    key, until = key[by], until[by]
    last = np.ones(len(key), np.bool_)
    last[:-1] = key[1:] != key[:-1]
    return Sealed(key[last], until[last])


def taken(batch: Events, until: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which events (n,) are of no sealed journey; ``batch``: all known events of the items after ``until``, in any order."""
    if not until.any():
        return np.ones(len(batch), np.bool_)
    word = order.words(batch)
    after = batch.at > until
    begins = after & (batch.via == 0) & ((batch.kind == k.ACCEPT) | (batch.kind == k.RELABEL))
    # what an old number brings along stands before the relabelling
    since = np.where(batch.kind == k.RELABEL, np.uint64(0), word)
    keys, item = np.unique(batch.key, return_inverse=True)
    begun = np.full(len(keys), _NEVER)
    np.minimum.at(begun, item[begins], since[begins])
    return np.asarray((until == 0) | (after & (word >= begun[item])))
