"""Who fails to log in must wait, longer each time: by account, so that one account can't be guessed from many places, and by address, so that many can't be from one.

An attempt is counted as failed before its password is looked at, in one transaction, so that many at the same time don't slip through; a login takes it back. Accounts that
don't exist are counted alike, so the waiting tells nothing of them. (django-axes does as much and more with 3,000 lines, a middleware and tables of what was typed.)
"""

from __future__ import annotations

import ipaddress
import time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from yilu.console.accounts.models import Attempt
from yilu.settings import Settings

_OF_ADDRESS = 10
"""An address may fail so many times as often as an account: an office comes from one address. (A)"""
_FORGOTTEN_S = 86_400


def wait_s(failures: int, free: int, most_s: int) -> int:
    """Seconds to wait after so many failures in a row: none up to ``free``, then 5, 10, 20 … up to ``most_s``. (A)"""
    return 0 if failures < free else min(most_s, 5 * 2 ** min(failures - free, 30))


def _keys(name: str, address: str, free: int) -> dict[str, int]:
    """Keys of the account and of the address, each with how many failures are free. IPv6 addresses count by their /64: one host has all of it."""
    try:
        of = ipaddress.ip_address(address)
        place = str(ipaddress.ip_network((of, 64), strict=False)) if of.version == 6 else str(of)
    except ValueError:
        place = address
    hashed = [salted_hmac("yilu.console.throttle", text, algorithm="sha256").hexdigest() for text in (f"account {name}", f"address {place}")]  # fmt: skip
    return {hashed[0]: free, hashed[1]: _OF_ADDRESS * free}


def counted(name: str, address: str, settings: Settings, now: int | None = None) -> int:
    """Count an attempt to log in; 0 where it may go on, else the seconds to wait first, and nothing is counted."""
    at = int(time.time()) if now is None else now
    keys = _keys(name, address, settings.login_failures)
    with transaction.atomic():
        Attempt.objects.filter(last__lt=at - _FORGOTTEN_S).delete()
        for key in sorted(keys):
            Attempt.objects.get_or_create(key=key, defaults={"last": at})
        rows = list(Attempt.objects.select_for_update().filter(key__in=keys).order_by("key"))
        waiting = max(row.until - at for row in rows)
        if waiting > 0:
            return waiting
        for row in rows:
            row.failures, row.last = row.failures + 1, at
            row.until = at + wait_s(row.failures, keys[row.key], 60 * settings.login_wait_minutes)
            row.save()
    return 0


def refuse(name: str, address: str, settings: Settings) -> None:
    """Count an attempt. Raises ValidationError, which says how long, where one must wait first."""
    if wait := counted(name, address, settings):
        raise ValidationError(_("失败次数过多,请在 %(seconds)d 秒后再试。"), params={"seconds": wait})


def forgiven(name: str, address: str) -> None:
    """Somebody did log in: the account begins anew, and the address has one failure less."""
    account, place = _keys(name, address, 0)
    with transaction.atomic():
        Attempt.objects.filter(key=account).delete()
        for row in Attempt.objects.select_for_update().filter(key=place):
            row.failures, row.until = max(0, row.failures - 1), 0
            row.save()
