"""Requests to open a sealed number, as records."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import NO_ROWS, by_scope
from yilu.console.access.roles import AUDITOR
from yilu.console.access.scope import Scope
from yilu.supervision.unsealing import Request


def _seen(scope: Scope) -> Q:
    """Who asked sees the own requests; approvers and auditors of the whole province see all; nobody of a carrier any."""
    if scope.is_carrier:
        return NO_ROWS
    if scope.everywhere and (scope.approves or scope.role.id == AUDITOR):
        return Q()
    return Q(by=scope.name)


@by_scope(_seen)
class Opening(models.Model):
    """One request (``supervision.unsealing``). ``item``: both halves of the item's key, 32 hex digits, in the sealed row ``case`` is another part of."""

    item = models.CharField(_("寄件假名"), max_length=32)
    operator = models.CharField(_("企业"), max_length=32)
    case = models.CharField(_("案件编号"), max_length=64)
    purpose = models.CharField(_("用途"), max_length=300)
    by = models.CharField(_("申请人"), max_length=64)
    asked = models.BigIntegerField(_("申请时间"))
    until = models.BigIntegerField(_("有效至"))
    approved = models.JSONField(_("批准人"), default=list)
    refused = models.CharField(_("拒绝人"), max_length=64, blank=True)
    withdrawn = models.BooleanField(_("已撤回"), default=False)
    opened = models.BigIntegerField(_("还原时间"), default=0)

    class Meta:
        verbose_name = _("还原申请")
        ordering: ClassVar[list[str]] = ["-asked", "-id"]

    def __str__(self) -> str:
        return f"{self.case} · {self.item[:16]}"

    @property
    def request(self) -> Request:
        """What ``supervision`` judges."""
        return Request(self.by, self.asked, self.until, tuple(self.approved), self.refused, self.withdrawn, self.opened)

    def take(self, stepped: Request) -> None:
        """Become what a step made of it."""
        self.approved, self.refused = list(stepped.approved), stepped.refused
        self.withdrawn, self.opened = stepped.withdrawn, stepped.opened
