"""Stages of transit and ends of items: lives of every sort, told by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items.conftest import RULES, TRIED, Opened
from tests.items.facts import cells_named, delivery
from tests.items.lives import ITEMS, Event
from tests.items.reference_answers import bin_of
from tests.items.small_network import BASE, HOUR
from tests.items.test_cases import C, bag, e
from yilu.items import cubes
from yilu.items.cells import ROOM
from yilu.items.cubes import HOW
from yilu.items.fields import NEVER, empty_row
from yilu.items.rules import packed
from yilu.items.stages import ended_cells

X = ITEMS[0]
PACKED = packed(RULES)
SENT, LEFT, HERE = e(X, "accept", 0, 3), e(X, "depart", 2, 2), e(X, "arrive", 10, 4)
OUT, DONE = e(X, "out_for_delivery", 12, 5), e(X, "deliver", 14, 5)
"""Accepted in city 2, which it leaves from a processing site, for city 4. Bits: 1 origin, 2 transport, 4 destination, 8 delivery."""

LIVES: dict[str, tuple[list[Event], dict[int, float]]] = {
    "every stage told": ([SENT, LEFT, HERE, OUT, DONE], {1: 2, 2: 8, 4: 2, 8: 2}),
    "no departure": ([SENT, HERE, OUT, DONE], {3: 10, 4: 2, 8: 2}),
    "a departure from an outlet alone": ([SENT, e(X, "depart", 1, 3), HERE, OUT, DONE], {3: 10, 4: 2, 8: 2}),
    "no arrival": ([SENT, LEFT, e(X, "out_for_delivery", 12), DONE], {1: 2, 6: 10, 8: 2}),
    "no tour": ([SENT, LEFT, HERE, DONE], {1: 2, 2: 8, 12: 4}),
    "nothing but its ends": ([SENT, DONE], {}),
    "first departure from a site in the destination's city": ([SENT, HERE, e(X, "depart", 11, 4), OUT, DONE], {3: 10, 4: 2, 8: 2}),
    "a tour scanned before it arrives is none": ([SENT, LEFT, e(X, "out_for_delivery", 5, 2), HERE, OUT, DONE], {1: 2, 2: 8, 4: 2, 8: 2}),
    "within one city": ([e(X, "accept", 0, 5), e(X, "depart", 3, 4), e(X, "out_for_delivery", 6, 5), e(X, "deliver", 7, 5)], {1: 3, 4: 3, 8: 1}),
    "within one city, no departure": ([e(X, "accept", 0, 5), e(X, "out_for_delivery", 6, 5), e(X, "deliver", 7, 5)], {5: 6, 8: 1}),
    "several tours": ([SENT, LEFT, HERE, OUT, e(X, "attempt", 13, 5), e(X, "out_for_delivery", 20, 5), e(X, "deliver", 21, 5)], {1: 2, 2: 8, 4: 2, 8: 9}),
    "a failed attempt without a tour": ([SENT, LEFT, HERE, e(X, "attempt", 13, 5), e(X, "deliver", 21, 5)], {1: 2, 2: 8, 4: 3, 8: 8}),
    "waiting in a locker": ([SENT, LEFT, HERE, e(X, "locker", 13, 5), e(X, "deliver", 40, 5)], {1: 2, 2: 8, 4: 3, 8: 27}),
    "handed to a station": ([SENT, LEFT, HERE, e(X, "station", 13, 5), e(X, "deliver", 40, 5)], {1: 2, 2: 8, 4: 3, 8: 27}),
    "in a bag": ([SENT, bag(X, 1), e(C, "depart", 2, 2), e(C, "arrive", 10, 4), bag(X, 11, code="unbag"), OUT, DONE], {1: 2, 2: 8, 4: 2, 8: 2}),
    "redirected to another city": (
        [SENT, LEFT, HERE, OUT, e(X, "redirect", 13, 5, destination=6), e(X, "arrive", 20, 6, destination=0), e(X, "out_for_delivery", 22, 6, destination=0),
         e(X, "deliver", 23, 6, destination=0)], {1: 2, 2: 18, 4: 2, 8: 1},
    ),
    "redirected within its city": ([SENT, LEFT, HERE, OUT, e(X, "redirect", 13, 5, destination=5), e(X, "deliver", 20, 5, destination=5)], {1: 2, 2: 8, 4: 2, 8: 8}),
    "scanned after its delivery": ([SENT, LEFT, DONE, e(X, "arrive", 20, 4), e(X, "out_for_delivery", 21, 5)], {1: 2, 14: 12}),
    "scanned before its acceptance": ([e(X, "depart", -2, 2), e(X, "out_for_delivery", -1, 5), SENT, HERE, OUT, DONE], {3: 10, 4: 2, 8: 2}),
    "returned": ([SENT, LEFT, HERE, OUT, e(X, "return", 14, 5), e(X, "deliver", 30, 3)], {}),
    "not accepted here": ([LEFT, HERE, OUT, DONE], {}),
    "not delivered yet": ([SENT, LEFT, HERE, OUT], {}),
}  # fmt: skip
"""Events of a life, and hours by stages."""


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", LIVES)
def test_stages_of_a_life(tmp_store: Opened, name: str, late: bool) -> None:
    """The cube holds what facts.md says of each sort of life, in whatever order its events came."""
    told, hours = LIVES[name]
    told = [{n: v for n, v in event.items() if v} for event in told]
    with tmp_store() as store:
        for event in reversed(told) if late else told:
            store.commit([delivery([event])])
        cells = cells_named(store)
    found = {(cell[-2], cell[-1]): n for cell, n in cells.items() if cell[0] == "stages" and n}
    assert found == {(bits, bin_of(HOUR * h)): 1 for bits, h in hours.items()}


ENDS: dict[str, tuple[list[Event], tuple[str, int, int]]] = {
    "addressee": ([SENT, HERE, OUT, DONE], ("addressee", 0, 2)),
    "proxy, at the third attempt": ([SENT, HERE, e(X, "attempt", 11, 5), e(X, "attempt", 12, 5), {**DONE, "outcome": 2}], ("proxy", 2, 2)),
    "locker by its scan": ([SENT, e(X, "locker", 13, 5), DONE], ("locker", 0, 1)),
    "locker by the delivery": ([SENT, {**DONE, "outcome": 3}], ("locker", 0, 1)),
    "station by the delivery": ([SENT, {**DONE, "outcome": 4}], ("station", 0, 1)),
    "station, then locker": ([SENT, e(X, "station", 12, 5), e(X, "locker", 13, 5), DONE], ("locker", 0, 1)),
    "returned": ([SENT, e(X, "attempt", 12, 5), e(X, "return", 13, 5)], ("returned", 0, 0)),
    "lost": ([SENT, e(X, "lost", 40)], ("lost", 0, 0)),
    "destroyed": ([SENT, e(X, "destroy", 40)], ("destroyed", 0, 0)),
    "cancelled, then destroyed": ([SENT, e(X, "cancel", 1), e(X, "destroy", 40)], ("destroyed", 0, 0)),
    "cancelled": ([SENT, e(X, "cancel", 1)], ("cancelled", 0, 0)),
    "lost and found": ([SENT, e(X, "lost", 12), DONE], ("addressee", 0, 0)),
    "more than counts": ([SENT, *(e(X, "attempt", 12 + h / 8, 4 + h % 2) for h in range(16)), DONE], ("addressee", 3, 15)),
}  # fmt: skip
"""Events of a life, how it ended, failed attempts, changes of facility."""


@pytest.mark.parametrize("name", ENDS)
def test_how_an_item_ended(tmp_store: Opened, name: str) -> None:
    """The cube holds one cell of an item that ended: the way, and of delivered ones attempts and changes of facility."""
    told, (how, attempts, hops) = ENDS[name]
    with tmp_store() as store:
        for event in told:
            store.commit([delivery([event])])
        found = {(cell[1], cell[-2], cell[-1]): n for cell, n in cells_named(store).items() if cell[0] == "ends" and n}
    assert found == {(HOW[how][0], attempts, hops): 1}


moments = st.one_of(st.none(), st.integers(-3000, 90 * 1440))


@TRIED
@given(st.integers(0, 10**7), moments, moments, moments, st.sampled_from([(2, 4), (4, 5), (1, 0), (0, 0)]))
def test_stages_of_any_state_make_up_its_transit(took: int, left: int | None, reached: int | None, out: int | None, ends: tuple[int, int]) -> None:  # fmt: skip
    """Whatever divides the transit: each stage is in one time just once, no time is negative, and together they are the transit within what bins hold."""
    row = empty_row().copy()
    row["start"] = np.uint64(BASE << 31 | 8 << 23)
    row["last"] = np.uint64((BASE + took) << 32 | 120 << 24)
    row["delivered"] = BASE + took
    row["origin"], row["destination"] = ends
    row["left_processing"] = NEVER if left is None else BASE + 60 * left
    high, low = (0 if m is None or m < 0 else min(65535, m + 1) for m in (reached, out))
    row["stages"] = high << 16 | (max(high, low) if low else 0)
    when = np.zeros(ROOM, np.int64)
    when[9] = BASE + took
    ended_cells(row, PACKED, when)
    codes = np.sort(when[11:].view(np.uint64)[when[11:] != 0])
    found = cubes.decode(cubes.BY_NAME["stages"], codes, np.ones(len(codes), np.int64)).to_pylist()
    city = {2: 2, 4: 4, 5: 4, 1: 1, 0: 0}
    alike = city[ends[0]] == city[ends[1]] != 0
    bits = [cell["stages"] for cell in found]
    if not bits:
        return  # nothing is told, or nothing that holds
    assert len(bits) > 1
    assert sum(bits) == np.bitwise_or.reduce(bits) == (13 if alike else 15)
    seconds = cubes.bin_seconds(np.array([cell["bin"] for cell in found])).sum()
    assert seconds == pytest.approx(took, rel=0.0101, abs=31 * len(found))
