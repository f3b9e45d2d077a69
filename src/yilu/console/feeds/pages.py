"""Feeds (数据): all operators' feeds, one operator's feed, its quarantine, receipts, look-ups; keys and mappings lie beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import ADMINISTRATOR, AUDITOR, CARRIER, STAFF
from yilu.console.feeds import figures
from yilu.console.feeds.models import Outage, Receipt
from yilu.console.feeds.taking import COMMITTED, SET_ASIDE, WAITING, receiving, state_of
from yilu.console.pages.drawing import BARS, Drawn, chart
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import screen
from yilu.console.records.resource import PAGE_ROWS
from yilu.indicators import Period
from yilu.indicators.quality import SCORE, WEIGHTS
from yilu.items.intake import reasons

READERS = STAFF | {CARRIER, ADMINISTRATOR, AUDITOR}
KEEPERS = frozenset({CARRIER, ADMINISTRATOR})
"""Who makes keys and changes mappings: the operator itself, and the administrator for it."""
_DAYS, _LOOKS = 30, 200
STATES = {WAITING: _("待写入"), COMMITTED: _("已提交"), SET_ASIDE: _("写入进程无法读取")}


@dataclass(frozen=True)
class Operator:
    """The operator that a page is of: id, code, name in both languages."""

    id: int
    code: str
    name: tuple[str, str]


def operator_in(ask: Ask) -> Operator:
    """The operator that the address names. Raises Http404 where there is none in scope: a city sees no operator's feed as a whole."""
    code, operators = str(ask.given["operator"]), ask.scope.network.operators
    known = int(operators.index_of_code.get(code, 0))
    allowed = ask.scope.operator_ids
    if not known or not ask.scope.everywhere or (allowed and known not in allowed):
        raise Http404
    return Operator(known, code, operators.name_of_id[known])


def week(ask: Ask) -> Period:
    """The days that a page is of: those of the filter, or the last thirty."""
    return ask.filter.period(ask.seen.latest_day, _DAYS)


@screen("feeds", READERS)
def feeds(ask: Ask) -> Page:
    """All operators' feeds in scope: rows, lag, unmapped codes, grade."""
    period = week(ask)
    told, scores = figures.told_by_operator(ask.seen, period), figures.scores(ask, period)
    codes = ask.scope.network.operators.code_of_id
    rows = []
    for one in sorted(told, key=lambda i: -told[i].events):
        code, t = codes.get(one, ""), told[one]
        if not code:
            continue
        mark = figures.grade(scores.get(one))
        rows.append(
            {
                "operator": ask.scope.network.operators.name_of_id[one], "code": code, "at": reverse("feeds.one", kwargs={"operator": code}), "events": t.events, "received": t.received,
                "repeats": (t.received - t.events) / t.received if t.received else None, "lag": t.lag_h, "unmapped": t.unmapped,
                "unknown_place": t.unknown_place, "score": scores.get(one), "grade": mark[1] if mark else None,
            }
        )  # fmt: skip
    table = Table(
        "feeds", _("各企业数据"),
        (
            Column("operator", _("企业"), link="at"), Column("events", _("扫描事件"), "count"), Column("received", _("到达"), "count"), Column("repeats", _("重复率"), "percent"),
            Column("lag", _("平均时延(小时)"), "hours"), Column("unmapped", _("未映射"), "count"), Column("unknown_place", _("地点不明"), "count"),
            Column("score", _("质量得分"), "percent"), Column("grade", _("等级")),
        ),
        rows, _("范围内尚无数据。企业可上传文件,或由机器用密钥报送;市级范围不显示企业整体数据。"),
    )  # fmt: skip
    waiting = receiving().waiting_bytes() if ask.scope.everywhere and not ask.scope.operator_ids else None
    return Page("feeds/feeds", _("数据"), (table,), more={"first": period.first.isoformat(), "last": period.last.isoformat(), "waiting_bytes": waiting, "mine": ask.scope.operator})  # fmt: skip


@screen("feeds.one", READERS, "feeds/<str:operator>")
def one(ask: Ask) -> Page:
    """One operator's feed."""
    operator, period = operator_in(ask), week(ask)
    names = figures.names()
    months = figures.compliance(ask, operator.id)
    compliance = Table(
        "compliance", _("月度报送质量得分"),
        (Column("month", _("月份")), Column(SCORE, names[SCORE], "percent"), Column("grade", _("等级")), *(Column(n, names[n], "percent") for n in WEIGHTS)),
        months, _("尚无可评的月份。"),
    )  # fmt: skip
    hours = figures.by_hour(ask.seen, operator.id)
    lags = figures.lags(ask.seen, operator.id, period)
    latest, received = ask.seen.heard(operator.code)
    more = {
        "operator": operator.code, "name": operator.name, "latest": latest, "received": received, "keeps": ask.scope.role.id in KEEPERS,
        "first": period.first.isoformat(), "last": period.last.isoformat(), "waiting": ask.seen.records(Receipt).filter(operator=operator.code, commit=None).count(),
    }  # fmt: skip
    charts = (
        chart("hours", _("每小时事件"), Column("hour", _("时"), "time"), [h for h, _n in hours], [Drawn("events", _("扫描事件"), [n for _h, n in hours], BARS)], empty=_("最近 48 小时没有事件。")),
        chart("lags", _("从发生到记录的时延(事件数)"), Column("lag", _("时延")), [n for n, _c in lags] if any(c for _n, c in lags) else [], [Drawn("events", _("扫描事件"), [c for _n, c in lags], BARS)], empty=_("期内没有事件。")),
    )  # fmt: skip
    return Page("feeds/one", operator.name, (compliance, _reasons_of(ask, operator), _unmapped_of(ask, operator), _outages_of(ask, operator)), charts, more)  # fmt: skip


def _reasons_of(ask: Ask, operator: Operator) -> Table:
    rows = []
    for code, n in figures.refused_rows(ask.seen, operator.code).items():
        reason = reasons.BY_CODE[code]
        rows.append({"code": code, "reason": (reason.zh, reason.en), "rows": n, "step": (reason.next_step_zh, reason.next_step), "at": reverse("feeds.quarantine", kwargs={"operator": operator.code}) + f"?q={code}"})  # fmt: skip
    columns = (Column("reason", _("原因"), link="at"), Column("rows", _("行数"), "count"), Column("step", _("怎么办")))
    return Table("reasons", _("隔离原因"), columns, rows, _("最近的回执中没有隔离行。"))


def _unmapped_of(ask: Ask, operator: Operator) -> Table:
    rows = [{"code": c, "events": n} for c, n in list(figures.unmapped(ask.seen, operator.code).items())[:PAGE_ROWS]]
    columns = (Column("code", _("原始代码")), Column("events", _("扫描事件"), "count"))
    return Table("unmapped", _("未映射的代码"), columns, rows, _("最近的回执中没有未映射的代码。"))


def _outages_of(ask: Ask, operator: Operator) -> Table:
    found = ask.seen.records(Outage).filter(operator=operator.code)[:20]
    rows = [{"begins": o.begins, "ends": o.ends, "why": o.why, "at": reverse("outages.one", kwargs={"pk": o.pk})} for o in found]  # fmt: skip
    columns = (Column("begins", _("开始"), "time", "at"), Column("ends", _("结束"), "time"), Column("why", _("原因")))
    return Table("outages", _("停报公告"), columns, rows, _("没有停报公告。计划停报或延迟时,由企业事先登记。"))


@screen("feeds.quarantine", READERS, "feeds/<str:operator>/quarantine")
def quarantine(ask: Ask) -> Page:
    """Quarantined rows of an operator: where each stood, why, and what may be shown of it; no row holds anything of a person."""
    operator = operator_in(ask)
    found = ask.seen.quarantine()
    rows: list[dict[str, Any]] = []
    total = 0
    if found is not None:
        mask = found.column("operator").to_numpy() == operator.id
        if ask.filter.q:
            mask &= pc.equal(found.column("reason"), ask.filter.q).to_numpy(zero_copy_only=False)
        at = np.flatnonzero(mask)
        total = len(at)
        first = max(0, total - ask.filter.page * PAGE_ROWS)
        shown = found.take(at[first : max(0, total - (ask.filter.page - 1) * PAGE_ROWS)]).to_pylist()[::-1]
        rows = [_row_of(r) for r in shown]
    table = Table(
        "quarantine", _("隔离行"),
        (
            Column("receipt", _("回执"), link="at"), Column("row", _("行号"), "count"), Column("reason", _("原因")), Column("kind", _("操作环节")), Column("time", _("时间文本")),
            Column("place", _("地点")), Column("weight", _("重量")), Column("step", _("怎么办")),
        ),
        rows, _("没有隔离行。"),
    )  # fmt: skip
    chosen = reasons.BY_CODE.get(ask.filter.q)
    pages = max(1, -(-total // PAGE_ROWS))
    return Page("feeds/rows", _("隔离行"), (table,), more={"operator": operator.code, "name": operator.name, "chosen": (chosen.zh, chosen.en) if chosen else "", "pages": pages})  # fmt: skip


def _row_of(row: dict[str, Any]) -> dict[str, Any]:
    reason = reasons.BY_CODE[row["reason"]]
    number = (row["file"] or "").partition("/")[2]
    return {
        "receipt": number[:12], "at": reverse("feeds.receipt", kwargs={"number": number}) if number else "", "row": row["row"], "reason": (reason.zh, reason.en),
        "kind": row["kind"], "time": row["time"], "place": row["place"], "weight": row["weight"], "step": (reason.next_step_zh, reason.next_step),
    }  # fmt: skip


@screen("feeds.receipts", READERS, "feeds/<str:operator>/receipts")
def receipts(ask: Ask) -> Page:
    """Receipts of an operator, the latest first."""
    operator = operator_in(ask)
    found = ask.seen.records(Receipt).filter(operator=operator.code)
    total, first = found.count(), (ask.filter.page - 1) * PAGE_ROWS
    rows = [
        {
            "number": r.number, "to": reverse("feeds.receipt", kwargs={"number": r.number}), "at": r.at, "feed": r.feed, "rows": r.rows, "used": r.used,
            "quarantined": r.quarantined, "state": STATES[state_of(r)], "commit": r.commit,
        }
        for r in found[first : first + PAGE_ROWS]
    ]  # fmt: skip
    table = Table(
        "receipts", _("回执"),
        (
            Column("number", _("回执号"), link="to"), Column("at", _("接收时间"), "time"), Column("feed", _("数据源")), Column("rows", _("行数"), "count"),
            Column("used", _("采用"), "count"), Column("quarantined", _("隔离"), "count"), Column("state", _("状态")), Column("commit", _("提交"), "count"),
        ),
        rows, _("还没有回执。上传文件或用机器密钥报送后,每批都有一张回执。"),
    )  # fmt: skip
    return Page("feeds/rows", _("回执"), (table,), more={"operator": operator.code, "name": operator.name, "pages": max(1, -(-total // PAGE_ROWS))})  # fmt: skip


@screen("feeds.receipt", READERS, "feed-receipts/<str:number>")
def receipt(ask: Ask) -> Page:
    """One receipt, to print: the proof of what was reported when."""
    found = get_object_or_404(ask.seen.records(Receipt), pk=ask.given["number"])
    state = state_of(found)
    rows = []
    for code, n in found.reasons.items():
        reason = reasons.BY_CODE[code]
        rows.append({"code": code, "reason": (reason.zh, reason.en), "rows": n, "step": (reason.next_step_zh, reason.next_step)})  # fmt: skip
    table = Table("reasons", _("隔离原因"), (Column("reason", _("原因")), Column("rows", _("行数"), "count"), Column("step", _("怎么办"))), rows, _("全部行均被采用。"))  # fmt: skip
    operators = ask.scope.network.operators
    known = operators.index_of_code.get(found.operator, 0)
    more = {
        "number": found.number, "operator": found.operator, "name": operators.name_of_id[known] if known else found.operator, "feed": found.feed, "at": found.at,
        "content": found.content, "size": found.size, "rows": found.rows, "used": found.used, "quarantined": found.quarantined, "state": STATES[state],
        "commit": found.commit, "by": str(found.key) if found.key_id else found.user,
    }  # fmt: skip
    return Page("feeds/receipt", _("报送回执"), (table,), more=more)


@screen("feeds.looks", READERS, "feeds/<str:operator>/looks")
def looks(ask: Ask) -> Page:
    """Who looked at items of an operator, when, and why: from the audit record."""
    operator = operator_in(ask)
    found = ask.seen.looks(operator.code).values("at", "user", "what", "subject", "reason")[:_LOOKS]
    table = Table(
        "looks", _("谁看过本企业的寄件"),
        (Column("at", _("时间"), "time"), Column("user", _("账号")), Column("subject", _("寄件假名")), Column("reason", _("理由"))),
        list(found), _("没有人查询过本企业的寄件。"),
    )  # fmt: skip
    return Page("feeds/rows", _("访问记录"), (table,), more={"operator": operator.code, "name": operator.name, "pages": 1})  # fmt: skip


from yilu.console.feeds import key_pages, mapping_pages, outages, upload_pages  # noqa: E402, F401 - declare theirs
