"""Items' lives told again from their events: which events count, in which journey, and the state each journey comes to.

What a rule says of an item it says of this; how it came here, in which order and how often, is no longer to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items import bucket
from yilu.items.schema import Events, concat, events


@dataclass(frozen=True)
class Retold:
    """Lives of items: the events that count (m), by key and in order; the row of its journey for each (m,); a state per journey (r,).

    ``key2`` (r,): second half of the items' keys, 0 where none of their own events is among these.
    """

    events: Events
    journey: NDArray[np.int64]
    rows: NDArray[np.void]
    key2: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.rows)


def retell(arranged: Events, rules: NDArray[np.uint32]) -> Retold:
    """Tell all items of ``arranged`` again (all of their events, as ``order.arrange`` gives them) under ``rules`` (packed)."""
    told = np.empty(len(arranged), np.int64)
    rows = bucket.whole_items(arranged, rules, +1, None, told)
    counted = np.flatnonzero(told >= 0)
    mine = counted[arranged.via[counted] == 0]
    key2 = np.zeros(len(rows), np.uint64)
    key2[told[mine]] = arranged.key2[mine]
    return Retold(arranged.take(counted), told[counted], rows, key2)


def joined(parts: list[Retold]) -> Retold:
    """Lives of several buckets as one."""
    first = np.cumsum([0, *(len(p) for p in parts)])
    if not parts:
        return Retold(
            events(0),
            np.empty(0, np.int64),
            bucket.whole_items(events(0), np.zeros(0, np.uint32), +1, None),
            np.empty(0, np.uint64),
        )
    return Retold(
        concat([p.events for p in parts]),
        np.concatenate([p.journey + at for p, at in zip(parts, first[:-1], strict=True)]),
        np.concatenate([p.rows for p in parts]),
        np.concatenate([p.key2 for p in parts]),
    )
