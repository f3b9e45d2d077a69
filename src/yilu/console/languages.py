"""Two languages: texts stand in Chinese in code and templates, their English in ``locale/en/*.po``, one file a subject.

Django reads compiled catalogues; they are compiled into the user's cache folder when the console starts, under a name made of their content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.http import HttpRequest, HttpResponse
from platformdirs import user_cache_path

COOKIE = "language"
ZH, EN = "zh-hans", "en"


def catalogue(folder: Path) -> Catalog:
    """All English texts of ``folder`` (``en/*.po``) as one catalogue. Raises ValueError where two files differ on a text."""
    whole = Catalog(locale="en", fuzzy=False)
    for file in sorted((folder / "en").glob("*.po")):
        with file.open("rb") as read:
            for message in read_po(read, locale="en"):
                if not message.id:
                    continue
                known = whole.get(message.id, message.context)
                if known is not None and known.string != message.string:
                    raise ValueError(f"{file.name}: {message.id!r} is {known.string!r} elsewhere")
                whole.add(message.id, message.string, context=message.context)
    return whole


def compiled(folder: Path) -> Path:
    """The folder of compiled catalogues for those in ``folder``; compiled where it isn't there yet."""
    sources = sorted((folder / "en").glob("*.po"))
    name = hashlib.blake2b(b"\0".join(f.read_bytes() for f in sources), digest_size=8).hexdigest()
    out = user_cache_path("yilu") / "locale" / name
    file = out / "en" / "LC_MESSAGES" / "django.mo"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        making = file.with_name(f".{hashlib.blake2b(str(id(out)).encode(), digest_size=4).hexdigest()}.mo")
        with making.open("wb") as write:
            write_mo(write, catalogue(folder))
        making.replace(file)
    return out


class LanguageOfUser:
    """Each request in the language that its user chose; Chinese where nobody chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from django.utils import translation

        chosen = request.COOKIES.get(COOKIE)
        with translation.override(EN if chosen == EN else ZH):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", EN if chosen == EN else ZH)
        return response
