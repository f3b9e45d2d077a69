"""Marks of Chinese text (GB/T 15834): full-width where they stand in Chinese, as typed between figures and Latin words."""

from __future__ import annotations

import re

_WIDE = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？"}
_HAN = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”]"
_MARK = re.compile(rf"(?<={_HAN})\s*([,;:!?]) ?|([,;:!?]) ?(?={_HAN})")
_PAIR = re.compile(r"(?P<before>.?)\((?P<held>[^()]*)\)")


def chinese_marks(text: str) -> str:
    """Commas, semicolons, colons and brackets of a Chinese text, full-width wherever a Chinese sign stands beside or, for brackets, in them."""
    paired = _PAIR.sub(_brackets, text)
    return _MARK.sub(lambda m: _WIDE[m[1] or m[2]], paired)


def _brackets(found: re.Match[str]) -> str:
    before, held = found["before"], found["held"]
    return f"{before}（{held}）" if re.search(_HAN, before + held) else found[0]
