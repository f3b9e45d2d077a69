"""The audit record on the screen: entries by account, deed, object and day, and one entry with what it changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import ADMINISTRATOR, AUDITOR
from yilu.console.audit import stored
from yilu.console.audit.models import Entry, Head
from yilu.console.audit.naming import deed_name, kind_name, kinds_called
from yilu.console.audit.recording import recorded
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.system.pages import SYSTEM, tabs

_ROWS = 50
_NAMED = 40


@screen("audit", SYSTEM)
def entries(ask: Ask) -> Page:
    """Entries, the newest first, as the filter asks."""
    f = ask.filter
    found = ask.seen.records(Entry).filter(_asked(ask))
    start = (f.page - 1) * _ROWS
    rows = [_row(e) for e in found[start : start + _ROWS + 1]]
    table = Table(
        "audit", _("审计记录"),
        (Column("number", _("序号"), "count", link="open"), Column("at", _("时间"), "second"), Column("user", _("账号")), Column("what", _("操作")), Column("kind", _("对象")),
         Column("subject", _("对象编号")), Column("address", _("来源地址")), Column("reason", _("理由"))),
        rows[:_ROWS], _("没有符合条件的记录。放宽日期或清除条件再看。"),
    )  # fmt: skip
    heads = Table(
        "heads", _("最近的签名树头"),
        (Column("size", _("条数"), "count"), Column("at", _("签署时间"), "second"), Column("root", _("根散列")), Column("key", _("公钥"))),
        [{"size": h.size, "at": h.at // 1000, "root": h.root, "key": h.key} for h in ask.seen.records(Head)[:3]], _("还没有树头。运行 yilu audit head,或点“签署树头”。"),
    )  # fmt: skip
    known = sorted(set(ask.seen.records(Entry).order_by("-number").values_list("what", flat=True)[:2000]))[:_NAMED]
    more = {
        "_tabs": tabs(ask), "_what": [(w, deed_name(w)) for w in known], "more_pages": len(rows) > _ROWS, "may_sign": ask.scope.role.id in SYSTEM,
    }  # fmt: skip
    return Page("audit/list", _("审计"), (table, heads), more=more)


def _asked(ask: Ask) -> Q:
    f, zone = ask.filter, ZoneInfo(ask.seen.network.time_zone)
    asked = Q()
    if f.user:
        asked &= Q(user=f.user)
    if f.what:
        asked &= Q(what=f.what)
    if f.q:
        asked &= Q(subject=f.q) | Q(kind__in=kinds_called(f.q)) | Q(reason__icontains=f.q)
    if f.since:
        asked &= Q(at__gte=datetime.combine(date.fromisoformat(f.since), time(), zone))
    if f.until:
        asked &= Q(at__lt=datetime.combine(date.fromisoformat(f.until) + timedelta(days=1), time(), zone))
    return asked


def _row(e: Entry) -> dict[str, Any]:
    return {
        "number": e.number, "at": e.at, "user": e.user or "–", "what": deed_name(e.what), "kind": kind_name(e.kind), "subject": e.subject, "address": e.address,
        "reason": e.reason, "open": reverse("audit.one", kwargs={"number": e.number}),
    }  # fmt: skip


@screen("audit.one", SYSTEM, "audit/<int:number>")
def one(ask: Ask) -> Page:
    """One entry: who, when, from where, why, and each field before and after."""
    entry = get_object_or_404(ask.seen.records(Entry), number=ask.given["number"])
    named = {"what": deed_name(entry.what), "kind": kind_name(entry.kind)}
    fields = [(f.verbose_name, named.get(f.name, getattr(entry, f.name)), "second" if f.name == "at" else "text") for f in Entry._meta.fields if f.name not in ("before", "after")]  # fmt: skip
    head = ask.seen.records(Head).filter(size__gt=entry.number).order_by("size").first()
    changes = Table(
        "changes", _("变更内容"), (Column("field", _("字段")), Column("before", _("变更前")), Column("after", _("变更后")), Column("changed", _("是否变更"))),
        difference(entry.before, entry.after), _("此项操作不改变记录内容。"),
    )  # fmt: skip
    more = {
        "_tabs": tabs(ask), "fields": fields, "number": entry.number, "signed": head.size if head else 0,
        "before_it": entry.number - 1 if entry.number else None, "after_it": entry.number + 1 if ask.seen.records(Entry).filter(number=entry.number + 1).exists() else None,
    }  # fmt: skip
    return Page("audit/one", _("审计记录"), (changes,), more=more)


def difference(before: Any, after: Any) -> list[dict[str, Any]]:
    """Fields before and after, those that differ first: the fields of both in their order."""
    old, new = before or {}, after or {}
    names = [*old, *(n for n in new if n not in old)]
    rows = [
        {"field": n, "before": _written(old.get(n)), "after": _written(new.get(n)), "changed": _("是") if old.get(n) != new.get(n) else _("否"), "_same": old.get(n) == new.get(n)}
        for n in names
    ]  # fmt: skip
    return sorted(rows, key=lambda row: bool(row["_same"]))


def _written(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(_written(v) for v in value)
    if isinstance(value, dict):
        return ";".join(f"{k}:{_written(v)}" for k, v in value.items())
    return "" if value is None else str(value)


@deed("audit.sign", frozenset({ADMINISTRATOR, AUDITOR}), "audit/sign")
def signed(ask: Ask) -> Done:
    """Sign the head of all entries so far, and write it to the folder of heads."""
    from django.db import transaction

    s = ask.seen.settings
    with transaction.atomic():
        recorded(ask, "audit.head", "audit", "-")
    stored.sign_new(Path(s.records), Path(s.heads))
    return Done("audit")
