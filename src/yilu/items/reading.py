"""Reading a store: one commit, whatever the writer does meanwhile.

A ``Snapshot`` stands on the newest manifest; everything it gives is of that commit. Files that a writer drops while a reader still
stands on an older commit are kept for a few commits; a reader that falls behind opens a new snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.errors import StoreError
from yilu.items import clock, closing, cubes, erasing, log, manifest, order, states
from yilu.items.cubes import Cube
from yilu.items.disk import Disk
from yilu.items.fields import DECLARATION, NEVER, ROW
from yilu.items.manifest import Manifest
from yilu.items.rules import Rules, packed
from yilu.items.schema import QUARANTINE, Events, concat, events


@dataclass(frozen=True)
class Snapshot:
    """The facts of a store at one commit. ``memory_mb``, ``threads``: what a query may take. What was worked out of it ``once`` goes when it goes."""

    disk: Disk
    at: Manifest
    rules: Rules
    memory_mb: int = 12_000
    threads: int = 2
    _once: dict[Hashable, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What ``make`` works out of this commit, which doesn't change: made when it is asked for first. Two threads that ask at once may both make it; one is kept."""
        if key not in self._once:
            self._once.setdefault(key, make())
        return self._once[key]

    @classmethod
    def open(cls, root: Path, rules: Rules, memory_mb: int = 12_000, threads: int = 2) -> Snapshot:
        """The newest commit of the store at ``root``. Raises StoreError where there is none, or its states are of another declaration."""
        found = manifest.newest(root)
        if found is None:
            raise StoreError(
                f"there is no store at {root.name}",
                zh=f"{root.name} 处没有事实库",
                next_step="run: yilu ingest FILE, or name the store with --store or YILU_STORE",
                next_step_zh="先运行 yilu ingest FILE 读入数据,或用 --store、YILU_STORE 指明事实库",
            )
        if found.declaration != DECLARATION:
            raise StoreError(
                "the states of the store were made under another declaration of fields",
                next_step="run: yilu rebuild",
                zh="事实库的状态是按另一种字段声明生成的",
                next_step_zh="运行 yilu rebuild",
            )
        return cls(Disk(root), found, rules, memory_mb, threads)

    def watermarks(self, lateness_s: int) -> dict[str, int]:
        """Up to when each feed's events are taken as complete: its latest event less the allowed lateness, never beyond its last receipt."""
        return {
            feed: max(0, min(latest - lateness_s, self.at.received.get(feed) or latest))
            for feed, latest in self.at.watermarks.items()
        }

    @property
    def as_of(self) -> int:
        """The latest second that every fact here stands for: the latest event so far, UTC seconds."""
        return max(self.at.watermarks.values(), default=0)

    @property
    def journeys(self) -> int:
        """How many journeys ``rows`` gives of all buckets together, about: those in the files of states and those that are closed, without what was logged since."""
        files = [self.disk.path(manifest.state_file(b, c)) for b, c in enumerate(self.at.states) if c]
        return sum(f.stat().st_size for f in files) // ROW.itemsize + sum(p.rows for p in self.at.closed)

    def bucket_of(self, key: int) -> int:
        """The bucket of an item key."""
        return int(key) >> (64 - (self.at.buckets.bit_length() - 1)) if self.at.buckets > 1 else 0

    def rows(self, bucket: int) -> NDArray[np.void]:
        """The states of all items of a bucket, open and closed, the log's end folded in; without erased items."""
        table = states.load(self.disk, self.at, bucket, packed(self.rules))
        closed = closing.read(self.disk, self.at.closed, self.at.gone, bucket, self.at.buckets)
        return erasing.shown(np.concatenate([table.used, closed]), self.at.erased)

    def events(self, keys: NDArray[np.uint64]) -> Events:
        """The logged events of items (sorted keys), in order, those not folded yet among them; without erased items."""
        found = [events(0)]
        for b in sorted({self.bucket_of(int(k)) for k in keys}):
            found.append(log.read(self.disk, (*self.at.log, *self.at.behind), b, self.at.buckets, keys))
        return erasing.kept(order.arrange(concat(found)).events, self.at.erased)[0]

    def cells(self, cube: Cube) -> pa.Table:
        """The cells of a cube, added up over all commits."""
        found: pa.Table = self.once(("cells", cube.name), lambda: cubes.decode(cube, *cubes.added(self._cells(cube))))
        return found

    def _cells(self, cube: Cube) -> Iterator[cubes.Cells]:
        for part in self.at.cubes:
            yield cubes.read(self.disk.path(part.file), cube)

    def quarantine(self) -> pa.Table:
        """Quarantined rows that are still retained."""
        tables = [pq.read_table(self.disk.path(p.file)) for p in self.at.quarantine]
        return pa.concat_tables(tables) if tables else QUARANTINE.empty_table()


def table_of_items(rows: NDArray[np.void], rules: Rules) -> pa.Table:
    """States as a table a person can query: times as timestamps (UTC), ends, promise, outcome and checks worked out; (n rows)."""
    flat = packed(rules)
    n = len(rows)
    origin, destination = np.empty(n, np.uint16), np.empty(n, np.uint16)
    promise, ended = np.empty(n, np.int64), np.empty(n, np.int64)
    outcome, status = np.empty(n, np.uint8), np.empty((3, n), np.uint8)
    clock.work_out(rows, flat, origin, destination, promise, outcome, ended, status)
    accepted = (rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)
    columns: dict[str, pa.Array] = {
        "key": pa.array(rows["key"]),
        "operator": pa.array(rows["operator"]),
        "origin": pa.array(origin),
        "destination": pa.array(destination),
        "service_level": pa.array(rows["service_level"]),
        "item_class": pa.array(rows["classes"] & np.uint8(15)),
        "sender_kind": pa.array(rows["classes"] >> np.uint8(4)),
        "start_at": _time(accepted.astype(np.int64), rows["last"] == 0),
        "accepted_known": pa.array((rows["start"] >> np.uint64(63)) == 0),
        "start_place": pa.array((rows["start"] & np.uint64(0x7FFFFF)).astype(np.uint32)),
        "last_at": _time((rows["last"] >> np.uint64(32)).astype(np.int64), rows["last"] == 0),
        "last_kind": pa.array(((rows["last"] >> np.uint64(24)) & np.uint64(0xFF)).astype(np.uint8)),
        "last_place": pa.array((rows["last"] & np.uint64(0xFFFFFF)).astype(np.uint32)),
        "promise_at": _time(promise, promise == 0),
        "outcome": pa.array(outcome),
        "outcome_at": _time(ended, outcome == 0),
    }
    for name in ("delivered", "returned", "ended", "identified", "inspected", "screened", "left", "left_processing"):
        columns[f"{name}_at"] = _time(rows[name].astype(np.int64), rows[name] == NEVER)
    columns["delivered_last_at"] = _time(rows["delivered_last"].astype(np.int64), rows["delivered_last"] == 0)
    for i, check in enumerate(cubes.CHECKS):
        columns[f"{check}_status"] = pa.array(status[i])
    for name in ("attempts", "hops", "flags"):
        columns[name] = pa.array(rows[name])
    return pa.table(columns)


def _time(seconds: NDArray[np.int64], absent: NDArray[np.bool_]) -> pa.Array:
    return pa.array(seconds, pa.int64(), mask=absent).cast(pa.timestamp("s", "UTC"))
