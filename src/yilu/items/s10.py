"""UPU S10 item numbers (13 characters ``AA NNNNNNNN C CC``) and their check digit, on whole columns.

Two letters (service indicator), eight digits (serial number), one check digit, two letters (country of the issuing
operator, ISO 3166-1). The check digit weighs the serial digits by 8 6 4 2 3 5 9 7: 11 − (sum mod 11), where 10 becomes
0 and 11 becomes 5 (UPU standard S10). Everything here looks at bytes of fixed width: shape (n,) in, shape (n,) out.
``is_s10`` judges the shape and the check digit; ``known_country`` says whether the last two letters are an assigned
country code, kept apart because old numbers carry codes since withdrawn.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

WEIGHTS: NDArray[np.int64] = np.array([8, 6, 4, 2, 3, 5, 9, 7], np.int64)
LENGTH = 13
_ASSIGNED = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: tuple[str, ...] = tuple(_ASSIGNED.split())
"""Assigned two-letter codes of ISO 3166-1."""

Numbers: TypeAlias = (
    pa.Array | pa.ChunkedArray | NDArray[np.object_] | NDArray[np.str_] | NDArray[np.bytes_] | list[str]
)


def check_digit(serials: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Check digits, shape (n,), of serial numbers 0 … 99,999,999, shape (n,); raises ValueError outside that range."""
    numbers = np.asarray(serials, np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() > 99_999_999):
        raise ValueError("an S10 serial number has eight digits: 0 to 99999999 is expected")
    digits = numbers[:, None] // 10 ** np.arange(7, -1, -1, dtype=np.int64) % 10
    return _check(digits)


def is_s10(numbers: Numbers) -> NDArray[np.bool_]:
    """Whether each number is a well-formed S10 number with the right check digit; shape (n,).

    Spaces and hyphens are ignored and letters may be small, as on labels; a null is no S10 number.
    """
    cells = _cells(numbers)
    letters = (cells >= ord("A")) & (cells <= ord("Z"))
    shaped = _shaped(cells, letters)
    digits = cells[:, 2:11].astype(np.int64) - ord("0")
    # Rows of another shape give a meaningless sum, which ``shaped`` masks.
    right = _check(np.where(shaped[:, None], digits[:, :8], 0)) == digits[:, 8]
    return np.asarray(shaped & right)


def looks_like_s10(numbers: Numbers) -> NDArray[np.bool_]:
    """Whether each number has the form of an S10 number, whatever its check digit; shape (n,).

    A number that looks like one and is not ``is_s10`` was mistyped or misread.
    """
    cells = _cells(numbers)
    return _shaped(cells, (cells >= ord("A")) & (cells <= ord("Z")))


def known_country(numbers: Numbers) -> NDArray[np.bool_]:
    """Whether the number has the form of an S10 number and ends in a code of ``COUNTRIES``; shape (n,)."""
    cells = _cells(numbers)
    shaped = _shaped(cells, (cells >= ord("A")) & (cells <= ord("Z")))
    known = np.zeros(1 << 16, np.bool_)
    known[[ord(c[0]) << 8 | ord(c[1]) for c in COUNTRIES]] = True
    return np.asarray(shaped & known[cells[:, 11].astype(np.uint16) << 8 | cells[:, 12]])


def _check(digits: NDArray[np.int64]) -> NDArray[np.uint8]:
    rest = 11 - (digits @ WEIGHTS) % 11
    return np.where(rest == 10, 0, np.where(rest == 11, 5, rest)).astype(np.uint8)


def _shaped(cells: NDArray[np.uint8], letters: NDArray[np.bool_]) -> NDArray[np.bool_]:
    numeric = (cells >= ord("0")) & (cells <= ord("9"))
    return np.asarray(
        letters[:, :2].all(axis=1)
        & numeric[:, 2:11].all(axis=1)
        & letters[:, 11:13].all(axis=1)
        & (cells[:, LENGTH] == 0)  # nothing behind the country
    )


def _cells(numbers: Numbers) -> NDArray[np.uint8]:
    """Upper-case bytes of each number without spaces and hyphens, shape (n, 14), padded with 0."""
    column = numbers if isinstance(numbers, (pa.Array, pa.ChunkedArray)) else _arrow(numbers)
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.large_string())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = column.cast(pa.large_binary()).fill_null(b"")
    n = len(column)
    out = np.zeros((n, LENGTH + 1), np.uint8)
    if n == 0:
        return out
    _, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[column.offset : column.offset + n + 1]
    if data_buffer is None or offsets[-1] == offsets[0]:
        return out
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    row = np.repeat(np.arange(n), np.diff(offsets))
    keep = (data != ord(" ")) & (data != ord("-"))
    row, data = row[keep], data[keep]
    # Place of a byte within its number: its index minus the index of its row's first kept byte.
    first = np.searchsorted(row, np.arange(n))
    place = np.arange(len(row)) - first[row]
    # The 14th place is set if anything stands behind the 13th, so that longer numbers fail.
    out[row, np.minimum(place, LENGTH)] = np.where((data >= ord("a")) & (data <= ord("z")), data - 32, data)
    return out


def _arrow(numbers: NDArray[np.object_] | NDArray[np.str_] | NDArray[np.bytes_] | list[str]) -> pa.Array:
    made = pa.array(numbers)
    return made.cast(pa.large_binary()) if len(made) else pa.array([], pa.large_binary())
