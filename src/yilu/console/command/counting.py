"""What an incident touches, counted from the facts: items, facilities, and lanes between cities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items.reading import Snapshot, table_of_items
from yilu.network import Network
from yilu.run.found import Found


@dataclass(frozen=True)
class Count:
    """Counted at one commit. ``facilities``: code and items there; ``lanes``: codes of the two cities and items; each the most first. ``without``: items whose ends aren't known."""

    commit: int
    as_of: int
    alerts: int
    items: int
    facilities: tuple[tuple[str, int], ...]
    lanes: tuple[tuple[str, str, int], ...]
    without: int


def count(snapshot: Snapshot, network: Network, found: Found, ids: frozenset[str]) -> Count:
    """Of the evidence of these alerts: each item once, at each facility once, on the lane of its latest journey."""
    chosen = [i for i, a in enumerate(found.alerts) if a.id in ids]
    rows = found.evidence[np.isin(found.of, chosen)]
    rows = rows[rows["key"] > 0]
    keys = np.unique(rows["key"])
    places, at = np.unique(np.unique(rows[["key", "place"]])["place"], return_counts=True)
    codes = network.facilities.code_of_id
    facilities = [(codes[int(p)], int(n)) for p, n in zip(places, at, strict=True) if int(p) in codes]
    origin, destination = ends_of(snapshot, network, keys)
    known = (origin > 0) & (destination > 0)
    pairs, on = np.unique(np.stack([origin[known], destination[known]]), axis=1, return_counts=True)
    areas = network.areas.code_of_id
    lanes = [(areas[int(a)], areas[int(b)], int(n)) for (a, b), n in zip(pairs.T, on, strict=True)]
    return Count(
        snapshot.at.commit, snapshot.as_of, len(chosen), len(keys), tuple(sorted(facilities, key=lambda f: (-f[1], f[0]))),
        tuple(sorted(lanes, key=lambda n: (-n[2], n[:2]))), int(np.count_nonzero(~known)),
    )  # fmt: skip


def ends_of(
    snapshot: Snapshot, network: Network, keys: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cities (area ids, 0 unknown) at the two ends of each item's latest journey, (n,) beside the sorted ``keys``. Reads the buckets that hold them."""
    origin, destination = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    buckets = np.array([snapshot.bucket_of(int(k)) for k in keys], np.int64)
    for b in np.unique(buckets).tolist():
        states = snapshot.rows(b)
        mine = states[np.isin(states["key"], keys[buckets == b])]
        mine = mine[np.lexsort([mine["start"] & np.uint64((1 << 63) - 1), mine["key"]])]
        table = table_of_items(mine, snapshot.rules)
        at = np.searchsorted(keys, mine["key"])
        origin[at] = network.area_city[table.column("origin").to_numpy().astype(np.int64)]
        destination[at] = network.area_city[table.column("destination").to_numpy().astype(np.int64)]
    return origin, destination
