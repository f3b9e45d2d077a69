"""Texts of the console, out of its code and templates, and their English."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

CONSOLE = Path(__file__).parents[2] / "src" / "yilu" / "console"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": (2,), "pgettext_lazy": (2,),
}  # fmt: skip
_CALL = re.compile(
    r"\b(?:n|p)?gettext(?:_lazy|_noop)?\((u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))|\s_\(((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))"
)
HAN = re.compile(r"[\u3400-\u9fff]")


def of_code(source: str) -> set[str]:
    """Texts that Python code marks."""
    found = extract("python", io.BytesIO(source.encode()), KEYWORDS)
    return {m for _, message, _, _ in found for m in ((message,) if isinstance(message, str) else message[:1]) if m}


def of_template(source: str) -> set[str]:
    """Texts that a template marks."""
    return {ast.literal_eval(a or b) for a, b in _CALL.findall(templatize(source))}


def marked(folder: Path = CONSOLE) -> dict[str, list[str]]:
    """Every marked text, with the files that it is in."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        of = {".py": of_code, ".html": of_template}.get(path.suffix)
        if of is None or "migrations" in path.parts:
            continue
        for text in of(path.read_text(encoding="utf-8")):
            found.setdefault(text, []).append(path.relative_to(folder).as_posix())
    return found


def english(folder: Path = CONSOLE) -> Iterator[tuple[str, str, str, bool]]:
    """(file, text, its English, whether it is marked as unsure) of each entry of the catalogues."""
    for file in sorted((folder / "locale" / "en").glob("*.po")):
        with file.open("rb") as read:
            for message in read_po(read, locale="en"):
                if message.id:
                    yield file.name, str(message.id), str(message.string), message.fuzzy


SAID_AS_IT_IS = {"English", "中文", "CSV", "JSON", "Ctrl", "K", "OpenAPI", "UTC", "BLAKE2b", "256"}
"""Words that stand the same in both languages."""
_WORD = re.compile(r"[A-Za-z\u3400-\u9fff][\w\u3400-\u9fff-]*")
_SHOWN_ATTRIBUTE = re.compile(r"""\b(?:title|aria-label|aria-description|placeholder|alt)=("[^"]*"|'[^']*')""")


def bare_words(source: str) -> list[str]:
    """Words of a template that a reader sees and no tag translates."""
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", " ", source, flags=re.DOTALL)
    text = re.sub(r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{[{%].*?[}%]\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style|kbd|code|pre)\b.*?</\1>", " ", text, flags=re.DOTALL)
    attributes = " ".join(_SHOWN_ATTRIBUTE.findall(text))
    plain = re.sub(r"&\w+;", " ", re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL))
    words = [p for w in _WORD.findall(f"{plain} {attributes}") for p in w.split("-")]
    return [w for w in words if w not in SAID_AS_IT_IS]
