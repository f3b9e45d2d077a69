"""Times as a source writes them, to seconds since 1970-01-01 UTC, on whole columns.

Texts are read by compiled kernels over Arrow's buffers: ISO 8601 in its usual spellings (``iso``), or a form in strptime's
letters. A text without an offset, and a timestamp without a zone, is local time of the mapping's ``time_zone``. In the gap and the
overlap of a change of clocks the offset before the change holds, as in the rest of yilu.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from yilu.items.intake.columns import flat, text_buffers
from yilu.items.words import trimmed, word

ISO = "iso"
OK, MISSING, BAD = 0, 1, 2
_LOCAL = 3
"""State of a parsed text: a good time without offset, still in local seconds."""

_FIELDS = {"Y": 1, "m": 2, "d": 3, "H": 4, "M": 5, "S": 6, "f": 7, "z": 8, "y": 9}
EXPECTED = "iso, or a form of the letters %Y %y %m %d %H %M %S %f %z with a date in it"
EXPECTED_ZH = "iso,或由 %Y %y %m %d %H %M %S %f %z 组成且含日期的格式"
_PER_S = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


class TimeFormatError(ValueError):
    """A form of time that isn't understood; says what is expected."""


@dataclass(frozen=True)
class Zone:
    """Offsets of a time zone: ``offsets[i]`` seconds hold from ``local_from[i]`` (local) or ``utc_from[i]`` on; shapes (k,)."""

    local_from: NDArray[np.int64]
    utc_from: NDArray[np.int64]
    offsets: NDArray[np.int64]


@cache
def zone(name: str) -> Zone:
    """The zone ``name`` (IANA) from 1990 to 2106; the empty name is UTC."""
    if not name:
        return Zone(np.array([-(1 << 62)]), np.array([-(1 << 62)]), np.array([0]))
    info = ZoneInfo(name)

    def offset(at: int) -> int:
        delta = datetime.fromtimestamp(at, UTC).astimezone(info).utcoffset()
        return int((delta or timedelta()).total_seconds())

    at, end = 631_152_000, 4_294_944_000
    starts, changes, offsets = [-(1 << 62)], [-(1 << 62)], [offset(at)]
    while at < end:
        after = at + 86_400
        if offset(after) != offset(at):
            low, high = at, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            # Local times in the gap or the overlap still bear the offset before the change.
            starts.append(high + max(offset(at), offset(after)))
            changes.append(high)
            offsets.append(offset(after))
        at = after
    return Zone(np.array(starts), np.array(changes), np.array(offsets))


def to_utc(local: NDArray[np.int64], where: Zone) -> NDArray[np.int64]:
    """UTC seconds (n,) of local seconds (n,)."""
    if not len(local):
        return local
    first, last = np.searchsorted(where.local_from, [local.min(), local.max()], "right") - 1
    if first == last:
        return np.asarray(local - where.offsets[first])
    return np.asarray(local - where.offsets[np.searchsorted(where.local_from, local, "right") - 1])


def local_day(at: NDArray[np.integer], time_zone: str) -> NDArray[np.int32]:
    """Days since 1970-01-01 (n,) on the clocks of ``time_zone``, of UTC seconds (n,)."""
    where = zone(time_zone)
    whole = at.astype(np.int64)
    offset = where.offsets[np.searchsorted(where.utc_from, whole, "right") - 1]
    return ((whole + offset) // 86400).astype(np.int32)


@cache
def compile_format(text: str) -> NDArray[np.int32]:
    """A form of time as steps for the kernel: a field's number, or minus the byte that must stand there. Empty for ``iso``."""
    if text == ISO:
        return np.empty(0, np.int32)
    steps: list[int] = []
    parts = iter(text.encode())
    for byte in parts:
        if byte == ord("%"):
            letter = chr(next(parts, 0))
            if letter not in _FIELDS:
                raise TimeFormatError(EXPECTED)
            steps.append(_FIELDS[letter])
        else:
            steps.append(-byte)
    if not ({1, 9} & set(steps) and {2, 3} <= set(steps)):
        raise TimeFormatError(EXPECTED)
    return np.array(steps, np.int32)


def seconds(
    column: pa.Array | pa.ChunkedArray, time_zone: str, formats: tuple[str, ...], unit: str
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """UTC seconds (n,) of a column of texts, timestamps, dates or numbers (``unit`` since 1970), and OK, MISSING or BAD (n,)."""
    array = flat(column)
    if pa.types.is_timestamp(array.type):
        local = array.type.tz is None
        whole = array.cast(pa.int64())
        return _local(whole, _PER_S[array.type.unit], time_zone) if local else _numbers(whole, _PER_S[array.type.unit])
    if pa.types.is_date(array.type):
        return _local(array.cast(pa.timestamp("s")).cast(pa.int64()), 1, time_zone)
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        return _numbers(array.cast(pa.int64(), safe=False), _PER_S[unit])
    if pa.types.is_dictionary(array.type):
        values, states = seconds(array.dictionary, time_zone, formats, unit)
        index = array.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
        return np.append(values, 0)[index], np.append(states, np.uint8(MISSING))[index]
    return _texts(array, time_zone, formats, unit)


def _local(whole: pa.Array, per_s: int, time_zone: str) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    values, state = _numbers(whole, per_s)
    if time_zone:
        return to_utc(values, zone(time_zone)), state
    state[state == OK] = BAD  # a guess of the zone would be wrong by hours, and nobody would see it
    return values, state


def _numbers(whole: pa.Array, per_s: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    state = np.zeros(len(whole), np.uint8)
    if whole.null_count:
        state[whole.is_null().to_numpy(zero_copy_only=False)] = MISSING
        whole = whole.fill_null(0)
    values = whole.to_numpy(zero_copy_only=False)
    values = values // per_s if per_s > 1 else values
    return values, state


def _texts(
    array: pa.Array, time_zone: str, formats: tuple[str, ...], unit: str
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    offsets, data, absent = text_buffers(array)
    out = np.zeros(len(array), np.int64)
    state = np.full(len(array), BAD, np.uint8)
    if absent is not None:
        state[absent] = MISSING
    for form in formats:
        steps = compile_format(form)
        if len(steps):
            _parse_form(offsets, data, steps, out, state)
        else:
            _parse_iso(offsets, data, _PER_S[unit], out, state)
        if not (state == BAD).any():
            break
    local = state == _LOCAL
    if local.any():
        if time_zone:
            out = (
                np.where(local, to_utc(out, zone(time_zone)), out) if not local.all() else to_utc(out, zone(time_zone))
            )
            state[local] = OK
        else:
            state[local] = BAD
    return out, state


@njit(cache=True, nogil=True)
def _days(year, month, day):
    """Days since 1970-01-01 of a Gregorian date; -2**40 if there is no such day."""
    if month < 1 or month > 12 or day < 1 or year < 1:
        return -(1 << 40)
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 31
    if month == 4 or month == 6 or month == 9 or month == 11:
        length = 30
    elif month == 2:
        length = 29 if leap else 28
    if day > length:
        return -(1 << 40)
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@njit(cache=True, nogil=True)
def _digits(data, i, end, most):
    """(number, place behind it) of up to ``most`` digits from ``i``."""
    value = 0
    stop = min(end, i + most)
    while i < stop and 48 <= data[i] <= 57:
        value = value * 10 + (data[i] - 48)
        i += 1
    return value, i


@njit(cache=True, nogil=True)
def _offset(data, i, end):
    """(seconds, place behind it) of an offset ``Z``, ``+08``, ``+0800``, ``+08:00`` from ``i``; place -1 if there is none."""
    if i < end and (data[i] == 90 or data[i] == 122):
        return 0, i + 1
    if i >= end or (data[i] != 43 and data[i] != 45):
        return 0, -1
    sign = 1 if data[i] == 43 else -1
    hours, after = _digits(data, i + 1, end, 2)
    if after != i + 3 or hours > 23:
        return 0, -1
    minutes = 0
    if after < end and data[after] == 58:
        minutes, stop = _digits(data, after + 1, end, 2)
        if stop != after + 3 or minutes > 59:
            return 0, -1
        after = stop
    elif after < end and 48 <= data[after] <= 57:
        minutes, stop = _digits(data, after, end, 2)
        if stop != after + 2 or minutes > 59:
            return 0, -1
        after = stop
    return sign * (hours * 3600 + minutes * 60), after


@njit(cache=True, nogil=True)
def _iso_row(data, i, end, per_s):
    """(seconds, state) of one text in ISO form, compact or with separators, or a plain number of 9 digits or more since 1970."""
    start = i
    year, i = _digits(data, i, end, 18)
    width = i - start
    hour = minute = second = 0
    if width == 17:  # compact, with milliseconds
        year //= 1000
        width = 14
    clock = True
    if width == 8 or width == 14 or width == 12:
        if width == 8 and i < end and data[i] != 84 and data[i] != 116 and data[i] != 32:
            return 0, 2
        rest = 1
        if width > 8:
            rest = 10 ** (width - 8)
            low = year % rest
            hour = low // (rest // 100)
            minute = (low // (rest // 10000)) % 100
            second = low % 100 if width == 14 else 0
            clock = False
        year //= rest
        month, day, year = (year // 100) % 100, year % 100, year // 10000
        if width == 8 and i == end:
            clock = False
    elif width == 4 and i < end and (data[i] == 45 or data[i] == 47 or data[i] == 46):
        mark = data[i]
        month, after = _digits(data, i + 1, end, 2)
        if after == i + 1 or after >= end or data[after] != mark:
            return 0, 2
        day, i = _digits(data, after + 1, end, 2)
        if i == after + 1:
            return 0, 2
        if i == end:
            clock = False
    elif width >= 9:
        if i < end and data[i] == 46:
            _, i = _digits(data, i + 1, end, 18)
        return year // per_s, 0 if i == end else 2
    else:
        return 0, 2
    if clock:
        if i >= end or (data[i] != 84 and data[i] != 116 and data[i] != 32):
            return 0, 2
        begin = i + 1
        hour, i = _digits(data, begin, end, 2)
        if i == begin:
            return 0, 2
        if i < end and data[i] == 58:
            begin = i + 1
            minute, i = _digits(data, begin, end, 2)
            if i != begin + 2:
                return 0, 2
            if i < end and data[i] == 58:
                begin = i + 1
                second, i = _digits(data, begin, end, 2)
                if i != begin + 2:
                    return 0, 2
        elif i == begin + 2 and i + 2 <= end and 48 <= data[i] <= 57:
            begin = i
            minute, i = _digits(data, begin, end, 2)
            if i != begin + 2:
                return 0, 2
            if i < end and 48 <= data[i] <= 57:
                begin = i
                second, i = _digits(data, begin, end, 2)
                if i != begin + 2:
                    return 0, 2
        else:
            return 0, 2
    if i < end and (data[i] == 46 or data[i] == 44):
        begin = i + 1
        _, i = _digits(data, begin, end, 18)
        if i == begin:
            return 0, 2
    days = _days(year, month, day)
    if hour > 23 or minute > 59 or second > 60 or days < -(1 << 39):
        return 0, 2
    value = days * 86400 + hour * 3600 + minute * 60 + min(second, 59)
    if i < end and data[i] == 32:
        i += 1
    if i == end:
        return value, 3
    shift, i = _offset(data, i, end)
    if i != end:
        return 0, 2
    return value - shift, 0


@njit(cache=True, nogil=True, inline="always")
def _two(data, i):
    """Two digits at ``i`` as a number, beyond 99 if they are none."""
    tens, ones = np.int64(data[i]) - 48, np.int64(data[i + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else 1 << 20


@njit(cache=True, nogil=True)
def _usual_row(data, i, end, last):
    """(seconds, state) of ``YYYY-MM-DDThh:mm:ss`` with ``Z``, ``±hh:mm``, ``±hhmm`` or nothing behind; state 2 where it is not that.

    ``last`` remembers the date before, as its bytes (two words) and in seconds, and the offset before, likewise: the rows of a
    block mostly share them.
    """
    n = end - i
    if (n != 19 and n != 20 and n != 24 and n != 25) or (data[i + 10] != 84 and data[i + 10] != 32):
        return 0, 2
    date, rest = np.int64(word(data, i)), np.int64(data[i + 8]) << 8 | np.int64(data[i + 9])
    if date != last[0] or rest != last[1]:
        if data[i + 4] != 45 or data[i + 7] != 45:
            return 0, 2
        year, month, day = _two(data, i) * 100 + _two(data, i + 2), _two(data, i + 5), _two(data, i + 8)
        days = _days(year, month, day) if year <= 9999 and month <= 99 and day <= 99 else -(1 << 40)
        if days < -(1 << 39):
            return 0, 2
        last[0], last[1], last[2] = date, rest, days * 86400
    # hh:mm:ss as one word: of a digit its value is left, of a colon nothing. A wrong byte reaches its high bit in the sum.
    clock = word(data, i + 11) ^ np.uint64(0x30303A30303A3030)
    if (clock | (clock + np.uint64(0x76767F76767F7676))) & np.uint64(0x8080808080808080):
        return 0, 2
    signs = np.int64(clock)
    hour = (signs & 15) * 10 + (signs >> 8 & 15)
    minute = (signs >> 24 & 15) * 10 + (signs >> 32 & 15)
    second = (signs >> 48 & 15) * 10 + (signs >> 56 & 15)
    if hour > 23 or minute > 59 or second > 59:
        return 0, 2
    value = last[2] + hour * 3600 + minute * 60 + second
    if n == 19:
        return value, 3
    if n == 20:
        return value, 0 if data[i + 19] == 90 else 2
    offset = np.int64(word(data, end - 8) >> np.uint64(8 * (27 - n)))
    if offset != last[3]:
        hours, minutes = _two(data, i + 20), _two(data, end - 2)
        if (
            (n == 25 and data[i + 22] != 58)
            or hours > 23
            or minutes > 59
            or (data[i + 19] != 43 and data[i + 19] != 45)
        ):
            return 0, 2
        shift = hours * 3600 + minutes * 60
        last[3], last[4] = offset, shift if data[i + 19] == 43 else -shift
    return value - last[4], 0


@njit(cache=True, nogil=True)
def _parse_iso(offsets, data, per_s, out, state):
    """Read every text that is still BAD; an empty one is MISSING."""
    last = np.full(5, -1, np.int64)
    for row in range(len(state)):
        if state[row] != 2:
            continue
        i, end = trimmed(data, offsets[row], offsets[row + 1])
        if i == end:
            state[row] = 1
            continue
        value, found = _usual_row(data, i, end, last)
        if found == 2:
            value, found = _iso_row(data, i, end, per_s)
        out[row] = value
        state[row] = found


@njit(cache=True, nogil=True)
def _parse_form(offsets, data, steps, out, state):
    """Read every text that is still BAD by ``steps`` (``compile_format``)."""
    for row in range(len(state)):
        if state[row] != 2:
            continue
        i, end = trimmed(data, offsets[row], offsets[row + 1])
        if i == end:
            state[row] = 1
            continue
        year = month = day = hour = minute = second = shift = 0
        zoned = False
        good = True
        for s in range(len(steps)):
            step = steps[s]
            if step < 0:
                if i >= end or data[i] != -step:
                    good = False
                    break
                i += 1
            elif step == 8:
                shift, after = _offset(data, i, end)
                if after < 0:
                    good = False
                    break
                i = after
                zoned = True
            else:
                value, after = _digits(data, i, end, 4 if step == 1 else 9 if step == 7 else 2)
                if after == i:
                    good = False
                    break
                i = after
                if step == 1:
                    year = value
                elif step == 9:
                    year = 2000 + value
                elif step == 2:
                    month = value
                elif step == 3:
                    day = value
                elif step == 4:
                    hour = value
                elif step == 5:
                    minute = value
                elif step == 6:
                    second = value
        days = _days(year, month, day)
        if not good or i != end or hour > 23 or minute > 59 or second > 60 or days < -(1 << 39):
            continue
        out[row] = days * 86400 + hour * 3600 + minute * 60 + min(second, 59) - shift
        state[row] = 0 if zoned else 3
