"""The store of facts: one writer, commit by commit.

``Store.commit`` takes what some chunks of feeds brought and makes it durable facts: sorted, de-duplicated, spread to the items that
containers and links reach, folded bucket by bucket, logged, and named by a manifest. The manifest is the commit; whatever was
written before it is nothing until then. State files are a cache: what they lack is folded again from the log when the store opens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.errors import StoreError
from yilu.items import (
    arrival,
    bucket,
    closing,
    cubes,
    days,
    erasing,
    heap,
    link_runs,
    log,
    manifest,
    order,
    quality,
    reach,
    states,
    tokens,
)
from yilu.items.arrival import Arrived, Delivery
from yilu.items.disk import Disk, Lock, half_way
from yilu.items.done import Done
from yilu.items.fields import DECLARATION, FLAGS
from yilu.items.limits import Limits as Limits
from yilu.items.manifest import Counts, Manifest, Part
from yilu.items.order import Ordered
from yilu.items.recent import Recent, joined, remembered
from yilu.items.rules import Rules, packed
from yilu.items.schema import DTYPES, Events, concat, events
from yilu.items.sealing import Sealed
from yilu.items.table import Table, find

_NO_KEYS: NDArray[np.uint64] = np.empty(0, np.uint64)
_WHOLE = np.uint16(FLAGS["whole"][0])


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
        self.shut = closing.Closed(disk, int(rules.limits[0]))
        self._links = link_runs.added((), reach.merged([reach.NONE, *(link_runs.read(disk, p) for p in newest.links)]))
        self._unflushed = self._later_than_states()
        self._pool = ThreadPoolExecutor(limits.threads)
        self._cells = 1 << 13
        self._broken = False
        self._recent: Recent | None = None
        self._news: list[Events] = []

    @classmethod
    def open(
        cls,
        root: Path,
        rules: Rules,
        key_check: str,
        province: str,
        buckets: int = 32,
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
                    raise StoreError(f"buckets {buckets} is not a power of two up to 4096", next_step="set buckets to 32", zh=f"buckets {buckets} 不是 4096 以内的二的幂", next_step_zh="将 buckets 设为 32")  # fmt: skip
                newest = Manifest(0, buckets, key_check, province, states=(0,) * buckets, folded=(0,) * buckets)
                disk.sweep(set())
                manifest.write(disk, newest)
            if afresh:
                newest = replace(
                    newest, declaration=DECLARATION, states=(0,) * newest.buckets, folded=(0,) * newest.buckets
                )
            manifest.fit(newest, key_check, province, root)
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
                self.settle()
                self.flush()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the store without writing states; nothing is lost, the next writer folds the log's end again."""
        if self._recent is not None:
            self._recent.close()
        self._pool.shutdown()
        self._lock.release()

    def remember(self, most_rows: int) -> None:
        """Hold up to ``most_rows`` logged events in memory too, and from now on those of every commit: for commits of a second (``recent``).

        ``take_news`` must then be called between commits. What waits all the same, since its items' events are in files alone, is settled when
        somebody asks for it: nobody could wait for that within a second.
        """
        self.limits = self.limits.of_seconds()
        self._recent = remembered(self.disk, self.at, most_rows, lambda: self._counts())

    def take_news(self) -> Events:
        """The events, by key, that the log got since the last call, of a store that remembers."""
        news, self._news = self._news, []
        return joined(news) if len(news) > 1 else news[0] if news else events(0)

    def history(self, keys: NDArray[np.uint64]) -> Events:
        """All logged events of ``keys`` (sorted), in order, each identity once; without erased items."""
        edges = log.bucket_edges(keys, self.at.buckets)
        own = (keys[edges[b] : edges[b + 1]] for b in range(self.at.buckets))
        found = [self._told(b, k, self.at.log) for b, k in enumerate(own) if len(k)]
        return erasing.kept(order.arrange(concat([events(0), *found])).events, self.at.erased)[0]

    def _told(
        self, b: int | range, keys: NDArray[np.uint64], parts: Sequence[Part], spare: frozenset[str] = frozenset()
    ) -> Events:
        """Events of ``keys`` (sorted, of bucket or buckets ``b``) in log files, from memory where they are there."""
        if self._recent is None:
            return log.read(self.disk, parts, b, self.at.buckets, keys, spare=spare)
        earlier = self._recent.earlier(parts)
        return concat([self._recent.of(keys), log.read(self.disk, earlier, b, self.at.buckets, keys, spare=spare)])

    def commit(self, deliveries: list[Delivery]) -> Manifest:
        """Make the deliveries durable facts, all or nothing. Returns the commit's manifest.

        The deliveries' events are taken over: memory holds a commit's events once.
        """
        self.at = self._whole(lambda: self._commit(deliveries))
        since = self.at.counts.made - self.at.settled
        if self.at.waits and since >= self.limits.settle_share * sum(p.rows for p in self.at.log):
            self.settle()
        if self._unflushed >= self.limits.flush_rows:
            self.flush()
        return self.at

    def settle(self) -> None:
        """Fold the events that came behind what their items had, as a commit of its own; nothing waits after it."""
        if self.at.waits:
            heap.give_back()
            self.at = self._whole(self._settle)

    def _counts(self) -> NDArray[np.int64]:
        """Items in the table of each bucket."""
        return np.array([self.table(b).count for b in range(self.at.buckets)], np.int64)

    def _later_than_states(self) -> int:
        """Logged events that some state file does not hold."""
        return sum(p.rows for p in self.at.log if p.last > min(self.at.folded, default=0))

    def _far(self) -> int:
        """Logged events that only files hold."""
        return sum(p.rows for p in (self._recent.earlier(self.at.log) if self._recent is not None else self.at.log))

    def _whole(self, work: Callable[[], Manifest]) -> Manifest:
        """Do a commit's work; where it fails, the tables are no longer those of the last commit, and the store takes nothing more."""
        if self._broken:
            raise half_way("an earlier commit failed half way", "此前的一次提交中途失败")
        try:
            self._broken = True
            after = work()
            self._broken = False
        except pa.ArrowException as error:
            raise half_way(f"writing a commit failed: {error}", f"写入提交失败:{error}") from error
        return after

    def _commit(self, deliveries: list[Delivery]) -> Manifest:
        now, number = self.at, self.at.commit + 1
        at_once = not self.at.waits and self._far() <= self.limits.at_once_rows
        batch, codes, names = arrival.numbered(deliveries, now.codes, now.names)
        marks, received = arrival.heard(deliveries, now.watermarks, now.received)
        door = cubes.Sums()
        for d in deliveries:
            quality.ahead(d.ahead, self.packed, door)
        deliveries[:] = [replace(d, events=events(0)) for d in deliveries]
        batch, refused = arrival.in_time(batch, now.floor, self.rules, now.erased, (self.packed, door))
        arrived = arrival.by_bucket(batch, now.buckets, self._pool)
        del batch  # laid by now; a commit's events are held once
        links, behind, candidates = self._reach(arrived)
        if at_once:
            candidates.extend(self._earlier(behind, links))
        reached = arrival.by_bucket(candidates, now.buckets, self._pool)

        def bring(b: int) -> tuple[Ordered, int]:
            whole = order.merged(arrived.told, arrived.by_bucket[b], reached.told, reached.by_bucket[b])
            return whole, len(reached.by_bucket[b].rows)

        if not now.cubes:
            # a guess of the first commit's: what its tables grow by is a third of adding up
            self._cells = len(arrived.told) // 2
        done = self._fold(number, bring, at_once, log.spoken([arrived.told, reached.told]), door)
        own = len(arrived.told)
        late = 0 if refused is None else refused.num_rows
        counts = sum((d.counts for d in deliveries), Counts(refused=late))
        sealed = len(done.refused)
        counts = replace(
            counts, made=own + counts.refused, repeated=done.repeated, conflicting=done.conflicting,
            accepted=own - done.repeated - done.conflicting - sealed, derived=done.derived, refused=counts.refused + sealed,
        )  # fmt: skip
        held = [t for t in (refused, *(d.quarantine for d in deliveries)) if t is not None]
        added = done.written(self.disk, self.at, number, held, self.day())
        senders = tokens.arrived((d.tokens for d in deliveries), now.erased)
        if senders.num_rows:
            added["tokens"] = (self.put_table(f"tokens/{number:010d}.parquet", number, senders),)
        if len(links):
            added["links"] = (self.put_table(f"links/{number:010d}.parquet", number, link_runs.to_arrow(links)),)
        if len(behind) and not at_once:
            name = f"links/{number:010d}.unspread.parquet"
            added["unspread"] = (self.put_table(name, number, link_runs.to_arrow(behind)),)
        counts = now.counts + counts
        after = replace(
            now, commit=number, counts=counts, codes=codes, names=names, watermarks=marks, received=received,
            sources=arrival.read_on(now.sources, [d.source for d in deliveries if d.source is not None]),
            offsets={**now.offsets, **dict(d.offset for d in deliveries if d.offset is not None)},
            settled=counts.made if at_once else now.settled,
            **_with(now, added),
        )  # fmt: skip
        return self._written(after, links, done)

    def _settle(self) -> Manifest:
        now, number = self.at, self.at.commit + 1
        behind = reach.merged([reach.NONE, *(link_runs.read(self.disk, p) for p in now.unspread)])
        spread, edges = arrival.dealt(self._earlier(behind, reach.NONE), now.buckets, self._pool)
        apart = log.Apart(self.disk, now.behind, now.buckets)

        def bring(b: int) -> tuple[Ordered, int]:
            log.ahead(self.disk, now.log, b + self.limits.threads, now.buckets)
            waiting = apart.of(b)
            own = waiting.take(waiting.via == 0)
            more = order.line_up_rows(spread, np.arange(edges[b], edges[b + 1], dtype=np.uint32)).rows
            derived = concat([waiting.take(waiting.via != 0), spread.take(more)])
            return order.merged(own, order.line_up(own), derived, order.line_up(derived)), len(more)

        done = self._fold(number, bring, True, list(DTYPES))
        again, sealed = done.repeated + done.conflicting, len(done.refused)
        counts = now.counts + Counts(
            accepted=-again - sealed, repeated=done.repeated, conflicting=done.conflicting, refused=sealed, derived=done.derived
        )  # fmt: skip
        garbage = tuple((number, p.file) for p in (*now.behind, *now.unspread))
        after = replace(
            now, commit=number, counts=counts, settled=counts.made, behind=(), unspread=(), garbage=(*now.garbage, *garbage),
            **_with(now, done.written(self.disk, self.at, number, [], self.day())),
        )  # fmt: skip
        return self._written(after, reach.NONE, done)

    def _written(self, after: Manifest, links: reach.Links, done: Done) -> Manifest:
        """Make ``after`` the newest commit."""
        after = manifest.drop(self.disk, replace(after, told=after.commit), self.limits.kept_commits)
        manifest.write(self.disk, after)
        for table in self._tables.values():
            table.folded_to = after.commit
        self._unflushed += sum(part.rows for part in done.log)
        if self._recent is not None:
            self._recent.add(done.kept, after.commit, lambda: self._counts())
            self._news.append(done.kept)
        self._links = link_runs.added(self._links, links)
        if any(len(f.closed) for f in done.folded):
            self.shut.forget()
        return after

    def day(self) -> str:
        """The latest local day of any event so far, as ISO text; empty before the first."""
        latest = max(self.at.watermarks.values(), default=0)
        return days.iso(days.local_day(np.array([latest]), self.rules)[0]) if latest else ""

    def _reach(self, arrived: Arrived) -> tuple[reach.Links, reach.Links, list[Events]]:
        """(links that these events establish, those of them whose sources have earlier events, candidates that containers and links give
        to items), links by key."""
        told = arrived.told
        tells = reach.telling(told)
        telling = concat(
            arrival.picked(told.only(*reach.TELLS), arrived.by_bucket, lambda lined: tells[lined.rows], self._pool)
        )
        found = reach.merged([reach.links_of(telling, self.limits.container_s), reach.piece_links(telling)])
        links = link_runs.without_known(found, self._links)
        runs = (*self._links, links)

        def spoken(lined: order.Lined) -> NDArray[np.bool_]:
            chosen = tells[lined.rows]
            chosen[link_runs.touching(runs, lined.key)] = True
            return chosen

        def spread(some: Sequence[order.Lined]) -> Events:
            batch = concat([told.take(lined.rows[spoken(lined)]) for lined in some])
            return reach.spread(batch, self._links, links, events(0), reach.NONE)

        n = -(-self.at.buckets // (4 * self.limits.threads))
        shares = [arrived.by_bucket[b : b + n] for b in range(0, self.at.buckets, n)]
        return links, self._with_earlier(links), list(self._pool.map(spread, shares))

    def _with_earlier(self, links: reach.Links) -> reach.Links:
        """Those of the links whose sources have logged events that may reach their targets."""
        edges = log.bucket_edges(links.source, self.at.buckets)
        chosen = np.zeros(len(links), np.bool_)
        for b in np.flatnonzero(np.diff(edges)):
            own = slice(edges[b], edges[b + 1])
            source, since = links.source[own], links.since[own]
            table = self.table(int(b))
            row = find(table, source)
            known = row >= 0
            state = table.rows[row[known]]
            last = (state["last"] >> np.uint64(32)).astype(np.int64)
            # a void may stand before the link and speak of what comes after it
            reaches = self.shut.among(self.at, int(b), source)
            reaches[known] |= (last >= since[known]) | (last == 0) | ((state["flags"] & _WHOLE) != 0)
            chosen[own] = reaches
        return links.take(np.flatnonzero(chosen))

    def _earlier(self, links: reach.Links, new: reach.Links) -> list[Events]:
        """Candidates that the logged events of the links' sources give; ``new``: links of the commit at hand. What a few buckets' sources have
        is let go before the next is read: of a day that waited whole it is gigabytes."""
        edges = log.bucket_edges(links.source, self.at.buckets)
        parts, behind = self.at.log, self.at.behind
        spans = log.searched(parts, np.diff(edges) > 0)

        def spread(i: int) -> Events:
            keys = np.unique(links.source[edges[spans[i].start] : edges[spans[i].stop]])
            if self._recent is None and i + self.limits.threads < len(spans):
                log.ahead(self.disk, parts, spans[i + self.limits.threads], self.at.buckets)
            waiting = log.read(self.disk, behind, spans[i], self.at.buckets, keys, spare=log.UNSPREAD)
            earlier = concat([self._told(spans[i], keys, parts, log.UNSPREAD), waiting])
            return reach.spread(events(0), self._links, new, earlier, links) if len(earlier) else earlier

        return list(self._pool.map(spread, range(len(spans))))

    def _fold(
        self, number: int, bring: Callable[[int], tuple[Ordered, int]], at_once: bool, columns: list[str],
        door: cubes.Sums | None = None,
    ) -> Done:  # fmt: skip
        """Fold bucket by bucket what ``bring`` gives (events; how many were derived now), and write what the log needs (``columns``) as
        the buckets are done. ``door``: cells of what the door counted."""
        free = [cubes.Sums(cubes.room(self._cells // self.limits.threads)) for _ in range(self.limits.threads)]
        all_sums = tuple(free)

        def one(b: int) -> tuple[bucket.Folded | None, Events, Events, int]:
            whole, derived = bring(b)
            if not len(whole.events):
                return None, whole.events, whole.events, 0
            read = lambda keys: self._told(b, keys, self.at.log, log.UNSPREAD)  # noqa: E731
            is_closed = lambda keys: self.shut.among(self.at, b, keys)  # noqa: E731
            sums = free.pop()
            done = bucket.fold(
                b, self.table(b), whole.events, whole.word, read, is_closed, self.packed, sums, lambda: self.sealed(b),
                0 if at_once else bucket.ALL if self._recent is None else int(self._recent.old[b]) + 1,
            )  # fmt: skip
            free.append(sums)
            kept = ~(done.drop | done.behind)
            done = replace(
                done, repeated=whole.repeated + done.repeated, conflicting=whole.conflicting + done.conflicting
            )
            own = whole.events if kept.all() else whole.events.take(kept)
            return done, own, whole.events.take(done.behind), derived

        folded: list[bucket.Folded] = []
        behind: list[Events] = []
        held: list[Events] = []
        derived = 0
        cells: list[Future[Part | None]] = []

        def put_sums() -> Part | None:
            found = cubes.together((*all_sums, door) if door else all_sums)
            self._cells = len(found[0])
            return self.put_cells(number, found) if len(found[0]) else None

        def kept_by_bucket() -> Iterator[Events]:
            nonlocal derived
            for done, kept, late, more in self._pool.map(one, range(self.at.buckets)):
                if done is not None:
                    folded.append(done)
                behind.append(late)
                derived += more
                if self._recent is not None:
                    held.append(kept)
                yield kept
            cells.append(self._pool.submit(put_sums))  # while the log is brought to the disk

        parts = log.write_pieces(self.disk, f"log/{number:010d}.parquet", columns, kept_by_bucket(), number)
        repeated, conflicting = sum(f.repeated for f in folded), sum(f.conflicting for f in folded)
        refused = concat([events(0), *(f.refused for f in folded)])
        return Done(
            folded, cells[0].result(), parts, behind, repeated, conflicting, derived, refused, concat([events(0), *held])
        )  # fmt: skip

    def put_cells(self, number: int, cells: cubes.Cells) -> Part:
        """Write the cells of commit ``number``."""
        return self.put_table(f"cubes/{number:010d}.parquet", number, cubes.to_arrow(*cells), **cubes.WRITTEN)

    def put_table(self, name: str, number: int, table: pa.Table, **how: Any) -> Part:
        """Write a table as a file of commit ``number``; ``how``: Parquet's options."""
        return manifest.put_table(self.disk, name, number, table, self.day(), **how)

    def set_table(self, b: int, table: Table) -> None:
        """Put another table in the place of bucket ``b``'s; it counts from the next flush."""
        self._tables[b] = table

    def trim_links(self, now: int, gone: NDArray[np.uint64] = _NO_KEYS) -> None:
        """Forget links whose sources can reach nothing any more at ``now`` (UTC seconds), and those of the keys ``gone``."""
        kept = link_runs.left(self._links, min(now, self.at.floor), gone)
        if len(kept) == sum(map(len, self._links)):
            return
        number = self.at.commit + 1
        part = self.put_table(f"links/{number:010d}.parquet", number, link_runs.to_arrow(kept))
        old = tuple((number, p.file) for p in self.at.links)
        self._links = link_runs.added((), kept)
        self.flush(links=(part,), garbage=old)

    def sealed(self, b: int) -> Sealed:
        """The items of bucket ``b`` with journeys that can't be folded again."""
        return self.shut.sealed(self.at, b)

    def table(self, b: int) -> Table:
        """The table of bucket ``b``, folded to this commit."""
        table = self._tables.get(b)
        if table is None:
            table = states.load(self.disk, self.at, b, self.packed)
            if self.at.behind:
                row = find(table, np.unique(log.read(self.disk, self.at.behind, b, self.at.buckets).key))
                bucket.wait(table, row[row >= 0])
            self._tables[b] = table
        return table

    def flush(self, only: Sequence[int] | None = None, **replaced: Any) -> None:
        """Write the states that changed, as a commit of their own: of all buckets or ``only`` of some; ``replaced``: other entries of its manifest."""
        if only is None:
            heap.give_back()
        buckets = [b for b in self._tables if only is None or b in only]
        changed = [b for b in buckets if self._tables[b].changed]
        behind = any(self.at.folded[b] < self.at.commit for b in buckets)
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
        for b in buckets:
            folded[b] = number
        garbage = (*self.at.garbage, *old, *replaced.pop("garbage", ()))
        after = replace(self.at, commit=number, states=tuple(now), folded=tuple(folded), garbage=garbage, **replaced)
        after = manifest.drop(self.disk, after, self.limits.kept_commits)
        manifest.write(self.disk, after)
        self.at = after
        for b in changed:
            self._tables[b].changed = False
            self._tables[b].folded_to = number
        self._unflushed = self._later_than_states()
        if only is None:
            self.shut.forget()
            log.forget()


def _with(now: Manifest, added: dict[str, tuple[Part, ...]]) -> dict[str, Any]:
    """Lists of a manifest, each with what was added to it."""
    return {name: getattr(now, name) + parts for name, parts in added.items()}
