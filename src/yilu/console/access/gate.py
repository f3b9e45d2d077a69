"""The gate: every request is either for something open by name, or from somebody whose role opens it; nothing is open by omission.

A view says who may open it with ``opens``; one that says nothing is opened by nobody, administrators included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from yilu.console.access.scope import Scope
from yilu.console.seen import scope_of


@dataclass(frozen=True)
class Access:
    """Who may open a view. ``roles``: those; ``public``: anybody, the whole list of which is ``tests' allow-list; ``within``: an interface that asks by itself;
    ``early``: opened also by who must change the password first.
    """

    roles: frozenset[str] = frozenset()
    public: bool = False
    within: bool = False
    early: bool = False


PUBLIC = Access(public=True)
WITHIN = Access(within=True)


def opens(access: Access | frozenset[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say who may open a view."""
    said = access if isinstance(access, Access) else Access(access)

    def on(view: Callable[..., Any]) -> Callable[..., Any]:
        view.access = said  # type: ignore[attr-defined]
        return view

    return on


class Gate:
    """Lets a request through to its view, or not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """None lets the request through; else the answer."""
        access: Access = getattr(view, "access", Access())
        if access.public or access.within:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        scope = scope_of(request.user)
        if scope.role.id not in access.roles:
            raise PermissionDenied
        request.user_scope = scope  # type: ignore[attr-defined]
        if request.user.must_change_password and not access.early:
            return redirect("password")
        return None


def scope_in(request: HttpRequest) -> Scope:
    """The scope of who asks, as the gate found it. Raises PermissionDenied where the gate found none."""
    found: Scope | None = getattr(request, "user_scope", None)
    if found is None:
        raise PermissionDenied
    return found
