"""The list of incidents and advice, and the page of one incident."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, STAFF
from yilu.console.alerts.listing import LIFE, in_scope
from yilu.console.alerts.models import Handling
from yilu.console.command.advice_rows import advice_table, rows_of
from yilu.console.command.kept import found, seconds, value_of
from yilu.console.command.models import Advice as AdviceRecord
from yilu.console.command.models import Incident
from yilu.console.journeys.stopping import what_if
from yilu.console.naming import named
from yilu.console.pages.frame import cities
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.pages.writing import local, time_in_both
from yilu.supervision.handling import clocks
from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.acting import DUTY
from yilu.supervision.handling.of_alerts import STATES as ALERT_STATES
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES, Handbook, for_province

SEES = STAFF | {CARRIER}
LIST_MOST = 200
STEPS: dict[str, tuple[str, str]] = {
    "open": ("上报事件", "opened"), "grade": ("调整等级", "gradings changed"), "plan": ("启动预案", "plan started"), "task": ("布置任务", "task set"),
    "task_end": ("办结任务", "task ended"), "task_again": ("恢复任务", "task open again"), "report": ("信息报告", "report"), "firm": ("企业报告与公告", "firm told"),
    "message": ("通信", "message"), "means": ("投入资源", "means put in"), "means_end": ("撤回资源", "means withdrawn"), "count": ("清点影响", "counted"),
    "advice": ("调度建议", "advice"), "end": ("结束处置", "handling ended"), "close": ("结案", "closed"), "again": ("恢复处置", "handled again"),
    "alert": ("关联预警", "alert joined"),
}  # fmt: skip
"""What stands in a timeline."""


def now_s() -> int:
    """The wall clock: people's deadlines run by it, not by what feeds have told."""
    return int(time.time())


def timer_rows(value: pure.Incident, book: Handbook, now: int) -> list[dict[str, object]]:
    """Clocks as rows, the next due first, then those that are done."""
    names = named()
    found = sorted(clocks.timers(value, book), key=lambda t: (bool(t.done), t.due))
    return [
        {"clock": t.clock, "name": (book.clocks[t.clock].zh, book.clocks[t.clock].en), "whose": clocks.of_whom(book, t),
         "whose_name": names.of_operator(t.firm) if t.firm else (_("值班员")), "firm": t.firm, "begins": t.begins, "due": t.due, "done": t.done,
         "stands": t.stands(now), "stands_name": clocks.STANDS[t.stands(now)], "left": span(t.left(now)), "source": book.clocks[t.clock].source,
         "grade": book.clocks[t.clock].grade}
        for t in found
    ]  # fmt: skip


def span(left: int) -> tuple[str, str]:
    """A span of time in words: hours and minutes, with its sign said."""
    if not left:
        return ("", "")
    hours, minutes = divmod(abs(left) // 60, 60)
    zh, en = (f"{hours}小时{minutes}分", f"{hours} h {minutes} min") if hours else (f"{minutes}分", f"{minutes} min")
    return (f"剩 {zh}", f"{en} left") if left > 0 else (f"超 {zh}", f"{en} over")


@screen("command", SEES)
def command(ask: Ask) -> Page:
    """Incidents in scope with what is due next, and the advice that is one's own."""
    book, names, now = for_province(ask.seen.network.folder), named(), now_s()
    below = ask.seen.network.under(ask.filter.area) if ask.filter.area else None
    index = ask.seen.network.areas.index_of_code
    rows = []
    for record in ask.seen.records(Incident).prefetch_related("tasks", "reports", "firms")[:LIST_MOST]:
        if below is not None and not below[index.get(record.area, 0)]:
            continue
        if ask.filter.state and record.state != ask.filter.state:
            continue
        value = value_of(record)
        running = [t for t in timer_rows(value, book, now) if not t["done"]]
        rows.append(
            {"pk": record.pk, "number": record.number, "title": record.title, "address": reverse("command.one", kwargs={"pk": record.pk}), "level": record.level,
             "level_name": LEVELS[record.level], "response_name": RESPONSES[record.response], "colour": record.colour, "colour_name": COLOURS[record.colour],
             "plan_name": plan_name(book, record.plan), "area_name": names.of_area(record.area), "state": record.state, "state_name": pure.STATES[record.state],
             "known_at": record.known_at, "next": running[0]["name"] if running else ("", ""), "next_due": running[0]["due"] if running else 0,
             "next_left": running[0]["left"] if running else ("", ""), "overdue": sum(t["stands"] == clocks.OVERDUE for t in running),
             "open_tasks": sum(t.state == pure.OPEN for t in value.tasks)}
        )  # fmt: skip
    incidents = Table(
        "incidents", _("突发事件"),
        (Column("number", _("编号")), Column("title", _("事件"), link="address"), Column("level_name", _("事件级别")), Column("response_name", _("响应级别")),
         Column("colour_name", _("预警颜色")), Column("plan_name", _("预案")), Column("area_name", _("地区")), Column("state_name", _("状态")),
         Column("known_at", _("知悉"), "time"), Column("next", _("下一时限")), Column("next_left", _("剩余")), Column("overdue", _("超时"), "count"), Column("open_tasks", _("未办结任务"), "count")),
        rows, _("没有事件。可从一条预警“转为事件”,或在此上报。"),
    )  # fmt: skip
    tables = [advice_table(rows_of(ask, ask.seen.records(AdviceRecord)[:LIST_MOST]))]
    staff = ask.scope.role.id in STAFF
    if staff:
        tables.insert(0, incidents)
    more = {
        "staff": staff, "may_open": ask.scope.role.id == DUTY, "overdue": sum(int(str(r["overdue"])) for r in rows), "_carrier": ask.scope.role.id == CARRIER,
        "_places": _own_places(ask), "_states": list(pure.STATES.items()),
    }  # fmt: skip
    return Page("command/list", _("指挥"), tuple(tables), more=more)


def plan_name(book: Handbook, plan: str) -> tuple[str, str]:
    """A plan's name, its id where the handbook has it no longer."""
    found = book.plans.get(plan)
    return (found.zh, found.en) if found else (plan, plan)


def _own_places(ask: Ask) -> list[tuple[str, tuple[str, str]]]:
    return list(named().facility.items())[:2000] if ask.scope.role.id == CARRIER else []


@screen("command.new", frozenset({DUTY}), "command/new")
def new(ask: Ask) -> Page:
    """The form of a new incident."""
    return Page("command/new", _("上报事件"), more=form_of_incident(ask))


def form_of_incident(ask: Ask) -> dict[str, object]:
    """What the form of an incident offers."""
    book = for_province(ask.seen.network.folder)
    at = local(now_s())
    return {
        "_plans": list(book.plans.values()), "_levels": list(LEVELS.items()), "_responses": list(RESPONSES.items()), "_colours": list(COLOURS.items()),
        "_areas": _areas(ask), "_operators": list(named().firms.items()), "_now": at, "_triggers": book.triggers,
    }  # fmt: skip


def _areas(ask: Ask) -> list[tuple[str, tuple[str, str]]]:
    names = named()
    whole = [(names.province, names.of_area(names.province))] if ask.scope.everywhere and names.province else []
    return [*whole, *cities(ask.scope)]


@screen("command.one", STAFF, "command/<int:pk>")
def one(ask: Ask) -> Page:
    """One incident: its three gradings, what is due, tasks, reports, what it touches, advice, timeline."""
    record = found(ask)
    value, book, names, now = value_of(record), for_province(ask.seen.network.folder), named(), now_s()
    running = timer_rows(value, book, now)
    due = Table(
        "timers", _("时限"),
        (Column("name", _("事项")), Column("whose_name", _("责任")), Column("begins", _("起算"), "time"), Column("due", _("截止"), "time"), Column("done", _("完成"), "time"), Column("stands_name", _("状态")), Column("left", _("剩余")), Column("source", _("依据"))),
        running, _("没有时限。"),
    )  # fmt: skip
    tasks = Table(
        "tasks", _("任务"),
        (Column("number", _("序号"), "count"), Column("what", _("任务")), Column("owner", _("责任单位")), Column("due", _("期限"), "time"), Column("state_name", _("状态")), Column("result", _("办理结果"))),
        [{"number": t.number, "what": book.said(t.what), "owner": book.said(t.owner), "due": t.due, "state": t.state, "state_name": pure.TASKS[t.state], "result": t.result, "overdue": t.state == pure.OPEN and t.due < now} for t in value.tasks],
        _("没有任务。"),
    )  # fmt: skip
    reports = Table(
        "reports", _("信息报告"),
        (Column("kind_name", _("类别")), Column("at", _("报送时间"), "time"), Column("by", _("账号")), Column("text", _("内容"))),
        [{"kind_name": pure.REPORTS[r.kind], "at": r.at, "by": r.by, "text": report_text(book, r), "holds": dict(r.holds)} for r in value.reports],
        _("尚未报告。知悉后先电话首报,再书面首报。"),
    )  # fmt: skip
    advised = advice_table(rows_of(ask, ask.seen.records(AdviceRecord).filter(incident=record)))
    timeline = Table(
        "timeline", _("事件经过"),
        (Column("at", _("时间"), "time"), Column("user", _("账号")), Column("what_name", _("事项")), Column("text", _("内容"))),
        [{"at": s.at, "user": s.user, "what": s.what, "what_name": STEPS.get(s.what, (s.what, s.what)), "text": (s.text, s.more.get("en", s.text)) if s.text else step_text(s.what, s.more)} for s in record.steps.all()],
    )  # fmt: skip
    means = Table(
        "means", _("应急资源"),
        (Column("what", _("资源")), Column("amount", _("数量")), Column("owner", _("提供单位")), Column("place", _("投放地点")), Column("since", _("投入"), "time"), Column("until", _("撤回"), "time")),
        [{"pk": m.pk, "what": m.what, "amount": m.amount, "owner": m.owner, "place": m.place, "since": m.since, "until": m.until} for m in record.means.all()],
        _("尚未投入资源。"),
    )  # fmt: skip
    counted, joined = last_count(record), alerts_of(ask, record)
    hit = [t["code"] for t in touched(counted)[0].rows]
    more = {
        "pk": record.pk, "number": record.number, "state": record.state, "state_name": pure.STATES[record.state], "level": record.level, "response": record.response,
        "colour": record.colour, "level_name": LEVELS[record.level], "response_name": RESPONSES[record.response], "colour_name": COLOURS[record.colour],
        "plan": record.plan, "plan_name": plan_name(book, record.plan), "area_name": names.of_area(record.area), "began_at": record.began_at, "known_at": record.known_at,
        "account": record.account, "made_by": record.made_by, "in_the_way": (";".join(zh for zh, _en in against), "; ".join(en for _zh, en in against)) if (against := pure.in_the_way(value)) else "", "_may": ask.scope.role.id == DUTY,
        "_open": record.state != pure.CLOSED, "_going_on": record.state == pure.GOING_ON, "_plans": [p for p in book.plans.values() if p.id != record.plan],
        "_plan_source": book.plans[record.plan].source if record.plan in book.plans else "",
        "_levels": list(LEVELS.items()), "_responses": list(RESPONSES.items()), "_colours": list(COLOURS.items()), "_operators": list(names.firms.items()),
        "_cities": cities(ask.scope), "_contents": book.reports, "_next_report": next_report(value), "_triggers": book.triggers,
        "_now": local(now), "_later": local(now) + timedelta(hours=4), "_firms": [(f.operator, names.of_operator(f.operator), f) for f in value.firms],
        "_count": counted, "_scale": scale_text(counted), "_city_officer": bool(ask.scope.areas), "overdue": len(clocks.overdue(clocks.timers(value, book), now)), "_kinds": pure.REPORTS,
        "_what_if": what_if(ask.seen.network, hit, record.area), "_what_if_now": what_if(ask.seen.network, hit, record.area, "journeys.in_flight"),
    }  # fmt: skip
    return Page("command/one", record.title, (due, tasks, *touched(counted), joined, advised, reports, means, timeline), more=more)  # fmt: skip


def next_report(value: pure.Incident) -> str:
    """The kind of report that comes next in writing; "" where none is left."""
    kinds = {r.kind for r in value.reports}
    if pure.FIRST not in kinds:
        return pure.FIRST
    if value.state == pure.GOING_ON:
        return pure.FOLLOW_UP
    final = any(r.kind == pure.FINAL and r.at >= value.reopened_at for r in value.reports)
    return "" if final else pure.FINAL


def report_text(book: Handbook, report: pure.Report) -> tuple[str, str]:
    """What a report holds, in one text."""
    contents = book.reports.get(report.kind, ())
    if not contents:
        return (report.holds.get("what", ""),) * 2
    zh = ";".join(f"{c.zh}:{report.holds.get(c.id, '')}" for c in contents)
    return (zh, "; ".join(f"{c.en}: {report.holds.get(c.id, '')}" for c in contents))


def step_text(what: str, more: dict[str, object]) -> tuple[str, str]:
    """What a line of the timeline says where it says it in figures."""
    if what != "count":
        return ("", "")
    return scale_text(more) or ("", "")


def last_count(record: Incident) -> dict[str, object]:
    """The latest count of what the incident touches; empty where none was taken."""
    step = record.steps.filter(what="count").order_by("-at", "-pk").first()
    return {**step.more, "at": seconds(step.at)} if step else {}


def scale_text(counted: dict[str, object]) -> tuple[str, str] | None:
    """A count in words, as reports state it."""
    if not counted:
        return None
    zh, en = time_in_both(counted["as_of"])
    facilities, lanes = counted["facilities"], counted["lanes"]
    assert isinstance(facilities, list | tuple) and isinstance(lanes, list | tuple)
    return (
        f"截至 {zh}(数据版本 {counted['commit']}):寄件 {counted['items']} 件、场所 {len(facilities)} 处、线路 {len(lanes)} 条,来自预警 {counted['alerts']} 条",
        f"as of {en} (commit {counted['commit']}): items {counted['items']}, facilities {len(facilities)}, lanes {len(lanes)}; alerts {counted['alerts']}",
    )


def touched(counted: dict[str, object]) -> tuple[Table, Table]:
    """Facilities and lanes of a count."""
    names = named()
    facilities, lanes = counted.get("facilities", ()), counted.get("lanes", ())
    assert isinstance(facilities, list | tuple) and isinstance(lanes, list | tuple)
    hint = _("尚未清点。关联预警后按“清点影响”,从事实中计数。")
    return (
        Table("facilities", _("涉及场所"), (Column("facility", _("场所"), link="address"), Column("items", _("件数"), "count")),
              [{"code": f, "facility": names.of_facility(f), "items": n, "address": reverse("network.one", kwargs={"code": f})} for f, n in facilities], hint),
        Table("lanes", _("涉及线路"), (Column("origin", _("寄出")), Column("destination", _("寄达")), Column("items", _("件数"), "count")),
              [{"origin": names.of_area(a), "destination": names.of_area(b), "items": n} for a, b, n in lanes], hint),
    )  # fmt: skip


def alerts_of(ask: Ask, record: Incident) -> Table:
    """The alerts that belong to an incident, as they stand now."""
    known, names, rules = {r.alert.id: r for r in in_scope(ask)}, named(), ask.seen.rules.rules
    rows = []
    for h in ask.seen.records(Handling).filter(incident=record):
        now = known.get(h.alert)
        rule = rules.get(h.rule)
        rows.append(
            {"id": h.alert, "rule": (rule.zh, rule.en) if rule else h.rule, "address": reverse("alerts.one", kwargs={"alert": h.alert}) if now else "",
             "operator": names.of_operator(h.operator), "facility": names.of_facility(h.facility), "items": now.alert.items if now else 0,
             "life": LIFE[now.alert.life] if now else ("证据已撤回", "evidence taken back"), "state": ALERT_STATES[h.state]}
        )  # fmt: skip
    columns = (Column("rule", _("规则"), link="address"), Column("operator", _("企业")), Column("facility", _("场所")), Column("items", _("件数"), "count"), Column("life", _("事实状态")), Column("state", _("处置状态")))  # fmt: skip
    return Table("alerts", _("关联预警"), columns, rows, _("没有关联的预警。在预警页上可将其并入本事件。"))


def at_now() -> datetime:
    """Now, as records keep it."""
    return datetime.now(UTC)
