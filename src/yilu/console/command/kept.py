"""Incidents between records and the functions of handling: a record becomes a value, a deed changes the value, and what changed is kept, with a line of the timeline and an entry of the audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404

from yilu.console.audit.recording import fields_of, recorded
from yilu.console.command.models import (
    FirmDuty,
    Incident,
    IncidentReport,
    IncidentStep,
    IncidentTask,
)
from yilu.console.pages.page import Ask
from yilu.supervision.handling import incidents as pure


def seconds(at: datetime | None) -> int:
    """UTC seconds, 0 for none."""
    return int(at.timestamp()) if at else 0


def moment_of(at: int) -> datetime | None:
    """The moment of UTC seconds, None for 0."""
    return datetime.fromtimestamp(at, UTC) if at else None


def value_of(record: Incident) -> pure.Incident:
    """A record with all that belongs to it."""
    return pure.Incident(
        record.title, record.plan, record.level, record.response, record.colour, seconds(record.known_at), record.state, seconds(record.ended_at),
        seconds(record.closed_at), seconds(record.reopened_at),
        tuple(pure.Task(t.number, t.what, t.owner, seconds(t.due), t.state, t.result) for t in record.tasks.all()),
        tuple(pure.Report(r.kind, seconds(r.at), r.user, r.holds) for r in record.reports.all()),
        tuple(pure.FirmDuty(f.operator, seconds(f.since), seconds(f.reported_at), seconds(f.noticed_at)) for f in record.firms.all()),
    )  # fmt: skip


def keep(record: Incident, value: pure.Incident) -> None:
    """Write what a deed changed: fields, new and changed tasks, new reports, firms' duties."""
    record.title, record.plan, record.state = value.title, value.plan, value.state
    record.level, record.response, record.colour = value.level, value.response, value.colour
    record.ended_at, record.closed_at = moment_of(value.ended_at), moment_of(value.closed_at)
    record.reopened_at = moment_of(value.reopened_at)
    record.save()
    for t in value.tasks:
        IncidentTask.objects.update_or_create(
            incident=record, number=t.number, defaults={"what": t.what, "owner": t.owner, "due": moment_of(t.due), "state": t.state, "result": t.result}
        )  # fmt: skip
    for r in value.reports[record.reports.count() :]:
        IncidentReport(incident=record, kind=r.kind, at=moment_of(r.at), user=r.by, holds=dict(r.holds)).save()
    for f in value.firms:
        FirmDuty.objects.update_or_create(
            incident=record, operator=f.operator,
            defaults={"since": moment_of(f.since), "reported_at": moment_of(f.reported_at), "noticed_at": moment_of(f.noticed_at)},
        )  # fmt: skip


def found(ask: Ask, locked: bool = False) -> Incident:
    """The incident that the address names. Raises Http404 where there is none in scope."""
    rows = ask.seen.records(Incident)
    record: Incident = get_object_or_404(rows.select_for_update() if locked else rows, pk=ask.given["pk"])
    return record


Said = str | tuple[str, str]
"""What a line says: as somebody wrote it, or in Chinese and English where it is yilu's own words."""


def noted(record: Incident, ask: Ask, what: str, said: Said = "", more: dict[str, Any] | None = None) -> None:
    """A line of the timeline."""
    text, more = (said, more) if isinstance(said, str) else (said[0], {"en": said[1], **(more or {})})
    IncidentStep(incident=record, at=datetime.now(UTC), user=ask.scope.name, what=what, text=text[:4000], more=more or {}).save()  # fmt: skip


def changed(ask: Ask, what: str, said: Said, change: Callable[[pure.Incident], pure.Incident]) -> Incident:
    """Change the incident that the address names, within a transaction; ``said``: what the timeline and the audit say of it."""
    record = found(ask, locked=True)
    before = fields_of(record)
    keep(record, change(value_of(record)))
    noted(record, ask, what, said)
    reason = said if isinstance(said, str) else said[0]
    recorded(ask, f"command.{what}", "incidents", str(record.pk), before, fields_of(record), reason[:500])
    return record
