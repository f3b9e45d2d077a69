"""The store of facts: one writer, commit by commit.

``Store.commit`` takes what some chunks of feeds brought and makes it durable facts: sorted, de-duplicated, spread to the items that
containers and links reach, folded bucket by bucket, logged, and named by a manifest. The manifest is the commit; whatever was
written before it is nothing until then. State files are a cache: what they lack is folded again from the log when the store opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.errors import StoreError
from yilu.items import bucket, closing, cubes, days, log, manifest, order, reach, states
from yilu.items.disk import Disk, Lock
from yilu.items.fields import DECLARATION, FLAGS, ROW
from yilu.items.manifest import Counts, Manifest, Part, Source
from yilu.items.rules import Rules, packed
from yilu.items.schema import Events, concat, events
from yilu.items.table import Table, find

_NO_KEYS: NDArray[np.uint64] = np.empty(0, np.uint64)
_WHOLE = np.uint16(FLAGS["whole"][0])


@dataclass(frozen=True)
class Delivery:
    """What one chunk of a feed brings: its events (by arrival) and the account of its rows.

    ``source``: content hash, base name, rows done with this chunk, and whether that is the whole file; None for a stream.
    ``codes``: source codes that ``events.code`` numbers from 1. ``counts``: rows, used, quarantined, refused, unmapped, unknown_place.
    """

    events: Events
    counts: Counts
    feed: str = ""
    source: tuple[str, Source] | None = None
    quarantine: pa.Table | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Settings of the writer, seconds and bytes."""

    container_s: int = 3 * 86400
    memory_bytes: int = 12 << 30
    flush_rows: int = 256_000_000
    threads: int = 2


Cells = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Codes of cells and their counts."""


@dataclass(frozen=True)
class _Done:
    """What folding a commit's buckets came to; ``log``: the file of what it brought."""

    folded: list[bucket.Folded]
    cells: Cells
    log: Part | None
    repeated: int
    conflicting: int
    derived: int


class Store:
    """The facts of one province. Use as a context: leaving it writes the states that changed.

    Raises StoreError: locked, made with another key, for another province, or under another field declaration.
    """

    def __init__(self, disk: Disk, lock: Lock, newest: Manifest, rules: Rules, limits: Limits) -> None:
        self.disk = disk
        self.limits = limits
        self.rules = rules
        self.packed = packed(rules)
        self.at = newest
        self._lock = lock
        self._tables: dict[int, Table] = {}
        self._closed: dict[int, NDArray[np.uint64]] = {}
        self._links = reach.merged([reach.NONE, *(_read_links(disk, p) for p in newest.links)])
        self._unflushed = sum(p.rows for p in newest.log if p.last > min(newest.folded, default=0))
        self._pool = ThreadPoolExecutor(limits.threads)
        self._broken = False

    @classmethod
    def open(
        cls,
        root: Path,
        rules: Rules,
        key_check: str,
        province: str,
        buckets: int = 64,
        limits: Limits | None = None,
        disk: Disk | None = None,
        afresh: bool = False,
    ) -> Store:
        """Open the store at ``root`` for writing, or make it with ``buckets`` (a power of two).

        ``afresh``: take no state file, so that everything is folded again from the log (``upkeep.rebuild``).
        """
        lock = Lock(root)
        try:
            disk = disk or Disk(root)
            newest = manifest.newest(root)
            if newest is None:
                if buckets & (buckets - 1) or not 1 <= buckets <= 4096:
                    raise StoreError(
                        f"buckets {buckets} is not a power of two up to 4096", next_step="set buckets to 64"
                    )
                newest = Manifest(0, buckets, key_check, province, states=(0,) * buckets, folded=(0,) * buckets)
                disk.sweep(set())
                manifest.write(disk, newest)
            if afresh:
                newest = replace(
                    newest, declaration=DECLARATION, states=(0,) * newest.buckets, folded=(0,) * newest.buckets
                )
            fit(newest, key_check, province, root)
            disk.sweep(newest.files() | {f"commits/{p.name}" for p in (root / "commits").glob("*.json")})
        except BaseException:
            lock.release()
            raise
        return cls(disk, lock, newest, rules, limits or Limits())

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if not self._broken and kind is None:
                self.flush()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the store without writing states; nothing is lost, the next writer folds the log's end again."""
        self._pool.shutdown()
        self._lock.release()

    def commit(self, deliveries: list[Delivery]) -> Manifest:
        """Make the deliveries durable facts, all or nothing. Returns the commit's manifest."""
        if self._broken:
            raise StoreError(
                "an earlier commit failed half way", next_step="open the store again: it stands at its last commit"
            )
        try:
            self._broken = True
            self.at = self._commit(deliveries)
            self._broken = False
        except pa.ArrowException as error:
            raise StoreError(
                f"writing a commit failed: {error}", next_step="open the store again: it stands at its last commit"
            ) from error
        if self._unflushed >= self.limits.flush_rows:
            self.flush()
        return self.at

    def _commit(self, deliveries: list[Delivery]) -> Manifest:
        now, number = self.at, self.at.commit + 1
        batch, codes, names = self._gathered(deliveries)
        batch, refused = self._in_time(batch)
        late = 0 if refused is None else refused.num_rows
        lined = [order.line_up(part) for part in batch]
        links, candidates = self._reach(batch, lined)
        done = self._fold(number, batch, lined, candidates)
        counts = sum((d.counts for d in deliveries), Counts(refused=late))
        own = sum(map(len, batch))
        counts = replace(
            counts, made=own + counts.refused, repeated=done.repeated, conflicting=done.conflicting,
            accepted=own - done.repeated - done.conflicting, derived=done.derived,
        )  # fmt: skip
        held = [t for t in (refused, *(d.quarantine for d in deliveries)) if t is not None]
        added: dict[str, Any] = {
            name: (*getattr(now, name), *parts) for name, parts in self._write(number, links, done, held).items()
        }
        marks = dict(now.watermarks)
        for d in deliveries:
            if len(d.events):
                marks[d.feed] = max(marks.get(d.feed, 0), int(d.events.at.max()))
        after = replace(
            now, commit=number, counts=now.counts + counts, codes=codes, names=names, watermarks=marks,
            sources=_read_on(now.sources, [d.source for d in deliveries if d.source is not None]),
            **added,
        )  # fmt: skip
        after = manifest.drop(self.disk, after)
        manifest.write(self.disk, after)
        self._after(after, links, done)
        return after

    def day(self) -> str:
        """The latest local day of any event so far, as ISO text; empty before the first."""
        latest = max(self.at.watermarks.values(), default=0)
        return days.iso(days.local_day(np.array([latest]), self.rules)[0]) if latest else ""

    def _gathered(self, deliveries: list[Delivery]) -> tuple[list[Events], tuple[str, ...], tuple[str, ...]]:
        """The events of each delivery, source codes and feeds numbered as in the store."""
        codes, names = list(self.at.codes), list(self.at.names)
        parts = []
        for d in deliveries:
            number = np.zeros(len(d.codes) + 1, np.uint16)
            for i, code in enumerate(d.codes, 1):
                if code not in codes and len(codes) < 65535:
                    codes.append(code)
                number[i] = codes.index(code) if code in codes else 0
            if d.feed not in names:
                names.append(d.feed)
            if len(d.events):
                source = np.broadcast_to(np.uint16(names.index(d.feed)), (len(d.events),))
                numbered = number[d.events.code] if d.codes else d.events.code
                parts.append(replace(d.events, code=numbered, source=source))
        return parts, tuple(codes), tuple(names)

    def _in_time(self, batch: list[Events]) -> tuple[list[Events], pa.Table | None]:
        """(the events that can still be told, numbered pieces under keys of their own; quarantine rows of those too late)."""
        out, refused = [], []
        for part in batch:
            late = part.at < self.at.floor
            if late.any():
                refused.append(days.too_late(part.take(late), self.rules))
                part = part.take(~late)
            out.append(reach.piece_keys(part))
        return out, pa.concat_tables(refused) if refused else None

    def _reach(self, batch: list[Events], lined: list[order.Lined]) -> tuple[reach.Links, Events]:
        """(links that these events establish, candidates that containers and links give to items), each by key."""
        telling = [
            part.take(order_.rows[reach.TELLING[part.kind[order_.rows]] | (part.piece[order_.rows] != 0)])
            for part, order_ in zip(batch, lined, strict=True)
        ]
        own = order.arrange(concat([events(0), *telling])).events
        found = reach.merged([reach.links_of(own, self.limits.container_s), reach.piece_links(own)])
        links = reach.without_known(found, self._links)
        sources = reach.merged([self._links, links]) if len(links) else self._links
        touched = [
            part.take(order_.rows[reach.touching(sources, order_.key)])
            for part, order_ in zip(batch, lined, strict=True)
        ]
        spoken = order.arrange(concat([own, *touched])).events
        if not len(spoken):
            return links, spoken
        return links, order.arrange(reach.spread(spoken, self._links, links, self._earlier(links))).events

    def _earlier(self, links: reach.Links) -> Events:
        """Logged events of the new links' sources that may reach their targets."""
        edges = log.bucket_edges(links.source, self.at.buckets)
        out = [events(0)]
        for b in np.flatnonzero(np.diff(edges)):
            part = links.take(np.arange(edges[b], edges[b + 1]))
            table = self.table(int(b))
            row = find(table, part.source)
            known = row >= 0
            state = table.rows[row[known]]
            last = (state["last"] >> np.uint64(32)).astype(np.int64)
            # a void may stand before the link and speak of what comes after it
            reaches = self._is_closed(int(b), part.source)
            reaches[known] |= (last >= part.since[known]) | (last == 0) | ((state["flags"] & _WHOLE) != 0)
            wanted = np.unique(part.source[reaches])
            if len(wanted):
                out.append(log.read(self.disk, self.at.log, int(b), self.at.buckets, wanted))
        return concat(out)

    def _fold(self, number: int, batch: list[Events], lined: list[order.Lined], candidates: Events) -> _Done:
        """Fold bucket by bucket, and write what the log needs as the buckets are done."""
        edges = [log.bucket_edges(order_.key, self.at.buckets) for order_ in lined]
        reached = log.bucket_edges(candidates.key, self.at.buckets)

        def one(b: int) -> tuple[bucket.Folded | None, Events, int, int, int, Cells]:
            parts = [
                part.take(order_.rows[e[b] : e[b + 1]])
                for part, order_, e in zip(batch, lined, edges, strict=True)
                if e[b + 1] > e[b]
            ]
            own = _one_order(parts)
            whole = own
            if reached[b + 1] > reached[b]:
                whole = order.arrange(concat([own.events, candidates.take(np.arange(reached[b], reached[b + 1]))]))
            if not len(whole.events):
                return None, events(0), 0, 0, 0, (_NO_KEYS, np.empty(0, np.int64))
            sums = cubes.Sums()
            gather = lambda keys: log.read(self.disk, self.at.log, b, self.at.buckets, keys, spare=log.TOLD)  # noqa: E731
            is_closed = lambda keys: self._is_closed(b, keys)  # noqa: E731
            done = bucket.fold(b, self.table(b), whole.events, whole.word, gather, is_closed, self.packed, sums)
            kept = whole.events.take(~done.drop) if done.drop.any() else whole.events
            derived = len(whole.events) - len(own.events)
            return done, kept, own.repeated + done.repeated, own.conflicting + done.conflicting, derived, sums.cells()

        folded: list[bucket.Folded] = []
        sums: list[Cells] = []
        tally = np.zeros(3, np.int64)

        def kept_by_bucket() -> Iterator[Events]:
            for done, kept, *counted, cells in self._pool.map(one, range(self.at.buckets)):
                tally[:] += counted
                sums.append(cells)
                if done is not None:
                    folded.append(done)
                yield kept

        part = None
        if any(map(len, batch)) or len(candidates):
            columns = log.spoken([*batch, candidates])
            part = log.write_buckets(self.disk, f"log/{number:010d}.parquet", columns, kept_by_bucket(), number, number)
        repeated, conflicting, derived = (int(n) for n in tally)
        repeated += sum(order_.repeated for order_ in lined)
        conflicting += sum(order_.conflicting for order_ in lined)
        return _Done(folded, cubes.added(sums), part, repeated, conflicting, derived)

    def _write(
        self, number: int, links: reach.Links, done: _Done, quarantine: list[pa.Table]
    ) -> dict[str, tuple[Part, ...]]:
        found: dict[str, tuple[Part, ...]] = {}
        pairs, folded = done.cells, done.folded
        if done.log is not None and done.log.rows:
            found["log"] = (done.log,)
        elif done.log is not None:
            self.disk.remove(done.log.file)
        if len(pairs[0]):
            found["cubes"] = (
                self.put_table(f"cubes/{number:010d}.parquet", number, pa.table({"code": pairs[0], "count": pairs[1]})),
            )
        if len(links):
            found["links"] = (self.put_table(f"links/{number:010d}.parquet", number, _link_table(links)),)
        day = self.day()
        closed = {f.bucket: f.closed for f in folded if len(f.closed)}
        if closed:
            by_bucket = (closed.get(b, np.empty(0, ROW)) for b in range(self.at.buckets))
            found["closed"] = (closing.write(self.disk, f"closed/{number:010d}.parquet", by_bucket, number, day),)
        gone = np.concatenate([_NO_KEYS, *(f.gone for f in folded)])
        if len(gone):
            found["gone"] = (closing.write_gone(self.disk, f"closed/{number:010d}.gone.parquet", gone, number, day),)
        if rows := [t for t in quarantine if t.num_rows]:
            found["quarantine"] = (self.put_table(f"quarantine/{number:010d}.parquet", number, pa.concat_tables(rows)),)
        return found

    def put_table(self, name: str, number: int, table: pa.Table) -> Part:
        with self.disk.create(name) as file:
            pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd", compression_level=1)
            size = file.tell()
        return Part(name, table.num_rows, number, number, (), self.day(), size)

    def _after(self, after: Manifest, links: reach.Links, done: _Done) -> None:
        for table in self._tables.values():
            table.folded_to = after.commit
        self._unflushed += done.log.rows if done.log else 0
        if len(links):
            self._links = reach.merged([self._links, links])
        if any(len(f.closed) for f in done.folded):
            self._closed.clear()

    def set_table(self, b: int, table: Table) -> None:
        """Put another table in the place of bucket ``b``'s; it counts from the next flush."""
        self._tables[b] = table

    def trim_links(self, now: int) -> None:
        """Forget links whose sources can reach nothing any more at ``now`` (UTC seconds)."""
        kept = self._links.take(np.flatnonzero(self._links.until.astype(np.int64) >= min(now, self.at.floor)))
        if len(kept) == len(self._links):
            return
        number = self.at.commit + 1
        part = self.put_table(f"links/{number:010d}.parquet", number, _link_table(kept))
        old = tuple((number, p.file) for p in self.at.links)
        self._links = kept
        self.flush(links=(part,), garbage=old)

    def _is_closed(self, b: int, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        if not self.at.closed:
            return np.zeros(len(keys), np.bool_)
        if b not in self._closed:
            self._closed[b] = closing.keys_closed(self.disk, self.at.closed, b, self.at.buckets)
        closed = self._closed[b]
        at = np.searchsorted(closed, keys)
        at[at == len(closed)] = 0
        return closed[at] == keys if len(closed) else np.zeros(len(keys), np.bool_)

    def table(self, b: int) -> Table:
        """The table of bucket ``b``, folded to this commit."""
        table = self._tables.get(b)
        if table is None:
            table = states.load(self.disk, self.at, b, self.packed)
            self._tables[b] = table
        return table

    def flush(self, **replaced: Any) -> None:
        """Write the states that changed, as a commit of their own; ``replaced``: other entries of its manifest."""
        changed = [b for b, t in self._tables.items() if t.changed]
        behind = any(self.at.folded[b] < self.at.commit for b in self._tables)
        if not changed and not replaced and not behind:
            return
        number = self.at.commit + 1
        old = [(number, manifest.state_file(b, self.at.states[b])) for b in changed if self.at.states[b]]
        now, folded = list(self.at.states), list(self.at.folded)

        def one(b: int) -> None:
            states.write(self.disk, self._tables[b], b, number)

        list(self._pool.map(one, changed))
        for b in changed:
            now[b] = number
        for b in self._tables:
            folded[b] = number
        garbage = (*self.at.garbage, *old, *replaced.pop("garbage", ()))
        after = replace(self.at, commit=number, states=tuple(now), folded=tuple(folded), garbage=garbage, **replaced)
        after = manifest.drop(self.disk, after)
        manifest.write(self.disk, after)
        self.at = after
        self._closed.clear()
        log.forget()
        for b in changed:
            self._tables[b].changed = False
            self._tables[b].folded_to = number
        self._unflushed = 0


def fit(found: Manifest, key_check: str, province: str, root: Path) -> None:
    """Refuse a store that was made under another key, province or field declaration."""
    if found.key_check != key_check:
        raise StoreError(
            f"the store ({root.name}) was made with another key",
            next_step="set key_file to the key this store was made with",
        )
    if found.province != province:
        raise StoreError(
            f"the store ({root.name}) holds province {found.province}, not {province}",
            next_step="set province or store accordingly",
        )
    if found.declaration != DECLARATION:
        raise StoreError(
            f"the states of the store ({root.name}) were made under another declaration of fields",
            next_step="run: yilu rebuild",
        )


def _one_order(parts: list[Events]) -> order.Ordered:
    """The parts of a bucket, each in order already, in one."""
    if len(parts) == 1:
        return order.Ordered(parts[0], order.words(parts[0]), 0, 0)
    return order.arrange(concat(parts) if parts else events(0))


def _read_on(known: dict[str, Source], more: list[tuple[str, Source]]) -> dict[str, Source]:
    """What is known of sources, with how far they have been read since; a repeat of a file takes nothing back."""
    now = dict(known)
    for content, source in more:
        old = now.get(content, source)
        now[content] = Source(old.name, max(old.rows, source.rows), old.complete or source.complete)
    return now


def _link_table(links: reach.Links) -> pa.Table:
    return pa.table({name: getattr(links, name) for name in ("source", "target", "since", "until", "sort")})


def _read_links(disk: Disk, part: Part) -> reach.Links:
    table = pq.read_table(disk.path(part.file))
    return reach.Links(*(table.column(n).to_numpy() for n in ("source", "target", "since", "until", "sort")))
