"""What is due when: the officer's clocks and the firm's own 24 hours, against closed forms."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.supervision.handling.test_incident_life import BOOK, DUTY, SUPERVISOR, T, holds, incident
from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.clocks import IN_TIME, LATE, OVERDUE, RUNNING, Timer, overdue, timers
from yilu.supervision.handling.plans import FIRM, OFFICER

MINUTE, HOUR = 60, 3600


def by_clock(i: pure.Incident, clock: str) -> list[Timer]:
    """The timers of one clock."""
    return [t for t in timers(i, BOOK) if t.clock == clock]


def test_the_officers_two_first_clocks() -> None:
    """15 minutes by voice and 2 hours in writing, from when the officer knew, not from when it happened."""
    voice, written = timers(incident(), BOOK)
    assert (voice.clock, voice.begins, voice.due) == ("first_voice", T, T + 15 * MINUTE)
    assert (written.clock, written.begins, written.due) == ("first_written", T, T + 2 * HOUR)


@pytest.mark.parametrize(
    ("done", "now", "stands"),
    [
        (0, T + 15 * MINUTE, RUNNING),
        (0, T + 15 * MINUTE + 1, OVERDUE),
        (T + 15 * MINUTE, T + HOUR, IN_TIME),
        (T + 15 * MINUTE + 1, T + HOUR, LATE),
    ],
)
def test_how_a_clock_stands_at_its_edges(done: int, now: int, stands: str) -> None:
    """At the very second it is in time; a second later it is not."""
    assert Timer("first_voice", "", T, T + 15 * MINUTE, done).stands(now) == stands


def test_a_written_report_stops_the_spoken_one_too() -> None:
    """Who reports in writing at once owes no telephone call any more."""
    i = pure.reported(incident(), pure.FIRST, holds(pure.FIRST), DUTY, T + 60, BOOK)
    assert {t.clock: t.done for t in timers(i, BOOK) if t.done} == {"first_voice": T + 60, "first_written": T + 60}


def test_follow_ups_are_counted_from_the_report_before() -> None:
    """Each follow-up is due a day after the report before it; the last clock ends with the handling."""
    day = 60 * BOOK.clocks["follow_up"].minutes
    i = pure.reported(incident(), pure.FIRST, holds(pure.FIRST), DUTY, T + 10, BOOK)
    i = pure.reported(i, pure.FOLLOW_UP, holds(pure.FOLLOW_UP), DUTY, T + 500, BOOK)
    assert [(t.begins, t.due, t.done) for t in by_clock(i, "follow_up")] == [(T + 10, T + 10 + day, T + 500), (T + 500, T + 500 + day, 0)]  # fmt: skip
    ended = pure.ended(i, DUTY, T + 900, "over")
    assert [t.done for t in by_clock(ended, "follow_up")] == [T + 500]
    assert [(t.begins, t.done) for t in by_clock(ended, "final")] == [(T + 900, 0)]
    final = pure.reported(ended, pure.FINAL, holds(pure.FINAL), DUTY, T + 1000, BOOK)
    assert [(t.begins, t.done) for t in by_clock(final, "final")] == [(T + 900, T + 1000)]


def test_the_firms_clock_is_its_own() -> None:
    """Art. 39: 24 hours from the blockage for the firm's report and for its public notice, each by itself, beside the officer's; the officer's reports don't stop it."""
    i = incident("network_blockage", ("ZTO", "YTO"))
    firms = [t for t in timers(i, BOOK) if t.firm]
    assert {(t.firm, t.clock, t.begins, t.due) for t in firms} == {(f, c, T - 600, T - 600 + 24 * HOUR) for f in ("ZTO", "YTO") for c in ("firm_report", "firm_notice")}  # fmt: skip
    told = pure.reported(i, pure.FIRST, holds(pure.FIRST), DUTY, T + 10, BOOK)
    assert [t for t in timers(told, BOOK) if t.firm] == firms
    noted = pure.firm_told(i, "ZTO", "noticed", T + 25 * HOUR, SUPERVISOR)
    stands = {(t.firm, t.clock): t.stands(T + 30 * HOUR) for t in timers(noted, BOOK) if t.firm}
    assert stands == {("ZTO", "firm_report"): OVERDUE, ("ZTO", "firm_notice"): LATE, ("YTO", "firm_report"): OVERDUE, ("YTO", "firm_notice"): OVERDUE}  # fmt: skip
    assert not [t for t in timers(incident("data_leak"), BOOK) if t.firm]


def test_figures_of_the_handbook() -> None:
    """The figures that were found in texts, and whose each clock is."""
    clocks = BOOK.clocks
    assert (clocks["first_voice"].minutes, clocks["first_written"].minutes) == (15, 120)
    assert clocks["firm_report"].minutes == clocks["firm_notice"].minutes == 24 * 60
    assert {c for c in clocks if clocks[c].whose == FIRM} == {"firm_report", "firm_notice"}
    assert {clocks[c].whose for c in ("first_voice", "first_written", "follow_up", "final")} == {OFFICER}
    assert all(all(c.source) and c.grade for c in clocks.values())


def test_a_provinces_own_minutes_hold() -> None:
    """A clock is data: where a province says 30 minutes, it is due then."""
    book = replace(BOOK, clocks={**BOOK.clocks, "first_voice": replace(BOOK.clocks["first_voice"], minutes=30)})
    assert timers(incident(), book)[0].due == T + 30 * MINUTE


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_clock_in_general(begins: int, lasts: int, now: int) -> None:
    """It is overdue exactly where time is over and nothing was done, and what is left is what is missing to the due second."""
    t = Timer("first_voice", "", begins, begins + lasts, 0)
    assert (t.stands(now) == OVERDUE) == (now - begins > lasts) == (t.left(now) < 0)
    assert overdue((t,), now) == ((t,) if now > begins + lasts else ())
