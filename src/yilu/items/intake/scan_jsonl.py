"""Plain JSON objects read straight out of a block's bytes: one pass that notes where each wanted value stands.

Plain is a line with one flat object: names and wanted texts without escapes, whole numbers and short decimals as JSON writes them,
``true``, ``false``, ``null``. Nearly all lines of a feed are. What is not plain (nested values, a wanted text with an escape, a name
that stands twice, what is no JSON) is marked, and read or refused by the reader's general way; both give the same values.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from yilu.items.layout import to_read
from yilu.items.words import word

MAX_BYTES = 1 << 31
"""Bytes of a block at the most: a value's place and end are kept in one word."""
MAX_KEYS = 63
_MOST_TEXTS = 2048
"""Distinct texts that a column of codes may have in a block; with more it is no column of codes."""
_SLOTS = 8192

_ENDS: NDArray[np.bool_] = np.zeros(256, np.bool_)
"""Bytes that a text without escapes doesn't hold, or ends with."""
_ENDS[:32] = True
_ENDS[[0x22, 0x5C]] = True
_AFTER_SLASH: NDArray[np.bool_] = np.zeros(256, np.bool_)
_AFTER_SLASH[list(b'"\\/bfnrtu')] = True
_HEX: NDArray[np.bool_] = np.zeros(256, np.bool_)
_HEX[list(b"0123456789abcdefABCDEF")] = True


def scan(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    plain: NDArray[np.bool_],
    keys: list[str],
) -> NDArray[np.uint64]:
    """Where the value of each of ``keys`` stands in each line, shape (k, n): place × 2³² + end, 0 where it is absent or null.

    ``plain`` (n,) says which lines are looked at, and is cleared for those that are not plain.
    """
    texts = [key.encode() for key in keys]
    key_ends = np.cumsum([0, *map(len, texts)])
    found = np.zeros((len(keys), len(starts)), np.uint64)
    _scan(to_read(data), starts, ends, np.frombuffer(b"".join(texts) + bytes(8), np.uint8), key_ends, found, plain)
    return found


def can_scan(keys: list[str]) -> bool:
    """Whether objects can be scanned for ``keys``: a name with a quote in it never stands in an object as it is."""
    return 0 < len(keys) <= MAX_KEYS and not any(_ENDS[list(key.encode())].any() for key in keys)


def texts(data: NDArray[np.uint8], found: NDArray[np.uint64], plain: NDArray[np.bool_], n: int) -> pa.Array:
    """The values that ``scan`` found of one key in the ``n`` plain lines, as an array of texts."""
    offsets = np.empty(n + 1, np.int32)
    valid = np.zeros((n + 7) // 8, np.uint8)
    absent = _measure(found, plain, offsets, valid)
    if absent == n:
        return pa.nulls(n, pa.string())
    # Whole words are written: there is room for the last one behind the end.
    copied = np.empty(int(offsets[n]) + 8, np.uint8)
    _copy(data, found, plain, copied)
    buffers = [pa.py_buffer(valid) if absent else None, pa.py_buffer(offsets), pa.py_buffer(copied)]
    return pa.Array.from_buffers(pa.string(), n, buffers, null_count=absent)


def codes(data: NDArray[np.uint8], found: NDArray[np.uint64], plain: NDArray[np.bool_], n: int) -> pa.Array:
    """As ``texts``, as a dictionary of the distinct texts in the order they come; as plain texts where there are very many."""
    index = np.empty(n, np.int32)
    first = np.empty(_MOST_TEXTS, np.uint64)
    distinct = _encode(data, found, plain, index, first, np.full(_SLOTS, -1, np.int32))
    if distinct < 0:
        return texts(data, found, plain, n)
    values = [data[int(at) >> 32 : int(at) & 0xFFFFFFFF].tobytes() for at in first[:distinct]]
    absent = [None] if n and index.max() == distinct else []
    dictionary = pa.array([*(v.decode() for v in values), *absent], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(index), dictionary)


@njit(cache=True, nogil=True, inline="always")
def _blanks(data, i, end):
    """The place behind blanks."""
    while i < end and (data[i] == 32 or data[i] == 9 or data[i] == 13):
        i += 1
    return i


@njit(cache=True, nogil=True, inline="always")
def _text_end(data, i, end):
    """The place of the quote that closes a text without escapes, -1 if it isn't one."""
    while i + 8 <= end:
        w = word(data, i)
        quote, slash = w ^ np.uint64(0x2222222222222222), w ^ np.uint64(0x5C5C5C5C5C5C5C5C)
        ones, high = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
        # The high bit of a byte is set if the byte is a quote, a backslash or a control sign, or follows one.
        hit = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((w - np.uint64(0x2020202020202020)) & ~w)
        if hit & high:
            break
        i += 8
    while i < end and not _ENDS[data[i]]:
        i += 1
    return i if i < end and data[i] == 34 else -1


@njit(cache=True, nogil=True)
def _escaped_end(data, i, end):
    """As ``_text_end`` for a text that may hold escapes; -1 for those that stand for halves of a sign, which may be wrong."""
    while i < end and data[i] != 34:
        if data[i] < 32:
            return -1
        if data[i] == 92:
            i += 1
            if i >= end or not _AFTER_SLASH[data[i]]:
                return -1
            if data[i] == 117:
                if i + 4 >= end:
                    return -1
                for at in range(i + 1, i + 5):
                    if not _HEX[data[at]]:
                        return -1
                if data[i + 1] == 68 or data[i + 1] == 100:
                    return -1
                i += 4
        i += 1
    return i if i < end else -1


@njit(cache=True, nogil=True)
def _number_end(data, i, end):
    """The place behind a number that is written as it would be written again; -1 for any other."""
    if data[i] == 45:
        i += 1
    begin = i
    while i < end and 48 <= data[i] <= 57:
        i += 1
    whole = i - begin
    zero = whole == 1 and data[begin] == 48
    if whole == 0 or whole > 18 or (data[begin] == 48 and whole > 1):
        return -1
    if i < end and data[i] == 46:
        begin = i + 1
        i = begin
        while i < end and 48 <= data[i] <= 57:
            i += 1
        decimals = i - begin
        if decimals == 0 or decimals > 6 or whole > 9 or data[i - 1] == 48 or (zero and data[begin] == 48):
            return -1
    elif zero and data[begin - 1] == 45:
        return -1
    if i < end and (data[i] == 101 or data[i] == 69):
        return -1
    return i


@njit(cache=True, nogil=True)
def _word_end(data, i, end):
    """The place behind ``true``, ``false`` or ``null``; -1 for anything else."""
    if i + 4 <= end and data[i] == 116 and data[i + 1] == 114 and data[i + 2] == 117 and data[i + 3] == 101:
        return i + 4
    if i + 4 <= end and data[i] == 110 and data[i + 1] == 117 and data[i + 2] == 108 and data[i + 3] == 108:
        return i + 4
    if i + 5 <= end and data[i] == 102 and data[i + 1] == 97 and data[i + 2] == 108 and data[i + 3] == 115:
        return i + 5 if data[i + 4] == 101 else -1
    return -1


@njit(cache=True, nogil=True, inline="always")
def _is_key(data, i, end, keys, start, length):
    """Whether the text that begins at ``i`` is the key at ``start``, with its closing quote behind it."""
    if i + length >= end or data[i + length] != 34:
        return False
    at = 0
    while at + 8 <= length:
        if word(data, i + at) != word(keys, start + at):
            return False
        at += 8
    while at < length:
        if data[i + at] != keys[start + at]:
            return False
        at += 1
    return True


@njit(cache=True, nogil=True)
def _scan(data, starts, ends, keys, key_ends, found, plain):
    """Note the values of every line that is looked at. Lines of a feed name their keys in the same order: the last one is tried first."""
    k = len(key_ends) - 1
    follows = np.arange(1, k + 2) % k
    for row in range(len(starts)):
        if not plain[row]:
            continue
        plain[row] = False
        end = ends[row]
        i = _blanks(data, starts[row], end)
        if i >= end or data[i] != 123:
            continue
        i = _blanks(data, i + 1, end)
        last, seen, good = k, np.uint64(0), True
        closed = i < end and data[i] == 125
        while not closed:
            if i >= end or data[i] != 34:
                good = False
                break
            i += 1
            key = follows[last]
            if not _is_key(data, i, end, keys, key_ends[key], key_ends[key + 1] - key_ends[key]):
                key = -1
                for c in range(k):
                    if _is_key(data, i, end, keys, key_ends[c], key_ends[c + 1] - key_ends[c]):
                        key = c
                        follows[last] = c
                        break
            stop = i + key_ends[key + 1] - key_ends[key] if key >= 0 else _text_end(data, i, end)
            if stop < 0:
                good = False
                break
            i = _blanks(data, stop + 1, end)
            if i >= end or data[i] != 58:
                good = False
                break
            i = _blanks(data, i + 1, end)
            if i >= end:
                good = False
                break
            there = data[i] != 110  # null
            if data[i] == 34:
                i += 1
                begin = i
                stop = _text_end(data, i, end)
                if stop < 0 and key < 0:
                    stop = _escaped_end(data, i, end)
                i = stop + 1
            elif data[i] == 45 or 48 <= data[i] <= 57:
                begin = i
                stop = _number_end(data, i, end)
                i = stop
            else:
                begin = i
                stop = _word_end(data, i, end)
                i = stop
            if stop < 0:
                good = False
                break
            if key >= 0:
                bit = np.uint64(1) << np.uint64(key)
                if seen & bit:
                    good = False
                    break
                seen |= bit
                last = key
                if there:
                    found[key, row] = (np.uint64(begin) << np.uint64(32)) | np.uint64(stop)
            i = _blanks(data, i, end)
            if i >= end:
                good = False
                break
            if data[i] == 125:
                closed = True
            elif data[i] == 44:
                i = _blanks(data, i + 1, end)
            else:
                good = False
                break
        plain[row] = good and _blanks(data, i + 1, end) == end


@njit(cache=True, nogil=True)
def _measure(found, plain, offsets, valid):
    """Offsets of the plain lines' values, bits of those that are there; the number of the absent."""
    n, total, absent = 0, 0, 0
    offsets[0] = 0
    for row in range(len(plain)):
        if not plain[row]:
            continue
        at = found[row]
        if at:
            total += np.int64(at & np.uint64(0xFFFFFFFF)) - np.int64(at >> np.uint64(32))
            valid[n >> 3] |= 1 << (n & 7)
        else:
            absent += 1
        n += 1
        offsets[n] = total
    return absent


@njit(cache=True, nogil=True)
def _copy(data, found, plain, out):
    """The plain lines' values one behind the other, copied by whole words where the block goes on far enough."""
    to = 0
    for row in range(len(plain)):
        at = found[row]
        if not plain[row] or not at:
            continue
        i, end = np.int64(at >> np.uint64(32)), np.int64(at & np.uint64(0xFFFFFFFF))
        after = to + end - i
        while i + 8 <= len(data) and to < after:
            w = word(data, i)
            for byte in range(8):
                out[np.uintp(to) + np.uintp(byte)] = np.uint8((w >> np.uint64(8 * byte)) & np.uint64(0xFF))
            i += 8
            to += 8
        while to < after:
            out[to] = data[i]
            i += 1
            to += 1
        to = after


@njit(cache=True, nogil=True, inline="always")
def _mark(data, i, end):
    """A word that is equal for equal texts, and mostly different for others."""
    mark = np.uint64(end - i)
    while i < end:
        if i + 8 <= len(data):
            w = word(data, i)
            if end - i < 8:
                w &= (np.uint64(1) << np.uint64(8 * (end - i))) - np.uint64(1)
        else:
            w = np.uint64(0)
            for at in range(i, end):
                w |= np.uint64(data[at]) << np.uint64(8 * (at - i))
        mark = (mark ^ w) * np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(29)
        i += 8
    return mark


@njit(cache=True, nogil=True)
def _encode(data, found, plain, index, first, slots):
    """The number of each plain line's text, absent ones that behind the last; the texts' first places; how many, -1 for too many."""
    distinct, n = 0, 0
    marks = np.empty(len(first), np.uint64)
    for row in range(len(plain)):
        if not plain[row]:
            continue
        at = found[row]
        if at == 0:
            index[n] = -1
            n += 1
            continue
        i, end = np.int64(at >> np.uint64(32)), np.int64(at & np.uint64(0xFFFFFFFF))
        mark = _mark(data, i, end)
        slot = np.int64(mark & np.uint64(len(slots) - 1))
        while True:
            number = slots[slot]
            if number < 0:
                if distinct == len(first):
                    return -1
                number = distinct
                slots[slot], marks[number], first[number] = number, mark, at
                distinct += 1
                break
            if marks[number] == mark and _same(data, first[number], i, end):
                break
            slot = (slot + 1) & (len(slots) - 1)
        index[n] = number
        n += 1
    for row in range(n):
        if index[row] < 0:
            index[row] = distinct
    return distinct


@njit(cache=True, nogil=True, inline="always")
def _same(data, other, i, end):
    """Whether the text at ``other`` is that from ``i`` to ``end``."""
    begin, stop = np.int64(other >> np.uint64(32)), np.int64(other & np.uint64(0xFFFFFFFF))
    if stop - begin != end - i:
        return False
    for at in range(end - i):
        if data[begin + at] != data[i + at]:
            return False
    return True
