"""What registers say, as rules look it up: which outlets had a filing in force on a day, which crossings were closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.network import Network
from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.supervision.rules.of_crossings import Closure

OUTLETS: tuple[str, ...] = ("depot", "end_outlet")
"""Kinds of facility that need a filing (末端网点备案)."""
_IN_FORCE = ("filed", "changed")
_ALWAYS = 1 << 30
_OPEN = 1 << 62


@dataclass(frozen=True)
class Filed:
    """Filings of outlets: facility, first and last local day (since 1970) in force, (n,), by facility. ``judged`` (F,): facilities that need one."""

    network: Network
    facility: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    judged: NDArray[np.bool_]

    def lacks(self, place: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each place needs a filing and had none in force on the local day of ``at`` (UTC seconds), (n,)."""
        known = np.where(place < len(self.judged), place, 0)
        asked = np.flatnonzero(self.judged[known])
        day = self.network.local_day(at[asked])
        held = np.zeros(len(asked), np.bool_)
        for facility, first, last in zip(self.facility, self.first, self.last, strict=True):
            held |= (place[asked] == facility) & (first <= day) & (day <= last)
        out = np.zeros(len(place), np.bool_)
        out[asked[~held]] = True
        return out


def filed_of(network: Network, filings: pa.Table | None) -> Filed:
    """The filings of the register ``outlet_filings`` (``feeds.load``); where it names no facility, no place is judged."""
    columns = filings.select(["facility", "status", "filed_on", "valid_to"]).to_pylist() if filings is not None else []
    rows = [r for r in columns if r["facility"]]
    in_force = sorted(
        (r["facility"], _day(r["filed_on"], -_ALWAYS), _day(r["valid_to"], _ALWAYS))
        for r in rows
        if r["status"] in _IN_FORCE
    )
    kinds = [FACILITY_KINDS[k].id for k in OUTLETS]
    judged = np.isin(network.facility_kind, kinds) & bool(rows)
    inside = network.area_inside[network.facility_area]
    facility, first, last = np.array(in_force, np.int64).reshape(-1, 3).T
    return Filed(network, facility, first, last, judged & inside)


def closures_of(network: Network, declared: pa.Table) -> tuple[Closure, ...]:
    """The closures of the register ``crossing_closures``; those of crossings that the province doesn't have close nothing."""
    row = {str(code): i for i, code in enumerate(network.crossings.code)}
    return tuple(
        Closure(row[r["crossing"]], r["closed_from"], r["closed_to"] or _OPEN)
        for r in declared.to_pylist()
        if r["status"] == "declared" and r["crossing"] in row
    )


def _day(day: date | None, otherwise: int) -> int:
    return otherwise if day is None else (day - date(1970, 1, 1)).days
