"""Which texts of a source may be shown: only those of white-listed columns, and only where they look like what the column is for.

A mapping can name the wrong column, and a row can be shifted: a kind may turn out to be a name, a place an address, a weight a
telephone number. So a text is shown only if it has the shape of a code, a time or a number; else its length stands in its place.
"""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from yilu.items import codes
from yilu.items.kinds import KINDS

MAX_SHOWN = 40
"""Characters of a text that is shown."""

_CODE = r"^[A-Za-z0-9_.:/\-]{1,40}$"
# Nine digits or more, whatever stands between them: a telephone, identity or waybill number.
_LONG_NUMBER = r"(?:[0-9][ ._:/\-]?){9}"
_TIME = (
    r"^(?:(?:19|20|21|22)[0-9]{2}[年./\- ]?[0-9]{1,2}[月./\- ]?[0-9]{1,2}(?:[日T ].{0,24}|[0-9]{4}|[0-9]{6}|[0-9]{9})?"
    r"|[0-9]{1,2}[./\-][0-9]{1,2}[./\-](?:19|20|21|22)?[0-9]{2}(?: .{0,24})?|1[0-9]{9}|1[0-9]{12})$"
)
_TIME_SIGNS = r"^[0-9TZ:./+\- ,年月日时分秒上下午APMapm]{1,40}$"
_PHONE = r"^(?:\+?86[ \-]?)?1[3-9](?:[ \-]?[0-9]){9}$"
_HIDDEN = ("(hidden, ", " characters)")
"""What stands around the length of a text that may not be shown."""
_WEIGHT = r"^[+\-]?[0-9]{0,8}(?:[.,][0-9]{0,6})?(?: ?(?:k?g|kG|KG|克|公斤|千克))?$"


@cache
def _words() -> str:
    """A pattern of the Chinese words that kinds and public status codes are made of, so that a name is none."""
    texts = [kind.zh for kind in KINDS] + [row.code for table in codes.tables() for row in table.rows]
    signs = sorted({sign for text in texts for sign in text if "\u4e00" <= sign <= "\u9fff"})
    return "^[" + "".join(signs) + "A-Za-z0-9（）()、，/_-]{1,20}$"


def shown(column: str, texts: pa.Array) -> pa.Array:
    """``texts`` (n,) of ``column`` (kind, time, place or weight), those that may not be shown replaced by their length."""
    texts = readable(texts)
    match column:
        case "time":
            free = pc.and_(_has(texts, _TIME), _has(texts, _TIME_SIGNS))
            free = pc.and_not(free, _has(texts, _PHONE))
        case "weight":
            free = _has(texts, _WEIGHT)
        case "kind":
            free = pc.or_(_has(texts, _CODE), _has(texts, _words()))
            free = pc.and_not(free, _has(texts, _LONG_NUMBER))
        case _:
            free = pc.and_not(_has(texts, _CODE), _has(texts, _LONG_NUMBER))
    free = pc.or_(free, pc.equal(texts, ""))
    if pc.all(free).as_py() is not False:
        return texts
    length = pc.cast(pc.utf8_length(texts), pa.string())
    hidden = pc.binary_join_element_wise(_HIDDEN[0], length, _HIDDEN[1], "")
    return pc.if_else(free, texts, hidden)


def shown_texts(column: str, texts: list[str]) -> list[str]:
    """``shown`` for a few texts, in one pass: the patterns are compiled anew each time."""
    found: list[str] = shown(column, pa.array(texts, pa.string())).to_pylist() if texts else []
    return found


def shown_text(column: str, text: str) -> str:
    """``shown`` for a single text."""
    return shown_texts(column, [text])[0]


def readable(texts: pa.Array) -> pa.Array:
    """``texts`` as valid text: bytes that are no UTF-8 replaced."""
    if pa.types.is_string(texts.type):
        try:
            texts.validate(full=True)
            return texts
        except pa.ArrowInvalid:
            pass
    raw = texts.cast(pa.large_binary())
    try:
        decoded = raw.cast(pa.large_string())
        return decoded.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else v.decode("utf-8", "replace") for v in raw.to_pylist()], pa.string())


def _has(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(texts, pattern=pattern)


@cache
def header_name(name: str) -> bool:
    """Whether a column's name is safe to show: short, and no long number in it."""
    return len(name) <= MAX_SHOWN and not re.search(_LONG_NUMBER, name)


def shown_header(name: str) -> str:
    """A column's name as it may be shown: its length stands in the place of one that isn't safe."""
    return name if header_name(name) else f"{_HIDDEN[0]}{len(name)}{_HIDDEN[1]}"
