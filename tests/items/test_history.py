"""One item's history: its journeys, its events in order, which of them count, and what came to it through a container."""

from __future__ import annotations

from tests.items.conftest import Opened
from tests.items.facts import delivery
from tests.items.lives import CONTAINERS, ITEMS, Event, K
from tests.items.small_network import BASE, DAY, HOUR
from yilu.items.history import History, history
from yilu.items.reading import Snapshot

KEY = ITEMS[0]


def told(opened: Opened, events: list[Event], key: int = KEY) -> History:
    """The history of an item in a store that got these events in one commit."""
    with opened() as store:
        store.commit([delivery(events)])
        store.settle()
        return history(Snapshot(store.disk, store.at, store.rules), key)


def event(kind: str, hours: int, place: int = 1, **more: int) -> Event:
    """An event of the item."""
    return {
        "key": KEY,
        "at": BASE + HOUR * hours,
        "kind": K[kind],
        "place": place,
        "operator": 1,
        "item_class": 3,
        **more,
    }


def test_a_voided_event_is_shown_and_does_not_count(tmp_store: Opened) -> None:
    """Who looks at an item sees what was taken back, marked as such; the state stands on the rest."""
    found = told(
        tmp_store,
        [
            event("accept", 0),
            event("deliver", 5, event_id=77),
            event("void", 6, voids=77),
            event("deliver", 9, place=3),
        ],
    )
    kinds = dict(zip(found.events.column("kind").to_pylist(), found.events.column("counts").to_pylist(), strict=False))
    assert found.events.column("at").to_pylist() == sorted(found.events.column("at").to_pylist())
    assert len(found.events) == 4 and kinds[K["void"]] is False and kinds[K["accept"]] is True
    delivered = [(e["at"], e["counts"]) for e in found.events.to_pylist() if e["kind"] == K["deliver"]]
    assert delivered == [(BASE + 5 * HOUR, False), (BASE + 9 * HOUR, True)]
    assert found.states.to_pylist()[0]["delivered_at"].timestamp() == BASE + 9 * HOUR


def test_a_number_that_is_used_again_has_two_journeys(tmp_store: Opened) -> None:
    """Each event stands under the journey that had begun before it; what came before any acceptance under the first."""
    later = 10 * DAY // HOUR
    found = told(
        tmp_store,
        [event("arrive", -2), event("accept", 0), event("deliver", 5), event("accept", later, operator=2), event("deliver", later + 4, operator=2)],
    )  # fmt: skip
    assert found.states.column("operator").to_pylist() == [1, 2]
    assert found.events.column("journey").to_pylist() == [0, 0, 0, 1, 1]


def test_scans_of_a_container_reach_the_item_while_it_is_in_it(tmp_store: Opened) -> None:
    """A container's scan is the item's from bagging to unbagging, told with the container; the others are none of the item's."""
    bag = CONTAINERS[0]
    container = [
        {"key": bag, "at": BASE + HOUR * h, "kind": K["depart"], "place": 2, "operator": 1, "item_class": 4}
        for h in (1, 4, 8)
    ]
    found = told(
        tmp_store,
        [event("accept", 0), event("bag", 2, container=bag), event("unbag", 6, place=3, container=bag), *container],
    )
    through = [(e["at"], e["via"]) for e in found.events.to_pylist() if e["via"]]
    assert through == [(BASE + 4 * HOUR, bag)]


def test_an_item_that_is_not_known_has_no_history(tmp_store: Opened) -> None:
    """Nothing is made up of a key that no event bears."""
    assert not told(tmp_store, [event("accept", 0)], ITEMS[2]).known
