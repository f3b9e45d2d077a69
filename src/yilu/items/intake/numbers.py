"""Waybill numbers at the door: which are empty, too long, made of strange bytes, or mistyped S10 numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from yilu.items import s10
from yilu.items.intake import reasons
from yilu.items.intake.columns import as_text, flat, text_buffers
from yilu.items.words import trimmed, word

_STRANGE: NDArray[np.bool_] = np.ones(256, np.bool_)
"""Bytes that no number holds: control signs, all beyond ASCII, brackets, quotes and what an address or a list is written with."""
_STRANGE[33:127] = False
_STRANGE[list(b'"`,;<>@[]\\^{|}')] = True
_NONE: NDArray[np.bool_] = np.empty(0, np.bool_)
_SHAPED = 255
"""Passing mark of a number in the form of S10, judged afterwards."""


def judge(column: pa.Array | pa.ChunkedArray, max_bytes: int, check_s10: bool) -> NDArray[np.uint8]:
    """The reason (0 = none) why each number of a column can't be used; shape (n,)."""
    array = as_text(flat(column))
    offsets, data, absent = text_buffers(array)
    out = np.zeros(len(array), np.uint8)
    _judge(
        offsets,
        data,
        max_bytes,
        reasons.MISSING_WAYBILL,
        reasons.LONG_WAYBILL,
        reasons.BAD_WAYBILL,
        _SHAPED if check_s10 else 0,
        out,
    )
    if absent is not None:
        out[absent] = reasons.MISSING_WAYBILL
    shaped = np.flatnonzero(out == _SHAPED)
    if len(shaped):
        right = s10.is_s10(array.take(pa.array(shaped)))
        out[shaped] = np.where(right, 0, reasons.BAD_CHECK_DIGIT)
    return out


@njit(cache=True, nogil=True, inline="always")
def _plain(data, i, end):
    """Whether a text of eight bytes or more holds capitals and digits only; the last eight may be looked at twice."""
    ones = np.uint64(0x0101010101010101)
    high = ones << np.uint64(7)
    while True:
        w = word(data, min(i, end - 8))
        digit, letter = w ^ (ones * np.uint64(0x30)), w ^ (ones * np.uint64(0x40))
        # Sums that reach a byte's high bit from 10 on, from 27 on, from 1 on; bytes beyond ASCII would carry over, and are none.
        fits = ~(digit + ones * np.uint64(0x76)) & ~digit
        fits |= ~(letter + ones * np.uint64(0x65)) & (letter + ones * np.uint64(0x7F)) & ~letter
        if w & high or fits & high != high:
            return False
        i += 8
        if i >= end:
            return True


@njit(cache=True, nogil=True)
def _judge(offsets, data, most, missing, long, bad, shaped, out):
    """Mark each number; spaces and hyphens don't count, as in the item key."""
    for row in range(len(out)):
        n = offsets[row + 1] - offsets[row]
        if 8 <= n <= most and n != 13 and _plain(data, offsets[row], offsets[row + 1]):
            continue
        n = 0
        strange = False
        form = True
        for i in range(offsets[row], offsets[row + 1]):
            byte = data[i]
            if byte == 32 or byte == 45:
                continue
            if _STRANGE[byte]:
                strange = True
                break
            digit = 48 <= byte <= 57
            letter = 65 <= byte <= 90 or 97 <= byte <= 122
            form = form and (digit if 2 <= n <= 10 else letter)
            n += 1
        if strange:
            out[row] = bad
        elif n == 0:
            out[row] = missing
        elif n > most:
            out[row] = long
        elif n == 13 and form:
            out[row] = shaped


def blank(array: pa.Array) -> NDArray[np.bool_] | None:
    """Where a column of texts is null, empty or only spaces (n,); None where nowhere."""
    offsets, data, absent = text_buffers(array)
    out = np.zeros(len(array), np.bool_)
    _blank(offsets, data, out)
    if absent is not None:
        out |= absent
    return out if out.any() else None


@njit(cache=True, nogil=True)
def _blank(offsets, data, out):
    """Mark what holds nothing above a space."""
    for row in range(len(out)):
        i, end = offsets[row], offsets[row + 1]
        while i < end and data[i] <= 32:
            i += 1
        out[row] = i == end


def amounts(array: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers (n,) of a column of texts: 0 where null, empty or blank; and which of them (n,) a wider reading has to judge."""
    offsets, data, absent = text_buffers(array)
    out, open_ = np.zeros(len(array), np.float64), np.zeros(len(array), np.bool_)
    _amounts(offsets, data, _NONE if absent is None else absent, out, open_)
    return out, open_


@njit(cache=True, nogil=True)
def _amounts(offsets, data, absent, out, open_):
    """Read plain decimals of 15 digits at most: both parts of the division are exact, so that the number is the nearest one."""
    for row in range(len(out)):
        if len(absent) and absent[row]:
            continue
        value, digits, behind, point = 0, 0, 0, False
        good = True
        i, end = trimmed(data, offsets[row], offsets[row + 1])
        if i == end:
            continue
        if data[i] == 46:
            good = False
        for at in range(i, end):
            if 48 <= data[at] <= 57:
                value = value * 10 + (data[at] - 48)
                digits += 1
                behind += point
            elif data[at] == 46 and not point:
                point = True
            else:
                good = False
                break
            if digits > 15:
                good = False
                break
        if good:
            out[row] = value / 10.0**behind if behind else value
        else:
            open_[row] = True
