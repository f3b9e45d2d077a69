"""``./do soak postgresql``: every case of the console's tests on a PostgreSQL of its own; ``./do test`` runs there, each once, the tests that ask the records."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import run, say

_TEST = "tests/console/test_on_postgresql.py"


def measure(quick: bool) -> dict[str, Any]:
    """How many tests passed, and the minutes they took; quick: each test once. Ends with pytest's own report where one failed."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "pytest", _TEST, "-rP", "-q", *([] if quick else ["--whole"])]
    ran = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False, timeout=7200
    )
    if ran.returncode:
        say(ran.stdout[-8000:])
        raise SystemExit(1)
    passed = re.search(r"PostgreSQL: (\d+) passed", ran.stdout)
    return {"passed": int(passed[1]) if passed else 0, "minutes": (time.monotonic() - begun) / 60}


if __name__ == "__main__":
    run(measure, "The console's tests on PostgreSQL.")
