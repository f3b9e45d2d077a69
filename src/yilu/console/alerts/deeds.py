"""What people do about an alert: each deed goes through ``of_alerts.done``, is kept as a step, and audited."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.db import transaction

from yilu.console.access.roles import STAFF
from yilu.console.alerts.listing import Seen, actor_of
from yilu.console.alerts.models import Handling, HandlingStep
from yilu.console.alerts.pages import one, the_one
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.command.opening import opened_from
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import Done, deed
from yilu.console.pages.typed import said_again
from yilu.console.registers.silences import silenced
from yilu.supervision.handling.of_alerts import DEEDS, done

_MOST = 2000


def record_of(ask: Ask, row: Seen) -> Handling:
    """The record of an alert, made where there is none yet; locked until the transaction ends."""
    found: Handling = (
        ask.seen.records(Handling)
        .select_for_update()
        .get_or_create(
            alert=row.alert.id,
            defaults={
                "rule": row.alert.rule,
                "operator": row.operator,
                "facility": row.facility,
                "area": row.area,
                "day": row.day,
            },
        )[0]
    )
    return found


def kept(ask: Ask, row: Seen, name: str, text: str) -> Handling:
    """Do ``name`` about an alert: the record, its step and the audit's entry; within a transaction. Raises HandlingError where it can't be done."""
    record = record_of(ask, row)
    before = fields_of(record)
    after, step = done(record.handled, name, actor_of(ask), int(time.time()), text[:_MOST])
    record.state, record.owner = after.state, after.owner
    record.save()
    HandlingStep(
        handling=record, at=datetime.fromtimestamp(step.at, UTC), user=step.by, role=step.role, deed=step.deed, text=step.text, before=step.before,
        after=step.after, shared=step.shared,
    ).save()  # fmt: skip
    recorded(ask, f"alerts.{name}", "alerts", row.alert.id, before, fields_of(record), step.text[:500])
    return record


def _declare(name: str) -> None:
    @said_again(one)
    def do(ask: Ask) -> Done | Page:
        row = the_one(ask)
        with transaction.atomic():
            kept(ask, row, name, ask.form.get("text", ""))
        return Done("alerts.one", {"alert": row.alert.id}, ask.filter.query())

    do.__doc__ = f"An alert: {DEEDS[name].en}."
    deed(f"alerts.{name}", DEEDS[name].roles, f"alerts/<slug:alert>/{name}")(do)


for _name in DEEDS:
    if _name != "to_incident":
        _declare(_name)


@deed("alerts.to_incident", DEEDS["to_incident"].roles, "alerts/<slug:alert>/to_incident")
@said_again(one)
def to_incident(ask: Ask) -> Done | Page:
    """Open an incident from an alert: the alert is part of it from now on."""
    row = the_one(ask)
    with transaction.atomic():
        record = kept(ask, row, "to_incident", ask.form.get("account", ""))
        incident = opened_from(ask, [row.alert.id])
        record.incident = incident
        record.save(update_fields=["incident"])
    return Done("command.one", {"pk": incident.pk})


@deed("alerts.silence", STAFF, "alerts/<slug:alert>/silence")
@said_again(one)
def silence(ask: Ask) -> Done | Page:
    """Silence what is like this alert for a while: its rule, operator, facility, as far as they were chosen."""
    row = the_one(ask)
    chosen = {name for name in ("rule", "operator", "facility") if ask.form.get(f"of_{name}")}
    silenced(
        ask, row.alert.rule if "rule" in chosen else "", row.operator if "operator" in chosen else "", row.facility if "facility" in chosen else "",
        row.area if "facility" in chosen else "",
    )  # fmt: skip
    return Done("silences")
