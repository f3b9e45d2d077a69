"""Silences (静默): what nobody is told of for a while, though its evidence is kept."""

from __future__ import annotations

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import STAFF
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.naming import named
from yilu.console.pages.frame import cities
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.pages.typed import choice, moment, said_again, text
from yilu.console.pages.writing import local
from yilu.console.registers.handing_on import NOT_HANDED, TOLD, change, hand_on, told
from yilu.console.registers.models import DECLARED, WHY, WITHDRAWN, Silence
from yilu.supervision.handling.acting import HandlingError

STATUS: dict[str, tuple[str, str]] = {DECLARED: ("已发布", "declared"), WITHDRAWN: ("已撤回", "withdrawn")}
_MOST_DAYS = 92


def silenced(ask: Ask, rule: str, operator: str, facility: str, area: str) -> Silence:
    """A new silence with the time and reason that were typed. Raises HandlingError for one that covers everything, lies out of scope, or lasts too long."""
    if not (rule or operator or facility or area):
        raise HandlingError("a silence covers something", "未指明静默的范围", "choose a rule, firm, facility or area", "请选择规则、企业、场所或地区")  # fmt: skip
    since, until = moment(ask, "since", ("开始", "from")), moment(ask, "until", ("结束", "until"))
    if not since < until or (until - since).days > _MOST_DAYS:
        raise HandlingError("a silence ends after it begins", "结束应晚于开始", f"give at most {_MOST_DAYS} days", f"请给出不超过 {_MOST_DAYS} 天的时段")  # fmt: skip
    if ask.scope.areas and not area:
        raise HandlingError("a city silences only its own", "市局只能静默本市的预警", "choose an area or a facility of the city", "请选择本市的地区或场所")  # fmt: skip
    made = Silence(
        rule=rule, operator=operator, facility=facility, area=area, since=since, until=until, why=choice(ask, "why", ("缘由", "why"), WHY),
        reason=text(ask, "reason", ("理由", "reason")), made_by=ask.scope.name,
    )  # fmt: skip
    with transaction.atomic():
        made.save()
        if not ask.seen.records(Silence).filter(pk=made.pk).exists():
            transaction.set_rollback(True)
            raise HandlingError("it lies out of your scope", "超出您的管辖范围", "choose an area of your own", "请选择所辖地区")  # fmt: skip
        recorded(ask, "silences.add", "silences", made.number, None, fields_of(made), made.reason)
        hand_on([made])
    return made


@screen("silences", STAFF)
def silences(ask: Ask) -> Page:
    """All silences in scope, how far each is, and a form for another."""
    standing = ask.seen.register("silences")
    names, rules = named(), ask.seen.rules.rules
    rows = []
    for s in ask.seen.records(Silence):
        how, commit = told(s, standing.versions)
        rows.append(
            {"pk": s.pk, "number": s.number, "rule": (rules[s.rule].zh, rules[s.rule].en) if s.rule in rules else _("全部规则") if not s.rule else s.rule, "operator": names.of_operator(s.operator),
             "facility": names.of_facility(s.facility), "area": names.of_area(s.area), "since": s.since, "until": s.until, "why": WHY.get(s.why, s.why),
             "reason": s.reason, "made_by": s.made_by, "status": STATUS[s.status], "withdrawn": s.status == WITHDRAWN, "told": TOLD[how], "how": how, "commit": commit, "refused": s.refused}
        )  # fmt: skip
    mine = {(str(s.number),) for s in ask.seen.records(Silence)}
    others = [
        {"number": k[0], "rule": v.row["rule"] or "", "operator": names.of_operator(v.row["operator"]), "facility": names.of_facility(v.row["facility"]),
         "area": names.of_area(v.row["area"] or ""), "since": v.row["silent_from"], "until": v.row["silent_to"], "status": STATUS[v.row["status"]], "commit": v.commit}
        for k, v in standing.versions.items() if k not in mine
    ]  # fmt: skip
    common = (
        Column("number", _("编号")), Column("rule", _("规则")), Column("operator", _("企业")), Column("facility", _("场所")), Column("area", _("地区")),
        Column("since", _("开始"), "time"), Column("until", _("结束"), "time"), Column("status", _("状态")),
    )  # fmt: skip
    mine_table = Table("silences", _("静默清单"), (*common, Column("why", _("缘由")), Column("reason", _("理由")), Column("made_by", _("建立账号")), Column("told", _("发布")), Column("commit", _("数据版本"))), rows, _("没有静默。高峰日或系统维护时,可在此或预警页上设置。"))  # fmt: skip
    other_table = Table("from_files", _("以文件读入的静默"), (*common, Column("commit", _("数据版本"))), others, _("没有以文件读入的静默。"))  # fmt: skip
    more = {
        "_why": list(WHY.items()), "_rules": [(r.id, (r.zh, r.en)) for r in rules.values()], "_operators": list(names.firms.items()), "_areas": cities(ask.scope),
        "_now": local(ask.seen.as_of) if ask.seen.as_of else None, "_not_handed": NOT_HANDED,
    }  # fmt: skip
    return Page("alerts/silences", _("静默清单"), (mine_table, other_table), more=more)


@deed("silences.add", STAFF, "silences/add")
@said_again(silences)
def add(ask: Ask) -> Done | Page:
    """Silence what was chosen."""
    rules = ask.seen.rules.rules
    area = choice(ask, "area", ("地区", "area"), dict(cities(ask.scope)), needed=False)
    silenced(
        ask, choice(ask, "rule", ("规则", "rule"), rules, needed=False), choice(ask, "operator", ("企业", "firm"), named().firms, needed=False), "", area,
    )  # fmt: skip
    return Done("silences")


@deed("silences.withdraw", STAFF, "silences/<int:pk>/withdraw")
@said_again(silences)
def withdraw(ask: Ask) -> Done | Page:
    """End a silence: people are told again."""
    reason = text(ask, "reason", ("理由", "reason"))
    with transaction.atomic():
        record = _one(ask)
        if record.status == WITHDRAWN:
            raise HandlingError("it is withdrawn already", "已撤回", "nothing is left to do", "无需再次撤回")
        change(ask, record, "silences.withdraw", reason, status=WITHDRAWN)
    return Done("silences")


@deed("silences.hand_on", STAFF, "silences/<int:pk>/hand_on")
@said_again(silences)
def again(ask: Ask) -> Done | Page:
    """Publish a silence that could not be published."""
    with transaction.atomic():
        record = _one(ask)
        recorded(ask, "silences.hand_on", "silences", record.number, None, fields_of(record))
        hand_on([record])
    return Done("silences")


def _one(ask: Ask) -> Silence:
    found: Silence = get_object_or_404(ask.seen.records(Silence).select_for_update(), pk=ask.given["pk"])
    return found
