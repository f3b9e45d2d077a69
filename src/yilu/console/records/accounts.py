"""Accounts as records."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yilu.console.access.roles import ADMINISTRATOR, AUDITOR, RIGHTS
from yilu.console.accounts.forms import UserForm
from yilu.console.accounts.models import User
from yilu.console.accounts.passwords import renew, shown_once
from yilu.console.audit.recording import recorded
from yilu.console.naming import named
from yilu.console.pages.naming import Pair, listed
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import deed
from yilu.console.records.resource import REASON_MOST, Resource, found, resource
from yilu.console.system.pages import tabs

_WRITE = frozenset({ADMINISTRATOR})


def prepared(user: User, ask: Ask) -> None:
    """A new account gets a fresh password; nobody takes the own role or account away, so that one administrator is always left."""
    if user.pk is None:
        user.once = renew(user)
    elif user.pk == ask.scope.user and (user.role != ask.scope.role.id or not user.is_active):
        raise forms.ValidationError(_("不能停用自己的账号或改变自己的角色:请另一位管理员操作。"))


def _first(user: User, ask: Ask) -> Page:
    return shown_once(user, user.once)


def _more(user: User, ask: Ask) -> dict[str, Any]:
    if ask.scope.role.id not in _WRITE:
        return {}
    return {"_renew": reverse("users.renew", kwargs={"pk": user.pk})}


def _areas(codes: list[str]) -> Pair | Promise:
    return listed(named().of_area(code) for code in codes) if codes else _("全省")


def _rights(held: list[str]) -> str:
    return ", ".join(str(RIGHTS.get(right, right)) for right in held)


USERS = resource(
    Resource(
        "users", User, _("账号管理"), ("username", "role", "areas", "operator", "rights", "is_active"), read=frozenset({ADMINISTRATOR, AUDITOR}), write=_WRITE,
        form=("username", "role", "areas", "operator", "rights", "is_active"), search=("username",), prepare=prepared, more=_more, template="accounts/user",
        form_type=UserForm, saved=_first, names={"areas": _areas, "operator": lambda code: named().of_operator(code), "rights": _rights}, tabs=tabs,
    )
)  # fmt: skip


@deed("users.renew", _WRITE, "records/users/<int:pk>/renew")
def renewed(ask: Ask) -> Page:
    """Give an account a fresh password, shown this once; all its sessions end."""
    user = found(USERS, ask)
    with transaction.atomic():
        password = renew(user)
        user.save()
        recorded(ask, "users.renew", "users", str(user.pk), reason=ask.form.get("reason", "")[:REASON_MOST])
    return shown_once(user, password)
