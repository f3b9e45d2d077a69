"""Freed memory of a long run."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from yilu.items.heap import keep_freed

GLIBC = platform.libc_ver()[0] == "glibc"


def test_freed_memory_is_kept_where_glibc_can():
    """glibc takes both settings; where the C library is another one, nothing happens and nothing fails."""
    assert keep_freed() == GLIBC


_FREED = """
import re
import numpy as np
from yilu.items.heap import give_back, keep_freed

def held():
    return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

keep_freed()
arrays = [np.ones(1 << 17) for _ in range(300)]
del arrays[:]
before = held()
give_back()
print(before - held())
"""


def test_what_was_kept_can_be_given_back():
    """300 MB of freed arrays stay with the process until they are given back."""
    if not GLIBC:
        pytest.skip("the C library has no knobs for freed memory: glibc")
    ran = subprocess.run([sys.executable, "-c", _FREED], capture_output=True, text=True, check=True)
    assert float(ran.stdout) > 200
