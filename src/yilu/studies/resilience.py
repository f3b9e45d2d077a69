"""What a network can't lose: each facility, lane and crossing by what its loss costs, for an hour and for a day, if everybody waits and if new ways are found; and pairs of losses.

A loss is a closure, and what it costs is what ``studies.disruption`` says of it. What is on its way is grouped and given its ways once; each loss then looks only at those whom it can touch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.closures import Closure
from yilu.dispatch.connections import NEVER
from yilu.dispatch.crossings import crossing_closures
from yilu.dispatch.timetable import Timetable
from yilu.errors import InputError
from yilu.network.distance import open_crossings
from yilu.studies.courses import Courses
from yilu.studies.disruption import Study, Undisturbed, disturb
from yilu.studies.in_flight import Underway

KINDS: tuple[str, ...] = ("facility", "crossing", "lane")
"""What can be lost: 设施, 跨水通道, 线路."""
LEAST_LOAD, MOST_LOAD = 0.1, 5.0
_FROM_WORST = 30
"""Pairs are drawn from so many of the worst single losses."""


@dataclass(frozen=True)
class Loss:
    """Something that can be lost: kind of ``KINDS`` and its code."""

    kind: str
    code: str


@dataclass(frozen=True)
class Cost:
    """What losses cost that last ``hours``. Items: ``affected``; promises ``broken_waiting`` and ``broken_new_ways``, that were kept where nothing is lost; without a way until the timetable ends
    (``stuck_waiting``, ``stuck_new_ways``). Of all others, against their plan: item-hours later and yuan dearer, less than 0 where the way taken is cheaper."""

    losses: tuple[Loss, ...]
    hours: float
    affected: int
    broken_waiting: int
    broken_new_ways: int
    stuck_waiting: int
    stuck_new_ways: int
    item_hours_waiting: float
    item_hours_new_ways: float
    yuan_waiting: float
    yuan_new_ways: float

    @property
    def severity(self) -> tuple[int, int, float]:
        """What costs are ranked by: promises that break after new ways, then by waiting, then item-hours."""
        return (self.broken_new_ways, self.broken_waiting, self.item_hours_new_ways)


def loaded(underway: Underway, load: float) -> Underway:
    """What is on its way on a day with ``load`` times as much: whole items, their sum kept within one half. Raises InputError for a load that isn't within bounds."""
    if not LEAST_LOAD <= load <= MOST_LOAD:
        raise InputError("--load", f"{LEAST_LOAD} to {MOST_LOAD}", value=str(load), next_step="give the day's items as a multiple of the mean day's")  # fmt: skip
    if load == 1:
        return underway
    groups = underway.groups
    upto = np.floor(np.cumsum(groups.items * load) + 0.5).astype(np.int64)
    items = upto - np.concatenate([[0], upto[:-1]])
    return replace(underway, groups=replace(groups, items=items))


def facilities_of(usual: Undisturbed) -> list[Loss]:
    """Facilities that somebody's way leads over or begins at, by code."""
    of = usual.timetable
    used = np.zeros(of.facilities, np.bool_)
    on = np.flatnonzero(usual.loads)
    used[of.connections.source[on] % of.facilities] = used[of.connections.target[on] % of.facilities] = True
    codes = of.network.facilities.code_of_id
    return [Loss("facility", codes[int(f)]) for f in np.flatnonzero(used)]


def lanes_of(usual: Undisturbed, most: int, until: int) -> list[Loss]:
    """The ``most`` lanes that most items are planned on between the moment and the minute ``until``, busiest first; of those that tie, by row."""
    of, c = usual.timetable, usual.timetable.connections
    now = (usual.moment <= c.departs) & (c.departs < until)
    items = np.bincount(of.lane[c.row], np.where(now, usual.loads, 0), minlength=len(of.network.lanes.code))
    return [Loss("lane", str(of.network.lanes.code[k])) for k in np.lexsort((np.arange(len(items)), -items))[:most] if items[k] > 0]  # fmt: skip


def crossings_of(usual: Undisturbed) -> list[Loss]:
    """Crossings that are open at the moment and that a lane leads over."""
    of, begins = usual.timetable, int(usual.timetable.at(usual.moment))
    codes = [str(of.network.crossings.code[i]) for i in open_crossings(of.network, of.network.local_date(begins))]
    return [Loss("crossing", code) for code in codes if crossing_closures(of, code, begins, begins + 1)]


def closures_of(timetable: Timetable, loss: Loss, begins: int, ends: int) -> tuple[Closure, ...]:
    """A loss as closures from ``begins`` to ``ends`` (UTC seconds)."""
    if loss.kind == "crossing":
        return crossing_closures(timetable, loss.code, begins, ends)
    return (Closure(loss.kind, loss.code, begins, ends),)


def cost(usual: Undisturbed, losses: tuple[Loss, ...], hours: float) -> Cost:
    """What losses cost that begin together, at the moment of ``usual``, and last ``hours``."""
    begins = int(usual.timetable.at(usual.moment))
    ends = begins + round(3600 * hours)
    closures = tuple(c for loss in losses for c in closures_of(usual.timetable, loss, begins, ends))
    if not closures:
        return Cost(losses, hours, *[0] * 5, *[0.0] * 4)
    found = disturb(usual, closures, most_lanes=0)
    waiting, moved = _against_plan(found, found.waiting, True), _against_plan(found, found.moved, False)
    return Cost(
        losses, hours, found.items, found.broken(found.waiting), found.broken(found.moved), waiting[0], moved[0], waiting[1], moved[1], waiting[2], moved[2],
    )  # fmt: skip


def _against_plan(found: Study, done: Courses, whole: bool) -> tuple[int, float, float]:
    """(items without a way, item-hours later and yuan dearer of the others) of what was done. ``whole``: whether its rides hold the legs that have begun."""
    price = np.append(found.timetable.connections.cost.astype(np.int64), 0)  # the last for no ride
    plan = found.plan.only(found.affected)
    there = done.arrives < NEVER
    later = (done.arrives - plan.arrives[done.of]) * done.items
    usual = price[plan.rides]
    begun = np.arange(usual.shape[1])[None, :] < found.begun[:, None]
    rest = np.where(begun, 0, usual).sum(axis=1)
    paid = price[done.rides].sum(axis=1) - (np.where(begun, usual, 0).sum(axis=1)[done.of] if whole else 0)
    dearer = (paid - rest[done.of]) * done.items
    return int(done.items[~there].sum()), float(later[there].sum()) / 60, float(dearer[there].sum()) / 10


def costs(
    usual: Undisturbed, losses: Sequence[tuple[Loss, ...]], hours: Sequence[float], progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Cost]:  # fmt: skip
    """What each of ``losses`` costs for each of ``hours``: for the longest of ``hours`` the worst first, and with each its shorter ones, longest first."""
    lasting = sorted(set(hours), reverse=True)
    if not lasting:
        return []
    made = list[list[Cost]]()
    for n, some in enumerate(losses):
        made.append([cost(usual, some, h) for h in lasting])
        progress(n + 1, len(losses))
    made.sort(key=lambda of: of[0].severity, reverse=True)
    return [c for of in made for c in of]


def pairs(ranked: Sequence[Cost], most: int, seed: int) -> list[tuple[Loss, ...]]:
    """``most`` pairs of the worst single losses of ``ranked`` that touch anybody, drawn without repetition, each pair alike; in the order of the ranking."""
    worst = list(dict.fromkeys(c.losses[0] for c in ranked if c.affected > 0))[:_FROM_WORST]
    a, b = np.triu_indices(len(worst), 1)
    drawn: NDArray[np.int64] = np.random.default_rng(seed).choice(len(a), min(most, len(a)), replace=False)
    return [(worst[a[k]], worst[b[k]]) for k in np.sort(drawn)]
