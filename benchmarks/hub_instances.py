"""Hub-location instances of the literature, read from the shared data (they are no part of the project), and made ones of the same kind."""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yilu.design.hubs import HubProblem, classical
from yilu.errors import InputError

_EXPECTED = (
    "the AP format: n; n coordinates; n × n flows; p; χ; α; δ; then fixed costs and capacities where there are any"
)


@dataclass(frozen=True)
class Instance:
    """A problem with its name, the best value published and the seconds that its proof took there, on another machine."""

    name: str
    problem: HubProblem
    published: float | None = None
    published_seconds: float | None = None


def folder() -> Path | None:
    """``bench/hub`` of the shared data, if it is there."""
    named = os.environ.get("YILU_SHARED_DATA")
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return root / "bench" / "hub" if (root / "bench" / "hub").is_dir() else None


def read_ap(file: Path, p: int | None, costs: bool = False, capacities: bool = False) -> HubProblem:
    """An instance of the Australia Post format (Ernst and Krishnamoorthy 1996), distance Euclid / 1000.

    ``p``: the number of hubs, None for fixed costs to decide; ``costs`` and ``capacities``: take those that follow the factors. Raises InputError.
    """
    try:
        numbers = np.array(file.read_text(encoding="ascii").split(), float)
        n = int(numbers[0])
    except (OSError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError(file.name, _EXPECTED, next_step="Give a file of that format.") from error
    least = 1 + 2 * n + n * n + 4
    if n < 1 or len(numbers) < least + n * (costs + capacities):
        raise InputError(file.name, f"{_EXPECTED}; {least} numbers for n = {n}", value=len(numbers))
    places = numbers[1 : 1 + 2 * n].reshape(n, 2)
    flow = numbers[1 + 2 * n : 1 + 2 * n + n * n].reshape(n, n)
    _, chi, alpha, delta = numbers[least - 4 : least]
    return classical(
        flow, distances(places) / 1000, p, float(chi), float(alpha), float(delta),
        fixed=numbers[least : least + n] if costs else None,
        capacity=numbers[least + n : least + 2 * n] if capacities else None,
    )  # fmt: skip


def distances(places: np.ndarray) -> np.ndarray:
    """Euclid between ``places`` (n, 2)."""
    return np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))


def made(n: int, p: int, seed: int) -> Instance:
    """Places in clusters, flows by their sizes: an instance for machines without the shared data."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 60_000, (max(2, n // 8), 2))
    places = centres[rng.integers(len(centres), size=n)] + rng.normal(0, 4_000, (n, 2))
    size = rng.lognormal(0, 1, n)
    return Instance(f"made {n} p={p}", classical(np.outer(size, size), distances(places) / 1000, p, 3.0, 0.75, 2.0))


def published(problem: str, variant: str, n: int, p: int | None) -> tuple[float | None, float | None]:
    """(value, seconds) from the table of published values, or Nones."""
    if (here := folder()) is None:
        return None, None
    with open(here / "values.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            same = (
                row["problem"] == problem
                and row["set"] == "AP"
                and int(row["n"]) == n
                and row["p"] == ("" if p is None else str(p))
            )
            if same and (row["variant"] in ("", variant) or row["variant"].lower() == f"{n}{variant}".lower()):
                return float(row["value"]), float(row["cpu_s"]) if row["cpu_s"] else None
    return None, None


def ap(file: Path, p: int | None, variant: str = "", kind: str = "USApHMP") -> Instance:
    """A published AP instance; ``variant`` of fixed costs and capacities (``ll``, ``lt``, ``tl``, ``tt``), ``kind`` as the table of values names it."""
    problem = read_ap(file, p, costs=kind in ("USAHLP", "CSAHLP"), capacities=kind in ("CSAHLP", "CSApHMP"))
    n = len(problem.flow)
    value, seconds = published(kind, f"{n}{variant}" if variant else "", n, p)
    if value is None and not variant:
        value, seconds = published(kind, f"{n}ll", n, p)
    of = re.sub(r"\W", "", variant)
    return Instance(f"{kind} AP{n}{of}" + ("" if p is None else f" p={p}"), problem, value, seconds)
