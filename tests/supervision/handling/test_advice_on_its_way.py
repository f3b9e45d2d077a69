"""Advice: province, city, firm, with receipts; an order only inside a carrier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.supervision.handling import advice as pure
from yilu.supervision.handling.acting import Actor, HandlingError
from yilu.supervision.handling.advice import ADVICE, ORDER, STAGES, Advice

PROVINCE, CITY = Actor("p", "duty"), Actor("c", "duty", areas=("440300",))
ELSEWHERE = Actor("e", "duty", areas=("440100",))
FIRM, RIVAL, MONITOR = Actor("f", "carrier", "ZTO"), Actor("r", "carrier", "YTO"), Actor("m", "monitor")
ACTORS = (PROVINCE, CITY, ELSEWHERE, FIRM, RIVAL, MONITOR)
Change = Callable[[Advice, Actor, int], Advice]
DEEDS: dict[str, Change] = {
    "city_received": pure.city_received,
    "passed": pure.passed,
    "firm_received": pure.firm_received,
    "answered": lambda a, who, at: pure.answered(a, who, at, "we do so"),
    "withdrawn": lambda a, who, at: pure.withdrawn(a, who, at, "no longer needed"),
}


def test_the_whole_way() -> None:
    """Each on the way receives in its own name, at its own time, and the firm answers in writing."""
    a = pure.issued(ADVICE, "take the land route", "ZTO", "440300", PROVINCE, 1)
    assert (a.stage, a.passed_at) == ("issued", 0)
    for at, (deed, who) in enumerate([("city_received", CITY), ("passed", CITY), ("firm_received", FIRM), ("answered", FIRM)], 2):  # fmt: skip
        assert deed in pure.possible(a, who)
        a = DEEDS[deed](a, who, at)
        assert (a.stage, getattr(a, f"{deed}_at")) == (deed, at)
    assert a.answer == "we do so" and pure.possible(a, FIRM) == ()


def test_straight_to_the_firm() -> None:
    """Where no city is named it is with the firm at once."""
    a = pure.issued(ADVICE, "take the land route", "ZTO", "", CITY, 1)
    assert a.stage == "passed" and "firm_received" in pure.possible(a, FIRM)
    with pytest.raises(HandlingError):
        pure.city_received(a, CITY, 2)


def test_an_administration_gives_no_orders() -> None:
    """An order is a carrier's to its own; an administration's order, a carrier's advice, and an order to another firm are refused."""
    own = pure.issued(ORDER, "hold the 18:00 line", "ZTO", "", FIRM, 1)
    assert own.kind == ORDER and own.stage == "passed"
    for kind, operator, who in ((ORDER, "ZTO", PROVINCE), (ORDER, "ZTO", RIVAL), (ORDER, "ZTO", CITY), (ADVICE, "ZTO", FIRM), (ADVICE, "ZTO", MONITOR)):  # fmt: skip
        with pytest.raises(HandlingError):
            pure.issued(kind, "text", operator, "", who, 1)
    with pytest.raises(HandlingError):
        pure.withdrawn(own, PROVINCE, 2, "x")


def test_nobody_receives_in_anothers_name() -> None:
    """Neither the province for the city, nor another city, nor a rival for the firm; a city sends nothing to another city."""
    a = pure.issued(ADVICE, "text", "ZTO", "440300", PROVINCE, 1)
    for who in (PROVINCE, ELSEWHERE, FIRM, MONITOR):
        with pytest.raises(HandlingError):
            pure.city_received(a, who, 2)
    a = pure.passed(pure.city_received(a, CITY, 2), CITY, 3)
    for who in (RIVAL, CITY, PROVINCE):
        with pytest.raises(HandlingError):
            pure.firm_received(a, who, 4)
    with pytest.raises(HandlingError):
        pure.issued(ADVICE, "text", "ZTO", "440100", CITY, 1)


@given(st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.sampled_from(ACTORS)), max_size=12), st.sampled_from(["", "440300"]), st.sampled_from([ADVICE, ORDER]))  # fmt: skip
def test_any_sequence_of_deeds_on_the_way(deeds: list[tuple[str, Actor]], city: str, kind: str) -> None:
    """What ``possible`` lists is what succeeds; times only ever rise along the way; a withdrawn one moves no more."""
    a = pure.issued(kind, "text", "ZTO", city if kind == ADVICE else "", PROVINCE if kind == ADVICE else FIRM, 1)
    for at, (deed, who) in enumerate(deeds, 2):
        before = a
        try:
            a = DEEDS[deed](a, who, at)
        except HandlingError as error:
            assert deed not in pure.possible(before, who) and error.next_step and error.zh
            continue
        assert deed in pure.possible(before, who) and before.withdrawn_at == 0
        way = [getattr(a, n) for n in ("issued_at", "city_received_at", "passed_at", "firm_received_at", "answered_at") if getattr(a, n)]  # fmt: skip
        assert way == sorted(way) and a.stage in STAGES
        assert replace(a, **{f"{deed}_at": 0, "answer": ""}) == replace(before, answer="")
