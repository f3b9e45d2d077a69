"""Entries of the audit record, and the signed heads of their tree. Both are only ever added."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import by_scope, whole_province_staff
from yilu.errors import YiluError


class AppendOnly(YiluError):
    """Something would change or remove what is only ever added."""

    exit_code = 4

    def __init__(self, model: str) -> None:
        super().__init__(
            f"{model} is append-only: nothing in it is changed or removed", zh=f"{model} 只增不改,不得修改或删除",
            next_step="add an entry that says what is right", next_step_zh="另记一条说明更正内容",
        )  # fmt: skip


class Added(models.QuerySet):
    """Rows to read, and to add one by one."""

    def _refuse(self, *given: Any, **named: Any) -> NoReturn:
        raise AppendOnly(self.model.__name__)

    update = delete = bulk_create = bulk_update = update_or_create = _refuse
    _raw_delete = _refuse


class OnlyAdded(models.Model):
    """A record that can be added, and then neither changed nor removed."""

    objects = Added.as_manager()

    class Meta:
        abstract = True

    def save(self, *given: Any, **named: Any) -> None:
        """Add it. Raises AppendOnly where it is there already."""
        if not self._state.adding:
            raise AppendOnly(type(self).__name__)
        super().save(*given, **{**named, "force_insert": True})

    def delete(self, *given: Any, **named: Any) -> NoReturn:
        """Raises AppendOnly."""
        raise AppendOnly(type(self).__name__)


@by_scope(whole_province_staff)
class Entry(OnlyAdded):
    """One change, or one look at an item. ``number``: from 0, without gaps; ``leaf``: its hash in the tree (``tree``)."""

    number = models.PositiveBigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"))
    user = models.CharField(_("账号"), max_length=64)
    address = models.CharField(_("来源地址"), max_length=45)
    request = models.CharField(_("请求编号"), max_length=32)
    what = models.CharField(_("操作"), max_length=64)
    kind = models.CharField(_("对象"), max_length=64)
    subject = models.CharField(_("对象编号"), max_length=128)
    before = models.JSONField(_("变更前"), null=True)
    after = models.JSONField(_("变更后"), null=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    leaf = models.CharField(_("散列"), max_length=64)

    class Meta:
        verbose_name = _("审计记录")
        ordering: ClassVar[list[str]] = ["-number"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "subject"], name="entry_of"),
            models.Index(fields=["user", "number"], name="entry_by"),
        ]


@by_scope(whole_province_staff)
class Head(OnlyAdded):
    """A signed head of the tree (``heads``): the hash of its first ``size`` entries. ``since``: the size of the head before; ``peaks``: hashes of the whole subtrees, to go on from."""

    size = models.PositiveBigIntegerField(_("条数"), primary_key=True)
    root = models.CharField(_("根散列"), max_length=64)
    at = models.PositiveBigIntegerField(_("签署时间"))
    key = models.CharField(_("公钥"), max_length=64)
    signature = models.CharField(_("签名"), max_length=128)
    since = models.PositiveBigIntegerField(_("起"))
    peaks = models.JSONField(_("子树"))

    class Meta:
        verbose_name = _("审计树头")
        ordering: ClassVar[list[str]] = ["-size"]
