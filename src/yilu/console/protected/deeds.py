"""Declaring, ending and withdrawing lines of protected periods, and reporting that nothing happened."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.db import transaction
from django.shortcuts import get_object_or_404

from yilu.console.access.roles import CARRIER, DUTY, STAFF, SUPERVISOR
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.naming import named
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import Done, deed
from yilu.console.pages.typed import choice, day, moment, said_again, text, whole
from yilu.console.pages.writing import local
from yilu.console.protected.month import MEASURES
from yilu.console.protected.pages import CLASSES, PLACES, SENDERS, SIDES, held_in, may_change, protected
from yilu.console.registers.handing_on import change, hand_on
from yilu.console.registers.models import WITHDRAWN, Line, ZeroReport
from yilu.supervision.handling.acting import HandlingError

_WRITES = frozenset({DUTY, SUPERVISOR})
_PERIOD = re.compile(r"[A-Za-z0-9/()-]{2,40}")
_CHECKS = ("inspect", "identify", "screen")


@deed("protected.add", _WRITES, "protected-add")
@said_again(protected)
def add(ask: Ask) -> Done | Page:
    """Declare a period, one line for each measure that was ticked; with an id that is known, more lines of it."""
    period = text(ask, "period", ("编号", "id"), 40)
    if not _PERIOD.fullmatch(period) or not re.search(r"\d", period):
        raise HandlingError("the id of a period is made of letters, digits and - / ( ), with a digit", "编号须由字母、数字和 - / ( ) 组成,含数字", "write an id as CIIE-2025", "请填写编号,如 CIIE-2025")  # fmt: skip
    measures = [m for m in MEASURES if m != "tightened" and ask.form.get(f"of_{m}")]
    if not measures:
        raise HandlingError("nothing is asked for", "未选择措施", "choose at least one measure", "请至少选择一项措施")
    since, until = moment(ask, "since", ("开始", "from")), moment(ask, "until", ("结束", "until"))
    if since >= until:
        raise HandlingError("a period ends after it begins", "结束应晚于开始", "correct the times", "请改正时间")
    area = choice(ask, "area", ("地区", "area"), ask.seen.network.areas.index_of_code, needed=False)
    if ask.scope.areas and not ask.scope.holds(area):
        raise HandlingError("a city declares only for its own areas", "市局只能为所辖地区发布", "choose an area of the city", "请选择本市的地区")  # fmt: skip
    reason = text(ask, "reason", ("依据", "basis"))
    shared = {
        "period": period, "zh": text(ask, "zh", ("中文名称", "Chinese name"), 60), "en": text(ask, "en", ("英文名称", "English name"), 60, needed=False),
        "since": since, "until": until, "area": area, "made_by": ask.scope.name,
        "side": choice(ask, "side", ("地区一侧", "side"), SIDES), "item_class": choice(ask, "item_class", ("寄件类别", "class"), CLASSES, needed=False),
        "sender_kind": choice(ask, "sender_kind", ("寄件人类别", "kind of sender"), SENDERS, needed=False), "operator": choice(ask, "operator", ("企业", "firm"), named().firms, needed=False),
        "latest_place": choice(ask, "latest_place", ("最迟环节", "latest place"), PLACES),
    }  # fmt: skip
    with transaction.atomic():
        lines = [Line(measure=m, **_of_measure(m, shared)) for m in measures]
        for line in lines:
            line.save()
            recorded(ask, "protected.add", "protected_periods", line.number, None, fields_of(line), reason)
        hand_on(lines)
    return Done("protected", query=f"since={local(int(since.timestamp())).date().isoformat()}")


def _of_measure(measure: str, shared: dict[str, object]) -> dict[str, object]:
    """What a line of this measure says: a zero report is a firm's for the whole province, whatever it accepts."""
    if measure != "zero_report":
        return shared
    return {**shared, "area": "", "item_class": "", "sender_kind": "", "side": "accepted", "latest_place": "acceptance"}


def _line(ask: Ask) -> Line:
    found: Line = get_object_or_404(ask.seen.records(Line).select_for_update(), pk=ask.given["pk"])
    if not may_change(ask, found):
        raise HandlingError("it is the province's", "由省局发布,市局不能更改", "ask the province's officer", "请联系省局值班员")  # fmt: skip
    if found.status == WITHDRAWN:
        raise HandlingError("it is withdrawn already", "已撤回", "declare it again as a new line", "请重新发布")
    return found


@deed("protected.end", _WRITES, "protected-line/<int:pk>/end")
@said_again(protected)
def end(ask: Ask) -> Done | Page:
    """End a line at the time that was typed: what was asked for until then stays asked for."""
    at, reason = moment(ask, "until", ("结束", "until")), text(ask, "reason", ("理由", "reason"))
    with transaction.atomic():
        line = _line(ask)
        if at <= line.since:
            raise HandlingError("it would end before it begins", "结束早于开始", "withdraw it instead", "请改为撤回")
        change(ask, line, "protected.end", reason, until=at)
    return Done("protected", query=ask.filter.query())


@deed("protected.withdraw", _WRITES, "protected-line/<int:pk>/withdraw")
@said_again(protected)
def withdraw(ask: Ask) -> Done | Page:
    """Withdraw a line, as if it had never been declared: its evidence goes with it."""
    reason = text(ask, "reason", ("理由", "reason"))
    with transaction.atomic():
        change(ask, _line(ask), "protected.withdraw", reason, status=WITHDRAWN)
    return Done("protected", query=ask.filter.query())


@deed("protected.hand_on", _WRITES, "protected-line/<int:pk>/hand_on")
@said_again(protected)
def again(ask: Ask) -> Done | Page:
    """Publish a line that could not be published."""
    with transaction.atomic():
        line = get_object_or_404(ask.seen.records(Line).select_for_update(), pk=ask.given["pk"])
        recorded(ask, "protected.hand_on", "protected_periods", line.number, None, fields_of(line))
        hand_on([line])
    return Done("protected", query=ask.filter.query())


@deed("protected.report", STAFF | {CARRIER}, "protected-report")
@said_again(protected)
def report(ask: Ask) -> Done | Page:
    """A zero report: by the firm itself, or mirrored by the administration from a paper that came. The first one of a day counts; a later one corrects its cases."""
    period = text(ask, "period", ("重要时点", "period"), 40)
    if not any(h.period == period and h.measure == "zero_report" for h in held_in(ask)):
        raise HandlingError("this period asks for no zero report", "该重要时点没有零报告要求", "choose another period", "请选择其他重要时点")  # fmt: skip
    operator = ask.scope.operator if ask.scope.role.id == CARRIER else choice(ask, "operator", ("企业", "firm"), named().firms)  # fmt: skip
    of_day = day(ask, "day", ("报告日期", "day"))
    cases, note = (
        whole(ask, "cases", ("异常情况数", "cases"), 0, 100_000),
        text(ask, "note", ("说明", "note"), needed=False),
    )
    if cases and not note:
        raise HandlingError("cases are reported without a word on them", "有异常情况而未说明", "write what happened", "请说明异常情况")  # fmt: skip
    if of_day > datetime.now(UTC).date():
        raise HandlingError("the day lies ahead", "报告日期晚于今日", "correct the day", "请改正日期")
    with transaction.atomic():
        record, made = ask.seen.records(ZeroReport).get_or_create(
            period=period, operator=operator, day=of_day, defaults={"reported_at": datetime.now(UTC).replace(microsecond=0), "cases": cases, "note": note, "made_by": ask.scope.name},
        )  # fmt: skip
        before = None if made else fields_of(record)
        record.cases, record.note = cases, note
        record.save()
        recorded(ask, "protected.report", "zero_reports", str(record), before, fields_of(record), note)
        hand_on([record])
    return Done("protected.one", {"period": period})
