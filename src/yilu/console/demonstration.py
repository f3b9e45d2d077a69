"""Accounts to try the console with: one a role, and one of a city; each start of a demonstration finds them again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from yilu.console.access.roles import APPROVER, CARRIER, DUTY, ROLES, SUPERVISOR
from yilu.console.accounts.models import User
from yilu.network import Network

_PASSWORD_BYTES = 10


@dataclass(frozen=True)
class Account:
    """An account that was made, or was there: ``password`` is "" for the latter, since nobody keeps it."""

    name: str
    role: str
    area: str
    operator: str
    password: str


def accounts(network: Network, afresh: bool = False) -> list[Account]:
    """Make the accounts that are not there yet; ``afresh``: and give the others new passwords."""
    made = []
    for name, role, area, operator, rights in _wanted(network):
        user = User.objects.filter(username=name).first()
        password = "" if user is not None and not afresh else secrets.token_urlsafe(_PASSWORD_BYTES)
        if user is None:
            more = {"areas": [area] if area else [], "operator": operator, "rights": rights}
            User.objects.make(name, password, role, **more)
        elif afresh:
            user.set_password(password)
            user.save()
        made.append(Account(name, role, area, operator, password))
    return made


def _wanted(network: Network) -> Iterator[tuple[str, str, str, str, list[str]]]:
    """(name, role, area, operator, rights) of each. Two may approve, since opening the vault takes two."""
    areas = network.areas
    city = next(str(code) for code, level in zip(areas.code, areas.level, strict=True) if level == "city")
    for role in ROLES:
        operator = str(network.operators.code[0]) if role == CARRIER else ""
        yield role, role, "", operator, [APPROVER] if role in (DUTY, SUPERVISOR) else []
        if role == DUTY:
            yield f"{role}-city", role, city, "", []
