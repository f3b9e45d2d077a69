"""Incidents and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import NO_ROWS, by_scope
from yilu.console.access.scope import Scope
from yilu.console.registers.models import codes_in
from yilu.supervision.handling import advice as advices
from yilu.supervision.handling import incidents as pure
from yilu.supervision.handling.plans import COLOURS, LEVELS, RESPONSES


def _named(known: Mapping[Any, tuple[str, str]]) -> list[tuple[Any, str]]:
    """Choices by their Chinese names."""
    return [(value, zh) for value, (zh, _en) in known.items()]


def _staff(scope: Scope, before: str = "") -> Q:
    """Incidents of one's own areas; no carrier sees any."""
    if scope.is_carrier or scope.operator:
        return NO_ROWS
    return Q() if scope.everywhere else Q(**{f"{before}area__in": codes_in(scope)})


def _of_incidents(scope: Scope) -> Q:
    return _staff(scope, "incident__")


@by_scope(_staff)
class Incident(models.Model):
    """An incident. Event level, response level and warning colour are three fields."""

    title = models.CharField(_("事件名称"), max_length=120)
    plan = models.CharField(_("预案"), max_length=32)
    level = models.PositiveSmallIntegerField(_("事件级别"), choices=_named(LEVELS))
    response = models.PositiveSmallIntegerField(_("响应级别"), default=0, choices=_named(RESPONSES))
    colour = models.CharField(_("预警颜色"), max_length=8, default="none", choices=_named(COLOURS))
    area = models.CharField(_("地区"), max_length=32)
    state = models.CharField(_("状态"), max_length=16, default=pure.GOING_ON, choices=_named(pure.STATES))
    began_at = models.DateTimeField(_("发生时间"))
    known_at = models.DateTimeField(_("知悉时间"))
    ended_at = models.DateTimeField(_("处置结束"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)
    reopened_at = models.DateTimeField(_("恢复处置"), null=True, blank=True)
    made_by = models.CharField(_("上报账号"), max_length=64)
    account = models.TextField(_("情况"), blank=True)

    class Meta:
        verbose_name = _("突发事件")
        ordering: ClassVar[list[str]] = ["-known_at"]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def number(self) -> str:
        """Its number, as papers name it."""
        return f"SJ-{self.known_at:%Y}-{self.pk:04d}"


@by_scope(_of_incidents)
class IncidentStep(models.Model):
    """One line of an incident's timeline. ``more``: what else belongs to it, as the count of what is affected."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="steps")
    at = models.DateTimeField(_("时间"))
    user = models.CharField(_("账号"), max_length=64)
    what = models.CharField(_("事项"), max_length=32)
    text = models.CharField(_("内容"), max_length=4000, blank=True)
    more = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("事件经过")
        ordering: ClassVar[list[str]] = ["at", "pk"]


@by_scope(_of_incidents)
class IncidentTask(models.Model):
    """A task; ``number``: within its incident, from 1."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="tasks")
    number = models.PositiveIntegerField(_("序号"))
    what = models.CharField(_("任务"), max_length=300)
    owner = models.CharField(_("责任单位"), max_length=80)
    due = models.DateTimeField(_("期限"))
    state = models.CharField(_("状态"), max_length=8, default=pure.OPEN, choices=_named(pure.TASKS))
    result = models.CharField(_("办理结果"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("任务")
        ordering: ClassVar[list[str]] = ["incident", "number"]


@by_scope(_of_incidents)
class IncidentReport(models.Model):
    """A report that was made."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="reports")
    kind = models.CharField(_("类别"), max_length=12, choices=_named(pure.REPORTS))
    at = models.DateTimeField(_("报送时间"))
    user = models.CharField(_("账号"), max_length=64)
    holds = models.JSONField(_("内容"), default=dict)

    class Meta:
        verbose_name = _("信息报告")
        ordering: ClassVar[list[str]] = ["at", "pk"]


@by_scope(_of_incidents)
class FirmDuty(models.Model):
    """A firm's own 24 hours."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="firms")
    operator = models.CharField(_("企业"), max_length=32)
    since = models.DateTimeField(_("阻断开始"))
    reported_at = models.DateTimeField(_("已报告"), null=True, blank=True)
    noticed_at = models.DateTimeField(_("已公告"), null=True, blank=True)

    class Meta:
        verbose_name = _("企业时限")
        ordering: ClassVar[list[str]] = ["operator"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["incident", "operator"], name="one_duty_a_firm")
        ]


@by_scope(_of_incidents)
class Means(models.Model):
    """People, vehicles, sites and goods that were put in (应急资源)."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="means")
    what = models.CharField(_("资源"), max_length=120)
    amount = models.CharField(_("数量"), max_length=40)
    owner = models.CharField(_("提供单位"), max_length=80)
    place = models.CharField(_("投放地点"), max_length=80, blank=True)
    since = models.DateTimeField(_("投入时间"))
    until = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("应急资源")
        ordering: ClassVar[list[str]] = ["since"]


def _of_advice(scope: Scope) -> Q:
    """A firm's what was sent to it; a city's what goes through it or came from it; orders are their carrier's alone."""
    if scope.is_carrier or scope.operator:
        return Q(operator=scope.operator, passed_at__isnull=False) & ~Q(operator="")
    advised = Q(kind=advices.ADVICE)
    return advised if scope.everywhere else advised & Q(area__in=codes_in(scope))


@by_scope(_of_advice)
class Advice(models.Model):
    """Advice to a firm, or a carrier's own order. ``city``: area code of the city that passes it on; ``area``: of that city or the incident."""

    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, blank=True, related_name="advice")
    kind = models.CharField(_("类别"), max_length=8, choices=_named(advices.KINDS))
    text = models.CharField(_("内容"), max_length=1000)
    operator = models.CharField(_("企业"), max_length=32)
    city = models.CharField(_("市局"), max_length=32, blank=True)
    area = models.CharField(_("地区"), max_length=32, blank=True)
    facility = models.CharField(_("场所"), max_length=64, blank=True)
    made_by = models.CharField(_("发出账号"), max_length=64)
    issued_at = models.DateTimeField(_("发出"))
    city_received_at = models.DateTimeField(_("市局签收"), null=True, blank=True)
    passed_at = models.DateTimeField(_("转发企业"), null=True, blank=True)
    firm_received_at = models.DateTimeField(_("企业签收"), null=True, blank=True)
    answered_at = models.DateTimeField(_("企业答复"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回"), null=True, blank=True)
    answer = models.CharField(_("答复内容"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("调度建议")
        ordering: ClassVar[list[str]] = ["-issued_at"]


@by_scope(lambda scope: _staff(scope))
class HandOver(models.Model):
    """A hand-over between shifts: of the morning ``day``, what is to be known, who handed over and who took over. ``area``: of a city's office, "" the province's."""

    day = models.DateField(_("交接班日期"))
    area = models.CharField(_("地区"), max_length=32, blank=True)
    given_by = models.CharField(_("交班账号"), max_length=64)
    given_at = models.DateTimeField(_("交班时间"))
    note = models.TextField(_("交班事项"))
    taken_by = models.CharField(_("接班账号"), max_length=64, blank=True)
    taken_at = models.DateTimeField(_("接班时间"), null=True, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("交接班")
        ordering: ClassVar[list[str]] = ["-given_at"]
