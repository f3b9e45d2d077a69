"""Files that are handed out: a Word file, a page to print, a folder in a ZIP. Who may have one is said as for a page.

@handed_out("command.paper", STAFF, "command/<int:pk>/paper.<str:form>")
def paper(ask: Ask) -> File: ...

None says that the file is being made behind: who asks with a browser gets a page that fetches it once it is there, a script 503 with ``Retry-After``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from yilu.console.access.gate import Access, opens
from yilu.console.pages.page import Ask, Page
from yilu.console.pages.showing import BEING_MADE, asked, not_yet, refusal, rendered
from yilu.documents import Document, to_html, to_word
from yilu.errors import YiluError

TYPES: dict[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "zip": "application/zip",
}


@dataclass(frozen=True)
class File:
    """A file: its name, content and kind (``TYPES``)."""

    name: str
    content: bytes
    form: str


Make = Callable[[Ask], File | None]
_HANDED: dict[str, tuple[str, frozenset[str], Make]] = {}


def handed_out(name: str, roles: frozenset[str], route: str) -> Callable[[Make], Make]:
    """Declare a file."""

    def on(make: Make) -> Make:
        _HANDED[name] = (route, roles, make)
        return make

    return on


def of_document(made: Document, stem: str, form: str, zh: bool) -> File:
    """A document as a file in the reader's language."""
    language = "zh" if zh else "en"
    return File(f"{stem}-{language}.{form}", {"docx": to_word, "html": to_html}[form](made, language), form)


def urls() -> list[URLPattern]:
    """Addresses of all files."""
    return [path(route, _view(roles, make), name=name) for name, (route, roles, make) in _HANDED.items()]


def _view(roles: frozenset[str], make: Make) -> Callable[..., HttpResponseBase]:
    @opens(Access(roles))
    def view(request: HttpRequest, **given: Any) -> HttpResponseBase:
        try:
            ask = asked(request, given)
            file = make(ask)
        except YiluError as error:
            return refusal(request, error, "html")
        if file is None:
            return _being_made(request, ask)
        answer = HttpResponse(file.content, content_type=TYPES[file.form])
        answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
        return answer

    view.__doc__ = make.__doc__
    return require_GET(view)


def _being_made(request: HttpRequest, ask: Ask) -> HttpResponseBase:
    """What is answered meanwhile: no script may take it for the file."""
    if "text/html" not in request.headers.get("Accept", ""):
        return not_yet()
    return rendered(request, Page("file_pending", _("正在生成文件"), status=BEING_MADE), ask, None)
