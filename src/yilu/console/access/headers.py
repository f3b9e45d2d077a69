"""What every answer says to the browser: which scripts may run, that nothing is fetched from elsewhere, and an id to find the request by."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered, for log lines and records."""

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Attributes of style are let through: ECharts and MapLibre place what they draw by them."""


class Headers:
    """Sets the nonce and the request's id before anything else, and the headers after everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        token = request_id.set(secrets.token_hex(8))
        try:
            response = self.get_response(request)
            response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=request.nonce))  # type: ignore[attr-defined]
            response.headers["X-Request-Id"] = request_id.get()
            response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
            if request.path.startswith("/static/"):
                return response
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        finally:
            request_id.reset(token)
