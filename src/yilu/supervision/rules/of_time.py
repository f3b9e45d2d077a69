"""Rules to which time itself can make an item belong: stalled, late, backlog.

Each looks at the whole history, so that what it says does not depend on when it was asked: a wait that is over is evidence with an end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items.clock import OPEN
from yilu.items.rules import Rules
from yilu.network import Network
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.lives import OPEN_END, WAITING, Lives, kinds
from yilu.supervision.rules.protected import enough, within

_LEAVING = kinds("depart", "out_for_delivery", "locker", "station", "deliver", "return")
_CUSTOMS = kinds("export_customs", "export_release", "import_customs", "customs_hold", "import_release")
_HOUR = 3600


def stalled(lives: Lives, network: Network, catalogue: Catalogue) -> Evidence:
    """Long gaps between scans of items that are open."""
    beyond = network.area_beyond_customs
    abroad = beyond[lives.origin] | beyond[lives.destination]
    far, near = (within(catalogue, name, lives.periods) for name in ("stalled_abroad_hours", "stalled_hours"))
    wait = _HOUR * np.where(abroad, far, near)[lives.item]
    chosen = lives.judged[lives.item] & (lives.at < lives.end[lives.item]) & ~np.isin(lives.kind, WAITING)
    end = lives.end[lives.item]
    until = np.minimum(lives.next_at, end)  # a shipment ends with its pieces, without an event of its own
    rows = np.flatnonzero(chosen & (until - lives.at > wait))
    until = np.where(lives.is_last[rows] & (end[rows] == OPEN_END), 0, until[rows])
    return lives.of_events(catalogue.number("stalled"), rows, lives.at[rows] + wait[rows], until)


def late(lives: Lives, catalogue: Catalogue) -> Evidence:
    """Items long past their promise."""
    limit = lives.promise + _HOUR * within(catalogue, "late_hours", lives.periods)
    by = np.where(lives.outcome == OPEN, lives.watermark, lives.ended)
    items = np.flatnonzero(lives.judged & (lives.promise > 0) & (by > limit))
    event = lives.last(lives.at <= limit[lives.item])[items]
    place = lives.places(event)
    until = np.where(lives.outcome[items] == OPEN, 0, lives.ended[items])
    return lives.of_items(catalogue.number("late"), items, place, limit[items], until)


@dataclass(frozen=True)
class _Stays:
    """Stays at known places (s,): item, place, begin and end (the watermark where it goes on), whether it is over, whether customs had to do with it."""

    item: NDArray[np.int64]
    place: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    over: NDArray[np.bool_]
    customs: NDArray[np.bool_]


def _stays(lives: Lives) -> _Stays:
    """Runs of consecutive events at one place; events at unknown places are passed over."""
    rows = np.flatnonzero(lives.place > 0)
    item, place, at, kind = lives.item[rows], lives.place[rows], lives.at[rows], lives.kind[rows]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (item[1:] != item[:-1]) | (place[1:] != place[:-1])
    first = np.flatnonzero(fresh)
    if not len(first):
        nothing = np.empty(0, np.int64)
        return _Stays(nothing, nothing, nothing, nothing, nothing > 0, nothing > 0)
    leaves = np.minimum.reduceat(np.where(np.isin(kind, _LEAVING), at, OPEN_END), first)
    whose = item[first]
    elsewhere = np.full(len(first), OPEN_END)
    same = whose[1:] == whose[:-1]
    elsewhere[:-1][same] = at[first[1:]][same]
    end = np.minimum(np.minimum(leaves, elsewhere), lives.end[whose])
    over = end < OPEN_END
    customs = np.maximum.reduceat(np.isin(kind, _CUSTOMS).astype(np.int8), first) > 0
    return _Stays(whose, place[first], at[first], np.where(over, end, lives.watermark[whose]), over, customs)


def long_stays(lives: Lives, rules: Rules, catalogue: Catalogue) -> Evidence:
    """Long stays at processing sites of the province: a backlog, where they pile up."""
    s = _stays(lives)
    wait = _HOUR * within(catalogue, "backlog_hours", lives.periods)[s.item]
    known = np.where(s.place < len(rules.processing), s.place, 0)
    site = rules.processing[known] & rules.inside[rules.facility_area[known]]
    rows = np.flatnonzero(lives.judged[s.item] & site & ~s.customs & (s.end - s.begin > wait))
    until = np.where(s.over[rows], s.end[rows], 0)
    return lives.of_items(catalogue.number("backlog"), s.item[rows], s.place[rows], s.begin[rows] + wait[rows], until)


def piled_up(stays: Evidence, network: Network, catalogue: Catalogue) -> Evidence:
    """Of long stays those of which enough items of one operator and day of arrival have one at the place."""
    arrived = network.local_day(stays["at"] - _HOUR * within(catalogue, "backlog_hours", stays["periods"]))
    of = np.stack([stays["operator"].astype(np.int64), stays["place"].astype(np.int64), arrived], axis=1)
    _, group = np.unique(of, axis=0, return_inverse=True)
    return stays[enough(catalogue, "backlog_least", group.reshape(-1), stays["periods"])]
