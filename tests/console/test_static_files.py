"""Files that browsers load, as an asynchronous server hands them out."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application

FILE = "/static/yilu/mark.svg"


def asked(
    path: str, method: str = "GET", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of an answer by way of ASGI; a warning on the way is an error."""

    async def ask() -> tuple[int, dict[str, str], bytes]:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(b"host", b"testserver"), *headers],
            "query_string": b"",
            "http_version": "1.1",
        }
        one = ApplicationCommunicator(get_asgi_application(), scope)
        await one.send_input({"type": "http.request", "body": b"", "more_body": False})
        begun: dict[str, Any] = await one.receive_output(10)
        body = b""
        while True:
            part = await one.receive_output(10)
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        await one.wait()
        return begun["status"], {k.decode().lower(): v.decode() for k, v in begun["headers"]}, body

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return asyncio.run(ask())


@pytest.fixture
def mark(root: Any) -> bytes:
    """The file as it lies in the source."""
    return bytes((root / "src/yilu/console/static/yilu/mark.svg").read_bytes())


def test_a_file_comes_whole_and_without_a_warning(mark: bytes) -> None:
    """Django warns where an asynchronous server must read a file piece by piece; here it has nothing to warn of."""
    status, headers, body = asked(FILE)
    assert (status, body, headers["content-length"]) == (200, mark, str(len(mark)))
    assert (
        headers["content-type"].startswith("image/svg") and "etag" in headers and "content-security-policy" in headers
    )


def test_a_range_is_what_was_asked_for(mark: bytes) -> None:
    """Of a large file, as tiles of a map are, a browser asks for parts."""
    status, headers, body = asked(FILE, headers=((b"range", b"bytes=5-14"),))
    assert (status, body, headers["content-range"]) == (206, mark[5:15], f"bytes 5-14/{len(mark)}")


def test_a_head_has_no_body(mark: bytes) -> None:
    """Its length is told all the same."""
    status, headers, body = asked(FILE, "HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", str(len(mark)))


def test_what_a_browser_has_is_not_sent_again() -> None:
    """By the tag that came with it."""
    tag = asked(FILE)[1]["etag"]
    assert asked(FILE, headers=((b"if-none-match", tag.encode()),))[::2] == (304, b"")


def test_nothing_else_is_handed_out() -> None:
    """No way leads out of the folder of static files."""
    assert asked("/static/../urls.py")[0] in (302, 404) and asked("/static/%2e%2e/urls.py")[0] in (302, 404)
