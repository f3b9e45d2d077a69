"""What a store says, in the words of ``reference``: states by number, cells, counts, the log."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tests.items.lives import Event, batch_of
from yilu.items import closing, cubes, log, manifest, order, quality, reach
from yilu.items.arrival import Delivery
from yilu.items.clock import OUTCOME_NAMES, check_statuses, outcome_of, promise_of
from yilu.items.disk import Disk
from yilu.items.fields import FLAGS
from yilu.items.schema import IDENTITY, PAYLOAD
from yilu.items.store import Store

STORED = ("delivered", "delivered_last", "returned", "ended", "identified", "inspected", "screened", "left", "left_processing", "promise",
          "origin", "service_level", "operator", "destination", "attempts", "hops", "arrived", "container")  # fmt: skip
TOLD = (
    "locker",
    "station",
    "damaged",
    "customs",
    "lost",
    "destroyed",
    "proxy",
    "after",
    "impossible",
    "waited",
    "continued",
    "part",
    "shipment",
)
"""Flags that tell of an item; the others tell how it is stored."""


class Unsynced(Disk):
    """A disk that doesn't wait for the platter: what is tested here is not power loss."""

    def _sync(self, *_: object) -> None:
        pass

    def _sync_folder(self, *_: object) -> None:
        pass


def delivery(told: list[Event]) -> Delivery:
    """The events as one chunk."""
    return Delivery(batch_of(told), manifest.Counts(rows=len(told), used=len(told)))


def rows_of(store: Store) -> np.ndarray:
    """All states of a store, open and closed."""
    parts = [store.table(b).used for b in range(store.at.buckets)]
    parts += [
        closing.read(store.disk, store.at.closed, store.at.gone, b, store.at.buckets) for b in range(store.at.buckets)
    ]
    return np.concatenate(parts)


def key_of(number: tuple[int, int]) -> int:
    """The key under which a store knows (number, piece)."""
    return int(reach.piece_keys(batch_of([{"key": number[0], "piece": number[1]}])).key[0])


def told_by(row: np.void, rules: np.ndarray) -> dict[str, Any]:
    """A state as a record of the reference."""
    r: dict[str, Any] = {name: int(row[name]) for name in STORED}
    start, last = int(row["start"]), int(row["last"])
    r["start"] = (
        (bool(start >> 63), (start >> 31) & 0xFFFFFFFF, (start >> 23) & 0xFF, start & 0x7FFFFF) if last else None
    )
    r["last"] = (last >> 32, (last >> 24) & 0xFF, last & 0xFFFFFF)
    r["item_class"], r["sender_kind"] = int(row["classes"]) & 15, int(row["classes"]) >> 4
    r |= {name: bool(int(row["flags"]) & FLAGS[name][0]) for name in TOLD}
    told = divmod(int(row["stages"]), 1 << 16)
    r["told"] = tuple(m - 1 if m else None for m in told)
    if last:
        r["outcome"] = OUTCOME_NAMES[int(outcome_of(row)[0])][0]
        r["promised"] = int(promise_of(row, rules))
        r["checks"] = [int(s) for s in check_statuses(row, rules)]
    return r


def states_of(store: Store) -> dict[int, list[dict[str, Any]]]:
    """Records by key, journeys in order; blank ones (of items with nothing that holds) left out."""
    rows = rows_of(store)
    out: dict[int, list[dict[str, Any]]] = {}
    for row in rows[np.lexsort((rows["last"], rows["key"]))]:
        if row["last"] or int(row["flags"]) & sum(FLAGS[n][0] for n in TOLD):
            out.setdefault(int(row["key"]), []).append(told_by(row, store.packed))
    return out


def expected_states(states: dict[tuple[int, int], list[dict[str, Any]]]) -> dict[int, list[dict[str, Any]]]:
    """Records of the reference by the store's keys, blank ones left out, answers left out where no event stands behind them."""
    out = {}
    for number, journeys in states.items():
        records = [dict(r) for r in journeys if r["start"] or any(r[n] for n in TOLD)]
        for r in records:
            for name in () if r["start"] else ("outcome", "promised", "checks"):
                r.pop(name)
        if records:
            out[key_of(number)] = records
    return out


def cells_of(store: Store) -> tuple[np.ndarray, np.ndarray]:
    """(codes, counts) of all cube files added up by numpy, zero cells left out, and what the door alone counts: that tells of repeats too."""
    tables = [cubes_table(store, part.file) for part in store.at.cubes]
    codes, inverse = np.unique(np.concatenate([np.empty(0, np.uint64), *(c for c, _ in tables)]), return_inverse=True)
    counts = np.zeros(len(codes), np.int64)
    np.add.at(counts, inverse, np.concatenate([np.empty(0, np.int64), *(n for _, n in tables)]))
    held = (counts != 0) & ~np.isin(codes, quality.of_door((codes, counts))[0])
    return codes[held], counts[held]


def cubes_table(store: Store, name: str) -> tuple[np.ndarray, np.ndarray]:
    import pyarrow.parquet as pq

    table = pq.read_table(store.disk.path(name))
    return table.column("code").to_numpy(), table.column("count").to_numpy()


def cells_named(store: Store) -> Counter[tuple[Any, ...]]:
    """Cells as (cube, dimensions…), days counted from 2000; without those of ``quality``, which have a reference of their own."""
    codes, counts = cells_of(store)
    out: Counter[tuple[Any, ...]] = Counter()
    for cube in (c for c in cubes.CUBES if c.name != "quality"):
        names = [name for name, _ in cube.dimensions]
        for row in cubes.decode(cube, codes, counts).to_pylist():
            out[(cube.name, *(row[n] - (cubes.DAY_0 if n == "day" else 0) for n in names))] += row["count"]
    return out


def logged(store: Store) -> dict[tuple[int, ...], tuple[int, ...]]:
    """{identity: payload} of the log's own events."""
    out = {}
    for b in range(store.at.buckets):
        held = order.arrange(log.read(store.disk, store.at.log, b, store.at.buckets)).events
        for i in np.flatnonzero(held.via == 0):
            out[tuple(int(getattr(held, n)[i]) for n in IDENTITY)] = tuple(int(getattr(held, n)[i]) for n in PAYLOAD)
    return out
