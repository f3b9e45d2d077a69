"""Rules held against plain Python on generated lives: any order, repetition and split into commits."""

from __future__ import annotations

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
from tests.items.small_network import BASE, HOUR, NET
from tests.supervision import reference_rules, watched
from yilu.items.reading import Snapshot
from yilu.supervision.rules.declared import Catalogue, declared
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.judging import Judge, judged
from yilu.supervision.rules.protected import bindings_of
from yilu.supervision.rules.registers import Filed

ABROAD = np.array([False] * 6 + [True, True])
SMALL = {
    "backfill_hours": 24, "stalled_hours": 30, "stalled_abroad_hours": 50, "late_hours": 10, "after_minutes": 60, "backlog_hours": 5,
    "backlog_least": 2, "off_least": 2, "closure_hours": 3, "silent_hours": 2,
}  # fmt: skip
"""Thresholds that lives of five days reach; those of waiting are the small network's own."""
LATENESS_S = 6 * HOUR


def catalogue(**values: int) -> Catalogue:
    """The rules with other thresholds."""
    thresholds = {n: replace(t, value=values.get(n, t.value)) for n, t in declared().thresholds.items()}
    return replace(declared(), thresholds=thresholds)


def nothing_filed() -> Filed:
    """A register that names no facility: no outlet is judged."""
    empty = np.empty(0, np.int64)
    return Filed(watched.network(), empty, empty, empty, np.zeros(len(NET.area), np.bool_))


def with_records(world: list[Event]) -> list[Event]:
    """The same events, each with a time of recording that follows from what it is: a repeat has the same."""
    out = []
    for e in world:
        late = (e["at"] * 7 + e["kind"] * 13 + e.get("place", 0)) % 4 * 13 * HOUR
        out.append({**e, "recorded_at": e["at"] + late})
    return out


def judge(registers: bool = False, protected: bool = False) -> Judge:
    """A judge of the small network; with filings, a closed crossing and what a protected period asks for, or none; with periods that tighten looser thresholds, or none."""
    rules = catalogue(**(watched.LOOSE if protected else SMALL))
    if protected:
        rules = replace(rules, protected=(watched.GAMES, watched.FAIR))
    found = Judge(watched.network(), rules, nothing_filed(), bindings=bindings_of(watched.network(), rules))
    if registers:
        found = replace(found, filed=watched.filed(), closures=(watched.parted(),), protection=watched.protection())
    return found


def said(
    world: list[Event],
    commits: list[list[Event]],
    patience: float | None,
    registers: bool = False,
    protected: bool = False,
) -> tuple[Evidence, int]:
    """What the rules say of a store that got the world in these commits, and the watermark."""
    with fresh_store(patience=patience) as opened, opened() as store:
        for told in commits:
            store.commit([delivery(told)])
        store.settle()
        snapshot = Snapshot(store.disk, store.at, RULES)
        complete = max(snapshot.watermarks(LATENESS_S).values(), default=0)
        return judged(snapshot, judge(registers, protected), LATENESS_S), complete


def as_rows(found: Evidence) -> set[tuple[str, int, int, int, int, int]]:
    """Evidence as the reference gives it."""
    names = {r.number: r.id for r in declared().rules.values()}
    return {
        (names[int(e["rule"])], int(e["key"]), int(e["operator"]), int(e["place"]), int(e["at"]), int(e["until"]))
        for e in found
    }


def compare(
    world: list[Event],
    commits: list[list[Event]],
    patience: float | None,
    registers: bool = False,
    protected: bool = False,
) -> set[tuple]:
    """Hold what is said against the reference."""
    found, complete = said(world, commits, patience, registers, protected)
    expected = reference_rules.judge(
        world, NET, watched.LOOSE if protected else SMALL, complete, ABROAD, watched.WATCHED if registers else None,
        watched.TIGHTER if protected else (),
    )  # fmt: skip
    told = as_rows(found)
    assert told == expected, {"too much": told - expected, "too little": expected - told}
    late = {bool(e["provisional"]) == bool(e["at"] > complete) for e in found}
    assert late <= {True}
    return told


PATIENCE = st.sampled_from([None, 0.0, 99.0])


def in_any_way(world: st.SearchStrategy[list[Event]]) -> st.SearchStrategy[Any]:
    """A world, told in any order, some of it twice, in any split, with or without patience."""
    recorded = world.map(with_records)
    return recorded.flatmap(lambda w: st.tuples(st.just(w), lives.batches(w), PATIENCE))


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:2]))))
def test_plain_lives(drawn: Any) -> None:
    """Checks, waits, travel, promises, scans after delivery: as plain Python has it, in any order of arrival."""
    compare(*drawn)


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:2]), lives.bagging(lives.ITEMS[:2]), lives.hauling(), most=20)))
def test_lives_in_containers(drawn: Any) -> None:
    """What a container's scans tell of its members counts for their waits and stays, and accuses nobody of scanning after delivery."""
    compare(*drawn)


@TRIED
@given(in_any_way(lives.worlds()))
def test_worlds(drawn: Any) -> None:
    """Everything at once: voids, new numbers, pieces, containers, re-used numbers."""
    compare(*drawn)


@TRIED
@given(in_any_way(lives.worlds()))
def test_worlds_with_registers(drawn: Any) -> None:
    """Unfiled outlets, a closed crossing and a protected period too: whom they speak of, where, from when and until when."""
    compare(*drawn, registers=True)


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:2]))))
def test_plain_lives_with_registers(drawn: Any) -> None:
    """The same of plain lives, which come to more."""
    compare(*drawn, registers=True)


def scan(kind: str, hours: float, place: int, key: int = lives.ITEMS[0], **more: int) -> Event:
    """An event of an item, hours after the base."""
    at = BASE + round(hours * HOUR)
    return {"key": key, "at": at, "recorded_at": at + 60, "kind": lives.K[kind], "place": place, "operator": 1, "destination": 4, "item_class": 3, **more}  # fmt: skip


CASES: dict[str, tuple[list[Event], set[tuple[str, float, int, float]]]] = {
    "a check that never came": (
        [scan("accept", 0, 1), scan("depart", 2, 1), scan("deliver", 5, 3)],
        {("inspection_missing", 2, 1, 0), ("screening_missing", 5, 3, 0)},
    ),
    "a check after leaving": (
        [scan("accept", 0, 1), scan("screen", 0, 1), scan("depart", 2, 1), scan("inspect", 3, 1), scan("deliver", 5, 3)],
        {("check_after", 3, 1, 0)},
    ),
    "a check recorded two days later": (
        [scan("accept", 0, 1), scan("screen", 0, 1), scan("inspect", 1, 1, recorded_at=BASE + 49 * HOUR), scan("deliver", 5, 3)],
        {("check_backfilled", 1, 1, 0)},
    ),
    "a wait that is over, and one that goes on": (
        [scan("accept", 0, 1), scan("screen", 0, 1), scan("inspect", 0, 1), scan("arrive", 31, 3), scan("accept", 68, 1, lives.ITEMS[2], item_class=1)],
        {("stalled", 30, 1, 31), ("stalled", 61, 3, 0)},
    ),
    "signed, and then brought": (
        [scan("accept", 0, 1), scan("screen", 0, 1), scan("inspect", 0, 1), scan("deliver", 5, 3), scan("out_for_delivery", 7, 3), scan("sort", 8, 3)],
        {("false_signing", 5, 3, 0), ("scan_after_delivery", 8, 3, 0)},
    ),
    "a scan from the other end of the world": (
        [scan("accept", 0, 1), scan("screen", 0, 1), scan("inspect", 0, 1), scan("sort", 1, 7)],
        {("impossible_travel", 1, 7, 0)},
    ),
    "a new number whose relabelling was voided has nothing of its own": (
        [
            scan("inspect", 0, 1, recorded_at=BASE + 30 * HOUR), scan("void", 0, 0, voids=228),
            scan("relabel", 0, 1, lives.ITEMS[1], event_id=228, parent=lives.ITEMS[0]),
        ],
        {("check_backfilled", 0, 1, 0)},
    ),
    "a number used again: its first item still waits": (
        [scan("accept", 0, 1, item_class=1), scan("accept", 76, 1, item_class=1)],
        {("stalled", 30, 1, 0)},
    ),
    "a shipment that ended with its piece waits no longer": (
        [scan("accept", 0, 1, item_class=1), scan("screen", 0, 1), scan("deliver", 4, 3, piece=1), scan("accept", 60, 1, lives.ITEMS[2], item_class=1)],
        set(),
    ),
    "a shipment whose piece was long on its way had waited until then": (
        [scan("accept", 0, 1, item_class=1), scan("screen", 0, 1), scan("deliver", 50, 3, piece=1), scan("accept", 60, 1, lives.ITEMS[2], item_class=1)],
        {("stalled", 30, 1, 50)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cases_by_hand(name: str) -> None:
    """Small histories of which anyone can say what a rule must say, with hours and places written down."""
    world, expected = CASES[name]
    told = compare(world, [world], None)
    found = {(r, (at - BASE) / HOUR, p, (until - BASE) / HOUR if until else 0) for r, _, _, p, at, until in told}
    assert found == expected


def test_a_backlog_needs_enough_items_of_a_day() -> None:
    """Two items of one operator and day that stay six hours make a backlog of both; one of them alone makes none; it ends as they leave."""

    def life(key: int) -> list[Event]:
        return [scan("accept", 0, 1, key, item_class=1), scan("screen", 1, 2, key), scan("arrive", 1, 2, key), scan("depart", 7, 2, key), scan("deliver", 8, 3, key)]  # fmt: skip

    both = life(lives.ITEMS[0]) + life(lives.ITEMS[2])
    assert {(r, k) for r, k, *_ in compare(both, [both], None)} == {
        ("backlog", lives.ITEMS[0]),
        ("backlog", lives.ITEMS[2]),
    }
    assert compare(life(lives.ITEMS[0]), [life(lives.ITEMS[0])], None) == set()


def test_a_machine_that_was_off_takes_an_hour_with_nothing_screened() -> None:
    """Two items leave a site unscreened in one hour: off; where the operator screened a third one there in that hour, only missing."""

    def life(key: int) -> list[Event]:
        return [scan("accept", 0, 1, key), scan("inspect", 0, 1, key), scan("arrive", 1, 2, key), scan("depart", 3.2, 2, key), scan("deliver", 4, 3, key)]  # fmt: skip

    two = life(lives.ITEMS[0]) + life(lives.ITEMS[2])
    third = [*life(lives.ITEMS[3]), scan("screen", 3.1, 2, lives.ITEMS[3])]
    assert {r for r, *_ in compare(two, [two], None)} == {"screening_missing", "screening_off"}
    assert {r for r, *_ in compare(two + third, [two + third], None)} == {"screening_missing"}


def test_what_lies_after_the_watermark_is_provisional() -> None:
    """A check may still come: until the feed's allowed lateness has passed, its lack is provisional; then it is sure; and late evidence takes it back."""
    world = [scan("accept", 0, 1), scan("screen", 0, 1), scan("depart", 2, 1)]
    found, _ = said(world, [world], None)
    assert found["provisional"].tolist() == [True]
    later = [*world, scan("arrive", 9, 3)]
    found, _ = said(later, [world, later[3:]], None)
    assert found["provisional"].tolist() == [False]
    inspected = [*later, scan("inspect", 1, 1)]
    assert len(said(inspected, [later, inspected[4:]], None)[0]) == 0
