"""Memory of a long run: what was freed is kept for the next commit.

By itself the C library gives every large array back to the system and takes it anew, page by page, zeroed: a quarter of a commit's time.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES, _LARGE_BYTES = 512 << 20, 32 << 20
"""Freed memory kept at the heap's end, and the size from which an array is given back at once: glibc's largest."""


def keep_freed() -> bool:
    """Ask glibc to keep freed memory. Returns whether it does; other C libraries have no such knob and stay as they are."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        return bool(libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES) and libc.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES))
    except (OSError, AttributeError):
        return False
