"""Journeys that spread: each item takes the cheaper way more often than the dearer one, the more so the lower the temperature. The price of a journey is then smooth in the prices.

At each event an item uses it or waits with the odds exp(-(use - wait) / temperature), and spills with the like odds, so that its value is the soft minimum w = use - t·log(1 + exp((use - wait) / t)),
never above the least price and below it by the temperature times the entropy of what it does. So the smoothed dual is concave with the expected loads as its gradient, and where it is greatest these
loads keep within the room: a plan without any averaging (Nesterov 2005, Smooth minimization of non-smooth functions; in traffic, Dial 1971). Sweeps are as in ``pricing``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p

import numpy as np
from numba import njit, prange

from yilu.dispatch.assignment.pricing import Prices, Sorted
from yilu.dispatch.assignment.problem import DAY, MOST_STEPS, AssignmentProblem, Floats, Ints

_BLOCKS = 8
_MOST_PARTS = 1024
_NOTHING = 1e-6
"""A part of so little of its commodity isn't worth a journey: what is left goes with it."""
_CERTAIN = 25.0
"""Differences of so many temperatures decide for sure."""


@dataclass(frozen=True)
class Spread:
    """What spreading items do at some prices: ``value`` of all of them; ``loads`` (R,), items ``spilled`` and ``late``, and the yuan that it costs."""

    value: float
    loads: Floats
    spilled: float
    late: float
    cost: float


@dataclass(frozen=True)
class Parts:
    """Items of commodities in parts that each take one journey (P,): ``commodity``, ``items``; ``steps`` (P, S), ``length``: the events used; ``late``; ``cost`` yuan an item."""

    commodity: Ints
    items: Floats
    steps: Ints
    length: Ints
    late: Floats
    cost: Floats

    def __len__(self) -> int:
        return len(self.commodity)


def spread(of: AssignmentProblem, order: Sorted, prices: Prices, temperature: float) -> Spread:
    """What items do at some prices and a temperature (yuan, above 0)."""
    loads, sums = np.zeros((len(of.sweeps), len(of.capacity))), np.zeros((len(of.sweeps), 4))
    none, empty = np.empty(0, np.int64), np.empty(0)
    _spread(*_arguments(of, order, prices), temperature, loads, sums, none, none, empty, np.empty((0, 0), np.int32), np.empty(0, np.int32), empty, empty)  # fmt: skip
    value, spilled, late, cost = sums.sum(axis=0)
    return Spread(float(value), loads.sum(axis=0), float(spilled), float(late), float(cost))


def parts(of: AssignmentProblem, order: Sorted, prices: Prices, temperature: float) -> Parts:
    """The same as journeys with items on them, which together load every row as the spread does: what goes to one end is a flow, and is taken apart into its paths, the widest first.

    The last of ``_MOST_PARTS`` of a commodity takes what is left of it.
    """
    k, given = len(of.commodities), _arguments(of, order, prices)
    loads, sums = np.zeros((len(of.sweeps), len(of.capacity))), np.zeros((len(of.sweeps), 4))
    made, first, empty = np.zeros(k, np.int64), np.zeros(k + 1, np.int64), np.empty(0)
    _spread(*given, temperature, loads, sums, made, first, empty, np.empty((0, 0), np.int32), np.empty(0, np.int32), empty, empty)  # fmt: skip
    first[1:] = np.cumsum(made)
    n = int(first[-1])
    steps, length, items, late, cost = np.empty((n, MOST_STEPS), np.int32), np.zeros(n, np.int32), np.zeros(n), np.zeros(n), np.zeros(n)  # fmt: skip
    _spread(*given, temperature, loads, sums, np.zeros(k, np.int64), first, items, steps, length, late, cost)
    commodity = np.repeat(np.arange(k), made)
    kept = (items > 0) & (length > 0)
    return Parts(commodity[kept].astype(np.int32), items[kept], steps[kept], length[kept], late[kept], cost[kept])


def _arguments(of: AssignmentProblem, order: Sorted, prices: Prices) -> tuple[object, ...]:
    e, c, s = of.events, of.commodities, of.sweeps
    priced = np.append(prices.rows, 0.0)[e.row] + prices.cost * e.cost
    return (
        e.then, e.then_days, e.end, e.arrives, e.wait, e.wait_days, e.wait_minutes, e.cost, priced, e.row, of.usable, s.end, s.due, s.kind, order.lead,
        order.order, order.first, c.start, c.start_days, c.days, c.items, of.late_days, of.holding, prices.spill, prices.late, prices.cost,
    )  # fmt: skip


@njit(cache=True, nogil=True, parallel=True)
def _spread(then, then_days, end, arrives, wait, wait_days, wait_minutes, own_cost, priced, row, usable, sweep_end, sweep_due, sweep_kind, lead, order, first, start, start_days, days, items, late_days, holding, spill, late_price, cost_price, temperature, loads, sums, made, part_first, part_items, steps, length, part_late, part_cost):  # fmt: skip
    """Fill ``loads`` (G, R) and ``sums`` (G, 4): value, spilled, late, cost. Where ``made`` (K,), zeros, is given, it tells how many parts each commodity has; these too where there is room for them."""
    n_events = len(then)
    # Room for each block of sweeps once: made anew for each sweep it would cost more than the sweep.
    for block in prange(_BLOCKS):
        days_at_most = lead.max() + late_days + 1
        w = np.empty((days_at_most, n_events))
        odds, flow = np.empty_like(w), np.empty_like(w)
        for g in range(block, len(sweep_end), _BLOCKS):
            if first[g] == first[g + 1]:
                continue
            last = lead[g] + late_days
            flow[: last + 1] = 0.0
            place, kind = sweep_end[g], sweep_kind[g]
            due = lead[g] * DAY + sweep_due[g]
            until = due + late_days * DAY
            for n in range(last, -1, -1):
                for e in range(n_events - 1, -1, -1):
                    use, held = np.inf, np.inf
                    if usable[kind, e]:
                        if end[e] >= 0:
                            if end[e] == place:
                                there = n * DAY + arrives[e]
                                if there <= due:
                                    use = priced[e]
                                elif there <= until:
                                    use = priced[e] + late_price
                        elif then[e] >= 0 and n + then_days[e] <= last:
                            use = priced[e] + w[n + then_days[e], then[e]]
                    if wait[e] >= 0 and n + wait_days[e] <= last:
                        held = w[n + wait_days[e], wait[e]] + holding * cost_price * wait_minutes[e]
                    w[n, e], odds[n, e] = _soft(use, held, temperature)
            share = np.zeros(first[g + 1] - first[g])
            for i in range(first[g], first[g + 1]):
                k = order[i]
                n, e = lead[g] - days[k] + start_days[k], start[k]
                here = w[n, e] if e >= 0 and n <= last else np.inf
                value, carried = _soft(here, spill, temperature)
                share[i - first[g]] = carried
                sums[g, 0] += items[k] * value
                sums[g, 1] += items[k] * (1 - carried)
                if carried > 0:
                    flow[n, e] += items[k] * carried
            for n in range(last + 1):
                for e in range(n_events):
                    here = flow[n, e]
                    if here <= 0:
                        continue
                    used = here * odds[n, e]
                    if used > 0:
                        if row[e] >= 0:
                            loads[g, row[e]] += used
                        sums[g, 3] += used * own_cost[e]
                        if end[e] < 0:
                            flow[n + then_days[e], then[e]] += used
                        elif n * DAY + arrives[e] > due:
                            sums[g, 2] += used
                    if used < here:
                        flow[n + wait_days[e], wait[e]] += here - used
                        sums[g, 3] += (here - used) * holding * wait_minutes[e]
            if len(made) == 0:
                continue
            # Parts: ``w`` is free for what is left to use an event, ``flow`` then for what is left to wait there.
            for n in range(last + 1):
                for e in range(n_events):
                    w[n, e] = flow[n, e] * odds[n, e]
                    flow[n, e] -= w[n, e]
            for i in range(first[g], first[g + 1]):
                k = order[i]
                left = items[k] * share[i - first[g]]
                while left > 0 and made[k] < _MOST_PARTS:
                    n, e = lead[g] - days[k] + start_days[k], start[k]
                    size = left
                    while True:
                        if _wider(odds[n, e], w[n, e], flow[n, e]):
                            size = min(size, w[n, e])
                            if end[e] >= 0:
                                break
                            n, e = n + then_days[e], then[e]
                        else:
                            size = min(size, flow[n, e])
                            n, e = n + wait_days[e], wait[e]
                    p = part_first[k] + made[k]
                    made[k] += 1
                    if made[k] == _MOST_PARTS or size <= _NOTHING * items[k]:
                        size = left
                    left -= size
                    n, e = lead[g] - days[k] + start_days[k], start[k]
                    total, used_events = 0.0, 0
                    while used_events < MOST_STEPS:
                        if not _wider(odds[n, e], w[n, e], flow[n, e]):
                            flow[n, e] -= size
                            total += holding * wait_minutes[e]
                            n, e = n + wait_days[e], wait[e]
                            continue
                        w[n, e] -= size
                        total += own_cost[e]
                        if len(length):
                            steps[p, used_events] = e
                        used_events += 1
                        if end[e] >= 0:
                            if len(length):
                                part_items[p], part_cost[p], length[p] = size, total, used_events
                                part_late[p] = 1.0 if n * DAY + arrives[e] > due else 0.0
                            break
                        n, e = n + then_days[e], then[e]


@njit(cache=True, nogil=True, inline="always")
def _wider(odds, using, waiting):
    """Whether more of a flow is left to use an event than to wait there; certain odds leave no choice."""
    return odds >= 1 or (odds > 0 and using >= waiting)


@njit(cache=True, nogil=True)
def _soft(one, other, temperature):
    """The soft minimum of two prices, and how often the first is taken."""
    if one == np.inf:
        return other, 0.0
    if other == np.inf:
        return one, 1.0
    apart = (one - other) / temperature
    if apart > _CERTAIN:
        return other, 0.0
    if apart < -_CERTAIN:
        return one, 1.0
    ratio = exp(apart)
    return one - temperature * log1p(ratio), 1.0 / (1.0 + ratio)
