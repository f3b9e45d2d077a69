"""Logging in and out, and the choice of language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, views
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from yilu.console.access.gate import PUBLIC, opens
from yilu.console.accounts import throttle
from yilu.console.accounts.models import User
from yilu.console.accounts.passwords import ANYBODY
from yilu.console.audit.recording import added
from yilu.console.facts import newest
from yilu.console.languages import COOKIE, EN, ZH
from yilu.console.operations.metrics import LOGINS

_YEAR_S = 31_536_000


class Entrance(AuthenticationForm):
    """Name and password. What is said, what is written and what is worked out are the same whether there is such an account or not."""

    def clean(self) -> dict[str, Any]:
        """Both, if they belong together and nobody must wait."""
        given: dict[str, Any] = self.cleaned_data
        name, password = given.get("username"), given.get("password")
        if not name or not password:
            return given
        address = self.request.META.get("REMOTE_ADDR", "")
        try:
            throttle.refuse(name, address, newest().facts.settings)
        except ValidationError:
            LOGINS.labels("waits").inc()
            raise
        self.user_cache = authenticate(self.request, username=name, password=password)
        LOGINS.labels("refused" if self.user_cache is None else "in").inc()
        if self.user_cache is None:
            known = User.objects.filter(username=name).values_list("pk", flat=True).first()
            with transaction.atomic():
                added("", address, "login.refused", "users", str(known or "-"))
            raise ValidationError(_("账号或密码有误。"))
        throttle.forgiven(name, address)
        return given


class _In(views.LoginView):
    template_name = "console/login.html"
    authentication_form = Entrance
    redirect_authenticated_user = True

    def form_valid(self, form: Entrance) -> HttpResponse:
        user: Any = form.get_user()
        with transaction.atomic():
            added(user.username, self.request.META.get("REMOTE_ADDR", ""), "login", "users", str(user.pk))
            return super().form_valid(form)


_in = _In.as_view()
_out = views.LogoutView.as_view(next_page="login")


@opens(PUBLIC)
def log_in(request: HttpRequest) -> HttpResponseBase:
    """The page to log in."""
    answer: HttpResponseBase = _in(request)
    return answer


@opens(ANYBODY)
@require_POST
def log_out(request: HttpRequest) -> HttpResponseBase:
    """Ends the session."""
    user: Any = request.user
    with transaction.atomic():
        added(user.username, request.META.get("REMOTE_ADDR", ""), "logout", "users", str(user.pk))
    answer: HttpResponseBase = _out(request)
    return answer


@opens(PUBLIC)
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remembers the reader's language, and goes back."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    answer = HttpResponseRedirect(back)
    chosen = EN if request.POST.get("language") == EN else ZH
    answer.set_cookie(
        COOKIE, chosen, max_age=_YEAR_S, samesite="Strict", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
    return answer
