"""Made-up lives of items for hypothesis: few numbers, few times, few places, so that everything that can meet does meet.

``worlds()`` draws lists of events (dicts of the columns that are not 0). Times stand on a grid of hours, so seconds are often equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.items.small_network import BASE, HOUR
from yilu.items.kinds import BY_CODE
from yilu.items.schema import IDENTITY, Events, events

Event = dict[str, int]
K = {code: kind.id for code, kind in BY_CODE.items()}

ITEMS = [0x0123456789ABCDE1, 0x4123456789ABCDE1, 0x8123456789ABCD02, 0xC123456789ABCDE4]
"""Numbers in four buckets; the first two end alike."""
WAYBILL, OWN_PIECE, NEW_PIECE = 0x5F00000000000001, 0xA700000000000002, 0x2700000000000005
CONTAINERS = [0x3333333333330001, 0xEEEEEEEEEEEE0001, 0x7000000000000003]

PLAIN = [
    "accept", "identify", "inspect", "screen", "load", "depart", "depart", "unload", "arrive", "arrive", "sort", "hold", "export_customs",
    "import_release", "damage", "out_for_delivery", "attempt", "redirect", "locker", "station", "deliver", "deliver", "return", "lost",
    "destroy", "cancel", "other",
]  # fmt: skip
OF_CONTAINERS = ["seal", "load", "depart", "depart", "arrive", "arrive", "unload", "unseal", "other"]

hours = st.integers(0, 30).map(lambda h: BASE + 4 * HOUR * h)
moments = st.one_of(hours, hours, st.integers(BASE, BASE + 5 * 86400))
places = st.integers(0, 7)
some = lambda values: st.one_of(st.just(0), st.sampled_from(values))  # noqa: E731


states_parent = st.sampled_from([{}, {}, {"parent": ITEMS[3]}])


def ids_of(number: int, piece: int = 0) -> st.SearchStrategy[int]:
    """Event ids that events of this number bear: few, so that several events share one and voids find theirs.

    Some are borne by other numbers' events too, as where one source event tells of many items.
    """
    return st.integers(0, 5).map(lambda i: i if i < 2 else (number ^ (piece << 20)) + i if i < 4 else 0xE0 + i)


def stated() -> st.SearchStrategy[Event]:
    """What an item's event may state; half of them state nothing."""
    full = st.fixed_dictionaries(
        {
            "operator": st.integers(0, 2),
            "outcome": st.integers(0, 4),
            "item_class": st.integers(0, 3),
            "sender_kind": st.integers(0, 2),
            "service_level": st.integers(0, 3),
            "origin": st.integers(0, 7),
            "destination": st.integers(0, 7),
            "promise": some([BASE + 86400, BASE + 3 * 86400]),
            "weight_g": st.integers(0, 1),
        }
    )
    return st.one_of(st.just({"operator": 1, "destination": 4}), full)


@st.composite
def plain(draw: st.DrawFn, numbers: list[int] = ITEMS, kinds: list[str] = PLAIN, piece: int = 0) -> Event:
    """One event of an item."""
    key = draw(st.sampled_from(numbers))
    return {
        **draw(stated()),
        "key": key,
        "at": draw(moments),
        "kind": K[draw(st.sampled_from(kinds))],
        "place": draw(places),
        "piece": piece,
        "event_id": draw(ids_of(key, piece)),
    }


@st.composite
def bagging(draw: st.DrawFn, numbers: list[int] = ITEMS, containers: list[int] = CONTAINERS[:2]) -> Event:
    """An item is put into a container or taken out of it."""
    return {**draw(plain(numbers, ["bag", "bag", "unbag"])), "container": draw(st.sampled_from(containers))}


@st.composite
def hauling(draw: st.DrawFn, containers: list[int] = CONTAINERS[:2]) -> Event:
    """A scan of a container, which always says that it is one."""
    event = draw(plain(containers, OF_CONTAINERS))
    return {
        **{n: event[n] for n in ("key", "at", "kind", "place", "event_id")},
        "item_class": draw(st.sampled_from([4, 4, 5])),
        "operator": draw(st.integers(1, 2)),
        "weight_g": draw(st.integers(0, 3)),
        "container": draw(some([0x99, 0x55])),
    }


@st.composite
def voiding(draw: st.DrawFn, numbers: list[int], piece: int = 0) -> Event:
    """An event id declared wrong, or a departure taken back."""
    key = draw(st.sampled_from(numbers))
    event = {
        "key": key,
        "at": draw(moments),
        "place": draw(places),
        "piece": piece,
        "event_id": draw(ids_of(key, piece)),
    }
    if draw(st.booleans()):
        return {**event, "kind": K["void_depart"]}
    return {**event, "kind": K["void"], "voids": draw(ids_of(key, piece))}


@st.composite
def relabelling(draw: st.DrawFn) -> Event:
    """An item goes on under another number, or two do, or one for two; voids may find the event."""
    key = draw(st.sampled_from(ITEMS[1:3]))
    return {**draw(plain([key], ["relabel"])), "parent": draw(st.sampled_from(ITEMS[: ITEMS.index(key)]))}


@st.composite
def shipping(draw: st.DrawFn) -> Event:
    """Events of a shipment, of its numbered pieces, and of a piece with a number of its own."""
    choice = draw(st.integers(0, 5))
    if choice == 0:
        return draw(plain([WAYBILL]))
    if choice == 1:
        return {**draw(plain([OWN_PIECE], ["piece"])), "parent": draw(st.sampled_from([WAYBILL, WAYBILL, ITEMS[3]]))}
    if choice == 2:
        again = draw(st.sampled_from([{}, {}, {"kind": K["relabel"], "parent": OWN_PIECE}]))
        return {**draw(plain([NEW_PIECE if again else draw(st.sampled_from([OWN_PIECE, NEW_PIECE]))])), **again}
    piece = draw(st.integers(1, 3))
    if choice == 3:
        return draw(st.one_of(voiding([WAYBILL], piece), voiding([OWN_PIECE, NEW_PIECE, WAYBILL])))
    return draw(
        plain([WAYBILL], ["accept", "arrive", "depart", "deliver", "deliver", "return", "lost", "cancel"], piece)
    ) | draw(states_parent)


def lives(*sorts: st.SearchStrategy[Event], most: int = 14) -> st.SearchStrategy[list[Event]]:
    """Events of the given sorts, some of them told again, alike or otherwise."""
    sized = st.integers(1, most).flatmap(lambda n: st.lists(st.one_of(*sorts), min_size=n, max_size=n))
    return sized.flatmap(_retold)


@st.composite
def _retold(draw: st.DrawFn, told: list[Event]) -> list[Event]:
    again = draw(st.lists(st.tuples(st.sampled_from(told), st.booleans()), max_size=3))
    out = list(told)
    for event, otherwise in again:
        change: Event = {}
        if otherwise:
            change = {"event_id": draw(ids_of(event["key"], event.get("piece", 0)))}
            change |= {"operator": draw(st.integers(0, 2)), "weight_g": 2}
            if event["kind"] == K["relabel"] and event["key"] == ITEMS[2]:
                change["parent"] = draw(st.sampled_from(ITEMS[:2]))
            if event["kind"] == K["piece"]:
                change["parent"] = draw(st.sampled_from([WAYBILL, ITEMS[3]]))
        out.append({**event, **change})
    return [{name: value for name, value in event.items() if value} for event in out]


def worlds() -> st.SearchStrategy[list[Event]]:
    """Everything at once."""
    return lives(
        plain(), plain(), bagging(), hauling(), voiding(ITEMS + CONTAINERS[:2]), relabelling(), shipping(), most=24
    )


def batches(world: list[Event]) -> st.SearchStrategy[list[list[Event]]]:
    """``world`` in any order, some of it twice, in up to five commits."""

    @st.composite
    def draw_them(draw: st.DrawFn) -> list[list[Event]]:
        told = draw(st.permutations(world + draw(st.lists(st.sampled_from(world), max_size=4))))
        cuts = sorted(draw(st.lists(st.integers(0, len(told)), max_size=4)))
        return [told[a:b] for a, b in zip([0, *cuts], [*cuts, len(told)], strict=True)]

    return draw_them()


def batch_of(told: list[Event]) -> Events:
    """The events as columns."""
    columns: dict[str, Any] = {}
    for name in sorted({n for e in told for n in e}):
        columns[name] = np.array([e.get(name, 0) for e in told], np.uint64)
    return events(len(told), **columns)


def identity(event: Event) -> tuple[int, ...]:
    return tuple(event.get(name, 0) for name in IDENTITY)
