"""Up to when facts are complete, which feeds have fallen silent, and that a silent feed holds nobody up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.items.conftest import RULES, fresh_store
from tests.items.facts import delivery
from tests.items.lives import ITEMS, Event
from tests.items.small_network import BASE, HOUR
from tests.supervision import watched as small
from tests.supervision.test_judging import LATENESS_S, SMALL, catalogue, judge, nothing_filed, scan, with_records
from yilu.items.reading import Snapshot
from yilu.items.store import Store
from yilu.supervision.rules.judging import Judge, judged
from yilu.supervision.rules.watching import Watch
from yilu.supervision.rules.watermarks import Watermarks, watermarks_of

RUNS_ON, DIES = ITEMS[2], ITEMS[0]


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that remembers."""
    with fresh_store(patience=None) as opened, opened() as found:
        found.remember(1 << 20)
        yield found


def tell(store: Store, feed: str, *world: Event) -> None:
    """Commit events of a feed."""
    store.commit([replace(delivery(with_records(list(world))), feed=feed)])


def marks(store: Store) -> Watermarks:
    """The watermarks at the newest commit."""
    return watermarks_of(Snapshot(store.disk, store.at, RULES), catalogue(**SMALL), LATENESS_S)


def hours_of(found: Watermarks) -> tuple[float, float]:
    """(complete up to, the latest) in hours after the base."""
    return (found.complete_to - BASE) / HOUR, (found.latest - BASE) / HOUR


def test_the_slowest_feed_that_still_tells_says_what_is_complete(store: Store) -> None:
    """Of three feeds the least watermark holds; one whose latest event lies two hours before the greatest watermark still counts, and a second later it is silent."""
    tell(store, "quick", scan("accept", 20, 1, RUNS_ON))
    assert hours_of(marks(store)) == (14, 14)
    tell(store, "slow", scan("accept", 15, 1, ITEMS[1]))
    tell(store, "dying", scan("accept", 12, 1, DIES))
    found = marks(store)
    assert hours_of(found) == (6, 14) and not found.silent.any()
    tell(store, "quick", scan("sort", 20 + 1 / HOUR, 1, RUNS_ON))
    found = marks(store)
    assert hours_of(found) == (9, pytest.approx(14 + 1 / HOUR))
    assert found.silent_names(store.at.names) == {store.at.names.index("dying"): "dying"}


def test_an_empty_store_is_complete_up_to_nothing(store: Store) -> None:
    """Without feeds there is no watermark, and nobody is silent."""
    found = marks(store)
    assert (found.complete_to, found.latest, found.silent.any()) == (0, 0, False)


def letters(key: int, *hours: float, kind: str = "sort") -> list[Event]:
    """Scans of a letter that owes nothing more."""
    return [scan(kind, h, 1, key, item_class=1) for h in hours]


def dead_feed(store: Store) -> Watch:
    """A watch of two feeds, of which one fell silent at hour 1 with a letter on its hands; the other is at hour 43."""
    tell(
        store, "dead", *(scan(k, 0, 1, DIES, item_class=1) for k in ("accept", "inspect", "screen")), *letters(DIES, 1)
    )
    tell(store, "alive", *letters(RUNS_ON, 1, kind="accept"))
    watch = Watch(store, Judge(small.network(), catalogue(**SMALL), nothing_filed()), LATENESS_S)
    watch.everything()
    for hour in (12, 24, 36, 43):
        tell(store, "alive", *letters(RUNS_ON, hour))
        watch.step()
    return watch


def test_nobody_is_looked_at_again_and_again_for_a_feed_that_is_dead(store: Store) -> None:
    """The dead feed's letter is looked at once as the others' time passes its thirty hours, says nothing, and is left alone from then on, minute by minute."""
    watch = dead_feed(store)
    again = []
    for minute in range(1, 6):
        tell(store, "alive", *letters(RUNS_ON, 43 + minute / 30))
        again.append(watch.step())
    assert again == [0] * 5 and not len(watch.evidence)
    assert marks(store).silent.sum() == 1


@pytest.mark.parametrize("at", [36.5, 37.5, 42])
def test_what_its_own_time_has_passed_is_found_when_it_tells_again(store: Store, at: float) -> None:
    """The feed tells of another letter: as its watermark passes the letter's hour 31, be it silent still (37.5: no, 36.5: yes), the letter that nothing touched has stalled."""
    watch = dead_feed(store)
    tell(store, "alive", *letters(RUNS_ON, 46))
    watch.step()
    tell(store, "dead", *letters(ITEMS[1], at, kind="accept"))
    watch.step(whole=True)
    assert marks(store).silent.any() == (at < 38)
    assert len(watch.evidence) == (at > 37)
    assert (watch.evidence == judged(Snapshot(store.disk, store.at, RULES), judge(), LATENESS_S)).all()
    tell(store, "dead", *letters(ITEMS[1], 47))
    watch.step(whole=True)
    assert [(int(e["key"]), (e["at"] - BASE) / HOUR, bool(e["provisional"])) for e in watch.evidence] == [
        (DIES, 31, False)
    ]


def test_evidence_becomes_sure_as_its_own_feed_goes_on(store: Store) -> None:
    """A check's lack stays provisional while the feed of its item is silent, whatever others tell; then it is sure, though nothing touched the item."""
    tell(store, "dead", scan("accept", 0, 1, DIES), scan("depart", 2, 1, DIES))
    watch = Watch(store, Judge(small.network(), catalogue(**SMALL), nothing_filed()), LATENESS_S)
    watch.everything()
    tell(store, "alive", *letters(RUNS_ON, 20, kind="accept"))
    assert watch.step() == 0
    assert watch.evidence["provisional"].tolist() == [True]
    tell(store, "dead", *letters(ITEMS[1], 8.1, kind="accept"))
    watch.step()
    assert watch.evidence["provisional"].tolist() == [False]
