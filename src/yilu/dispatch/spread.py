"""How long rides really take: the median and the 95th percentile of a lane's minutes against the timetable's, and what is known of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yilu.errors import InputError
from yilu.network import Network

Floats = NDArray[np.float64]
Z95 = 1.6448536269514722
"""The 95th percentile of the standard normal distribution."""
PRIOR = 20
"""A lane's own figures weigh as its items do against so many items of its mode's."""
LEAST_RATIO, MOST_RATIO = 0.05, 20.0
_MOST_BYTES = 64 << 20
_MOST_ROWS = 200_000
COLUMNS: tuple[str, ...] = ("source_facility", "target_facility", "mode", "items", "ratio_p50", "ratio_p95")


@dataclass(frozen=True)
class Leg:
    """Rides from facility to facility (codes) by a mode, or, without facilities, of all of a mode: ``items`` seen, and the median and 95th percentile of actual over planned minutes."""

    source: str
    target: str
    mode: str
    items: int
    p50: float
    p95: float


@dataclass(frozen=True)
class Spread:
    """L lanes: a ride takes its planned minutes times a log-normal number of median ``ratio`` (L,) and of standard deviation ``sigma`` (L,) in logarithms; 0: always as planned, times the ratio.

    Log-normal, since minutes are positive and lateness has the long tail: of published leg times it fits better than the normal (see docs/explain/probability.md). ``known`` (L,): whether anything says so.
    """

    ratio: Floats
    sigma: Floats
    known: NDArray[np.bool_]


def spread(network: Network, legs: Iterable[Leg] = ()) -> Spread:
    """What is known of each lane: ``legs`` of its facilities and mode, drawn towards its mode's as ``PRIOR`` items would; where there is neither, its own ``minutes_p95``; else nothing, which is no spread."""
    lanes, n = network.lanes, len(network.lanes.code)
    ratio, sigma, known = np.ones(n), np.zeros(n), lanes.minutes_p95 > 0
    sigma[known] = np.log(lanes.minutes_p95[known] / lanes.minutes[known]) / Z95
    held = {(leg.source, leg.target, leg.mode): leg for leg in legs}
    if not held:
        return Spread(ratio, sigma, known)
    for k in range(n):
        mode = str(lanes.mode[k])
        own = held.get((str(lanes.source_facility[k]), str(lanes.target_facility[k]), mode))
        some = [
            (leg, weight) for leg, weight in ((own, own.items if own else 0), (held.get(("", "", mode)), PRIOR)) if leg
        ]
        total = sum(weight for _, weight in some)
        if total:
            ratio[k] = np.exp(sum(weight * np.log(leg.p50) for leg, weight in some) / total)
            sigma[k] = sum(weight * np.log(leg.p95 / leg.p50) for leg, weight in some) / total / Z95
            known[k] = True
    return Spread(ratio, sigma, known)


def read_legs(path: Path) -> list[Leg]:
    """The legs of a ``legs.csv``. Raises InputError, which names row and column: another header, a figure out of bounds, a 95th percentile below the median, a leg that stands twice."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(path.name, "a file that can be read", next_step="`yilu legs FILE` writes one") from error
    if len(raw) > _MOST_BYTES:
        raise InputError(
            path.name, f"{_MOST_BYTES >> 20} MiB at most", value=f"{len(raw) >> 20} MiB", next_step="give a legs.csv"
        )
    try:
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(path.name, "CSV in UTF-8", next_step="`yilu legs FILE` writes one") from error
    if not rows or set(rows[0]) != set(COLUMNS):
        raise InputError(path.name, "the columns " + ", ".join(COLUMNS), value=", ".join(str(c) for c in rows[0]) if rows else None, next_step="`yilu legs FILE` writes one")  # fmt: skip
    if len(rows) > _MOST_ROWS:
        raise InputError(path.name, f"{_MOST_ROWS} rows at most", value=len(rows), next_step="give fewer")
    out, seen = list[Leg](), set[tuple[str, str, str]]()
    for number, row in enumerate(rows, 1):
        leg = Leg(
            str(row["source_facility"]), str(row["target_facility"]), str(row["mode"]), int(_number(path.name, number, "items", row, 1, 1e15)),
            _number(path.name, number, "ratio_p50", row, LEAST_RATIO, MOST_RATIO), _number(path.name, number, "ratio_p95", row, LEAST_RATIO, MOST_RATIO),
        )  # fmt: skip
        if leg.p95 < leg.p50:
            raise InputError(
                path.name,
                f"the median {leg.p50} or more",
                row=number,
                column="ratio_p95",
                value=leg.p95,
                next_step="correct the row",
            )
        key = (leg.source, leg.target, leg.mode)
        if key in seen:
            raise InputError(path.name, "each leg once", row=number, column="source_facility", value=leg.source, next_step="leave one of the rows out")  # fmt: skip
        seen.add(key)
        out.append(leg)
    return out


def _number(file: str, number: int, column: str, row: dict[str, str], least: float, most: float) -> float:
    try:
        value = float(row[column] or "")
    except (TypeError, ValueError):
        value = float("nan")
    if not least <= value <= most:
        raise InputError(file, f"a number from {least:g} to {most:g}", row=number, column=column, value=row[column], next_step="correct the row")  # fmt: skip
    return value


def written(legs: Iterable[Leg]) -> str:
    """A ``legs.csv``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((leg.source, leg.target, leg.mode, leg.items, f"{leg.p50:.4f}", f"{leg.p95:.4f}") for leg in legs)
    return text.getvalue()
