"""Waybill numbers at the door: which are empty, too long, made of strange bytes, or mistyped S10 numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from yilu.items import s10
from yilu.items.intake import reasons
from yilu.items.intake.columns import as_text, flat, text_buffers

_STRANGE: NDArray[np.bool_] = np.ones(256, np.bool_)
"""Bytes that no number holds: control signs, all beyond ASCII, brackets, quotes and what an address or a list is written with."""
_STRANGE[33:127] = False
_STRANGE[list(b'"`,;<>@[]\\^{|}')] = True
_SIGNS: NDArray[np.uint8] = np.where(_STRANGE, 1, 0).astype(np.uint8)
"""1 for a strange byte, 2 for a space or a hyphen, which don't count, 4 for a letter."""
_SIGNS[[32, 45]] = 2
_SIGNS[65:91] = 4
_SIGNS[97:123] = 4
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


@njit(cache=True, nogil=True)
def _judge(offsets, data, most, missing, long, bad, shaped, out):
    """Mark each number; spaces and hyphens don't count, as in the item key."""
    for row in range(len(out)):
        n = offsets[row + 1] - offsets[row]
        signs = 0
        if n <= most:
            for i in range(offsets[row], offsets[row + 1]):
                signs |= _SIGNS[data[i]]
            # Nearly all numbers: short enough, nothing strange or left out, and not of the form.
            if n > 0 and not signs & 3 and (n != 13 or not signs & 4):
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
