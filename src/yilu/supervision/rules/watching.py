"""What the rules say of a store, kept up to date commit by commit.

``judging.judged`` looks at everything. A ``Watch`` looks at what a commit touched and at what time has made due, and keeps the rest: its evidence is
what ``judged`` would say of that commit (a property that is tested), but that counts are looked at as their hour ends and once a minute, in a thread of their own. Items are due by the watermarks of feeds
that still tell; when a feed that was silent tells again, what its own watermark has passed is looked for among all items, once a minute at the most.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from yilu.items import cubes, log
from yilu.items.fields import NEVER
from yilu.items.kinds import BY_CODE
from yilu.items.reading import Snapshot
from yilu.items.retold import retell
from yilu.items.schema import Events
from yilu.items.store import Store
from yilu.items.table import find
from yilu.supervision.rules import candidates, evidence, judging
from yilu.supervision.rules.evidence import EVIDENCE, Evidence
from yilu.supervision.rules.judging import Judge
from yilu.supervision.rules.lives import lives_of
from yilu.supervision.rules.watermarks import Watermarks, watermarks_of

_NO_KEYS: NDArray[np.uint64] = np.empty(0, np.uint64)
_SCANS = cubes.BY_NAME["scans"]
_SCREEN = BY_CODE["screen"].id
_COUNTED_S, _WOKEN_S, _HOUR = 60, 60, 3600
_AT_ONCE = 200_000
"""Items whose lives are told at once."""


class Watch:
    """The evidence of the store that ``judge`` finds; ``lateness_s``: allowed lateness of feeds.

    The store must remember its commits (``Store.remember``). ``evidence`` is what holds after the last ``step``. ``close`` it at the end.
    """

    def __init__(self, store: Store, judge: Judge, lateness_s: int) -> None:
        self.store, self.judge, self.lateness_s = store, judge, lateness_s
        self.evidence: Evidence = np.empty(0, EVIDENCE)
        self._of_lives: Evidence = np.empty(0, EVIDENCE)
        self._of_counts: Evidence = np.empty(0, EVIDENCE)
        self._watched = _NO_KEYS
        self._due: list[NDArray[np.uint32]] = []
        self._scans: cubes.Cells = (np.empty(0, np.uint64), np.empty(0, np.int64))
        self._counted_to = 0
        self._counted_hour, self._counts_due = -1, 0.0
        self._beside = ThreadPoolExecutor(1, "counts")
        self._counting: Future[Evidence] | None = None
        self._marks = self._watermarks()
        self._woken: tuple[int, int] | None = None
        self._woken_due = 0.0

    def everything(self, judge: Judge | None = None) -> int:
        """Look at all items: at the start, when registers or rules have changed, and after upkeep. Returns how many were told again."""
        self.judge = judge or self.judge
        self._watched = _NO_KEYS
        self._of_lives = np.empty(0, EVIDENCE)
        self._due = [np.empty(0, np.uint32)] * self.store.at.buckets
        self._counted_to = 0
        self._scans = (np.empty(0, np.uint64), np.empty(0, np.int64))
        self.store.take_news()
        self._marks, self._woken = self._watermarks(), None
        snapshot, latest = self._snapshot(), self._marks.latest
        found = [_NO_KEYS]
        for b in range(self.store.at.buckets):
            found.append(judging.suspects_of(snapshot, self.judge, b, self.store.packed, latest))
            self._note_due(b, np.arange(self.store.table(b).count))
        return self._look(np.unique(np.concatenate(found)), True)

    def step(self, whole: bool = False) -> int:
        """Look at what the store's commits since the last step touched and at what is due; ``whole``: at all that can wait a minute too, such as counts.

        Returns how many items were told again.
        """
        self._move_on()
        latest = self._marks.latest
        news = self.store.take_news()
        edges = log.bucket_edges(news.key, self.store.at.buckets)
        wanted = []
        for b in range(self.store.at.buckets):
            if edges[b] < edges[b + 1]:
                wanted.append(self._touched(b, news.take(np.arange(edges[b], edges[b + 1])), latest))
            due = np.flatnonzero(self._due[b] < latest)
            if len(due):
                wanted.append(self.store.table(b).rows["key"][due])
                self._note_due(b, due)
        if self._woken is not None and (whole or time.monotonic() >= self._woken_due):
            wanted += self._passed(*self._woken)
            self._woken, self._woken_due = None, time.monotonic() + _WOKEN_S
        return self._look(np.unique(np.concatenate([_NO_KEYS, *wanted])), whole)

    @property
    def counted(self) -> bool:
        """Whether counts were looked at since the last step: the next one takes in what they say."""
        return self._counting is not None and self._counting.done()

    def _move_on(self) -> None:
        """Take the watermarks of now, and note the span over which those of feeds that had been silent have moved."""
        before, self._marks = self._marks, self._watermarks()
        now = self._marks.of_source[: len(before.of_source)]
        moved = before.silent & (now > before.of_source)
        if moved.any():
            first, last = self._woken or (int(NEVER), 0)
            self._woken = min(first, int(before.of_source[moved].min())), max(last, int(now[moved].max()))

    def _passed(self, first: int, last: int) -> list[NDArray[np.uint64]]:
        """Keys, bucket by bucket, of items of which a rule may speak from a second between these on; it is noted anew when all items are due."""
        found = []
        for b in range(self.store.at.buckets):
            table = self.store.table(b)
            every = np.arange(table.count)
            found.append(
                table.rows["key"][: table.count][self._next_due(b, every, first, last) <= last + candidates.AGAIN_S]
            )
            self._note_due(b, every)
        return found

    def _touched(self, b: int, news: Events, latest: int) -> NDArray[np.uint64]:
        """Those of the touched items of a bucket that are to be told again; for all of them it is noted when they are due."""
        keys, table = np.unique(news.key), self.store.table(b)
        row = find(table, keys)
        row = row[row >= 0]
        self._note_due(b, row)
        logged = self.store.history(keys) if self.judge.closures else news
        found = judging.suspects(table.rows[row], logged, self.judge, self.store.rules, self.store.packed, latest)
        again = _among(keys, self._watched) | self.store.shut.among(self.store.at, b, keys)
        return np.union1d(found, keys[again])

    def _note_due(self, b: int, row: NDArray[np.int64]) -> None:
        """Note when the items in these rows of a bucket's table should be looked at though nothing comes for them."""
        table = self.store.table(b)
        if len(self._due[b]) < table.count:
            self._due[b] = np.concatenate(
                [self._due[b], np.full(len(table.rows) - len(self._due[b]), NEVER, np.uint32)]
            )
        self._due[b][row] = self._next_due(b, row, self._marks.complete_to, self._marks.latest)

    def _next_due(self, b: int, row: NDArray[np.int64], lowest: int, latest: int) -> NDArray[np.uint32]:
        """``candidates.next_due`` of these rows of a bucket's table."""
        closures = [p.closure.since for p in self.judge.closures]
        rows = self.store.table(b).rows[row]
        return candidates.next_due(rows, self.store.packed, lowest, latest, self.judge.catalogue, closures)

    def _look(self, keys: NDArray[np.uint64], whole: bool) -> int:
        """Tell the items again, and say what holds now; ``whole``: of counts too. Returns how many."""
        store, judge = self.store, self.judge
        marks, latest = self._marks.of_source, self._marks.latest
        parts = [self._of_lives[~_among(self._of_lives["key"], keys)]]
        for some in np.array_split(keys, -(-len(keys) // _AT_ONCE)) if len(keys) else ():
            lives = lives_of(retell(store.history(some), store.packed), store.rules, marks, judge.bindings)
            parts.append(judging.of_lives(lives, judge, store.rules))
        self._of_lives = np.concatenate(parts)
        self._of_lives["provisional"] = self._of_lives["at"] > marks[self._of_lives["source"]]
        self._watched = np.union1d(self._watched, keys)
        self._count(latest, whole)
        screens = self._screens()
        rows = judging.together(evidence.joined([self._of_lives]), cubes.decode(_SCANS, *screens), judge, store.rules)
        self.evidence = judging.applied([rows, self._of_counts], judge.catalogue)
        return len(keys)

    def _count(self, latest: int, at_once: bool) -> None:
        """Take in what was said of counts last, and look at them again beside the writer: their rules speak of hours, and reading all cells takes longer than a beat.

        What comes late of an hour that is over can wait a minute; ``at_once``: nothing waits.
        """
        if self._counting is not None and (at_once or self._counting.done()):
            self._of_counts, self._counting = self._counting.result(), None
        due = latest // _HOUR != self._counted_hour or time.monotonic() >= self._counts_due
        if not at_once and (not due or self._counting is not None):
            return
        self._counted_hour, self._counts_due = latest // _HOUR, time.monotonic() + _COUNTED_S
        snapshot, judge = self._snapshot(), self.judge

        def look() -> Evidence:
            return judging.of_counts(snapshot, snapshot.cells(_SCANS), judge, latest)

        if at_once:
            self._of_counts = look()
        else:
            self._counting = self._beside.submit(look)

    def close(self) -> None:
        """End the thread that looks at counts."""
        self._beside.shutdown(cancel_futures=True)

    def _screens(self) -> cubes.Cells:
        """Cells of screenings, those of new commits added to what was known."""
        new = [p for p in self.store.at.cubes if p.last > self._counted_to]
        if any(p.first <= self._counted_to for p in new):  # files were made anew: begin anew
            new, self._scans = list(self.store.at.cubes), (np.empty(0, np.uint64), np.empty(0, np.int64))
        kind_at = 64 - _SCANS.head - 20 - 20 - 8
        kept = []
        for part in new:
            codes, counts = cubes.read(self.store.disk.path(part.file), _SCANS)
            screens = (codes >> np.uint64(kind_at)) & np.uint64(255) == _SCREEN
            kept.append((codes[screens], counts[screens]))
        if kept:
            self._scans = cubes.added([self._scans, *kept])
        self._counted_to = self.store.at.commit
        return self._scans

    def _snapshot(self) -> Snapshot:
        store = self.store
        return Snapshot(store.disk, store.at, store.rules, threads=store.limits.threads)

    def _watermarks(self) -> Watermarks:
        return watermarks_of(self._snapshot(), self.judge.catalogue, self.lateness_s)


def _among(values: NDArray[np.uint64], some: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether each value (n,) is one of ``some``, which are in order."""
    if not len(some):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(some, values), len(some) - 1)
    return np.asarray(some[at] == values)
