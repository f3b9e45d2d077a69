"""Hub-location instances of the literature, read from the shared data (they are no part of the project), and made ones of the same kind."""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass, replace
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


def published(
    problem: str, n: int, p: int | None, variant: str = "", family: str = "AP", alpha: float = 0.75
) -> tuple[float | None, float | None]:
    """(value, seconds) of the best of the published values, or Nones; ``variant`` of flows, fixed costs and capacities as in ``lt``."""
    if (here := folder()) is None:
        return None, None
    found = []
    with open(here / "values.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            named = (row["problem"], row["set"], row["n"], row["p"], re.sub(r"\d", "", row["variant"]).lower(), float(row["alpha"]))  # fmt: skip
            if named == (problem, family, str(n), "" if p is None else str(p), variant, alpha):
                found.append((float(row["value"]), float(row["cpu_s"]) if row["cpu_s"] else None))
    return min(found, key=lambda each: each[0], default=(None, None))


def ap(n: int, p: int | None, variant: str = "", kind: str = "USApHMP") -> Instance:
    """A published AP instance; ``variant`` of fixed costs and capacities (``ll``, ``lt``, ``tl``, ``tt``), ``kind`` as the table of values names it."""
    here = folder()
    assert here is not None
    of_file = variant or "ll"
    file = here / "ap" / (f"{n}.3" if n < 100 else f"{n}{of_file}.txt")
    with_costs, with_room = kind in ("USAHLP", "CSAHLP"), kind in ("CSAHLP", "CSApHMP")
    if n < 100:
        problem = _beside(read_ap(file, p), file.parent, n, of_file, with_costs, with_room)
    else:
        problem = read_ap(file, p, costs=with_costs, capacities=with_room)
    values = published(
        kind, n, p, of_file if with_costs or with_room or (n >= 100 and kind[0] == "U" and kind[1] == "S") else ""
    )
    name = f"{kind} AP{n}{variant}" + ("" if p is None else f" p={p}")
    return Instance(name, problem, *values)


def _beside(problem: HubProblem, here: Path, n: int, letters: str, costs: bool, rooms: bool) -> HubProblem:
    """The problem with fixed costs and capacities of the files that hold them for n ≤ 50: ``FcostL.n``, ``CapT.n``."""

    def column(name: str, letter: str) -> np.ndarray:
        return np.array((here / f"{name}{letter.upper()}.{n}").read_text(encoding="ascii").split(), float)[:n, None]

    return replace(
        problem,
        fixed=column("Fcost", letters[0]) if costs else None,
        capacity=column("Cap", letters[1]) if rooms else None,
    )


def cab(p: int, alpha: float) -> Instance:
    """The 25 cities of the Civil Aeronautics Board (O'Kelly 1987), cost as published: a unit of flow; values there are kept to three decimals."""
    here = folder()
    assert here is not None
    lines = (here / "cab" / "okelly-data.txt").read_text(encoding="ascii").splitlines()
    rows = np.array([line.split() for line in lines if re.fullmatch(r"(\s*[\d.]+){4}\s*", line)], float)
    flow, distance = np.zeros((25, 25)), np.zeros((25, 25))
    at = rows[:, 0].astype(int) - 1, rows[:, 1].astype(int) - 1
    flow[at], distance[at] = rows[:, 2], rows[:, 3]
    values = published("USApHMP", 25, p, family="CAB25", alpha=alpha)
    return Instance(
        f"USApHMP CAB25 p={p} α={alpha}", classical(flow / flow.sum(), distance, p, 1.0, alpha, 1.0), *values
    )
