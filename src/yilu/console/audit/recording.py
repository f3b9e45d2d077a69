"""Adding to the audit record: in the transaction of what is done, so that neither is there without the other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.forms.models import model_to_dict

from yilu.console.access.headers import request_id
from yilu.console.audit.models import Entry
from yilu.console.audit.tree import leaf_hash
from yilu.console.pages.page import Ask
from yilu.console.pages.writing import plain

_LOCK = 0x79696C75
_TEXTS = {"user": 64, "address": 45, "request": 32, "what": 64, "kind": 64, "subject": 128, "reason": 500}
"""Longest texts of an entry."""
SECRET = frozenset({"password", "secret", "digest"})
"""Fields of records that are shown nowhere."""


def count() -> int:
    """How many entries there are: they are numbered without gaps."""
    last = Entry.objects.order_by("-number").values_list("number", flat=True).first()
    return 0 if last is None else last + 1


def has_recorded(ask: Ask, what: str, kind: str, subject: str, since: datetime) -> bool:
    """Whether who asks has an entry of their own of this kind since then."""
    own = Entry.objects.filter(kind=kind, what=what, subject=subject, user=ask.scope.name, at__gte=since)
    return bool(own.exists())


def fields_of(record: Model) -> dict[str, Any]:
    """A record's fields as the audit keeps them, without its secrets."""
    return {k: plain(v) for k, v in model_to_dict(record).items() if k not in SECRET}


def recorded(
    ask: Ask,
    what: str,
    kind: str,
    subject: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Entry:
    """Add an entry of what a page's user does. Must be called within a transaction, that of the change."""
    return added(ask.scope.name, ask.address, what, kind, subject, before, after, reason)


def added(
    user: str,
    address: str,
    what: str,
    kind: str,
    subject: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Entry:
    """Add an entry. Must be called within a transaction, that of the change; entries get their numbers one after the other."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is added in the transaction of what it tells of")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    texts = {"user": user, "address": address, "request": request_id.get(), "what": what, "kind": kind, "subject": subject, "reason": reason}  # fmt: skip
    entry = Entry(
        number=count(), at=datetime.now(UTC), before=exact(plain(before)), after=exact(plain(after)),
        **{name: _text(text)[: _TEXTS[name]] for name, text in texts.items()},
    )  # fmt: skip
    entry.leaf = leaf_of(entry)
    entry.save()
    return entry


def exact(value: Any) -> Any:
    """A value as every database gives it back, to the sign: figures that are not whole become text, and signs that no database takes are replaced."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {_text(str(k)): exact(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [exact(v) for v in value]
    return _text(str(value))


def _text(text: str) -> str:
    """A text without the sign NUL and halves of signs, which PostgreSQL refuses."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")


def told(entry: Entry) -> str:
    """An entry as it is hashed: JSON with sorted keys, UTF-8, without blanks."""
    said = {
        "number": entry.number, "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"), "user": entry.user, "address": entry.address,
        "request": entry.request, "what": entry.what, "kind": entry.kind, "subject": entry.subject, "before": entry.before, "after": entry.after,
        "reason": entry.reason,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def leaf_of(entry: Entry) -> str:
    """The leaf hash of an entry (RFC 6962, 2.1) in hex."""
    return leaf_hash(told(entry).encode()).hex()
