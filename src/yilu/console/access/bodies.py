"""How long a request may be: asked before anything of it is read, whatever it says of its length."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from yilu.console.access.problem import CONTENT_TYPE, problem_of
from yilu.settings import Settings

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
_FORM_BYTES = 64 << 10


def most_bytes(settings: Settings) -> int:
    """Bytes of the longest request: a batch of events, with the parts of a form around it."""
    return (settings.intake_kb << 10) + _FORM_BYTES


class Bounded:
    """An ASGI application whose requests have at most ``most`` bytes; a longer one is answered with 413 and read no further."""

    def __init__(self, app: App, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated) > self.most:
            await self._refuse(send)
            return
        read, over, begun = 0, False, False

        async def bounded() -> Message:
            nonlocal read, over
            if over:
                return {"type": "http.disconnect"}
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                over = True
                return {"type": "http.disconnect"}
            return message

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        await self.app(scope, bounded, sent)
        if over and not begun:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        body = json.dumps(
            problem_of(413, f"a request has at most {self.most} bytes", f"请求至多 {self.most} 字节", next_step="send it in parts", next_step_zh="分批报送")
        ).encode()  # fmt: skip
        headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]  # fmt: skip
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
