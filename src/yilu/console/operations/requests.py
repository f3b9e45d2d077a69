"""One log line for each request: which page, which status, how long it took. No address of a page, no query, nobody's name or address: an item's number may stand in them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from yilu.console.operations.metrics import REQUESTS, SECONDS

_log = logging.getLogger("yilu.console.requests")
QUIET = frozenset({"healthz", "readyz", "metrics"})
"""What is asked every few seconds is counted and not logged."""


def page_of(request: HttpRequest) -> str:
    """The name of the page that answers; ``static`` for files, ``-`` where there is none of that address."""
    if request.path.startswith("/static/"):
        return "static"
    match = getattr(request, "resolver_match", None)
    return (match.view_name or "-") if match else "-"


class Requests:
    """Counts and logs every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        took, page = time.perf_counter() - begun, page_of(request)
        method = (
            request.method if request.method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") else "-"
        )
        REQUESTS.labels(page, method, response.status_code).inc()
        SECONDS.labels(page).observe(took)
        if page not in QUIET and page != "static":
            said = {"page": page, "method": method, "status": response.status_code, "ms": round(1000 * took, 1)}
            _log.info("request", extra={"fields": said})
        return response
