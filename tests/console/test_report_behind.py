"""The daily report is made behind: whoever asks holds no web worker, and comes to the file that the command line makes."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from yilu.console import behind, seen
from yilu.console.behind import Behind
from yilu.console.facts import newest

pytestmark = pytest.mark.django_db
_AT = "/handover/daily.docx?since=2025-11-12"
_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
_LONG_S = 120.0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Reports are made once this is set; who asks for one doesn't wait."""
    go, whole = threading.Event(), seen.daily
    monkeypatch.setattr(seen, "daily", lambda *given: go.wait(_LONG_S) and whole(*given))
    monkeypatch.setattr(behind, "WAIT_S", 0.0)
    monkeypatch.setattr(newest(), "behind", Behind())
    return go


def until_there(client: Any, at: str) -> Any:
    """The answer once it is not "not yet"."""
    until = time.monotonic() + _LONG_S
    while (answer := client.get(at)).status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)
    return answer


def test_nobody_waits_for_the_report(client_of: Callable[[str], Any], held: threading.Event) -> None:
    """A script is told 503 and when to come again, a browser gets a page that looks again; then both get the file, made once."""
    client = client_of("duty")
    begun = time.monotonic()
    told, page = client.get(_AT), client.get(_AT, headers=_BROWSER)
    assert time.monotonic() - begun < _LONG_S / 2, "somebody waited until the report was made"
    assert (told.status_code, told.content) == (503, b"") and int(told["Retry-After"]) > 0
    assert page.status_code == 202 and b"data-being-made" in page.content and b"file_pending.js" in page.content
    assert "Content-Disposition" not in page.headers
    held.set()
    file = until_there(client, _AT)
    assert file.status_code == 200 and "attachment" in file["Content-Disposition"]
    assert "运行值班日报" in zipfile.ZipFile(io.BytesIO(file.content)).read("word/document.xml").decode()
    assert client.get(_AT, headers=_BROWSER)["Content-Type"] == file["Content-Type"]
    assert client.get(_AT.replace("docx", "html")).status_code == 200, "the same document is made anew for another form"


def test_what_can_not_be_made_is_said_at_once(client_of: Callable[[str], Any], held: threading.Event) -> None:
    """A morning that the store can't tell of, and who may not have the report: both are refused before anything is made."""
    assert client_of("duty").get("/handover/daily.docx?since=2020-01-01").status_code == 400
    assert client_of("city").get(_AT).status_code == 403
    assert not newest().behind._running


def test_a_report_is_held_for_a_while_and_then_made_anew() -> None:
    """Commits come every second: who looks again meets what is being made. Later a newer one is made."""
    of, made = Behind(), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    assert [of.result("day", make, 10, held_s=60) for _ in range(3)] == [1, 1, 1]
    time.sleep(0.05)
    assert of.result("day", make, 10, held_s=0.01) == 2
