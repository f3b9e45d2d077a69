"""What watches the console asks: is the process alive, is it ready, how much it does. None of it tells anything of what it holds."""

from __future__ import annotations

import ipaddress
import secrets

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from yilu.console.access.gate import PUBLIC, opens
from yilu.console.facts import newest
from yilu.console.operations import health, metrics


@opens(PUBLIC)
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


@opens(PUBLIC)
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether it can do its work: 200, or 503 with what can't be used."""
    found = health.needed()
    ready = all(c.ok for c in found)
    return JsonResponse({"ready": ready, "checks": {c.id: c.ok for c in found}}, status=200 if ready else 503)


@opens(PUBLIC)
@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    """Measures, for who may have them: this machine, or, where a token is set, who sends it."""
    if not _may_measure(request):
        return HttpResponse("forbidden\n", status=403, content_type="text/plain")
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    token = newest().facts.settings.metrics
    if token != "loopback":
        return secrets.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # a proxy on this machine asks for somebody else
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
