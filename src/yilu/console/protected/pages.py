"""The calendar of protected periods, their checks live, and zero reports: owed, received, missing."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, DUTY, STAFF, SUPERVISOR
from yilu.console.alerts.listing import EPOCH, LIFE, in_scope, record_of
from yilu.console.alerts.pages import COLUMNS, SEES
from yilu.console.naming import named
from yilu.console.pages.frame import cities
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.pages.writing import day_in_both, local
from yilu.console.protected.month import MEASURES, Day, Held, beside, weeks
from yilu.console.registers.handing_on import NOT_HANDED, TAKEN_UP, TOLD, told
from yilu.console.registers.models import Line, ZeroReport
from yilu.supervision.rules.zero_reports import LATE, MISSING, RECEIVED, STANDS, Owed

CLASSES: dict[str, tuple[str, str]] = {"letter": ("函件", "letters"), "parcel": ("包裹", "parcels"), "express": ("快件", "express items")}  # fmt: skip
SENDERS: dict[str, tuple[str, str]] = {"casual": ("散件", "casual senders"), "contract": ("协议客户", "contract senders"), "contract_unfiled": ("未备案协议客户", "unfiled contract senders")}  # fmt: skip
SIDES: dict[str, tuple[str, str]] = {"accepted": ("收寄地", "accepted in"), "destination": ("寄达地", "bound for")}
PLACES: dict[str, tuple[str, str]] = {"acceptance": ("收寄时", "at acceptance"), "processing": ("处理场所", "at the processing site")}  # fmt: skip
RULES = frozenset({"protected_check_missing", "protected_acceptance", "zero_report_missing"})
_LIVE_ROWS = 30


def held_in(ask: Ask) -> list[Held]:
    """Lines that the facts know and that are in force, and the province's own tightened periods."""
    network, found = ask.seen.network, []
    for (number,), v in ask.seen.register("protected_periods").versions.items():
        row = v.row
        if row["status"] != "declared":
            continue
        since, until = int(row["protected_from"]), int(row["protected_to"])
        found.append(
            Held(
                str(number), row["period"], row["zh"] or row["period"], row["en"] or row["zh"] or row["period"], local(since).date(), local(max(since, until - 1)).date(), row["measure"],
                row["side"] or "accepted", row["area"] or "", row["item_class"] or "", row["sender_kind"] or "", row["operator"], row["latest_place"] or "", since, until, v.commit,
            )
        )  # fmt: skip
    for p in ask.seen.rules.protected:
        since, until = (int(network.local_time.midnight(d.isoformat())) for d in (p.first, p.last + timedelta(days=1)))
        if not p.operator or not ask.scope.operator or p.operator == ask.scope.operator:
            found.append(Held(f"rules:{p.id}", p.id, p.zh, p.en, p.first, p.last, "tightened", p.side, p.area, p.item_class, p.sender_kind, p.operator, "", since, until, 0))  # fmt: skip
    return sorted(found, key=lambda h: (h.since, h.period, h.line))


def row_of(h: Held) -> dict[str, object]:
    """A line as a row."""
    names = named()
    sign, zh, en = MEASURES[h.measure]
    return {
        "line": h.line, "period": h.period, "name": (h.zh, h.en), "address": reverse("protected.one", kwargs={"period": h.period}), "measure": h.measure, "sign": sign, "measure_name": (zh, en),
        "side": SIDES.get(h.side, (h.side, h.side)), "area_name": names.of_area(h.area) if h.area else ("全省", "whole province"), "class_name": CLASSES.get(h.item_class, ("各类", "any class")),
        "sender_name": SENDERS.get(h.sender_kind, ("不限", "any sender")), "operator": h.operator, "operator_name": names.of_operator(h.operator) or ("", ""),
        "place_name": PLACES.get(h.latest_place, ("", "")) if h.measure in ("inspect", "identify", "screen") else ("", ""), "since": h.since, "until": h.until, "commit": h.commit,
    }  # fmt: skip


LINE_COLUMNS = (
    Column("name", _("重要时点"), link="address"), Column("measure_name", _("措施")), Column("side", _("一侧")), Column("area_name", _("地区")), Column("class_name", _("寄件类别")),
    Column("sender_name", _("寄件人")), Column("place_name", _("最迟环节")), Column("operator_name", _("企业")), Column("since", _("开始"), "time"), Column("until", _("结束"), "time"), Column("commit", _("数据版本")),
)  # fmt: skip


def may_declare(ask: Ask) -> bool:
    """Whether who asks declares protected periods here."""
    return ask.scope.role.id in (DUTY, SUPERVISOR)


def may_change(ask: Ask, line: Line) -> bool:
    """Whether a line is of where who asks is at work: a city leaves the province's as they are."""
    return not ask.scope.areas or ask.scope.holds(line.area)


def month_of(ask: Ask) -> date:
    """The month that is shown: that of ``since`` in the address, else that of the latest event, else today's."""
    if ask.filter.since:
        return date.fromisoformat(ask.filter.since).replace(day=1)
    return local(ask.seen.as_of or int(time.time())).date().replace(day=1)


@screen("protected", SEES)
def protected(ask: Ask) -> Page:
    """The calendar of a month, what its periods' checks say live, zero reports of firms."""
    held, month = held_in(ask), month_of(ask)
    grid = weeks(month.year, month.month, held)
    previous, following = beside(month)
    today = local(ask.seen.as_of or int(time.time())).date()
    in_month = [h for h in held if h.first <= (following - timedelta(days=1)) and h.last >= month]
    lines = Table("lines", _("本月措施"), LINE_COLUMNS, [row_of(h) for h in in_month], _("本月没有重要时点。在下方新增,发布后即按其判定。") if may_declare(ask) else _("本月没有重要时点。"))  # fmt: skip
    owed = ask.seen.zero_reports()
    more = {
        "month": month.isoformat()[:7], "_month_name": (f"{month:%Y-%m}", f"{month:%B %Y}"), "_weeks": [[_cell(d, today) for d in week] for week in grid], "_previous": ask.filter.query(since=previous.isoformat()), "_following": ask.filter.query(since=following.isoformat()),
        "_signs": [(s, (zh, en)) for s, zh, en in MEASURES.values()], **_form(ask), "missing": sum(o.stands == MISSING for o in owed), "_periods": sorted({h.period for h in held if h.measure == "zero_report"}),
        "_yesterday": today - timedelta(days=1), "_today": today, "_reports": {o.period for o in owed},
    }  # fmt: skip
    return Page("protected/calendar", _("重要时点"), (lines, live_table(ask), zero_table(ask, owed), _records(ask)), more=more)  # fmt: skip


def _cell(d: Day, today: date) -> dict[str, object]:
    merged: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for h in d.held:
        merged.setdefault((h.period, h.area, h.item_class), []).append(MEASURES[h.measure][0])
    names = named()
    by_period = {h.period: (h.zh, h.en) for h in d.held}
    return {
        "day": d.day, "inside": d.inside, "today": d.day == today,
        "held": [
            {"name": by_period[period], "signs": tuple(" ".join(dict.fromkeys(s[i] for s in signs)) for i in (0, 1)), "area": names.of_area(area) if area else ("全省", "whole province"),
             "class": CLASSES.get(item_class, ("各类", "any class")), "address": reverse("protected.one", kwargs={"period": period})}
            for (period, area, item_class), signs in merged.items()
        ],
    }  # fmt: skip


def live_table(ask: Ask, period: str = "") -> Table:
    """Alerts of protected periods' rules, and of others that a period tightens; of one period those that it tightens, or that began in it."""
    rules, names = ask.seen.rules, named()
    held = [h for h in held_in(ask) if h.period == period]
    begins, ends = min((h.since for h in held), default=0), max((h.until for h in held), default=0)
    rows = []
    for r in in_scope(ask):
        mine = r.alert.rule in RULES and (not period or begins <= r.alert.first < ends)
        if mine or (period in r.alert.protected if period else r.alert.protected):
            rows.append({**record_of(r, rules, names), "life_name": LIFE[r.alert.life], "address": reverse("alerts.one", kwargs={"alert": r.alert.id})})  # fmt: skip
    return Table("live", _("加严检查与措施的预警"), COLUMNS, rows[:_LIVE_ROWS], _("没有加严检查与措施的预警。"), max(0, len(rows) - _LIVE_ROWS))  # fmt: skip


def zero_table(ask: Ask, owed: list[Owed]) -> Table:
    """Zero reports by firm and period: owed, received, late, missing."""
    names, codes = named(), ask.seen.network.operators.code_of_id
    called = {h.period: (h.zh, h.en) for h in held_in(ask)}
    found: dict[tuple[str, int], list[Owed]] = {}
    for o in owed:
        found.setdefault((o.period, o.operator), []).append(o)
    rows = [
        {"period": period, "name": called.get(period, (period, period)), "address": reverse("protected.one", kwargs={"period": period}), "operator": names.of_operator(codes.get(operator, "")), "owed": len(mine),
         **{s: sum(o.stands == s for o in mine) for s in (RECEIVED, LATE, MISSING)}, "cases": sum(o.cases or 0 for o in mine)}
        for (period, operator), mine in found.items()
    ]  # fmt: skip
    columns = (Column("name", _("重要时点"), link="address"), Column("operator", _("企业")), Column("owed", _("应报"), "count"), Column("received", _("已报"), "count"), Column("late", _("迟报"), "count"), Column("missing", _("缺报"), "count"), Column("cases", _("异常情况"), "count"))  # fmt: skip
    return Table("zero_reports", _("零报告"), columns, rows, _("目前没有应报的零报告。"))


def _records(ask: Ask) -> Table:
    """What was declared here, and whether the facts know of it."""
    standing = ask.seen.register("protected_periods").versions
    rows = []
    for line in ask.seen.records(Line)[:200]:
        how, commit = told(line, standing)
        rows.append(
            {"pk": line.pk, "line": line.number, "period": line.period, "name": (line.zh, line.en or line.zh), "measure_name": MEASURES[line.measure][1:], "since": line.since, "until": line.until,
             "status": ("已撤回", "withdrawn") if line.status == "withdrawn" else ("已发布", "declared"), "withdrawn": line.status == "withdrawn", "made_by": line.made_by, "mine": may_change(ask, line), "told": TOLD[how], "how": how, "commit": commit, "refused": line.refused,
             "over": line.until <= _facts_now(ask)}
        )  # fmt: skip
    columns = (Column("line", _("编号")), Column("period", _("重要时点")), Column("name", _("名称")), Column("measure_name", _("措施")), Column("since", _("开始"), "time"), Column("until", _("结束"), "time"), Column("status", _("状态")), Column("made_by", _("建立账号")), Column("told", _("发布")), Column("commit", _("数据版本")))  # fmt: skip
    return Table("records", _("由本平台发布的措施"), columns, rows, _("尚未在本平台发布措施。"))


def _facts_now(ask: Ask) -> datetime:
    return datetime.fromtimestamp(ask.seen.as_of, UTC) if ask.seen.as_of else datetime.now(UTC)


def _form(ask: Ask) -> dict[str, object]:
    at = local(ask.seen.as_of or int(time.time())).replace(minute=0)
    return {
        "_may": may_declare(ask), "_may_mirror": ask.scope.role.id in STAFF, "_carrier": ask.scope.role.id == CARRIER, "_areas": cities(ask.scope), "_city": bool(ask.scope.areas),
        "_classes": list(CLASSES.items()), "_senders": list(SENDERS.items()), "_sides": list(SIDES.items()), "_places": list(PLACES.items()),
        "_measures": [(m, (zh, en)) for m, (_s, zh, en) in MEASURES.items() if m != "tightened"], "_operators": list(named().firms.items()), "_now": at, "_soon": at + timedelta(days=7),
        "_not_handed": NOT_HANDED, "_taken_up": TAKEN_UP,
    }  # fmt: skip


@screen("protected.one", SEES, "protected/<path:period>")
def one(ask: Ask) -> Page:
    """One period: its lines, what its checks say, and zero reports by firm and day."""
    period = ask.given["period"]
    held = [h for h in held_in(ask) if h.period == period]
    if not held:
        raise Http404
    owed = [o for o in ask.seen.zero_reports() if o.period == period]
    names, codes = named(), ask.seen.network.operators.code_of_id
    days = sorted({o.day for o in owed})
    stands = {(o.operator, o.day): o for o in owed}
    matrix = Table(
        "by_day", _("零报告(按日)"),
        (Column("operator", _("企业")), *(Column(f"d{d}", day_in_both(EPOCH + timedelta(days=d))) for d in days)),
        [{"operator": names.of_operator(codes.get(o, "")), **{f"d{d}": STANDS[stands[o, d].stands] if (o, d) in stands else ("–", "–") for d in days}} for o in sorted({o.operator for o in owed})],
        _("目前没有应报的零报告。"),
    )  # fmt: skip
    received = Table(
        "received", _("已收零报告"),
        (Column("operator", _("企业")), Column("day", _("报告日期")), Column("reported_at", _("报送时间"), "time"), Column("cases", _("异常情况"), "count"), Column("note", _("说明")), Column("told", _("发布"))),
        [{"operator": names.of_operator(r.operator), "day": r.day.isoformat(), "reported_at": r.reported_at, "cases": r.cases, "note": r.note, "told": TOLD[told(r, ask.seen.register("zero_reports").versions)[0]]} for r in ask.seen.records(ZeroReport).filter(period=period)],
        _("本平台尚未收到零报告。"),
    )  # fmt: skip
    today = local(ask.seen.as_of or int(time.time())).date()
    more = {
        "period": period, "zh": held[0].zh, "en": held[0].en, "missing": sum(o.stands == MISSING for o in owed), **_form(ask), "_periods": [period] if any(h.measure == "zero_report" for h in held) else [],
        "_today": today,
    }  # fmt: skip
    lines = Table("lines", _("措施"), LINE_COLUMNS, [row_of(h) for h in held])
    return Page(
        "protected/one", (held[0].zh, held[0].en), (lines, live_table(ask, period), matrix, received), more=more
    )  # type: ignore[arg-type]
