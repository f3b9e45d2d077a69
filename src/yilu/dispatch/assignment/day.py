"""A province's day as a problem of assignment: the timetable folded into one day that repeats, and the items that its areas send each other on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.assignment.problem import DAY, AssignmentProblem, Commodities, Events, Ints, Sweeps
from yilu.dispatch.ends import Ends
from yilu.dispatch.promise import weights
from yilu.dispatch.timetable import MODES, Timetable, riding
from yilu.errors import InputError
from yilu.network import Network
from yilu.network.schema import minutes_of
from yilu.network.timetable_rules import timetable_rules

UNPROMISED_DAYS = 5
"""What nothing is promised for is to arrive within so many days all the same."""
_HOUR = 60


@dataclass(frozen=True)
class Kind:
    """Goods of one class and operator: ``operator`` code (empty: any, all lanes pooled), modes they are kept from, their ``share`` of every flow."""

    name: str
    operator: str = ""
    without_modes: frozenset[str] = frozenset()
    share: float = 1.0


ANY = (Kind("any"),)


@dataclass(frozen=True)
class Places:
    """What events and rows are. Events (E,): ``facility`` id, ``lane`` row of the network's (-1: a wave), ``target`` facility id of a departure (-1: a wave).

    Rows (R,): ``row_facility``, ``row_lane`` (-1: a wave), ``row_minute`` of the day: of the departure, of the wave's cut-off, or the beginning of an hour of sorting.
    """

    facility: Ints
    lane: Ints
    target: Ints
    row_facility: Ints
    row_lane: Ints
    row_minute: Ints


@dataclass(frozen=True)
class AssignmentDay:
    """A problem and what its numbers stand for. ``ends``: origins of commodities; facilities by id. ``kinds``: rows of ``usable``."""

    problem: AssignmentProblem
    places: Places
    timetable: Timetable
    ends: Ends
    kinds: tuple[Kind, ...]


def assignment_day(timetable: Timetable, ends: Ends, kinds: Sequence[Kind] = ANY, scale: float = 1.0) -> AssignmentDay:
    """The first day of a timetable, as if every day were like it, with ``scale`` times the items of the timetable's rules.

    Raises InputError for kinds of which none has a share, and for an operator or mode that isn't there.
    """
    shares = np.array([kind.share for kind in kinds])
    if not len(kinds) or (shares < 0).any() or not shares.sum() > 0:
        raise InputError("kinds", "shares of 0 or more, one above 0", value=str(shares.tolist()), next_step="give each kind of goods its share")  # fmt: skip
    events, places, capacity = _events(timetable)
    usable = np.stack([_usable(timetable, places, kind) for kind in kinds])
    commodities, sweeps = _commodities(timetable, ends, events, places, shares / shares.sum())
    problem = AssignmentProblem(events, sweeps, commodities, usable, capacity)
    return AssignmentDay(problem.scaled(scale) if scale != 1 else problem, places, timetable, ends, tuple(kinds))


def _usable(timetable: Timetable, places: Places, kind: Kind) -> NDArray[np.bool_]:
    """Events (E,) that a kind may use: all waves, and departures of lanes that it may ride."""
    unknown = sorted(kind.without_modes - set(MODES))
    if unknown:
        raise InputError("kinds", "modes of " + ", ".join(MODES), value=unknown[0], next_step="name a mode of the timetable")  # fmt: skip
    lanes = riding(timetable.network, kind.operator or None)
    lanes = lanes & ~np.isin(timetable.lane_mode, [MODES.index(m) for m in kind.without_modes])
    return np.asarray(np.where(places.lane < 0, True, lanes[places.lane]))


@dataclass(frozen=True)
class _Waves:
    """When facilities sort what they take in. (W,): ``facility``, ``minute`` from which nothing more is taken in, ``ready`` minute (may be past midnight), ``row`` of capacity or -1.

    Rows (Q,): ``row_facility``, ``row_minute``, ``room`` items. By facility, then minute.
    """

    facility: NDArray[np.int64]
    minute: NDArray[np.int64]
    ready: NDArray[np.int64]
    row: NDArray[np.int64]
    row_facility: NDArray[np.int64]
    row_minute: NDArray[np.int64]
    room: NDArray[np.float64]


def _events(timetable: Timetable) -> tuple[Events, Places, NDArray[np.float64]]:
    """Departures and waves of a day, what they are, and the capacity of their rows."""
    c, f, network = timetable.connections, timetable.facilities, timetable.network
    today = np.flatnonzero(timetable.lane[c.row] >= 0)[: c.first_from(DAY)]
    departs, source, target = (a[today].astype(np.int64) for a in (c.departs, c.source, c.target))
    before = departs // DAY * DAY
    minute, arrives = departs - before, c.arrives[today] - before
    lane, room = timetable.lane[c.row[today]].astype(np.int64), timetable.room[c.row[today]]
    taken_in = timetable.taken_in(target % f, arrives)
    inner = np.flatnonzero(target < f)
    waves = _waves(timetable, target[inner], taken_in[inner] % DAY)
    limited = room < np.iinfo(np.int64).max
    row = np.where(limited, np.cumsum(limited) - 1, -1)
    rows = int(limited.sum())
    all_minutes = np.concatenate([minute, waves.minute])
    order = np.argsort(all_minutes, kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    of_departure, of_wave = number[: len(minute)], number[len(minute) :]
    n = len(order)
    then, then_days = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    to, days = _next(waves.facility, waves.minute, target[inner], taken_in[inner])
    then[of_departure[inner]], then_days[of_departure[inner]] = of_wave[to], days
    to, days = _next(source, minute, waves.facility, waves.ready)
    then[of_wave] = np.where(to < 0, -1, of_departure[to])
    then_days[of_wave] = days
    wait, wait_days, wait_minutes = (np.zeros(n, np.int64) for _ in range(3))
    for at, place, when in ((of_departure, source, minute), (of_wave, waves.facility, waves.minute)):
        follows, over = _following(place, when)
        wait[at], wait_days[at] = at[follows], over
        wait_minutes[at] = when[follows] + DAY * over - when
    lanes = network.lanes
    cost = lanes.item_cost + np.where(
        lanes.capacity_items > 0, lanes.fixed_cost / np.maximum(lanes.capacity_items, 1), 0
    )
    nothing = np.full(len(waves.minute), -1, np.int64)

    def placed(of_departures: NDArray, of_waves: NDArray) -> NDArray:
        return np.concatenate([of_departures, of_waves])[order]

    def fixed(column: NDArray) -> Ints:
        return np.ascontiguousarray(column, np.int32)

    events = Events(
        fixed(all_minutes[order]), fixed(placed(row, np.where(waves.row < 0, -1, rows + waves.row))), placed(cost[lane], np.zeros(len(nothing))),
        fixed(then), fixed(then_days), fixed(placed(np.where(target < f, -1, target - f), nothing)), fixed(placed(arrives, nothing)),
        fixed(wait), fixed(wait_days), fixed(wait_minutes),
    )  # fmt: skip
    first = np.flatnonzero(limited)
    places = Places(
        fixed(placed(source, waves.facility)), fixed(placed(lane, nothing)), fixed(placed(target % f, nothing)),
        fixed(np.concatenate([source[first], waves.row_facility])), fixed(np.concatenate([lane[first], np.full(len(waves.room), -1)])),
        fixed(np.concatenate([minute[first], waves.row_minute])),
    )  # fmt: skip
    return events, places, np.concatenate([room[first].astype(np.float64), waves.room])


def _waves(timetable: Timetable, facility: NDArray[np.int64], taken_in: NDArray[np.int64]) -> _Waves:
    """The waves of the facilities where something is taken in (minutes of the day, (n,)).

    A facility without waves sorts as things come: each minute at which something comes is a wave, and those of one hour share the hour's room.
    """
    of, made = timetable.network.handling, list[tuple[int, int, int, int]]()
    rows = list[tuple[int, int, float]]()
    for f in np.unique(facility):
        h = int(timetable.handled[f])
        an_hour = int(of.items_an_hour[h]) if h >= 0 else 0
        cuts = minutes_of(str(of.waves[h])) if h >= 0 else ()
        if cuts:
            takes = max(1, int(of.wave_minutes[h]))
            since = np.diff(np.array(cuts), prepend=cuts[-1] - DAY)
            for cut, minutes in zip(cuts, since, strict=True):
                made.append((int(f), cut, cut + takes, len(rows) if an_hour else -1))
                if an_hour:
                    rows.append((int(f), cut, an_hour * minutes / _HOUR))
            continue
        takes = max(1, int(of.sort_minutes[h])) if h >= 0 else 1
        comes = np.unique(taken_in[facility == f])
        for hour in np.unique(comes // _HOUR):
            made += [
                (int(f), int(m), int(m) + takes, len(rows) if an_hour else -1) for m in comes[comes // _HOUR == hour]
            ]
            if an_hour:
                rows.append((int(f), int(hour) * _HOUR, float(an_hour)))
    events, room = np.array(made, np.int64).reshape(-1, 4), np.array(rows, np.float64).reshape(-1, 3)
    facility_of, minute, ready, row = events.T
    return _Waves(facility_of, minute, ready, row, room[:, 0].astype(np.int64), room[:, 1].astype(np.int64), room[:, 2])


def _next(place: NDArray[np.int64], minute: NDArray[np.int64], where: NDArray[np.int64], when: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """For each (``where``, ``when``) (n,) the first of (``place``, ``minute`` of the day) (m,), on whichever day, that is there at or after it: its row (-1: none) and its day (n,)."""
    order = np.lexsort((minute, place))
    key = place[order] * DAY + minute[order]
    first, last = np.searchsorted(place[order], where), np.searchsorted(place[order], where, "right")
    at = np.searchsorted(key, where * DAY + when % DAY)
    tomorrow = at >= last
    none = first == last
    row = np.where(none, -1, order[np.where(none, 0, np.where(tomorrow, first, at))] if len(order) else -1)
    return row, np.where(none, 0, when // DAY + tomorrow)


def _following(place: NDArray[np.int64], minute: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The one after each at its place (n,), the first of tomorrow after the last: its row, and 1 where it is tomorrow's."""
    order = np.lexsort((minute, place))
    follows, over = np.roll(order, -1), np.zeros(len(order), np.int64)
    last = np.append(place[order[1:]] != place[order[:-1]], True) if len(order) else np.empty(0, np.bool_)
    first = np.flatnonzero(np.append(True, last[:-1])) if len(order) else np.empty(0, np.int64)
    follows[last], over[last] = order[first], 1
    out, days = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    out[order], days[order] = follows, over
    return out, days


def _commodities(
    timetable: Timetable, ends: Ends, events: Events, places: Places, shares: NDArray[np.float64]
) -> tuple[Commodities, Sweeps]:
    """What the ends send each other: the hours of acceptance of the rules alike, an hour's items with the round that collects them."""
    network, n = ends.network, len(ends)
    rules = timetable_rules(network.folder)
    hours = np.asarray(rules["promise"]["hours"], np.int64)
    accepted = timetable.begins + 3600 * hours
    leaves = np.stack([timetable.minute(ends.leaves(i, accepted)) for i in range(n)])
    due = _due(network, timetable, ends, accepted)
    by_hour = rules["items_a_day"] * weights(network, ends) / len(hours)
    i, j, h = np.nonzero(np.broadcast_to((by_hour > 0)[..., None], due.shape))
    key = np.stack([i, j, leaves[i, h], due[i, j, h]], axis=1)
    alike, number = np.unique(key, axis=0, return_inverse=True)
    items = np.bincount(number.ravel(), by_hour[i, j])
    origin, to, leave, by = (np.repeat(column, len(shares)) for column in alike.T)
    kind = np.tile(np.arange(len(shares)), len(alike))
    sweep_key, sweep = np.unique(np.stack([ends.facility[to], by % DAY, kind], axis=1), axis=0, return_inverse=True)
    departs = np.flatnonzero(places.lane >= 0)
    start, days = _next(places.facility[departs].astype(np.int64), events.minute[departs].astype(np.int64), ends.facility[origin], leave)  # fmt: skip
    start = np.where(start < 0, -1, departs[start])
    columns = (sweep.ravel(), start, days, by // DAY, origin, leave)
    s, e, d, back, o, slot = (np.ascontiguousarray(a, np.int32) for a in columns)
    made = Commodities(s, np.outer(items, shares).ravel(), e, d, back, o, slot)
    return made, Sweeps(*(np.ascontiguousarray(a, np.int32) for a in sweep_key.T))


def _due(network: Network, timetable: Timetable, ends: Ends, accepted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last minute (N, N, H) of arriving at the destination's facility that is delivered in time."""
    a, b = np.meshgrid(ends.area, ends.area, indexing="ij")
    promised = network.promise(accepted, a[..., None], b[..., None]).astype(np.int64)
    due = np.where(promised > 0, promised, timetable.begins + 60 * DAY * UNPROMISED_DAYS)
    out = np.empty(due.shape, np.int64)
    for j in range(len(ends)):
        for at in np.unique(due[:, j]):
            out[:, j][due[:, j] == at] = ends.arrive_by(j, timetable, int(at))
    return np.maximum(out, 0)
