"""The cheapest journey of every commodity at given prices: one look back over the days for each end and due minute, then along the best events.

W[n, e] = min(cost + price + W[n + then_days, then], W[n, wait] + holding), from the last day to the first. Of equal ways the one of fewer events stands, then the one
that uses the event. Sweeps are shared among the cores, each writes what is its own, and sums are made in one order: the number of threads changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from yilu.dispatch.assignment.problem import DAY, MOST_STEPS, AssignmentProblem, Floats, Ints
from yilu.errors import InputError

_BLOCKS = 8
"""So many blocks of sweeps are shared among the cores."""


@dataclass(frozen=True)
class Prices:
    """What a journey costs: ``rows`` (R,) an item that loads each, ``spill`` an item spilled, ``late`` an item that comes late, ``cost`` a yuan of events and of holding."""

    rows: Floats
    spill: float
    late: float
    cost: float


@dataclass(frozen=True)
class Journeys:
    """The cheapest journey of each commodity. ``value`` (K,): its price, that of spilling where none is cheaper; ``spilled``, ``late`` (K,).

    ``steps`` (K, S), ``length`` (K,): the events that it uses, in order; none where spilled. ``cost`` (K,): yuan an item, holding included.
    """

    value: Floats
    spilled: NDArray[np.bool_]
    late: NDArray[np.bool_]
    cost: Floats
    steps: Ints
    length: Ints

    def uses(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(commodity, event) of every use (U,), by commodity and in the order of each journey."""
        row, column = np.nonzero(np.arange(self.steps.shape[1]) < self.length[:, None])
        return row, self.steps[row, column].astype(np.int64)


@dataclass(frozen=True)
class Sorted:
    """Commodities by sweep: ``order`` (K,), those of sweep g from ``first[g]`` to ``first[g + 1]`` (G + 1,); ``lead`` (G,) days before the due one."""

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    lead: NDArray[np.int64]


def by_sweep(of: AssignmentProblem) -> Sorted:
    """The commodities of a problem in the order in which they are priced."""
    count = np.bincount(of.commodities.sweep, minlength=len(of.sweeps))
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Sorted(np.argsort(of.commodities.sweep, kind="stable").astype(np.int64), first, of.lead)


def journeys(of: AssignmentProblem, order: Sorted, prices: Prices) -> Journeys:
    """The cheapest journeys at some prices. Raises InputError where one uses more than MOST_STEPS events."""
    k = len(of.commodities)
    steps, length = np.empty((k, MOST_STEPS), np.int32), np.zeros(k, np.int32)
    value, cost = np.empty(k), np.zeros(k)
    spilled, late = np.zeros(k, np.bool_), np.zeros(k, np.bool_)
    _price(*_arguments(of, order, prices), value, cost, spilled, late, steps, length)
    if length.max(initial=0) >= MOST_STEPS:
        raise InputError("assignment", f"journeys of fewer than {MOST_STEPS} departures and waves", row=int(length.argmax()) + 1, next_step="give events a cost, or promise less time")  # fmt: skip
    return Journeys(value, spilled, late, cost, steps[:, : max(1, int(length.max(initial=1)))], length)


def values(of: AssignmentProblem, order: Sorted, prices: Prices) -> Floats:
    """What the cheapest journey of each commodity costs at some prices (K,), spilling included; the journeys themselves aren't told."""
    k = len(of.commodities)
    value, none = np.empty(k), np.empty((0, 0), np.int32)
    nothing = np.empty(0, np.bool_)
    _price(*_arguments(of, order, prices), value, np.empty(0), nothing, nothing, none, np.empty(0, np.int32))
    return value


def _arguments(of: AssignmentProblem, order: Sorted, prices: Prices) -> tuple[object, ...]:
    e, c, s = of.events, of.commodities, of.sweeps
    priced = np.append(prices.rows, 0.0)[e.row] + prices.cost * e.cost
    return (
        e.then, e.then_days, e.end, e.arrives, e.wait, e.wait_days, e.wait_minutes, e.cost, priced, of.usable, s.end, s.due, s.kind, order.lead,
        order.order, order.first, c.start, c.start_days, c.days, of.late_days, of.holding, prices.spill, prices.late, prices.cost,
    )  # fmt: skip


@njit(cache=True, nogil=True, parallel=True)
def _price(then, then_days, end, arrives, wait, wait_days, wait_minutes, own_cost, priced, usable, sweep_end, sweep_due, sweep_kind, lead, order, first, start, start_days, days, late_days, holding, spill, late_price, cost_price, value, cost, spilled, late, steps, length):  # fmt: skip
    """Fill ``value`` (K,), and where ``steps`` has room the journeys."""
    n_events, told = len(then), len(length) > 0
    # Room for each block of sweeps once: made anew for each sweep it would cost more than the sweep.
    for block in prange(_BLOCKS):
        days_at_most = lead.max() + late_days + 1
        w = np.empty((days_at_most, n_events))
        fewest, uses = np.empty(w.shape, np.int16), np.empty(w.shape, np.bool_)
        for g in range(block, len(sweep_end), _BLOCKS):
            if first[g] == first[g + 1]:
                continue
            last = lead[g] + late_days
            place, kind = sweep_end[g], sweep_kind[g]
            due = lead[g] * DAY + sweep_due[g]
            until = due + late_days * DAY
            for n in range(last, -1, -1):
                for e in range(n_events - 1, -1, -1):
                    best, count = np.inf, np.int16(0)
                    if usable[kind, e]:
                        if end[e] >= 0:
                            if end[e] == place:
                                there = n * DAY + arrives[e]
                                if there <= due:
                                    best, count = priced[e], np.int16(1)
                                elif there <= until:
                                    best, count = priced[e] + late_price, np.int16(1)
                        elif then[e] >= 0 and n + then_days[e] <= last:
                            best = priced[e] + w[n + then_days[e], then[e]]
                            count = fewest[n + then_days[e], then[e]] + np.int16(1)
                    uses[n, e] = True
                    if wait[e] >= 0 and n + wait_days[e] <= last:
                        m = n + wait_days[e]
                        held = w[m, wait[e]] + holding * cost_price * wait_minutes[e]
                        if held < best or (held == best and fewest[m, wait[e]] < count):
                            best, count = held, fewest[m, wait[e]]
                            uses[n, e] = False
                    w[n, e] = best
                    fewest[n, e] = count
            for i in range(first[g], first[g + 1]):
                k = order[i]
                n, e = lead[g] - days[k] + start_days[k], start[k]
                here = w[n, e] if e >= 0 and n <= last else np.inf
                value[k] = min(here, spill)
                if not told:
                    continue
                if here >= spill:
                    spilled[k] = True
                    continue
                total, used = 0.0, 0
                while used < steps.shape[1]:
                    while not uses[n, e]:
                        total += holding * wait_minutes[e]
                        n, e = n + wait_days[e], wait[e]
                    total += own_cost[e]
                    steps[k, used] = e
                    used += 1
                    if end[e] >= 0:
                        late[k] = n * DAY + arrives[e] > due
                        break
                    n, e = n + then_days[e], then[e]
                cost[k] = total
                length[k] = used
