"""Small lives on which the heart and the reference once differed, or on which facts.md is subtle."""

from __future__ import annotations

import pytest

from tests.items import reference
from tests.items.conftest import Opened
from tests.items.facts import delivery, key_of, states_of
from tests.items.lives import CONTAINERS, ITEMS, OWN_PIECE, WAYBILL, Event, K
from tests.items.small_network import BASE, DAY, HOUR, NET
from tests.items.test_facts import check, compare
from tests.items.test_upkeep import LONG
from yilu.items import upkeep

X, Y, Z = ITEMS[0], ITEMS[1], ITEMS[2]
C, D = CONTAINERS[:2]


def e(key: int, code: str, hours: float, place: int = 0, **more: int) -> Event:
    """A scan some hours after ``BASE``; of a container, if the key is one."""
    event = {
        "key": key,
        "kind": K[code],
        "at": BASE + int(hours * HOUR),
        "place": place,
        "operator": 1,
        "destination": 4,
        **more,
    }
    if key in CONTAINERS:
        event = {n: v for n, v in event.items() if n != "destination"} | {"item_class": 4}
    return {n: v for n, v in event.items() if v}


def bag(key: int, hours: float, container: int = C, code: str = "bag", **more: int) -> Event:
    return e(key, code, hours, container=container, **more)


CASES: dict[str, list[list[Event]]] = {
    "two numbers go on for one": [[e(X, "accept", 0, 1)], [e(Y, "relabel", 1, parent=X)], [e(Z, "relabel", 2, parent=X), e(Z, "deliver", 3)]],
    "two tellings of what a number goes on for": [
        [e(X, "accept", 0, 1), e(Y, "accept", 0, 2)], [e(Z, "relabel", 2, parent=X)], [e(Z, "relabel", 2, parent=Y)], [e(X, "sort", 3)],
    ],
    "a voided relabelling": [[e(X, "accept", 0, 1), e(Y, "relabel", 1, parent=X, event_id=7), e(Y, "sort", 2)], [e(Y, "void", 3, voids=7)], [e(X, "sort", 4)]],
    "a voided relabelling in a chain": [
        [e(X, "accept", 0, 1), e(Y, "relabel", 1, parent=X, event_id=7), e(Z, "relabel", 2, parent=Y), e(Z, "deliver", 5)], [e(Y, "void", 3, voids=7)],
    ],
    "a voided piece": [
        [e(WAYBILL, "accept", 0), e(OWN_PIECE, "piece", 0, parent=WAYBILL, event_id=7), e(WAYBILL, "deliver", 2)], [e(OWN_PIECE, "void", 3, voids=7)],
        [e(OWN_PIECE, "deliver", 4)],
    ],
    "two tellings of whose piece it is": [[e(X, "accept", 0), e(OWN_PIECE, "piece", 1, parent=WAYBILL)], [e(OWN_PIECE, "piece", 1, parent=X)], [e(OWN_PIECE, "deliver", 2)]],
    "a voided re-bagging extends nothing": [[bag(X, 0), bag(X, 4, event_id=7)], [e(C, "depart", 50, 2)], [e(X, "void", 60, voids=7)]],
    "a bag in a bag": [[bag(X, 0), bag(C, 1, D)], [e(D, "depart", 2, 2), e(C, "arrive", 3, 3)]],
    "a relabelled piece is a piece, and delivered under its new number": [
        [e(WAYBILL, "accept", 0), e(OWN_PIECE, "piece", 0, parent=WAYBILL)], [e(Z, "relabel", 2, parent=OWN_PIECE)], [e(Z, "deliver", 4)],
    ],
    "a relabelled shipment keeps its pieces": [
        [e(WAYBILL, "accept", 0), e(OWN_PIECE, "piece", 0, parent=WAYBILL), e(WAYBILL, "accept", 0, piece=1)],
        [e(Z, "relabel", 2, parent=WAYBILL)], [e(OWN_PIECE, "deliver", 3), e(WAYBILL, "deliver", 5, piece=1)],
    ],
    "a numbered piece that states a parent": [[e(WAYBILL, "accept", 0, piece=1, parent=X), e(X, "accept", 0)], [e(WAYBILL, "deliver", 4, piece=1, parent=Y)]],
    "a shipment known by its pieces alone": [[e(WAYBILL, "arrive", 0, 2, piece=1), e(WAYBILL, "accept", 1, 3, piece=2, origin=2)], [e(WAYBILL, "deliver", 4, piece=2)]],
    "a lost piece": [
        [e(WAYBILL, "accept", 0), e(WAYBILL, "accept", 0, piece=1), e(WAYBILL, "accept", 0, piece=2)], [e(WAYBILL, "lost", 3, piece=1)], [e(WAYBILL, "deliver", 5, piece=2)],
    ],
    "pieces returned": [[e(WAYBILL, "accept", 0, piece=1), e(WAYBILL, "accept", 0, piece=2)], [e(WAYBILL, "return", 3, piece=1), e(WAYBILL, "deliver", 5, piece=2)]],
    "a piece whose shipment's bucket is empty": [[e(OWN_PIECE, "piece", 0, parent=WAYBILL)]],
    "a return is no scan after delivery": [[e(X, "deliver", 0), e(X, "return", 1)], [e(X, "sort", 2)]],
    "an unmapped event after delivery is one": [[e(X, "deliver", 0), e(X, "other", 1)]],
    "a container's void leaves the item's own event with that id": [
        [e(X, "depart", 1, 2, event_id=7), bag(X, 2), e(C, "depart", 3, 2, event_id=7), e(C, "void", 4, voids=7)]
    ],
    "a container's voided departure leaves the item's own later one": [
        [bag(X, 1), e(C, "depart", 2, 2), e(X, "depart", 3, 2), e(C, "void_depart", 4, 2)]
    ],
    "a container's departure is taken back after its time": [[bag(X, 0), e(C, "depart", 47, 2)], [e(C, "void_depart", 49, 2)]],
    "an item's voided departure is not that of a container it has left": [
        [bag(X, 0), e(C, "arrive", 1, 2), bag(X, 2, code="unbag"), e(X, "depart", 3, 2), e(C, "depart", 4, 2), e(X, "void_depart", 5, 2)]
    ],
    "an item's voided departure may be its container's": [[bag(X, 0), e(C, "depart", 1, 2), e(X, "void_depart", 5, 2)]],
    "a void_depart is not voided": [[e(X, "depart", 1, 2), e(X, "void_depart", 2, 2, event_id=7), e(X, "void", 3, voids=7)]],
    "two departures, two taken back": [[e(X, "depart", h, 2) for h in (1, 2, 3)], [e(X, "void_depart", h, 2) for h in (4, 5)]],
    "a container's void told before bagging": [
        [e(C, "arrive", 0, 1)], [e(C, "void", 1, voids=7)], [bag(X, 2)], [e(C, "depart", 3, 2, event_id=7)],
    ],
    "a container's void told first of all": [[e(C, "void", 1, voids=7)], [bag(X, 2)], [e(C, "depart", 3, 2, event_id=7)]],
    "a voided bagging": [[bag(X, 0, event_id=7), e(C, "depart", 1, 2)], [e(X, "void", 2, voids=7)]],
    "a voided unbagging": [[bag(X, 0), bag(X, 1, code="unbag", event_id=7), e(C, "depart", 2, 2)], [e(X, "void", 3, voids=7)]],
    "bagging told after scans that passed the item by": [
        [bag(X, 1), bag(X, 2, code="unbag")], [e(C, "depart", 5, 2)], [bag(X, 4)],
    ],
    "unbagging told late": [[bag(X, 1), e(C, "depart", 5, 2)], [bag(X, 4, code="unbag")]],
    "a bag goes on to the next item": [
        [bag(X, 0), e(C, "depart", 1, 2), bag(X, 2, code="unbag"), bag(Y, 3), e(C, "depart", 4, 3), bag(Y, 5, code="unbag")]
    ],
    "out of one container into another": [[bag(X, 0), bag(X, 2, D)], [e(C, "depart", 1, 2), e(C, "depart", 3, 2), e(D, "depart", 3, 4)]],
    "the less of two tellings of a container's scan": [
        [bag(X, 0)], [e(C, "depart", 1, 2, weight_g=2, event_id=5)], [e(C, "depart", 1, 2, weight_g=1, event_id=9)], [e(C, "void", 3, voids=5)],
    ],
    "a container's operator is not its items'": [[e(C, "depart", 1, 2, operator=2), bag(X, 0, operator=0), e(X, "sort", 3, operator=1)]],
    "left without having arrived": [[e(X, "accept", 0, 1), e(X, "depart", 1, 2), e(X, "depart", 2, 2), e(X, "arrive", 3, 3), e(X, "depart", 4, 3)]],
    "scans beyond the container's time": [[bag(X, 0), e(C, "depart", 48, 2), e(C, "arrive", 49, 3)]],
    "a piece's delivery voided": [
        [e(WAYBILL, "accept", 0), e(WAYBILL, "deliver", 4, piece=1, event_id=7), e(WAYBILL, "accept", 0, piece=1)],
        [e(WAYBILL, "void", 5, piece=1, voids=7)],
    ],
    "a piece known by nothing that holds": [
        [e(WAYBILL, "accept", 0), e(WAYBILL, "accept", 0, piece=1, event_id=7)], [e(WAYBILL, "void", 5, piece=1, voids=7)],
    ],
    "a shipment's own voided delivery": [
        [e(WAYBILL, "accept", 0), e(WAYBILL, "deliver", 3, event_id=7), e(WAYBILL, "deliver", 2, piece=1)], [e(WAYBILL, "void", 5, voids=7)],
    ],
    "a shipment delivered by its pieces alone": [
        [e(WAYBILL, "accept", 0), e(WAYBILL, "accept", 0, piece=1), e(WAYBILL, "accept", 0, piece=2)],
        [e(WAYBILL, "deliver", 4, piece=1)], [e(WAYBILL, "deliver", 3, piece=2)], [e(WAYBILL, "deliver", 9, piece=1)],
    ],
    "a piece told after the shipment's delivery": [[e(WAYBILL, "accept", 0), e(WAYBILL, "deliver", 3)], [e(OWN_PIECE, "piece", 1, parent=WAYBILL)]],
    "an old number's scans and dwell are counted once": [
        [e(X, "accept", 0, 2), e(X, "arrive", 1, 3), e(X, "depart", 2, 3)], [e(Y, "relabel", 3, parent=X), e(Y, "deliver", 5, 4)],
    ],
    "a container under the old number": [
        [e(X, "accept", 0, 2), bag(X, 1)], [e(Y, "relabel", 2, parent=X), e(C, "depart", 3, 2)], [bag(Y, 4, code="unbag"), e(C, "arrive", 5, 3)],
    ],
    "an acceptance told late joins two journeys": [[e(X, "accept", 0)], [e(X, "accept", 76), e(X, "deliver", 80)], [e(X, "accept", 40)]],
    "a voided acceptance parts two journeys": [[e(X, "accept", 0), e(X, "accept", 40, event_id=7), e(X, "accept", 76)], [e(X, "void", 80, voids=7)]],
    "a journey's number counts from the acceptance before": [[e(X, "accept", h) for h in (0, 70, 140, 230)], [e(X, "deliver", 100)]],
    "delivered, then accepted": [[e(X, "deliver", 0), e(X, "accept", 1)]],
    "returned and delivered in one second": [[e(X, "accept", 0), e(X, "return", 2), e(X, "deliver", 2)]],
    "lost and found": [[e(X, "accept", 0), e(X, "lost", 2)], [e(X, "deliver", 3)]],
    "attempts and hops beyond 255": [
        [e(X, "attempt", h, 1) for h in range(130)], [e(X, "attempt", h + 0.5, 2) for h in range(130)], [e(X, "attempt", h, 1) for h in range(130, 150)],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    """The heart and the reference agree on it: in these commits, in one, event by event, and backwards."""
    commits = CASES[name]
    world = [event for told in commits for event in told]
    check(world, commits, None)
    check(world, [world], None)
    check(world, commits[::-1], None)
    if len(world) < 20:
        check(world, [[event] for event in world], None)
        check(world, [[event] for event in reversed(world)], None)


def test_nothing_passes_what_waits():
    """A scan of a container into which an item was put by an event that still waits is folded with that event, not before it."""
    told = [[bag(X, 0)], [e(Y, "relabel", 80, parent=X), bag(X, 76)], [e(C, "arrive", 107, 2)]]
    check([event for part in told for event in part], told, 99.0)


def test_reference_by_hand():
    """The reference itself: one ordinary life, every figure worked out by hand."""
    life = [
        e(X, "accept", 0, 1, origin=1, service_level=1, item_class=2, sender_kind=1), e(X, "inspect", 0, 1), e(X, "depart", 1, 1), e(X, "arrive", 2, 2),
        e(X, "screen", 3, 2), e(X, "depart", 4, 2), e(X, "attempt", 20, 3), e(X, "deliver", 30, 3, outcome=2), e(X, "sort", 31, 3),
    ]  # fmt: skip
    states, cells = reference.fold(life, NET)
    (r,) = states[X, 0]
    assert r["start"] == (False, BASE, K["accept"], 1)
    assert (r["delivered"], r["left"], r["left_processing"]) == (BASE + 30 * HOUR, BASE + HOUR, BASE + 4 * HOUR)
    assert (r["attempts"], r["hops"], r["arrived"]) == (1, 2, BASE + 20 * HOUR)
    assert r["proxy"] and r["after"] and not r["impossible"]
    # accepted at 21:00 local time, after the cut-off at 18:00: 48 hours from midnight, in UTC 23:00 of 2024-03-29
    assert r["promised"] == BASE + 3 * HOUR + 48 * HOUR
    assert r["outcome"] == "delivered"
    # inspected in time; no sender identified, and rule 1 only from a day later; screened before it left the processing site
    assert r["checks"] == [1, 0, 1]
    # two hours at place 2 until 01:00 local time of 2024-03-30, day 8855; 60 s x 1.02^241 < 7200 s < 60 s x 1.02^242
    assert cells["dwell", 8855, 2, 1, 242] == 1
    assert cells["clock", 4, 2, r["promised"] // HOUR, 1, 4, 1] == 1
    assert sum(n for c, n in cells.items() if c[0] == "scans") == len(life)


def test_a_closed_item_told_again_is_not_lost(tmp_store: Opened):
    """A repeat of a closed item's event leaves it closed, also when the store is left without writing states."""
    life = [e(X, "accept", 0), e(X, "deliver", 1)]
    store = tmp_store()
    store.commit([delivery(life)])
    assert upkeep.close_items(store, BASE + 20 * DAY, LONG) == 1
    store.commit([delivery(life[:1])])
    store.close()
    with tmp_store() as store:
        compare(store, life)
        assert not store.table(key_of((X, 0)) >> 62).count


def test_a_closed_journey_that_a_late_acceptance_joins(tmp_store: Opened):
    """Closed rows of journeys that turn out to be one are taken back."""
    told = [[e(X, "accept", 0), e(X, "deliver", 1)], [e(X, "accept", 76)], [e(X, "accept", 40)]]
    with tmp_store() as store:
        for i, part in enumerate(told):
            store.commit([delivery(part)])
            upkeep.close_items(store, BASE + 20 * DAY, LONG)
            compare(store, [event for before in told[: i + 1] for event in before])


def test_an_old_number_that_is_closed_goes_on(tmp_store: Opened):
    """A closed number that is relabelled later gives its events to the new one and is marked."""
    told = [[e(X, "accept", 0, 1), e(X, "arrive", 1, 2)], [e(Y, "relabel", 50, parent=X), e(Y, "deliver", 60)]]
    with tmp_store() as store:
        for part in told:
            store.commit([delivery(part)])
            upkeep.close_items(store, BASE + 40 * DAY, LONG)
        compare(store, [event for part in told for event in part])
        assert states_of(store)[key_of((X, 0))][0]["continued"]


def test_a_store_with_empty_buckets_is_rebuilt(tmp_store: Opened):
    """Buckets without an event rebuild to nothing."""
    with tmp_store() as store:
        store.commit([delivery([e(X, "accept", 0)])])
        assert upkeep.rebuild(store) == 1
        compare(store, [e(X, "accept", 0)])
