"""How long feeds are kept: daily counts by month, device status by day, superseded versions of registers, quarantined rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.feeds.changes import in_order
from yilu.items.feeds.kinds import KINDS, Kind
from yilu.items.feeds.storing import read_parts
from yilu.items.manifest import Part
from yilu.items.store import Store

_DAY = 86_400


@dataclass(frozen=True)
class Periods:
    """Days that daily counts, device status, superseded versions of registers, and quarantined rows are kept."""

    counts: int = 1825
    devices: int = 90
    registers: int = 1825
    quarantine: int = 90


def retain(store: Store, now: int, periods: Periods) -> dict[str, int]:
    """Drop what is past its period at ``now`` (UTC seconds; 0: the day of the last receipt), in one commit. Returns what was dropped, by name."""
    number = store.at.commit + 1
    today = now // _DAY if now else max((_day(p.day) for p in (*store.at.feeds, *store.at.feed_quarantine)), default=0)
    past = [p for p in store.at.feeds if _is_past(p, today, periods)]
    held_back = [p for p in store.at.feed_quarantine if p.day and _day(p.day) < today - periods.quarantine]
    kept = [p for p in store.at.feeds if p not in past]
    replaced: list[Part] = []
    versions = 0
    for kind in KINDS.values():
        mine = [p for p in kept if p.file.split("/")[1] == kind.name]
        if kind.register and mine:
            table = in_order(read_parts(store.disk, mine, kind), kind)
            stays = ~superseded(table, kind, (today - periods.registers) * _DAY)
            if not stays.all():
                versions += int(np.count_nonzero(~stays))
                part = store.put_table(f"feeds/{kind.name}/all/{number:010d}.parquet", number, _by_commit(table, stays))
                kept = [*(p for p in kept if p not in mine), replace(part, day=max(p.day for p in mine))]
                replaced += mine
    gone = [*past, *held_back, *replaced]
    if gone:
        store.flush(
            feeds=tuple(kept), feed_quarantine=tuple(p for p in store.at.feed_quarantine if p not in held_back),
            garbage=tuple((number, p.file) for p in gone),
        )  # fmt: skip
    return {"feed_files": len(past), "feed_versions": versions, "feed_quarantine_files": len(held_back)}


def superseded(table: pa.Table, kind: Kind, before: int) -> NDArray[np.bool_]:
    """Which versions (n,), in order of identity, were replaced by a later one that was received before a moment (UTC seconds)."""
    n = table.num_rows
    found = np.zeros(n, np.bool_)
    if n < 2:
        return found
    same = np.ones(n - 1, np.bool_)
    for name in kind.identity:
        column = table.column(name).combine_chunks().dictionary_encode().indices.fill_null(-1)
        codes = column.to_numpy(zero_copy_only=False)
        same &= codes[1:] == codes[:-1]
    received = table.column("received_at").to_numpy()[1:].astype(np.int64)
    found[:-1] = same & (received > 0) & (received < before)
    return found


def _by_commit(table: pa.Table, stays: NDArray[np.bool_]) -> pa.Table:
    """The versions that stay, in the order they were brought."""
    left = table.filter(pa.array(stays))
    return left.take(pa.array(np.argsort(left.column("commit").to_numpy(), kind="stable")))


def _is_past(part: Part, today: int, periods: Periods) -> bool:
    """Whether a file holds nothing but days that are past their period."""
    _, name, period, _ = part.file.split("/")
    kind = KINDS[name]
    if kind.register:
        return False
    if kind.period == "D":
        return _day(period) < today - periods.devices
    end = int((np.datetime64(period, "M") + 1).astype("M8[D]").astype(np.int64))
    return end - 1 < today - periods.counts


def _day(text: str) -> int:
    """Days since 1970 of an ISO text, 0 of an empty one."""
    return int(np.datetime64(text, "D").astype(np.int64)) if text else 0
