"""Every address of the console, walked out of Django's own table, and what an answer to it holds."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PUBLIC = {"login", "language", "healthz", "readyz", "metrics"}
"""The whole list of addresses that anybody may open, by name; the measures ask by themselves for this machine or a token."""
WITHIN = r"\^?api\b(?!-)"
"""Where an interface lies that asks by itself who it is that calls (keys of machines)."""
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_CHUNKS, _STREAM_S = 4, 1.5


@dataclass(frozen=True)
class Address:
    """One entry of the table: its name, its route as Django writes it, its view."""

    name: str
    route: str
    view: Any

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the route: name to converter."""
        return {name: converter or "str" for converter, name in _PARAMETER.findall(self.route)}

    def filled(self, values: Mapping[str, str]) -> str:
        """The path with a value for each converter; "" where there is none for one."""
        if any(converter not in values for converter in self.parameters.values()):
            return ""
        return "/" + _PARAMETER.sub(lambda m: values[m[1] or "str"], self.route)

    @property
    def access(self) -> Any:
        """Who may open it, as its view says; None where it says nothing."""
        return getattr(self.view, "access", None)


def addresses() -> list[Address]:
    """All of them."""
    return list(_of(get_resolver().url_patterns, ""))


def _of(patterns: list[Any], before: str) -> Iterator[Address]:
    for p in patterns:
        route = before + str(p.pattern)
        if isinstance(p, URLResolver):
            yield from _of(p.url_patterns, route)
        elif isinstance(p, URLPattern):
            yield Address(p.name or "", route, p.callback)


def undeclared(found: list[Address]) -> list[str]:
    """What is wrong with who may open which address: nobody said, everybody may and it is not on the list, or an interface lies elsewhere than interfaces do."""
    wrong = []
    for a in found:
        if a.access is None or not (a.access.roles or a.access.public or a.access.within):
            wrong.append(f"{a.route}: says not who may open it")
        elif a.access.public and a.name not in PUBLIC:
            wrong.append(f"{a.route}: open to anybody")
        elif a.access.within and not re.match(WITHIN, a.route):
            wrong.append(f"{a.route}: asks by itself who calls, outside of api/")
    return wrong


def body(response: Any) -> str:
    """The text of an answer, without the tokens that are drawn by lot; of a stream, what it says at first."""
    if not getattr(response, "streaming", False):
        raw = response.content
    else:
        raw = _first(response.streaming_content)
    text = raw.decode("utf-8", "replace")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", text)


def _first(chunks: Any) -> bytes:
    """The first parts of a stream, which may never end: as many as come in a moment."""
    told: list[bytes] = []

    async def of_async(stream: AsyncIterator[bytes]) -> None:
        async for chunk in stream:
            told.append(chunk)
            if len(told) >= _CHUNKS:
                return

    def read() -> None:
        if hasattr(chunks, "__aiter__"):
            asyncio.run(asyncio.wait_for(of_async(chunks), _STREAM_S))
            return
        for chunk in chunks:
            told.append(chunk)
            if len(told) >= _CHUNKS:
                return

    def reading() -> None:
        try:
            read()
        except TimeoutError:
            return

    thread = threading.Thread(target=reading, daemon=True)
    thread.start()
    thread.join(2 * _STREAM_S)
    return b"".join(c if isinstance(c, bytes) else c.encode() for c in told)
