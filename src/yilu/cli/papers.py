"""Documents that commands write: in which forms and languages, and under which names."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from yilu.documents import Document, to_html, to_word
from yilu.documents.saving import save


class Format(StrEnum):
    """Files that are made."""

    docx = "docx"
    html = "html"
    both = "both"


class Language(StrEnum):
    """Languages that are made."""

    zh = "zh"
    en = "en"
    both = "both"


WRITERS = {"docx": to_word, "html": to_html}
LANGUAGES = ("zh", "en")


def saved(
    made: Document, out: Path, stem: str, form: Format = Format.both, language: Language = Language.both
) -> list[Path]:
    """Write a document as STEM-LANGUAGE.FORM into a folder; the paths. Raises YiluError where the folder can't be written."""
    forms = list(WRITERS) if form is Format.both else [form.value]
    languages = LANGUAGES if language is Language.both else (language.value,)
    return [save(out, f"{stem}-{la}.{f}", WRITERS[f](made, la)) for la in languages for f in forms]
