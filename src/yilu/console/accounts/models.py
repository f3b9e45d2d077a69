"""Users, and what is known of failed logins. A user has one role, areas, and, of a carrier, an operator; no name of a person is kept beside the name of the account."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from yilu.console.access.narrowing import NO_ROWS, by_scope, whole_province_staff
from yilu.console.access.roles import ROLES


class Users(BaseUserManager["User"]):
    """Makes users."""

    def make(self, username: str, password: str, role: str, **more: Any) -> User:
        """A new user. Raises KeyError for an unknown role."""
        user = self.model(username=username, role=ROLES[role].id, **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


@by_scope(whole_province_staff)
class User(AbstractBaseUser):
    """One account."""

    username = models.CharField(_("账号"), max_length=64, unique=True)
    role = models.CharField(_("角色"), max_length=16, choices=[(r.id, r.name) for r in ROLES.values()])
    areas = models.JSONField(_("地区"), default=list, blank=True, help_text=_("行政区划代码;空为全省"))
    operator = models.CharField(_("企业"), max_length=32, blank=True)
    rights = models.JSONField(_("附加权限"), default=list, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(_("下次登录须改密码"), default=False)
    made_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("账号")
        ordering: ClassVar[list[str]] = ["username"]

    def __str__(self) -> str:
        return str(self.username)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is bound to: besides the password all that says what the account may see, so that a change of any ends every session of it."""
        held = json.dumps([self.password, self.role, sorted(self.areas), self.operator, sorted(self.rights), self.is_active])  # fmt: skip
        found: str = salted_hmac("yilu.console.session", held, secret=secret, algorithm="sha256").hexdigest()
        return found


@by_scope(lambda scope: NO_ROWS)
class Attempt(models.Model):
    """Failed logins to one account, or from one address (``throttle``): both known by a keyed hash alone, for people type passwords where names belong."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
