"""One item's history: its journeys, and every event of it in order with the journey that it belongs to and whether it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from yilu.items import bucket
from yilu.items.reading import Snapshot, table_of_items
from yilu.items.rules import packed


@dataclass(frozen=True)
class History:
    """Of one item key. ``states``: a row per journey (``reading.table_of_items``) with ``number``; ``events``: columns of the log, ``journey``: the number of the journey, ``counts``: whether it is among the events that hold.

    ``codes``: source codes by number, of events that are mapped to no kind. ``parts``: whether something of it is not shown here.
    """

    key: int
    states: pa.Table
    events: pa.Table
    codes: tuple[str, ...]
    parts: bool = False

    @property
    def known(self) -> bool:
        """Whether there is anything of it."""
        return len(self.states) + len(self.events) > 0


def history(snapshot: Snapshot, key: int) -> History:
    """All that a commit tells of an item; empty of one that it doesn't know.

    An event belongs to the latest journey that had begun before it, else to the first. What a container was scanned at while the item was in none is left out; events
    that were voided, void others, or wait to be folded don't count.
    """
    rows = snapshot.rows(snapshot.bucket_of(key))
    mine = rows[(rows["key"] == np.uint64(key)) & (rows["last"] != 0)]
    mine = mine[np.argsort(mine["start"] & np.uint64(0x7FFFFFFFFFFFFFFF))]
    found = snapshot.events(np.array([key], np.uint64))
    told = np.full(len(found), -1, np.int64)
    bucket.whole_items(found, packed(snapshot.rules), +1, None, told)
    kept = np.flatnonzero((told >= 0) | (found.via == 0))
    found, counts = found.take(kept), told[kept] >= 0
    begun = ((mine["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    journey = np.maximum(np.searchsorted(begun, found.at.astype(np.int64), "right") - 1, 0)
    states = table_of_items(mine, snapshot.rules).append_column(
        "number", pa.array(np.arange(len(mine), dtype=np.int64))
    )
    events = pa.Table.from_batches([found.to_arrow()])
    events = events.append_column("journey", pa.array(journey.astype(np.int64))).append_column(
        "counts", pa.array(counts)
    )
    return History(key, states, events, snapshot.at.codes)
