"""Items held up by a crossing that is closed: a bridge, a tunnel, a ferry without which their destination can't be reached by road.

``parted`` says which places a closure parts from which areas; ``candidates`` which items may ever have stood at such a place; ``crossing_closed`` who waited there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items.fields import FLAGS, NEVER
from yilu.items.rules import Rules
from yilu.items.schema import Events
from yilu.network import Network
from yilu.network.distance import ways
from yilu.network.province import LEVELS
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence, joined
from yilu.supervision.rules.lives import Lives

_HOUR = 3600
_SHIPMENT = np.uint16(FLAGS["shipment"][0])


@dataclass(frozen=True)
class Closure:
    """A crossing (row of ``Network.crossings``) that is closed from ``since`` to ``until``, UTC seconds."""

    crossing: int
    since: int
    until: int


@dataclass(frozen=True)
class Parted:
    """A closure and what it parts: ``cut`` (F, A) facilities and areas with a way, and none without the crossing.

    ``places`` (F,), ``areas`` (A,): its far side, so chosen that one end of every parted pair lies on it.
    """

    closure: Closure
    cut: NDArray[np.bool_]
    places: NDArray[np.bool_]
    areas: NDArray[np.bool_]


def parted(network: Network, closure: Closure) -> Parted:
    """What a closure parts, on the local day on which it begins. Places and areas abroad are reached by air and sea."""
    day = network.local_date(closure.since)
    place, area = np.meshgrid(np.arange(len(network.facility_area)), np.arange(len(network.area_lon)), indexing="ij")
    a = network.facility_lon[place], network.facility_lat[place]
    b = network.area_lon[area], network.area_lat[area]
    of = network.facility_area[place], area
    usual = np.isfinite(ways(network, a, b, of, day).km)
    left = np.isfinite(ways(network, a, b, of, day, closed=(closure.crossing,)).km)
    near = (network.area_level > 0) & (network.area_level != LEVELS["abroad"])
    cut = usual & ~left & near[network.facility_area][:, None] & near[None, :]
    places, areas = 2 * cut.sum(axis=1) > near.sum(), 2 * cut.sum(axis=0) > near[network.facility_area].sum()
    covered = not (cut & ~places[:, None] & ~areas[None, :]).any()
    return Parted(closure, cut, places, areas if covered else cut.any(axis=0))


def candidates(
    rows: NDArray[np.void], batch: Events, pieces: tuple[Parted, ...], rules: Rules, catalogue: Catalogue
) -> NDArray[np.uint64]:
    """Keys of items that may have waited before a closed crossing. ``rows``: states (n,); ``batch``: events that are logged."""
    found = [np.empty(0, np.uint64)]
    start_place = (rows["start"] & np.uint64(0x7FFFFF)).astype(np.int64)
    start_area = rules.facility_area[np.where(start_place < len(rules.facility_area), start_place, 0)]
    origin = np.where(rows["origin"] > 0, rows["origin"], start_area)
    begun = ((rows["start"] >> np.uint64(31)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    wait = _HOUR * catalogue["closure_hours"]
    last = (rows["last"] >> np.uint64(32)).astype(np.int64)
    goes_on = (rows["delivered"] == NEVER) | (rows["flags"] & _SHIPMENT > 0)
    for p in pieces:
        in_time = begun + wait <= p.closure.until
        stays = (last >= p.closure.since + wait) | goes_on
        soon = batch.at.astype(np.int64) + wait <= p.closure.until
        # a state begins with the acceptance, and scans before it are waits too
        before = batch.key[soon & np.isin(batch.key, rows["key"][stays & ~in_time])]
        there = stays & (in_time | np.isin(rows["key"], before))
        over = rows[there & (p.areas[rows["destination"]] | p.areas[origin])]
        place = np.where(batch.place < len(p.places), batch.place, 0)
        across = np.unique(batch.key[p.places[place] & soon])
        found += [over["key"], across[np.isin(across, rows["key"][there])]]
    return np.unique(np.concatenate(found))


def crossing_closed(lives: Lives, closures: tuple[Parted, ...], catalogue: Catalogue) -> Evidence:
    """Items that wait where their destination, or, once they were returned, their origin, can't be reached while a crossing is closed."""
    wait, found = _HOUR * catalogue["closure_hours"], []
    goal = np.where(lives.at >= lives.returned[lives.item], lives.origin[lives.item], lives.destination[lives.item])
    waits = lives.judged[lives.item] & (lives.at < lives.end[lives.item])
    for p in closures:
        known = np.where(lives.place < len(p.cut), lives.place, 0)
        at = np.maximum(lives.at, p.closure.since) + wait
        rows = np.flatnonzero(waits & p.cut[known, goal] & (at <= np.minimum(lives.next_at, p.closure.until)))
        until = np.where(lives.is_last[rows], 0, lives.next_at[rows])
        found.append(lives.of_events(catalogue.number("crossing_closed"), rows, at[rows], until))
    return joined(found)
