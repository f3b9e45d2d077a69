"""Can the timetable keep its promises? For each pair of ends over the acceptance hours of a day: when it is delivered, when it is due, until when it can be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends, ends
from yilu.dispatch.profiles import Profile, profiles
from yilu.dispatch.timetable import MOST_DAYS, Timetable, timetable
from yilu.errors import InputError
from yilu.network import Network
from yilu.network.default_timetable import with_timetable
from yilu.network.timetable_rules import timetable_rules

_AT_ONCE = 32
"""Profiles held at once: each is as long as the timetable."""
_DAY_MINUTES = 1440
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Promises:
    """What N ends promise each other on one day. H = len(hours).

    ``level`` (N, N): service level id, 0 none; ``delivered``, ``due`` (N, N, H): UTC seconds, 0 where it never arrives or nothing is promised; ``until`` (N, N): minute of the local day of the
    last acceptance that keeps the day's promise, which is what is due for acceptance at its beginning, or by an elapsed clock at that moment; -1 where none of the day does. After the cut-off it is
    what the promise has to spare, before it what it lacks; ``weight`` (N, N): items a day, by the province's demand, a city's shared among its
    county units by their committees (S).
    """

    ends: Ends
    hours: tuple[int, ...]
    level: NDArray[np.int64]
    delivered: NDArray[np.int64]
    due: NDArray[np.int64]
    until: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def promised(self) -> NDArray[np.bool_]:
        """Pairs and hours (N, N, H) that have a promise."""
        return self.due > 0

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Pairs and hours (N, N, H) whose promise is kept."""
        return self.promised & (self.delivered > 0) & (self.delivered <= self.due)

    @property
    def slack_minutes(self) -> NDArray[np.int64]:
        """Minutes (N, N, H) by which delivery comes before it is due, negative where after; NO_TIME where it never comes or nothing is promised."""
        return np.where(self.promised & (self.delivered > 0), (self.due - self.delivered) // 60, NO_TIME)

    def only(self, pairs: NDArray[np.bool_], hour: int | None = None) -> Promises:
        """The promises of some pairs (N, N), at one of the hours (its place among ``hours``; None: at all): of others nothing is promised."""
        chosen = np.broadcast_to(pairs[..., None], self.due.shape)
        if hour is not None:
            chosen = chosen & (np.arange(len(self.hours)) == hour)
        return replace(self, level=np.where(pairs, self.level, 0), due=np.where(chosen, self.due, 0), delivered=np.where(chosen, self.delivered, 0))  # fmt: skip


def promises(timetable: Timetable, ends: Ends, level: int = 0, hours: tuple[int, ...] = ()) -> Promises:
    """Promises of what is accepted on the timetable's first day, at the beginning of each of ``hours`` (local; none: those of the timetable's rules).

    ``level``: the service level promised (id), 0: that of each pair. What doesn't arrive within the timetable's days
    counts as never: lay out as many as the longest promise takes, and two more. Raises InputError where the days are fewer than three.
    """
    if timetable.days < 3:
        raise InputError("days", "3 or more, to see promises of the first day through", value=str(timetable.days))
    network, n = ends.network, len(ends)
    hours = hours or tuple(timetable_rules(network.folder)["promise"]["hours"])
    level_of = np.full((n, n), level) if level else network.level_of_pair[np.ix_(ends.area, ends.area)].astype(np.int64)
    accepted = timetable.begins + 3600 * np.asarray(hours, np.int64)
    a, b = np.meshgrid(ends.area, ends.area, indexing="ij")
    due = network.promise(accepted, a[..., None], b[..., None], level_of[..., None]).astype(np.int64)
    leaves = np.stack([timetable.minute(ends.leaves(i, accepted)) for i in range(n)])
    delivered, until = np.zeros(due.shape, np.int64), np.full((n, n), -1, np.int64)
    known: dict[tuple[int, int], _Tries] = {}  # by couriers' rounds and level, which are few

    def tries(i: int, level: int) -> _Tries | None:
        key = (int(ends.collects[i]), level)
        if level and key not in known:
            known[key] = _tries(timetable, ends, i, level)
        return known[key] if level else None

    for first in range(0, n, _AT_ONCE):
        some = np.arange(first, min(first + _AT_ONCE, n))
        for j, profile in zip(
            some, profiles(timetable.connections, timetable.facilities + ends.facility[some]), strict=True
        ):
            of_origin = [tries(i, int(level_of[i, j])) for i in range(n)]
            _to_one(timetable, ends, int(j), profile, leaves, delivered, until, of_origin)
    delivered[due == 0] = 0
    return Promises(ends, hours, level_of, delivered, due, until, weights(network, ends))


@dataclass(frozen=True)
class _Tries:
    """Acceptances (k,) of which the last that keeps its promise is looked for: ``minute`` of the local day, ``leaves`` minutes of the timetable, ``due`` UTC seconds, 0 where nothing is promised."""

    minute: NDArray[np.int64]
    leaves: NDArray[np.int64]
    due: NDArray[np.int64]


def _tries(timetable: Timetable, ends: Ends, i: int, level: int) -> _Tries:
    """What is tried from an end under a service level, whatever the destination.

    Between two rounds everything leaves at once, and by an elapsed clock what is due comes no earlier for a later acceptance but at a cut-off: so the last minutes before each of
    these are tried.
    """
    network, begins = ends.network, timetable.begins
    rules = network.promise_rules
    of_level = np.flatnonzero((rules.level == level) & (rules.valid_from <= begins))
    minute = np.unique([*ends.rounds(i), *(rules.cut_off_minute[of_level] - 1), _DAY_MINUTES - 1])
    tried = begins + 60 * minute
    by_calendar = bool(len(of_level)) and bool(rules.calendar[of_level[-1]])
    own = int(ends.area[i])
    due = network.promise(begins if by_calendar else tried, own, own, level).astype(np.int64)
    return _Tries(minute, timetable.minute(ends.leaves(i, tried)), np.broadcast_to(due, tried.shape))


def _to_one(
    timetable: Timetable, ends: Ends, j: int, profile: Profile, leaves: NDArray[np.int64], delivered: NDArray[np.int64], until: NDArray[np.int64],
    tries: Sequence[_Tries | None],
) -> None:  # fmt: skip
    """Fill column ``j``: deliveries of the hours, and until when each origin may accept; ``tries``: of each origin, None where nothing is promised."""
    arrives = np.stack([profile.arrivals(int(f), leaves[i]) for i, f in enumerate(ends.facility)]).astype(np.int64)
    there = arrives < NEVER
    delivered[:, j][there] = ends.delivered(j, timetable, timetable.at(arrives[there]))
    steps_delivered = ends.delivered(j, timetable, timetable.at(profile.arrives))
    for i, (f, tried) in enumerate(zip(ends.facility, tries, strict=True)):
        if tried is not None:
            span = slice(int(profile.first[f]), int(profile.first[f + 1]))
            until[i, j] = _accepted_until(tried, profile.departs[span], steps_delivered[span])


def _accepted_until(tries: _Tries, departs: NDArray[np.int32], delivered: NDArray[np.int64]) -> int:
    """The last minute of the first day at which an acceptance still keeps the day's promise, -1 where none does. ``departs`` (latest first), ``delivered``: the pair's steps."""
    steps = np.searchsorted(departs[::-1], tries.leaves)
    then = np.append(delivered[::-1], np.iinfo(np.int64).max)[steps]
    kept = tries.minute[(tries.due > 0) & (then <= tries.due)]
    return int(kept[-1]) if len(kept) else -1


def weights(network: Network, ends: Ends) -> NDArray[np.float64]:
    """Items a day between ends (N, N), for a whole of 1: the demand between their cities, shared among a city's ends by villages' and residents' committees (S)."""
    city = network.area_city[ends.area].astype(np.int64)
    n = len(network.area_level)
    flow = network.demand.by_pair(n)
    committees = np.zeros(n)
    committees[network.areas.id] = np.maximum(network.areas.villages + network.areas.communities, 1)
    part = committees[ends.area] / np.bincount(city, committees[ends.area], minlength=n)[city]
    return np.asarray(flow[np.ix_(city, city)] * part[:, None] * part[None, :])


@dataclass(frozen=True)
class Attained:
    """How far a promise is kept: ``pairs`` with one, ``pairs_kept`` at all hours and ``volume_kept`` as shares, 0 to 1; NaN where there is none."""

    pairs: int
    pairs_kept: float
    volume_kept: float


def attained(of: Promises, chosen: NDArray[np.bool_] | None = None) -> Attained:
    """Attainment over the pairs ``chosen`` (N, N), all by default; every hour weighs the same."""
    promised = of.promised if chosen is None else of.promised & chosen[..., None]
    pairs = promised.any(axis=2)
    count, kept = int(pairs.sum()), of.kept
    whole = (~promised | kept).all(axis=2) & pairs
    weight = of.weight[..., None] * promised
    total = float(weight.sum())
    share = float((weight * kept).sum()) / total if total else float("nan")
    return Attained(count, float(whole.sum()) / count if count else float("nan"), share)


def attained_by(of: Promises, group: NDArray[np.integer], side: str) -> dict[int, Attained]:
    """Attainment by the ``group`` (N,) of the pairs' end on a ``side`` (origin, destination); of groups with a promise alone."""
    axis = {"origin": 1, "destination": 0}[side]
    promised, kept = of.promised, of.kept
    pairs = promised.any(axis=2)
    whole = (~promised | kept).all(axis=2) & pairs
    volume, volume_kept = ((of.weight * told.sum(axis=2)).sum(axis=axis) for told in (promised, kept))
    sums = [np.bincount(group, values) for values in (pairs.sum(axis=axis), whole.sum(axis=axis), volume, volume_kept)]
    return {
        int(g): Attained(int(n), float(k / n), float(v_kept / v) if v else float("nan"))
        for g, (n, k, v, v_kept) in enumerate(zip(*sums, strict=True)) if n
    }  # fmt: skip


_DAYS_BEYOND = 3
"""Days laid out after the last one on which anything promised on the first is due."""


def laid_out(network: Network, first: date) -> tuple[Timetable, Ends]:
    """The timetable, generated where there is none, and the ends of a province from a day on, for as long as its promises run."""
    made, rules = with_timetable(network, first), network.promise_rules
    longest = int(np.where(rules.calendar, rules.amount, -(-rules.amount // 24)).max(initial=0))
    return timetable(made, first, min(MOST_DAYS, longest + 1 + _DAYS_BEYOND)), ends(made)


def worst_pairs(of: Promises, most: int) -> list[tuple[int, int, int]]:
    """(origin, destination, hour) of the broken promises that come latest, each pair once; what never comes first of all, and of those that are equally late the largest flow."""
    broken = of.promised & ~of.kept
    slack = np.where(of.slack_minutes == NO_TIME, -(1 << 40), of.slack_minutes)
    slack = np.where(broken, slack, 1 << 40)
    hour = slack.argmin(axis=2)
    least = np.take_along_axis(slack, hour[..., None], axis=2)[..., 0]
    order = np.lexsort((-of.weight.ravel(), least.ravel()))[:most]
    rows = [(int(k // len(of.ends)), int(k % len(of.ends))) for k in order]
    return [(i, j, int(hour[i, j])) for i, j in rows if broken[i, j].any()]
