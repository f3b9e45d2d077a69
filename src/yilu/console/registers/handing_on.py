"""Handing records on to the writer of facts, once what made them is committed; and whether the facts know of them yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from yilu.console.audit.recording import fields_of, recorded
from yilu.console.facts import newest
from yilu.console.pages.page import Ask
from yilu.console.pages.typed import TypedError
from yilu.console.registers.models import Line, Published, Silence
from yilu.console.registers.standing import Version
from yilu.errors import InputError, YiluError
from yilu.items.feeds import KINDS
from yilu.run.registers import checked, publish

WAITING, TAKEN_UP, NOT_HANDED = "waiting", "taken_up", "not_handed"
TOLD: dict[str, tuple[str, str]] = {
    WAITING: ("已发布,待写入", "published, waits for the writer"),
    TAKEN_UP: ("已生效", "taken up"),
    NOT_HANDED: ("未能发布", "not published"),
}
"""Whether the facts know of a record's last version."""
_REASON_MOST = 500


def hand_on(records: Iterable[Published]) -> None:
    """Publish records once the transaction that made them is committed. A record that can't be published then says why, and is handed on again by hand.

    Raises TypedError, so that nothing is kept, for what the register would never take.
    """
    held = list(records)
    for record in held:
        _fits(record)
    transaction.on_commit(lambda: _publish(held))


def change(ask: Ask, record: Silence | Line, what: str, reason: str, **fields: Any) -> None:
    """Change fields of a record, with the audit's entry ``what``, and hand it on; within a transaction."""
    before = fields_of(record)
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()
    recorded(ask, what, record.kind, record.number, before, fields_of(record), reason)
    hand_on([record])


def _fits(record: Published) -> None:
    try:
        checked(newest().facts, record.kind, [record.row()])
    except InputError as error:
        column = next((a for a in KINDS[record.kind].attributes if a.name == error.column), None)
        field = (column.description_zh, column.description_en) if column else (str(error.column), str(error.column))
        raise TypedError(
            field, ("登记册接受的写法:汉字、字母、数字和 - / ( ),含数字,不含空格与个人信息", error.expected)
        ) from None


def _publish(records: list[Published]) -> None:
    for kind in dict.fromkeys(r.kind for r in records):
        mine = [r for r in records if r.kind == kind]
        try:
            handed, refused = publish(newest().facts, kind, [r.row() for r in mine]), ""
        except YiluError as error:
            handed, refused = "", f"{error.zh or error.message} → {error.next_step_zh or error.next_step}"
        for record in mine:
            record.handed, record.refused = handed, refused[:_REASON_MOST]
            record.save(update_fields=["handed", "refused"])
    newest().forget("snapshot", "registers")


def told(record: Published, standing: dict[tuple[object, ...], Version]) -> tuple[str, int]:
    """(how far a record's last version is, the commit that holds it, 0 none yet)."""
    version = standing.get(record.identity())
    if version is not None and _same(record, version):
        return TAKEN_UP, version.commit
    return (WAITING if record.handed else NOT_HANDED), 0


def _same(record: Published, version: Version) -> bool:
    return all(_plain(version.row.get(name)) == _plain(value) for name, value in record.row().items())


def _plain(value: object) -> str:
    """A value of a record or a register in one form: instants as Unix seconds."""
    text = "" if value in (None, 0) else str(value)
    if "T" in text and len(text) > 18:
        return str(int(datetime.fromisoformat(text).astimezone(UTC).timestamp()))
    return "" if text == "0" else text
