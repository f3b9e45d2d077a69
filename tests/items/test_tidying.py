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


def test_small_neighbours_are_joined() -> None:
    """Sixteen neighbours none of which is as large as the others together; files too large, and those of upkeep, end a run."""
    from yilu.items.manifest import Part

    def parts(*rows: int) -> list[Part]:
        return [Part(f"log/{i:010d}.parquet", n, i, i) for i, n in enumerate(rows)]

    def joined(found: list[Part], most: int = 1000) -> list[int]:
        return [p.first for p in tidying._neighbours(found, most)]

    assert joined(parts(*[100] * 40)) == list(range(16))
    assert joined(parts(*[60, 70] * 10)) == list(range(16))
    assert joined(parts(900, *[10] * 16)) == list(range(1, 17))
    assert joined(parts(900, *[60] * 15)) == list(range(16))
    assert joined(parts(*[100] * 8, 5000, *[100] * 16)) == list(range(9, 25))
    assert joined(parts(*[5000] * 20)) == []
    assert joined(parts(*[100] * 15)) == []
    day = Part("log/dt=2025-11-11/bucket=0000/1.parquet", 100, 8, 8)
    small = parts(*[100] * 30)
    assert joined([*small[:15], day, *small[15:]]) == []


def test_files_of_a_long_run_level_off() -> None:
    """Whatever sizes come, after thousands of files those that are left are few, and no row was written anew often."""
    from random import Random

    from yilu.items.manifest import Part

    chance, held, rewritten = Random(3), list[Part](), 0
    for i in range(5000):
        held.append(Part(f"cubes/{i:010d}.parquet", chance.choice((24, 40, 61, 70, 500, 530)), i, i))
        while run := tidying._neighbours(held, 1 << 23):
            at = held.index(run[0])
            rows = sum(p.rows for p in run)
            rewritten += rows
            held[at : at + len(run)] = [Part(f"cubes/{i}.{at}", rows, run[0].first, run[-1].last)]
        assert len(held) < 120
    assert rewritten < 12 * sum(p.rows for p in held)
