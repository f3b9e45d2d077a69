"""Small random timetables, and what is true of them by the plainest means: a search by time, and every journey written out."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from yilu.dispatch import Connections, connections

PLACES = 5
DAY = 60
Row = tuple[int, int, int, int, int, int, int]


def row() -> st.SearchStrategy[Row]:
    """source, target, departs, arrives, ready, cost, carbon."""
    return st.tuples(
        st.integers(0, PLACES - 1), st.integers(1, PLACES - 1), st.integers(0, DAY), st.integers(0, 12), st.integers(0, 9), st.integers(0, 4), st.integers(0, 4),
    ).map(lambda r: (r[0], (r[0] + r[1]) % PLACES, r[2], r[2] + r[3], r[2] + max(1, r[3] + r[4]), r[5], r[6]))  # fmt: skip


def rows(most: int = 24) -> st.SearchStrategy[list[Row]]:
    """A timetable as rows."""
    return st.lists(row(), max_size=most)


def made(of: list[Row]) -> Connections:
    """A timetable as connections."""
    columns = np.array(of, np.int64).reshape(-1, 7).T
    return connections(PLACES, *columns)


def arrivals(of: list[Row], place: int, minute: int) -> dict[int, int]:
    """Earliest arrival by place: Dijkstra over (minute from which one can leave, place)."""
    found, queue, seen = {place: minute}, [(minute, place)], set[tuple[int, int]]()
    while queue:
        now, at = heapq.heappop(queue)
        if (now, at) in seen:
            continue
        seen.add((now, at))
        for source, target, departs, arrives, ready, _, _ in of:
            if source == at and departs >= now:
                found[target] = min(found.get(target, arrives), arrives)
                heapq.heappush(queue, (ready, target))
    return found


def journeys(of: list[Row], place: int, minute: int, used: frozenset[int] = frozenset()) -> Iterator[tuple[int, ...]]:
    """Every journey from a place, as indices of rows."""
    for i, (source, target, departs, _, ready, _, _) in enumerate(of):
        if source == place and departs >= minute and i not in used:
            yield (i,)
            for rest in journeys(of, target, ready, used | {i}):
                yield (i, *rest)


def best(of: list[Row], place: int, minute: int) -> dict[int, set[tuple[int, int, int]]]:
    """(arrival, cost, carbon) that no other beats, by place, of every journey written out."""
    values: dict[int, set[tuple[int, int, int]]] = {place: {(minute, 0, 0)}}
    for journey in journeys(of, place, minute):
        last = of[journey[-1]]
        values.setdefault(last[1], set()).add((last[3], sum(of[i][5] for i in journey), sum(of[i][6] for i in journey)))
    return {
        p: {v for v in all_of if not any(w != v and all(a <= b for a, b in zip(w, v, strict=True)) for w in all_of)}
        for p, all_of in values.items()
    }
