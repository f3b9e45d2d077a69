"""The stream of server-sent events: ``state`` where something changed, ``beat`` where nothing did, ``ended`` where who watches may watch no longer.

Its id is the commit that it tells of. Who comes again with the last id is told of the alerts that appeared since. With ``?once`` it ends after the first event.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.db import connection
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)

from yilu.console.access.gate import opens
from yilu.console.access.roles import EVERYBODY, SCREENS
from yilu.console.facts import newest
from yilu.console.live.messages import Message, message
from yilu.console.live.watching import BEAT_S, Pulse, Watcher
from yilu.console.operations.metrics import streaming
from yilu.console.pages.page import Ask
from yilu.console.pages.showing import asked, refusal
from yilu.console.seen import scope_of
from yilu.errors import YiluError
from yilu.settings import load

_RETRY_MS = 3000
_STILL_S = 60.0
"""After so long it is asked again whether who watches is still logged in, with the same scope."""
_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def watcher() -> Watcher:
    """The one of this process."""
    return Watcher(newest)


@opens(EVERYBODY | SCREENS)
async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream, narrowed to the scope of who asks and to the area of the filter."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    try:
        ask = asked(request, {})
    except YiluError as error:
        return refusal(request, error, "json")
    most = load().live_clients
    if watcher().clients >= most:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    await sync_to_async(_free)()
    told = _told(request, ask, _last(request), "once" in request.GET)
    return StreamingHttpResponse(told, content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _last(request: HttpRequest) -> int | None:
    """The commit that the client saw last, by the header that browsers send, or by ``last`` where a script opens the stream anew; None where it says none."""
    said = request.headers.get("Last-Event-ID", "") or request.GET.get("last", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def _free() -> None:
    """Give back the connection to the records: a stream lasts for hours and asks them for nothing."""
    if not connection.in_atomic_block:
        connection.close()


async def _told(request: HttpRequest, ask: Ask, last: int | None, once: bool) -> AsyncIterator[bytes]:
    watching = watcher()
    group = (ask.scope.role.id, ask.scope.areas, ask.scope.operator, ask.filter.area, ask.zh)
    number, sent, asked_at = 0, None, time.monotonic()
    yield f"retry: {_RETRY_MS}\n\n".encode()
    with streaming():
        async with watching.joined():
            while True:
                pulse = await watching.after(number, 2 * BEAT_S)
                if time.monotonic() - asked_at > _STILL_S:
                    asked_at = time.monotonic()
                    if not await asyncio.to_thread(_still, request, ask):
                        yield event("ended", {})
                        return
                told = None if pulse is None else await _message(watching, group, ask, pulse)
                if pulse is not None:
                    number = pulse.number
                if told is None or told.body == sent:
                    yield event("beat", {})
                else:
                    since = told.commit if last is None else last
                    last, sent = told.commit, told.body
                    yield event("state", told.since(since), told.commit)
                if once:
                    return


async def _message(watching: Watcher, group: tuple[Any, ...], ask: Ask, pulse: Pulse) -> Message | None:
    """What is told of a pulse; None where it could not be made out, which the next one may mend."""
    try:
        found: Message = await watching.message(group, pulse, lambda p: message(ask.here, ask.zh, p))
        return found
    except (YiluError, OSError):
        _log.exception("a pulse could not be told")
        return None


def _still(request: HttpRequest, ask: Ask) -> bool:
    """Whether the session is there, and the account active with the scope that the stream was opened with."""
    try:
        store = type(request.session)(request.session.session_key)
        fresh = HttpRequest()
        fresh.session = store
        user = get_user(fresh)
        if not user.is_authenticated or not user.is_active:
            return False
        now, then = scope_of(user), ask.scope
        return (now.role.id, now.areas, now.operator, now.rights) == (
            then.role.id,
            then.areas,
            then.operator,
            then.rights,
        )
    finally:
        _free()


def event(name: str, data: dict[str, Any], id: int | None = None) -> bytes:
    """One event as the stream holds it."""
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
