"""What ``benchmarks/items.py`` measures from files: yilu's own way from a carrier's files to facts."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.machine import say
from yilu.cli.ingest import ingest_into
from yilu.network import load
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.write import write_day


def file_rates(scale: float) -> dict[str, float]:
    """Events a second from files to durable facts on 2 cores: Parquet; JSON Lines, clean and with 1 % bad lines."""
    plan = DayPlan(load("guangdong"), date(2025, 11, 11), max(1, round(scale * FULL_DAY)))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="yilu-bench-", dir=os.environ.get("BENCH_FOLDER")) as root:
        folder = Path(root)
        small = DayPlan(plan.network, plan.date, 5000)
        for form in ("parquet", "jsonl"):
            write_day(small, folder / f"warm-{form}", form)
            _ingest(folder, f"warm-{form}")
            write_day(plan, folder / form, form)
            say(f"{form} to facts")
            found[f"{form}_events_per_s"] = _ingest(folder, form)
        _spoil(folder / "jsonl", folder / "spoilt")
        say("jsonl with 1 % bad lines to facts")
        found["jsonl_bad_events_per_s"] = _ingest(folder, "spoilt")
    return found


def _ingest(folder: Path, name: str) -> float:
    facts = Facts(load_settings(store=folder / f"store-{name}", key_file=folder / "key"))
    begun = time.perf_counter()
    made = ingest_into(facts, str(folder / name), "yilu", "", shown=False).counts.made
    return made / (time.perf_counter() - begun)


def _spoil(source: Path, target: Path) -> None:
    """Copy JSON Lines with every hundredth line cut short."""
    target.mkdir()
    for path in sorted(source.glob("*.jsonl")):
        with open(path, "rb") as lines, open(target / path.name, "wb") as out:
            for i, line in enumerate(lines):
                out.write(line if i % 100 else line[: len(line) // 2] + b"\n")
