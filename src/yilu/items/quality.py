"""How good a feed's data is (数据质量), counted where it can be told again: cells of the cube ``quality`` by operator and local day.

What the log holds is counted of distinct events, each once however often, in whatever order and split it came: a fold adds f(new) − f(old) of
what an item's own events are. What only the door knows (how many events came in all, clocks ahead, refusals) is counted there, once for
each commit, and stays as it is when all else is made again from the log.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.items import cubes
from yilu.items.clock import day_at
from yilu.items.cubes import QUALITY, Sums
from yilu.items.schema import Events, is_constant

MOST_HOURS = 255
_RECEIVED, _EVENTS, _UNKNOWN_PLACE, _UNMAPPED, _VOIDS, _CLOCK_AHEAD, _REFUSED = (QUALITY[name][0] for name in QUALITY)
_DOOR = np.array([_RECEIVED, _CLOCK_AHEAD, _REFUSED], np.uint64)
_OTHER, _VOID, _VOID_DEPART = 240, 200, 204
_AT_ONCE = 1 << 16
_SLOT_BITS = 8
_NOTHING: NDArray[np.bool_] = np.zeros(1, np.bool_)


@njit(cache=True, nogil=True, inline="always")
def _cell(measure, day, operator):
    return (
        (np.uint64(1) << np.uint64(60))
        | (np.uint64(measure) << np.uint64(56))
        | (day << np.uint64(41))
        | (np.uint64(operator) << np.uint64(29))
    )


@njit(cache=True, nogil=True, inline="always")
def _one_more(cell, sign, codes, deltas, latest, n):
    """Add a pair, to the latest one of its cell where ``latest`` still knows that. Returns how many there are: of so few cells most are known."""
    slot = np.int64((cell * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _SLOT_BITS))
    known = latest[slot]
    if known < n and codes[known] == cell:
        deltas[known] += sign
        return n
    codes[n], deltas[n], latest[slot] = cell, sign, n
    return n + 1


@njit(cache=True, nogil=True)
def _told(at, recorded, kind, place, operator, via, passed, first, end, rules, sign, codes, deltas):
    """The pairs of the own events ``first:end`` that are not ``passed`` over; columns of length 1 hold one value for all. Returns how many."""
    of_at, of_recorded, of_kind = min(1, len(at) - 1), min(1, len(recorded) - 1), min(1, len(kind) - 1)
    of_place, of_operator, of_via = min(1, len(place) - 1), min(1, len(operator) - 1), min(1, len(via) - 1)
    of_passed = min(1, len(passed) - 1)
    latest = np.zeros(1 << _SLOT_BITS, np.int64)
    away = np.uint64(15) << np.uint64(56)
    n = np.int64(0)
    for i in range(first, end):
        if via[i * of_via] != 0 or passed[i * of_passed]:
            continue
        when = np.int64(at[i * of_at])
        cell = _cell(_EVENTS, day_at(when, rules), operator[i * of_operator])
        behind = np.int64(recorded[i * of_recorded]) - when - 1
        hours = min(MOST_HOURS, behind // 3600) if behind > 0 else 0
        n = _one_more(cell | (np.uint64(hours) << np.uint64(21)), sign, codes, deltas, latest, n)
        told = kind[i * of_kind]
        if place[i * of_place] == 0:
            n = _one_more((cell & ~away) | (np.uint64(_UNKNOWN_PLACE) << np.uint64(56)), sign, codes, deltas, latest, n)
        if told == _OTHER:
            n = _one_more((cell & ~away) | (np.uint64(_UNMAPPED) << np.uint64(56)), sign, codes, deltas, latest, n)
        elif told == _VOID or told == _VOID_DEPART:
            n = _one_more((cell & ~away) | (np.uint64(_VOIDS) << np.uint64(56)), sign, codes, deltas, latest, n)
    return n


@njit(cache=True, nogil=True)
def _came(at, operator, first, end, measure, rules, sign, codes, deltas):
    """The pairs of ``measure`` of the events ``first:end``. Returns how many."""
    of_at, of_operator = min(1, len(at) - 1), min(1, len(operator) - 1)
    latest = np.zeros(1 << _SLOT_BITS, np.int64)
    n = np.int64(0)
    for i in range(first, end):
        cell = _cell(measure, day_at(np.int64(at[i * of_at]), rules), operator[i * of_operator])
        n = _one_more(cell, sign, codes, deltas, latest, n)
    return n


def tell(batch: Events, rules: NDArray[np.uint32], sign: int, sums: Sums, passed: NDArray[np.bool_] = _NOTHING) -> None:
    """Add what the own events of ``batch`` are to ``sums``, ``sign`` times; not those ``passed`` (n,) over. Each identity once. ``rules``: packed."""
    columns = [_plain(getattr(batch, n)) for n in ("at", "recorded_at", "kind", "place", "operator", "via")]
    codes, deltas = _room(3 * min(len(batch), _AT_ONCE))
    for first in range(0, len(batch), _AT_ONCE):
        n = _told(*columns, passed, first, min(len(batch), first + _AT_ONCE), rules, sign, codes, deltas)
        sums.add(codes[:n], deltas[:n])


def came(batch: Events, rules: NDArray[np.uint32], sums: Sums) -> None:
    """Events that the door let in, with their repeats."""
    _count(_plain(batch.at), _plain(batch.operator), len(batch), _RECEIVED, rules, 1, sums)


def ahead(batch: Events, rules: NDArray[np.uint32], sums: Sums) -> None:
    """Events whose clock was ahead, by the day of their recording: that of their own time is wrong."""
    _count(_plain(batch.recorded_at), _plain(batch.operator), len(batch), _CLOCK_AHEAD, rules, 1, sums)


def refused(batch: Events, rules: NDArray[np.uint32], sums: Sums, let_in: bool = False) -> None:
    """Events that came too late to be told; ``let_in``: they had been counted as let in."""
    _count(_plain(batch.at), _plain(batch.operator), len(batch), _REFUSED, rules, 1, sums)
    if let_in:
        _count(_plain(batch.at), _plain(batch.operator), len(batch), _RECEIVED, rules, -1, sums)


def of_door(cells: cubes.Cells) -> cubes.Cells:
    """Those of the cells (in order) that the log doesn't tell again."""
    codes, counts = cubes.of_cube(cubes.BY_NAME["quality"], *cells)
    kept = np.isin((codes >> np.uint64(56)) & np.uint64(15), _DOOR)
    return codes[kept], counts[kept]


def _count(
    at: NDArray, operator: NDArray, n: int, measure: int, rules: NDArray[np.uint32], sign: int, sums: Sums
) -> None:
    codes, deltas = _room(min(n, _AT_ONCE))
    for first in range(0, n, _AT_ONCE):
        used = _came(at, operator, first, min(n, first + _AT_ONCE), measure, rules, sign, codes, deltas)
        sums.add(codes[:used], deltas[:used])


def _room(pairs: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    return np.empty(pairs, np.uint64), np.empty(pairs, np.int64)


def _plain(column: NDArray) -> NDArray:
    """The column as kernels take it: of one value alone where it holds one value throughout."""
    return column[:1].copy() if is_constant(column) else np.ascontiguousarray(column)
