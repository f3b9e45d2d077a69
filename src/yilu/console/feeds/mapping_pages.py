"""An operator's own mapping: which of its status codes mean which kind of event. Versioned, checked, published to the feed's folder of the spool."""

from __future__ import annotations

import os
import tomllib
from importlib.resources import files
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from yilu.console.audit.recording import recorded
from yilu.console.feeds import figures
from yilu.console.feeds.models import CodeMapping
from yilu.console.feeds.pages import KEEPERS, READERS, Operator, operator_in
from yilu.console.feeds.taking import receiving
from yilu.console.pages.page import Ask, Column, Page, Table
from yilu.console.pages.showing import Done, deed, screen
from yilu.console.records.resource import REASON_MOST
from yilu.errors import InputError, YiluError
from yilu.items import kinds
from yilu.items.disk import sync_folder
from yilu.items.intake.mapping import Mapping, parse
from yilu.run.receiving import mapping_file

MOST_BYTES = 65_536
_MOST_CODES = 500


def standing(ask: Ask, operator: Operator) -> str:
    """The text of the mapping by which an operator's rows are read now."""
    newest = ask.seen.records(CodeMapping).filter(operator=operator.code, feed=operator.code).first()
    if newest is not None:
        return str(newest.text)
    file = mapping_file(receiving().spool, operator.code)
    if file.is_file():
        return file.read_text(encoding="utf-8")
    return (files("yilu.items.intake") / "mappings" / "yilu.toml").read_text(encoding="utf-8")


def checked(text: str, operator: str) -> Mapping:
    """The mapping of a text that an operator wrote. Raises MappingError; InputError for what operators may not write: a SELECT reads files of its own choice."""
    if len(text.encode()) > MOST_BYTES:
        raise InputError("mapping", f"at most {MOST_BYTES} bytes", next_step="shorten it", expected_zh=f"不超过 {MOST_BYTES} 字节", next_step_zh="缩短映射")  # fmt: skip
    found = parse(text, f"{operator}.toml")
    if found.sql:
        raise InputError("mapping", "no sql: it is for files that the administration reads", column="sql", next_step="leave sql out", expected_zh="空缺:sql 只用于主管部门读取的文件", next_step_zh="去掉 sql")  # fmt: skip
    receiving().door_by(found, operator)
    return found


def with_codes(text: str, codes: dict[str, str]) -> str:
    """The mapping with ``[values.kind]`` as ``codes`` (source code: kind) says, all else as it was."""
    kept, inside = [], False
    for line in text.splitlines():
        if line.strip().startswith("["):
            inside = line.strip() == "[values.kind]"
        if not inside:
            kept.append(line)
    told = "\n".join(f"{_quoted(c)} = {_quoted(k)}" for c, k in sorted(codes.items()))
    return "\n".join(kept).rstrip() + ("\n\n[values.kind]\n" + told if told else "") + "\n"


def _quoted(text: str) -> str:
    """A TOML string (basic strings: toml.io, v1.0.0)."""
    out = []
    for sign in text:
        if sign in '"\\':
            out.append("\\" + sign)
        elif ord(sign) < 0x20 or ord(sign) == 0x7F:
            out.append(f"\\u{ord(sign):04x}")
        else:
            out.append(sign)
    return '"' + "".join(out) + '"'


@screen("feeds.mapping", READERS, "feeds/<str:operator>/mapping")
def mapping(ask: Ask) -> Page:
    """The mapping of an operator's codes, with the codes that nobody mapped yet, and the versions so far."""
    return shown(ask)


def shown(ask: Ask, text: str = "", wrong: Any = "", step: Any = "", codes: dict[str, str] | None = None) -> Page:
    """The page, with what was written and what is wrong with it."""
    operator = operator_in(ask)
    now = text or standing(ask, operator)
    try:
        told = tomllib.loads(now).get("values", {}).get("kind", {}) if codes is None else codes
    except tomllib.TOMLDecodeError:
        told = {}
    open_codes = {
        c: n for c, n in figures.unmapped(ask.seen, operator.code).items() if not c.startswith("(")
    }  # not those whose text may not be shown
    rows = [{"code": c, "kind": k, "events": open_codes.get(c)} for c, k in told.items()]
    rows += [{"code": c, "kind": "", "events": n} for c, n in list(open_codes.items())[:_MOST_CODES] if c not in told]
    versions = Table(
        "versions", _("版本"),
        (Column("version", _("版本号"), "count"), Column("made_at", _("提交时间"), "time"), Column("made_by", _("提交人")), Column("reason", _("理由")), Column("digest", _("散列"))),
        list(ask.seen.records(CodeMapping).filter(operator=operator.code, feed=operator.code).values("version", "made_at", "made_by", "reason", "digest")[:50]),
        _("没有自己的映射:按内置映射读取。"),
    )  # fmt: skip
    more = {
        "operator": operator.code, "name": operator.name, "may": ask.scope.role.id in KEEPERS, "codes": rows, "text": now, "wrong": wrong, "step": step,
        "_kinds": [(k.code, (k.zh, k.code)) for k in kinds.KINDS],
    }  # fmt: skip
    return Page("feeds/mapping", _("代码映射"), (versions,), more=more, status=422 if wrong else 200)


@deed("feeds.mapping.publish", KEEPERS, "feeds/<str:operator>/mapping/publish")
def publish(ask: Ask) -> Done | Page:
    """Check what was written, keep it as a version, and publish it; the next batch and the next file are read by it."""
    operator = operator_in(ask)
    reason = ask.form.get("reason", "").strip()[:REASON_MOST]
    codes = None
    text = ask.form.get("text", "").replace("\r\n", "\n")
    if ask.form.get("part") == "codes":
        codes = _codes_in(ask.form)
        text = with_codes(standing(ask, operator), codes)
    if not reason:
        return shown(ask, text, _("请写明理由。"), "", codes)
    try:
        found = checked(text, operator.code)
    except YiluError as error:
        return shown(ask, text, (error.zh if ask.zh else "") or error.message, (error.next_step_zh if ask.zh else "") or error.next_step, codes)  # fmt: skip
    with transaction.atomic():
        mine = ask.seen.records(CodeMapping).filter(operator=operator.code, feed=operator.code)
        before = mine.first()
        version = 1 + (mine.aggregate(last=Max("version"))["last"] or 0)
        made = CodeMapping(operator=operator.code, feed=operator.code, version=version, text=text, digest=found.digest, made_by=ask.scope.name, reason=reason)  # fmt: skip
        made.save(force_insert=True)
        was = {"version": before.version, "digest": before.digest} if before else None
        recorded(ask, "feeds.mapping", "mappings", f"{operator.code} v{version}", was, {"version": version, "digest": found.digest}, reason)  # fmt: skip
        published(operator.code, text)
    return Done("feeds.mapping", {"operator": operator.code})


def published(feed: str, text: str) -> None:
    """Put a mapping into the feed's folder of the spool: whole or not at all."""
    file = mapping_file(receiving().spool, feed)
    file.parent.mkdir(parents=True, exist_ok=True)
    hidden = file.with_name(".mapping.toml")
    with hidden.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    hidden.replace(file)
    sync_folder(file.parent)


def _codes_in(form: Any) -> dict[str, str]:
    """Codes and kinds of the form: fields ``code-N`` and ``kind-N``; a code without a kind is left out."""
    found = {}
    for name, code in form.items():
        if name.startswith("code-") and code.strip():
            kind = form.get(f"kind-{name.removeprefix('code-')}", "")
            if kind:
                found[code.strip()] = kind
    return found
