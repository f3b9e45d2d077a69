"""The hand-over between shifts (交接班): what is open, the daily report, what the next shift must know; and papers to take away."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import DUTY, STAFF
from yilu.console.alerts.listing import in_scope
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.command.closing import document_of
from yilu.console.command.kept import found, value_of
from yilu.console.command.models import HandOver, Incident
from yilu.console.command.pages import at_now, now_s, timer_rows
from yilu.console.naming import named
from yilu.console.pages.files import File, handed_out, of_document
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.pages.typed import day, said_again, text
from yilu.console.pages.writing import local
from yilu.supervision.handling import clocks
from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.acting import HandlingError
from yilu.supervision.handling.plans import for_province

_FORMS = ("docx", "html")
_PROVINCE = ("省局", "Province's office")


def open_now(ask: Ask) -> tuple[list[dict[str, object]], dict[str, int]]:
    """(what the next shift takes over, its counts): incidents that aren't closed with their tasks and clocks, alerts nobody has finished."""
    book, now = for_province(ask.seen.network.folder), now_s()
    rows: list[dict[str, object]] = []
    counts = {"incidents": 0, "tasks": 0, "overdue": 0}
    for record in ask.seen.records(Incident).exclude(state=pure.CLOSED).prefetch_related("tasks", "reports", "firms"):
        value = value_of(record)
        running = [t for t in timer_rows(value, book, now) if not t["done"]]
        tasks = [t for t in value.tasks if t.state == pure.OPEN]
        counts = {"incidents": counts["incidents"] + 1, "tasks": counts["tasks"] + len(tasks), "overdue": counts["overdue"] + sum(t["stands"] == clocks.OVERDUE for t in running)}  # fmt: skip
        rows.append(
            {"title": record.title, "address": reverse("command.one", kwargs={"pk": record.pk}), "state": pure.STATES[record.state], "next": running[0]["name"] if running else ("", ""),
             "due": running[0]["due"] if running else 0, "left": running[0]["left"] if running else ("", ""), "tasks": len(tasks), "first_due": min((t.due for t in tasks), default=0)}
        )  # fmt: skip
    alerts = [r for r in in_scope(ask) if r.waits]
    counts |= {
        "alerts_new": sum(r.handled.state == "new" for r in alerts),
        "alerts_taken": sum(r.handled.state == "taken" for r in alerts),
    }
    return rows, counts


def _office(ask: Ask) -> str:
    """The code of the city whose office the user is of, "" for the province's."""
    return ask.scope.areas[0] if ask.scope.areas else ""


@screen("handover", STAFF, "handover")
def handover(ask: Ask) -> Page:
    """The shift's end: what goes to the next one, and hand-overs so far."""
    rows, counts = open_now(ask)
    going = Table(
        "open", _("移交事件"),
        (Column("title", _("事件"), link="address"), Column("state", _("状态")), Column("next", _("下一时限")), Column("due", _("截止"), "time"), Column("left", _("剩余")), Column("tasks", _("未办结任务"), "count"), Column("first_due", _("最近期限"), "time")),
        rows, _("没有未结事件。"),
    )  # fmt: skip
    past = Table(
        "handovers", _("交接班记录"),
        (Column("day", _("交接班日期")), Column("office", _("机构")), Column("given_by", _("交班")), Column("given_at", _("交班时间"), "time"), Column("note", _("交班事项")), Column("taken_by", _("接班")), Column("taken_at", _("接班时间"), "time")),
        [
            {"pk": h.pk, "day": h.day.isoformat(), "office": named().of_area(h.area) if h.area else _PROVINCE, "given_by": h.given_by, "given_at": h.given_at, "note": h.note, "taken_by": h.taken_by,
             "taken_at": h.taken_at, "may_take": h.area == _office(ask) and h.given_by != ask.scope.name}
            for h in ask.seen.records(HandOver)[:50]
        ],
        _("尚无交接班记录。"),
    )  # fmt: skip
    titles = (("incidents", _("未结事件")), ("overdue", _("超时时限")), ("tasks", _("未办结任务")), ("alerts_new", _("待接收预警")), ("alerts_taken", _("处理中预警")))  # fmt: skip
    more = {"counts": counts, "_titles": titles, "_may": ask.scope.role.id == DUTY, "_daily": ask.scope.everywhere and bool(ask.seen.as_of), "_day": local(now_s()).date()}  # fmt: skip
    return Page("command/handover", _("交接班"), (going, past), more=more)


@deed("handover.give", frozenset({DUTY}), "handover/give")
@said_again(handover)
def give(ask: Ask) -> Done | Page:
    """Hand over to the next shift."""
    note, of_day = text(ask, "note", ("交班事项", "what is handed over"), 4000), day(ask, "day", ("交接班日期", "day"))
    _rows, counts = open_now(ask)
    with transaction.atomic():
        made = HandOver(day=of_day, area=_office(ask), given_by=ask.scope.name, given_at=at_now(), note=note, counts=counts)  # fmt: skip
        made.save()
        recorded(ask, "handover.give", "handovers", str(made.pk), None, fields_of(made), note[:500])
    return Done("handover")


@deed("handover.take", frozenset({DUTY}), "handover/<int:pk>/take")
@said_again(handover)
def take(ask: Ask) -> Done | Page:
    """Take over: by somebody else of the same office than who handed over."""
    with transaction.atomic():
        record = get_object_or_404(ask.seen.records(HandOver).select_for_update(), pk=ask.given["pk"])
        if record.taken_by:
            raise HandlingError("it is taken over already", "已接班", "nothing is left to do", "无需再次接班")
        if record.area != _office(ask):
            raise HandlingError("another office's shift isn't taken over", "不能接其他机构的班", "have an officer of that office log in", "请由该机构的值班人员登录后接班")  # fmt: skip
        if record.given_by == ask.scope.name:
            raise HandlingError("one doesn't take over from oneself", "交班人不能接自己的班", "have the next officer log in", "请由接班人登录后接班")  # fmt: skip
        before = fields_of(record)
        record.taken_by, record.taken_at = ask.scope.name, at_now()
        record.save()
        recorded(ask, "handover.take", "handovers", str(record.pk), before, fields_of(record))
    return Done("handover")


@handed_out("handover.daily", STAFF, "handover/daily.<str:form>")
def daily(ask: Ask) -> File | None:
    """The daily report of a morning (``since`` in the address), or of the one after the latest whole day."""
    if ask.given["form"] not in _FORMS:
        raise Http404
    chosen = date.fromisoformat(ask.filter.since) if ask.filter.since else None
    made = ask.seen.daily_report(chosen)
    return None if made is None else of_document(made, f"daily-{chosen or 'latest'}", ask.given["form"], ask.zh)


@handed_out("command.close_out", STAFF, "command/<int:pk>/close-out.<str:form>")
def close_out(ask: Ask) -> File:
    """The close-out report of an incident; before it is closed, as it stands."""
    if ask.given["form"] not in _FORMS:
        raise Http404
    record = found(ask)
    return of_document(document_of(ask, record), record.number, ask.given["form"], ask.zh)
