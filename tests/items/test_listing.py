"""The items behind a figure: read to its end, a listing has as many as the reference's cells count, whatever it is narrowed to and however it is cut into pages."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives, reference
from tests.items.conftest import TRIED, fresh_store
from tests.items.facts import delivery
from tests.items.lives import Event
from tests.items.small_network import BASE, HOUR, NET
from yilu.items.cubes import CHECKS, DAY_0, HOW, STATUSES
from yilu.items.cubes import MEASURES as NUMBERS
from yilu.items.listing import ENDS, MEASURES, OF_CHECKS, STOCKS, Place, Wanted, listed
from yilu.items.reading import Snapshot

Cells = Counter[tuple[Any, ...]]
_CITIES = sorted({NET.city[a] for a in range(len(NET.city))})


def counted(cells: Cells, w: Wanted) -> int:
    """What the cells of the reference add up to for a figure, by what facts.md says of cubes."""
    side = 0 if MEASURES[w.measure] == "origin" else 1

    def fits(operator: int, ends: tuple[int, int], level: int | None) -> bool:
        cities = tuple(NET.city[e] for e in ends)
        return (
            NET.inside[cities[side]]
            and (not w.operators or operator in w.operators)
            and (not w.origins or cities[0] in w.origins)
            and (not w.destinations or cities[1] in w.destinations)
            and (not w.levels or level in w.levels)
        )

    def within(day: int) -> bool:
        return w.first <= day + DAY_0 <= w.last

    total = 0
    for (cube, *d), n in cells.items():
        if w.measure in OF_CHECKS and cube == "checks":
            check, _, status = w.measure.partition(".")
            if (
                (d[0], d[1]) == (CHECKS.index(check), STATUSES[status][0])
                and within(d[2])
                and fits(d[3], (d[4], 0), None)
            ):
                total += n
        elif w.measure in ENDS and cube == "ends":
            total += n if d[0] == HOW[w.measure][0] and within(d[1]) and fits(d[2], (d[3], d[4]), d[5]) else 0
        elif w.measure in STOCKS and cube == "clock":
            measure, of_side, hour, operator, area, level = d
            signs = {"in_flight": {1: 1, 5: -1, 7: -1}, "overdue": {3: 1, 4: -1, 6: -1, 8: -1, 9: -1}}[w.measure]
            if of_side == side + 1 and hour < w.until // HOUR and fits(operator, (area, area), level):
                total += signs.get(measure, 0) * n
        elif w.measure in NUMBERS and cube == "flow":
            if d[0] == NUMBERS[w.measure][0] and within(d[1]) and fits(d[2], (d[3], d[4]), d[5]):
                total += n
    return total


def all_of(snapshot: Snapshot, w: Wanted, most: int) -> list[tuple[int, Any]]:
    """Every item of a listing as (key, start), page by page."""
    found, at = [], None
    for _ in range(200):
        page = listed(snapshot, w, at, most, most_s=0.0)
        found += list(zip(page.items.column("key").to_pylist(), page.items.column("start_at").to_pylist(), strict=True))
        assert len(page.items) <= most and 0 < page.searched <= page.buckets
        if page.next is None:
            return found
        at = page.next
    raise AssertionError("a listing that doesn't end")


@st.composite
def wanted(draw: st.DrawFn) -> Wanted:
    """A figure, narrowed or not; a check is narrowed by its origin, as its cube is."""
    measure = draw(st.sampled_from(sorted(MEASURES)))

    def some(values: list[int]) -> tuple[int, ...]:
        chosen = st.lists(st.sampled_from(values), min_size=1, max_size=2).map(tuple)
        return draw(st.one_of(st.just(()), chosen))

    stock, check = measure in STOCKS, measure in OF_CHECKS
    one_end = "origins" if MEASURES[measure] == "origin" else "destinations"
    ends = {one_end: some(_CITIES)} | (
        {} if stock or check else {"origins": some(_CITIES), "destinations": some(_CITIES)}
    )
    day = BASE // 86400
    days = {} if stock else {"first": day + draw(st.integers(-1, 4)), "last": day + draw(st.integers(0, 60))}
    return Wanted(
        measure, operators=some([0, 1, 2]), levels=() if check else some([0, 1, 2, 3]), until=BASE + HOUR * draw(st.integers(0, 200)) if stock else 0, **ends, **days,
    )  # fmt: skip


@TRIED
@given(lives.worlds(), st.lists(wanted(), min_size=6, max_size=12), st.integers(1, 5))
def test_a_listing_has_as_many_items_as_its_figure_counts(world: list[Event], asked: list[Wanted], most: int) -> None:
    """No item behind a figure is left out, listed twice, or listed though it doesn't count, in any life and however small the pages are.

    What is in flight is a difference of sums: an item that ended before it was accepted takes one off in between, which no listing can show.
    """
    records, cells = reference.fold(world, NET)[:2]
    backwards = any(
        r["start"] and min(r["delivered"], r["returned"], r["ended"]) < r["start"][1]
        for of in records.values()
        for r in of
    )
    asked = [w for w in asked if not (backwards and w.measure == "in_flight")]
    with fresh_store() as opened, opened() as store:
        store.commit([delivery(world)])
        store.settle()
        snapshot = Snapshot(store.disk, store.at, store.rules)
        for w in asked:
            found = all_of(snapshot, w, most)
            assert len(found) == len(set(found)) == counted(cells, w), w


def test_a_listing_stops_when_it_took_long_and_goes_on_there() -> None:
    """A search of a province ends after a bucket and says how far it came; what is behind its place follows, nothing twice."""
    world = [
        {"key": key, "at": BASE, "kind": lives.K["accept"], "place": 1, "operator": 1, "item_class": 3}
        for key in lives.ITEMS
    ]
    with fresh_store(buckets=4) as opened, opened() as store:
        store.commit([delivery(world)])
        store.settle()
        snapshot = Snapshot(store.disk, store.at, store.rules)
        w = Wanted("accepted")
        first = listed(snapshot, w, None, 50, most_s=0.0)
        assert (first.searched, first.buckets) == (1, 4) and first.next is not None
        assert listed(snapshot, w, None, 50, most_s=60.0).next is None
        assert [k for k, _ in all_of(snapshot, w, 50)] == sorted(lives.ITEMS)
        assert len(listed(snapshot, w, Place((1 << 64) - 1, (1 << 64) - 1), 50).items) == 0
