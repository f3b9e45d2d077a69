"""An incident (突发事件): its three gradings, plan, tasks, reports, the firms' duties, how it ends, closes and is opened again.

It goes on → handling has ended (处置结束) → closed (结案). Closing needs the final report and no open task; an incident that goes on again needs a new final report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yilu.supervision.handling.acting import (
    DUTY,
    MONITOR,
    SUPERVISOR,
    Actor,
    HandlingError,
    must_be,
    must_say,
    one_of,
)
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES, Handbook

GOING_ON, ENDED, CLOSED = "going_on", "ended", "closed"
STATES: dict[str, tuple[str, str]] = {
    GOING_ON: ("处置中", "going on"),
    ENDED: ("处置结束", "handling ended"),
    CLOSED: ("已结案", "closed"),
}
VOICE, FIRST, FOLLOW_UP, FINAL = "voice", "first", "follow_up", "final"
REPORTS: dict[str, tuple[str, str]] = {
    VOICE: ("首报(电话)", "first report, by voice"),
    FIRST: ("首报(书面)", "first report, in writing"),
    FOLLOW_UP: ("续报", "follow-up report"),
    FINAL: ("终报", "final report"),
}
OPEN, DONE, DROPPED = "open", "done", "dropped"
TASKS: dict[str, tuple[str, str]] = {
    OPEN: ("未完成", "open"),
    DONE: ("已完成", "done"),
    DROPPED: ("已取消", "dropped"),
}
_COMMAND = frozenset({DUTY})
_STAFF = frozenset({DUTY, MONITOR, SUPERVISOR})


@dataclass(frozen=True)
class Task:
    """Something to be done: by whom, until when (UTC seconds), its state, and what came of it."""

    number: int
    what: str
    owner: str
    due: int
    state: str = OPEN
    result: str = ""


@dataclass(frozen=True)
class Report:
    """A report that was made: its kind, when, by whom, what it holds by content."""

    kind: str
    at: int
    by: str
    holds: Mapping[str, str]


@dataclass(frozen=True)
class FirmDuty:
    """A firm's own 24 hours (art. 39): since when its network is blocked, when it reported to the administration and told the public (0: not yet)."""

    operator: str
    since: int
    reported_at: int = 0
    noticed_at: int = 0


@dataclass(frozen=True)
class Incident:
    """An incident. ``known_at``: when the officer came to know of it; times in UTC seconds, 0 not yet."""

    title: str
    plan: str
    level: int
    response: int
    colour: str
    known_at: int
    state: str = GOING_ON
    ended_at: int = 0
    closed_at: int = 0
    reopened_at: int = 0
    tasks: tuple[Task, ...] = ()
    reports: tuple[Report, ...] = ()
    firms: tuple[FirmDuty, ...] = ()


def opened(
    title: str, plan: str, gradings: tuple[int, int, str], known_at: int, began_at: int, firms: tuple[str, ...], actor: Actor, handbook: Handbook,
    now: int,
) -> Incident:  # fmt: skip
    """A new incident under a plan, with the plan's tasks. Under a network blockage each firm's own clock begins at ``began_at``."""
    must_be(actor, _COMMAND, "上报事件", "open an incident")
    one_of(plan, handbook.plans, "预案", "the plan")
    level, response, colour = _graded(*gradings)
    if not 0 < began_at <= known_at <= now:
        raise HandlingError(
            "the times don't follow one another", "时间先后不符", "give: began, then known, then now", "应依次为:发生时间、知悉时间、现在",
        )  # fmt: skip
    if handbook.plans[plan].network_blockage and not firms:
        raise HandlingError("a network blockage names no firm", "网络阻断未指明企业", "choose the firm whose network is blocked", "请选择发生阻断的企业")  # fmt: skip
    found = Incident(
        must_say(title, "事件名称", "what the incident is called"), plan, level, response, colour, known_at
    )
    return _under(replace(found, firms=_duties(plan, firms, began_at, handbook)), plan, known_at, handbook)


def _under(incident: Incident, plan: str, since: int, handbook: Handbook) -> Incident:
    numbers = len(incident.tasks)
    asked = tuple(
        Task(numbers + i, ask.zh, ask.owner_zh, since + 60 * ask.minutes)
        for i, ask in enumerate(handbook.plans[plan].asks, 1)
    )
    return replace(incident, plan=plan, tasks=incident.tasks + asked)


def _duties(plan: str, firms: tuple[str, ...], since: int, handbook: Handbook) -> tuple[FirmDuty, ...]:
    return tuple(FirmDuty(f, since) for f in dict.fromkeys(firms)) if handbook.plans[plan].network_blockage else ()


def graded(incident: Incident, level: int, response: int, colour: str, actor: Actor, reason: str) -> Incident:
    """Other gradings, each by itself. Raises HandlingError where nothing changes or no reason is given."""
    must_be(actor, _COMMAND, "调整等级", "change the gradings")
    _not_closed(incident)
    must_say(reason, "理由", "the reason")
    now = _graded(level, response, colour)
    if now == (incident.level, incident.response, incident.colour):
        raise HandlingError("nothing changes", "等级没有变化", "choose another level, response or colour", "请选择其他级别、响应或颜色")  # fmt: skip
    return replace(incident, level=now[0], response=now[1], colour=now[2])


def _graded(level: int, response: int, colour: str) -> tuple[int, int, str]:
    for value, known, zh, en in (
        (level, LEVELS, "事件级别", "event level"),
        (response, RESPONSES, "响应级别", "response level"),
    ):
        if value not in known:
            raise HandlingError(f"{en} {value} is not known", f"{zh} {value} 不存在", f"choose one of: {', '.join(map(str, known))}", f"请从 {'、'.join(map(str, known))} 中选择")  # fmt: skip
    return level, response, one_of(colour, COLOURS, "预警颜色", "warning colour")


def another_plan(
    incident: Incident, plan: str, firms: tuple[str, ...], actor: Actor, handbook: Handbook, now: int
) -> Incident:
    """The incident under another plan as well: its tasks come on top; under a network blockage the firms' clocks begin where none runs yet."""
    must_be(actor, _COMMAND, "启动预案", "start a plan")
    _goes_on(incident)
    one_of(plan, handbook.plans, "预案", "the plan")
    if plan == incident.plan:
        raise HandlingError("this plan is in force already", "该预案已启动", "choose another plan", "请选择其他预案")
    if handbook.plans[plan].network_blockage and not (firms or incident.firms):
        raise HandlingError("a network blockage names no firm", "网络阻断未指明企业", "choose the firm whose network is blocked", "请选择发生阻断的企业")  # fmt: skip
    known = {duty.operator for duty in incident.firms}
    more = _duties(plan, tuple(f for f in firms if f not in known), now, handbook)
    return _under(replace(incident, firms=incident.firms + more), plan, now, handbook)


def firm_told(incident: Incident, operator: str, what: str, at: int, actor: Actor) -> Incident:
    """The firm has reported (``reported``) or told the public (``noticed``). Raises HandlingError where it has no such duty, or it is noted already."""
    must_be(actor, _STAFF, "登记企业报告与公告", "note a firm's report or notice")
    _not_closed(incident)
    one_of(what, {"reported": 1, "noticed": 1}, "事项", "what the firm did")
    for i, duty in enumerate(incident.firms):
        if duty.operator != operator:
            continue
        if (duty.reported_at if what == "reported" else duty.noticed_at) != 0:
            raise HandlingError("it is noted already", "已登记", "nothing is left to do", "无需再次登记")
        if at < duty.since:
            raise HandlingError("it lies before the blockage", "时间早于阻断发生时间", "correct the time", "请改正时间")
        told = replace(duty, reported_at=at) if what == "reported" else replace(duty, noticed_at=at)
        return replace(incident, firms=(*incident.firms[:i], told, *incident.firms[i + 1 :]))
    raise HandlingError(f"{operator} has no such duty here", f"{operator} 在本事件中无此义务", "choose a firm whose network is blocked", "请选择发生阻断的企业")  # fmt: skip


def with_task(incident: Incident, what: str, owner: str, due: int, actor: Actor, now: int) -> Incident:
    """One more task. It has an owner, and a deadline that lies ahead."""
    must_be(actor, _STAFF, "布置任务", "set a task")
    _not_closed(incident)
    said, who = must_say(what, "任务内容", "what is to be done"), must_say(owner, "责任单位", "who is to do it")
    if due <= now:
        raise HandlingError(
            "the deadline lies in the past", "期限早于现在", "give a later deadline", "请填写晚于现在的期限"
        )
    return replace(incident, tasks=(*incident.tasks, Task(len(incident.tasks) + 1, said, who, due)))


def task_ended(incident: Incident, number: int, state: str, result: str, actor: Actor) -> Incident:
    """A task is done, or dropped: either says how."""
    must_be(actor, _STAFF, "办结任务", "end a task")
    _not_closed(incident)
    one_of(state, {DONE: 1, DROPPED: 1}, "任务状态", "state of a task")
    task = _task(incident, number)
    if task.state != OPEN:
        raise HandlingError("the task is not open", "任务不在未完成状态", "open it again first", "请先恢复该任务")
    return _with(incident, replace(task, state=state, result=must_say(result, "办理结果", "what came of it")))


def task_again(incident: Incident, number: int, due: int, actor: Actor, now: int) -> Incident:
    """A task that was done or dropped is open again, with a new deadline."""
    must_be(actor, _STAFF, "恢复任务", "open a task again")
    _not_closed(incident)
    task = _task(incident, number)
    if task.state == OPEN:
        raise HandlingError("the task is open", "任务仍未完成", "end it first", "请先办结")
    if due <= now:
        raise HandlingError(
            "the deadline lies in the past", "期限早于现在", "give a later deadline", "请填写晚于现在的期限"
        )
    return _with(incident, replace(task, state=OPEN, due=due))


def _task(incident: Incident, number: int) -> Task:
    if not 1 <= number <= len(incident.tasks):
        raise HandlingError(f"there is no task {number}", f"没有任务 {number}", "choose a task of this incident", "请选择本事件的任务")  # fmt: skip
    return incident.tasks[number - 1]


def _with(incident: Incident, task: Task) -> Incident:
    return replace(incident, tasks=(*incident.tasks[: task.number - 1], task, *incident.tasks[task.number :]))


def reported(
    incident: Incident, kind: str, holds: Mapping[str, str], actor: Actor, at: int, handbook: Handbook
) -> Incident:
    """One more report: by voice only before the first in writing, which is made once; follow-ups after it while the incident goes on; the final one when handling has ended."""
    must_be(actor, _COMMAND, "报送信息", "make a report")
    _not_closed(incident)
    one_of(kind, REPORTS, "报告类别", "kind of report")
    kinds = {r.kind for r in incident.reports}
    final = any(r.kind == FINAL and r.at >= incident.reopened_at for r in incident.reports)
    against = {
        VOICE: kinds & {VOICE, FIRST} and ("the first report is made already", "首报已完成", "make a follow-up", "请做续报"),
        FIRST: FIRST in kinds and ("the first report in writing is made already", "书面首报已完成", "make a follow-up", "请做续报"),
        FOLLOW_UP: (FIRST not in kinds and ("there is no first report yet", "尚无书面首报", "make the first report", "请先做书面首报"))
        or (incident.state != GOING_ON and ("handling has ended", "处置已结束", "make the final report", "请做终报")),
        FINAL: (FIRST not in kinds and ("there is no first report yet", "尚无书面首报", "make the first report", "请先做书面首报"))
        or (incident.state != ENDED and ("handling goes on", "处置尚未结束", "end the handling first", "请先结束处置"))
        or (final and ("the final report is made already", "终报已完成", "close the incident", "请结案")),
    }[kind]  # fmt: skip
    if isinstance(against, tuple):
        raise HandlingError(*against)
    lacks = lacking(kind, holds, handbook)
    if lacks:
        raise HandlingError(
            f"the report lacks: {', '.join(c[1] for c in lacks)}", f"报告缺少:{'、'.join(c[0] for c in lacks)}", "write each of them", "请逐项填写",
        )  # fmt: skip
    wanted = {c.id for c in handbook.reports.get(kind, ())} or {"what"}
    kept = {k: v.strip() for k, v in holds.items() if k in wanted}
    return replace(incident, reports=(*incident.reports, Report(kind, at, actor.name, kept)))


def lacking(kind: str, holds: Mapping[str, str], handbook: Handbook) -> tuple[tuple[str, str], ...]:
    """What a report of a kind must hold and does not; one by voice says at least what happened."""
    if kind == VOICE:
        return () if holds.get("what", "").strip() else (("事件情况", "what happened"),)
    return tuple((c.zh, c.en) for c in handbook.reports[kind] if not holds.get(c.id, "").strip())


def ended(incident: Incident, actor: Actor, at: int, reason: str) -> Incident:
    """Handling has ended (响应终止): the response goes back to none, the warning is lifted, and the final report's clock begins."""
    must_be(actor, _COMMAND, "结束处置", "end the handling")
    _goes_on(incident)
    must_say(reason, "理由", "the reason")
    return replace(incident, state=ENDED, ended_at=at, response=0, colour="none")


def in_the_way(incident: Incident) -> tuple[tuple[str, str], ...]:
    """What stands against closing, in Chinese and English; empty: nothing."""
    found = []
    if incident.state == GOING_ON:
        found.append(("处置尚未结束", "handling goes on"))
    if not any(r.kind == FINAL and r.at >= incident.reopened_at for r in incident.reports):
        found.append(("尚无终报", "there is no final report"))
    open_tasks = [t.number for t in incident.tasks if t.state == OPEN]
    if open_tasks:
        listed = ", ".join(map(str, open_tasks))
        found.append((f"任务 {listed} 未完成", f"open tasks: {listed}"))
    return tuple(found)


def closed(incident: Incident, actor: Actor, at: int) -> Incident:
    """The incident is closed. Raises HandlingError naming all that stands against it."""
    must_be(actor, _COMMAND, "结案", "close the incident")
    _not_closed(incident)
    against = in_the_way(incident)
    if against:
        raise HandlingError(
            f"it can't be closed: {'; '.join(a[1] for a in against)}", f"不能结案:{';'.join(a[0] for a in against)}",
            "end the handling, make the final report, end or drop each task", "请结束处置、完成终报,并办结或取消全部任务",
        )  # fmt: skip
    return replace(incident, state=CLOSED, closed_at=at)


def again(incident: Incident, actor: Actor, at: int, reason: str) -> Incident:
    """An incident whose handling had ended, or that was closed, goes on again. It will need another final report."""
    must_be(actor, _COMMAND, "重新处置", "handle it again")
    if incident.state == GOING_ON:
        raise HandlingError("it goes on already", "事件仍在处置中", "nothing is left to do", "无需恢复")
    must_say(reason, "理由", "the reason")
    return replace(incident, state=GOING_ON, ended_at=0, closed_at=0, reopened_at=at)


def _goes_on(incident: Incident) -> None:
    if incident.state != GOING_ON:
        raise HandlingError(f"the incident is {STATES[incident.state][1]}", f"事件{STATES[incident.state][0]}", "open it again first", "请先恢复处置")  # fmt: skip


def _not_closed(incident: Incident) -> None:
    if incident.state == CLOSED:
        raise HandlingError("the incident is closed", "事件已结案", "open it again first", "请先恢复处置")
