"""Records that are published as rows of registers. A record says what was decided; whether the facts know of it stands in the register (``standing``)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import by_scope, in_area_and_operator
from yilu.console.access.scope import Scope
from yilu.items.feeds import KINDS

DECLARED, WITHDRAWN, RECEIVED = "declared", "withdrawn", "received"
WHY = {"peak_day": _("高峰日"), "maintenance": _("系统维护"), "known": _("已知原因,正在处理"), "other": _("其他")}


_STATUS = [(DECLARED, _("已发布")), (WITHDRAWN, _("已撤回"))]


def codes_in(scope: Scope) -> list[str]:
    """Codes of the areas in scope."""
    return [code for code, i in scope.network.areas.index_of_code.items() if i and scope.in_area[i]]


def codes_touching(scope: Scope) -> list[str]:
    """Codes of areas that have a part in scope: those in it, and those that it lies in."""
    ids, parent = set(np.flatnonzero(scope.in_area).tolist()), scope.network.area_parent
    above = {int(parent[i]) for i in ids} - ids
    while above:
        ids |= above
        above = {int(parent[i]) for i in above} - ids
    code = scope.network.areas.code_of_id
    return [code[i] for i in sorted(ids) if i in code]


def _choices(column: str) -> list[tuple[str, str]]:
    """What a column of the register of protected periods may hold."""
    return [(c, c) for a in KINDS["protected_periods"].attributes if a.name == column for c in a.choices]


class Published(models.Model):
    """What every record of a register has. ``handed``: where its last version went, "" nowhere yet; ``refused``: why not."""

    made_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    made_by = models.CharField(_("建立账号"), max_length=64)
    handed = models.CharField(_("发布去向"), max_length=8, blank=True)
    refused = models.CharField(_("未能发布的原因"), max_length=500, blank=True)

    kind: ClassVar[str]

    class Meta:
        abstract = True

    def row(self) -> dict[str, Any]:
        """The row of the register."""
        raise TypeError(f"{type(self).__name__} says not which row it is")

    def identity(self) -> tuple[Any, ...]:
        """What the row is known by, as the register holds it."""
        row = self.row()
        return tuple(row[name] for name in KINDS[self.kind].identity)


@by_scope(in_area_and_operator)
class Silence(Published):
    """Nothing is told of what it covers while it lasts; evidence is kept."""

    kind: ClassVar[str] = "silences"

    rule = models.CharField(_("规则"), max_length=64, blank=True)
    operator = models.CharField(_("企业"), max_length=32, blank=True)
    facility = models.CharField(_("场所"), max_length=64, blank=True)
    area = models.CharField(_("地区"), max_length=32, blank=True)
    since = models.DateTimeField(_("开始"))
    until = models.DateTimeField(_("结束"))
    why = models.CharField(_("缘由"), max_length=16, choices=list(WHY.items()))
    reason = models.CharField(_("理由"), max_length=500)
    status = models.CharField(_("状态"), max_length=16, default=DECLARED, choices=_STATUS)

    class Meta:
        verbose_name = _("静默")
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Its number in the register."""
        return f"S{self.pk:06d}"

    def row(self) -> dict[str, Any]:
        """The row of the register. An area stands beside a facility only where the facility is in it: then the facility says it all."""
        return {
            "silence": self.number, "rule": self.rule, "operator": self.operator, "facility": self.facility, "area": "" if self.facility else self.area,
            "silent_from": self.since.isoformat(timespec="seconds"), "silent_to": self.until.isoformat(timespec="seconds"), "status": self.status,
        }  # fmt: skip


def _lines_seen(scope: Scope) -> Q:
    """Lines that bind somebody or somewhere in scope."""
    seen = Q() if scope.everywhere else Q(area="") | Q(area__in=codes_touching(scope))
    return seen & Q(operator__in=("", scope.operator)) if scope.is_carrier or scope.operator else seen


@by_scope(_lines_seen)
class Line(Published):
    """One line of a protected period: one measure, and whom it binds."""

    kind: ClassVar[str] = "protected_periods"

    period = models.CharField(_("重要时点编号"), max_length=40)
    zh = models.CharField(_("中文名称"), max_length=60)
    en = models.CharField(_("英文名称"), max_length=60, blank=True)
    since = models.DateTimeField(_("开始"))
    until = models.DateTimeField(_("结束"))
    measure = models.CharField(_("措施"), max_length=16, choices=_choices("measure"))
    side = models.CharField(_("地区一侧"), max_length=16, default="accepted", choices=_choices("side"))
    area = models.CharField(_("地区"), max_length=32, blank=True)
    item_class = models.CharField(_("寄件类别"), max_length=16, blank=True)
    sender_kind = models.CharField(_("寄件人类别"), max_length=24, blank=True)
    latest_place = models.CharField(_("最迟环节"), max_length=16, default="acceptance")
    operator = models.CharField(_("企业"), max_length=32, blank=True)
    status = models.CharField(_("状态"), max_length=16, default=DECLARED, choices=_STATUS)

    class Meta:
        verbose_name = _("重要时点措施")
        ordering: ClassVar[list[str]] = ["-since", "period", "pk"]

    def __str__(self) -> str:
        return f"{self.period} {self.number}"

    @property
    def number(self) -> str:
        """Its number in the register."""
        return f"P{self.pk:06d}"

    def row(self) -> dict[str, Any]:
        """The row of the register, whose texts hold no spaces."""
        return {
            "line": self.number, "period": self.period, "zh": self.zh.replace(" ", ""), "en": self.en.replace(" ", "-"), "protected_from": self.since.isoformat(timespec="seconds"),
            "protected_to": self.until.isoformat(timespec="seconds"), "measure": self.measure, "side": self.side, "area": self.area,
            "item_class": self.item_class, "sender_kind": self.sender_kind, "latest_place": self.latest_place, "operator": self.operator, "status": self.status,
        }  # fmt: skip


def _own_reports(scope: Scope) -> Q:
    """A firm's own; the administration's officers all: a report is the firm's for the whole province."""
    return Q(operator=scope.operator) & ~Q(operator="") if scope.is_carrier or scope.operator else Q()


@by_scope(_own_reports)
class ZeroReport(Published):
    """A firm's daily report in a protected period, though nothing happened."""

    kind: ClassVar[str] = "zero_reports"

    period = models.CharField(_("重要时点编号"), max_length=40)
    operator = models.CharField(_("企业"), max_length=32)
    day = models.DateField(_("报告日期"))
    reported_at = models.DateTimeField(_("报送时间"))
    cases = models.PositiveIntegerField(_("异常情况数"), default=0)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    status = models.CharField(
        _("状态"), max_length=16, default=RECEIVED, choices=[(RECEIVED, _("已报")), (WITHDRAWN, _("已撤回"))]
    )

    class Meta:
        verbose_name = _("零报告")
        ordering: ClassVar[list[str]] = ["-day", "operator"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["period", "operator", "day"], name="one_zero_report_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.operator} {self.day}"

    def row(self) -> dict[str, Any]:
        """The row of the register."""
        return {
            "period": self.period, "operator": self.operator, "day": self.day.isoformat(), "reported_at": self.reported_at.isoformat(timespec="seconds"),
            "cases": str(self.cases), "status": self.status,
        }  # fmt: skip
