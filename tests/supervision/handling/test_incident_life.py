"""Incidents: three gradings, tasks, reports, closing; sequences of deeds against a reference in plain Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.acting import Actor, HandlingError
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES, handbook

BOOK = handbook()
DUTY, SUPERVISOR, CARRIER = Actor("duty", "duty"), Actor("sup", "supervisor"), Actor("firm", "carrier", "ZTO")
T = 1_000_000


def incident(plan: str = "other", firms: tuple[str, ...] = ()) -> pure.Incident:
    """An incident known at T."""
    return pure.opened("road blocked", plan, (4, 0, "none"), T, T - 600, firms, DUTY, BOOK, T)


def holds(kind: str) -> dict[str, str]:
    """What a report of a kind must hold."""
    return {c.id: f"said of {c.id}" for c in BOOK.reports.get(kind, ())} or {"what": "said"}


def with_all_done(i: pure.Incident) -> pure.Incident:
    """All tasks done."""
    for t in i.tasks:
        if t.state == pure.OPEN:
            i = pure.task_ended(i, t.number, pure.DONE, "done", DUTY)
    return i


def test_opening_brings_the_plans_tasks() -> None:
    """Each thing that a plan asks for is a task with an owner, due so many minutes after the incident was known."""
    for plan in BOOK.plans.values():
        i = incident(plan.id, ("ZTO",))
        assert [(t.what, t.owner, t.due) for t in i.tasks] == [
            (a.zh, a.owner_zh, T + 60 * a.minutes) for a in plan.asks
        ]
        assert [t.number for t in i.tasks] == list(range(1, len(plan.asks) + 1))
        assert bool(i.firms) == plan.network_blockage


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"actor": SUPERVISOR}, "not for supervisor"),
        ({"plan": "nothing"}, "not known"),
        ({"gradings": (0, 0, "none")}, "event level"),
        ({"gradings": (4, 5, "none")}, "response level"),
        ({"gradings": (4, 0, "green")}, "warning colour"),
        ({"known_at": T + 1}, "follow one another"),
        ({"began_at": T + 1}, "follow one another"),
        ({"began_at": 0}, "follow one another"),
        ({"title": " "}, "is missing"),
        ({"plan": "network_blockage"}, "names no firm"),
    ],
)
def test_what_can_not_be_opened(change: dict[str, Any], says: str) -> None:
    """Each fault is refused by itself, in both languages, with the next step."""
    given_: dict[str, Any] = {"title": "a", "plan": "other", "gradings": (4, 0, "none"), "known_at": T, "began_at": T, "firms": (), "actor": DUTY, "handbook": BOOK, "now": T}  # fmt: skip
    pure.opened(**given_)
    with pytest.raises(HandlingError, match=says) as refused:
        pure.opened(**(given_ | change))
    assert refused.value.zh and refused.value.next_step_zh


def test_three_fields_none_follows_from_another() -> None:
    """Every combination of event level, response level and warning colour can be; changing one leaves the other two."""
    i = incident()
    for level in LEVELS:
        for response in RESPONSES:
            for colour in COLOURS:
                if (level, response, colour) == (i.level, i.response, i.colour):
                    continue
                made = pure.graded(i, level, response, colour, DUTY, "new facts")
                assert (made.level, made.response, made.colour) == (level, response, colour)
                assert replace(made, level=i.level, response=i.response, colour=i.colour) == i
    for reason, gradings in (("", (3, 0, "none")), ("same", (4, 0, "none"))):
        with pytest.raises(HandlingError):
            pure.graded(i, *gradings, DUTY, reason)


def test_closing_needs_the_final_report_and_no_open_task() -> None:
    """Each thing that stands against closing is named; with none of them it closes."""
    i = incident()
    with pytest.raises(HandlingError, match=r"handling goes on; there is no final report; open tasks: 1, 2"):
        pure.closed(i, DUTY, T + 9)
    i = pure.reported(i, pure.FIRST, holds(pure.FIRST), DUTY, T + 1, BOOK)
    i = pure.ended(i, DUTY, T + 2, "over")
    assert (i.state, i.response, i.colour) == (pure.ENDED, 0, "none")
    i = pure.reported(i, pure.FINAL, holds(pure.FINAL), DUTY, T + 3, BOOK)
    with pytest.raises(HandlingError, match="open tasks: 1, 2"):
        pure.closed(i, DUTY, T + 9)
    i = pure.task_ended(i, 1, pure.DROPPED, "no longer needed", SUPERVISOR)
    i = pure.closed(with_all_done(i), DUTY, T + 9)
    assert (i.state, i.closed_at) == (pure.CLOSED, T + 9) and pure.in_the_way(i) == ()


def test_opened_again_needs_another_final_report() -> None:
    """A final report of before does not close an incident that went on again."""
    i = with_all_done(pure.reported(incident(), pure.FIRST, holds(pure.FIRST), DUTY, T + 1, BOOK))
    i = pure.reported(pure.ended(i, DUTY, T + 2, "over"), pure.FINAL, holds(pure.FINAL), DUTY, T + 3, BOOK)
    i = pure.again(pure.closed(i, DUTY, T + 4), DUTY, T + 5, "it began again")
    i = pure.ended(i, DUTY, T + 6, "over")
    with pytest.raises(HandlingError, match="no final report"):
        pure.closed(i, DUTY, T + 7)
    i = pure.reported(i, pure.FINAL, holds(pure.FINAL), DUTY, T + 7, BOOK)
    assert pure.closed(i, DUTY, T + 8).state == pure.CLOSED


def test_order_of_reports() -> None:
    """By voice before writing, one first report, follow-ups after it, the final one when handling has ended."""
    i = incident()
    for kind, says in ((pure.FOLLOW_UP, "no first report"), (pure.FINAL, "no first report")):
        with pytest.raises(HandlingError, match=says):
            pure.reported(i, kind, holds(kind), DUTY, T, BOOK)
    i = pure.reported(i, pure.VOICE, {"what": "by telephone"}, DUTY, T, BOOK)
    i = pure.reported(i, pure.FIRST, holds(pure.FIRST), DUTY, T + 1, BOOK)
    for kind in (pure.VOICE, pure.FIRST):
        with pytest.raises(HandlingError, match="already"):
            pure.reported(i, kind, holds(kind), DUTY, T + 2, BOOK)
    with pytest.raises(HandlingError, match="goes on"):
        pure.reported(i, pure.FINAL, holds(pure.FINAL), DUTY, T + 2, BOOK)
    i = pure.ended(pure.reported(i, pure.FOLLOW_UP, holds(pure.FOLLOW_UP), DUTY, T + 3, BOOK), DUTY, T + 4, "over")
    with pytest.raises(HandlingError, match="ended"):
        pure.reported(i, pure.FOLLOW_UP, holds(pure.FOLLOW_UP), DUTY, T + 5, BOOK)


@pytest.mark.parametrize("kind", [pure.FIRST, pure.FOLLOW_UP, pure.FINAL, pure.VOICE])
def test_a_report_holds_what_it_must(kind: str) -> None:
    """What a report lacks is named, each by itself; what it holds beside is not kept."""
    i = incident()
    if kind not in (pure.FIRST, pure.VOICE):
        i = pure.reported(i, pure.FIRST, holds(pure.FIRST), DUTY, T, BOOK)
    if kind == pure.FINAL:
        i = pure.ended(i, DUTY, T, "over")
    whole = holds(kind)
    for name in whole:
        with pytest.raises(HandlingError, match="lacks"):
            pure.reported(i, kind, {**whole, name: " "}, DUTY, T, BOOK)
    assert set(pure.reported(i, kind, {**whole, "more": "x"}, DUTY, T, BOOK).reports[-1].holds) == set(whole)


def test_tasks_have_an_owner_and_a_deadline_ahead() -> None:
    """A task without an owner, or due already, is refused; one that is done is opened again with a new deadline."""
    i = incident()
    for what, owner, due in (("", "a", T + 9), ("a", " ", T + 9), ("a", "a", T)):
        with pytest.raises(HandlingError):
            pure.with_task(i, what, owner, due, DUTY, T)
    i = pure.with_task(i, "count", "centre", T + 9, SUPERVISOR, T)
    n = i.tasks[-1].number
    with pytest.raises(HandlingError):
        pure.task_ended(i, n, pure.DONE, "", DUTY)
    i = pure.task_ended(i, n, pure.DONE, "12 items", DUTY)
    with pytest.raises(HandlingError):
        pure.task_ended(i, n, pure.DONE, "again", DUTY)
    with pytest.raises(HandlingError):
        pure.task_again(i, n, T, DUTY, T)
    assert pure.task_again(i, n, T + 99, DUTY, T).tasks[-1].state == pure.OPEN
    for number in (0, len(i.tasks) + 1):
        with pytest.raises(HandlingError, match="no task"):
            pure.task_ended(i, number, pure.DONE, "x", DUTY)


def test_another_plan_starts_firms_clocks_once() -> None:
    """A network blockage that is found out later starts the clock of each firm from then; a firm whose clock runs keeps it."""
    i = pure.another_plan(incident(), "network_blockage", ("ZTO", "YTO"), DUTY, BOOK, T + 50)
    assert [(f.operator, f.since) for f in i.firms] == [("ZTO", T + 50), ("YTO", T + 50)]
    assert len(i.tasks) == len(BOOK.plans["other"].asks) + len(BOOK.plans["network_blockage"].asks)
    i = pure.firm_told(i, "ZTO", "reported", T + 60, SUPERVISOR)
    again = pure.another_plan(replace(i, plan="other"), "network_blockage", ("ZTO",), DUTY, BOOK, T + 90)
    assert again.firms == i.firms
    for operator, what, at in (("ZTO", "reported", T + 70), ("SF", "reported", T + 70), ("YTO", "noticed", T)):
        with pytest.raises(HandlingError):
            pure.firm_told(i, operator, what, at, SUPERVISOR)


def test_carriers_do_nothing_in_an_incident() -> None:
    """No deed of an incident is a carrier's."""
    i = incident()
    deeds = [
        lambda: pure.graded(i, 1, 1, "red", CARRIER, "x"), lambda: pure.with_task(i, "a", "b", T + 9, CARRIER, T), lambda: pure.task_ended(i, 1, pure.DONE, "x", CARRIER),
        lambda: pure.reported(i, pure.FIRST, holds(pure.FIRST), CARRIER, T, BOOK), lambda: pure.ended(i, CARRIER, T, "x"), lambda: pure.closed(i, CARRIER, T),
        lambda: pure.another_plan(i, "data_leak", (), CARRIER, BOOK, T), lambda: pure.again(i, CARRIER, T, "x"), lambda: pure.firm_told(i, "ZTO", "reported", T, CARRIER),
    ]  # fmt: skip
    for deed in deeds:
        with pytest.raises(HandlingError, match="not for carrier"):
            deed()


_DEEDS = st.one_of(
    st.tuples(st.just("report"), st.sampled_from(sorted(pure.REPORTS))),
    st.tuples(st.sampled_from(["end", "close", "again"]), st.none()),
    st.tuples(st.just("task"), st.none()),
    st.tuples(st.just("task_end"), st.integers(1, 5)),
    st.tuples(st.just("task_again"), st.integers(1, 5)),
)


@given(st.lists(_DEEDS, max_size=30))
def test_any_sequence_of_deeds_in_an_incident(deeds: list[tuple[str, Any]]) -> None:
    """Whatever is tried: it is closed only with its handling ended, a final report since it was last opened, and no open task; nothing happens to a closed one but opening it again; reports and tasks are only added."""
    i, at, finals, reopened = incident(), T, [], 0
    for name, value in deeds:
        at += 1
        before = i
        try:
            if name == "report":
                i = pure.reported(i, value, holds(value), DUTY, at, BOOK)
                finals += [at] if value == pure.FINAL else []
            elif name == "end":
                i = pure.ended(i, DUTY, at, "over")
            elif name == "close":
                i = pure.closed(i, DUTY, at)
                assert before.state == pure.ENDED and any(f >= reopened for f in finals)
                assert all(t.state != pure.OPEN for t in before.tasks)
            elif name == "again":
                i, reopened = pure.again(i, DUTY, at, "again"), at
            elif name == "task":
                i = pure.with_task(i, "x", "y", at + 9, DUTY, at)
            elif name == "task_end":
                i = pure.task_ended(i, value, pure.DONE, "done", DUTY)
            else:
                i = pure.task_again(i, value, at + 9, DUTY, at)
        except HandlingError:
            assert i == before
            continue
        assert before.state != pure.CLOSED or name == "again"
        assert i.reports[: len(before.reports)] == before.reports and len(i.tasks) >= len(before.tasks)
        assert [t.number for t in i.tasks] == list(range(1, len(i.tasks) + 1))
        assert (i.closed_at > 0) == (i.state == pure.CLOSED) and (i.ended_at > 0) == (i.state != pure.GOING_ON)
