"""Freed memory of a long run."""

from __future__ import annotations

import platform

from yilu.run.memory import keep_freed


def test_freed_memory_is_kept_where_glibc_can():
    """glibc takes both settings; where the C library is another one, nothing happens and nothing fails."""
    assert keep_freed() == (platform.libc_ver()[0] == "glibc")
