"""An alert in people's hands: which deeds are possible, by whom, and that sequences of them never lead where they must not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.supervision.handling.acting import Actor, HandlingError
from yilu.supervision.handling.of_alerts import (
    CONFIRMED,
    DEEDS,
    DISMISSED,
    INCIDENT,
    NEW,
    STATES,
    TAKEN,
    Handled,
    Step,
    done,
    possible,
)

DUTY, OTHER = Actor("duty", "duty"), Actor("other", "duty")
MONITOR, CARRIER = Actor("watch", "monitor"), Actor("firm", "carrier", "ZTO")
ACTORS = (DUTY, OTHER, MONITOR, CARRIER)
ALLOWED: dict[str, dict[str, str]] = {
    NEW: {"take": TAKEN, "comment": NEW},
    TAKEN: {
        "give_back": NEW,
        "confirm": CONFIRMED,
        "dismiss": DISMISSED,
        "comment": TAKEN,
        "to_incident": INCIDENT,
    },
    CONFIRMED: {"dismiss": DISMISSED, "reopen": TAKEN, "comment": CONFIRMED, "to_incident": INCIDENT},
    DISMISSED: {"reopen": TAKEN, "comment": DISMISSED},
    INCIDENT: {"reopen": TAKEN, "comment": INCIDENT},
}
"""What a duty officer who has the alert may do, written out by hand: state, deed, state after it."""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_from_every_state(state: str, deed: str) -> None:
    """Each deed leads where the table says, and is refused from every other state, with a next step in both languages."""
    held = Handled("a", state, "" if state == NEW else DUTY.name)
    if deed in ALLOWED[state]:
        after, step = done(held, deed, DUTY, 5, "because")
        assert after.state == ALLOWED[state][deed] and (step.before, step.after, step.at) == (state, after.state, 5)
        return
    with pytest.raises(HandlingError) as refused:
        done(held, deed, DUTY, 5, "because")
    error = refused.value
    assert error.message and error.zh and error.next_step and error.next_step_zh


def test_monitor_passes_on_and_opens_no_incident() -> None:
    """The safety centre's monitor may confirm and dismiss; an incident is the duty officer's to open."""
    held = Handled("a", TAKEN, MONITOR.name)
    assert done(held, "confirm", MONITOR, 1)[0].state == CONFIRMED
    assert "to_incident" not in possible(held, MONITOR)
    with pytest.raises(HandlingError, match="monitor"):
        done(held, "to_incident", MONITOR, 1)


def test_carrier_answers_and_changes_nothing() -> None:
    """A carrier's user writes an answer, which is shared; the state stays, and no other deed is theirs."""
    for state in STATES:
        held = Handled("a", state, "duty")
        assert possible(held, CARRIER) == ("answer",)
        after, step = done(held, "answer", CARRIER, 1, "we looked into it")
        assert after == held and step.shared
    with pytest.raises(HandlingError):
        done(Handled("a"), "take", CARRIER, 1)
    assert not done(Handled("a"), "comment", DUTY, 1, "inside")[1].shared


@pytest.mark.parametrize("deed", ["dismiss", "give_back", "comment", "reopen", "answer"])
def test_what_must_be_written(deed: str) -> None:
    """Dismissing, giving back, opening again, a comment and an answer say something; spaces are nothing."""
    actor = CARRIER if deed == "answer" else DUTY
    state = DISMISSED if deed == "reopen" else TAKEN
    with pytest.raises(HandlingError):
        done(Handled("a", state, "duty"), deed, actor, 1, "   ")


def test_taken_over_with_a_reason_alone() -> None:
    """What another has is not confirmed over their head; taking it over says why, and then it is one's own."""
    held = Handled("a", TAKEN, OTHER.name)
    for deed, text in (("confirm", ""), ("dismiss", "no"), ("take", "")):
        with pytest.raises(HandlingError):
            done(held, deed, DUTY, 1, text)
    mine = done(held, "take", DUTY, 1, "end of their shift")[0]
    assert mine.owner == DUTY.name and done(mine, "confirm", DUTY, 2)[0].state == CONFIRMED
    with pytest.raises(HandlingError, match="already"):
        done(mine, "take", DUTY, 2, "again")


@given(st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.sampled_from(ACTORS), st.sampled_from(["", "because"]))))
def test_any_sequence_of_deeds(deeds: list[tuple[str, Actor, str]]) -> None:
    """Whatever is tried in whatever order: steps form a chain from new, a new alert has no owner and any other has one, what ``possible`` lists can be done, and dismissed ones were dismissed by a deed with a reason."""
    held = Handled("a")
    steps: list[Step] = []
    for at, (deed, actor, text) in enumerate(deeds):
        before = held
        try:
            held, step = done(held, deed, actor, at, text)
        except HandlingError:
            assert not (deed in possible(before, actor) and text and before.owner in ("", actor.name))
            continue
        steps.append(step)
        assert deed in possible(before, actor)
        assert (step.before, step.after) == (before.state, held.state)
        assert (held.owner == "") == (held.state == NEW)
    assert [s.before for s in steps] == [NEW, *(s.after for s in steps)][: len(steps)]
    assert all(s.text for s in steps if s.after == DISMISSED and s.before != DISMISSED)
    assert (steps[-1].after if steps else NEW) == held.state
