"""Keys of machines: made and shown once, kept as a hash, revoked at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.http import HttpRequest

from yilu.console.access.roles import CARRIER, ROLES
from yilu.console.access.scope import Scope
from yilu.console.audit.recording import fields_of, recorded
from yilu.console.facts import newest
from yilu.console.feeds.models import MachineKey
from yilu.console.pages.page import Ask

_PREFIX = "yk_"
_SHOWN = 11
_USED_EVERY = timedelta(minutes=1)


def made(ask: Ask, operator: str, feed: str, name: str, reason: str) -> tuple[MachineKey, str]:
    """A new key, and the text of it that nobody sees again."""
    text = _PREFIX + secrets.token_urlsafe(32)
    key = MachineKey(operator=operator, feed=feed, name=name, prefix=text[:_SHOWN], digest=digest_of(text), made_by=ask.scope.name)  # fmt: skip
    with transaction.atomic():
        key.save(force_insert=True)
        recorded(ask, "keys.make", "keys", str(key.pk), None, fields_of(key), reason)
    return key, text


def revoked(ask: Ask, key: MachineKey, reason: str) -> None:
    """Revoke a key; it opens nothing from now on."""
    before = fields_of(key)
    with transaction.atomic():
        key.revoked_at = datetime.now(UTC)
        key.save(update_fields=["revoked_at"])
        recorded(ask, "keys.revoke", "keys", str(key.pk), before, fields_of(key), reason)


def digest_of(text: str) -> str:
    """What a key is known by. It is 256 random bits, so that a plain hash can't be tried out."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_in(request: HttpRequest) -> MachineKey | None:
    """The key that a request bears, None where it bears none that opens anything."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.startswith(_PREFIX):
        return None
    key: MachineKey | None = MachineKey.objects.filter(digest=digest_of(text), revoked_at=None).first()
    if key is None:
        return None
    now = datetime.now(UTC)
    if key.last_used is None or now - key.last_used > _USED_EVERY:
        MachineKey.objects.filter(pk=key.pk).update(last_used=now)
    return key


def scope_of_key(key: MachineKey) -> Scope:
    """What a machine sees: what a user of its operator sees."""
    return Scope(0, f"key:{key.prefix}", ROLES[CARRIER], (), key.operator, frozenset(), newest().facts.network)
