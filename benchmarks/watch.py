"""``./do bench watch``: a running writer under load: how fast, how soon an alert, how much memory.

A twin's day, made beforehand, is put into the spool of ``yilu run`` second by second at a fixed rate, onto a store that holds many items already. Evidence is
looked for in every commit; its delay runs from the moment at which the file that makes it true (``watch_truth``) was put into the spool. Afterwards DuckDB does the
same rules in SQL over the same micro-batches.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks import watch_sql
from benchmarks.items import _accepted, _keys
from benchmarks.machine import run, say
from benchmarks.watch_truth import NAMED, became_true
from yilu.errors import StoreError
from yilu.items.arrival import Delivery
from yilu.items.manifest import Counts
from yilu.items.reading import Snapshot
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.supervision.rules import kept
from yilu.twin.day import simulate
from yilu.twin.plan import DayPlan

_DATE = date(2025, 11, 11)
_MIDNIGHT = 1_762_790_400
_MISSING = 0.001
"""Share of checks that the twin leaves out: what rules find at once."""


@dataclass(frozen=True)
class Load:
    """Items that the store holds, events a second, and seconds of it."""

    items: int
    rate: int
    seconds: int


def _settings(root: Path) -> dict[str, str]:
    """The settings of all processes of the benchmark, as variables."""
    return {
        "YILU_STORE": str(root / "store"),
        "YILU_KEY_FILE": str(root / "key"),
        "YILU_ALLOWED_LATENESS_MINUTES": "60",
        "YILU_LANGUAGE": "en",
    }


def _facts(root: Path, store: str = "store") -> Facts:
    return Facts(load_settings(store=root / store, key_file=root / "key", allowed_lateness_minutes=60))


def _preload(root: Path, items: int) -> None:
    """A store that holds accepted items."""
    facts = _facts(root)
    with facts.write() as store:
        places = len(facts.rules.facility_area)
        for i, part in enumerate(np.array_split(_keys(items, 3), max(1, items // 4_000_000))):
            told = _accepted(part, places, i)
            store.commit([Delivery(told, Counts(rows=len(part), used=len(part)), "yilu", received_at=_MIDNIGHT)])


def _prepare(root: Path, load: Load) -> list[Path]:
    """Files of one second each, in the order of recording. Of a third of an item an event: they end before its day does."""
    folder = root / "made"
    folder.mkdir()
    wanted = load.rate * load.seconds
    facts = _facts(root)
    plan = DayPlan(facts.network, _DATE, max(1000, wanted // 3)).with_rates(missing_check=_MISSING)
    files: list[Path] = []
    for table in _seconds(simulate(plan, root), load.rate):
        files.append(folder / f"{len(files):06d}.parquet")
        pq.write_table(table, files[-1], compression="lz4")
        if len(files) == load.seconds:
            break
    return files


def _seconds(tables: Iterator[pa.Table], rate: int) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        while sum(t.num_rows for t in held) >= rate:
            whole = pa.concat_tables(held).unify_dictionaries().combine_chunks()
            yield whole.slice(0, rate)
            held = [whole.slice(rate)]


@dataclass
class Seen:
    """What was seen from outside while the writer ran: per piece of evidence when it first stood in a commit; files waiting, every second; memory."""

    first: dict[tuple[int, ...], float] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)
    memory_mb: float = 0.0


def _marks(rows: NDArray[np.void]) -> NDArray[np.uint64]:
    """A number of each piece of evidence by which it is known again."""
    out = np.zeros(len(rows), np.uint64)
    for name in NAMED:
        out = out * np.uint64(0x9E3779B97F4A7C15) + rows[name].astype(np.uint64)
    return out


def _look(facts: Facts, spool: Path, process: subprocess.Popen[str], seen: Seen, stop: threading.Event) -> None:
    """Look at every new commit, ten times a second."""
    last = ""
    beats, known = 0, np.empty(0, np.uint64)
    while not stop.wait(0.1):
        beats += 1
        try:
            snapshot = Snapshot.open(facts.root, facts.rules)
            name = snapshot.at.evidence[0].file if snapshot.at.evidence else ""
            if name != last:
                now, rows, last = time.time(), kept.kept(snapshot), name
                if rows is not None:
                    # Of what was seen before nothing is made anew: looking must not slow what is looked at.
                    marks = _marks(rows)
                    for row in rows[NAMED][~np.isin(marks, known)].tolist():
                        seen.first.setdefault(row, now)
                    known = np.union1d(known, marks)
        except (StoreError, OSError):  # between two commits
            pass
        if beats % 10 == 0:
            seen.waiting.append(sum(1 for _ in spool.glob("*.parquet")))
        try:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("RssAnon"):
                    seen.memory_mb = max(seen.memory_mb, int(line.split()[1]) / 1024)
        except OSError:
            pass


def _drive(root: Path, files: list[Path]) -> tuple[Seen, list[float], list[dict[str, Any]]]:
    """Run the writer and feed it. Returns (what was seen, when each file was put, the beats that the writer told)."""
    spool = root / "spool" / "yilu"
    spool.mkdir(parents=True)
    env = {**os.environ, **_settings(root)}
    with open(root / "beats.jsonl", "w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "yilu.cli.app", "run", "--spool", str(root / "spool"), "--json"], env=env, stdout=out, stderr=subprocess.DEVNULL, text=True
        )  # fmt: skip
    seen, stop, put = Seen(), threading.Event(), []
    facts = _facts(root)
    while not Snapshot.open(
        facts.root, facts.rules
    ).at.evidence:  # what the store held is looked at before anything comes
        if process.poll() is not None:
            raise SystemExit("yilu run ended at once")
        time.sleep(0.2)
    watcher = threading.Thread(target=_look, args=(facts, spool, process, seen, stop), daemon=True)
    watcher.start()
    begun = time.time()
    for i, file in enumerate(files):
        wait = begun + i - time.time()
        if wait > 0:
            time.sleep(wait)
        target = spool / file.name
        shutil.copyfile(file, target.with_suffix(".tmp"))
        target.with_suffix(".tmp").rename(target)
        put.append(time.time())
        if i % 60 == 59:
            say(
                f"{i + 1} s, {len(seen.first):,} pieces of evidence, {sum(1 for _ in spool.glob('*.parquet'))} files waiting"
            )
    while any(spool.glob("*.parquet")):
        time.sleep(0.2)
    time.sleep(3)
    process.terminate()
    process.wait(60)
    stop.set()
    watcher.join()
    return seen, put, [json.loads(line) for line in (root / "beats.jsonl").read_text().splitlines()]


def _delays(root: Path, files: list[Path], put: list[float], seen: Seen) -> tuple[NDArray[np.float64], int]:
    """(seconds (n,) from the file that made it true to the commit with the evidence, of how much evidence it isn't known).

    Of the preloaded items, and of no item, no file made anything true: left out, as is what is not known.
    """
    keys = np.array([row[1] for row in seen.first], np.uint64)
    made_by, met = became_true(_facts(root, "truth"), files[: len(put)], "yilu", keys)
    ours = set(met.tolist())
    told = {row: at for row, at in seen.first.items() if row[1] in ours}
    known = [at - put[made_by[row]] for row, at in told.items() if row in made_by]
    return np.array(known), len(told) - len(known)


def measure(quick: bool) -> dict[str, Any]:
    """The figures; quick: fewer items, a lower rate, for a quarter of a minute."""
    load = Load(500_000, 15_000, 12) if quick else Load(20_000_000, 65_000, 600)
    root = Path(tempfile.mkdtemp(prefix="yilu-watch-", dir=os.environ.get("BENCH_FOLDER")))
    try:
        say(f"{load.items:,} items preloaded")
        _preload(root, load.items)
        say(f"{load.rate * load.seconds:,} events are made")
        files = _prepare(root, load)
        became_true(_facts(root, "warm"), files[:2], "yilu")  # its kernels: compiling them takes longer than a beat
        say(f"{load.rate:,} events a second for {len(files)} s")
        seen, put, beats = _drive(root, files)
        say("which file made each piece of evidence true")
        delays, unknown = _delays(root, files, put, seen)
        beats = beats[1:]  # the first beat loads what later ones have
        committed = np.array([b["committed_s"] for b in beats])
        made = sum(b["made"] for b in beats)
        took = sum(b["gathered_s"] + b["committed_s"] + b["judged_s"] + b["kept_s"] for b in beats)
        half = len(seen.waiting) // 2
        found = {
            "events_per_s": made / took, "alert_delay_p99_s": float(np.quantile(delays, 0.99)) if len(delays) else None,
            "alert_delay_p50_s": float(np.quantile(delays, 0.5)) if len(delays) else None, "alert_delay_max_s": float(delays.max()) if len(delays) else None,
            "memory_mb": seen.memory_mb, "commit_p50_s": float(np.quantile(committed, 0.5)), "commit_p99_s": float(np.quantile(committed, 0.99)),
            "commit_max_s": float(committed.max()), "judged_p99_s": float(np.quantile([b["judged_s"] for b in beats], 0.99)),
            "alerts_timed": len(delays), "alerts_not_timed": unknown, "busy_share": 1 - sum(b["gathered_s"] for b in beats) / took, "evidence": len(seen.first),
            "files_waiting_first_half": max(seen.waiting[:half], default=0), "files_waiting_second_half": max(seen.waiting[half:], default=0),
        }  # fmt: skip
        say("the same rules as SQL in DuckDB")
        sql = watch_sql.seconds_a_batch(root, files, load.items, 3 if quick else 20)
        busy = float(np.mean([b["committed_s"] + b["judged_s"] + b["kept_s"] for b in beats]))
        return {
            **found,
            "beat_work_s": busy,
            "duckdb_batch_s": sql,
            "ratio_duckdb": sql / busy * (made / max(len(beats), 1)) / load.rate,
        }
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    run(measure, "A running writer under load.")
