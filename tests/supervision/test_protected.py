"""Protected periods that tighten rules: whom they bind, from when, and what of those is judged more strictly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from tests.items import lives
from tests.items.conftest import TRIED
from tests.items.lives import ITEMS, Event
from tests.items.small_network import BASE, HOUR
from tests.supervision import watched
from tests.supervision.test_judging import compare, in_any_way, said, scan
from yilu.errors import InputError
from yilu.network import load
from yilu.supervision.rules.declared import Protected, declared
from yilu.supervision.rules.protected import bindings_of, bound, enough, within


@TRIED
@given(in_any_way(lives.worlds()))
def test_worlds_with_protected_periods(drawn: Any) -> None:
    """Everything at once, with two periods that overlap: as plain Python has it, in any order, repetition and split."""
    compare(*drawn, protected=True)


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:2]))))
def test_plain_lives_with_protected_periods(drawn: Any) -> None:
    """The same of plain lives, which come to more, with registers beside them."""
    compare(*drawn, registers=True, protected=True)


def hours(day: date) -> float:
    """Hours from the base to the local midnight that begins a day."""
    return (watched.begins(day) - BASE) / HOUR


FIRST, OVER = hours(watched.GAMES.first), hours(watched.GAMES.last + timedelta(days=1))
"""The games' first second and the first one after them, in hours after the base."""
SECOND = 1 / HOUR


def waits(accepted: float, wait: float, place: int = 1) -> list[Event]:
    """An item accepted then, checked, and scanned again after so many hours; another one far behind, so that the watermark passes."""
    first = [scan(kind, accepted, place, item_class=1) for kind in ("accept", "inspect", "screen")]
    return [*first, scan("deliver", accepted + wait, 3), scan("accept", accepted + wait + 7, 5, ITEMS[2], item_class=1)]


def stalls(world: list[Event]) -> list[float]:
    """After how many hours of waiting the item has stalled, held against plain Python."""
    begun = min(e["at"] for e in world)
    return [(at - begun) / HOUR for rule, key, _, _, at, _ in compare(world, [world], None, protected=True) if rule == "stalled" and key == ITEMS[0]]  # fmt: skip


@pytest.mark.parametrize("accepted", [FIRST, FIRST + 20, OVER - SECOND])
def test_an_item_of_the_period_stalls_sooner(accepted: float) -> None:
    """Accepted from its first to its last second: one second over thirty hours is told of, thirty hours are not."""
    assert stalls(waits(accepted, 30 + SECOND)) == [pytest.approx(30)]
    assert stalls(waits(accepted, 30)) == []


@pytest.mark.parametrize("accepted", [FIRST - SECOND, OVER])
def test_an_item_accepted_a_second_before_or_after_does_not(accepted: float) -> None:
    """Before the first local midnight and from the last one on, what holds of everyone holds: one second over forty-five hours, and no less."""
    assert stalls(waits(accepted, 45 + SECOND)) == [pytest.approx(45)]
    assert stalls(waits(accepted, 45)) == []


def test_a_period_holds_for_its_area_and_all_below_it() -> None:
    """Areas 1 and 2 lie in the games' area, of place 5 (area 5) nothing is known to them: only what was accepted inside is bound."""
    assert watched.network().under("P").tolist() == [False, True, True] + [False] * 5
    assert stalls(waits(FIRST + 1, 31, place=1)) == [pytest.approx(30)]
    assert stalls(waits(FIRST + 1, 31, place=5)) == []


def test_a_province_s_area_binds_what_lies_in_it() -> None:
    """Of Guangdong: a period of Guangzhou binds its districts and no other city; days begin at local midnight; its operator and class alone."""
    network = load("guangdong")
    period = Protected("g", "会", "Games", date(2025, 11, 5), date(2025, 11, 5), area="440100", operator="SF", item_class="express", thresholds={"late_hours": 1})  # fmt: skip
    (found,) = bindings_of(network, replace(declared(), protected=(period,)))
    inside = {str(c) for c, i in zip(network.areas.code, network.areas.id, strict=True) if found.within[i]}
    assert "440106" in inside and "440100" in inside and "440300" not in inside and "440000" not in inside
    assert (found.since, found.until) == (1762272000, 1762272000 + 86400)  # 2025-11-04T16:00Z
    assert found.operator == network.operators.index_of_code["SF"]


@pytest.mark.parametrize(("name", "code"), [("area", "nowhere"), ("operator", "nobody")])
def test_what_the_province_does_not_have_is_named(name: str, code: str) -> None:
    """A period of an area or operator that there is not is an error with file, key, value and what was expected, not a period that binds nobody."""
    period = replace(Protected("g", "会", "Games", date(2025, 11, 5), date(2025, 11, 5)), **{name: code})
    with pytest.raises(InputError) as raised:
        bindings_of(load("guangdong"), replace(declared(), protected=(period,)))
    assert (raised.value.file, raised.value.column, raised.value.value) == ("rules.toml", f"protected g, {name}", code)
    assert raised.value.expected


def stays(keys: list[int], accepted: float, hours: float) -> list[Event]:
    """Items that stay so long at site 2."""
    return [
        scan(kind, accepted + at, place, key, item_class=1)
        for key in keys
        for kind, at, place in (("accept", 0, 1), ("screen", 1, 2), ("arrive", 1, 2), ("depart", 1 + hours, 2), ("deliver", 2 + hours, 3))
    ]  # fmt: skip


def piled(world: list[Event]) -> set[int]:
    """Items of backlogs."""
    return {key for rule, key, *_ in compare(world, [world], None, protected=True) if rule == "backlog"}


def test_a_backlog_of_a_period_needs_fewer_items_and_less_time() -> None:
    """Two bound items of over six hours are one; of six hours, or one alone, or two that are not bound, none; of all together three are enough, each by its own hours."""
    two, other = [ITEMS[0], ITEMS[2]], [ITEMS[3]]
    assert piled(stays(two, FIRST + 1, 6.1)) == set(two)
    assert piled(stays(two, FIRST + 1, 6)) == piled(stays(two[:1], FIRST + 1, 6.1)) == set()
    late = OVER - 0.5  # two are bound, and arrive on the day on which the third is accepted
    assert piled(stays(two, OVER + 1, 8.1)) == set()
    assert piled(stays(two, late, 6.1) + stays(other, OVER, 8.1)) == {*two, *other}
    assert piled(stays(two, late, 6.1) + stays(other, OVER, 8)) == set(two)


def test_evidence_says_which_periods_bind_its_item() -> None:
    """Items of both, one and none of the periods: a bit each, in their order; the fair binds express items to its area alone."""
    day = hours(watched.day_of(1))
    cases = (
        (FIRST + 1, {}, 1), (day + 1, {}, 3), (day + 2, {"destination": 2}, 1), (day + 3, {"item_class": 2}, 1), (OVER + 1, {}, 2),
        (OVER + 60, {}, 0),
    )  # fmt: skip
    for at, more, expected in cases:
        world = [scan("accept", at, 1, **more), scan("depart", at + 1, 1, **more)]
        found, _ = said(world, [world], None, protected=True)
        assert set(found["periods"].tolist()) == {expected}, (at, more)


def test_the_strictest_of_periods_holds() -> None:
    """Of two periods that bind an item the least value decides, whichever comes first; who is bound by none has the province's."""
    rules = replace(declared(), protected=(
        Protected("a", "", "", date(2025, 1, 1), date(2025, 1, 1), thresholds={"stalled_hours": 40}),
        Protected("b", "", "", date(2025, 1, 1), date(2025, 1, 1), thresholds={"stalled_hours": 50, "backlog_least": 2}),
    ))  # fmt: skip
    assert within(rules, "stalled_hours", np.arange(4, dtype=np.uint32)).tolist() == [96, 40, 50, 40]
    assert rules.each("stalled_hours") == [40, 50, 96] and rules.strictest("late_hours") == rules["late_hours"]
    group, periods = np.array([0, 0, 0, 1, 1]), np.array([2, 3, 1, 2, 0], np.uint32)
    assert enough(rules, "backlog_least", group, periods).tolist() == [True, True, False, False, False]
    assert bound(np.zeros(2, [("start", "u8")]), np.zeros(2, np.int64), np.zeros(2, np.int64), ()).tolist() == [0, 0]
