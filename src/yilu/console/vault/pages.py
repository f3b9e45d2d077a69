"""The vault: sealing the number of an item of a case, and requests to open it: ask, approve or refuse, open.

A number that is sealed is in no record and on no answer; one that is opened is on the answer to the one who opens it, this once, and nowhere else.
"""

from __future__ import annotations

import re
import time
from datetime import date
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import AUDITOR, OFFICE, STAFF
from yilu.console.audit.recording import recorded
from yilu.console.naming import named
from yilu.console.pages.naming import names_of
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.vault import sealed
from yilu.console.vault.models import Opening
from yilu.items.disk import Disk
from yilu.items.vault import Grant, SealedRow, VaultError, VaultKey, append, load_or_make, seal, unseal
from yilu.settings import Settings
from yilu.supervision.unsealing import APPROVERS, STATES, NotAllowed, Request, State

_KEY = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"[0-9]{9}")
_ROWS = 200
_LONGEST = 64
WHY: dict[str, Any] = {
    "prohibited": _("禁寄物品"),
    "court_order": _("司法协查"),
    "public_safety": _("公共安全"),
    "complaint": _("申诉处理"),
}
"""Why an item's number may be sealed, by code."""
SEEN_BY = OFFICE | {AUDITOR}
"""Staff ask; approvers may be of any office; auditors look."""


@screen("vault", SEEN_BY)
def requests(ask: Ask) -> Page:
    """All requests in scope, and the form of a new one."""
    now = int(time.time())
    rows = [
        {
            "at": o.asked, "case": o.case, "item": o.item[:16], "by": o.by, "state": STATES[o.request.state(now)], "until": o.until,
            "approved": _approvals(o.approved), "address": reverse("vault.one", kwargs={"pk": o.pk}),
        }
        for o in ask.seen.records(Opening)[:_ROWS]
    ]  # fmt: skip
    table = Table(
        "vault", _("还原申请一览"),
        (Column("at", _("申请时间"), "time"), Column("case", _("案件编号"), link="address"), Column("item", _("寄件假名")), Column("by", _("申请人")),
         Column("state", _("状态")), Column("approved", _("批准人")), Column("until", _("有效至"), "time")),
        rows, _("没有申请。需要在案件中找到一件实物时,在此申请还原其单号。") if ask.scope.role.id in STAFF else _("没有申请。值班、监测、监管人员为案件申请还原后,在此审批。"),
    )  # fmt: skip
    names, of = names_of(ask.seen.network), ask.seen.network.operators
    more = {
        "may_ask": ask.scope.role.id in STAFF, "_why": list(WHY.items()), "_operators": [(code, names.of("operator", i)) for code, i in of.index_of_code.items()],
    }  # fmt: skip
    return Page("vault/list", _("授权还原"), (table,), more=more)


@screen("vault.one", SEEN_BY, "vault/<int:pk>")
def one(ask: Ask) -> Page:
    """One request, and the steps that this user may take."""
    opening = _found(ask)
    return _page(ask, opening)


def _approvals(by: list[str]) -> str:
    """How many have approved of how many that it takes, and who."""
    return f"{len(by)}/{APPROVERS}" + (f" ({', '.join(by)})" if by else "")


def _page(ask: Ask, opening: Opening, number: str = "") -> Page:
    now, request, me = int(time.time()), opening.request, ask.scope.name
    state = request.state(now)
    fields = [
        (_("状态"), STATES[state], "text"), (_("案件编号"), opening.case, "text"), (_("用途"), opening.purpose, "text"), (_("寄件假名"), opening.item[:16], "text"),
        (_("企业"), named().of_operator(opening.operator), "text"), (_("申请人"), opening.by, "text"), (_("申请时间"), opening.asked, "time"), (_("有效至"), opening.until, "time"),
        (_("批准人"), _approvals(opening.approved), "text"), (_("拒绝人"), opening.refused, "text"), (_("还原时间"), opening.opened, "time"),
    ]  # fmt: skip
    judges = state is State.WAITING and ask.scope.approves and me != request.by and me not in request.approved
    more = {
        "fields": fields, "pk": opening.pk, "state": str(state), "_number": number, "may_judge": judges,
        "may_open": state is State.APPROVED and me == request.by, "may_withdraw": state in (State.WAITING, State.APPROVED) and me == request.by,
    }  # fmt: skip
    return Page("vault/one", _("还原申请"), more=more)


def _found(ask: Ask, lock: bool = False) -> Opening:
    rows = ask.seen.records(Opening)
    found: Opening = get_object_or_404(rows.select_for_update() if lock else rows, pk=ask.given["pk"])
    return found


def _refused(message: str, zh: str, step: str, step_zh: str) -> NotAllowed:
    return NotAllowed(message, zh=zh, next_step=step, next_step_zh=step_zh)


@deed("vault.seal", STAFF, "vault/seal")
def sealing(ask: Ask) -> Done:
    """Seal the number of an item in scope for a case, by who has the item or its papers at hand. Raises NotAllowed where something is missing or the item isn't in scope."""
    s, (number, operator, case, why) = ask.seen.settings, (ask.form.get(n, "").strip() for n in ("number", "operator", "case", "why"))  # fmt: skip
    network = ask.seen.network
    if (
        not number
        or not case
        or max(len(number), len(case)) > _LONGEST
        or why not in WHY
        or operator not in network.operators.index_of_code
    ):
        raise _refused("a waybill number, its operator, a case number and a reason are needed", "须填运单号、企业、案件编号和事由", "fill in all four", "四项均须填写")  # fmt: skip
    if number.casefold() in case.casefold():
        raise _refused("the case number holds the waybill number", "案件编号中有运单号", "write the number of the case alone", "只写案件编号")  # fmt: skip
    key = ask.seen.key_of(number, operator)
    if not ask.seen.has_item(key[0]):
        raise _refused("no such item is in scope", "所辖范围内没有这一件", "check number and operator", "核对单号与企业")  # fmt: skip
    row = seal(number, network.operators.index_of_code[operator], key, why, case, date.today(), _key_of(s))
    with transaction.atomic():
        said = {"item": _hex(row), "case": case, "purpose": why}
        recorded(ask, "vault.seal", "vault", _hex(row)[:16], None, said, case)
        append([row], Disk(s.vault).put)
    return Done("vault")


def _key_of(s: Settings) -> VaultKey:
    if not s.vault_key_file.exists():
        raise VaultError("the key of the vault is not here", zh="封存密钥不在本机", next_step="set vault_key_file to where it is", next_step_zh="把 vault_key_file 指向密钥文件")  # fmt: skip
    return load_or_make(s.vault_key_file, s.store, s.vault_cipher)


@deed("vault.ask", STAFF, "vault/ask")
def asked(ask: Ask) -> Done:
    """Ask for one item of one case. Raises NotAllowed where purpose or case are not told, or no number of that item was sealed for that case."""
    item, case, purpose = (ask.form.get(n, "").strip() for n in ("item", "case", "purpose"))
    if not _KEY.fullmatch(item) or not case or len(case) > _LONGEST or not purpose or len(purpose) > 300:
        raise _refused("a pseudonym of 16 hex digits, a case number and a purpose are needed", "须填 16 位假名、案件编号和用途", "fill in all three", "三项均须填写")  # fmt: skip
    if _NUMBER.search(purpose):
        raise _refused("the purpose holds a long number", "用途中有长数字", "name the case, no number of an item or a person", "只写案件与事由,不写单号、电话、证件号")  # fmt: skip
    rows = sealed.found(ask.seen.settings.vault, int(item, 16), case)
    if not rows or not ask.seen.has_item(int(item, 16)):
        raise _refused(
            "no number of that item was sealed for that case, or it is out of scope", "没有为该案件封存此件的单号,或不在所辖范围", "check pseudonym and case number", "核对假名与案件编号"
        )  # fmt: skip
    now, row = int(time.time()), rows[-1]
    with transaction.atomic():
        opening = Opening.objects.create(
            item=_hex(row), operator=ask.seen.network.operators.code_of_id.get(row.operator, ""), case=case, purpose=purpose, by=ask.scope.name, asked=now,
            until=now + 3600 * ask.seen.settings.vault_hours,
        )  # fmt: skip
        _told(ask, "vault.ask", opening, purpose)
    return Done("vault.one", {"pk": opening.pk})


def _hex(row: SealedRow) -> str:
    return f"{row.key_first:016x}{row.key_second:016x}"


def _told(ask: Ask, what: str, opening: Opening, reason: str = "", **more: Any) -> None:
    said = {"item": opening.item, "case": opening.case, "approved": opening.approved, **more}
    recorded(ask, what, "vault", str(opening.pk), None, said, reason)


def _stepped(ask: Ask, what: str, step: Any) -> Opening:
    """Take a step in one transaction with its entry. Raises NotAllowed where ``supervision`` says no."""
    with transaction.atomic():
        opening = _found(ask, lock=True)
        stepped: Request = step(opening.request)
        opening.take(stepped)
        opening.save()
        _told(ask, what, opening, ask.form.get("reason", ""))
    return opening


@deed("vault.approve", OFFICE, "vault/<int:pk>/approve")
def approved(ask: Ask) -> Done:
    """Approve another's request."""
    opening = _stepped(ask, "vault.approve", lambda r: r.approve(ask.scope.name, ask.scope.approves, int(time.time())))
    return Done("vault.one", {"pk": opening.pk})


@deed("vault.refuse", OFFICE, "vault/<int:pk>/refuse")
def refused(ask: Ask) -> Done:
    """Refuse another's request, which ends it."""
    opening = _stepped(ask, "vault.refuse", lambda r: r.refuse(ask.scope.name, ask.scope.approves, int(time.time())))
    return Done("vault.one", {"pk": opening.pk})


@deed("vault.withdraw", STAFF, "vault/<int:pk>/withdraw")
def withdrawn(ask: Ask) -> Done:
    """Take the own request back."""
    opening = _stepped(ask, "vault.withdraw", lambda r: r.withdraw(ask.scope.name, int(time.time())))
    return Done("vault.one", {"pk": opening.pk})


@deed("vault.open", STAFF, "vault/<int:pk>/open")
def opened(ask: Ask) -> Page:
    """Open the number and show it, this once. What is done is in the audit before the number is out: that it is opened, and what came of it."""
    s, opening = ask.seen.settings, _found(ask)
    rows = sealed.found(s.vault, int(opening.item[:16], 16), opening.case)
    mine = [r for r in rows if _hex(r) == opening.item]
    if not mine:
        raise _refused("the sealed number is no longer there", "封存的单号已不在", "restore the vault from a backup", "从备份恢复封存文件")  # fmt: skip
    key = _key_of(s)
    opening = _stepped(ask, "vault.open", lambda r: r.open(ask.scope.name, int(time.time())))

    def audited(record: dict[str, object]) -> None:
        with transaction.atomic(durable=True):
            _told(ask, "vault.unseal", opening, opening.purpose, outcome=record["outcome"])

    grant = Grant(opening.purpose, opening.case, (opening.approved[0], opening.approved[1]), audited)
    return _page(ask, opening, unseal(mine[-1], grant, key))
