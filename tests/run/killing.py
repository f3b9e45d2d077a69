"""Killing ``yilu ingest`` at random moments, and seeing whether the facts are those of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from yilu.items import cubes
from yilu.items.fields import ROW
from yilu.network import load
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day


class Ground:
    """A folder with a small day of events, and the facts of an undisturbed run over it."""

    def __init__(self, folder: Path, items: int = 800) -> None:
        self.folder = folder
        self.events = folder / "events"
        write_day(DayPlan(load("guangdong"), date(2025, 11, 11), items), self.events)
        self.run("warm")  # the first run compiles kernels, which says nothing of how long a run takes
        begun = time.monotonic()
        self.run("undisturbed")
        self.seconds = time.monotonic() - begun
        self.facts = self.facts_of("undisturbed")

    def start(self, store: str) -> subprocess.Popen[bytes]:
        """``yilu ingest`` of the folder into ``store``, with small chunks so that there are many commits."""
        env = {
            **os.environ, "YILU_STORE": str(self.folder / store), "YILU_KEY_FILE": str(self.folder / "key"), "YILU_BUCKETS": "8",
            "YILU_CHUNK_ROWS": "700", "YILU_COMMIT_ROWS": "700",
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "yilu.cli.app", "ingest", str(self.events), "--json"],
            env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip

    def run(self, store: str) -> None:
        """A whole run. Raises AssertionError where it fails."""
        process = self.start(store)
        _, errors = process.communicate(timeout=300)
        if process.returncode:
            raise AssertionError(f"ingest left with {process.returncode}: {errors.decode()[-2000:]}")

    def kill(self, store: str, chance: random.Random) -> bool:
        """Start a run and kill it at a random moment; whether it was still running then."""
        process = self.start(store)
        time.sleep(chance.uniform(0.35, 1.05) * self.seconds)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stderr:
            process.stderr.close()
        return alive

    def facts_of(self, store: str) -> dict[str, Any]:
        """Everything a store says, in a form to compare."""
        return facts_of(Facts(load_settings(store=self.folder / store, key_file=self.folder / "key", buckets=8)))


def facts_of(opened: Facts) -> dict[str, Any]:
    """Everything a store says, in a form to compare."""
    snapshot = opened.read()
    rows = np.concatenate([snapshot.rows(b) for b in range(snapshot.at.buckets)])
    rows = rows[np.lexsort((rows["start"], rows["key"]))]
    return {
        "states": {name: rows[name].tolist() for name in ROW.names or ()},
        "cubes": {cube.name: snapshot.cells(cube).to_pydict() for cube in cubes.CUBES},
        "counts": json.dumps(vars(snapshot.at.counts), sort_keys=True),
        "sources": sorted((h, s.rows, s.complete) for h, s in snapshot.at.sources.items()),
    }


def kills_change_nothing(folder: Path, kills: int, per_store: int, seed: int, told: Callable[[int], None] = lambda hit: None) -> int:  # fmt: skip
    """Kill runs over ``kills`` times, ``per_store`` times each store before it may finish. Returns kills that hit a running process; ``told`` of them after each store.

    Raises AssertionError where a store then says anything else than an undisturbed one.
    """
    ground = Ground(folder)
    chance = random.Random(seed)
    hit, store = 0, 0
    while hit < kills:
        name = f"store{store}"
        for _ in range(min(per_store, kills - hit)):
            hit += ground.kill(name, chance)
        ground.run(name)
        found = ground.facts_of(name)
        for what, expected in ground.facts.items():
            assert found[what] == expected, f"after kills, {what} of {name} differ (seed {seed})"
        counts = json.loads(found["counts"])
        assert counts["rows"] == counts["used"] + counts["quarantined"]
        assert counts["made"] == counts["accepted"] + counts["repeated"] + counts["conflicting"] + counts["refused"]
        store += 1
        told(hit)
    return hit
