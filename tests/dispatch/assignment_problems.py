"""Small days to assign, and the same as a time-expanded network of arcs, written out in absolute time from the same plain words and solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from yilu.dispatch.assignment.problem import AssignmentProblem, Commodities, Events, Sweeps

DAY, INNER, ENDS = 1440, 2, 3
"""Facilities 0 and 1 sort; 2, 3 and 4 are ends."""
HOLDING, LATE_DAYS = 0.002, 1


@dataclass(frozen=True)
class Departure:
    """A ride, each day: from and to a facility, minute, minutes, items it takes, yuan an item, and whether goods kept from it may not ride."""

    source: int
    target: int
    minute: int
    minutes: int
    room: float
    cost: float
    barred: bool


@dataclass(frozen=True)
class Wave:
    """A sort wave, each day: facility, cut-off minute, minutes until all is sorted, items it takes."""

    facility: int
    minute: int
    minutes: int
    room: float


@dataclass(frozen=True)
class Wanted:
    """Items, each day: from an end at a minute to another by a day and minute."""

    origin: int
    slot: int
    destination: int
    due_day: int
    due: int
    kept: bool
    items: float


@dataclass(frozen=True)
class Day:
    """All of it."""

    departures: tuple[Departure, ...]
    waves: tuple[Wave, ...]
    wanted: tuple[Wanted, ...]


_ends, _inner = st.integers(INNER, INNER + ENDS - 1), st.integers(0, INNER - 1)
_minute, _room = st.integers(0, 23).map(lambda h: 60 * h + 7), st.integers(0, 6).map(float)
_cost = st.integers(0, 8).map(lambda c: c / 4)
_way = st.one_of(st.tuples(_ends, _inner), st.tuples(_inner, _ends), st.sampled_from([(0, 1), (1, 0)]))
_departure = st.builds(lambda w, *rest: Departure(*w, *rest), _way, _minute, st.integers(30, 900), _room, _cost, st.integers(0, 3).map(lambda n: n == 0))  # fmt: skip
_wave = st.builds(Wave, _inner, _minute, st.integers(1, 300), st.integers(1, 9).map(float))
_wanted = st.builds(Wanted, _ends, _minute, _ends, st.integers(0, 2), _minute, st.booleans(), st.integers(1, 5).map(float)).filter(lambda w: w.origin != w.destination)  # fmt: skip


def days(most_wanted: int = 6) -> st.SearchStrategy[Day]:
    """Days with ways in and out of both sorting facilities, so that there is something to assign, and with too little room."""
    fixed = tuple(
        Departure(a, b, 60 * h, 60, float(r), 0.5, False)
        for a, b, h, r in ((2, 0, 9, 4), (3, 0, 10, 4), (4, 1, 11, 4), (0, 2, 15, 3), (0, 3, 16, 4), (1, 4, 14, 3), (0, 1, 18, 3), (1, 0, 20, 3))
    )  # fmt: skip
    waves = (Wave(0, 13 * 60, 45, 6.0), Wave(0, 23 * 60, 45, 6.0), Wave(1, 12 * 60, 60, 5.0))
    return st.builds(
        lambda d, w, x: Day((*fixed, *d), (*waves, *{(a.facility, a.minute): a for a in w if (a.facility, a.minute) not in ((0, 780), (0, 1380), (1, 720))}.values()), tuple(x)),
        st.lists(_departure, max_size=8), st.lists(_wave, max_size=3), st.lists(_wanted, min_size=1, max_size=most_wanted),
    )  # fmt: skip


def _first(times: list[tuple[int, int]], minute: int) -> tuple[int, int]:
    """(number, days later) of the first of (minute of the day, number) at or after a minute counted from the day's beginning."""
    for later in range(minute // DAY, minute // DAY + 2):
        for when, number in sorted(times):
            if when + DAY * later >= minute:
                return number, later
    return -1, 0


def problem(day: Day) -> AssignmentProblem:
    """The day as a problem: events in the order of their minutes."""
    d, w = day.departures, day.waves
    minutes = [x.minute for x in d] + [x.minute for x in w]
    order = sorted(range(len(minutes)), key=lambda i: (minutes[i], i))
    number = {i: n for n, i in enumerate(order)}
    out = {name: np.full(len(order), -1, np.int32) for name in ("then", "end", "arrives", "wait")}
    days_, over, gap = (np.zeros(len(order), np.int32) for _ in range(3))
    at = {f: [(d[i].minute, number[i]) for i in range(len(d)) if d[i].source == f] for f in range(INNER + ENDS)}
    cut = {f: [(w[i].minute, number[len(d) + i]) for i in range(len(w)) if w[i].facility == f] for f in range(INNER)}
    for i, x in enumerate(d):
        n = number[i]
        if x.target < INNER:
            out["then"][n], days_[n] = _first(cut[x.target], x.minute + x.minutes)
        else:
            out["end"][n], out["arrives"][n] = x.target, x.minute + x.minutes
    for i, x in enumerate(w):
        n = number[len(d) + i]
        out["then"][n], days_[n] = _first(at[x.facility], x.minute + x.minutes)
    for chain in (*at.values(), *cut.values()):
        ordered = sorted(chain)
        for (minute, n), (next_minute, m) in zip(ordered, ordered[1:] + ordered[:1], strict=True):
            out["wait"][n] = m
            over[n] = m <= n
            gap[n] = next_minute - minute + DAY * over[n]
    cost = np.array([x.cost for x in d] + [0.0] * len(w))[order]
    rows = np.array(order, np.int32)
    events = Events(np.array(minutes, np.int32)[order], rows, cost, out["then"], days_, out["end"], out["arrives"], out["wait"], over, gap)  # fmt: skip
    room = np.array([x.room for x in d] + [x.room for x in w])
    usable = np.ones((2, len(order)), np.bool_)
    usable[1, [number[i] for i, x in enumerate(d) if x.barred]] = False
    keys = sorted({(x.destination, x.due, int(x.kept)) for x in day.wanted})
    sweep = [keys.index((x.destination, x.due, int(x.kept))) for x in day.wanted]
    start = [_first(at[x.origin], x.slot) for x in day.wanted]
    fixed = [np.array(column, np.int32) for column in (sweep, [s[0] for s in start], [s[1] for s in start], [x.due_day for x in day.wanted], [x.origin for x in day.wanted], [x.slot for x in day.wanted])]  # fmt: skip
    items = np.array([x.items for x in day.wanted])
    commodities = Commodities(fixed[0], items, *fixed[1:])
    return AssignmentProblem(events, Sweeps(*(np.array(c, np.int32) for c in zip(*keys, strict=True))), commodities, usable, room, LATE_DAYS, HOLDING)  # fmt: skip


def exact(day: Day, whole: bool = False) -> tuple[float, float, float]:
    """Least items spilled, then late, then yuan. One variable for each item stream on each arc in absolute time, as a share of its items; ``whole``: 0 or 1."""
    arcs: list[tuple[int, object, object, int, float, float]] = []  # commodity, from, to, row, late, yuan
    nd = len(day.departures)
    for k, x in enumerate(day.wanted):
        due = x.due_day * DAY + x.due
        until = due + LATE_DAYS * DAY
        horizon = range(until // DAY + 1)
        docks = {f: sorted({(n * DAY + d.minute) for n in horizon for d in day.departures if d.source == f}) for f in range(INNER + ENDS)}  # fmt: skip
        cuts = {f: sorted({(n * DAY + w.minute) for n in horizon for w in day.waves if w.facility == f}) for f in range(INNER)}  # fmt: skip

        def entry(kind: str, times: list[int], f: int, minute: int) -> object:
            return next(((kind, f, t) for t in times if t >= minute), "lost")

        arcs.append((k, "door", "done", -2, 0.0, 0.0))
        arcs.append((k, "door", entry("dock", docks[x.origin], x.origin, x.slot), -1, 0.0, 0.0))
        for kind, times in (("dock", docks), ("cut", cuts)):
            for f, at in times.items():
                arcs += [(k, (kind, f, a), (kind, f, b), -1, 0.0, HOLDING * (b - a)) for a, b in pairwise(at)]
        for n in horizon:
            for i, d in enumerate(day.departures):
                if d.barred and x.kept:
                    continue
                leaves = n * DAY + d.minute
                there = leaves + d.minutes
                if d.target < INNER:
                    arcs.append(
                        (k, ("dock", d.source, leaves), entry("cut", cuts[d.target], d.target, there), i, 0.0, d.cost)
                    )
                elif d.target == x.destination and there <= until:
                    arcs.append((k, ("dock", d.source, leaves), "done", i, float(there > due), d.cost))
            for i, w in enumerate(day.waves):
                cut = n * DAY + w.minute
                arcs.append(
                    (
                        k,
                        ("cut", w.facility, cut),
                        entry("dock", docks[w.facility], w.facility, cut + w.minutes),
                        nd + i,
                        0.0,
                        0.0,
                    )
                )
    nodes: dict[object, int] = {}
    balance: list[tuple[int, int, float]] = []
    load: list[tuple[int, int, float]] = []
    for a, (k, tail, head, row, _, _) in enumerate(arcs):
        for node, sign in ((tail, -1.0), (head, 1.0)):
            if node != "lost":
                balance.append((nodes.setdefault((k, node), len(nodes)), a, sign))
            elif node == "lost":
                balance.append((nodes.setdefault("lost", len(nodes)), a, 1.0))
        if row >= 0:
            load.append((row, a, day.wanted[k].items))
    wants = np.zeros(len(nodes))
    for k in range(len(day.wanted)):
        wants[nodes[(k, "door")]], wants[nodes[(k, "done")]] = -1.0, 1.0

    def matrix(of: list[tuple[int, int, float]], rows: int) -> object:
        r, c, v = (
            (np.array(x) for x in zip(*of, strict=True)) if of else (np.empty(0, int), np.empty(0, int), np.empty(0))
        )
        return coo_matrix((v, (r, c)), shape=(rows, len(arcs))).tocsr()

    room = np.array([d.room for d in day.departures] + [w.room for w in day.waves])
    rules = [
        LinearConstraint(matrix(balance, len(nodes)), wants, wants),
        LinearConstraint(matrix(load, len(room)), -np.inf, room),
    ]
    items = np.array([day.wanted[a[0]].items for a in arcs])
    aims = [items * [float(a[3] == -2) for a in arcs], items * [a[4] for a in arcs], items * [a[5] for a in arcs]]
    found = list[float]()
    for aim in aims:
        best = milp(
            aim,
            constraints=rules,
            bounds=Bounds(0, 1),
            integrality=np.full(len(arcs), int(whole)),
            options={"mip_rel_gap": 0},
        )
        assert best.success, best.message
        found.append(float(best.fun))
        rules.append(LinearConstraint(aim[None, :], -np.inf, best.fun + 1e-6))
    return found[0], found[1], found[2]
