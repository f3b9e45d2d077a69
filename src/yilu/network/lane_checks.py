"""What must hold of a timetable: lanes that go somewhere on some day, facilities that open, rounds and waves that say whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from yilu.network.calendar import runs_on
from yilu.network.reading import Folder, Problem, Row, problem_of, text_of

_ENOUGH_DAYS = 7 + 366
"""A lane runs on one of so many days from its first on, or its days were all skipped."""


def lane_problems(held: Folder) -> Iterator[Problem]:
    """Every fault between the columns of lanes and of what facilities and couriers do."""
    for row in held.tables["lanes"]:
        yield from _lane(row)
    for row in held.tables["handling"]:
        yield from _handling(row)


def _lane(row: Row) -> Iterator[Problem]:
    if text_of(row, "source_facility") == text_of(row, "target_facility"):
        yield problem_of("lanes", row, "target_facility", "where it departs from", "another facility")
    usual, slow = (int(text_of(row, column)) for column in ("minutes", "minutes_p95"))
    if slow and slow < usual:
        yield problem_of("lanes", row, "minutes_p95", f"less than the usual {usual}", f"{usual} or more")
    zone = text_of(row, "time_zone")
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError):
        yield problem_of("lanes", row, "time_zone", "no such time zone", "an IANA time zone such as Asia/Tokyo")
    if not _runs(row):
        yield problem_of(
            "lanes", row, "weekdays", "runs on no day", "a day of the week within its period that isn't skipped"
        )


def _runs(row: Row) -> bool:
    """Whether there is a day on which the lane runs; True where its period is none, a fault that has been named."""
    period = tuple(text_of(row, column) for column in ("valid_from", "valid_to", "weekdays", "skips"))
    first, until = period[:2]
    if until and until <= first:
        return True
    days = _ENOUGH_DAYS + len(period[3].split(";"))
    return any(runs_on(date.fromisoformat(first) + timedelta(days=n), *period) for n in range(days))


def _handling(row: Row) -> Iterator[Problem]:
    kind, facility = text_of(row, "kind"), text_of(row, "facility")
    if bool(kind) == bool(facility):
        column = "kind" if not kind else "facility"
        yield problem_of("handling", row, column, "for a kind or for one facility", "kind or facility, one of the two")
    if text_of(row, "opens") == text_of(row, "closes"):
        yield problem_of("handling", row, "closes", "open at no time", "another time; all day is 00:00 to 24:00")
    if int(text_of(row, "wave_minutes")) and not text_of(row, "waves"):
        yield problem_of("handling", row, "wave_minutes", "there are no waves", "waves, or sort_minutes instead")
