"""Uploading a file: first the report on it, row by row, then handing it over. Between the two only its pseudonymised chunk is kept, for an hour."""

from __future__ import annotations

import time
from typing import Any

from django.core import signing
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import CARRIER
from yilu.console.audit.recording import recorded
from yilu.console.feeds.pages import READERS, operator_in
from yilu.console.feeds.taking import Batch, number, receipt_of, receiving
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.errors import YiluError
from yilu.items import kinds
from yilu.items.intake import reasons
from yilu.items.intake.chunk_file import read
from yilu.items.intake.dry_run import Report, report_of
from yilu.run.receiving import CHECKED, KEPT_CHECKED_S, SUFFIX, Sender

SUFFIXES: dict[str, str] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".txt": "csv", ".arrow": "arrow", ".arrows": "arrow"}  # fmt: skip
"""Endings of files that can be uploaded."""
_PROBLEMS = 100
_SALT = "feeds.checked"
_UPLOADERS = frozenset({CARRIER})


@screen("feeds.upload", READERS, "feeds/<str:operator>/upload")
def upload(ask: Ask) -> Page:
    """The form of uploading."""
    return form(ask)


def form(ask: Ask, wrong: Any = "", step: Any = "") -> Page:
    """The form, with what was wrong with the file."""
    operator, s = operator_in(ask), receiving().facts.settings
    more = {
        "operator": operator.code, "name": operator.name, "wrong": wrong, "step": step, "most_mb": s.intake_kb >> 10, "most_rows": s.intake_rows, "endings": ", ".join(SUFFIXES),
        "may": ask.scope.role.id in _UPLOADERS,
    }  # fmt: skip
    return Page("feeds/upload", _("上传文件"), more=more, status=422 if wrong else 200)


@deed("feeds.check", _UPLOADERS, "feeds/<str:operator>/upload/check")
def check(ask: Ask) -> Page:
    """Judge a file: what would become of it, row by row. Its pseudonymised chunk waits for an hour."""
    operator = operator_in(ask)
    file = ask.files.get("file")
    if file is None:
        return form(ask, _("没有收到文件,或文件过大。"), _("选择一个文件;大文件请分开,或放入投递文件夹。"))
    ending = next((e for e in SUFFIXES if file.name.lower().endswith(e)), "")
    if not ending:
        return form(ask, _("不认识这种文件。"), _("文件名的结尾应为 .jsonl、.csv 或 .arrow。"))
    batch = Batch(file.read(), SUFFIXES[ending], Sender(operator.code, operator.code), None, ask.scope.name)
    name = number()
    try:
        chunk = receiving().judge(batch.body, batch.form, batch.sender, name)
    except YiluError as error:
        zh, given = ask.zh, f"{operator.code}/{name}"
        # Who sent a file knows it by its own name, not by the receipt's number.
        said = ((error.zh if zh else "") or error.message).replace(given, file.name)
        return form(ask, said, (error.next_step_zh if zh else "") or error.next_step)
    receiving().keep_checked(chunk, batch.sender, name)
    report = report_of([chunk], int(time.time()))
    more = {
        "operator": operator.code, "name": operator.name, "_checked": signing.dumps([name, receiving().digest_of(batch.body), len(batch.body)], salt=_SALT), "rows": report.rows,
        "used": report.used, "quarantined": report.quarantined, "events": report.events, "first_at": report.first_at, "last_at": report.last_at,
        "in_order": report.in_order, "repeats": report.repeats,
    }  # fmt: skip
    return Page("feeds/checked", _("试读报告"), tables_of(report), more=more)


def tables_of(report: Report) -> tuple[Table, ...]:
    """A report as tables: problems by row, reasons, kinds, codes that nobody mapped."""
    problems = []
    for p in report.problems.slice(0, _PROBLEMS).to_pylist():
        reason = reasons.BY_CODE[p["reason"]]
        texts = {name: p[name] for name in ("row", "column", "kind", "time", "place", "weight")}
        problems.append({**texts, "reason": (reason.zh, reason.en), "step": (reason.next_step_zh, reason.next_step)})
    names = {k.code: (k.zh, k.code) for k in kinds.KINDS}
    told = [{"kind": names.get(c, (c, c)), "events": n} for c, n in report.by_kind.items()]
    codes = [{"code": c, "events": n} for c, n in report.unmapped.items()]
    unknown = [_unknown(c, t, n) for c, texts in report.unknown.items() for t, n in texts.items()]
    return (
        Table("problems", _("有问题的行"), (Column("row", _("行号"), "count"), Column("reason", _("原因")), Column("column", _("出错的列")), Column("kind", _("操作环节")), Column("time", _("时间文本")), Column("place", _("地点")), Column("weight", _("重量")), Column("step", _("怎么办"))), problems, _("没有有问题的行。"), max(0, report.quarantined - len(problems))),
        Table("kinds", _("事件按环节"), (Column("kind", _("操作环节")), Column("events", _("扫描事件"), "count")), told, _("没有可用的事件。")),
        Table("unmapped", _("未映射的代码"), (Column("code", _("原始代码")), Column("events", _("扫描事件"), "count")), codes, _("没有未映射的代码。")),
        Table("unknown", _("不认识的编码"), (Column("column", _("列")), Column("text", _("文本")), Column("events", _("扫描事件"), "count"), Column("step", _("怎么办"))), unknown[:_PROBLEMS], _("没有不认识的编码。"), max(0, len(unknown) - _PROBLEMS)),
    )  # fmt: skip


def _unknown(column: str, text: str, events: int) -> dict[str, Any]:
    """A text that means nothing in the network, under the mapping's key of its column, and which part of the mapping would tell it."""
    key = "facility" if column == "place" else column
    step = (
        _("在映射的 [values.%(key)s] 中写明其含义;网络中缺少的,请管理员在省份文件夹中登记。")
        if text
        else _("请填写该列;如在别的列,在映射的 [columns] 中写明 %(key)s 取自哪一列。")
    )
    return {"column": key, "text": text or _("(空)"), "events": events, "step": step % {"key": key}}


@deed("feeds.confirm", _UPLOADERS, "feeds/<str:operator>/upload/confirm")
def confirm(ask: Ask) -> Done | Page:
    """Hand a file that was judged over to the writer, with its receipt."""
    operator = operator_in(ask)
    try:
        name, content, size = signing.loads(ask.form.get("checked", ""), salt=_SALT, max_age=KEPT_CHECKED_S)
        kept = read((receiving().spool / CHECKED / (name + SUFFIX)).read_bytes(), name)
    except (signing.BadSignature, FileNotFoundError):
        return form(ask, _("这份试读已过期。"), _("请重新上传。"))
    if not kept.chunk.source_name.startswith(f"{operator.code}/"):
        raise Http404
    batch = Batch(b"", "", Sender(operator.code, kept.feed), None, ask.scope.name)
    with transaction.atomic():
        receipt = receipt_of(kept.chunk, batch, name)
        receipt.content, receipt.size = content, size
        receipt.save(force_insert=True)
        recorded(ask, "feeds.upload", "receipts", name, None, {"operator": operator.code, "rows": receipt.rows, "content": content})  # fmt: skip
        if not receiving().release(name):
            transaction.set_rollback(True)
            return form(ask, _("这份试读已过期。"), _("请重新上传。"))
    return Done("feeds.receipt", {"number": name})
