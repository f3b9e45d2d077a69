"""The list of alerts and the page of one."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

import numpy as np
from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER, STAFF
from yilu.console.alerts.listing import (
    LIFE,
    SHOWN,
    Seen,
    actor_of,
    filtered,
    in_scope,
    in_state,
    record_of,
    rows_of,
)
from yilu.console.alerts.models import HandlingStep
from yilu.console.command.models import Incident
from yilu.console.naming import named
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import address_of, screen
from yilu.console.pages.writing import local
from yilu.console.registers.models import WHY
from yilu.supervision.handling.acting import ROLES
from yilu.supervision.handling.of_alerts import DEEDS, STATES, Handled, possible
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES, for_province
from yilu.supervision.rules.declared import SEVERITIES

SEES = STAFF | {CARRIER}
PAGE_ROWS = 50
_EVIDENCE_ROWS = 200

COLUMNS = (
    Column("severity_name", _("级别")), Column("rule_name", _("规则"), link="address"), Column("operator_name", _("企业")), Column("facility_name", _("场所")),
    Column("area_name", _("地区")), Column("items", _("件数"), "count"), Column("first", _("开始"), "time"), Column("last", _("最近"), "time"),
    Column("life_name", _("事实状态")), Column("state_name", _("处置状态")), Column("owner", _("经办")), Column("id", _("编号")),
)  # fmt: skip


@screen("alerts", SEES)
def alerts(ask: Ask) -> Page:
    """Live list: grouped by rule, filtered by the address."""
    found = ask.seen.alerts()
    whole = rows_of(ask, found)
    rows = filtered(ask, whole)
    rules, names = ask.seen.rules, named()
    here = rows[(ask.filter.page - 1) * PAGE_ROWS : ask.filter.page * PAGE_ROWS]
    query = ask.filter.query(page=1)
    told = [{**record_of(r, rules, names), "address": _address(r.alert.id, query)} for r in here]
    by_rule = _by_rule(rows)
    groups = [
        {"rule": rule, "rule_name": (rules.rules[rule].zh, rules.rules[rule].en), "alerts": len(mine), "items": sum(r.alert.items for r in mine),
         "new": sum(r.handled.state == "new" for r in mine), "severity": rules.rules[rule].severity, "severity_name": SEVERITIES[rules.rules[rule].severity],
         "query": ask.filter.query(rule=rule, page=1), "address": f"{reverse('alerts')}?{ask.filter.query(rule=rule, page=1)}"}
        for rule, mine in by_rule.items()
    ]  # fmt: skip
    groups.sort(key=lambda g: (-rules.rules[str(g["rule"])].severity, -len(by_rule[str(g["rule"])])))
    list_table = Table("alerts", _("预警"), COLUMNS, told, _("此范围内没有预警。可放宽上方的条件,或在“全部”中查看已解除与已排除的。"), max(0, len(rows) - len(here)))  # fmt: skip
    group_table = Table(
        "by_rule", _("按规则"),
        (Column("rule_name", _("规则"), link="address"), Column("severity_name", _("级别")), Column("alerts", _("预警"), "count"), Column("new", _("待接收"), "count"), Column("items", _("件数"), "count")),
        groups, _("没有预警。"),
    )  # fmt: skip
    states = Counter(state for state in SHOWN for r in whole if in_state(r, state))
    more = {
        "count": len(rows), "pages": max(1, -(-len(rows) // PAGE_ROWS)),
        "_states": [(s, SHOWN[s], states[s], ask.filter.query(state=s, page=1)) for s in SHOWN],
        "_rules": [(r.id, (r.zh, r.en)) for r in rules.rules.values()], "_severities": [(str(s), SEVERITIES[s]) for s in sorted(SEVERITIES, reverse=True)],
        "_lives": list(LIFE.items()), "_operators": _operators(ask), "_facts": found is not None,
        "complete_to": found.complete_to if found else 0, "silent_feeds": sorted(found.silent) if found else [],
        "_live": f"{reverse('live')}?{ask.filter.query()}",
    }  # fmt: skip
    return Page("alerts/list", _("预警"), (group_table, list_table), more=more)


def _by_rule(rows: list[Seen]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for row in rows:
        found.setdefault(row.alert.rule, []).append(row)
    return found


def _operators(ask: Ask) -> list[tuple[str, tuple[str, str]]]:
    mine = ask.scope.operator
    return [(c, n) for c, n in named().operator.items() if not mine or c == mine]


def _address(alert: str, query: str) -> str:
    return reverse("alerts.one", kwargs={"alert": alert}) + (f"?{query}" if query else "")


def the_one(ask: Ask) -> Seen:
    """The alert that the address names. Raises Http404 where there is none in scope."""
    return _among(ask, in_scope(ask))


def _among(ask: Ask, rows: list[Seen]) -> Seen:
    for row in rows:
        if row.alert.id == ask.given["alert"]:
            return row
    raise Http404


@screen("alerts.one", SEES, "alerts/<slug:alert>")
def one(ask: Ask) -> Page:
    """One alert: what it says, its evidence, what was done about it, and what can be done."""
    whole = in_scope(ask)
    row = _among(ask, whole)
    around = [r.alert.id for r in filtered(ask, whole)]
    rules, names = ask.seen.rules, named()
    rule = rules.rules[row.alert.rule]
    query = ask.filter.query(page=1)
    at = around.index(row.alert.id) if row.alert.id in around else -1
    can = possible(row.handled, actor_of(ask))
    steps = [
        {"at": s.at, "user": s.user, "role": ROLES.get(s.role, (s.role, s.role)), "deed": (DEEDS[s.deed].zh, DEEDS[s.deed].en), "text": s.text,
         "after": STATES[s.after], "shared": s.shared}
        for s in ask.seen.records(HandlingStep).filter(handling__alert=row.alert.id)
    ]  # fmt: skip
    timeline = Table(
        "timeline", _("处置经过"),
        (Column("at", _("时间"), "time"), Column("user", _("账号")), Column("role", _("角色")), Column("deed", _("操作")), Column("text", _("内容")), Column("after", _("之后状态"))),
        steps, _nobody_yet(can),
    )  # fmt: skip
    now = local(ask.seen.as_of) if ask.seen.as_of else None
    more = {
        "_province": named().province,
        **record_of(row, rules, names), "means": (rule.means_zh, rule.means_en), "stands_on": rule.stands_on, "resolves": rule.resolves,
        "silent_feeds": list(row.alert.silent_feeds), "can": list(can), "_deeds": DEEDS, "_handled": row.handled, "_query": query, "_state_name": STATES[row.handled.state],
        "_previous": _address(around[at - 1], query) if at > 0 else "", "_next": _address(around[at + 1], query) if 0 <= at < len(around) - 1 else "",
        "_position": (at + 1, len(around)), "_why": list(WHY.items()), "_now": now, "_soon": now + timedelta(hours=12) if now else None,
        "_may_silence": ask.scope.role.id in STAFF, "_plans": list(for_province(ask.seen.network.folder).plans.values()), "_levels": list(LEVELS.items()),
        "_responses": list(RESPONSES.items()), "_colours": list(COLOURS.items()), "_first": local(row.alert.first), "_wall": local(int(time.time())), "_incidents": _incidents(ask, can), "_incident": _incident(ask, row.handled), "_facility_at": address_of("network.one", ask.scope, code=row.facility) if row.facility else "",
    }  # fmt: skip
    return Page("alerts/one", (rule.zh, rule.en), (evidence_table(ask, row), timeline), more=more)  # type: ignore[arg-type]


def _nobody_yet(can: tuple[str, ...]) -> Promise:
    """That nothing was done about it yet, and what who looks at it can do."""
    if "take" in can:
        return _("尚无人处理。接收后,由您核实或排除。")
    return _("尚无人处理。您可先答复,由管理部门核实或排除。") if "answer" in can else _("尚无人处理。")


def _incident(ask: Ask, handled: Handled) -> tuple[str, str] | None:
    """(title, address) of the incident that it is part of, where it is in scope."""
    found = ask.seen.records(Incident).filter(alerts__alert=handled.alert).first()
    return (found.title, reverse("command.one", kwargs={"pk": found.pk})) if found else None


def _incidents(ask: Ask, can: tuple[str, ...]) -> list[tuple[int, str]]:
    """Incidents that the alert may join."""
    rows = ask.seen.records(Incident).exclude(state="closed")[:50] if "to_incident" in can else ()
    return [(r.pk, f"{r.number} {r.title}") for r in rows]


def evidence_table(ask: Ask, row: Seen) -> Table:
    """The rows of evidence of an alert, each item leading to its history."""
    rows = row.evidence
    rows = rows[np.lexsort([rows["key"], rows["at"]])]
    names, codes = named(), ask.seen.network.facilities.code_of_id
    told = [
        {"item": f"{int(e['key']):016x}" if e["key"] else "", "facility": names.of_facility(codes.get(int(e["place"]), "")), "from": int(e["at"]),
         "until": int(e["until"]), "sure": ("待定", "provisional") if e["provisional"] else ("确定", "certain"),
         "address": address_of("items.one", ask.scope, key=f"{int(e['key']):016x}") if e["key"] else ""}
        for e in rows[:_EVIDENCE_ROWS]
    ]  # fmt: skip
    columns = (Column("item", _("寄件(假名)"), link="address"), Column("facility", _("场所")), Column("from", _("自"), "time"), Column("until", _("至"), "time"), Column("sure", _("确定性")))  # fmt: skip
    return Table("evidence", _("证据"), columns, told, _("此预警现已没有证据:迟到的数据将其撤回。"), max(0, len(rows) - len(told)))  # fmt: skip
