"""Texts of a feed's columns as values: each function gives an Arrow array (n,), null where there is no value, and which texts are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items.feeds.kinds import ARROW, Attribute
from yilu.items.intake import masking, times

Found = tuple[pa.Array, NDArray[np.bool_]]

_HASH = r"^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64})$"
_TEXT = r"^[0-9A-Za-z\p{Han}()（）〔〕\[\]/_.\-]{1,64}$"
# A number of a filing, licence or device is in no case a telephone or identity number, however it is written, nor the name of someone.
_PERSON = r"(?:^|[^0-9])(?:(?:86[-./_]?)?1[3-9][0-9][-./_]?[0-9]{4}[-./_]?[0-9]{4}|[1-8][0-9]{16}[0-9Xx])(?:$|[^0-9])|^[^0-9]*$"
_OFFSET = r"(?:[Zz]|[+\-][0-9]{2}:?[0-9]{2})$"
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [pow(3, i, 31) for i in range(17)]


def texts(column: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """A column as trimmed text, null where it is blank; and which values are no UTF-8."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    broken = np.zeros(len(array), np.bool_)
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        whole = masking.readable(array)
        broken = (
            pc.not_equal(whole.cast(pa.large_binary()), array.cast(pa.large_binary()))
            .fill_null(False)
            .to_numpy(zero_copy_only=False)
        )
        array = whole
    array = pc.utf8_trim_whitespace(array.cast(pa.string()))
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array), broken


def parsed(attribute: Attribute, column: pa.Array, ids: dict[str, tuple[pa.Array, pa.Array]]) -> Found:
    """The values of one attribute. ``ids``: codes and ids by the types operator and facility."""
    if attribute.type in ids:
        codes, numbers = ids[attribute.type]
        at = pc.index_in(column, codes)
        return numbers.take(at).cast(ARROW[attribute.type]), _wrong(column, at.is_valid())
    if attribute.type == "choice":
        return column, _wrong(column, pc.is_in(column, pa.array(attribute.choices)))
    return _PARSERS[attribute.type](column)


def _wrong(column: pa.Array, fits: pa.Array) -> NDArray[np.bool_]:
    """Which values are there and don't fit."""
    found: NDArray[np.bool_] = pc.and_(column.is_valid(), pc.invert(fits.fill_null(False))).to_numpy(
        zero_copy_only=False
    )
    return found


def _matching(column: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(column, pattern).fill_null(False)


def _count(column: pa.Array) -> Found:
    fits = _matching(column, r"^[0-9]{1,12}$")
    return pc.if_else(fits, column, pa.scalar(None, pa.string())).cast(pa.int64()), _wrong(column, fits)


def _day(column: pa.Array) -> Found:
    return _by_value(column, _one_day, pa.date32())


def _one_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def _instant(column: pa.Array) -> Found:
    at, state = times.seconds(column, "", (times.ISO,), "s")
    fits = (state == times.OK) & _matching(column, _OFFSET).to_numpy(zero_copy_only=False)
    fits &= (at > 0) & (at < 2**32)
    values = pa.array(np.where(fits, at, 0).astype(np.uint32), mask=~fits)
    return values, _wrong(column, pa.array(fits))


def _text(column: pa.Array) -> Found:
    fits = pc.and_not(_matching(column, _TEXT), _matching(column, _PERSON))
    return column, _wrong(column, fits)


def _hash(column: pa.Array) -> Found:
    return pc.ascii_lower(column), _wrong(column, _matching(column, _HASH))


def _credit_code(column: pa.Array) -> Found:
    return _by_value(column, _one_credit_code, pa.string())


def _one_credit_code(text: str) -> str | None:
    """The code in upper case if its check character is right (GB 32100-2015)."""
    code = text.upper()
    if len(code) != 18 or any(c not in _CREDIT for c in code):
        return None
    check = (31 - sum(_CREDIT.index(c) * w for c, w in zip(code[:17], _WEIGHTS, strict=True)) % 31) % 31
    return code if _CREDIT[check] == code[17] else None


def _by_value(column: pa.Array, one: Callable[[str], object], to: pa.DataType) -> Found:
    """Each distinct text is read once."""
    encoded = column.dictionary_encode()
    values = pa.array([one(text) for text in encoded.dictionary.to_pylist()], to)
    found = values.take(encoded.indices)
    return found, _wrong(column, found.is_valid())


_PARSERS: dict[str, Callable[[pa.Array], Found]] = {
    "count": _count,
    "day": _day,
    "instant": _instant,
    "text": _text,
    "hash": _hash,
    "credit_code": _credit_code,
}
