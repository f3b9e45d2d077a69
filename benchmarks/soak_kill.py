"""``./do soak kill``: 200 times kill -9 at random moments of intake; the facts must be those of an undisturbed run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import run, say
from tests.run.killing import kills_change_nothing


def measure(quick: bool) -> dict[str, Any]:
    """Kills survived and the time they took."""
    kills = 10 if quick else 200
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yilu-soak-") as folder:
        say(f"{kills} kills")
        hit = kills_change_nothing(
            Path(folder),
            kills=kills,
            per_store=8,
            seed=time.time_ns() % 2**32,
            told=lambda n: say(f"{n} of {kills}, facts as undisturbed"),
        )
    return {"kills": hit, "seconds": time.monotonic() - begun}


if __name__ == "__main__":
    run(measure, "kill -9 at random moments of intake.")
