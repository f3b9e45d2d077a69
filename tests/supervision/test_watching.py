"""What a watch keeps commit by commit, held against a look at everything; what is remembered, against the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import RULES, TRIED, fresh_store
from tests.items.facts import delivery
from tests.items.lives import Event
from tests.supervision import watched as small
from tests.supervision.test_judging import LATENESS_S, SMALL, catalogue, in_any_way, nothing_filed, scan, with_records
from tests.supervision.test_judging import judge as judge_of
from yilu.items import erasing, order
from yilu.items.manifest import Erasure
from yilu.items.reading import Snapshot
from yilu.items.store import Store
from yilu.supervision.rules import judging, watching
from yilu.supervision.rules.evidence import EVIDENCE
from yilu.supervision.rules.judging import Judge, judged
from yilu.supervision.rules.watching import Watch


def watched(drawn: Any, most_rows: int, begin: int, registers: bool, feeds: str, protected: bool = False) -> int:
    """Step a watch through the commits, from the one numbered ``begin`` on, told by these feeds, a letter each, in turn; its evidence is that of a look at everything.

    Returns how much there was.
    """
    _, commits, patience = drawn
    judge = judge_of(registers, protected)
    with fresh_store(patience=patience) as opened, opened() as store:

        def told_by_feed(number: int, told: list[Event]) -> None:
            store.commit([replace(delivery(told), feed=feeds[number % len(feeds)])])

        for number, told in enumerate(commits[:begin]):
            told_by_feed(number, told)
        store.remember(most_rows)
        watch = Watch(store, judge, LATENESS_S)
        watch.everything()
        for number, told in enumerate(commits[begin:], begin):
            told_by_feed(number, told)
            watch.step(whole=True)
            if patience is None:
                assert_same(watch, store, judge)
        store.settle()
        watch.step(whole=True)
        return assert_same(watch, store, judge)


def assert_same(watch: Watch, store: Store, judge: Judge) -> int:
    """The watch's evidence is that of a look at everything. Returns how much it is."""
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
FEEDS = ("a", "ab", "aaab", "abbbbbb", "abcccab", "aaaaaaaabc")
"""Feeds of commits in turn. Events come in any order, so that any of them may be silent (eight hours behind) and tell again."""
ANY_WORLD = st.one_of(WORLD, lives.worlds())


@TRIED
@given(
    in_any_way(ANY_WORLD),
    st.sampled_from([0, 5, 12, 1 << 30]),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(FEEDS),
    st.booleans(),
)
def test_a_watch_says_what_a_look_at_everything_says(
    drawn: Any, most_rows: int, begin: int, registers: bool, feeds: str, protected: bool
) -> None:
    """Any lives, voided, relabelled and re-used among them, in any split, order and repetition, by one feed or some, of which one or the other falls
    silent and tells again; begun at any commit; with and without registers; with and without
    protected periods that tighten rules; with all, some or none of the log in memory; after every commit, where nothing waits, and in the end."""
    watched(drawn, most_rows, begin, registers, feeds, protected)


def test_an_erased_item_is_in_no_evidence() -> None:
    """What was erased is found neither by a watch that goes on nor by a look at everything."""
    world = with_records([scan("accept", 0, 1), scan("depart", 1, 1), scan("arrive", 60, 3)])
    judge = Judge(small.network(), catalogue(**SMALL), nothing_filed())
    with fresh_store(patience=None) as opened, opened() as store:
        store.commit([delivery(world[:2])])
        store.remember(1 << 20)
        watch = Watch(store, judge, LATENESS_S)
        watch.everything()
        store.commit([delivery(world[2:])])
        watch.step(whole=True)
        assert len(watch.evidence) > 0
        key = int(watch.evidence["key"][watch.evidence["key"] != 0][0])
        erasing.put_on_list(store, Erasure((key,), 1 << 31, "office", "2024-04-01", "asked", 0, 0))
        watch.everything()
        store.commit([delivery(with_records([scan("sort", 200, 3, lives.ITEMS[1])]))])
        watch.step(whole=True)
        assert key not in watch.evidence["key"]
        assert assert_same(watch, store, judge) >= 0


def test_looking_at_counts_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step ends while counts are still looked at; what they say comes with a later step, and what goes wrong there is told then."""
    begun, go_on, found = threading.Event(), threading.Event(), np.zeros(1, EVIDENCE)
    found["rule"], found["place"] = catalogue(**SMALL).number("silent_feed"), 77

    def slow(*_: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        if len(waited) > 1:
            raise ValueError("counts can't be read")
        return found

    def until(done: Callable[[], bool]) -> None:
        for _ in range(600):
            watch.step()
            if done():
                return
            time.sleep(0.05)
        raise AssertionError("nothing came of it")

    waited: list[int] = []
    judge = Judge(small.network(), catalogue(**SMALL), nothing_filed())
    with fresh_store(patience=None) as opened, opened() as store:
        store.commit([delivery(with_records([scan("accept", 0, 1)]))])
        store.remember(1 << 20)
        with closing(Watch(store, judge, LATENESS_S)) as watch:
            monkeypatch.setattr(watching, "_COUNTED_S", -1)
            watch.everything()
            monkeypatch.setattr(judging, "of_counts", slow)
            watch.step()
            assert begun.wait(60)
            watch.step()
            assert 77 not in watch.evidence["place"]
            go_on.set()
            until(lambda: 77 in watch.evidence["place"])
            waited += [1, 2]
            with pytest.raises(ValueError, match="counts"):
                until(lambda: False)


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
