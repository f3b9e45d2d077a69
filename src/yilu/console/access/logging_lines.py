"""Log lines as JSON: when, how grave, who said it, in which request, what. No address, name or number of a person gets into one.

What Django says of a request holds the address that was asked for, and an error may hold the value it stumbled over: of the first the status is kept, of the second its kind
and where it happened.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

from yilu.console.access.headers import request_id
from yilu.errors import YiluError


class Line(logging.Formatter):
    """One record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "request": request_id.get(),
            "message": _message(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said["error"], said["trace"] = _told(record.exc_info[1]), _lines(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    if not record.name.startswith("django."):
        return record.getMessage()
    status = getattr(record, "status_code", None)
    return f"status {status}" if status else record.name.rsplit(".", 1)[-1]


def _told(error: BaseException) -> str:
    """The kind of an error; yilu's own errors say nothing of a person, so what they say is kept."""
    return f"{type(error).__name__}: {error}" if isinstance(error, YiluError) else type(error).__name__


def _lines(error: BaseException) -> list[str]:
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
