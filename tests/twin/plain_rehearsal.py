"""A rehearsal by the plainest means: lists and a loop over minutes, and small random stages to hold the kernel against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from yilu.twin.rehearsal.moving import Manners, Moving
from yilu.twin.rehearsal.onward import Onward
from yilu.twin.rehearsal.stage import UNBOUNDED, Departures, Sorting, Stage

F, N, SPAN = 4, 2, 200
"""Facilities, ends (the courier sides of facilities 2 and 3), minutes in which anything departs."""


def moved_plainly(of: Stage, items: Moving, manners: Manners, table: Onward) -> dict[str, Any]:
    """Rides (item, connection) in order, arrivals and ends of handling by item, and Counters of what was left behind by departures and waves."""
    d, s = of.departures, of.sorting
    plan = {i: [int(r) for r in items.rides[items.first[w] : items.first[w + 1]]] for i, w in enumerate(items.way)}
    queues, cargo, ready = defaultdict[Any, list](list), defaultdict[Any, list](list), defaultdict[Any, list](list)
    in_slot, behind, slot_behind, busy = Counter(), Counter(), Counter(), defaultdict(float)  # type: ignore[var-annotated]
    rides, arrived, handled, missed = [], dict[int, int](), dict[int, int](), Counter()  # type: ignore[var-annotated]
    strays, place, came = set[int](), dict[int, int](), dict[int, int]()

    def handle(f: int, at: int) -> int | None:
        while True:
            if at >= of.minutes:
                return None
            h, begin, end = s.handling[f], s.first_slot[f], s.first_slot[f + 1]
            taken = int(s.taken_in[h, at])
            if s.in_waves[h]:
                fits = [k for k in range(begin, end) if s.slot_minute[k] >= taken and in_slot[k] < s.slot_room[k]]
                if not fits:
                    return None
                begun = int(s.slot_minute[fits[0]])
            else:
                begun = max(taken, busy[f])  # type: ignore[assignment]
            out = max(int(begun) + int(s.takes[h]), at + 1)
            shut = [k for k in range(s.first_shut[f], s.first_shut[f + 1]) if at < s.shut_ends[k] and out > s.shut_begins[k]]  # fmt: skip
            if not shut:
                break
            at = int(s.shut_ends[shut[0]])
        if s.in_waves[h]:
            in_slot[fits[0]] += 1
            slot_behind.update(k for k in range(begin, fits[0]) if s.slot_minute[k] >= taken)
        else:
            busy[f] = begun + s.item_minutes[f]
            slot_behind.update(begin + k for k in range(taken // 60, int(begun) // 60) if begin + k < end)
        return out

    def way_on(i: int, now: int, tried: int, back: int) -> int:
        asked = (place[i], items.end[items.way[i]], now // 60 % 24)
        some = [int(q) for q in (table.best[asked], table.other[asked]) if q >= 0 and q != tried and of.queue_target[q] != back]  # fmt: skip
        return some[0] if some else -1

    for now in range(of.minutes):
        for c in [c for c in d.coming if d.arrives[c] == now]:
            for i in cargo.pop(c, []):
                out = handle(d.target[c] % F, now)
                if d.target[c] == items.destination[items.way[i]]:
                    arrived[i], handled[i] = now, out if out is not None else -1
                    continue
                came[i], place[i] = int(of.queue_source[d.queue[c]]), int(d.target[c] % F)
                plan[i] = plan[i] if i in strays else plan[i][1:]
                ready[out].append(i)
        for i in np.flatnonzero(items.start == now):
            if plan[int(i)]:
                place[int(i)] = int(of.queue_source[d.queue[plan[int(i)][0]]])
                ready[now].append(int(i))
        for i in ready.pop(now, []):
            missed[i] = 0
            if not plan[i] and i not in strays:
                if not manners.patience:
                    continue
                strays.add(i)
            q = int(d.queue[plan[i][0]]) if i not in strays else max(way_on(i, now, -1, came[i]), -1)
            queues[q if q >= 0 else way_on(i, now, -1, -1)].append(i)
        for c in np.flatnonzero(d.departs == now):
            q, room = int(d.queue[c]), int(d.room[c]) if d.runs[c] else 0
            turns = [True, False] if manners.planned_first else [False]
            for i, only_planned in [(i, turn) for turn in turns for i in queues[q]]:
                if i not in queues[q] or (only_planned and (i in strays or plan[i][0] != c)):
                    continue
                own = i in strays or d.lane[c] == d.lane[plan[i][0]]
                on_time = i in strays or c >= plan[i][0] or (manners.early and own)
                if not on_time or (manners.keeps_lane and not own):
                    continue
                if len(cargo[c]) < room:
                    queues[q].remove(i)
                    cargo[c].append(i)
                    rides.append((i, int(c)))
                    continue
                if only_planned:
                    continue
                behind[int(c)] += 1
                missed[i] += 1
                other = way_on(i, now, q, came.get(i, -1)) if 0 < manners.patience <= missed[i] else -1
                if other >= 0:
                    queues[q].remove(i)
                    queues[other].append(i)
                    strays.add(i)
                    missed[i] = 0
    return {"rides": rides, "arrived": arrived, "ready": handled, "behind": behind, "slot_behind": slot_behind}


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    """A day of up to 24 departures between three facilities and two courier sides, some full, some closed; each facility with waves, sorters or neither, and perhaps a closure."""
    whole = st.integers
    row = st.tuples(whole(1, 3), whole(1, 4), whole(0, SPAN), whole(1, 40), whole(0, 2), st.sampled_from([0, 1, 1, 2, 3, UNBOUNDED]), st.booleans() | st.just(True))  # fmt: skip
    rows = sorted(draw(st.lists(row, min_size=1, max_size=24)), key=lambda r: r[2])
    target = np.array(
        [F + t - 1 if t > 2 else (t if t != f else 3) for f, t, *_ in rows], np.int64
    )  # 1, 2 or 3, F + 2, F + 3
    source, _, departs, ride, lane, room, runs = np.array(rows, np.int64).T
    pairs, queue = np.unique(source << 32 | target, return_inverse=True)
    arrives = departs + ride
    departures = Departures(target, departs, arrives, lane + 3 * queue.ravel(), queue.ravel().astype(np.int64), room, runs > 0, np.argsort(arrives, kind="stable"))  # fmt: skip
    return Stage(
        SimpleNamespace(days=1, facilities=F), 1.0, departures, draw(sortings()), pairs >> 32, pairs & 0xFFFFFFFF
    )  # type: ignore[arg-type]


@st.composite
def sortings(draw: st.DrawFn) -> Sorting:
    """Handling of each facility by a row of its own."""
    minutes, slots, rooms, each, takes, in_waves, taken, shut = 1440, list[list[int]](), list[int](), [], [], [], [], []
    for _ in range(F):
        opens, customs = draw(st.integers(0, 60)), draw(st.integers(0, 20))
        taken.append(np.maximum(np.arange(minutes), opens) + customs)
        cuts = sorted(draw(st.sets(st.integers(0, 400), max_size=5)))
        in_waves.append(bool(cuts))
        slots.append(cuts or list(range(0, minutes, 60)))
        rooms += draw(st.lists(st.sampled_from([0, 1, 2, UNBOUNDED]), min_size=len(cuts), max_size=len(cuts))) or [UNBOUNDED] * 24  # fmt: skip
        each.append(draw(st.sampled_from([0.0, 0.4, 7.5, 45.0])))
        takes.append(draw(st.integers(0, 30)))
        begins = draw(st.none() | st.integers(0, 250))
        shut.append([] if begins is None else [(begins, begins + draw(st.integers(1, 90)))])
    first = np.concatenate([[0], np.cumsum([len(s) for s in slots])]).astype(np.int64)
    spans = np.array([span for of in shut for span in of], np.int64).reshape(-1, 2)
    first_shut = np.concatenate([[0], np.cumsum([len(of) for of in shut])]).astype(np.int64)
    return Sorting(
        np.arange(F), np.stack(taken).astype(np.int32), np.array(takes, np.int64), np.array(in_waves), first, np.concatenate([np.array(s, np.int64) for s in slots]),
        np.array(rooms, np.int64), np.array(each), first_shut, spans[:, 0].copy(), spans[:, 1].copy(),
    )  # fmt: skip


@st.composite
def movings(draw: st.DrawFn, of: Stage) -> Moving:
    """Up to 20 items on up to six ways, each a chain of departures of the stage from place to place, whatever their times."""
    d = of.departures
    source = of.queue_source[d.queue]
    ways = list[list[int]]()
    for _ in range(draw(st.integers(1, 6))):
        way = [draw(st.integers(0, len(source) - 1))]
        while len(way) < 4 and d.target[way[-1]] < F and (on := np.flatnonzero(source == d.target[way[-1]]).tolist()):
            way.append(draw(st.sampled_from(on)))
        ways.append(way)
    number = draw(st.lists(st.integers(0, len(ways) - 1), min_size=1, max_size=20))
    start = [draw(st.integers(0, SPAN)) for _ in number]
    first = np.concatenate([[0], np.cumsum([len(w) for w in ways])]).astype(np.int64)
    last = np.array([draw(st.sampled_from([d.target[w[-1]]] * 3 + [F + 2])) for w in ways], np.int64)  # some end before
    return Moving(np.array(start, np.int64), np.array(number, np.int64), first, np.concatenate([np.array(w, np.int32) for w in ways]), last, (last % F + 1) % N)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn, of: Stage) -> Onward:
    """A way on from every facility that something leaves: any of the queues there."""
    made = []
    for _ in range(2):
        queue = np.full((F, N, 24), -1, np.int32)
        for f in range(F):
            if len(here := np.flatnonzero(of.queue_source == f)):
                for end in range(N):
                    queue[f, end] = draw(st.sampled_from([-1, *here.tolist()]))
        made.append(queue)
    return Onward(*made)
