"""Feeds in a store: what each file changed, as a Parquet file that the manifest names."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yilu.items.disk import Disk
from yilu.items.feeds.changes import changed, merge
from yilu.items.feeds.kinds import KINDS
from yilu.items.feeds.reading import FeedRows
from yilu.items.manifest import Manifest, Part
from yilu.items.reading import Snapshot
from yilu.items.store import Store

MOST_PARTS = 32
"""Files of one kind, beyond which they are written as one."""


def store_rows(store: Store, kind: str, rows: FeedRows) -> dict[str, int]:
    """Make the rows durable: what is new or corrected becomes a commit of its own. Returns counts of new, same, corrected.

    A file that brings nothing new makes no commit, so that the same file may come any number of times.
    """
    whole, written, counts = changed(_load(store.disk, store.at, kind), rows.table)
    if not written.num_rows:
        return counts
    mine = [p for p in store.at.feeds if _kind(p) == kind]
    number = store.at.commit + 1
    full = len(mine) >= MOST_PARTS
    part = store.put_table(f"feeds/{kind}/{number:010d}.parquet", number, whole if full else written)
    if full:
        kept = tuple(p for p in store.at.feeds if _kind(p) != kind)
        store.flush(feeds=(*kept, part), garbage=tuple((number, p.file) for p in mine))
    else:
        store.flush(feeds=(*store.at.feeds, part))
    return counts


def load(snapshot: Snapshot, kind: str, purpose: str = "") -> pa.Table:
    """The rows of a kind as they stand at the snapshot's commit, in order of identity. ``purpose``: only rows for it, where a kind has one.

    What is shown to supervisors asks for ``purpose="supervision"``: statistics are no grounds for penalty.
    """
    table = _load(snapshot.disk, snapshot.at, kind)
    if purpose and "purpose" in table.column_names:
        table = table.filter(pc.equal(table.column("purpose"), purpose))
    return table


def _load(disk: Disk, at: Manifest, kind: str) -> pa.Table:
    empty = KINDS[kind].schema.empty_table()
    parts = [pq.read_table(disk.path(p.file)).cast(empty.schema) for p in at.feeds if _kind(p) == kind]
    return merge(empty, pa.concat_tables([empty, *parts]))[0]


def _kind(part: Part) -> str:
    return part.file.split("/")[1]
