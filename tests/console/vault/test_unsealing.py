"""Requests to open a sealed number: whatever is tried in whatever order, nothing opens without a case's asker, two others with the right, in time, and once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.supervision.unsealing import NotAllowed, Request, State

PEOPLE = ("ann", "bob", "cat", "dan")
APPROVE_RIGHT = {"ann", "bob", "cat"}
STEPS = st.tuples(st.sampled_from(("approve", "refuse", "withdraw", "open")), st.sampled_from(PEOPLE), st.integers(0, 30))  # fmt: skip


def taken(request: Request, step: str, who: str, now: int) -> Request | None:
    """What a step makes of a request; None where it is refused."""
    try:
        if step in ("approve", "refuse"):
            return getattr(request, step)(who, who in APPROVE_RIGHT, now)
        return getattr(request, step)(who, now)
    except NotAllowed as refusal:
        assert refusal.next_step and refusal.next_step_zh and refusal.zh
        return None


@given(st.lists(STEPS, max_size=12))
def test_nothing_opens_but_as_it_must(steps: list[tuple[str, str, int]]) -> None:
    """Against the rule told anew from the steps that were let through: opened means asked by ann, approved by two others with the right, before it expired, neither refused nor taken back, once."""
    request, now, done = Request("ann", 0, 100), 0, []
    for step, who, later in steps:
        now += later
        after = taken(request, step, who, now)
        if after is not None:
            done.append((step, who, now))
            request = after
    openings = [d for d in done if d[0] == "open"]
    assert len(openings) <= 1 and bool(openings) == (request.state(now) is State.OPENED)
    for i, (step, who, at) in enumerate(done):
        approvers = {w for s, w, _ in done[:i] if s == "approve"}
        assert at < 100
        assert not {s for s, _, _ in done[:i]} & {"refuse", "withdraw", "open"}, "what is ended stays ended"
        if step == "open":
            assert who == "ann" and len(approvers) == 2 and approvers <= {"bob", "cat"}
        if step in ("approve", "refuse"):
            assert who in {"bob", "cat"} and who not in approvers
        if step == "withdraw":
            assert who == "ann"


def test_the_ordinary_way_is_open() -> None:
    """Asked, approved twice, opened: the states follow each other, and what is opened doesn't expire any more."""
    request = Request("ann", 0, 100)
    states = [request.state(1)]
    for who in ("bob", "cat"):
        request = request.approve(who, True, 2)
        states.append(request.state(2))
    request = request.open("ann", 99)
    assert [*states, request.state(1000)] == [State.WAITING, State.WAITING, State.APPROVED, State.OPENED]
    assert Request("ann", 0, 100).state(100) is State.EXPIRED


@pytest.mark.parametrize(("who", "right"), [("ann", True), ("dan", False), ("bob", True)])
def test_who_may_not_approve_is_told_why(who: str, right: bool) -> None:
    """The one who asked, one without the right, and one who approved already are refused, each with its reason."""
    request = Request("ann", 0, 100, ("bob",))
    with pytest.raises(NotAllowed):
        request.approve(who, right, 1)
