"""What the process holds of the system's memory."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Give memory that is free here back to the system, where the C library can (glibc, musl has no need).

    Commits leave free room in the heaps of their threads, gigabytes at a province's size, that other work cannot use.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
