"""``./do bench items``: the heart against engines that could do its work.

Against the engines, all sides take the same events (1 M onto 20 M items) and count from the first byte until the change is durable and a
count over all items (on time by operator) is answered. All keep the events, each once, and all fields that are a minimum, a maximum or an
OR. yilu's side is a commit as it always is: also walked in sequence, with checks and cubes. What the engines do is in ``engines.py``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks import engines, feeds
from benchmarks.machine import run, say
from yilu.items import answers, fold, order
from yilu.items.arrival import Delivery
from yilu.items.fields import ROW
from yilu.items.log import bucket_edges
from yilu.items.manifest import Counts
from yilu.items.reading import Snapshot
from yilu.items.rules import Rules, packed
from yilu.items.rules_of import rules_of
from yilu.items.schema import Events, events
from yilu.items.store import Limits, Store
from yilu.items.table import Table, table_of
from yilu.network import load

_T0 = 1_762_790_400
_KINDS = np.array([12, 16, 20, 44, 52, 64, 100, 120], np.uint8)


@contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="yilu-bench-", dir=os.environ.get("BENCH_FOLDER")))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _keys(n: int, seed: int) -> NDArray[np.uint64]:
    """n different keys that look like hashes."""
    mixed = (np.arange(n, dtype=np.uint64) + np.uint64(seed << 40)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93) | np.uint64(1)


def _accepted(keys: NDArray[np.uint64], places: int, seed: int) -> Events:
    rng = np.random.default_rng(seed)
    n = len(keys)
    return events(
        n, key=keys, key2=keys, kind=8, at=_T0 + rng.integers(0, 43200, n), place=rng.integers(1, places, n), operator=rng.integers(1, 9, n),
        item_class=3, sender_kind=2, origin=rng.integers(40, 160, n), destination=rng.integers(40, 160, n),
        recorded_at=_T0 + 43200,
    )  # fmt: skip


def _later(keys: NDArray[np.uint64], n: int, places: int, turn: int) -> Events:
    """n events of the ``turn``-th ten minutes on items drawn from ``keys``, at any place, in any order; all later than the turns before.

    The plan's peak brings a million in a quarter of a minute. Some items get several; events that are recorded late are measured with the whole day.
    """
    rng = np.random.default_rng(100 + turn)
    return events(
        n, key=(k := keys[rng.integers(0, len(keys), n)]), key2=k, kind=_KINDS[rng.integers(0, len(_KINDS), n)],
        at=_T0 + 43200 + 600 * turn + rng.integers(0, 600, n), place=rng.integers(1, places, n), operator=rng.integers(1, 9, n),
        recorded_at=_T0 + 86400,
    )  # fmt: skip


def state_rate(rules: Rules, items: int, batch: int, buckets: int = 32) -> tuple[float, float]:
    """(events a second of the state fold on one core with ``items`` in flight, bytes an item)."""
    flat, keys = packed(rules), np.sort(_keys(items, 1))
    edges = bucket_edges(keys, buckets)
    places = len(rules.facility_area)
    tables: list[Table] = []
    for b in range(buckets):
        own = keys[edges[b] : edges[b + 1]]
        table = table_of(np.empty(0, ROW), buckets.bit_length() - 1)
        for part in np.array_split(np.random.default_rng(b).permutation(own), 8):
            word = order.words(_accepted(part, places, b))
            fold.fold(table, part, word, flat)
        tables.append(table)
    size = sum(t.nbytes for t in tables) / sum(t.count for t in tables)
    best = 0.0
    for turn in range(3):
        later = _later(keys, batch, places, turn)
        word = order.words(later)
        by_bucket = np.argsort(later.key >> np.uint64(64 - (buckets.bit_length() - 1)), kind="stable")
        key, word = later.key[by_bucket], word[by_bucket]
        cut = np.searchsorted(
            key >> np.uint64(64 - (buckets.bit_length() - 1)), np.arange(buckets + 1, dtype=np.uint64)
        )
        begun = time.perf_counter()
        for b, table in enumerate(tables):
            fold.fold(table, key[cut[b] : cut[b + 1]], word[cut[b] : cut[b + 1]], flat, new=0)
        best = max(best, batch / (time.perf_counter() - begun))
    return best, size


def preloaded(folder: Path, rules: Rules, keys: NDArray[np.uint64], threads: int, buckets: int = 32) -> Store:
    """A store that holds ``keys`` as accepted items, in memory and on disk."""
    store = Store.open(folder, rules, "bench", "bench", buckets, Limits(threads=threads))
    places = len(rules.facility_area)
    for i, part in enumerate(np.array_split(keys, max(1, len(keys) // 4_000_000))):
        store.commit([Delivery(_accepted(part, places, i), Counts(rows=len(part), used=len(part)), "bench")])
    store.flush()
    return store


def full_rate(rules: Rules, items: int, batch: int) -> float:
    """Events a second of whole commits on one core: sequence, de-duplication, cubes, log synced."""
    with _folder() as folder:
        keys = _keys(items, 2)
        store = preloaded(folder, rules, keys, threads=1)
        best = 0.0
        for turn in range(3):
            later = _later(keys, batch, len(rules.facility_area), turn)
            begun = time.process_time()
            store.commit([Delivery(later, Counts(rows=batch, used=batch), "bench")])
            best = max(best, batch / (time.process_time() - begun))
        store.close()
        return best


def _sides(rules: Rules, items: int, batch: int) -> tuple[NDArray[np.uint64], Events, list[Events]]:
    """(keys, the events that made the items, new events in turns), the same in every process."""
    keys, places = _keys(items, 3), len(rules.facility_area)
    return keys, _accepted(keys, places, 0), [_later(keys, batch, places, turn) for turn in range(3)]


def yilu_s(items: int, batch: int) -> float:
    """Seconds of yilu's side."""
    rules = _guangdong()
    keys, _, turns = _sides(rules, items, batch)
    with _folder() as folder:
        store = preloaded(folder, rules, keys, threads=2)
        os.sync()  # what is still on its way to the disk from before is nobody's to wait for
        best = min(_timed(lambda later=later: _commit(store, folder, rules, later)) for later in turns)  # type: ignore[misc]
        store.close()
    return best


def engine_s(name: str, items: int, batch: int) -> float:
    """Seconds of an engine's side."""
    _, accepted, turns = _sides(rules_of(load("guangdong")), items, batch)
    sides = engines.Sides(engines.states_of(told := _event_table(accepted)), told, [_event_table(t) for t in turns])
    with _folder() as folder:
        return engines.ALL[name](folder, sides)


def against_engines(items: int, batch: int) -> dict[str, float]:
    """Seconds of each side, and the ratios."""
    say(f"yilu: {items:,} items in flight")
    found = {"yilu_s": _alone(yilu_s, items, batch)}
    for name in engines.ALL:
        say(name)
        found[f"{name}_s"] = _alone(engine_s, name, items, batch)
    return {
        "ratio_in_place": min(found[f"{n}_s"] for n in engines.IN_PLACE) / found["yilu_s"],
        "ratio_append": min(found[f"{n}_s"] for n in engines.APPENDING) / found["yilu_s"],
        **found,
    }


def _alone(work: Callable[..., Any], *given: Any) -> Any:
    """What ``work`` gives in a process of its own: what another part of the benchmark left in memory is in nobody's way."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(work, *given).result()


def _guangdong() -> Rules:
    """Guangdong's rules, the kernels that work by them ready."""
    rules = rules_of(load("guangdong"))
    full_rate(rules, 50_000, 20_000)
    return rules


def _state(items: int, batch: int) -> tuple[float, float]:
    return state_rate(_guangdong(), items, batch)


def _full(items: int, batch: int) -> float:
    return full_rate(_guangdong(), items, batch)


def _commit(store: Store, root: Path, rules: Rules, later: Events) -> None:
    store.commit([Delivery(later, Counts(rows=len(later), used=len(later)), "bench")])
    answers.on_time(Snapshot.open(root, rules), _T0 + 200_000, by=("operator",))


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _event_table(told: Events) -> pa.Table:
    """What of the events says anything, as every engine gets it; ``word`` is their order."""
    names = ("key", "key2", "at", "kind", "place", "operator", "recorded_at")
    columns = {n: np.ascontiguousarray(getattr(told, n)) for n in names}
    return pa.table({**columns, "word": order.words(told)})


def measure(quick: bool) -> dict[str, Any]:
    """All figures, each part in a process of its own; quick: a tenth to a fortieth of the items."""
    say("state fold, after compiling the kernels")
    state, size = _alone(_state, *((4_000_000, 1_000_000) if quick else (60_000_000, 8_000_000)))
    say("whole commits on one core")
    full = _alone(_full, *((1_000_000, 500_000) if quick else (8_000_000, 4_000_000)))
    say("files to durable facts")
    files = _alone(feeds.file_rates, 0.0015 if quick else 0.03)
    sides = against_engines(*((1_000_000, 50_000) if quick else (20_000_000, 1_000_000)))
    return {**sides, "state_events_per_s": state, "full_events_per_s": full, "bytes_per_item": size, **files}


if __name__ == "__main__":
    run(measure, "The heart against engines that could do its work.")
