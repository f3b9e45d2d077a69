"""Counts of data quality: the same in any order, split and repetition, and made again from the log."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import RULES, TRIED, fresh_store
from tests.items.lives import Event, batch_of, identity
from tests.items.small_network import BASE, HOUR
from yilu.items import cubes, upkeep
from yilu.items.arrival import Delivery
from yilu.items.cubes import QUALITY
from yilu.items.days import local_day
from yilu.items.kinds import BY_CODE
from yilu.items.manifest import Counts
from yilu.items.reading import Snapshot
from yilu.items.schema import PAYLOAD
from yilu.items.store import Store

NUMBER = {name: number for name, (number, *_) in QUALITY.items()}
OTHER, VOIDS = BY_CODE["other"].id, {BY_CODE["void"].id, BY_CODE["void_depart"].id}
Cells = Counter[tuple[int, int, int, int]]


def cells(store: Store) -> Cells:
    """Cells of the cube as (measure, day, operator, hours)."""
    table = Snapshot(store.disk, store.at, RULES).cells(cubes.BY_NAME["quality"])
    return Counter(
        {(r["measure"], r["day"], r["operator"], r["hours"]): r["count"] for r in table.to_pylist() if r["count"]}
    )


def of(measure: str, event: Event, day_of: str = "at", hours: int = 0) -> tuple[int, int, int, int]:
    day = int(local_day(np.array([event[day_of]]), RULES)[0])
    return NUMBER[measure], day, event.get("operator", 0), hours


def expected(told: list[Event]) -> Cells:
    """The counts once more, in plain Python: of copies of one event the least payload holds, of equal ones the first recorded."""
    out: Cells = Counter()
    held: dict[tuple[int, ...], Event] = {}
    rank = lambda e: (*(e.get(n, 0) for n in PAYLOAD), e["recorded_at"])  # noqa: E731
    for e in told:
        out[of("received", e)] += 1
        known = held.get(identity(e))
        if known is None or rank(e) < rank(known):
            held[identity(e)] = e
    for e in held.values():
        late = e["recorded_at"] - e["at"]
        out[of("events", e, hours=min(255, (late - 1) // 3600) if late > 0 else 0)] += 1
        out[of("unknown_place", e)] += not e.get("place")
        out[of("unmapped", e)] += e["kind"] == OTHER
        out[of("voids", e)] += e["kind"] in VOIDS
    return +out


@st.composite
def recorded(draw: st.DrawFn, commits: list[list[Event]]) -> list[list[Event]]:
    """Each copy of an event recorded at another time: in time, hours or weeks late, or before it happened."""
    late = st.sampled_from([-300, 0, 60, 3600, 3601, 13 * HOUR, 400 * HOUR])
    return [[{**e, "recorded_at": e["at"] + draw(late)} for e in told] for told in commits]


@TRIED
@given(lives.worlds().flatmap(lives.batches).flatmap(recorded), st.sampled_from([None, 0.0, 99.0]))
def test_counts_are_those_of_plain_python(commits: list[list[Event]], patience: float | None) -> None:
    """Any order, split and repetition, copies recorded at other times, events that wait: the counts are a function of the set of events; rebuilding
    makes the same again and keeps what only the door knows."""
    with fresh_store(patience=patience) as opened, opened() as store:
        for told in commits:
            store.commit([Delivery(batch_of(told), Counts(rows=len(told), used=len(told)))])
        store.settle()
        wanted = expected([e for told in commits for e in told])
        assert cells(store) == wanted
        upkeep.rebuild(store)
        assert cells(store) == wanted


def event(hours: float = 0, **more: Any) -> Event:
    at = BASE + round(hours * HOUR)
    return {"key": lives.ITEMS[0], "at": at, "recorded_at": at, "kind": 8, "place": 1, "operator": 1, **more}


def test_what_the_door_alone_knows_is_kept_by_a_rebuild() -> None:
    """An event ahead of its recording counts on the day of recording, one that comes too late is refused; a rebuild can tell neither, and keeps both."""
    ahead, late = event(200), event(1)
    ahead["recorded_at"] = BASE
    with fresh_store() as opened, opened() as store:
        store.commit([Delivery(batch_of([event(100)]), Counts(rows=2, used=1, quarantined=1), ahead=batch_of([ahead]))])
        upkeep.close_items(store, BASE + 90 * HOUR, upkeep.Periods(correction_s=10 * HOUR))
        store.commit([Delivery(batch_of([late]), Counts(rows=1, used=1))])
        wanted = Counter(
            {
                of("received", event(100)): 1,
                of("events", event(100)): 1,
                of("clock_ahead", ahead, "recorded_at"): 1,
                of("refused", late): 1,
            }
        )
        assert cells(store) == wanted
        upkeep.rebuild(store)
        assert cells(store) == wanted
