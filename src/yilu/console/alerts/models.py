"""What people do about an alert, keyed by its identity: how it stands, and every step."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import by_scope
from yilu.console.access.scope import Scope
from yilu.console.registers.models import codes_in
from yilu.supervision.handling.of_alerts import DEEDS, NEW, STATES, Handled

_STATES = [(s, zh) for s, (zh, _en) in STATES.items()]


def _of_alerts(scope: Scope, before: str = "") -> Q:
    """As alerts are narrowed: a city's at its facilities; a carrier's own, those of no place among them."""
    chosen = Q()
    if not scope.everywhere:
        places = [*codes_in(scope), *([""] if scope.is_carrier else [])]
        chosen &= Q(**{f"{before}area__in": places})
    if scope.is_carrier or scope.operator:
        chosen &= Q(**{f"{before}operator": scope.operator}) & ~Q(**{f"{before}operator": ""})
    return chosen


@by_scope(_of_alerts)
class Handling(models.Model):
    """An alert in people's hands. Rule, operator, facility and day are those of its identity; ``area``: that of the facility."""

    alert = models.CharField(_("预警编号"), max_length=16, unique=True)
    rule = models.CharField(_("规则"), max_length=64)
    operator = models.CharField(_("企业"), max_length=32, blank=True)
    facility = models.CharField(_("场所"), max_length=64, blank=True)
    area = models.CharField(_("地区"), max_length=32, blank=True)
    day = models.DateField(_("日期"))
    state = models.CharField(
        _("处置状态"), max_length=16, default=NEW, choices=[(s, zh) for s, (zh, _en) in STATES.items()]
    )
    owner = models.CharField(_("经办"), max_length=64, blank=True)
    incident = models.ForeignKey("Incident", models.SET_NULL, null=True, blank=True, related_name="alerts", verbose_name=_("事件"))  # fmt: skip
    changed_at = models.DateTimeField(_("更新时间"), auto_now=True)

    class Meta:
        verbose_name = _("预警处置")
        ordering: ClassVar[list[str]] = ["-changed_at"]

    def __str__(self) -> str:
        return str(self.alert)

    @property
    def handled(self) -> Handled:
        """As the functions of handling take it."""
        return Handled(self.alert, self.state, self.owner)


def _of_steps(scope: Scope) -> Q:
    """Steps of alerts in scope; a carrier sees those that are shared."""
    seen = _of_alerts(scope, "handling__")
    return seen & Q(shared=True) if scope.is_carrier or scope.operator else seen


@by_scope(_of_steps)
class HandlingStep(models.Model):
    """One thing that was done about an alert."""

    handling = models.ForeignKey(Handling, models.CASCADE, related_name="steps")
    at = models.DateTimeField(_("时间"))
    user = models.CharField(_("账号"), max_length=64)
    role = models.CharField(_("角色"), max_length=16)
    deed = models.CharField(_("操作"), max_length=16, choices=[(d, deed.zh) for d, deed in DEEDS.items()])
    text = models.CharField(_("内容"), max_length=2000, blank=True)
    before = models.CharField(_("原状态"), max_length=16, choices=_STATES)
    after = models.CharField(_("新状态"), max_length=16, choices=_STATES)
    shared = models.BooleanField(_("企业可见"), default=False)

    class Meta:
        verbose_name = _("处置记录")
        ordering: ClassVar[list[str]] = ["at", "pk"]
