"""``./do soak run``: 50 times kill -9 of a running writer, or of NATS, under load; facts and evidence must be those of an undisturbed run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import run, say
from tests.run.running import Ground, by_nats, by_spool, nats_server


def measure(quick: bool) -> dict[str, Any]:
    """Kills survived and the time they took."""
    wanted, each, hit, round_ = (6, 3, 0, 0) if quick else (50, 10, 0, 0)
    begun, program = time.monotonic(), nats_server()
    if program is None:
        raise SystemExit("no nats-server in this environment")
    with tempfile.TemporaryDirectory(prefix="yilu-soak-") as folder:
        ground = Ground(Path(folder), items=2000)
        expected, _ = by_spool(ground, "undisturbed", 0, 1)
        while hit < wanted:
            by_message = round_ % 2 == 1
            store, seed = f"round{round_}", time.time_ns() % 2**32
            kills = min(each, wanted - hit)
            found, done = (
                by_nats(ground, store, kills, seed, program) if by_message else by_spool(ground, store, kills, seed)
            )
            for what, value in expected.items():
                assert found[what] == value, f"after kills, {what} of {store} differ (seed {seed})"
            hit, round_ = hit + done, round_ + 1
            say(f"{hit} kills, {'NATS' if by_message else 'spool'}")
    return {"kills": hit, "seconds": time.monotonic() - begun}


if __name__ == "__main__":
    run(measure, "kill -9 of a running writer and of NATS.")
