"""Passwords: one that is made up for a new account and shown once, and the page on which a user changes the own one."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from yilu.console.access.gate import Access, opens
from yilu.console.access.roles import ROLES
from yilu.console.accounts import throttle
from yilu.console.accounts.models import User
from yilu.console.audit.recording import added
from yilu.console.facts import newest
from yilu.console.pages.page import Page

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that aren't taken for each other."""
ANYBODY = Access(frozenset(ROLES), early=True)


def fresh() -> str:
    """A password that nobody had: five groups of four signs, 99 bits."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(5))


def renew(user: User) -> str:
    """Give a user, not yet saved, a fresh password that must be changed at the next login; the password, which is kept nowhere."""
    password = fresh()
    user.set_password(password)
    user.must_change_password = True
    return password


def shown_once(user: User, password: str) -> Page:
    """The page that shows a fresh password, this once."""
    return Page("accounts/fresh", _("初始密码"), more={"username": str(user), "_password": password})


class OwnPassword(PasswordChangeForm):
    """The old password and twice the new one, which must be another. ``address``: where it is asked from."""

    address = ""

    def clean_old_password(self) -> str:
        """The old password, tries at which are counted as those at a login are."""
        throttle.refuse(self.user.username, self.address, newest().facts.settings)
        old: str = super().clean_old_password()
        throttle.forgiven(self.user.username, self.address)
        return old

    def clean_new_password1(self) -> str:
        """The new password."""
        new: str = self.cleaned_data["new_password1"]
        if self.user.check_password(new):
            raise ValidationError(_("新密码不得与原密码相同。"))
        return new


@opens(ANYBODY)
@require_http_methods(["GET", "POST"])
def own_password(request: HttpRequest) -> HttpResponse:
    """The page to change the own password: every other session of the account ends."""
    user: Any = request.user
    form = OwnPassword(user, request.POST if request.method == "POST" else None)
    form.address = request.META.get("REMOTE_ADDR", "")
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user.must_change_password = False
            form.save()
            added(user.username, form.address, "password.change", "users", str(user.pk))
        update_session_auth_hash(request, user)
        return redirect("overview")
    page = Page("accounts/password", _("修改密码"), status=422 if form.errors else 200)
    context = {"page": page, "form": form, "must": user.must_change_password}
    return render(request, f"console/{page.template}.html", context, status=page.status)
