"""``./do bench province-day``: the plan's full day, 137 million items; five days at 1:10 and nine at 1:40 with closing and retention.

A twin in a process of its own writes the day in slices, as carriers would hand them over, and waits while a slice is taken in. Only taking
in is timed. Memory is what the process holds apart from page cache (RssAnon), at its highest.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.machine import run, say
from yilu.cli.ingest import intake_limits
from yilu.items import upkeep
from yilu.items.fields import ROW
from yilu.items.intake import Mapping, open_source
from yilu.items.store import Store
from yilu.network import load
from yilu.run.facts import Facts
from yilu.run.ingest import done_rows, ingest
from yilu.settings import load as load_settings
from yilu.twin.day import simulate
from yilu.twin.plan import FULL_DAY, DayPlan

_DAY = date(2025, 11, 11)
_LOG_BYTES, _SLICE_BYTES, _EVENTS = 34, 30, 8.8
"""Bytes an event in the log and in a slice file, and events an item; measured, for the need that is stated beforehand."""


class Memory:
    """The highest RssAnon of this process, looked at ten times a second."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._stop = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.peak_mb = max(self.peak_mb, now_mb())

    def stop(self) -> float:
        """The peak in MB."""
        self._stop.set()
        return self.peak_mb


def now_mb() -> float:
    """RssAnon of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


def need_gb(items: int, slice_events: int) -> float:
    """Disk need in GB of a day of ``items``: log, states in two generations, one round of slices."""
    return (items * _EVENTS * _LOG_BYTES * 1.1 + 2 * items * ROW.itemsize + slice_events * _SLICE_BYTES) / 1e9


def _make(plan: DayPlan, folder: str, events_a_round: int, pipe: Connection) -> None:
    """The twin's process: for each question, slice files of about ``events_a_round`` events, then how many; 0 at the end."""
    held, number = 0, 0
    pipe.recv()
    for table in simulate(plan, Path(folder)):
        pq.write_table(table, f"{folder}/slice-{number:06d}.parquet", compression="zstd", compression_level=1)
        held, number = held + table.num_rows, number + 1
        if held >= events_a_round:
            pipe.send(held)
            held = 0
            pipe.recv()  # nothing is made while the last round is taken in: the cores are its own
    pipe.send(held)
    if held:
        pipe.recv()
        pipe.send(0)


@contextmanager
def _rounds(plan: DayPlan, events_a_round: int) -> Iterator[tuple[Path, Iterator[int]]]:
    """(folder of slices, rounds of it): each round's files are there when it is given."""
    folder = Path(tempfile.mkdtemp(prefix="yilu-slices-", dir=os.environ.get("BENCH_FOLDER")))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    twin = context.Process(target=_make, args=(plan, str(folder), events_a_round, theirs), daemon=True)
    twin.start()

    def rounds() -> Iterator[int]:
        while True:
            ours.send(True)
            held = ours.recv()
            if not held:
                return
            yield held
            for file in folder.glob("slice-*.parquet"):
                file.unlink()

    try:
        yield folder, rounds()
    finally:
        twin.terminate()
        twin.join()
        shutil.rmtree(folder, ignore_errors=True)


def _take(store: Store, facts: Facts, folder: Path, commit_rows: int, settle: bool = True) -> float:
    """Seconds to take all slices of a round in; without ``settle``, what came behind may go on waiting."""
    begun = time.perf_counter()
    chunks = open_source(
        folder,
        Mapping.read("yilu"),
        facts.network,
        facts.key,
        done=done_rows(store),
        chunk_rows=facts.settings.chunk_rows,
        limits=intake_limits(facts.settings),
    )
    ingest(store, chunks, "twin", commit_rows, settle=settle)
    return time.perf_counter() - begun


def _warm(facts: Facts) -> None:
    """Compile the kernels before anything is timed."""
    root = Path(tempfile.mkdtemp(prefix="yilu-warm-"))
    pq.write_table(next(iter(simulate(DayPlan(facts.network, _DAY, 3000)))), root / "slice-0.parquet")
    small = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=4))
    with small.write() as store:
        _take(store, small, root, 10_000)
    shutil.rmtree(root)


def whole_day(scale: float, events_a_round: int) -> dict[str, Any]:
    """One day at ``scale``: events, minutes of taking in, peak memory, bytes on disk."""
    items = max(1000, round(scale * FULL_DAY))
    root = Path(tempfile.mkdtemp(prefix="yilu-day-", dir=os.environ.get("BENCH_FOLDER")))
    need, free = need_gb(items, events_a_round), shutil.disk_usage(root).free / 1e9
    say(f"{items:,} items; needs about {need:.1f} GB of disk, {free:.1f} GB free")
    if need > free:
        shutil.rmtree(root)
        raise SystemExit(
            f"not enough disk: {need:.1f} GB needed, {free:.1f} GB free; set BENCH_FOLDER to a larger disk"
        )
    facts = Facts(
        load_settings(
            store=root / "store",
            key_file=root / "key",
            buckets=256 if scale > 0.05 else 64,
            settle_percent=10_000,  # what waits is folded once, at the end, and timed
        )
    )
    plan = DayPlan(facts.network, _DAY, items)
    _warm(facts)
    memory, seconds, made = Memory(), 0.0, 0
    try:
        with facts.write() as store, _rounds(plan, events_a_round) as (folder, rounds):
            for held in rounds:
                spent = _take(store, facts, folder, facts.settings.commit_rows, settle=False)
                seconds, made = seconds + spent, made + held
                say(
                    f"{made:,} events, {seconds / 60:.1f} min, {held / spent:,.0f}/s in this round, {now_mb() / 1000:.1f} GB"
                )
                gc.collect()
            begun = time.perf_counter()
            store.settle()
            store.flush()
            settling = time.perf_counter() - begun
            seconds += settling
            say(f"what came behind: {settling / 60:.1f} min")
            at = store.at
            open_items = sum(store.table(b).count for b in range(at.buckets))
            log_bytes = sum(p.bytes for p in at.log)
        return {
            "day_items": items, "day_events": at.counts.made, "day_ingest_minutes": seconds / 60,
            "day_settle_minutes": settling / 60, "day_events_per_s": made / seconds,
            "day_memory_gb": memory.stop() / 1000, "day_log_gb": log_bytes / 1e9, "day_log_bytes_per_event": log_bytes / max(at.counts.accepted, 1),
            "day_disk_gb": sum(f.stat().st_size for f in root.rglob("*") if f.is_file()) / 1e9, "day_open_items": open_items,
            "day_need_stated_gb": need,
        }  # fmt: skip
    finally:
        shutil.rmtree(root, ignore_errors=True)


def days_on_end(scale: float, events_a_round: int, days_made: int = 5) -> dict[str, Any]:
    """Days at ``scale`` with upkeep every night, until three nights after the last: files, memory, items in flight after each."""
    root = Path(tempfile.mkdtemp(prefix="yilu-week-", dir=os.environ.get("BENCH_FOLDER")))
    facts = Facts(
        load_settings(
            store=root / "store",
            key_file=root / "key",
            buckets=64,
            closing_days=1,
            retain_log_days=2,
            correction_days=1,
            stale_days=5,
        )
    )
    plan = DayPlan(facts.network, _DAY, max(1000, round(scale * FULL_DAY)), days=days_made)
    days: list[dict[str, Any]] = []
    zone_s = 8 * 3600
    memory = Memory()
    try:
        with facts.write() as store, _rounds(plan, events_a_round) as (folder, rounds):
            night = _DAY
            for _ in rounds:
                _take(store, facts, folder, facts.settings.commit_rows, settle=False)
                latest = max(store.at.watermarks.values())
                while (latest + zone_s) // 86400 > (night - date(1970, 1, 1)).days and len(days) < days_made + 3:
                    night += timedelta(days=1)
                    done = upkeep.retain(store, latest, facts.periods)
                    days.append(_levels(store, root, night, done))
                    say(", ".join(f"{k} {v}" for k, v in days[-1].items()))
        flight = [d["in_flight"] for d in days]
        return {
            "days": days, "days_memory_gb": memory.stop() / 1000,
            "days_in_flight_last_to_third": flight[days_made - 1] / max(flight[2], 1) if len(flight) >= days_made else None,
        }  # fmt: skip
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _levels(store: Store, root: Path, night: date, done: dict[str, int]) -> dict[str, Any]:
    files = [f for f in (root / "store").rglob("*") if f.is_file()]
    return {
        "night": night.isoformat(), "in_flight": sum(store.table(b).count for b in range(store.at.buckets)), "files": len(files),
        "disk_mb": round(sum(f.stat().st_size for f in files) / 1e6), "memory_mb": round(now_mb()), **done,
    }  # fmt: skip


def measure(quick: bool) -> dict[str, Any]:
    """Both runs; quick: at 1:1,000 and 1:5,000."""
    load("guangdong")
    if quick:
        return {**whole_day(0.001, 400_000), **days_on_end(0.0002, 100_000)}
    only, scale = os.environ.get("BENCH_ONLY", ""), float(os.environ.get("BENCH_SCALE", "1"))
    found = whole_day(scale, 16_000_000) if only in ("", "day") else {}
    if only in ("", "week"):
        found.update(days_on_end(0.1 * scale, 8_000_000))
    if only in ("", "nine"):  # long enough that the first days' logs have gone: at a fortieth, files level off the same
        found.update({f"nine_{k}": v for k, v in days_on_end(0.025 * scale, 2_000_000, 9).items()})
    return found


if __name__ == "__main__":
    run(measure, "The plan's full day, and days on end with upkeep.")
