"""Closing, compaction, rebuilding and retention change how facts are stored, and no answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives, reference
from tests.items.conftest import TRIED, fresh_store
from tests.items.facts import cells_named, cells_of, delivery, expected_states, logged, rows_of, states_of
from tests.items.lives import Event
from tests.items.small_network import BASE, DAY, NET, rules
from tests.items.test_facts import compare, log_of, pour
from yilu.items import upkeep
from yilu.items.reading import Snapshot
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
    other = {
        key: key ^ 0xFF0000
        for key in [*lives.ITEMS, *lives.CONTAINERS, lives.WAYBILL, lives.OWN_PIECE, lives.NEW_PIECE]
    }
    moved = [
        {**e, "key": other[e["key"]], "at": e["at"] + later}
        | {name: other.get(e[name], e[name]) for name in ("container", "parent") if e.get(name)}
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
            assert sum(cells.values()) == sum(cells_named(store).values())


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


ROOMY = replace(NET, reuse_s=9 * DAY)


def told_later(old: list[Event], new: list[Event]) -> list[Event]:
    """Of ``new`` what begins new journeys of numbers whose old days are dropped: from an acceptance on, more than the re-use time after."""
    states, _ = reference.fold(old, ROOMY)
    taken = []
    for e in new:
        until = max(
            (max(r["start"][1] + ROOMY.reuse_s, r["last"][0]) for r in states.get((e["key"], 0), ()) if r["start"]),
            default=0,
        )
        word = lambda x: (x["at"], x["kind"], x.get("place", 0))  # noqa: E731
        begun = [word(a) for a in new if a["key"] == e["key"] and a["kind"] == lives.K["accept"] and a["at"] > until]
        if not until or (e["at"] > until and begun and word(e) >= min(begun)):
            taken.append(e)
    return taken


SINGLE = st.one_of(lives.plain(lives.ITEMS[:2]), lives.plain(lives.ITEMS[:2], ["accept", "deliver"]))


@TRIED
@given(
    lives.lives(SINGLE, lives.bagging(lives.ITEMS[:2]), lives.hauling(), lives.voiding(lives.ITEMS[:2]), most=8),
    lives.lives(SINGLE, most=8),
    st.integers(10, 13),
    st.booleans(),
    st.sampled_from([None, 99.0]),
)
def test_what_lost_its_log_is_sealed(old, new, later, in_parts, patience):
    """Numbers whose days of the log are dropped: their rows stay; a new journey stands beside them; all else is refused, counted, and in quarantine."""
    new = [{**e, "at": e["at"] + later * DAY, "event_id": 0} for e in new]
    states, cells = reference.fold(old, ROOMY)
    if any(r["start"] is None for journeys in states.values() for r in journeys):
        return
    with fresh_store(patience=patience, settings=rules(ROOMY)) as opened:
        with opened() as store:
            pour(store, [old], True)
            upkeep.retain(store, BASE + 200 * DAY, replace(LONG, correction_s=190 * DAY, log_days=100))
            assert not logged(store)
        good = told_later(old, new)
        with opened() as store:
            before = store.at.counts
            parts = (
                sorted(([e] for e in new), key=lambda p: (p[0]["at"], p[0]["kind"], p[0].get("place", 0)))
                if in_parts
                else [new]
            )
            for part in parts:
                store.commit([delivery(part)])
            store.settle()
            after = store.at.counts
            assert after.made - before.made == len(new)
            assert after.made == after.accepted + after.repeated + after.conflicting + after.refused
            assert after.refused - before.refused >= len(
                {lives.identity(e) for e in new} - {lives.identity(e) for e in good}
            )
            assert sum(part.rows for part in store.at.quarantine) == after.refused
        expected, more = reference.fold(good, ROOMY)
        both = {n: [*states.get(n, []), *expected.get(n, [])] for n in {*states, *expected}}
        for step in ("opened", "closed", "rebuilt", "again"):
            with opened() as store:
                if step == "closed":
                    upkeep.close_items(store, BASE + 300 * DAY, LONG)
                if step == "rebuilt":
                    upkeep.rebuild(store)
                if step == "again":
                    store.commit([delivery(good)])
                assert states_of(store) == expected_states(both)
                shown = np.concatenate(
                    [Snapshot.open(store.disk.root, rules(ROOMY)).rows(b) for b in range(store.at.buckets)]
                )
                assert len(shown) == len(rows_of(store))
                assert cells_named(store) == Counter(cells) + Counter(more)
