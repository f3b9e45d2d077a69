"""What is due when: the officer's clocks of first, follow-up and final report, and the firm's own 24 hours (art. 39), each with what stops it."""

from __future__ import annotations

from dataclasses import dataclass

from yilu.supervision.handling.incidents import FINAL, FIRST, FOLLOW_UP, VOICE, Incident
from yilu.supervision.handling.plans import FIRM, OFFICER, Handbook

RUNNING, OVERDUE, IN_TIME, LATE = "running", "overdue", "in_time", "late"
STANDS: dict[str, tuple[str, str]] = {
    RUNNING: ("计时中", "running"),
    OVERDUE: ("已超时", "overdue"),
    IN_TIME: ("按时完成", "done in time"),
    LATE: ("超时完成", "done late"),
}
"""How a clock stands."""


@dataclass(frozen=True)
class Timer:
    """A clock of one incident. ``clock``: its id; ``firm``: the operator whose it is, "" the officer's; from when, until when, when it was done (0: not yet), UTC seconds."""

    clock: str
    firm: str
    begins: int
    due: int
    done: int

    def stands(self, now: int) -> str:
        """How it stands at a moment; a report at the very second is in time."""
        if self.done:
            return IN_TIME if self.done <= self.due else LATE
        return OVERDUE if now > self.due else RUNNING

    def left(self, now: int) -> int:
        """Seconds left, negative where it is overdue; 0 where it is done."""
        return 0 if self.done else self.due - now


def timers(incident: Incident, handbook: Handbook) -> tuple[Timer, ...]:
    """All clocks that run or ran: the officer's from when the incident was known, the firms' from when the blockage began.

    A written first report stops the clock of the spoken one too. Follow-ups are counted from the report before; the last one runs while the incident is
    handled and ends with it. The final report's clock begins when handling ends.
    """

    def timer(clock: str, begins: int, done: int, firm: str = "") -> Timer:
        return Timer(clock, firm, begins, begins + 60 * handbook.clocks[clock].minutes, done)

    reports = sorted(incident.reports, key=lambda r: r.at)
    first = next((r.at for r in reports if r.kind == FIRST), 0)
    spoken = next((r.at for r in reports if r.kind in (VOICE, FIRST)), 0)
    found = [timer("first_voice", incident.known_at, spoken), timer("first_written", incident.known_at, first)]
    since = first
    for report in reports:
        if first and report.kind == FOLLOW_UP and report.at >= first:
            found.append(timer("follow_up", since, report.at))
            since = report.at
    final = next((r.at for r in reversed(reports) if r.kind == FINAL and r.at >= incident.reopened_at), 0)
    if first and not incident.ended_at and not final:
        found.append(timer("follow_up", since, 0))
    if incident.ended_at:
        found.append(timer("final", incident.ended_at, final))
    for duty in incident.firms:
        found.append(timer("firm_report", duty.since, duty.reported_at, duty.operator))
        found.append(timer("firm_notice", duty.since, duty.noticed_at, duty.operator))
    return tuple(found)


def of_whom(handbook: Handbook, timer: Timer) -> str:
    """Whose clock it is: ``officer`` or ``firm``."""
    return FIRM if timer.firm else handbook.clocks[timer.clock].whose or OFFICER


def overdue(found: tuple[Timer, ...], now: int) -> tuple[Timer, ...]:
    """Those that are overdue, the longest first."""
    return tuple(sorted((t for t in found if t.stands(now) == OVERDUE), key=lambda t: t.due))
