"""What is done in an incident: every deed goes through the functions of handling, is a line of the timeline, and is audited with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction

from yilu.console.access.roles import STAFF
from yilu.console.alerts.deeds import kept
from yilu.console.alerts.listing import actor_of
from yilu.console.alerts.models import Handling
from yilu.console.alerts.pages import one as one_alert
from yilu.console.alerts.pages import the_one
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.command.kept import changed, found, noted
from yilu.console.command.models import Incident, Means
from yilu.console.command.opening import count_now, firms_in, opened_from
from yilu.console.command.pages import at_now, new, now_s, one, plan_name
from yilu.console.naming import named
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import Done, deed
from yilu.console.pages.typed import moment, said_again, text, whole
from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.acting import DUTY, HandlingError
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES, for_province

_DUTY = frozenset({DUTY})
_REASON = ("理由", "the reason")


@deed("command.open", _DUTY, "command/open")
@said_again(new)
def open_one(ask: Ask) -> Done | Page:
    """Open an incident by itself."""
    with transaction.atomic():
        record = opened_from(ask, [])
    return Done("command.one", {"pk": record.pk})


def _deed(name: str, roles: frozenset[str]) -> Callable[[Callable[[Ask], None]], Callable[[Ask], None]]:
    """Declare a deed of one incident, which its function does within a transaction."""

    def on(do: Callable[[Ask], None]) -> Callable[[Ask], None]:
        @said_again(one)
        def whole_deed(ask: Ask) -> Done | Page:
            with transaction.atomic():
                do(ask)
            return Done("command.one", {"pk": ask.given["pk"]})

        whole_deed.__doc__ = do.__doc__
        deed(f"command.{name}", roles, f"command/<int:pk>/{name}")(whole_deed)
        return do

    return on


@_deed("grade", _DUTY)
def grade(ask: Ask) -> None:
    """Change event level, response level and warning colour, each by itself."""
    level, response = whole(ask, "level", ("事件级别", "event level"), 1, 4), whole(ask, "response", ("响应级别", "response level"), 0, 4)  # fmt: skip
    colour, reason = text(ask, "colour", ("预警颜色", "warning colour")), text(ask, "reason", _REASON)
    zh, en = (
        f"{LEVELS[level][i]} / {RESPONSES[response][i]} / {COLOURS.get(colour, (colour, colour))[i]}" for i in (0, 1)
    )
    said = (f"{zh}:{reason}", f"{en}: {reason}")
    changed(ask, "grade", said, lambda i: pure.graded(i, level, response, colour, actor_of(ask), reason))


@_deed("plan", _DUTY)
def plan(ask: Ask) -> None:
    """Start another plan: its tasks come on top."""
    book, chosen = for_province(ask.seen.network.folder), text(ask, "plan", ("预案", "plan"))
    reason = text(ask, "reason", _REASON)
    zh, en = plan_name(book, chosen)
    said = (f"{zh}:{reason}", f"{en}: {reason}")
    changed(ask, "plan", said, lambda i: pure.another_plan(i, chosen, firms_in(ask), actor_of(ask), book, now_s()))


@_deed("task", STAFF)
def task(ask: Ask) -> None:
    """Set a task."""
    what, owner = text(ask, "what", ("任务", "task"), 300), text(ask, "owner", ("责任单位", "owner"), 80)
    due = int(moment(ask, "due", ("期限", "deadline")).timestamp())
    changed(ask, "task", f"{what}({owner})", lambda i: pure.with_task(i, what, owner, due, actor_of(ask), now_s()))


@_deed("task_end", STAFF)
def task_end(ask: Ask) -> None:
    """A task is done or dropped."""
    number, result = whole(ask, "number", ("任务", "task"), 1), text(ask, "result", ("办理结果", "result"), 1000)
    state = text(ask, "state", ("任务状态", "state"))
    zh, en = pure.TASKS.get(state, (state, state))
    said = (f"任务 {number} {zh}:{result}", f"task {number} {en}: {result}")
    changed(ask, "task_end", said, lambda i: pure.task_ended(i, number, state, result, actor_of(ask)))


@_deed("task_again", STAFF)
def task_again(ask: Ask) -> None:
    """A task is open again."""
    number, reason = whole(ask, "number", ("任务", "task"), 1), text(ask, "reason", _REASON)
    due = int(moment(ask, "due", ("期限", "deadline")).timestamp())
    changed(
        ask,
        "task_again",
        (f"任务 {number}:{reason}", f"task {number}: {reason}"),
        lambda i: pure.task_again(i, number, due, actor_of(ask), now_s()),
    )


@_deed("report", _DUTY)
def report(ask: Ask) -> None:
    """Make a report: by voice, first, follow-up or final."""
    book, kind = for_province(ask.seen.network.folder), text(ask, "kind", ("报告类别", "kind of report"))
    held = {c.id: text(ask, f"holds_{c.id}", (c.zh, c.en), 2000, needed=False) for c in book.reports.get(kind, ())}
    if kind == pure.VOICE:
        held = {"what": text(ask, "holds_what", ("事件情况", "what happened"), 2000, needed=False)}
    said = pure.REPORTS.get(kind, (kind, kind))
    changed(ask, "report", said, lambda i: pure.reported(i, kind, held, actor_of(ask), now_s(), book))


@_deed("firm", STAFF)
def firm(ask: Ask) -> None:
    """Note that a firm has reported, or told the public."""
    operator, what = text(ask, "operator", ("企业", "firm")), text(ask, "what", ("事项", "what"))
    at, note = moment(ask, "at", ("时间", "when")), text(ask, "note", ("凭据", "evidence of it"))
    if at > at_now():
        raise HandlingError("it lies in the future", "时间晚于现在", "correct the time", "请改正时间")
    told = {"reported": ("已报告", "has reported"), "noticed": ("已公告", "has told the public")}.get(
        what, (what, what)
    )
    zh, en = named().of_operator(operator)
    said = (f"{zh} {told[0]}:{note}", f"{en} {told[1]}: {note}")
    changed(ask, "firm", said, lambda i: pure.firm_told(i, operator, what, int(at.timestamp()), actor_of(ask)))  # fmt: skip


@_deed("end", _DUTY)
def end(ask: Ask) -> None:
    """Handling has ended."""
    reason = text(ask, "reason", _REASON)
    changed(ask, "end", reason, lambda i: pure.ended(i, actor_of(ask), now_s(), reason))


@_deed("close", _DUTY)
def close(ask: Ask) -> None:
    """Close the incident."""
    changed(ask, "close", ask.form.get("reason", "").strip(), lambda i: pure.closed(i, actor_of(ask), now_s()))


@_deed("again", _DUTY)
def again(ask: Ask) -> None:
    """Handle it again."""
    reason = text(ask, "reason", _REASON)
    changed(ask, "again", reason, lambda i: pure.again(i, actor_of(ask), now_s(), reason))


def _open_one(ask: Ask) -> Incident:
    record = found(ask, locked=True)
    if record.state == pure.CLOSED:
        raise HandlingError("the incident is closed", "事件已结案", "open it again first", "请先恢复处置")
    return record


@_deed("message", STAFF)
def message(ask: Ask) -> None:
    """Note a message: to or from which office, by which way. No name of a person belongs here."""
    record = _open_one(ask)
    said = f"{text(ask, 'way', ('方式', 'way'), 40)} · {text(ask, 'office', ('对方单位', 'office'), 80)}:{text(ask, 'text', ('内容', 'text'), 2000)}"
    noted(record, ask, "message", said)
    recorded(ask, "command.message", "incidents", str(record.pk), None, None, said[:500])


@_deed("means", STAFF)
def means(ask: Ask) -> None:
    """Put in people, vehicles, sites or goods."""
    record = _open_one(ask)
    made = Means(
        incident=record, what=text(ask, "what", ("资源", "means"), 120), amount=text(ask, "amount", ("数量", "amount"), 40), owner=text(ask, "owner", ("提供单位", "owner"), 80),
        place=text(ask, "place", ("投放地点", "place"), 80, needed=False), since=at_now(),
    )  # fmt: skip
    made.save()
    said = f"{made.what} {made.amount}({made.owner})"
    noted(record, ask, "means", said)
    recorded(ask, "command.means", "incidents", str(record.pk), None, fields_of(made), said[:500])


@_deed("means_end", STAFF)
def means_end(ask: Ask) -> None:
    """Withdraw means."""
    record = _open_one(ask)
    held = ask.seen.records(Means).filter(incident=record, pk=whole(ask, "means", ("资源", "means"), 1, 2**31), until=None).first()  # fmt: skip
    if held is None:
        raise HandlingError("there are no such means", "没有该资源,或已撤回", "choose one of those put in", "请选择已投入的资源")  # fmt: skip
    before = fields_of(held)
    held.until = at_now()
    held.save()
    noted(record, ask, "means_end", f"{held.what} {held.amount}")
    recorded(ask, "command.means_end", "incidents", str(record.pk), before, fields_of(held), text(ask, "reason", _REASON, needed=False))  # fmt: skip


@_deed("count", STAFF)
def count(ask: Ask) -> None:
    """Count what the incident's alerts speak of, from the facts."""
    record = _open_one(ask)
    joined = [h.alert for h in ask.seen.records(Handling).filter(incident=record)]
    if not joined:
        raise HandlingError("no alert belongs to the incident", "本事件没有关联的预警", "join an alert on its page", "请在预警页上将其并入本事件")  # fmt: skip
    count_now(ask, record, joined)
    recorded(ask, "command.count", "incidents", str(record.pk), None, {"alerts": joined})


@deed("alerts.join", _DUTY, "alerts/<slug:alert>/join")
@said_again(one_alert)
def join(ask: Ask) -> Done | Page:
    """Make an alert part of an incident that is there."""
    row, number = the_one(ask), whole(ask, "incident", ("事件", "incident"), 1, 2**31)
    with transaction.atomic():
        record = _open_one(replace(ask, given={"pk": number}))
        handling = kept(ask, row, "to_incident", ask.form.get("text", ""))
        handling.incident = record
        handling.save(update_fields=["incident"])
        rule = ask.seen.rules.rules[row.alert.rule]
        noted(record, ask, "alert", (f"{rule.zh} {row.alert.id}", f"{rule.en} {row.alert.id}"))
        recorded(ask, "command.alert", "incidents", str(record.pk), None, {"alert": row.alert.id})
    return Done("command.one", {"pk": record.pk})
