"""Who asks: a machine by its key, or a person by the session. Each operation says which roles open it, and nothing is open by omission."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security.base import AuthBase

from yilu.console.access.gate import Access
from yilu.console.access.scope import Scope
from yilu.console.api.problems import Refused
from yilu.console.feeds.keys import key_in, scope_of_key
from yilu.console.seen import scope_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Bearer(AuthBase):
    """Lets a request to its operation, or not. ``keys_only``: sessions don't open it."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, access: Access, keys_only: bool = False) -> None:
        super().__init__()
        self.access, self.keys_only = access, keys_only

    def __call__(self, request: HttpRequest) -> Scope:
        """The scope of who asks. Raises Refused."""
        scope = self._scope(request)
        if scope.role.id not in self.access.roles:
            raise Refused(403, "your role doesn't open this", "该角色无权访问", next_step="ask an administrator", next_step_zh="请管理员开通")  # fmt: skip
        request.user_scope = scope  # type: ignore[attr-defined]
        return scope

    def _scope(self, request: HttpRequest) -> Scope:
        if "Authorization" in request.headers or self.keys_only:
            key = key_in(request)
            if key is None:
                raise Refused(401, "a machine key that is in force is expected", "须有有效的机器密钥", {"WWW-Authenticate": "Bearer"}, next_step="send Authorization: Bearer KEY; keys are made on the page Feeds", next_step_zh="附上 Authorization: Bearer 密钥;密钥在“数据”页面生成")  # fmt: skip
            request.machine_key = key  # type: ignore[attr-defined]
            return scope_of_key(key)
        if not request.user.is_authenticated:
            raise Refused(401, "a session or a machine key is expected", "须先登录,或有机器密钥", {"WWW-Authenticate": "Bearer"}, next_step="log in, or send Authorization: Bearer KEY", next_step_zh="请登录,或附上 Authorization: Bearer 密钥")  # fmt: skip
        if request.method not in _SAFE and not _token_fits(request):
            raise Refused(403, "the request bears no CSRF token of this session", "请求未附本次登录的 CSRF 令牌", next_step="send X-CSRFToken", next_step_zh="附上 X-CSRFToken")  # fmt: skip
        return scope_of(request.user)


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _token_fits(request: HttpRequest) -> bool:
    """Whether a request that changes something comes from a page of this session."""
    check = _Check(lambda _: None)
    check.process_request(request)
    refused: Any = check.process_view(request, lambda: None, (), {})
    return refused is None
