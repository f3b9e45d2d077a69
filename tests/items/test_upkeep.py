"""Closing, compaction, rebuilding and retention change how facts are stored, and no answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives, reference
from tests.items.conftest import TRIED, fresh_store
from tests.items.facts import cells_of, delivery, logged, rows_of, states_of
from tests.items.lives import Event
from tests.items.small_network import BASE, DAY, NET
from tests.items.test_facts import compare, log_of, pour
from yilu.items import upkeep
from yilu.items.store import Store

LONG = upkeep.Periods(correction_s=BASE, log_days=9999, closed_days=9999, quarantine_days=9999)
"""Nothing is ever too late."""
STEPS = ("close", "close early", "compact", "rebuild", "retain", "flush", "reopen")


def keep_up(store: Store, step: str, now: int) -> None:
    """One act of upkeep, as of ``now``."""
    if step == "close":
        upkeep.close_items(store, now, LONG)
    elif step == "close early":
        upkeep.close_items(store, now, replace(LONG, closing_s=0, stale_s=0))
    elif step == "compact":
        upkeep.compact(store)
    elif step == "rebuild":
        upkeep.rebuild(store)
    elif step == "retain":
        upkeep.retain(store, now, replace(LONG, closing_s=DAY, stale_s=4 * DAY))
    elif step == "flush":
        store.flush()


@st.composite
def kept_up(draw: st.DrawFn) -> tuple[list[Event], list[tuple[list[Event], list[tuple[str, int]]]]]:
    """A world in commits, with acts of upkeep after each."""
    world = draw(lives.worlds())
    acts = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(BASE, BASE + 12 * DAY)), max_size=3)
    return world, [(told, draw(acts)) for told in draw(lives.batches(world))]


@TRIED
@given(kept_up())
def test_upkeep_changes_no_answer(drawn):
    """Whatever is closed, compacted, rebuilt, retained or opened anew between commits: states, cubes and log stay the reference's."""
    world, commits = drawn
    with fresh_store() as opened:
        store = opened()
        try:
            known: list[Event] = []
            for told, acts in commits:
                store.commit([delivery(told)])
                known += told
                for step, now in acts:
                    if step == "reopen":
                        store.close()
                        store = opened()
                    else:
                        keep_up(store, step, now)
                    compare(store, known)
            compare(store, world)
            assert logged(store) == log_of(world)
        finally:
            store.close()


@TRIED
@given(lives.worlds(), lives.worlds())
def test_retention_drops_rows_and_keeps_sums(old, new):
    """With the log of an old world dropped its cells and closed rows stay, also through rebuilding; what comes later is folded beside them."""
    later = 200 * DAY
    other = {key: key ^ 0xFF0000 for key in [*lives.ITEMS, *lives.CONTAINERS, lives.WAYBILL, lives.OWN_PIECE]}
    moved = [
        {**e, "key": other[e["key"]], "at": e["at"] + later}
        | {name: other[e[name]] for name in ("container", "parent") if e.get(name)}
        | ({"promise": e["promise"] + later} if e.get("promise") else {})
        for e in new
    ]
    with fresh_store() as opened, opened() as store:
        pour(store, [old], True)
        before = states_of(store)
        upkeep.retain(store, BASE + later, replace(LONG, correction_s=30 * DAY, log_days=20))
        assert not any(table.count for table in map(store.table, range(store.at.buckets)))
        assert not logged(store)
        assert states_of(store) == before
        for step in ("none", "rebuild"):
            if step == "rebuild":
                upkeep.rebuild(store)
            else:
                store.commit([delivery(moved)])
            states, cells = reference.fold([*old, *moved], NET)
            compare(store, [*old, *moved])
            assert states
            assert sum(cells.values()) == cells_of(store)[1].sum()


@TRIED
@given(lives.worlds())
def test_too_late_is_refused_and_counted(world):
    """Events before the correction horizon change nothing, are counted as refused and lie in quarantine with their reason."""
    with fresh_store() as opened, opened() as store:
        store.commit([delivery(world)])
        upkeep.close_items(store, BASE + 100 * DAY, replace(LONG, correction_s=30 * DAY))
        before, cells, counts = rows_of(store), cells_of(store), store.at.counts
        fresh = [{**e, "place": (e.get("place", 0) + 1) % 8} for e in world]
        after = store.commit([delivery(fresh)]).counts
        assert after.refused - counts.refused == len(world)
        assert after.made == after.accepted + after.repeated + after.conflicting + after.refused
        assert sum(part.rows for part in store.at.quarantine) == len(world)
        assert np.array_equal(np.sort(rows_of(store), order="key"), np.sort(before, order="key"))
        assert all(np.array_equal(a, b) for a, b in zip(cells_of(store), cells, strict=True))
