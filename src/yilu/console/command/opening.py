"""Opening an incident, by itself or from an alert."""

from __future__ import annotations

import time
from dataclasses import asdict

from django.core.exceptions import PermissionDenied

from yilu.console.alerts.listing import actor_of
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.command.kept import keep, moment_of, noted
from yilu.console.command.models import Incident
from yilu.console.naming import named
from yilu.console.pages.page import Ask
from yilu.console.pages.typed import choice, moment, text, whole
from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.plans import for_province


def firms_in(ask: Ask) -> tuple[str, ...]:
    """The firms that were ticked (``firm_CODE``)."""
    return tuple(code for code in named().firms if ask.form.get(f"firm_{code}"))


def opened_from(ask: Ask, alerts: list[str]) -> Incident:
    """Open the incident that was typed; what the alerts speak of is counted from the facts. Within a transaction. Raises YiluError where it can't be."""
    book, now = for_province(ask.seen.network.folder), int(time.time())
    began, known = moment(ask, "began_at", ("发生时间", "when it began")), moment(ask, "known_at", ("知悉时间", "when it was known"))  # fmt: skip
    gradings = (
        whole(ask, "level", ("事件级别", "event level"), 1, 4), whole(ask, "response", ("响应级别", "response level"), 0, 4),
        text(ask, "colour", ("预警颜色", "warning colour")),
    )  # fmt: skip
    area = choice(ask, "area", ("地区", "area"), ask.seen.network.areas.index_of_code)
    value = pure.opened(
        text(ask, "title", ("事件名称", "title"), 120), text(ask, "plan", ("预案", "plan")), gradings, int(known.timestamp()), int(began.timestamp()),
        firms_in(ask), actor_of(ask), book, now,
    )  # fmt: skip
    if not ask.scope.holds(area):
        raise PermissionDenied  # nobody opens what lies out of scope
    record = Incident(area=area, began_at=began, known_at=moment_of(value.known_at), made_by=ask.scope.name, account=text(ask, "account", ("情况", "account"), 4000, needed=False))  # fmt: skip
    keep(record, value)
    plan = book.plans[value.plan]
    noted(record, ask, "open", (f"{plan.zh} · {record.account}", f"{plan.en} · {record.account}"))
    recorded(
        ask, "command.open", "incidents", str(record.pk), None, fields_of(record), record.account[:500] or record.title
    )
    if alerts:
        count_now(ask, record, alerts)
    return record


def count_now(ask: Ask, record: Incident, alerts: list[str]) -> None:
    """Count what the alerts speak of, and keep the count on the timeline."""
    counted = ask.seen.counted(alerts)
    if counted is not None:
        noted(record, ask, "count", "", asdict(counted))
