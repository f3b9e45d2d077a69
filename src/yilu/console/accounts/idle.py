"""Sessions end when nobody used them for ``session_minutes``: each request moves that end, which is written at most once a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

_WRITTEN_S = 60
_KEY = "used"


class Idle:
    """Moves the end of a session that is in use. (Django would write the session at every request, one write to the database for each page.)"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session: Any = request.session
        if session.accessed and not session.is_empty() and time.time() - session.get(_KEY, 0) >= _WRITTEN_S:
            session[_KEY] = int(time.time())
        return response
