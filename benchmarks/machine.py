"""The machine a figure was measured on, and how a benchmark is called: ``--quick``, ``--json``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def machine() -> str:
    """Processor, cores and memory, as one line."""
    model = platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def say(text: str) -> None:
    """Progress of a benchmark, on standard error."""
    print(f"· {text}", file=sys.stderr, flush=True)


def run(measure: Callable[..., dict[str, Any]], what: str, options: Sequence[str] = ()) -> None:
    """Call ``measure(quick)`` and print its figures: lines, or one JSON document with ``--json``. ``options``: further ones with a value, which
    ``measure`` takes by name.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--quick", action="store_true", help="smaller work, the same figures, within 50 s")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    for name in options:
        parser.add_argument(f"--{name}")
    given = parser.parse_args()
    figures = {
        **measure(given.quick, **{name: getattr(given, name) for name in options}),
        "machine": machine(),
        "quick": given.quick,
    }
    if given.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:28} {value:,.3f}" if isinstance(value, float) else f"{name:28} {value}")
