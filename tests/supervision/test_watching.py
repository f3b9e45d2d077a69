"""What a watch keeps commit by commit, held against a look at everything; what is remembered, against the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import RULES, TRIED, fresh_store
from tests.items.facts import delivery
from tests.supervision import watched as small
from tests.supervision.test_judging import LATENESS_S, SMALL, catalogue, in_any_way, nothing_filed
from yilu.items import order
from yilu.items.reading import Snapshot
from yilu.supervision.rules.judging import Judge, judged
from yilu.supervision.rules.watching import Watch


def watched(drawn: Any, most_rows: int, begin: int, registers: bool) -> int:
    """Step a watch through the commits, from the one numbered ``begin`` on; its evidence is that of a look at everything. Returns how much there was."""
    _, commits, patience = drawn
    judge = Judge(small.network(), catalogue(**SMALL), nothing_filed())
    if registers:
        judge = replace(judge, filed=small.filed(), closures=(small.parted(),), protection=small.protection())
    with fresh_store(patience=patience) as opened, opened() as store:
        for told in commits[:begin]:
            store.commit([delivery(told)])
        store.remember(most_rows)
        watch = Watch(store, judge, LATENESS_S)
        watch.everything()
        for told in commits[begin:]:
            store.commit([delivery(told)])
            watch.step()
        store.settle()
        watch.step(whole=True)
        expected = judged(Snapshot(store.disk, store.at, RULES), judge, LATENESS_S)
        assert np.array_equal(watch.evidence, expected), (watch.evidence, expected)
        return len(expected)


WORLD = lives.lives(
    lives.plain(lives.ITEMS[:2]),
    lives.bagging(lives.ITEMS[:2]),
    lives.hauling(),
    lives.plain(lives.ITEMS[2:3]),
    most=16,
)


@TRIED
@given(in_any_way(WORLD), st.sampled_from([0, 5, 1 << 30]), st.integers(0, 3), st.booleans())
def test_a_watch_says_what_a_look_at_everything_says(drawn: Any, most_rows: int, begin: int, registers: bool) -> None:
    """Any lives, any split, order and repetition; begun at any commit; with and without registers; with all, some or none of the log in memory."""
    watched(drawn, most_rows, begin, registers)


@TRIED
@given(in_any_way(WORLD), st.integers(0, 30))
def test_what_is_remembered_is_the_log(drawn: Any, most_rows: int) -> None:
    """An item's events from memory and from files together are those of the log, however much is held and joined meanwhile."""
    _, commits, patience = drawn
    with fresh_store(patience=patience) as opened, opened() as store:
        for number, told in enumerate(commits):
            if number == 1:
                store.remember(most_rows)
            store.commit([delivery(told)])
        store.settle()
        keys = np.unique(np.concatenate([np.empty(0, np.uint64), *(delivery(t).events.key for t in commits)]))
        whole = Snapshot(store.disk, store.at, RULES).events(keys)
        found = store.history(keys)
        assert len(found) == len(whole) and np.array_equal(order.words(found), order.words(whole))
        assert np.array_equal(found.key, whole.key)
