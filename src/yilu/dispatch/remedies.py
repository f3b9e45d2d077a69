"""Why a promise can't be kept, and the smallest single change that would keep it.

Changes are of a declared list. Each is tried exactly: what the item can reach by then stands in a scan forwards, from where it can still be delivered in time in a scan backwards,
and a change keeps the promise where it joins the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.itinerary import DELIVERY, RIDE, ROUND, SORT, WAIT, Step
from yilu.dispatch.scan import Latest, Tree, earliest, latest
from yilu.dispatch.timetable import Timetable, riding_minutes
from yilu.network import Network
from yilu.network.timetable_rules import timetable_rules

ACCEPT_EARLIER, HOLD, WAVE, DEPARTURE, DUE_LATER = "accept_earlier", "hold", "wave", "departure", "due_later"
CHANGES: tuple[str, ...] = (ACCEPT_EARLIER, HOLD, WAVE, DEPARTURE, DUE_LATER)
"""收寄截止提前 acceptance ends earlier, 延后一班发车 one departure waits, 加一个分拣波次 one sort wave more, 加一班车 one departure more, 送达时刻延后 it is due later."""
_REASONS = {ROUND: "collection", WAIT: "departure", SORT: "sorting", DELIVERY: "delivery"}
DISTANCE, NO_WAY = "distance", "no_way"


@dataclass(frozen=True)
class Allowed:
    """What a change may be: minutes that a departure waits or acceptance ends earlier at most, yuan that one more sort wave costs a day."""

    most_minutes: int
    wave_yuan: float


def allowed(network: Network) -> Allowed:
    """As the rules of the timetable have it (``promise``)."""
    rules = timetable_rules(network.folder)["promise"]
    return Allowed(int(rules["most_minutes"]), float(rules["wave_yuan"]))


@dataclass(frozen=True)
class Remedy:
    """One change that keeps the promise: kind, ``minutes`` it shifts by (0: none), ``yuan`` it costs a day (0: nothing is paid for it), facility (id) or lane (row) or -1, at UTC seconds."""

    change: str
    minutes: int
    yuan: float
    facility: int
    lane: int
    at: int


@dataclass(frozen=True)
class Reason:
    """What binds: ``why`` (collection, departure, sorting, delivery: the longest of the waits that the item is late by; distance: riding alone takes too long; no_way), the step, if any."""

    why: str
    step: Step | None


def reason(steps: list[Step], due: int) -> Reason:
    """Why the journey ``steps`` ends after ``due`` (UTC seconds)."""
    if not steps:
        return Reason(NO_WAY, None)
    late = steps[-1].ends - due
    waits = [s for s in steps if s.kind != RIDE]
    longest = max(waits, key=lambda s: s.ends - s.begins)
    if sum(s.ends - s.begins for s in waits) < late:
        return Reason(DISTANCE, max((s for s in steps if s.kind == RIDE), key=lambda s: s.ends - s.begins))
    return Reason(_REASONS[longest.kind], longest)


def remedies(
    timetable: Timetable,
    ends: Ends,
    origin: int,
    destination: int,
    accepted: int,
    due: int,
    limits: Allowed,
) -> list[Remedy]:
    """Single changes that have what is accepted at ``accepted`` delivered by ``due`` (UTC seconds), the best of each kind; free ones by minutes, then by yuan."""
    of = timetable.connections
    place, start = timetable.facilities + int(ends.facility[destination]), int(ends.facility[origin])
    by = ends.arrive_by(destination, timetable, due)
    ahead = earliest(of, start, int(timetable.minute(ends.leaves(origin, accepted))))
    back = latest(of, place, by)
    found = [
        *_accepted_earlier(timetable, ends, origin, accepted, int(back.ready[start]), limits),
        *_held(timetable, ahead, back, place, by, limits),
        *_one_wave(timetable, ahead, back, limits),
        *_one_departure(timetable, ahead, back, place, by),
        *_due_later(timetable, ends, destination, ahead, place, due),
    ]
    return sorted(found, key=lambda r: (r.yuan, r.minutes))


def _accepted_earlier(
    timetable: Timetable, ends: Ends, origin: int, accepted: int, leaves_by: int, limits: Allowed
) -> list[Remedy]:
    """Acceptance ends where the last item that makes it is accepted."""
    if leaves_by < 0:
        return []
    last = int(ends.accepted_by(origin, timetable.at(leaves_by)))
    minutes = -(-(accepted - last) // 60)
    return (
        [Remedy(ACCEPT_EARLIER, minutes, 0.0, int(ends.facility[origin]), -1, last)]
        if 0 < minutes <= limits.most_minutes
        else []
    )


def _held(timetable: Timetable, ahead: Tree, back: Latest, place: int, by: int, limits: Allowed) -> list[Remedy]:
    """One departure waits until the item is there; it is sorted at its end as of its new arrival."""
    of = timetable.connections
    ready = ahead.ready[of.source].astype(np.int64)
    wait = ready - of.departs
    some = np.flatnonzero((ready < NEVER) & (wait > 0) & (wait <= limits.most_minutes))
    if not len(some):
        return []
    arrives = of.arrives[some] + wait[some]
    some = some[_in_time(timetable, of.target[some], arrives, back, place, by)]
    if not len(some):
        return []
    c = some[np.argmin(wait[some])]
    lane = int(timetable.lane[of.row[c]])
    return [Remedy(HOLD, int(wait[c]), 0.0, int(of.source[c]), lane, int(timetable.at(of.departs[c])))]


def _in_time(
    timetable: Timetable, target: NDArray[np.int32], arrives: NDArray[np.int64], back: Latest, place: int, by: int
) -> NDArray[np.bool_]:
    """Whether what arrives (minutes, (n,)) at places (n,) is delivered in time."""
    ready = timetable.ready(target, arrives)
    return np.where(target == place, arrives <= by, (target < timetable.facilities) & (ready <= back.ready[target]))


def _one_wave(timetable: Timetable, ahead: Tree, back: Latest, limits: Allowed) -> list[Remedy]:
    """One facility sorts once more, as soon as the item is there. The one where that leaves most time."""
    of, f = timetable.network.handling, timetable.facilities
    sorts = np.flatnonzero([row >= 0 and bool(of.waves[row]) for row in timetable.handled])
    arrives, last = ahead.arrives[:f].astype(np.int64), back.ready[:f].astype(np.int64)
    spare = last[sorts] - arrives[sorts] - of.wave_minutes[timetable.handled[sorts]]
    fits = (arrives[sorts] < NEVER) & (last[sorts] >= 0) & (spare >= 0)
    if not fits.any():
        return []
    best = int(sorts[np.argmax(np.where(fits, spare, -1))])
    return [Remedy(WAVE, 0, limits.wave_yuan, best, -1, int(timetable.at(arrives[best])))]


def _one_departure(timetable: Timetable, ahead: Tree, back: Latest, place: int, by: int) -> list[Remedy]:
    """One lane departs once more, as soon as the item is there. The cheapest."""
    of, lanes = timetable.connections, timetable.network.lanes
    ridden = np.unique(timetable.lane[of.row]).astype(np.int64)  # of those that it may ride
    first = np.full(len(lanes.code), -1, np.int64)
    first[timetable.lane[of.row][::-1]] = np.arange(len(of))[::-1]
    source, target = of.source[first[ridden]], of.target[first[ridden]]
    departs = ahead.ready[source].astype(np.int64)
    some = departs < NEVER
    ridden, target, departs = ridden[some], target[some], departs[some]
    at = timetable.at(departs)
    minutes = riding_minutes(timetable.network, ridden, at)
    fits = np.flatnonzero(_in_time(timetable, target, departs + minutes, back, place, by))
    if not len(fits):
        return []
    best = fits[np.lexsort((departs[fits], lanes.fixed_cost[ridden[fits]]))[0]]
    lane = int(ridden[best])
    return [Remedy(DEPARTURE, 0, float(lanes.fixed_cost[lane]), int(of.source[first[lane]]), lane, int(at[best]))]


def _due_later(timetable: Timetable, ends: Ends, destination: int, ahead: Tree, place: int, due: int) -> list[Remedy]:
    """It is due when it is delivered."""
    if ahead.arrives[place] >= NEVER:
        return []
    then = int(ends.delivered(destination, timetable, timetable.at(ahead.arrives[place]))[0])
    return (
        [Remedy(DUE_LATER, -(-(then - due) // 60), 0.0, int(ends.facility[destination]), -1, then)]
        if then > due
        else []
    )
