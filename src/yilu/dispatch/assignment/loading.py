"""Items loaded part by part within what room is left, and what finds none sent the cheapest way that has some: plans that keep every capacity exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.dispatch.assignment.pricing import Prices, Sorted, journeys
from yilu.dispatch.assignment.problem import AssignmentProblem, Floats, Ints, summed
from yilu.dispatch.assignment.smoothing import Parts

_ROUNDS = 24
_DEARER = (1.0, 1.1, 1.25, 1.5, 2.0, 4.0, 16.0, np.inf)
"""Times the price of spilling up to which ways are taken for what is left, one after another."""
_FULL = 1e-9
"""A row with less than so much of its capacity left is full."""


@dataclass(frozen=True)
class Flows:
    """Items on journeys. Paths (P,): ``commodity``, ``items``, ``late`` (bool), ``cost`` yuan an item, ``first`` (P + 1,) of its events among ``events`` (U,), in order."""

    commodity: Ints
    items: Floats
    late: NDArray[np.bool_]
    cost: Floats
    first: NDArray[np.int64]
    events: Ints

    def __len__(self) -> int:
        return len(self.commodity)

    @property
    def path_of_use(self) -> NDArray[np.int64]:
        """The path (U,) of each use of an event."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def loads(self, of: AssignmentProblem) -> Floats:
        """Items on each row of capacity (R,)."""
        row, items = of.events.row[self.events], self.items[self.path_of_use]
        return summed(row[row >= 0], items[row >= 0], len(of.capacity))

    def carried(self, of: AssignmentProblem) -> Floats:
        """Items of each commodity that are carried (K,)."""
        return summed(self.commodity, self.items, len(of.commodities))


def flows(commodity: Ints, items: Floats, late: NDArray, cost: Floats, steps: Ints, length: Ints) -> Flows:
    """Paths with items on them, from rows of ``steps`` (P, S) of which ``length`` (P,) count; equal paths of a commodity become one."""
    kept = np.flatnonzero(items > 0)
    commodity, items, late, cost = commodity[kept], items[kept], late[kept], cost[kept]
    steps, length = steps[kept], length[kept]
    inside = np.arange(steps.shape[1]) < length[:, None]
    # Paths are told apart by two sums of random words, one for each event at each place in the row.
    words = np.random.default_rng(0).integers(1, 1 << 62, (2, int(steps[inside].max(initial=0)) + 1), np.int64)
    turn = np.random.default_rng(1).integers(1, 1 << 31, steps.shape[1], np.int64) | 1
    with np.errstate(over="ignore"):
        sums = [(np.where(inside, w[np.where(inside, steps, 0)], 0) * turn).sum(axis=1) for w in words]
    key = np.stack([commodity.astype(np.int64), late.astype(np.int64), *sums], axis=1)
    _, where, number = np.unique(key, axis=0, return_index=True, return_inverse=True)
    of_path = summed(number.ravel(), items, len(where))
    dear = summed(number.ravel(), items * cost, len(where)) / of_path if len(where) else np.empty(0)
    steps, length = steps[where], length[where]
    first = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    return Flows(commodity[where], of_path, late[where].astype(np.bool_), dear, first, steps[np.arange(steps.shape[1]) < length[:, None]])  # fmt: skip


def nothing() -> Flows:
    """No items on no journey."""
    none = np.empty(0, np.int32)
    return Flows(none, np.empty(0), np.empty(0, np.bool_), np.empty(0), np.zeros(1, np.int64), none)


def loaded(of: AssignmentProblem, order: Sorted, planned: Parts, prices: Prices, seed: int, whole: bool = False, spare: float = 0.0) -> Flows:  # fmt: skip
    """A plan from ``planned`` parts: each in its turn, drawn by ``seed``, as far as there is room; then what is left of each commodity by the cheapest way with room, in rounds.

    ``spare``: so many items may stay where every way costs more than spilling is priced; if more are left, dearer ways are taken. ``whole``: only all of a commodity at once (its parts must be one).
    """
    draw = np.random.default_rng(seed)
    left, wanted = of.capacity.copy(), of.commodities.items.copy()
    taken = [_turn(of, planned, draw.permutation(len(planned)), planned.items, left, wanted, whole)]
    found = [planned]
    for batch in _batches(wanted, whole):
        for dearer in (np.inf,) if whole else _DEARER:
            for _ in range(_ROUNDS):
                asked = np.where(batch, wanted, 0.0)
                beyond = float(asked.sum()) - (spare if dearer > 1 else 0.0)
                if beyond <= 1e-9 * of.items:
                    break
                asked *= min(1.0, beyond / float(asked.sum()))
                at = replace(prices, spill=np.inf if dearer == np.inf else dearer * prices.spill)
                more = _around(of, order, asked, at, left, float(asked.max()) if whole else 0.0)
                items = _turn(of, more, draw.permutation(len(more)), asked[more.commodity], left, wanted, whole)
                taken.append(items)
                found.append(more)
                if items.sum() <= (0.0 if whole else 1e-6 * of.items):
                    break
    return _together(found, taken)


def _batches(wanted: Floats, whole: bool) -> list[NDArray[np.bool_]]:
    """Commodities that are loaded together: all, or where they go whole those of like size, the largest first."""
    if not whole:
        return [wanted > 0]
    size = np.where(wanted > 0, np.ceil(np.log2(np.maximum(wanted, 1e-9)) * 2), -np.inf)
    return [size == s for s in np.unique(size[np.isfinite(size)])[::-1]]


def _around(of: AssignmentProblem, order: Sorted, asked: Floats, prices: Prices, left: Floats, least: float) -> Parts:
    """The cheapest journeys of what is asked (K,), over rows with more room left than ``least`` and than next to nothing."""
    rows = np.where((left > _FULL * of.capacity) & (left >= least), prices.rows, np.inf)
    some = np.flatnonzero(asked > 0)
    smaller = of.of_commodities(some)
    place = np.full(len(asked), -1, np.int64)
    place[some] = np.arange(len(some))
    mine = place[order.order]
    first = np.concatenate([[0], np.cumsum(mine >= 0)])[order.first]
    j = journeys(smaller, Sorted(mine[mine >= 0], first.astype(np.int64), order.lead), replace(prices, rows=rows))  # fmt: skip
    go = np.flatnonzero(~j.spilled & np.isfinite(j.value))
    return Parts(some[go].astype(np.int32), smaller.commodities.items[go], j.steps[go], j.length[go], j.late[go].astype(np.float64), j.cost[go])  # fmt: skip


def _turn(of: AssignmentProblem, parts: Parts, turn: NDArray[np.int64], asked: Floats, left: Floats, wanted: Floats, whole: bool) -> Floats:  # fmt: skip
    """Items (P,) of each part that are loaded, one after another; ``left`` (R,) and ``wanted`` (K,) fall by them."""
    items = np.zeros(len(parts))
    _load(turn, parts.commodity, asked, parts.steps, parts.length, of.events.row, left, wanted, whole, items)
    return items


@njit(cache=True, nogil=True)
def _load(turn, commodity, asked, steps, length, row, left, wanted, whole, items):
    for p in turn:
        k = commodity[p]
        take = min(asked[p], wanted[k])
        most = take
        for i in range(length[p]):
            r = row[steps[p, i]]
            if r < 0:
                continue
            # A journey of several days may load one row more than once.
            times = 0
            for j in range(length[p]):
                times += row[steps[p, j]] == r
            most = min(most, left[r] / times)
        if most <= 0 or (whole and most < take * (1 - 1e-12)):
            continue
        items[p] = most
        wanted[k] -= most
        for i in range(length[p]):
            r = row[steps[p, i]]
            if r >= 0:
                left[r] = max(0.0, left[r] - most)


def _together(found: list[Parts], taken: list[Floats]) -> Flows:
    """All that was loaded, as paths."""
    widest = max(p.steps.shape[1] for p in found)
    steps = np.concatenate([np.pad(p.steps, ((0, 0), (0, widest - p.steps.shape[1]))) for p in found])
    joined = [np.concatenate([getattr(p, name) for p in found]) for name in ("commodity", "late", "cost", "length")]
    commodity, late, cost, length = joined
    return flows(commodity, np.concatenate(taken), late > 0, cost, steps, length)
