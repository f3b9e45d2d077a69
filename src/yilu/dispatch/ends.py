"""Where a journey begins and ends: the county units of a province and the areas outside it, each with a facility and with couriers' rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yilu.dispatch.clock import Seconds, last_of, next_of
from yilu.dispatch.timetable import END_KINDS, Timetable, ready_at
from yilu.errors import InputError
from yilu.network import Network
from yilu.network.schema import minutes_of

SIDES = ("collection", "delivery")


@dataclass(frozen=True)
class Ends:
    """N ends. ``area`` id, ``facility`` id (N,): the first open depot or gateway of the area. ``collects``, ``delivers`` (N,): rows of ``network.rounds``."""

    network: Network
    area: NDArray[np.int64]
    facility: NDArray[np.int64]
    collects: NDArray[np.int64]
    delivers: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.area)

    def row(self, code: str) -> int:
        """The end of an area. Raises InputError for a code that isn't one."""
        found = np.flatnonzero(self.area == self.network.areas.index_of_code.get(code, -1))
        if not len(found):
            raise InputError("area", "a county unit of the province, or an area outside it that has a gateway", value=code, next_step="`yilu network show areas` lists them")  # fmt: skip
        return int(found[0])

    def leaves(self, end: int, accepted: ArrayLike) -> Seconds:
        """UTC seconds from which what is accepted (UTC seconds) at a door can leave the end's facility: with the next round."""
        times, minutes = _round(self.network, int(self.collects[end]))
        return next_of(self.network.local_time, times, accepted) + 60 * minutes

    def rounds(self, end: int) -> tuple[int, ...]:
        """Minutes of the local day at which couriers collect."""
        return _round(self.network, int(self.collects[end]))[0]

    def accepted_by(self, end: int, leaves: ArrayLike) -> Seconds:
        """The last acceptance (UTC seconds) that can leave the end's facility at ``leaves`` (UTC seconds)."""
        times, minutes = _round(self.network, int(self.collects[end]))
        return last_of(self.network.local_time, times, np.asarray(leaves, np.int64) - 60 * minutes)

    def delivered(self, end: int, timetable: Timetable, arrives: ArrayLike) -> Seconds:
        """UTC seconds by which what arrives (UTC seconds, (n,)) at the end's facility is delivered, the last of its round."""
        at = np.atleast_1d(np.asarray(arrives, np.int64))
        facility = np.full(len(at), self.facility[end])
        return self.brought(end, ready_at(self.network, timetable.handled, facility, at))

    def brought(self, end: int, ready: ArrayLike) -> Seconds:
        """UTC seconds by which what is ready (UTC seconds) at the end's facility is delivered, the last of its round."""
        times, minutes = _round(self.network, int(self.delivers[end]))
        return next_of(self.network.local_time, times, ready) + 60 * minutes

    def arrive_by(self, end: int, timetable: Timetable, due: int) -> int:
        """The last minute (from the timetable's beginning) of arriving at the end's facility that is delivered by ``due`` (UTC seconds)."""
        latest = int(timetable.minute(due))
        span = np.arange(max(0, latest - 3 * 1440), max(1, latest + 1))
        kept = np.flatnonzero(
            self.delivered(end, timetable, timetable.at(span)) <= due
        )  # delivered never earlier by arriving later
        return int(span[kept[-1]]) if len(kept) else -1


def _round(network: Network, row: int) -> tuple[tuple[int, ...], int]:
    return minutes_of(str(network.rounds.times[row])), int(network.rounds.minutes[row])


def ends(network: Network) -> Ends:
    """The ends of a network with a timetable. Raises InputError for one whose rounds leave an end without collection or delivery."""
    f = network.facilities
    open_ = f.id[np.isin(f.kind, END_KINDS) & (f.status != "closed")].astype(np.int64)
    area, first = np.unique(network.facility_area[open_].astype(np.int64), return_index=True)
    by_side = [_narrowest(network, area, side) for side in SIDES]
    for side, rows in zip(SIDES, by_side, strict=True):
        if (rows < 0).any():
            code = network.areas.code_of_id[int(area[np.argmax(rows < 0)])]
            raise InputError(
                "rounds.csv", f"a row of {side} for every area, or for *", value=code, next_step="add the row"
            )
    return Ends(network, area, open_[first], *by_side)


def _narrowest(network: Network, areas: NDArray[np.int64], side: str) -> NDArray[np.int64]:
    """For each area the row of rounds of that side of the narrowest area it lies in, -1 where there is none."""
    rounds, at = network.rounds, areas.copy()
    by_area = {
        network.areas.index_of_code.get(str(rounds.area[i]), 0): int(i) for i in np.flatnonzero(rounds.side == side)
    }
    out = np.full(len(areas), -1, np.int64)
    while (at > 0).any():
        found = np.array([by_area.get(int(a), -1) if a else -1 for a in at], np.int64)
        out = np.where(out < 0, found, out)
        at = network.area_parent[at].astype(np.int64)
    return np.where(out < 0, by_area.get(0, -1), out)
