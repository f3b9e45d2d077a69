"""``./do soak clean``: provinces without faults, of several sizes and seeds; no rule may have anything to say, and hardly an hour be unusual.

Each is looked at as its last day ends: what comes later of a synthetic province are days without acceptances.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import run, say
from yilu.cli.ingest import ingest_into
from yilu.items import cubes
from yilu.network import load
from yilu.run.facts import Facts
from yilu.run.found import find
from yilu.settings import load as load_settings
from yilu.supervision.rules.unusual import CARRIED_D
from yilu.twin.plan import FULL_DAY, DayPlan
from yilu.twin.write import write_day

_DAY = date(2025, 9, 20)
"""Six weeks from here on hold the beginning of a peak season."""
PROVINCES: tuple[tuple[float, int, int], ...] = ((0.0003, 1, 42), (0.0003, 2, 42), (0.001, 1, 42), (0.003, 1, 8))
"""Scale, seed, days."""


def measure(quick: bool) -> dict[str, Any]:
    """Alerts of violations and of the unusual that are not provisional, and the facility-days that could have been unusual."""
    found = [_province(*p) for p in (PROVINCES[:1] if quick else PROVINCES)]
    days = sum(f["facility_days"] for f in found)
    return {
        "violations": sum(f["violations"] for f in found),
        "unusual": sum(f["unusual"] for f in found),
        "facility_days": days,
        "unusual_per_1000": round(1000 * sum(f["unusual"] for f in found) / max(1, days), 3),
        "provinces": found,
    }


def _province(scale: float, seed: int, days: int) -> dict[str, Any]:
    say(f"{days} clean days at scale {scale}, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="yilu-soak-") as root:
        folder = Path(root)
        plan = DayPlan(load("guangdong"), _DAY, round(scale * FULL_DAY), seed, days)
        write_day(plan, folder / "days")
        end = (_DAY + timedelta(days=days)).isoformat()
        for file in sorted((folder / "days").glob("events-*.parquet")):
            if file.name >= f"events-{end}":
                file.unlink()
        facts = Facts(load_settings(store=folder / "store", key_file=folder / "key"))
        ingest_into(facts, str(folder / "days"), "yilu", "", shown=False)
        begun = time.process_time()
        judged = find(facts)
        sure = [a for a in judged.alerts if a.life != "provisional"]
        scans = facts.read().cells(cubes.BY_NAME["scans"])
        place = np.unique(np.asarray(scans["facility"].to_numpy(), np.int64))
        inside = place[facts.network.area_inside[facts.network.facility_area[place]]]
        known = max(0, days - judged.catalogue["unusual_days"] - CARRIED_D)
        return {
            "scale": scale,
            "seed": seed,
            "days": days,
            "violations": sum(not a.unusual for a in sure),
            "rules": dict(Counter(a.rule for a in sure)),
            "unusual": sum(a.unusual for a in sure),
            "facility_days": known * len(inside),
            "judging_s": round(time.process_time() - begun, 1),
        }


if __name__ == "__main__":
    run(measure, "Provinces without faults: what the rules say of them.")
