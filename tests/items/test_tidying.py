"""Small files joined beside a writer: fewer files, the same facts."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import TRIED, fresh_store
from tests.items.facts import cells_of, delivery, states_of
from tests.items.lives import Event
from yilu.items import tidying, upkeep
from yilu.items.store import Store
from yilu.items.tidying import Tidying


def tidied(store: Store, helper: Tidying) -> None:
    """Step until what is being joined, if anything, is named."""
    helper.step()
    until = time.monotonic() + 30
    while helper._running is not None:
        assert time.monotonic() < until
        time.sleep(0.001)
        helper.step()


def poured(commits: list[list[Event]], joined: bool, remembers: bool) -> tuple[object, object, object, int]:
    """(states, cells, cells once rebuilt, files of the log) of a store that took these commits."""
    with fresh_store(patience=None) as opened, opened() as store:
        if remembers:
            store.remember(1 << 20)
        helper = Tidying(store)
        for told in commits:
            store.commit([delivery(told)])
            if joined:
                tidied(store, helper)
        helper.close()
        files = len(store.at.log)
        states, cells = states_of(store), [c.tolist() for c in cells_of(store)]
        upkeep.rebuild(store)
        assert states_of(store) == states
        return states, cells, [c.tolist() for c in cells_of(store)], files


@TRIED
@given(lives.worlds().flatmap(lambda w: lives.batches(w)), st.booleans())
def test_joined_files_say_the_same(batches: list[list[Event]], remembers: bool) -> None:
    """Any lives, forty commits of them and more: with files joined as they become many, states, cells and what a rebuild makes are those without."""
    filled = [b for b in batches if b] or [[]]
    commits = (filled * 40)[: 40 + len(filled)]
    plain, joined = poured(commits, False, remembers), poured(commits, True, remembers)
    assert plain[:3] == joined[:3]


def test_neighbours_of_one_size_are_joined() -> None:
    """Sixteen neighbours of one order of size go together; larger ones between them, and files of upkeep, end a run."""
    from yilu.items.manifest import Part

    small = [Part(f"log/{i:010d}.parquet", 100 + i, i, i) for i in range(40)]
    assert [p.first for p in tidying._neighbours(small, 1000)] == list(range(16))
    large = Part("log/x.parquet", 900, 8, 8)
    assert [p.first for p in tidying._neighbours([*small[:8], large, *small[8:]], 1000)] == list(range(8, 24))
    day = Part("log/dt=2025-11-11/bucket=0000/1.parquet", 100, 8, 8)
    assert tidying._neighbours([*small[:15], day, *small[15:30]], 1000) == ()
    assert tidying._neighbours([Part("cubes/x", 5000, i, i) for i in range(20)], 1000) == ()
