"""Records of reporting: keys of machines, receipts, own mappings, announced outages."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import NO_ROWS, by_scope
from yilu.console.access.scope import Scope


def of_operator(scope: Scope) -> Q:
    """Rows of an operator: for itself, and for those of the administration who see the whole province."""
    if scope.is_carrier or scope.operator:
        return Q(operator=scope.operator) & ~Q(operator="")
    return Q() if scope.everywhere else NO_ROWS


@by_scope(of_operator)
class MachineKey(models.Model):
    """A key by which a machine reports for one operator. The key itself is shown once and kept as its hash; ``prefix`` is what one knows it by."""

    operator = models.CharField(_("企业"), max_length=32)
    feed = models.CharField(_("数据源"), max_length=40)
    name = models.CharField(_("用途"), max_length=64)
    prefix = models.CharField(_("开头"), max_length=16)
    digest = models.CharField(_("散列"), max_length=64, unique=True)
    made_by = models.CharField(_("建立人"), max_length=64)
    made_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    last_used = models.DateTimeField(_("最近使用"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("机器密钥")
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


@by_scope(of_operator)
class Receipt(models.Model):
    """What was taken of one batch. ``content``: a hash of what was sent, under the store's key; ``commit``: the one that holds it, None while it waits."""

    number = models.CharField(_("回执号"), max_length=32, primary_key=True)
    operator = models.CharField(_("企业"), max_length=32)
    feed = models.CharField(_("数据源"), max_length=40)
    key = models.ForeignKey(MachineKey, models.PROTECT, null=True, blank=True, verbose_name=_("机器密钥"))
    user = models.CharField(_("账号"), max_length=64, blank=True)
    idempotency = models.CharField(_("幂等键"), max_length=255, null=True, blank=True)
    content = models.CharField(_("内容散列"), max_length=64)
    size = models.PositiveIntegerField(_("字节"))
    rows = models.PositiveIntegerField(_("行数"))
    used = models.PositiveIntegerField(_("采用"))
    quarantined = models.PositiveIntegerField(_("隔离"))
    reasons = models.JSONField(_("隔离原因"), default=dict)
    unmapped = models.JSONField(_("未映射代码"), default=dict)
    at = models.DateTimeField(_("接收时间"))
    commit = models.PositiveBigIntegerField(_("提交"), null=True, blank=True)

    class Meta:
        verbose_name = _("回执")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key", "idempotency"], name="one_receipt_per_idempotency_key")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator", "-number"], name="receipts_of_operator")
        ]

    def __str__(self) -> str:
        return str(self.number)


@by_scope(of_operator)
class CodeMapping(models.Model):
    """A version of an operator's own mapping; the newest one of a feed that is published is what its rows are read by."""

    operator = models.CharField(_("企业"), max_length=32)
    feed = models.CharField(_("数据源"), max_length=40)
    version = models.PositiveIntegerField(_("版本"))
    text = models.TextField(_("映射"), max_length=65_536)
    digest = models.CharField(_("散列"), max_length=16)
    made_by = models.CharField(_("提交人"), max_length=64)
    made_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    reason = models.CharField(_("理由"), max_length=500)

    class Meta:
        verbose_name = _("代码映射")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["operator", "feed", "version"], name="one_mapping_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.feed} v{self.version}"


@by_scope(of_operator)
class Outage(models.Model):
    """A time in which an operator announced that its feed would be silent or late."""

    operator = models.CharField(_("企业"), max_length=32, blank=True)
    feed = models.CharField(_("数据源"), max_length=40)
    begins = models.DateTimeField(_("开始"))
    ends = models.DateTimeField(_("结束"))
    why = models.CharField(_("原因"), max_length=200)
    made_by = models.CharField(_("登记人"), max_length=64, blank=True)
    made_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("停报公告")
        ordering: ClassVar[list[str]] = ["-begins"]

    def __str__(self) -> str:
        return str(self.feed)
