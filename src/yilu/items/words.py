"""Bytes of a text, for kernels."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def word(data, i):
    """The eight bytes from ``i`` on as a little-endian word; they must be there. The compiler makes one load of it."""
    at = np.uintp(i)
    low = np.uint64(data[at]) | np.uint64(data[at + np.uintp(1)]) << np.uint64(8)
    low |= np.uint64(data[at + np.uintp(2)]) << np.uint64(16) | np.uint64(data[at + np.uintp(3)]) << np.uint64(24)
    low |= np.uint64(data[at + np.uintp(4)]) << np.uint64(32) | np.uint64(data[at + np.uintp(5)]) << np.uint64(40)
    return low | np.uint64(data[at + np.uintp(6)]) << np.uint64(48) | np.uint64(data[at + np.uintp(7)]) << np.uint64(56)


@njit(cache=True, nogil=True, inline="always")
def trimmed(data, i, end):
    """(first place, end) of a text without the blanks before and behind it."""
    while i < end and data[i] == 32:
        i += 1
    while end > i and data[end - 1] == 32:
        end -= 1
    return i, end
