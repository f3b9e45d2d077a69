"""Keys of machines on screens: the list, making one, revoking one."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from yilu.console.feeds.keys import made, revoked
from yilu.console.feeds.models import MachineKey
from yilu.console.feeds.pages import KEEPERS, READERS, operator_in
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.records.resource import REASON_MOST
from yilu.errors import InputError
from yilu.run.receiving import feed_name

_NAME_MOST = 64


def feed_of(operator: str, text: str) -> str:
    """The name of a feed of an operator: its code, or its code with something behind. Raises InputError."""
    name = text.strip() or operator
    if name != operator and not name.startswith(f"{operator}-"):
        raise InputError("feed", f"{operator}, or {operator}-…", value=name[:60], next_step="name it so, or leave it empty")  # fmt: skip
    return feed_name(name)


@screen("feeds.keys", READERS, "feeds/<str:operator>/keys")
def keys(ask: Ask) -> Page:
    """Keys by which machines report for an operator."""
    return listed(ask)


def listed(ask: Ask, **more: Any) -> Page:
    """The list of keys, with what was just made or refused."""
    operator = operator_in(ask)
    rows = [
        {
            "pk": k.pk, "name": k.name, "prefix": f"{k.prefix}…", "feed": k.feed, "made_at": k.made_at, "made_by": k.made_by, "last_used": k.last_used,
            "revoked_at": k.revoked_at,
        }
        for k in ask.seen.records(MachineKey).filter(operator=operator.code)
    ]  # fmt: skip
    table = Table(
        "keys", _("机器密钥"),
        (
            Column("name", _("用途")), Column("prefix", _("开头")), Column("feed", _("数据源")), Column("made_at", _("建立时间"), "time"), Column("made_by", _("建立人")),
            Column("last_used", _("最近使用"), "time"), Column("revoked_at", _("停用时间"), "time"),
        ),
        rows, _("还没有密钥。由企业或系统管理员建立,交给报送程序使用。"),
    )  # fmt: skip
    may = ask.scope.role.id in KEEPERS
    live = [r for r in rows if r["revoked_at"] is None]
    return Page("feeds/keys", _("机器密钥"), (table,), more={"operator": operator.code, "name": operator.name, "may": may, "_live": live, **more}, status=422 if more.get("wrong") else 200)  # fmt: skip


@deed("feeds.keys.make", KEEPERS, "feeds/<str:operator>/keys/make")
def make(ask: Ask) -> Page:
    """Make a key; the page that answers is the only one that shows it."""
    operator = operator_in(ask)
    name, reason = ask.form.get("name", "").strip()[:_NAME_MOST], ask.form.get("reason", "").strip()[:REASON_MOST]
    if not name or not reason:
        return listed(ask, wrong=_("请写明用途与理由。"))
    key, text = made(ask, operator.code, feed_of(operator.code, ask.form.get("feed", "")), name, reason)
    return listed(ask, _new=text, made=key.prefix)


@deed("feeds.keys.revoke", KEEPERS, "feeds/<str:operator>/keys/<int:pk>/revoke")
def revoke(ask: Ask) -> Done | Page:
    """Revoke a key: it opens nothing from now on."""
    operator = operator_in(ask)
    key = get_object_or_404(ask.seen.records(MachineKey), operator=operator.code, pk=ask.given["pk"], revoked_at=None)
    reason = ask.form.get("reason", "").strip()[:REASON_MOST]
    if not reason:
        return listed(ask, wrong=_("请写明停用的理由。"))
    revoked(ask, key, reason)
    return Done("feeds.keys", {"operator": operator.code})
