"""Feeds in a store: what each file changed, kept by day or month with every earlier version, as Parquet files that the manifest names.

A file is ``feeds/KIND/PERIOD/COMMIT.parquet``; the period of a register, which has no days, is ``all``. Rows are only added: a correction
stands after what it corrects, with the commit that brought it. What holds now is the last version of each identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yilu.errors import StoreError
from yilu.items.disk import Disk
from yilu.items.feeds.changes import changed, in_order, merge
from yilu.items.feeds.kinds import ARROW, KINDS, Kind
from yilu.items.feeds.reading import QUARANTINE, FeedRows
from yilu.items.manifest import Part
from yilu.items.reading import Snapshot
from yilu.items.store import Store

MOST_PARTS = 8
"""Files of one kind and period, beyond which they are written as one."""

VERSION: tuple[pa.Field, ...] = (pa.field("commit", pa.uint64(), False), pa.field("received_at", pa.uint32(), False))
"""What is kept with each version of a row: the commit that brought it, and when it was received (seconds UTC; 0: not known)."""

_DAY = 86_400
_ZH = "expected_zh"


def store_rows(store: Store, kind: str, rows: FeedRows, received_at: int = 0) -> dict[str, int]:
    """Make the rows durable: what is new or corrected, and what was quarantined, becomes one commit. Returns counts of new, same, corrected.

    A file that brings nothing new makes no commit, so that the same file may come any number of times. What is read for it is only
    what the store holds of the same days or months, and what it holds of the kind's quarantine.
    """
    declared, number = KINDS[kind], store.at.commit + 1
    counts = {"new": 0, "same": 0, "corrected": 0}
    made: list[Part] = []
    replaced: list[Part] = []
    for period, of_period in _by_period(declared, rows.table):
        mine = _parts(store.at.feeds, kind, period, period)
        held = read_parts(store.disk, mine, declared)
        _, written, of_this = changed(_standing(held, declared), of_period)
        counts = {name: n + of_this[name] for name, n in counts.items()}
        if not written.num_rows:
            continue
        stamped = _stamped(written, declared, number, received_at)
        if len(mine) >= MOST_PARTS:
            stamped, replaced = pa.concat_tables([held, stamped]), [*replaced, *mine]
        made.append(store.put_table(f"feeds/{kind}/{period}/{number:010d}.parquet", number, stamped))
    held_back = _held_back(store, kind, rows.quarantine, number, received_at)
    if made or held_back:
        kept = tuple(p for p in store.at.feeds if p not in replaced)
        store.flush(
            feeds=(*kept, *(_of_day(p, received_at) for p in made)),
            feed_quarantine=(*store.at.feed_quarantine, *held_back), garbage=tuple((number, p.file) for p in replaced),
        )  # fmt: skip
    return counts


def _held_back(store: Store, kind: str, found: pa.Table, number: int, received_at: int) -> list[Part]:
    """The file of the quarantined rows that are not in the store's quarantine yet; none where all are."""
    if not found.num_rows:
        return []
    held = _quarantined(store.disk, store.at.feed_quarantine, kind)
    known, came = ([tuple(row.values()) for row in t.drop_columns(_ZH).to_pylist()] for t in (held, found))
    there = set(known)
    fresh = [row not in there for row in came]
    if not any(fresh):
        return []
    part = store.put_table(f"feeds/{kind}/quarantine/{number:010d}.parquet", number, found.filter(pa.array(fresh)))
    return [_of_day(part, received_at)]


def _of_day(part: Part, received_at: int) -> Part:
    """The file with the day (UTC) on which it came, empty where that is not known."""
    return replace(part, day=str(np.datetime64(received_at, "s").astype("M8[D]")) if received_at else "")


def _quarantined(disk: Disk, parts: tuple[Part, ...], kind: str) -> pa.Table:
    mine = [pq.read_table(disk.path(p.file)) for p in parts if p.file.split("/")[1] == kind]
    # a file of before the Chinese expectation has none
    whole = [t if _ZH in t.column_names else t.append_column(_ZH, pa.nulls(t.num_rows, pa.string())) for t in mine]
    return pa.concat_tables([QUARANTINE.empty_table(), *(t.cast(QUARANTINE) for t in whole)])


def overview(snapshot: Snapshot) -> list[dict[str, Any]]:
    """What the store holds of each kind that it holds anything of: rows with all versions, files, quarantined rows."""
    found = []
    for name in KINDS:
        parts = [p for p in snapshot.at.feeds if p.file.split("/")[1] == name]
        held_back = sum(p.rows for p in snapshot.at.feed_quarantine if p.file.split("/")[1] == name)
        if parts or held_back:
            rows = sum(p.rows for p in parts)
            found.append({"kind": name, "versions": rows, "files": len(parts), "quarantined": held_back})
    return found


def quarantine(snapshot: Snapshot, kind: str) -> pa.Table:
    """The quarantined rows of a kind that are still retained (QUARANTINE), in the order they came."""
    return _quarantined(snapshot.disk, snapshot.at.feed_quarantine, kind)


def load(
    snapshot: Snapshot, kind: str, *, purpose: str = "", first: date | None = None, last: date | None = None
) -> pa.Table:
    """The rows of a kind as they stand at the snapshot's commit, in order of identity.

    ``first``, ``last``: only rows of these days and between (local days of daily counts, UTC days of device status). ``purpose``: what
    the figures are read for, which must be said of a kind that has one, since statistics are no grounds for penalty. Raises ValueError
    where it isn't, or where days are asked of a register.
    """
    return _standing(_asked(snapshot, kind, purpose, first, last), KINDS[kind])


def versions(
    snapshot: Snapshot, kind: str, *, purpose: str = "", first: date | None = None, last: date | None = None
) -> pa.Table:
    """Every version of every row up to the snapshot's commit, with VERSION, in order of identity, the earliest first. Else as ``load``."""
    declared = KINDS[kind]
    return in_order(_asked(snapshot, kind, purpose, first, last), declared)


def _asked(snapshot: Snapshot, kind: str, purpose: str, first: date | None, last: date | None) -> pa.Table:
    declared = KINDS[kind]
    purposes = next((a.choices for a in declared.attributes if a.name == "purpose"), ("",))
    if purpose not in purposes:
        raise ValueError(f"{kind} is read for a purpose: expected one of {', '.join(map(repr, purposes))}")
    if declared.register and (first or last):
        raise ValueError(f"{kind} is a register: it has no days")
    low, high = ("" if d is None else str(np.datetime64(d).astype(f"M8[{declared.period}]")) for d in (first, last))
    table = read_parts(snapshot.disk, _parts(snapshot.at.feeds, kind, low, high), declared)
    if first or last:
        days = _days(declared, table)
        asked = np.ones(len(days), np.bool_)
        if first:
            asked &= days >= np.datetime64(first)
        if last:
            asked &= days <= np.datetime64(last)
        table = table.filter(pa.array(asked))
    return table.filter(pc.equal(table.column("purpose"), purpose)) if purpose else table


def _days(kind: Kind, table: pa.Table) -> NDArray[np.datetime64]:
    """The day of each row (n,)."""
    values = table.column(kind.dated)
    if values.type == ARROW["instant"]:
        values = pc.divide(values, _DAY).cast(pa.int32())
    days: NDArray[np.datetime64] = values.cast(pa.int32()).to_numpy().astype("M8[D]")
    return days


def _by_period(kind: Kind, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each period, in the order they came in."""
    if kind.register or not table.num_rows:
        yield "all", table
        return
    periods = _days(kind, table).astype(f"M8[{kind.period}]")
    found, at = np.unique(periods, return_inverse=True)
    order, starts = np.argsort(at, kind="stable"), np.searchsorted(np.sort(at), np.arange(len(found) + 1))
    for i, period in enumerate(found):
        yield str(period), table.take(pa.array(order[starts[i] : starts[i + 1]]))


def _parts(feeds: tuple[Part, ...], kind: str, low: str, high: str) -> list[Part]:
    """The files of a kind from period ``low`` to ``high`` (empty: without end), the earliest commit of a period first."""
    found = []
    for part in feeds:
        _, of_kind, period, _ = part.file.split("/")
        if of_kind == kind and low <= period and (not high or period <= high):
            found.append(part)
    return sorted(found, key=lambda p: p.file)


def read_parts(disk: Disk, parts: list[Part], kind: Kind) -> pa.Table:
    """All versions in the files, in the order they were brought. A column that the files are older than is null in them."""
    schema = pa.schema([*kind.schema, *VERSION], metadata=kind.schema.metadata)
    tables = [schema.empty_table()]
    for part in parts:
        table = pq.read_table(disk.path(part.file))
        if not set(table.column_names) <= set(schema.names):
            raise StoreError(
                f"a file of {kind.name} in the store has columns that this yilu doesn't know",
                next_step="use the yilu that wrote it, or a later one",
                zh=f"事实库中 {kind.name} 的一个文件含有本版本不认识的列",
                next_step_zh="使用写入它的 yilu 版本,或更新的版本",
            )
        for field in schema:
            if field.name not in table.column_names:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        tables.append(table.select(schema.names).cast(schema))
    return pa.concat_tables(tables)


def _standing(held: pa.Table, kind: Kind) -> pa.Table:
    """The last version of each identity, without what is kept with versions."""
    rows = held.select(kind.schema.names).cast(kind.schema)
    return merge(rows.slice(0, 0), rows)[0]


def _stamped(rows: pa.Table, kind: Kind, commit: int, received_at: int) -> pa.Table:
    n = rows.num_rows
    stamps = (pa.array(np.full(n, commit, np.uint64)), pa.array(np.full(n, received_at, np.uint32)))
    return pa.table([*rows.columns, *stamps], schema=pa.schema([*kind.schema, *VERSION], metadata=kind.schema.metadata))
