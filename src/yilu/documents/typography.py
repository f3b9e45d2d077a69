"""Marks of Chinese text (GB/T 15834): full-width, but for those within figures, times and Latin words."""

from __future__ import annotations

import re

_WIDE = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？"}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MARK = re.compile(r"(?<![A-Za-z0-9])[,:!?](?= ?)|[,:!?](?![A-Za-z0-9/])|;")
_PAIR = re.compile(r"(?P<before>.?)\((?P<held>[^()]*)\)")


def chinese_marks(text: str) -> str:
    """A text with full-width commas, semicolons, colons and brackets where it is Chinese; as it is where it holds no Chinese sign.

    A comma or colon between two figures or Latin letters stays as it is, and so do brackets with no Chinese sign before or in them.
    """
    if not _HAN.search(text):
        return text
    return re.sub(r"([，；：！？]) +", r"\1", _MARK.sub(lambda m: _WIDE[m[0]], _PAIR.sub(_brackets, text)))


def _brackets(found: re.Match[str]) -> str:
    before, held = found["before"], found["held"]
    return f"{before}（{held}）" if _HAN.search(before + held) else found[0]
