"""Erasing one item (删除): it is put on a list, hidden at once, and taken out of the files at the next compaction.

The list is a part of the manifest. What reads items passes over what is on it; what comes again of an erased item is refused at the door.
Sums in cubes stay: they are of no person. A number that its carrier gives to another item later is not touched: the list holds up to a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.items import closing, kinds, log, reach
from yilu.items.manifest import Erasure, Part
from yilu.items.schema import QUARANTINE, Events, events
from yilu.items.table import without

if TYPE_CHECKING:
    from yilu.items.store import Store

_MOST_PIECES = 4095


def with_pieces(key: int, known: NDArray[np.uint64]) -> tuple[int, ...]:
    """``key`` and, of ``known`` keys, those of its numbered pieces."""
    numbers = np.arange(1, _MOST_PIECES + 1, dtype=np.uint16)
    whole = np.full(len(numbers), key, np.uint64)
    pieces = reach.piece_keys(events(len(numbers), key=whole, piece=numbers)).key
    return (key, *(int(k) for k in np.unique(known[np.isin(known, pieces)])))


def begun(rows: NDArray[np.void]) -> NDArray[np.int64]:
    """The second that each state (n,) began, 0 where nothing holds of it any more."""
    seconds = ((rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return np.where(rows["last"] == 0, 0, seconds)


def until(rows: NDArray[np.void], at: NDArray[np.integer], reuse_s: int) -> int:
    """Up to when events belong to the journeys ``rows``: a number given out anew is accepted later than that.

    ``at``: the seconds of the events that are known, since of voided ones the state says nothing.
    """
    last = (rows["last"] >> np.uint64(32)).astype(np.int64)
    return max(int(np.max(begun(rows), initial=0)) + reuse_s, int(np.max(last, initial=0)), int(np.max(at, initial=0)))


def covered(erased: Iterable[Erasure], key: NDArray[np.uint64], at: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which of n (key, second) belong to an erased item, shape (n,)."""
    pairs = sorted((k, e.until) for e in erased for k in e.keys)
    if not pairs:
        return np.zeros(len(key), np.bool_)
    keys, ends = np.array([k for k, _ in pairs], np.uint64), np.array([end for _, end in pairs], np.int64)
    # the last entry of a key is its latest
    row = np.maximum(np.searchsorted(keys, key, "right") - 1, 0)
    found: NDArray[np.bool_] = (keys[row] == key) & (at.astype(np.int64) <= ends[row])
    return found


def shown(rows: NDArray[np.void], erased: Sequence[Erasure]) -> NDArray[np.void]:
    """States without those of erased items."""
    return rows[~covered(erased, rows["key"], begun(rows))] if erased else rows


def kept(batch: Events, erased: Sequence[Erasure]) -> tuple[Events, pa.Table | None]:
    """(events without those of erased items; quarantine rows of these, without anything that names them, None where there are none)."""
    if not erased:
        return batch, None
    gone = covered(erased, batch.key, batch.at)
    if not gone.any():
        return batch, None
    names = {kind.id: kind.code for kind in kinds.KINDS}
    kind = [names.get(int(k), "") for k in batch.take(gone).kind]
    nothing = {field.name: pa.nulls(len(kind), field.type) for field in QUARANTINE}
    return batch.take(~gone), pa.table({**nothing, "reason": ["erased"] * len(kind), "kind": kind}, schema=QUARANTINE)


def put_on_list(store: Store, entry: Erasure) -> None:
    """Make the erasure durable: from this commit on the item is hidden. Kept evidence may name it and goes; it is found again when it is asked for."""
    number = store.at.commit + 1
    gone = tuple((number, p.file) for p in store.at.evidence)
    store.flush(erased=(*store.at.erased, replace(entry, listed=number)), evidence=(), garbage=gone)


def apply(store: Store) -> int:
    """Take what is on the list out of states, log, closed rows, links and quarantine. Returns how many erasures were carried out.

    Nothing may wait to be folded (``Store.settle``): that lies in files of its own.
    An erasure whose events would all be too late now loses its keys: what stays of it is who asked, when and for what.
    """
    now = [e for e in store.at.erased if not e.applied]
    number, floor = store.at.commit + 1, store.at.floor
    after = tuple(_settled(e, number, floor) for e in store.at.erased)
    if after == store.at.erased:
        return 0
    if not now:
        store.flush(erased=after)
        return 0
    keys = np.unique(np.array([k for e in now for k in e.keys], np.uint64))
    store.trim_links(0, keys)
    number = store.at.commit + 1
    after = tuple(_settled(e, number, floor) for e in store.at.erased)
    edges = log.bucket_edges(keys, store.at.buckets)
    buckets = np.flatnonzero(np.diff(edges)).tolist()
    for b in buckets:
        table = store.table(b)
        gone = covered(now, table.used["key"], begun(table.used))
        if gone.any():
            store.set_table(b, without(table, gone))
    logs = [_without_log(store, p, now, keys, buckets, number) for p in store.at.log]
    closed = [_without_closed(store, p, now, buckets, number) for p in store.at.closed]
    quarantine = [_without_key(store, p, keys, number) for p in store.at.quarantine]
    senders = [_without_rows(store, p, now, number) for p in store.at.tokens]
    crowds = [_without_rows(store, p, now, number) for p in store.at.crowds]
    named = {p.file for p in (*logs, *closed, *quarantine, *senders, *crowds)}
    before = (*store.at.log, *store.at.closed, *store.at.quarantine, *store.at.tokens, *store.at.crowds)
    old = [p.file for p in before if p.file not in named]
    store.flush(
        erased=after, log=_with_rows(logs), closed=_with_rows(closed), quarantine=tuple(quarantine), tokens=_with_rows(senders),
        crowds=_with_rows(crowds),
        garbage=tuple((number, name) for name in old),
    )  # fmt: skip
    return len(now)


def _settled(entry: Erasure, number: int, floor: int) -> Erasure:
    """The entry after it was applied by commit ``number``; without keys where nothing of the item can come any more."""
    applied = replace(entry, applied=entry.applied or number)
    return replace(applied, keys=()) if entry.applied and entry.until < floor else applied


def _with_rows(parts: list[Part]) -> tuple[Part, ...]:
    return tuple(p for p in parts if p.rows)


def _anew(part: Part, number: int) -> str:
    """A name for the file that takes the place of ``part`` in commit ``number``."""
    path = PurePosixPath(part.file)
    return str(path.with_name(f"{path.name.removesuffix('.parquet')}.{number:010d}.parquet"))


def _without_log(
    store: Store, part: Part, now: list[Erasure], keys: NDArray[np.uint64], buckets: list[int], number: int
) -> Part:
    disk, count = store.disk, store.at.buckets
    found = [log.read(disk, [part], b, count, keys) for b in buckets]
    if not any(covered(now, f.key, f.at).any() for f in found):
        return part

    def remaining() -> Iterator[Events]:
        for b in range(count):
            held = log.read(disk, [part], b, count)
            yield held.take(~covered(now, held.key, held.at))

    columns = pq.read_schema(disk.path(part.file)).names
    return log.write_buckets(disk, _anew(part, number), columns, remaining(), part.first, part.last, part.day)


def _without_closed(store: Store, part: Part, now: list[Erasure], buckets: list[int], number: int) -> Part:
    count = store.at.buckets

    def rows(b: int) -> NDArray[np.void]:
        return closing.read(store.disk, [part], (), b, count)

    def gone(held: NDArray[np.void]) -> NDArray[np.bool_]:
        return covered(now, held["key"], begun(held))

    if not any(gone(rows(b)).any() for b in buckets):
        return part
    left = (held[~gone(held)] for held in map(rows, range(count)))
    return replace(closing.write(store.disk, _anew(part, number), left, part.first, part.day), last=part.last)


def _without_key(store: Store, part: Part, keys: NDArray[np.uint64], number: int) -> Part:
    """The quarantine file with rows of these keys kept, and the key gone from them."""
    table = pq.read_table(store.disk.path(part.file))
    hit = pc.is_in(table.column("key"), pa.array(keys))
    if not pc.any(hit).as_py():
        return part
    at = table.schema.get_field_index("key")
    table = table.set_column(at, "key", pc.if_else(hit, pa.scalar(None, pa.uint64()), table.column("key")))
    return replace(
        store.put_table(_anew(part, number), part.first, table), first=part.first, last=part.last, day=part.day
    )


def _without_rows(store: Store, part: Part, now: list[Erasure], number: int) -> Part:
    """A file of rows with ``key`` and ``at`` without those of erased items; the same part where it names none."""
    table = pq.read_table(store.disk.path(part.file))
    gone = covered(now, table["key"].to_numpy(), table["at"].to_numpy())
    if not gone.any():
        return part
    return replace(store.put_table(_anew(part, number), number, table.filter(pa.array(~gone))), day=part.day)
