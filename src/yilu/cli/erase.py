"""``yilu erase`` and ``yilu erased``: erase one item, and the account of what was erased."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
import typer

from yilu.cli.facts import facts
from yilu.cli.item import key_of, no_such_item
from yilu.cli.output import Json, print_json, print_table, say
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.errors import YiluError
from yilu.items import erasing
from yilu.items.manifest import Erasure
from yilu.items.names import Names
from yilu.run.facts import Facts

_LONG_NUMBER = re.compile(r"(?:[0-9][ -]?){9}")
_MOST_TEXT = 200


def erase(
    who: Annotated[str, typer.Option(help="经办账号或部门 · Who asks for it: an account or an office.")],
    when: Annotated[str, typer.Option(help="决定时间(本地) · When that was decided, local time.")],
    purpose: Annotated[str, typer.Option(help="事由,不得含单号或个人信息 · Why; no number and no person in it.")],
    waybill: Annotated[str, typer.Option(help="运单号,须同时给出企业 · Waybill number; with --operator.")] = "",
    operator: Annotated[str, typer.Option(help="企业代码 · Operator's code.")] = "",
    key: Annotated[str, typer.Option(help="16 位十六进制假名 · The pseudonym instead, 16 hex digits.")] = "",
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """删除一件寄件:立即隐藏,下次整理时从文件中清除 · Erase one item: hidden at once, out of the files at the next compaction."""
    opened = facts(store, province)
    zh = opened.settings.language == "zh"
    _one_of(waybill, operator, key)
    for name, text in (("who", who), ("purpose", purpose)):
        _harmless(name, text, waybill)
    decided = _moment(when, opened.network.time_zone)
    number = key_of(opened, key or waybill, "" if key else operator)
    opened.read()  # where there is no store, none is made
    with opened.write() as writer:
        entry = entry_of(opened, number, who.strip(), decided, purpose.strip())
        erasing.put_on_list(writer, entry)
        listed = writer.at.erased[-1]
    if as_json:
        print_json({"listed": listed.listed, "keys": len(listed.keys), "until": listed.until})
        return
    say(
        f"已列入删除名单(提交 {listed.listed}),查询中不再可见。" if zh else f"On the list as of commit {listed.listed}; no query shows it any more.",
        "下一步:yilu retain 从日志、状态与已封存寄件中清除;汇总数不变。" if zh else "Next: yilu retain takes it out of log, states and closed items; sums stay.",
    )  # fmt: skip


def entry_of(opened: Facts, key: int, who: str, when: str, purpose: str) -> Erasure:
    """The erasure of the item ``key``, pieces numbered under it included. Raises YiluError where the store knows no such item."""
    snapshot = opened.read()
    rows = snapshot.rows(snapshot.bucket_of(key))
    keys = erasing.with_pieces(key, rows["key"])
    mine = rows[np.isin(rows["key"], np.array(keys, np.uint64))]
    if not len(mine):
        raise no_such_item()
    told = snapshot.events(np.sort(np.array(keys, np.uint64)))
    until = erasing.until(mine, told.at, 86_400 * opened.settings.reuse_days)
    return Erasure(keys, until, who, when, purpose, int(time.time()), 0)


def _one_of(waybill: str, operator: str, key: str) -> None:
    if bool(waybill) == bool(key) or bool(waybill) != bool(operator):
        raise YiluError(
            "either --waybill with --operator, or --key is expected",
            zh="应给出 --waybill 与 --operator,或只给出 --key",
            next_step="Give one item: --waybill NUMBER --operator CODE, or --key of 16 hex digits.",
            next_step_zh="指明一件:--waybill 单号 --operator 企业代码,或 --key 假名",
        )


def _harmless(name: str, text: str, waybill: str) -> None:
    """Refuse an account that holds what is to be erased: it stays for good."""
    told = bool(waybill) and waybill.upper() in text.upper()
    if not text.strip() or len(text) > _MOST_TEXT or told or _LONG_NUMBER.search(text):
        raise YiluError(
            f"--{name}: a text of at most {_MOST_TEXT} characters without waybill, telephone or identity numbers is expected",
            zh=f"--{name}:应为不超过 {_MOST_TEXT} 字的说明,不得含运单号、电话或证件号",
            next_step="Name an office and a case instead.",
            next_step_zh="写部门与案件,不写人和单号",
        )


def _moment(text: str, time_zone: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise YiluError(
            "--when: a time such as 2025-11-11T20:00 is expected",
            zh="--when:应为时间,如 2025-11-11T20:00",
            next_step="Give the time of the decision.",
            next_step_zh="填写作出决定的时间",
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(time_zone))).isoformat()


def erased(store: StoreOption = None, province: ProvinceOption = None, as_json: Json = False) -> None:
    """删除名单:何人、何时、事由,不含单号 · What was erased: who, when and why, no number."""
    opened = facts(store, province)
    zh = opened.settings.language == "zh"
    names = Names(opened.network, zh)
    found = opened.read().at.erased
    if as_json:
        shown = ("who", "when", "purpose", "listed_at", "listed", "applied")
        print_json([{name: getattr(e, name) for name in shown} for e in found])
        return
    columns = (
        ("列入时间", "经办", "决定时间", "事由", "列入提交", "清除提交")
        if zh
        else ("listed at", "who", "decided", "purpose", "listed in commit", "taken out in commit")
    )
    rows = [
        (names.time(e.listed_at), e.who, names.time(datetime.fromisoformat(e.when)), e.purpose, e.listed, e.applied or None)
        for e in found
    ]  # fmt: skip
    print_table("删除名单" if zh else "Erased items", columns, rows)
    if any(not e.applied for e in found):
        say("下一步:yilu retain 清除尚未清除的寄件" if zh else "Next: yilu retain takes out what is not taken out yet")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(erase)
    app.command()(erased)
