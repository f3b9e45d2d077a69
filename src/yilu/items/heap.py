"""What the process holds of the system's memory, where the C library is glibc; others have no such knobs and stay as they are.

By itself glibc gives every large array back to the system and takes it anew, page by page, zeroed: a quarter of a commit's time. So what
commits free is kept for the next one, and given back before work that needs room of another kind.
"""

from __future__ import annotations

import ctypes

import pyarrow as pa

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES, _LARGE_BYTES = 512 << 20, 32 << 20
"""Freed memory kept at the heap's end, and the size from which an array is given back at once: glibc's largest."""


def keep_freed() -> bool:
    """Ask for freed memory to be kept. Returns whether it is."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        return bool(libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES) and libc.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES))
    except (OSError, AttributeError):
        return False


def give_back() -> bool:
    """Give memory that is free in all threads' heaps, gigabytes at a province's size, back to the system. Returns whether any was."""
    pa.default_memory_pool().release_unused()
    try:
        return bool(ctypes.CDLL("libc.so.6").malloc_trim(0))
    except (OSError, AttributeError):
        return False
